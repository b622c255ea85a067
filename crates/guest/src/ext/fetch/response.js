// Response: production's constructor and static makers, and the answer of a fetch.
(function () {
const { core, primordials } = __bootstrap;
const {
  JSONParse,
  JSONStringify,
  RangeError,
  StringPrototypeCharCodeAt,
  SymbolFor,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { cloneable } = core.loadExtScript("ext:lopata/clone/cloneable.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");
const { badConstructor, badField, badParameter, illegal, int, isObject, text } = core.loadExtScript(
  "ext:lopata/fetch/arguments.js",
);
const { finish } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const { Body, bodyOf, convert, extract, TOKEN } = core.loadExtScript("ext:lopata/fetch/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const statuses = core.loadExtScript("ext:lopata/fetch/statuses.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");

// Source of the texts: workerd's Response.
const NULL_BODY_TEXT = "Response with null body status (101, 204, 205, or 304) cannot have a body.";
const DICTIONARY = "InitializerDict";

/** What a response is made of. */
class State {
  constructor(status, statusText, headers) {
    /** 200 to 599, 101 with a WebSocket, 0 for `Response.error()`. */
    this.status = status;
    /** Null for the standard phrase. @type {string | null} */
    this.phrase = statusText;
    /** @type {Headers} */
    this.headers = headers;
    this.cf = undefined;
    /** Where it came from, with all redirects; empty for what a script made. @type {string[] | null} */
    this.urlList = null;
    /** @type {WebSocket | null} */
    this.webSocket = null;
    this.encodeBody = "automatic";
  }

  get statusMessage() {
    return this.phrase ?? statuses.textOf(this.status);
  }

  get headerList() {
    return headers_.list(this.headers);
  }

  get type() {
    return this.status === 0 ? "error" : "default";
  }
}

let stateOf, isResponse;

class Response extends Body {
  #state;

  static {
    isResponse = (value) => isObject(value) && #state in value;
    stateOf = (response) => {
      if (!isResponse(response)) throw illegal();
      return response.#state;
    };
  }

  /**
   * @param {BodyInit | null} body
   * @param {ResponseInit & { encodeBody?: "automatic" | "manual", cf?: object, webSocket?: WebSocket }} init
   */
  constructor(body = null, init = undefined) {
    if (body === TOKEN) {
      super(TOKEN, init.body, null, init.state.headers);
      this.#state = init.state;
      return;
    }
    const made = build(body, init);
    super(TOKEN, made.body, made.type, made.state.headers);
    this.#state = made.state;
  }

  static error() {
    return responseOf(new State(0, null, headers_.headersOf([], false)), null);
  }

  static redirect(url, status = undefined) {
    if (arguments.length === 0) throw badParameter("redirect", "Response", 1, "string");
    url = text(url);
    const code = status === undefined ? 302 : int(status);
    if (!statuses.isRedirect(code)) {
      throw new RangeError(`${code} is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308.`);
    }
    let location = url;
    const parsed = URL.parse(url);
    if (parsed === null) throw new TypeError(`Unable to parse URL: ${url}`);
    if (compat.has("response_redirect_url_standard")) location = parsed.href;
    io.required();
    return responseOf(new State(code, null, headers_.headersOf([["location", location]], true)), null);
  }

  static json(data, init = undefined) {
    if (arguments.length === 0) throw badParameter("json", "Response", 1, "Value");
    const { state } = build(null, init);
    if (!headers_.has(state.headers, "content-type")) {
      headers_.put(state.headers, "content-type", "application/json");
    }
    const json = JSONStringify(data);
    const extracted = extract(json === undefined ? "undefined" : text(json));
    return responseOf(state, nullBody(state.status, extracted.body));
  }

  clone() {
    const state = stateOf(this);
    if (state.webSocket !== null) throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    const copy = new State(state.status, state.phrase, headers_.clone(state.headers));
    copy.cf = jsonClone(state.cf);
    copy.urlList = state.urlList;
    const body = bodyOf(this);
    return responseOf(copy, body === null ? null : body.clone());
  }

  get status() {
    return stateOf(this).status;
  }

  get statusText() {
    return stateOf(this).statusMessage;
  }

  get headers() {
    return stateOf(this).headers;
  }

  get ok() {
    const { status } = stateOf(this);
    return status >= 200 && status < 300;
  }

  get redirected() {
    return (stateOf(this).urlList?.length ?? 0) > 1;
  }

  get url() {
    const { urlList } = stateOf(this);
    return urlList === null ? "" : urlList[urlList.length - 1];
  }

  get webSocket() {
    return stateOf(this).webSocket;
  }

  get cf() {
    return stateOf(this).cf;
  }

  get type() {
    return stateOf(this).type;
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    return inspect(
      createFilteredInspectProxy({
        object: this,
        evaluate: isResponse(this),
        keys: [
          "status", "statusText", "headers", "ok", "redirected", "url", "webSocket", "cf", "type", "body", "bodyUsed",
        ],
      }),
      options,
    );
  }
}
finish(Response);

function jsonClone(value) {
  return value === undefined ? undefined : JSONParse(JSONStringify(value));
}

/** The members of a dictionary, each converted when it is read, in production's order. */
function readDictionary(init) {
  const { status, statusText, headers } = init;
  const found = {
    status: status === undefined ? 200 : int(status),
    statusText: statusText === undefined ? null : text(statusText),
    headers: headers === undefined ? headers_.headersOf([], false) : headers_.headersOfField(headers, DICTIONARY),
  };
  const { cf } = init;
  if (cf !== undefined && !isObject(cf)) throw badField("cf", DICTIONARY, "Object");
  let { webSocket, encodeBody } = init;
  if (webSocket !== undefined && webSocket !== null && !websocket.isWebSocket(webSocket)) {
    if (compat.has("dont_substitute_null_on_type_error")) throw badField("webSocket", DICTIONARY, "WebSocket");
    webSocket = null;
  }
  if (encodeBody !== undefined) {
    encodeBody = text(encodeBody);
    if (encodeBody !== "manual" && encodeBody !== "automatic") {
      throw new TypeError(`encodeBody: unexpected value: ${encodeBody}`);
    }
  }
  const state = new State(found.status, found.statusText, found.headers);
  state.cf = jsonClone(cf);
  state.webSocket = webSocket ?? null;
  state.encodeBody = encodeBody ?? "automatic";
  return state;
}

/** A response in the place of a dictionary. */
function copyOf(other) {
  const source = stateOf(other);
  const state = new State(source.status, source.phrase, headers_.headersOf(headers_.copy(source.headers), false));
  state.cf = jsonClone(source.cf);
  state.webSocket = source.webSocket;
  state.encodeBody = source.encodeBody;
  return state;
}

function build(body, init) {
  const given = body === null || body === undefined ? null : convert(body);
  let state;
  if (init === undefined || init === null) {
    state = new State(200, null, headers_.headersOf([], false));
  } else if (isResponse(init)) {
    state = copyOf(init);
  } else {
    if (!isObject(init)) throw badConstructor("Response", 2, `${DICTIONARY} or Response`);
    state = readDictionary(init);
  }
  if (state.webSocket !== null) {
    if (state.status !== 101) throw new RangeError("Responses with a WebSocket must have status code 101.");
  } else if (state.status < 200 || state.status > 599) {
    throw new RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  checkPhrase(state.phrase);
  if (given === null) return { state, body: null, type: null };
  const extracted = extract(given);
  const kept = nullBody(state.status, extracted.body);
  return { state, body: kept, type: kept === null ? null : extracted.type };
}

/** No control characters: what follows a line's end would be a header. */
function checkPhrase(phrase) {
  if (phrase === null) return;
  for (let i = 0; i < phrase.length; i++) {
    if (StringPrototypeCharCodeAt(phrase, i) < 0x20) throw new TypeError("Invalid statusText");
  }
}

/** The body of a response with `status`: some have none, and may be given an empty one. */
function nullBody(status, body) {
  if (!statuses.isNullBody(status)) return body;
  const { source } = body;
  if (source === null || (typeof source === "string" ? source.length : TypedArrayPrototypeGetByteLength(source)) > 0) {
    throw new TypeError(NULL_BODY_TEXT);
  }
  return null;
}

/** @param {State} state @param {InnerBody | null} body */
function responseOf(state, body) {
  return new Response(TOKEN, { state, body });
}

/**
 * The Response of an outbound fetch.
 * @param {number} status
 * @param {string} statusText empty or the standard phrase for the standard one
 * @param {[string, string][]} headerList
 * @param {object | null} body an InnerBody
 * @param {string[] | null} urlList
 * @param {boolean} immutable whether the headers are
 */
function outboundResponse(status, statusText, headerList, body, urlList, immutable = true) {
  const phrase = statusText === "" || statusText === statuses.textOf(status) ? null : statusText;
  const state = new State(status, phrase, headers_.headersOf(headerList, immutable));
  state.urlList = urlList;
  return responseOf(state, body);
}

/** What a response is beside its body, as something that can be cloned. @param {Response} response */
function pack(response) {
  const state = stateOf(response);
  return {
    status: state.status,
    statusText: state.phrase,
    headers: headers_.copy(state.headers),
    cf: state.cf === undefined ? "" : JSONStringify(state.cf) ?? "",
    encodeBody: state.encodeBody,
  };
}

/** The Response that `pack` packed. @param {object} init @param {object | null} body an InnerBody */
function unpack(init, body) {
  const state = new State(init.status, init.statusText, headers_.headersOf(init.headers, false));
  state.cf = init.cf === "" ? undefined : JSONParse(init.cf);
  state.encodeBody = init.encodeBody;
  return responseOf(state, body);
}

cloneable(
  Response.prototype,
  "Response",
  function () {
    const state = stateOf(this);
    const refuse = (message) => {
      throw new DOMException(message, "DataCloneError");
    };
    if (bodyOf(this) !== null) refuse("ReadableStream can only be serialized for RPC.");
    if (state.webSocket !== null) {
      refuse('Could not serialize object of type "WebSocket". This type does not support serialization.');
    }
    return pack(this);
  },
  (parts) => unpack(parts, null),
);

return { isResponse, outboundResponse, pack, Response, stateOf, unpack };
})();
