// The shape of classes as production's have it: members that are enumerated, and no lengths.
//
// Runs while the snapshot is made, over every class that a worker can see.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototype,
  ReflectOwnKeys,
  SafeSet,
  SetPrototypeAdd,
  SetPrototypeDelete,
  SetPrototypeHas,
  StringPrototypeCharCodeAt,
  SymbolFor,
  SymbolToStringTag,
} = primordials;
const { notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");

/** What the console asks an object for. */
const INSPECT = SymbolFor("Deno.privateCustomInspect");

const seen = new SafeSet();

/** What is being printed. */
const printing = new SafeSet();

/** The members of scopes are classes and functions. @param {...Function} scopes */
function configure(...scopes) {
  for (const Scope of scopes) {
    configureClass(Scope);
    for (const key of ReflectOwnKeys(Scope.prototype)) {
      const { value } = ObjectGetOwnPropertyDescriptor(Scope.prototype, key);
      if (typeof value !== "function" || key === "constructor") continue;
      if (!isClass(value)) zeroLength(value);
      else configureClass(value);
    }
  }
}

/** Classes have names that begin with a capital. */
function isClass({ name, prototype }) {
  const first = StringPrototypeCharCodeAt(name, 0);
  return prototype !== undefined && first >= 65 && first <= 90;
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
  printable(Class);
  if (!ObjectHasOwn(Class.prototype, core.hostObjectBrand)) notSerializable(Class.prototype, Class.name);
}

/** Printed, an object shows what its getters say: its own, then those of what its class extends. */
function printable(Class) {
  const { prototype } = Class;
  if (ObjectHasOwn(prototype, INSPECT)) return;
  ObjectDefineProperty(prototype, INSPECT, {
    __proto__: null,
    value: function (inspect, options) {
      // What refers to itself, as the global scope does, ends there.
      if (SetPrototypeHas(printing, this)) return "[Circular *1]";
      SetPrototypeAdd(printing, this);
      try {
        const evaluate = this !== this.constructor?.prototype;
        const keys = evaluate ? shownKeys(this) : [];
        return inspect(createFilteredInspectProxy({ object: this, evaluate, keys }), options);
      } catch {
        // It only has the prototype of one.
        return `${Class.name} {}`;
      } finally {
        SetPrototypeDelete(printing, this);
      }
    },
    writable: true,
    configurable: true,
  });
}

/** @param {object} object @returns {string[]} */
function shownKeys(object) {
  const keys = ObjectKeys(object);
  let level = ObjectGetPrototypeOf(object);
  for (let depth = 0; level !== null && level !== ObjectPrototype; depth++) {
    const own = ReflectOwnKeys(level);
    for (let i = 0; i < own.length; i++) {
      if (typeof own[i] === "symbol") continue;
      const { get, value, enumerable } = ObjectGetOwnPropertyDescriptor(level, own[i]);
      // Constants are shown of parents only, as production does it.
      const isShown = get !== undefined || (depth > 0 && enumerable && typeof value === "number");
      if (isShown && !ArrayPrototypeIncludes(keys, own[i])) ArrayPrototypePush(keys, own[i]);
    }
    level = ObjectGetPrototypeOf(level);
  }
  return keys;
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

return { configure, configureClass };
})();
