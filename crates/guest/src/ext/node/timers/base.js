// Timers as Node has them: the web's, held by objects.
(function () {
const { core, primordials } = __bootstrap;
const { Error, ReflectApply, SymbolDispose, SymbolToPrimitive, TypeError } =
  primordials;
const web = core.loadExtScript("ext:lopata/timers/timers.js");
const { shape } = core.loadExtScript("ext:lopata_node/async/context.js");
const { validateFunction } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

let isTimeout, stop;

class Timeout {
  #timer;
  #callback;
  #after;
  #args;
  #repeats;
  #refed;

  constructor(callback, after = 1, args = [], repeats = false, refed = false) {
    this.#callback = callback;
    this.#after = after * 1;
    this.#args = args;
    this.#repeats = repeats;
    this.#refed = refed;
    this.#start();
  }

  refresh() {
    this.#stop();
    this.#start();
    return this;
  }

  unref() {
    this.#refed = false;
    return this;
  }

  ref() {
    this.#refed = true;
    return this;
  }

  hasRef() {
    return this.#refed;
  }

  close() {
    this.#stop();
    return this;
  }

  [SymbolDispose]() {
    this.#stop();
  }

  [SymbolToPrimitive]() {
    return this.#timer;
  }

  #start() {
    const set = this.#repeats ? web.setInterval : web.setTimeout;
    this.#timer = set(this.#callback, this.#after, ...this.#args);
  }

  #stop() {
    web.clearTimeout(this.#timer);
  }

  static {
    isTimeout = (value) => typeof value === "object" && value !== null && #timer in value;
    stop = (timeout) => timeout.#stop();
  }
}

let makeImmediate, cancelImmediate;

/** What `setImmediate` gives; nothing else can make one. */
class Immediate {
  #timer;
  static #making = false;

  constructor() {
    if (!Immediate.#making) throw new TypeError("Illegal constructor");
  }

  ref() {}

  unref() {}

  hasRef() {
    return false;
  }

  [SymbolDispose]() {
    web.clearTimeout(this.#timer);
  }

  static {
    makeImmediate = (callback, args) => {
      Immediate.#making = true;
      let immediate;
      try {
        immediate = new Immediate();
      } finally {
        Immediate.#making = false;
      }
      immediate.#timer = web.setTimeout((...given) => ReflectApply(callback, globalThis, given), 0, ...args);
      return immediate;
    };
    cancelImmediate = (value) => {
      if (typeof value !== "object" || value === null || !(#timer in value)) return false;
      web.clearTimeout(value.#timer);
      return true;
    };
  }
}
shape(Immediate);

function setTimeout(callback, delay = undefined, ...args) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, false, true);
}

function setInterval(callback, delay = undefined, ...args) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, true, true);
}

function clear(timer) {
  if (isTimeout(timer)) {
    stop(timer);
  } else if (typeof timer === "number") {
    web.clearTimeout(timer);
  }
}

function clearTimeout(timer) {
  clear(timer);
}

function clearInterval(timer) {
  clear(timer);
}

/** Both functions of immediates; texts name the object they are called on. @param {string} owner */
function immediates(owner) {
  return {
    setImmediate(...args) {
      if (typeof args[0] !== "function") {
        throw new TypeError(`Failed to execute 'setImmediate' on '${owner}': parameter 1 is not of type 'function'.`);
      }
      return makeImmediate(args[0], args.slice(1));
    },
    clearImmediate(...args) {
      if (args.length > 0 && args[0] === null) return;
      if (!cancelImmediate(args[0])) {
        throw new TypeError(
          `Failed to execute 'clearImmediate' on '${owner}': parameter 1 is not of type 'Immediate'.`,
        );
      }
    },
  };
}

const { setImmediate, clearImmediate } = immediates("TimersUtil");

function active(timer) {
  if (isTimeout(timer)) timer.refresh();
}

function unenroll(timer) {
  clear(timer);
}

function enroll() {
  throw new Error("Not implemented. Please use setTimeout() instead.");
}

return {
  active,
  clearImmediate,
  clearInterval,
  clearTimeout,
  enroll,
  immediates,
  setImmediate,
  setInterval,
  setTimeout,
  Timeout,
  unenroll,
};
})();
