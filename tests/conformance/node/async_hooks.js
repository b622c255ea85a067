// node:async_hooks: stores follow promises, timers, events and microtasks.
import assert from "node:assert";
import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, triggerAsyncId } from "node:async_hooks";

const storage = new AsyncLocalStorage();

export const aStoreIsThereInsideOfRun = {
  test() {
    assert.strictEqual(storage.getStore(), undefined);
    const result = storage.run("a", (x, y) => [storage.getStore(), x, y], 1, 2);
    assert.deepStrictEqual(result, ["a", 1, 2]);
    assert.strictEqual(storage.getStore(), undefined);
  },
};

export const runsNestAndExceptionsLeaveThem = {
  test() {
    storage.run(1, () => {
      assert.throws(() =>
        storage.run(2, () => {
          assert.strictEqual(storage.getStore(), 2);
          throw new Error("out");
        }), /out/);
      assert.strictEqual(storage.getStore(), 1);
    });
  },
};

export const twoStoresAreIndependent = {
  test() {
    const other = new AsyncLocalStorage();
    storage.run(1, () =>
      other.run(2, () => {
        assert.deepStrictEqual([storage.getStore(), other.getStore()], [1, 2]);
        storage.exit(() => assert.deepStrictEqual([storage.getStore(), other.getStore()], [undefined, 2]));
      }));
  },
};

export const storesSurviveAwait = {
  async test() {
    const seen = await Promise.all([1, 2, 3].map((n) =>
      storage.run(n, async () => {
        await null;
        await scheduler.wait(1);
        return storage.getStore();
      })
    ));
    assert.deepStrictEqual(seen, [1, 2, 3]);
  },
};

export const storesFollowTimersAndMicrotasks = {
  async test() {
    const seen = [];
    await storage.run("s", async () => {
      queueMicrotask(() => seen.push(storage.getStore()));
      await new Promise((resolve) => setTimeout(() => resolve(seen.push(storage.getStore())), 1));
    });
    assert.deepStrictEqual(seen, ["s", "s"]);
  },
};

export const aThenRunsWhereItWasAdded = {
  async test() {
    const promise = storage.run("made", () => Promise.resolve());
    const seen = await storage.run("then", () => promise.then(() => storage.getStore()));
    assert.strictEqual(seen, "then");
  },
};

export const eventsRunWhereTheyAreDispatched = {
  test() {
    const target = new EventTarget();
    let seen;
    storage.run("added", () => target.addEventListener("x", () => {
      seen = storage.getStore();
    }));
    storage.run("sent", () => target.dispatchEvent(new Event("x")));
    assert.strictEqual(seen, "sent");
  },
};

export const bindKeepsTheStores = {
  test() {
    const bound = storage.run(7, () => AsyncLocalStorage.bind((...args) => [storage.getStore(), ...args]));
    assert.deepStrictEqual(storage.run(8, () => bound(1, 2)), [7, 1, 2]);
    assert.throws(() => AsyncLocalStorage.bind(5), {
      name: "TypeError",
      message: "Failed to execute 'bind' on 'AsyncLocalStorage': parameter 1 is not of type 'Function'.",
    });
  },
};

export const aSnapshotRunsAnythingInIt = {
  test() {
    const snapshot = storage.run(7, () => AsyncLocalStorage.snapshot());
    assert.deepStrictEqual(snapshot((x) => [storage.getStore(), x], 1), [7, 1]);
    assert.throws(() => snapshot(5), { name: "TypeError", message: "The first argument must be a function" });
  },
};

export const whatIsNotImplementedSaysSo = {
  test() {
    assert.throws(() => storage.enterWith(1), { message: "asyncLocalStorage.enterWith() is not implemented" });
    assert.throws(() => storage.disable(), { message: "asyncLocalStorage.disable() is not implemented" });
  },
};

export const resourcesKeepTheStoresOfTheirMaking = {
  test() {
    const resource = storage.run(3, () => new AsyncResource("mine"));
    assert.deepStrictEqual(resource.runInAsyncScope((x) => [storage.getStore(), x], null, 1), [3, 1]);
    assert.strictEqual(resource.runInAsyncScope(function () {
      return this;
    }, "this"), "this");
    assert.strictEqual(resource.asyncId(), 0);
    assert.strictEqual(resource.triggerAsyncId(), 0);
    const bound = resource.bind(function (x) {
      return [storage.getStore(), this, x];
    }, "me");
    assert.deepStrictEqual(bound(1), [3, "me", 1]);
    assert.strictEqual(bound.asyncResource, resource);
  },
};

export const resourcesCanBeExtended = {
  test() {
    class Mine extends AsyncResource {
      constructor() {
        super("Mine");
      }
    }
    const mine = storage.run(4, () => new Mine());
    assert.strictEqual(mine.runInAsyncScope(() => storage.getStore()), 4);
  },
};

export const hooksExistAndDoNothing = {
  test() {
    const hook = createHook({});
    assert.strictEqual(hook.enable(), hook);
    assert.strictEqual(hook.disable(), hook);
    assert.deepStrictEqual([executionAsyncId(), triggerAsyncId()], [0, 0]);
  },
};

export const wrongArgumentsOfRun = {
  test() {
    assert.throws(() => storage.run(1, 5), {
      message: "Failed to execute 'run' on 'AsyncLocalStorage': parameter 2 is not of type 'function'.",
    });
    assert.throws(() => (0, storage.getStore)(), /Illegal invocation/);
  },
};
