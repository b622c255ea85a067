// Attempts to reach the host, the engine or the scripts of the runtime from a worker. All of them fail.
import assert from "node:assert";
import process from "node:process";

const BRAND = Symbol.for("Deno.core.hostObject");
const GLOBALS = [
  "Deno", "__bootstrap", "bootstrap", "primordials", "core", "ops", "internals", "__internals", "__lopata", "lopata",
  "Worker", "SharedWorker", "require", "XMLHttpRequest", "window", "Bun", "ShadowRealm", "d8", "print", "load",
  "open", "read", "quit", "alert", "prompt", "confirm", "localStorage", "sessionStorage", "close",
];

/** Names of the host's own that no worker has. */
export const globals = {
  test() {
    for (const name of GLOBALS) assert.strictEqual(globalThis[name], undefined, name);
    for (const name of Object.getOwnPropertyNames(globalThis)) assert.ok(!/deno|lopata|bootstrap|^op_/i.test(name), name);
    assert.deepStrictEqual(Object.getOwnPropertySymbols(globalThis).filter((key) => /deno|lopata/i.test(String(key))), []);
  },
};

const SPECIFIERS = [
  "/etc/passwd", "file:///etc/passwd", "file:///proc/self/environ", "../../../../etc/passwd", "ext:core/mod.js", "ext:core/ops",
  "ext:lopata/bootstrap/bootstrap.js", "ext:deno_web/00_infra.js", "ext:deno_node/_http_agent.mjs", "npm:left-pad", "jsr:@std/fs",
  "http://127.0.0.1:1/x.js", "https://example.com/x.js", "data:text/javascript,export default 1", "blob:null/1", "checkin:x",
  "bundle:///etc/passwd", "cloudflare-internal:http", "node-internal:process", "internal:deno",
];

/** Modules from elsewhere. */
export const modules = {
  async test() {
    for (const specifier of SPECIFIERS) await assert.rejects(import(specifier), Error, specifier);
  },
};

const ADDRESSES = [
  "file:///etc/passwd", "file:/proc/self/environ", "ext:core/mod.js", "blob:null/1", "about:blank", "chrome://version",
  "bundle:///worker", "unix:///run/x.sock",
];

/** Addresses that are not of the web. */
export const addresses = {
  async test() {
    for (const url of ADDRESSES) {
      let answer;
      try {
        answer = await fetch(url);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
      assert.strictEqual(answer, undefined, url);
    }
    assert.throws(() => new WebSocket("file:///etc/passwd"), { name: "SyntaxError" });
  },
};

/** Constructors of what only the runtime makes. */
export const constructors = {
  test(controller, env) {
    for (const Class of [CryptoKey, SubtleCrypto, Crypto]) {
      assert.throws(() => new Class(), TypeError, Class.name);
      assert.throws(() => Reflect.construct(Class, [], Object), TypeError, Class.name);
    }
    assert.throws(() => new env.SELF.constructor(), TypeError);
    const stub = Object.create(Object.getPrototypeOf(env.SELF));
    assert.throws(() => stub.fetch("http://x/"), TypeError);
  },
};

/** Code from text, by each of the ways to it. */
export const code = {
  test() {
    const makers = [
      Function, (function* () {}).constructor, (async () => {}).constructor, (async function* () {}).constructor,
      assert.strictEqual.constructor, fetch.constructor, crypto.subtle.digest.constructor,
    ];
    for (const make of makers) assert.throws(() => make("return this"), EvalError);
    assert.throws(() => (0, eval)("1"), EvalError);
    assert.throws(() => Reflect.construct(Function, ["return this"]), EvalError);
    assert.throws(() => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])), WebAssembly.CompileError);
  },
};

/** Objects that a worker invents for the serializer. */
export const inventedObjects = {
  test() {
    for (const type of ["Response", "Request", "Headers", "Blob", "DOMException"]) {
      for (const place of [undefined, 0, -1, "0", "length"]) {
        const object = { [BRAND]: () => ({ type, place, headers: [["a", "b\r\nc: d"]], data: 1, list: 1 }) };
        assert.throws(() => structuredClone(object), { name: "DataCloneError" });
        if (place === 0) continue;
        assert.throws(() => structuredClone({ before: new Headers(), object, after: new Blob(["x"]) }));
      }
    }
    // At most it is a copy of what the worker has anyway.
    const object = { [BRAND]: () => ({ type: "Headers", place: 0, list: [["a", "b\r\nc: d"]] }) };
    assert.strictEqual(structuredClone({ before: new Headers({ a: "x" }), object }).object.get("a"), "x");
    assert.throws(() => structuredClone({ [BRAND]: 5 }));
    // What the method of the platform gives is nothing outside of a copy.
    assert.strictEqual(Headers.prototype[BRAND].call(new Headers({ a: "b" })), undefined);
    assert.strictEqual(structuredClone(new Headers({ a: "b" })).get("a"), "b");
  },
};

/** Frames of the runtime on the stack. */
export const frames = {
  async test() {
    const seen = [];
    const before = Error.prepareStackTrace;
    Error.prepareStackTrace = (_, sites) => {
      for (const site of sites) seen.push([site.getThis(), site.getFunction(), site.getFileName()]);
      return "";
    };
    const look = () => void new Error("x").stack;
    new ReadableStream({ start: look });
    new Headers({
      get a() {
        look();
        return "1";
      },
    });
    await new Promise((ok) => setTimeout(() => ok(look()), 1));
    await crypto.subtle.digest("SHA-1", new Uint8Array(1)).then(look);
    try {
      atob("!");
    } catch (error) {
      void error.stack;
    }
    Error.prepareStackTrace = before;
    assert.ok(seen.length > 5);
    for (const [self, made, file] of seen) {
      assert.strictEqual(self, undefined);
      assert.strictEqual(made, undefined);
      assert.ok(!/^ext:|node_modules|\.rs$|^\//.test(file ?? ""), file);
    }
  },
};

/** What the scripts of the runtime would call if they used what a worker can replace. */
export const poison = {
  async test() {
    const seen = [];
    const spy = (object, name) => {
      const descriptor = Object.getOwnPropertyDescriptor(object, name);
      const original = descriptor.value;
      Object.defineProperty(object, name, {
        ...descriptor,
        value: function (...values) {
          if (active) seen.push([name, this, values]);
          return Reflect_apply(original, this, values);
        },
      });
      return () => Object.defineProperty(object, name, descriptor);
    };
    const Reflect_apply = Reflect.apply;
    let active = false;
    const undo = [
      spy(Array.prototype, "push"), spy(Array.prototype, "map"), spy(Array.prototype, "slice"), spy(Map.prototype, "get"),
      spy(WeakMap.prototype, "get"), spy(WeakMap.prototype, "set"), spy(Promise.prototype, "then"), spy(Function.prototype, "call"),
      spy(Function.prototype, "apply"), spy(Function.prototype, "bind"), spy(String.prototype, "split"), spy(RegExp.prototype, "exec"),
      spy(Object, "defineProperty"), spy(Object, "freeze"), spy(Reflect, "apply"), spy(JSON, "parse"),
    ];
    active = true;
    new Headers({ a: "b" }).get("a");
    new Response("x", { headers: { a: "b" } }).clone();
    new Request("http://x/?a=b");
    new URL("http://x/").searchParams.get("a");
    structuredClone(new Headers({ a: "b" }));
    const digest = crypto.subtle.digest("SHA-256", new Uint8Array(1));
    active = false;
    for (const back of undo) back();
    await digest;
    assert.deepStrictEqual(seen.map(([name]) => name), []);
  },
};

/** Accessors that every object inherits. */
export const inherited = {
  async test() {
    const seen = [];
    const names = ["handle", "rid", "ops", "core", "route", "channel"];
    for (const name of names) {
      Object.defineProperty(Object.prototype, name, {
        get() {
          seen.push(name);
        },
        set() {
          seen.push(name);
        },
        configurable: true,
      });
    }
    Object.defineProperty(Object.prototype, BRAND, { value: () => ({ type: "Headers", list: [] }), configurable: true });
    try {
      new Response("x");
      await new Response("x").text();
      await crypto.subtle.digest("SHA-256", new Uint8Array(1));
      assert.throws(() => structuredClone({ a: 1 }));
    } finally {
      for (const name of names) delete Object.prototype[name];
      delete Object.prototype[BRAND];
    }
    assert.deepStrictEqual(seen, []);
  },
};

/** The process and its surroundings. */
export const surroundings = {
  test() {
    assert.strictEqual(process.env.PATH, undefined);
    assert.strictEqual(process.env.HOME, undefined);
    for (const name of ["dlopen", "kill", "_kill", "chdir", "_linkedBinding", "internalBinding", "binding"]) {
      if (typeof process[name] === "function") assert.throws(() => process[name](1, "x"), Error, name);
    }
  },
};

/** Callers, by the old ways. */
export const callers = {
  test() {
    const callback = function () {
      return callback.caller;
    };
    let reached;
    new ReadableStream({
      start() {
        try {
          reached = callback();
        } catch (error) {
          assert.ok(error instanceof TypeError);
        }
      },
    });
    assert.strictEqual(reached, undefined);
    assert.throws(() => fetch.caller, TypeError);
    assert.throws(() => fetch.arguments, TypeError);
  },
};

/** Traps of a proxy see what they are asked, never something of the runtime's. */
export const traps = {
  test() {
    const odd = [];
    const proxy = (target) =>
      new Proxy(target, {
        get(object, key, receiver) {
          if (receiver !== made) odd.push(key);
          return Reflect.get(object, key);
        },
        has(object, key) {
          if (typeof key === "symbol" && Symbol.keyFor(key) === undefined && !Object.values(SYMBOLS).includes(key)) odd.push(key);
          return Reflect.has(object, key);
        },
      });
    const SYMBOLS = Object.fromEntries(Object.getOwnPropertyNames(Symbol).map((name) => [name, Symbol[name]]));
    let made = proxy({});
    new Response("x", made);
    made = proxy({ method: "GET" });
    new Request("http://x/", made);
    assert.throws(() => structuredClone(made), { name: "DataCloneError" });
    for (const method of [Headers.prototype.get, Response.prototype.clone, URL.prototype.toString]) {
      assert.throws(() => method.call(made, "a"), TypeError);
    }
    assert.deepStrictEqual(odd, []);
  },
};
