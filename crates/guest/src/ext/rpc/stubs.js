// The caller's side of JS RPC: stubs, promises of results, and properties of both.
//
// A stub has any property, and each is a property of the target until it is called or awaited. So stubs, promises and
// properties are proxies, each over a handler that knows what it stands for; all of them share one target, a function
// that has nothing of its own. Looking at a stub sends nothing: calls are sent when they are made, reads when they are
// awaited. A promise's call is sent at once, and what is asked of its result goes right behind it, without waiting.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeReverse,
  Error,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  Promise,
  PromisePrototypeCatch,
  PromisePrototypeFinally,
  PromisePrototypeThen,
  PromiseReject,
  Proxy,
  ReflectHas,
  String,
  SymbolDispose,
  SymbolToStringTag,
  TypeError,
} = primordials;
const {
  op_rpc_answer,
  op_rpc_finish,
  op_rpc_send,
  op_rpc_stub_dup,
  op_rpc_stub_handle,
  op_rpc_stub_release,
} = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const values = core.loadExtScript("ext:lopata/rpc/values.js");

/** What a call is made on, numbered as in `mod.rs`. */
const ON_SERVICE = 0;
const ON_STUB = 1;
const ON_RESULT = 2;
const ON_OWN = 3;

/** How a call ended, numbered as in `mod.rs`. */
const RETURNED = 0;
const RETURNED_SPECIAL = 1;
const THROWN = 2;
const THROWN_SPECIAL = 3;
const GONE = 4;
const LOST = 5;
const REFUSED = 7;

/** What the callee keeps of a result. */
const HOLD_RESULT = 1;
const HOLD_DISPOSER = 2;

// Source: production's text.
const OTHER_CONTEXT_TEXT =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and " +
  "others) created in the context of one request handler cannot be accessed from a different request's handler. " +
  "This is a limitation of Cloudflare Workers which allows us to improve overall performance. (I/O type: Client)";

/** The one target of all proxies: callable, and nothing else. */
const callable = () => {};
delete callable.name;
delete callable.length;

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
class RpcPromise {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
class RpcProperty {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
for (const [Class, name] of [[RpcStub, "RpcStub"], [RpcPromise, "RpcPromise"], [RpcProperty, "RpcProperty"]]) {
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, { __proto__: null, value: `Js${name}`, configurable: true });
}

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
    return issue(this, [], args);
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
    if (!ObjectPrototypeIsPrototypeOf(PropertyHandler.prototype, parent)) return issue(parent, this.name, args);
    const path = [this.name];
    let root = parent;
    for (; ObjectPrototypeIsPrototypeOf(PropertyHandler.prototype, root); root = root.parent) {
      ArrayPrototypePush(path, root.name);
    }
    return issue(root, ArrayPrototypeReverse(path), args);
  }
}
PropertyHandler.prototype.prototype = RpcProperty.prototype;

const PROMISE_METHODS = {
  __proto__: null,
  then: (promise) => (fulfilled, rejected) => PromisePrototypeThen(promise(), fulfilled, rejected),
  catch: (promise) => (rejected) => PromisePrototypeCatch(promise(), rejected),
  finally: (promise) => (settled) => PromisePrototypeFinally(promise(), settled),
};

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
    if (this.context !== io.current()) throw new Error(OTHER_CONTEXT_TEXT);
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

const PENDING = 0;
const RESOLVED = 1;
const REJECTED = 2;

/** The promise of a call's result. */
class PromiseHandler extends Handler {
  constructor(context, call, inbound) {
    super();
    this.context = context;
    /** As for a stub: whose the result is. */
    this.inbound = inbound;
    /** Names the call while its result can be asked for by message; zero otherwise. */
    this.call = call;
    this.state = PENDING;
    this.value = undefined;
    this.disposed = false;
    /** What is asked when the result that this call was made on has been let go: the promise, the path, the call. */
    this.parent = null;
    this.path = undefined;
    this.args = undefined;
    /** The native promise. */
    this.inner = undefined;
  }

  method(key) {
    return PROMISE_METHODS[key]?.(() => this.inner);
  }

  disposer() {
    return () => {
      if (this.disposed) return;
      this.disposed = true;
      if (this.state === RESOLVED) disposeValue(this.value);
    };
  }

  send(context, path, args) {
    if (this.disposed) throw new Error(names.PROMISE_DISPOSED_TEXT);
    if (this.context !== context) throw new Error(OTHER_CONTEXT_TEXT);
    if (this.state === RESOLVED) return askValue(context, this.value, path, args);
    // Whoever asks for more hears of a failure there.
    PromisePrototypeThen(this.inner, undefined, () => {});
    if (this.call !== 0) {
      const asked = dispatch(context, ON_RESULT, this.call, path, args, this.inbound);
      if (asked !== undefined) {
        const handler = handlerOf(asked);
        handler.parent = this;
        handler.path = path;
        handler.args = args === undefined ? undefined : [];
        return asked;
      }
    }
    return later(context, this, path, args);
  }
}
PromiseHandler.prototype.prototype = RpcPromise.prototype;

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

/** The handler behind a stub, promise or property. @param {object} proxy which is a proxy */
function handlerOf(proxy) {
  const details = core.getProxyDetails(proxy);
  const handler = details === null ? undefined : details[1];
  return ObjectPrototypeIsPrototypeOf(Handler.prototype, handler) ? handler : undefined;
}

/** @param {unknown} value @returns {StubHandler | undefined} */
function stubOf(value) {
  if (typeof value !== "function" || !core.isProxy(value)) return undefined;
  const handler = handlerOf(value);
  return ObjectPrototypeIsPrototypeOf(StubHandler.prototype, handler) ? handler : undefined;
}

/** The native promise of an RpcPromise. */
function promiseOf(proxy) {
  return handlerOf(proxy).inner;
}

/**
 * Makes a call, or a read when `args` is undefined. Never throws: what goes wrong is the promise's.
 * @param {{ send: Function }} root
 * @param {string | string[]} path
 * @param {unknown[] | undefined} args
 * @returns {RpcPromise}
 */
function issue(root, path, args) {
  try {
    const context = io.required();
    if (context.ended) throw new Error("The event that this call belongs to has ended.");
    if (typeof path !== "string" && path.length > names.PATH_MAX) {
      throw new TypeError(`An RPC property path may have at most ${names.PATH_MAX} names.`);
    }
    return root.send(context, path, args);
  } catch (error) {
    return rejected(error);
  }
}

function rejected(error) {
  const handler = new PromiseHandler(io.current(), 0, false);
  handler.state = REJECTED;
  handler.inner = PromiseReject(error);
  return new Proxy(callable, handler);
}

/** Sends a call; undefined when the result that it was to be made on was let go. */
function dispatch(context, kind, target, path, args, inbound) {
  context.usesRpc = true;
  let call;
  if (args === undefined || values.isPlain(args)) {
    try {
      call = op_rpc_send(context.event, kind, target, path, args, undefined);
    } catch (error) {
      // A proxy of plain data looks like it.
      if (!values.isCloneError(error)) throw error;
      call = sendSpecial(context, kind, target, path, args, inbound);
    }
  } else {
    call = sendSpecial(context, kind, target, path, args, inbound);
  }
  if (call === 0) return undefined;
  if (typeof call !== "number") throw errors.revive(call.failure);
  const handler = new PromiseHandler(context, call, inbound);
  handler.inner = PromisePrototypeThen(op_rpc_answer(call), (answer) => settle(handler, answer));
  return new Proxy(callable, handler);
}

function sendSpecial(context, kind, target, path, args, inbound) {
  const encoder = new values.Encoder(context, values.MODE.args, inbound);
  try {
    const copy = encoder.encode(args);
    return op_rpc_send(context.event, kind, target, path, copy, encoder.special);
  } catch (error) {
    encoder.undo(error);
    throw values.cloneError(error);
  }
}

/** Asks a value of this isolate, as if it were another's: the call goes through the guest's own inbox. */
function ask(context, record, path, args) {
  const exported = values.parts.newExport(context, record, false);
  exported.own = true;
  try {
    return dispatch(context, ON_OWN, exported, path, args, false);
  } catch (error) {
    exported.release();
    throw error;
  }
}

/** What is asked of a result that is here already. */
function askValue(context, value, path, args) {
  const stub = stubOf(value);
  if (stub !== undefined) return stub.send(context, path, args);
  if (typeof value !== "object" || value === null) throw new TypeError(names.NOT_PIPELINABLE_TEXT);
  return ask(context, values.parts.newTarget(value, true, false), path, args);
}

/** What is asked of a result once it is here. */
function later(context, promise, path, args) {
  const handler = new PromiseHandler(context, 0, promise.inbound);
  handler.inner = PromisePrototypeThen(promise.inner, (value) => {
    return PromisePrototypeThen(promiseOf(askValue(context, value, path, args)), (result) => {
      handler.state = RESOLVED;
      handler.value = result;
      return result;
    });
  });
  return new Proxy(callable, handler);
}

/** @returns {unknown} the result, or throws what the callee threw */
function settle(handler, { 0: how, 1: value, 2: hold }) {
  const { context, call } = handler;
  handler.call = 0;
  handler.state = REJECTED;
  switch (how) {
    case RETURNED:
      return finish(handler, call, value, null, hold);
    case RETURNED_SPECIAL: {
      const group = [];
      let result;
      try {
        result = values.decode(value, context, group, handler.inbound);
      } catch (error) {
        op_rpc_finish(call);
        throw error;
      }
      return finish(handler, call, result, group, hold);
    }
    case THROWN:
      throw thrown(value);
    case THROWN_SPECIAL:
      throw thrown(values.decode(value, context, []));
    case GONE: {
      const { parent, path, args } = handler;
      return PromisePrototypeThen(parent.inner, (result) => {
        return PromisePrototypeThen(promiseOf(askValue(context, result, path, args)), (answer) => {
          handler.state = RESOLVED;
          handler.value = answer;
          return answer;
        });
      });
    }
    case LOST:
      throw errors.revive(value);
    case REFUSED: {
      throw thrown(errors.revive(value));
    }
    default:
      // When the event is over, nobody is left to hear of it.
      if (context.ended) return new Promise(() => {});
      throw new Error("The request was canceled because the client went away.");
  }
}

/** What was thrown at the other side, as it is thrown here: an object that says so. */
function thrown(value) {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  const error = isObject ? value : new Error(String(value));
  ObjectDefineProperty(error, "remote", {
    __proto__: null,
    value: true,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return error;
}

/** A result has arrived: gives it its disposer, and lets the callee go. */
function finish(handler, call, value, group, hold) {
  handler.state = RESOLVED;
  handler.value = value;
  // From here on the result is asked here.
  if (hold === HOLD_RESULT) op_rpc_finish(call);
  if (typeof value === "object" && value !== null) {
    const dispose = group === null && hold !== HOLD_DISPOSER ? nothingToDispose : () => {
      for (let i = 0; group !== null && i < group.length; i++) group[i].dispose();
      if (hold === HOLD_DISPOSER) op_rpc_finish(call);
    };
    ObjectDefineProperty(value, SymbolDispose, {
      __proto__: null,
      value: dispose,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
  if (handler.disposed) disposeValue(value);
  return value;
}

/** The disposer of results that hold nothing. */
function nothingToDispose() {}

function disposeValue(value) {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return;
  const dispose = value[SymbolDispose];
  if (typeof dispose === "function") primordials.ReflectApply(dispose, value, []);
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
      ? new StubHandler(context, thing, undefined, inbound)
      : new StubHandler(context, 0, thing.target, false);
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
