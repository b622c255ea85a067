//! Workers that call workers: `fetch` through stubs, with everything that crosses from one event to another.

use std::io::Write;
use std::thread;

use serde_json::json;

use crate::harness::{Door, Project, Server};

const MIB: usize = 1024 * 1024;

const CODE: &str = r#"
    import { DurableObject, exports, WorkerEntrypoint } from "cloudflare:workers";

    const encoder = new TextEncoder();
    const VERSION = "one";
    let instances = 0;

    export class Leaf extends WorkerEntrypoint<any, any> {
      count = ++instances;

      async fetch(request: Request): Promise<Response> {
        switch (new URL(request.url).pathname) {
          case "/look":
            return Response.json({
              url: request.url,
              method: request.method,
              given: request.headers.get("x-given"),
              cf: request.cf?.colo,
              body: await request.text(),
              props: this.ctx.props,
              env: this.env.NAME,
              instance: this.count,
              version: VERSION,
            });
          case "/echo":
            return new Response(request.body);
          case "/echo-pumped":
            return new Response(request.body!.pipeThrough(new TransformStream()));
          case "/hang":
            console.log("the leaf hangs");
            await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
            console.log("the leaf is told:", request.signal.reason?.name);
            return new Response("nobody hears this");
          case "/infinite":
            request.signal.addEventListener("abort", () => console.log("the leaf's signal is aborted"));
            return new Response(
              new ReadableStream({
                pull(controller) {
                  controller.enqueue(new Uint8Array(64 * 1024));
                },
                cancel() {
                  console.log("the leaf's stream is cancelled");
                },
              }),
            );
          case "/two-halves": {
            let half = 0;
            return new Response(
              new ReadableStream({
                pull: async (controller) => {
                  if (half++ === 0) return controller.enqueue(encoder.encode("first "));
                  controller.enqueue(encoder.encode(await (await fetch(this.env.DOOR)).text()));
                  controller.close();
                },
              }),
            );
          }
          case "/throws": {
            const inner = new RangeError("inner");
            Object.assign(inner, { depth: 1 });
            const error = new TypeError("outer", { cause: inner });
            throw Object.assign(error, { code: "E_LEAF", details: { list: [1, "two"] } });
          }
          case "/throws-text":
            throw "just text";
          case "/throws-own": {
            class OwnError extends Error {
              name = "OwnError";
            }
            throw new OwnError("of the worker's own class");
          }
          case "/breaks":
            return new Response(
              new ReadableStream({
                start(controller) {
                  controller.enqueue(encoder.encode("some"));
                  controller.error(Object.assign(new TypeError("broke off"), { code: "E_BODY" }));
                },
              }),
            );
          case "/redirect":
            return Response.redirect("https://elsewhere.example/look?redirected", 302);
          case "/later":
            this.ctx.waitUntil(fetch(this.env.DOOR).then(() => console.log("the leaf's work is done")));
            return new Response("answered");
          case "/spend": {
            const left = Number(request.headers.get("x-left"));
            for (let i = 0; i < left; i++) await exports.Leaf.fetch("https://leaf/look");
            return new Response("spent");
          }
        }
        return new Response("no", { status: 404 });
      }
    }

    /** Passes everything on. */
    export const middle = {
      fetch(request: Request, env: any, ctx: any): Promise<Response> {
        return ctx.exports.Leaf.fetch(request);
      },
    };

    export const handlerless = { scheduled() {} };
    export class Objects extends DurableObject {}
    export function helper() {}

    const described = (error: any): object => ({
      isError: error instanceof Error,
      class: error?.constructor?.name,
      name: error?.name,
      message: error?.message,
      own: Object.fromEntries(Object.entries(error)),
      stack: /at Leaf.fetch .*index\.ts:\d+/.test(error?.stack),
      cause: error?.cause === undefined ? undefined : described(error.cause),
    });
    const failure = async (promise: Promise<unknown>): Promise<Response> => {
      try {
        await promise;
      } catch (error) {
        return Response.json(described(error));
      }
      return new Response("it did not fail");
    };

    export default {
      async fetch(request: Request, env: any, ctx: any): Promise<Response> {
        const { pathname } = new URL(request.url);
        const leaf = ctx.exports.Leaf;
        if (pathname.startsWith("/leaf/")) return leaf.fetch(new Request(`https://leaf${pathname.slice(5)}`, request));
        if (pathname.startsWith("/middle/")) {
          return ctx.exports.middle.fetch(new Request(`https://leaf${pathname.slice(7)}`, request));
        }
        switch (pathname) {
          case "/look":
            return leaf.fetch("https://any.example/look?q=1#fragment", {
              method: "PUT",
              headers: { "x-given": "yes" },
              body: "a body",
              cf: { colo: "LIS" },
            });
          case "/props": {
            const props = { text: "t", when: new Date(0), map: new Map([["k", new Uint8Array([1, 2])]]) };
            const seen = await (await ctx.exports.Props({ props }).fetch("https://x/")).json();
            const refused = (value: unknown) => {
              try {
                ctx.exports.Props({ props: value });
                return "taken";
              } catch (error) {
                return (error as Error).name;
              }
            };
            return Response.json({ seen, function: refused({ f() {} }), text: refused("text") });
          }
          case "/exports": {
            const texts: Record<string, string> = {};
            const attempt = (name: string, what: () => unknown) => {
              try {
                texts[name] = `${what()}`;
              } catch (error) {
                texts[name] = `${error}`;
              }
            };
            attempt("object", () => ctx.exports.Objects.getByName("x"));
            attempt("write", () => ((exports.Leaf = 1), typeof exports.Leaf));
            attempt("add", () => ((exports.More = 1), typeof exports.More));
            attempt("unbound", () => (0, leaf.fetch)("https://x/"));
            attempt("clone", () => structuredClone(leaf));
            return Response.json({
              keys: Object.keys(ctx.exports),
              same: leaf === exports.Leaf && "Leaf" in exports && Object.keys(exports).length === Object.keys(ctx.exports).length,
              missing: typeof ctx.exports.Nope,
              kinds: [`${leaf}`, `${leaf({})}`, typeof leaf({})],
              texts,
            });
          }
          case "/throws":
          case "/throws-text":
          case "/throws-own":
            return failure(leaf.fetch(`https://leaf${pathname}`));
          case "/throws-far":
            return failure(ctx.exports.middle.fetch("https://leaf/throws"));
          case "/breaks":
            return failure((await leaf.fetch("https://leaf/breaks")).text());
          case "/handlerless":
            return failure(ctx.exports.handlerless.fetch("https://x/"));
          case "/no-argument":
            return failure(leaf.fetch());
          case "/redirects": {
            const followed = await leaf.fetch("https://leaf/redirect");
            const kept = await leaf.fetch("https://leaf/redirect", { redirect: "manual" });
            return Response.json({
              followed: [followed.url, followed.redirected, (await followed.json()).url],
              kept: [kept.status, kept.headers.get("location")],
            });
          }
          case "/head": {
            const answer = await leaf.fetch("https://leaf/two-halves", { method: "HEAD" });
            return Response.json([answer.status, answer.body]);
          }
          case "/first-piece": {
            const reader = (await leaf.fetch("https://leaf/infinite")).body!.getReader();
            const { value } = await reader.read();
            await reader.cancel("one is enough");
            return new Response(`${value!.byteLength > 0}`);
          }
          case "/unread":
            await leaf.fetch("https://leaf/infinite");
            return new Response("did not look");
          case "/abort": {
            const controller = new AbortController();
            const call = failure(ctx.exports.middle.fetch("https://leaf/hang", { signal: controller.signal }));
            await (await fetch(env.DOOR)).text();
            controller.abort();
            return call;
          }
          case "/abort-body": {
            const controller = new AbortController();
            const answer = await leaf.fetch("https://leaf/infinite", { signal: controller.signal });
            controller.abort(new RangeError("enough"));
            return failure(answer.arrayBuffer());
          }
          case "/later":
            return leaf.fetch("https://leaf/later");
          case "/budget": {
            // One call for the leaf and as many as it is told to make there.
            const spent: string[] = [];
            for (const left of [5, 5, 5, 5]) {
              const call = leaf.fetch("https://leaf/spend", { headers: { "x-left": `${left}` } });
              spent.push(await call.then((answer: Response) => answer.text(), (error: Error) => error.message));
            }
            return Response.json(spent);
          }
          case "/held": {
            await (await fetch(env.DOOR)).text();
            return leaf.fetch("https://leaf/look");
          }
        }
        return new Response("no", { status: 404 });
      },
    };

    export class Props extends WorkerEntrypoint<any, any> {
      fetch(): Response {
        const { text, when, map } = this.ctx.props;
        const same = this.ctx.props === this.ctx.props;
        return Response.json({ text, when: when.toISOString(), map: [...map].map(([k, v]) => [k, [...v]]), same });
      }
    }
"#;

fn project(door: &Door) -> Project {
    let extra = json!({
        "name": "calling",
        "vars": { "DOOR": door.url(), "NAME": "env" },
        "compatibility_flags": ["enable_request_signal", "request_signal_passthrough"],
        "limits": { "subrequests": 16 },
    });
    Project::worker(CODE, extra)
}

/// Bytes that show whether any are missing or out of order.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 ^ (at / 65_521) as u8).collect()
}

#[test]
fn what_the_target_sees() {
    let server = Server::start(&project(&Door::new()));
    let seen = server.get("/look").json();
    let instance = seen["instance"].as_u64().expect("it is counted");
    let expected = json!({
        "url": "https://any.example/look?q=1",
        "method": "PUT",
        "given": "yes",
        "cf": "LIS",
        "body": "a body",
        "props": {},
        "env": "env",
        "instance": instance,
        "version": "one",
    });
    assert_eq!(seen, expected);
    let seen = server.get("/leaf/look").json();
    assert_eq!(seen["instance"], json!(instance + 1), "each event gets an instance of its own");
    assert_eq!(seen["cf"], json!("DFW"), "cf is passed on with the request");
    let far = server.client().send("POST", "/middle/look?x", &[("x-given", "two hops")], b"from afar").json();
    assert_eq!(far["given"], json!("two hops"));
    assert_eq!(far["body"], json!("from afar"));
    assert_eq!(
        server.get("/redirects").json(),
        json!({
            "followed": [
                "https://elsewhere.example/look?redirected", true, "https://elsewhere.example/look?redirected",
            ],
            "kept": [302, "https://elsewhere.example/look?redirected"],
        })
    );
    assert_eq!(server.get("/head").json(), json!([200, null]));
    server.stop();
}

#[test]
fn props_are_cloned() {
    let server = Server::start(&project(&Door::new()));
    let expected = json!({
        "seen": { "text": "t", "when": "1970-01-01T00:00:00.000Z", "map": [["k", [1, 2]]], "same": true },
        "function": "DataCloneError",
        "text": "TypeError",
    });
    assert_eq!(server.get("/props").json(), expected);
    server.stop();
}

#[test]
fn exports_are_those_that_can_be_called() {
    let server = Server::start(&project(&Door::new()));
    let seen = server.get("/exports").json();
    assert_eq!(seen["keys"], json!(["Leaf", "Props", "default", "handlerless", "middle", "Objects", "helper"]));
    assert_eq!((&seen["same"], &seen["missing"]), (&json!(true), &json!("undefined")));
    assert_eq!(seen["kinds"], json!(["[object LoopbackServiceStub]", "[object Fetcher]", "object"]));
    let starts = [
        ("object", "TypeError: ctx.exports.Objects.getByName is not a function"),
        ("write", "function"),
        ("add", "undefined"),
        ("unbound", "TypeError: Illegal invocation: function called with incorrect `this` reference."),
        ("clone", "DataCloneError: "),
    ];
    for (name, start) in starts {
        let text = seen["texts"][name].as_str().expect("each attempt says what came of it");
        assert!(text.starts_with(start), "{name}: {text}");
    }
    server.stop();
}

#[test]
fn bodies_stream_both_ways() {
    let server = Server::start(&project(&Door::new()));
    for length in [0, 1, 64 * 1024, 5 * MIB + 17] {
        let body = pattern(length);
        for path in ["/leaf/echo", "/leaf/echo-pumped", "/middle/echo", "/middle/echo-pumped"] {
            if length == 0 && path.ends_with("pumped") {
                continue;
            }
            let answer = server.client().post(path, &body);
            assert_eq!(answer.status, 200, "{path} of {length} bytes");
            assert!(answer.body == body, "{path} of {length} bytes came back changed");
        }
    }
    server.stop();
}

#[test]
fn an_upload_reaches_the_target_while_it_arrives() {
    let server = Server::start(&project(&Door::new()));
    for path in ["/middle/echo", "/middle/echo-pumped"] {
        let mut connection = server.client().connect();
        let mut writer = connection.writer();
        connection.request("POST", path, &[("content-length", "11")], b"first ").expect("the server listens");
        let head = connection.head().expect("the response starts before the request ends");
        let mut body = connection.body("POST", &head).expect("it has a body");
        assert_eq!(body.take_bytes(6).expect("what was sent comes back"), b"first ");
        writer.write_all(b"later").expect("the body is taken");
        assert_eq!(body.take_bytes(5).expect("and the rest"), b"later");
    }
    server.stop();
}

#[test]
fn a_body_streams_on_after_its_passer_has_returned() {
    let door = Door::new();
    let server = Server::start(&project(&door));
    for path in ["/leaf/two-halves", "/middle/two-halves"] {
        let mut connection = server.client().connect();
        connection.request("GET", path, &[], b"").expect("the server listens");
        let head = connection.head().expect("the response starts");
        let mut body = connection.body("GET", &head).expect("it has a body");
        assert_eq!(body.take_bytes(6).expect("the first half comes at once"), b"first ");
        door.knock().open("second");
        assert_eq!(body.take_bytes(6).expect("the second half follows"), b"second");
    }
    server.stop();
}

#[test]
fn errors_are_thrown_again_at_the_caller() {
    let server = Server::start(&project(&Door::new()));
    let inner = json!({
        "isError": true, "class": "RangeError", "name": "RangeError", "message": "inner", "own": { "depth": 1 },
        "stack": true,
    });
    let outer = json!({
        "isError": true, "class": "TypeError", "name": "TypeError", "message": "outer",
        "own": { "code": "E_LEAF", "details": { "list": [1, "two"] }, "remote": true },
        "stack": true, "cause": inner,
    });
    assert_eq!(server.get("/throws").json(), outer);
    assert_eq!(server.get("/throws-far").json(), outer, "over two hops it is the same");
    let text = server.get("/throws-text").json();
    assert_eq!((&text["class"], &text["message"]), (&json!("Error"), &json!("just text")));
    assert_eq!(text["own"], json!({ "remote": true }));
    let own = server.get("/throws-own").json();
    assert_eq!((&own["class"], &own["name"]), (&json!("Error"), &json!("OwnError")));
    let broken = server.get("/breaks").json();
    assert_eq!((&broken["class"], &broken["message"]), (&json!("TypeError"), &json!("broke off")));
    assert_eq!(broken["own"], json!({ "code": "E_BODY" }));
    let handlerless = server.get("/handlerless").json();
    assert_eq!(handlerless["message"], json!("Handler does not export a fetch() function."));
    assert_eq!(handlerless["own"], json!({ "remote": true }));
    let none = server.get("/no-argument").json();
    assert_eq!(
        none["message"],
        json!("Failed to execute 'fetch' on 'Fetcher': parameter 1 is not of type 'Request or string'.")
    );
    assert_eq!(server.get("/look").status, 200, "the worker is well");
    server.stop();
}

#[test]
fn a_client_that_goes_away_aborts_the_last_target() {
    let server = Server::start(&project(&Door::new()));
    for path in ["/leaf/hang", "/middle/hang"] {
        let mark = server.log().mark();
        let mut connection = server.client().connect();
        connection.request("GET", path, &[], b"").expect("the server listens");
        server.log().wait_for(mark, "the leaf hangs");
        connection.reset();
        server.log().wait_for(mark, "the leaf is told: AbortError");
    }
    for path in ["/leaf/infinite", "/middle/infinite"] {
        let mark = server.log().mark();
        let mut connection = server.client().connect();
        connection.request("GET", path, &[], b"").expect("the server listens");
        let head = connection.head().expect("the response starts");
        connection.body("GET", &head).expect("it has a body").take_bytes(MIB).expect("it comes");
        connection.reset();
        server.log().wait_for(mark, "the leaf's stream is cancelled");
        server.log().wait_for(mark, "the leaf's signal is aborted");
    }
    server.stop();
}

#[test]
fn a_signal_aborts_the_target() {
    let door = Door::new();
    let server = Server::start(&project(&door));
    let mark = server.log().mark();
    thread::scope(|scope| {
        let answer = scope.spawn(|| server.get("/abort").json());
        let visitor = door.knock();
        server.log().wait_for(mark, "the leaf hangs");
        visitor.open("now");
        let error = answer.join().expect("the request ends");
        assert_eq!((&error["class"], &error["name"]), (&json!("DOMException"), &json!("AbortError")));
        server.log().wait_for(mark, "the leaf is told: AbortError");
    });
    let mark = server.log().mark();
    let error = server.get("/abort-body").json();
    assert_eq!((&error["class"], &error["message"]), (&json!("RangeError"), &json!("enough")));
    server.log().wait_for(mark, "the leaf's stream is cancelled");
    server.stop();
}

#[test]
fn a_body_that_nobody_wants_is_cancelled() {
    let server = Server::start(&project(&Door::new()));
    for (path, answer) in [("/first-piece", "true"), ("/unread", "did not look")] {
        let mark = server.log().mark();
        assert_eq!(server.get(path).text(), answer);
        server.log().wait_for(mark, "the leaf's stream is cancelled");
        server.log().wait_for(mark, "the leaf's signal is aborted");
    }
    server.stop();
}

#[test]
fn one_budget_of_subrequests_for_all_hops() {
    let server = Server::start(&project(&Door::new()));
    // Six calls a round out of sixteen: the third round fails inside the leaf and the fourth at the caller.
    let text = "Too many subrequests by single Worker invocation.";
    for _ in 0..2 {
        assert_eq!(server.get("/budget").json(), json!(["spent", "spent", text, text]), "each request has its own");
    }
    server.stop();
}

#[test]
fn work_of_the_target_outlives_its_answer() {
    let door = Door::new();
    let server = Server::start(&project(&door));
    let mark = server.log().mark();
    assert_eq!(server.get("/later").text(), "answered");
    door.knock().open("go on");
    server.log().wait_for(mark, "the leaf's work is done");
    server.stop();
}

#[test]
fn a_reload_does_not_change_whom_a_running_event_calls() {
    let door = Door::new();
    let project = project(&door);
    let server = Server::start(&project);
    thread::scope(|scope| {
        let answer = scope.spawn(|| server.get("/held").json());
        let visitor = door.knock();
        server.reload(|| project.edit("src/index.ts", r#"VERSION = "one""#, r#"VERSION = "two""#));
        assert_eq!(server.get("/look").json()["version"], json!("two"));
        visitor.open("now");
        assert_eq!(answer.join().expect("the request ends")["version"], json!("one"), "it calls its own generation");
    });
    server.stop();
}
