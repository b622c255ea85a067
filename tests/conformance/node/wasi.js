// node:wasi: the options are checked, and that is all.
import assert from "node:assert";
import { WASI } from "node:wasi";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const noneCanBeMade = {
  test() {
    assert.throws(() => new WASI(), missing("WASI"));
    assert.throws(() => new WASI({ version: "preview1", args: [], env: {}, preopens: {} }), missing("WASI"));
  },
};

export const methods = {
  test() {
    for (const name of ["finalizeBindings", "start", "initialize"]) {
      assert.throws(() => WASI.prototype[name]({}), missing(`WASI.${name}`));
    }
    assert.deepStrictEqual(WASI.prototype.getImportObject(), {});
  },
};

export const optionsAreChecked = {
  test() {
    assert.throws(() => new WASI({}), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.version' must be one of: 'unstable', 'preview1'. Received undefined",
    });
    for (const wrong of [{ args: 1 }, { env: 1 }, { preopens: 1 }, { stdin: "x" }, { returnOnExit: 1 }]) {
      assert.throws(() => new WASI({ version: "preview1", ...wrong }), { code: "ERR_INVALID_ARG_TYPE" });
    }
    assert.throws(() => new WASI({ version: "preview1", stdout: -1 }), {
      name: "RangeError",
      message: 'The value of "options.stdout" is out of range. It must be >= 0 && <= 2147483647. Received -1',
    });
  },
};
