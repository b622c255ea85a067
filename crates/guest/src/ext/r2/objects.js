// Objects of R2 as scripts see them: what `head`, `get`, `put` and `list` give.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Date,
  DatePrototypeToUTCString,
  JSONParse,
  Number,
  ObjectDefineProperty,
  SafeArrayIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypeError,
  uncurryThis,
} = primordials;
const { Headers, Response } = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { fromHex, hex, isHeaders } = core.loadExtScript("ext:lopata/r2/request.js");

const headersSet = uncurryThis(Headers.prototype.set);
const responseArrayBuffer = uncurryThis(Response.prototype.arrayBuffer);
const responseText = uncurryThis(Response.prototype.text);

/** The flag with which a field that is not there is `undefined` instead of missing. */
const SHOWS_ABSENT = "enable_fast_jsg_struct";

/** Given to constructors by this script only. */
const construct = {};

/** The order in which production's objects have their fields. */
const FIELDS = [
  "ssecKeyMd5",
  "storageClass",
  "range",
  "customMetadata",
  "httpMetadata",
  "uploaded",
  "checksums",
  "httpEtag",
  "etag",
  "size",
  "version",
  "key",
];

const CHECKSUMS = [["sha512", "4"], ["sha384", "3"], ["sha256", "2"], ["sha1", "1"], ["md5", "0"]];

/** The HTTP metadata and the headers that they are. */
const HTTP = [
  ["contentType", "content-type"],
  ["contentLanguage", "content-language"],
  ["contentDisposition", "content-disposition"],
  ["contentEncoding", "content-encoding"],
  ["cacheControl", "cache-control"],
];

class Checksums {
  constructor(token, found) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    for (const { 0: name, 1: code } of new SafeArrayIterator(CHECKSUMS)) {
      const text = found?.[code];
      readOnly(this, name, text === undefined ? undefined : TypedArrayPrototypeGetBuffer(fromHex(text)));
    }
  }

  toJSON() {
    const json = {};
    const all = compat.has(SHOWS_ABSENT);
    for (const name of new SafeArrayIterator(["md5", "sha1", "sha256", "sha384", "sha512"])) {
      const hash = this[name];
      if (hash !== undefined) json[name] = hex(new primordials.Uint8Array(hash));
      else if (all) json[name] = undefined;
    }
    return json;
  }
}

class HeadResult {
  constructor(token, fields) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    for (const name of new SafeArrayIterator(FIELDS)) readOnly(this, name, fields[name]);
  }

  /** @param {Headers} headers */
  writeHttpMetadata(...args) {
    const { 0: headers } = args;
    if (!isHeaders(headers)) {
      throw new TypeError(
        "Failed to execute 'writeHttpMetadata' on 'HeadResult': parameter 1 is not of type 'Headers'.",
      );
    }
    const metadata = this.httpMetadata;
    if (metadata === undefined) {
      throw new TypeError(
        `HTTP metadata unknown for key \`${this.key}\`. Did you forget to add 'httpMetadata' to \`include\` when listing?`,
      );
    }
    for (const { 0: field, 1: header } of new SafeArrayIterator(HTTP)) {
      if (metadata[field] !== undefined) headersSet(headers, header, metadata[field]);
    }
    if (metadata.cacheExpiry !== undefined) {
      headersSet(headers, "expires", DatePrototypeToUTCString(metadata.cacheExpiry));
    }
  }
}

class GetResult extends HeadResult {
  /** What reads the body: a response that nobody else has. */
  #response;

  constructor(token, fields, response) {
    super(token, fields);
    this.#response = response;
  }

  get body() {
    return responseOf(this, (result) => #response in result && result.#response).body;
  }

  get bodyUsed() {
    return responseOf(this, (result) => #response in result && result.#response).bodyUsed;
  }

  async arrayBuffer() {
    const response = unread(responseOf(this, (result) => #response in result && result.#response));
    return await responseArrayBuffer(response);
  }

  async bytes() {
    const response = unread(responseOf(this, (result) => #response in result && result.#response));
    return new primordials.Uint8Array(await responseArrayBuffer(response));
  }

  async text() {
    return await responseText(unread(responseOf(this, (result) => #response in result && result.#response)));
  }

  async json() {
    return JSONParse(await responseText(unread(responseOf(this, (result) => #response in result && result.#response))));
  }

  async blob() {
    const response = unread(responseOf(this, (result) => #response in result && result.#response));
    return new Blob([await responseArrayBuffer(response)], { type: this.httpMetadata?.contentType ?? "" });
  }
}

for (const { 0: prototype, 1: name } of [[Checksums.prototype, "Checksums"], [HeadResult.prototype, "HeadResult"], [GetResult.prototype, "GetResult"]]) {
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(prototype, core.hostObjectBrand, {
    __proto__: null,
    value() {
      throw new DOMException(
        `Could not serialize object of type "${name}". This type does not support serialization.`,
        "DataCloneError",
      );
    },
  });
}

function readOnly(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, enumerable: true, configurable: true, writable: false });
}

function responseOf(result, read) {
  const response = typeof result === "object" && result !== null && read(result);
  if (!response) throw illegalInvocation();
  return response;
}

function unread(response) {
  if (response.bodyUsed) {
    throw new TypeError(
      "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.",
    );
  }
  return response;
}

/**
 * HTTP metadata as a script sees it.
 * @param {object} fields @param {Date | undefined} cacheExpiry
 */
function httpOf(fields, cacheExpiry) {
  const metadata = {};
  const all = compat.has(SHOWS_ABSENT);
  for (const { 0: field } of new SafeArrayIterator(HTTP)) {
    if (all || fields[field] !== undefined) metadata[field] = fields[field];
  }
  if (all || cacheExpiry !== undefined) metadata.cacheExpiry = cacheExpiry;
  return metadata;
}

/**
 * The fields of an object from what R2 says of it.
 * @param {object} found
 * @param {{ http: boolean, custom: boolean }} expected what is there though nothing is said
 */
function fieldsOf(found, expected) {
  let httpMetadata;
  if (found.httpFields !== undefined) {
    const expiry = found.httpFields.cacheExpiry;
    httpMetadata = httpOf(found.httpFields, expiry === undefined ? undefined : new Date(Number(expiry)));
  } else if (expected.http) {
    httpMetadata = httpOf({}, undefined);
  }
  let customMetadata;
  if (found.customFields !== undefined) {
    customMetadata = {};
    for (const { k, v } of new SafeArrayIterator(found.customFields)) customMetadata[k] = v;
  } else if (expected.custom) {
    customMetadata = {};
  }
  let range;
  if (found.range !== undefined) {
    range = { offset: whole(found.range.offset), length: whole(found.range.length) };
    if (compat.has(SHOWS_ABSENT)) range.suffix = undefined;
  }
  const etag = found.etag ?? "";
  return {
    ssecKeyMd5: found.ssec === undefined ? undefined : found.ssec.keyMd5 ?? "",
    storageClass: found.storageClass ?? "",
    range,
    customMetadata,
    httpMetadata,
    uploaded: new Date(Number(found.uploaded ?? 0)),
    checksums: new Checksums(construct, found.checksums),
    httpEtag: `"${etag}"`,
    etag,
    size: Number(found.size ?? 0),
    version: found.version ?? "",
    key: found.name ?? "",
  };
}

/** A number that is not given is the largest there is. */
function whole(value) {
  return value === undefined ? 18446744073709551615 : Number(value);
}

const ALL = { http: true, custom: true };

/** @param {object} found @param {object} [sent] what replaces metadata: a `put` shows what it was given */
function head(found, sent) {
  const fields = fieldsOf(found, ALL);
  if (sent !== undefined) {
    fields.httpMetadata = httpOf(sent.httpMetadata, sent.httpMetadata.cacheExpiry);
    fields.customMetadata = sent.customMetadata;
  }
  return new HeadResult(construct, fields);
}

/** @param {object} found @param {ReadableStream | Uint8Array | null} body */
function got(found, body) {
  return new GetResult(construct, fieldsOf(found, ALL), new Response(body));
}

/** @param {object[]} found @param {{ http: boolean, custom: boolean }} expected */
function listed(found, expected) {
  const objects = [];
  for (const object of new SafeArrayIterator(found ?? [])) {
    ArrayPrototypePush(objects, new HeadResult(construct, fieldsOf(object, expected)));
  }
  return objects;
}

return { got, head, listed };
})();
