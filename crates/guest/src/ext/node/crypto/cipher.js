// Cipheriv and Decipheriv, which are streams too; encrypting with keys of RSA.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { validateNumber, validateObject, validateString, validateUint32 } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { Transform } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { CryptoKey } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { hide } = core.loadExtScript("ext:lopata_node/crypto/hash.js");
const { createPrivateKey, createPublicKey, handleOfCryptoKey, isKeyObject, isOfCryptoKey, nativeOf } = core
  .loadExtScript("ext:lopata_node/crypto/keys.js");
const { bufferOf, bytesOf, isBytes, keyTypeError, kHandle, notOfType, textOf } = core.loadExtScript(
  "ext:lopata_node/crypto/util.js",
);

/** The bytes of a secret key. */
function secretOf(key) {
  if (isKeyObject(key) || key instanceof CryptoKey) {
    if (key.type !== "secret") throw keyTypeError(key.type, "secret");
    // Production cannot do it with what is a CryptoKey.
    if (!isKeyObject(key) || isOfCryptoKey(key)) throw new Error("Failed to get raw secret key data");
    return ops.op_nodecrypto_key_bytes(nativeOf(key));
  }
  if (typeof key === "string") return Buffer.from(key, "utf8");
  if (isBytes(key)) return bytesOf(key);
  throw new ERR_INVALID_ARG_TYPE(
    "key",
    ["string", "Buffer", "TypedArray", "DataView", "KeyObject", "CryptoKey"],
    key,
  );
}

function ivOf(iv) {
  if (typeof iv === "string") return Buffer.from(iv, "utf8");
  if (isBytes(iv)) return bytesOf(iv);
  throw new ERR_INVALID_ARG_TYPE("iv", ["string", "Buffer", "TypedArray", "DataView", "null"], iv);
}

/** What both constructors do. Production's option for the length of the tag is `authLengthTag`. */
function start(self, encrypt, algorithm, key, iv, options) {
  validateString(algorithm, "algorithm");
  const secret = secretOf(key);
  const vector = ivOf(iv);
  const { authLengthTag } = options;
  if (authLengthTag !== undefined) validateUint32(authLengthTag, "options.authLengthTag");
  hide(self, kHandle, ops.op_nodecrypto_cipher(encrypt, algorithm, secret, vector, authLengthTag));
  Transform.call(self, options);
}

function Cipheriv(algorithm, key, iv, options = {}) {
  if (!(this instanceof Cipheriv)) return new Cipheriv(algorithm, key, iv, options);
  start(this, true, algorithm, key, iv, options);
}

function Decipheriv(algorithm, key, iv, options = {}) {
  if (!(this instanceof Decipheriv)) return new Decipheriv(algorithm, key, iv, options);
  start(this, false, algorithm, key, iv, options);
}

const shared = {
  update: (0, function (data, inputEncoding, outputEncoding) {
    let bytes = data;
    if (typeof data === "string") {
      if (inputEncoding === undefined) {
        throw new ERR_INVALID_ARG_VALUE(
          "inputEncoding",
          inputEncoding,
          "If inputEncoding is not provided then the data must be a Buffer",
        );
      }
      bytes = Buffer.from(data, inputEncoding);
    } else if (!isBytes(data)) {
      throw new ERR_INVALID_ARG_TYPE("data", ["string", "Buffer", "TypedArray", "DataView"], data);
    }
    const out = ops.op_nodecrypto_cipher_update(this[kHandle], bytesOf(bytes));
    return outputEncoding === undefined ? bufferOf(out) : textOf(out, outputEncoding);
  }),
  final: (0, function (outputEncoding) {
    const out = ops.op_nodecrypto_cipher_final(this[kHandle]);
    return outputEncoding === undefined ? bufferOf(out) : textOf(out, outputEncoding);
  }),
  setAAD: (0, function (buffer, options = {}) {
    validateObject(options, "options");
    const { plaintextLength, encoding } = options;
    if (plaintextLength !== undefined) validateUint32(plaintextLength, "options.plaintextLength");
    if (encoding !== undefined) validateString(encoding, "options.encoding");
    const bytes = typeof buffer === "string" ? Buffer.from(buffer, encoding) : buffer;
    if (isBytes(bytes)) ops.op_nodecrypto_cipher_aad(this[kHandle], bytesOf(bytes));
    return this;
  }),
  setAutoPadding: (0, function (autoPadding) {
    ops.op_nodecrypto_cipher_padding(this[kHandle], !!autoPadding);
    return this;
  }),
  getAuthTag: (0, function () {
    return bufferOf(ops.op_nodecrypto_cipher_tag(this[kHandle]));
  }),
  setAuthTag: (0, function (buffer) {
    if (!isBytes(buffer)) throw notOfType("setAuthTag", "CipherHandle", 1);
    ops.op_nodecrypto_cipher_set_tag(this[kHandle], bytesOf(buffer));
    return this;
  }),
  _transform: (0, function (chunk, encoding, callback) {
    const data = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    this.push(bufferOf(ops.op_nodecrypto_cipher_update(this[kHandle], bytesOf(data))));
    callback();
  }),
  // An error here is what the stream fails with.
  _flush: (0, function (callback) {
    let last;
    try {
      last = bufferOf(ops.op_nodecrypto_cipher_final(this[kHandle]));
    } catch (error) {
      callback(error);
      return;
    }
    this.push(last);
    callback();
  }),
};

for (const Kind of [Cipheriv, Decipheriv]) {
  Object.defineProperty(Kind, "length", { value: 3, configurable: true });
  Object.setPrototypeOf(Kind.prototype, Transform.prototype);
  Object.setPrototypeOf(Kind, Transform);
  for (const name of Object.keys(shared)) {
    const other = Kind === Cipheriv ? "setAuthTag" : "getAuthTag";
    if (name !== other) Kind.prototype[name] = shared[name];
  }
}

function createCipheriv(algorithm, key, iv, options = {}) {
  return new Cipheriv(algorithm, key, iv, options);
}

function createDecipheriv(algorithm, key, iv, options = {}) {
  return new Decipheriv(algorithm, key, iv, options);
}

function getCipherInfo(nameOrId, options = {}) {
  if (typeof nameOrId !== "string" && typeof nameOrId !== "number") {
    throw new ERR_INVALID_ARG_TYPE("nameOrId", ["string", "number"], nameOrId);
  }
  validateObject(options, "options");
  const { keyLength, ivLength } = options;
  const name = typeof nameOrId === "string" ? nameOrId : "";
  if (name === "" && typeof nameOrId === "string") return undefined;
  const number = typeof nameOrId === "number" ? nameOrId | 0 : 0;
  const length = (value) => (value === undefined ? -1 : value | 0);
  const info = ops.op_nodecrypto_cipher_info(name, number, length(keyLength), length(ivLength));
  return info == null ? undefined : { ...info };
}

/** Source: production's list. */
const CIPHERS = [
  "AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "AES-128-CTR", "AES-192-CTR", "AES-256-CTR", "AES-128-ECB",
  "AES-192-ECB", "AES-256-ECB", "AES-128-OFB", "AES-192-OFB", "AES-256-OFB", "AES-128-GCM", "AES-192-GCM",
  "AES-256-GCM", "DES-CBC", "DES-ECB", "DES-EDE", "DES-EDE-CBC", "DES-EDE3-CBC", "RC2-CBC", "RC4",
  "aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-ctr", "aes-192-ctr", "aes-256-ctr", "aes-128-ecb",
  "aes-192-ecb", "aes-256-ecb", "aes-128-ofb", "aes-192-ofb", "aes-256-ofb", "aes-128-gcm", "aes-192-gcm",
  "aes-256-gcm", "des-cbc", "des-ecb", "des-ede", "des-ede-cbc", "des-ede3-cbc", "rc2-cbc", "rc4",
  "aes-256-eax", "aes-128-eax", "aes-128-ccm-matter", "aes-128-gcm-randnonce", "aes-128-gcm-siv",
  "xchacha20-poly1305", "aes-256-gcm-siv", "aes-256-ctr-hmac-sha256", "aes-128-ctr-hmac-sha256",
  "chacha20-poly1305", "aes-256-gcm-randnonce", "aes-256-gcm", "aes-128-gcm", "aes-128-ccm-bluetooth-8",
  "aes-128-ccm-bluetooth", "aes-192-gcm",
];

const getCiphers = {
  getCiphers() {
    return CIPHERS.slice();
  },
}.getCiphers.bind(undefined);

// --- RSA ---

const PUBLIC_ENCRYPT = 0;
const PRIVATE_DECRYPT = 1;
const PUBLIC_DECRYPT = 2;
const PRIVATE_ENCRYPT = 3;

const PKCS1_PADDING = 1;

function paddingOf(options) {
  const { padding = PKCS1_PADDING, oaepHash = "sha256", oaepLabel, encoding = "utf8" } = options;
  validateNumber(padding, "options.padding");
  validateString(oaepHash, "options.oaepHash");
  let label = null;
  if (oaepLabel !== undefined) {
    label = typeof oaepLabel === "string" ? Buffer.from(oaepLabel, encoding) : oaepLabel;
    if (!isBytes(label)) {
      throw new ERR_INVALID_ARG_TYPE(
        "options.oaepLabel",
        ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"],
        oaepLabel,
      );
    }
    label = bytesOf(label);
  }
  return { padding, oaepHash, label };
}

function crypt(operation, name, method, key, buffer, type) {
  if (key === undefined) throw new ERR_MISSING_ARGS(name);
  if (buffer === undefined) throw new ERR_MISSING_ARGS("buffer");
  let native;
  if (isKeyObject(key) || key instanceof CryptoKey) {
    if (key.type !== type) throw keyTypeError(key.type, type);
    native = isKeyObject(key) ? nativeOf(key) : handleOfCryptoKey(key).native;
  } else {
    native = nativeOf(type === "private" ? createPrivateKey(key) : createPublicKey(key));
  }
  const data = typeof buffer === "string" ? Buffer.from(buffer, key.encoding ?? "utf8") : buffer;
  const { padding, oaepHash, label } = paddingOf(key);
  if (!isBytes(data)) throw notOfType(method, "CryptoImpl", 2);
  return bufferOf(ops.op_nodecrypto_rsa(operation, native, bytesOf(data), padding, oaepHash, label));
}

function publicEncrypt(key, buffer) {
  return crypt(PUBLIC_ENCRYPT, "key", "publicEncrypt", key, buffer, "public");
}

function publicDecrypt(key, buffer) {
  return crypt(PUBLIC_DECRYPT, "key", "publicDecrypt", key, buffer, "public");
}

function privateEncrypt(privateKey, buffer) {
  return crypt(PRIVATE_ENCRYPT, "privateKey", "privateEncrypt", privateKey, buffer, "private");
}

function privateDecrypt(privateKey, buffer) {
  return crypt(PRIVATE_DECRYPT, "privateKey", "privateDecrypt", privateKey, buffer, "private");
}

return {
  Cipheriv,
  createCipheriv,
  createDecipheriv,
  Decipheriv,
  getCipherInfo,
  getCiphers,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
};
})();
