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
  Proxy,
  ReflectConstruct,
  ReflectGet,
} = primordials;
const { EventTarget } = core.loadExtScript("ext:deno_web/02_event.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
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

/** The class of `performance`. What measures with it is added for workers that have that. */
class Performance {
  constructor() {
    webidl.illegalConstructor();
  }

  get timeOrigin() {
    if (this !== performance) throw webidl.illegalInvocation();
    return 0;
  }

  now() {
    if (this !== performance) throw webidl.illegalInvocation();
    return now();
  }
}
webidl.configureInterface(Performance);

// Made as a target of events, which it is as soon as its class extends theirs.
const performance = ReflectConstruct(EventTarget, [], Performance);

return { go, now, Performance, performance, stop };
})();
