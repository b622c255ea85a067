// The module "node:diagnostics_channel".
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeSplice,
  Error,
  Map,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  ReflectApply,
  SafeMapIterator,
  SafeWeakMap,
  String,
  TypeError,
} = primordials;
const { badParameter, callWithStore, keyOf, shape } = core.loadExtScript("ext:lopata_node/async/context.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { ERR_INVALID_ARG_TYPE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateObject } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

/** Whether `hasSubscribers` is a property, as in Node; production had it as a method. */
const AS_PROPERTY = compat.has("diagnostics_channel_has_subscribers_getter");

/** The channels, by name as a string; a symbol is known by its description. */
const channels = new Map();
let constructing = false;

/** Whether a channel has subscribers. @type {(channel: Channel) => boolean} */
let isHeard;

class Channel {
  #name;
  #subscribers = new Map();
  #stores = new Map();

  constructor(name = undefined) {
    if (!constructing) throw new TypeError("Illegal constructor");
    this.#name = name;
  }

  static {
    isHeard = (channel) => MapPrototypeGetSize(channel.#subscribers) !== 0;
  }

  publish(...args) {
    if (args.length === 0) throw badParameter("publish", "Channel", 1, "Value");
    const listeners = [];
    for (const entry of new SafeMapIterator(this.#subscribers)) ArrayPrototypePush(listeners, entry[0]);
    for (let i = 0; i < listeners.length; i++) ReflectApply(listeners[i], globalThis, [args[0], this.#name]);
  }

  subscribe(...args) {
    if (typeof args[0] !== "function") throw badParameter("subscribe", "Channel", 1, "function");
    MapPrototypeSet(this.#subscribers, args[0], true);
  }

  unsubscribe(...args) {
    if (typeof args[0] !== "function") throw badParameter("unsubscribe", "Channel", 1, "function");
    MapPrototypeDelete(this.#subscribers, args[0]);
  }

  bindStore(...args) {
    const key = keyOf(args[0]);
    if (key === undefined) throw badParameter("bindStore", "Channel", 1, "AsyncLocalStorage");
    if (args[1] !== undefined && typeof args[1] !== "function") {
      throw badParameter("bindStore", "Channel", 2, "function");
    }
    MapPrototypeSet(this.#stores, key, args[1]);
  }

  unbindStore(...args) {
    const key = keyOf(args[0]);
    if (key === undefined) throw badParameter("unbindStore", "Channel", 1, "AsyncLocalStorage");
    MapPrototypeDelete(this.#stores, key);
  }

  runStores(...args) {
    if (args.length === 0) throw badParameter("runStores", "Channel", 1, "Value");
    const { 0: message, 1: callback } = args;
    if (typeof callback !== "function") throw badParameter("runStores", "Channel", 2, "function");
    const receiver = args[2] === undefined ? globalThis : args[2];
    let run = () => {
      this.publish(message);
      return ReflectApply(callback, receiver, args.slice(3));
    };
    for (const entry of new SafeMapIterator(this.#stores)) {
      const { 0: key, 1: transform } = entry;
      const inner = run;
      run = () => {
        const store = transform === undefined ? message : transform(message);
        return callWithStore(key, store, inner, undefined, []);
      };
    }
    return run();
  }
}
/** @param {(self: object) => boolean} answer */
function defineHasSubscribers(prototype, answer, enumerable) {
  const descriptor = AS_PROPERTY
    ? {
      get() {
        return answer(this);
      },
    }
    : {
      value: function hasSubscribers() {
        return answer(this);
      },
      writable: true,
    };
  ObjectDefineProperty(prototype, "hasSubscribers", { __proto__: null, ...descriptor, enumerable, configurable: true });
}

defineHasSubscribers(Channel.prototype, (channel) => isHeard(channel), true);
shape(Channel);

/** @param {string | symbol} name */
function channel(name) {
  const known = String(name);
  let found = MapPrototypeGet(channels, known);
  if (found === undefined) {
    constructing = true;
    try {
      found = new Channel(typeof name === "symbol" ? name : known);
    } finally {
      constructing = false;
    }
    MapPrototypeSet(channels, known, found);
  }
  return found;
}

/** @param {string | symbol} name */
function hasSubscribers(name) {
  const found = MapPrototypeGet(channels, String(name));
  return found !== undefined && isHeard(found);
}

/** @param {string | symbol} name @param {Function} callback */
function subscribe(name, callback) {
  if (typeof callback !== "function") throw badParameter("subscribe", "DiagnosticsChannelModule", 2, "function");
  channel(name).subscribe(callback);
}

/** @param {string | symbol} name @param {Function} callback */
function unsubscribe(name, callback) {
  if (typeof callback !== "function") throw badParameter("unsubscribe", "DiagnosticsChannelModule", 2, "function");
  MapPrototypeGet(channels, String(name))?.unsubscribe(callback);
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

class TracingChannel {
  constructor() {
    throw new Error("Use diagnostic_channel.tracingChannels() to create TracingChannel");
  }
}

/** The channels of each tracing channel. */
const parts = new SafeWeakMap();

/** @param {TracingChannel} tracing */
function of(tracing) {
  return parts.get(tracing);
}

for (const event of EVENTS) {
  ObjectDefineProperty(TracingChannel.prototype, event, {
    __proto__: null,
    get() {
      return of(this)?.[event];
    },
    configurable: true,
  });
}

function method(name, value) {
  ObjectDefineProperty(TracingChannel.prototype, name, { __proto__: null, value, writable: true, configurable: true });
}

method("subscribe", function subscribe(subscriptions) {
  for (let i = 0; i < EVENTS.length; i++) {
    const callback = subscriptions[EVENTS[i]];
    if (callback !== undefined) this[EVENTS[i]].subscribe(callback);
  }
});

method("unsubscribe", function unsubscribe(subscriptions) {
  for (let i = 0; i < EVENTS.length; i++) {
    const callback = subscriptions[EVENTS[i]];
    if (callback !== undefined) this[EVENTS[i]].unsubscribe(callback);
  }
});

/** Runs `work` between the events of its start and its end; an exception is an event of its own. */
function traced(tracing, context, receiver, work) {
  const { start, end, error } = tracing;
  return start.runStores(context, () => {
    try {
      return work();
    } catch (thrown) {
      context.error = thrown;
      error.publish(context);
      throw thrown;
    } finally {
      end.publish(context);
    }
  }, receiver);
}

method("traceSync", function traceSync(fn, context = {}, receiver = globalThis, ...args) {
  return traced(this, context, receiver, () => {
    const result = ReflectApply(fn, receiver, args);
    context.result = result;
    return result;
  });
});

method("tracePromise", function tracePromise(fn, context = {}, receiver = globalThis, ...args) {
  const { asyncStart, asyncEnd, error } = this;
  const over = () => {
    asyncStart.publish(context);
    asyncEnd.publish(context);
  };
  return traced(this, context, receiver, () => {
    let promise = ReflectApply(fn, receiver, args);
    if (!ObjectPrototypeIsPrototypeOf(Promise.prototype, promise)) promise = PromiseResolve(promise);
    return PromisePrototypeThen(promise, (result) => {
      context.result = result;
      over();
      return result;
    }, (reason) => {
      context.error = reason;
      error.publish(context);
      over();
      return PromiseReject(reason);
    });
  });
});

method("traceCallback", function traceCallback(fn, position = -1, context = {}, receiver = globalThis, ...args) {
  const { asyncStart, asyncEnd, error } = this;
  const callback = args[position];
  if (typeof callback !== "function") throw new ERR_INVALID_ARG_TYPE("callback", ["function"], callback);
  ArrayPrototypeSplice(args, position, 1, function (...results) {
    if (results[0]) {
      context.error = results[0];
      error.publish(context);
    } else {
      context.result = results[1];
    }
    asyncStart.runStores(context, () => {
      try {
        return ReflectApply(callback, this, results);
      } finally {
        asyncEnd.publish(context);
      }
    }, receiver);
  });
  return traced(this, context, receiver, () => ReflectApply(fn, receiver, args));
});

defineHasSubscribers(TracingChannel.prototype, (tracing) => {
  for (let i = 0; i < EVENTS.length; i++) {
    if (isHeard(tracing[EVENTS[i]])) return true;
  }
  return false;
}, false);

/** @param {string | Record<string, Channel>} nameOrChannels */
function tracingChannel(nameOrChannels) {
  const found = { __proto__: null };
  if (typeof nameOrChannels === "string") {
    for (let i = 0; i < EVENTS.length; i++) found[EVENTS[i]] = channel(`tracing:${nameOrChannels}:${EVENTS[i]}`);
  } else {
    validateObject(nameOrChannels, "channels");
    for (let i = 0; i < EVENTS.length; i++) {
      const given = nameOrChannels[EVENTS[i]];
      if (!ObjectPrototypeIsPrototypeOf(Channel.prototype, given)) {
        throw new ERR_INVALID_ARG_TYPE(`channels.${EVENTS[i]}`, "Channel", given);
      }
      found[EVENTS[i]] = given;
    }
  }
  const tracing = ObjectCreate(TracingChannel.prototype);
  parts.set(tracing, found);
  return tracing;
}

const names = { hasSubscribers, channel, subscribe, unsubscribe, tracingChannel, Channel };

return { ...names, TracingChannel, default: names };
})();
