// Requests and responses as the rest of the runtime handles them: what is inside, and how a body is sent.
(function () {
const { core, primordials } = __bootstrap;
const { TypeError } = primordials;
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const { InnerBody, TAKEN_TEXT, USED_TEXT } = core.loadExtScript("ext:lopata/fetch/inner_body.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const { Body, bodyOf, setBody } = core.loadExtScript("ext:lopata/fetch/body.js");
const request_ = core.loadExtScript("ext:lopata/fetch/request.js");
const response_ = core.loadExtScript("ext:lopata/fetch/response.js");
const statuses = core.loadExtScript("ext:lopata/fetch/statuses.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");

/** A stream of nothing but `error`. @param {unknown} error */
function failing(error) {
  return new ReadableStream({
    start(controller) {
      controller.error(error);
    },
  });
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
  if (body.consumed()) throw new TypeError(USED_TEXT);
  body.checkOwner();
  if (body.taken) return { kind: 2, value: body_.openPump(failing(new TypeError(TAKEN_TEXT)), done), length: -1 };
  // What is encoded goes on as it is.
  const direct = body.takeStatic();
  if (direct !== undefined) return { kind: 1, value: direct, length: -1 };
  const length = body_.bodyLength(body) ?? -1;
  const stream = body.coding === null ? body.stream : body.raw;
  const bytes = body_.takeStatic(stream);
  if (bytes !== undefined) return { kind: 1, value: bytes, length: -1 };
  const native = body_.takeNative(stream);
  if (native !== undefined) return { kind: 3, value: native, length };
  return { kind: 2, value: body_.openPump(stream, done), length };
}

/** Whether the body of `response` goes out as it is, as its content-encoding says. @param {Response} response */
function isEncoded(response) {
  return response_.stateOf(response).encodeBody === "manual" || (bodyOf(response)?.coding ?? null) !== null;
}

/** The body of `response` is encoded already, as its content-encoding says. @param {Response} response */
function setEncoded(response) {
  response_.stateOf(response).encodeBody = "manual";
}

/** @param {Response} response @returns {WebSocket | undefined} */
function webSocketOf(response) {
  return response_.stateOf(response).webSocket ?? undefined;
}

/** @param {Response} response @param {WebSocket} webSocket */
function setWebSocket(response, webSocket) {
  response_.stateOf(response).webSocket = webSocket;
}

/** What a request is made of, its body included. @param {Request} request */
function toInnerRequest(request) {
  const state = request_.stateOf(request);
  state.body = bodyOf(request);
  return state;
}

/** What a response is made of, its body included. @param {Response} response */
function toInnerResponse(response) {
  const state = response_.stateOf(response);
  state.body = bodyOf(response);
  return state;
}

/** The signal that aborts `request`, or shows that its client went away. @param {Request} request */
function signalOf(request) {
  return request_.shownSignal(request_.stateOf(request));
}

return {
  Body,
  BODY_USED_TEXT: USED_TEXT,
  cfText: request_.cfText,
  Headers: headers_.Headers,
  incomingRequest: request_.incomingRequest,
  InnerBody,
  isEncoded,
  isRequest: request_.isRequest,
  isResponse: response_.isResponse,
  nullBodyStatus: statuses.isNullBody,
  outboundResponse: response_.outboundResponse,
  /** All headers, with each `Set-Cookie` by itself, whatever the worker may see. */
  pairsOf: headers_.copy,
  redirectStatus: statuses.isRedirect,
  Request: request_.Request,
  Response: response_.Response,
  setBody,
  setEncoded,
  setWebSocket,
  signalOf,
  takeBody,
  toInnerRequest,
  toInnerResponse,
  webSocketOf,
};
})();
