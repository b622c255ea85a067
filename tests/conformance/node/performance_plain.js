// `performance` where nothing but the clock is asked for.
import assert from "node:assert";

export const onlyTheClock = {
  test() {
    assert.deepStrictEqual(
      Object.getOwnPropertyNames(Object.getPrototypeOf(performance)).sort(),
      ["constructor", "now", "timeOrigin"],
    );
    assert.strictEqual(performance.mark, undefined);
    assert(!(performance instanceof EventTarget));
    assert.strictEqual(typeof Performance, "undefined");
    assert.strictEqual(typeof PerformanceMark, "undefined");
    assert.strictEqual(performance.timeOrigin, 0);
    assert.strictEqual(performance.now(), Date.now());
  },
};
