// AbortController and AbortSignal, as production has them.
//
// A signal that depends on others (`any`) is told after those who listen to the one that was aborted. A signal that
// has been aborted forgets its listeners: nothing more can happen to it. Stands in the place of the engine's script.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  ObjectDefineProperty,
  SafeSet,
  SafeSetIterator,
  SetPrototypeAdd,
  SetPrototypeDelete,
  Symbol,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { clearListeners, defineEventHandler, dispatch, Event, EventTarget } = core.loadExtScript(
  "ext:deno_web/02_event.js",
);
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** Names under which the runtime's scripts attach what runs before any listener. */
const add = Symbol("[[add]]");
const remove = Symbol("[[remove]]");
const signalAbort = Symbol("[[signalAbort]]");

const key = { __proto__: null };
const isObject = (value) => typeof value === "object" && value !== null;

// Source: workerd's texts.
const abortError = () => new DOMException("The operation was aborted", "AbortError");
const timeoutError = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");

let isSignal, trigger, depend;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  /** Steps of the runtime; null while there are none. */
  #steps = null;
  /** The signals of `any` that this one depends on; null for any other. */
  #sources = null;
  /** The signals that depend on this one; null while there are none. */
  #dependents = null;

  constructor(secret) {
    if (secret !== key) throw new TypeError("Illegal constructor");
    super();
  }

  /** @returns {AbortSignal} */
  static #of(self) {
    if (!isObject(self) || !(#aborted in self)) throw webidl.illegalInvocation();
    return self;
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(key);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(delay) {
    if (arguments.length === 0) throw webidl.badArgument("Failed to execute 'timeout' on 'AbortSignal'", 1, "number");
    delay = webidl.converters.double(delay);
    const signal = new AbortSignal(key);
    core.loadExtScript("ext:lopata/timers/timers.js").setTimeout(() => signal.#trigger(timeoutError()), delay);
    return signal;
  }

  static any(signals) {
    if (!ArrayIsArray(signals)) throw webidl.badArgument("Failed to execute 'any' on 'AbortSignal'", 1, "Array");
    const given = [];
    for (let i = 0; i < signals.length; i++) {
      if (!isSignal(signals[i])) throw webidl.mismatch(undefined, i, "AbortSignal");
      ArrayPrototypePush(given, signals[i]);
    }
    return depend(given);
  }

  get aborted() {
    return AbortSignal.#of(this).#aborted;
  }
  get reason() {
    return AbortSignal.#of(this).#reason;
  }
  throwIfAborted() {
    const signal = AbortSignal.#of(this);
    if (signal.#aborted) throw signal.#reason;
  }

  #trigger(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const dependents = this.#dependents;
    this.#dependents = null;
    const reached = [];
    if (dependents !== null) {
      for (const dependent of new SafeSetIterator(dependents)) {
        if (dependent.#aborted) continue;
        dependent.#aborted = true;
        dependent.#reason = reason;
        ArrayPrototypePush(reached, dependent);
      }
    }
    this.#tell(reached, 0);
  }

  /** Tells those who listen, then the dependents from `next` on, also if a listener throws. */
  #tell(dependents, next) {
    const steps = this.#steps;
    const sources = this.#sources;
    this.#steps = null;
    this.#sources = null;
    if (sources !== null) {
      for (let i = 0; i < sources.length; i++) {
        if (sources[i].#dependents !== null) SetPrototypeDelete(sources[i].#dependents, this);
      }
    }
    try {
      if (steps !== null) {
        for (const step of new SafeSetIterator(steps)) step();
      }
      dispatch(this, new Event("abort"));
    } finally {
      clearListeners(this);
      if (next < dependents.length) dependents[next].#tell(dependents, next + 1);
    }
  }

  static {
    isSignal = (value) => isObject(value) && #aborted in value;
    trigger = (signal, reason) => signal.#trigger(reason === undefined ? abortError() : reason);
    depend = (signals) => {
      const signal = new AbortSignal(key);
      for (let i = 0; i < signals.length; i++) {
        if (signals[i].#aborted) {
          signal.#aborted = true;
          signal.#reason = signals[i].#reason;
          return signal;
        }
      }
      const sources = [];
      for (let i = 0; i < signals.length; i++) {
        const origins = signals[i].#sources ?? [signals[i]];
        for (let j = 0; j < origins.length; j++) {
          if (ArrayPrototypeIncludes(sources, origins[j])) continue;
          ArrayPrototypePush(sources, origins[j]);
          SetPrototypeAdd(origins[j].#dependents ??= new SafeSet(), signal);
        }
      }
      signal.#sources = sources;
      return signal;
    };
    const internal = (name, value) => ObjectDefineProperty(AbortSignal.prototype, name, { __proto__: null, value });
    internal(add, function (step) {
      if (!this.#aborted) SetPrototypeAdd(this.#steps ??= new SafeSet(), step);
    });
    internal(remove, function (step) {
      if (this.#steps !== null) SetPrototypeDelete(this.#steps, step);
    });
    internal(signalAbort, function (reason) {
      trigger(this, reason);
    });
  }
}
webidl.configureInterface(AbortSignal);
defineEventHandler(AbortSignal.prototype, "abort");

class AbortController {
  #signal = new AbortSignal(key);

  static #of(self) {
    if (!isObject(self) || !(#signal in self)) throw webidl.illegalInvocation();
    return self.#signal;
  }
  get signal() {
    return AbortController.#of(this);
  }
  abort(reason = undefined) {
    trigger(AbortController.#of(this), reason);
  }
}
webidl.configureInterface(AbortController);

webidl.converters.AbortSignal = (value, prefix, context) => {
  if (!isSignal(value)) throw webidl.mismatch(prefix, context, "AbortSignal");
  return value;
};
webidl.converters["sequence<AbortSignal>"] = webidl.createSequenceConverter(webidl.converters.AbortSignal);

return {
  AbortController,
  AbortSignal,
  AbortSignalPrototype: AbortSignal.prototype,
  add,
  createDependentAbortSignal: (signals) => depend(signals),
  newSignal: () => new AbortSignal(key),
  remove,
  signalAbort,
  timerId: Symbol("[[timerId]]"),
};
})();
