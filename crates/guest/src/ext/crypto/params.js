// The arguments of Web Crypto's methods: conversions with production's texts.
//
// Every field of an algorithm is read once, at the call. Bytes are copied, since the work may be done later.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayBufferPrototype,
  ArrayIsArray,
  ArrayPrototypePush,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  ObjectPrototypeIsPrototypeOf,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSlice,
  TypeError,
  Uint8Array,
} = primordials;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const keys = core.loadExtScript("ext:lopata/crypto/keys.js");

/** @param {string} name @param {string} message */
function fail(name, message) {
  throw new DOMException(message, name);
}

/** @param {string} method @param {number} number @param {string} type */
function notOfType(method, number, type) {
  return new TypeError(`Failed to execute '${method}' on 'SubtleCrypto': parameter ${number} is not of type '${type}'.`);
}

/** @param {unknown} value @returns {Uint8Array | undefined} a view of its bytes; undefined when it has none */
function viewOf(value) {
  if (ArrayBufferIsView(value)) {
    return TypedArrayPrototypeGetSymbolToStringTag(value) === undefined
      ? new Uint8Array(
        DataViewPrototypeGetBuffer(value),
        DataViewPrototypeGetByteOffset(value),
        DataViewPrototypeGetByteLength(value),
      )
      : new Uint8Array(
        TypedArrayPrototypeGetBuffer(value),
        TypedArrayPrototypeGetByteOffset(value),
        TypedArrayPrototypeGetByteLength(value),
      );
  }
  if (ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, value) && core.isArrayBuffer(value)) {
    return new Uint8Array(value);
  }
  return undefined;
}

/** @param {Uint8Array} view @returns {Uint8Array} bytes of our own, in a buffer of their size */
function copyOf(view) {
  return TypedArrayPrototypeSlice(new Uint8Array(view));
}

/** A parameter that must have bytes. @returns {Uint8Array} a copy */
function bytes(value, method, number) {
  const view = viewOf(value);
  if (view === undefined) throw notOfType(method, number, "BufferSource");
  return copyOf(view);
}

/** A parameter that must be a key. @returns {import("./keys.js").Record} */
function key(value, method, number) {
  const record = keys.recordOf(value);
  if (record === undefined) throw notOfType(method, number, "CryptoKey");
  return record;
}

/** @returns {string[]} */
function usages(value, method, number) {
  if (!ArrayIsArray(value)) throw notOfType(method, number, "Array");
  const found = [];
  for (let i = 0; i < value.length; i++) ArrayPrototypePush(found, `${value[i]}`);
  return found;
}

/** @param {string} struct whose name the compiler mangles */
function cannotInitialize(struct) {
  return new TypeError(
    `Cannot initialize N7workerd3api12SubtleCrypto${struct.length}${struct}E with required members from an undefined ` +
      "or null value.",
  );
}

/** How a field is read, by its kind. */
const FIELDS = {
  __proto__: null,
  bytes(value, name, struct) {
    const view = viewOf(value);
    if (view === undefined) {
      throw new TypeError(
        `Incorrect type for the '${name}' field on '${struct}': the provided value is not of type 'BufferSource'.`,
      );
    }
    return copyOf(view);
  },
  int: (value) => value | 0,
  string: (value) => `${value}`,
  hash: (value) => algorithm(value, "HashAlgorithm", []).name,
  key(value, name, struct) {
    const record = keys.recordOf(value);
    if (record === undefined) {
      throw new TypeError(
        `Incorrect type for the '${name}' field on '${struct}': the provided value is not of type 'CryptoKey'.`,
      );
    }
    return record;
  },
};

/** The fields of each dictionary beside its name. */
const STRUCTS = {
  __proto__: null,
  HashAlgorithm: [],
  EncryptAlgorithm: [
    ["iv", "bytes"],
    ["additionalData", "bytes"],
    ["tagLength", "int"],
    ["counter", "bytes"],
    ["length", "int"],
    ["label", "bytes"],
  ],
  SignAlgorithm: [["hash", "hash"], ["dataLength", "int"], ["saltLength", "int"]],
  GenerateKeyAlgorithm: [
    ["hash", "hash"],
    ["modulusLength", "int"],
    ["publicExponent", "bytes"],
    ["length", "int"],
    ["namedCurve", "string"],
  ],
  ImportKeyAlgorithm: [["hash", "hash"], ["length", "int"], ["namedCurve", "string"]],
  DeriveKeyAlgorithm: [
    ["salt", "bytes"],
    ["iterations", "int"],
    ["hash", "hash"],
    ["public", "key"],
    ["info", "bytes"],
  ],
};

/** @param {unknown} value @param {string} struct @returns {{ name: string }} a dictionary with the fields that were given */
function algorithm(value, struct) {
  if (value === undefined || value === null) throw cannotInitialize(struct);
  if (typeof value !== "object" && typeof value !== "function") return { __proto__: null, name: `${value}` };
  const read = { __proto__: null, name: `${value.name}` };
  const fields = STRUCTS[struct];
  for (let i = 0; i < fields.length; i++) {
    const name = fields[i][0];
    const given = value[name];
    if (given !== undefined) read[name] = FIELDS[fields[i][1]](given, name, struct);
  }
  return read;
}

/** The parameter that names an algorithm. */
function algorithmParam(args, index, method, struct) {
  if (args.length <= index) throw notOfType(method, index + 1, `string or ${struct}`);
  return algorithm(args[index], struct);
}

/** @param {string | undefined} name @returns {{ name: string, block: number, size: number }} */
function digest(name) {
  const found = keys.DIGESTS.get(StringPrototypeToLowerCase(name));
  if (found === undefined) {
    fail("NotSupportedError", "Unrecognized or unimplemented digest algorithm requested.");
  }
  return found;
}

/** The digest that an algorithm must name. @param {object} algorithm @param {string} [where] */
function requiredDigest(algorithm, where = "algorithm") {
  if (algorithm.hash === undefined) throw new TypeError(`Missing field "hash" in "${where}".`);
  return digest(algorithm.hash);
}

const JWK_STRINGS = ["use", "alg", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k"];

/** What importKey takes: bytes, or a JSON Web Key. @returns {{ bytes?: Uint8Array, jwk?: object }} */
function keyData(value, method, number) {
  const view = viewOf(value);
  if (view !== undefined) return { __proto__: null, bytes: copyOf(view) };
  if ((typeof value !== "object" || value === null) && typeof value !== "function") {
    throw notOfType(method, number, "BufferSource or JsonWebKey");
  }
  return { __proto__: null, jwk: jsonWebKey(value) };
}

/** @param {object} value */
function jsonWebKey(value) {
  const jwk = { __proto__: null, kty: `${value.kty}` };
  for (let i = 0; i < JWK_STRINGS.length; i++) {
    const given = value[JWK_STRINGS[i]];
    if (given !== undefined) jwk[JWK_STRINGS[i]] = `${given}`;
  }
  if (value.ext !== undefined) jwk.ext = !!value.ext;
  const ops = value.key_ops;
  if (ops !== undefined) {
    if (!ArrayIsArray(ops)) {
      throw new TypeError("Incorrect type for the 'key_ops' field on 'JsonWebKey': the provided value is not of type 'Array'.");
    }
    jwk.key_ops = [];
    for (let i = 0; i < ops.length; i++) ArrayPrototypePush(jwk.key_ops, `${ops[i]}`);
  }
  if (value.oth !== undefined) jwk.oth = true;
  return jwk;
}

return {
  algorithm,
  algorithmParam,
  bytes,
  copyOf,
  digest,
  fail,
  jsonWebKey,
  key,
  keyData,
  notOfType,
  requiredDigest,
  usages,
  viewOf,
};
})();
