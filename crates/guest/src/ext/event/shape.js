// The shape of classes as production's have it: members that are enumerated, and no lengths.
//
// Runs while the snapshot is made, over every class that a worker can see.
(function () {
const { core, primordials } = __bootstrap;
const {
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectHasOwn,
  ReflectOwnKeys,
  SafeSet,
  SetPrototypeAdd,
  SetPrototypeHas,
  SymbolToStringTag,
} = primordials;
const { notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");

const seen = new SafeSet();

/** The members of scopes are classes and functions. @param {...Function} scopes */
function configure(...scopes) {
  for (const Scope of scopes) {
    configureClass(Scope);
    for (const key of ReflectOwnKeys(Scope.prototype)) {
      const { value } = ObjectGetOwnPropertyDescriptor(Scope.prototype, key);
      if (typeof value !== "function" || key === "constructor") continue;
      if (value.prototype === undefined) zeroLength(value);
      else configureClass(value);
    }
  }
}

function configureClass(Class) {
  if (SetPrototypeHas(seen, Class)) return;
  SetPrototypeAdd(seen, Class);
  zeroLength(Class);
  members(Class);
  members(Class.prototype);
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, {
    __proto__: null,
    value: Class.name,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  if (!ObjectHasOwn(Class.prototype, core.hostObjectBrand)) notSerializable(Class.prototype, Class.name);
}

function members(object) {
  for (const key of ReflectOwnKeys(object)) {
    if (key === "constructor" || key === "prototype") continue;
    const { value, get, configurable } = ObjectGetOwnPropertyDescriptor(object, key);
    if (!configurable) continue;
    if (typeof value === "function") zeroLength(value);
    if (typeof key === "string" && (typeof value === "function" || get !== undefined)) {
      ObjectDefineProperty(object, key, { __proto__: null, enumerable: true });
    }
  }
}

function zeroLength(callable) {
  if (callable.length !== 0) ObjectDefineProperty(callable, "length", { __proto__: null, value: 0 });
}

return { configure };
})();
