// What an event waits for: every op that answers later, counted for the IoContext that called it.
//
// Loaded before any other script, so that the ops that they take from `core.ops` are the counting ones. Counting is
// how a handler that waits for nothing at all is told from one that waits; scripts that are loaded later than the
// snapshot may call ops that are not counted, which is why `core` itself is asked how many there are.
(function () {
const { core, primordials } = __bootstrap;
const {
  FunctionPrototypeToString,
  ObjectKeys,
  PromisePrototypeThen,
  ReflectApply,
  SafeSet,
  StringPrototypeStartsWith,
} = primordials;

/** Ops that wait for an answer to a call, which may have gone to this very isolate: which table names the call. */
const CALLS = { __proto__: null, op_fetch_response: "fetch", op_rpc_answer: "rpc" };

/** The op that waits as long as a message port is open, which may be for ever. */
const PORT = "op_message_port_recv_message";

/** Counts for code that runs in no event. */
const nobody = { pendingOps: 0, openPorts: 0, gate: null };
/** Message ports that are listened to, whoever opened them. */
let openPorts = 0;

/** The op that reads a part of a blob, which is no I/O: in an object nothing else may come between. */
const BLOB = "op_blob_read_part";

/** Ops by which the runtime itself waits for a turn, for whomever. */
const TURNS = { __proto__: null, op_defer: true, op_void_async_deferred: true };

/** @param {string} name */
function counted(name) {
  const op = core.ops[name];
  const isFree = TURNS[name] === true;
  const table = CALLS[name];
  const port = name === PORT ? 1 : 0;
  return function (...args) {
    const promise = ReflectApply(op, this, args);
    const asyncContext = core.getAsyncContext();
    const context = asyncContext?.io ?? nobody;
    let call;
    context.pendingOps++;
    context.openPorts += port;
    openPorts += port;
    if (table !== undefined && context !== nobody) {
      call = { table, id: args[0] };
      (context.calls ??= new SafeSet()).add(call);
    }
    const over = () => {
      context.pendingOps--;
      context.openPorts -= port;
      openPorts -= port;
      if (call !== undefined) context.calls.delete(call);
    };
    PromisePrototypeThen(promise, over, over);
    // What an object has waited for goes on when its gate lets it.
    if (context.gate === null || isFree) return promise;
    return name === BLOB ? context.gate.passSoftly(promise) : context.gate.pass(promise, asyncContext.section);
  };
}

for (const name of ObjectKeys(core.ops)) {
  const op = core.ops[name];
  if (typeof op !== "function" || !StringPrototypeStartsWith(FunctionPrototypeToString(op), "function async_op_")) continue;
  core.ops[name] = counted(name);
}

/** Timers of the engine that scripts of the engine have set: what waits for one of them is not known. */
const timers = new SafeSet();
const { cancelTimer, createTimer } = core;

/** @param {Function} callback @param {number} after @param {boolean} repeat @param {boolean} isRefed */
function systemTimer(callback, after, repeat, isRefed) {
  const timer = createTimer(
    () => {
      if (!repeat) timers.delete(timer);
      callback();
    },
    after,
    undefined,
    repeat,
    !!isRefed,
    true,
  );
  timers.add(timer);
  return timer;
}
core.createSystemTimer = (callback, after, isRefed) => systemTimer(callback, after, false, isRefed);
core.createSystemInterval = (callback, after, isRefed) => systemTimer(callback, after, true, isRefed);
core.cancelTimer = (timer) => {
  timers.delete(timer);
  cancelTimer(timer);
};

/** @returns {boolean} whether anything may come that no event is known to wait for */
function othersWait() {
  return nobody.pendingOps > 0 || timers.size > 0;
}

/** @returns {number} how many message ports are listened to */
function ports() {
  return openPorts;
}

return { othersWait, ports };
})();
