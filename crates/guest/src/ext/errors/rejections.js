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

/** @param {(type: string, promise: Promise<unknown>, reason: unknown) => void} tell */
function make(tell) {
  /** What was rejected and is not told yet: the reason and the async context of each. */
  let pending = new SafeMap();
  const told = new SafeWeakSet();
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
      within(asyncContext, () => tell("unhandledrejection", promise, reason));
    }
  }

  /** Called by the engine. */
  function handled(promise) {
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
