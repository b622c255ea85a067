// Every fetch: one hop at a time through the worker's outbound service or to another worker, redirects followed here.
//
// A call belongs to the current IoContext: it counts against its subrequests, becomes a span and is cancelled
// with it. Bodies stream both ways at once.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeFilter,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  Error,
  PromiseReject,
  Number,
  SafeSet,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeGetByteLength,
  TypeError,
  Uint8Array,
} = primordials;
const { op_data_url, op_fetch_cancel, op_fetch_response, op_fetch_start, op_service_fetch } = core.ops;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { badParameter, illegal } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const cf_ = core.loadExtScript("ext:lopata/fetch/cf.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const coding_ = core.loadExtScript("ext:lopata/fetch/coding.js");
const { InnerBody, ofMemory } = core.loadExtScript("ext:lopata/fetch/inner_body.js");
const request_ = core.loadExtScript("ext:lopata/fetch/request.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const tracing = core.loadExtScript("ext:lopata/tracing/tracing.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");

/** Source: workerd's limit on redirects of one fetch. */
const REDIRECTS_MAX = 20;

// Source of the texts: workerd's fetch.
const LOCATION_TEXT = "Invalid Location header; unable to follow redirect.";
const ONE_TIME_BODY_TEXT = "A request with a one-time-use body (it was initialized from a stream, not a buffer) " +
  "encountered a redirect requiring the body to be retransmitted. To avoid this error in the future, construct this " +
  "request from a buffer-like body initializer.";

/** The worker that answers the global fetch; null when the network does. */
let outbound = null;

/** @param {{ handle: object, name: string }} route */
function setOutbound(route) {
  outbound = route;
}

/** What answers the global fetch, if it is a worker; what connects to the network, then, too. */
function outboundRoute() {
  return outbound;
}

/** The parameters that `fetch` takes, as production names them. */
const INPUT_TYPE = "Request or string";
const INIT_TYPE = "RequestInitializerDict or Request";

/** @param {[string, string][]} list @param {string} name */
function without(list, name) {
  return ArrayPrototypeFilter(list, (pair) => StringPrototypeToLowerCase(pair[0]) !== name);
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
  if (this !== undefined && this !== null && this !== globalThis) return PromiseReject(illegal());
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
  let context, made;
  try {
    context = io.required();
    const owner = route === null ? "ServiceWorkerGlobalScope" : "Fetcher";
    if (given === 0) throw badParameter("fetch", owner, 1, INPUT_TYPE);
    made = request_.build(input, init, () => badParameter("fetch", owner, 2, INIT_TYPE));
    route ??= request_.routeOf(made.state);
  } catch (error) {
    return PromiseReject(error);
  }
  return follow(context, route, made);
}

/**
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {{ handle: object, name: string } | null} route
 * @param {{ state: object, body: object | null, type: string | null }} made of the arguments
 */
async function follow(context, route, { state, body, type }) {
  const { signal } = state;
  signal?.throwIfAborted();
  let url = URL.parse(state.href);
  if (url === null) throw new TypeError(`Fetch API cannot load: ${state.href}`);
  let { method } = state;
  if (url.protocol === "data:") return dataResponse(url, method);
  let headerList = headers_.copy(state.headers);
  if (type !== null && header(headerList, "content-type") === null) {
    ArrayPrototypePush(headerList, ["content-type", type]);
  }
  let cf = cf_.textOf(request_.cfOf(state), state.cache);
  if (state.cache !== undefined) {
    // Source: workerd's fetch.
    if (header(headerList, "cache-control") === null) ArrayPrototypePush(headerList, ["cache-control", "no-cache"]);
    if (header(headerList, "pragma") === null) ArrayPrototypePush(headerList, ["pragma", "no-cache"]);
  }
  // A body that can be sent again: what was in memory at first.
  const source = body === null ? null : body.source;
  const replays = body === null || source !== null;
  const manual = state.encodeResponseBody === "manual";
  const urlList = [url.href];
  url = checkScheme(url);
  for (let redirects = 0;; redirects++) {
    io.takeSubrequest(context);
    const response = await hop(context, route, cf, method, url, headerList, body, signal, manual);
    const { status } = response;
    const location = rr.redirectStatus(status) ? header(response.headers, "location") : null;
    if (state.redirectMode !== "follow" || location === null) {
      return finish(context, response, method, state, (route ?? outbound) !== null, urlList);
    }
    if (response.bodyKind === 2) core.ops.op_body_cancel(response.body, undefined);
    const next = URL.parse(location, url);
    if (next === null) throw new TypeError(LOCATION_TEXT);
    if (redirects === REDIRECTS_MAX) throw new TypeError(`Too many redirects.${ArrayPrototypeJoin(urlList, ", ")}`);
    if (next.origin !== url.origin && compat.has("strip_authorization_on_cross_origin_redirect")) {
      headerList = without(headerList, "authorization");
    }
    ArrayPrototypePush(urlList, next.href);
    if (status !== 303 && !replays) throw new TypeError(ONE_TIME_BODY_TEXT);
    if (((status === 301 || status === 302) && method === "POST") || (status === 303 && method !== "HEAD")) {
      method = "GET";
      body = null;
    } else if (body !== null) {
      if (source === null) throw new TypeError(ONE_TIME_BODY_TEXT);
      body = ofMemory(source);
    }
    // A key names one response, and that was the redirect.
    if ((route ?? outbound) === null) cf = cf_.withoutKey(cf);
    // Another worker may be asked for anything.
    url = (route ?? outbound) === null ? checkScheme(next) : next;
  }
}

/** @param {URL} url a data: URL @param {string} method */
function dataResponse(url, method) {
  const found = op_data_url(url.href);
  if (found === null) throw new TypeError(`Fetch API cannot load: ${url.href}`);
  const body = method === "GET" ? body_.innerBodyFromBytes(found.bytes) : null;
  return rr.outboundResponse(200, "OK", [["content-type", found.type]], body, null, false);
}

/** @param {[string, string][]} list @param {string} name */
function header(list, name) {
  for (let i = 0; i < list.length; i++) {
    if (StringPrototypeToLowerCase(list[i][0]) === name) return list[i][1];
  }
  return null;
}

/**
 * One request, one response; redirects are not followed.
 * @param {string} cf what another worker is to see as `request.cf`, and what the host is asked to cache
 * @param {AbortSignal | null} signal
 * @param {boolean} manual whether the body is to come as its content-encoding says
 */
function hop(context, route, cf, method, url, headerList, body, signal, manual = false) {
  const attributes = spanAttributes(route, method, url);
  return tracing.call(context.event, "fetch", attributes, async (span) => {
    const response = await send(context, route, cf, span, method, url.href, headerList, body, signal, manual);
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

async function send(context, given, cf, span, method, url, headerList, body, signal, manual) {
  const route = given ?? outbound;
  let call = -1;
  const cancel = () => {
    if (call >= 0) op_fetch_cancel(call);
  };
  (context.fetches ??= new SafeSet()).add(cancel);
  signal?.[addAbort](cancel);
  try {
    const sent = rr.takeBody(body, () => {});
    if (route !== null && sent.kind !== 0) headerList = withLength(headerList, sent);
    call = route === null
      ? op_fetch_start(
        context.event,
        span,
        method,
        url,
        headerList,
        cf,
        sent.kind,
        sent.value,
        sent.length,
        manual,
      )
      : op_service_fetch(
        route.handle,
        context.event,
        span,
        method,
        withoutFragment(url),
        headerList,
        cf,
        sent.kind,
        sent.value,
        sent.length,
      );
    const response = await op_fetch_response(call);
    if (signal?.aborted) {
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
    if (signal?.aborted) throw signal.reason;
    throw error;
  } finally {
    context.fetches?.delete(cancel);
    signal?.[removeAbort](cancel);
  }
}

/** Another worker sees what a server would: how long a body is, when that is known. */
function withLength(list, sent) {
  if (typeof sent.value === "string") sent.value = core.encode(sent.value);
  const length = sent.kind === 1 ? TypedArrayPrototypeGetByteLength(sent.value) : sent.length;
  if (length < 0) return list;
  const found = without(list, "content-length");
  ArrayPrototypePush(found, ["content-length", `${length}`]);
  return found;
}

/** Another worker sees what a server would: no fragment. @param {string} url */
function withoutFragment(url) {
  const at = StringPrototypeIndexOf(url, "#");
  return at < 0 ? url : StringPrototypeSlice(url, 0, at);
}

function finish(context, head, method, { encodeResponseBody, signal }, ofWorker, urlList) {
  let body;
  if (head.bodyKind === 2) {
    body = body_.innerBodyFromNative(head.body, head.length < 0 ? null : head.length, context, signal ?? undefined);
  } else {
    body = body_.innerBodyFromBytes(head.bodyKind === 1 ? head.body : new Uint8Array(0));
  }
  // What is no part of such a response was not asked for; its sender is told when the context ends.
  if (method === "HEAD" || rr.nullBodyStatus(head.status)) body = null;
  const manual = encodeResponseBody === "manual";
  let { encoded } = head;
  const coding = ofWorker && body !== null && encoded !== manual ? codingFor(head) : null;
  if (coding !== null && manual) {
    body = new InnerBody(coding_.encoded(body.stream, coding));
    encoded = true;
  } else if (coding !== null) {
    body.coding = coding;
    encoded = false;
  }
  const last = urlList.length - 1;
  urlList[last] = withoutFragment(urlList[last]);
  const response = rr.outboundResponse(head.status, head.statusText, head.headers, body, urlList);
  if (encoded) rr.setEncoded(response);
  if (head.socket !== undefined) rr.setWebSocket(response, websocket.adopt(head.socket, context));
  return response;
}

/** The coding that a response says it has, if it is one that is done for workers. */
function codingFor(head) {
  return coding_.codingOf(header(head.headers, "content-encoding"), compat.has("brotli_content_encoding"));
}

websocket.setHop(hop);

return { fetch, fetchThrough, outboundRoute, setOutbound };
})();
