// One IoContext per event: what belongs to the event and how long it lives.
//
// It travels in V8's async context, so every op that does I/O can ask which event it works for. Code that
// runs with no IoContext (module scope) may not do I/O at all. The context ends when the handler has
// answered, its body has been sent and every waitUntil is settled; the guest then tells the host, once.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  PromisePrototypeThen,
  PromiseResolve,
  SafeMapIterator,
  SafeSet,
} = primordials;
const {
  op_body_cancel,
  op_call_is_local,
  op_event_ended,
  op_log_exception,
  op_object_committed,
  op_object_is_locked,
  op_rpc_cancel_calls,
  op_rpc_end_event,
  op_take_subrequest,
  op_void_async_deferred,
  op_wait_until_added,
  op_wait_until_settled,
} = core.ops;
const { othersWait, ports } = core.loadExtScript("ext:lopata/io_context/pending.js");
const tracing = core.loadExtScript("ext:lopata/tracing/tracing.js");

// Source: production's text for I/O outside a handler.
const GLOBAL_SCOPE_TEXT =
  "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting " +
  "a timeout, and generating random values are not allowed within global scope. To fix this error, perform " +
  "this operation within a handler. https://developers.cloudflare.com/workers/runtime-apis/handlers/";

/** Source: production's text, which ends with the kind of object. */
const FOREIGN_TEXT = "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, " +
  "request/response bodies, and others) created in the context of one request handler cannot be accessed from a " +
  "different request's handler. This is a limitation of Cloudflare Workers which allows us to improve overall " +
  "performance.";

/** Source: the same, where a Durable Object uses what another one has made. */
const OTHER_OBJECT_TEXT = "Cannot perform I/O on behalf of a different Durable Object. I/O objects (such as streams, " +
  "request/response bodies, and others) created in the context of one Durable Object cannot be accessed from a " +
  "different Durable Object in the same isolate. This is a limitation of Cloudflare Workers which allows us to " +
  "improve overall performance.";

/** Source: production's text for an event that waits for nothing. */
const HUNG_TEXT = "The Workers runtime canceled this request because it detected that your Worker's code had hung " +
  "and would never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";

/** Outcomes, numbered as `EventOutcome` in the protocol crate. */
const OUTCOME = { __proto__: null, ok: 0, exception: 1, canceled: 2 };

/** The contexts that have not ended, by event: how an abort finds its own. */
const contexts = new Map();

class IoContext {
  /** @param {number} event */
  constructor(event) {
    MapPrototypeSet(contexts, event, this);
    this.event = event;
    /** By whose life the things live that are made here; another than itself for an event of a Durable Object. */
    this.keeper = this;
    /** What decides who runs in a Durable Object; null outside of one. */
    this.gate = null;
    this.pendingWaitUntil = 0;
    this.openBodies = 0;
    /** Sockets that somebody elsewhere may still speak to. */
    this.openSockets = 0;
    this.handlerDone = false;
    this.ended = false;
    this.outcome = OUTCOME.ok;
    this.aborted = false;
    /** Called once when the caller goes away. */
    this.abortListeners = null;
    /** The timers that die with the context, by id; null before the first. */
    this.timers = null;
    /** How many timers there were that are no more. */
    this.timersFinished = 0;
    /** In-flight outbound fetches, each with a cancel function; null while there are none. */
    this.fetches = null;
    /** Reading ends of bodies that arrived for this event; null while there are none. */
    this.readers = null;
    /** True for an RPC event: it stays open while anything that it gave away is held. */
    this.session = false;
    /** What keeps an RPC event open beside its handler: what it gave away, calls on that, results that are kept. */
    this.holds = 0;
    /** True once it has made a call, or was given or gave away anything that can be called. */
    this.usesRpc = false;
    /** Called when the context ends; null while there are none. */
    this.cleanups = null;
    /** WebSockets that end with the context; null while there are none. */
    this.sockets = null;
    /** The native head of the request; null for other events. */
    this.head = null;
    /** Ops that have not answered. */
    this.pendingOps = 0;
    /** Those of them that listen to message ports. */
    this.openPorts = 0;
    /** Those that wait for calls; null before the first. */
    this.calls = null;
    /** What `waitUntil` still waits for, as the functions that give it up; null before the first. */
    this.tasks = null;
    /** Answers the given event with the given error, if nobody has; null for an event that cannot be cancelled. */
    this.fail = null;
    /** What its code has ended it with, and is told when it goes on; null where it has not. */
    this.exited = null;
    /** Called when every waitUntil is settled and the handler is done (the scheduled event's answer). */
    this.whenSettled = null;
    /** Called with what a waitUntil was rejected with; null where nobody asks. */
    this.whenFailed = null;
  }

  /**
   * Keeps the context alive until `value` settles. Any value is legal, and every add is settled exactly
   * once, whatever was passed.
   * @param {unknown} value
   */
  waitUntil(value) {
    if (this.ended) {
      throw new Error("waitUntil() was called after the event it belongs to had ended.");
    }
    const task = op_wait_until_added(this.event);
    this.pendingWaitUntil++;
    const settle = (failed, error) => {
      if (!this.tasks.delete(giveUp)) return;
      if (failed) {
        this.outcome = OUTCOME.exception;
        if (this.whenFailed !== null) this.whenFailed(error);
        op_log_exception(this.event, error);
      }
      op_wait_until_settled(this.event, task, failed ? error : undefined, failed);
      this.pendingWaitUntil--;
      this.maybeEndSoon();
    };
    const giveUp = (error) => settle(true, error);
    (this.tasks ??= new SafeSet()).add(giveUp);
    let promise;
    try {
      promise = PromiseResolve(value);
    } catch (error) {
      // A hostile `constructor` getter: the add above must not lose its settle.
      giveUp(error);
      return;
    }
    PromisePrototypeThen(promise, () => settle(false), giveUp);
  }

  /** @param {() => void} listener */
  onAbort(listener) {
    if (this.aborted) {
      listener();
    } else {
      (this.abortListeners ??= []).push(listener);
    }
  }

  /** The caller went away. */
  abort() {
    if (this.ended || this.aborted) return;
    this.aborted = true;
    if (!this.handlerDone) this.outcome = OUTCOME.canceled;
    const listeners = this.abortListeners;
    this.abortListeners = null;
    if (listeners !== null) {
      for (let i = 0; i < listeners.length; i++) {
        try {
          listeners[i]();
        } catch (error) {
          op_log_exception(this.event, error);
        }
      }
    }
    // What an object does is not for one caller.
    if (this.gate !== null) return;
    // Work handed to waitUntil outlives the client, as in production, and so do the fetches it may have
    // started; without any, what is still in flight is for nobody.
    if (this.pendingWaitUntil === 0) {
      this.cancelFetches();
      if (this.usesRpc) op_rpc_cancel_calls(this.event);
    }
  }

  cancelFetches() {
    const fetches = this.fetches;
    this.fetches = null;
    if (fetches !== null) {
      for (const cancel of fetches) cancel();
    }
  }

  bodyOpened() {
    this.openBodies++;
  }

  bodyClosed() {
    this.openBodies--;
    this.maybeEnd();
  }

  socketOpened() {
    this.openSockets++;
  }

  socketClosed() {
    this.openSockets--;
    this.maybeEnd();
  }

  /** True when nothing keeps the context but the handler's answer. */
  get idle() {
    return this.pendingWaitUntil === 0 && this.openBodies === 0 && this.openSockets === 0 &&
      (this.holds === 0 || !this.session);
  }

  /** Something that was given away, or a call on it. It keeps an RPC event open, and no other. */
  hold() {
    this.holds++;
  }

  letGo() {
    this.holds--;
    if (this.session) this.maybeEnd();
  }

  /** True while the event has still something to do. */
  get unfinished() {
    return !this.ended && (!this.handlerDone || this.pendingWaitUntil > 0);
  }

  /** True when something outside of the isolate can still wake the event, or its time. */
  get awaitsOthers() {
    if (this.timers !== null && this.timers.size > 0) return true;
    // A client may go, a socket speak, and who was given something call it.
    if (this.abortListeners !== null || this.openSockets > 0 || this.holds > 0) return true;
    if (this.pendingOps === 0) return false;
    const { calls } = this;
    if (calls === null || calls.size < this.pendingOps) return true;
    for (const { table, id } of calls) {
      if (!op_call_is_local(table === "rpc", id)) return true;
    }
    return false;
  }

  /** The event is answered with an error, if nobody has, and its waitUntils are given up. */
  cancel(error) {
    this.fail?.(this, error);
    if (this.tasks !== null) {
      for (const giveUp of this.tasks) giveUp(error);
    }
  }

  /** The same, for good: what the event waits for does not come, and what it begins is refused with the error. */
  exit(error) {
    this.exited = error;
    this.cancel(error);
    this.dropTimers();
    this.cancelFetches();
  }

  dropTimers() {
    const timers = this.timers;
    this.timers = null;
    if (timers === null) return;
    for (const timer of new SafeMapIterator(timers)) timer[1].cancel();
  }

  /** @param {() => void} cleanup */
  onEnd(cleanup) {
    (this.cleanups ??= new SafeSet()).add(cleanup);
  }

  /** @param {() => void} cleanup that has nothing left to do */
  offEnd(cleanup) {
    this.cleanups?.delete(cleanup);
  }

  maybeEnd() {
    if (this.ended || !this.handlerDone || !this.idle) return;
    const whenSettled = this.whenSettled;
    if (whenSettled !== null) {
      this.whenSettled = null;
      whenSettled();
    }
    this.end();
    op_event_ended(this.event, this.outcome);
  }

  /**
   * Ends the context, if nothing keeps it, a turn later: what waited for the same promise may still hand something to
   * waitUntil.
   */
  maybeEndSoon() {
    if (this.ended || !this.handlerDone || !this.idle) return;
    PromisePrototypeThen(op_void_async_deferred(), () => this.maybeEnd());
  }

  /** Lets go of what the context owns. The caller reports the end. */
  end() {
    this.ended = true;
    MapPrototypeDelete(contexts, this.event);
    this.abortListeners = null;
    this.dropTimers();
    this.cancelFetches();
    const cleanups = this.cleanups;
    this.cleanups = null;
    if (cleanups !== null) {
      for (const cleanup of cleanups) cleanup();
    }
    if (this.usesRpc) op_rpc_end_event(this.event);
    // What nobody has read by now, nobody will: its sender can stop. An end that was read or passed on is
    // not known any more.
    const readers = this.readers;
    this.readers = null;
    if (readers !== null) {
      for (let i = 0; i < readers.length; i++) op_body_cancel(readers[i], undefined);
    }
  }

  /** @param {number} rid a reading end that lives no longer than the context */
  own(rid) {
    if (this.ended) {
      op_body_cancel(rid, undefined);
    } else {
      ArrayPrototypePush(this.readers ??= [], rid);
    }
  }
}

/**
 * Cancels the events that nothing can wake any more. Called when the isolate has been at rest for a while; `ops` is
 * how many ops have not answered, counted or not.
 *
 * An event that waits for an answer from this same isolate is no reason for another one to wait: it is what waits. But
 * whatever else can still come may settle a promise that any event waits for, so then none is cancelled.
 * @param {number} ops
 * @returns {boolean} whether any was
 */
function cancelHung(ops) {
  // What runs for no event may do anything.
  if (othersWait()) return false;
  // A port that an event has left open when it ended says nothing any more.
  let counted = ports();
  const hung = [];
  for (const context of new SafeMapIterator(contexts)) {
    // What an object waits for may come from any of its events.
    if (context[1].gate !== null) return false;
    counted += context[1].pendingOps - context[1].openPorts;
    if (context[1].awaitsOthers) return false;
    if (context[1].pendingOps === 0 && context[1].fail !== null && context[1].unfinished) ArrayPrototypePush(hung, context[1]);
  }
  if (counted !== ops) return false;
  for (let i = 0; i < hung.length; i++) run(hung[i], () => hung[i].cancel(new Error(HUNG_TEXT)));
  return hung.length > 0;
}

/** @param {number} event @returns {IoContext | undefined} the context of an event that has not ended */
function byEvent(event) {
  return MapPrototypeGet(contexts, event);
}

/** @returns {IoContext | undefined} */
function current() {
  return core.getAsyncContext()?.io;
}

/** @returns {IoContext} the current context, or throws what production throws at module scope. */
function required() {
  const context = core.getAsyncContext()?.io;
  if (context === undefined) throw new Error(GLOBAL_SCOPE_TEXT);
  if (context.gate !== null && context.gate.closed) context.gate.refuse();
  if (context.exited !== null) throw context.exited;
  return context;
}

/**
 * Refuses an object of another event.
 * @param {IoContext | undefined} owner the context the object was made in; undefined at module scope
 * @param {string} type what production calls the part of it that does I/O
 */
function mine(owner, type) {
  if (owner !== undefined && owner !== core.getAsyncContext()?.io) refuse(type);
}

/** @param {string} type */
function refuse(type) {
  const text = required().gate === null ? FOREIGN_TEXT : OTHER_OBJECT_TEXT;
  throw new Error(`${text} (I/O type: ${type})`);
}

/**
 * Runs `fn` with `context` current; what `fn` starts inherits it.
 * @template T
 * @param {IoContext} context
 * @param {() => T} fn
 * @returns {T}
 */
function run(context, fn) {
  const previous = core.getAsyncContext();
  core.setAsyncContext(
    context.gate === null
      ? { __proto__: null, ...previous, io: context, span: 0 }
      : { __proto__: null, ...previous, io: context.keeper, of: context, span: 0 },
  );
  try {
    return fn();
  } finally {
    core.setAsyncContext(previous);
  }
}

/**
 * One call on a binding: needs an IoContext, counts as a subrequest and becomes a span.
 * @template T
 * @param {string} name the span's name
 * @param {Record<string, unknown> | null} attributes
 * @param {(span: number) => Promise<T>} fn
 * @returns {Promise<T>}
 */
async function bindingCall(name, attributes, fn) {
  const context = required();
  takeSubrequest(context);
  // What an object has written comes before what it tells others.
  if (context.gate !== null && op_object_is_locked(context.gate.number)) await op_object_committed(context.gate.number);
  return await tracing.call(context.event, name, attributes, fn);
}

/** @param {IoContext} context */
function takeSubrequest(context) {
  // The event's budget may be spent by other workers too.
  if (!op_take_subrequest(context.event)) throw new Error("Too many subrequests by single Worker invocation.");
}

return {
  bindingCall,
  byEvent,
  cancelHung,
  current,
  describe: tracing.describe,
  IoContext,
  mine,
  OUTCOME,
  required,
  run,
  takeSubrequest,
};
})();
