// The Cache API: `caches`, in front of this machine's caches or of the service that a configuration designates.
//
// Decides what production's runtime refuses, and when: what is wrong with arguments rejects (or throws, for workers of
// an old date), what is wrong with `this` throws. What may be stored and which form of it a request gets is decided
// behind the call.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  encodeURIComponent,
  Error,
  ObjectDefineProperty,
  ObjectGetOwnPropertyNames,
  PromiseReject,
  SafeArrayIterator,
  SafeWeakMap,
  String,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  SymbolToStringTag,
  TypeError,
  TypedArrayPrototypeGetByteLength,
  Uint8Array,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const { op_cache_delete, op_cache_match, op_cache_put } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const coding_ = core.loadExtScript("ext:lopata/fetch/coding.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const request_ = core.loadExtScript("ext:lopata/fetch/request.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { badParameter, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** Bytes that the name of a cache must stay below. Source: workerd's `MAX_CACHE_NAME_LENGTH`. */
const NAME_BYTES_MAX = 1024;

// Source of the texts: workerd, and for a WebSocket what it says in wrangler.
const URL_TEXT = "Invalid URL. Cache API keys must be fully-qualified, valid URLs.";
const WEBSOCKET_TEXT = "Worker tried to return a WebSocket in a response to a request which did not contain the " +
  'header "Upgrade: websocket".';

const NO_BYTES = new Uint8Array(0);

/** Whether this machine's caches answer. */
let own = false;

/** The way to the service that answers instead. @type {{ handle: object, name: string } | null} */
let route = null;

/** Given to constructors by this script only. */
const construct = {};

/** The caches that there are, so that `this` can be checked: `null` for the default one, or a name. */
const known = new SafeWeakMap();

/** The only `caches`. */
const storages = new SafeWeakMap();

const designated = () => core.loadExtScript("ext:lopata/cache/designated.js");

class Cache {
  constructor(token, name) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    // Encoded, as production's runtime tells its cache; `full` is how the actor calls it.
    const encoded = name === null ? null : encodeURIComponent(name);
    WeakMapPrototypeSet(known, this, { name: encoded, full: encoded === null ? "default" : `named:${encoded}` });
  }

  add() {
    check(this);
    throw notImplemented("add", "Cache");
  }

  addAll() {
    check(this);
    throw notImplemented("addAll", "Cache");
  }

  /** @param {RequestInfo} input @param {{ ignoreMethod?: boolean }} [options] @returns {Promise<boolean>} */
  delete(input = undefined, options = undefined) {
    const cache = check(this);
    const given = arguments.length;
    return begin(() => {
      needInput(given, "delete");
      needOptions(options, "delete");
      io.required();
    }, () => remove(cache, input, options));
  }

  /** @param {RequestInfo} input @param {{ ignoreMethod?: boolean }} [options] @returns {Promise<Response | undefined>} */
  match(input = undefined, options = undefined) {
    const cache = check(this);
    const given = arguments.length;
    return begin(() => {
      needInput(given, "match");
      needOptions(options, "match");
      io.required();
    }, () => match(cache, input, options));
  }

  /** @param {RequestInfo} input @param {Response} response @returns {Promise<void>} */
  put(input = undefined, response = undefined) {
    const cache = check(this);
    const given = arguments.length;
    return begin(() => {
      needInput(given, "put");
      if (!rr.isResponse(response)) throw badParameter("put", "Cache", 2, "Response");
      if (rr.toInnerResponse(response).type === "error") {
        throw new TypeError("Cache is unable to store an error response");
      }
    }, () => put(cache, input, response));
  }

  matchAll() {
    check(this);
    throw notImplemented("matchAll", "Cache");
  }

  keys() {
    check(this);
    throw notImplemented("keys", "Cache");
  }
}

class CacheStorage {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    const value = new Cache(construct, null);
    ObjectDefineProperty(this, "default", { __proto__: null, value, enumerable: true, configurable: true });
    WeakMapPrototypeSet(storages, this, true);
  }

  /** @param {string} name @returns {Promise<Cache>} */
  open(name = undefined) {
    checkStorage(this);
    const given = arguments.length;
    let checked;
    return begin(() => {
      if (given === 0) throw badParameter("open", "CacheStorage", 1, "string");
      checked = text(name);
      if (TypedArrayPrototypeGetByteLength(core.encode(checked)) >= NAME_BYTES_MAX) {
        throw new TypeError("Cache name is too long.");
      }
    }, async () => new Cache(construct, checked));
  }

  delete() {
    checkStorage(this);
    throw notImplemented("delete", "CacheStorage");
  }

  match() {
    checkStorage(this);
    throw notImplemented("match", "CacheStorage");
  }

  has() {
    checkStorage(this);
    throw notImplemented("has", "CacheStorage");
  }

  keys() {
    checkStorage(this);
    throw notImplemented("keys", "CacheStorage");
  }
}

for (const { 0: prototype, 1: name } of [[Cache.prototype, "Cache"], [CacheStorage.prototype, "CacheStorage"]]) {
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
}

for (const prototype of new SafeArrayIterator([Cache.prototype, CacheStorage.prototype])) {
  for (const key of new SafeArrayIterator(ObjectGetOwnPropertyNames(prototype))) {
    // The shape of production's methods.
    if (key !== "constructor") ObjectDefineProperty(prototype, key, { __proto__: null, enumerable: true });
  }
}

function check(cache) {
  const found = isObject(cache) ? WeakMapPrototypeGet(known, cache) : undefined;
  if (found === undefined) throw illegalInvocation();
  return found;
}

function checkStorage(storage) {
  if (!isObject(storage) || !WeakMapPrototypeGet(storages, storage)) throw illegalInvocation();
}

/** What `checks` throws rejects, except for workers of a date before production did that. */
function begin(checks, run) {
  try {
    checks();
  } catch (error) {
    if (!compat.has("capture_async_api_throws")) throw error;
    return PromiseReject(error);
  }
  return run();
}

function needInput(given, method) {
  if (given === 0) throw badParameter(method, "Cache", 1, "Request or string");
}

/** Options of the standard that no cache of Cloudflare's has. */
const OTHER_OPTIONS = ["ignoreSearch", "ignoreVary", "cacheName"];

function needOptions(options, method) {
  if (options === undefined || options === null) return;
  if (!isObject(options)) throw badParameter(method, "Cache", 2, "CacheQueryOptions");
  for (let i = 0; i < OTHER_OPTIONS.length; i++) {
    if (options[OTHER_OPTIONS[i]] === undefined) continue;
    throw new Error(`The '${OTHER_OPTIONS[i]}' field on 'CacheQueryOptions' is not implemented.`);
  }
}

function notImplemented(method, owner) {
  return new Error(`Failed to execute '${method}' on '${owner}': the method is not implemented.`);
}

/** What the request of a call is made of. */
function requestOf(input) {
  return rr.toInnerRequest(rr.isRequest(input) ? input : new rr.Request(input));
}

/** Whether a request of another method may be asked about. */
function answers(state, options) {
  return state.method === "GET" || !!options?.ignoreMethod;
}

/** A URL that a cache takes, without its fragment. @param {string} href */
function checkedUrl(href) {
  const secure = StringPrototypeStartsWith(href, "https://");
  if (!secure && !StringPrototypeStartsWith(href, "http://")) {
    if (!StringPrototypeIncludes(href, "://")) throw new TypeError(URL_TEXT);
    // In production it is the cache, another worker, that refuses.
    const error = new TypeError(`Fetch API cannot load: ${href}`);
    error.remote = true;
    throw error;
  }
  const start = secure ? 8 : 7;
  const at = StringPrototypeIndexOf(href, "@", start);
  if (at >= 0) {
    const end = StringPrototypeIndexOf(href, "/", start);
    if (end < 0 || at < end) throw new TypeError(URL_TEXT);
  }
  const fragment = StringPrototypeIndexOf(href, "#");
  return fragment < 0 ? href : StringPrototypeSlice(href, 0, fragment);
}

/** What a response is stored under. */
function keyOf(state) {
  const url = checkedUrl(state.href);
  const key = request_.cacheKeyOf(state);
  return key ? String(key) : url;
}

async function match(cache, input, options) {
  const state = requestOf(input);
  if (!answers(state, options)) return undefined;
  if (!own) return await designated().match(routed(), cache.name, state, checkedUrl(state.href));
  const header = (name) => headers_.get(state.headers, name) ?? "";
  const range = header("range");
  const tag = header("if-none-match");
  const since = header("if-modified-since");
  const key = keyOf(state);
  const attributes = attributesOf(state, options);
  attributes["cache.request.method"] = state.method;
  if (range !== "") attributes["cache.request.header.range"] = range;
  if (since !== "") attributes["cache.request.header.if_modified_since"] = since;
  if (tag !== "") attributes["cache.request.header.if_none_match"] = tag;
  const context = io.required();
  return await io.bindingCall("cache_match", attributes, async () => {
    const found = await op_cache_match(cache.full, key, range, tag, since);
    attributes["cache.response.success"] = found !== null;
    attributes["cache.response.cache_status"] = found === null ? "MISS" : "HIT";
    if (found === null) return undefined;
    attributes["cache.response.status_code"] = found.status;
    return responseOf(found, context);
  });
}

/** The response of a hit. */
function responseOf(found, context) {
  const { status } = found;
  let body;
  if (rr.nullBodyStatus(status)) {
    if (found.bodyKind === 2) core.ops.op_body_cancel(found.body, undefined);
    body = null;
  } else if (found.bodyKind === 2) {
    body = body_.innerBodyFromNative(found.body, found.length < 0 ? null : found.length, context);
  } else {
    body = body_.innerBodyFromBytes(found.bodyKind === 1 ? found.body : NO_BYTES);
  }
  const coding = body === null ? null : codingFor(found.headers);
  // A part of what is encoded cannot be decoded.
  if (coding !== null && status !== 206) body.coding = coding;
  const response = rr.outboundResponse(status, "", found.headers, body, null);
  if (coding !== null && status === 206) rr.setEncoded(response);
  return response;
}

/** How a body with these headers is encoded where it is stored. @param {[string, string][]} list */
function codingFor(list) {
  for (let i = 0; i < list.length; i++) {
    if (list[i][0] === "content-encoding") return coding_.codingOf(list[i][1], compat.has("brotli_content_encoding"));
  }
  return null;
}

async function put(cache, input, response) {
  const state = requestOf(input);
  io.required();
  const inner = rr.toInnerResponse(response);
  const { status } = inner;
  if (state.method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
  if (status === 206) throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
  const vary = headers_.get(inner.headers, "vary");
  if (vary !== null && StringPrototypeIncludes(vary, "*")) {
    throw new TypeError("Cannot cache response with 'Vary: *' header.");
  }
  if (inner.webSocket) throw new TypeError(WEBSOCKET_TEXT);
  // Its use as an answer to others would be a mistake; production forgets it silently.
  if (status === 304) return undefined;
  if (!own) return await designated().put(routed(), cache.name, state, checkedUrl(state.href), response);
  const key = keyOf(state);
  const pairs = inner.headerList;
  let failure;
  const sent = rr.takeBody(encodedBody(response, inner, pairs), (error, cancelled) => {
    if (error !== undefined && !cancelled) failure = { error };
  });
  if (typeof sent.value === "string") sent.value = core.encode(sent.value);
  const attributes = attributesOf(state, undefined);
  describePut(attributes, inner, sent);
  const authorized = headers_.get(state.headers, "authorization") !== null;
  const headers = [];
  for (let i = 0; i < pairs.length; i++) ArrayPrototypePush(headers, pairs[i][0], pairs[i][1]);
  await io.bindingCall("cache_put", attributes, async () => {
    const { kind, value, length } = sent;
    const bytes = kind === 1 ? value : NO_BYTES;
    const stream = kind > 1 ? value : 0;
    const stored = await op_cache_put(cache.full, key, authorized, status, headers, bytes, stream, length);
    attributes["cache.response.success"] = stored;
    // Only a script's own stream is told of here: that of a server that went away is nobody's fault.
    if (failure !== undefined) throw failure.error;
  });
  return undefined;
}

/** The body as its content-encoding says, which is how it is stored. */
function encodedBody(response, { body }, pairs) {
  if (body === null || rr.isEncoded(response)) return body;
  const coding = codingFor(pairs);
  if (coding === null) return body;
  if (body.consumed()) throw new TypeError(rr.BODY_USED_TEXT);
  return new rr.InnerBody(coding_.encoded(body.stream, coding));
}

const PUT_HEADERS = ["cache-control", "cache-tag", "etag", "expires", "last-modified"];
const PUT_ATTRIBUTES = ["cache_control", "cache_tag", "etag", "expires", "last_modified"];

function describePut(attributes, inner, sent) {
  attributes["cache.request.payload.status_code"] = inner.status;
  for (let i = 0; i < PUT_HEADERS.length; i++) {
    const value = headers_.get(inner.headers, PUT_HEADERS[i]);
    if (value !== null) attributes[`cache.request.payload.header.${PUT_ATTRIBUTES[i]}`] = value;
  }
  const size = sent.kind === 1 ? TypedArrayPrototypeGetByteLength(sent.value) : sent.length;
  if (size >= 0) attributes["cache.request.payload.size"] = size;
}

async function remove(cache, input, options) {
  const state = requestOf(input);
  if (!answers(state, options)) return false;
  if (!own) return await designated().remove(routed(), cache.name, state, checkedUrl(state.href));
  const key = keyOf(state);
  const attributes = attributesOf(state, options);
  return await io.bindingCall("cache_delete", attributes, async () => {
    const found = await op_cache_delete(cache.full, key);
    attributes["cache.response.status_code"] = found ? 200 : 404;
    attributes["cache.response.success"] = found;
    return found;
  });
}

/** As production's tracing names them. */
function attributesOf(state, options) {
  const attributes = { __proto__: null, "cache.request.url": state.href };
  if (options?.ignoreMethod !== undefined) attributes["cache.request.ignore_method"] = !!options.ignoreMethod;
  return attributes;
}

function routed() {
  if (route === null) throw new Error("No Cache was configured");
  return route;
}

/** @param {{ handle: object, name: string }} given the service that answers */
function setRoute(given) {
  route = given;
}

/** This machine's caches answer. */
function setOwn() {
  own = true;
}

return { Cache, caches: new CacheStorage(construct), CacheStorage, setOwn, setRoute };
})();
