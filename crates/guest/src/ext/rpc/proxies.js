// What stubs, promised results and properties have in common: proxies, each over a handler that knows what it stands
// for. All share one target, a function that has nothing of its own. Looking at one sends nothing.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeReverse,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeCatch,
  PromisePrototypeFinally,
  PromisePrototypeThen,
  Proxy,
  ReflectHas,
  SymbolDispose,
  SymbolToStringTag,
  TypeError,
} = primordials;
const names = core.loadExtScript("ext:lopata/rpc/names.js");

/** What `promises.js` knows: set when it is loaded. */
const parts = {
  /** Makes a call, or a read. */
  issue: undefined,
};

/** The one target of all proxies: callable, and nothing else. */
const callable = () => {};
delete callable.name;
delete callable.length;

class RpcProperty {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
ObjectDefineProperty(RpcProperty.prototype, SymbolToStringTag, { __proto__: null, value: "JsRpcProperty", configurable: true });

/** The traps that all have in common. */
class Handler {
  getPrototypeOf() {
    return this.prototype;
  }
  set() {
    return false;
  }
  defineProperty() {
    return false;
  }
  deleteProperty() {
    return false;
  }
  setPrototypeOf() {
    return false;
  }
  preventExtensions() {
    return false;
  }

  get(_target, key) {
    if (typeof key === "symbol") return key === SymbolDispose ? this.disposer() : this.prototype[key];
    const own = this.method(key);
    if (own !== undefined) return own;
    if (ReflectHas(this.prototype, key)) return this.prototype[key];
    if (names.NEVER[key] === true) return undefined;
    return new Proxy(callable, new PropertyHandler(this, key));
  }

  /** @returns {Function | undefined} a method of the stub itself */
  method(_key) {
    return undefined;
  }

  disposer() {
    return undefined;
  }

  apply(_target, _this, args) {
    return parts.issue(this, [], args);
  }
}

/** A property of a stub, of a promised result, of a service or of another property. */
class PropertyHandler extends Handler {
  constructor(parent, name) {
    super();
    /** A handler, or the root of a service. */
    this.parent = parent;
    this.name = name;
  }

  /** Every `then` is a read of its own, as in production. */
  method(key) {
    return PROMISE_METHODS[key]?.(() => this.read());
  }

  read() {
    return promiseOf(this.issue(undefined));
  }

  apply(_target, _this, args) {
    return this.issue(args);
  }

  issue(args) {
    const { parent } = this;
    if (!ObjectPrototypeIsPrototypeOf(PropertyHandler.prototype, parent)) return parts.issue(parent, this.name, args);
    const path = [this.name];
    let root = parent;
    for (; ObjectPrototypeIsPrototypeOf(PropertyHandler.prototype, root); root = root.parent) {
      ArrayPrototypePush(path, root.name);
    }
    return parts.issue(root, ArrayPrototypeReverse(path), args);
  }
}
PropertyHandler.prototype.prototype = RpcProperty.prototype;

const PROMISE_METHODS = {
  __proto__: null,
  then: (promise) => (fulfilled, rejected) => PromisePrototypeThen(promise(), fulfilled, rejected),
  catch: (promise) => (rejected) => PromisePrototypeCatch(promise(), rejected),
  finally: (promise) => (settled) => PromisePrototypeFinally(promise(), settled),
};

/** The handler behind a stub, promise or property. @param {object} proxy which is a proxy */
function handlerOf(proxy) {
  const details = core.getProxyDetails(proxy);
  const handler = details === null ? undefined : details[1];
  return ObjectPrototypeIsPrototypeOf(Handler.prototype, handler) ? handler : undefined;
}

/** The native promise of an RpcPromise. */
function promiseOf(proxy) {
  return handlerOf(proxy).inner;
}

return { callable, Handler, handlerOf, parts, PROMISE_METHODS, promiseOf, PropertyHandler, RpcProperty };
})();
