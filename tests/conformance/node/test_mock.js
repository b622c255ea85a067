// The mocks of node:test.
import assert from "node:assert";
import test, { mock, MockTracker } from "node:test";

export const callsAreRecorded = {
  test() {
    const add = mock.fn((a, b) => a + b);
    assert.strictEqual(add(1, 2), 3);
    assert.strictEqual(add.mock.callCount(), 1);
    const [call] = add.mock.calls;
    assert.deepStrictEqual(call.arguments, [1, 2]);
    assert.strictEqual(call.result, 3);
    assert.strictEqual(call.error, undefined);
    assert.ok(call.stack instanceof Error);
    add.mock.resetCalls();
    assert.strictEqual(add.mock.callCount(), 0);
  },
};

export const anImplementationInstead = {
  test() {
    const mocked = mock.fn((a) => a, (a) => a * 2);
    assert.strictEqual(mocked(2), 4);
    mocked.mock.restore();
    assert.strictEqual(mocked(2), 2);
    const thrice = mock.fn(() => 0, () => 1, { times: 1 });
    assert.deepStrictEqual([thrice(), thrice()], [1, 0]);
  },
};

export const oneCallAlone = {
  test() {
    const mocked = mock.fn(() => 0);
    mocked.mock.mockImplementation(() => 1);
    mocked.mock.mockImplementationOnce(() => 2);
    mocked.mock.mockImplementationOnce(() => 3, 3);
    assert.deepStrictEqual([mocked(), mocked(), mocked(), mocked(), mocked()], [2, 1, 1, 3, 1]);
  },
};

export const exceptionsAreRecorded = {
  test() {
    const thrown = new Error("x");
    const mocked = mock.fn(() => {
      throw thrown;
    });
    assert.throws(mocked, /x/);
    assert.strictEqual(mocked.mock.calls[0].error, thrown);
  },
};

export const classesAreConstructed = {
  test() {
    class Mine {
      value = 1;
    }
    const Mocked = mock.fn(Mine);
    const made = new Mocked();
    assert.strictEqual(made.value, 1);
    assert.strictEqual(Mocked.mock.calls[0].target, Mine);
    assert.strictEqual(Mocked.mock.calls[0].result, made);
  },
};

export const methodsAreReplacedAndRestored = {
  test() {
    const object = {
      factor: 2,
      times(x) {
        return x * this.factor;
      },
    };
    const original = object.times;
    const mocked = mock.method(object, "times");
    assert.strictEqual(object.times(4), 8);
    assert.strictEqual(mocked.mock.callCount(), 1);
    mock.method(object, "times", () => "other");
    assert.strictEqual(object.times(4), "other");
    mock.restoreAll();
    mocked.mock.restore();
    assert.strictEqual(object.times, original);
  },
};

export const accessors = {
  test() {
    const object = {
      stored: 0,
      get value() {
        return 1;
      },
      set value(to) {
        this.stored = to;
      },
    };
    const tracker = new MockTracker();
    tracker.getter(object, "value", () => 5);
    assert.strictEqual(object.value, 5);
    const setter = tracker.setter(object, "value");
    object.value = 7;
    assert.strictEqual(object.stored, 7);
    assert.deepStrictEqual(setter.mock.calls[0].arguments, [7]);
  },
};

export const globalsCanBeMocked = {
  async test() {
    const tracker = new MockTracker();
    tracker.method(globalThis, "fetch", async () => new Response("mocked"));
    assert.strictEqual(await (await fetch("http://nowhere/")).text(), "mocked");
    tracker.reset();
    assert.strictEqual(fetch.mock, undefined);
  },
};

export const wrongArguments = {
  test() {
    assert.throws(() => mock.fn(5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => mock.method({}, "nope"), { code: "ERR_INVALID_ARG_VALUE" });
    assert.throws(() => mock.method(5, "a"), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => mock.fn(() => 1, { times: 0 }), { code: "ERR_OUT_OF_RANGE" });
    assert.deepStrictEqual(Object.keys(test), ["mock", "MockFunctionContext", "MockTracker"]);
  },
};
