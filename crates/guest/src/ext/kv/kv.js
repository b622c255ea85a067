// KV namespaces: what `env.KV` is in a worker.
//
// Converts arguments as production's runtime does (what it takes, what it refuses and when), hands the call to
// the namespace's actor, and makes the answer into values. Limits on values, metadata and times are the
// namespace's own; its refusals arrive as errors that begin with `KV GET failed: `.
//
// `get` and `getWithMetadata` throw for arguments of a wrong kind, the other methods reject: production does so.
(function () {
const { core, internals, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  Error,
  JSONParse,
  JSONStringify,
  Map,
  MapPrototypeSet,
  MathTrunc,
  Number,
  NumberIsFinite,
  ObjectDefineProperty,
  StringPrototypeCharCodeAt,
  StringPrototypeIsWellFormed,
  StringPrototypeSlice,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
  uncurryThis,
} = primordials;
const { op_kv_delete, op_kv_get, op_kv_get_many, op_kv_list, op_kv_put_bytes, op_kv_put_text } = core.ops;
const {
  acquireReadableStreamDefaultReader,
  isReadableStream,
  isReadableStreamLocked,
  ReadableStreamDefaultReader,
} = core.loadExtScript("ext:deno_web/06_streams.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const readerRead = uncurryThis(ReadableStreamDefaultReader.prototype.read);
const readerCancel = uncurryThis(ReadableStreamDefaultReader.prototype.cancel);

/** Bytes of a key. Source: production's text for a longer one. */
const KEY_BYTES_MAX = 512;
/** Bytes of a value, 25 MiB. */
const VALUE_BYTES_MAX = 25 * 1024 * 1024;
/** Characters of the list of keys in a span. */
const SPAN_KEYS_CHARS_MAX = 512;
/** Stands for a number that was not given. */
const ABSENT = 0 / 0;

const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";
const VALUE_KIND_TEXT =
  "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.";
const TYPE_TEXT = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';

/** Given to the constructor by this script only. */
const construct = {};

/** A namespace of this machine is the id of its service, any other the way to the service that answers for it. */
function isDesignated(service) {
  return typeof service !== "number";
}

/** The calls of a namespace that a service answers for. */
function designated() {
  return core.loadExtScript("ext:lopata/kv/designated.js");
}

/** A namespace, as `env` holds it. */
class KvNamespace {
  /** The id of the service in this isolate. */
  #service;
  /** The name in `env`, for spans. */
  #name;

  constructor(token, service, name) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#service = service;
    this.#name = name;
  }

  /**
   * @param {string | string[]} key
   * @param {string | { type?: string, cacheTtl?: number }} [options]
   */
  get(key, options) {
    requireNamespace(isObject(this) && #service in this);
    requireArgument(arguments.length >= 1, "get", 1, "string or Array");
    const keys = ArrayIsArray(key) ? toStrings(key) : `${key}`;
    const { type, cacheTtl } = toGetOptions(options);
    if (typeof keys !== "string") return getMany(this.#service, this.#name, "get", keys, type, cacheTtl);
    return getOne(this.#service, this.#name, "get", keys, type, cacheTtl);
  }

  /**
   * @param {string | string[]} key
   * @param {string | { type?: string, cacheTtl?: number }} [options]
   */
  getWithMetadata(key, options) {
    requireNamespace(isObject(this) && #service in this);
    requireArgument(arguments.length >= 1, "getWithMetadata", 1, "Array or string");
    const keys = ArrayIsArray(key) ? toStrings(key) : `${key}`;
    const { type, cacheTtl } = toGetOptions(options);
    if (typeof keys !== "string") return getMany(this.#service, this.#name, "getWithMetadata", keys, type, cacheTtl);
    // Here, and not for `get`, production throws.
    checkKey("GET", keys);
    return getOne(this.#service, this.#name, "getWithMetadata", keys, type, cacheTtl);
  }

  /**
   * @param {string} key
   * @param {string | ArrayBuffer | ArrayBufferView | ReadableStream} value
   * @param {{ expiration?: number, expirationTtl?: number, metadata?: unknown }} [options]
   */
  put(key, value, options) {
    requireNamespace(isObject(this) && #service in this);
    return put(this.#service, this.#name, arguments.length, key, value, options);
  }

  /** @param {string} key */
  delete(key) {
    requireNamespace(isObject(this) && #service in this);
    return remove(this.#service, this.#name, arguments.length, key);
  }

  /** @param {{ prefix?: string | null, limit?: number, cursor?: string | null }} [options] */
  list(options) {
    requireNamespace(isObject(this) && #service in this);
    return list(this.#service, this.#name, options);
  }
}

ObjectDefineProperty(KvNamespace.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "KvNamespace",
  configurable: true,
});
for (const key of ["get", "getWithMetadata", "put", "delete", "list"]) {
  // The shape of production's methods.
  ObjectDefineProperty(KvNamespace.prototype, key, { __proto__: null, enumerable: true });
  ObjectDefineProperty(KvNamespace.prototype[key], "length", { __proto__: null, value: 0 });
}
// What structured clone calls for an object with this property.
ObjectDefineProperty(KvNamespace.prototype, core.hostObjectBrand, {
  __proto__: null,
  value() {
    throw new DOMException(
      'Could not serialize object of type "KvNamespace". This type does not support serialization.',
      "DataCloneError",
    );
  },
});

/** @param {"get" | "getWithMetadata"} operation */
async function getOne(service, name, operation, key, type, cacheTtl) {
  checkKey("GET", key);
  const withMetadata = operation === "getWithMetadata";
  const attributes = attributesOf(name, operation, key, 1);
  if (type !== undefined) attributes["cloudflare.kv.query.type"] = type;
  if (isGiven(cacheTtl)) attributes["cloudflare.kv.query.cache_ttl"] = cacheTtl;
  return await internals.lopata.bindingCall(`kv_${operation}`, attributes, async () => {
    if (isDesignated(service)) {
      const found = await designated().get(service, key, type, cacheTtl, attributes);
      return withMetadata ? found : found.value;
    }
    const kind = type ?? "text";
    const found = await op_kv_get(service, key, kind === "text" || kind === "json", withMetadata, cacheTtl);
    if (found === null) {
      return withMetadata ? { value: null, metadata: null, cacheStatus: null } : null;
    }
    attributes["cloudflare.kv.response.returned_rows"] = 1;
    if (!withMetadata) return toValue(kind, found, attributes);
    const { 0: value, 1: metadata } = found;
    if (metadata !== null) attributes["cloudflare.kv.response.metadata"] = true;
    return {
      value: toValue(kind, value, attributes),
      metadata: metadata === null ? null : JSONParse(metadata),
      cacheStatus: null,
    };
  });
}

/** @param {"get" | "getWithMetadata"} operation */
async function getMany(service, name, operation, keys, type, cacheTtl) {
  const withMetadata = operation === "getWithMetadata";
  let listed = ArrayPrototypeJoin(keys, ", ");
  if (listed.length > SPAN_KEYS_CHARS_MAX) listed = `${StringPrototypeSlice(listed, 0, SPAN_KEYS_CHARS_MAX - 3)}...`;
  const attributes = attributesOf(name, operation, listed, keys.length);
  if (type !== undefined) attributes["cloudflare.kv.query.type"] = type;
  if (isGiven(cacheTtl)) attributes["cloudflare.kv.query.cache_ttl"] = cacheTtl;
  return await internals.lopata.bindingCall(`kv_${operation}`, attributes, async () => {
    if (isDesignated(service)) {
      return await designated().getMany(service, keys, type, withMetadata, cacheTtl, attributes);
    }
    const found = await op_kv_get_many(service, keys, type ?? "", cacheTtl);
    const values = new Map();
    for (let i = 0; i < found.length; i += 3) {
      const text = found[i + 1];
      let value = text;
      if (type === "json" && text !== null) {
        try {
          value = JSONParse(text);
        } catch {
          throw new Error(
            "KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value",
          );
        }
      }
      if (withMetadata && text !== null) {
        const metadata = found[i + 2];
        value = { value, metadata: metadata === null ? null : JSONParse(metadata) };
      }
      MapPrototypeSet(values, found[i], value);
    }
    attributes["cloudflare.kv.response.returned_rows"] = found.length / 3;
    return values;
  });
}

async function put(service, name, count, key, value, options) {
  requireArgument(count >= 1, "put", 1, "string");
  key = `${key}`;
  requireArgument(count >= 2, "put", 2, "string or JsObject");
  if (!isObject(value)) value = `${value}`;
  requireArgument(options === undefined || options === null || isObject(options), "put", 3, "PutOptions");
  const expiration = toInt32(options?.expiration);
  const expirationTtl = toInt32(options?.expirationTtl);
  const metadata = options?.metadata;
  checkKey("PUT", key);

  const attributes = attributesOf(name, "put", key, 1);
  if (isGiven(expiration)) attributes["cloudflare.kv.query.expiration"] = expiration;
  if (isGiven(expirationTtl)) attributes["cloudflare.kv.query.expiration_ttl"] = expirationTtl;
  let metadataText = "";
  if (metadata !== undefined && metadata !== null) {
    // What has no JSON text (a function) becomes `undefined`, which the namespace refuses as production does.
    metadataText = `${JSONStringify(metadata)}`;
    attributes["cloudflare.kv.query.metadata"] = true;
  }
  if (typeof value === "string") {
    attributes["cloudflare.kv.query.value_type"] = "text";
    return await internals.lopata.bindingCall("kv_put", attributes, async () => {
      if (isDesignated(service)) {
        return await designated().put(service, key, value, expiration, expirationTtl, metadataText);
      }
      await op_kv_put_text(service, key, value, expiration, expirationTtl, metadataText);
    });
  }
  const isStream = isReadableStream(value);
  // Taken now: what happens to the buffer while a span starts must not matter.
  const bytes = isStream ? undefined : toBytes(value);
  if (!isStream && bytes === undefined) {
    // Production tries to make a string of it before it refuses, and what that throws comes first.
    void `${value}`;
    throw new TypeError(VALUE_KIND_TEXT);
  }
  attributes["cloudflare.kv.query.value_type"] = isStream ? "ReadableStream" : "ArrayBuffer";
  if (!isStream) attributes["cloudflare.kv.query.payload.size"] = TypedArrayPrototypeGetByteLength(bytes);
  return await internals.lopata.bindingCall("kv_put", attributes, async () => {
    if (isDesignated(service)) {
      return await designated().put(service, key, bytes ?? value, expiration, expirationTtl, metadataText);
    }
    const whole = isStream ? await readAll(value) : bytes;
    await op_kv_put_bytes(service, key, whole, expiration, expirationTtl, metadataText);
  });
}

async function remove(service, name, count, key) {
  requireArgument(count >= 1, "delete", 1, "string");
  key = `${key}`;
  checkKey("DELETE", key);
  const attributes = attributesOf(name, "delete", key, 1);
  return await internals.lopata.bindingCall("kv_delete", attributes, async () => {
    if (isDesignated(service)) return await designated().remove(service, key);
    await op_kv_delete(service, key);
  });
}

async function list(service, name, options) {
  requireArgument(options === undefined || options === null || isObject(options), "list", 1, "ListOptions");
  let limit = toInt32(options?.limit);
  const prefix = toOptionalString(options?.prefix);
  const cursor = toOptionalString(options?.cursor);
  const attributes = attributesOf(name, "list", undefined, undefined);
  if (isGiven(limit)) attributes["cloudflare.kv.query.limit"] = limit;
  if (prefix !== undefined) attributes["cloudflare.kv.query.prefix"] = prefix;
  if (cursor !== undefined) attributes["cloudflare.kv.query.cursor"] = cursor;
  // As production: a limit that makes no sense is none.
  if (limit <= 0) limit = ABSENT;
  return await internals.lopata.bindingCall("kv_list", attributes, async () => {
    if (isDesignated(service)) return await designated().list(service, limit, prefix, cursor, attributes);
    const page = await op_kv_list(service, prefix ?? "", limit, cursor ?? "");
    const keys = [];
    for (let i = 1; i < page.length; i += 3) {
      const key = { name: page[i] };
      if (page[i + 1] !== null) key.expiration = page[i + 1];
      if (page[i + 2] !== null) key.metadata = JSONParse(page[i + 2]);
      ArrayPrototypePush(keys, key);
    }
    const next = page[0];
    attributes["cloudflare.kv.response.returned_rows"] = keys.length;
    attributes["cloudflare.kv.response.list_complete"] = next === null;
    if (next === null) return { keys, list_complete: true, cacheStatus: null };
    attributes["cloudflare.kv.response.cursor"] = next;
    return { keys, list_complete: false, cursor: next, cacheStatus: null };
  });
}

/**
 * The value as the caller asked for it.
 * @param {string} type
 * @param {string | Uint8Array} found text for `text` and `json`, bytes for all others
 */
function toValue(type, found, attributes) {
  switch (type) {
    case "text":
      return found;
    case "json":
      return JSONParse(found);
    case "arrayBuffer":
      attributes["cloudflare.kv.response.size"] = TypedArrayPrototypeGetByteLength(found);
      return TypedArrayPrototypeGetBuffer(found);
    case "stream":
      attributes["cloudflare.kv.response.size"] = TypedArrayPrototypeGetByteLength(found);
      return toStream(found);
    default:
      throw new TypeError(TYPE_TEXT);
  }
}

/** @param {Uint8Array} bytes */
function toStream(bytes) {
  return internal.createReadable(new internal.BytesSource(bytes));
}

/**
 * Reads a stream to its end, or until it is too long for a value.
 * @param {ReadableStream} stream
 * @returns {Promise<Uint8Array>}
 */
async function readAll(stream) {
  if (isReadableStreamLocked(stream)) throw new TypeError("The ReadableStream has been locked to a reader.");
  const reader = acquireReadableStreamDefaultReader(stream);
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await readerRead(reader);
    if (done) break;
    const bytes = toBytes(value);
    let refusal;
    if (bytes === undefined) {
      refusal = new TypeError("This ReadableStream did not return bytes.");
    } else {
      length += TypedArrayPrototypeGetByteLength(bytes);
      if (length > VALUE_BYTES_MAX) {
        refusal = new Error(`KV PUT failed: 413 Value length of ${length} exceeds limit of ${VALUE_BYTES_MAX}.`);
      }
    }
    if (refusal !== undefined) {
      // Whether the source minds being cancelled is of no interest any more.
      (async () => {
        try {
          await readerCancel(reader, refusal);
        } catch { /* nobody to tell */ }
      })();
      throw refusal;
    }
    ArrayPrototypePush(chunks, bytes);
  }
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let offset = 0;
  for (let i = 0; i < chunks.length; i++) {
    TypedArrayPrototypeSet(whole, chunks[i], offset);
    offset += TypedArrayPrototypeGetByteLength(chunks[i]);
  }
  return whole;
}

/** The bytes behind a buffer or a view; `undefined` for anything else. Shared memory is copied. */
function toBytes(value) {
  let bytes;
  if (ArrayBufferIsView(value)) {
    bytes = TypedArrayPrototypeGetSymbolToStringTag(value) === undefined
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
  } else if (core.isAnyArrayBuffer(value)) {
    bytes = new Uint8Array(value);
  } else {
    return undefined;
  }
  if (!core.isSharedArrayBuffer(TypedArrayPrototypeGetBuffer(bytes))) return bytes;
  const copy = new Uint8Array(TypedArrayPrototypeGetByteLength(bytes));
  TypedArrayPrototypeSet(copy, bytes, 0);
  return copy;
}

/** What production's runtime refuses before it asks the namespace. */
function checkKey(method, key) {
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
  const length = utf8Length(key);
  if (length > KEY_BYTES_MAX) {
    throw new Error(
      `KV ${method} failed: 414 UTF-8 encoded length of ${length} exceeds key length limit of ${KEY_BYTES_MAX}.`,
    );
  }
  if (!StringPrototypeIsWellFormed(key)) throw new Error(`KV ${method} failed: 400 Could not URL-decode key name`);
}

function utf8Length(text) {
  // Nothing takes more than three bytes a unit, so a short key needs no count.
  if (text.length * 3 <= KEY_BYTES_MAX) return text.length;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    // Each half of a pair counts two of its four bytes; a lone half counts the three of U+FFFD.
    else if (unit >= 0xd800 && unit <= 0xdfff && isPaired(text, i, unit)) length += 2;
    else length += 3;
  }
  return length;
}

function isPaired(text, index, unit) {
  if (unit <= 0xdbff) {
    const next = StringPrototypeCharCodeAt(text, index + 1);
    return next >= 0xdc00 && next <= 0xdfff;
  }
  const previous = StringPrototypeCharCodeAt(text, index - 1);
  return previous >= 0xd800 && previous <= 0xdbff;
}

function isObject(value) {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

/** @returns {{ type: string | undefined, cacheTtl: number }} */
function toGetOptions(options) {
  if (options === undefined || options === null) return { type: undefined, cacheTtl: ABSENT };
  if (!isObject(options)) return { type: `${options}`, cacheTtl: ABSENT };
  const type = options.type;
  return { type: type === undefined ? undefined : `${type}`, cacheTtl: toInt32(options.cacheTtl) };
}

/** An optional integer as production converts it; `ABSENT` when it was not given. */
function toInt32(value) {
  if (value === undefined) return ABSENT;
  const number = Number(typeof value === "bigint" ? refuseBigInt() : value);
  if (!NumberIsFinite(number)) return 0;
  const whole = MathTrunc(number);
  if (whole < -2147483648 || whole > 2147483647) {
    throw new TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }
  return whole;
}

function isGiven(number) {
  return number === number;
}

function refuseBigInt() {
  throw new TypeError("Cannot convert a BigInt value to a number");
}

function toOptionalString(value) {
  return value === undefined || value === null ? undefined : `${value}`;
}

function toStrings(values) {
  const strings = [];
  for (let i = 0; i < values.length; i++) ArrayPrototypePush(strings, `${values[i]}`);
  return strings;
}

function requireNamespace(isNamespace) {
  if (!isNamespace) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
}

function requireArgument(given, method, index, type) {
  if (!given) {
    throw new TypeError(`Failed to execute '${method}' on 'KvNamespace': parameter ${index} is not of type '${type}'.`);
  }
}

/** What a span says of a call, in production's names. */
function attributesOf(name, operation, keys, count) {
  const attributes = {
    __proto__: null,
    "db.system.name": "cloudflare-kv",
    "db.operation.name": operation,
    "cloudflare.binding.name": name,
    "cloudflare.binding.type": "KV",
  };
  if (keys !== undefined) {
    attributes["cloudflare.kv.query.keys"] = keys;
    attributes["cloudflare.kv.query.keys.count"] = count;
  }
  return attributes;
}

/**
 * The namespace behind the service `service`, for `env`.
 * @param {number | { handle: object, name: string }} service its id, or the way to what answers for it
 * @param {string} [name] the binding's name
 */
function KVNamespace(service, name = "") {
  return new KvNamespace(construct, service, name);
}

return { KVNamespace };
})();
