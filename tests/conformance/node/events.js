// node:events.
import assert from "node:assert";
import events, { EventEmitter, getEventListeners, on, once } from "node:events";

export const listenersInOrder = {
  test() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on("a", (...args) => seen.push(args));
    emitter.once("a", () => seen.push("once"));
    emitter.prependListener("a", () => seen.push("first"));
    assert.strictEqual(emitter.emit("a", 1, 2), true);
    assert.strictEqual(emitter.emit("a"), true);
    assert.strictEqual(emitter.emit("nobody"), false);
    assert.deepStrictEqual(seen, ["first", [1, 2], "once", "first", []]);
    assert.strictEqual(emitter.listenerCount("a"), 2);
    assert.deepStrictEqual(emitter.eventNames(), ["a"]);
  },
};

export const errorsNobodyHandlesAreThrown = {
  test() {
    const mine = new Error("mine");
    assert.throws(() => new EventEmitter().emit("error", mine), mine);
    assert.throws(() => new EventEmitter().emit("error", "text"), {
      code: "ERR_UNHANDLED_ERROR",
      message: "Unhandled error. ('text')",
    });
  },
};

export const removingListeners = {
  test() {
    const emitter = new EventEmitter();
    const log = [];
    emitter.on("newListener", (name) => log.push(`new ${name}`));
    emitter.on("removeListener", (name) => log.push(`gone ${name}`));
    const listen = () => {};
    emitter.on("x", listen).off("x", listen);
    emitter.on("y", listen).removeAllListeners("y");
    assert.deepStrictEqual(log, ["new removeListener", "new x", "gone x", "new y", "gone y"]);
  },
};

export const thisIsTheEmitter = {
  test() {
    const emitter = new EventEmitter();
    let self;
    emitter.on("a", function () {
      self = this;
    });
    emitter.emit("a");
    assert.strictEqual(self, emitter);
  },
};

export const listenersMustBeFunctions = {
  test() {
    assert.throws(() => new EventEmitter().on("a", 5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "listener" argument must be of type function. Received type number (5)',
    });
  },
};

export const onceIsAPromise = {
  async test() {
    const emitter = new EventEmitter();
    queueMicrotask(() => emitter.emit("a", 1, 2));
    assert.deepStrictEqual(await once(emitter, "a"), [1, 2]);
    queueMicrotask(() => emitter.emit("error", new Error("q")));
    await assert.rejects(once(emitter, "a"), /q/);
    await assert.rejects(once(emitter, "a", { signal: AbortSignal.abort() }), { name: "AbortError", code: "ABORT_ERR" });
    const target = new EventTarget();
    queueMicrotask(() => target.dispatchEvent(new Event("b")));
    assert.strictEqual((await once(target, "b"))[0].type, "b");
  },
};

export const onIteratesUntilAborted = {
  async test() {
    const emitter = new EventEmitter();
    const controller = new AbortController();
    queueMicrotask(() => {
      emitter.emit("a", 1);
      emitter.emit("a", 2);
      controller.abort();
    });
    const seen = [];
    await assert.rejects(async () => {
      for await (const args of on(emitter, "a", { signal: controller.signal })) seen.push(args);
    }, { name: "AbortError" });
    assert.ok(seen.length <= 2);
  },
};

export const rejectionsAreCaptured = {
  async test() {
    const emitter = new EventEmitter({ captureRejections: true });
    const caught = new Promise((resolve) => emitter.on("error", resolve));
    emitter.on("a", async () => {
      throw new Error("captured");
    });
    emitter.emit("a");
    assert.strictEqual((await caught).message, "captured");
  },
};

export const monitorsSeeErrorsFirst = {
  test() {
    const emitter = new EventEmitter();
    const log = [];
    emitter.on("error", () => log.push("handler"));
    emitter.on(EventEmitter.errorMonitor, () => log.push("monitor"));
    emitter.emit("error", new Error("x"));
    assert.deepStrictEqual(log, ["monitor", "handler"]);
  },
};

export const theModuleIsTheClass = {
  test() {
    assert.strictEqual(events, EventEmitter);
    assert.strictEqual(events.EventEmitter, EventEmitter);
    assert.strictEqual(events.once, once);
    assert.strictEqual(events.defaultMaxListeners, 10);
    class Mine extends EventEmitter {}
    assert.ok(new Mine() instanceof EventEmitter);
    assert.deepStrictEqual(getEventListeners(new EventEmitter(), "a"), []);
  },
};
