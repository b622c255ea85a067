// node:timers and node:timers/promises.
import assert from "node:assert";
import timers, { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "node:timers";
import promises from "node:timers/promises";

export const timersAreObjects = {
  test() {
    const timer = setTimeout(() => {}, 1000);
    assert.strictEqual(timer.hasRef(), true);
    assert.strictEqual(timer.unref(), timer);
    assert.strictEqual(timer.hasRef(), false);
    assert.strictEqual(timer.ref(), timer);
    assert.strictEqual(timer.refresh(), timer);
    assert.strictEqual(typeof +timer, "number");
    assert.strictEqual(timer.close(), timer);
    clearTimeout(timer);
    clearTimeout(undefined);
    clearTimeout("x");
  },
};

export const argumentsArePassed = {
  async test() {
    const given = await new Promise((resolve) => setTimeout((...args) => resolve(args), 1, "a", "b"));
    assert.deepStrictEqual(given, ["a", "b"]);
  },
};

export const clearedTimersDoNotRun = {
  async test() {
    let ran = 0;
    clearTimeout(setTimeout(() => ran++, 1));
    clearInterval(setInterval(() => ran++, 1));
    setTimeout(() => ran++, 1)[Symbol.dispose]();
    timers.clearImmediate(setImmediate(() => ran++));
    await promises.setTimeout(5);
    assert.strictEqual(ran, 0);
  },
};

export const callbacksAreChecked = {
  test() {
    assert.throws(() => setTimeout(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "callback" argument must be of type function. Received type number (5)',
    });
    assert.throws(() => setImmediate(5), {
      name: "TypeError",
      message: "Failed to execute 'setImmediate' on 'TimersUtil': parameter 1 is not of type 'function'.",
    });
    assert.throws(() => timers.enroll(), { message: "Not implemented. Please use setTimeout() instead." });
  },
};

export const intervalsRepeat = {
  async test() {
    let count = 0;
    await new Promise((resolve) => {
      const interval = setInterval(() => {
        if (++count === 3) {
          clearInterval(interval);
          resolve();
        }
      }, 1);
    });
    assert.strictEqual(count, 3);
  },
};

export const promisesOfValues = {
  async test() {
    assert.strictEqual(await promises.setTimeout(1, "v"), "v");
    assert.strictEqual(await promises.setImmediate("i"), "i");
    await promises.scheduler.wait(1);
    await promises.scheduler.yield();
  },
};

export const promisesCanBeAborted = {
  async test() {
    const reason = new Error("why");
    await assert.rejects(promises.setTimeout(1, 1, { signal: AbortSignal.abort(reason) }), {
      name: "AbortError",
      code: "ABORT_ERR",
      message: "The operation was aborted",
      cause: reason,
    });
    const controller = new AbortController();
    const waiting = promises.setTimeout(10000, 1, { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, { name: "AbortError" });
  },
};

export const optionsAreChecked = {
  async test() {
    await assert.rejects(promises.setTimeout("x"), { code: "ERR_INVALID_ARG_TYPE" });
    await assert.rejects(promises.setTimeout(1, 1, 5), { code: "ERR_INVALID_ARG_TYPE" });
    await assert.rejects(promises.setTimeout(1, 1, { ref: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const anIntervalOfPromises = {
  async test() {
    const seen = [];
    for await (const value of promises.setInterval(1, "v")) {
      seen.push(value);
      if (seen.length === 3) break;
    }
    assert.deepStrictEqual(seen, ["v", "v", "v"]);
  },
};
