// The modules of Node for whoever loads one without an import statement. Each is a script below `modules`.
(function () {
const { core, primordials } = __bootstrap;
const { StringPrototypeSlice, StringPrototypeStartsWith } = primordials;
const { op_node_module } = core.ops;

/** The exports of a module. @param {string} name without `node:` */
function load(name) {
  return core.loadExtScript(`ext:lopata_node/modules/${name}.js`);
}

/**
 * What scripts of `deno_node` use to load each other when they are first needed.
 * @param {string} specifier of a module of Node, or of another such script
 */
function late(specifier) {
  if (StringPrototypeStartsWith(specifier, "ext:")) return () => core.loadExtScript(specifier);
  return () => load(StringPrototypeSlice(specifier, 5));
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
