// What hibernating WebSockets say: each message, close and error is an event of their object.
//
// A socket's last event, its close or an error, makes it the instance's own: it can still answer a close, for as long as
// somebody holds it, and is gone with the instance.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  MapPrototypeDelete,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectApply,
} = primordials;
const {
  op_log_exception,
  op_object_socket_answered_at,
  op_object_socket_attachment,
  op_object_socket_handle,
  op_object_socket_over,
  op_object_socket_timeout,
  op_socket_drop,
} = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const objects = core.loadExtScript("ext:lopata/objects/instance.js");
const { socketOf, tagsOf } = core.loadExtScript("ext:lopata/object_sockets/object_sockets.js");
const { PHASE } = core.loadExtScript("ext:lopata/websocket/session.js");
const { stateOf } = core.loadExtScript("ext:lopata/websocket/websocket.js");

/** What Rust delivers, numbered as in `Delivery::into_args`. */
const KIND = { __proto__: null, text: 0, binary: 1, close: 2, lost: 3 };

// Source: workerd's texts.
const LOST_TEXT = "WebSocket disconnected without sending Close frame.";
const TIMEOUT_TEXT = "Actor exceeded event execution time and was disconnected.";

/**
 * Called by Rust for each message and each end, as an event of the object.
 * @param {number} event
 * @param {number} number of the object
 * @param {number} id
 * @param {number} kind
 * @param {string | ArrayBuffer | number | undefined} data
 * @param {string | undefined} reason
 */
function deliver(event, number, id, kind, data, reason) {
  const context = objects.begin(number, event);
  objects.enter(context, () => start(context, id, kind, data, reason));
}

function start(context, id, kind, data, reason) {
  const { record } = context.keeper;
  forgetFinished(record);
  const socket = socketOf(record, id);
  const isLast = kind >= KIND.close;
  let name = "webSocketMessage";
  let args;
  if (kind === KIND.close) {
    name = "webSocketClose";
    args = [socket, data, reason, true];
  } else if (kind === KIND.lost && data === undefined) {
    name = "webSocketClose";
    args = [socket, 1006, LOST_TEXT, false];
  } else if (kind === KIND.lost) {
    name = "webSocketError";
    args = [socket, new Error(data)];
  } else {
    args = [socket, data];
  }
  if (isLast) becomesOwn(record, stateOf(socket), kind, name === "webSocketError");
  call(context, record, name, args);
  if (!isLast) return;
  op_object_socket_over(record.number, id);
  ArrayPrototypePush(record.finished ??= [], id);
  const state = stateOf(socket);
  if (state.closedOutgoing && state.phase === PHASE.accepted) {
    // Both ways are closed. What is asked of it from now on is answered from what is here.
    op_socket_drop(id);
  }
}

/** The socket has its last event: it is the instance's from now on. */
function becomesOwn(record, state, kind, failed) {
  const { number } = record;
  tagsOf(state);
  state.attachment = op_object_socket_attachment(number, state.id) ?? undefined;
  state.answeredAt = op_object_socket_answered_at(number, state.id);
  state.object = null;
  state.closedIncoming = true;
  if (kind === KIND.close) {
    // It can still be answered, by whoever holds it.
    state.handle = op_object_socket_handle(state.id);
    return;
  }
  // Nobody is there any more. A socket that has failed ignores even that it is closed.
  op_socket_drop(state.id);
  if (failed) state.phase = PHASE.released;
}

/** Sockets that had their last event in an earlier turn are found no more. */
function forgetFinished(record) {
  const { finished } = record;
  if (finished === undefined) return;
  record.finished = undefined;
  for (let i = 0; i < finished.length; i++) MapPrototypeDelete(record.sockets, finished[i]);
}

/** Calls a handler, and ends the event when it is done, or when it has taken too long. */
function call(context, record, name, args) {
  let timer;
  let isOver = false;
  const finish = (failed, error) => {
    if (isOver) return;
    isOver = true;
    if (timer !== undefined) core.cancelTimer(timer);
    if (failed) {
      context.outcome = io.OUTCOME.exception;
      op_log_exception(context.event, error);
    }
    context.handlerDone = true;
    context.maybeEnd();
  };
  context.fail = (_, error) => finish(true, error);
  const { instance } = record;
  const handler = instance[name];
  let result;
  try {
    if (typeof handler === "function") result = ReflectApply(handler, instance, args);
  } catch (error) {
    finish(true, error);
    return;
  }
  if (typeof result?.then !== "function") {
    finish(false);
    return;
  }
  PromisePrototypeThen(PromiseResolve(result), () => finish(false), (error) => finish(true, error));
  const ms = op_object_socket_timeout(record.number);
  if (ms > 0) timer = core.createSystemTimer(() => finish(true, new Error(TIMEOUT_TEXT)), ms, true);
}

return { deliver };
})();
