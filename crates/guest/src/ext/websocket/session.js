// The life of a WebSocket in this isolate: who owns it, what its events are, when it lets go of its native end.
//
//   connecting --> waiting --(accept)--> accepted --> released     waiting --(sent in a Response)--> released
//
// Messages wait in the native end until it is accepted. From then on Rust calls `deliver` for each, in the
// IoContext that accepted it. A socket whose other end is elsewhere keeps that context alive until the other end
// has ended; one whose other end is in this worker too does not, since nobody else could ever speak to it. Knows
// nothing of the classes that scripts see.
//
// A socket that a Durable Object accepts by `ctx.acceptWebSocket()` is accepted, too, but belongs to no context: it
// outlives the instance, and what it says are events of the object (`object_sockets/object_sockets.js`).
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  SafeMap,
  SafeSet,
  Uint8Array,
} = primordials;
const { op_socket_accept, op_socket_close, op_socket_drop } = core.ops;
const { CloseEvent, dispatchAndReport, ErrorEvent, listenerCount, MessageEvent } = core.loadExtScript(
  "ext:deno_web/02_event.js",
);
const { blobOf } = core.loadExtScript("ext:deno_web/09_file.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const tracing = core.loadExtScript("ext:lopata/tracing/tracing.js");

const PHASE = { __proto__: null, connecting: 0, waiting: 1, accepted: 2, released: 3 };
/** What Rust delivers, numbered as in `Delivery::into_args`. */
const KIND = { __proto__: null, text: 0, binary: 1, close: 2, lost: 3, restart: 4 };

/** Source: workerd's text. */
const LOST_TEXT = "WebSocket disconnected without sending Close frame.";

/** The states of accepted sockets by the number of their native end. */
const accepted = new SafeMap();

/** What a socket is made of. Nothing of it is visible to scripts. */
class State {
  constructor(id, phase, context) {
    /** The native end; 0 before there is one. */
    this.id = id;
    this.phase = phase;
    /** The script's object; set when it is accepted. */
    this.socket = null;
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
    /** What a hibernating socket is part of: its object's record; null for others, and once it has had its last event. */
    this.object = null;
    /** What a hibernating socket was accepted with, once somebody asked; null for one that was accepted otherwise. */
    this.tags = null;
    /** When a hibernating socket was last answered automatically, once it has had its last event. */
    this.answeredAt = -1;
    /** Its span, and the event that it belongs to; set when it is accepted. */
    this.span = 0;
    this.event = 0;
    /** What waits at the gate of the object that owns it. */
    this.held = 0;
    /** Ends a connection that is being made; null otherwise. */
    this.abort = null;
  }
}

/** The end of `context` is the end of the socket. */
function own(context, state) {
  if (context.ended) {
    abandon(state);
    return;
  }
  if (context.sockets === null) {
    context.sockets = new SafeSet();
    context.onEnd(() => {
      for (const socket of context.sockets) abandon(socket);
    });
  }
  context.sockets.add(state);
}

/**
 * From now on the socket's events are dispatched, in the current async context.
 * @param {EventTarget} socket
 * @param {State} state
 * @param {import("../io_context/io_context.js").IoContext} context
 */
function accept(socket, state, context) {
  if (state.context !== context) {
    state.context.sockets?.delete(state);
    state.context = context;
    own(context, state);
    // A context that is over has no events.
    if (state.phase === PHASE.released) return;
  }
  state.phase = PHASE.accepted;
  state.socket = socket;
  MapPrototypeSet(accepted, state.id, state);
  op_socket_accept(state.id, context.record?.number ?? 0);
  sessionStarted(state);
  // What its events do nests under the session.
  state.asyncContext = tracing.run(state.span, core.getAsyncContext);
  pin(state);
}

/** A socket that somebody elsewhere may speak to keeps its context alive. */
function pin(state) {
  if (state.pinned || state.mate !== null || state.phase !== PHASE.accepted || state.closedIncoming) return;
  if (state.tags !== null) return;
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
  const kind = state.url === null ? tracing.KIND.internal : tracing.KIND.client;
  state.event = state.context.event;
  state.span = tracing.start(state.event, "websocket", kind);
}
function sessionOver(state) {
  // A hibernating socket has none.
  if (state.event === 0) return;
  const attributes = state.url === null ? null : { __proto__: null, "url.full": state.url };
  tracing.end(state.event, state.span, attributes, state.failed ? "the connection was lost" : "");
}

/**
 * Called by Rust for each message and each end.
 * @param {number} id
 * @param {number} kind
 * @param {string | ArrayBuffer | number | undefined} data
 * @param {string | undefined} reason
 */
function deliver(id, kind, data, reason) {
  const state = MapPrototypeGet(accepted, id);
  if (state === undefined) return;
  const { gate } = state.context;
  if (gate !== null && (state.held > 0 || gate.blocks(state.asyncContext?.section))) {
    state.held++;
    gate.enter(state.asyncContext?.section, () => {
      state.held--;
      if (MapPrototypeGet(accepted, id) === state) dispatch(state, kind, data, reason);
    });
    return;
  }
  dispatch(state, kind, data, reason);
}

function dispatch(state, kind, data, reason) {
  const { socket } = state;
  const previous = core.getAsyncContext();
  core.setAsyncContext(state.asyncContext);
  try {
    if (kind === KIND.text) {
      message(socket, state, data);
    } else if (kind === KIND.binary) {
      message(socket, state, binaryType(state) === "blob" ? blobOf(new Uint8Array(data), "") : data);
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

function message(socket, state, data) {
  if (listenerCount(socket, "message") === 0) return;
  const event = new MessageEvent("message", { data });
  // It comes from nowhere that has a name.
  event.origin = null;
  const thrown = dispatchAndReport(socket, event);
  if (thrown !== null) broken(socket, state, thrown.error);
}

/** A listener threw: as in production that ends the socket, without a close for either side. */
function broken(socket, state, error) {
  state.closedIncoming = true;
  fail(socket, state, error);
  release(state);
  unpin(state);
}

function closed(socket, state, code, reason) {
  state.closedIncoming = true;
  if (!state.closedOutgoing && !state.halfOpen && compat.has("web_socket_auto_reply_to_close")) closeOutgoing(state, code, reason);
  dispatchAndReport(socket, new CloseEvent("close", { code, reason, wasClean: true }));
  if (state.closedOutgoing) release(state);
  unpin(state);
}

/** @param {string | undefined} text the error, when the other side did not just go away */
function lost(socket, state, text) {
  state.closedIncoming = true;
  state.outgoingAborted = true;
  if (text !== undefined) fail(socket, state, new Error(text));
  dispatchAndReport(socket, new CloseEvent("close", { code: 1006, reason: LOST_TEXT, wasClean: false }));
  release(state);
  unpin(state);
}

/** A newer version of the worker takes over: both sides are told to connect again. */
function restarted(socket, state) {
  if (!state.closedOutgoing) closeOutgoing(state, 1012, "Service Restart");
  if (!state.closedIncoming) {
    state.closedIncoming = true;
    dispatchAndReport(socket, new CloseEvent("close", { code: 1012, reason: "Service Restart", wasClean: true }));
  }
  release(state);
  unpin(state);
}

/** Tells the script of an error, the first one only. */
function fail(socket, state, error) {
  if (state.failed) return;
  state.failed = true;
  state.outgoingAborted = true;
  dispatchAndReport(socket, new ErrorEvent("error", { message: `Uncaught ${io.describe(error)}`, error }));
}

function binaryType(state) {
  return state.binaryType ?? (compat.has("websocket_standard_binary_type") ? "blob" : "arraybuffer");
}

return {
  accept,
  binaryType,
  closeOutgoing,
  deliver,
  fail,
  own,
  PHASE,
  pin,
  release,
  State,
};
})();
