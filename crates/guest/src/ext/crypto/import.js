// Keys from bytes and from nothing: importKey and generateKey, with production's rules, orders of checks and texts.
//
// Secret keys are bytes; the engine's key of each is made for the algorithm that will use it. Of asymmetric keys the
// engine parses and checks the material.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeIncludes,
  BigInt,
  FunctionPrototypeCall,
  MathCeil,
  ObjectGetOwnPropertyDescriptor,
  SafeRegExp,
  SafeSet,
  StringFromCharCode,
  StringPrototypeSlice,
  StringPrototypeReplaceAll,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
  RegExpPrototypeTest,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const deno = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const base64 = core.loadExtScript("ext:deno_web/05_base64.js");
const curves = core.loadExtScript("ext:lopata/crypto/curves.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { makeKey, PRIVATE, PUBLIC, USAGE } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { digest, fail, requiredDigest } = core.loadExtScript("ext:lopata/crypto/params.js");

const native = {
  generateKey: deno.SubtleCrypto.prototype.generateKey,
  getRandomValues: deno.Crypto.prototype.getRandomValues,
};
const nativeAlgorithm = ObjectGetOwnPropertyDescriptor(deno.CryptoKey.prototype, "algorithm").get;

const SIGN_VERIFY = USAGE.sign | USAGE.verify;
const DERIVE = USAGE.deriveKey | USAGE.deriveBits;
const WRAP = USAGE.wrapKey | USAGE.unwrapKey;
const CRYPT = USAGE.encrypt | USAGE.decrypt | WRAP;

/** Algorithms by their names in lower case: `usages` that any key may have, and what makes keys. */
const ALGORITHMS = {
  __proto__: null,
  "aes-ctr": { name: "AES-CTR", usages: CRYPT, importKey: importAes, generate: generateAes },
  "aes-cbc": { name: "AES-CBC", usages: CRYPT, importKey: importAes, generate: generateAes },
  "aes-gcm": { name: "AES-GCM", usages: CRYPT, importKey: importAes, generate: generateAes },
  "aes-kw": { name: "AES-KW", usages: WRAP, importKey: importAes, generate: generateAes },
  "hmac": { name: "HMAC", usages: SIGN_VERIFY, importKey: importHmac, generate: generateHmac },
  "pbkdf2": { name: "PBKDF2", usages: DERIVE, importKey: importDerivation, generate: undefined },
  "hkdf": { name: "HKDF", usages: DERIVE, importKey: importDerivation, generate: undefined },
  "rsassa-pkcs1-v1_5": { name: "RSASSA-PKCS1-v1_5", usages: SIGN_VERIFY, importKey: importRsa, generate: generateRsa },
  "rsa-pss": { name: "RSA-PSS", usages: SIGN_VERIFY, importKey: importRsa, generate: generateRsa },
  "rsa-oaep": { name: "RSA-OAEP", usages: CRYPT, importKey: importRsa, generate: generateRsa },
  "rsa-raw": { name: "RSA-RAW", usages: SIGN_VERIFY, importKey: importRsaRaw, generate: undefined },
  "ecdsa": { name: "ECDSA", usages: SIGN_VERIFY, importKey: importEc, generate: generateEc },
  "ecdh": { name: "ECDH", usages: DERIVE, importKey: importEc, generate: generateEc },
  "ed25519": { name: "Ed25519", usages: SIGN_VERIFY, importKey: importEdwards, generate: generateEdwards },
  "node-ed25519": { name: "NODE-ED25519", usages: SIGN_VERIFY, importKey: importEdwards, generate: generateEdwards },
  "x25519": { name: "X25519", usages: DERIVE, importKey: importEdwards, generate: generateEdwards },
};

const CURVES = { __proto__: null, "p-256": "P-256", "p-384": "P-384", "p-521": "P-521" };

/** @param {string} name */
function lookUp(name) {
  return ALGORITHMS[StringPrototypeToLowerCase(name)];
}

/** @param {number} size bytes @returns {Uint8Array} */
function random(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    FunctionPrototypeCall(native.getRandomValues, deno.crypto, TypedArrayPrototypeSubarray(bytes, at, at + 65536));
  }
  return bytes;
}

/**
 * @param {string} name of the algorithm
 * @param {string} doing "generate", "import secret", "import public" or "import private"
 * @param {string[]} asked
 * @param {number} allowed
 * @returns {number}
 */
function usageMask(name, doing, asked, allowed) {
  let mask = 0;
  for (let i = 0; i < asked.length; i++) {
    const bit = USAGE[asked[i]];
    if (bit === undefined || (bit & allowed) === 0) {
      fail("SyntaxError", `Attempt to ${doing} ${name} key with invalid usage "${asked[i]}".`);
    }
    mask |= bit;
  }
  return mask;
}

/** Every usage that the engine allows for a key, so that what a key may do is decided here alone. */
function nativeUsages(name, type) {
  switch (name) {
    case "AES-KW":
      return ["wrapKey", "unwrapKey"];
    case "AES-CTR":
    case "AES-CBC":
    case "AES-GCM":
      return ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
    case "HMAC":
      return ["sign", "verify"];
    case "PBKDF2":
    case "HKDF":
      return ["deriveBits", "deriveKey"];
    case "RSA-OAEP":
      return type === "public" ? ["encrypt", "wrapKey"] : ["decrypt", "unwrapKey"];
    case "ECDH":
    case "X25519":
      return type === "public" ? [] : ["deriveBits", "deriveKey"];
    default:
      return type === "public" ? ["verify"] : ["sign"];
  }
}

/** The engine's key of a secret. */
function nativeSecret(name, bytes, hash) {
  // Bare key derivation keys may not be exported, which nobody does.
  const extractable = name !== "PBKDF2" && name !== "HKDF";
  const algorithm = hash === undefined ? { name } : { name, hash };
  return deno.importCryptoKeySync("raw", bytes, algorithm, extractable, nativeUsages(name, "secret"));
}

/** @param {string | undefined} text @returns {Uint8Array | undefined} undefined when it is no base64url */
function decodeBase64Url(text) {
  if (text === undefined || !RegExpPrototypeTest(BASE64URL, text)) return undefined;
  const plain = StringPrototypeReplaceAll(StringPrototypeReplaceAll(text, "-", "+"), "_", "/");
  let binary;
  try {
    binary = base64.atob(plain);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = primordials.StringPrototypeCharCodeAt(binary, i);
  return bytes;
}
const BASE64URL = new SafeRegExp("^[A-Za-z0-9_-]*={0,2}$");

/** @param {Uint8Array} bytes */
function encodeBase64Url(bytes) {
  let binary = "";
  for (let i = 0; i < bytes.length; i++) binary += StringFromCharCode(bytes[i]);
  const plain = StringPrototypeReplaceAll(StringPrototypeReplaceAll(base64.btoa(binary), "+", "-"), "/", "_");
  return StringPrototypeReplaceAll(plain, "=", "");
}

/** @param {string[]} list */
function firstDuplicate(list) {
  const seen = new SafeSet();
  for (let i = 0; i < list.length; i++) {
    if (seen.has(list[i])) return list[i];
    seen.add(list[i]);
  }
  return undefined;
}

function unrecognizedFormat(format) {
  fail("NotSupportedError", `Unrecognized key import format "${format}".`);
}

// --- AES ---

function aesKey(name, bytes, extractable, usages) {
  return makeKey({
    name,
    type: "secret",
    extractable,
    usages,
    native: nativeSecret(name, bytes),
    bytes,
    hash: null,
    algorithm: { name, length: TypedArrayPrototypeGetByteLength(bytes) * 8 },
  });
}

function isAesLength(bits) {
  return bits === 128 || bits === 192 || bits === 256;
}

function generateAes({ name, usages: allowed }, algorithm, extractable, asked) {
  const usages = usageMask(name, "generate", asked, allowed);
  const { length } = algorithm;
  if (length === undefined) throw new TypeError('Missing field "length" in "algorithm".');
  if (!isAesLength(length)) {
    fail("OperationError", `Generated AES key length must be 128, 192, or 256 bits but requested ${length}.`);
  }
  return aesKey(name, random(length / 8), extractable, usages);
}

function importAes({ name, usages: allowed }, format, data, algorithm, extractable, asked) {
  const usages = usageMask(name, "import secret", asked, allowed);
  const checkLength = (bytes) => {
    const bits = TypedArrayPrototypeGetByteLength(bytes) * 8;
    if (!isAesLength(bits)) {
      fail("DataError", `Imported AES key length must be 128, 192, or 256 bits but provided ${bits}.`);
    }
    return bits;
  };
  if (format === "raw" || format === "raw-secret") {
    checkLength(data.bytes);
    return aesKey(name, data.bytes, extractable, usages);
  }
  if (format !== "jwk") unrecognizedFormat(format);
  const { jwk } = data;
  if (jwk.kty !== "oct") {
    fail(
      "DataError",
      `Symmetric "jwk" key import requires a JSON Web Key with Key Type parameter "kty" equal to "oct" (encountered "${jwk.kty}").`,
    );
  }
  const bytes = decodeBase64Url(jwk.k);
  if (bytes === undefined) {
    fail("DataError", 'Symmetric "jwk" key import requires a base64Url encoding of the key.');
  }
  const bits = checkLength(bytes);
  const expected = `A${bits}${StringPrototypeSlice(name, 4)}`;
  if (jwk.alg !== undefined && jwk.alg !== expected) {
    fail("DataError", `Symmetric "jwk" key contains invalid "alg" value "${jwk.alg}", expected "${expected}".`);
  }
  if (asked.length !== 0 && jwk.use !== undefined && jwk.use !== "enc") {
    fail("DataError", `Symmetric "jwk" key must have a "use" of "enc", not "${jwk.use}".`);
  }
  if (jwk.key_ops !== undefined) {
    const twice = firstDuplicate(jwk.key_ops);
    if (twice !== undefined) {
      fail("DataError", `Symmetric "jwk" key contains duplicate value "${twice}", in "key_op".`);
    }
    for (let i = 0; i < asked.length; i++) {
      if (!ArrayPrototypeIncludes(jwk.key_ops, asked[i])) {
        fail("DataError", `"jwk" key missing usage "${asked[i]}", in "key_ops".`);
      }
    }
  }
  return aesKey(name, bytes, extractable, usages);
}

// --- HMAC ---

/** Zeroes the bits of the last byte that are no part of the key. */
function trim(bytes, bits) {
  const size = TypedArrayPrototypeGetByteLength(bytes);
  const used = bits - (size - 1) * 8;
  if (used > 0 && used < 8) bytes[size - 1] &= 0xff00 >> used;
  return bytes;
}

function hmacKey(bytes, hash, length, extractable, usages) {
  return makeKey({
    name: "HMAC",
    type: "secret",
    extractable,
    usages,
    native: hash === "MD5" ? null : nativeSecret("HMAC", bytes, hash),
    bytes,
    hash,
    algorithm: { name: "HMAC", hash: { name: hash }, length },
  });
}

function generateHmac(_, algorithm, extractable, asked) {
  const hash = requiredDigest(algorithm);
  const usages = usageMask("HMAC", "generate", asked, SIGN_VERIFY);
  const length = algorithm.length ?? hash.block * 8;
  if (length <= 0) {
    fail("OperationError", `HMAC key length must be a non-zero unsigned long integer (requested ${length}).`);
  }
  return hmacKey(trim(random(MathCeil(length / 8)), length), hash.name, length, extractable, usages);
}

function importHmac(_, format, data, algorithm, extractable, asked) {
  const usages = usageMask("HMAC", "import secret", asked, SIGN_VERIFY);
  if (algorithm.hash === undefined) throw new TypeError('Missing field "hash" in "algorithm".');
  let bytes;
  if (format === "raw" || format === "raw-secret") {
    bytes = data.bytes;
  } else if (format === "jwk") {
    bytes = hmacFromJwk(data.jwk, algorithm.hash);
  } else {
    unrecognizedFormat(format);
  }
  const bits = TypedArrayPrototypeGetByteLength(bytes) * 8;
  const length = algorithm.length ?? bits;
  if (length <= 0 || length > bits || length <= bits - 8) {
    fail(
      "DataError",
      `Imported HMAC key length (${length}) must be a non-zero value up to 7 bits less than, and no greater than, the ` +
        `bit length of the raw key data (${bits}).`,
    );
  }
  return hmacKey(trim(bytes, length), digest(algorithm.hash).name, length, extractable, usages);
}

function hmacFromJwk(jwk, hash) {
  if (jwk.kty !== "oct") {
    fail(
      "DataError",
      `HMAC "jwk" key import requires a JSON Web Key with Key Type parameter ("kty") equal to "oct" (encountered "${jwk.kty}").`,
    );
  }
  const bytes = decodeBase64Url(jwk.k);
  if (bytes === undefined) fail("DataError", 'HMAC "jwk" key import requires a base64Url encoding of the key');
  if (jwk.alg !== undefined) {
    if (!StringPrototypeStartsWith(hash, "SHA-")) {
      fail("NotSupportedError", `Unrecognized or unimplemented hash algorithm requested${jwk.alg}`);
    }
    const expected = `HS${StringPrototypeSlice(hash, 4)}`;
    if (jwk.alg !== expected) {
      fail(
        "DataError",
        `HMAC "jwk" key import specifies "alg" that is incompatible with the hash name (encountered "${jwk.alg}", expected "${expected}").`,
      );
    }
  }
  return bytes;
}

// --- Key derivation ---

function importDerivation({ name }, format, data, algorithm, extractable, asked) {
  const usages = usageMask(name, "import secret", asked, DERIVE);
  if (extractable) fail("SyntaxError", `${name} key cannot be extractable.`);
  if (format !== "raw" && format !== "raw-secret") {
    const stop = name === "HKDF" ? "" : ".";
    fail("NotSupportedError", `${name} key must be imported in "raw" format (requested "${format}")${stop}`);
  }
  const { bytes } = data;
  return makeKey({
    name,
    type: "secret",
    extractable,
    usages,
    native: nativeSecret(name, bytes),
    bytes,
    hash: null,
    algorithm: { name },
  });
}

// --- Asymmetric keys ---

/** What is inside of SPKI and PKCS8, by the object identifiers at their beginning. */
const OIDS = [
  ["RSA", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]],
  ["Ed25519", [0x06, 0x03, 0x2b, 0x65, 0x70]],
  ["X25519", [0x06, 0x03, 0x2b, 0x65, 0x6e]],
  ["P-256", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]],
  ["P-384", [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]],
  ["P-521", [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]],
];

/** @param {Uint8Array} der @returns {string | undefined} "RSA", a curve, or undefined */
function kindOf(der) {
  const most = TypedArrayPrototypeGetByteLength(der);
  for (let kind = 0; kind < OIDS.length; kind++) {
    const oid = OIDS[kind][1];
    for (let at = 0; at < 40 && at + oid.length <= most; at++) {
      let same = 0;
      while (same < oid.length && der[at + same] === oid[same]) same++;
      if (same === oid.length) return OIDS[kind][0];
    }
  }
  return undefined;
}

/** Bytes behind the outermost structure; negative when there are too few. */
function trailing(der) {
  const size = TypedArrayPrototypeGetByteLength(der);
  if (size < 2 || der[0] !== 0x30) return -1;
  let at = 2;
  let length = der[1];
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) return -1;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (der[at + i] ?? 0);
    at += count;
  }
  return size - at - length;
}

/** The checks that all asymmetric keys share. @returns {{ type: string, usages: number }} */
function checkAsymmetric(name, format, data, extractable, asked, allowed) {
  const strict = compat.has("strict_crypto_checks");
  if (format === "jwk") return checkAsymmetricJwk(name, data.jwk, extractable, asked, allowed, strict);
  const isPublic = format === "spki";
  if (!isPublic && format !== "pkcs8") unrecognizedFormat(format);
  const what = isPublic ? "SPKI" : "PKCS8";
  const rest = trailing(data.bytes);
  if (rest < 0) fail("DataError", `Invalid ${what} input.`);
  if (rest > 0) fail("DataError", `Invalid ${rest} trailing bytes after ${what} input.`);
  const mask = isPublic ? (name === "ECDH" ? 0 : PUBLIC) : PRIVATE;
  const doing = isPublic ? "import public" : "import private";
  return { type: isPublic ? "public" : "private", usages: usageMask(name, doing, asked, allowed & mask) };
}

function checkAsymmetricJwk(name, jwk, extractable, asked, allowed, strict) {
  let type, usages;
  if (jwk.d !== undefined) {
    type = "private";
    usages = usageMask(name, "import private", asked, allowed & PRIVATE);
    if (jwk.oth !== undefined) fail("NotSupportedError", "Multi-prime private keys not supported.");
  } else {
    type = "public";
    const mask = name === "ECDH" ? (strict ? 0 : DERIVE) : PUBLIC;
    usages = usageMask(name, "import public", asked, allowed & mask);
  }
  const { use: expected, ops } = name === "RSA-OAEP"
    ? { use: "enc", ops: ["encrypt", "wrapKey"] }
    : name === "ECDH" || name === "X25519"
    ? { use: "enc", ops: ["unused", "unused"] }
    : { use: "sig", ops: ["sign", "verify"] };
  if (asked.length > 0 && jwk.use !== undefined && jwk.use !== expected) {
    fail(
      "DataError",
      'Asymmetric "jwk" key import with usages requires a JSON Web Key with Public Key Use parameter "use" ' +
        `("${jwk.use}") equal to "sig".`,
    );
  }
  if (jwk.key_ops !== undefined) checkKeyOps(name, jwk, expected, ops, asked);
  if (jwk.ext === false && extractable) {
    fail("DataError", "Cannot create an extractable CryptoKey from an unextractable JSON Web Key.");
  }
  return { type, usages };
}

function checkKeyOps(name, jwk, expected, ops, asked) {
  if (firstDuplicate(jwk.key_ops) !== undefined) {
    fail("DataError", 'A JSON Web Key\'s Key Operations parameter ("key_ops") must not contain duplicates.');
  }
  if (jwk.use !== undefined) {
    if (jwk.use !== expected) {
      fail(
        "DataError",
        `Asymmetric "jwk" import requires a JSON Web Key with Public Key Use "use" ("${jwk.use}") equal to "${expected}".`,
      );
    }
    const either = 'A JSON Web Key should have either a Public Key Use parameter ("use") or a Key Operations parameter ' +
      '("key_ops"); otherwise, the parameters must be consistent with each other. ';
    for (let i = 0; i < jwk.key_ops.length; i++) {
      const op = jwk.key_ops[i];
      if (name === "ECDH" || name === "X25519") {
        fail(
          "DataError",
          `${either}For public ${name} keys, there are no valid usages,so keys with a non-empty "key_ops" parameter are not allowed.`,
        );
      }
      if (op !== ops[0] && op !== ops[1]) {
        fail(
          "DataError",
          `${either}A Public Key Use for ${name} would allow a Key Operations array with only "${ops[0]}" and/or ` +
            `"${ops[1]}" values (not "${op}").`,
        );
      }
    }
  }
  for (let i = 0; i < asked.length; i++) {
    if (!ArrayPrototypeIncludes(jwk.key_ops, asked[i])) {
      fail(
        "DataError",
        'All specified key usages must be present in the JSON Web Key\'s Key Operations parameter ("key_ops").',
      );
    }
  }
}

/** Without the fields that are checked here and not by the engine. */
function materialOf(jwk) {
  const { kty, crv, x, y, d, n, e, p, q, dp, dq, qi } = jwk;
  const material = { kty };
  const fields = { crv, x, y, d, n, e, p, q, dp, dq, qi };
  for (const name in fields) {
    if (fields[name] !== undefined) material[name] = StringPrototypeReplaceAll(fields[name], "=", "");
  }
  return material;
}

/** The engine's key; `otherwise` says what is thrown when the engine refuses the material. */
function nativeFrom(format, data, algorithm, type, otherwise) {
  const material = format === "jwk" ? materialOf(data.jwk) : data.bytes;
  try {
    return deno.importCryptoKeySync(format, material, algorithm, true, nativeUsages(algorithm.name, type));
  } catch {
    return otherwise();
  }
}

// --- RSA ---

const JWK_HASHES = {
  __proto__: null,
  "RSASSA-PKCS1-v1_5": { __proto__: null, RS1: "SHA-1", RS256: "SHA-256", RS384: "SHA-384", RS512: "SHA-512" },
  "RSA-PSS": { __proto__: null, PS1: "SHA-1", PS256: "SHA-256", PS384: "SHA-384", PS512: "SHA-512" },
  "RSA-OAEP": {
    __proto__: null,
    "RSA-OAEP": "SHA-1",
    "RSA-OAEP-256": "SHA-256",
    "RSA-OAEP-384": "SHA-384",
    "RSA-OAEP-512": "SHA-512",
  },
};
JWK_HASHES["RSA-RAW"] = JWK_HASHES["RSASSA-PKCS1-v1_5"];

function checkRsaJwk(name, jwk, hash) {
  if (jwk.kty !== "RSA") {
    const shown = name === "RSA-RAW" ? name : "RSASSA-PKCS1-v1_5";
    fail(
      "DataError",
      `${shown} "jwk" key import requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "RSA".`,
    );
  }
  if (jwk.alg !== undefined) {
    const named = JWK_HASHES[name][jwk.alg];
    if (named === undefined) {
      fail(
        "NotSupportedError",
        `Unrecognized or unimplemented algorithm "${jwk.alg}" listed in JSON Web Key Algorithm parameter.`,
      );
    }
    if (hash !== undefined && named !== hash) {
      fail(
        "DataError",
        `JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested hash algorithm "${jwk.alg}".`,
      );
    }
  }
  const need = (field, what) => {
    if (decodeBase64Url(jwk[field]) === undefined) {
      fail("DataError", `Invalid RSA key in JSON Web Key; missing or invalid ${what} parameter ("${field}").`);
    }
  };
  need("n", "Modulus");
  need("e", "Exponent");
  if (jwk.d === undefined) return;
  need("d", "Private Exponent");
  const present = ["p", "q", "dp", "dq", "qi"].filter((field) => jwk[field] !== undefined).length;
  if (present !== 0 && present !== 5) {
    fail(
      "DataError",
      "Invalid RSA private key in JSON Web Key; if one Prime Factor or CRT Exponent/Coefficient parameter is present, " +
        'then they must all be present ("p", "q", "dp", "dq", "qi").',
    );
  }
}

/** @param {Uint8Array} exponent @returns {number} Infinity when it is larger than 32 bits */
function exponentOf(exponent) {
  let value = 0n;
  for (let i = 0; i < exponent.length; i++) value = (value << 8n) | BigInt(exponent[i]);
  return value > 0xffffffffn ? Infinity : primordials.Number(value);
}

function checkRsaLimits(modulusLength, exponent, isImport) {
  const strict = compat.has("strict_crypto_checks");
  if ((strict || !isImport) && (modulusLength % 8 !== 0 || modulusLength < 256 || modulusLength > 16384)) {
    fail(
      "OperationError",
      `The modulus length must be a multiple of 8 and between 256 and 16k, but ${modulusLength} was requested.`,
    );
  }
  const value = exponentOf(exponent);
  if (value === Infinity) {
    fail("OperationError", 'The "publicExponent" must be either 3 or 65537, but got a number larger than 2^32.');
  }
  if (!isImport) {
    if (value !== 3 && value !== 65537) {
      fail("OperationError", `The "publicExponent" must be either 3 or 65537, but got ${value}.`);
    }
  } else if (strict && value !== 3 && value !== 17 && value !== 37 && value !== 65537) {
    fail("OperationError", `Imported RSA key has invalid publicExponent ${value}.`);
  }
}

function rsaAlgorithm(name, modulusLength, exponent, hash) {
  const copy = TypedArrayPrototypeSlice(exponent);
  const shown = compat.has("crypto_preserve_public_exponent") ? copy : TypedArrayPrototypeGetBuffer(copy);
  const algorithm = { name, modulusLength, publicExponent: shown };
  if (hash !== null) algorithm.hash = { name: hash };
  return algorithm;
}

function rsaKey(name, key, type, extractable, usages, hash, modulusLength, exponent) {
  return makeKey({
    name,
    type,
    extractable,
    usages,
    native: key,
    bytes: null,
    hash,
    modulusLength,
    algorithm: rsaAlgorithm(name, modulusLength, exponent, hash),
  });
}

async function generateRsa({ name, usages: allowed }, algorithm, extractable, asked) {
  const { publicExponent, modulusLength } = algorithm;
  if (publicExponent === undefined) throw new TypeError('Missing field "publicExponent" in "algorithm".');
  if (algorithm.hash === undefined) throw new TypeError('Missing field "hash" in "algorithm".');
  if (modulusLength === undefined) throw new TypeError('Missing field "modulusLength" in "algorithm".');
  if (modulusLength <= 0) {
    fail("OperationError", `modulusLength must be greater than zero (requested ${modulusLength}).`);
  }
  const hash = digest(algorithm.hash).name;
  const usages = usageMask(name, "generate", asked, allowed);
  checkRsaLimits(modulusLength, publicExponent, false);
  if (compat.has("strict_crypto_checks") && (modulusLength & 127) !== 0) {
    fail("OperationError", "Can't generate key: RSA key size is required to be a multiple of 128");
  }
  const pair = await FunctionPrototypeCall(
    native.generateKey,
    deno.crypto.subtle,
    {
      name,
      modulusLength: modulusLength - modulusLength % 128,
      publicExponent: exponentOf(publicExponent) === 3 ? new Uint8Array([3]) : new Uint8Array([1, 0, 1]),
      hash: nativeHash(hash),
    },
    true,
    name === "RSA-OAEP" ? ["encrypt", "decrypt", "wrapKey", "unwrapKey"] : ["sign", "verify"],
  );
  const make = (key, type, canLeave, mask) =>
    rsaKey(name, key, type, canLeave, usages & mask, hash, modulusLength, publicExponent);
  return {
    publicKey: make(pair.publicKey, "public", true, PUBLIC),
    privateKey: make(pair.privateKey, "private", extractable, PRIVATE),
  };
}

/** RSA with MD5 is nothing that the engine knows; such keys exist and cannot be used. */
function nativeHash(hash) {
  return hash === "MD5" ? "SHA-1" : hash;
}

function importRsa({ name, usages: allowed }, format, data, algorithm, extractable, asked) {
  const hash = requiredDigest(algorithm).name;
  const { type, usages } = checkAsymmetric(name, format, data, extractable, asked, allowed);
  if (format === "jwk") {
    checkRsaJwk(name, data.jwk, hash);
  } else {
    checkKind(data.bytes, "RSA", "Input was not an RSA key.");
  }
  return rsaFrom(name, format, data, hash, type, extractable, usages);
}

function importRsaRaw({ name, usages: allowed }, format, data, algorithm, extractable, asked) {
  const { type, usages } = checkAsymmetric(name, format, data, extractable, asked, allowed);
  if (format === "jwk") {
    checkRsaJwk(name, data.jwk, undefined);
  } else {
    checkKind(data.bytes, "RSA", "Input was not an RSA key.");
  }
  if (type !== "private") fail("DataError", `RSA-RAW only supports private keys but requested "${type}".`);
  return rsaFrom(name, format, data, null, type, extractable, usages);
}

/** A private key of which only the exponents were given, with its primes. */
function withPrimes(jwk) {
  if (jwk.d === undefined || jwk.p !== undefined) return jwk;
  const number = (field) => curves.toNumber(decodeBase64Url(jwk[field]));
  const found = curves.rsaPrimes(number("n"), number("e"), number("d"));
  if (found === undefined) return jwk;
  const whole = { ...jwk };
  for (const field in found) {
    const size = MathCeil(primordials.BigIntPrototypeToString(found[field], 16).length / 2);
    whole[field] = encodeBase64Url(curves.toBytes(found[field], size));
  }
  return whole;
}

function rsaFrom(name, format, data, hash, type, extractable, usages) {
  if (format === "jwk") data = { jwk: withPrimes(data.jwk) };
  const nativeName = name === "RSA-RAW" ? "RSASSA-PKCS1-v1_5" : name;
  const key = nativeFrom(format, data, { name: nativeName, hash: nativeHash(hash ?? "SHA-256") }, type, () => {
    if (format === "jwk") fail("DataError", "Invalid RSA key in JSON Web Key.");
    fail("DataError", `Invalid ${format === "spki" ? "SPKI" : "PKCS8"} input.`);
  });
  const { modulusLength, publicExponent } = FunctionPrototypeCall(nativeAlgorithm, key);
  checkRsaLimits(modulusLength, publicExponent, true);
  return rsaKey(name, key, type, extractable, usages, hash, modulusLength, publicExponent);
}

/** @param {Uint8Array} der @param {string} wanted @param {string} text */
function checkKind(der, wanted, text) {
  const kind = kindOf(der);
  if (kind === undefined) return;
  const isCurve = (name) => StringPrototypeStartsWith(name, "P-");
  if (kind !== wanted && !(wanted === "EC" && isCurve(kind))) fail("DataError", text);
}

// --- Elliptic curves ---

function curveOf(algorithm) {
  const { namedCurve } = algorithm;
  if (namedCurve === undefined) throw new TypeError('Missing field "namedCurve" in "algorithm".');
  const curve = CURVES[StringPrototypeToLowerCase(namedCurve)];
  if (curve === undefined) {
    fail("NotSupportedError", `Unrecognized or unimplemented EC curve "${namedCurve}" requested.`);
  }
  return curve;
}

function plainKey(name, key, type, extractable, usages, algorithm) {
  return makeKey({ name, type, extractable, usages, native: key, bytes: null, hash: null, algorithm });
}

async function generateEc({ name, usages: allowed }, algorithm, extractable, asked) {
  const usages = usageMask(name, "generate", asked, allowed);
  const namedCurve = curveOf(algorithm);
  const pair = await FunctionPrototypeCall(
    native.generateKey,
    deno.crypto.subtle,
    { name, namedCurve },
    true,
    name === "ECDH" ? ["deriveBits", "deriveKey"] : ["sign", "verify"],
  );
  const shown = () => ({ name, namedCurve });
  const ofPublic = name === "ECDH" ? 0 : usages & PUBLIC;
  return {
    publicKey: plainKey(name, pair.publicKey, "public", true, ofPublic, shown()),
    privateKey: plainKey(name, pair.privateKey, "private", extractable, usages & PRIVATE, shown()),
  };
}

const JWK_CURVES = { __proto__: null, ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function checkEcJwk(name, jwk, curve) {
  if (jwk.kty !== "EC") {
    fail(
      "DataError",
      `Elliptic curve "jwk" key import requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "EC".`,
    );
  }
  if (name === "ECDSA" && jwk.alg !== undefined) {
    const named = JWK_CURVES[jwk.alg];
    if (named === undefined) {
      fail(
        "NotSupportedError",
        `Unrecognized or unimplemented algorithm "${jwk.alg}" listed in JSON Web Key Algorithm parameter.`,
      );
    }
    if (named !== curve) {
      fail("DataError", `JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested curve.`);
    }
  }
  const x = decodeBase64Url(jwk.x);
  if (x === undefined) fail("DataError", 'Invalid EC key in JSON Web Key; missing "x".');
  const y = decodeBase64Url(jwk.y);
  if (y === undefined) fail("DataError", 'Invalid EC key in JSON Web Key; missing "y".');
  if (!curves.isOnCurve(curve, x, y)) {
    fail(
      "OperationError",
      'Invalid EC key; public key coordinates "x" and "y" are invalid: Point is not on curve..',
    );
  }
  if (jwk.d === undefined) return;
  const d = decodeBase64Url(jwk.d);
  if (d === undefined) {
    fail("DataError", 'Invalid EC key in JSON Web Key; missing or invalid private key component ("d").');
  }
  if (!curves.isPair(curve, d, x, y)) fail("DataError", "Invalid EC key in JSON Web Key.");
}

/** What is wrong with a point. */
const POINT_TEXTS = {
  __proto__: null,
  encoding: "Invalid point encoding.",
  compressed: "Invalid compressed point.",
  curve: "Point is not on curve.",
};

function importEc({ name, usages: allowed }, format, data, algorithm, extractable, asked) {
  const namedCurve = curveOf(algorithm);
  const shown = { name, namedCurve };
  if (format === "raw" || format === "raw-public") {
    const mask = name === "ECDSA" ? USAGE.verify : compat.has("strict_crypto_checks") ? 0 : DERIVE;
    const usages = usageMask(name, "import public", asked, mask);
    const point = curves.uncompressed(namedCurve, data.bytes);
    if (typeof point === "string") fail("DataError", `Failed to import raw EC key data: ${POINT_TEXTS[point]}.`);
    const key = nativeFrom("raw", { bytes: point }, shown, "public", () => {
      fail("DataError", "Failed to import raw EC key data.");
    });
    return plainKey(name, key, "public", extractable, usages, shown);
  }
  const { type, usages } = checkAsymmetric(name, format, data, extractable, asked, allowed);
  if (format === "jwk") {
    checkEcJwk(name, data.jwk, namedCurve);
    // Production goes by the curve that was asked for.
    data = { jwk: { ...data.jwk, crv: namedCurve } };
  } else {
    checkKind(data.bytes, "EC", name === "ECDSA" ? "Input was not an EC key." : "Input was not an EC public key nor a DH key.");
    const kind = kindOf(data.bytes);
    if (kind !== undefined && kind !== namedCurve) {
      const comma = name === "ECDSA" ? "" : ",";
      fail(
        "DataError",
        `"algorithm.namedCurve" "${algorithm.namedCurve}"${comma} does not match the curve specified by the input key data.`,
      );
    }
  }
  const key = nativeFrom(format, data, shown, type, () => {
    if (format === "jwk") fail("DataError", "Invalid EC key in JSON Web Key.");
    fail("DataError", `Invalid ${format === "spki" ? "SPKI" : "PKCS8"} input.`);
  });
  return plainKey(name, key, type, extractable, usages, shown);
}

// --- Ed25519 and X25519 ---

function edwardsAlgorithm(name, algorithm) {
  if (name !== "NODE-ED25519") return { name };
  const { namedCurve } = algorithm;
  if (namedCurve === undefined) throw new TypeError('Missing field "namedCurve" in "algorithm".');
  if (namedCurve !== "NODE-ED25519") fail("NotSupportedError", `EDDSA curve "${namedCurve}" isn't supported.`);
  return { name, namedCurve };
}

async function generateEdwards({ name, usages: allowed }, algorithm, extractable, asked) {
  const usages = usageMask(name, "generate", asked, allowed);
  edwardsAlgorithm(name, algorithm);
  const isX = name === "X25519";
  const pair = await FunctionPrototypeCall(
    native.generateKey,
    deno.crypto.subtle,
    { name: isX ? "X25519" : "Ed25519" },
    true,
    isX ? ["deriveBits", "deriveKey"] : ["sign", "verify"],
  );
  const shown = () => edwardsAlgorithm(name, algorithm);
  return {
    publicKey: plainKey(name, pair.publicKey, "public", true, usages & PUBLIC, shown()),
    privateKey: plainKey(name, pair.privateKey, "private", extractable, usages & PRIVATE, shown()),
  };
}

function checkEdwardsJwk(curve, jwk) {
  if (jwk.kty !== "OKP") {
    fail(
      "DataError",
      `${curve} "jwk" key imports requires a JSON Web Key with Key Type parameter "kty" ("${jwk.kty}") equal to "OKP".`,
    );
  }
  if (jwk.crv === undefined) fail("DataError", `Missing field "crv" for ${curve} key.`);
  if (jwk.crv !== curve) fail("NotSupportedError", `Only ${curve} is supported but "${jwk.crv}" was requested.`);
  if (jwk.alg !== undefined && curve === "Ed25519" && jwk.alg !== "EdDSA") {
    fail("DataError", `JSON Web Key Algorithm parameter "alg" ("${jwk.alg}") does not match requested Ed25519 curve.`);
  }
  const x = decodeBase64Url(jwk.x);
  if (x === undefined) {
    fail("DataError", `Invalid ${jwk.crv} key in JSON WebKey; missing or invalid public key component ("x").`);
  }
  if (x.length !== 32) fail("DataError", `Invalid length ${x.length} for public key`);
  if (jwk.d === undefined) return;
  const d = decodeBase64Url(jwk.d);
  if (d === undefined) {
    fail("DataError", `Invalid ${curve} key in JSON Web Key; missing or invalid private key component ("d").`);
  }
  if (d.length !== 32) fail("DataError", `Invalid length ${d.length} for private key`);
}

function importEdwards({ name, usages: allowed }, format, data, algorithm, extractable, asked) {
  const shown = edwardsAlgorithm(name, algorithm);
  const curve = name === "X25519" ? "X25519" : "Ed25519";
  if (format === "raw" || format === "raw-public") {
    const usages = usageMask(name, "import public", asked, name === "X25519" ? 0 : USAGE.verify);
    const size = TypedArrayPrototypeGetByteLength(data.bytes);
    if (size !== 32) fail("DataError", `${curve} raw keys must be exactly 32-bytes (provided ${size}).`);
    const key = nativeFrom("raw", data, { name: curve }, "public", () => {
      fail("DataError", "Failed to import raw public EDDSA");
    });
    return plainKey(name, key, "public", extractable, usages, shown);
  }
  const { type, usages } = checkAsymmetric(name, format, data, extractable, asked, allowed);
  if (format === "jwk") checkEdwardsJwk(curve, data.jwk);
  const key = nativeFrom(format, data, { name: curve }, type, () => {
    if (format === "jwk") fail("DataError", `Invalid ${curve} key in JSON Web Key.`);
    fail("DataError", `Invalid ${format === "spki" ? "SPKI" : "PKCS8"} input.`);
  });
  return plainKey(name, key, type, extractable, usages, shown);
}

return { decodeBase64Url, encodeBase64Url, lookUp, random };
})();
