// Hash and Hmac, which are streams too, and digests at once.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_CRYPTO_HASH_FINALIZED, ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isArrayBufferView } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateString, validateUint32 } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { Transform } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { CryptoKey, recordOf } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { isKeyObject, nativeOf } = core.loadExtScript("ext:lopata_node/crypto/keys.js");
const { bufferOf, bytesFrom, bytesOf, isBytes, keyTypeError, kHandle, stringOption, textOf } = core.loadExtScript(
  "ext:lopata_node/crypto/util.js",
);

/** Whether the digest was taken. */
const kFinalized = Symbol("kFinalized");
/** Which ops update and end it. */
const kOps = Symbol("kOps");

/** What `new Hash` is given to make a copy: the other's handle. */
class Copied {
  constructor(handle) {
    this.handle = handle;
  }
}

/** Sets what is behind an object, which is not among its properties. */
function hide(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
}

function Hash(algorithm, options) {
  if (!(this instanceof Hash)) return new Hash(algorithm, options);
  const length = typeof options === "object" ? options?.outputLength : undefined;
  if (length !== undefined) validateUint32(length, "options.outputLength");
  let handle;
  if (algorithm instanceof Copied) {
    handle = ops.op_nodecrypto_hash_copy(algorithm.handle, length);
  } else {
    validateString(algorithm, "algorithm");
    handle = ops.op_nodecrypto_hash(algorithm, length);
  }
  hide(this, kHandle, handle);
  hide(this, kOps, HASH_OPS);
  hide(this, kFinalized, false);
  Transform.call(this, options);
  return this;
}
Object.setPrototypeOf(Hash.prototype, Transform.prototype);
Object.setPrototypeOf(Hash, Transform);

const HASH_OPS = { update: ops.op_nodecrypto_hash_update, digest: ops.op_nodecrypto_hash_digest };
const HMAC_OPS = { update: ops.op_nodecrypto_hmac_update, digest: ops.op_nodecrypto_hmac_digest };

Hash.prototype.copy = (0, function (options) {
  if (this[kFinalized]) throw new ERR_CRYPTO_HASH_FINALIZED();
  return new Hash(new Copied(this[kHandle]), options);
});

Hash.prototype._transform = (0, function (chunk, encoding, callback) {
  const data = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
  this[kOps].update(this[kHandle], bytesOf(data));
  callback();
});

Hash.prototype._flush = (0, function (callback) {
  this.push(bufferOf(this[kOps].digest(this[kHandle])));
  callback();
});

/** Data that a digest or a code takes. @returns {Uint8Array} */
function dataOf(data, encoding) {
  if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? undefined : encoding ?? "utf8");
  if (!isArrayBufferView(data)) {
    throw new ERR_INVALID_ARG_TYPE("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  return bytesOf(data);
}

Hash.prototype.update = (0, function (data, encoding) {
  if (this[kFinalized]) throw new ERR_CRYPTO_HASH_FINALIZED();
  this[kOps].update(this[kHandle], dataOf(data, encoding));
  return this;
});

/** Takes the digest, once. */
function take(self, encoding) {
  const digest = self[kOps].digest(self[kHandle]);
  self[kFinalized] = true;
  return encoding !== undefined && encoding !== "buffer" ? textOf(digest, encoding) : bufferOf(digest);
}

Hash.prototype.digest = (0, function (outputEncoding) {
  if (this[kFinalized]) throw new ERR_CRYPTO_HASH_FINALIZED();
  return take(this, outputEncoding);
});

function createHash(algorithm, options) {
  return new Hash(algorithm, options);
}

function Hmac(hmac, key, options) {
  if (!(this instanceof Hmac)) return new Hmac(hmac, key, options);
  validateString(hmac, "hmac");
  const encoding = stringOption(options, "encoding");
  hide(this, kHandle, ops.op_nodecrypto_hmac(hmac, secretOf(key, encoding)));
  hide(this, kOps, HMAC_OPS);
  hide(this, kFinalized, false);
  Transform.call(this, options);
  return this;
}
Object.setPrototypeOf(Hmac.prototype, Transform.prototype);
Object.setPrototypeOf(Hmac, Transform);

/** The bytes of what a code is keyed with. */
function secretOf(key, encoding) {
  if (isKeyObject(key) || key instanceof CryptoKey) {
    if (key.type !== "secret") throw keyTypeError(key.type, "secret");
    return isKeyObject(key) ? ops.op_nodecrypto_key_bytes(nativeOf(key)) : recordOf(key).bytes;
  }
  if (typeof key !== "string" && !isBytes(key)) {
    throw new ERR_INVALID_ARG_TYPE(
      "key",
      ["ArrayBuffer", "Buffer", "ArrayBufferView", "string", "KeyObject", "CryptoKey"],
      key,
    );
  }
  return bytesFrom(key, "key", encoding ?? undefined);
}

Hmac.prototype.update = Hash.prototype.update;

Hmac.prototype.digest = (0, function (outputEncoding) {
  if (this[kFinalized]) return !outputEncoding || outputEncoding === "buffer" ? Buffer.alloc(0) : "";
  return take(this, outputEncoding);
});

Hmac.prototype._flush = Hash.prototype._flush;
Hmac.prototype._transform = Hash.prototype._transform;

function createHmac(hmac, key, options) {
  return new Hmac(hmac, key, options);
}

/** Source: production's list. */
function getHashes() {
  return [
    "md4", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "md5-sha1", "RSA-MD5", "RSA-SHA1", "RSA-SHA224",
    "RSA-SHA256", "RSA-SHA384", "RSA-SHA512", "DSA-SHA", "DSA-SHA1", "ecdsa-with-SHA1",
  ];
}

function hash(algorithm, data, outputEncoding = "hex") {
  validateString(algorithm, "algorithm");
  if (typeof data !== "string" && !isArrayBufferView(data)) {
    throw new ERR_INVALID_ARG_TYPE("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  validateString(outputEncoding, "outputEncoding");
  if (outputEncoding !== "buffer" && !Buffer.isEncoding(outputEncoding)) throw new ERR_UNKNOWN_ENCODING(outputEncoding);
  const digest = ops.op_nodecrypto_hash_now(algorithm, dataOf(data));
  return outputEncoding === "buffer" ? bufferOf(digest) : textOf(digest, outputEncoding);
}

return { createHash, createHmac, getHashes, hash, Hash, Hmac, hide };
})();
