// Sign and Verify, which are streams too, and signatures at once.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_CRYPTO_SIGN_KEY_REQUIRED, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isArrayBufferView } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { Writable } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { CryptoKey } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { hide } = core.loadExtScript("ext:lopata_node/crypto/hash.js");
const { createPrivateKey, createPublicKey, handleOfCryptoKey, isKeyObject, nativeOf } = core.loadExtScript(
  "ext:lopata_node/crypto/keys.js",
);
const { bufferOf, bytesOf, isBytes, keyTypeError, kHandle, notOfType } = core.loadExtScript(
  "ext:lopata_node/crypto/util.js",
);

function intOption(name, options) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (value === value >> 0) return value;
  throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
}

/** Whether signatures are two numbers beside each other, not DER. */
function isPlain(options) {
  if (typeof options !== "object") return false;
  const { dsaEncoding = "der" } = options;
  if (dsaEncoding === "der") return false;
  if (dsaEncoding === "ieee-p1363") return true;
  throw new ERR_INVALID_ARG_VALUE("options.dsaEncoding", dsaEncoding);
}

function optionsOf(options) {
  return {
    padding: intOption("padding", options),
    saltLength: intOption("saltLength", options),
    plain: isPlain(options),
  };
}

function signingKey(options) {
  if (!options) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  if (options instanceof CryptoKey) return handleOfCryptoKey(options).native;
  if (!isKeyObject(options)) return nativeOf(createPrivateKey(options));
  if (options.type === "secret") {
    throw new ERR_INVALID_ARG_TYPE(
      "options",
      ["PublicKeyObject", "PrivateKeyObject", "CryptoKey", "Object"],
      options.type,
    );
  }
  if (options.type === "public") throw keyTypeError("public", "private");
  return nativeOf(options);
}

function verifyingKey(options) {
  if (!options) throw new ERR_CRYPTO_SIGN_KEY_REQUIRED();
  if (options instanceof CryptoKey) return handleOfCryptoKey(options).native;
  return nativeOf(isKeyObject(options) ? options : createPublicKey(options));
}

function Sign(algorithm, options) {
  if (!(this instanceof Sign)) return new Sign(algorithm, options);
  validateString(algorithm, "algorithm");
  hide(this, kHandle, ops.op_nodecrypto_sign_start(false, algorithm));
  Writable.call(this, options);
  return this;
}
Object.setPrototypeOf(Sign.prototype, Writable.prototype);
Object.setPrototypeOf(Sign, Writable);

Sign.prototype._write = function _write(chunk, encoding, callback) {
  this.update(chunk, encoding);
  callback();
};

Sign.prototype.update = (0, function (data, encoding) {
  const bytes = typeof data === "string" ? Buffer.from(data, encoding) : data;
  if (!isArrayBufferView(bytes)) {
    throw new ERR_INVALID_ARG_TYPE("data", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  ops.op_nodecrypto_sign_update(this[kHandle], bytesOf(bytes));
  return this;
});

Sign.prototype.sign = (0, function (options, encoding) {
  const key = signingKey(options);
  const { padding, saltLength, plain } = optionsOf(options);
  const signature = bufferOf(ops.op_nodecrypto_sign_finish(this[kHandle], key, padding, saltLength, plain));
  return encoding && encoding !== "buffer" ? signature.toString(encoding) : signature;
});

function Verify(algorithm, options) {
  if (!(this instanceof Verify)) return new Verify(algorithm, options);
  validateString(algorithm, "algorithm");
  hide(this, kHandle, ops.op_nodecrypto_sign_start(true, algorithm));
  Writable.call(this, options);
  return this;
}
Object.setPrototypeOf(Verify.prototype, Writable.prototype);
Object.setPrototypeOf(Verify, Writable);

Verify.prototype._write = Sign.prototype._write;
Verify.prototype.update = Sign.prototype.update;

Verify.prototype.verify = (0, function (options, signature, encoding = "utf8") {
  const key = verifyingKey(options);
  const { padding, saltLength, plain } = optionsOf(options);
  const bytes = typeof signature === "string" ? Buffer.from(signature, encoding) : signature;
  if (!isBytes(bytes)) throw notOfType("verify", "VerifyHandle", 2);
  return ops.op_nodecrypto_verify_finish(this[kHandle], key, bytesOf(bytes), padding, saltLength, plain);
});

function createSign(algorithm, options) {
  return new Sign(algorithm, options);
}

function createVerify(algorithm, options) {
  return new Verify(algorithm, options);
}

/** What both functions check first. @returns {string | null} the digest */
function digestOf(algorithm, data) {
  if (algorithm != null) validateString(algorithm, "algorithm");
  if (!isArrayBufferView(data)) throw new ERR_INVALID_ARG_TYPE("data", ["Buffer", "TypedArray", "DataView"], data);
  return algorithm ?? null;
}

function sign(algorithm, data, options, callback) {
  const digest = digestOf(algorithm, data);
  const key = signingKey(options);
  const { plain } = optionsOf(options);
  const now = () => bufferOf(ops.op_nodecrypto_sign_now(key, digest, bytesOf(data), plain));
  if (callback === undefined) return now();
  let signature;
  try {
    signature = now();
  } catch (error) {
    queueMicrotask(() => callback(error));
    return undefined;
  }
  queueMicrotask(() => callback(null, signature));
  return undefined;
}

function verify(algorithm, data, options, signature, callback) {
  const digest = digestOf(algorithm, data);
  if (!isArrayBufferView(signature)) {
    throw new ERR_INVALID_ARG_TYPE("signature", ["Buffer", "TypedArray", "DataView"], signature);
  }
  const key = verifyingKey(options);
  const { plain } = optionsOf(options);
  const now = () => ops.op_nodecrypto_verify_now(key, digest, bytesOf(data), bytesOf(signature), plain);
  if (callback === undefined) return now();
  // At once if it worked, as in production.
  try {
    callback(null, now());
  } catch (error) {
    queueMicrotask(() => callback(error));
  }
  return undefined;
}

return { createSign, createVerify, sign, Sign, verify, Verify };
})();
