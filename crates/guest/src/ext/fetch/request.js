// Request: production's constructor, and what an incoming event makes one of.
(function () {
const { core, primordials } = __bootstrap;
const {
  JSONParse,
  JSONStringify,
  ObjectFreeze,
  ObjectKeys,
  ObjectPrototypeIsPrototypeOf,
  StringPrototypeIncludes,
  StringPrototypeToLowerCase,
  SymbolFor,
  TypeError,
} = primordials;
const { op_request_cf, op_request_headers } = core.ops;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { AbortController, AbortSignalPrototype, newSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { cloneable } = core.loadExtScript("ext:lopata/clone/cloneable.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");
const { badConstructor, badField, illegal, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { finish } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const { Body, bodyOf, convert, extract, TOKEN } = core.loadExtScript("ext:lopata/fetch/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const options = core.loadExtScript("ext:lopata/fetch/options.js");

// Source of the texts: workerd's Request.
const GET_BODY_TEXT = "Request with a GET or HEAD method cannot have a body.";
const REDIRECT_TEXT = 'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be ' +
  "implemented since it does not make sense at the edge; use \"manual\" and check the response status code).";
const INTEGRITY_TEXT = "Subrequest integrity checking is not implemented. The integrity option must be either " +
  "undefined or an empty string.";
const DICTIONARY = "RequestInitializerDict";

/** What production adds to `cf` for workers of an old date. */
const BOT_MANAGEMENT = {
  corporateProxy: false,
  verifiedBot: false,
  jsDetection: { passed: false },
  staticResource: false,
  detectionIds: {},
  score: 99,
};

/** What a Fetcher is; set by the script that has the class, which is loaded later. */
let fetchers = { isFetcher: () => false, outbound: () => null, routeOf: () => null };

/** @param {{ isFetcher: (value: unknown) => boolean, outbound: () => object, routeOf: (fetcher: object) => object | null }} known */
function setFetchers(known) {
  fetchers = known;
}

/** What a request is made of. */
class State {
  constructor(url, method, headers) {
    this.href = url;
    this.method = method;
    /** @type {Headers} */
    this.headers = headers;
    this.redirectMode = "follow";
    this.fetcher = null;
    /** The signal that it was given. @type {AbortSignal | null} */
    this.signal = null;
    /** What `request.signal` shows while there is none of that. @type {AbortSignal | null} */
    this.shownSignal = null;
    /** Takes a listener for the going away of the client; for incoming requests. */
    this.onCancel = null;
    /** @type {object | undefined} */
    this.cf = undefined;
    /** The native head of an incoming request, from which `cf` is read when it is asked for. */
    this.head = null;
    /** @type {string | undefined} */
    this.cache = undefined;
    this.encodeResponseBody = "automatic";
  }
}

let stateOf, isRequest;

class Request extends Body {
  #state;

  static {
    isRequest = (value) => isObject(value) && #state in value;
    stateOf = (request) => {
      if (!isRequest(request)) throw illegal();
      return request.#state;
    };
  }

  /**
   * @param {RequestInfo} input
   * @param {RequestInit & { cf?: object }} init
   */
  constructor(input, init = undefined) {
    if (input === TOKEN) {
      super(TOKEN, init.body, null, init.state.headers);
      this.#state = init.state;
      return;
    }
    if (arguments.length === 0) throw badConstructor("Request", 1, "Request or string");
    const { state, body, type } = build(input, init, () => badConstructor("Request", 2, `${DICTIONARY} or Request`));
    super(TOKEN, body, type, state.headers);
    this.#state = state;
  }

  clone() {
    const state = stateOf(this);
    const copy = new State(state.href, state.method, headers_.clone(state.headers));
    copy.redirectMode = state.redirectMode;
    copy.fetcher = state.fetcher;
    inheritSignal(copy, state);
    copy.cf = jsonClone(cfOf(state));
    copy.cache = state.cache;
    copy.encodeResponseBody = state.encodeResponseBody;
    const body = bodyOf(this);
    return new Request(TOKEN, { state: copy, body: body === null ? null : body.clone() });
  }

  get method() {
    return stateOf(this).method;
  }

  get url() {
    return stateOf(this).href;
  }

  get headers() {
    return stateOf(this).headers;
  }

  get redirect() {
    return stateOf(this).redirectMode;
  }

  get fetcher() {
    const state = stateOf(this);
    if (state.fetcher === null && state.head !== null) state.fetcher = fetchers.outbound();
    return state.fetcher;
  }

  get signal() {
    return shownSignal(stateOf(this));
  }

  get cf() {
    return cfOf(stateOf(this));
  }

  get integrity() {
    stateOf(this);
    return "";
  }

  get keepalive() {
    stateOf(this);
    return false;
  }

  get cache() {
    return stateOf(this).cache;
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    const keys = ["method", "url", "headers", "redirect", "fetcher", "signal", "cf", "integrity", "keepalive"];
    if ("cache" in this) keys.push("cache");
    keys.push("body", "bodyUsed");
    return inspect(createFilteredInspectProxy({ object: this, evaluate: isRequest(this), keys }), options);
  }
}
finish(Request);

/** A copy of what JSON can say. */
function jsonClone(value) {
  return value === undefined ? undefined : JSONParse(JSONStringify(value));
}

function freeze(value) {
  if (typeof value !== "object" || value === null) return value;
  const keys = ObjectKeys(value);
  for (let i = 0; i < keys.length; i++) freeze(value[keys[i]]);
  return ObjectFreeze(value);
}

/** `request.cf`. That of an incoming request is made when it is first asked for, and cannot be changed. */
function cfOf(state) {
  if (state.cf === undefined && state.head !== null) {
    const json = op_request_cf(state.head);
    if (json !== "") {
      const cf = JSONParse(json);
      if (!compat.has("no_cf_botmanagement_default")) cf.botManagement ??= jsonClone(BOT_MANAGEMENT);
      state.cf = freeze(cf);
    }
  }
  return state.cf;
}

/** Where a request is sent that was given a Fetcher; null for the network. */
function routeOf(state) {
  return state.fetcher === null ? null : fetchers.routeOf(state.fetcher);
}

/** `request.signal`: there always is one. */
function shownSignal(state) {
  if (state.signal !== null) return state.signal;
  if (state.shownSignal === null) {
    if (state.onCancel === null) {
      state.shownSignal = newSignal();
    } else {
      const controller = new AbortController();
      state.shownSignal = controller.signal;
      state.onCancel(() => {
        controller.abort(new DOMException("The client has disconnected", "AbortError"));
      });
    }
  }
  return state.shownSignal;
}

/** A request that is made of another is aborted with it. */
function inheritSignal(state, from) {
  state.signal = from.signal;
  if (from.signal === null && from.onCancel !== null) {
    state.shownSignal = from.shownSignal;
    state.onCancel = from.onCancel;
  }
}

/** The members of a dictionary, each converted when it is read, in production's order. */
function readDictionary(init) {
  const { method } = init;
  const found = { method: method === undefined ? undefined : text(method) };
  const { headers } = init;
  if (headers !== undefined) found.headers = headers_.headersOfField(headers, DICTIONARY);
  const { body } = init;
  found.body = body === undefined || body === null ? body : convert(body);
  const { redirect } = init;
  if (redirect !== undefined) found.redirect = text(redirect);
  found.fetcher = nullable(init.fetcher, fetchers.isFetcher, "fetcher", "Fetcher");
  const { cf } = init;
  if (cf !== undefined && !isObject(cf)) throw badField("cf", DICTIONARY, "Object");
  found.cf = cf;
  const { cache } = init;
  if (cache !== undefined) found.cache = text(cache);
  const { integrity } = init;
  if (integrity !== undefined) found.integrity = text(integrity);
  found.signal = nullable(init.signal, isSignal, "signal", "AbortSignal");
  const { encodeResponseBody } = init;
  if (encodeResponseBody !== undefined) found.encodeResponseBody = text(encodeResponseBody);
  if (found.cache !== undefined) options.checkCache(found.cache);
  if (
    found.encodeResponseBody !== undefined && found.encodeResponseBody !== "manual" &&
    found.encodeResponseBody !== "automatic"
  ) {
    throw new TypeError(`encodeResponseBody: unexpected value: ${found.encodeResponseBody}`);
  }
  return found;
}

const isSignal = (value) => isObject(value) && ObjectPrototypeIsPrototypeOf(AbortSignalPrototype, value);

/** A member that may be null. Of an old date, what is of the wrong type is null, too. */
function nullable(value, is, field, type) {
  if (value === undefined || value === null || is(value)) return value;
  if (!compat.has("dont_substitute_null_on_type_error")) return null;
  throw badField(field, DICTIONARY, type);
}

/**
 * What a constructor's arguments make.
 * @returns {{ state: State, body: InnerBody | null, type: string | null }}
 */
function build(input, init, refuse) {
  const from = isRequest(input) ? input : undefined;
  const url = from === undefined ? text(input) : undefined;
  const other = isRequest(init) ? init : undefined;
  let dictionary;
  if (other === undefined && init !== undefined && init !== null) {
    if (!isObject(init)) throw refuse();
    dictionary = readDictionary(init);
  }
  const made = from === undefined
    ? { state: new State(parseUrl(url), "GET", null), body: null, type: null }
    : copyOf(from, other !== undefined || (dictionary !== undefined && dictionary.body !== undefined));
  if (other !== undefined) applyRequest(made, other);
  else if (dictionary !== undefined) applyDictionary(made, dictionary);
  made.state.headers ??= headers_.headersOf([], false);
  return made;
}

function parseUrl(url) {
  if (!compat.has("fetch_standard_url")) return url;
  const parsed = URL.parse(url);
  if (parsed === null) throw new TypeError(`Invalid URL: ${url}`);
  return parsed.href;
}

/** A request like `from`, whose body it takes over unless there will be another. */
function copyOf(from, withoutBody) {
  const source = stateOf(from);
  const state = new State(source.href, source.method, headers_.headersOf(headers_.copy(source.headers), false));
  state.cf = jsonClone(cfOf(source));
  let body = null;
  if (!withoutBody) {
    const given = bodyOf(from);
    if (given?.consumed()) throw new TypeError("Cannot reconstruct a Request with a used body.");
    if (given !== null) body = given.detach();
  }
  state.cache = source.cache;
  state.redirectMode = source.redirectMode;
  state.fetcher = source.fetcher;
  inheritSignal(state, source);
  return { state, body, type: null };
}

/** A request in the place of a dictionary: everything is its, and its body is shared. */
function applyRequest(made, other) {
  const { state } = made;
  const source = stateOf(other);
  state.method = source.method;
  state.redirectMode = source.redirectMode;
  state.cache = source.cache;
  state.encodeResponseBody = source.encodeResponseBody;
  state.fetcher = source.fetcher;
  state.shownSignal = null;
  state.onCancel = null;
  inheritSignal(state, source);
  state.headers = headers_.headersOf(headers_.copy(source.headers), false);
  state.cf = jsonClone(cfOf(source));
  const body = bodyOf(other);
  if (body !== null) made.body = extract(body.stream).body;
}

function applyDictionary(made, init) {
  const { state } = made;
  if (init.integrity !== undefined && init.integrity !== "") throw new TypeError(INTEGRITY_TEXT);
  if (init.method !== undefined) state.method = options.methodOf(init.method);
  if (init.headers !== undefined) state.headers = init.headers;
  if (init.fetcher !== undefined) state.fetcher = init.fetcher;
  if (init.signal !== undefined) {
    state.signal = init.signal;
    state.shownSignal = null;
    state.onCancel = null;
  }
  if (init.cf !== undefined) state.cf = jsonClone(init.cf);
  const bodiless = state.method === "GET" || state.method === "HEAD";
  if (init.body !== undefined && init.body !== null) {
    const extracted = extract(init.body);
    made.body = extracted.body;
    made.type = extracted.type;
  }
  if (bodiless && made.body !== null && (init.method !== undefined || init.body !== undefined)) {
    throw new TypeError(GET_BODY_TEXT);
  }
  if (init.redirect !== undefined) {
    const mode = StringPrototypeToLowerCase(init.redirect);
    if (mode !== "follow" && mode !== "manual") throw new TypeError(REDIRECT_TEXT);
    state.redirectMode = mode;
  }
  if (init.cache !== undefined) state.cache = init.cache;
  if (init.encodeResponseBody !== undefined) state.encodeResponseBody = init.encodeResponseBody;
}

/**
 * The Request of an incoming event. Headers and cf are read from the native head only when asked for.
 * @param {object} head the native request head
 * @param {string} method
 * @param {string} url
 * @param {object | null} body an InnerBody
 * @param {(listener: () => void) => void} onCancel
 */
function incomingRequest(head, method, url, body, onCancel) {
  const state = new State(url, method, headers_.headersOf(() => op_request_headers(head), true));
  state.redirectMode = "manual";
  state.onCancel = onCancel;
  state.head = head;
  return new Request(TOKEN, { state, body });
}

/**
 * The Request that arrived from another isolate.
 * @param {object} init as `pack` makes it
 * @param {object | null} body an InnerBody
 * @param {AbortSignal | null} signal
 */
function unpack(init, body, signal = null) {
  const state = new State(init.url, init.method, headers_.headersOf(init.headers, false));
  state.redirectMode = init.redirect;
  state.cf = init.cf === "" ? undefined : JSONParse(init.cf);
  state.cache = init.cache;
  state.encodeResponseBody = init.encodeResponseBody;
  state.signal = signal;
  return new Request(TOKEN, { state, body });
}

/** What a request is beside its body, as something that can be cloned. @param {Request} request */
function pack(request) {
  const state = stateOf(request);
  return {
    url: state.href,
    method: state.method,
    headers: headers_.copy(state.headers),
    redirect: state.redirectMode,
    cf: cfText(request),
    cache: state.cache,
    encodeResponseBody: state.encodeResponseBody,
  };
}

/**
 * `cf.cacheKey`, without making `cf` of a request that came in when it has none.
 * @param {State} state
 */
function cacheKeyOf(state) {
  if (state.cf === undefined && state.head !== null) {
    if (!StringPrototypeIncludes(op_request_cf(state.head), '"cacheKey"')) return undefined;
  }
  return cfOf(state)?.cacheKey;
}

/** What another worker is to see as `request.cf`: JSON text, empty for none. @param {Request} request */
function cfText(request) {
  const state = stateOf(request);
  const cf = cfOf(state);
  return cf === undefined ? "" : JSONStringify(cf) ?? "";
}

cloneable(
  Request.prototype,
  "Request",
  function () {
    const state = stateOf(this);
    if (bodyOf(this) !== null) throw new DOMException("ReadableStream can only be serialized for RPC.", "DataCloneError");
    if (state.signal !== null) throw new DOMException("AbortSignal serialization is not enabled.", "DataCloneError");
    return pack(this);
  },
  (parts) => unpack(parts, null),
);

return { build, cacheKeyOf, cfOf, cfText, incomingRequest, isRequest, pack, Request, routeOf, setFetchers, shownSignal, stateOf, unpack };
})();
