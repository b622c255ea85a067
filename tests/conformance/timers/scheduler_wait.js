// scheduler.wait: a timer as a promise.
import { ok, rejects, strictEqual, throws } from "node:assert";

export const itResolvesWithNothing = {
  async test() {
    strictEqual(await scheduler.wait(1), undefined);
  },
};

export const itTakesItsTime = {
  async test() {
    const before = Date.now();
    await scheduler.wait(30);
    ok(Date.now() - before >= 28);
  },
};

export const delaysAreConverted = {
  async test() {
    await scheduler.wait("1");
    await scheduler.wait(-1);
    await scheduler.wait(NaN);
    await scheduler.wait(null);
  },
};

export const aDelayIsNeeded = {
  async test() {
    await rejects(async () => scheduler.wait(), {
      name: "TypeError",
      message: "Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'number'.",
    });
  },
};

export const optionsAreAnObject = {
  async test() {
    await rejects(async () => scheduler.wait(1, 5), {
      name: "TypeError",
      message: "Failed to execute 'wait' on 'Scheduler': parameter 2 is not of type 'WaitOptions'.",
    });
    await scheduler.wait(1, null);
    await scheduler.wait(1, {});
  },
};

export const aSignalIsASignal = {
  async test() {
    await rejects(async () => scheduler.wait(1, { signal: 5 }), {
      name: "TypeError",
      message: "Incorrect type for the 'signal' field on 'WaitOptions': the provided value is not of type 'AbortSignal'.",
    });
    await scheduler.wait(1, { signal: undefined });
  },
};

export const anAbortedSignalRejectsAtOnce = {
  async test() {
    const reason = new Error("why");
    await rejects(scheduler.wait(1e6, { signal: AbortSignal.abort(reason) }), reason);
  },
};

export const anAbortRejects = {
  async test() {
    const controller = new AbortController();
    const waits = scheduler.wait(1e6, { signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    await rejects(waits, { name: "AbortError", message: "The operation was aborted" });
  },
};

export const anAbortThatComesLateChangesNothing = {
  async test() {
    const controller = new AbortController();
    await scheduler.wait(1, { signal: controller.signal });
    controller.abort();
  },
};

export const theClassCannotBeConstructed = {
  test() {
    strictEqual(scheduler.constructor.name, "Scheduler");
    throws(() => new scheduler.constructor(), { name: "TypeError", message: "Illegal constructor" });
  },
};
