// The module "node:test": of Node's test runner, the mocks.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeCall,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  Proxy,
  ReflectApply,
  ReflectConstruct,
  ReflectGet,
  SafeArrayIterator,
} = primordials;
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateBoolean, validateFunction, validateInteger, validateObject } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);

/** Takes down a call and says which implementation it is for. */
let record, nextImplementation;

/** What happened to one mock, and what it does. */
class MockFunctionContext {
  #calls = [];
  /** Call number to the implementation of that call alone. */
  #once = new Map();
  #implementation;
  #restore;
  #times;

  constructor(implementation, restore, times) {
    this.#implementation = implementation;
    this.#restore = restore;
    this.#times = times;
  }

  get calls() {
    return [...new SafeArrayIterator(this.#calls)];
  }

  callCount() {
    return this.#calls.length;
  }

  mockImplementation(implementation) {
    validateFunction(implementation, "implementation");
    this.#implementation = implementation;
  }

  mockImplementationOnce(implementation, onCall) {
    validateFunction(implementation, "implementation");
    const next = this.#calls.length;
    const call = onCall ?? next;
    validateInteger(call, "onCall", next);
    MapPrototypeSet(this.#once, call, implementation);
  }

  restore() {
    const { descriptor, object, original, methodName } = this.#restore;
    if (typeof methodName === "string" || typeof methodName === "symbol") {
      ObjectDefineProperty(object, methodName, { __proto__: null, ...descriptor });
    } else {
      this.#implementation = original;
    }
  }

  resetCalls() {
    this.#calls = [];
  }

  static {
    record = (context, call) => ArrayPrototypePush(context.#calls, call);
    nextImplementation = (context) => {
      const next = context.#calls.length;
      const once = MapPrototypeGet(context.#once, next);
      if (once !== undefined) {
        MapPrototypeDelete(context.#once, next);
        return once;
      }
      const implementation = context.#implementation;
      if (next + 1 === context.#times) context.restore();
      return implementation;
    };
  }
}

function call(args, result, error, receiver, target) {
  return { __proto__: null, arguments: args, error, result, stack: new Error(), target, this: receiver };
}

/** The function that stands for `original` and notes who calls it. */
function mockOf(original, context) {
  const mocked = new Proxy(original, {
    __proto__: null,
    apply(_original, receiver, args) {
      const implementation = nextImplementation(context);
      let result, error;
      try {
        result = ReflectApply(implementation, receiver, args);
      } catch (thrown) {
        error = thrown;
        throw thrown;
      } finally {
        record(context, call(args, result, error, receiver, undefined));
      }
      return result;
    },
    construct(target, args, newTarget) {
      const implementation = nextImplementation(context);
      let result, error;
      try {
        result = ReflectConstruct(implementation, args, newTarget);
      } catch (thrown) {
        error = thrown;
        throw thrown;
      } finally {
        record(context, call(args, result, error, result, target));
      }
      return result;
    },
    get(target, property, receiver) {
      return property === "mock" ? context : ReflectGet(target, property, receiver);
    },
  });
  return mocked;
}

/** @param {object} object @param {string | symbol} name */
function descriptorOf(object, name) {
  for (let at = object; at !== null && at !== undefined; at = ObjectGetPrototypeOf(at)) {
    const found = ObjectGetOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function validateStringOrSymbol(value, name) {
  if (typeof value !== "string" && typeof value !== "symbol") {
    throw new ERR_INVALID_ARG_TYPE(name, ["string", "symbol"], value);
  }
}

/** @param {{ times?: number }} options */
function timesOf(options) {
  const { times = Infinity } = options;
  if (times !== Infinity) validateInteger(times, "options.times", 1);
  return times;
}

class MockTracker {
  #mocks = [];

  fn(original = function () {}, implementation = original, options = {}) {
    if (original !== null && typeof original === "object") {
      options = original;
      original = function () {};
      implementation = original;
    } else if (implementation !== null && typeof implementation === "object") {
      options = implementation;
      implementation = original;
    }
    validateFunction(original, "original");
    validateFunction(implementation, "implementation");
    validateObject(options, "options");
    return this.#add(original, implementation, { original }, timesOf(options));
  }

  method(object, methodName, implementation = undefined, options = {}) {
    validateStringOrSymbol(methodName, "methodName");
    if (typeof object !== "function") validateObject(object, "object");
    if (implementation !== null && typeof implementation === "object") {
      options = implementation;
      implementation = undefined;
    }
    if (implementation !== undefined) validateFunction(implementation, "implementation");
    validateObject(options, "options");
    const { getter = false, setter = false } = options;
    validateBoolean(getter, "options.getter");
    validateBoolean(setter, "options.setter");
    const times = timesOf(options);
    if (setter && getter) {
      throw new ERR_INVALID_ARG_VALUE("options.setter", setter, "cannot be used with 'options.getter'");
    }
    const descriptor = descriptorOf(object, methodName);
    const original = getter ? descriptor?.get : setter ? descriptor?.set : descriptor?.value;
    if (typeof original !== "function") {
      throw new ERR_INVALID_ARG_VALUE("methodName", original, "must be a method");
    }
    const mocked = this.#add(original, implementation ?? original, { descriptor, object, methodName }, times);
    const replaced = { __proto__: null, configurable: descriptor.configurable, enumerable: descriptor.enumerable };
    if (getter || setter) {
      replaced.get = getter ? mocked : descriptor.get;
      replaced.set = setter ? mocked : descriptor.set;
    } else {
      replaced.writable = descriptor.writable;
      replaced.value = mocked;
    }
    ObjectDefineProperty(object, methodName, replaced);
    return mocked;
  }

  getter(object, methodName, implementation = undefined, options = {}) {
    return this.#accessor("getter", object, methodName, implementation, options);
  }

  setter(object, methodName, implementation = undefined, options = {}) {
    return this.#accessor("setter", object, methodName, implementation, options);
  }

  reset() {
    this.restoreAll();
    this.#mocks = [];
  }

  restoreAll() {
    for (let i = 0; i < this.#mocks.length; i++) FunctionPrototypeCall(restore, this.#mocks[i]);
  }

  /** @param {"getter" | "setter"} kind */
  #accessor(kind, object, methodName, implementation, options) {
    if (implementation !== null && typeof implementation === "object") {
      options = implementation;
      implementation = undefined;
    } else {
      validateObject(options, "options");
    }
    const { [kind]: wanted = true } = options;
    if (wanted === false) throw new ERR_INVALID_ARG_VALUE(`options.${kind}`, wanted, "cannot be false");
    return this.method(object, methodName, implementation, { ...options, [kind]: wanted });
  }

  #add(original, implementation, restored, times) {
    const context = new MockFunctionContext(implementation, restored, times);
    ArrayPrototypePush(this.#mocks, context);
    return mockOf(original, context);
  }
}

const { restore } = MockFunctionContext.prototype;
const mock = new MockTracker();

return { mock, MockFunctionContext, MockTracker, default: { mock, MockFunctionContext, MockTracker } };
})();
