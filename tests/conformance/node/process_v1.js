// The process of old dates: six properties, and no global.
import assert from "node:assert";
import process, * as exported from "node:process";

export const names = {
  test() {
    const names = ["nextTick", "env", "exit", "getBuiltinModule", "platform", "features"];
    assert.deepStrictEqual(Object.keys(process), names);
    assert.deepStrictEqual(Object.keys(exported).sort(), [...names, "default"].sort());
    assert.strictEqual(Object.getPrototypeOf(process), Object.prototype);
    assert.strictEqual("process" in globalThis, false);
  },
};

export const builtinModules = {
  async test() {
    assert.strictEqual(process.getBuiltinModule("path"), (await import("node:path")).default);
    assert.strictEqual(process.getBuiltinModule("node:process"), process);
    for (const name of ["fs", "node:fs", "node:http", "node:punycode", "node:child_process", "test"]) {
      assert.strictEqual(process.getBuiltinModule(name), undefined, name);
    }
  },
};

export const variables = {
  test() {
    assert.deepStrictEqual({ ...process.env }, {});
    process.env.A = 1;
    assert.strictEqual(process.env.A, "1");
    delete process.env.A;
  },
};
