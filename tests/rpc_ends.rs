//! How JS RPC ends: whatever happened to a call, its event ends, its stubs and streams are let go, and whoever waits
//! for it is told.

use serde_json::json;

use crate::harness::{Project, Server, until};

const CODE: &str = r#"
    import { RpcStub, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

    class Thing extends RpcTarget {
      fail(what: string): unknown {
        throw FAILURES[what]();
      }
      ok() {
        return "ok";
      }
    }

    const FAILURES: Record<string, () => unknown> = {
      "with a function": () => Object.assign(new Error("with a function"), { f: () => {}, code: 1 }),
      "with a target": () => Object.assign(new Error("with a target"), { t: new Thing(), nested: [{ f() {} }] }),
      "with a stream": () => Object.assign(new Error("with a stream"), { r: new ReadableStream(), w: new WritableStream() }),
      "with a signal": () => Object.assign(new Error("with a signal"), { signal: new AbortController().signal }),
      "too large": () => new Error("too large ".repeat(4 * 1024 * 1024)),
      "with a large cause": () => new Error("with a large cause", { cause: "x".repeat(40 * 1024 * 1024) }),
      "with a getter": () => Object.defineProperty(new Error("with a getter"), "x", { enumerable: true, get() { throw 1; } }),
      "with a stack that throws": () => Object.defineProperty(new Error("with a stack that throws"), "stack", { get() { throw 1; } }),
      "a chain without end": () => {
        let error = new Error("a chain without end");
        for (let i = 0; i < 20_000; i++) error = new Error("a chain without end", { cause: error });
        return error;
      },
      "a symbol": () => Symbol("a symbol"),
      "a function": () => Object.assign(() => {}, { toString: () => "a function" }),
      "a target": () => Object.assign(new Thing(), { toString: () => "a target" }),
      "a response": () => new Response("a response"),
      "a proxy": () => new Proxy(new Error("a proxy"), {}),
      "a revoked proxy": () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    };

    export class Api extends WorkerEntrypoint<any> {
      thing() {
        return new Thing();
      }
      fail(what: string) {
        throw FAILURES[what]();
      }
      /** Keeps the callback for as long as the result is held, and gives one back. */
      subscribe(callback: any) {
        const kept = callback.dup();
        return Object.assign(() => kept(), {});
      }
      /** Subscribes at another instance of itself and does not let go of what it got. */
      async circle() {
        const subscription = await (this.ctx as any).exports.Api.subscribe(() => "called");
        return await subscription();
      }
      /** Calls its own targets and does not let go of what they give. */
      async own() {
        const stub = new RpcStub(() => new Thing()) as any;
        const thing = await stub();
        const bag = new RpcStub({ get: () => ({ x: 1, [Symbol.dispose]() {} }), hang: () => new Promise(() => {}) }) as any;
        await bag.get();
        bag.hang();
        return [await thing.ok(), await stub().ok()];
      }
      /** The same, and gives away what it got. */
      async ownGiven() {
        const stub = new RpcStub(() => new Thing()) as any;
        return await stub();
      }
      echo(value: unknown) {
        return value;
      }
      async take(...values: unknown[]) {
        return values.length;
      }
    }

    const seen = (error: any) => `${error?.message ?? error}`.slice(0, 40);

    export default {
      async fetch(request: Request, env: any, ctx: any): Promise<Response> {
        const { Api } = ctx.exports;
        const url = new URL(request.url);
        const what = url.searchParams.get("what")!;
        switch (url.pathname) {
          case "/failures":
            return Response.json(Object.keys(FAILURES));
          case "/fail": {
            const first = seen(await Api.fail(what).catch((error: any) => error));
            const thing = await Api.thing();
            const second = seen(await thing.fail(what).catch((error: any) => error));
            const third = seen(await Api.thing().fail(what).catch((error: any) => error));
            return Response.json([first === second && second === third, first, await thing.ok()]);
          }
          case "/circle":
            return Response.json(await Api.circle());
          case "/own":
            return Response.json(await Api.own());
          case "/own-given": {
            const thing = await Api.ownGiven();
            return Response.json(await thing.ok());
          }
          case "/refused": {
            // What comes before the thing that is refused was prepared already.
            const before: Record<string, () => unknown> = {
              function: () => () => {},
              target: () => new Thing(),
              readable: () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)) }),
              native: () => new Response("x".repeat(1_000_000)).body!.pipeThrough(new IdentityTransformStream()),
              request: () => new Request("http://a/", { method: "POST", body: new ReadableStream() }),
              writable: () => new WritableStream(),
              signal: () => new AbortController().signal,
              response: () => new Response(new ReadableStream()),
              service: () => Api({ props: {} }),
              // Its body can be taken once.
              incoming: () => request,
            };
            if (what === null) return Response.json(Object.keys(before));
            const results = [];
            const values = [Symbol("no"), new WeakMap(), new (class Own {})(), "x".repeat(33 * 1024 * 1024)];
            for (const refused of values) {
              results.push(await Api.take(before[what](), refused).then(() => "passed", (error: any) => error.name));
            }
            return Response.json(results);
          }
        }
        return new Response("no such path", { status: 404 });
      },
    };
"#;

fn nothing_left(server: &Server, what: &str) {
    until(&format!("nothing is left alive after {what}"), || {
        let census = server.get("/cdn-cgi/local/census").json();
        let counts = census.as_object().expect("the census is an object");
        assert!(["calls", "events"].iter().all(|name| counts.contains_key(*name)), "{census}");
        counts.values().all(|count| count == 0).then_some(())
    });
}

#[test]
fn whatever_is_thrown_is_answered_and_lets_the_event_end() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    let failures = server.get("/failures").json();
    for what in failures.as_array().expect("a list of names") {
        let what = what.as_str().expect("a name");
        let answer = server.get(&format!("/fail?what={}", what.replace(' ', "+"))).json();
        assert_eq!((&answer[0], &answer[2]), (&json!(true), &json!("ok")), "{what}: {answer}");
        let seen = answer[1].as_str().expect("a text");
        let words = match what {
            "a response" => "[object Response]",
            "a revoked proxy" => "A value that cannot be printed was thrown.",
            _ => what,
        };
        assert!(seen.contains(words) || words.starts_with(seen), "{what}: {answer}");
        nothing_left(&server, what);
    }
    server.assert_well();
}

#[test]
fn an_event_does_not_last_for_its_own_sake() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    assert_eq!(server.get("/circle").json(), json!("called"));
    nothing_left(&server, "a circle of subscriptions");
    assert_eq!(server.get("/own").json(), json!(["ok", "ok"]));
    nothing_left(&server, "calls of its own");
    assert_eq!(server.get("/own-given").json(), json!("ok"));
    nothing_left(&server, "a result of its own that was given away");
    server.assert_well();
}

#[test]
fn arguments_that_are_refused_leave_nothing_behind() {
    let project = Project::worker(CODE, json!({ "compatibility_flags": ["experimental", "enable_abortsignal_rpc"] }));
    let mut server = Server::start(&project);
    let names = server.get("/refused").json();
    for name in names.as_array().expect("a list of names") {
        let name = name.as_str().expect("a name");
        let answer = server.client().post(&format!("/refused?what={name}"), b"the body").json();
        let clone = "DataCloneError";
        let expected = match name {
            "incoming" => json!([clone, "TypeError", "TypeError", "TypeError"]),
            _ => json!([clone, clone, clone, "Error"]),
        };
        assert_eq!(answer, expected, "{name}");
        nothing_left(&server, &format!("refused arguments with a {name}"));
    }
    server.assert_well();
}

/// Everything that user code can break of the language it shares with lopata, broken.
const HOSTILE: &str = r#"
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

    const NativeError = Error;

    class Counter extends RpcTarget {
      #count = 0;
      increment() {
        return ++this.#count;
      }
      get broken() {
        throw new RangeError("a getter throws");
      }
    }

    export class Api extends WorkerEntrypoint {
      echo(value: unknown) {
        return value;
      }
      counter() {
        return new Counter();
      }
      headers() {
        return new Headers({ a: "1", b: "2" });
      }
      respond() {
        return new Response("body", { headers: { a: "1" } });
      }
      boom() {
        const error: any = new TypeError("boom", { cause: new NativeError("why") });
        error.code = 7;
        throw error;
      }
      thenable() {
        return { then: (resolve: (value: string) => void) => resolve("resolved") };
      }
      badThen() {
        return { get then() { throw new NativeError("no then"); } };
      }
    }

    function breakEverything() {
      const broken = () => {
        throw new NativeError("broken by the user");
      };
      const methods: [any, PropertyKey][] = [];
      // Not what the engine's glue calls: Function, Promise and the iterator of arrays.
      for (const Class of [Array, Map, Set, Headers, WeakMap]) {
        for (const key of Reflect.ownKeys(Class.prototype)) {
          const { value, configurable } = Object.getOwnPropertyDescriptor(Class.prototype, key)!;
          if (key !== "constructor" && (Class !== Array || key !== Symbol.iterator) && configurable && typeof value === "function") methods.push([Class.prototype, key]);
        }
      }
      const { defineProperty } = Object;
      for (let i = 0; i < methods.length; i++) {
        defineProperty(methods[i][0], methods[i][1], { value: broken, configurable: true, writable: true });
      }
      Object.keys = Object.assign = Object.entries = Object.getPrototypeOf = Object.defineProperty = broken as any;
      Reflect.apply = Reflect.construct = Reflect.has = Reflect.ownKeys = Reflect.get = broken as any;
      (Object.prototype as any).toJSON = broken;
      defineProperty(Object.prototype, "remote", { set: broken, get: () => undefined, configurable: true });
      JSON.stringify = JSON.parse = broken;
      Object.freeze(Error.prototype);
      delete (globalThis as any).structuredClone;
      globalThis.Promise = globalThis.Map = globalThis.Proxy = globalThis.Error = broken as any;
      (globalThis as any).Symbol = broken;
    }

    export default {
      async fetch(request: Request, env: any, ctx: any): Promise<Response> {
        const stringify = JSON.stringify;
        const polluted = () => delete (Object.prototype as any).toJSON;
        const { Api } = ctx.exports;
        const path = new URL(request.url).pathname;
        const hostileSymbol = Symbol("x");
        if (path === "/broken") breakEverything();
        const out: unknown[] = [];
        const counter = await Api.counter();
        out[0] = await counter.increment();
        out[1] = await Api.counter().increment();
        const own = await Api.echo({ ["__proto__"]: { polluted: true }, constructor: 1, hasOwnProperty: 2, a: [1, { b: 2n + 1n === 3n }] });
        out[2] = own.constructor + own.hasOwnProperty + own.a[0];
        const odd = await Api.echo({ f: () => "called", x: 1 });
        out[3] = await odd.f();
        out[4] = (await Api.headers()).get === undefined;
        out[5] = await (await Api.respond()).text();
        try {
          await Api.boom();
        } catch (error: any) {
          out[6] = `${error.message} ${error.cause.message} ${error.code} ${error.remote}`;
        }
        out[7] = await Api.thenable();
        try {
          await Api.badThen();
        } catch (error: any) {
          out[8] = error.message;
        }
        try {
          await counter.broken;
        } catch (error: any) {
          out[9] = error.message;
        }
        try {
          await Api.echo(hostileSymbol);
        } catch (error: any) {
          out[10] = `${error.name}: ${error.message}`;
        }
        out[11] = await (await Api.echo({ p: new (Counter as any)() })).p.increment();
        polluted();
        return new Response(stringify(out));
      },
    };
"#;

#[test]
fn a_worker_that_breaks_its_own_language_can_still_call() {
    let project = Project::worker(HOSTILE, json!({}));
    let mut server = Server::start(&project);
    let expected = json!([
        1,
        1,
        4,
        "called",
        false,
        "body",
        "boom why 7 true",
        "resolved",
        "no then",
        "a getter throws",
        "DataCloneError: Symbol(x) could not be cloned.",
        1
    ]);
    assert_eq!(server.get("/").json(), expected);
    assert_eq!(server.get("/broken").json(), expected);
    nothing_left(&server, "calls of a broken worker");
    server.assert_well();
}
