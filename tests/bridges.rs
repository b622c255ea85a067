//! Three workers that use everything that crosses a thread at once: right values, one trace, nothing left behind.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::log::Mark;
use crate::harness::server::run;
use crate::harness::{Door, Options, Project, Server, proc, until};

const A: &str = r#"
    const MIB = 1 << 20;

    /** How many bytes come, and how many of them are not what they should be. */
    async function count(stream: ReadableStream<Uint8Array>) {
      let total = 0, wrong = 0;
      for await (const bytes of stream) {
        for (let i = 0; i < bytes.length; i++) if (bytes[i] !== (total + i) % 251) wrong++;
        total += bytes.length;
      }
      return { total, wrong };
    }

    async function everything(B: any) {
      const called: number[] = [];
      const twice = await B.callback((n: number) => (called.push(n), n * 10), 3);
      const counter = await B.counter(5);
      const counted = [await counter.increment(), await counter.increment(10), await counter.value];
      const pipelined = await B.counter(1).increment();
      const stream = await count(await B.stream(64 * MIB));
      let error: any;
      try {
        await B.fail();
      } catch (caught: any) {
        error = { name: caught.name, message: caught.message, code: caught.code, cause: `${caught.cause}`, remote: caught.remote };
      }
      return { called, twice, counted, pipelined, stream, error };
    }

    const routes: Record<string, (env: any, url: URL) => unknown> = {
      everything: ({ B }) => everything(B),
      /** Sends two calls of which the second is on the first one's result, then lets nothing in for a while. */
      async block({ C }) {
        const answer = C.loudCounter().increment();
        const until = Date.now() + 3000;
        while (Date.now() < until);
        console.log("a is free again");
        return await answer;
      },
      /** Calls that nobody waits for in between; what they return tells their order. */
      async burst({ C }, url) {
        const calls = Number(url.searchParams.get("calls"));
        using counter = await C.counter(0);
        const direct: Promise<number>[] = [];
        const through: Promise<number>[] = [];
        for (let i = 0; i < calls / 2; i++) {
          direct.push(C.echo(i));
          through.push(counter.increment());
        }
        const [echoed, numbers] = [await Promise.all(direct), await Promise.all(through)];
        return { right: echoed.every((n, i) => n === i) && numbers.every((n, i) => n === i + 1), calls: echoed.length + numbers.length };
      },
      /** One call, for callers that keep calling: a version, or why there is none. */
      async version({ C }) {
        try {
          return { version: await C.version(), again: await C.counter(41).increment() };
        } catch (error: any) {
          return { error: `${error}`, retryable: error.retryable === true };
        }
      },
      /** Holds on to a counter for as long as the door is closed. */
      async hold({ C, DOOR }) {
        using counter = await C.counter(0);
        const before = [await counter.increment(), await C.version()];
        await fetch(DOOR);
        return { before, after: [await counter.increment(), await C.version()] };
      },
    };

    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const url = new URL(request.url);
        return Response.json(await routes[url.pathname.slice(1)](env, url));
      },
    };
"#;

const B: &str = r#"
    import { WorkerEntrypoint } from "cloudflare:workers";

    /** Everything goes on to C. */
    export default class extends WorkerEntrypoint<any> {
      callback(callback: any, n: number) {
        return this.env.C.callTwice((m: number) => callback(m + 1), n);
      }
      counter(start: number) {
        return this.env.C.counter(start);
      }
      stream(total: number) {
        return this.env.C.stream(total);
      }
      fail() {
        return this.env.C.fail();
      }
    }
"#;

const C: &str = r#"
    import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

    const VERSION = 1;

    class Counter extends RpcTarget {
      constructor(private count: number, private loud = false) {
        super();
      }
      increment(by = 1) {
        if (this.loud) console.log("c has incremented");
        return (this.count += by);
      }
      get value() {
        return this.count;
      }
    }

    export default class extends WorkerEntrypoint {
      async callTwice(callback: (n: number) => Promise<number>, n: number) {
        const first = await callback(n);
        return [first, await callback(first)];
      }
      counter(start: number) {
        return new Counter(start);
      }
      loudCounter() {
        return new Counter(0, true);
      }
      stream(total: number) {
        let at = 0;
        return new ReadableStream({
          type: "bytes",
          pull(controller) {
            if (at >= total) return controller.close();
            const bytes = new Uint8Array(Math.min(65_536, total - at));
            for (let i = 0; i < bytes.length; i++) bytes[i] = (at + i) % 251;
            at += bytes.length;
            controller.enqueue(bytes);
          },
        });
      }
      fail() {
        throw Object.assign(new TypeError("from c", { cause: new RangeError("deep in c") }), { code: "E_C" });
      }
      echo(value: unknown) {
        return value;
      }
      version() {
        return VERSION;
      }
    }
"#;

/// A calls B and C, B calls C.
fn three() -> Project {
    let config = |name: &str, services: Value| {
        json!({ "name": name, "main": "index.ts", "compatibility_date": "2026-04-26", "services": services })
            .to_string()
    };
    let to = |binding: &str, service: &str| json!({ "binding": binding, "service": service });
    Project::new(&[
        ("a/wrangler.json", &config("a", json!([to("B", "b"), to("C", "c")]))),
        ("a/index.ts", A),
        ("b/wrangler.json", &config("b", json!([to("C", "c")]))),
        ("b/index.ts", B),
        ("c/wrangler.json", &config("c", json!([]))),
        ("c/index.ts", C),
    ])
}

fn start(project: &Project, more: &[&str]) -> Server {
    let args = ["-c", "a/wrangler.json", "-c", "b/wrangler.json", "-c", "c/wrangler.json"];
    let args = args.iter().chain(more).map(|arg| arg.to_string()).collect();
    Server::start_with(project, Options { args, env: vec![] })
}

#[test]
fn everything_at_once() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const CALLER: &str = "b7ad6b7169203331";
    let project = three();
    let server = start(&project, &[]);
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    let answer = server.client().send("GET", "/everything", &[("traceparent", &traceparent)], b"").json();
    let expected = json!({
        "called": [4, 41],
        "twice": [40, 410],
        "counted": [6, 16, 16],
        "pipelined": 2,
        "stream": { "total": 64 << 20, "wrong": 0 },
        "error": { "name": "TypeError", "message": "from c", "code": "E_C", "cause": "RangeError: deep in c", "remote": true },
    });
    assert_eq!(answer, expected);
    server.nothing_left();
    server.stop();

    let (code, output) = run(&project, &["trace", "get", TRACE, "--json", "-c", "a/wrangler.json"]);
    assert_eq!(code, Some(0), "{output}");
    let trace: Value = serde_json::from_str(&output).expect("the trace is JSON");
    let spans = trace["spans"].as_array().expect("it has spans");
    let roots: Vec<_> = spans.iter().filter(|span| span["parentSpanId"] == CALLER).collect();
    assert_eq!(roots.len(), 1, "one tree: {output}");
    for span in spans {
        let parent = &span["parentSpanId"];
        assert!(parent == CALLER || spans.iter().any(|other| other["spanId"] == *parent), "no parent: {span}");
    }
    // A's calls, B's calls to C, and what ran for them, each with its caller above it.
    assert!(spans.len() >= 20, "{} spans: {output}", spans.len());
    assert!(deepest(spans) >= 5, "a request, a handler, a call, its run, a call of its own: {output}");
}

/// The longest way from a span up to the root.
fn deepest(spans: &[Value]) -> usize {
    let depth = |span: &Value| {
        let mut depth = 1;
        let mut parent = &span["parentSpanId"];
        while let Some(above) = spans.iter().find(|other| other["spanId"] == *parent) {
            depth += 1;
            parent = &above["parentSpanId"];
        }
        depth
    };
    spans.iter().map(depth).max().unwrap_or_default()
}

#[test]
fn a_pipelined_call_does_not_wait_for_its_caller() {
    let project = three();
    let server = start(&project, &[]);
    server.expect("/block", "1");
    // The answer may come before the lines.
    server.log().wait_for(Mark::default(), "c has incremented");
    server.log().wait_for(Mark::default(), "a is free again");
    let log = server.log().since(Mark::default());
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text:?} is missing:\n{log}"));
    // Nothing comes from C to A while A is blocked, so both calls must have been under way before.
    assert!(at("c has incremented") < at("a is free again"), "{log}");
    server.stop();
}

#[test]
fn ten_thousand_calls_of_fifty_requests() {
    let project = three();
    let server = start(&project, &[]);
    let round = || {
        thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    assert_eq!(server.get("/burst?calls=200").json(), json!({ "right": true, "calls": 200 }))
                });
            }
        });
    };
    // The heaps of both isolates find their size first.
    round();
    round();
    let before = proc::rss_bytes(server.pid());
    for _ in 0..8 {
        round();
    }
    let growth = proc::rss_bytes(server.pid()).saturating_sub(before);
    assert!(growth < 48 << 20, "memory grew by {} MiB over 80000 calls", growth >> 20);
    server.nothing_left();
    server.stop();
}

#[test]
fn a_target_that_reloads_in_a_loop() {
    const RELOADS: usize = 15;
    let project = three();
    let server = start(&project, &[]);
    let over = AtomicBool::new(false);
    let answers = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Whatever fails below, the callers end.
        let end = End(&over);
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut last = 0;
                    while !over.load(Ordering::Relaxed) {
                        let response = server.get("/version");
                        assert_eq!(response.status, 200, "{}", response.text());
                        let answer = response.json();
                        if let Some(version) = answer["version"].as_u64() {
                            assert!(version >= last, "an older version answers after {last}: {answer}");
                            assert_eq!(answer["again"], 42, "{answer}");
                            last = version;
                            answers.fetch_add(1, Ordering::Relaxed);
                        } else {
                            assert_eq!(answer["retryable"], true, "not a right answer and not one to retry: {answer}");
                        }
                    }
                    last
                })
            })
            .collect();
        for version in 2..=RELOADS + 1 {
            let enough = answers.load(Ordering::Relaxed) + 20;
            let (from, to) = (format!("VERSION = {};", version - 1), format!("VERSION = {version};"));
            server.reload(|| project.edit("c/index.ts", &from, &to));
            until("callers go on", || (answers.load(Ordering::Relaxed) >= enough).then_some(()));
        }
        until("the last version answers", || {
            (server.get("/version").json()["version"] == RELOADS as u64 + 1).then_some(())
        });
        drop(end);
        for caller in callers {
            caller.join().expect("every answer was right");
        }
    });
    server.nothing_left();
    server.stop();
}

/// Sets the flag when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_stub_outlives_a_reload_of_its_target() {
    let project = three();
    let door = Door::new();
    let variable = format!("DOOR:{}", door.url());
    let server = start(&project, &["--var", &variable]);
    thread::scope(|scope| {
        let held = scope.spawn(|| server.get("/hold").json());
        let visitor = door.knock();
        server.reload(|| project.edit("c/index.ts", "VERSION = 1;", "VERSION = 2;"));
        until("the new version serves", || (server.get("/version").json()["version"] == 2).then_some(()));
        visitor.open("go on");
        // The counter stays where it is, and new calls go to the new version.
        assert_eq!(held.join().expect("it is answered"), json!({ "before": [1, 1], "after": [2, 2] }));
    });
    server.nothing_left();
    server.stop();
}
