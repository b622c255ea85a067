// Contexts in which nothing runs.
import { error } from "./throwing.js";

const CONTEXT = Symbol("context");

export class Script {
  runInContext() {
    throw error("Script.runInContext");
  }
  runInNewContext() {
    throw error("Script.runInNewContext");
  }
  runInThisContext() {
    throw error("Script.runInThisContext");
  }
  createCachedData() {
    throw error("Script.createCachedData");
  }
}
export const constants = {
  __proto__: null,
  USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol("vm_dynamic_import_main_context_default"),
  DONT_CONTEXTIFY: Symbol("vm_context_no_contextify"),
};
export const createContext = () => Object.create(null, { [CONTEXT]: { value: true } });
export const createScript = () => new Script();
export const isContext = (context) => context && context[CONTEXT] === true;
export const measureMemory = () =>
  Promise.resolve({
    total: { jsMemoryEstimate: 0, jsMemoryRange: [1, 2] },
    WebAssembly: { code: 0, metadata: 0 },
  });
