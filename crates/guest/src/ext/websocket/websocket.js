// WebSockets: pairs, client sockets, and the ends that responses carry.
//
// What an object goes through is in session.js; here are the classes, how a client connects, and how a socket leaves in
// a response.
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
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  RegExpPrototypeTest,
  SafeArrayIterator,
  SafeRegExp,
  SafeSet,
  SafeWeakMap,
  StringPrototypeToLowerCase,
  Symbol,
  SymbolFor,
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
  op_object_socket_attach,
  op_object_socket_attachment,
  op_request_headers,
  op_socket_depart,
  op_socket_pair,
  op_socket_send_again,
  op_socket_send_bytes,
  op_socket_send_short,
  op_socket_send_text,
} = core.ops;
const { CloseEvent, defineEventHandler, dispatchAndReport, Event, EventTarget } = core.loadExtScript(
  "ext:deno_web/02_event.js",
);
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");
const { AbortController } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { badConstructor, badParameter, illegal, int, isObject, text } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const { notCallable } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const session = core.loadExtScript("ext:lopata/websocket/session.js");
const { accept, binaryType, closeOutgoing, fail, own, PHASE, pin, release, State } = session;

/** Only this script makes sockets of native ends. */
const NATIVE = Symbol("native");

const READY_STATES = { __proto__: null, CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

// Source of the texts below: workerd's web-socket and http modules.
const NOT_ACCEPTED_TEXT =
  "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";
const UPGRADE_TEXT = "Worker tried to return a WebSocket in a response to a request which did not contain the " +
  'header "Upgrade: websocket".';
const CONSTRUCTOR_TEXT = "WebSocket Constructor: ";

const ATTACHMENT_BYTES_MAX = 16 * 1024;
/** Characters of a text that is kept, in case it is sent on other sockets, too. */
const BROADCAST_LENGTH_MAX = 16 * 1024;
const REASON_BYTES_MAX = 123;

/** A token of RFC 6455: visible ASCII without separators. */
const TOKEN = new SafeRegExp(/^[!#$%&'*+.^_`|~"0-9A-Za-z-]+$/);

let stateOf;

/** The text that was sent last, when it is short enough to be kept. */
let lastText;

/** @param {number} id @param {string} message */
function sendText(id, message) {
  if (message.length > BROADCAST_LENGTH_MAX) {
    op_socket_send_text(id, message);
  } else if (message === lastText) {
    op_socket_send_again(id);
  } else {
    lastText = message;
    op_socket_send_short(id, message);
  }
}

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
      throw badConstructor("WebSocket", 1, "string");
    }
    url = text(url);
    const target = clientTarget(url);
    const headers = [["upgrade", "websocket"]];
    const wanted = protocols === undefined ? "" : protocolHeader(protocols);
    if (wanted !== "") ArrayPrototypePush(headers, ["sec-websocket-protocol", wanted]);
    this.#state = new State(0, PHASE.connecting, context);
    this.#state.url = url;
    connectTo(this, this.#state, target, headers);
  }

  /** @param {{ allowHalfOpen?: boolean }} options */
  accept(options = undefined) {
    const state = this.#state;
    io.mine(state.context, "Native");
    if (options !== undefined && options !== null && !isObject(options)) {
      throw badParameter("accept", "WebSocket", 1, "AcceptOptions");
    }
    if (state.phase === PHASE.connecting) {
      throw new TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    }
    if (state.phase === PHASE.released) {
      throw new TypeError("Can't accept() WebSocket that was already used in a response.");
    }
    if (state.phase === PHASE.accepted) {
      if (state.tags !== null) throw new TypeError("Can't accept() WebSocket after enabling hibernation.");
      return;
    }
    const context = io.required();
    state.halfOpen = !!options?.allowHalfOpen;
    accept(this, state, context);
  }

  /** @param {string | ArrayBuffer | ArrayBufferView} message */
  send(message) {
    const state = this.#state;
    if (arguments.length === 0) {
      throw badParameter("send", "WebSocket", 1, "ArrayBuffer or ArrayBufferView or string");
    }
    io.mine(state.context, "Native");
    if (state.closedOutgoing) throw new TypeError("Can't call WebSocket send() after close().");
    if (state.outgoingAborted || state.phase === PHASE.released) return;
    if (state.phase !== PHASE.accepted) throw new TypeError(NOT_ACCEPTED_TEXT);
    if (typeof message === "string") {
      sendText(state.id, text(message));
    } else if (ArrayBufferIsView(message)) {
      op_socket_send_bytes(state.id, bytesOf(message));
    } else if (ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, message)) {
      op_socket_send_bytes(state.id, new Uint8Array(message));
    } else {
      sendText(state.id, text(message));
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  close(code = undefined, reason = undefined) {
    const state = this.#state;
    io.mine(state.context, "Native");
    if (code !== undefined) {
      code = int(code);
      if (code < 1000 || code >= 5000 || code === 1004 || code === 1005 || code === 1006 || code === 1015) {
        throw new DOMException(`Invalid WebSocket close code: ${code}.`, "InvalidAccessError");
      }
    }
    if (reason !== undefined) {
      reason = text(reason);
      if (code === undefined) {
        throw new DOMException("If you specify a WebSocket close reason, you must also specify a code.", "InvalidAccessError");
      }
      if (compat.has("websocket_close_reason_byte_limit") && TypedArrayPrototypeGetByteLength(core.encode(reason)) > REASON_BYTES_MAX) {
        throw new DOMException(`WebSocket close reason must not be longer than ${REASON_BYTES_MAX} bytes when UTF-8 encoded.`, "SyntaxError");
      }
    }
    if (state.phase === PHASE.connecting) {
      const { abort } = state;
      state.phase = PHASE.released;
      abort?.(new Error("Network connection lost."));
      return;
    }
    if (state.closedOutgoing || state.outgoingAborted || state.phase === PHASE.released) return;
    if (state.phase !== PHASE.accepted) throw new TypeError(NOT_ACCEPTED_TEXT);
    closeOutgoing(state, code ?? 1005, reason ?? "");
    if (state.closedIncoming) release(state);
  }

  /** @param {unknown} attachment */
  serializeAttachment(attachment) {
    if (arguments.length === 0) throw badParameter("serializeAttachment", "WebSocket", 1, "JsValue");
    const bytes = core.serialize(attachment, undefined, (text) => {
      throw new DOMException(text, "DataCloneError");
    });
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length > ATTACHMENT_BYTES_MAX) {
      throw new Error(`A WebSocket 'attachment' cannot be larger than ${ATTACHMENT_BYTES_MAX} bytes.'attachment' was ${length} bytes.`);
    }
    const state = this.#state;
    if (state.object === null) {
      state.attachment = bytes;
    } else {
      op_object_socket_attach(state.object.number, state.id, bytes);
    }
  }

  deserializeAttachment() {
    const state = this.#state;
    const attachment = state.object === null
      ? state.attachment
      : op_object_socket_attachment(state.object.number, state.id) ?? undefined;
    return attachment === undefined ? null : core.deserialize(attachment);
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    const keys = ["readyState", "url", "protocol", "extensions", "binaryType"];
    return inspect(createFilteredInspectProxy({ object: this, evaluate: #state in this, keys }), options);
  }

  get readyState() {
    const state = this.#state;
    io.mine(state.context, "Native");
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

/**
 * The object of a hibernating socket.
 * @param {number} id of its native end
 * @param {object} record of its object
 * @param {boolean} closed whether the object has closed its way
 */
function hibernated(id, record, closed) {
  const state = new State(id, PHASE.accepted, record.context);
  state.object = record;
  state.tags = undefined;
  state.closedOutgoing = closed;
  return new WebSocket(NATIVE, state);
}

/** What the runtime of a Durable Object is to answer by itself. No class, whose own words for a call are not production's. */
function WebSocketRequestResponsePair(...args) {
  if (new.target === undefined) throw notCallable("WebSocketRequestResponsePair");
  if (args.length === 0) throw badConstructor("WebSocketRequestResponsePair", 1, "string");
  const request = text(args[0]);
  if (args.length === 1) throw badConstructor("WebSocketRequestResponsePair", 2, "string");
  pairs.set(this, { request, response: text(args[1]) });
}
/** The texts of pairs. */
const pairs = new SafeWeakMap();

/** @param {unknown} value @returns {{ request: string, response: string } | undefined} */
function pairOf(value) {
  return isObject(value) ? pairs.get(value) : undefined;
}
for (const name of ["request", "response"]) {
  const { get } = ObjectGetOwnPropertyDescriptor({
    get [name]() {
      const pair = pairOf(this);
      if (pair === undefined) throw illegal();
      return pair[name];
    },
  }, name);
  ObjectDefineProperty(WebSocketRequestResponsePair.prototype, name, { __proto__: null, get, enumerable: true, configurable: true });
}
ObjectDefineProperty(WebSocketRequestResponsePair, "prototype", { __proto__: null, writable: false });
ObjectDefineProperty(WebSocketRequestResponsePair.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "WebSocketRequestResponsePair",
  configurable: true,
});

/** Two ends; what one sends is the other's message. */
class WebSocketPair {
  constructor() {
    const context = io.required();
    const id = op_socket_pair();
    const first = adopt(id, context);
    const second = adopt(id + 1, context);
    stateOf(first).mate = stateOf(second);
    stateOf(second).mate = stateOf(first);
    ObjectDefineProperties(this, {
      0: { __proto__: null, value: first, enumerable: true },
      1: { __proto__: null, value: second, enumerable: true },
    });
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
    dispatchAndReport(socket, new Event("open"));
  };
  const refused = (error) => {
    state.abort = null;
    state.phase = PHASE.released;
    state.closedIncoming = true;
    fail(socket, state, error);
    const reason = "Failed to establish websocket connection";
    dispatchAndReport(socket, new CloseEvent("close", { code: 1006, reason, wasClean: false }));
  };
  const done = () => context.socketClosed();
  PromisePrototypeThen(
    PromisePrototypeThen(
      PromisePrototypeThen(hop(context, null, "", "GET", new URL(target), headers, null, controller.signal), connected),
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
    const method = state.tags === null ? "accept" : "acceptWebSocket";
    throw new TypeError(`Can't return WebSocket in a Response after calling ${method}().`);
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

return {
  adopt,
  depart,
  hibernated,
  isWebSocket,
  pairOf,
  setHop,
  stateOf,
  WebSocket,
  WebSocketPair,
  WebSocketRequestResponsePair,
};
})();
