// Blob and File: bytes in memory, with a type and a name.
//
// A slice shares the bytes of its parent. Nobody can change them: what a constructor is given is copied, and so is
// what reading gives out.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  DateNow,
  NumberIsNaN,
  StringPrototypeCharCodeAt,
  StringPrototypeToLowerCase,
  SymbolFor,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  TypeError,
  Error,
  Uint8Array,
} = primordials;
const { badConstructor, decode, illegal, int, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { finish } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");
const { cloneable, notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Given to constructors by this script only. */
const TOKEN = {};

/** The bytes of one part: not copied when they are ours alone. @returns {Uint8Array} */
function bytesOfPart(part) {
  if (isObject(part)) {
    if (isBlob(part)) return dataOf(part);
    if (ArrayBufferIsView(part)) {
      if (compat.has("no_resizable_array_buffer_in_blob")) refuseResizable(part.buffer);
      return body_.toBytes(part);
    }
    if (core.isArrayBuffer(part)) {
      if (compat.has("no_resizable_array_buffer_in_blob")) refuseResizable(part);
      return new Uint8Array(part);
    }
  }
  return core.encode(text(part));
}

function refuseResizable(buffer) {
  if (core.isArrayBuffer(buffer) && primordials.ArrayBufferPrototypeGetResizable?.(buffer)) {
    throw new TypeError("Cannot create a Blob with a resizable ArrayBuffer");
  }
}

/** @param {Uint8Array[]} parts @returns {Uint8Array} a copy of all of them */
function concat(parts) {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += TypedArrayPrototypeGetByteLength(parts[i]);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    TypedArrayPrototypeSet(bytes, parts[i], at);
    at += TypedArrayPrototypeGetByteLength(parts[i]);
  }
  return bytes;
}

function dataOfParts(parts, owner) {
  if (parts === undefined) return new Uint8Array(0);
  if (!ArrayIsArray(parts)) throw badConstructor(owner, 1, "Array");
  const found = [];
  for (let i = 0; i < parts.length; i++) ArrayPrototypePush(found, bytesOfPart(parts[i]));
  return concat(found);
}

/** Production takes a type as it is, in lower case, unless it has anything that cannot be printed. */
function normalType(type) {
  for (let i = 0; i < type.length; i++) {
    const code = StringPrototypeCharCodeAt(type, i);
    if (code < 0x20 || code > 0x7f) return "";
  }
  return StringPrototypeToLowerCase(type);
}

/** @returns {{ type: string, lastModified: number | undefined }} */
function readOptions(options, owner, number, isFile) {
  if (options === undefined || options === null) return { type: "", lastModified: undefined };
  if (!isObject(options)) throw badConstructor(owner, number, "Options");
  const { type } = options;
  const found = { type: type === undefined ? "" : text(type), lastModified: undefined };
  if (isFile) {
    const { lastModified } = options;
    if (lastModified !== undefined) found.lastModified = +lastModified;
  }
  if (options.endings !== undefined) throw new Error("The 'endings' field on 'Options' is not implemented.");
  found.type = normalType(found.type);
  return found;
}

/** Where a slice may begin or end. */
function clamp(at, size) {
  if (at < 0) at += size;
  return at < 0 ? 0 : at > size ? size : at;
}

let isBlob, dataOf, typeOf;

class Blob {
  #data;
  #type;

  static {
    isBlob = (value) => isObject(value) && #data in value;
    dataOf = (blob) => blob.#data;
    typeOf = (blob) => blob.#type;
  }

  /**
   * @param {BlobPart[]} parts
   * @param {{ type?: string }} options
   */
  constructor(parts = undefined, options = undefined) {
    if (parts === TOKEN) {
      this.#data = options.data;
      this.#type = options.type;
      return;
    }
    const data = dataOfParts(parts, "Blob");
    this.#type = readOptions(options, "Blob", 2, false).type;
    this.#data = data;
  }

  get size() {
    if (!isBlob(this)) throw illegal();
    return TypedArrayPrototypeGetByteLength(this.#data);
  }

  get type() {
    if (!isBlob(this)) throw illegal();
    return this.#type;
  }

  slice(start = undefined, end = undefined, type = undefined) {
    if (!isBlob(this)) throw illegal();
    const size = TypedArrayPrototypeGetByteLength(this.#data);
    const from = start === undefined ? 0 : int(start);
    const to = end === undefined ? size : int(end);
    const kind = type === undefined ? "" : text(type);
    const first = clamp(from, size);
    const last = clamp(to, size);
    return blobOf(TypedArrayPrototypeSubarray(this.#data, first, last < first ? first : last), normalType(kind));
  }

  // deno-lint-ignore require-await
  async arrayBuffer() {
    if (!isBlob(this)) throw illegal();
    return TypedArrayPrototypeGetBuffer(TypedArrayPrototypeSlice(this.#data));
  }

  // deno-lint-ignore require-await
  async bytes() {
    if (!isBlob(this)) throw illegal();
    return TypedArrayPrototypeSlice(this.#data);
  }

  // deno-lint-ignore require-await
  async text() {
    if (!isBlob(this)) throw illegal();
    return decode(this.#data, false);
  }

  stream() {
    if (!isBlob(this)) throw illegal();
    io.required();
    return body_.readableFromStatic(this.#data);
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    return inspect(
      createFilteredInspectProxy({ object: this, evaluate: isBlob(this), keys: ["size", "type"] }),
      options,
    );
  }
}

class File extends Blob {
  #name;
  #lastModified;

  /**
   * @param {BlobPart[]} parts
   * @param {string} name
   * @param {{ type?: string, lastModified?: number }} options
   */
  constructor(parts, name, options = undefined) {
    if (parts === TOKEN) {
      super(TOKEN, options);
      this.#name = name;
      this.#lastModified = options.lastModified ?? DateNow();
      return;
    }
    const data = dataOfParts(parts, "File");
    if (arguments.length < 2) throw badConstructor("File", 2, "string");
    name = text(name);
    const { type, lastModified } = readOptions(options, "File", 3, true);
    super(TOKEN, { data, type });
    this.#name = name;
    this.#lastModified = lastModified === undefined ? DateNow() : NumberIsNaN(lastModified) ? 0 : lastModified;
  }

  get name() {
    if (!isObject(this) || !(#name in this)) throw illegal();
    return this.#name;
  }

  get lastModified() {
    if (!isObject(this) || !(#name in this)) throw illegal();
    return this.#lastModified;
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    return inspect(
      createFilteredInspectProxy({
        object: this,
        evaluate: isBlob(this),
        keys: ["name", "lastModified", "size", "type"],
      }),
      options,
    );
  }
}
finish(Blob);
finish(File);

// A Blob can be cloned; a File cannot, as in production.
cloneable(
  Blob.prototype,
  "Blob",
  function () {
    return { data: TypedArrayPrototypeSlice(dataOf(this)), kind: typeOf(this) };
  },
  ({ data, kind }) => blobOf(data, kind),
);
notSerializable(File.prototype, "File");

/** A Blob of bytes that nobody else has. @param {Uint8Array} data @param {string} type taken as it is */
function blobOf(data, type) {
  return new Blob(TOKEN, { data, type });
}

/**
 * A File of bytes that nobody else has.
 * @param {Uint8Array} data @param {string} name @param {string} type @param {number} [lastModified] now if not given
 */
function fileOf(data, name, type, lastModified = undefined) {
  return new File(TOKEN, name, { data, type, lastModified });
}

/** @param {unknown} value */
const isFile = (value) => isBlob(value) && primordials.ObjectPrototypeIsPrototypeOf(File.prototype, value);

return {
  Blob,
  blobFromObjectUrl: () => null,
  BlobPrototype: Blob.prototype,
  FilePrototype: File.prototype,
  blobOf,
  concat,
  dataOf,
  File,
  fileOf,
  isBlob,
  isFile,
  typeOf,
};
})();
