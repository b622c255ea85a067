// Request and Response with what Workers add to the fetch standard's: `cf`, `encodeBody`, and the rules about
// redirect modes. The classes underneath are deno_fetch's; the constructors here share their prototypes, so
// `instanceof` holds for objects of either origin.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  JSONParse,
  JSONStringify,
  ObjectDefineProperty,
  ObjectDefineProperties,
  ObjectGetOwnPropertyDescriptor,
  ObjectPrototypeIsPrototypeOf,
  PromiseReject,
  RangeError,
  ReflectConstruct,
  Symbol,
  TypeError,
} = primordials;
const { op_request_cf, op_request_headers } = core.ops;
const request_ = core.loadExtScript("ext:deno_fetch/23_request.js");
const response_ = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { structuredClone } = core.loadExtScript("ext:deno_web/02_structured_clone.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");
const options = core.loadExtScript("ext:lopata/fetch/options.js");

const _cf = Symbol("cf");
const _head = Symbol("head");
const _encodeBody = Symbol("encodeBody");
const _webSocket = Symbol("webSocket");
const _cache = Symbol("cache");

// Source: workerd's Request constructor.
const REDIRECT_TEXT = 'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be ' +
  "implemented since it does not make sense at the edge; use \"manual\" and check the response status code).";

/** Source: production's texts. */
const GET_BODY_TEXT = "Request with a GET or HEAD method cannot have a body.";
const BODY_USED_TEXT =
  "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

/** @param {unknown} value */
function isRequest(value) {
  return typeof value === "object" && value !== null && ObjectPrototypeIsPrototypeOf(request_.RequestPrototype, value);
}

/** deno_fetch's constructor, with production's texts and without a copy of a body that only passes through. */
function construct(input, init, target) {
  const source = isRequest(input) ? request_.toInnerRequest(input) : undefined;
  const method = init?.method === undefined ? source?.method ?? "GET" : `${init.method}`.toUpperCase();
  const given = init?.body;
  const carried = given === undefined || given === null ? source?.body ?? null : null;
  if ((method === "GET" || method === "HEAD") && ((given !== undefined && given !== null) || carried !== null)) {
    throw new TypeError(GET_BODY_TEXT);
  }
  if (carried !== null && carried.unusable()) throw new TypeError(BODY_USED_TEXT);
  const moved = carried === null ? undefined : body_.moveNative(carried);
  if (moved === undefined) return ReflectConstruct(request_.Request, [input, init], target);
  source.body = null;
  try {
    const request = ReflectConstruct(request_.Request, [input, init], target);
    request_.toInnerRequest(request).body = moved;
    return request;
  } finally {
    source.body = carried;
  }
}

/**
 * @param {RequestInfo} input
 * @param {RequestInit & { cf?: unknown }} init
 */
function Request(input, init = undefined) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  }
  let plain = init;
  if (init !== undefined && init !== null && typeof init === "object") {
    if (init.redirect !== undefined && init.redirect !== "follow" && init.redirect !== "manual") {
      throw new TypeError(REDIRECT_TEXT);
    }
    if (init.integrity !== undefined && init.integrity !== "") {
      throw new TypeError("Subrequest integrity checking is not implemented. The `integrity` option must be either undefined or an empty string.");
    }
    if (isRequest(init)) {
      // A Request as init: take what it says, its body included.
      plain = { method: init.method, headers: init.headers, redirect: init.redirect, signal: signalOf(init) };
      if (init.body !== null) plain.body = init.body;
    } else if (
      init.mode !== undefined || init.credentials !== undefined || init.referrer !== undefined ||
      init.referrerPolicy !== undefined || init.keepalive !== undefined || init.priority !== undefined ||
      init.client !== undefined || init.window !== undefined
    ) {
      // These mean nothing at the edge and are ignored, whatever they hold.
      const { mode, credentials, referrer, referrerPolicy, keepalive, priority, client, window, ...rest } = init;
      plain = rest;
    }
    plain = options.normalize(plain);
  }
  const request = construct(input, plain, new.target);
  const cache = init?.cache ?? (isRequest(input) ? input[_cache] : undefined);
  if (cache !== undefined) request[_cache] = cache;
  const cf = init?.cf;
  if (cf !== undefined && cf !== null) {
    request[_cf] = structuredClone(cf);
  } else if (isRequest(input)) {
    request[_cf] = input.cf;
  }
  return request;
}
Request.prototype = request_.RequestPrototype;
ObjectDefineProperty(Request, "prototype", { __proto__: null, writable: false });
ObjectDefineProperty(Request, "length", { __proto__: null, value: 1, configurable: true });
ObjectDefineProperties(request_.RequestPrototype, {
  constructor: { __proto__: null, value: Request, writable: true, enumerable: false, configurable: true },
  cf: {
    __proto__: null,
    get() {
      let cf = this[_cf];
      if (cf === undefined && this[_head] !== undefined) {
        const text = op_request_cf(this[_head]);
        cf = text === "" ? undefined : JSONParse(text);
        this[_cf] = cf;
      }
      return cf;
    },
    enumerable: true,
    configurable: true,
  },
});
ObjectDefineProperty(request_.RequestPrototype, "cache", {
  __proto__: null,
  get() {
    return this[_cache];
  },
  enumerable: true,
  configurable: true,
});
const cloneRequest = request_.RequestPrototype.clone;
const ownSignal = ObjectGetOwnPropertyDescriptor(request_.RequestPrototype, "signal").get;

/** The signal that aborts `request`, whatever a script made of the property. @param {Request} request */
function signalOf(request) {
  return ownSignal.call(request);
}

/** The cache mode of a request that was given one. @param {Request} request @returns {string | undefined} */
function cacheOf(request) {
  return request[_cache];
}

ObjectDefineProperty(request_.RequestPrototype, "clone", {
  __proto__: null,
  value: function clone() {
    const second = cloneRequest.call(this);
    const cf = this.cf;
    if (cf !== undefined) second[_cf] = structuredClone(cf);
    if (this[_cache] !== undefined) second[_cache] = this[_cache];
    return second;
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

/** Standard reason phrases. Source: RFC 9110 and the registry of status codes. */
const STATUS_TEXTS = {
  __proto__: null,
  101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information",
  204: "No Content", 205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported",
  226: "IM Used", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other",
  304: "Not Modified", 305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
  401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
  406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
  411: "Length Required", 412: "Precondition Failed", 413: "Payload Too Large", 414: "URI Too Long",
  415: "Unsupported Media Type", 416: "Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a teapot",
  421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency", 425: "Too Early",
  426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
  431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons", 500: "Internal Server Error",
  501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
  505: "HTTP Version Not Supported", 506: "Variant Also Negotiates", 507: "Insufficient Storage",
  508: "Loop Detected", 510: "Not Extended", 511: "Network Authentication Required",
};

/**
 * @param {BodyInit | null} body
 * @param {ResponseInit & { encodeBody?: "automatic" | "manual", cf?: unknown, webSocket?: unknown }} init
 */
function Response(body = null, init = undefined) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Response cannot be invoked without 'new'");
  }
  // `new Response(other.body, other)`, which frameworks do to change headers, keeps a body that is in memory.
  if (typeof body === "object" && body !== null) body = body_.takeStatic(body) ?? options.bodyOf(body);
  if (init === undefined || init === null || typeof init !== "object") {
    return ReflectConstruct(response_.Response, [body, init], new.target);
  }
  const encodeBody = init.encodeBody;
  if (encodeBody !== undefined && encodeBody !== "automatic" && encodeBody !== "manual") {
    throw new TypeError(`encodeBody: unexpected value: ${encodeBody}`);
  }
  const webSocket = init.webSocket;
  if (webSocket !== undefined && webSocket !== null) {
    const response = handshake(body, init, webSocket, new.target);
    if (init.cf !== undefined && init.cf !== null) response[_cf] = structuredClone(init.cf);
    return response;
  }
  if (init.status === 101) {
    // Source: workerd's text.
    throw new RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
  }
  if (body !== null && body !== undefined && response_.nullBodyStatus(init.status)) {
    throw new TypeError("Response with null body status (101, 204, 205, or 304) cannot have a body.");
  }
  const response = ReflectConstruct(response_.Response, [body, init], new.target);
  if (encodeBody === "manual") response[_encodeBody] = "manual";
  if (init.cf !== undefined && init.cf !== null) response[_cf] = structuredClone(init.cf);
  return response;
}

/** The answer to a WebSocket's handshake. Source of the texts: workerd's Response. */
function handshake(body, init, webSocket, target) {
  if (!websocket.isWebSocket(webSocket)) {
    throw new TypeError(
      "Incorrect type for the 'webSocket' field on 'ResponseInitializerDict': the provided value is not of type 'WebSocket'.",
    );
  }
  if (init.status !== 101) throw new RangeError("Responses with a WebSocket must have status code 101.");
  if (body !== null && body !== undefined && body !== "") {
    throw new TypeError("Response with null body status (101, 204, 205, or 304) cannot have a body.");
  }
  const { statusText, headers } = init;
  const response = ReflectConstruct(response_.Response, [null, { statusText, headers }], target);
  response_.toInnerResponse(response).status = 101;
  response[_webSocket] = webSocket;
  return response;
}

Response.prototype = response_.ResponsePrototype;
ObjectDefineProperty(Response, "prototype", { __proto__: null, writable: false });
ObjectDefineProperty(Response, "length", { __proto__: null, value: 0, configurable: true });
ObjectDefineProperties(response_.ResponsePrototype, {
  constructor: { __proto__: null, value: Response, writable: true, enumerable: false, configurable: true },
  cf: {
    __proto__: null,
    get() {
      return this[_cf];
    },
    enumerable: true,
    configurable: true,
  },
  webSocket: {
    __proto__: null,
    get() {
      return this[_webSocket] ?? null;
    },
    enumerable: true,
    configurable: true,
  },
});
const cloneResponse = response_.ResponsePrototype.clone;
ObjectDefineProperty(response_.ResponsePrototype, "clone", {
  __proto__: null,
  value: function clone() {
    if (this[_webSocket] !== undefined) throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    return cloneResponse.call(this);
  },
  writable: true,
  enumerable: true,
  configurable: true,
});
for (const name of ["error", "json", "redirect"]) {
  ObjectDefineProperty(Response, name, {
    __proto__: null,
    value: response_.Response[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

// A Response says the standard phrase of its status when it was given none.
const statusText = ObjectGetOwnPropertyDescriptor(response_.ResponsePrototype, "statusText").get;
ObjectDefineProperty(response_.ResponsePrototype, "statusText", {
  __proto__: null,
  get() {
    return statusText.call(this) || (STATUS_TEXTS[this.status] ?? "");
  },
  enumerable: true,
  configurable: true,
});

// A body that is in memory is a byte stream too: it can be read with a BYOB reader.
for (
  const [prototype, toInner] of [
    [request_.RequestPrototype, request_.toInnerRequest],
    [response_.ResponsePrototype, response_.toInnerResponse],
  ]
) {
  const body = ObjectGetOwnPropertyDescriptor(prototype, "body").get;
  ObjectDefineProperty(prototype, "body", {
    __proto__: null,
    get() {
      const inner = ObjectPrototypeIsPrototypeOf(prototype, this) ? toInner(this)?.body : undefined;
      const direct = inner?.streamOrStatic;
      if (direct !== undefined && direct.consumed === false) {
        inner.streamOrStatic = body_.readableFromStatic(
          typeof direct.body === "string" ? core.encode(direct.body) : direct.body,
        );
      }
      return body.call(this);
    },
    enumerable: true,
    configurable: true,
  });
}

// Reading a body twice is refused in production's words.
for (const prototype of [request_.RequestPrototype, response_.ResponsePrototype]) {
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    const read = prototype[name];
    ObjectDefineProperty(prototype, name, {
      __proto__: null,
      value: {
        [name]() {
          if (ObjectPrototypeIsPrototypeOf(prototype, this) && this.bodyUsed) {
            return PromiseReject(new TypeError(BODY_USED_TEXT));
          }
          return read.call(this);
        },
      }[name],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

// Header names that Workers let `getAll` read: the one header that may not be joined.
const getSetCookie = Headers.prototype.getSetCookie;
ObjectDefineProperty(Headers.prototype, "getAll", {
  __proto__: null,
  value: function getAll(name) {
    if (`${name}`.toLowerCase() !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return getSetCookie.call(this);
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

/**
 * The Request of an incoming event. Headers and cf are read from the native head only when asked for.
 * @param {object} head the native request head
 * @param {string} method
 * @param {string} url
 * @param {object | null} body an InnerBody
 * @param {(listener: () => void) => void} onCancel
 */
function incomingRequest(head, method, url, body, onCancel) {
  const inner = request_.newInnerRequest(method, url, () => op_request_headers(head), body, false);
  inner.redirectMode = "manual";
  inner.onCancel = onCancel;
  const request = request_.fromInnerRequest(inner, "immutable");
  request[_head] = head;
  return request;
}

/**
 * The Response of an outbound fetch.
 * @param {number} status
 * @param {string} statusText
 * @param {[string, string][]} headerList
 * @param {object | null} body an InnerBody
 * @param {string[]} urlList
 */
function outboundResponse(status, statusText, headerList, body, urlList) {
  const inner = response_.newInnerResponse(status, statusText);
  inner.headerList = headerList;
  inner.body = body;
  inner.urlList = urlList;
  return response_.fromInnerResponse(inner, "immutable");
}

/** @param {unknown} value */
function isResponse(value) {
  return typeof value === "object" && value !== null &&
    ObjectPrototypeIsPrototypeOf(response_.ResponsePrototype, value);
}

/**
 * What has to be sent for a body, deciding how: nothing, all at once, or as a stream.
 * @param {object | null} body an InnerBody, which is used up
 * @param {(error?: unknown) => void} done called when a pumped stream is over
 * @returns {{ kind: 0 | 1 | 2 | 3, value: unknown, length: number }} kinds: empty, inline, pumped writer,
 *   spliced reader; length is -1 when unknown
 */
function takeBody(body, done) {
  if (body === null) return { kind: 0, value: undefined, length: -1 };
  if (body.unusable()) {
    throw new TypeError(BODY_USED_TEXT);
  }
  const direct = body.streamOrStatic;
  if (!core.isProxy(direct) && direct.body !== undefined && direct.consumed === false) {
    direct.consumed = true;
    return { kind: 1, value: direct.body, length: -1 };
  }
  const length = body_.bodyLength(body) ?? -1;
  const stream = body.stream;
  const bytes = body_.takeStatic(stream);
  if (bytes !== undefined) return { kind: 1, value: bytes, length: -1 };
  const native = body_.takeNative(stream);
  if (native !== undefined) return { kind: 3, value: native, length };
  return { kind: 2, value: body_.openPump(stream, done), length };
}

/** @param {Response} response */
function isEncoded(response) {
  return response[_encodeBody] === "manual";
}

/** The body of `response` is encoded already, as its content-encoding says. @param {Response} response */
function setEncoded(response) {
  response[_encodeBody] = "manual";
}

/** What another worker is to see as `request.cf`: JSON text, empty for none. @param {Request} request */
function cfText(request) {
  const cf = request[_cf];
  if (cf !== undefined) return JSONStringify(cf) ?? "";
  return request[_head] === undefined ? "" : op_request_cf(request[_head]);
}

/** @param {Response} response @returns {WebSocket | undefined} */
function webSocketOf(response) {
  return response[_webSocket];
}

/** @param {Response} response @param {WebSocket} webSocket */
function setWebSocket(response, webSocket) {
  response[_webSocket] = webSocket;
}

const headerEntries = Headers.prototype.entries;

/** All headers, with each `Set-Cookie` by itself, whatever the worker may see. @param {Headers} headers */
function pairsOf(headers) {
  const list = [];
  for (const pair of headerEntries.call(headers)) ArrayPrototypePush(list, [pair[0], pair[1]]);
  return list;
}

/** @param {Response | Request} object @param {unknown} cf */
function setCf(object, cf) {
  object[_cf] = cf;
}

return {
  BODY_USED_TEXT,
  cfText,
  cacheOf,
  Headers,
  incomingRequest,
  isEncoded,
  isRequest,
  isResponse,
  nullBodyStatus: response_.nullBodyStatus,
  outboundResponse,
  pairsOf,
  redirectStatus: response_.redirectStatus,
  Request,
  Response,
  setCf,
  setEncoded,
  setWebSocket,
  signalOf,
  takeBody,
  toInnerRequest: request_.toInnerRequest,
  toInnerResponse: response_.toInnerResponse,
  webSocketOf,
};
})();
