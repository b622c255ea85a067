// Timers: the web's, bound to the event that set them.
//
// They need an IoContext, die with it, are counted, and may lie further away than 2^31 ms. Ids are numbers.
(function () {
const { core, primordials } = __bootstrap;
const {
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  NumberIsNaN,
  Number,
  Promise,
  SafeSet,
  ReflectApply,
  TypeError,
} = primordials;
const { clearTimeout: webClearTimeout, setTimeout: webSetTimeout } = core.loadExtScript("ext:deno_web/02_timers.js");
const { QuotaExceededError } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Source: production's cap and its text. */
const ACTIVE_MAX = 10000;
const TOO_MANY = "You have exceeded the number of active timeouts you may set. max active timeouts: 10000, current active timeouts: ";
/** The furthest a single web timer reaches, in milliseconds. */
const STEP_MS_MAX = 0x7fffffff;
/** A hundred years, in milliseconds. */
const DELAY_MS_MAX = 3155760000000;

/** Own id to { cancel, forget }. */
const active = new Map();
let nextId = 1;

/** @param {unknown} delay */
function clampDelay(delay) {
  const ms = Number(delay);
  if (NumberIsNaN(ms) || ms < 0) return 0;
  return ms > DELAY_MS_MAX ? DELAY_MS_MAX : ms;
}

function start(name, callback, delay, args, repeat) {
  const context = io.required();
  if (typeof callback !== "function") {
    throw new TypeError(`Failed to execute '${name}' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'Function'.`);
  }
  const count = MapPrototypeGetSize(active);
  if (count >= ACTIVE_MAX) throw new QuotaExceededError(TOO_MANY + count + ".");
  const ms = clampDelay(delay);
  const id = nextId++;
  let timer;
  const forget = () => {
    MapPrototypeDelete(active, id);
    context.timers?.delete(cancel);
  };
  const cancel = () => {
    webClearTimeout(timer);
    forget();
  };
  const arm = (left) => {
    timer = left > STEP_MS_MAX ? webSetTimeout(() => arm(left - STEP_MS_MAX), STEP_MS_MAX) : webSetTimeout(fire, left);
  };
  const fire = () => {
    if (repeat) {
      arm(ms);
    } else {
      forget();
    }
    ReflectApply(callback, globalThis, args);
  };
  arm(ms);
  MapPrototypeSet(active, id, cancel);
  (context.timers ??= new SafeSet()).add(cancel);
  return id;
}

function setTimeout(callback, delay = 0, ...args) {
  return start("setTimeout", callback, delay, args, false);
}

function setInterval(callback, delay = 0, ...args) {
  return start("setInterval", callback, delay, args, true);
}

function clearTimeout(id = 0) {
  MapPrototypeGet(active, Number(id))?.();
}

function clearInterval(id = 0) {
  MapPrototypeGet(active, Number(id))?.();
}

const scheduler = {
  /** @param {number} delay @param {{ signal?: AbortSignal }} options */
  wait(delay, options = undefined) {
    const signal = options?.signal;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const id = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve(undefined);
      }, delay);
      const onAbort = () => {
        clearTimeout(id);
        reject(signal.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

return { clearInterval, clearTimeout, scheduler, setInterval, setTimeout };
})();
