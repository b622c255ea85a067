// The console: formatted here, printed by the host with the worker's name and the line that logged it.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  JSONStringify,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  String,
} = primordials;
const { op_is_tailed, op_log } = core.ops;
const { Console, getConsoleInspectOptions, inspectArgs, setNoColorFns } = core.loadExtScript("ext:deno_web/01_console.js");

// The host decides about colour; what leaves the isolate is plain.
setNoColorFns(() => true, () => true);

/** deno_web's levels: 0 debug, 1 log, 2 warn, 3 error; and 4, which is info. */
function makeConsole() {
  const print = (text, level, args = undefined) => {
    const line = text.endsWith("\n") ? text.slice(0, -1) : text;
    const current = core.getAsyncContext();
    const event = current?.io?.event ?? 0;
    const message = event !== 0 && op_is_tailed() ? tailMessage(args ?? [line]) : "";
    op_log(event, current?.span ?? 0, level, line, message);
  };
  const console = new Console(print);
  // Strings in values are quoted as workerd and Node quote them.
  for (const [name, level] of [["debug", 0], ["log", 1], ["info", 4], ["warn", 2], ["error", 3]]) {
    console[name] = {
      [name](...args) {
        const options = { ...getConsoleInspectOptions(true), indentLevel: console.indentLevel, quotes: ["'", '"', "`"] };
        print(inspectArgs(args, options), level, args);
      },
    }[name];
  }
  return console;
}

/** A warning of the runtime's own. @param {string} text */
function warn(text) {
  const current = core.getAsyncContext();
  const event = current?.io?.event ?? 0;
  op_log(event, current?.span ?? 0, 2, text, event !== 0 && op_is_tailed() ? tailMessage([text]) : "");
}

/** A line of the worker's log that no method of the console makes. @param {string} line @param {number} level */
function say(line, level) {
  const current = core.getAsyncContext();
  op_log(current?.io?.event ?? 0, current?.span ?? 0, level, line, "");
}

/** What a tail worker gets of a line: a JSON array. @param {unknown[]} args */
function tailMessage(args) {
  let text = "[";
  for (let i = 0; i < args.length; i++) {
    if (i > 0) text += ", ";
    try {
      // Functions and symbols have no JSON.
      text += isPlain(args[i]) ? JSONStringify(args[i]) ?? "null" : JSONStringify(String(args[i]));
    } catch {
      text += "{}";
    }
  }
  return text + "]";
}

/** Whether production writes a value as JSON and not as a string: an error or a promise has nothing to show there. */
function isPlain(value) {
  if (value === null || value === undefined) return true;
  const kind = typeof value;
  if (kind !== "object" && kind !== "function") return kind === "string" || kind === "number" || kind === "boolean";
  if (ArrayIsArray(value)) return true;
  const prototype = ObjectGetPrototypeOf(value);
  return prototype === null || prototype === ObjectPrototype || typeof value.toJSON === "function";
}

return { makeConsole, say, warn };
})();
