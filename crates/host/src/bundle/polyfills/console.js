// The console of the runtime, and the names of Node's that it lacks.
import { WriteStream } from "./tty.js";
import { missing, nothing } from "./throwing.js";

const console = globalThis.console;
export const {
  assert, clear, context, count, countReset, createTask, debug, dir, dirxml, error, group, groupCollapsed, groupEnd,
  info, log, profile, profileEnd, table, time, timeEnd, timeLog, timeStamp, trace, warn,
} = console;
export const Console = function Console() {
  return missing("console.Console")();
};
export const _ignoreErrors = true;
export const _stderr = new WriteStream(2);
export const _stdout = new WriteStream(1);
export const _stderrErrorHandler = nothing();
export const _stdoutErrorHandler = nothing();
export const _times = new Map();
Object.assign(console, { Console, _ignoreErrors, _stderr, _stderrErrorHandler, _stdout, _stdoutErrorHandler, _times });
export default console;
