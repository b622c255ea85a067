// The module "cloudflare:workers".
//
// `env` and `exports` are views: of what `withEnv` and `withExports` have set for the code that asks, or else of the
// worker's own. What was set travels in V8's async context beside the IoContext.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectDefineProperty,
  Proxy,
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGet,
  ReflectGetOwnPropertyDescriptor,
  ReflectHas,
  ReflectOwnKeys,
  ReflectSet,
  String,
  Symbol,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_abort_isolate } = core.ops;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { RpcPromise, RpcProperty, RpcStub, RpcTarget } = core.loadExtScript("ext:lopata/rpc/stubs.js");
const { Fetcher: ServiceStub } = core.loadExtScript("ext:lopata/service/service.js");
const { tracing } = core.loadExtScript("ext:lopata/tracing/tracing.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/**
 * What the importable `env` or `exports` shows to the code that asks.
 * @param {"env" | "exports"} name
 * @param {object} own the worker's
 * @returns {object | undefined}
 */
function shown(name, own) {
  const context = core.getAsyncContext();
  if (context !== undefined && context !== null && name in context) {
    const value = context[name];
    if (isObject(value)) return value;
    if ((value === undefined || value === null) && compat.has("env_module_nullable_support")) return undefined;
  }
  return compat.has("disallow_importable_env") ? undefined : own;
}

/**
 * @param {"env" | "exports"} name
 * @param {object} own
 * @param {boolean} writable whether changes reach what is shown; otherwise they are dropped without a word
 */
function view(name, own, writable) {
  return new Proxy({}, {
    __proto__: null,
    get(_, key) {
      const object = shown(name, own);
      return object === undefined ? undefined : ReflectGet(object, key);
    },
    set(_, key, value) {
      const object = writable ? shown(name, own) : undefined;
      return object === undefined || ReflectSet(object, key, value);
    },
    has(_, key) {
      const object = shown(name, own);
      return object !== undefined && ReflectHas(object, key);
    },
    ownKeys() {
      const object = shown(name, own);
      return object === undefined ? [] : ReflectOwnKeys(object);
    },
    deleteProperty(_, key) {
      const object = writable ? shown(name, own) : undefined;
      return object === undefined || ReflectDeleteProperty(object, key);
    },
    defineProperty(_, key, descriptor) {
      const object = writable ? shown(name, own) : undefined;
      return object === undefined || ReflectDefineProperty(object, key, descriptor);
    },
    getOwnPropertyDescriptor(_, key) {
      const object = shown(name, own);
      return object === undefined ? undefined : ReflectGetOwnPropertyDescriptor(object, key);
    },
  });
}

const env = view("env", own.env, true);
const exports = view("exports", own.exports, false);

/** Runs `fn` with what `changes` says in the async context. */
function runWith(changes, fn) {
  const previous = core.getAsyncContext();
  core.setAsyncContext({ __proto__: null, ...previous, ...changes });
  try {
    return fn();
  } finally {
    core.setAsyncContext(previous);
  }
}

function checkFunction(name, position, fn) {
  if (typeof fn !== "function") {
    throw new TypeError(`Failed to execute '${name}' on 'EnvModule': parameter ${position} is not of type 'function'.`);
  }
}

/** @template T @param {unknown} newEnv @param {() => T} fn @returns {T} */
function withEnv(newEnv, fn) {
  checkFunction("withEnv", 2, fn);
  return runWith({ __proto__: null, env: newEnv }, fn);
}

/** @template T @param {unknown} newExports @param {() => T} fn @returns {T} */
function withExports(newExports, fn) {
  checkFunction("withExports", 2, fn);
  return runWith({ __proto__: null, exports: newExports }, fn);
}

/** @template T @param {unknown} newEnv @param {unknown} newExports @param {() => T} fn @returns {T} */
function withEnvAndExports(newEnv, newExports, fn) {
  checkFunction("withEnvAndExports", 3, fn);
  return runWith({ __proto__: null, env: newEnv, exports: newExports }, fn);
}

/** What the base classes of a worker's own have: `ctx` and `env`. */
function entrypoint(name) {
  return {
    [name]: class {
      constructor(ctx, env) {
        if (!isObject(ctx)) {
          throw new TypeError(`Failed to construct '${name}': constructor parameter 1 is not of type 'Object'.`);
        }
        define(this, "ctx", ctx);
        define(this, "env", env);
      }
    },
  }[name];
}

function define(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

const WorkerEntrypoint = entrypoint("WorkerEntrypoint");
const WorkflowEntrypoint = entrypoint("WorkflowEntrypoint");
for (const Class of [WorkerEntrypoint, WorkflowEntrypoint]) {
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, { __proto__: null, value: Class.name, configurable: true });
  ObjectDefineProperty(Class, "length", { __proto__: null, value: 0, configurable: true });
}

/** No class, whose own words for a call without `new` are not production's. */
function DurableObject(ctx, env) {
  const failed = "Failed to construct 'DurableObjectBase': ";
  if (new.target === undefined) {
    throw new TypeError(
      `${failed}Please use the 'new' operator, this object constructor cannot be called as a function.`,
    );
  }
  if (!core.loadExtScript("ext:lopata/objects/state.js").is(ctx)) {
    throw new TypeError(`${failed}constructor parameter 1 is not of type 'DurableObjectState'.`);
  }
  define(this, "ctx", ctx);
  define(this, "env", env);
}
ObjectDefineProperty(DurableObject, "prototype", { __proto__: null, writable: false });
ObjectDefineProperty(DurableObject.prototype, "constructor", { __proto__: null, enumerable: false });
ObjectDefineProperty(DurableObject.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "DurableObject",
  configurable: true,
});
ObjectDefineProperty(DurableObject, "length", { __proto__: null, value: 0, configurable: true });

/** waitUntil of whatever event is current. */
function waitUntil(promise) {
  if (arguments.length === 0) {
    throw new TypeError("Failed to execute 'waitUntil' on 'EntrypointsModule': parameter 1 is not of type 'Promise'.");
  }
  io.required().waitUntil(promise);
}

/** Ends this isolate at once, with all that runs in it; a fresh one takes its place. @param {string} [reason] */
function abortIsolate(reason = undefined) {
  op_abort_isolate(reason === undefined ? "" : String(reason));
  // The termination takes effect before this.
  throw new Error("abortIsolate() was called.");
}

return {
  abortIsolate,
  // Filled by production where a cache is configured.
  cache: {},
  DurableObject,
  env,
  exports,
  restore: Symbol("cloudflare:workers:restore"),
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  ServiceStub,
  tracing,
  waitUntil,
  withEnv,
  withEnvAndExports,
  withExports,
  WorkerEntrypoint,
  WorkflowEntrypoint,
};
})();
