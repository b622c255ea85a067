// node:vm: scripts and contexts that can be made and not be run.
import assert from "node:assert";
import vm from "node:vm";

const TYPE = { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" };

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(vm), [
      "Script",
      "createContext",
      "createScript",
      "runInContext",
      "runInNewContext",
      "runInThisContext",
      "isContext",
      "compileFunction",
      "measureMemory",
      "constants",
    ]);
    assert.ok(Object.isFrozen(vm.constants));
    assert.deepStrictEqual(Object.keys(vm.constants), ["USE_MAIN_CONTEXT_DEFAULT_LOADER", "DONT_CONTEXTIFY"]);
  },
};

export const contextsAreEmpty = {
  test() {
    const context = vm.createContext({ a: 1 });
    assert.strictEqual(vm.isContext(context), true);
    assert.strictEqual(vm.isContext({}), false);
    assert.strictEqual(vm.isContext([]), false);
    assert.deepStrictEqual(Object.keys(context), []);
    assert.strictEqual(vm.createContext(context), context);
    assert.ok(vm.isContext(vm.createContext()));
    assert.ok(vm.isContext(vm.createContext(vm.constants.DONT_CONTEXTIFY)));
    assert.throws(() => vm.isContext(1), {
      ...TYPE,
      message: 'The "object" argument must be of type object. Received type number (1)',
    });
  },
};

export const scriptsCanBeMade = {
  test() {
    const script = new vm.Script("1 + 1");
    assert.deepStrictEqual(Object.keys(script), [
      "cachedDataRejected",
      "cachedDataProduced",
      "cachedData",
      "sourceMapURL",
    ]);
    assert.strictEqual(script.createCachedData().length, 0);
    assert.ok(vm.createScript("syntax error?") instanceof vm.Script);
    assert.ok(new vm.Script("1", "file.js"));
  },
};

export const scriptsDoNotRun = {
  test() {
    const script = new vm.Script("1 + 1");
    const context = vm.createContext();
    assert.throws(() => script.runInThisContext(), missing("runInThisContext"));
    assert.throws(() => vm.runInThisContext("1"), missing("runInThisContext"));
    assert.throws(() => script.runInContext(context), missing("runInThisContext"));
    assert.throws(() => vm.runInContext("1", context, "file.js"), missing("runInThisContext"));
    assert.throws(() => script.runInNewContext({}), missing("runInThisContext"));
    assert.throws(() => vm.runInNewContext("1"), missing("runInThisContext"));
    assert.throws(() => vm.compileFunction("return 1", ["a"]), missing("compileFunction"));
    assert.throws(() => vm.measureMemory(), missing("measureMemory"));
  },
};

export const contextsAreChecked = {
  test() {
    const message = 'The "contextifiedObject" argument must be an vm.Context. Received an instance of Object';
    assert.throws(() => vm.runInContext("1", {}), { ...TYPE, message });
    assert.throws(() => new vm.Script("1").runInContext({}), { ...TYPE, message });
    assert.throws(() => vm.compileFunction("1", [], { parsingContext: {} }), TYPE);
    assert.throws(() => vm.createContext({}, { name: 1 }), {
      ...TYPE,
      message: 'The "options.name" property must be of type string. Received type number (1)',
    });
    assert.throws(() => vm.createContext({}, { codeGeneration: { strings: 1 } }), TYPE);
    assert.throws(() => vm.createContext({}, { microtaskMode: 1 }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.microtaskMode' must be one of: 'afterEvaluate', undefined. Received 1",
    });
    assert.throws(() => vm.runInNewContext("1", {}, { contextName: 1 }), TYPE);
  },
};

export const scriptsAreChecked = {
  test() {
    assert.throws(() => new vm.Script("1", 1), TYPE);
    assert.throws(() => new vm.Script(Symbol("x")), TypeError);
    for (const options of [{ filename: 1 }, { lineOffset: "a" }, { cachedData: 1 }, { produceCachedData: 1 }]) {
      assert.throws(() => new vm.Script("1", options), TYPE, JSON.stringify(options));
    }
    assert.throws(() => new vm.Script("1", { importModuleDynamically() {} }), TYPE);
    assert.throws(() => new vm.Script("1").runInThisContext({ timeout: 0 }), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => new vm.Script("1").runInThisContext({ breakOnSigint: 1 }), TYPE);
    assert.throws(() => vm.compileFunction(1), TYPE);
    assert.throws(() => vm.compileFunction("1", 1), TYPE);
    assert.throws(() => vm.compileFunction("1", [1]), {
      ...TYPE,
      message: 'The "params[0]" argument must be of type string. Received type number (1)',
    });
    assert.throws(() => vm.compileFunction("1", [], { contextExtensions: [1] }), TYPE);
    assert.throws(() => vm.measureMemory({ mode: "x" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.mode' must be one of: 'summary', 'detailed'. Received 'x'",
    });
  },
};
