// Code of texts, for a worker whose configuration allows it.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  encodeURIComponent,
  ObjectDefineProperty,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_unsafe_wasm } = core.ops;
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");

class UnsafeEval {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  /** @param {string} script @param {string} [name] of the script, for stacks */
  eval(script, name = "eval") {
    return run(`${script}`, `${name}`);
  }

  /** @param {string} script the function's body @param {string} [name] @param {string[]} args its parameters */
  newFunction(script, name = "anonymous", ...args) {
    return named(run(`(function (${ArrayPrototypeJoin(args, ",")}) {${script}\n})`, `${name}`), `${name}`);
  }

  /** @param {string} script the function's body @param {string} [name] @param {string[]} args its parameters */
  newAsyncFunction(script, name = "anonymous", ...args) {
    return named(run(`(async function (${ArrayPrototypeJoin(args, ",")}) {${script}\n})`, `${name}`), `${name}`);
  }

  /** @param {BufferSource} source @returns {WebAssembly.Module} */
  newWasmModule(source) {
    const bytes = bytesOf(source);
    if (bytes === undefined) {
      throw new TypeError(
        "Failed to execute 'newWasmModule' on 'UnsafeEval': parameter 1 is not of type 'ArrayBuffer or ArrayBufferView'.",
      );
    }
    return op_unsafe_wasm(bytes);
  }
}

ObjectDefineProperty(UnsafeEval.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "UnsafeEval",
  configurable: true,
});

/** Runs a script whether or not the isolate allows code of texts. */
function run(source, name) {
  const { 0: result, 1: failure } = core.evalContext(source, `file:///${encodeURIComponent(name)}`);
  if (failure !== null && failure !== undefined) throw failure.thrown;
  return result;
}

function named(made, name) {
  ObjectDefineProperty(made, "name", { __proto__: null, value: name, configurable: true });
  return made;
}

return { unsafeEval: { __proto__: UnsafeEval.prototype } };
})();
