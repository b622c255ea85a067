// Which script has the exports of which module of Node, for whoever loads one without an import statement.
(function () {
const { core, primordials } = __bootstrap;
const { StringPrototypeSlice, StringPrototypeStartsWith } = primordials;
const { op_node_module } = core.ops;

const SCRIPTS = {
  __proto__: null,
  "assert": "assert.js",
  "assert/strict": "assert_strict.js",
  "async_hooks": "async_hooks.js",
  "buffer": "buffer.js",
  "diagnostics_channel": "diagnostics_channel.js",
  "events": "events.js",
  "path": "path.js",
  "path/posix": "path_posix.js",
  "path/win32": "path_win32.js",
  "process": "process.js",
  "punycode": "punycode.js",
  "querystring": "querystring.js",
  "stream/web": "stream_web.js",
  "string_decoder": "string_decoder.js",
  "sys": "util.js",
  "test": "test.js",
  "timers": "timers.js",
  "timers/promises": "timers_promises.js",
  "url": "url.js",
  "util": "util.js",
  "util/types": "util_types.js",
};

/** The exports of a module. @param {string} name without `node:` */
function load(name) {
  return core.loadExtScript(`ext:lopata_node/${SCRIPTS[name]}`);
}

/**
 * What scripts of `deno_node` use to load each other when they are first needed.
 * @param {string} specifier
 */
function late(specifier) {
  return () => load(StringPrototypeStartsWith(specifier, "node:") ? StringPrototypeSlice(specifier, 5) : specifier);
}

/**
 * `process.getBuiltinModule`, and `require` of a name of Node.
 * @param {string} id with or without `node:`
 * @returns the module's default export; undefined where the worker does not have the module
 */
function builtin(id) {
  if (typeof id !== "string") return undefined;
  const name = op_node_module(id);
  return name === "" ? undefined : load(name).default;
}

return { builtin, late, load };
})();
