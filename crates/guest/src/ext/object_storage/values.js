// Values as they are stored: V8's format, and in it what production's runtime adds for its own classes.
//
// Plain data is V8's format and nothing else. Errors, headers, requests and responses are host objects in it, as
// production writes them, so that what it has stored can be read here and the other way round. `values.rs` writes and
// reads the bytes; what a host object is made of is decided here.
(function () {
const { core, primordials } = __bootstrap;
const {
  AggregateError,
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  Error,
  EvalError,
  MapPrototypeForEach,
  MapPrototypeSet,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototype,
  ObjectPrototypeIsPrototypeOf,
  RangeError,
  ReferenceError,
  SafeMap,
  SetPrototypeAdd,
  SetPrototypeForEach,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  URIError,
} = primordials;
const NativeMap = primordials.Map;
const NativeSet = primordials.Set;
const { DENSE_LENGTH_MAX, isLeaf, isPlain } = core.loadExtScript("ext:lopata/rpc/plain.js");
const rpc = core.loadExtScript("ext:lopata/rpc/values.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { ReadableStream, WritableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");

/** Marks a placeholder; its value is the index of what it stands for. */
const brand = Symbol("stored placeholder");

/** What production numbers its classes with. */
const TAG = { __proto__: null, headers: 4, request: 5, response: 6, domException: 8, error: 10 };

/** Production's numbers of errors; 0 stands for any other name, which comes with it. */
const ERROR_TYPES = {
  __proto__: null,
  Error: 1,
  TypeError: 2,
  RangeError: 3,
  ReferenceError: 4,
  SyntaxError: 5,
  EvalError: 10,
  URIError: 11,
  AggregateError: 12,
};
const ERROR_CLASSES = {
  __proto__: null,
  1: Error,
  2: TypeError,
  3: RangeError,
  4: ReferenceError,
  5: SyntaxError,
  10: EvalError,
  11: URIError,
  12: AggregateError,
};

/** Headers that production writes as a number: the place in this list, from 1. */
const HEADER_NAMES = [
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "accept",
  "access-control-allow-origin",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "refresh",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
];
const HEADER_NUMBERS = { __proto__: null };
for (let i = 0; i < HEADER_NAMES.length; i++) HEADER_NUMBERS[HEADER_NAMES[i]] = i + 1;

/** The guard of headers that nobody guards. */
const GUARD_NONE = 3;

const cloneError = (message) => new DOMException(message, "DataCloneError");
const rpcOnly = (name) => cloneError(`${name} can only be serialized for RPC.`);

/** Copies a value for V8, with placeholders. One per value. */
class Copier {
  constructor() {
    /**
     * What is written for each placeholder: numbers as such, texts with their length, values in lists of one.
     * @type {(number | string | [unknown])[][]}
     */
    this.entries = [];
    /** Copies and placeholders, by what they stand for. */
    this.copies = new SafeMap();
  }

  value(value) {
    if (typeof value === "function" && core.isProxy(value) && rpc.parts.handlerOf?.(value) !== undefined) {
      // Source: production's text.
      throw cloneError("#<RpcStub> could not be cloned.");
    }
    if (typeof value !== "object" || value === null) return value;
    const known = this.copies.get(value);
    if (known !== undefined) return known;
    if (core.isProxy(value)) return value;
    if (ArrayIsArray(value)) return this.array(value);
    if (core.isNativeError(value)) return this.error(value);
    if (ObjectGetPrototypeOf(value) === ObjectPrototype) return this.object(value, {});
    if (ArrayBufferIsView(value) || isLeaf(value)) return value;
    if (core.isMap(value)) {
      const copy = new NativeMap();
      this.copies.set(value, copy);
      MapPrototypeForEach(value, (item, key) => {
        const copiedKey = this.value(key);
        MapPrototypeSet(copy, copiedKey, this.value(item));
      });
      return copy;
    }
    if (core.isSet(value)) {
      const copy = new NativeSet();
      this.copies.set(value, copy);
      SetPrototypeForEach(value, (item) => SetPrototypeAdd(copy, this.value(item)));
      return copy;
    }
    return this.instance(value);
  }

  /** An object of a class of the platform, or of the user's. */
  instance(value) {
    if (ObjectPrototypeIsPrototypeOf(rr.Headers.prototype, value)) {
      return this.placeholder(value, headersEntry(value));
    }
    if (ObjectPrototypeIsPrototypeOf(rr.Request.prototype, value)) return this.request(value);
    if (ObjectPrototypeIsPrototypeOf(rr.Response.prototype, value)) return this.response(value);
    // Source: production's texts.
    if (ObjectPrototypeIsPrototypeOf(ReadableStream.prototype, value)) throw rpcOnly("ReadableStream");
    if (ObjectPrototypeIsPrototypeOf(WritableStream.prototype, value)) throw rpcOnly("WritableStream");
    const { targetPrototype } = rpc.parts;
    if (targetPrototype !== undefined && ObjectPrototypeIsPrototypeOf(targetPrototype, value)) {
      throw cloneError("Remote RPC references can only be serialized for RPC.");
    }
    // Anything else of the platform says itself that it cannot be stored, and V8 says it of what is its own.
    if (core.hostObjectBrand in value || isOpaque(value)) return value;
    return this.object(value, {});
  }

  object(object, copy) {
    this.copies.set(object, copy);
    const keys = ObjectKeys(object);
    for (let i = 0; i < keys.length; i++) define(copy, keys[i], this.value(object[keys[i]]));
    return copy;
  }

  array(array) {
    const copy = [];
    if (array.length > DENSE_LENGTH_MAX) {
      copy.length = array.length;
      return this.object(array, copy);
    }
    this.copies.set(array, copy);
    // One after the other: V8 writes an array with places that are not filled yet in another form.
    for (let i = 0; i < array.length; i++) {
      if (ObjectHasOwn(array, i)) copy[i] = this.value(array[i]);
      else copy.length = i + 1;
    }
    const keys = ObjectKeys(array);
    // Indices come first.
    for (let i = keys.length - 1; i >= 0 && !isIndex(keys[i]); i--) define(copy, keys[i], this.value(array[keys[i]]));
    return copy;
  }

  /** An error with all that is its own, if the worker's date is of production's later ways. */
  error(error) {
    if (ObjectPrototypeIsPrototypeOf(DOMException.prototype, error)) {
      return this.placeholder(error, [TAG.domException, `${error.name}`, `${error.message}`, `${error.stack}`]);
    }
    if (!compat.has("enhanced_error_serialization")) return error;
    const name = `${error.name}`;
    const type = ERROR_TYPES[name] ?? 0;
    const entry = type === 0 ? [TAG.error, 0, [name]] : [TAG.error, type];
    const placeholder = this.placeholder(error, entry);
    ArrayPrototypePush(entry, [String(error.message)]);
    const properties = {};
    const names = ObjectGetOwnPropertyNames(error);
    for (let i = 0; i < names.length; i++) {
      if (names[i] === "message" || names[i] === "name") continue;
      define(properties, names[i], this.value(error[names[i]]));
    }
    ArrayPrototypePush(entry, [properties]);
    return placeholder;
  }

  request(request) {
    if (request.body !== null) throw rpcOnly("ReadableStream");
    const { signal } = rr.toInnerRequest(request);
    const cf = request.cf;
    const redirect = request.redirect;
    return this.placeholder(request, [TAG.request, request.url, [{
      method: request.method === "GET" ? undefined : request.method,
      headers: this.value(request.headers),
      body: null,
      redirect: redirect === "follow" ? undefined : redirect,
      fetcher: undefined,
      cf: cf === undefined || cf === null ? undefined : this.value(cf),
      cache: undefined,
      integrity: undefined,
      signal: signal === null ? undefined : signal,
      encodeResponseBody: undefined,
    }]]);
  }

  response(response) {
    if (response.body !== null) throw rpcOnly("ReadableStream");
    const { webSocket } = rr.toInnerResponse(response);
    const { statusText, cf } = response;
    return this.placeholder(response, [TAG.response, [null], [{
      status: response.status,
      statusText: statusText === "" ? undefined : statusText,
      headers: this.value(response.headers),
      cf: cf === undefined || cf === null ? undefined : this.value(cf),
      webSocket: webSocket === null ? undefined : webSocket,
      encodeBody: undefined,
    }]]);
  }

  placeholder(value, entry) {
    const placeholder = { __proto__: null, [brand]: ArrayPrototypePush(this.entries, entry) - 1 };
    this.copies.set(value, placeholder);
    return placeholder;
  }
}

/** @param {Headers} headers */
function headersEntry(headers) {
  const list = headers_.copy(headers);
  const entry = [TAG.headers, GUARD_NONE, list.length];
  for (let i = 0; i < list.length; i++) {
    const number = HEADER_NUMBERS[list[i][0]];
    if (number === undefined) ArrayPrototypePush(entry, 0, list[i][0], list[i][1]);
    else ArrayPrototypePush(entry, number, list[i][1]);
  }
  return entry;
}

/** What V8 has words of its own for. */
function isOpaque(value) {
  return core.isPromise(value) || core.isWeakMap(value) || core.isWeakSet(value) || core.isMapIterator(value) ||
    core.isSetIterator(value) || core.isGeneratorObject(value);
}

function isIndex(key) {
  const number = key >>> 0;
  return number !== 0xffffffff && `${number}` === key;
}

function define(object, key, value) {
  ObjectDefineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/**
 * A value as the op writes it: the value or its copy, and what stands for what is no plain data.
 * @param {unknown} value
 * @returns {[unknown, [unknown[][], symbol, symbol] | undefined]}
 */
function pack(value) {
  if ((typeof value !== "object" && typeof value !== "function") || isPlain(value)) return [value, undefined];
  const copier = new Copier();
  const copy = copier.value(value);
  // Without anything that needs a copy, V8 sees what the script has given.
  return [copier.entries.length === 0 ? value : copy, [copier.entries, brand, core.hostObjectBrand]];
}

/** An error of V8's serializer as production throws it; anything else as it is. @param {unknown} error */
function failure(error) {
  return rpc.cloneError(error);
}

/** Makes a host object from its parts, which come in the order in which they were written. */
function revive(tag, parts) {
  switch (tag) {
    case TAG.headers:
      return reviveHeaders(parts);
    case TAG.request:
      return new rr.Request(parts[0], given(parts[1]));
    case TAG.response:
      return new rr.Response(parts[0], given(parts[1]));
    case TAG.domException: {
      const exception = new DOMException(parts[1], parts[0]);
      exception.stack = parts[2];
      return exception;
    }
    case TAG.error:
      return reviveError(parts);
    default:
      return undefined;
  }
}

/** @param {(number | string)[]} parts pairs of a number or name, and a value */
function reviveHeaders(parts) {
  const list = [];
  for (let i = 0; i < parts.length; i += 2) {
    const name = typeof parts[i] === "number" ? HEADER_NAMES[parts[i] - 1] : parts[i];
    if (name !== undefined) ArrayPrototypePush(list, [name, parts[i + 1]]);
  }
  return headers_.headersOf(list, false);
}

/** The fields that are there. */
function given(init) {
  const fields = { __proto__: null };
  const keys = ObjectKeys(init);
  for (let i = 0; i < keys.length; i++) {
    if (init[keys[i]] !== undefined) fields[keys[i]] = init[keys[i]];
  }
  return fields;
}

function reviveError({ 0: type, 1: name, 2: message, 3: properties }) {
  const Class = ERROR_CLASSES[type] ?? Error;
  const error = Class === AggregateError ? new Class([], message) : new Class(message);
  const stack = ObjectGetOwnPropertyDescriptor(properties, "stack");
  if (stack === undefined) delete error.stack;
  if (type === 0) hidden(error, "name", name);
  const keys = ObjectKeys(properties);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key === "stack" || key === "errors") hidden(error, key, properties[key]);
    else define(error, key, properties[key]);
  }
  return error;
}

function hidden(object, key, value) {
  ObjectDefineProperty(object, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

return { failure, pack, revive };
})();
