// The global `crypto`: random values with the rules of Workers, and the way to the rest of Web Crypto.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  FunctionPrototypeCall,
  ObjectDefineProperties,
  ObjectDefineProperty,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
} = primordials;
const deno = core.loadExtScript("ext:deno_crypto/00_crypto.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { CryptoKey, nativeOf } = core.loadExtScript("ext:lopata/crypto/keys.js");
const { random } = core.loadExtScript("ext:lopata/crypto/import.js");
const { ILLEGAL_INVOCATION_TEXT, subtle, SubtleCrypto } = core.loadExtScript("ext:lopata/crypto/subtle.js");
const { DigestStream } = core.loadExtScript("ext:lopata/crypto/digest_stream.js");

const { randomUUID } = deno.Crypto.prototype;

const INTEGERS = {
  __proto__: null,
  Int8Array: true,
  Uint8Array: true,
  Uint8ClampedArray: true,
  Int16Array: true,
  Uint16Array: true,
  Int32Array: true,
  Uint32Array: true,
  BigInt64Array: true,
  BigUint64Array: true,
};
/** Source: production's limit. */
const RANDOM_BYTES_MAX = 65536;

/** Given to the constructor by this script only. */
const construct = {};
let instance;

class Crypto {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  get subtle() {
    if (this !== instance) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
    return subtle;
  }

  getRandomValues(array) {
    if (this !== instance) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
    if (!ArrayBufferIsView(array)) {
      throw new TypeError("Failed to execute 'getRandomValues' on 'Crypto': parameter 1 is not of type 'ArrayBufferView'.");
    }
    if (INTEGERS[TypedArrayPrototypeGetSymbolToStringTag(array)] !== true) {
      throw new DOMException(
        "ArrayBufferView argument to getRandomValues() must be an integer-typed view.",
        "TypeMismatchError",
      );
    }
    const size = TypedArrayPrototypeGetByteLength(array);
    if (size > RANDOM_BYTES_MAX) {
      throw new DOMException(
        `getRandomValues() only accepts buffers of size <= 64K but provided ${size} bytes.`,
        "QuotaExceededError",
      );
    }
    io.required();
    const bytes = new Uint8Array(TypedArrayPrototypeGetBuffer(array), TypedArrayPrototypeGetByteOffset(array), size);
    TypedArrayPrototypeSet(bytes, random(size));
    return array;
  }

  randomUUID() {
    if (this !== instance) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
    io.required();
    return FunctionPrototypeCall(randomUUID, deno.crypto);
  }
}

const enumerable = { __proto__: null, enumerable: true };
ObjectDefineProperties(Crypto.prototype, {
  subtle: enumerable,
  getRandomValues: enumerable,
  randomUUID: enumerable,
  DigestStream: { __proto__: null, value: DigestStream, writable: true, enumerable: true, configurable: true },
  [SymbolToStringTag]: { __proto__: null, value: "Crypto", configurable: true },
});
ObjectDefineProperty(Crypto, "length", { __proto__: null, value: 0, configurable: true });

instance = new Crypto(construct);

return { Crypto, crypto: instance, CryptoKey, nativeOf, SubtleCrypto };
})();
