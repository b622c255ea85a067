// CryptoKey: what a script sees of a key, and the engine's key behind it.
//
// The engine's key can do everything and be exported; what this one may do is decided here and in `subtle.js`. User
// code never gets hold of the engine's key, so nothing that the engine says of it (its clone, above all) can leak.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ObjectDefineProperties,
  ObjectDefineProperty,
  SafeMap,
  SafeWeakMap,
  SymbolToStringTag,
  TypeError,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** Each usage is a bit; keys list theirs in this order. */
const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
const USAGE = { __proto__: null };
for (let i = 0; i < USAGES.length; i++) USAGE[USAGES[i]] = 1 << i;

/** What a public or a private key may do at all. */
const PUBLIC = USAGE.encrypt | USAGE.verify | USAGE.wrapKey;
const PRIVATE = USAGE.decrypt | USAGE.sign | USAGE.unwrapKey | USAGE.deriveKey | USAGE.deriveBits;

/** @param {number} mask @returns {string[]} */
function usageNames(mask) {
  const names = [];
  for (let i = 0; i < USAGES.length; i++) {
    if ((mask & (1 << i)) !== 0) ArrayPrototypePush(names, USAGES[i]);
  }
  return names;
}

/**
 * @typedef {object} Record
 * @property {string} name of the algorithm, as keys show it
 * @property {"secret" | "public" | "private"} type
 * @property {boolean} extractable
 * @property {number} usages
 * @property {object} native the engine's key; null when `bytes` is all there is
 * @property {Uint8Array | null} bytes of a secret key
 * @property {string | null} hash the digest that belongs to the key
 * @property {object} algorithm what `key.algorithm` shows
 */

/** @type {WeakMap<CryptoKey, Record>} */
const records = new SafeWeakMap();

/** Given to the constructor by this script only. */
const construct = {};

class CryptoKey {
  constructor(token, record) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    WeakMapPrototypeSet(records, this, record);
    const shown = (value) => ({ __proto__: null, value, writable: false, enumerable: true, configurable: true });
    ObjectDefineProperties(this, {
      usages: shown(usageNames(record.usages)),
      algorithm: shown(record.algorithm),
      extractable: shown(record.extractable),
      type: shown(record.type),
    });
  }
}
ObjectDefineProperty(CryptoKey.prototype, SymbolToStringTag, { __proto__: null, value: "CryptoKey", configurable: true });
// What structured clone calls for an object with this property.
ObjectDefineProperty(CryptoKey.prototype, core.hostObjectBrand, {
  __proto__: null,
  value() {
    throw new DOMException(
      'Could not serialize object of type "CryptoKey". This type does not support serialization.',
      "DataCloneError",
    );
  },
});

/** @param {Record} record @returns {CryptoKey} */
function makeKey(record) {
  return new CryptoKey(construct, record);
}

/** @param {unknown} key @returns {Record | undefined} */
function recordOf(key) {
  return typeof key === "object" && key !== null ? WeakMapPrototypeGet(records, key) : undefined;
}

/** @param {unknown} key @returns {object | null | undefined} the engine's key, for `node:crypto` */
function nativeOf(key) {
  return recordOf(key)?.native;
}

/** Digests by their names in any case, with the bytes of a block and of the result. */
const DIGESTS = new SafeMap([
  ["sha-1", { name: "SHA-1", block: 64, size: 20 }],
  ["sha-256", { name: "SHA-256", block: 64, size: 32 }],
  ["sha-384", { name: "SHA-384", block: 128, size: 48 }],
  ["sha-512", { name: "SHA-512", block: 128, size: 64 }],
  ["md5", { name: "MD5", block: 64, size: 16 }],
]);

return { CryptoKey, DIGESTS, makeKey, nativeOf, PRIVATE, PUBLIC, recordOf, USAGE, usageNames, USAGES };
})();
