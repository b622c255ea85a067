//! JS RPC from outside: callers that go away, many callers at once, and nothing left alive. What can be called and
//! what crosses is in the fixtures `rpc-*`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::harness::{Options, Project, Server, SetOnDrop, proc, until};

const CODE: &str = r#"
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

    class Counter extends RpcTarget {
      #count = 0;
      increment() {
        return ++this.#count;
      }
    }

    export class Api extends WorkerEntrypoint {
      counter() {
        return new Counter();
      }
      add(a: number, b: number) {
        return a + b;
      }
      note(seen: number[], n: number) {
        return [...seen, n];
      }
      async hang(callback: unknown) {
        console.log("hanging");
        await new Promise(() => {});
      }
      async hangDeeper(callback: unknown) {
        await (this.ctx as any).exports.Api.hang(callback);
      }
      async work(callback: (n: number) => Promise<number>, input: ReadableStream) {
        let size = 0;
        for await (const chunk of input) size += chunk.byteLength;
        if ((await callback(size)) !== size + 1) throw new Error("the callback answers wrongly");
        return { counter: new Counter(), copy: new Response("x".repeat(size)).body };
      }
      fail() {
        throw Object.assign(new Error("no", { cause: new Error("why") }), { code: 7 });
      }
    }

    export default {
      async fetch(request: Request, env: unknown, ctx: any): Promise<Response> {
        const { Api } = ctx.exports;
        switch (new URL(request.url).pathname) {
          case "/hang":
            await Api.hangDeeper(() => "never called");
            return new Response("nobody hears this");
          case "/everything": {
            const bytes = new Uint8Array(1024 * 1024);
            const result = await Api.work(async (n: number) => n + 1, new Response(bytes).body!);
            const text = await new Response(result.copy).text();
            const count = await result.counter.increment();
            const error = await Api.fail().catch((error: any) => error);
            return Response.json([text.length, count, error.code, error.cause.message]);
          }
          case "/many": {
            let seen: Promise<number[]> | number[] = [];
            const counter = await Api.counter();
            const counts = [];
            for (let i = 0; i < 100; i++) {
              seen = await Api.note(seen, i);
              counts.push(counter.increment());
            }
            const inOrder = (await Promise.all(counts)).every((count, i) => count === i + 1);
            return Response.json([(seen as number[]).every((n, i) => n === i), inOrder]);
          }
        }
        return new Response(`${await Api.counter().increment()}`);
      },
    };
"#;

fn census(server: &Server) -> serde_json::Value {
    server.get("/cdn-cgi/local/census").json()
}

#[test]
fn nothing_is_left_alive_after_a_request() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    for _ in 0..20 {
        assert_eq!(server.get("/").text(), "1");
        assert_eq!(server.get("/everything").json(), json!([1024 * 1024, 1, 7, "why"]));
    }
    server.nothing_left();
    server.assert_well();
}

#[test]
fn a_caller_that_goes_away_cancels_what_it_has_called() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("GET", "/hang", &[], b"").expect("the server listens");
    server.log().wait_for(mark, "hanging");
    assert_ne!(census(&server)["stubs"], 0, "two calls hold the callback");
    connection.reset();
    server.nothing_left();
    server.assert_well();
}

#[test]
fn many_callers_at_once_keep_their_order_and_no_memory() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    let round = |server: &Server| {
        thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| assert_eq!(server.get("/many").json(), json!([true, true])));
            }
        });
    };
    round(&server);
    let before = proc::rss_bytes(server.pid());
    for _ in 0..3 {
        round(&server);
    }
    server.nothing_left();
    let grown = proc::rss_bytes(server.pid()).saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "30,000 calls cost {grown} bytes");
    server.assert_well();
}

/// A calls B with a callback and a stream; B calls C with them, and gives on what C returns.
const FIRST: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        switch (new URL(request.url).pathname) {
          case "/chain": {
            const block = new Uint8Array(64 * 1024);
            let left = 1024;
            const upload = new ReadableStream({
              pull: (controller) => (left-- > 0 ? controller.enqueue(block) : controller.close()),
            });
            let calls = 0;
            const result = await env.SECOND.transfer(upload, (n: number) => ((calls += 1), n * 2));
            let size = 0;
            for await (const chunk of result.download) size += chunk.byteLength;
            const counts = [await result.counter.increment(), await result.counter.increment()];
            const error = await env.SECOND.fail().catch((error: any) => error);
            return Response.json([size, result.doubled, calls, counts, error.name, error.message, error.code, error.cause.message, error.remote]);
          }
          case "/version":
            return new Response(await env.SECOND.version());
          case "/spin": {
            const error = await env.SECOND.spin().catch((error: any) => error);
            return Response.json([error.message, error.retryable]);
          }
          case "/nobody": {
            const error = await env.NOBODY.anything().catch((error: any) => error);
            return Response.json([error.message, error.retryable ?? null]);
          }
        }
        try {
          return Response.json([await env.SECOND.version()]);
        } catch (error: any) {
          return Response.json([error.message, error.retryable], { status: 503 });
        }
      },
    };
"#;

const SECOND: &str = r#"
    import { WorkerEntrypoint } from "cloudflare:workers";
    export default class extends WorkerEntrypoint<any> {
      version() {
        return "version 0";
      }
      async transfer(upload: ReadableStream, callback: unknown) {
        return await this.env.THIRD.transfer(upload, callback);
      }
      async fail() {
        await this.env.THIRD.fail();
      }
      spin() {
        while (true) {}
      }
    }
"#;

const THIRD: &str = r#"
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
    class Counter extends RpcTarget {
      #count = 0;
      increment() {
        return ++this.#count;
      }
    }
    export default class extends WorkerEntrypoint {
      async transfer(upload: ReadableStream, callback: (n: number) => Promise<number>) {
        const doubled = await callback(21);
        return { doubled, counter: new Counter(), download: upload };
      }
      fail() {
        throw Object.assign(new RangeError("out of range", { cause: new Error("too far") }), { code: "E_RANGE" });
      }
    }
"#;

fn chain() -> (Project, Options) {
    let worker = |name: &str, extra: &str| {
        format!("{{ \"name\": \"{name}\", \"main\": \"index.ts\", \"compatibility_date\": \"2026-04-01\"{extra} }}")
    };
    let first = worker(
        "first",
        r#", "services": [{ "binding": "SECOND", "service": "second" }, { "binding": "NOBODY", "service": "nobody" }]"#,
    );
    let second =
        worker("second", r#", "services": [{ "binding": "THIRD", "service": "third" }], "limits": { "cpu_ms": 1000 }"#);
    let project = Project::new(&[
        ("a/wrangler.json", &first),
        ("a/index.ts", FIRST),
        ("b/wrangler.json", &second),
        ("b/index.ts", SECOND),
        ("c/wrangler.json", &worker("third", "")),
        ("c/index.ts", THIRD),
    ]);
    (project, Options::args(["-c", "a/wrangler.json", "-c", "b/wrangler.json", "-c", "c/wrangler.json"]))
}

#[test]
fn through_three_workers_with_everything() {
    let (project, options) = chain();
    let mut server = Server::start_with(&project, options);
    let expected = json!([64 * 1024 * 1024, 42, 1, [1, 2], "RangeError", "out of range", "E_RANGE", "too far", true]);
    assert_eq!(server.get("/chain").json(), expected);
    server.nothing_left();
    server.assert_well();
}

#[test]
fn calls_during_reloads_end_in_an_answer_or_a_retryable_error() {
    let (project, options) = chain();
    let server = Server::start_with(&project, options);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let response = server.get("/");
                    let answer = response.json();
                    if response.status == 200 {
                        assert!(answer[0].as_str().is_some_and(|text| text.starts_with("version ")), "{answer}");
                    } else {
                        assert_eq!(answer[1], true, "{answer}");
                    }
                }
            });
        }
        let _end = SetOnDrop(&over);
        for round in 1..6 {
            let mark = server.log().mark();
            project.edit("b/index.ts", &format!("version {}", round - 1), &format!("version {round}"));
            server.log().wait_for(mark, "\n[second] ⎔ Local server updated and ready");
            server.expect("/version", &format!("version {round}"));
        }
    });
    server.nothing_left();
    server.stop();
}

#[test]
fn a_target_that_dies_or_does_not_exist_is_an_error() {
    let (project, options) = chain();
    let mut server = Server::start_with(&project, options);
    assert_eq!(server.get("/spin").json(), json!(["Network connection lost.", true]));
    let missing = "Couldn't find a local dev session for the \"default\" entrypoint of service \"nobody\" to proxy to";
    assert_eq!(server.get("/nobody").json(), json!([missing, null]));
    until("a fresh copy answers", || (server.get("/version").text() == "version 0").then_some(()));
    server.nothing_left();
    server.assert_well();
}
