// PBKDF2, HKDF and scrypt.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { validateFunction, validateInt32, validateInteger, validateString, validateUint32 } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { isKeyObject } = core.loadExtScript("ext:lopata_node/crypto/keys.js");
const { bufferOf, bytesFrom, bytesOf, isBytes, later, toBuf } = core.loadExtScript("ext:lopata_node/crypto/util.js");

/** Source: production's limit of a buffer, in bytes. */
const LENGTH_MAX = 0x7fffffff;

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, "digest");
  const bytes = [bytesFrom(password, "password"), bytesFrom(salt, "salt")];
  validateInt32(iterations, "iterations", 1);
  validateInt32(keylen, "keylen", 0);
  return [...bytes, iterations, keylen, digest];
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  return bufferOf(ops.op_nodecrypto_pbkdf2(...pbkdf2Arguments(password, salt, iterations, keylen, digest)));
}

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === "function") validateString(undefined, "digest");
  validateFunction(callback, "callback");
  const args = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  later(() => bufferOf(ops.op_nodecrypto_pbkdf2(...args)), callback);
}

function sourceOf(value, name) {
  const bytes = toBuf(value);
  if (isBytes(bytes)) return bytesOf(bytes);
  throw new ERR_INVALID_ARG_TYPE(name, ["string", "ArrayBuffer", "TypedArray", "DataView", "Buffer"], value);
}

/** Source: production's limit, in bytes. */
const INFO_MAX = 1024;

function hkdfArguments(hash, key, salt, info, length) {
  validateString(hash, "digest");
  const secret = isKeyObject(key) ? key.export() : toBuf(key);
  if (!isBytes(secret)) {
    throw new ERR_INVALID_ARG_TYPE(
      "ikm",
      ["string", "SecretKeyObject", "ArrayBuffer", "TypedArray", "DataView", "Buffer"],
      key,
    );
  }
  const [saltBytes, infoBytes] = [sourceOf(salt, "salt"), sourceOf(info, "info")];
  validateInteger(length, "length", 0, LENGTH_MAX);
  if (infoBytes.length > INFO_MAX) {
    throw new ERR_OUT_OF_RANGE("info", "must not contain more than 1024 bytes", infoBytes.length);
  }
  return [hash, bytesOf(secret), saltBytes, infoBytes, length];
}

function hkdfSync(hash, key, salt, info, length) {
  return ops.op_nodecrypto_hkdf(...hkdfArguments(hash, key, salt, info, length)).buffer;
}

function hkdf(hash, key, salt, info, length, callback) {
  const args = hkdfArguments(hash, key, salt, info, length);
  validateFunction(callback, "callback");
  later(() => ops.op_nodecrypto_hkdf(...args).buffer, callback);
}

/** Source: Node's documentation; memory in bytes. */
const SCRYPT = { N: 16384, r: 8, p: 1, maxmem: 32 << 20 };

/** Its options and their long names. */
const SCRYPT_NAMES = [["N", "cost"], ["r", "blockSize"], ["p", "parallelization"]];

function scryptArguments(password, salt, keylen, options) {
  const bytes = [bytesFrom(password, "password"), bytesFrom(salt, "salt")];
  validateInteger(keylen, "keylen", 0, LENGTH_MAX);
  const values = { ...SCRYPT };
  if (options) {
    for (const [short, long] of SCRYPT_NAMES) {
      const given = options[short];
      if (given !== undefined) {
        validateUint32(given, short);
        values[short] = given;
      }
      const other = options[long];
      if (other !== undefined) {
        if (given !== undefined) throw new ERR_INVALID_ARG_VALUE(long, other);
        validateUint32(other, long);
        values[short] = other;
      }
    }
    if (options.maxmem !== undefined) {
      validateInteger(options.maxmem, "maxmem", 0);
      values.maxmem = options.maxmem;
    }
    for (const name of Object.keys(SCRYPT)) {
      if (values[name] === 0) values[name] = SCRYPT[name];
    }
  }
  return [...bytes, values.N, values.r, values.p, values.maxmem, keylen];
}

function scryptSync(password, salt, keylen, options) {
  return bufferOf(ops.op_nodecrypto_scrypt(...scryptArguments(password, salt, keylen, options)));
}

function scrypt(password, salt, keylen, optionsOrCallback, callback) {
  const short = callback === undefined;
  const back = short ? optionsOrCallback : callback;
  const args = scryptArguments(password, salt, keylen, short ? undefined : optionsOrCallback);
  validateFunction(back, "callback");
  later(() => bufferOf(ops.op_nodecrypto_scrypt(...args)), back);
}
Object.defineProperty(scrypt, "length", { value: 4, configurable: true });

return { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync };
})();
