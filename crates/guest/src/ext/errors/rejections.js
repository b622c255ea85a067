// Rejections that nobody handles, told a microtask after they happen.
//
// That is how production told of them before `unhandled_rejection_after_microtask_checkpoint`: a handler that is added
// later than that comes too late. With the flag the engine's own list is used, and this script does nothing.
(function () {
const { core, primordials } = __bootstrap;
const {
  PromisePrototypeThen,
  PromiseResolve,
  SafeMap,
  SafeMapIterator,
  SafeWeakSet,
} = primordials;

/**
 * Microtasks for which a rejection is not logged yet: a promise that an async function returns gets its handler three
 * later, and an error that is caught is none to read of.
 */
const PATIENCE = 16;

/**
 * @param {(type: string, promise: Promise<unknown>, reason: unknown) => boolean} tell true: nobody prevents the log line
 * @param {(reason: unknown) => void} log
 */
function make(tell, log) {
  /** What was rejected and is not told yet: the reason and the async context of each. */
  let pending = new SafeMap();
  const told = new SafeWeakSet();
  /** What is told and neither logged nor handled yet. */
  const unlogged = new SafeMap();
  let scheduled = false;

  function soon(run) {
    PromisePrototypeThen(PromiseResolve(undefined), run);
  }

  /** Called by the engine. */
  function rejected(promise, reason) {
    pending.set(promise, { reason, asyncContext: core.getAsyncContext() });
    if (scheduled) return;
    scheduled = true;
    soon(tellAll);
  }

  function tellAll() {
    scheduled = false;
    const rejections = pending;
    pending = new SafeMap();
    for (const { 0: promise, 1: { reason, asyncContext } } of new SafeMapIterator(rejections)) {
      told.add(promise);
      within(asyncContext, () => {
        if (!tell("unhandledrejection", promise, reason)) return;
        unlogged.set(promise, { reason, asyncContext });
        logLater(promise, PATIENCE);
      });
    }
  }

  function logLater(promise, patience) {
    soon(() => {
      const rejection = unlogged.get(promise);
      if (rejection === undefined) return;
      if (patience > 0) return logLater(promise, patience - 1);
      unlogged.delete(promise);
      within(rejection.asyncContext, () => log(rejection.reason));
    });
  }

  /** Called by the engine. */
  function handled(promise) {
    unlogged.delete(promise);
    if (pending.delete(promise) || !told.delete(promise)) return;
    soon(() => tell("rejectionhandled", promise, undefined));
  }

  function within(asyncContext, run) {
    const previous = core.getAsyncContext();
    core.setAsyncContext(asyncContext);
    try {
      run();
    } finally {
      core.setAsyncContext(previous);
    }
  }

  return { handled, rejected };
}

return { make };
})();
