// setTimeout and setInterval as the web has them: ids, order, arguments, receivers, and what is refused.
import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert";

const callback = (name) => ({
  name: "TypeError",
  message: `Failed to execute '${name}' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.`,
});

export const idsAreNumbersThatGrow = {
  test() {
    const first = setTimeout(() => {}, 1);
    const second = setInterval(() => {}, 1000);
    strictEqual(typeof first, "number");
    ok(first > 0 && second > first);
    clearTimeout(first);
    clearInterval(second);
  },
};

export const equalDelaysFireInOrder = {
  async test() {
    const fired = [];
    for (const name of ["a", "b", "c", "d"]) setTimeout(() => fired.push(name), 3);
    await scheduler.wait(20);
    deepStrictEqual(fired, ["a", "b", "c", "d"]);
  },
};

export const shorterDelaysFireFirst = {
  async test() {
    const fired = [];
    setTimeout(() => fired.push(12), 12);
    setTimeout(() => fired.push(0), 0);
    setTimeout(() => fired.push(6), 6);
    await scheduler.wait(40);
    deepStrictEqual(fired, [0, 6, 12]);
  },
};

export const delaysThatAreNoneCountAsZero = {
  async test() {
    const fired = [];
    setTimeout(() => fired.push("zero"), 0);
    setTimeout(() => fired.push("negative"), -5);
    setTimeout(() => fired.push("NaN"), NaN);
    setTimeout(() => fired.push("text"), "soon");
    await scheduler.wait(20);
    deepStrictEqual(fired, ["zero", "negative", "NaN", "text"]);
  },
};

export const delaysAreConverted = {
  async test() {
    let fired = 0;
    setTimeout(() => fired++, { valueOf: () => 1 });
    setTimeout(() => fired++, "1");
    setTimeout(() => fired++, null);
    await scheduler.wait(20);
    strictEqual(fired, 3);
  },
};

export const aSymbolIsNoDelay = {
  test() {
    throws(() => setTimeout(() => {}, Symbol()), { name: "TypeError", message: "Cannot convert a Symbol value to a number" });
  },
};

export const aBigIntIsNoDelay = {
  test() {
    throws(() => setTimeout(() => {}, 1n), { name: "TypeError", message: "Cannot convert a BigInt value to a number" });
  },
};

export const farDelaysWait = {
  async test() {
    const fired = [];
    const ids = [2 ** 31, 2 ** 32 + 1, 1e300, Infinity].map((delay) => setTimeout(() => fired.push(delay), delay));
    await scheduler.wait(5);
    deepStrictEqual(fired, []);
    ids.forEach((id) => clearTimeout(id));
  },
};

export const argumentsArePassed = {
  async test() {
    const seen = await new Promise((resolve) => setTimeout((...given) => resolve(given), 1, 1, "two", null));
    deepStrictEqual(seen, [1, "two", null]);
  },
};

export const intervalsPassThemEachTime = {
  async test() {
    const seen = [];
    await new Promise((resolve) => {
      const id = setInterval((a, b) => {
        seen.push(a + b);
        if (seen.length < 3) return;
        clearInterval(id);
        resolve();
      }, 1, 20, 22);
    });
    deepStrictEqual(seen, [42, 42, 42]);
  },
};

export const callbacksAreCalledOnTheGlobalScope = {
  async test() {
    const of = (set) => new Promise((resolve) => set(function () { "use strict"; resolve(this); }, 1));
    strictEqual(await of(setTimeout), globalThis);
    let id;
    strictEqual(await of((f, ms) => (id = setInterval(f, ms))), globalThis);
    clearInterval(id);
  },
};

export const onlyFunctionsAreCallbacks = {
  test() {
    for (const value of ["code()", undefined, null, {}, 5]) {
      throws(() => setTimeout(value, 1), callback("setTimeout"));
      throws(() => setInterval(value, 1), callback("setInterval"));
    }
    throws(() => setTimeout(), callback("setTimeout"));
  },
};

export const theyBelongToTheGlobalScope = {
  test() {
    const illegal = (error) => {
      strictEqual(error.name, "TypeError");
      match(error.message, /^Illegal invocation: function called with incorrect `this` reference\./);
      return true;
    };
    throws(() => setTimeout.call({}, () => {}, 1), illegal);
    strictEqual(typeof setTimeout.call(undefined, () => {}, 1), "number");
    strictEqual(typeof (0, setTimeout)(() => {}, 1), "number");
  },
};

export const whatIsClearedDoesNotFire = {
  async test() {
    let fired = 0;
    clearTimeout(setTimeout(() => fired++, 0));
    clearInterval(setInterval(() => fired++, 0));
    await scheduler.wait(5);
    strictEqual(fired, 0);
  },
};

export const eachClearsTheOthers = {
  async test() {
    let fired = 0;
    clearInterval(setTimeout(() => fired++, 0));
    clearTimeout(setInterval(() => fired++, 0));
    await scheduler.wait(5);
    strictEqual(fired, 0);
  },
};

export const aDueTimerCanStillBeCleared = {
  async test() {
    const fired = [];
    let second;
    setTimeout(() => {
      fired.push("first");
      clearTimeout(second);
    }, 1);
    second = setTimeout(() => fired.push("second"), 1);
    await scheduler.wait(10);
    deepStrictEqual(fired, ["first"]);
  },
};

export const clearingWhatIsNotThereDoesNothing = {
  test() {
    for (const id of [undefined, null, 0, -1, 1.5, 123456789, NaN, "none", {}]) {
      strictEqual(clearTimeout(id), undefined);
      strictEqual(clearInterval(id), undefined);
    }
  },
};

export const clearingTwiceDoesNothing = {
  test() {
    const id = setTimeout(() => {}, 1);
    clearTimeout(id);
    clearTimeout(id);
  },
};

export const microtasksRunBetweenTimers = {
  async test() {
    const order = [];
    setTimeout(() => {
      order.push("first");
      queueMicrotask(() => order.push("microtask"));
      Promise.resolve().then(() => order.push("then"));
    }, 2);
    setTimeout(() => order.push("second"), 2);
    await scheduler.wait(20);
    deepStrictEqual(order, ["first", "microtask", "then", "second"]);
  },
};

export const promisesComeBeforeTimers = {
  async test() {
    const order = [];
    setTimeout(() => order.push("timer"), 0);
    Promise.resolve().then(() => order.push("promise"));
    await scheduler.wait(5);
    deepStrictEqual(order, ["promise", "timer"]);
  },
};

export const anIntervalStopsItself = {
  async test() {
    let times = 0;
    const id = setInterval(() => {
      if (++times === 3) clearInterval(id);
    }, 0);
    for (let i = 0; i < 100 && times < 3; i++) await scheduler.wait(5);
    await scheduler.wait(20);
    strictEqual(times, 3);
  },
};

export const timersSetByTimersFire = {
  async test() {
    const depth = await new Promise((resolve) => {
      const deeper = (level) => level === 10 ? resolve(level) : setTimeout(deeper, 0, level + 1);
      deeper(0);
    });
    strictEqual(depth, 10);
  },
};

export const aTimerTakesItsTime = {
  async test() {
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
    ok(Date.now() - before >= 28);
  },
};

export const queueMicrotaskTakesFunctions = {
  async test() {
    throws(() => queueMicrotask(), callback("queueMicrotask"));
    throws(() => queueMicrotask("code()"), callback("queueMicrotask"));
    strictEqual(await new Promise((resolve) => queueMicrotask(() => resolve("ran"))), "ran");
  },
};
