// Node's globals, for workers that have them: made when they are first used, and replaced by whoever assigns them.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty } = primordials;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");

/** @param {() => unknown} make */
function lazily(name, make, enumerable) {
  ObjectDefineProperty(globalThis, name, {
    __proto__: null,
    get() {
      const value = make();
      define(name, value, enumerable);
      return value;
    },
    set(value) {
      define(name, value, enumerable);
    },
    enumerable,
    configurable: true,
  });
}

function define(name, value, enumerable) {
  ObjectDefineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** Gives the global scope what the worker's flags say. */
function apply() {
  if (compat.has("nodejs_compat_v2")) {
    lazily("Buffer", () => core.loadExtScript("ext:lopata_node/modules/buffer.js").Buffer, true);
    lazily("process", () => core.loadExtScript("ext:lopata_node/modules/process.js").default, true);
    define("global", globalThis, true);
    const immediate = (name) => () =>
      core.loadExtScript("ext:lopata_node/timers/base.js").immediates("ServiceWorkerGlobalScope")[name];
    // Enumerable properties of the scope are its own; these two are of its class in production.
    lazily("setImmediate", immediate("setImmediate"), false);
    lazily("clearImmediate", immediate("clearImmediate"), false);
  }
  if (compat.has("enable_nodejs_global_timers")) {
    for (const name of ["setTimeout", "setInterval", "clearTimeout", "clearInterval"]) {
      lazily(name, () => core.loadExtScript("ext:lopata_node/timers/base.js")[name], true);
    }
  }
}

return { apply };
})();
