// The objects of this isolate: how an instance is made, how an event gets to it, and how it ends.
//
//   unborn --(first event)--> constructing --> alive --(evicted)--> gone
//                                  '--(threw)--'-------(broken)---> broken
//
// Nothing runs in an object that is gone or broken. The one will be constructed anew when the next event comes; the
// other, too, but whoever has reached it by a stub hears only of its end.
(function () {
const { core, primordials } = __bootstrap;
const { Error, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet, ReflectApply, ReflectConstruct, SafeMap, SafeSet, TypeError } =
  primordials;
const { op_log_exception, op_object_break, op_object_describe } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");
const names = core.loadExtScript("ext:lopata/rpc/names.js");
const { ObjectContext, ObjectEvent } = core.loadExtScript("ext:lopata/objects/context.js");
const { Gate, runTasks } = core.loadExtScript("ext:lopata/objects/gate.js");
const { HOW, makeState } = core.loadExtScript("ext:lopata/objects/state.js");

const PHASE = { __proto__: null, unborn: 0, constructing: 1, alive: 2, gone: 3, broken: 4 };

/** What Rust asks for, numbered as in `isolate/objects.rs`. */
const RUN_TASKS = 0;
const EVICT = 1;
const LEAVE = 2;
const BREAK = 3;
const IS_CONSTRUCTED = 4;

/** What an object that is asked to go says. */
const GONE = 0;
const BUSY = 1;
const ONLY_TIMERS = 2;

/** What is said to a question. */
const NO = 0;
const YES = 1;

/** Source: production's text. */
const NO_RPC_TEXT = "The receiving Durable Object does not support RPC, because its class was not declared with " +
  "`extends DurableObject`. In order to enable RPC, make sure your class extends the special class `DurableObject`, " +
  'which can be imported from the module "cloudflare:workers".';

/** The objects that are held, by number. */
const records = new SafeMap();

/** One object, from its first event to its end. */
class ObjectRecord {
  /** @param {number} number */
  constructor(number) {
    const described = op_object_describe(number);
    if (described === null) throw new Error("Network connection lost.");
    const { 0: className, 1: event, 2: id, 3: name, 4: storage, 5: facet } = described;
    this.number = number;
    /** What it is a part of, if it is a facet. */
    this.facet = facet === 0 ? undefined : facets().held(facet, this);
    /** Its own facets, by name. */
    this.facets = undefined;
    this.className = className;
    this.id = id;
    this.name = name;
    /** 0 for none, 1 for one without SQL, 2 for one with it. */
    this.storage = storage;
    this.gate = new Gate(number);
    /** The events that run. */
    this.events = new SafeSet();
    this.context = new ObjectContext(event, this);
    this.phase = PHASE.unborn;
    this.instance = undefined;
    /** What it broke with. */
    this.error = undefined;
  }

  /** Makes the instance, in the context of the event that is current. */
  construct() {
    if (this.facet?.over === true) {
      this.facet.refuse(this);
      return;
    }
    this.phase = PHASE.constructing;
    const found = entrypoints.objectClass(this.className);
    this.rpc = found.rpc;
    const instance = ReflectConstruct(found.value, [makeState(this), own.env]);
    if (this.phase !== PHASE.constructing) return;
    this.instance = instance;
    this.phase = PHASE.alive;
  }

  /**
   * Ends this life of the object.
   * @param {unknown} error that everybody is told
   * @param {number} how one of `HOW`: only by an abort is lost what the turn has written
   */
  break(error, how) {
    this.end(error, () => op_object_break(this.number, error, how));
  }

  /** The same, where `tell` says it to whoever has to know. */
  end(error, tell) {
    if (this.phase >= PHASE.gone) return;
    this.phase = PHASE.broken;
    this.error = error;
    this.gate.error = error;
    if (this.facets !== undefined) facets().endAll(this, error);
    tell();
    this.over();
    this.facet?.end(error, true);
  }

  /** Nothing runs here any more. */
  over() {
    MapPrototypeDelete(records, this.number);
    this.gate.close();
    this.instance = undefined;
    const events = this.events;
    this.events = new SafeSet();
    for (const event of events) {
      event.handlerDone = true;
      event.end();
    }
    this.context.end();
  }

  /** Throws what the object broke with, if it has. */
  check() {
    if (this.phase === PHASE.broken) throw this.error;
  }

  /** Whether it can go: nothing runs and nothing is waited for. */
  askToGo() {
    const { context } = this;
    if (this.events.size > 0 || this.gate.isBusy || context.openSockets > 0 || context.pendingWaitUntil > 0) return BUSY;
    // A port that nobody has closed says nothing by itself.
    if (context.pendingOps > context.openPorts) return BUSY;
    if (this.facets !== undefined && facets().any(this, staysUp)) return BUSY;
    return context.timers !== null && context.timers.size > 0 ? ONLY_TIMERS : GONE;
  }

  /** Leaves the memory. */
  go() {
    if (this.facets !== undefined) facets().goAll(this);
    this.phase = PHASE.gone;
    this.over();
    this.facet?.left();
  }

  /** Whether anything runs here or in its facets. */
  get runs() {
    if (this.events.size > 0 || this.gate.isBusy) return true;
    return this.facets !== undefined && facets().any(this, (record) => record.runs);
  }
}

/** Whether a facet keeps its parent in memory. @param {ObjectRecord} record */
function staysUp(record) {
  return record.askToGo() !== GONE || facets().hasSockets(record);
}

/** Loaded with the first facet. */
function facets() {
  return core.loadExtScript("ext:lopata/object_facets/object_facets.js");
}

/** @param {number} number @returns {ObjectRecord} */
function recordOf(number) {
  let record = MapPrototypeGet(records, number);
  if (record === undefined) {
    record = new ObjectRecord(number);
    MapPrototypeSet(records, number, record);
  }
  return record;
}

/** The context of an event of an object. @param {number} number @param {number} event */
function begin(number, event) {
  return new ObjectEvent(event, recordOf(number).context);
}

/**
 * Has an event begin: constructs the instance if there is none, then runs `start` as soon as the gate lets it.
 * @param {ObjectEvent} context
 * @param {() => void} start runs in the context; reports its own errors
 */
function enter(context, start) {
  const { record } = context.keeper;
  if (record.phase === PHASE.unborn) {
    io.run(context, () => {
      try {
        record.construct();
      } catch (error) {
        op_log_exception(context.event, error);
        record.break(error, HOW.failed);
      }
    });
    if (record.phase >= PHASE.gone) return;
  }
  record.gate.start(() => {
    if (!context.ended) io.run(context, start);
  });
}

/**
 * A handler of the instance, bound to it.
 * @param {ObjectEvent} context
 * @param {string} name
 * @returns {(event: unknown) => unknown}
 */
function handlerOf(context, name) {
  const { instance } = context.keeper.record;
  const handler = instance[name];
  if (typeof handler !== "function") throw new Error(`Handler does not export a ${name}() function.`);
  return (event) => ReflectApply(handler, instance, [event]);
}

/** What a call of JS RPC is looked up on. @param {ObjectEvent} context */
function rpcTarget(context) {
  const { record } = context.keeper;
  if (!record.rpc) throw new TypeError(NO_RPC_TEXT);
  return { object: record.instance, own: false, reserved: names.RESERVED_ON_ENTRYPOINTS };
}

/**
 * What Rust asks for between two events.
 * @param {number} what
 * @param {number} number
 * @param {object | undefined} error
 */
function control(what, number, error) {
  if (what === RUN_TASKS) {
    runTasks();
    return GONE;
  }
  const record = MapPrototypeGet(records, number);
  // One that was never called has nothing to wait for.
  if (record === undefined) return GONE;
  if (what === BREAK) {
    record.break(errors.revive(error), HOW.failed);
    return GONE;
  }
  if (what === IS_CONSTRUCTED) return record.phase === PHASE.alive ? YES : NO;
  const said = record.askToGo();
  if (what === EVICT) {
    if (said === GONE) record.go();
    return said;
  }
  // What is no event is no reason to stay when the code is replaced.
  if (what === LEAVE && !record.runs) {
    record.go();
    return GONE;
  }
  return BUSY;
}

return { begin, control, enter, handlerOf, rpcTarget };
})();
