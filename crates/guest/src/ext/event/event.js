// Events and their targets, as production has them.
//
// There is no tree: an event is dispatched at one target, without phases and without capture. A handler that throws
// ends the dispatch, and what it threw comes out of `dispatchEvent`. A property `on<type>` of any target is a handler,
// and is the first. Stands in the place of the engine's script of the same name, so that its classes are these.
(function () {
const { core, internals, primordials } = __bootstrap;
const {
  ArrayPrototypeIndexOf,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSplice,
  FunctionPrototypeCall,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  SafeMap,
  Symbol,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** The bits of an event's state. */
const TRUSTED = 1;
const STOPPED = 2;
const PREVENTED = 4;
const DISPATCHING = 8;
const PROPAGATION_STOPPED = 16;
const COMPOSED = 32;
const BUBBLES = 64;
const CANCELABLE = 128;

const NONE = 0;
const AT_TARGET = 2;

/** A dictionary that a constructor or method takes; null counts as an empty one. */
function dictionary(value, prefix, number, type) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" && typeof value !== "function") throw webidl.badArgument(prefix, number, type);
  return value;
}

/** What the subclasses pass as a third argument: type and dictionary have been converted. */
const own = { __proto__: null };

const isThis = (self) => (typeof self === "object" && self !== null) || typeof self === "function";

let isEvent, isStopped, typeOf, setTrusted, setTarget, begin, end, prevent, isPrevented;

class Event {
  #type;
  #flags = 0;
  #target = undefined;

  constructor(type, init = undefined, key = undefined) {
    if (key !== own) {
      const prefix = "Failed to construct 'Event'";
      if (arguments.length === 0) throw webidl.badArgument(prefix, 1, "string");
      type = webidl.converters.DOMString(type);
      init = dictionary(init, prefix, 2, "Init");
    }
    this.#type = type;
    if (init !== undefined) {
      let flags = 0;
      if (init.bubbles) flags |= BUBBLES;
      if (init.cancelable) flags |= CANCELABLE;
      if (init.composed) flags |= COMPOSED;
      this.#flags = flags;
    }
  }

  /** @returns {Event} */
  static #of(self) {
    if (!isThis(self) || !(#flags in self)) throw webidl.illegalInvocation();
    return self;
  }

  get type() {
    return Event.#of(this).#type;
  }
  get eventPhase() {
    return (Event.#of(this).#flags & DISPATCHING) === 0 ? NONE : AT_TARGET;
  }
  get composed() {
    return (Event.#of(this).#flags & COMPOSED) !== 0;
  }
  get bubbles() {
    return (Event.#of(this).#flags & BUBBLES) !== 0;
  }
  get cancelable() {
    return (Event.#of(this).#flags & CANCELABLE) !== 0;
  }
  get defaultPrevented() {
    return (Event.#of(this).#flags & (CANCELABLE | PREVENTED)) === (CANCELABLE | PREVENTED);
  }
  get returnValue() {
    return (Event.#of(this).#flags & (CANCELABLE | PREVENTED)) !== (CANCELABLE | PREVENTED);
  }
  get currentTarget() {
    const event = Event.#of(this);
    // Production forgets it after the dispatch only in its mode of pedantry.
    if ((event.#flags & DISPATCHING) === 0 && compat.has("pedantic_wpt")) return null;
    return event.#target;
  }
  get target() {
    return Event.#of(this).#target;
  }
  get srcElement() {
    return Event.#of(this).#target;
  }
  get timeStamp() {
    Event.#of(this);
    return 0;
  }
  get isTrusted() {
    return (Event.#of(this).#flags & TRUSTED) !== 0;
  }
  get cancelBubble() {
    return (Event.#of(this).#flags & PROPAGATION_STOPPED) !== 0;
  }
  set cancelBubble(stopped) {
    const event = Event.#of(this);
    if (stopped) event.#flags |= PROPAGATION_STOPPED;
    else event.#flags &= ~PROPAGATION_STOPPED;
  }
  stopImmediatePropagation() {
    Event.#of(this).#flags |= STOPPED;
  }
  preventDefault() {
    Event.#of(this).#flags |= PREVENTED;
  }
  stopPropagation() {
    Event.#of(this).#flags |= PROPAGATION_STOPPED;
  }
  composedPath() {
    const event = Event.#of(this);
    return (event.#flags & DISPATCHING) === 0 ? [] : [event.#target];
  }

  static {
    isEvent = (value) => isThis(value) && #flags in value;
    isStopped = (event) => (event.#flags & STOPPED) !== 0;
    typeOf = (event) => event.#type;
    setTrusted = (event) => {
      event.#flags |= TRUSTED;
    };
    setTarget = (event, target) => {
      event.#target = target;
    };
    begin = (event, target) => {
      if ((event.#flags & DISPATCHING) !== 0) {
        throw new DOMException("The event is already being dispatched.", "InvalidStateError");
      }
      event.#flags = (event.#flags | DISPATCHING) & ~PREVENTED;
      event.#target = target;
    };
    end = (event) => {
      event.#flags &= ~DISPATCHING;
    };
    prevent = (event) => {
      event.#flags |= PREVENTED;
    };
    isPrevented = (event) => (event.#flags & PREVENTED) !== 0;
  }
}

for (const [name, value] of [["NONE", 0], ["CAPTURING_PHASE", 1], ["AT_TARGET", 2], ["BUBBLING_PHASE", 3]]) {
  const constant = { __proto__: null, value, enumerable: true, configurable: true };
  ObjectDefineProperty(Event, name, constant);
  ObjectDefineProperty(Event.prototype, name, constant);
}
webidl.configureInterface(Event);

// ---- targets

/** Which listeners the engine's Node modules may make deaf to `stopImmediatePropagation`. */
const kResistStopImmediatePropagation = Symbol("kResistStopImmediatePropagation");
/** Under which those modules find a target's listeners. */
const eventTargetData = Symbol("eventTargetData");

/** The global scope: it is a target that no constructor made. */
let globalThis_;
let globalData = null;

/**
 * What a target knows; made when it is first needed.
 *
 * @typedef {{ callback: Function | object, once: boolean, resists: boolean, removed: boolean,
 *   following: { signal: AbortSignal, listener: Listener } | null }} Listener
 */
class Data {
  constructor() {
    /** Type to the listeners in the order in which they are called. */
    this.listeners = { __proto__: null };
    /** Type to the handler that an `on<type>` accessor registered; null while there is none. */
    this.handlers = null;
    /** Type to who wants to know how many listeners there are; null while nobody does. */
    this.watchers = null;
    /** A target says once that a handler's value is ignored. */
    this.warned = false;
  }
}

let dataOf, makeData, isTarget;

const ADD = "Failed to execute 'addEventListener' on 'EventTarget'";
const REMOVE = "Failed to execute 'removeEventListener' on 'EventTarget'";

/** Refuses what there is no sense in without a tree. @returns {object | undefined} the options */
function optionsOf(options, method) {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== "object" && typeof options !== "function") {
    if (options) throw new TypeError(`${method}(): useCapture must be false.`);
    return undefined;
  }
  if (options.capture) throw new TypeError(`${method}(): options.capture must be false.`);
  return options;
}

/** The events that are exported functions in module syntax. */
const SPECIAL = { __proto__: null, fetch: true, scheduled: true, tail: true, trace: true, alarm: true };
let isModule = false;

/** From now on the worker is known to be one of modules. */
function expectModule() {
  isModule = true;
}

function warnOfSpecial(type) {
  if (!isModule || !SPECIAL[type]) return;
  core.loadExtScript("ext:lopata/console/console.js").warn(
    `When using module syntax, the '${type}' event handler should be declared as an exported function on the root ` +
      "module as opposed to using the global addEventListener().",
  );
}

/** What is no handler counts as none where production once took it for null. */
function notHandler(prefix, type) {
  if (compat.has("dont_substitute_null_on_type_error")) throw webidl.badArgument(prefix, 2, type);
}

class EventTarget {
  #data = null;

  static #of(self) {
    if (self === undefined || self === null) return globalThis_;
    if (self !== globalThis_ && (!isThis(self) || !(#data in self))) throw webidl.illegalInvocation();
    return self;
  }

  addEventListener(type, handler, options = undefined) {
    const self = EventTarget.#of(this);
    if (arguments.length < 2) {
      const missing = arguments.length === 0 ? "string" : "function or HandlerObject";
      throw webidl.badArgument(ADD, arguments.length + 1, missing);
    }
    type = webidl.converters.DOMString(type);
    if (self === globalThis_) warnOfSpecial(type);
    if (handler === undefined || handler === null) return;
    if (typeof handler === "object") {
      if (typeof handler.handleEvent !== "function") {
        throw webidl.mismatch(ADD, "'handleEvent' of 'HandlerObject'", "function");
      }
    } else if (typeof handler !== "function") {
      notHandler(ADD, "function or HandlerObject");
      return;
    }
    const given = optionsOf(options, "addEventListener");
    let signal;
    let once = false;
    if (given !== undefined) {
      if (given.passive) throw new TypeError("addEventListener(): options.passive must be false.");
      once = !!given.once;
      signal = given.signal;
      if (signal !== undefined) {
        signal = webidl.converters.AbortSignal(signal, ADD, "'signal' of 'AddEventListenerOptions'");
        if (signal.aborted) return;
      }
    }
    const added = add(self, type, handler, once, given !== undefined && !!given[kResistStopImmediatePropagation]);
    if (signal !== undefined && added !== null) follow(self, type, added, signal);
  }

  removeEventListener(type, handler, options = undefined) {
    const self = EventTarget.#of(this);
    if (arguments.length < 2) {
      throw webidl.badArgument(REMOVE, arguments.length + 1, arguments.length === 0 ? "string" : "Object");
    }
    type = webidl.converters.DOMString(type);
    if (handler === undefined || handler === null) return;
    if (typeof handler !== "object" && typeof handler !== "function") {
      notHandler(REMOVE, "Object");
      return;
    }
    optionsOf(options, "removeEventListener");
    const list = dataOf(self)?.listeners[type];
    if (list === undefined) return;
    for (let i = 0; i < list.length; i++) {
      if (list[i].callback === handler) {
        remove(self, type, list[i]);
        return;
      }
    }
  }

  dispatchEvent(event) {
    const self = EventTarget.#of(this);
    if (!isEvent(event)) throw webidl.badArgument("Failed to execute 'dispatchEvent' on 'EventTarget'", 1, "Event");
    return fire(self, event);
  }

  get [eventTargetData]() {
    return isTarget(this) ? dataOf(this) ?? undefined : undefined;
  }

  static {
    isTarget = (value) => value === globalThis_ || (isThis(value) && #data in value);
    dataOf = (target) => target === globalThis_ ? globalData : target.#data;
    makeData = (target) => {
      if (target === globalThis_) return globalData ??= new Data();
      return target.#data ??= new Data();
    };
  }
}
webidl.configureInterface(EventTarget);

/** @returns {Listener | null} null when it is there already */
function add(target, type, callback, once, resists) {
  const { listeners } = makeData(target);
  const list = listeners[type] ??= [];
  for (let i = 0; i < list.length; i++) {
    if (list[i].callback === callback) return null;
  }
  const listener = { callback, once, resists, removed: false, following: null };
  ArrayPrototypePush(list, listener);
  tellWatcher(target, type, list);
  return listener;
}

function tellWatcher(target, type, list) {
  const watchers = dataOf(target)?.watchers;
  if (watchers) MapPrototypeGet(watchers, type)?.(list.length);
}

/** Calls `callback` with their number whenever listeners of `type` come or go. */
function onListenersChanged(target, type, callback) {
  const data = makeData(target);
  data.watchers ??= new SafeMap();
  MapPrototypeSet(data.watchers, type, callback);
}

/** The dispatch that goes on has a list of its own, so it looks at `removed`. */
function remove(target, type, listener) {
  const list = dataOf(target)?.listeners[type];
  if (list === undefined) return;
  const index = ArrayPrototypeIndexOf(list, listener);
  if (index === -1) return;
  listener.removed = true;
  ArrayPrototypeSplice(list, index, 1);
  const { following } = listener;
  if (following !== null) {
    listener.following = null;
    remove(following.signal, "abort", following.listener);
  }
  tellWatcher(target, type, list);
}

/** Takes a listener away when `signal` is aborted. */
function follow(target, type, listener, signal) {
  const leave = () => {
    listener.following = null;
    remove(target, type, listener);
  };
  listener.following = { signal, listener: add(signal, "abort", leave, true, true) };
}

/** The names of the properties that are handlers, so that a dispatch makes no string. */
const handlerNames = new SafeMap();
const HANDLER_NAMES_MAX = 256;

function handlerName(type) {
  let name = MapPrototypeGet(handlerNames, type);
  if (name === undefined) {
    name = "on" + type;
    if (handlerNames.size < HANDLER_NAMES_MAX) MapPrototypeSet(handlerNames, type, name);
  }
  return name;
}

/** The function in a target's property `on<type>`, if no accessor of the runtime is there. */
function propertyHandler(target, data, type) {
  if (data?.handlers?.has(type)) return undefined;
  const handler = target[handlerName(type)];
  return typeof handler === "function" ? handler : undefined;
}

/**
 * Calls the handlers of an event. What one of them throws is reported, or, of old, ends the dispatch and is thrown.
 *
 * @param {((error: unknown) => void) | undefined} onThrown told what is reported
 * @returns {boolean} false if a handler asked to prevent the default
 */
function fire(target, event, onThrown = undefined) {
  const reports = compat.has("spec_compliant_dispatch_exceptions");
  begin(event, target);
  try {
    const type = typeOf(event);
    const data = dataOf(target);
    const handler = propertyHandler(target, data, type);
    let list = data?.listeners[type];
    // Listeners that are added meanwhile are not called.
    if (list !== undefined && (list.length > 1 || handler !== undefined)) list = ArrayPrototypeSlice(list);
    if (handler !== undefined) {
      try {
        returned(target, event, FunctionPrototypeCall(handler, globalThis_, event));
      } catch (error) {
        if (!reports) throw error;
        report.reportException(error);
        onThrown?.(error);
      }
    }
    if (list !== undefined) {
      for (let i = 0, length = list.length; i < length; i++) {
        try {
          call(target, type, list[i], event);
        } catch (error) {
          if (!reports) throw error;
          report.reportException(error);
          onThrown?.(error);
        }
      }
    }
    return !isPrevented(event);
  } finally {
    end(event);
  }
}

function call(target, type, listener, event) {
  if (listener.removed || (isStopped(event) && !listener.resists)) return;
  if (listener.once) remove(target, type, listener);
  const { callback } = listener;
  const result = typeof callback === "function"
    ? FunctionPrototypeCall(callback, compat.has("set_event_target_this") ? target : globalThis_, event)
    : callback.handleEvent(event);
  if (result !== undefined) returned(target, event, result);
}

/** What a handler returns is ignored but for true, and it is told so. */
function returned(target, event, result) {
  if (result === true) prevent(event);
  if (result === undefined || typeof result === "boolean") return;
  const data = makeData(target);
  if (data.warned) return;
  data.warned = true;
  const { warn } = core.loadExtScript("ext:lopata/console/console.js");
  if (core.isPromise(result)) {
    warn(
      "An event handler returned a promise that will be ignored. Event handlers should not have a return value and " +
        "should not be async functions.",
    );
  } else {
    const type = result === null ? "object" : typeof result;
    warn(
      `An event handler returned a value of type "${type}" that will be ignored. Event handlers should not have a ` +
        "return value.",
    );
  }
}

/** Dispatches an event that the runtime made. */
function dispatch(target, event) {
  setTrusted(event);
  return fire(target, event);
}

/**
 * The same for whom it matters that a handler threw: everything thrown is reported.
 * @returns {{ error: unknown } | null} what was thrown first
 */
function dispatchAndReport(target, event) {
  let first = null;
  setTrusted(event);
  try {
    fire(target, event, (error) => {
      first ??= { error };
    });
  } catch (error) {
    report.reportException(error);
    first = { error };
  }
  return first;
}

/** How many handlers an event of this type would reach. */
function listenerCount(target, type) {
  const data = dataOf(target);
  return (data?.listeners[type]?.length ?? 0) + (propertyHandler(target, data, type) === undefined ? 0 : 1);
}

/**
 * Gives a class an accessor `on<name>`. Its handler takes its turn where it was first set.
 *
 * @param {object} prototype
 * @param {string} name
 * @param {(target: EventTarget) => void} init called when a handler is set
 */
function defineEventHandler(prototype, name, init = undefined) {
  const property = {
    get onEvent() {
      if (!isTarget(this)) throw webidl.illegalInvocation();
      const handlers = dataOf(this)?.handlers;
      return handlers ? MapPrototypeGet(handlers, name)?.value ?? null : null;
    },
    set onEvent(value) {
      if (!isTarget(this)) throw webidl.illegalInvocation();
      setHandler(this, name, isThis(value) ? value : null);
      if (isThis(value)) init?.(this);
    },
  };
  const { get, set } = ObjectGetOwnPropertyDescriptor(property, "onEvent");
  ObjectDefineProperty(prototype, `on${name}`, { __proto__: null, get, set, enumerable: true, configurable: true });
}

function setHandler(target, name, value) {
  const data = makeData(target);
  const handlers = data.handlers ??= new SafeMap();
  const existing = MapPrototypeGet(handlers, name);
  if (value === null) {
    if (existing === undefined) return;
    MapPrototypeDelete(handlers, name);
    remove(target, name, existing.listener);
  } else if (existing !== undefined) {
    existing.value = value;
  } else {
    const handler = { value, listener: null };
    const run = (event) =>
      typeof handler.value === "function" ? FunctionPrototypeCall(handler.value, globalThis_, event) : undefined;
    handler.listener = add(target, name, run, false, false);
    MapPrototypeSet(handlers, name, handler);
  }
}

/** Takes every handler away: nothing more can happen to the target. */
function clearListeners(target) {
  const data = dataOf(target);
  if (data === null) return;
  data.listeners = { __proto__: null };
}

/** Kept for scripts of the engine that make their targets without a constructor: none of those is in use. */
function setEventTargetData() {}

function saveGlobalThisReference(value) {
  globalThis_ = value;
}

internals.defineEventHandler = defineEventHandler;
internals.setEventTargetData = setEventTargetData;

const kinds = core.loadExtScript("ext:lopata/event/kinds.js").make(Event, own);
const report = core.loadExtScript("ext:lopata/event/report.js").make({
  dispatch,
  ErrorEvent: kinds.ErrorEvent,
  globalScope: () => globalThis_,
  listenerCount,
});

return {
  ...kinds,
  ...report,
  clearListeners,
  defineEventHandler,
  dispatch,
  dispatchAndReport,
  Event,
  eventTargetData,
  EventTarget,
  EventTargetPrototype: EventTarget.prototype,
  expectModule,
  kResistStopImmediatePropagation,
  listenerCount,
  onListenersChanged,
  saveGlobalThisReference,
  setEventTargetData,
  setIsTrusted: (event, trusted) => {
    if (trusted) setTrusted(event);
  },
  setTarget,
};
})();
