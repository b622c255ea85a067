// Without `allow_eval_during_startup`, code is never made of strings or bytes.
import { strictEqual } from "node:assert";

const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const attempt = (what) => {
  try {
    return what();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const atStart = {
  eval: attempt(() => eval("1")),
  function: attempt(() => new Function("return 1")),
  module: attempt(() => new WebAssembly.Module(EMPTY)),
};

export const stringsAreRefused = {
  test() {
    strictEqual(atStart.eval, "EvalError: Code generation from strings disallowed for this context");
    strictEqual(atStart.function, "EvalError: Code generation from strings disallowed for this context");
  },
};

export const bytesAreRefused = {
  test() {
    strictEqual(atStart.module, "CompileError: WebAssembly.Module(): Wasm code generation disallowed by embedder");
  },
};
