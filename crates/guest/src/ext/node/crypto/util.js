// What the scripts of `node:crypto` share: bytes in and out, errors that deno_node has otherwise.
(function () {
const { core } = __bootstrap;
const { ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isAnyArrayBuffer, isArrayBufferView } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

/** Where objects of these modules keep what is behind them, in production too. */
const kHandle = Symbol("kHandle");

/** An error with a code. @param {ErrorConstructor} Base @param {string} code @param {string} message */
function coded(Base, code, message) {
  const error = new Base(message);
  error.code = code;
  return error;
}

/** Source: production's text. @param {string} is what type the key has @param {string} wanted */
function keyTypeError(is, wanted) {
  return coded(Error, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${is}, expected ${wanted}.`);
}

/** Source: production's text for a value that its C++ does not take. */
function notOfType(method, owner, position) {
  return new TypeError(
    `Failed to execute '${method}' on '${owner}': parameter ${position} is not of type 'JsBufferSource'.`,
  );
}

/** @param {unknown} value */
function isBytes(value) {
  return isAnyArrayBuffer(value) || isArrayBufferView(value);
}

/** The bytes behind a buffer or a view. @param {ArrayBuffer | ArrayBufferView} value @returns {Uint8Array} */
function bytesOf(value) {
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (value instanceof Uint8Array) return value;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A Buffer of bytes that nobody else has. @param {Uint8Array} bytes */
function bufferOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as text, for any encoding that the caller names. @param {Uint8Array} bytes */
function textOf(bytes, encoding) {
  if (typeof encoding !== "string" || encoding === "buffer") throw new ERR_UNKNOWN_ENCODING(encoding);
  return bufferOf(bytes).toString(encoding);
}

/**
 * Text as bytes, anything else as it is.
 * @param {string} [encoding] `buffer` and nothing mean UTF-8
 */
function toBuf(value, encoding) {
  if (typeof value !== "string") return value;
  return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
}

/** Text or bytes as bytes; refuses anything else. @returns {Uint8Array} */
function bytesFrom(value, name, encoding) {
  const bytes = toBuf(value, encoding);
  if (!isBytes(bytes)) {
    throw new ERR_INVALID_ARG_TYPE(name, ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], value);
  }
  return bytesOf(bytes);
}

/** An option that is a string or missing. */
function stringOption(options, key) {
  const value = options?.[key];
  if (value != null) validateString(value, `options.${key}`);
  return value;
}

/** Calls back once the caller is done, with what `compute` gives or throws. */
function later(compute, callback) {
  new Promise((resolve) => resolve(compute())).then((value) => callback(null, value), (error) => callback(error));
}

/** @param {Uint8Array} bytes the highest first */
function bigintOf(bytes) {
  let digits = "0x0";
  for (let i = 0; i < bytes.length; i++) digits += (bytes[i] + 0x100).toString(16).slice(1);
  return BigInt(digits);
}

return {
  bigintOf,
  bufferOf,
  bytesFrom,
  bytesOf,
  coded,
  isBytes,
  keyTypeError,
  kHandle,
  later,
  notOfType,
  stringOption,
  textOf,
  toBuf,
};
})();
