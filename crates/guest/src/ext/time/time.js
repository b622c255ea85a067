// Time as a worker sees it: none at all while its modules are evaluated, and then the clock.
//
// `performance.now()` is `Date.now()`, counted from the epoch. What stands in for `Date` at module scope asks each time
// whether an event is current, because whoever kept it there may use it in one.
(function () {
const { core, primordials } = __bootstrap;
const {
  Date,
  DateNow,
  DatePrototype,
  DatePrototypeToString,
  ObjectDefineProperty,
  Proxy,
  ReflectConstruct,
  ReflectGet,
} = primordials;
const { Performance } = core.loadExtScript("ext:deno_web/15_performance.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const atRest = () => io.current() === undefined;

/** @returns {number} milliseconds since the epoch; 0 outside of events */
function now() {
  return atRest() ? 0 : DateNow();
}

const realNow = Date.now;

const ModuleDate = new Proxy(Date, {
  __proto__: null,
  apply: () => DatePrototypeToString(new Date(now())),
  construct: (target, args, newTarget) =>
    ReflectConstruct(target, args.length === 0 && atRest() ? [0] : args, newTarget === ModuleDate ? target : newTarget),
  get(target, key) {
    const value = ReflectGet(target, key);
    return key === "now" && value === realNow && atRest() ? moduleNow : value;
  },
});
const moduleNow = { now() {
  return now();
} }.now;

/** The modules are about to be evaluated. */
function stop() {
  globalThis.Date = ModuleDate;
  DatePrototype.constructor = ModuleDate;
}

/** The modules are evaluated. What they have put in the place of the clock stays. */
function go() {
  if (globalThis.Date === ModuleDate) globalThis.Date = Date;
  if (DatePrototype.constructor === ModuleDate) DatePrototype.constructor = Date;
}

ObjectDefineProperty(Performance.prototype, "now", {
  __proto__: null,
  value: { now() {
    return now();
  } }.now,
  writable: true,
  enumerable: true,
  configurable: true,
});
ObjectDefineProperty(Performance.prototype, "timeOrigin", {
  __proto__: null,
  get: () => 0,
  enumerable: true,
  configurable: true,
});

return { go, now, stop };
})();
