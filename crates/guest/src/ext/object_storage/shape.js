// How the classes of an object's storage look from outside: as production's do.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIteratorPrototype,
  Error,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  ReflectOwnKeys,
  SymbolIterator,
  SymbolToStringTag,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { notSerializable } = core.loadExtScript("ext:lopata/clone/clone.js");

const IteratorPrototype = ObjectGetPrototypeOf(ArrayIteratorPrototype);

// What every operation of an object fails with whose storage has failed, until it is reset at the end of the turn.
core.registerErrorBuilder("DurableObjectReset", (text) => {
  const error = new Error(text);
  error.durableObjectReset = true;
  return error;
});

/** Given to constructors by the scripts of storage only. */
const token = {};

function requireToken(given) {
  if (given !== token) throw new TypeError("Illegal constructor");
}

/** @param {Function} Class @param {string} name production's */
function configure(Class, name) {
  ObjectDefineProperty(Class, "name", { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(Class, "length", { __proto__: null, value: 0, configurable: true });
  webidl.configureInterface(Class);
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, { __proto__: null, value: name });
  const keys = ReflectOwnKeys(Class.prototype);
  for (let i = 0; i < keys.length; i++) {
    const { value } = ObjectGetOwnPropertyDescriptor(Class.prototype, keys[i]);
    if (typeof value === "function" && keys[i] !== "constructor") {
      ObjectDefineProperty(value, "length", { __proto__: null, value: 0, configurable: true });
    }
  }
  notSerializable(Class.prototype, name);
}

/** The same for an iterator, which has what every iterator has. */
function configureIterator(Class, name) {
  ObjectSetPrototypeOf(Class.prototype, IteratorPrototype);
  ObjectDefineProperty(Class.prototype, SymbolIterator, {
    __proto__: null,
    value: { [SymbolIterator]() {
      return this;
    } }[SymbolIterator],
    writable: true,
    enumerable: false,
    configurable: true,
  });
  configure(Class, name);
}

return { configure, configureIterator, requireToken, token };
})();
