// Request and Response with what Workers add to the fetch standard's: `cf`, `encodeBody`, and the rules about
// redirect modes. The classes underneath are deno_fetch's; the constructors here share their prototypes, so
// `instanceof` holds for objects of either origin.
(function () {
const { core, primordials } = __bootstrap;
const {
  JSONParse,
  ObjectDefineProperty,
  ObjectDefineProperties,
  ObjectPrototypeIsPrototypeOf,
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

const _cf = Symbol("cf");
const _head = Symbol("head");
const _encodeBody = Symbol("encodeBody");

// Source: workerd's Request constructor.
const REDIRECT_TEXT = 'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be ' +
  "implemented since it does not make sense at the edge; use \"manual\" and check the response status code).";

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
    if (ObjectPrototypeIsPrototypeOf(request_.RequestPrototype, init)) {
      // A Request as init: take what it says, its body included.
      plain = { method: init.method, headers: init.headers, redirect: init.redirect, signal: init.signal };
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
  }
  const request = ReflectConstruct(request_.Request, [input, plain], new.target);
  const cf = init?.cf;
  if (cf !== undefined && cf !== null) {
    request[_cf] = structuredClone(cf);
  } else if (typeof input === "object" && input !== null && ObjectPrototypeIsPrototypeOf(request_.RequestPrototype, input)) {
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
const cloneRequest = request_.RequestPrototype.clone;
ObjectDefineProperty(request_.RequestPrototype, "clone", {
  __proto__: null,
  value: function clone() {
    const second = cloneRequest.call(this);
    const cf = this.cf;
    if (cf !== undefined) second[_cf] = structuredClone(cf);
    return second;
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

/**
 * @param {BodyInit | null} body
 * @param {ResponseInit & { encodeBody?: "automatic" | "manual", cf?: unknown, webSocket?: unknown }} init
 */
function Response(body = null, init = undefined) {
  if (new.target === undefined) {
    throw new TypeError("Class constructor Response cannot be invoked without 'new'");
  }
  if (init === undefined || init === null || typeof init !== "object") {
    return ReflectConstruct(response_.Response, [body, init], new.target);
  }
  const encodeBody = init.encodeBody;
  if (encodeBody !== undefined && encodeBody !== "automatic" && encodeBody !== "manual") {
    throw new TypeError(`encodeBody: unexpected value: ${encodeBody}`);
  }
  if (init.webSocket !== undefined && init.webSocket !== null) {
    throw new TypeError("WebSockets are not available in this version of lopata: a Response cannot carry a webSocket.");
  }
  if (init.status === 101) {
    throw new RangeError("Responses with status code 101 must have a webSocket.");
  }
  const response = ReflectConstruct(response_.Response, [body, init], new.target);
  if (encodeBody === "manual") response[_encodeBody] = "manual";
  if (init.cf !== undefined && init.cf !== null) response[_cf] = structuredClone(init.cf);
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
      return null;
    },
    enumerable: true,
    configurable: true,
  },
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

// Header names that Workers let `getAll` read: the one header that may not be joined.
ObjectDefineProperty(Headers.prototype, "getAll", {
  __proto__: null,
  value: function getAll(name) {
    if (`${name}`.toLowerCase() !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return this.getSetCookie();
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
    // Source: workerd's Body.
    throw new TypeError(
      "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.",
    );
  }
  const direct = body.streamOrStatic;
  if (!core.isProxy(direct) && direct.body !== undefined && direct.consumed === false) {
    direct.consumed = true;
    return { kind: 1, value: direct.body, length: -1 };
  }
  const length = body_.bodyLength(body) ?? -1;
  const stream = body.stream;
  const native = body_.takeNative(stream);
  if (native !== undefined) return { kind: 3, value: native, length };
  return { kind: 2, value: body_.openPump(stream, done), length };
}

/** @param {Response} response */
function isEncoded(response) {
  return response[_encodeBody] === "manual";
}

/** @param {Response | Request} object @param {unknown} cf */
function setCf(object, cf) {
  object[_cf] = cf;
}

return {
  Headers,
  incomingRequest,
  isEncoded,
  isResponse,
  nullBodyStatus: response_.nullBodyStatus,
  outboundResponse,
  redirectStatus: response_.redirectStatus,
  Request,
  Response,
  setCf,
  takeBody,
  toInnerRequest: request_.toInnerRequest,
  toInnerResponse: response_.toInnerResponse,
};
})();
