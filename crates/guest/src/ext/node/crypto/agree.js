// Diffie-Hellman, with numbers and on curves.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isArrayBufferView } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateInt32, validateObject, validateOneOf, validateString } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { isKeyObject, nativeOf } = core.loadExtScript("ext:lopata_node/crypto/keys.js");
const { bufferOf, bytesFrom, bytesOf, isBytes, kHandle, toBuf } = core.loadExtScript(
  "ext:lopata_node/crypto/util.js",
);

const DH_GENERATOR = 2;
const NUMBER_TYPES = ["number", "string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"];

/** Whether parameters are sound is looked at when they are made; the getter comes with the first object, as there. */
function checked(Kind, self, handle) {
  self[kHandle] = handle;
  Object.defineProperty(Kind.prototype, "verifyError", {
    get() {
      return ops.op_nodecrypto_dh_check(this[kHandle]);
    },
    configurable: true,
    enumerable: true,
  });
}

function DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  if (!(this instanceof DiffieHellman)) return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
  if (typeof sizeOrKey !== "number" && typeof sizeOrKey !== "string" && !isBytes(sizeOrKey)) {
    throw new ERR_INVALID_ARG_TYPE("sizeOrKey", NUMBER_TYPES, sizeOrKey);
  }
  if (typeof sizeOrKey === "number") validateInt32(sizeOrKey, "sizeOrKey");
  let encoding = keyEncoding;
  let base = generator;
  let baseEncoding = genEncoding;
  if (keyEncoding && keyEncoding !== "buffer" && !Buffer.isEncoding(keyEncoding)) {
    baseEncoding = generator;
    base = keyEncoding;
    encoding = "utf-8";
  }
  encoding ??= "utf-8";
  baseEncoding ??= "utf-8";
  if (!base) {
    base = DH_GENERATOR;
  } else if (typeof base === "number") {
    validateInt32(base, "generator");
  } else if (typeof base === "string") {
    base = toBuf(base, baseEncoding);
  } else if (!isBytes(base)) {
    throw new ERR_INVALID_ARG_TYPE("generator", NUMBER_TYPES, base);
  }
  const number = typeof base === "number" ? base : 0;
  const bytes = typeof base === "number" ? null : bytesOf(base);
  if (typeof sizeOrKey === "number") {
    if (bytes !== null) throw new Error("DiffieHellman init failed: invalid parameters");
    if (io.current() === undefined) throw new Error("DiffieHellman key generation requires an active request");
    checked(DiffieHellman, this, ops.op_nodecrypto_dh_generate(sizeOrKey, number));
  } else {
    checked(DiffieHellman, this, ops.op_nodecrypto_dh_of(bytesOf(toBuf(sizeOrKey, encoding)), number, bytes));
  }
  return this;
}

function DiffieHellmanGroup(name) {
  if (!(this instanceof DiffieHellmanGroup)) return new DiffieHellmanGroup(name);
  const prime = ops.op_nodecrypto_dh_group(String(name));
  if (prime.length === 0) {
    throw new Error(
      "Failed to init DiffieHellmanGroup: invalid group. Only groups {modp14, modp15, modp16, modp17, modp18} are " +
        "supported.",
    );
  }
  checked(DiffieHellmanGroup, this, ops.op_nodecrypto_dh_of(prime, DH_GENERATOR, null));
  return this;
}

/** Bytes as a Buffer, or as text where an encoding is named. */
function encode(bytes, encoding) {
  const buffer = bufferOf(bytes);
  return encoding && encoding !== "buffer" ? buffer.toString(encoding) : buffer;
}

function dhGenerateKeys(encoding) {
  return encode(ops.op_nodecrypto_dh_keys(this[kHandle]), encoding);
}

function dhComputeSecret(key, inEnc, outEnc) {
  return encode(ops.op_nodecrypto_dh_secret(this[kHandle], bytesFrom(key, "key", inEnc ?? undefined)), outEnc);
}

function dhGetPrime(encoding) {
  return encode(ops.op_nodecrypto_dh_number(this[kHandle], "prime"), encoding);
}

function dhGetGenerator(encoding) {
  return encode(ops.op_nodecrypto_dh_number(this[kHandle], "generator"), encoding);
}

function dhGetPublicKey(encoding) {
  return encode(ops.op_nodecrypto_dh_number(this[kHandle], "public"), encoding);
}

function dhGetPrivateKey(encoding) {
  return encode(ops.op_nodecrypto_dh_number(this[kHandle], "private"), encoding);
}

function dhSetPublicKey(key, encoding) {
  ops.op_nodecrypto_dh_set(this[kHandle], bytesFrom(key, "key", encoding ?? undefined), true);
  return this;
}

function dhSetPrivateKey(key, encoding) {
  ops.op_nodecrypto_dh_set(this[kHandle], bytesFrom(key, "key", encoding ?? undefined), false);
  return this;
}

for (const Kind of [DiffieHellman, DiffieHellmanGroup]) {
  Kind.prototype.generateKeys = dhGenerateKeys;
  Kind.prototype.computeSecret = dhComputeSecret;
  Kind.prototype.getPrime = dhGetPrime;
  Kind.prototype.getGenerator = dhGetGenerator;
  Kind.prototype.getPublicKey = dhGetPublicKey;
  Kind.prototype.getPrivateKey = dhGetPrivateKey;
}
DiffieHellman.prototype.setPublicKey = dhSetPublicKey;
DiffieHellman.prototype.setPrivateKey = dhSetPrivateKey;

function createDiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
}

function createDiffieHellmanGroup(name) {
  return new DiffieHellmanGroup(name);
}

function getDiffieHellman(name) {
  return createDiffieHellmanGroup(name);
}

function diffieHellman(options) {
  validateObject(options, "options");
  const { publicKey, privateKey } = options;
  if (!isKeyObject(publicKey)) throw new ERR_INVALID_ARG_TYPE("options.publicKey", "KeyObject", publicKey);
  if (!isKeyObject(privateKey)) throw new ERR_INVALID_ARG_TYPE("options.privateKey", "KeyObject", privateKey);
  if (publicKey.type !== "public") throw new ERR_INVALID_ARG_TYPE("options.publicKey", "public key", publicKey);
  if (privateKey.type !== "private") throw new ERR_INVALID_ARG_TYPE("options.privateKey", "private key", privateKey);
  if (publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) {
    throw new ERR_INVALID_ARG_VALUE(
      "options.publicKey.asymmetricKeyType",
      publicKey.asymmetricKeyType,
      "must equal privateKey.asymmetricKeyType",
    );
  }
  return bufferOf(ops.op_nodecrypto_dh_stateless(nativeOf(privateKey), nativeOf(publicKey)));
}

// --- On curves ---

const FORMATS = ["compressed", "uncompressed", "hybrid"];

function ECDH(curveName) {
  if (!(this instanceof ECDH)) return new ECDH(curveName);
  validateString(curveName, "curveName");
  this[kHandle] = ops.op_nodecrypto_ecdh(curveName);
  return this;
}

function optionalString(value, name) {
  if (value != null) validateString(value, name);
}

function pointOf(key, name, encoding) {
  const bytes = typeof key === "string" ? Buffer.from(key, encoding) : key;
  if (!isArrayBufferView(bytes)) {
    throw new ERR_INVALID_ARG_TYPE(name, ["string", "Buffer", "TypedArray", "DataView"], key);
  }
  return bytesOf(bytes);
}

/** Like [`encode`], for where `buffer` is no encoding. */
function strict(bytes, encoding) {
  const buffer = bufferOf(bytes);
  return typeof encoding === "string" ? buffer.toString(encoding) : buffer;
}

ECDH.prototype.computeSecret = (0, function (otherPublicKey, inputEncoding, outputEncoding) {
  optionalString(inputEncoding, "inputEncoding");
  const point = pointOf(otherPublicKey, "otherPublicKey", inputEncoding ?? undefined);
  optionalString(outputEncoding, "outputEncoding");
  return strict(ops.op_nodecrypto_ecdh_secret(this[kHandle], point), outputEncoding);
});

ECDH.prototype.generateKeys = (0, function (encoding, format) {
  optionalString(encoding, "encoding");
  if (format != null) validateOneOf(format, "format", FORMATS);
  ops.op_nodecrypto_ecdh_generate(this[kHandle]);
  return this.getPublicKey(encoding, format);
});

ECDH.prototype.getPrivateKey = (0, function (encoding) {
  optionalString(encoding, "encoding");
  return strict(ops.op_nodecrypto_ecdh_private(this[kHandle]), encoding);
});

ECDH.prototype.getPublicKey = (0, function (encoding, form = "uncompressed") {
  optionalString(encoding, "encoding");
  validateOneOf(form, "format", FORMATS);
  return strict(ops.op_nodecrypto_ecdh_public(this[kHandle], form), encoding);
});

ECDH.prototype.setPrivateKey = (0, function (key, encoding) {
  optionalString(encoding, "encoding");
  ops.op_nodecrypto_ecdh_set(this[kHandle], pointOf(key, "key", encoding ?? undefined));
});

ECDH.convertKey = (0, function (key, curve, inputEncoding, outputEncoding, format = "uncompressed") {
  optionalString(inputEncoding, "inputEncoding");
  const point = pointOf(key, "key", inputEncoding ?? undefined);
  validateString(curve, "curve");
  optionalString(outputEncoding, "outputEncoding");
  validateOneOf(format, "format", FORMATS);
  return strict(ops.op_nodecrypto_ecdh_convert(point, curve, format), outputEncoding);
});

function createECDH(curveName) {
  return new ECDH(curveName);
}

/** Source: production's list. */
function getCurves() {
  return ["secp224r1", "prime256v1", "secp384r1", "secp521r1"];
}

return {
  createDiffieHellman,
  createDiffieHellmanGroup,
  createECDH,
  diffieHellman,
  DiffieHellman,
  DiffieHellmanGroup,
  ECDH,
  getCurves,
  getDiffieHellman,
};
})();
