// Attempts to reach the host through node:module. All of them fail, and here as in production.
import assert from "node:assert";
import fs from "node:fs";
import module from "node:module";

export const requiring = {
  test() {
    for (const from of ["/", "/bundle/worker", "file:///etc/x.js", "file:///bundle/"]) {
      const require = module.createRequire(from);
      for (const name of ["/etc/passwd", "./passwd", "../etc/passwd", "/etc/hostname", "ext:core/ops", "node:internal/errors", "lopata:commonjs"]) {
        assert.throws(() => require(name), Error, `${name} from ${from}`);
      }
      assert.strictEqual(require("node:fs"), fs);
    }
  },
};

export const codeFromText = {
  test() {
    assert.throws(() => module.createRequire.constructor("return this")(), EvalError);
  },
};
