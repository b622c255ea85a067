// node:events: promises, iterators, rejections, limits.
import assert from "node:assert";
import events, { addAbortListener, EventEmitter, on, once } from "node:events";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

export const onceOfAnEvent = {
  async test() {
    const emitter = new EventEmitter();
    queueMicrotask(() => emitter.emit("a", 1, 2));
    assert.deepStrictEqual(await once(emitter, "a"), [1, 2]);
    assert.strictEqual(emitter.listenerCount("a"), 0);
    assert.strictEqual(emitter.listenerCount("error"), 0);
  },
};

export const onceRejectsOnErrors = {
  async test() {
    const emitter = new EventEmitter();
    queueMicrotask(() => emitter.emit("error", new Error("mine")));
    await assert.rejects(once(emitter, "a"), { message: "mine" });
    queueMicrotask(() => emitter.emit("error", new Error("asked for")));
    const [error] = await once(emitter, "error");
    assert.strictEqual(error.message, "asked for");
  },
};

export const onceThatIsAborted = {
  async test() {
    const emitter = new EventEmitter();
    const reason = new Error("why");
    await assert.rejects(once(emitter, "a", { signal: AbortSignal.abort(reason) }), (error) => {
      assert.strictEqual(error.name, "AbortError");
      assert.strictEqual(error.code, "ABORT_ERR");
      assert.strictEqual(error.cause, reason);
      return true;
    });
    const controller = new AbortController();
    const waiting = once(emitter, "a", { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, { code: "ABORT_ERR" });
    assert.strictEqual(emitter.listenerCount("a"), 0);
    await assert.rejects(once(emitter, "a", { signal: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const onceOfAnEventTarget = {
  async test() {
    const target = new EventTarget();
    queueMicrotask(() => target.dispatchEvent(new Event("a")));
    const [event] = await once(target, "a");
    assert.strictEqual(event.type, "a");
    await assert.rejects(once({}, "a"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const iteration = {
  async test() {
    const emitter = new EventEmitter();
    const iterator = on(emitter, "a");
    emitter.emit("a", 1);
    emitter.emit("a", 2, 3);
    assert.deepStrictEqual(await iterator.next(), { value: [1], done: false });
    assert.deepStrictEqual(await iterator.next(), { value: [2, 3], done: false });
    assert.deepStrictEqual(await iterator.return(), { value: undefined, done: true });
    assert.strictEqual(emitter.listenerCount("a"), 0);
  },
};

export const iterationEndsWithErrors = {
  async test() {
    const emitter = new EventEmitter();
    queueMicrotask(() => emitter.emit("error", new Error("mine")));
    await assert.rejects(async () => {
      for await (const _ of on(emitter, "a"));
    }, { message: "mine" });
    const controller = new AbortController();
    queueMicrotask(() => controller.abort());
    await assert.rejects(async () => {
      for await (const _ of on(emitter, "a", { signal: controller.signal }));
    }, { code: "ABORT_ERR" });
    assert.throws(() => on({}, "a"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const rejectionsOfListeners = {
  async test() {
    const emitter = new EventEmitter({ captureRejections: true });
    const seen = [];
    emitter.on("error", (error) => seen.push(error.message));
    emitter.on("a", async () => {
      throw new Error("mine");
    });
    emitter.emit("a");
    await soon();
    assert.deepStrictEqual(seen, ["mine"]);
    assert.throws(() => new EventEmitter({ captureRejections: 5 }), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "options.captureRejections" property must be of type boolean. Received type number (5)',
    });
  },
};

export const rejectionsHaveAMethod = {
  async test() {
    const emitter = new EventEmitter({ captureRejections: true });
    const seen = [];
    emitter[events.captureRejectionSymbol] = (error, ...rest) => seen.push(error.message, ...rest);
    emitter.on("a", async () => {
      throw new Error("mine");
    });
    emitter.emit("a", 1, 2);
    await soon();
    assert.deepStrictEqual(seen, ["mine", "a", 1, 2]);
  },
};

export const limits = {
  test() {
    const emitter = new EventEmitter();
    assert.strictEqual(emitter.getMaxListeners(), 10);
    assert.strictEqual(emitter.setMaxListeners(1), emitter);
    assert.strictEqual(events.getMaxListeners(emitter), 1);
    for (const [call, name] of [
      [() => emitter.setMaxListeners(-1), "n"],
      [() => events.setMaxListeners(-1), "n"],
      [() => (EventEmitter.defaultMaxListeners = -1), "defaultMaxListeners"],
    ]) {
      assert.throws(call, {
        name: "RangeError",
        code: "ERR_OUT_OF_RANGE",
        message: `The value of "${name}" is out of range. It must be a non-negative number. Received -1`,
      });
    }
    assert.throws(() => emitter.setMaxListeners("a"), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const tooManyListeners = {
  async test() {
    const emitter = new EventEmitter();
    const warnings = [];
    process.on("warning", (warning) => warnings.push(warning));
    for (let i = 0; i < 12; i++) emitter.on("a", () => {});
    await soon();
    assert.strictEqual(warnings.length, 1);
    assert.strictEqual(warnings[0].name, "MaxListenersExceededWarning");
    assert.strictEqual(
      warnings[0].message,
      "Possible EventEmitter memory leak detected. 11 a listeners added to [EventEmitter]. " +
        "Use emitter.setMaxListeners() to increase limit",
    );
    assert.strictEqual(warnings[0].count, 11);
    assert.strictEqual(warnings[0].type, "a");
  },
};

export const abortListeners = {
  test() {
    const controller = new AbortController();
    let calls = 0;
    const first = addAbortListener(controller.signal, () => calls++);
    addAbortListener(controller.signal, () => calls++);
    first[Symbol.dispose]();
    controller.abort();
    assert.strictEqual(calls, 1);
    for (const signal of [5, undefined]) {
      assert.throws(() => addAbortListener(signal, () => {}), { code: "ERR_INVALID_ARG_TYPE" });
    }
    assert.throws(() => addAbortListener(controller.signal, 5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const monitors = {
  test() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.on(events.errorMonitor, (error) => seen.push(error.message));
    assert.throws(() => emitter.emit("error", new Error("mine")), { message: "mine" });
    assert.deepStrictEqual(seen, ["mine"]);
  },
};

export const whatAnEmitterIsMadeOf = {
  test() {
    assert.deepStrictEqual(Object.keys(new EventEmitter()), ["_events", "_eventsCount", "_maxListeners", "domain"]);
    const plain = {};
    EventEmitter.call(plain);
    assert.strictEqual(plain.domain, null);
    assert.strictEqual(EventEmitter.EventEmitter, EventEmitter);
    assert.strictEqual(EventEmitter.once, once);
  },
};
