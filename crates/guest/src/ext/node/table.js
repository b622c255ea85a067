// The modules of Node for whoever loads one without an import statement. Each is a script below `modules`.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeSort,
  ObjectDefineProperty,
  ObjectFreeze,
  ObjectKeys,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  SymbolToStringTag,
} = primordials;
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

/** Modules of the platform, which are not Node's: what an import of them gives. */
const PLATFORM = {
  __proto__: null,
  "cloudflare:email": "ext:lopata/email/email.js",
  "cloudflare:node": "ext:lopata_node/http/worker.js",
  "cloudflare:sockets": "ext:lopata/sockets/module.js",
  "cloudflare:workers": "ext:lopata/workers/workers.js",
  "cloudflare:workflows": "ext:lopata/workflows/workflows.js",
};

/** Such modules that somebody has asked for. */
const namespaces = { __proto__: null };

/** @param {string} id */
function platform(id) {
  const script = PLATFORM[id];
  if (script === undefined) return undefined;
  if (namespaces[id] === undefined) {
    const exports = core.loadExtScript(script);
    const namespace = { __proto__: null };
    const names = ArrayPrototypeSort(ObjectKeys(exports));
    for (let i = 0; i < names.length; i++) namespace[names[i]] = exports[names[i]];
    ObjectDefineProperty(namespace, SymbolToStringTag, { __proto__: null, value: "Module" });
    namespaces[id] = ObjectFreeze(namespace);
  }
  return namespaces[id];
}

/**
 * `process.getBuiltinModule`, and `require` of a name of Node.
 * @param {unknown} id with or without `node:`
 * @returns the module's default export; undefined where the worker does not have the module
 */
function builtin(id) {
  id = `${id}`;
  const name = op_node_module(id);
  return name === "" ? platform(id) : load(name).default;
}

return { builtin, late, load };
})();
