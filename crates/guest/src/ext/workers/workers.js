// The module "cloudflare:workers".
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, TypeError } = primordials;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const { RpcPromise, RpcProperty, RpcStub, RpcTarget } = core.loadExtScript("ext:lopata/rpc/stubs.js");
const { Fetcher: ServiceStub } = core.loadExtScript("ext:lopata/service/service.js");
const { tracing } = core.loadExtScript("ext:lopata/tracing/tracing.js");

/** The worker's env: filled once, when the worker is loaded, and the same object everywhere. */
const env = {};

/** Stubs of the worker's own entrypoints, which is `ctx.exports` too: filled once, when the modules are evaluated. */
const exports = {};

class WorkerEntrypoint {
  constructor(ctx, env) {
    ObjectDefineProperty(this, "ctx", { __proto__: null, value: ctx, writable: true, enumerable: false, configurable: true });
    ObjectDefineProperty(this, "env", { __proto__: null, value: env, writable: true, enumerable: false, configurable: true });
  }
}

/** A class that lopata cannot run yet: it may be extended, so that the module loads, but not constructed. */
function notYet(name, what) {
  return {
    [name]: class {
      constructor() {
        throw new TypeError(`${what} are not available in this version of lopata.`);
      }
    },
  }[name];
}

const DurableObject = notYet("DurableObject", "Durable Objects");
const WorkflowEntrypoint = notYet("WorkflowEntrypoint", "Workflows");

/** waitUntil of whatever event is current. */
function waitUntil(promise) {
  io.required().waitUntil(promise);
}

return {
  DurableObject,
  env,
  exports,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  ServiceStub,
  tracing,
  waitUntil,
  WorkerEntrypoint,
  WorkflowEntrypoint,
};
})();
