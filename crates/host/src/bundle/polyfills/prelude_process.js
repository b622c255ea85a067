// Makes the global `process` one that has what programs for Node look for, when it is first looked at.
import { processOf } from "./process_object.js";

const native = globalThis.process;
const become = (value) =>
  Object.defineProperty(globalThis, "process", { value, writable: true, enumerable: true, configurable: true });
Object.defineProperty(globalThis, "process", {
  get() {
    const made = processOf(native);
    become(made);
    return made;
  },
  set: become,
  enumerable: true,
  configurable: true,
});
