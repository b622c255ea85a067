// Timers: the web's, bound to the event that set them.
//
// All timers of the isolate are in one queue, ordered by when they are due and then by when they were set, so that
// equal delays fire in order and a longer one never comes first. One timer of the engine stands for the one that is
// due next. Between two callbacks all microtasks run. Timers need an IoContext, die with it, are counted by it, and may
// lie further away than the engine reaches. Ids are numbers.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePop,
  ArrayPrototypePush,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  MathTrunc,
  ObjectDefineProperty,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  ReflectApply,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_defer, op_log_exception, op_run_microtasks, op_timer_now } = core.ops;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { AbortSignal, add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Source: production's cap and its text. */
const ACTIVE_MAX = 10000;
const TOO_MANY_TEXT = "You have exceeded the number of active timeouts you may set. max active timeouts: ";
/** The furthest a timer of the engine reaches, in milliseconds. */
const STEP_MS_MAX = 0x7fffffff;
/** A hundred years, in milliseconds. Source: production's cap of a delay. */
const DELAY_MS_MAX = 3155760000000;
/** Source: production's text. */
const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

let nextId = 1;
/** The timers that wait: a binary heap, the next one first. */
const queue = [];
/** The timer of the engine that is set, and when it fires; null and Infinity while there is none. */
let armed = null;
let armedFor = Infinity;
/** True while due timers are being fired. */
let firing = false;

class Timer {
  constructor(context, id, callback, args, ms, repeat) {
    this.context = context;
    this.id = id;
    this.callback = callback;
    this.args = args;
    this.ms = ms;
    this.repeat = repeat;
    this.asyncContext = core.getAsyncContext();
    /** When it fires, by the engine's clock. */
    this.due = op_timer_now() + ms;
    /** Timers that are due at once fire in this order. */
    this.order = id;
    /** Its place in the queue; negative when it does not wait. */
    this.place = -1;
    this.cancelled = false;
  }

  cancel() {
    this.cancelled = true;
    if (this.place >= 0) dequeue(this);
  }
}

/** Whether `a` fires before `b`. Two that are due in the same millisecond fire as they were set. */
function before(a, b) {
  const first = MathTrunc(a.due);
  const second = MathTrunc(b.due);
  return first < second || (first === second && a.order < b.order);
}

function put(timer, place) {
  queue[place] = timer;
  timer.place = place;
}

function rise(timer, place) {
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!before(timer, queue[parent])) break;
    put(queue[parent], place);
    place = parent;
  }
  put(timer, place);
}

function sink(timer, place) {
  for (;;) {
    let child = 2 * place + 1;
    if (child >= queue.length) break;
    if (child + 1 < queue.length && before(queue[child + 1], queue[child])) child++;
    if (!before(queue[child], timer)) break;
    put(queue[child], place);
    place = child;
  }
  put(timer, place);
}

function enqueue(timer) {
  ArrayPrototypePush(queue, timer);
  rise(timer, queue.length - 1);
  if (timer.place === 0) arm();
}

function dequeue(timer) {
  const { place } = timer;
  timer.place = -1;
  const last = ArrayPrototypePop(queue);
  if (last === timer) return;
  if (place > 0 && before(last, queue[(place - 1) >> 1])) {
    rise(last, place);
  } else {
    sink(last, place);
  }
}

/** Has the engine wake the isolate when the next timer is due. One that is cancelled meanwhile is no reason to undo it. */
function arm() {
  if (firing || queue.length === 0) return;
  const { due } = queue[0];
  if (due >= armedFor) return;
  if (armed !== null) core.cancelTimer(armed);
  armed = null;
  const left = due - op_timer_now();
  armedFor = due;
  if (left < 1) {
    // The engine's shortest timer takes a millisecond.
    PromisePrototypeThen(op_defer(), () => {
      if (armedFor === due) fire(1);
    });
    return;
  }
  const step = left > STEP_MS_MAX ? STEP_MS_MAX : left;
  armed = core.createTimer(() => fire(Infinity), step, undefined, false, true, false);
}

/**
 * Fires what is due.
 * @param {number} most how many: one, where microtasks cannot run in between because this is one
 */
function fire(most) {
  armed = null;
  armedFor = Infinity;
  if (firing) return;
  firing = true;
  const now = op_timer_now();
  try {
    for (; most > 0 && queue.length > 0 && queue[0].due <= now; most--) {
      const timer = queue[0];
      dequeue(timer);
      call(timer);
      op_run_microtasks();
    }
  } finally {
    firing = false;
    arm();
  }
}

function call(timer) {
  const { context, callback, args, asyncContext } = timer;
  if (context.gate !== null && context.gate.blocks(asyncContext.section)) {
    context.gate.enter(asyncContext.section, () => {
      if (!timer.cancelled) call(timer);
    });
    return;
  }
  if (!timer.repeat) forget(timer);
  const previous = core.getAsyncContext();
  core.setAsyncContext(asyncContext);
  try {
    ReflectApply(callback, globalThis, args);
  } catch (error) {
    // Nobody is told but the log, and the event has failed.
    context.outcome = io.OUTCOME.exception;
    context.whenFailed?.(error);
    op_log_exception(context.event, error);
  } finally {
    core.setAsyncContext(previous);
  }
  if (timer.repeat && !timer.cancelled) {
    // Never at once: an interval of nothing must not keep the isolate from everything else.
    timer.due = op_timer_now() + (timer.ms > 0 ? timer.ms : 1);
    timer.order = nextId++;
    enqueue(timer);
  }
}

function forget(timer) {
  const { context } = timer;
  context.timersFinished++;
  if (context.timers !== null) MapPrototypeDelete(context.timers, timer.id);
}

/**
 * @param {Function} callback
 * @param {number} ms
 * @param {unknown[]} args
 * @param {boolean} repeat
 * @returns {number} its id
 */
function start(callback, ms, args, repeat) {
  const context = io.required();
  const timers = context.timers ??= new Map();
  const count = MapPrototypeGetSize(timers);
  if (count >= ACTIVE_MAX) {
    throw new DOMException(
      `${TOO_MANY_TEXT}${ACTIVE_MAX}, current active timeouts: ${count}, finished timeouts: ${context.timersFinished}`,
      "QuotaExceededError",
    );
  }
  const id = nextId++;
  const timer = new Timer(context, id, callback, args, ms, repeat);
  // An event that is over has no timers any more.
  if (context.ended) return id;
  MapPrototypeSet(timers, id, timer);
  enqueue(timer);
  return id;
}

/** @param {number} id of a timer of the current event; others are not known */
function stop(id) {
  const { timers } = io.required();
  if (timers === null) return;
  const timer = MapPrototypeGet(timers, id);
  if (timer === undefined) return;
  timer.cancel();
  forget(timer);
}

/** @param {number} delay @returns {number} whole milliseconds */
function clampDelay(delay) {
  const ms = MathTrunc(delay);
  if (!(ms > 0)) return 0;
  return ms > DELAY_MS_MAX ? DELAY_MS_MAX : ms;
}

function checkThis(receiver) {
  if (receiver === undefined || receiver === null || receiver === globalThis || receiver === provided) return;
  throw new TypeError(ILLEGAL_INVOCATION_TEXT);
}

function checkCallback(name, callback) {
  if (typeof callback !== "function") {
    throw new TypeError(`Failed to execute '${name}' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.`);
  }
}

/** A number as JavaScript makes one of anything but a BigInt. */
function toNumber(value) {
  return +value;
}

function setTimeout(callback, delay = 0, ...args) {
  checkThis(this);
  checkCallback("setTimeout", callback);
  return start(callback, clampDelay(toNumber(delay)), args, false);
}

function setInterval(callback, delay = 0, ...args) {
  checkThis(this);
  checkCallback("setInterval", callback);
  return start(callback, clampDelay(toNumber(delay)), args, true);
}

function clearTimeout(id = undefined) {
  checkThis(this);
  if (id === undefined || id === null) return;
  stop(toNumber(id));
}

function clearInterval(id = undefined) {
  checkThis(this);
  if (id === undefined || id === null) return;
  stop(toNumber(id));
}

/** Given to the constructor by this script only. */
const construct = {};

class Scheduler {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  /** @param {number} delay @param {{ signal?: AbortSignal }} options */
  wait(delay, options = undefined) {
    try {
      if (arguments.length === 0) {
        throw new TypeError("Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'number'.");
      }
      return wait(clampDelay(toNumber(delay)), signalOf(options));
    } catch (error) {
      if (!compat.has("capture_async_api_throws")) throw error;
      return PromiseReject(error);
    }
  }
}
ObjectDefineProperty(Scheduler.prototype, "wait", { __proto__: null, enumerable: true });
ObjectDefineProperty(Scheduler.prototype, SymbolToStringTag, { __proto__: null, value: "Scheduler", configurable: true });

function signalOf(options) {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== "object" && typeof options !== "function") {
    throw new TypeError("Failed to execute 'wait' on 'Scheduler': parameter 2 is not of type 'WaitOptions'.");
  }
  const { signal } = options;
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) {
    throw new TypeError("Incorrect type for the 'signal' field on 'WaitOptions': the provided value is not of type 'AbortSignal'.");
  }
  return signal;
}

/** @param {number} ms @param {AbortSignal | undefined} signal */
function wait(ms, signal) {
  if (signal === undefined) return new Promise((resolve) => start(resolve, ms, [], false));
  if (signal.aborted) return PromiseReject(signal.reason);
  return new Promise((resolve, reject) => {
    const id = start(() => {
      signal[removeAbort](onAbort);
      resolve();
    }, ms, [], false);
    const onAbort = () => {
      stop(id);
      reject(signal.reason);
    };
    signal[addAbort](onAbort);
  });
}

/** What other scripts may call these on. */
const provided = {
  clearInterval,
  clearTimeout,
  queueMicrotask,
  scheduler: new Scheduler(construct),
  setInterval,
  setTimeout,
};

return provided;
})();
