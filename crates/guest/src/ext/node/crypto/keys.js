// KeyObject and its kinds, and how they are made.
//
// A key object has a handle, which has the key itself (an object of the ops) and, where it was made of a CryptoKey,
// that one: production lays key objects over CryptoKeys, and so what it can do with the two kinds differs.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { validateFunction, validateInteger, validateObject, validateOneOf, validateString, validateUint32 } = core
  .loadExtScript("ext:deno_node/internal/validators.mjs");
const { CryptoKey, recordOf, usageNames } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { bufferOf, bytesOf, coded, isBytes, kHandle, notOfType } = core.loadExtScript(
  "ext:lopata_node/crypto/util.js",
);
const { customPromisifyArgs } = core.loadExtScript("ext:deno_node/internal/util.mjs");

const kInspect = Symbol.for("nodejs.util.inspect.custom");
const NOTHING = new Uint8Array(0);

/** The key behind a key object. */
class Handle {
  /** @param {object} native of the ops @param {CryptoKey | null} cryptoKey that it was made of */
  constructor(native, cryptoKey = null) {
    this.native = native;
    this.cryptoKey = cryptoKey;
  }
}

/** @param {CryptoKey} key @returns {Handle} */
function handleOfCryptoKey(key) {
  const { native, bytes, type, name } = recordOf(key);
  if (type === "secret") return new Handle(ops.op_nodecrypto_key_secret(bytes), key);
  const engine = core.loadExtScript("ext:deno_crypto/00_crypto.js");
  let data;
  try {
    ({ data } = engine.cryptoKeyExportNodeKeyMaterial(native));
  } catch (cause) {
    throw new Error(`A key of ${name} cannot be used with node:crypto`, { cause });
  }
  return type === "private"
    ? new Handle(ops.op_nodecrypto_key_private(data, false, "pkcs8", null), key)
    : new Handle(ops.op_nodecrypto_key_public(data, false, "spki", null), key);
}

/** Lets this script past the constructors. */
let making = null;

/** @param {Handle} handle */
function make(handle) {
  const Kind = KINDS[ops.op_nodecrypto_key_type(handle.native)];
  making = handle;
  try {
    return new Kind();
  } finally {
    making = null;
  }
}

class KeyObject {
  constructor() {
    if (making === null) throw new Error("Illegal constructor");
    this[kHandle] = making;
  }

  static from(key) {
    if (!(key instanceof CryptoKey)) throw new ERR_INVALID_ARG_TYPE("key", "CryptoKey", key);
    return make(handleOfCryptoKey(key));
  }

  export(options = {}) {
    validateObject(options, "options");
    const { format, type, cipher, encoding } = options;
    if (format !== undefined) validateString(format, "options.format");
    if (type !== undefined) validateString(type, "options.type");
    let { passphrase } = options;
    if (this.type === "private" && cipher !== undefined) {
      validateString(cipher, "options.cipher");
      if (typeof passphrase === "string") passphrase = Buffer.from(passphrase, encoding);
      if (!(passphrase instanceof Uint8Array)) {
        throw new ERR_INVALID_ARG_TYPE("options.passphrase", ["string", "Uint8Array"], passphrase);
      }
    }
    return exportKey(this[kHandle], { format, type, cipher, passphrase });
  }

  equals(otherKeyObject) {
    const handle = this[kHandle];
    const other = otherKeyObject[kHandle];
    if (this === otherKeyObject || handle === other) return true;
    if (this.type !== otherKeyObject.type) return false;
    if (!(other instanceof Handle)) throw new ERR_INVALID_ARG_TYPE("otherKeyObject", "KeyObject", otherKeyObject);
    if (this.type !== "secret" && (handle.cryptoKey === null) !== (other.cryptoKey === null)) return false;
    return ops.op_nodecrypto_key_equals(handle.native, other.native);
  }

  get [Symbol.toStringTag]() {
    return "KeyObject";
  }
}

core.loadExtScript("ext:lopata_node/crypto/kinds.js").setKeyObject(KeyObject);

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyDetails() {
    const { modulusLength, publicExponent, divisorLength, namedCurve } = ops.op_nodecrypto_key_details(
      this[kHandle].native,
    );
    return {
      modulusLength: modulusLength ?? undefined,
      publicExponent: publicExponent == null ? undefined : BigInt(`0x${publicExponent}`),
      divisorLength: divisorLength ?? undefined,
      namedCurve: namedCurve ?? undefined,
    };
  }

  get asymmetricKeyType() {
    const { native, cryptoKey } = this[kHandle];
    return cryptoKey?.algorithm.name === "ECDH" ? "ecdh" : ops.op_nodecrypto_key_kind(native);
  }

  toCryptoKey() {
    throw notImplemented("toCryptoKey");
  }

  [kInspect](depth, options) {
    if (depth < 0) return this;
    const { inspect } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
    const shown = { type: this.asymmetricKeyType, details: this.asymmetricKeyDetails };
    return `${this.constructor.name} ${inspect(shown, inner(options))}`;
  }
}

/** Options for what is inside of an inspected object. */
function inner(options) {
  return { ...options, depth: options.depth == null ? null : options.depth - 1 };
}

class PublicKeyObject extends AsymmetricKeyObject {
  export(options) {
    return super.export(options);
  }

  get type() {
    return "public";
  }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  export(options) {
    return super.export(options);
  }

  get type() {
    return "private";
  }
}

class SecretKeyObject extends KeyObject {
  get symmetricKeySize() {
    const { native, cryptoKey } = this[kHandle];
    // What production shows of a CryptoKey is its length in bits.
    return cryptoKey === null ? ops.op_nodecrypto_key_bytes(native).length : cryptoKey.algorithm.length | 0;
  }

  export(options) {
    return super.export(options);
  }

  get type() {
    return "secret";
  }

  [kInspect](depth, options) {
    if (depth < 0) return this;
    const { inspect } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
    return `${this.constructor.name} ${inspect({ size: this.symmetricKeySize }, inner(options))}`;
  }
}

const KINDS = { __proto__: null, secret: SecretKeyObject, public: PublicKeyObject, private: PrivateKeyObject };

/** The fields of a JWK in the order that production gives them, all of them. */
const JWK_FIELDS = [
  "kty", "use", "key_ops", "alg", "ext", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "oth", "k",
];

const JWK_NUMBERS = {
  __proto__: null,
  rsa: ["n", "e", "d", "p", "q", "dp", "dq", "qi"],
  ec: ["x", "y", "d"],
  ed25519: ["x", "d"],
  x25519: ["x", "d"],
};

/** What a JWK says of the CryptoKey that a key was made of. */
function jwkOfCryptoKey(key) {
  const { name, hash, usages } = recordOf(key);
  const bits = hash === null ? "" : hash.slice("SHA-".length);
  const jwk = { key_ops: usageNames(usages), ext: true };
  if (name === "HMAC") jwk.alg = `HS${bits}`;
  if (name.startsWith("AES-")) jwk.alg = `A${key.algorithm.length}${name.slice("AES-".length)}`;
  if (name === "RSASSA-PKCS1-v1_5") jwk.alg = `RS${bits}`;
  if (name === "RSA-PSS") jwk.alg = `PS${bits}`;
  if (name === "RSA-OAEP") jwk.alg = hash === "SHA-1" ? "RSA-OAEP" : `RSA-OAEP-${bits}`;
  return jwk;
}

function exportJwk({ native, cryptoKey }) {
  const found = { __proto__: null, ...(cryptoKey === null ? {} : jwkOfCryptoKey(cryptoKey)) };
  if (ops.op_nodecrypto_key_type(native) === "secret") {
    found.kty = "oct";
    found.k = bufferOf(ops.op_nodecrypto_key_bytes(native)).toString("base64url");
    found.ext = true;
  } else {
    const kind = ops.op_nodecrypto_key_kind(native);
    const numbers = bufferOf(ops.op_nodecrypto_key_numbers(native));
    const names = JWK_NUMBERS[kind];
    for (let i = 0, at = 0; at < numbers.length; i++) {
      const end = at + 4 + numbers.readUInt32BE(at);
      found[names[i]] = numbers.toString("base64url", at + 4, end);
      at = end;
    }
    found.kty = kind === "rsa" ? "RSA" : kind === "ec" ? "EC" : "OKP";
    if (kind === "ec") found.crv = ops.op_nodecrypto_key_curve(native);
    if (kind === "ed25519") {
      found.crv = "Ed25519";
      found.alg = "EdDSA";
    }
    if (kind === "x25519") found.crv = "X25519";
  }
  const jwk = {};
  for (let i = 0; i < JWK_FIELDS.length; i++) jwk[JWK_FIELDS[i]] = found[JWK_FIELDS[i]];
  return jwk;
}

/** @param {Handle} handle */
function exportKey(handle, { format, type, cipher, passphrase }) {
  const { native, cryptoKey } = handle;
  if (cryptoKey !== null && !cryptoKey.extractable) throw new TypeError("Unable to export non-extractable key");
  if (passphrase !== undefined && !isBytes(passphrase)) {
    throw new TypeError(
      "Incorrect type for the 'passphrase' field on 'KeyExportOptions': the provided value is not of type " +
        "'ArrayBuffer or ArrayBufferView'.",
    );
  }
  if (format === "jwk") return exportJwk(handle);
  if (ops.op_nodecrypto_key_type(native) === "secret") {
    if (format !== undefined && format !== "buffer") {
      throw new TypeError(`Invalid format for secret key export: ${format}`);
    }
    return bufferOf(ops.op_nodecrypto_key_bytes(native));
  }
  if (type === undefined) throw new TypeError("Missing type option");
  const phrase = passphrase === undefined ? NOTHING : bytesOf(passphrase);
  const bytes = bufferOf(ops.op_nodecrypto_key_export(native, format ?? "", type, cipher ?? "", phrase));
  return format === "pem" ? bytes.toString("latin1") : bytes;
}

/** @param {unknown} key */
function isKeyObject(key) {
  return key instanceof KeyObject;
}

/** The key of a key object, for the ops. @param {KeyObject} key */
function nativeOf(key) {
  return key[kHandle].native;
}

/** Whether the key was made of a CryptoKey. @param {KeyObject} key */
function isOfCryptoKey(key) {
  return key[kHandle].cryptoKey !== null;
}

function createSecretKey(key, encoding) {
  if (key == null) throw new ERR_INVALID_ARG_TYPE("key", ["string", "ArrayBuffer", "TypedArray", "DataView"], key);
  const bytes = typeof key === "string" ? Buffer.from(key, encoding) : key;
  if (!isBytes(bytes)) throw notOfType("createSecretKey", "CryptoImpl", 1);
  return make(new Handle(ops.op_nodecrypto_key_secret(bytesOf(bytes))));
}

const KEY_TYPES = ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView", "Object"];

function wrongKey(name, key) {
  return new ERR_INVALID_ARG_TYPE(name, KEY_TYPES, key);
}

/** Takes the parameters of a JWK one by one. */
class JwkReader {
  #jwk;
  #family;

  constructor(jwk, family) {
    this.#jwk = jwk;
    this.#family = family;
  }

  /** @returns {Uint8Array} */
  number(name) {
    const text = this.#jwk[name];
    if (text === undefined) throw new Error(`${this.#family} JWK missing ${name} parameter`);
    if (typeof text !== "string" || !/^[A-Za-z0-9_-]+=*$/.test(text)) {
      throw new Error(`${this.#family} JWK invalid ${name} parameter`);
    }
    return Buffer.from(text, "base64url");
  }
}

function rsaOfJwk(jwk, isPrivate) {
  const reader = new JwkReader(jwk, "RSA");
  const names = isPrivate ? JWK_NUMBERS.rsa : ["n", "e"];
  const numbers = names.map((name) => reader.number(name));
  while (numbers.length < JWK_NUMBERS.rsa.length) numbers.push(NOTHING);
  return ops.op_nodecrypto_key_rsa(...numbers);
}

function ecOfJwk(jwk, isPrivate) {
  const reader = new JwkReader(jwk, "EC");
  const { crv } = jwk;
  if (jwk.x === undefined) throw new Error("EC JWK missing x parameter");
  if (jwk.y === undefined) throw new Error("EC JWK missing y parameter");
  if (crv === undefined) throw new Error("EC JWK missing crv parameter");
  if (crv === "secp256k1") throw new Error("EC JWK unsupported curve");
  const d = isPrivate ? reader.number("d") : NOTHING;
  return ops.op_nodecrypto_key_ec(String(crv), reader.number("x"), reader.number("y"), d);
}

function okpOfJwk(jwk, isPrivate) {
  const { crv } = jwk;
  if (crv === undefined) throw new Error("OKP JWK missing crv parameter");
  if (crv !== "Ed25519" && crv !== "X25519") throw new Error("OKP JWK unsupported crv parameter");
  const bytes = new JwkReader(jwk, "OKP").number(isPrivate ? "d" : "x");
  return ops.op_nodecrypto_key_raw(crv, bytes, isPrivate) ?? undefined;
}

function keyOfJwk(jwk, isPrivate) {
  const read = { __proto__: null, RSA: rsaOfJwk, EC: ecOfJwk, OKP: okpOfJwk }[jwk.kty];
  const native = read?.(jwk, isPrivate);
  if (native === undefined) {
    throw new Error(`JWK ${isPrivate ? "private" : "public"} key import is not implemented for this key type`);
  }
  return native;
}

/** A key out of what `createPrivateKey` and `createPublicKey` take. @returns {object} of the ops */
function readKey(key, isPrivate) {
  if (key == null) throw wrongKey("key", key);
  let data = key;
  let options = {};
  if (typeof key !== "string" && !isBytes(key)) {
    options = key;
    data = key.key;
    if (data == null) throw wrongKey("options.key", data);
  }
  const { format = "pem", type, passphrase, encoding } = options;
  if (typeof data === "string") {
    data = Buffer.from(data, encoding);
  } else if (!isBytes(data)) {
    if (typeof data !== "object") throw wrongKey("key", key);
    if (isKeyObject(data)) throw wrongKey("options.key", data);
    return keyOfJwk(data, isPrivate);
  }
  validateOneOf(format, "format", ["pem", "der"]);
  if (type !== undefined) validateOneOf(type, "type", isPrivate ? ["pkcs1", "pkcs8", "sec1"] : ["pkcs1", "spki"]);
  let phrase = null;
  if (passphrase != null) {
    phrase = typeof passphrase === "string" ? Buffer.from(passphrase, "utf8") : passphrase;
    if (!isBytes(phrase)) {
      throw new ERR_INVALID_ARG_TYPE(
        "passphrase",
        ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"],
        passphrase,
      );
    }
    phrase = bytesOf(phrase);
  }
  const read = isPrivate ? ops.op_nodecrypto_key_private : ops.op_nodecrypto_key_public;
  return read(bytesOf(data), format === "pem", type ?? "", phrase);
}

function createPrivateKey(key) {
  return make(new Handle(readKey(key, true)));
}

function createPublicKey(key) {
  if (isKeyObject(key) || key instanceof CryptoKey) {
    if (key.type !== "private") throw new ERR_INVALID_ARG_TYPE("key", "PrivateKeyObject", key);
    // Production cannot do it with what is a CryptoKey.
    if (!isKeyObject(key) || isOfCryptoKey(key)) throw new Error("Failed to derive public key from private key");
    return make(new Handle(ops.op_nodecrypto_key_public_of(nativeOf(key))));
  }
  return make(new Handle(readKey(key, false)));
}

// --- Generating ---

function generateKeySync(type, options) {
  validateOneOf(type, "type", ["hmac", "aes"]);
  validateObject(options, "options");
  const { length } = options;
  if (type === "aes") {
    validateOneOf(length, "options.length", [128, 192, 256]);
  } else {
    validateInteger(length, "options.length", 8, 65536);
  }
  // Like all that is random: not in global scope.
  const { crypto } = core.loadExtScript("ext:lopata/crypto/crypto.js");
  const bytes = crypto.getRandomValues(new Uint8Array(Math.floor(length / 8)));
  return make(new Handle(ops.op_nodecrypto_key_secret(bytes)));
}

function generateKey(type, options, callback) {
  let key;
  try {
    key = generateKeySync(type, options);
  } catch (error) {
    queueMicrotask(() => callback(error));
    return;
  }
  queueMicrotask(() => callback(null, key));
}

function generateRsa(options) {
  const { modulusLength, publicExponent = 0x10001 } = options;
  validateUint32(modulusLength, "options.modulusLength");
  if (typeof publicExponent === "bigint") throw new TypeError("Cannot mix BigInt and other types, use explicit conversions");
  validateUint32(publicExponent, "options.publicExponent");
  return ops.op_nodecrypto_generate_rsa(modulusLength, publicExponent);
}

function generateEc({ namedCurve, paramEncoding }) {
  validateString(namedCurve, "options.namedCurve");
  if (paramEncoding !== undefined) validateOneOf(paramEncoding, "options.paramEncoding", ["named", "explicit"]);
  return ops.op_nodecrypto_generate_ec(namedCurve);
}

function exclusive(one, other) {
  return coded(
    Error,
    "ERR_INCOMPATIBLE_OPTION_PAIR",
    `The options "${one}" and "${other}" are mutually exclusive.`,
  );
}

function generateDh(options) {
  const { prime, primeLength, generator } = options;
  const group = options.group ?? options.groupName;
  if (group !== undefined) {
    if (prime !== undefined) throw exclusive("group", "prime");
    if (primeLength !== undefined) throw exclusive("group", "primeLength");
    if (generator !== undefined) throw exclusive("group", "generator");
    validateString(group, "options.group");
    const groupPrime = ops.op_nodecrypto_dh_group(group);
    if (groupPrime.length === 0) throw new Error("Invalid or unsupported group");
    return ops.op_nodecrypto_generate_dh(groupPrime, 2);
  }
  if (generator !== undefined) validateUint32(generator, "options.generator");
  if (prime !== undefined) {
    if (primeLength !== undefined) throw exclusive("prime", "primeLength");
    if (!isBytes(prime)) {
      throw new ERR_INVALID_ARG_TYPE("options.prime", ["Buffer", "TypedArray", "ArrayBuffer"], prime);
    }
    return ops.op_nodecrypto_generate_dh(bytesOf(prime), generator ?? 2);
  }
  if (primeLength !== undefined) {
    validateUint32(primeLength, "options.primeLength");
    throw new Error("Generating DH keys from a prime length is not yet implemented");
  }
  throw coded(Error, "ERR_MISSING_OPTION", "At least one of the group, prime, or primeLength options");
}

const GENERATORS = {
  __proto__: null,
  rsa: generateRsa,
  ec: generateEc,
  ed25519: () => ops.op_nodecrypto_generate_raw("ed25519"),
  x25519: () => ops.op_nodecrypto_generate_raw("x25519"),
  dh: generateDh,
};

function generateKeyPairSync(type, options = {}) {
  validateOneOf(type, "type", ["rsa", "ec", "ed25519", "x25519", "dh"]);
  validateObject(options, "options");
  const { publicKeyEncoding, privateKeyEncoding } = options;
  if (publicKeyEncoding !== undefined) validateObject(publicKeyEncoding, "options.publicKeyEncoding");
  if (privateKeyEncoding !== undefined) validateObject(privateKeyEncoding, "options.privateKeyEncoding");
  const native = GENERATORS[type](options);
  const publicKey = make(new Handle(ops.op_nodecrypto_key_public_of(native)));
  const privateKey = make(new Handle(native));
  return {
    publicKey: publicKeyEncoding === undefined ? publicKey : publicKey.export(publicKeyEncoding),
    privateKey: privateKeyEncoding === undefined ? privateKey : privateKey.export(privateKeyEncoding),
  };
}
Object.defineProperty(generateKeyPairSync, "length", { value: 1, configurable: true });

function generateKeyPair(type, options, callback) {
  validateFunction(callback, "callback");
  let pair;
  try {
    pair = generateKeyPairSync(type, options);
  } catch (error) {
    queueMicrotask(() => callback(error));
    return;
  }
  queueMicrotask(() => callback(null, pair.publicKey, pair.privateKey));
}
Object.defineProperty(generateKeyPair, customPromisifyArgs, {
  value: ["publicKey", "privateKey"],
  enumerable: false,
});

return {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKey,
  generateKeyPair,
  generateKeyPairSync,
  generateKeySync,
  handleOfCryptoKey,
  isKeyObject,
  isOfCryptoKey,
  KeyObject,
  make,
  nativeOf,
  PrivateKeyObject,
  PublicKeyObject,
  SecretKeyObject,
  wrap: (native) => make(new Handle(native)),
};
})();
