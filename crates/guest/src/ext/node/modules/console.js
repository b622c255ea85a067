// The module "node:console": the global console, which has what Node's has from when this is first loaded.
(function () {
const { core, primordials } = __bootstrap;
const { FunctionPrototypeBind, Map, ObjectDefineProperty, ObjectHasOwn, SymbolHasInstance } = primordials;
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { default: process } = core.loadExtScript("ext:lopata_node/modules/process.js");

const { console } = globalThis;

/** A console of one's own would need streams to write to. */
function Console(_options) {
  throw notImplemented("Console");
}

function context() {
  throw notImplemented("Console.context");
}

function createTask() {
  throw notImplemented("Console.createTask");
}

function noop() {}

const METHODS = [
  "log",
  "info",
  "debug",
  "warn",
  "error",
  "dir",
  "time",
  "timeEnd",
  "timeLog",
  "trace",
  "assert",
  "clear",
  "count",
  "countReset",
  "group",
  "groupEnd",
  "table",
  "dirxml",
  "groupCollapsed",
  "profile",
  "profileEnd",
  "timeStamp",
];

const bound = {};
for (const name of METHODS) {
  if (typeof console[name] !== "function") continue;
  bound[name] = FunctionPrototypeBind(console[name], console);
  Console.prototype[name] = bound[name];
}
Console.prototype.context = context;
Console.prototype.createTask = createTask;
ObjectDefineProperty(Console, SymbolHasInstance, { __proto__: null, value: () => false });

const added = {
  context,
  _times: new Map(),
  _ignoreErrors: true,
  _stderrErrorHandler: noop,
  _stdoutErrorHandler: noop,
  _stderr: process.stderr,
  _stdout: process.stdout,
  Console,
  createTask,
};
for (const name in added) {
  if (ObjectHasOwn(console, name)) delete console[name];
  ObjectDefineProperty(console, name, {
    __proto__: null,
    value: added[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

return { ...bound, Console, context, createTask, default: console };
})();
