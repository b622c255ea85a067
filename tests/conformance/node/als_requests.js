// What is bound to the stores of an event: from the flag on, it is of that event alone.
import assert from "node:assert";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

const BOUND = Cloudflare.compatibilityFlags.bind_asynclocalstorage_snapshot_to_request === true;
const FOREIGN = {
  name: "Error",
  message: "Cannot call this AsyncLocalStorage bound function outside of the request in which it was created.",
};
const storage = new AsyncLocalStorage();
const store = () => storage.getStore();

/** All kinds of functions that bring back the stores of now. */
function kept() {
  const snapshot = AsyncLocalStorage.snapshot();
  return {
    snapshot: () => snapshot(store),
    bind: AsyncLocalStorage.bind(store),
    resourceBind: AsyncResource.bind(store),
    resource: new AsyncResource("x").bind(store),
  };
}

const atStart = storage.run("start", kept);
const resource = storage.run("start", () => new AsyncResource("x"));
let ofAnother;

export default {
  fetch() {
    ofAnother = storage.run("another", () => ({ ...kept(), late: resource.bind(store), scope: new AsyncResource("y") }));
    return new Response("made");
  },
};

export const ofTheSameEvent = {
  test() {
    for (const [name, call] of Object.entries(storage.run("mine", kept))) assert.strictEqual(call(), "mine", name);
  },
};

export const ofNoEvent = {
  test() {
    for (const [name, call] of Object.entries(atStart)) assert.strictEqual(call(), "start", name);
    assert.strictEqual(resource.runInAsyncScope(store), "start");
  },
};

export const ofAnotherEvent = {
  async test(_controller, { SELF }) {
    await (await SELF.fetch("http://x/")).text();
    const { scope, late, ...calls } = ofAnother;
    for (const [name, call] of Object.entries(calls)) {
      if (BOUND) {
        assert.throws(call, FOREIGN, name);
      } else {
        assert.strictEqual(call(), "another", name);
      }
    }
    if (BOUND) assert.throws(late, FOREIGN);
    // A resource itself is of every event.
    assert.strictEqual(scope.runInAsyncScope(store), "another");
  },
};
