// Body: what Request and Response have in common, and how a body is made of whatever is given for one.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ObjectPrototypeIsPrototypeOf,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSlice,
  JSONParse,
  TypeError,
  Uint8Array,
} = primordials;
const { op_form_data_boundary } = core.ops;
const { isReadableStream, isReadableStreamDisturbed } = core.loadExtScript("ext:deno_web/06_streams.js");
const { URLSearchParamsPrototype } = core.loadExtScript("ext:deno_web/00_url.js");
const { illegal, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { finish } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const { InnerBody, ofMemory, USED_TEXT } = core.loadExtScript("ext:lopata/fetch/inner_body.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const mime = core.loadExtScript("ext:lopata/fetch/mime.js");
const blobs = core.loadExtScript("ext:deno_web/09_file.js");
const formData_ = core.loadExtScript("ext:lopata/form_data/form_data.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const options = core.loadExtScript("ext:lopata/fetch/options.js");

// Source: workerd's texts.
const DISTURBED_TEXT =
  "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.";

/** Given to the constructor by the classes that extend it. */
const TOKEN = {};

const toString = URLSearchParamsPrototype.toString;

/**
 * Takes what a dictionary or an argument gives as a body for what it is: a text for all that is nothing better.
 * Whatever the user's code has to say about it (as an iterator, as a text) it says now.
 * @param {unknown} init neither null nor undefined
 */
function convert(init) {
  if (typeof init === "object" || typeof init === "function") {
    if (
      isReadableStream(init) || ArrayBufferIsView(init) || core.isArrayBuffer(init) || blobs.isBlob(init) ||
      formData_.isFormData(init) || ObjectPrototypeIsPrototypeOf(URLSearchParamsPrototype, init)
    ) return init;
    init = options.bodyOf(init);
    if (isReadableStream(init)) return init;
  }
  return text(init);
}

/**
 * @param {unknown} init as `convert` gives it
 * @returns {{ body: InnerBody, type: string | null }} with the type that it implies
 */
function extract(init) {
  if (typeof init === "string") {
    io.required();
    return { body: ofMemory(init), type: "text/plain;charset=UTF-8" };
  }
  if (isReadableStream(init)) {
    if (isReadableStreamDisturbed(init)) throw new TypeError(DISTURBED_TEXT);
    return { body: ofStream(init), type: null };
  }
  io.required();
  if (ArrayBufferIsView(init) || core.isArrayBuffer(init)) {
    return { body: ofMemory(TypedArrayPrototypeSlice(body_.toBytes(init))), type: null };
  }
  if (blobs.isBlob(init)) {
    const type = blobs.typeOf(init);
    return { body: ofMemory(blobs.dataOf(init)), type: type === "" ? null : type };
  }
  if (formData_.isFormData(init)) {
    const mark = op_form_data_boundary();
    return { body: ofMemory(formData_.serialize(init, mark)), type: `multipart/form-data; boundary=${mark}` };
  }
  return { body: ofMemory(toString.call(init)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
}

/** @param {ReadableStream} stream */
function ofStream(stream) {
  const body = new InnerBody(stream);
  body.length = body_.streamLength(stream) ?? null;
  return body;
}

/** The bytes of a body as its reader may have them: nobody else has the buffer. */
function own(bytes) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  return buffer.byteLength === TypedArrayPrototypeGetByteLength(bytes) ? bytes : TypedArrayPrototypeSlice(bytes);
}

/** @returns {Promise<Uint8Array>} */
async function readBytes(body) {
  if (body === null) return new Uint8Array(0);
  // What can be sent again must not change with what its reader does.
  const kept = body.source !== null;
  const bytes = await body.bytes();
  return kept ? TypedArrayPrototypeSlice(bytes) : own(bytes);
}

const strips = () => compat.has("strip_bom_in_read_all_text");

let bodyOf, setBody;

class Body {
  #body;
  /** Its headers, to which a type is added. */
  #headers;

  static {
    bodyOf = (object) => {
      if ((typeof object !== "object" && typeof object !== "function") || object === null || !(#body in object)) {
        throw illegal();
      }
      return object.#body;
    };
    setBody = (object, body) => {
      object.#body = body;
    };
  }

  /**
   * @param {InnerBody | null} body
   * @param {string | null} type that it implies
   */
  constructor(token, body, type, headers) {
    if (token !== TOKEN) throw new TypeError("Illegal constructor");
    this.#body = body;
    this.#headers = headers;
    if (type !== null && !headers_.has(headers, "content-type")) headers_.put(headers, "content-type", type);
  }

  get body() {
    return bodyOf(this)?.stream ?? null;
  }

  get bodyUsed() {
    return bodyOf(this)?.consumed() ?? false;
  }

  async arrayBuffer() {
    return TypedArrayPrototypeGetBuffer(await readBytes(bodyOf(this)));
  }

  async bytes() {
    return await readBytes(bodyOf(this));
  }

  async text() {
    const body = bodyOf(this);
    return body === null ? "" : await body.text(strips());
  }

  async json() {
    const body = bodyOf(this);
    return JSONParse(body === null ? "" : await body.text(strips()));
  }

  async formData() {
    const body = bodyOf(this);
    if (body?.consumed()) throw new TypeError(USED_TEXT);
    const type = headers_.get(this.#headers, "content-type");
    if (type === null) throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
    const bytes = body === null ? new Uint8Array(0) : await body.bytes();
    return formData_.parse(bytes, type, {
      stripMark: strips(),
      files: compat.has("formdata_parser_supports_files"),
    });
  }

  async blob() {
    const bytes = await readBytes(bodyOf(this));
    const type = headers_.get(this.#headers, "content-type") ?? "";
    return blobs.blobOf(bytes, compat.has("blob_standard_mime_type") ? mime.extract(type) : type);
  }
}
finish(Body);

return { Body, bodyOf, convert, extract, ofStream, setBody, TOKEN };
})();
