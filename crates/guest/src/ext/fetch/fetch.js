// Every fetch: one hop at a time through the worker's outbound service or to another worker, redirects followed here.
//
// A call belongs to the current IoContext: it counts against its subrequests, becomes a span and is cancelled
// with it. Bodies stream both ways at once.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeFilter,
  ArrayPrototypePush,
  Error,
  PromiseReject,
  Number,
  SafeSet,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypeError,
} = primordials;
const { op_data_url, op_fetch_cancel, op_fetch_response, op_fetch_start, op_service_fetch } = core.ops;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const tracing = core.loadExtScript("ext:lopata/tracing/tracing.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");

/** Source: workerd's limit on redirects of one fetch. */
const REDIRECTS_MAX = 20;

const BODY_HEADERS = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
/** What a redirect to another origin loses. */
const CREDENTIAL_HEADERS = ["authorization"];

/** The worker that answers the global fetch; null when the network does. */
let outbound = null;

/** @param {{ handle: object, name: string }} route */
function setOutbound(route) {
  outbound = route;
}

/** @param {[string, string][]} list @param {string[]} names */
function without(list, names) {
  return ArrayPrototypeFilter(list, (pair) => !names.includes(StringPrototypeToLowerCase(pair[0])));
}

/** @param {URL} url @returns {URL} one that HTTP can reach */
function checkScheme(url) {
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  if (compat.has("fetch_refuses_unknown_protocols")) throw new TypeError(`Fetch API cannot load: ${url.href}`);
  return new URL("http:" + StringPrototypeSlice(url.href, url.protocol.length));
}

/**
 * @param {RequestInfo} input
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
function fetch(input, init = undefined) {
  return fetchThrough(null, arguments.length, input, init);
}

/**
 * @param {{ handle: object, name: string } | null} route the worker that answers; null for the network
 * @param {number} given how many arguments the caller gave
 * @param {RequestInfo} input
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
function fetchThrough(route, given, input, init) {
  let context, request;
  try {
    context = io.required();
    if (given === 0) {
      const owner = route === null ? "ServiceWorkerGlobalScope" : "Fetcher";
      throw new TypeError(`Failed to execute 'fetch' on '${owner}': 1 argument required, but only 0 present.`);
    }
    // A Request of the caller's own is sent as it is: its body is not copied on the way.
    request = init === undefined && rr.isRequest(input) ? input : new rr.Request(input, init);
  } catch (error) {
    return PromiseReject(error);
  }
  return follow(context, route, request);
}

/**
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {{ handle: object, name: string } | null} route
 * @param {Request} request
 */
async function follow(context, route, request) {
  const inner = rr.toInnerRequest(request);
  const signal = rr.signalOf(request);
  signal.throwIfAborted();
  let url = new URL(inner.url());
  if (url.protocol === "data:") return dataResponse(url.href);
  let method = inner.method;
  let headers = request.headers;
  let headerList = rr.pairsOf(headers);
  if (rr.cacheOf(request) !== undefined) {
    // Source: workerd's fetch.
    if (header(headerList, "cache-control") === null) ArrayPrototypePush(headerList, ["cache-control", "no-cache"]);
    if (header(headerList, "pragma") === null) ArrayPrototypePush(headerList, ["pragma", "no-cache"]);
  }
  let body = inner.body;
  // A body that can be sent again: what is in memory anyway.
  const replay = body !== null && !body.unusable() && body.streamOrStatic.body !== undefined
    ? body.streamOrStatic.body
    : undefined;
  const urlList = [url.href];
  for (let redirects = 0;; redirects++) {
    url = checkScheme(url);
    io.takeSubrequest(context);
    const response = await hop(context, route, request, method, url, headerList, body, signal);
    const location = rr.redirectStatus(response.status) ? header(response.headers, "location") : null;
    if (inner.redirectMode !== "follow" || location === null) {
      return finish(context, response, method, signal, urlList);
    }
    if (response.bodyKind === 2) core.ops.op_body_cancel(response.body, undefined);
    if (redirects === REDIRECTS_MAX) throw new TypeError("Too many redirects.");
    let next;
    try {
      next = new URL(location, url);
    } catch {
      throw new TypeError(`Invalid Location header in redirect response: ${location}`);
    }
    if (next.hash === "") next.hash = url.hash;
    const { status } = response;
    if ((status === 303 && method !== "GET" && method !== "HEAD") || ((status === 301 || status === 302) && method === "POST")) {
      method = "GET";
      body = null;
      headerList = without(headerList, BODY_HEADERS);
    } else if (body !== null) {
      if (replay === undefined) {
        // Source: workerd's fetch.
        throw new TypeError("A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a redirect requiring the body to be retransmitted. To avoid this error in the future, construct this request from a buffer-like body initializer.");
      }
      body = { unusable: () => false, streamOrStatic: { body: replay, consumed: false } };
    }
    if (next.origin !== url.origin && compat.has("strip_authorization_on_cross_origin_redirect")) {
      headerList = without(headerList, CREDENTIAL_HEADERS);
    }
    url = next;
    ArrayPrototypePush(urlList, url.href);
  }
}

/** @param {string} href a data: URL */
function dataResponse(href) {
  const found = op_data_url(href);
  if (found === null) throw new TypeError(`Fetch API cannot load: ${href}`);
  const body = body_.innerBodyFromBytes(found.bytes);
  return rr.outboundResponse(200, "OK", [["content-type", found.type]], body, [href]);
}

/** @param {[string, string][]} list @param {string} name */
function header(list, name) {
  for (let i = 0; i < list.length; i++) {
    if (StringPrototypeToLowerCase(list[i][0]) === name) return list[i][1];
  }
  return null;
}

/** One request, one response; redirects are not followed. */
function hop(context, route, request, method, url, headerList, body, signal) {
  const attributes = spanAttributes(route, method, url);
  return tracing.call(context.event, "fetch", attributes, async (span) => {
    const response = await send(context, route, request, span, method, url.href, headerList, body, signal);
    attributes["http.response.status_code"] = response.status;
    if (response.length >= 0) attributes["http.response.body.size"] = response.length;
    return response;
  });
}

/** As production's tracing and OpenTelemetry's conventions name them. */
function spanAttributes(route, method, url) {
  const attributes = {
    __proto__: null,
    "http.request.method": method,
    "url.full": url.href,
    "url.scheme": StringPrototypeSlice(url.protocol, 0, -1),
    "server.address": url.hostname,
    "url.path": url.pathname,
  };
  if (url.port !== "") attributes["server.port"] = Number(url.port);
  if (url.search !== "") attributes["url.query"] = StringPrototypeSlice(url.search, 1);
  if (route !== null) {
    attributes["cloudflare.binding.type"] = "Service";
    attributes["cloudflare.binding.name"] = route.name;
  }
  return attributes;
}

async function send(context, given, request, span, method, url, headerList, body, signal) {
  const route = given ?? outbound;
  let call = -1;
  const cancel = () => {
    if (call >= 0) op_fetch_cancel(call);
  };
  (context.fetches ??= new SafeSet()).add(cancel);
  signal[addAbort](cancel);
  try {
    const sent = rr.takeBody(body, () => {});
    call = route === null
      ? op_fetch_start(context.event, span, method, url, headerList, sent.kind, sent.value, sent.length)
      : op_service_fetch(
        route.handle,
        context.event,
        span,
        method,
        withoutFragment(url),
        headerList,
        rr.cfText(request),
        sent.kind,
        sent.value,
        sent.length,
      );
    const response = await op_fetch_response(call);
    if (signal.aborted) {
      // The answer and the abort have crossed.
      if (response?.bodyKind === 2) core.ops.op_body_cancel(response.body, signal.reason);
      if (response?.socket !== undefined) core.ops.op_socket_drop(response.socket);
      throw signal.reason;
    }
    if (response === null) {
      throw new Error("The request was canceled because the client went away.");
    }
    if (response.failure !== undefined) throw errors.revive(response.failure);
    return response;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    context.fetches?.delete(cancel);
    signal[removeAbort](cancel);
  }
}

/** Another worker sees what a server would: no fragment. @param {string} url */
function withoutFragment(url) {
  const at = StringPrototypeIndexOf(url, "#");
  return at < 0 ? url : StringPrototypeSlice(url, 0, at);
}

function finish(context, head, method, signal, urlList) {
  let body = null;
  if (head.bodyKind === 1) {
    body = body_.innerBodyFromBytes(head.body);
  } else if (head.bodyKind === 2) {
    body = body_.innerBodyFromNative(head.body, head.length < 0 ? null : head.length, context, signal);
  }
  // What is no part of such a response was not asked for; its sender is told when the context ends.
  if (method === "HEAD" || rr.nullBodyStatus(head.status)) body = null;
  const response = rr.outboundResponse(head.status, head.statusText, head.headers, body, urlList);
  if (head.encoded) rr.setEncoded(response);
  if (head.socket !== undefined) rr.setWebSocket(response, websocket.adopt(head.socket, context));
  return response;
}

websocket.setHop(hop);

return { fetch, fetchThrough, setOutbound };
})();
