// node:repl: there is nobody to talk to.
import assert from "node:assert";
import { Interface } from "node:readline/promises";
import repl from "node:repl";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const nothingStarts = {
  test() {
    assert.throws(() => repl.start(), missing("start"));
    assert.throws(() => repl.writer({}), missing("writer"));
    assert.throws(() => new repl.REPLServer(), missing("REPLServer"));
    assert.strictEqual(Object.getPrototypeOf(repl.REPLServer), Interface);
    for (const name of ["setupHistory", "defineCommand", "displayPrompt", "clearBufferedCommand"]) {
      assert.throws(() => repl.REPLServer.prototype[name](), missing(name));
    }
  },
};

export const whatIsThere = {
  test() {
    assert.strictEqual(repl.builtinModules, repl._builtinLibs);
    assert.ok(repl.builtinModules.includes("fs/promises"));
    assert.ok(!repl.builtinModules.some((name) => name.startsWith("node:") || name.startsWith("_")));
    assert.strictEqual(String(repl.REPL_MODE_SLOPPY), "Symbol(repl-sloppy)");
    assert.strictEqual(String(repl.REPL_MODE_STRICT), "Symbol(repl-strict)");
    assert.deepStrictEqual([repl.writer.options.colors, repl.writer.options.maxStringLength], [true, 10000]);
  },
};

export const recoverable = {
  test() {
    const cause = new Error("x");
    const error = new repl.Recoverable(cause);
    assert.ok(error instanceof SyntaxError);
    assert.strictEqual(error.err, cause);
    assert.strictEqual(error.message, "");
  },
};
