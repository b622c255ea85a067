// The async context goes along with whatever is started in it.
import { deepStrictEqual, strictEqual } from "node:assert";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

const store = new AsyncLocalStorage();
const inStore = (what) => store.run("inside", what);

const follows = (start) => ({
  async test() {
    strictEqual(await inStore(() => start()), "inside");
    strictEqual(store.getStore(), undefined);
  },
});

export const intoTimers = follows(() => new Promise((resolve) => setTimeout(() => resolve(store.getStore()), 1)));
export const intoIntervals = follows(() =>
  new Promise((resolve) => {
    const id = setInterval(() => {
      clearInterval(id);
      resolve(store.getStore());
    }, 1);
  })
);
export const intoMicrotasks = follows(() => new Promise((resolve) => queueMicrotask(() => resolve(store.getStore()))));
export const intoContinuations = follows(async () => {
  await scheduler.wait(1);
  await null;
  return store.getStore();
});
export const intoThen = follows(() => Promise.resolve().then(() => store.getStore()));
export const intoThenables = follows(async () => {
  let seen;
  await { then(resolve) { seen = store.getStore(); resolve(); } };
  return seen;
});
export const intoPullsOfStreams = follows(async () => {
  let seen;
  const stream = new ReadableStream({
    pull(controller) {
      seen = store.getStore();
      controller.enqueue("x");
    },
  }, { highWaterMark: 0 });
  await stream.getReader().read();
  return seen;
});
export const intoListeners = follows(async () => {
  const target = new EventTarget();
  let seen;
  target.addEventListener("x", () => (seen = store.getStore()));
  target.dispatchEvent(new Event("x"));
  return seen;
});

export const notIntoWhatWasStartedBefore = {
  async test() {
    let resolve;
    const earlier = new Promise((r) => (resolve = r)).then(() => store.getStore());
    inStore(() => resolve());
    strictEqual(await earlier, undefined);
  },
};

export const intoSnapshots = {
  test() {
    const snapshot = inStore(() => AsyncLocalStorage.snapshot());
    strictEqual(snapshot(() => store.getStore()), "inside");
  },
};

export const intoBoundFunctions = {
  test() {
    const bound = inStore(() => AsyncResource.bind(() => store.getStore()));
    strictEqual(bound(), "inside");
  },
};

export const intoListenersOfRejections = {
  async test() {
    const seen = [];
    const listener = (event) => {
      seen.push(store.getStore());
      event.preventDefault();
    };
    addEventListener("unhandledrejection", listener);
    inStore(() => {
      Promise.reject(new Error("nobody handles this"));
    });
    for (let i = 0; i < 100 && seen.length === 0; i++) await scheduler.wait(5);
    removeEventListener("unhandledrejection", listener);
    deepStrictEqual(seen, ["inside"]);
  },
};
