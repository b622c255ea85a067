// Puts a constructor of ours before a class of the engine, for what the two do differently when they construct.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, ReflectOwnKeys } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/**
 * @param {Function} Original whose prototype and static members stay what they are
 * @param {(args: IArguments, newTarget: Function) => object} construct makes the object, by `ReflectConstruct`
 * @returns {Function} what user code gets in its place
 */
function replaceConstructor(Original, construct) {
  const { name } = Original;
  const Replacement = {
    [name]: function () {
      if (new.target === undefined) throw webidl.notCallable(name);
      return construct(arguments, new.target);
    },
  }[name];
  ObjectDefineProperty(Replacement, "prototype", { __proto__: null, value: Original.prototype, writable: false });
  const keys = ReflectOwnKeys(Original);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key === "prototype" || key === "length" || key === "name" || key === "arguments" || key === "caller") continue;
    const property = ObjectGetOwnPropertyDescriptor(Original, key);
    property.__proto__ = null;
    ObjectDefineProperty(Replacement, key, property);
  }
  ObjectDefineProperty(Original.prototype, "constructor", {
    __proto__: null,
    value: Replacement,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  return Replacement;
}

return { replaceConstructor };
})();
