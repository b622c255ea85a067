// Rejections that nobody handles, told once all microtasks have run.
import { deepStrictEqual, ok, strictEqual } from "node:assert";

let seen = [];
const listener = (event) => {
  seen.push([event.type, event.reason?.message]);
  event.preventDefault();
};
addEventListener("unhandledrejection", listener);
addEventListener("rejectionhandled", listener);

/** Two timers, one after the other: the first may be due already when it is set. */
async function laterOn() {
  await scheduler.wait(1);
  await scheduler.wait(1);
}

async function after(what) {
  seen = [];
  await what();
  await laterOn();
  return seen;
}

export const oneThatNobodyHandles = {
  async test() {
    deepStrictEqual(await after(() => void Promise.reject(new Error("one"))), [["unhandledrejection", "one"]]);
  },
};

export const oneThatIsHandledLate = {
  async test() {
    const told = await after(async () => {
      const late = Promise.reject(new Error("late"));
      await laterOn();
      late.catch(() => {});
    });
    deepStrictEqual(told, [["unhandledrejection", "late"], ["rejectionhandled", undefined]]);
  },
};

export const oneThatIsHandledAtOnce = {
  async test() {
    deepStrictEqual(await after(() => Promise.reject(new Error("handled")).catch(() => {})), []);
  },
};

export const oneThatIsHandledSomeMicrotasksLater = {
  async test() {
    const told = await after(async () => {
      const soon = Promise.reject(new Error("soon"));
      for (let i = 0; i < 10; i++) await null;
      await soon.catch(() => {});
    });
    deepStrictEqual(told, []);
  },
};

export const eachIsTold = {
  async test() {
    const told = await after(() => {
      for (const name of ["a", "b", "c"]) Promise.reject(new Error(name));
    });
    deepStrictEqual(told.map(([, reason]) => reason).sort(), ["a", "b", "c"]);
  },
};

export const reasonsNeedNotBeErrors = {
  async test() {
    let event;
    addEventListener("unhandledrejection", (e) => void (event = e), { once: true });
    const promise = Promise.reject(5);
    await laterOn();
    strictEqual(event.reason, 5);
    strictEqual(event.promise, promise);
    ok(event instanceof PromiseRejectionEvent);
  },
};

export const settlingTwiceIsNoRejection = {
  async test() {
    const told = await after(() => {
      new Promise((resolve, reject) => {
        resolve();
        reject(new Error("too late"));
      });
    });
    deepStrictEqual(told, []);
  },
};
