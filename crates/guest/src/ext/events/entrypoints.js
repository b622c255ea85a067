// Entrypoints: which exports of the entry module can be called, how a handler of one is found, and `ctx`.
//
// An entrypoint is an object with handlers, or a class of which each event gets an instance of its own. Every one has
// a loopback stub in `ctx.exports`, through which the worker calls itself as a service binding would.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeToString,
  JSONParse,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  ReflectApply,
  ReflectConstruct,
  ReflectOwnKeys,
  StringPrototypeStartsWith,
  SymbolToStringTag,
  TypeError,
} = primordials;
const service = core.loadExtScript("ext:lopata/service/service.js");
const { unavailable } = core.loadExtScript("ext:lopata/unavailable/unavailable.js");
const { tracing } = core.loadExtScript("ext:lopata/tracing/tracing.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");
const workers = core.loadExtScript("ext:lopata/workers/workers.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const HANDLERS = ["fetch", "scheduled", "queue", "email", "alarm", "tail", "trace", "tailStream", "connect", "test"];

const WORKFLOW = "a Workflow";

/** Classes that take no events by their name: the base class, and what it makes of an export. */
const OTHER_CLASSES = [[workers.DurableObject, "a Durable Object class"], [workers.WorkflowEntrypoint, WORKFLOW]];

/** Export name to `{ value, isClass, other }`, set by `load`; `other` says what it is when it takes no events. */
const exportsByName = { __proto__: null };

// Source: production's texts.
const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";
const NO_PROMISE_TEXT = "Failed to execute 'waitUntil' on 'ExecutionContext': parameter 1 is not of type 'Promise'.";
const ABORT_TEXT = "Worker execution was aborted due to call to ctx.abort().";

/** Given to constructors by this script only. */
const construct = {};

/** Production's ctx argument: one per invocation. Its methods work for whatever event is current. */
class ExecutionContext {
  #brand;

  /** @param {object} token @param {undefined | string | Uint8Array} props JSON text or the bytes of a clone */
  constructor(token, props) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.tracing = tracing;
    this.access = undefined;
    this.cache = undefined;
    this.props = props === undefined ? {} : readProps(props);
    if (compat.has("enable_ctx_exports")) this.exports = own.exports;
  }

  static #check(ctx) {
    if (typeof ctx !== "object" || ctx === null || !(#brand in ctx)) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
  }

  waitUntil(promise) {
    ExecutionContext.#check(this);
    if (arguments.length === 0) throw new TypeError(NO_PROMISE_TEXT);
    io.required().waitUntil(promise);
  }

  passThroughOnException() {
    ExecutionContext.#check(this);
    io.required();
  }

  abort(reason = undefined) {
    ExecutionContext.#check(this);
    const error = reason === undefined ? new Error(ABORT_TEXT) : reason;
    io.required().cancel(error);
    throw error;
  }
}
for (const name of ["waitUntil", "passThroughOnException", "abort"]) {
  ObjectDefineProperty(ExecutionContext.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(ExecutionContext.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "ExecutionContext",
  configurable: true,
});

/** @param {undefined | string | Uint8Array} props */
function readProps(props) {
  if (props === undefined) return {};
  return typeof props === "string" ? JSONParse(props) : core.deserialize(props);
}

/** @param {unknown} value */
function isClass(value) {
  return typeof value === "function" && StringPrototypeStartsWith(FunctionPrototypeToString(value), "class");
}

/** @param {unknown} value @param {Function} base */
function extendsClass(value, base) {
  const { prototype } = value;
  return prototype !== undefined && ObjectPrototypeIsPrototypeOf(base.prototype, prototype);
}

/** @param {unknown} value */
function isEntrypointClass(value) {
  return typeof value === "function" && value.prototype !== undefined &&
    (extendsClass(value, workers.WorkerEntrypoint) || isClass(value));
}

/** @param {unknown} value @returns {string | undefined} what a class is that takes no events by its name */
function otherClass(value) {
  if (typeof value !== "function") return undefined;
  for (let i = 0; i < OTHER_CLASSES.length; i++) {
    if (extendsClass(value, OTHER_CLASSES[i][0])) return OTHER_CLASSES[i][1];
  }
  return undefined;
}

/**
 * Takes the entry module's namespace, says what can be called and fills `ctx.exports`.
 * @param {Record<string, unknown>} namespace
 * @param {Record<string, [number, boolean]>} classes that have a namespace: its service, and whether objects have
 *   containers
 * @returns {{ name: string, handlers: string[] }[]}
 */
function load(namespace, classes) {
  const found = [];
  /** Stubs of what is no entrypoint come behind the others. */
  const objects = [];
  for (const name of ReflectOwnKeys(namespace)) {
    if (typeof name !== "string") continue;
    const value = namespace[name];
    if (value === null || (typeof value !== "object" && typeof value !== "function")) continue;
    const isClass = isEntrypointClass(value);
    const other = otherClass(value);
    exportsByName[name] = { value, isClass, other };
    // As in production, a class that extends nothing of the runtime's has no tests.
    const tests = !isClass || extendsClass(value, workers.WorkerEntrypoint);
    ArrayPrototypePush(found, { name, handlers: handlersOf(isClass ? value.prototype : value, tests) });
    if (typeof value === "function" && !extendsClass(value, workers.WorkerEntrypoint)) {
      ArrayPrototypePush(objects, name);
    } else {
      place(name, service.loopback(name));
    }
  }
  for (let i = 0; i < objects.length; i++) place(objects[i], objectStub(objects[i], classes));
  return found;
}

/** @param {string} name @param {unknown} stub */
function place(name, stub) {
  ObjectDefineProperty(own.exports, name, {
    __proto__: null,
    value: stub,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** What `ctx.exports` has for what is no entrypoint: as in production, any function counts as a class of objects. */
function objectStub(name, classes) {
  const { other } = exportsByName[name];
  if (other === WORKFLOW) return unavailable(`${name} is ${other}: those are not available in this version of lopata.`);
  return core.loadExtScript("ext:lopata/object_namespace/object_namespace.js").loopback(name, classes[name]);
}

/** @param {object} target @param {boolean} tests whether `test` is a handler @returns {string[]} */
function handlersOf(target, tests) {
  const handlers = [];
  for (let i = 0; i < HANDLERS.length; i++) {
    if (HANDLERS[i] === "test" && !tests) continue;
    try {
      if (typeof target[HANDLERS[i]] === "function") ArrayPrototypePush(handlers, HANDLERS[i]);
    } catch {
      // A getter that throws is no handler.
    }
  }
  return handlers;
}

/**
 * The handler `name` of `entrypoint`, bound to what it is called on.
 * @param {string} entrypoint
 * @param {string} name which for "tail" may also be found under its older name, "trace"
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {undefined | string | Uint8Array} props
 * @returns {(event: unknown) => unknown}
 */
function handlerOf(entrypoint, name, context, props) {
  const { object, isClass, env, ctx } = targetOf(entrypoint, context, props);
  const handler = name === "tail" ? object.tail ?? object.trace : object[name];
  if (typeof handler !== "function") throw new Error(noHandlerText(name));
  return isClass
    ? (event) => ReflectApply(handler, object, [event])
    : (event) => ReflectApply(handler, object, [event, env, ctx]);
}

/**
 * The class of a Durable Object.
 * @param {string} name of the export
 * @returns {{ value: Function, rpc: boolean }} and whether its methods may be called over RPC
 */
function objectClass(name) {
  const value = exportsByName[name]?.value;
  if (typeof value !== "function") {
    throw new TypeError(`The worker exports no class "${name}", which one of its Durable Objects is to be made of.`);
  }
  return { value, rpc: extendsClass(value, workers.DurableObject) || compat.has("js_rpc") };
}

/** Source: workerd's texts for a handler that is not there. @param {string} name */
function noHandlerText(name) {
  if (name === "test") return "Entrypoint does not export a test() function.";
  return `Handler does not export a ${name}() function${name === "scheduled" ? "" : "."}`;
}

/**
 * What events of `entrypoint` go to: an instance of its own for this event, or the exported object.
 * @param {string} entrypoint
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {undefined | string | Uint8Array} props
 * @returns {{ object: object, isClass: boolean, env: object, ctx: ExecutionContext }}
 */
function targetOf(entrypoint, context, props) {
  const found = exportsByName[entrypoint];
  if (found === undefined) {
    throw new TypeError(
      entrypoint === "default"
        ? "The worker's entry module has no default export, so it cannot receive events."
        : `The worker has no such named entrypoint: "${entrypoint}".`,
    );
  }
  const { value: target, isClass, other } = found;
  if (other !== undefined) throw new TypeError(`The export "${entrypoint}" is ${other} and no entrypoint.`);
  const ctx = new ExecutionContext(construct, props);
  const { env } = own;
  return { object: isClass ? ReflectConstruct(target, [ctx, env]) : target, isClass, env, ctx };
}

return { ExecutionContext, handlerOf, load, objectClass, targetOf };
})();
