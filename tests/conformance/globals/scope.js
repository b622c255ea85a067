// The global scope: what is in it, and where.

function equal(actual, expected) {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(action, name, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error(`nothing was thrown, not even: ${message}`);
  equal([thrown.name, thrown.message], [name, message]);
}
const chain = [];
for (let object = globalThis; object !== null; object = Object.getPrototypeOf(object)) chain.push(object);

export const theScopeIsOfAServiceWorker = {
  test() {
    equal(chain.slice(1, 4).map((prototype) => prototype.constructor.name), [
      "ServiceWorkerGlobalScope",
      "WorkerGlobalScope",
      "EventTarget",
    ]);
    equal(self === globalThis, true);
  },
};

export const scopesAreNotMadeByHand = {
  test() {
    throws(() => new ServiceWorkerGlobalScope(), "TypeError", "Illegal constructor");
    throws(() => new WorkerGlobalScope(), "TypeError", "Illegal constructor");
  },
};

export const classesAreOnThePrototype = {
  test() {
    const own = Object.getOwnPropertyNames(globalThis);
    for (const name of ["Event", "fetch", "Request", "atob", "structuredClone", "URL", "AbortSignal"]) {
      equal([name, own.includes(name), Object.hasOwn(chain[1], name)], [name, false, true]);
      const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(chain[1], name);
      equal([name, writable, enumerable, configurable], [name, true, true, true]);
    }
    equal(Object.hasOwn(chain[2], "EventTarget"), true);
  },
};

export const instancesAreTheGlobalsOwn = {
  test() {
    for (const name of ["self", "crypto", "caches", "scheduler", "performance", "Cloudflare"]) {
      const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
      equal([name, writable, enumerable, configurable], [name, true, true, true]);
    }
    const { value, writable } = Object.getOwnPropertyDescriptor(globalThis, "origin");
    equal([value, writable], ["null", false]);
  },
};

export const globalsCanBeReplaced = {
  test() {
    const { fetch } = globalThis;
    globalThis.fetch = () => "mine";
    equal(globalThis.fetch(), "mine");
    delete globalThis.fetch;
    equal(globalThis.fetch === fetch, true);
  },
};

export const nothingOfOtherRuntimesIsThere = {
  test() {
    const elsewhere = ["Deno", "__bootstrap", "window", "document", "Bun", "Worker", "localStorage", "FileReader"];
    equal(elsewhere.filter((name) => name in globalThis), []);
    const hidden = ["BroadcastChannel", "ProgressEvent", "QuotaExceededError", "ExecutionContext", "location", "alert"];
    equal(hidden.filter((name) => name in globalThis), []);
    equal(typeof Intl.v8BreakIterator, "function");
  },
};

export const membersOfClassesAreEnumerable = {
  test() {
    for (const [Class, name] of [[Event, "type"], [EventTarget, "dispatchEvent"], [AbortSignal, "aborted"]]) {
      const { enumerable, configurable } = Object.getOwnPropertyDescriptor(Class.prototype, name) ?? {};
      // Of old, getters were properties of each object.
      if (enumerable === undefined && !Cloudflare.compatibilityFlags.workers_api_getters_setters_on_prototype) continue;
      equal([name, enumerable, configurable], [name, true, true]);
    }
    equal(Object.getOwnPropertyDescriptor(Event.prototype, "constructor").enumerable, false);
  },
};

export const nothingHasALength = {
  test() {
    equal([Event.length, EventTarget.length, DOMException.length, HTMLRewriter.length], [0, 0, 0, 0]);
    equal([atob.length, structuredClone.length, EventTarget.prototype.addEventListener.length], [0, 0, 0]);
  },
};

export const tagsAreTheNamesOfClasses = {
  test() {
    const tag = (value) => Object.prototype.toString.call(value);
    const tags = [tag(new Event("a")), tag(new EventTarget()), tag(new AbortController()), tag(globalThis)];
    equal(
      tags,
      Cloudflare.compatibilityFlags.set_tostring_tag
        ? ["[object Event]", "[object EventTarget]", "[object AbortController]", "[object ServiceWorkerGlobalScope]"]
        : ["[object Object]", "[object Object]", "[object Object]", "[object Object]"],
    );
  },
};

export const theNavigatorIsPlain = {
  test() {
    if (!Cloudflare.compatibilityFlags.global_navigator) {
      equal([typeof navigator, typeof Navigator], ["undefined", "undefined"]);
      return;
    }
    equal([navigator.userAgent, navigator.hardwareConcurrency, navigator.platform], ["Cloudflare-Workers", 1, ""]);
    equal(Object.hasOwn(navigator, "userAgent"), true);
    if (Cloudflare.compatibilityFlags.enable_navigator_language) {
      equal([navigator.language, navigator.languages], ["en", ["en"]]);
    } else {
      equal("language" in navigator, false);
    }
    throws(() => new Navigator(), "TypeError", "Illegal constructor");
  },
};

export const aBeaconNeedsAnAddress = {
  test() {
    if (!Cloudflare.compatibilityFlags.global_navigator) return;
    throws(
      () => navigator.sendBeacon(),
      "TypeError",
      "Failed to execute 'sendBeacon' on 'Navigator': parameter 1 is not of type 'string'.",
    );
  },
};

export const flagsAreBooleansThatCannotChange = {
  test() {
    const flags = Cloudflare.compatibilityFlags;
    equal([Object.getPrototypeOf(flags), Object.isFrozen(flags)], [null, true]);
    equal(flags === Cloudflare.compatibilityFlags, true);
    equal(Object.values(flags).every((value) => typeof value === "boolean"), true);
    equal(typeof flags.url_standard, "boolean");
    let refused = false;
    try {
      flags.url_standard = 1;
    } catch (error) {
      refused = error instanceof TypeError;
    }
    equal(refused, true);
    throws(() => new Cloudflare.constructor(), "TypeError", "Illegal constructor");
  },
};

export const microtasksAreFunctions = {
  async test() {
    const text = "Failed to execute 'queueMicrotask' on 'ServiceWorkerGlobalScope': parameter 1 is not of type " +
      "'function'.";
    throws(() => queueMicrotask(), "TypeError", text);
    throws(() => queueMicrotask(1), "TypeError", text);
    const log = [];
    await new Promise((resolve) => {
      queueMicrotask(function () {
        log.push(this === globalThis);
        resolve();
      });
      log.push("now");
    });
    equal(log, ["now", true]);
  },
};

export const codeIsNotMadeOfText = {
  test() {
    throws(() => (0, eval)("1"), "EvalError", "Code generation from strings disallowed for this context");
    throws(() => new Function("return 1"), "EvalError", "Code generation from strings disallowed for this context");
  },
};

export const webAssemblyIsNotMadeOfBytes = {
  test() {
    const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    throws(
      () => new WebAssembly.Module(bytes),
      "CompileError",
      "WebAssembly.Module(): Wasm code generation disallowed by embedder",
    );
    equal([WebAssembly.validate(bytes), typeof WebAssembly.compileStreaming], [true, "undefined"]);
    equal(Object.keys(WebAssembly), ["compile", "validate", "instantiate", "promising"]);
  },
};

export const nobodyWaitsForMemory = {
  test() {
    throws(
      () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1),
      "TypeError",
      "Atomics.wait cannot be called in this context",
    );
  },
};

export const theLanguageIsRecent = {
  test() {
    for (const name of ["Iterator", "Float16Array", "DisposableStack", "AsyncDisposableStack", "SuppressedError"]) {
      equal([name, typeof globalThis[name]], [name, "function"]);
    }
    equal([typeof Symbol.dispose, typeof Array.fromAsync, typeof Promise.try, typeof RegExp.escape], [
      "symbol",
      "function",
      "function",
      "function",
    ]);
    equal([typeof Error.isError, typeof Uint8Array.fromBase64, typeof Math.sumPrecise], [
      "function",
      "function",
      "function",
    ]);
  },
};

export const weakReferencesHaveADate = {
  test() {
    const type = Cloudflare.compatibilityFlags.enable_weak_ref ? "function" : "undefined";
    equal([typeof WeakRef, typeof FinalizationRegistry], [type, type]);
  },
};

export const importScriptsHadADate = {
  test() {
    if (Cloudflare.compatibilityFlags.no_global_importscripts) {
      equal("importScripts" in globalThis, false);
    } else {
      throws(
        () => importScripts(),
        "Error",
        "Failed to execute 'importScripts' on 'WorkerGlobalScope': the method is not implemented.",
      );
    }
  },
};

export const theConsoleIsAnObject = {
  test() {
    const methods = [
      "assert",
      "clear",
      "count",
      "countReset",
      "debug",
      "dir",
      "dirxml",
      "error",
      "group",
      "groupCollapsed",
      "groupEnd",
      "info",
      "log",
      "table",
      "time",
      "timeEnd",
      "timeLog",
      "timeStamp",
      "trace",
      "warn",
    ];
    equal(methods.filter((name) => typeof console[name] !== "function"), []);
    equal(Object.prototype.toString.call(console), "[object console]");
    equal(Object.getOwnPropertyDescriptor(globalThis, "console").enumerable, false);
  },
};
