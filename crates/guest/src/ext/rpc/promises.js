// Calls of JS RPC at the caller's side: how one is sent, what its promised result is, and how it ends.
//
// A call is sent when it is made, and what is asked of its result goes right behind it, without waiting. Once the
// result is here it is asked here.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectDefineProperty,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  Proxy,
  String,
  SymbolDispose,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_rpc_answer, op_rpc_finish, op_rpc_send } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const proxies = core.loadExtScript("ext:lopata/rpc/proxies.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");
const { callable, Handler, handlerOf, PROMISE_METHODS, promiseOf } = proxies;

/** What a call is made on, numbered as in `mod.rs`. */
const ON_SERVICE = 0;
const ON_STUB = 1;
const ON_RESULT = 2;
const ON_OWN = 3;

/** How a call ended, numbered as in `mod.rs`. */
const RETURNED = 0;
const RETURNED_SPECIAL = 1;
const THROWN = 2;
const THROWN_SPECIAL = 3;
const GONE = 4;
const LOST = 5;
const REFUSED = 7;

/** What the callee keeps of a result. */
const HOLD_RESULT = 1;
const HOLD_DISPOSER = 2;

// Source: production's text.
const OTHER_CONTEXT_TEXT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and " +
  "others) created in the context of one request handler cannot be accessed from a different request's handler. " +
  "This is a limitation of Cloudflare Workers which allows us to improve overall performance. (I/O type: Client)";

/** What whoever uses a stub of another event, or another Durable Object, is told. */
function foreign(owner) {
  if (io.current()?.gate) io.mine(owner, "Client");
  return new Error(OTHER_CONTEXT_TEXT);
}

class RpcPromise {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
ObjectDefineProperty(RpcPromise.prototype, SymbolToStringTag, { __proto__: null, value: "JsRpcPromise", configurable: true });

const PENDING = 0;
const RESOLVED = 1;
const REJECTED = 2;

/** The promise of a call's result. */
class PromiseHandler extends Handler {
  constructor(context, call, inbound) {
    super();
    this.context = context;
    /** As for a stub: whose the result is. */
    this.inbound = inbound;
    /** Names the call while its result can be asked for by message; zero otherwise. */
    this.call = call;
    this.state = PENDING;
    this.value = undefined;
    this.disposed = false;
    /** What is asked when the result that this call was made on has been let go: the promise, the path, the call. */
    this.parent = null;
    this.path = undefined;
    this.args = undefined;
    /** The native promise. */
    this.inner = undefined;
  }

  method(key) {
    return PROMISE_METHODS[key]?.(() => this.inner);
  }

  disposer() {
    return () => {
      if (this.disposed) return;
      this.disposed = true;
      if (this.state === RESOLVED) disposeValue(this.value);
    };
  }

  send(context, path, args) {
    if (this.disposed) throw new Error(names.PROMISE_DISPOSED_TEXT);
    if (this.context !== context) throw foreign(this.context);
    if (this.state === RESOLVED) return askValue(context, this.value, path, args);
    // Whoever asks for more hears of a failure there.
    PromisePrototypeThen(this.inner, undefined, () => {});
    if (this.call !== 0) {
      const asked = dispatch(context, ON_RESULT, this.call, path, args, this.inbound);
      if (asked !== undefined) {
        const handler = handlerOf(asked);
        handler.parent = this;
        handler.path = path;
        handler.args = args === undefined ? undefined : [];
        return asked;
      }
    }
    return later(context, this, path, args);
  }
}
PromiseHandler.prototype.prototype = RpcPromise.prototype;

/**
 * Makes a call, or a read when `args` is undefined. Never throws: what goes wrong is the promise's.
 * @param {{ send: Function }} root
 * @param {string | string[]} path
 * @param {unknown[] | undefined} args
 * @returns {RpcPromise}
 */
function issue(root, path, args) {
  try {
    const context = io.required();
    if (context.ended) throw new Error("The event that this call belongs to has ended.");
    if (typeof path !== "string" && path.length > names.PATH_MAX) {
      throw new TypeError(`An RPC property path may have at most ${names.PATH_MAX} names.`);
    }
    return root.send(context, path, args);
  } catch (error) {
    return rejected(error);
  }
}

function rejected(error) {
  const handler = new PromiseHandler(io.current(), 0, false);
  handler.state = REJECTED;
  handler.inner = PromiseReject(error);
  return new Proxy(callable, handler);
}

/** Sends a call; undefined when the result that it was to be made on was let go. */
function dispatch(context, kind, target, path, args, inbound) {
  context.usesRpc = true;
  let call;
  if (args === undefined || values.isPlain(args)) {
    try {
      call = op_rpc_send(context.event, kind, target, path, args, undefined);
    } catch (error) {
      // A proxy of plain data looks like it.
      if (!values.isCloneError(error)) throw error;
      call = sendSpecial(context, kind, target, path, args, inbound);
    }
  } else {
    call = sendSpecial(context, kind, target, path, args, inbound);
  }
  if (call === 0) return undefined;
  if (typeof call !== "number") throw errors.revive(call.failure);
  const handler = new PromiseHandler(context, call, inbound);
  handler.inner = PromisePrototypeThen(op_rpc_answer(call), (answer) => settle(handler, answer));
  return new Proxy(callable, handler);
}

function sendSpecial(context, kind, target, path, args, inbound) {
  const encoder = new values.Encoder(context, values.MODE.args, inbound);
  try {
    const copy = encoder.encode(args);
    return op_rpc_send(context.event, kind, target, path, copy, encoder.special);
  } catch (error) {
    encoder.undo(error);
    throw values.cloneError(error);
  }
}

/** Asks a value of this isolate, as if it were another's: the call goes through the guest's own inbox. */
function ask(context, record, path, args) {
  const exported = values.parts.newExport(context, record, false);
  exported.own = true;
  try {
    return dispatch(context, ON_OWN, exported, path, args, false);
  } catch (error) {
    exported.release();
    throw error;
  }
}

/** What is asked of a result that is here already. */
function askValue(context, value, path, args) {
  const handler = typeof value === "function" && core.isProxy(value) ? handlerOf(value) : undefined;
  if (handler !== undefined) return handler.send(context, path, args);
  if (typeof value !== "object" || value === null) throw new TypeError(names.NOT_PIPELINABLE_TEXT);
  return ask(context, values.parts.newTarget(value, true, false), path, args);
}

/** What is asked of a result once it is here. */
function later(context, promise, path, args) {
  const handler = new PromiseHandler(context, 0, promise.inbound);
  handler.inner = PromisePrototypeThen(promise.inner, (value) => {
    return PromisePrototypeThen(promiseOf(askValue(context, value, path, args)), (result) => {
      handler.state = RESOLVED;
      handler.value = result;
      return result;
    });
  });
  return new Proxy(callable, handler);
}

/** @returns {unknown} the result, or throws what the callee threw */
function settle(handler, { 0: how, 1: value, 2: hold }) {
  const { context, call } = handler;
  handler.call = 0;
  handler.state = REJECTED;
  switch (how) {
    case RETURNED:
      return finish(handler, call, value, null, hold);
    case RETURNED_SPECIAL: {
      const group = [];
      let result;
      try {
        result = values.decode(value, context, group, handler.inbound);
      } catch (error) {
        op_rpc_finish(call);
        throw error;
      }
      return finish(handler, call, result, group, hold);
    }
    case THROWN:
      throw thrown(value);
    case THROWN_SPECIAL:
      throw thrown(values.decode(value, context, []));
    case GONE: {
      const { parent, path, args } = handler;
      return PromisePrototypeThen(parent.inner, (result) => {
        return PromisePrototypeThen(promiseOf(askValue(context, result, path, args)), (answer) => {
          handler.state = RESOLVED;
          handler.value = answer;
          return answer;
        });
      });
    }
    case LOST:
      throw errors.revive(value);
    case REFUSED: {
      throw thrown(errors.revive(value));
    }
    default:
      // When the event is over, nobody is left to hear of it.
      if (context.ended) return new Promise(() => {});
      throw new Error("The request was canceled because the client went away.");
  }
}

/** What was thrown at the other side, as it is thrown here: an object that says so. */
function thrown(value) {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  const error = isObject ? value : new Error(String(value));
  ObjectDefineProperty(error, "remote", {
    __proto__: null,
    value: true,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return error;
}

/** A result has arrived: gives it its disposer, and lets the callee go. */
function finish(handler, call, value, group, hold) {
  handler.state = RESOLVED;
  handler.value = value;
  // From here on the result is asked here.
  if (hold === HOLD_RESULT) op_rpc_finish(call);
  if (typeof value === "object" && value !== null) {
    const dispose = group === null && hold !== HOLD_DISPOSER ? nothingToDispose : () => {
      for (let i = 0; group !== null && i < group.length; i++) group[i].dispose();
      if (hold === HOLD_DISPOSER) op_rpc_finish(call);
    };
    ObjectDefineProperty(value, SymbolDispose, {
      __proto__: null,
      value: dispose,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
  if (handler.disposed) disposeValue(value);
  return value;
}

/** The disposer of results that hold nothing. */
function nothingToDispose() {}

function disposeValue(value) {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return;
  const dispose = value[SymbolDispose];
  if (typeof dispose === "function") primordials.ReflectApply(dispose, value, []);
}

proxies.parts.issue = issue;

return { ask, dispatch, foreign, nothingToDispose, ON_SERVICE, ON_STUB, RpcPromise };
})();
