// Stubs: the ways to targets of other isolates and of this one, and the roots of services.
//
// A stub has any property, and each is a property of the target until it is called or awaited.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  Proxy,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_rpc_stub_dup, op_rpc_stub_handle, op_rpc_stub_release } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const proxies = core.loadExtScript("ext:lopata/rpc/proxies.js");
const promises = core.loadExtScript("ext:lopata/rpc/promises.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");
const { callable, Handler, handlerOf, PropertyHandler, RpcProperty } = proxies;
const { ask, dispatch, foreign, nothingToDispose, ON_SERVICE, ON_STUB, RpcPromise } = promises;

/** What may be called from other isolates. */
class RpcTarget {}

/** No class, whose own words for a call without `new` are not production's. */
function RpcStub(target) {
  if (new.target === undefined) {
    throw new TypeError(
      "Failed to construct 'JsRpcStub': Please use the 'new' operator, this object constructor cannot be called as a " +
        "function.",
    );
  }
  return newStub(target);
}
ObjectDefineProperty(RpcStub, "prototype", { __proto__: null, writable: false });
ObjectDefineProperty(RpcStub.prototype, "constructor", { __proto__: null, enumerable: false });
ObjectDefineProperty(RpcStub.prototype, SymbolToStringTag, { __proto__: null, value: "JsRpcStub", configurable: true });

/** A way to a target: of another isolate by its number, of this one by its record. */
class StubHandler extends Handler {
  constructor(context, id, record, inbound) {
    super();
    this.context = context;
    /** Whether it came from those who called the context: what they are given in turn keeps it open. */
    this.inbound = inbound;
    /** Zero for a target of this isolate. */
    this.id = id;
    this.record = record;
    this.disposed = false;
    /** By whose life the stub lives; `null` for a target of this isolate. */
    this.handle = id === 0 ? null : op_rpc_stub_handle(id);
    if (id === 0) record.refs++;
  }

  method(key) {
    return key === "dup" ? () => this.dup() : undefined;
  }

  disposer() {
    return () => this.dispose();
  }

  /** Throws when the stub cannot be used. */
  check() {
    if (this.disposed) throw new Error(names.STUB_DISPOSED_TEXT);
    if (this.context !== io.current()) throw foreign(this.context);
  }

  send(context, path, args) {
    this.check();
    return this.id === 0
      ? ask(context, this.record, path, args)
      : dispatch(context, ON_STUB, this.id, path, args, this.inbound);
  }

  dup() {
    this.check();
    const id = this.id === 0 ? 0 : op_rpc_stub_dup(this.context.event, this.id);
    return new Proxy(callable, new StubHandler(this.context, id, this.record, this.inbound));
  }

  dispose() {
    if (this.disposed) return;
    this.disposed = true;
    if (this.id === 0) {
      this.record.release();
    } else {
      op_rpc_stub_release(this.id);
    }
  }
}
StubHandler.prototype.prototype = RpcStub.prototype;

/** An entrypoint: the root of what `env.SERVICE.name` is. */
class ServiceRoot {
  /** @param {object} handle the native service @param {string} name of the binding, for spans */
  constructor(handle, name) {
    this.handle = handle;
    this.name = name;
  }

  send(context, path, args) {
    io.takeSubrequest(context);
    return dispatch(context, ON_SERVICE, this.handle, path, args, false);
  }
}

/** @param {ServiceRoot} root @param {string} name */
function serviceProperty(root, name) {
  return new Proxy(callable, new PropertyHandler(root, name));
}

/** `new RpcStub(target)`: a stub to something of this isolate. */
function newStub(target) {
  const context = io.required();
  const own = kindOfTarget(target);
  if (own === undefined) {
    // Source: production's texts.
    if ((typeof target !== "object" || target === null) && typeof target !== "function") {
      throw new TypeError("Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'JsObject'.");
    }
    throw new TypeError("RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.");
  }
  const record = values.parts.newTarget(target, own);
  return new Proxy(callable, new StubHandler(context, 0, record, false));
}

/** @returns {boolean | undefined} whether own properties can be asked for; undefined for what cannot be called */
function kindOfTarget(target) {
  if (typeof target !== "function" && (typeof target !== "object" || target === null)) return undefined;
  if (primordials.ObjectGetPrototypeOf(target) === primordials.ObjectPrototype) return true;
  if (ObjectPrototypeIsPrototypeOf(RpcTarget.prototype, target)) return false;
  if (typeof target !== "function") return undefined;
  const handler = core.isProxy(target) ? handlerOf(target) : undefined;
  return handler === undefined ? true : undefined;
}

values.parts.handlerOf = handlerOf;
values.parts.targetPrototype = RpcTarget.prototype;
values.register({
  tag: "s",
  prototype: null,
  take: null,
  make(entry, arrival) {
    const { context, inbound } = arrival;
    const thing = arrival.things[entry[1]];
    // What this very event gave away has come home: it is asked here, and is no reason for the event to last.
    const handler = typeof thing === "number"
      ? new StubHandler(context.keeper, thing, undefined, inbound)
      : new StubHandler(context.keeper, 0, thing.target, false);
    context.usesRpc = true;
    ArrayPrototypePush(arrival.group, handler);
    return new Proxy(callable, handler);
  },
});

return {
  handlerOf,
  nothingToDispose,
  PropertyHandler,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  serviceProperty,
  ServiceRoot,
  StubHandler,
};
})();
