// A cache in memory that outlives events: values are kept as clones, bounded in number and size, and the one that has
// not been read for longest goes first.
//
// Caches of one id are one cache within the isolate. While a fallback makes a value, others that want the same wait
// for it; if it fails, the next of them gets to try.
(function () {
const { core, primordials } = __bootstrap;
const {
  DateNow,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  Number,
  ObjectDefineProperty,
  PromiseReject,
  RangeError,
  SafeMapIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Bytes of a key. Source: workerd. */
const KEY_BYTES_MAX = 2 * 1024;

/** Given to the constructor by this script only. */
const construct = {};

/** The caches that have an id. */
const shared = new Map();

class Store {
  /** By key, the one that was used longest ago first. @type {Map<string, { bytes: Uint8Array, expires: number }>} */
  #entries = new Map();
  #bytes = 0;
  #limits = { keysMax: 0, valueBytesMax: 0, totalBytesMax: 0 };
  /** Who waits for a value that a fallback is making, by key. */
  making = new Map();

  /** Each binding suggests limits; the most generous count. A cache without room for a value has room for nothing. */
  suggest({ keysMax, valueBytesMax, totalBytesMax }) {
    const limits = this.#limits;
    const value = primordials.MathMin(valueBytesMax, totalBytesMax);
    if (value === 0 || keysMax === 0) return;
    limits.keysMax = primordials.MathMax(limits.keysMax, keysMax);
    limits.valueBytesMax = primordials.MathMax(limits.valueBytesMax, value);
    limits.totalBytesMax = primordials.MathMax(limits.totalBytesMax, totalBytesMax);
  }

  get(key) {
    const entry = MapPrototypeGet(this.#entries, key);
    if (entry === undefined) return undefined;
    this.delete(key);
    if (entry.expires < DateNow()) return undefined;
    this.#insert(key, entry);
    return entry.bytes;
  }

  put(key, bytes, expires) {
    this.delete(key);
    const length = TypedArrayPrototypeGetByteLength(bytes);
    const { keysMax, valueBytesMax, totalBytesMax } = this.#limits;
    if (length > valueBytesMax || keysMax === 0 || expires < DateNow()) return;
    while (MapPrototypeGetSize(this.#entries) >= keysMax || this.#bytes + length > totalBytesMax) this.#evict();
    this.#insert(key, { bytes, expires });
  }

  delete(key) {
    const entry = MapPrototypeGet(this.#entries, key);
    if (entry === undefined) return;
    this.#bytes -= TypedArrayPrototypeGetByteLength(entry.bytes);
    MapPrototypeDelete(this.#entries, key);
  }

  #insert(key, entry) {
    MapPrototypeSet(this.#entries, key, entry);
    this.#bytes += TypedArrayPrototypeGetByteLength(entry.bytes);
  }

  /** One that has expired, or else the one that was used longest ago. */
  #evict() {
    const now = DateNow();
    let oldest;
    for (const { 0: key, 1: entry } of new SafeMapIterator(this.#entries)) {
      oldest ??= key;
      if (entry.expires < now) return this.delete(key);
    }
    this.delete(oldest);
  }
}

class MemoryCache {
  #store;

  constructor(token, store) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#store = store;
  }

  /**
   * @param {string} key
   * @param {(key: string) => Promise<{ value: unknown, expiration?: number | Date }>} [fallback]
   * @returns {Promise<unknown>}
   */
  read(key, fallback) {
    if (typeof this !== "object" || this === null || !(#store in this)) throw illegalInvocation();
    if (typeof key !== "string") throw badParameter("read", "string");
    if (TypedArrayPrototypeGetByteLength(core.encode(key)) > KEY_BYTES_MAX) {
      return PromiseReject(new RangeError("Key too large."));
    }
    io.required();
    return read(this.#store, key, fallback);
  }

  /** @param {string} key */
  delete(key) {
    if (typeof this !== "object" || this === null || !(#store in this)) throw illegalInvocation();
    if (typeof key !== "string") throw badParameter("delete", "string");
    if (TypedArrayPrototypeGetByteLength(core.encode(key)) > KEY_BYTES_MAX) throw new RangeError("Key too large.");
    this.#store.delete(key);
  }
}

if (!compat.has("memory_cache_delete")) delete MemoryCache.prototype.delete;
ObjectDefineProperty(MemoryCache.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "MemoryCache",
  configurable: true,
});

function badParameter(method, type) {
  return new TypeError(`Failed to execute '${method}' on 'MemoryCache': parameter 1 is not of type '${type}'.`);
}

async function read(store, key, fallback) {
  for (;;) {
    const found = store.get(key);
    if (found !== undefined) return core.deserialize(found);
    if (fallback === undefined) return undefined;
    const making = MapPrototypeGet(store.making, key);
    if (making === undefined) return await make(store, key, fallback);
    const bytes = await making;
    // What somebody else's fallback has made is shared though it has expired by now.
    if (bytes !== null) return core.deserialize(bytes);
  }
}

async function make(store, key, fallback) {
  let done;
  const made = new primordials.Promise((resolve) => done = resolve);
  MapPrototypeSet(store.making, key, made);
  let bytes = null;
  try {
    const result = await fallback(key);
    if (typeof result !== "object" || result === null) {
      throw new TypeError(
        "Incorrect type for Promise: the Promise did not resolve to 'CacheValueProduceResult'.",
      );
    }
    const { value, expiration } = result;
    bytes = core.serialize(value, undefined, () => {
      throw new DOMException(`failed to serialize ${typeof value}`, "DataCloneError");
    });
    const expires = expiration === undefined ? 1 / 0 : Number(expiration);
    store.put(key, bytes, expires);
    return core.deserialize(bytes);
  } finally {
    MapPrototypeDelete(store.making, key);
    done(bytes);
  }
}

/** @param {{ id: string | null, keysMax: number, valueBytesMax: number, totalBytesMax: number }} settings */
function memoryCache(settings) {
  let store = settings.id === null ? undefined : MapPrototypeGet(shared, settings.id);
  if (store === undefined) {
    store = new Store();
    if (settings.id !== null) MapPrototypeSet(shared, settings.id, store);
  }
  store.suggest(settings);
  return new MemoryCache(construct, store);
}

return { memoryCache };
})();
