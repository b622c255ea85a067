//! What user code does wrong never takes the server down.

use std::thread;

use serde_json::json;

use crate::harness::log::Mark;
use crate::harness::{Options, Project, Server, until};

const CODE: &str = r#"
    import { version } from "./version";
    declare const __lopataFault: { panic(): void };
    const hoard: unknown[] = [];
    export default {
      async fetch(request: Request, env: any, ctx: ExecutionContext) {
        const { pathname } = new URL(request.url);
        switch (pathname) {
          case "/spin":
            console.log("spinning");
            while (true) {}
          case "/bomb":
            console.log("hoarding");
            while (true) hoard.push(new Array(100_000).fill(Math.random()));
          case "/bomb-strings": {
            let text = "x";
            while (true) hoard.push((text = text + text.slice(0, 500_000) + hoard.length));
          }
          case "/bomb-one-step":
            // One builtin that asks for more than any heap has: there is no step at which to interrupt it.
            return new Response(`${Array.from("x".repeat(100_000_000)).length}`);
          case "/bomb-buffers":
            while (true) hoard.push(new Uint8Array(1 << 20).fill(1));
          case "/recurse": {
            const recurse = (n: number): number => recurse(n + 1) + 1;
            return new Response(`${recurse(0)}`);
          }
          case "/panic":
            __lopataFault.panic();
            return new Response("no panic");
          case "/reject-later":
            ctx.waitUntil(Promise.reject(new Error("rejected later")));
            return new Response("answered");
          case "/unhandled":
            Promise.reject(new Error("nobody handles this"));
            return new Response("answered");
          case "/timer":
            setTimeout(() => {
              throw new Error("thrown by a timer");
            }, 0);
            await scheduler.wait(5);
            return new Response("answered");
          case "/broken-body":
            return new Response(
              new ReadableStream({
                pull() {
                  throw new Error("the body broke");
                },
              }),
            );
          case "/never":
            return new Promise<Response>(() => {});
        }
        return new Response(version);
      },
    };
"#;

fn fragile(extra: serde_json::Value) -> Project {
    let project = Project::worker(CODE, extra);
    project.write("src/version.ts", "export const version = 'one';\n");
    project
}

fn mend(server: &Server, project: &Project) {
    server.reload(|| project.write("src/version.ts", "export const version = 'two';\n"));
    server.expect("/", "two");
}

#[test]
fn an_endless_loop_does_not_stop_the_others() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    let mark = server.log().mark();
    let mut stuck = server.client().connect();
    stuck.request("GET", "/spin", &[], b"").expect("the server listens");
    server.log().wait_for(mark, "spinning");
    // The default watchdog is far away: these are answered while the loop runs.
    for _ in 0..5 {
        server.expect("/", "one");
    }
    mend(&server, &project);
    for _ in 0..5 {
        server.expect("/", "two");
    }
    server.assert_well();
    drop(stuck);
    server.stop();
}

#[test]
fn an_endless_loop_ends_at_the_cpu_limit() {
    let project = fragile(json!({ "limits": { "cpu_ms": 300 } }));
    let mut server = Server::start(&project);
    let response = server.get("/spin");
    assert!(response.status >= 500, "{}: {}", response.status, response.text());
    server.expect("/", "one");
    mend(&server, &project);
    server.assert_well();
    server.stop();
}

#[test]
fn a_heap_bomb_ends_only_its_generation() {
    for path in ["/bomb", "/bomb-strings", "/bomb-one-step", "/bomb-buffers"] {
        let project = fragile(json!({}));
        let mut server = Server::start(&project);
        let response = server.get(path);
        assert!(response.status >= 500, "{path} {}: {}", response.status, response.text());
        server.expect("/", "one");
        // And once more, to see that the replacement is as strong as the first.
        let response = server.get(path);
        assert!(response.status >= 500, "{path} {}: {}", response.status, response.text());
        server.expect("/", "one");
        mend(&server, &project);
        server.assert_well();
        server.stop();
    }
}

#[test]
fn a_heap_bomb_does_not_take_other_requests_along() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    thread::scope(|scope| {
        let bomb = scope.spawn(|| server.get("/bomb"));
        while !bomb.is_finished() {
            // A request that shared the isolate with the bomb may get its error page, but it gets an answer.
            let response = server.get("/");
            assert!(response.status == 200 || response.status >= 500, "{}", response.status);
        }
        assert!(bomb.join().expect("the request ends").status >= 500);
    });
    server.expect("/", "one");
    server.assert_well();
    server.stop();
}

#[test]
fn a_panic_in_an_op_ends_only_its_generation() {
    let project = fragile(json!({}));
    let server = Server::start_with(&project, Options::default().env("LOPATA_FAULT_INJECTION", "1"));
    let response = server.get("/panic");
    assert!(response.status >= 500, "{}: {}", response.status, response.text());
    server.expect("/", "one");
    server.reload(|| project.write("src/version.ts", "export const version = 'two';\n"));
    server.expect("/", "two");
    server.signal("-INT");
    let mut server = server;
    assert_eq!(server.wait_exit().code(), Some(0));
}

#[test]
fn the_fault_cannot_be_reached_without_being_asked_for() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    let response = server.get("/panic");
    assert_eq!(response.status, 500);
    assert!(response.text().contains("ReferenceError"), "{}", response.text());
    server.expect("/", "one");
    server.assert_well();
    server.stop();
}

#[test]
fn errors_outside_of_the_handler_are_reported_and_survived() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    let mark = server.log().mark();
    server.expect("/reject-later", "answered");
    server.log().wait_for(mark, "rejected later");
    server.expect("/unhandled", "answered");
    server.log().wait_for(mark, "nobody handles this");
    server.expect("/timer", "answered");
    server.log().wait_for(mark, "thrown by a timer");
    server.expect("/", "one");
    let response = server.get("/recurse");
    assert_eq!(response.status, 500);
    assert!(response.text().contains("Maximum call stack size exceeded"), "{}", response.text());
    server.expect("/", "one");
    server.assert_well();
    server.stop();
}

#[test]
fn a_broken_body_breaks_the_connection_and_nothing_else() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    let mark = server.log().mark();
    let result = server.client().try_send("GET", "/broken-body", &[], b"");
    // The head was out when it broke: the client must be able to tell that the body is not whole.
    assert!(result.is_err() || result.is_ok_and(|response| response.status >= 500));
    server.log().wait_for(mark, "the body broke");
    server.expect("/", "one");
    server.assert_well();
    server.stop();
}

#[test]
fn a_worker_that_fails_at_the_first_start_can_be_mended() {
    for (broken, sign) in [
        ("export default { fetch() { return new Response('x' } };\n", "index.ts:1:"),
        ("throw new Error('no start');\nexport default {};\n", "no start"),
        ("import './nowhere';\nexport default {};\n", "nowhere"),
    ] {
        let project = Project::worker(broken, json!({}));
        let mut server = Server::launch(&project, Options::default());
        server.log().wait_for(Default::default(), sign);
        project.write("src/index.ts", "export default { fetch: () => new Response('mended') };\n");
        server.wait_ready();
        until("the mended code serves", || {
            let response = server.get("/");
            (response.status == 200 && response.text() == "mended").then_some(())
        });
        server.stop();
    }
}

#[test]
fn a_start_that_never_ends_does_not_block_the_next_edit() {
    let project = fragile(json!({ "limits": { "cpu_ms": 1000 } }));
    let server = Server::start(&project);
    let mark = server.log().mark();
    project.write("src/version.ts", "for (;;) globalThis.turns = 1;\nexport const version = 'never';\n");
    server.log().wait_for(mark, "Reloading local server");
    server.expect("/", "one");
    project.write("src/version.ts", "export const version = 'two';\n");
    server.until("/", "two");
    server.stop();
}

#[test]
fn a_handler_that_never_answers_is_cancelled_or_waits_alone() {
    let project = fragile(json!({}));
    let mut server = Server::start(&project);
    let mut hung = server.client().connect();
    hung.request("GET", "/never", &[], b"").expect("the server listens");
    server.expect("/", "one");
    mend(&server, &project);
    server.assert_well();
    hung.reset();
    server.stop();
}

/// A promise that an async function returns has no handler for a moment, of which workers of older dates are told.
#[test]
fn an_error_that_is_caught_is_not_logged() {
    let code = r#"
        async function inner(text) { throw new Error(text); }
        async function outer(text) { return inner(text); }
        export default {
            async fetch() {
                const told = [];
                addEventListener("unhandledrejection", (event) => told.push(event.reason.message), { once: true });
                try { await outer("caught"); } catch {}
                outer("forgotten");
                return Response.json(told);
            },
        };
    "#;
    let project = Project::worker(code, serde_json::json!({ "compatibility_date": "2025-10-01" }));
    let server = Server::start(&project);
    assert_eq!(server.get("/").json(), serde_json::json!(["caught"]));
    server.log().wait_for(Mark::default(), "Uncaught Error: forgotten");
    assert!(!server.log().text().contains("Uncaught Error: caught"), "{}", server.log().text());
    server.stop();
}
