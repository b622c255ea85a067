// The module "node:module": `createRequire`, the list of modules, and names without use, as production has them.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeForEach,
  ArrayPrototypeIncludes,
  ObjectDefineProperty,
  ObjectEntries,
  ObjectFreeze,
  String,
  StringPrototypeReplace,
  StringPrototypeStartsWith,
  TypeError,
} = primordials;
const { op_node_builtin_names } = core.ops;
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { requireFrom } = core.loadExtScript("ext:lopata_node/module/require.js");

/** Every name that means a module without its scheme, whatever the worker's flags. */
const builtinModules = ObjectFreeze(op_node_builtin_names());

/**
 * Whether Node has such a module, or could have.
 * @param {string} specifier
 */
function isBuiltin(specifier) {
  const name = String(specifier);
  // Source: production, to which `sqlite` is one, and everything with the scheme.
  return StringPrototypeStartsWith(name, "node:") || name === "sqlite" || ArrayPrototypeIncludes(builtinModules, name);
}

/**
 * @param {string | URL} path of a file, absolute
 */
function createRequire(path) {
  const text = `${path}`;
  if (!StringPrototypeStartsWith(text, "/") && !StringPrototypeStartsWith(text, "file:")) {
    // Source: production's text.
    const error = new TypeError(
      "The argument 'path' The argument must be a file URL object, a file URL string, or an absolute path string.. " +
        `Received '${text}'`,
    );
    error.code = "ERR_INVALID_ARG_VALUE";
    throw error;
  }
  const url = new URL(StringPrototypeStartsWith(text, "/") ? `file://${text}` : text);
  // Source: production, to which a folder's path is that of a file.
  return requireFrom(StringPrototypeReplace(url.pathname, /\/+$/, ""));
}

/** A function that says that it is not implemented. @param {string} name */
function missing(name, message = `module.${name}`) {
  const value = { [name]: function () {
    throw notImplemented(message);
  } }[name];
  return value;
}

const _extensions = {
  ".js": missing(".js", "module._extensions.js"),
  ".json": missing(".json", "module._extensions.json"),
  ".node": missing(".node", "module._extensions.node"),
};

function property(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, writable: true, enumerable: true });
}

const resolve = missing("value", "module.createRequire.resolve");
const paths = missing("value", "module.createRequire.resolve.paths");
ArrayPrototypeForEach(
  ObjectEntries({ resolve, paths, cache: { __proto__: null }, extensions: _extensions, main: undefined }),
  ({ 0: name, 1: value }) => property(createRequire, name, value),
);

const constants = ObjectFreeze({
  __proto__: null,
  compileCacheStatus: ObjectFreeze({ __proto__: null, FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 }),
});

const Module = missing("Module");
Module.prototype.load = function load() {};
Module.prototype.require = function require() {};
Module.prototype._compile = function _compile() {};
ObjectDefineProperty(Module.prototype, "isPreloading", {
  __proto__: null,
  get() {
    return false;
  },
  enumerable: false,
  configurable: false,
});

/** In production's order, which is that of the class's properties. */
const members = {
  register: missing("register"),
  constants,
  enableCompileCache: function enableCompileCache() {},
  findPackageJSON: missing("findPackageJSON"),
  flushCompileCache: function flushCompileCache() {},
  getCompileCacheDir: function getCompileCacheDir() {},
  stripTypeScriptTypes: missing("stripTypeScriptTypes"),
  findSourceMap: missing("findSourceMap"),
  SourceMap: missing("SourceMap"),
  getSourceMapsSupport: function getSourceMapsSupport() {
    return ObjectFreeze({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false });
  },
  setSourceMapsSupport: missing("setSourceMapsSupport"),
  createRequire,
  builtinModules,
  globalPaths: [],
  isBuiltin,
  runMain: missing("runMain"),
  syncBuiltinESMExports: missing("syncBuiltinESMExports"),
  wrap: missing("wrap"),
  _cache: { __proto__: null },
  _debug: missing("_debug"),
  _extensions,
  _findPath: missing("_findPath"),
  _initPaths: missing("_initPaths"),
  _load: missing("_load"),
  _pathCache: { __proto__: null },
  _preloadModules: missing("_preloadModules"),
  _resolveFilename: missing("_resolveFilename"),
  _resolveLookupPaths: missing("_resolveLookupPaths"),
  _nodeModulePaths: missing("_nodeModulePaths"),
  Module,
  registerHooks: missing("registerHooks"),
};
ArrayPrototypeForEach(ObjectEntries(members), ({ 0: name, 1: value }) => property(Module, name, value));

return { ...members, default: Module };
})();
