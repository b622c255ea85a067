// Code made of strings and bytes: while the modules are evaluated, and never after.
import { rejects, strictEqual, throws } from "node:assert";

const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const atStart = {
  eval: eval("20 + 22"),
  function: new Function("return 42")(),
  module: new WebAssembly.Module(EMPTY),
};

const REFUSED = { name: "EvalError", message: "Code generation from strings disallowed for this context" };
const embedder = (name) => ({ name: "CompileError", message: `WebAssembly.${name}(): Wasm code generation disallowed by embedder` });

export const stringsAreCodeWhileTheModulesAreEvaluated = {
  test() {
    strictEqual(atStart.eval, 42);
    strictEqual(atStart.function, 42);
  },
};

export const bytesAreCodeWhileTheModulesAreEvaluated = {
  test() {
    strictEqual(Object.prototype.toString.call(atStart.module), "[object WebAssembly.Module]");
  },
};

export const evalIsRefusedInEvents = {
  test() {
    throws(() => eval("1"), REFUSED);
    throws(() => (0, eval)("1"), REFUSED);
  },
};

export const functionConstructorsAreRefusedInEvents = {
  test() {
    throws(() => new Function("return 1"), REFUSED);
    throws(() => new (async () => {}).constructor("return 1"), REFUSED);
    throws(() => new (function* () {}).constructor("yield 1"), REFUSED);
  },
};

export const bytesAreRefusedInEvents = {
  async test() {
    throws(() => new WebAssembly.Module(EMPTY), embedder("Module"));
    await rejects(WebAssembly.compile(EMPTY), embedder("compile"));
    await rejects(WebAssembly.instantiate(EMPTY), embedder("instantiate"));
  },
};

export const aModuleThatIsThereCanBeInstantiated = {
  async test() {
    strictEqual(Object.prototype.toString.call(new WebAssembly.Instance(atStart.module)), "[object WebAssembly.Instance]");
    await WebAssembly.instantiate(atStart.module);
  },
};

export const bytesCanBeValidated = {
  test() {
    strictEqual(WebAssembly.validate(EMPTY), true);
    strictEqual(WebAssembly.validate(new Uint8Array(8)), false);
  },
};

export const thereIsNoStreamingCompilation = {
  test() {
    strictEqual(WebAssembly.compileStreaming, undefined);
    strictEqual(WebAssembly.instantiateStreaming, undefined);
  },
};

export const memoryCanBeSharedAndNotWaitedFor = {
  test() {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    throws(() => Atomics.wait(shared, 0, 0, 10), { name: "TypeError", message: "Atomics.wait cannot be called in this context" });
    strictEqual(Atomics.add(shared, 0, 5), 0);
  },
};
