// The iterators of Headers, FormData and their like: one prototype for each kind, as production has them.
(function () {
const { primordials } = __bootstrap;
const {
  ArrayIteratorPrototype,
  ArrayPrototypePush,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  SymbolToStringTag,
  TypeError,
} = primordials;
const IteratorPrototype = ObjectGetPrototypeOf(ArrayIteratorPrototype);
const { illegal } = __bootstrap.core.loadExtScript("ext:lopata/fetch/arguments.js");

/** Every prototype that was made, for the flag that takes their tags away. */
const prototypes = [];

/** Given to constructors by this script only. */
const TOKEN = {};

/**
 * Makes the maker of a kind of iterator.
 * @param {string} name of its class
 * @returns {(next: () => unknown) => Iterator<unknown>} `next` returns undefined at the end
 */
function kind(name) {
  const make = {
    [name]: class {
      #next;
      constructor(token, next) {
        if (token !== TOKEN) throw new TypeError("Illegal constructor");
        this.#next = next;
      }
      next() {
        if (!(#next in this)) throw illegal();
        const value = this.#next?.();
        if (value === undefined) {
          this.#next = undefined;
          return { value: undefined, done: true };
        }
        return { value, done: false };
      }
    },
  }[name];
  ObjectSetPrototypeOf(make.prototype, IteratorPrototype);
  ObjectDefineProperties(make.prototype, {
    next: { __proto__: null, enumerable: true },
    [SymbolToStringTag]: { __proto__: null, value: name, writable: true, configurable: true },
  });
  ArrayPrototypePush(prototypes, make.prototype);
  return (next) => new make(TOKEN, next);
}

/** Production's constructors are the last of their names. @param {Function} constructor */
function finish(constructor) {
  const { prototype } = constructor;
  delete prototype.constructor;
  ObjectDefineProperty(prototype, "constructor", {
    __proto__: null,
    value: constructor,
    writable: true,
    configurable: true,
  });
}

return { finish, kind, prototypes };
})();
