// The module "node:timers/promises".
(function () {
const { core, primordials } = __bootstrap;
const { Promise, PromiseReject, Symbol, TypeError } = primordials;
const web = core.loadExtScript("ext:lopata/timers/timers.js");
const base = core.loadExtScript("ext:lopata_node/timers/base.js");
const { AbortError } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateAbortSignal, validateBoolean, validateNumber, validateObject } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);

/** @param {{ ref?: boolean, signal?: AbortSignal }} options @returns {AbortSignal | undefined} */
function signalOf(options) {
  validateObject(options, "options");
  const { ref, signal } = options;
  if (signal !== undefined) validateAbortSignal(signal, "options.signal");
  if (ref !== undefined) validateBoolean(ref, "options.ref");
  return signal;
}

/**
 * A promise of `value` that a signal can take back.
 * @param {(resolve: (value: unknown) => void) => () => void} start arms the timer and says how to disarm it
 */
function later(start, value, signal) {
  if (signal?.aborted) return PromiseReject(new AbortError(undefined, { cause: signal.reason }));
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    const cancel = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

async function setTimeout(delay, value = undefined, options = {}) {
  if (delay !== undefined) validateNumber(delay, "delay");
  const signal = signalOf(options);
  return await later((done) => {
    const timer = web.setTimeout(done, delay);
    return () => web.clearTimeout(timer);
  }, value, signal);
}

async function setImmediate(value, options = {}) {
  const signal = signalOf(options);
  return await later((done) => {
    const immediate = base.setImmediate(done);
    return () => base.clearImmediate(immediate);
  }, value, signal);
}

async function* setInterval(delay, value = undefined, options = {}) {
  if (delay !== undefined) validateNumber(delay, "delay");
  const signal = signalOf(options);
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  let due = 0;
  /** Wakes the loop; non-null exactly while it waits. */
  let wake = null;
  const ring = () => {
    const waiting = wake;
    wake = null;
    waiting?.();
  };
  const timer = web.setInterval(() => {
    due++;
    ring();
  }, delay);
  const abort = () => {
    web.clearInterval(timer);
    ring();
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    while (!signal?.aborted) {
      if (due === 0) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      for (; due > 0; due--) yield value;
    }
    throw new AbortError(undefined, { cause: signal.reason });
  } finally {
    web.clearInterval(timer);
    signal?.removeEventListener("abort", abort);
  }
}

const kScheduler = Symbol("kScheduler");

class Scheduler {
  [kScheduler] = true;

  async yield() {
    if (!this[kScheduler]) throw new TypeError("Illegal invocation");
    return await setImmediate();
  }

  async wait(delay, options = undefined) {
    if (!this[kScheduler]) throw new TypeError("Illegal invocation");
    return await web.scheduler.wait(delay ?? 0, options);
  }
}

const names = { setTimeout, setImmediate, setInterval, scheduler: new Scheduler() };

return { ...names, default: names };
})();
