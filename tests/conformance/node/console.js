// node:console: the global console with what Node's has besides.
import assert from "node:assert";
import console, { Console, log } from "node:console";

export const theGlobalOne = {
  test() {
    assert.strictEqual(console, globalThis.console);
    assert.strictEqual(globalThis.console.Console, Console);
    assert.strictEqual(typeof log, "function");
    assert.strictEqual(String(console), "[object console]");
  },
};

export const consolesOfOnesOwn = {
  test() {
    const missing = { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED" };
    assert.throws(() => new Console({}), { ...missing, message: "The Console method is not implemented" });
    assert.throws(() => Console(), missing);
    assert.throws(() => console.context(), { ...missing, message: "The Console.context method is not implemented" });
    assert.throws(() => console.createTask("x"), {
      ...missing,
      message: "The Console.createTask method is not implemented",
    });
  },
};

export const itsStreams = {
  test() {
    assert.strictEqual(console._stdout, process.stdout);
    assert.strictEqual(console._stderr, process.stderr);
    assert.strictEqual(console._ignoreErrors, true);
    assert(console._times instanceof Map);
    assert.strictEqual(console.profile(), undefined);
    assert(!(console instanceof Console));
  },
};
