// Node's globals, for workers that have them: made when they are first used, and replaced by whoever assigns them.
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, ObjectGetPrototypeOf, ObjectSetPrototypeOf, ReflectApply } = primordials;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");

/** @param {() => unknown} make @param {object} target where it is defined */
function lazily(name, make, enumerable, target = globalThis) {
  ObjectDefineProperty(target, name, {
    __proto__: null,
    get() {
      const value = make();
      define(name, value, enumerable, target);
      return value;
    },
    set(value) {
      // As a property that is written: whoever inherits it gets one of their own.
      define(name, value, enumerable, this ?? target);
    },
    enumerable,
    configurable: true,
  });
}

function define(name, value, enumerable, target = globalThis) {
  ObjectDefineProperty(target, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

const PERFORMANCE_CLASSES = [
  "Performance",
  "PerformanceEntry",
  "PerformanceMark",
  "PerformanceMeasure",
  "PerformanceObserver",
  "PerformanceObserverEntryList",
  "PerformanceResourceTiming",
];

const PERFORMANCE_MEMBERS = [
  "eventCounts",
  "clearMarks",
  "clearMeasures",
  "clearResourceTimings",
  "getEntries",
  "getEntriesByName",
  "getEntriesByType",
  "mark",
  "measure",
  "setResourceTimingBufferSize",
  "toJSON",
];

const PERFORMANCE_MEMBERS_OF_NODE = ["nodeTiming", "eventLoopUtilization", "markResourceTiming", "timerify"];

/** `performance` has more than the clock, and its classes are there: both are made when one of it is first used. */
function performance() {
  const { Performance, performance } = core.loadExtScript("ext:lopata/time/time.js");
  const { EventTarget } = core.loadExtScript("ext:deno_web/02_event.js");
  ObjectSetPrototypeOf(Performance.prototype, EventTarget.prototype);
  const entries = () => core.loadExtScript("ext:lopata_node/perf/entries.js");
  // Whatever is used first brings all of them, in the place of these.
  const member = (name) => {
    const getter = () => {
      entries();
      return performance[name];
    };
    const method = {
      [name](...args) {
        entries();
        return ReflectApply(Performance.prototype[name], this, args);
      },
    }[name];
    const isValue = name === "eventCounts" || name === "nodeTiming";
    ObjectDefineProperty(Performance.prototype, name, {
      __proto__: null,
      ...(isValue ? { get: getter } : { value: method, writable: true }),
      enumerable: true,
      configurable: true,
    });
  };
  for (let i = 0; i < PERFORMANCE_MEMBERS.length; i++) member(PERFORMANCE_MEMBERS[i]);
  if (compat.has("enable_nodejs_perf_hooks_module")) {
    for (let i = 0; i < PERFORMANCE_MEMBERS_OF_NODE.length; i++) member(PERFORMANCE_MEMBERS_OF_NODE[i]);
  }
  const scope = ObjectGetPrototypeOf(globalThis);
  for (let i = 0; i < PERFORMANCE_CLASSES.length; i++) {
    const name = PERFORMANCE_CLASSES[i];
    lazily(name, () => entries().classes[name], true, scope);
  }
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
  if (compat.has("enable_global_performance_classes") || compat.has("enable_nodejs_perf_hooks_module")) performance();
  if (compat.has("enable_nodejs_global_timers")) {
    for (const name of ["setTimeout", "setInterval", "clearTimeout", "clearInterval"]) {
      lazily(name, () => core.loadExtScript("ext:lopata_node/timers/base.js")[name], true);
    }
  }
}

return { apply };
})();
