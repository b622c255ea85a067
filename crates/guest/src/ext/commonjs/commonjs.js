// CommonJS modules of a worker: `require`, `module` and `exports`.
//
// Such a module is imported through a facade that the loader makes, an ES module which calls `load` and exports what
// comes of it. Its code is a function whose scope has the names of CommonJS; it runs when the module is first asked
// for, by either kind of module, and once.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  FunctionPrototypeCall,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectAssign,
  ObjectDefineProperty,
  ObjectHasOwn,
  SafeMap,
  String,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_commonjs_compile, op_commonjs_name, op_commonjs_resolve } = core.ops;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");

/** What has been loaded, or is being loaded, by specifier. */
const loaded = new SafeMap();

/** What a module knows as `module`. */
class CommonJsModuleObject {
  constructor(path) {
    ObjectDefineProperty(this, "path", { __proto__: null, value: path, enumerable: true });
    this.exports = {};
  }
}

/**
 * What a module exports; its code runs if it has not. While it runs, what it has exported so far.
 * @param {string} specifier
 * @returns {unknown}
 */
function load(specifier) {
  let record = MapPrototypeGet(loaded, specifier);
  if (record === undefined) {
    record = evaluate(specifier);
  }
  if (record.threw) throw record.error;
  return record.module.exports;
}

function evaluate(specifier) {
  const name = op_commonjs_name(specifier);
  const module = new CommonJsModuleObject(name);
  const code = op_commonjs_compile(specifier, scopeOf(specifier, name, module));
  const record = { module, threw: false, error: undefined };
  MapPrototypeSet(loaded, specifier, record);
  try {
    FunctionPrototypeCall(code, globalThis);
  } catch (error) {
    record.threw = true;
    record.error = error;
  }
  return record;
}

/**
 * The object whose properties are in the scope of a module's code.
 * @param {string} specifier
 * @param {string} name the module's path
 * @param {CommonJsModuleObject} module
 */
function scopeOf(specifier, name, module) {
  const slash = StringPrototypeLastIndexOf(name, "/");
  const scope = {
    __proto__: null,
    require: requireFrom(specifier),
    exports: module.exports,
    __filename: name,
    __dirname: slash > 0 ? StringPrototypeSlice(name, 0, slash) : "/",
  };
  ObjectDefineProperty(scope, "module", { __proto__: null, value: module, enumerable: true });
  return scope;
}

/** `require` for the module of this specifier. */
function requireFrom(referrer) {
  return function require(specifier) {
    if (arguments.length === 0) {
      throw new TypeError(
        "Failed to execute 'require' on 'CommonJsModuleContext': parameter 1 is not of type 'string'.",
      );
    }
    const found = op_commonjs_resolve(String(specifier), referrer);
    if (found.kind === "commonjs") {
      const exports = load(found.specifier);
      return compat.has("export_commonjs_default") ? exports : namespaceOf(exports);
    }
    return exported(importNow(found.specifier));
  };
}

function importNow(specifier) {
  try {
    return core.ops.op_import_sync(specifier);
  } catch (error) {
    throw thrown(error);
  }
}

/** What a module threw, from what the engine makes of it: an error of its class whose message is the whole stack. */
function thrown(error) {
  const message = error?.message;
  if (typeof message !== "string") return error;
  // Source: workerd's text.
  if (StringPrototypeIncludes(message, "Top-level await")) {
    return new Error("Top-level await in module is not permitted at this time.");
  }
  const name = `${error.name}: `;
  const end = StringPrototypeIndexOf(message, "\n    at ");
  if (end > 0 && StringPrototypeStartsWith(message, name)) {
    error.message = StringPrototypeSlice(message, name.length, end);
    error.stack = message;
  }
  return error;
}

/** What `require` gives for an ES module. */
function exported(namespace) {
  if (!compat.has("export_commonjs_default")) return namespace;
  if (ObjectHasOwn(namespace, "module.exports")) return namespace["module.exports"];
  return ObjectHasOwn(namespace, "default") ? namespace.default : undefined;
}

/** What an import of a CommonJS module looks like. */
function namespaceOf(exports) {
  const namespace = { __proto__: null, default: exports };
  ObjectDefineProperty(namespace, SymbolToStringTag, { __proto__: null, value: "Module" });
  return namespace;
}

return { importNow, load };
})();
