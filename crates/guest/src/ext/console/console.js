// The console: formatted here, printed by the host with the worker's name and the line that logged it.
(function () {
const { core } = __bootstrap;
const { op_log } = core.ops;
const { Console, getConsoleInspectOptions, inspectArgs, setNoColorFns } = core.loadExtScript("ext:deno_web/01_console.js");

// The host decides about colour; what leaves the isolate is plain.
setNoColorFns(() => true, () => true);

/** deno_web's levels: 0 debug, 1 log, 2 warn, 3 error; and 4, which is info. */
function makeConsole() {
  const print = (text, level) => {
    const message = text.endsWith("\n") ? text.slice(0, -1) : text;
    const current = core.getAsyncContext();
    op_log(current?.io?.event ?? 0, current?.span ?? 0, level, message);
  };
  const console = new Console(print);
  // Strings in values are quoted as workerd and Node quote them.
  for (const [name, level] of [["debug", 0], ["log", 1], ["info", 4], ["warn", 2], ["error", 3]]) {
    console[name] = {
      [name](...args) {
        const options = { ...getConsoleInspectOptions(true), indentLevel: console.indentLevel, quotes: ["'", '"', "`"] };
        print(inspectArgs(args, options), level);
      },
    }[name];
  }
  return console;
}

return { makeConsole };
})();
