// What the calls of node:fs check of their arguments, in production's order and with its texts.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayIsArray,
  Date,
  DatePrototypeGetTime,
  NumberIsNaN,
  Number,
  ObjectIs,
  ObjectPrototypeIsPrototypeOf,
  TypeError,
  Uint8Array,
} = primordials;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { codes, ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const {
  parseFileMode,
  validateBoolean,
  validateEncoding,
  validateInt32,
  validateInteger,
  validateObject,
  validateUint32,
} = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const constants = core.loadExtScript("ext:lopata_node/fs/constants.js");
const { place } = core.loadExtScript("ext:lopata_node/fs/place.js");
const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;

/** @param {number} value a descriptor @param {string} name */
function descriptor(value, name = "fd") {
  if (ObjectIs(value, -0)) return 0;
  validateInt32(value, name, 0);
  return value;
}

/** @param {unknown} value @param {string} name */
function position(value, name = "position") {
  if (typeof value === "number") {
    validateUint32(value, name);
  } else if (typeof value !== "bigint" && value !== null) {
    throw new ERR_INVALID_ARG_TYPE(name, ["integer", "bigint", "null"], value);
  }
}

/** A position as the ops take it: negative for none. @param {number | bigint | null} value */
function positionOf(value) {
  if (value === null) return -1;
  if (typeof value === "bigint" && (value < 0n || value >= 2n ** 64n)) {
    throw new TypeError(
      "The value cannot be converted because it is either negative and this API expects a positive bigint, or the " +
        "value would be truncated.",
    );
  }
  return Number(value);
}

/** @param {unknown} options a name of an encoding, nothing, or an object */
function encodingOptions(options) {
  return typeof options === "string" || options === null || options === undefined ? { encoding: options } : options;
}

/** @param {unknown} encoding @param {boolean} optional whether null is one */
function encodingName(encoding, optional = false) {
  if (encoding === "buffer" || Buffer.isEncoding(encoding) || (optional && encoding === null)) return;
  throw new ERR_INVALID_ARG_VALUE("options.encoding", encoding);
}

const FLAGS = {
  __proto__: null,
  "r": O_RDONLY,
  "rs": O_RDONLY | O_SYNC,
  "sr": O_RDONLY | O_SYNC,
  "r+": O_RDWR,
  "rs+": O_RDWR | O_SYNC,
  "sr+": O_RDWR | O_SYNC,
  "w": O_TRUNC | O_CREAT | O_WRONLY,
  "wx": O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  "xw": O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  "w+": O_TRUNC | O_CREAT | O_RDWR,
  "wx+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  "xw+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  "a": O_APPEND | O_CREAT | O_WRONLY,
  "ax": O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  "xa": O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  "as": O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  "sa": O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  "a+": O_APPEND | O_CREAT | O_RDWR,
  "ax+": O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  "xa+": O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  "as+": O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  "sa+": O_APPEND | O_CREAT | O_RDWR | O_SYNC,
};

/** @param {string | number | null | undefined} value @returns {number} */
function flags(value) {
  if (typeof value === "number") {
    validateInt32(value, "flags");
    return value;
  }
  if (value === null || value === undefined) return O_RDONLY;
  const known = typeof value === "string" ? FLAGS[value] : undefined;
  if (known === undefined) throw new ERR_INVALID_ARG_VALUE("flags", value);
  return known;
}

/** @param {string | number | bigint | Date} value @returns {Date} */
function date(value) {
  if (typeof value === "number" || typeof value === "string") return new Date(value);
  if (typeof value === "bigint") return new Date(Number(value));
  if (ObjectPrototypeIsPrototypeOf(Date.prototype, value)) return value;
  throw new ERR_INVALID_ARG_TYPE("time", ["string", "number", "bigint", "Date"], value);
}

/** @param {Date} value @returns {number} */
function milliseconds(value) {
  const time = DatePrototypeGetTime(value);
  if (NumberIsNaN(time)) throw new TypeError("The value cannot be converted because it is not a valid Date.");
  return time;
}

/** @param {unknown} path @param {number} mode */
function access(path, mode) {
  const at = place(path);
  mode ??= 0;
  validateInteger(mode, "mode", 0, 7);
  return { at, mode };
}

/** A path or a descriptor. */
function target(value) {
  return typeof value === "number" ? descriptor(value, "fd") : place(value);
}

function owner(value, uid, gid) {
  validateInteger(uid, "uid", -1, 4294967295);
  validateInteger(gid, "gid", -1, 4294967295);
  return target(value);
}

function mode(value, given) {
  parseFileMode(given, "mode");
  return target(value);
}

function stat(value, options = {}, onlyDescriptor = false) {
  validateObject(options, "options");
  const { bigint = false, throwIfNoEntry = true } = options;
  validateBoolean(bigint, "options.bigint");
  validateBoolean(throwIfNoEntry, "options.throwIfNoEntry");
  if (typeof value !== "number" && onlyDescriptor) throw new ERR_INVALID_ARG_TYPE("fd", "number", value);
  return { at: target(value), bigint, throwIfNoEntry };
}

function mkdir(path, options) {
  if (typeof options === "number") {
    options = { mode: options };
  } else {
    validateObject(options, "options");
  }
  const { recursive = false, mode = 0o777 } = options;
  validateBoolean(recursive, "options.recursive");
  parseFileMode(mode, "mode");
  return { at: place(path), recursive };
}

function rm(path, options) {
  validateObject(options, "options");
  const { force = false, maxRetries = 0, recursive = false, retryDelay = 0 } = options;
  validateBoolean(force, "options.force");
  validateUint32(maxRetries, "options.maxRetries");
  validateBoolean(recursive, "options.recursive");
  validateUint32(retryDelay, "options.retryDelay");
  return { at: place(path), recursive };
}

function rmdir(path, options) {
  validateObject(options, "options");
  const { maxRetries = 0, recursive = false, retryDelay = 0 } = options;
  validateUint32(maxRetries, "options.maxRetries");
  validateBoolean(recursive, "options.recursive");
  validateUint32(retryDelay, "options.retryDelay");
  return { at: place(path), recursive };
}

function readdir(path, options) {
  options = encodingOptions(options);
  validateObject(options, "options");
  const { encoding = "utf8", withFileTypes = false, recursive = false } = options;
  encodingName(encoding);
  validateBoolean(withFileTypes, "options.withFileTypes");
  validateBoolean(recursive, "options.recursive");
  return { at: place(path), encoding, withFileTypes, recursive };
}

function opendir(path, options) {
  validateObject(options, "options");
  const { encoding = "utf8", bufferSize = 32, recursive = false } = options;
  encodingName(encoding);
  validateUint32(bufferSize, "options.bufferSize");
  validateBoolean(recursive, "options.recursive");
  return { at: place(path), encoding, recursive };
}

/** `offset` and `length` count from where the view begins. */
function part(view, offset, length) {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

/** @param {unknown} value @param {string[]} allowed */
function view(value, allowed, name = "buffer") {
  if (!ArrayBufferIsView(value)) throw new ERR_INVALID_ARG_TYPE(name, allowed, value);
}

const VIEWS = ["Buffer", "TypedArray", "DataView"];
const TEXT_OR_VIEWS = ["string", "Buffer", "TypedArray", "DataView"];

function read(fd, buffer, offsetOrOptions, length, at) {
  fd = descriptor(fd);
  view(buffer, VIEWS);
  let offset = offsetOrOptions;
  if (typeof offsetOrOptions === "object" && offsetOrOptions !== null) {
    ({ offset = 0, length = buffer.byteLength - offset, position: at = null } = offsetOrOptions);
  } else if (typeof offsetOrOptions === "number") {
    length ??= buffer.byteLength - offset;
  } else {
    throw new ERR_INVALID_ARG_TYPE("offset", ["number", "object"], offsetOrOptions);
  }
  validateUint32(offset, "offset");
  validateUint32(length, "length");
  position(at);
  if (length !== 0 && offset + length > buffer.byteLength) {
    throw new ERR_INVALID_ARG_VALUE("offset", offset, "out of bounds");
  }
  return { fd, buffers: length === 0 ? [] : [part(buffer, offset, length)], position: at };
}

function write(fd, buffer, offsetOrOptions, length, at) {
  fd = descriptor(fd);
  if (ArrayBufferIsView(buffer)) {
    let offset = offsetOrOptions;
    if (typeof offsetOrOptions === "object" && offsetOrOptions !== null) {
      ({ offset = 0, length, position: at = null } = offsetOrOptions);
    }
    offset ??= 0;
    at ??= null;
    validateInteger(offset, "offset", 0);
    position(at);
    if (offset > buffer.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS("offset");
    length ??= buffer.byteLength - offset;
    validateInteger(length, "length", 0);
    if (length > buffer.byteLength - offset) throw new ERR_BUFFER_OUT_OF_BOUNDS("length");
    return { fd, buffers: [part(buffer, offset, length)], position: at };
  }
  if (typeof buffer !== "string") throw new ERR_INVALID_ARG_TYPE("buffer", TEXT_OR_VIEWS, buffer);
  position(offsetOrOptions);
  validateEncoding(buffer, length);
  return { fd, buffers: [Buffer.from(buffer, length)], position: offsetOrOptions };
}

function writeFile(path, data, options) {
  const at = target(path);
  options = encodingOptions(options);
  validateObject(options, "options");
  const { encoding = "utf8", mode = 0o666, flag = "w", flush = false } = options;
  encodingName(encoding);
  validateBoolean(flush, "options.flush");
  parseFileMode(mode, "options.mode", 0o666);
  const bits = flags(flag);
  const append = (bits & O_APPEND) !== 0;
  if (!append && (bits & (O_WRONLY | O_RDWR)) === 0) {
    throw new ERR_INVALID_ARG_VALUE("flag", flag, "must be indicate write or append");
  }
  if (typeof data === "string") data = Buffer.from(data, encoding);
  view(data, TEXT_OR_VIEWS, "data");
  return { at, data: part(data, 0, data.byteLength), append, exclusive: (bits & O_EXCL) !== 0 };
}

/** @param {unknown} buffers */
function views(buffers) {
  if (ArrayIsArray(buffers)) {
    for (let i = 0; i < buffers.length; i++) {
      if (!ArrayBufferIsView(buffers[i])) throw new ERR_INVALID_ARG_TYPE("buffer", "ArrayBufferView[]", buffers);
    }
    return;
  }
  throw new ERR_INVALID_ARG_TYPE("buffer", "ArrayBufferView[]", buffers);
}

/** @param {Function} callback */
function callback(callback) {
  if (typeof callback !== "function") throw new codes.ERR_INVALID_ARG_TYPE("callback", ["function"], callback);
}

return {
  access,
  callback,
  date,
  descriptor,
  encodingName,
  encodingOptions,
  flags,
  milliseconds,
  mkdir,
  mode,
  opendir,
  owner,
  part,
  position,
  positionOf,
  read,
  readdir,
  rm,
  rmdir,
  stat,
  target,
  VIEWS,
  views,
  write,
  writeFile,
};
})();
