//! What is recorded about a request, and how one gets to see it: the command line, the live feed, a collector.

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Door, Options, Project, Server, until};

const CODE: &str = r#"
    import { tracing } from "cloudflare:workers";

    export default {
      async fetch(request: Request, env: any, ctx: any): Promise<Response> {
        const url = new URL(request.url);
        switch (url.pathname) {
          case "/tree":
            ctx.waitUntil(ctx.tracing.enterSpan("later", async () => {
              await scheduler.wait(1);
              await env.KV.get("late");
            }));
            return tracing.enterSpan("outer", async (span: any, two: number) => {
              span.setAttribute("user.plan", "gold").setAttribute("n", two).setAttribute("none", undefined);
              await Promise.all([
                tracing.enterSpan("left", async () => { await env.KV.put("k", "v"); await env.KV.get("k"); }),
                tracing.enterSpan("right", async () => { await scheduler.wait(1); await env.KV.list(); }),
              ]);
              const sync = tracing.enterSpan("sync", () => 1);
              return Response.json({ sync, two, traced: span.isTraced, same: ctx.tracing === tracing });
            }, 2);
          case "/out":
            return new Response(await (await fetch(env.DOOR)).text());
          case "/own":
            return new Response(await (await fetch(env.DOOR, { headers: { traceparent: "mine" } })).text());
          case "/events": {
            console.log("to the handler", { a: 1 });
            try {
              await ctx.tracing.enterSpan("outside", () => ctx.tracing.enterSpan("inside", async () => {
                console.warn("to the inside");
                throw new RangeError("too far");
              }));
            } catch {}
            throw new TypeError("uncaught");
          }
          case "/api": {
            const span = tracing.startSpan("manual");
            const before = span.isTraced;
            span.updateName("renamed").setAttributes({ a: "b", c: true }).setStatus({ code: "error", message: "why" });
            span.end();
            span.setAttribute("late", 1);
            const active = tracing.startActiveSpan("active", (own: any) => {
              tracing.getActiveSpan().setAttribute("via", "active");
              own.end();
              return own.isTraced;
            });
            tracing.getActiveSpan().setAttribute("on.handler", "x".repeat(3));
            tracing.enterSpan("n".repeat(100), () => {});
            const big = tracing.enterSpan("big", (span: any) => span.setAttribute("data", "x".repeat(70000)));
            let thrown = "";
            try { tracing.enterSpan("no callback"); } catch (error) { thrown = `${error}`; }
            return Response.json({ before, after: span.isTraced, active, thrown, name: tracing[Symbol.toStringTag] });
          }
          case "/stack":
            try {
              await env.KV.get("");
            } catch (error: any) {
              return new Response(error.stack);
            }
        }
        return new Response("ok");
      },
    };
"#;

/// A trace id that a test chooses by sending it.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn traced(extra: Value) -> Project {
    let mut config = json!({ "name": "traced", "kv_namespaces": [{ "binding": "KV", "id": "traced" }] });
    for (key, value) in extra.as_object().expect("an object") {
        config[key] = value.clone();
    }
    Project::worker(CODE, config)
}

fn send(server: &Server, path: &str) -> String {
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    server.client().send("GET", path, &[("traceparent", &traceparent)], b"").text()
}

fn trace(project: &Project, args: &[&str]) -> String {
    let all: Vec<&str> = ["trace"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &all);
    assert_eq!(code, Some(0), "{args:?}: {output}");
    output
}

/// The spans of [`TRACE`], once the server has ended and everything is written.
fn spans(project: &Project) -> Vec<Value> {
    let got: Value = serde_json::from_str(&trace(project, &["get", TRACE, "--json"])).expect("it is JSON");
    got["spans"].as_array().expect("a list").clone()
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let found: Vec<_> = spans.iter().filter(|span| span["name"] == name).collect();
    assert_eq!(found.len(), 1, "one span is named {name}: {spans:#?}");
    found[0]
}

/// The names from the root to each span, sorted.
fn paths(spans: &[Value]) -> Vec<String> {
    let path = |span: &Value| {
        let mut names = vec![span["name"].as_str().unwrap_or_default().to_string()];
        let mut above = span["parentSpanId"].clone();
        while let Some(parent) = spans.iter().find(|span| span["spanId"] == above) {
            names.push(parent["name"].as_str().unwrap_or_default().to_string());
            above = parent["parentSpanId"].clone();
        }
        names.reverse();
        names.join(" > ")
    };
    let mut paths: Vec<_> = spans.iter().map(path).collect();
    paths.sort();
    paths
}

#[test]
fn spans_nest_by_the_async_context() {
    let project = traced(json!({}));
    let server = Server::start(&project);
    let answer: Value = serde_json::from_str(&send(&server, "/tree")).expect("the worker answers JSON");
    assert_eq!(answer, json!({ "sync": 1, "two": 2, "traced": true, "same": true }));
    server.stop();
    let spans = spans(&project);
    assert_eq!(
        paths(&spans),
        [
            "GET",
            "GET > fetch handler",
            "GET > fetch handler > later",
            "GET > fetch handler > later > kv_get",
            "GET > fetch handler > outer",
            "GET > fetch handler > outer > left",
            "GET > fetch handler > outer > left > kv_get",
            "GET > fetch handler > outer > left > kv_put",
            "GET > fetch handler > outer > right",
            "GET > fetch handler > outer > right > kv_list",
            "GET > fetch handler > outer > sync",
        ]
    );
    assert_eq!(named(&spans, "GET")["parentSpanId"], CALLER, "the caller's trace goes on");
    assert_eq!(named(&spans, "outer")["attributes"], json!({ "user.plan": "gold", "n": 2 }));
    assert_eq!(named(&spans, "kv_put")["attributes"]["cloudflare.binding.name"], "KV");
    assert_eq!(named(&spans, "fetch handler")["attributes"]["cloudflare.outcome"], "ok");
}

#[test]
fn a_fetch_carries_its_own_span() {
    let door = Door::new();
    let project = traced(json!({ "vars": { "DOOR": door.url() } }));
    let server = Server::start(&project);
    let sent = |path: &str| {
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| send(&server, path));
            let visitor = door.knock();
            let head = visitor.head.to_ascii_lowercase();
            visitor.open("in");
            assert_eq!(answer.join().expect("the request ends"), "in");
            let values: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("traceparent: ")).collect();
            assert_eq!(values.len(), 1, "{head}");
            values[0].to_string()
        })
    };
    let traceparent = sent("/out");
    assert_eq!(sent("/own"), "mine", "a worker's own header is left alone");
    server.stop();
    let spans = spans(&project);
    let fetches: Vec<_> = spans.iter().filter(|span| span["name"] == "fetch").collect();
    assert_eq!(fetches.len(), 2);
    let expected: Vec<_> =
        fetches.iter().map(|span| format!("00-{TRACE}-{}-01", span["spanId"].as_str().expect("an id"))).collect();
    assert!(expected.contains(&traceparent), "{traceparent} names one of {expected:?}");
    assert_eq!(fetches[0]["attributes"]["url.full"], door.url());
    assert_eq!(fetches[0]["attributes"]["http.response.status_code"], 200);
    assert_eq!(fetches[0]["kind"], "client");
}

#[test]
fn lines_and_exceptions_are_events_of_the_current_span() {
    let project = traced(json!({}));
    let server = Server::start(&project);
    send(&server, "/events");
    server.stop();
    let spans = spans(&project);
    let events = |name: &str| named(&spans, name)["events"].as_array().expect("a list").clone();
    let inside = events("inside");
    assert_eq!(inside[0]["attributes"], json!({ "log.severity": "warn", "log.message": "to the inside" }));
    assert_eq!(inside[1]["name"], "exception");
    assert_eq!(inside[1]["attributes"]["exception.type"], "RangeError");
    assert_eq!(inside[1]["attributes"]["exception.message"], "too far");
    let stack = inside[1]["attributes"]["exception.stacktrace"].as_str().expect("a stack");
    assert!(stack.contains("src/index.ts"), "{stack}");
    assert_eq!(named(&spans, "inside")["status"], json!({ "code": "error", "message": "RangeError: too far" }));
    assert_eq!(named(&spans, "outside")["status"]["code"], "error", "it passed here too");
    assert_eq!(events("outside"), [0; 0], "but is recorded once");
    let handler = events("fetch handler");
    assert_eq!(handler[0]["attributes"], json!({ "log.severity": "log", "log.message": "to the handler { a: 1 }" }));
    assert_eq!(handler[1]["attributes"]["exception.message"], "uncaught");
    assert_eq!(named(&spans, "fetch handler")["attributes"]["cloudflare.outcome"], "exception");
    assert_eq!(named(&spans, "GET")["status"]["code"], "error");
}

#[test]
fn the_api_of_user_spans() {
    let project = traced(json!({}));
    let server = Server::start(&project);
    let answer: Value = serde_json::from_str(&send(&server, "/api")).expect("the worker answers JSON");
    let thrown = "TypeError: Failed to execute 'enterSpan' on 'Tracing': parameter 2 is not of type 'Function'.";
    assert_eq!(answer, json!({ "before": true, "after": false, "active": false, "thrown": thrown, "name": "Tracing" }));
    server.stop();
    let spans = spans(&project);
    let renamed = named(&spans, "renamed");
    assert_eq!(renamed["attributes"], json!({ "a": "b", "c": true }));
    assert_eq!(renamed["status"], json!({ "code": "error", "message": "why" }));
    assert_eq!(named(&spans, "active")["attributes"], json!({ "via": "active" }));
    assert_eq!(named(&spans, "fetch handler")["attributes"]["on.handler"], "xxx");
    named(&spans, &"n".repeat(64));
    assert_eq!(named(&spans, "big")["attributes"]["cloudflare.warning.type"], "span_data_limit_exceeded");
}

#[test]
fn a_stack_shows_the_users_frames_only() {
    let project = traced(json!({}));
    let server = Server::start(&project);
    let stack = send(&server, "/stack");
    assert!(stack.starts_with("TypeError: Key name cannot be empty.\n    at Object.fetch ("), "{stack}");
    assert!(stack.contains("src/index.ts") && !stack.contains("ext:"), "{stack}");
    server.stop();
}

#[test]
fn the_command_line_reads_beside_a_running_server() {
    let project = traced(json!({}));
    assert_eq!(trace(&project, &["list"]), "No traces are recorded.\n");
    let server = Server::start(&project);
    send(&server, "/tree");
    server.get("/events");
    let list = |args: &[&str]| -> Vec<Value> {
        let all: Vec<&str> = ["list", "--json"].iter().chain(args).copied().collect();
        serde_json::from_str(&trace(&project, &all)).expect("it is JSON")
    };
    until("both traces are written as a whole", || {
        let list = list(&[]);
        (list.len() == 2 && list.iter().map(|trace| trace["spans"].as_u64().unwrap_or(0)).sum::<u64>() == 15)
            .then_some(())
    });
    assert_eq!(list(&["--limit", "1"]).len(), 1);
    assert_eq!(list(&["--worker", "nobody"]).len(), 0);
    assert_eq!(list(&["--worker", "traced"]).len(), 2);
    let failed = list(&["--status", "error"]);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["attributes"]["url.path"], "/events");

    let table = trace(&project, &["list"]);
    assert!(table.contains("GET /tree 200") && table.contains("GET /events 500"), "{table}");
    let tree = trace(&project, &["get", &TRACE[..6]]);
    assert!(tree.starts_with(&format!("Trace {TRACE}")), "{tree}");
    assert!(tree.contains("   └─ ") && tree.contains("kv_put") && tree.contains("user.plan=gold"), "{tree}");
    let (code, output) = run(&project, &["trace", "get", "not-a-trace"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("No trace starts with \"not-a-trace\""), "{output}");

    // A configuration that is broken meanwhile does not hide what was recorded.
    project.write("wrangler.json", "{ broken");
    assert_eq!(list(&[]).len(), 2);
    server.stop();
}

#[test]
fn the_live_feed_tells_what_is_recorded() {
    let project = traced(json!({}));
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("GET", "/cdn-cgi/local/traces/live", &[], b"").expect("the server listens");
    let head = connection.head().expect("the response starts");
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let mut body = connection.body("GET", &head).expect("it has a body");
    let hello = b": live\n\n";
    assert_eq!(body.take_bytes(hello.len()).expect("it comes"), hello);
    send(&server, "/");
    let start = b"event: span\ndata: {\"traceId\":\"";
    assert_eq!(body.take_bytes(start.len()).expect("it comes"), start);
    assert_eq!(body.take_bytes(TRACE.len()).expect("it comes"), TRACE.as_bytes());
    // Somebody who watches does not hold up the end.
    server.stop();
}

#[test]
fn spans_are_exported_to_a_collector() {
    let collector = Door::new();
    let project = traced(json!({}));
    let options = Options::default()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-team=spans")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test");
    let server = Server::start_with(&project, options);
    send(&server, "/tree");
    // The first attempt meets a collector that hangs up.
    drop(collector.knock());
    server.log().wait_for(Default::default(), "Traces cannot be exported to ");
    let mut names = Vec::new();
    let mut services = Vec::new();
    while names.len() < 11 {
        let mut visitor = collector.knock();
        let head = visitor.head.to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/json\r\n") && head.contains("x-team: spans\r\n"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let body = visitor.read_exact(length.parse().expect("a number"));
        visitor.open("{}");
        let body: Value = serde_json::from_slice(&body).expect("it is JSON");
        for resource in body["resourceSpans"].as_array().expect("a list") {
            services.push(resource["resource"]["attributes"].clone());
            for span in resource["scopeSpans"][0]["spans"].as_array().expect("a list") {
                assert_eq!(span["traceId"], TRACE);
                names.push(span["name"].as_str().expect("a name").to_string());
            }
        }
    }
    names.sort();
    assert_eq!(names.len(), 11, "each span once: {names:?}");
    assert!(names.contains(&"fetch handler".to_string()), "{names:?}");
    let attributes = services[0].as_array().expect("a list");
    for (key, value) in [("service.name", "traced"), ("deployment.environment", "test")] {
        let expected = json!({ "key": key, "value": { "stringValue": value } });
        assert!(attributes.contains(&expected), "{attributes:?}");
    }
    assert_eq!(server.log().text().matches("cannot be exported").count(), 1, "it is said once");
    server.stop();
}

#[test]
fn a_collector_that_is_not_there_holds_up_nothing() {
    let project = traced(json!({}));
    let options = Options::default().env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/nobody");
    let server = Server::start_with(&project, options);
    send(&server, "/tree");
    server.log().wait_for(Default::default(), "http://127.0.0.1:9/nobody: Connection refused");
    server.stop();
    assert_eq!(spans(&project).len(), 11, "the store has them");
}

const CALLER_WORKER: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        using counter = await env.CALLEE.start(async (n: number) => {
          await env.KV.get("in the callback");
          return n + 1;
        });
        return new Response(`${await counter.increment()}`);
      },
    };
"#;

const CALLEE_WORKER: &str = r#"
    import { RpcTarget, WorkerEntrypoint, tracing } from "cloudflare:workers";
    class Counter extends RpcTarget {
      #value: number;
      constructor(value: number) {
        super();
        this.#value = value;
      }
      increment() {
        return tracing.enterSpan("inside", () => ++this.#value);
      }
    }
    export default class extends WorkerEntrypoint {
      async start(next: any) {
        return new Counter(await next(1));
      }
    }
"#;

#[test]
fn calls_between_workers_make_one_tree() {
    let worker = |name: &str, extra: Value| {
        let mut config = json!({ "name": name, "main": "index.ts", "compatibility_date": "2026-04-01" });
        for (key, value) in extra.as_object().expect("an object") {
            config[key] = value.clone();
        }
        config.to_string()
    };
    let bound = json!({
        "services": [{ "binding": "CALLEE", "service": "callee" }],
        "kv_namespaces": [{ "binding": "KV", "id": "k" }],
    });
    let project = Project::new(&[
        ("a/wrangler.json", &worker("caller", bound)),
        ("a/index.ts", CALLER_WORKER),
        ("b/wrangler.json", &worker("callee", json!({}))),
        ("b/index.ts", CALLEE_WORKER),
    ]);
    let server = Server::start_with(&project, Options::args(["-c", "a/wrangler.json", "-c", "b/wrangler.json"]));
    assert_eq!(send(&server, "/"), "3");
    server.stop();
    let got = trace(&project, &["get", TRACE, "--json", "-c", "a/wrangler.json"]);
    let got: Value = serde_json::from_str(&got).expect("it is JSON");
    let spans = got["spans"].as_array().expect("a list");
    assert_eq!(
        paths(spans),
        [
            "GET",
            "GET > fetch handler",
            "GET > fetch handler > rpc increment",
            "GET > fetch handler > rpc increment > rpc increment",
            "GET > fetch handler > rpc increment > rpc increment > inside",
            "GET > fetch handler > rpc start",
            "GET > fetch handler > rpc start > rpc handler",
            "GET > fetch handler > rpc start > rpc handler > rpc",
            "GET > fetch handler > rpc start > rpc handler > rpc > rpc",
            "GET > fetch handler > rpc start > rpc handler > rpc > rpc > kv_get",
        ]
    );
    let worker_of = |name: &str| named(spans, name)["worker"].clone();
    assert_eq!(
        (worker_of("inside"), worker_of("kv_get"), worker_of("rpc handler")),
        (json!("callee"), json!("caller"), json!("callee"))
    );
}

/// A worker that is tailed by `watcher` and by itself, and calls a third.
const TAILED: &str = r#"
    import { WorkerEntrypoint } from "cloudflare:workers";
    export class Named extends WorkerEntrypoint<any, any> {
      fetch() { return new Response("named", { status: 201 }); }
    }
    export default {
      async fetch(request: Request, env: any, ctx: any): Promise<Response> {
        switch (new URL(request.url).pathname) {
          case "/log":
            console.log("text", 1, { a: [1] }, null, undefined, new Error("shown"), new Map());
            console.info("info");
            console.debug("debug");
            console.warn("warn");
            console.error("error");
            ctx.waitUntil(scheduler.wait(1).then(() => console.log("in waitUntil")));
            return new Response("logged");
          case "/throw":
            ctx.waitUntil(Promise.reject(new RangeError("rejected")));
            throw new TypeError("thrown");
          case "/told":
            return env.WATCHER.fetch(request);
          case "/named":
            return ctx.exports.Named.fetch(request);
        }
        return new Response("plain");
      },
      scheduled() {},
      tail(events: any[]) {
        for (const { scriptName, event } of events) {
          const { url = "cron" } = event.request ?? {};
          if (!url.endsWith("/told")) console.log(`self: ${scriptName} ${url}`);
        }
      },
    };
"#;

/// Keeps what it is told; answers with all of it.
const WATCHER: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const { keys } = await env.KV.list();
        const values = await Promise.all(keys.map(({ name }: any) => env.KV.get(name, "json")));
        return Response.json(values);
      },
      async tail(events: any[], env: any, ctx: any) {
        if (!Array.isArray(events) || typeof ctx.waitUntil !== "function") throw new Error("not what was promised");
        for (const item of events) {
          if (item.event.request?.url.endsWith("/told")) continue;
          const unredacted = item.event.request?.getUnredacted();
          const shown = unredacted && { url: unredacted.url, authorization: unredacted.headers.authorization };
          await env.KV.put(crypto.randomUUID(), JSON.stringify({ item, shown }));
        }
        if (events[0].event.request?.url.endsWith("/throw")) throw new Error("the watcher fails");
      },
    };
"#;

fn tailed() -> Project {
    let worker = |name: &str, extra: Value| {
        let mut config = json!({ "name": name, "main": "index.ts", "compatibility_date": "2026-04-01" });
        for (key, value) in extra.as_object().expect("an object") {
            config[key] = value.clone();
        }
        config.to_string()
    };
    let consumers = json!([{ "service": "watcher" }, { "service": "tailed" }, { "service": "nobody" }]);
    let tailed = json!({ "tail_consumers": consumers, "services": [{ "binding": "WATCHER", "service": "watcher" }] });
    Project::new(&[
        ("a/wrangler.json", &worker("tailed", tailed)),
        ("a/index.ts", TAILED),
        ("b/wrangler.json", &worker("watcher", json!({ "kv_namespaces": [{ "binding": "KV", "id": "seen" }] }))),
        ("b/index.ts", WATCHER),
    ])
}

/// What the watcher was told, once it knows of this many events.
fn told(server: &Server, count: usize) -> Vec<Value> {
    until("the watcher has been told", || {
        let all = server.get("/told").json().as_array().expect("a list").clone();
        (all.len() == count).then_some(all)
    })
}

fn about<'a>(told: &'a [Value], path: &str) -> &'a Value {
    let path_of = |entry: &Value| {
        let url = entry["item"]["event"]["request"]["url"].as_str().unwrap_or_default().to_string();
        url.splitn(4, '/').nth(3).map(|path| format!("/{path}"))
    };
    let found = told.iter().find(|entry| path_of(entry).as_deref() == Some(path));
    found.unwrap_or_else(|| panic!("nothing about {path}: {told:#?}"))
}

#[test]
fn a_tail_worker_is_told_what_production_tells() {
    let project = tailed();
    let server = Server::start_with(&project, Options::args(["-c", "a/wrangler.json", "-c", "b/wrangler.json"]));
    let id = "0123456789abcdef0123456789abcdef";
    let headers = [("authorization", "Bearer x"), ("x-plain", "seen"), ("cookie", "a=b")];
    let path = format!("/{id}/log");
    assert_eq!(server.client().send("GET", "/log", &headers, b"").text(), "logged");
    assert_eq!(server.client().send("GET", &path, &headers, b"").text(), "plain");
    server.get("/throw");
    assert_eq!(server.get("/named").status, 201);
    assert_eq!(server.get("/cdn-cgi/handler/scheduled?cron=1+2+3+4+5&time=60000").text(), "ok");
    let told = told(&server, 6);

    let logged = &about(&told, "/log")["item"];
    let messages: Vec<_> =
        logged["logs"].as_array().expect("a list").iter().map(|log| log["message"].clone()).collect();
    let first = json!(["text", 1, { "a": [1] }, null, null, "Error: shown", "[object Map]"]);
    let rest = [json!(["info"]), json!(["debug"]), json!(["warn"]), json!(["error"]), json!(["in waitUntil"])];
    assert_eq!(messages, [&[first], &rest[..]].concat(), "lines of waitUntil are told, too");
    let levels: Vec<_> = logged["logs"].as_array().expect("a list").iter().map(|log| log["level"].clone()).collect();
    assert_eq!(levels, ["log", "info", "debug", "warn", "error", "log"]);
    assert_eq!(logged["event"]["response"], json!({ "status": 200 }));
    assert_eq!(logged["event"]["request"]["method"], "GET");
    assert_eq!(logged["event"]["request"]["headers"]["authorization"], "REDACTED");
    assert_eq!(logged["event"]["request"]["headers"]["cookie"], "REDACTED");
    assert_eq!(logged["event"]["request"]["headers"]["x-plain"], "seen");
    assert!(logged["event"]["request"]["cf"]["colo"].is_string(), "{logged:#}");
    for (key, value) in [
        ("scriptName", json!("tailed")),
        ("outcome", json!("ok")),
        ("exceptions", json!([])),
        ("diagnosticsChannelEvents", json!([])),
        ("executionModel", json!("stateless")),
        ("truncated", json!(false)),
    ] {
        assert_eq!(logged[key], value, "{key}");
    }
    assert!(logged["eventTimestamp"].is_i64() && logged["cpuTime"].is_i64() && logged["wallTime"].is_i64());
    assert_eq!(about(&told, "/log")["shown"]["authorization"], "Bearer x");

    let redacted = about(&told, "/REDACTED/log");
    assert!(redacted["shown"]["url"].as_str().expect("a URL").ends_with(&path), "{redacted:#}");

    let thrown = &about(&told, "/throw")["item"];
    assert_eq!(thrown["outcome"], "exception");
    assert_eq!(thrown["event"].get("response"), None, "there was none");
    let exceptions = thrown["exceptions"].as_array().expect("a list");
    let mut names: Vec<_> = exceptions.iter().map(|exception| exception["name"].clone().to_string()).collect();
    names.sort();
    assert_eq!(names, ["\"RangeError\"", "\"TypeError\""]);
    let stack = exceptions[0]["stack"].as_str().expect("a stack");
    assert!(stack.contains("index.ts"), "{stack}");

    let named: Vec<_> = told.iter().filter(|entry| entry["item"]["entrypoint"] == "Named").collect();
    assert_eq!(named.len(), 1, "an entrypoint of the worker is told of as such");
    assert_eq!(named[0]["item"]["event"]["response"]["status"], 201);
    let cron: Vec<_> = told.iter().filter(|entry| entry["item"]["event"].get("cron").is_some()).collect();
    assert_eq!(cron[0]["item"]["event"], json!({ "scheduledTime": 60000, "cron": "1 2 3 4 5" }));

    let log = server.log();
    log.wait_for(Default::default(), "the watcher fails");
    log.wait_for(Default::default(), "self: tailed cron");
    log.wait_for(Default::default(), "No worker named \"nobody\" runs here");
    server.expect("/", "plain");
    assert_eq!(log.text().matches("No worker named \"nobody\"").count(), 1, "it is said once");
    // The worker tails itself, and is not told of its own telling.
    until("it has been told of the last request", || (log.text().matches("self: tailed").count() == 7).then_some(()));
    assert!(!log.text().contains("self: watcher"), "{}", log.text());
    server.stop();
}

#[test]
fn a_tail_handler_nests_under_what_it_is_told_of() {
    let project = tailed();
    let server = Server::start_with(&project, Options::args(["-c", "a/wrangler.json", "-c", "b/wrangler.json"]));
    send(&server, "/");
    told(&server, 1);
    server.stop();
    let got = trace(&project, &["get", TRACE, "--json", "-c", "a/wrangler.json"]);
    let got: Value = serde_json::from_str(&got).expect("it is JSON");
    let spans = got["spans"].as_array().expect("a list");
    let paths = paths(spans);
    assert!(paths.contains(&"GET > fetch handler > tail handler > kv_put".to_string()), "{paths:#?}");
    let workers: Vec<_> =
        spans.iter().filter(|span| span["name"] == "tail handler").map(|span| &span["worker"]).collect();
    assert!(workers.contains(&&json!("watcher")) && workers.contains(&&json!("tailed")), "{workers:?}");
}
