// AsyncLocalStorage and AsyncResource: values that follow the flow of a program.
//
// A store is an entry of V8's async context, which promises, timers and microtasks carry along. Beside it lives the
// event that code works for, and the span it works in; a context that is entered again later brings back the stores
// and not the event.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectDefineProperty,
  ReflectApply,
  ReflectOwnKeys,
  String,
  Symbol,
  SymbolToStringTag,
  TypeError,
} = primordials;

const compat = core.loadExtScript("ext:lopata/compat/compat.js");

/** Source: production's texts. */
const FOREIGN = "Cannot call this AsyncLocalStorage bound function outside of the request in which it was created.";
const ILLEGAL_INVOCATION = "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

/** @param {string} method @param {number} index @param {string} type */
function badParameter(method, owner, index, type) {
  return new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${index} is not of type '${type}'.`);
}

/** @param {string} name @param {string} type */
function badConstructor(name, type, index) {
  return new TypeError(`Failed to construct '${name}': constructor parameter ${index} is not of type '${type}'.`);
}

/** Whether a value can be read as a dictionary. */
function isDictionary(value) {
  return value === undefined || value === null || typeof value === "object" || typeof value === "function";
}

/**
 * Calls a function with the stores of another context.
 * @param {object | undefined} context
 */
function callWith(context, callback, receiver, args) {
  const current = core.getAsyncContext();
  if (current === context) return ReflectApply(callback, receiver, args);
  const sameEvent = context?.io === current?.io;
  core.setAsyncContext({
    __proto__: null,
    ...context,
    io: current?.io,
    span: sameEvent ? context?.span : current?.span,
  });
  try {
    return ReflectApply(callback, receiver, args);
  } finally {
    core.setAsyncContext(current);
  }
}

/** Calls a function with one store changed. @param {symbol} key */
function callWithStore(key, store, callback, receiver, args) {
  const current = core.getAsyncContext();
  core.setAsyncContext({ __proto__: null, ...current, [key]: store });
  try {
    return ReflectApply(callback, receiver, args);
  } finally {
    core.setAsyncContext(current);
  }
}

/** What a function is bound to beside its stores: the event it was made in, if that matters. */
function ownEvent() {
  return compat.has("bind_asynclocalstorage_snapshot_to_request") ? core.getAsyncContext()?.io : undefined;
}

/** @param {object | undefined} event what a function is bound to */
function demandEvent(event) {
  if (event !== undefined && core.getAsyncContext()?.io !== event) throw new Error(FOREIGN);
}

/** @returns {Function} one that calls `callback` with the stores of now, without a name and a length of its own */
function bound(callback, receiver) {
  const context = core.getAsyncContext();
  const event = ownEvent();
  return (0, (...args) => {
    demandEvent(event);
    return callWith(context, callback, receiver, args);
  });
}

/** The key of a store: what a channel of diagnostics binds. @type {(storage: unknown) => symbol | undefined} */
let keyOf;

/** The same for a method's `this`, which has to have one. @type {(storage: unknown) => symbol} */
let own;

class AsyncLocalStorage {
  #key = Symbol("store");
  #name = "";
  #default = undefined;

  static {
    own = (storage) => {
      const key = keyOf(storage);
      if (key === undefined) throw new TypeError(ILLEGAL_INVOCATION);
      return key;
    };
    keyOf = (storage) => {
      return storage !== null && typeof storage === "object" && #key in storage ? storage.#key : undefined;
    };
  }

  constructor(options = undefined) {
    if (!isDictionary(options)) throw badConstructor("AsyncLocalStorage", "AsyncLocalStorageOptions", 1);
    if (options?.defaultValue !== undefined) this.#default = options.defaultValue;
    if (options?.name !== undefined) this.#name = String(options.name);
  }

  static bind(...args) {
    if (typeof args[0] !== "function") throw badParameter("bind", "AsyncLocalStorage", 1, "Function");
    return bound(args[0], globalThis);
  }

  static snapshot() {
    const context = core.getAsyncContext();
    const event = ownEvent();
    return (0, (...args) => {
      const { 0: callback } = args;
      demandEvent(event);
      if (typeof callback !== "function") throw new TypeError("The first argument must be a function");
      return callWith(context, callback, globalThis, args.slice(1));
    });
  }

  run(...args) {
    const key = own(this);
    if (args.length === 0) throw badParameter("run", "AsyncLocalStorage", 1, "Value");
    if (typeof args[1] !== "function") throw badParameter("run", "AsyncLocalStorage", 2, "function");
    return callWithStore(key, args[0], args[1], globalThis, args.slice(2));
  }

  exit(...args) {
    const key = own(this);
    if (typeof args[0] !== "function") throw badParameter("exit", "AsyncLocalStorage", 1, "function");
    return callWithStore(key, undefined, args[0], globalThis, args.slice(1));
  }

  getStore() {
    const key = own(this);
    const context = core.getAsyncContext();
    return context !== undefined && context !== null && key in context ? context[key] : this.#default;
  }

  enterWith() {
    own(this);
    throw new Error("asyncLocalStorage.enterWith() is not implemented");
  }

  disable() {
    own(this);
    throw new Error("asyncLocalStorage.disable() is not implemented");
  }

  get name() {
    own(this);
    return this.#name;
  }
}

class AsyncResource {
  #context = core.getAsyncContext();

  constructor(_type = undefined, options = undefined) {
    if (!isDictionary(options)) throw badConstructor("AsyncResource", "Options", 2);
    if (options?.triggerAsyncId !== undefined) {
      throw new Error("The 'triggerAsyncId' field on 'Options' is not implemented.");
    }
  }

  static bind(...args) {
    if (typeof args[0] !== "function") throw badParameter("bind", "AsyncResource", 1, "Function");
    return bindTo(new AsyncResource(args[1]), args[0], args.length > 2 ? args[2] : globalThis);
  }

  asyncId() {
    return 0;
  }

  triggerAsyncId() {
    return 0;
  }

  bind(...args) {
    if (typeof args[0] !== "function") throw badParameter("bind", "AsyncResource", 1, "Function");
    return bindTo(this, args[0], args.length > 1 ? args[1] : globalThis);
  }

  runInAsyncScope(...args) {
    if (!(#context in this)) throw new TypeError(ILLEGAL_INVOCATION);
    if (typeof args[0] !== "function") throw badParameter("runInAsyncScope", "AsyncResource", 1, "function");
    return callWith(this.#context, args[0], args.length > 1 ? args[1] : globalThis, args.slice(2));
  }

  emitDestroy() {}
}

/** A function that runs in a resource. @param {AsyncResource} resource */
function bindTo(resource, callback, receiver) {
  const event = ownEvent();
  const call = (0, (...args) => {
    demandEvent(event);
    return resource.runInAsyncScope(callback, receiver, ...args);
  });
  ObjectDefineProperty(call, "asyncResource", {
    __proto__: null,
    value: resource,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return call;
}

/** Gives a class the shape of production's native ones: methods can be enumerated, and there is a tag. */
function shape(Class) {
  const { prototype } = Class;
  for (const name of ReflectOwnKeys(prototype)) {
    if (typeof name === "string" && name !== "constructor") {
      ObjectDefineProperty(prototype, name, { __proto__: null, enumerable: true });
    }
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: Class.name, configurable: true });
}

shape(AsyncLocalStorage);
shape(AsyncResource);
for (const name of ["bind", "snapshot"]) {
  ObjectDefineProperty(AsyncLocalStorage, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(AsyncResource, "bind", { __proto__: null, enumerable: true });

return { AsyncLocalStorage, AsyncResource, badParameter, callWithStore, keyOf, shape };
})();
