// SubtleCrypto: what each method asks of a key before the engine computes, with production's rules and texts.
(function () {
const { core, primordials } = __bootstrap;
const {
  BigInt,
  FunctionPrototypeCall,
  JSONParse,
  JSONStringify,
  MathCeil,
  Number,
  ObjectDefineProperties,
  ObjectDefineProperty,
  PromiseReject,
  PromiseResolve,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const {
  op_crypto_digest_now,
  op_crypto_ghash,
  op_crypto_hkdf_md5,
  op_crypto_hmac_md5,
  op_crypto_pbkdf2_md5,
  op_is_promise,
} = core.ops;
const curves = core.loadExtScript("ext:lopata/crypto/curves.js");
const deno = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const importing = core.loadExtScript("ext:lopata/crypto/import.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const keys = core.loadExtScript("ext:lopata/crypto/keys.js");
const params = core.loadExtScript("ext:lopata/crypto/params.js");
const { recordOf, USAGE, usageNames } = keys;
const { digest, fail, requiredDigest } = params;

const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

const native = {
  decrypt: deno.SubtleCrypto.prototype.decrypt,
  deriveBits: deno.SubtleCrypto.prototype.deriveBits,
  encrypt: deno.SubtleCrypto.prototype.encrypt,
  exportKey: deno.SubtleCrypto.prototype.exportKey,
  sign: deno.SubtleCrypto.prototype.sign,
  unwrapKey: deno.SubtleCrypto.prototype.unwrapKey,
  verify: deno.SubtleCrypto.prototype.verify,
  wrapKey: deno.SubtleCrypto.prototype.wrapKey,
};

/** Calls a method of the engine's SubtleCrypto. */
function engine(method, ...args) {
  return FunctionPrototypeCall(native[method], deno.crypto.subtle, ...new primordials.SafeArrayIterator(args));
}

/** @param {Uint8Array} bytes in a buffer of their own */
function bufferOf(bytes) {
  return TypedArrayPrototypeGetBuffer(bytes);
}

/** @param {import("./keys.js").Record} record @param {string} requested @param {string} usage */
function checkOperation(record, requested, usage) {
  if (StringPrototypeToLowerCase(requested) !== StringPrototypeToLowerCase(record.name)) {
    fail(
      "InvalidAccessError",
      `Requested algorithm "${requested}" does not match this CryptoKey's algorithm "${record.name}".`,
    );
  }
  if ((record.usages & USAGE[usage]) === 0) {
    fail("InvalidAccessError", `Requested key usage "${usage}" does not match any usage listed in this CryptoKey.`);
  }
}

function notImplemented(what, name) {
  fail("NotSupportedError", `The ${what} operation is not implemented for "${name}".`);
}

// --- Encryption ---

/** The source's length counts, and what came out before the failure. */
function decryptionFailed(name, input, output) {
  fail(
    "OperationError",
    "Decryption failed. This could be due to a ciphertext authentication failure, bad padding, incorrect CryptoKey, or " +
      `another algorithm-specific reason. Input length was ${input}, output length expected to be ${output} for ${name}`,
  );
}

const TAG_LENGTHS = [32, 64, 96, 104, 112, 120, 128];

function gcmParams(algorithm) {
  const { iv, tagLength = 128, additionalData } = algorithm;
  if (iv === undefined) throw new TypeError('Missing field "iv" in "algorithm".');
  if (iv.length === 0) fail("OperationError", "AES-GCM IV must not be empty.");
  if (!TAG_LENGTHS.includes(tagLength)) fail("OperationError", `Invalid AES-GCM tag length ${tagLength}.`);
  return { iv, tagLength, additionalData: additionalData ?? new Uint8Array(0) };
}

/** AES-GCM of counter mode and GHASH, for nonces that the engine does not take. */
class LongGcm {
  constructor(bytes) {
    this.key = deno.importCryptoKeySync("raw", bytes, { name: "AES-CTR" }, true, ["encrypt", "decrypt"]);
  }

  async stream(counter, data) {
    const algorithm = { name: "AES-CTR", counter, length: 32 };
    return new Uint8Array(await engine("encrypt", algorithm, this.key, data));
  }

  async start(iv) {
    const zeros = new Uint8Array(16);
    this.h = await this.stream(zeros, zeros);
    if (iv.length === 12) {
      this.first = new Uint8Array(16);
      TypedArrayPrototypeSet(this.first, iv);
      this.first[15] = 1;
    } else {
      this.first = op_crypto_ghash(this.h, new Uint8Array(0), iv);
    }
    this.mask = await this.stream(this.first, zeros);
  }

  /** The counter behind the first. */
  second() {
    const counter = TypedArrayPrototypeSlice(this.first);
    for (let at = 15; at >= 12; at--) {
      counter[at]++;
      if (counter[at] !== 0) break;
    }
    return counter;
  }

  tag(additional, cipher) {
    const tag = op_crypto_ghash(this.h, additional, cipher);
    for (let i = 0; i < 16; i++) tag[i] ^= this.mask[i];
    return tag;
  }
}

function isPlainGcm({ iv, tagLength }) {
  return (iv.length === 12 || iv.length === 16) && tagLength === 128;
}

async function encryptGcm(record, algorithm, data) {
  const { iv, tagLength, additionalData } = gcmParams(algorithm);
  if (isPlainGcm({ iv, tagLength })) {
    return await engine("encrypt", { name: "AES-GCM", iv, tagLength, additionalData }, record.native, data);
  }
  const gcm = new LongGcm(record.bytes);
  await gcm.start(iv);
  const cipher = await gcm.stream(gcm.second(), data);
  const tag = gcm.tag(additionalData, cipher);
  const out = new Uint8Array(cipher.length + tagLength / 8);
  TypedArrayPrototypeSet(out, cipher);
  TypedArrayPrototypeSet(out, TypedArrayPrototypeSubarray(tag, 0, tagLength / 8), cipher.length);
  return bufferOf(out);
}

async function decryptGcm(record, algorithm, data) {
  const { iv, tagLength, additionalData } = gcmParams(algorithm);
  const size = data.length - tagLength / 8;
  if (size < 0) {
    fail(
      "OperationError",
      `Ciphertext length of ${data.length * 8} bits must be greater than or equal to the size of the AES-GCM tag ` +
        `length of ${tagLength} bits.`,
    );
  }
  if (isPlainGcm({ iv, tagLength })) {
    try {
      return await engine("decrypt", { name: "AES-GCM", iv, tagLength, additionalData }, record.native, data);
    } catch {
      decryptionFailed("AES-GCM", size, size);
    }
  }
  const gcm = new LongGcm(record.bytes);
  await gcm.start(iv);
  const cipher = TypedArrayPrototypeSlice(data, 0, size);
  const tag = gcm.tag(additionalData, cipher);
  let different = 0;
  for (let i = 0; i < tagLength / 8; i++) different |= tag[i] ^ data[size + i];
  if (different !== 0) decryptionFailed("AES-GCM", size, size);
  return bufferOf(await gcm.stream(gcm.second(), cipher));
}

function cbcIv(algorithm, unit) {
  const { iv } = algorithm;
  if (iv === undefined) throw new TypeError('Missing field "iv" in "algorithm".');
  if (iv.length !== 16) fail("OperationError", `AES-CBC IV must be 16 bytes long (provided ${iv.length}${unit}).`);
  return iv;
}

async function decryptCbc(record, algorithm, data) {
  const iv = cbcIv(algorithm, "");
  try {
    return await engine("decrypt", { name: "AES-CBC", iv }, record.native, data);
  } catch {
    // All but the last block had been decrypted by then.
    const whole = data.length - data.length % 16;
    const before = data.length === 0 ? 0 : data.length % 16 === 0 ? whole - 16 : whole;
    decryptionFailed("AES-CBC", data.length, before);
  }
}

async function cryptCtr(record, algorithm, data) {
  const { counter, length } = algorithm;
  if (counter === undefined) throw new TypeError('Missing "counter" member in "algorithm".');
  if (counter.length !== 16) {
    fail("OperationError", `Counter must have length of 16 bytes (provided ${counter.length}).`);
  }
  if (length === undefined) throw new TypeError('Missing "length" member in "algorithm".');
  if (length <= 0 || length > 128) fail("OperationError", `Invalid counter of ${length} bits length provided.`);
  if (length < 53 && MathCeil(data.length / 16) > 2 ** length) {
    fail("OperationError", "Counter block values will repeat.");
  }
  // The engine counts in all bits of the block; where the counter's own bits overflow, they start anew.
  const crypt = (from, part) => engine("encrypt", { name: "AES-CTR", counter: from, length: 128 }, record.native, part);
  const left = blocksLeft(counter, length) * 16;
  if (left >= data.length) return await crypt(counter, data);
  const first = await crypt(counter, TypedArrayPrototypeSlice(data, 0, left));
  const second = await crypt(withoutCount(counter, length), TypedArrayPrototypeSlice(data, left));
  const out = new Uint8Array(data.length);
  TypedArrayPrototypeSet(out, new Uint8Array(first));
  TypedArrayPrototypeSet(out, new Uint8Array(second), left);
  return bufferOf(out);
}

/** How many blocks there are until the lowest `bits` of the counter overflow; Infinity for more than memory holds. */
function blocksLeft(counter, bits) {
  const space = 1n << BigInt(bits);
  const left = space - curves.toNumber(counter) % space;
  return left > 0xffffffffn ? Infinity : Number(left);
}

/** The counter with its lowest `bits` zeroed. */
function withoutCount(counter, bits) {
  const number = curves.toNumber(counter);
  return curves.toBytes(number - number % (1n << BigInt(bits)), 16);
}

async function cryptOaep(record, algorithm, data, method) {
  const encrypting = method === "encrypt";
  if (record.type !== (encrypting ? "public" : "private")) {
    fail(
      "InvalidAccessError",
      encrypting
        ? `Encryption/key wrapping only works with public keys, not "${record.type}".`
        : `Decryption/key unwrapping only works with private keys, not "${record.type}".`,
    );
  }
  const asked = { name: "RSA-OAEP" };
  if (algorithm.label !== undefined) asked.label = algorithm.label;
  try {
    return await engine(method, asked, record.native, data);
  } catch {
    fail("OperationError", "RSA-OAEP failed encrypt/decrypt.");
  }
}

/** @returns {Promise<ArrayBuffer>} */
async function encryptWith(record, algorithm, data) {
  switch (record.name) {
    case "AES-GCM":
      return await encryptGcm(record, algorithm, data);
    case "AES-CBC":
      return await engine("encrypt", { name: "AES-CBC", iv: cbcIv(algorithm, " bytes") }, record.native, data);
    case "AES-CTR":
      return await cryptCtr(record, algorithm, data);
    case "RSA-OAEP":
      return await cryptOaep(record, algorithm, data, "encrypt");
    default:
      return notImplemented("encrypt", record.name);
  }
}

/** @returns {Promise<ArrayBuffer>} */
async function decryptWith(record, algorithm, data) {
  switch (record.name) {
    case "AES-GCM":
      return await decryptGcm(record, algorithm, data);
    case "AES-CBC":
      return await decryptCbc(record, algorithm, data);
    case "AES-CTR":
      return await cryptCtr(record, algorithm, data);
    case "RSA-OAEP":
      return await cryptOaep(record, algorithm, data, "decrypt");
    default:
      return notImplemented("decrypt", record.name);
  }
}

// --- Signatures ---

const NO_ECDSA_HASH_TEXT =
  'Missing "hash" in AlgorithmIdentifier. (ECDSA requires that the hash algorithm be specified at call time rather than ' +
  "on the key. This differs from other WebCrypto algorithms for historical reasons.)";

/** What the engine is asked with, for a key that signs or verifies. */
function signatureParams(record, algorithm) {
  switch (record.name) {
    case "ECDSA": {
      if (algorithm.hash === undefined) throw new TypeError(NO_ECDSA_HASH_TEXT);
      const { name } = digest(algorithm.hash);
      if (name === "MD5") notImplemented("sign", "ECDSA with MD5");
      return { name: "ECDSA", hash: name };
    }
    case "RSA-PSS": {
      const { saltLength } = algorithm;
      if (saltLength === undefined) {
        const text = "Failed to provide salt for RSA-PSS key operation which requires a salt";
        if (record.type === "private") fail("DataError", text);
        throw new TypeError(text);
      }
      if (saltLength < 0) {
        fail("DataError", `SaltLength for RSA-PSS must be non-negative (provided ${saltLength}).`);
      }
      return { name: "RSA-PSS", saltLength };
    }
    case "NODE-ED25519":
      return { name: "Ed25519" };
    default:
      return { name: record.name };
  }
}

/** Keys of RSA must have room for digest and salt. */
function checkRsaRoom(record, algorithm) {
  if (record.hash === null) return;
  const { size } = digest(record.hash);
  const bytes = MathCeil(record.modulusLength / 8);
  if (record.name === "RSASSA-PKCS1-v1_5") {
    if (size + 32 > bytes) {
      fail("OperationError", `key too small for signing with given digest, need at least ${8 * (size + 32)}bits.`);
    }
  } else if (record.name === "RSA-PSS") {
    if (size + 2 > bytes) fail("OperationError", "key too small for signing with given digest");
    if (algorithm.saltLength > bytes - size - 2) {
      fail("OperationError", "key too small for signing with given digest and salt length");
    }
  }
  if (record.hash === "MD5") notImplemented("sign", `${record.name} with MD5`);
}

async function signWith(record, algorithm, data) {
  if (record.name === "HMAC") {
    if (record.hash === "MD5") return bufferOf(op_crypto_hmac_md5(record.bytes, data));
    return await engine("sign", "HMAC", record.native, data);
  }
  if (record.type !== "private") fail("InvalidAccessError", "Asymmetric signing requires a private key.");
  if (record.name === "RSA-RAW") return await signRaw(record, data);
  const asked = signatureParams(record, algorithm);
  checkRsaRoom(record, algorithm);
  const short = shortDigest(record, asked, data);
  if (short !== undefined) {
    const { d } = await engine("exportKey", "jwk", record.native);
    return bufferOf(curves.sign(record.algorithm.namedCurve, importing.decodeBase64Url(d), short, importing.random));
  }
  return await engine("sign", asked, record.native, data);
}

/** The digest of what is signed, when the engine thinks that it is too short for the curve. */
function shortDigest(record, asked, data) {
  if (record.name !== "ECDSA" || digest(asked.hash).size >= curves.digestMin(record.algorithm.namedCurve)) {
    return undefined;
  }
  return op_crypto_digest_now(StringPrototypeToLowerCase(asked.hash), data);
}

async function verifyWith(record, algorithm, signature, data) {
  if (record.name === "HMAC") {
    if (record.hash !== "MD5") return await engine("verify", "HMAC", record.native, signature, data);
    const expected = op_crypto_hmac_md5(record.bytes, data);
    let different = expected.length ^ signature.length;
    for (let i = 0; i < expected.length; i++) different |= expected[i] ^ signature[i];
    return different === 0;
  }
  if (record.type !== "public") fail("InvalidAccessError", "Asymmetric verification requires a public key.");
  if ((record.name === "Ed25519" || record.name === "NODE-ED25519") && signature.length !== 64) {
    fail("OperationError", `Invalid ${record.name} signature length ${signature.length}`);
  }
  const asked = signatureParams(record, algorithm);
  const short = shortDigest(record, asked, data);
  if (short !== undefined) {
    const { x, y } = await engine("exportKey", "jwk", record.native);
    const { decodeBase64Url } = importing;
    return curves.verify(record.algorithm.namedCurve, decodeBase64Url(x), decodeBase64Url(y), short, signature);
  }
  try {
    return await engine("verify", asked, record.native, signature, data);
  } catch {
    // A signature that cannot even be read is a wrong one.
    return false;
  }
}

/** The bare power of RSA, for blind signatures. */
async function signRaw(record, data) {
  const size = MathCeil(record.modulusLength / 8);
  if (data.length > size) {
    fail(
      "DataError",
      `Blind Signing requires presigned data (${data.length} bytes) to be smaller than the key (${size} bytes).`,
    );
  }
  if (data.length < size) fail("OperationError", "Invalid RSA signature.");
  const jwk = await engine("exportKey", "jwk", record.native);
  const n = curves.toNumber(importing.decodeBase64Url(jwk.n));
  let base = curves.toNumber(data);
  if (base >= n) {
    fail(
      "DataError",
      "Blind Signing requires presigned data value to be strictly smaller than RSA keymodulus, consider using a larger " +
        "key size.",
    );
  }
  let exponent = curves.toNumber(importing.decodeBase64Url(jwk.d));
  let power = 1n;
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % n;
    base = (base * base) % n;
  }
  return bufferOf(curves.toBytes(power, size));
}

// --- Derivation ---

/** @param {number | null} length bits */
function checkDerivedLength(name, length) {
  if (length === null) fail("OperationError", `${name} cannot derive a key with null length.`);
  if (length % 8 !== 0) {
    fail("OperationError", `${name} requires a derived key length that is a multiple of eight (requested ${length}).`);
  }
}

async function derivePbkdf2(record, algorithm, length) {
  const hash = requiredDigest(algorithm);
  const { salt, iterations } = algorithm;
  if (salt === undefined) throw new TypeError('Missing field "salt" in "algorithm".');
  if (iterations === undefined) throw new TypeError('Missing field "iterations" in "algorithm".');
  checkDerivedLength("PBKDF2", length);
  if (iterations <= 0) {
    fail("OperationError", `PBKDF2 requires a positive iteration count (requested ${iterations}).`);
  }
  if (length === 0) return bufferOf(new Uint8Array(0));
  if (hash.name === "MD5") return bufferOf(op_crypto_pbkdf2_md5(record.bytes, salt, iterations, length / 8));
  return await engine("deriveBits", { name: "PBKDF2", hash: hash.name, salt, iterations }, record.native, length);
}

async function deriveHkdf(record, algorithm, length) {
  const hash = requiredDigest(algorithm);
  const { salt, info } = algorithm;
  if (salt === undefined) throw new TypeError('Missing field "salt" in "algorithm".');
  if (info === undefined) throw new TypeError('Missing field "info" in "algorithm".');
  checkDerivedLength("HKDF", length);
  if (length === 0) return bufferOf(new Uint8Array(0));
  if (length / 8 > 255 * hash.size) fail("OperationError", "HKDF deriveBits failed.");
  if (hash.name === "MD5") return bufferOf(op_crypto_hkdf_md5(record.bytes, salt, info, length / 8));
  return await engine("deriveBits", { name: "HKDF", hash: hash.name, salt, info }, record.native, length);
}

async function deriveShared(record, algorithm, length) {
  const { name } = record;
  if (record.type !== "private") {
    fail("InvalidAccessError", `The deriveBits operation is only valid for a private key, not "${record.type}".`);
  }
  const peer = algorithm.public;
  if (peer === undefined) throw new TypeError('Missing field "public" in "derivedKeyParams".');
  if (peer.type !== "public") {
    fail("InvalidAccessError", `The provided key has type "${peer.type}", not "public"`);
  }
  const curve = record.algorithm.namedCurve;
  const isCurve = (key) => key.algorithm.namedCurve !== undefined;
  if (isCurve(record) !== isCurve(peer) || peer.name === "RSA-PSS" || StringPrototypeStartsWith(peer.name, "RSA")) {
    fail(
      "InvalidAccessError",
      `Base ${name} private key cannot be used to derive a key from a peer ${peer.name} public key`,
    );
  }
  if (peer.name !== name) {
    fail(
      "InvalidAccessError",
      `Private key for derivation is using "${name}" while public key is using "${peer.name}".`,
    );
  }
  if (peer.algorithm.namedCurve !== curve) {
    fail(
      "InvalidAccessError",
      `Private key for derivation is using curve "${curve}" while public key is using "${peer.algorithm.namedCurve}".`,
    );
  }
  let secret;
  try {
    secret = new Uint8Array(await engine("deriveBits", { name, public: peer.native }, record.native, null));
  } catch {
    fail(
      "OperationError",
      name === "X25519"
        ? "Failed to derive EDDH key: public key routines INVALID_PEER_KEY."
        : "Failed to generate shared ECDH secret.",
    );
  }
  const most = secret.length * 8;
  const bits = length ?? most;
  if (bits > most) {
    fail("OperationError", `Derived key length (${bits} bits) is too long (should be at most ${most} bits).`);
  }
  const size = MathCeil(bits / 8);
  const out = TypedArrayPrototypeSlice(secret, 0, size);
  const unused = size * 8 - bits;
  if (unused > 0) out[size - 1] &= 0xff << unused;
  return bufferOf(out);
}

/** @param {number | null} length bits @returns {Promise<ArrayBuffer>} */
async function deriveWith(record, algorithm, length) {
  switch (record.name) {
    case "PBKDF2":
      return await derivePbkdf2(record, algorithm, length);
    case "HKDF":
      return await deriveHkdf(record, algorithm, length);
    case "ECDH":
    case "X25519":
      return await deriveShared(record, algorithm, length);
    default:
      return notImplemented("deriveBits", record.name);
  }
}

/** How many bits a derived key takes; null for as many as there are. */
function keyLength(algorithm) {
  const found = importing.lookUp(algorithm.name);
  const name = found?.name;
  if (name === undefined || found.usages === undefined || !["HMAC", "HKDF", "PBKDF2"].includes(name) && !StringPrototypeStartsWith(name, "AES-")) {
    fail("NotSupportedError", `Unrecognized derived key type "${algorithm.name}" requested.`);
  }
  const { length } = algorithm;
  if (StringPrototypeStartsWith(name, "AES-")) {
    if (length === undefined) throw new TypeError('Missing field "length" in "derivedKeyParams".');
    if (length !== 128 && length !== 192 && length !== 256) {
      fail("OperationError", `Derived AES key must be 128, 192, or 256 bits in length but provided ${length}.`);
    }
    return length;
  }
  if (name !== "HMAC") return null;
  if (length !== undefined) {
    if (length > 0) return length;
    throw new TypeError("HMAC key length must be a non-zero unsigned long integer.");
  }
  return requiredDigest(algorithm, "derivedKeyParams").block * 8;
}

// --- Import and export ---

const BYTE_FORMATS = ["raw", "pkcs8", "spki", "raw-public", "raw-private", "raw-seed", "raw-secret"];

/** Formats of the newer algorithms, which are behind an experimental flag. @param {string} format */
function checkFormat(format) {
  if (StringPrototypeStartsWith(format, "raw-")) {
    fail("NotSupportedError", `Key format "${format}" requires the webcrypto_modern_algorithms flag.`);
  }
}

/** @returns {CryptoKey} */
function importNow(format, data, algorithm, extractable, asked) {
  if (BYTE_FORMATS.includes(format)) {
    if (data.bytes === undefined) {
      throw new TypeError("Import data provided for buffer-based import formats must be a buffer source.");
    }
  } else if (format === "jwk") {
    if (data.jwk === undefined) {
      throw new TypeError('Import data provided for "jwk" import format must be a JsonWebKey.');
    }
    if (data.jwk.ext === false && extractable) {
      fail("DataError", `JWK ext field for "${algorithm.name}" is set to false but extractable is true`);
    }
  } else {
    fail("NotSupportedError", `Unrecognized key import format "${format}".`);
  }
  const found = importing.lookUp(algorithm.name);
  if (found === undefined) {
    fail("NotSupportedError", `Unrecognized key import algorithm "${algorithm.name}" requested.`);
  }
  const key = found.importKey(found, format, data, algorithm, extractable, asked);
  const record = recordOf(key);
  if (record.usages === 0 && record.type !== "public") {
    fail("SyntaxError", "Secret/private CryptoKeys must have at least one usage.");
  }
  return key;
}

const JWK_ORDER = ["kty", "use", "key_ops", "alg", "ext", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k"];

/** The algorithm's name in a JSON Web Key; undefined when it has none. */
function jwkAlgorithm(record) {
  const { name, hash } = record;
  switch (name) {
    case "AES-CTR":
    case "AES-CBC":
    case "AES-GCM":
    case "AES-KW":
      return `A${record.bytes.length * 8}${StringPrototypeSlice(name, 4)}`;
    case "Ed25519":
      return "EdDSA";
    case "HMAC":
      if (hash === "MD5") {
        fail("NotSupportedError", `Unimplemented JWK key export format for key algorithm "${hash}".`);
      }
      return `HS${StringPrototypeSlice(hash, 4)}`;
    case "RSASSA-PKCS1-v1_5":
    case "RSA-PSS":
    case "RSA-OAEP": {
      if (hash === "MD5") fail("NotSupportedError", `JWK export not supported for hash algorithm "${hash}".`);
      const bits = StringPrototypeSlice(hash, 4);
      if (name === "RSA-OAEP") return hash === "SHA-1" ? "RSA-OAEP" : `RSA-OAEP-${bits}`;
      return `${name === "RSA-PSS" ? "PS" : "RS"}${bits}`;
    }
    default:
      return undefined;
  }
}

async function exportJwk(record) {
  const alg = jwkAlgorithm(record);
  const material = record.type === "secret"
    ? { kty: "oct", k: importing.encodeBase64Url(record.bytes) }
    : await engine("exportKey", "jwk", record.native);
  const all = { __proto__: null, ...material, key_ops: usageNames(record.usages), alg, ext: true };
  const jwk = {};
  for (let i = 0; i < JWK_ORDER.length; i++) {
    const value = all[JWK_ORDER[i]];
    if (value !== undefined) jwk[JWK_ORDER[i]] = value;
  }
  return jwk;
}

/** @returns {Promise<ArrayBuffer | object>} */
async function exportNow(record, format) {
  const { name, type } = record;
  if (!record.extractable) fail("InvalidAccessError", `Attempt to export non-extractable ${name} key.`);
  checkFormat(format);
  if (type === "secret") {
    const raw = format === "raw" || format === "raw-secret";
    if (!raw && format !== "jwk") {
      fail(
        "NotSupportedError",
        name === "HMAC"
          ? `Unimplemented key export format "${format}".`
          : `${name} key only supports exporting "raw", "raw-secret" & "jwk", not "${format}".`,
      );
    }
    return raw ? bufferOf(TypedArrayPrototypeSlice(record.bytes)) : await exportJwk(record);
  }
  switch (format) {
    case "pkcs8":
      if (type !== "private") {
        fail("InvalidAccessError", `Asymmetric pkcs8 export requires private key (not "${type}").`);
      }
      return await engine("exportKey", "pkcs8", record.native);
    case "spki":
      if (type !== "public") {
        fail("InvalidAccessError", `Asymmetric spki export requires public key (not "${type}").`);
      }
      return await engine("exportKey", "spki", record.native);
    case "jwk":
      return await exportJwk(record);
    case "raw":
    case "raw-public":
      if (StringPrototypeStartsWith(name, "RSA")) {
        fail("InvalidAccessError", `Cannot export "${name}" in "${format}" format.`);
      }
      if (type !== "public") {
        fail(
          "InvalidAccessError",
          name === "ECDSA" || name === "ECDH"
            ? "Raw export of elliptic curve keys is only allowed for public keys."
            : `Raw export of ${name} keys is only allowed for public keys.`,
        );
      }
      return await engine("exportKey", "raw", record.native);
    default:
      return fail("InvalidAccessError", `Cannot export "${name}" in "${format}" format.`);
  }
}

/** Bytes as the engine's key, for wrapping: any number of them is a key of HMAC. */
function anyKey(bytes) {
  return deno.importCryptoKeySync("raw", bytes, { name: "HMAC", hash: "SHA-1" }, true, ["sign", "verify"]);
}

async function wrapBytes(record, algorithm, bytes) {
  if (record.name !== "AES-KW") return await encryptWith(record, algorithm, bytes);
  if (bytes.length % 8 !== 0) {
    fail(
      "OperationError",
      "Unwrapped key bit length must be a multiple of 64 bits but unwrapped key has a length of " +
        `${bytes.length * 8} bits.`,
    );
  }
  if (bytes.length < 16) {
    fail(
      "OperationError",
      `Unwrapped key has length ${bytes.length} bytes but it should be greater than or equal to 16 and less than or ` +
        "equal to 18446744073709551607",
    );
  }
  return await engine("wrapKey", "raw", anyKey(bytes), record.native, "AES-KW");
}

async function unwrapBytes(record, algorithm, bytes) {
  if (record.name !== "AES-KW") return new Uint8Array(await decryptWith(record, algorithm, bytes));
  if (bytes.length % 8 !== 0) {
    fail(
      "OperationError",
      `Provided a wrapped key to unwrap that is ${bytes.length * 8} bits which isn't a multiple of 64 bits.`,
    );
  }
  if (bytes.length < 24) {
    fail(
      "OperationError",
      `Provided a wrapped key to unwrap this is ${bytes.length * 8} bits that is less than the minimal length of 192 bits.`,
    );
  }
  let key;
  try {
    key = await engine(
      "unwrapKey",
      "raw",
      bytes,
      record.native,
      "AES-KW",
      { name: "HMAC", hash: "SHA-1" },
      true,
      ["sign", "verify"],
    );
  } catch {
    fail("OperationError", "AES-KW key unwrapping failed.");
  }
  return new Uint8Array(await engine("exportKey", "raw", key));
}

// --- The class ---

/** Given to the constructor by this script only. */
const construct = {};
let instance;

class SubtleCrypto {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }
}

/** @param {string} name @param {unknown} value */
function stringParam(args, index, method) {
  if (args.length <= index) throw params.notOfType(method, index + 1, "string");
  return `${args[index]}`;
}

/**
 * What each method does, in two steps: reading its arguments, which may throw, and the work, which is a promise.
 * @type {Record<string, (args: unknown[]) => () => unknown>}
 */
const METHODS = {
  __proto__: null,
  encrypt(args) {
    const algorithm = params.algorithmParam(args, 0, "encrypt", "EncryptAlgorithm");
    const record = params.key(args[1], "encrypt", 2);
    const data = params.bytes(args[2], "encrypt", 3);
    return () => {
      checkOperation(record, algorithm.name, "encrypt");
      return encryptWith(record, algorithm, data);
    };
  },
  decrypt(args) {
    const algorithm = params.algorithmParam(args, 0, "decrypt", "EncryptAlgorithm");
    const record = params.key(args[1], "decrypt", 2);
    const data = params.bytes(args[2], "decrypt", 3);
    return () => {
      checkOperation(record, algorithm.name, "decrypt");
      return decryptWith(record, algorithm, data);
    };
  },
  sign(args) {
    const algorithm = params.algorithmParam(args, 0, "sign", "SignAlgorithm");
    const record = params.key(args[1], "sign", 2);
    const data = params.bytes(args[2], "sign", 3);
    return () => {
      checkOperation(record, algorithm.name, "sign");
      return signWith(record, algorithm, data);
    };
  },
  verify(args) {
    const algorithm = params.algorithmParam(args, 0, "verify", "SignAlgorithm");
    const record = params.key(args[1], "verify", 2);
    const signature = params.bytes(args[2], "verify", 3);
    const data = params.bytes(args[3], "verify", 4);
    return () => {
      checkOperation(record, algorithm.name, "verify");
      return verifyWith(record, algorithm, signature, data);
    };
  },
  digest(args) {
    const algorithm = params.algorithmParam(args, 0, "digest", "HashAlgorithm");
    const data = params.viewOf(args[1]);
    if (data === undefined) throw params.notOfType("digest", 2, "BufferSource");
    return () => {
      const { name } = digest(algorithm.name);
      return bufferOf(op_crypto_digest_now(StringPrototypeToLowerCase(name), ofThisThread(data)));
    };
  },
  generateKey(args) {
    const algorithm = params.algorithmParam(args, 0, "generateKey", "GenerateKeyAlgorithm");
    const extractable = !!args[1];
    const asked = params.usages(args[2], "generateKey", 3);
    return async () => {
      const found = importing.lookUp(algorithm.name);
      if (found?.generate === undefined) {
        fail("NotSupportedError", `Unrecognized key generation algorithm "${algorithm.name}" requested.`);
      }
      io.required();
      const made = await found.generate(found, algorithm, extractable, asked);
      const record = recordOf(made);
      if (record !== undefined) {
        if (record.usages === 0) fail("SyntaxError", "Secret/private CryptoKeys must have at least one usage.");
      } else if (recordOf(made.privateKey).usages === 0) {
        fail("SyntaxError", "Attempt to generate asymmetric keys with no valid private key usages.");
      }
      return made;
    };
  },
  deriveKey(args) {
    const algorithm = params.algorithmParam(args, 0, "deriveKey", "DeriveKeyAlgorithm");
    const record = params.key(args[1], "deriveKey", 2);
    const derived = params.algorithmParam(args, 2, "deriveKey", "ImportKeyAlgorithm");
    const extractable = !!args[3];
    const asked = params.usages(args[4], "deriveKey", 5);
    return async () => {
      checkOperation(record, algorithm.name, "deriveKey");
      const bits = await deriveWith(record, algorithm, keyLength(derived));
      return importNow("raw-secret", { bytes: new Uint8Array(bits) }, derived, extractable, asked);
    };
  },
  deriveBits(args) {
    const algorithm = params.algorithmParam(args, 0, "deriveBits", "DeriveKeyAlgorithm");
    const record = params.key(args[1], "deriveBits", 2);
    const given = args[2];
    const length = given === undefined || given === null ? null : given | 0;
    if (length !== null && length < 0) throw new TypeError("deriveBits length must be an unsigned long integer.");
    return () => {
      checkOperation(record, algorithm.name, "deriveBits");
      return deriveWith(record, algorithm, length);
    };
  },
  importKey(args) {
    const format = stringParam(args, 0, "importKey");
    const data = params.keyData(args[1], "importKey", 2);
    const algorithm = params.algorithmParam(args, 2, "importKey", "ImportKeyAlgorithm");
    const extractable = !!args[3];
    const asked = params.usages(args[4], "importKey", 5);
    return () => {
      checkFormat(format);
      return importNow(format, data, algorithm, extractable, asked);
    };
  },
  exportKey(args) {
    const format = stringParam(args, 0, "exportKey");
    const record = params.key(args[1], "exportKey", 2);
    return () => exportNow(record, format);
  },
  wrapKey(args) {
    const format = stringParam(args, 0, "wrapKey");
    const record = params.key(args[1], "wrapKey", 2);
    const wrapping = params.key(args[2], "wrapKey", 3);
    const algorithm = params.algorithmParam(args, 3, "wrapKey", "EncryptAlgorithm");
    return async () => {
      checkOperation(wrapping, algorithm.name, "wrapKey");
      const exported = await exportNow(record, format);
      const bytes = format === "jwk" ? core.encode(JSONStringify(exported)) : new Uint8Array(exported);
      return await wrapBytes(wrapping, algorithm, bytes);
    };
  },
  unwrapKey(args) {
    const format = stringParam(args, 0, "unwrapKey");
    const wrapped = params.bytes(args[1], "unwrapKey", 2);
    const record = params.key(args[2], "unwrapKey", 3);
    const algorithm = params.algorithmParam(args, 3, "unwrapKey", "EncryptAlgorithm");
    const unwrapped = params.algorithmParam(args, 4, "unwrapKey", "ImportKeyAlgorithm");
    const extractable = !!args[5];
    const asked = params.usages(args[6], "unwrapKey", 7);
    return async () => {
      checkOperation(record, algorithm.name, "unwrapKey");
      checkFormat(format);
      const bytes = await unwrapBytes(record, algorithm, wrapped);
      const data = format === "jwk" ? { jwk: unwrappedJwk(bytes) } : { bytes };
      return importNow(format, data, unwrapped, extractable, asked);
    };
  },
};

/** Bytes that no other thread can change meanwhile. */
function ofThisThread(view) {
  return core.isSharedArrayBuffer(TypedArrayPrototypeGetBuffer(view)) ? params.copyOf(view) : view;
}

/** @param {Uint8Array} bytes */
function unwrappedJwk(bytes) {
  const value = JSONParse(core.decode(bytes));
  if (typeof value !== "object" || value === null) {
    fail("DataError", 'Missing "kty" field or corrupt JSON unwrapping key?');
  }
  return params.jsonWebKey(value);
}

for (const name in METHODS) {
  const read = METHODS[name];
  ObjectDefineProperty(SubtleCrypto.prototype, name, {
    __proto__: null,
    value: {
      [name](...args) {
        if (this !== instance) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
        let work;
        try {
          work = read(args);
        } catch (error) {
          if (!compat.has("capture_async_api_throws")) throw error;
          return PromiseReject(error);
        }
        try {
          const result = work();
          const gate = op_is_promise(result) ? io.current()?.gate : undefined;
          return gate ? gate.passSoftly(result) : PromiseResolve(result);
        } catch (error) {
          return PromiseReject(error);
        }
      },
    }[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
  ObjectDefineProperty(SubtleCrypto.prototype[name], "length", { __proto__: null, value: 0, configurable: true });
}

ObjectDefineProperties(SubtleCrypto.prototype, {
  timingSafeEqual: {
    __proto__: null,
    value: {
      timingSafeEqual(a, b) {
        if (this !== instance) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
        const left = params.viewOf(a);
        if (left === undefined) throw params.notOfType("timingSafeEqual", 1, "BufferSource");
        const right = params.viewOf(b);
        if (right === undefined) throw params.notOfType("timingSafeEqual", 2, "BufferSource");
        const size = TypedArrayPrototypeGetByteLength(left);
        if (size !== TypedArrayPrototypeGetByteLength(right)) {
          throw new TypeError("Input buffers must have the same byte length.");
        }
        let difference = 0;
        for (let i = 0; i < size; i++) difference |= left[i] ^ right[i];
        return difference === 0;
      },
    }.timingSafeEqual,
    writable: true,
    enumerable: true,
    configurable: true,
  },
  [SymbolToStringTag]: { __proto__: null, value: "SubtleCrypto", configurable: true },
});

instance = new SubtleCrypto(construct);

return { ILLEGAL_INVOCATION_TEXT, subtle: instance, SubtleCrypto };
})();
