// `require` before `require_returns_default_export`, and before bare names mean modules of Node.
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert";
import asks from "asks";
import Module, { createRequire, isBuiltin } from "node:module";

const require = createRequire("/here");

export const requireGivesTheNamespace = {
  test() {
    const whole = require("whole");
    strictEqual(whole.default, 1);
    strictEqual(whole.other, 2);
    ok(!Object.isExtensible(whole));
  },
};

export const requireOfNodeGivesTheNamespaceToo = {
  test() {
    strictEqual(require("node:module").default, Module);
    strictEqual(require("node:module").createRequire, createRequire);
  },
};

export const whatIsCalledModuleExportsIsGiven = {
  test() {
    deepStrictEqual(require("said"), { said: true });
  },
};

export const commonJsAndValuesAreTheSame = {
  test() {
    deepStrictEqual(require("commonjs"), { a: 1 });
    strictEqual(require("text"), "hello");
  },
};

export const bareNamesAreNotNodes = {
  test() {
    for (const name of ["fs", "buffer", "module"]) {
      throws(() => require(name), { message: `No such module "${name}".` });
      ok(isBuiltin(name));
    }
  },
};

export const commonJsModulesGetTheDefaultExport = {
  test() {
    strictEqual(asks.ask("whole"), 1);
    deepStrictEqual(asks.ask("said"), { said: true });
    strictEqual(asks.ask("node:module"), Module);
    throws(() => asks.ask("module"), { message: 'No such module "module".' });
  },
};
