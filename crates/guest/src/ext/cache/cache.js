// The Cache API: `caches`, which asks the service that the worker's configuration designates.
//
// A match is a GET that wants nothing but what is cached, a put a PUT whose body is the response as HTTP has it, a
// delete a PURGE. The service says in `CF-Cache-Status` whether it has something. A worker without such a service has
// no cache.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeFilter,
  ArrayPrototypePush,
  Error,
  ObjectDefineProperty,
  SafeArrayIterator,
  SafeRegExp,
  StringPrototypeIncludes,
  StringPrototypeReplace,
  StringPrototypeToLowerCase,
  StringPrototypeToUpperCase,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
  uncurryThis,
} = primordials;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** How `caches` refuses while the worker has no service for it. */
let absence = () => new Error("No Cache was configured");

/** @type {{ handle: object, name: string } | null} */
let route = null;

/** Given to constructors by this script only. */
const construct = {};

const exchange_ = () => core.loadExtScript("ext:lopata/service/exchange.js");

/** The caches that there are, so that `this` can be checked. */
const known = new primordials.SafeWeakMap();

class Cache {
  constructor(token, name) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    primordials.WeakMapPrototypeSet(known, this, { name });
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
  async delete(input, options) {
    const { name } = check(this);
    need(arguments.length >= 1, "delete", 1, "Request or string");
    io.required();
    const request = toRequest(input);
    if (!options?.ignoreMethod && request.method !== "GET") return false;
    // Source: production's cache takes a purge from no address but this.
    const answer = await ask(name, "PURGE", request, [["X-Real-IP", "127.0.0.1"]], null);
    answer.discard();
    if (answer.status === 200) return true;
    if (answer.status === 404) return false;
    if (answer.status === 429) {
      throw new Error("Unable to delete cached response: Rate limited. Please slow down your requests and try again.");
    }
    return false;
  }

  /** @param {RequestInfo} input @param {{ ignoreMethod?: boolean }} [options] @returns {Promise<Response | undefined>} */
  async match(input, options) {
    const { name } = check(this);
    need(arguments.length >= 1, "match", 1, "Request or string");
    io.required();
    const request = toRequest(input);
    if (!options?.ignoreMethod && request.method !== "GET") return undefined;
    const answer = await ask(name, "GET", request, [["Cache-Control", "only-if-cached"]], null);
    if (answer.header("cf-cache-status") === "HIT") return answer.response;
    answer.discard();
    return undefined;
  }

  /** @param {RequestInfo} input @param {Response} response */
  async put(input, response) {
    const { name } = check(this);
    need(arguments.length >= 1, "put", 1, "Request or string");
    need(rr.isResponse(response), "put", 2, "Response");
    if (response.type === "error") throw new TypeError("Cache is unable to store an error response");
    io.required();
    const request = toRequest(input);
    if (request.method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
    if (response.status === 206) {
      throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
    }
    const vary = response.headers.get("vary");
    if (vary !== null && StringPrototypeIncludes(vary, "*")) {
      throw new TypeError("Cannot cache response with 'Vary: *' header.");
    }
    if (response.webSocket) throw new TypeError("Cannot cache WebSocket upgrade response.");
    // Its use as an answer to others would be a mistake; production forgets it silently.
    if (response.status === 304) return undefined;
    const payload = await serialized(response);
    const answer = await ask(name, "PUT", request, [], payload);
    answer.discard();
    return undefined;
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
  }

  /** @param {string} name @returns {Promise<Cache>} */
  async open(name) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'open' on 'CacheStorage': parameter 1 is not of type 'string'.");
    }
    return new Cache(construct, `${name}`);
  }

  delete() {
    throw notImplemented("delete", "CacheStorage");
  }

  match() {
    throw notImplemented("match", "CacheStorage");
  }

  has() {
    throw notImplemented("has", "CacheStorage");
  }

  keys() {
    throw notImplemented("keys", "CacheStorage");
  }
}

for (const { 0: prototype, 1: name } of [[Cache.prototype, "Cache"], [CacheStorage.prototype, "CacheStorage"]]) {
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
}

function check(cache) {
  const found = typeof cache === "object" && cache !== null ? primordials.WeakMapPrototypeGet(known, cache) : undefined;
  if (found === undefined) throw illegalInvocation();
  return found;
}

function need(given, method, index, type) {
  if (!given) {
    throw new TypeError(`Failed to execute '${method}' on 'Cache': parameter ${index} is not of type '${type}'.`);
  }
}

function notImplemented(method, owner) {
  return new Error(`Failed to execute '${method}' on '${owner}': the method is not implemented.`);
}

function toRequest(input) {
  return rr.isRequest(input) ? input : new rr.Request(input);
}

/** One request of a cache; its name tells one from another. */
async function ask(name, method, request, added, body) {
  if (route === null) throw absence();
  const names = added.length === 0 ? "" : StringPrototypeToLowerCase(added[0][0]);
  const headers = ArrayPrototypeFilter(rr.pairsOf(request.headers), (pair) => {
    return StringPrototypeToLowerCase(pair[0]) !== names;
  });
  for (const pair of new SafeArrayIterator(added)) ArrayPrototypePush(headers, pair);
  if (name !== null) ArrayPrototypePush(headers, ["CF-Cache-Namespace", name]);
  return await exchange_().exchange(route, method, request.url, headers, body);
}

const WORD = new SafeRegExp("(^|-)[a-z]", "g");

/** The response as HTTP/1.1 has it: what the body of a put is. @returns {Promise<Uint8Array>} */
async function serialized(response) {
  const { status, statusText, headers } = response;
  const text = statusText === "" ? exchange_().statusTextOf(status) : statusText;
  const body = new Uint8Array(await responseArrayBuffer(response));
  let head = `HTTP/1.1 ${status} ${text}\r\nContent-Length: ${TypedArrayPrototypeGetByteLength(body)}\r\n`;
  for (const { 0: name, 1: value } of new SafeArrayIterator(rr.pairsOf(headers))) {
    const lower = StringPrototypeToLowerCase(name);
    if (lower === "content-length" || lower === "transfer-encoding" || lower === "connection") continue;
    head += `${StringPrototypeReplace(lower, WORD, (letter) => StringPrototypeToUpperCase(letter))}: ${value}\r\n`;
  }
  const bytes = core.encode(`${head}\r\n`);
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const whole = new Uint8Array(length + TypedArrayPrototypeGetByteLength(body));
  TypedArrayPrototypeSet(whole, bytes, 0);
  TypedArrayPrototypeSet(whole, body, length);
  return whole;
}

const responseArrayBuffer = uncurryThis(rr.Response.prototype.arrayBuffer);

/** @param {{ handle: object, name: string }} given the service that answers */
function setRoute(given) {
  route = given;
}

/** @param {() => Error} given how calls are refused that nobody answers */
function setAbsence(given) {
  absence = given;
}

return { Cache, caches: new CacheStorage(construct), CacheStorage, setAbsence, setRoute };
})();
