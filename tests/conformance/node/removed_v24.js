// What is gone under the flag for Node 24.
import assert from "node:assert";
import process from "node:process";
import util, * as utilNames from "node:util";

export const ofUtil = {
  test() {
    for (const name of ["Boolean", "Buffer", "Date", "Error", "Function", "Null", "Object", "String", "Undefined"]) {
      assert.strictEqual(util[`is${name}`], undefined);
      assert.strictEqual(utilNames[`is${name}`], undefined);
      assert.ok(`is${name}` in util);
    }
    assert.strictEqual(typeof util.isArray, "function");
    assert.strictEqual(typeof util.isDeepStrictEqual, "function");
  },
};

export const ofProcess = {
  test() {
    assert.strictEqual(process.assert, undefined);
  },
};
