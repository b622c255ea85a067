// WebSockets: pairs, client sockets, and the ends that responses carry.
//
// An object is one end of a native pair and moves through these phases:
//
//   connecting --> waiting --(accept)--> accepted --> released     waiting --(sent in a Response)--> released
//
// Messages wait in the native end until it is accepted. From then on Rust calls `deliver` for each, in the
// IoContext that accepted it. A socket whose other end is elsewhere keeps that context alive until the other end
// has ended; one whose other end is in this worker too does not, since nobody else could ever speak to it.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayBufferPrototype,
  ArrayIsArray,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  Error,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  Number,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  RegExpPrototypeTest,
  SafeArrayIterator,
  SafeMap,
  SafeRegExp,
  SafeSet,
  String,
  StringPrototypeToLowerCase,
  Symbol,
  SymbolIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypeError,
  Uint8Array,
} = primordials;
const {
  op_request_headers,
  op_socket_accept,
  op_socket_close,
  op_socket_depart,
  op_socket_drop,
  op_socket_pair,
  op_socket_rules,
  op_socket_send_bytes,
  op_socket_send_text,
  op_span_end,
  op_span_start,
} = core.ops;
const event_ = core.loadExtScript("ext:deno_web/02_event.js");
const { CloseEvent, defineEventHandler, dispatch, ErrorEvent, Event, EventTarget, listenerCount, MessageEvent } = event_;
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { AbortController } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Only this script makes sockets of native ends. */
const NATIVE = Symbol("native");

const PHASE = { __proto__: null, connecting: 0, waiting: 1, accepted: 2, released: 3 };
/** What Rust delivers, numbered as in `Delivery::into_args`. */
const KIND = { __proto__: null, text: 0, binary: 1, close: 2, lost: 3, restart: 4 };
/** Bits of `op_socket_rules`. */
const RULE = { __proto__: null, blobDefault: 1, autoReply: 2, reasonLimit: 4 };

const READY_STATES = { __proto__: null, CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

// Source of the texts below: workerd's web-socket and http modules.
const NOT_ACCEPTED_TEXT =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";
const UPGRADE_TEXT = "Worker tried to return a WebSocket in a response to a request which did not contain the " +
  'header "Upgrade: websocket".';
const LOST_TEXT = "WebSocket disconnected without sending Close frame.";
const CONSTRUCTOR_TEXT = "WebSocket Constructor: ";

const ATTACHMENT_BYTES_MAX = 16 * 1024;
const REASON_BYTES_MAX = 123;

/** A token of RFC 6455: visible ASCII without separators. */
const TOKEN = new SafeRegExp(/^[!#$%&'*+.^_`|~"0-9A-Za-z-]+$/);

/** Accepted sockets by the number of their native end. */
const accepted = new SafeMap();

let rules = -1;
/** @param {number} bit @returns {boolean} whether a rule of the compatibility date holds */
function holds(bit) {
  if (rules === -1) rules = op_socket_rules();
  return (rules & bit) !== 0;
}

/** What a socket is made of. Nothing of it is visible to scripts. */
class State {
  constructor(id, phase, context) {
    /** The native end; 0 before there is one. */
    this.id = id;
    this.phase = phase;
    /** The IoContext that owns it: the one that made it, then the one that accepted it. */
    this.context = context;
    /** The async context in which its events run; set when it is accepted. */
    this.asyncContext = undefined;
    /** The other half of a pair while both are in this worker, else null. */
    this.mate = null;
    /** True while it keeps its context alive. */
    this.pinned = false;
    this.halfOpen = false;
    /** The other end has ended. */
    this.closedIncoming = false;
    /** close() was called here, or the runtime answered a close. */
    this.closedOutgoing = false;
    /** Nothing can be sent any more, without this end having closed. */
    this.outgoingAborted = false;
    this.failed = false;
    this.url = null;
    this.protocol = "";
    this.extensions = "";
    this.binaryType = undefined;
    this.attachment = undefined;
    /** Microseconds since the epoch, when it was accepted: the start of its span. */
    this.startUs = 0;
    /** Ends a connection that is being made; null otherwise. */
    this.abort = null;
  }
}

let stateOf;

class WebSocket extends EventTarget {
  #state;

  static {
    stateOf = (socket) => socket.#state;
  }

  /**
   * @param {string} url
   * @param {string | string[]} protocols
   */
  constructor(url, protocols = undefined) {
    super();
    if (url === NATIVE) {
      this.#state = protocols;
      return;
    }
    const context = io.required();
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'WebSocket': 1 argument required, but only 0 present.");
    }
    url = `${url}`;
    const target = clientTarget(url);
    const headers = [["upgrade", "websocket"]];
    if (protocols !== undefined) ArrayPrototypePush(headers, ["sec-websocket-protocol", protocolHeader(protocols)]);
    this.#state = new State(0, PHASE.connecting, context);
    this.#state.url = url;
    connectTo(this, this.#state, target, headers);
  }

  /** @param {{ allowHalfOpen?: boolean }} options */
  accept(options = undefined) {
    const state = this.#state;
    if (state.phase === PHASE.connecting) {
      throw new TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    }
    if (state.phase === PHASE.released) {
      throw new TypeError("Can't accept() WebSocket that was already used in a response.");
    }
    if (state.phase === PHASE.accepted) return;
    const context = io.required();
    state.halfOpen = options !== undefined && options !== null && !!options.allowHalfOpen;
    accept(this, state, context);
  }

  /** @param {string | ArrayBuffer | ArrayBufferView} message */
  send(message) {
    const state = this.#state;
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.");
    }
    if (state.closedOutgoing) throw new TypeError("Can't call WebSocket send() after close().");
    if (state.outgoingAborted || state.phase === PHASE.released) return;
    if (state.phase !== PHASE.accepted) throw new TypeError(NOT_ACCEPTED_TEXT);
    if (typeof message === "string") {
      op_socket_send_text(state.id, message);
    } else if (ArrayBufferIsView(message)) {
      op_socket_send_bytes(state.id, bytesOf(message));
    } else if (ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, message)) {
      op_socket_send_bytes(state.id, new Uint8Array(message));
    } else {
      op_socket_send_text(state.id, `${message}`);
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  close(code = undefined, reason = undefined) {
    const state = this.#state;
    if (state.phase === PHASE.connecting) {
      state.abort?.(new Error("Called close before connection was established."));
      return;
    }
    if (state.closedOutgoing || state.outgoingAborted || state.phase === PHASE.released) return;
    if (state.phase !== PHASE.accepted) throw new TypeError(NOT_ACCEPTED_TEXT);
    if (code !== undefined) {
      code = Number(code) | 0;
      if (code < 1000 || code >= 5000 || code === 1004 || code === 1005 || code === 1006 || code === 1015) {
        throw new DOMException(`Invalid WebSocket close code: ${code}.`, "InvalidAccessError");
      }
    }
    if (reason !== undefined) {
      if (code === undefined) {
        throw new DOMException("If you specify a WebSocket close reason, you must also specify a code.", "InvalidAccessError");
      }
      reason = `${reason}`;
      if (holds(RULE.reasonLimit) && TypedArrayPrototypeGetByteLength(core.encode(reason)) > REASON_BYTES_MAX) {
        throw new DOMException(`WebSocket close reason must not be longer than ${REASON_BYTES_MAX} bytes when UTF-8 encoded.`, "SyntaxError");
      }
    }
    closeOutgoing(state, code ?? 1005, reason ?? "");
    if (state.closedIncoming) release(state);
  }

  /** @param {unknown} attachment */
  serializeAttachment(attachment) {
    const bytes = core.serialize(attachment, undefined, (text) => {
      throw new DOMException(text, "DataCloneError");
    });
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length > ATTACHMENT_BYTES_MAX) {
      throw new Error(`A WebSocket 'attachment' cannot be larger than ${ATTACHMENT_BYTES_MAX} bytes.'attachment' was ${length} bytes.`);
    }
    this.#state.attachment = bytes;
  }

  deserializeAttachment() {
    const { attachment } = this.#state;
    return attachment === undefined ? null : core.deserialize(attachment);
  }

  get readyState() {
    const state = this.#state;
    if (state.failed || (state.closedIncoming && (state.closedOutgoing || state.outgoingAborted))) {
      return READY_STATES.CLOSED;
    }
    if (state.closedIncoming || state.closedOutgoing) return READY_STATES.CLOSING;
    return state.phase === PHASE.connecting ? READY_STATES.CONNECTING : READY_STATES.OPEN;
  }

  get url() {
    return this.#state.url;
  }

  get protocol() {
    return this.#state.protocol;
  }

  get extensions() {
    return this.#state.extensions;
  }

  get binaryType() {
    return binaryType(this.#state);
  }
  set binaryType(value) {
    value = `${value}`;
    // As for every enumeration of the web's, other values are ignored.
    if (value === "blob" || value === "arraybuffer") this.#state.binaryType = value;
  }
}
defineEventHandler(WebSocket.prototype, "open");
defineEventHandler(WebSocket.prototype, "message");
defineEventHandler(WebSocket.prototype, "close");
defineEventHandler(WebSocket.prototype, "error");
for (const name in READY_STATES) {
  const constant = { __proto__: null, value: READY_STATES[name], enumerable: true };
  for (const target of [WebSocket, WebSocket.prototype]) {
    ObjectDefineProperties(target, { __proto__: null, [name]: constant, [`READY_STATE_${name}`]: constant });
  }
}
for (const name of ["accept", "send", "close", "serializeAttachment", "deserializeAttachment", "readyState", "url", "protocol", "extensions", "binaryType"]) {
  ObjectDefineProperty(WebSocket.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(WebSocket.prototype, SymbolToStringTag, { __proto__: null, value: "WebSocket", configurable: true });

/** Two ends; what one sends is the other's message. */
class WebSocketPair {
  constructor() {
    const context = io.required();
    const id = op_socket_pair();
    const first = adopt(id, context);
    const second = adopt(id + 1, context);
    stateOf(first).mate = stateOf(second);
    stateOf(second).mate = stateOf(first);
    this[0] = first;
    this[1] = second;
  }

  [SymbolIterator]() {
    return new SafeArrayIterator([this[0], this[1]]);
  }
}
ObjectDefineProperty(WebSocketPair.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "WebSocketPair",
  configurable: true,
});

/**
 * The object of a native end that was made here or has arrived.
 * @param {number} id
 * @param {import("../io_context/io_context.js").IoContext} context
 * @returns {WebSocket}
 */
function adopt(id, context) {
  const state = new State(id, PHASE.waiting, context);
  own(context, state);
  return new WebSocket(NATIVE, state);
}

/** The end of `context` is the end of the socket. */
function own(context, state) {
  if (context.ended) {
    abandon(state);
    return;
  }
  (context.sockets ??= new SafeSet()).add(state);
}

function accept(socket, state, context) {
  if (state.context !== context) {
    state.context.sockets?.delete(state);
    state.context = context;
    own(context, state);
    // A context that is over has no events.
    if (state.phase === PHASE.released) return;
  }
  state.phase = PHASE.accepted;
  state.asyncContext = core.getAsyncContext();
  MapPrototypeSet(accepted, state.id, socket);
  op_socket_accept(state.id);
  sessionStarted(state);
  pin(state);
}

/** A socket that somebody elsewhere may speak to keeps its context alive. */
function pin(state) {
  if (state.pinned || state.mate !== null || state.phase !== PHASE.accepted || state.closedIncoming) return;
  state.pinned = true;
  state.context.socketOpened();
}

function unpin(state) {
  if (!state.pinned) return;
  state.pinned = false;
  state.context.socketClosed();
}

function closeOutgoing(state, code, reason) {
  state.closedOutgoing = true;
  op_socket_close(state.id, code, reason);
}

/** Lets go of the native end: both ways are closed, or the connection is gone. */
function release(state) {
  if (state.phase === PHASE.released) return;
  if (state.phase === PHASE.accepted) {
    MapPrototypeDelete(accepted, state.id);
    sessionOver(state);
  }
  state.phase = PHASE.released;
  state.context.sockets?.delete(state);
  op_socket_drop(state.id);
}

/**
 * The event is over: the other end is told, the script is not.
 * @param {State} state
 */
function abandon(state) {
  state.pinned = false;
  if (state.phase === PHASE.accepted) {
    MapPrototypeDelete(accepted, state.id);
    sessionOver(state);
  }
  state.phase = PHASE.released;
  state.closedIncoming = true;
  state.outgoingAborted = true;
  op_socket_drop(state.id);
}

/** The two places at which a session begins and ends: its span. */
function sessionStarted(state) {
  state.startUs = op_span_start();
}
function sessionOver(state) {
  const attributes = state.url === null ? "" : JSON.stringify({ "url.full": state.url });
  op_span_end(state.context.event, "websocket", state.startUs, attributes, state.failed ? "the connection was lost" : "");
}

/**
 * Called by Rust for each message and each end.
 * @param {number} id
 * @param {number} kind
 * @param {string | ArrayBuffer | number | undefined} data
 * @param {string | undefined} reason
 */
function deliver(id, kind, data, reason) {
  const socket = MapPrototypeGet(accepted, id);
  if (socket === undefined) return;
  const state = stateOf(socket);
  const previous = core.getAsyncContext();
  core.setAsyncContext(state.asyncContext);
  try {
    if (kind === KIND.text) {
      message(socket, state, data);
    } else if (kind === KIND.binary) {
      message(socket, state, binaryType(state) === "blob" ? new Blob([data]) : data);
    } else if (kind === KIND.close) {
      closed(socket, state, data, reason);
    } else if (kind === KIND.lost) {
      lost(socket, state, data);
    } else {
      restarted(socket, state);
    }
  } finally {
    core.setAsyncContext(previous);
  }
}

/** What the listeners of the message that is being dispatched have thrown, in an array; null while there is none. */
let thrown = null;

/** Called with every error that a listener of any event has thrown. @param {unknown} error */
function listenerThrew(error) {
  if (thrown !== null) ArrayPrototypePush(thrown, error);
}

function message(socket, state, data) {
  if (listenerCount(socket, "message") === 0) return;
  const outer = thrown;
  const errors = thrown = [];
  try {
    dispatch(socket, new MessageEvent("message", { data }));
  } finally {
    thrown = outer;
  }
  if (errors.length > 0) broken(socket, state, errors[0]);
}

/** A listener threw: as in production that ends the socket, without a close for either side. */
function broken(socket, state, error) {
  state.context.outcome = io.OUTCOME.exception;
  state.closedIncoming = true;
  fail(socket, state, error);
  release(state);
  unpin(state);
}

function closed(socket, state, code, reason) {
  state.closedIncoming = true;
  if (!state.closedOutgoing && !state.halfOpen && holds(RULE.autoReply)) closeOutgoing(state, code, reason);
  dispatch(socket, new CloseEvent("close", { code, reason, wasClean: true }));
  if (state.closedOutgoing) release(state);
  unpin(state);
}

/** @param {string | undefined} text the error, when the other side did not just go away */
function lost(socket, state, text) {
  state.closedIncoming = true;
  state.outgoingAborted = true;
  if (text !== undefined) fail(socket, state, new Error(text));
  dispatch(socket, new CloseEvent("close", { code: 1006, reason: LOST_TEXT, wasClean: false }));
  release(state);
  unpin(state);
}

/** A newer version of the worker takes over: both sides are told to connect again. */
function restarted(socket, state) {
  if (!state.closedOutgoing) closeOutgoing(state, 1012, "Service Restart");
  if (!state.closedIncoming) {
    state.closedIncoming = true;
    dispatch(socket, new CloseEvent("close", { code: 1012, reason: "Service Restart", wasClean: true }));
  }
  release(state);
  unpin(state);
}

/** Tells the script of an error, the first one only. */
function fail(socket, state, error) {
  if (state.failed) return;
  state.failed = true;
  state.outgoingAborted = true;
  dispatch(socket, new ErrorEvent("error", { message: `Uncaught ${io.describe(error)}`, error }));
}

function binaryType(state) {
  return state.binaryType ?? (holds(RULE.blobDefault) ? "blob" : "arraybuffer");
}

function bytesOf(view) {
  const kind = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (kind === "Uint8Array") return view;
  if (kind !== undefined) {
    return new Uint8Array(
      TypedArrayPrototypeGetBuffer(view),
      TypedArrayPrototypeGetByteOffset(view),
      TypedArrayPrototypeGetByteLength(view),
    );
  }
  return new Uint8Array(
    DataViewPrototypeGetBuffer(view),
    DataViewPrototypeGetByteOffset(view),
    DataViewPrototypeGetByteLength(view),
  );
}

/** @param {string} url @returns {string} what is fetched to connect to it */
function clientTarget(url) {
  let target;
  try {
    target = new URL(url);
  } catch {
    throw new DOMException(`${CONSTRUCTOR_TEXT}The url is invalid.`, "SyntaxError");
  }
  if (target.protocol !== "ws:" && target.protocol !== "wss:") {
    throw new DOMException(`${CONSTRUCTOR_TEXT}The url scheme must be ws or wss.`, "SyntaxError");
  }
  if (target.hash !== "") throw new DOMException(`${CONSTRUCTOR_TEXT}The url fragment must be empty.`, "SyntaxError");
  target.protocol = target.protocol === "ws:" ? "http:" : "https:";
  return target.href;
}

/** @param {string | string[]} protocols @returns {string} */
function protocolHeader(protocols) {
  const refuse = (text) => {
    throw new DOMException(CONSTRUCTOR_TEXT + text, "SyntaxError");
  };
  if (!ArrayIsArray(protocols)) {
    const protocol = `${protocols}`;
    if (!RegExpPrototypeTest(TOKEN, protocol)) refuse("The protocol header token is invalid.");
    return protocol;
  }
  if (protocols.length === 0) refuse("The protocols array cannot be empty.");
  const seen = new SafeSet();
  const list = [];
  for (let i = 0; i < protocols.length; i++) {
    const protocol = `${protocols[i]}`;
    if (!RegExpPrototypeTest(TOKEN, protocol)) refuse("One of the protocol header tokens is invalid.");
    if (seen.has(protocol)) refuse("The protocols header cannot have repeating values.");
    seen.add(protocol);
    ArrayPrototypePush(list, protocol);
  }
  return ArrayPrototypeJoin(list, ", ");
}

/** One request over the worker's outbound service; set by fetch, which is loaded later. */
let hop;

/** @param {typeof hop} through */
function setHop(through) {
  hop = through;
}

/** @param {[string, string][]} headers @param {string} name @returns {string | null} */
function headerOf(headers, name) {
  for (let i = 0; i < headers.length; i++) {
    if (StringPrototypeToLowerCase(headers[i][0]) === name) return headers[i][1];
  }
  return null;
}

/** Connects a client socket, which then is accepted without being asked. */
function connectTo(socket, state, target, headers) {
  const { context } = state;
  io.takeSubrequest(context);
  const controller = new AbortController();
  state.abort = (reason) => controller.abort(reason);
  context.socketOpened();
  const connected = (response) => {
    state.abort = null;
    if (response.status !== 101 || response.socket === undefined) {
      if (response.bodyKind === 2) core.ops.op_body_cancel(response.body, undefined);
      throw new TypeError(
        "Failed to establish the WebSocket connection: expected server to reply with HTTP status code 101 " +
          `(switching protocols), but received ${response.status} instead.`,
      );
    }
    state.id = response.socket;
    state.phase = PHASE.waiting;
    state.protocol = headerOf(response.headers, "sec-websocket-protocol");
    state.extensions = headerOf(response.headers, "sec-websocket-extensions");
    own(context, state);
    if (state.phase === PHASE.released) return;
    accept(socket, state, context);
    dispatch(socket, new Event("open"));
  };
  const refused = (error) => {
    state.abort = null;
    state.phase = PHASE.released;
    state.closedIncoming = true;
    fail(socket, state, error);
    const reason = "Failed to establish websocket connection";
    dispatch(socket, new CloseEvent("close", { code: 1006, reason, wasClean: false }));
  };
  const done = () => context.socketClosed();
  PromisePrototypeThen(
    PromisePrototypeThen(
      PromisePrototypeThen(hop(context, null, null, "GET", target, headers, null, controller.signal), connected),
      undefined,
      refused,
    ),
    done,
    done,
  );
}

/** @param {unknown} value */
function isWebSocket(value) {
  return typeof value === "object" && value !== null && ObjectPrototypeIsPrototypeOf(WebSocket.prototype, value);
}

/**
 * The socket goes with the response that is sent next; it is of no use here from now on.
 * @param {WebSocket} socket
 * @param {object} head the native head of the request that is answered
 */
function depart(socket, head) {
  const state = stateOf(socket);
  if (state.phase === PHASE.connecting) {
    throw new TypeError("Can't return WebSocket in a Response if it was created with `new WebSocket()`");
  }
  if (state.phase === PHASE.released) {
    throw new TypeError("Can't return WebSocket that was already used in a response.");
  }
  if (state.phase === PHASE.accepted) {
    throw new TypeError("Can't return WebSocket in a Response after calling accept().");
  }
  const upgrade = headerOf(op_request_headers(head), "upgrade");
  if (upgrade === null || StringPrototypeToLowerCase(upgrade) !== "websocket") throw new TypeError(UPGRADE_TEXT);
  state.phase = PHASE.released;
  state.context.sockets?.delete(state);
  op_socket_depart(state.id);
  const { mate } = state;
  if (mate !== null) {
    state.mate = null;
    mate.mate = null;
    pin(mate);
  }
}

io.setAbandonSocket(abandon);

return { adopt, deliver, depart, isWebSocket, listenerThrew, setHop, WebSocket, WebSocketPair };
})();
