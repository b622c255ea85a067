// The callee's side of JS RPC: what a call means, how it is answered, and how long what was given away lives.
//
// A call of an entrypoint is an event of its own, with an IoContext that stays open while stubs to what it gave away
// exist, while calls on those run, and while its result is kept for what was pipelined on it. A call on something that
// an event gave away runs in that event's context.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectPrototype,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectApply,
  String,
  StringPrototypeSlice,
  SymbolDispose,
  TypeError,
} = primordials;
const { op_log_exception, op_rpc_failed, op_rpc_respond } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const stubs = core.loadExtScript("ext:lopata/rpc/stubs.js");
const tracing = core.loadExtScript("ext:lopata/tracing/tracing.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");

/** What runs Durable Objects, in isolates that have any. */
let objects_;
function objects() {
  return objects_ ??= core.loadExtScript("ext:lopata/objects/instance.js");
}

/** Whether a call has arguments, numbered as in `isolate/rpc.rs`. */
const READ = 0;
const CALL = 1;

/** What is kept of a result, numbered as in `mod.rs`. */
const HOLD_NOTHING = 0;
const HOLD_RESULT = 1;
const HOLD_DISPOSER = 2;

/** An object of this isolate to which there are stubs, here or elsewhere. */
class Target {
  /**
   * @param {object} object
   * @param {boolean} own whether its own properties can be asked for, or those of its class
   * @param {boolean} disposes whether it is disposed of with its last stub
   */
  constructor(object, own, disposes) {
    this.object = object;
    this.own = own;
    this.disposes = disposes;
    this.context = io.current();
    /** In which critical section of an object it was given away. */
    this.section = core.getAsyncContext()?.section;
    this.refs = 0;
  }

  /** One stub less. */
  release() {
    this.refs--;
    if (this.refs > 0 || !this.disposes) return;
    this.disposes = false;
    const { context, object } = this;
    if (context === undefined || context.ended) return;
    io.run(context, () => {
      try {
        const dispose = object[SymbolDispose];
        if (typeof dispose === "function") ReflectApply(dispose, object, []);
      } catch (error) {
        op_log_exception(context.event, error);
      }
    });
  }
}

/** A way to a target that was given to somebody. */
class Export {
  /** @param {boolean} holds whether it keeps the context open, as what is given to a caller does */
  constructor(context, target, holds) {
    this.context = context;
    this.target = target;
    this.holds = holds;
    /** True when only a call of the context's own goes this way. */
    this.own = false;
    this.released = false;
    target.refs++;
    context.usesRpc = true;
    if (holds) context.hold();
  }

  release() {
    if (this.released) return;
    this.released = true;
    this.target.release();
    if (this.holds) this.context.letGo();
  }

  /** @returns {{ object: object, own: boolean, reserved: object }} */
  found() {
    const { object, own } = this.target;
    return { object, own, reserved: names.RESERVED_ON_TARGETS };
  }
}

/** A call that has arrived. */
class Call {
  constructor(context, number, top, own, span) {
    this.context = context;
    this.number = number;
    /** True for the call that started the event. */
    this.top = top;
    /** True for a call that the context makes on itself, which is no reason for it to last. */
    this.own = own;
    /** The call's span; the handler's for the call that started the event. */
    this.span = span;
    /** True once it is answered or nobody wants the answer. */
    this.over = false;
    /** True while the result is kept. */
    this.held = false;
    this.value = undefined;
    this.dispose = undefined;
    /** Stubs that came with the arguments, which live as long as the call. */
    this.params = null;
    /** Stubs that were returned: given away, once nothing more is asked of the result. */
    this.given = null;
    /** What was asked of the result before it was there. */
    this.waiting = null;
  }

  /**
   * @param {() => { object: object, own: boolean, reserved: object, handler?: { env: unknown, ctx: unknown } }} find
   * @param {string | string[]} path
   * @param {number} kind
   * @param {unknown[]} args
   */
  start(find, path, kind, args) {
    if (this.top) {
      this.run(find, path, kind, args);
    } else {
      tracing.run(this.span, () => this.run(find, path, kind, args));
    }
  }

  run(find, path, kind, args) {
    let result;
    try {
      const target = find();
      const found = lookup(target, path);
      if (kind === READ) {
        result = found.value;
      } else {
        if (typeof found.value !== "function") throw new TypeError(`"${nameOf(path)}" is not a function.`);
        result = ReflectApply(found.value, found.receiver, this.arguments(target, found.value, path, kind, args));
      }
      if (!isThenable(result)) {
        this.respond(result);
        return;
      }
      result = PromiseResolve(result);
    } catch (error) {
      this.fail(error);
      return;
    }
    PromisePrototypeThen(result, (value) => this.respond(value), (error) => this.fail(error));
  }

  arguments(target, fn, path, kind, args) {
    let params = args;
    if (kind !== CALL) {
      this.params = [];
      params = values.decode(args, this.context, this.params, !this.own);
    }
    if (target.handler === undefined) return params;
    // Source: production's texts.
    if (fn.length > 3) {
      throw new TypeError(
        `Cannot call handler function "${nameOf(path)}" over RPC because it has the wrong number of arguments. A ` +
          "simple function handler can only be called over RPC if it has exactly the arguments (arg, env, ctx), " +
          "where only the first argument comes from the client. To support multi-argument RPC functions, use " +
          "class-based syntax (extending WorkerEntrypoint) instead.",
      );
    }
    if (params.length !== 1) {
      throw new TypeError(
        `Attempted to call RPC function "${nameOf(path)}" with the wrong number of arguments. When calling a ` +
          "top-level handler function that is not declared as part of a class, you must always send exactly one " +
          "argument. In order to support variable numbers of arguments, the server must use class-based syntax " +
          "(extending WorkerEntrypoint) instead.",
      );
    }
    return [params[0], target.handler.env, target.handler.ctx];
  }

  respond(value) {
    const { context } = this;
    if (this.over || context.ended) return;
    let sent;
    try {
      const dispose = takeDisposer(value);
      sent = values.isPlain(value) ? this.sendPlain(value, dispose) : this.sendSpecial(value, dispose);
      this.dispose = dispose;
    } catch (error) {
      this.fail(error);
      return;
    }
    this.over = true;
    this.value = value;
    this.held = sent.hold !== HOLD_NOTHING;
    if (this.held && !this.own) context.hold();
    // What was asked meanwhile runs before anything can be over.
    this.resume();
    this.answered(sent.ended);
  }

  sendPlain(value, dispose) {
    try {
      return this.send(value, undefined, dispose === undefined ? HOLD_NOTHING : HOLD_DISPOSER);
    } catch (error) {
      // A proxy of plain data looks like it.
      if (!values.isCloneError(error)) throw error;
      return this.sendSpecial(value, dispose);
    }
  }

  sendSpecial(value, dispose) {
    const encoder = new values.Encoder(this.context, values.MODE.result, !this.own);
    try {
      const copy = encoder.encode(value);
      // Before anything is asked of it: a capability may be called as soon as its answer is there.
      const hold = dispose !== undefined ? HOLD_DISPOSER : encoder.carries ? HOLD_RESULT : HOLD_NOTHING;
      const sent = this.send(copy, encoder.special, hold);
      this.given = encoder.stubs;
      return sent;
    } catch (error) {
      encoder.undo(error);
      throw values.cloneError(error);
    }
  }

  send(value, special, hold) {
    const { context, top } = this;
    const ended = top && hold === HOLD_NOTHING && this.waiting === null && context.idle;
    op_rpc_respond(context.event, this.number, top, value, special, hold, ended, context.outcome);
    return { hold, ended };
  }

  fail(error) {
    if (this.over || this.context.ended) return;
    this.over = true;
    const { context, top } = this;
    context.outcome = io.OUTCOME.exception;
    const ended = sendFailure(context, this.number, top, error, top && this.waiting === null);
    if (!top) tracing.end(context.event, this.span, null, tracing.describe(error));
    this.answered(ended);
    const waiting = this.waiting;
    this.waiting = null;
    for (let i = 0; waiting !== null && i < waiting.length; i++) waiting[i].call.fail(error);
  }

  /** What is over with the answer: the arguments, and, perhaps, the event. */
  answered(ended) {
    const { context, params } = this;
    this.params = null;
    for (let i = 0; params !== null && i < params.length; i++) params[i].dispose();
    if (this.top) {
      context.handlerDone = true;
      if (ended) {
        context.end();
      } else {
        context.maybeEnd();
      }
    } else {
      // One that failed has ended already.
      tracing.end(context.event, this.span, null, "");
      if (this.own) return;
      context.letGo();
    }
  }

  /** Asks the result, now or when it is there. */
  ask(call, path, kind, args) {
    if (!this.over) {
      ArrayPrototypePush(this.waiting ??= [], { call, path, kind, args });
      return;
    }
    call.start(() => ofResult(this.value), path, kind, args);
  }

  resume() {
    const waiting = this.waiting;
    this.waiting = null;
    for (let i = 0; waiting !== null && i < waiting.length; i++) {
      const { call, path, kind, args } = waiting[i];
      call.start(() => ofResult(this.value), path, kind, args);
    }
  }

  /** The caller wants nothing more. */
  finish() {
    const { context } = this;
    if (context.ended) return;
    if (!this.over) {
      this.over = true;
      const waiting = this.waiting;
      this.waiting = null;
      const cancelled = new Error("The RPC call was canceled by its caller.");
      for (let i = 0; waiting !== null && i < waiting.length; i++) waiting[i].call.fail(cancelled);
      if (this.top) io.run(context, () => context.abort());
      this.answered(false);
      return;
    }
    if (!this.held) return;
    this.held = false;
    const { dispose, given, value } = this;
    this.value = this.dispose = undefined;
    this.given = null;
    io.run(context, () => {
      try {
        if (dispose !== undefined) ReflectApply(dispose, value, []);
      } catch (error) {
        op_log_exception(context.event, error);
      }
      for (let i = 0; given !== null && i < given.length; i++) given[i].dispose();
    });
    if (!this.own) context.letGo();
  }
}

/**
 * Answers with an error, whatever can be said of it.
 * @param {boolean} mayEnd whether the event is over with the answer when nothing keeps it open
 * @returns {boolean} whether it is
 */
function sendFailure(context, number, top, error, mayEnd) {
  for (let attempt = 0;; attempt++) {
    const encoder = new values.Encoder(context, values.MODE.thrown);
    try {
      const copy = encoder.encode(attempt === 0 ? error : plainError(error, attempt));
      const ended = mayEnd && context.idle;
      op_rpc_failed(context.event, number, top, error, copy, encoder.special, ended, context.outcome);
      return ended;
    } catch (failure) {
      // What was thrown cannot be cloned, or is too large: its words can be sent. There is always an answer.
      if (attempt === 2) throw failure;
    }
  }
}

/** Characters of an error that is sent for its words only. */
const WORDS_MAX = 65_536;

function plainError(error, attempt) {
  let words = "A value that cannot be printed was thrown.";
  let stack;
  try {
    if (attempt === 1) {
      words = core.isNativeError(error) ? `${error.message}` : String(error);
      stack = core.isNativeError(error) ? error.stack : undefined;
    }
  } catch {
    // It stays at that.
  }
  const plain = new Error(StringPrototypeSlice(words, 0, WORDS_MAX));
  // Where it was made says nothing: where the other was thrown does.
  delete plain.stack;
  if (typeof stack === "string" && stack.length <= WORDS_MAX) plain.stack = stack;
  return plain;
}

/** Takes a plain object's disposer off it: it runs here, when the caller is done, and does not cross. */
function takeDisposer(value) {
  if (typeof value !== "object" || value === null || ObjectGetPrototypeOf(value) !== ObjectPrototype) return undefined;
  const dispose = value[SymbolDispose];
  if (dispose === undefined) return undefined;
  delete value[SymbolDispose];
  return typeof dispose === "function" && dispose !== stubs.nothingToDispose ? dispose : undefined;
}

/** What can be asked of a result. */
function ofResult(value) {
  const reserved = names.RESERVED_ON_TARGETS;
  const own = ownProperties(value, false);
  // Anything else has nothing to ask for, and says so.
  return own === undefined ? { object: {}, own: true, reserved } : { object: value, own, reserved };
}

/**
 * Whether what is asked of `object` are its own properties (true), those of its class (false), or nothing at all.
 * @param {boolean} inStub
 */
function ownProperties(object, inStub) {
  if ((typeof object !== "object" || object === null) && typeof object !== "function") return undefined;
  if (typeof object === "function" && core.isProxy(object)) {
    const handler = stubs.handlerOf(object);
    if (handler !== undefined) {
      if (ObjectPrototypeIsPrototypeOf(stubs.StubHandler.prototype, handler)) return false;
      return inStub && ObjectPrototypeIsPrototypeOf(stubs.PropertyHandler.prototype, handler) ? false : undefined;
    }
  }
  if (ObjectGetPrototypeOf(object) === ObjectPrototype) return true;
  if (ObjectPrototypeIsPrototypeOf(stubs.RpcTarget.prototype, object)) return false;
  return typeof object === "function" ? true : undefined;
}

/** Follows a path from a target. */
function lookup(target, path) {
  if (typeof path === "string") {
    return { value: property(target.object, target.own, target.reserved, path), receiver: target.object };
  }
  let { object, own } = target;
  if (path.length === 0) return { value: object, receiver: object };
  let inStub = false;
  for (let i = 0; i < path.length - 1; i++) {
    const next = property(object, own, target.reserved, path[i]);
    const isStub = typeof next === "function" && core.isProxy(next) && stubs.handlerOf(next) !== undefined;
    const nextOwn = ownProperties(next, inStub);
    if (nextOwn === undefined) throw names.missing(path[i]);
    object = next;
    own = nextOwn;
    inStub ||= isStub;
  }
  return { value: property(object, own, target.reserved, path[path.length - 1]), receiver: object };
}

function property(object, own, reserved, name) {
  if (reserved[name] === true) throw names.reserved(name);
  if (own) {
    // What it inherits, say of Object, is not meant for others.
    if (!ObjectHasOwn(object, name)) throw names.missing(name);
    return object[name];
  }
  // What an instance has of its own is private to its class.
  if (ObjectHasOwn(object, name)) throw names.missing(name);
  const value = object[name];
  if (value === ObjectPrototype[name]) throw names.missing(name);
  return value;
}

function isThenable(value) {
  return ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof value.then === "function";
}

/** @param {string | string[]} path */
function nameOf(path) {
  if (typeof path === "string") return path;
  return path.length === 0 ? "(this)" : primordials.ArrayPrototypeJoin(path, ".");
}

/**
 * A call of an entrypoint: starts an event.
 * @param {number} object the Durable Object that is called; 0 for none
 * @returns {Call | undefined} the call, when it is not over or its result is kept
 */
function dispatchRpc(event, number, entrypoint, props, path, kind, args, object) {
  const context = object === 0 ? new io.IoContext(event) : objects().begin(object, event);
  context.session = true;
  const call = new Call(context, number, true, false, 0);
  context.fail = (context, error) => call.fail(error);
  if (object === 0) {
    io.run(context, () => call.start(() => ofEntrypoint(entrypoint, context, props), path, kind, args));
  } else {
    const { enter, rpcTarget } = objects();
    enter(context, () => call.start(() => rpcTarget(context), path, kind, args));
  }
  return call.over && !call.held ? undefined : call;
}

function ofEntrypoint(entrypoint, context, props) {
  const { object, isClass, env, ctx } = entrypoints.targetOf(entrypoint, context, props);
  const handler = isClass ? undefined : { env, ctx };
  return { object, own: !isClass, reserved: names.RESERVED_ON_ENTRYPOINTS, handler };
}

/**
 * A call on something that an event gave away, or on what another call of it returns.
 * @param {Export | Call} record
 * @param {number} span the call's own, under that of its caller
 */
function dispatchRpcOn(record, number, span, path, kind, args) {
  // What an event of an object has given away lives as long as the object.
  const context = record.context.ended ? record.context.keeper : record.context;
  const call = new Call(context, number, false, record.own, span);
  if (!call.own) context.hold();
  context.usesRpc = true;
  if (context.gate === null) {
    io.run(context, () => onRecord(record, call, path, kind, args));
  } else {
    const section = record.target?.section;
    context.gate.in(section, () => io.run(context, () => onRecord(record, call, path, kind, args)));
  }
  return call.over && !call.held ? undefined : call;
}

function onRecord(record, call, path, kind, args) {
  if (ObjectPrototypeIsPrototypeOf(Call.prototype, record)) {
    record.ask(call, path, kind, args);
  } else {
    call.start(() => record.found(), path, kind, args);
  }
}

/** The last stub to an export is gone. @param {Export} record */
function releaseExport(record) {
  record.release();
}

/** The caller of a call is finished with it. @param {Call} call */
function finishCall(call) {
  call.finish();
}

values.parts.newTarget = (object, own, disposes = true) => new Target(object, own, disposes);
values.parts.newExport = (context, target, holds) => new Export(context, target, holds);

return { dispatchRpc, dispatchRpcOn, finishCall, releaseExport };
})();
