// What `module.createRequire` makes: `require` of whatever a worker has, from a path that need not be a module's.
(function () {
const { core, primordials } = __bootstrap;
const {
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectAssign,
  ObjectDefineProperty,
  ObjectHasOwn,
  SafeMap,
  String,
  SymbolToStringTag,
} = primordials;
const { op_commonjs_resolve_from } = core.ops;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { importNow, load } = core.loadExtScript("ext:lopata/commonjs/commonjs.js");

/** Copies of namespaces, by specifier: whoever asks again gets the same one, with what was changed in it. */
const copies = new SafeMap();

/** @param {string} path where relative names start, from the worker's root */
function requireFrom(path) {
  // Production's has no name and no declared parameters.
  return (() => function () {
    return required(path, String(arguments[0]));
  })();
}

function required(path, specifier) {
  const found = op_commonjs_resolve_from(specifier, path);
  if (found.kind === "commonjs") return load(found.specifier);
  const namespace = importNow(found.specifier);
  if (found.kind === "value") return namespace.default;
  if (ObjectHasOwn(namespace, "module.exports")) return namespace["module.exports"];
  if (!compat.has("require_returns_default_export")) return namespace;
  return ObjectHasOwn(namespace, "default") ? namespace.default : copyOf(found.specifier, namespace);
}

function copyOf(specifier, namespace) {
  let copy = MapPrototypeGet(copies, specifier);
  if (copy === undefined) {
    copy = ObjectAssign({ __proto__: null }, namespace);
    ObjectDefineProperty(copy, SymbolToStringTag, {
      __proto__: null,
      value: "Module",
      writable: true,
      enumerable: true,
      configurable: true,
    });
    MapPrototypeSet(copies, specifier, copy);
  }
  return copy;
}

return { requireFrom };
})();
