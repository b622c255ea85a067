//! Several workers in one process: how they call each other, and how little one has to do with another's fate.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::harness::log::Mark;
use crate::harness::server::run;
use crate::harness::{Client, Options, Project, Server, SetOnDrop, proc, until};

/// Calls what the path names; everything else it answers itself, with a count that a reload would reset.
const PRIMARY: &str = r#"
    let count = 0;
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const [, target, rest] = new URL(request.url).pathname.split("/");
        if (target in env) {
          const answer = await env[target].fetch(`http://inside/${rest}`, request);
          return new Response(`${target}: ${await answer.text()}`, answer);
        }
        console.log("the primary speaks");
        if (target === "throw") throw new Error("thrown by the primary");
        return new Response(`primary ${++count}`);
      },
      scheduled() {
        console.log("scheduled in the primary");
      },
    };
"#;

const SECOND: &str = r#"
    import { WorkerEntrypoint } from "cloudflare:workers";
    const TEXT = "second";
    let count = 0;
    export class Named extends WorkerEntrypoint<any, any> {
      async fetch(request: Request): Promise<Response> {
        return new Response(`named ${JSON.stringify(this.ctx.props)} ${await request.text()}`);
      }
    }
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const { pathname } = new URL(request.url);
        if (pathname === "/third") return env.THIRD.fetch(request);
        if (pathname === "/spin") while (true) {}
        if (pathname === "/hang") {
          console.log("the second hangs");
          await scheduler.wait(1e9);
        }
        console.log("the second speaks");
        if (pathname === "/count") return new Response(`${++count}`);
        return new Response(TEXT);
      },
      scheduled() {
        console.log("scheduled in the second");
      },
    };
"#;

const THIRD: &str = r#"
    export default { fetch: (request: Request) => new Response(`third at ${request.url}`) };
"#;

/// Three workers: the first calls the second in two ways, itself and nobody; the second calls the third.
fn three() -> Project {
    Project::new(&[
        (
            "a/wrangler.jsonc",
            r#"{ "name": "first", "main": "index.ts", "compatibility_date": "2026-04-01", "services": [
                { "binding": "SECOND", "service": "second" },
                { "binding": "NAMED", "service": "second", "entrypoint": "Named", "props": { "from": "first" } },
                { "binding": "SELF", "service": "first" },
                { "binding": "NOBODY", "service": "nobody", "entrypoint": "Admin" } ],
                "env": { "staging": {} } }"#,
        ),
        ("a/index.ts", PRIMARY),
        (
            "b/wrangler.toml",
            "name = \"second\"\nmain = \"index.ts\"\ncompatibility_date = \"2026-04-01\"\n[dev]\nport = 1\n\
             [[services]]\nbinding = \"THIRD\"\nservice = \"third\"\n[limits]\ncpu_ms = 1000\n",
        ),
        ("b/index.ts", SECOND),
        ("c/wrangler.json", r#"{ "name": "third", "main": "index.ts", "compatibility_date": "2026-04-01" }"#),
        ("c/index.ts", THIRD),
    ])
}

fn options() -> Options {
    Options::args(["-c", "a/wrangler.jsonc", "-c", "b/wrangler.toml", "-c", "c/wrangler.json"])
}

/// Makes a change and waits until the worker of this name, `None` for the primary, has been reloaded.
fn reload(server: &Server, worker: Option<&str>, change: impl FnOnce()) {
    let mark = server.log().mark();
    change();
    let label = worker.map(|name| format!("[{name}] ")).unwrap_or_default();
    server.log().wait_for(mark, &format!("\n{label}⎔ Local server updated and ready"));
}

#[test]
fn workers_call_each_other() {
    let project = three();
    let server = Server::start_with(&project, options());
    server.expect("/", "primary 1");
    server.expect("/SECOND/", "SECOND: second");
    server.expect("/SECOND/third", "SECOND: third at http://inside/third");
    server.expect("/SELF/", "SELF: primary 2");
    let named = server.client().post("/NAMED/", b"with a body");
    assert_eq!(named.text(), "NAMED: named {\"from\":\"first\"} with a body");
    server.stop();
}

#[test]
fn an_edit_reloads_one_worker_and_its_callers_see_it() {
    let project = three();
    let server = Server::start_with(&project, options());
    server.expect("/", "primary 1");
    server.expect("/SECOND/count", "SECOND: 1");

    let mark = server.log().mark();
    reload(&server, Some("second"), || project.edit("b/index.ts", "\"second\"", "\"second, edited\""));
    server.expect("/SECOND/", "SECOND: second, edited");
    server.expect("/", "primary 2");
    assert_eq!(server.reloads(mark), 1, "{}", server.log().since(mark));
    server.expect("/SECOND/count", "SECOND: 1");

    let mark = server.log().mark();
    reload(&server, None, || project.edit("a/index.ts", "`primary $", "`primary, edited $"));
    server.expect("/", "primary, edited 1");
    server.expect("/SECOND/count", "SECOND: 2");
    assert_eq!(server.reloads(mark), 1, "{}", server.log().since(mark));
    server.stop();
}

#[test]
fn calls_during_reloads_are_answered_or_refused_clearly() {
    let project = three();
    let server = Server::start_with(&project, options());
    let over = AtomicBool::new(false);
    let caller = || {
        let mut answers = 0;
        while !over.load(Ordering::Relaxed) {
            let response = server.get("/SECOND/");
            let text = response.text();
            match response.status {
                200 => assert!(text.starts_with("SECOND: second"), "{text}"),
                503 => assert!(text.contains("The worker \"second\" is still starting."), "{text}"),
                status => panic!("{status}: {text}"),
            }
            answers += 1;
        }
        answers
    };
    let answers: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(caller)).collect();
        let end = SetOnDrop(&over);
        for round in 0..6 {
            let text = project.read("b/index.ts");
            let start = text.find("const TEXT").expect("it is there");
            let end = start + text[start..].find('\n').expect("the line ends");
            let next = format!("{}const TEXT = \"second {round}\";{}", &text[..start], &text[end..]);
            reload(&server, Some("second"), || project.write("b/index.ts", &next));
            server.expect("/SECOND/", &format!("SECOND: second {round}"));
        }
        drop(end);
        callers.into_iter().map(|caller| caller.join().expect("no answer is wrong")).sum()
    });
    assert!(answers > 0);
    server.stop();
}

#[test]
fn a_worker_that_does_not_run_is_an_answer() {
    let project = three();
    let server = Server::start_with(&project, options());
    let missing = server.get("/NOBODY/");
    assert_eq!(missing.status, 503);
    assert!(
        missing.text().ends_with(
            "Couldn't find a local dev session for the \"Admin\" entrypoint of service \"nobody\" to proxy to"
        ),
        "{}",
        missing.text()
    );
    server.stop();

    // It never started: there is no older code to fall back on.
    project.edit("b/index.ts", "let count = 0;", "let count = 0; throw new Error('thrown at module scope');");
    let server = Server::start_with(&project, options());
    server.log().wait_for(Mark::default(), "[second] ✘ [ERROR] Error: thrown at module scope");
    let broken = server.get("/SECOND/");
    assert_eq!(broken.status, 503);
    assert!(broken.text().contains("The worker \"second\" does not start; see the terminal."), "{}", broken.text());
    server.expect("/", "primary 1");
    project.edit("b/index.ts", " throw new Error('thrown at module scope');", "");
    until("the mended worker answers", || (server.get("/SECOND/").text() == "SECOND: second").then_some(()));
    server.stop();
}

#[test]
fn a_worker_that_still_starts_is_not_waited_for() {
    let project = three();
    let made = Command::new("mkfifo").arg(project.path("gate")).status().expect("mkfifo exists");
    assert!(made.success());
    // Its own build command waits until the test opens the gate.
    let config = project.read("b/wrangler.toml");
    project.write("b/wrangler.toml", &format!("{config}[build]\ncommand = \"cat gate > /dev/null\"\n"));
    let mut server = Server::launch(&project, options());
    // The socket is there before the workers are.
    let port = until("it listens", || proc::listening_port(server.pid()));
    let client = Client::new(&format!("http://localhost:{port}"));
    assert_eq!(client.get("/").text(), "primary 1");
    let early = client.get("/SECOND/");
    assert_eq!(early.status, 503, "{}", early.text());
    assert!(early.text().contains("The worker \"second\" is still starting."), "{}", early.text());
    assert_eq!(server.log().count(Mark::default(), "Ready on"), 0, "it is ready when every worker has had its chance");
    fs::write(project.path("gate"), "").expect("the gate has a reader");
    server.wait_ready();
    server.expect("/SECOND/", "SECOND: second");
    server.stop();
}

#[test]
fn lines_of_the_others_carry_their_names() {
    let project = three();
    let server = Server::start_with(&project, options());
    server.expect("/SECOND/", "SECOND: second");
    let line = server.log().wait_for(Mark::default(), "the second speaks");
    assert!(line.starts_with("[second] the second speaks (b/index.ts:"), "{line}");
    server.expect("/", "primary 1");
    assert!(server.log().wait_for(Mark::default(), "the primary speaks").starts_with("[first] "));

    let mark = server.log().mark();
    let good = project.read("b/index.ts");
    project.write("b/index.ts", "export default {");
    let line = server.log().wait_for(mark, "✘ [ERROR]");
    assert!(line.starts_with("[second] ✘ [ERROR]"), "{line}");
    // Other requests keep getting the last good code, and a navigation to the primary is not the second's business.
    let page = server.client().send("GET", "/SECOND/", &[("accept", "text/html"), ("sec-fetch-mode", "navigate")], b"");
    assert_eq!((page.status, page.text().as_str()), (200, "SECOND: second"));
    project.write("b/index.ts", &good);
    let line = server.log().wait_for(mark, "Local server updated and ready");
    assert!(line.starts_with("[second] "), "{line}");

    let mark = server.log().mark();
    project.write("a/index.ts", "export default {");
    let line = server.log().wait_for(mark, "✘ [ERROR]");
    assert!(line.starts_with("✘ [ERROR]"), "the primary's lines are wrangler's: {line}");
    server.stop();
}

#[test]
fn names_are_distinct() {
    let project = three();
    let start = |args: &[&str]| run(&project, &[&["dev", "--port", "0"], args].concat());
    let (code, text) = start(&["-c", "a/wrangler.jsonc", "-c", "c/wrangler.json", "-c", "c/wrangler.json"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("Multiple workers defined with the same `name`: \"third\""), "{text}");
    assert!(text.contains("c/wrangler.json and c/wrangler.json"), "{text}");
    let (code, text) = start(&["-c", "a/wrangler.jsonc", "-c", "d/wrangler.json"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("Could not read file: d/wrangler.json"), "{text}");

    let server = Server::start_with(&project, options());
    let mark = server.log().mark();
    project.edit("c/wrangler.json", "\"third\"", "\"second\"");
    let line = server.log().wait_for(mark, "Multiple workers defined with the same `name`: \"second\"");
    assert!(line.starts_with("[third] ✘ [ERROR]"), "{line}");
    server.expect("/SECOND/third", "SECOND: third at http://inside/third");
    // Under another name it is another worker.
    project.edit("c/wrangler.json", "\"second\"", "\"nobody\"");
    until("nobody has the old name any more", || (server.get("/SECOND/third").status == 503).then_some(()));
    let mark = server.log().mark();
    assert_eq!(server.get("/cdn-cgi/handler/scheduled?worker=nobody").status, 500, "it has no such handler");
    server.log().wait_for(mark, "[nobody] ");
    server.stop();
}

#[test]
fn a_broken_configuration_is_its_workers_alone() {
    let project = three();
    let good = project.read("b/wrangler.toml");
    project.write("b/wrangler.toml", "name = 1\n");
    let server = Server::start_with(&project, options());
    let line = server.log().wait_for(Mark::default(), "Expected \"name\" to be of type string");
    assert!(line.starts_with("[b/wrangler.toml] ✘ [ERROR]"), "a worker without a name is known by its file: {line}");
    server.expect("/", "primary 1");
    assert_eq!(server.get("/SECOND/").status, 503);
    project.write("b/wrangler.toml", &good);
    until("the mended worker answers", || (server.get("/SECOND/").text() == "SECOND: second").then_some(()));

    let mark = server.log().mark();
    project.write("b/wrangler.toml", &good.replace("cpu_ms = 1000", "cpu_ms = \"many\""));
    let line = server.log().wait_for(mark, "✘ [ERROR]");
    assert!(line.starts_with("[second] "), "{line}");
    server.expect("/SECOND/", "SECOND: second");
    server.expect("/", "primary 2");
    server.stop();
}

#[test]
fn a_death_is_its_workers_alone() {
    let project = three();
    let mut server = Server::start_with(&project, options());
    server.expect("/", "primary 1");
    let lost = server.get("/SECOND/spin");
    assert!(lost.status >= 500, "{}", lost.text());
    server.log().wait_for(Mark::default(), "[second] ✘ [ERROR] The worker exceeded its CPU time limit.");
    server.expect("/", "primary 2");
    until("a fresh copy answers", || (server.get("/SECOND/").text() == "SECOND: second").then_some(()));
    server.assert_well();
    server.stop();
}

#[test]
fn the_end_is_everybodys() {
    let project = three();
    let server = Server::start_with(&project, options());
    let client = Client::new(&server.origin());
    let hanging = thread::spawn(move || client.try_send("GET", "/SECOND/hang", &[], b"").is_ok());
    server.log().wait_for(Mark::default(), "the second hangs");
    project.edit("c/index.ts", "export default {", "while (true) {}\nexport default {");
    until("the third is stuck in its own module scope", || {
        (server.log().count(Mark::default(), "[third] ⎔ Reloading local server...") == 1).then_some(())
    });
    server.stop();
    hanging.join().expect("the client is told, one way or the other");
}

#[test]
fn handlers_are_triggered_in_the_worker_that_is_named() {
    let project = three();
    let server = Server::start_with(&project, options());
    let mark = server.log().mark();
    assert_eq!(server.get("/cdn-cgi/handler/scheduled").text(), "ok");
    server.log().wait_for(mark, "[first] scheduled in the primary");
    assert_eq!(server.get("/cdn-cgi/handler/scheduled?worker=second").text(), "ok");
    server.log().wait_for(mark, "[second] scheduled in the second");
    let unknown = server.get("/cdn-cgi/handler/scheduled?worker=nobody");
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.text(), "There is no worker \"nobody\". There is \"first\", \"second\", \"third\".");
    server.stop();
}

#[test]
fn the_environment_is_everybodys() {
    let project = three();
    let config = project.read("c/wrangler.json").replace("\"main\"", "\"env\": { \"staging\": {} }, \"main\"");
    project.write("c/wrangler.json", &config);
    let options = Options::args(["-c", "a/wrangler.jsonc", "-c", "c/wrangler.json", "--env", "staging"]);
    project.edit(
        "a/wrangler.jsonc",
        "\"staging\": {}",
        r#""staging": { "services": [
        { "binding": "A", "service": "third-staging" },
        { "binding": "B", "service": "third", "environment": "staging" },
        { "binding": "C", "service": "third" } ] }"#,
    );
    let server = Server::start_with(&project, options);
    server.expect("/A/x", "A: third at http://inside/x");
    server.expect("/B/x", "B: third at http://inside/x");
    assert_eq!(server.get("/C/x").status, 503, "bindings name workers as they are called");
    server.stop();
}

#[test]
fn one_spare_serves_all_workers() {
    let project = three();
    let server = Server::start_with(&project, options());
    let guests = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", server.pid())).expect("the process runs");
        let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("lopata-guest")).count()
    };
    until("three workers and one spare", || (guests() == 4).then_some(()));
    reload(&server, Some("second"), || project.edit("b/index.ts", "\"second\"", "\"second, edited\""));
    reload(&server, None, || project.edit("a/index.ts", "`primary $", "`primary, edited $"));
    until("three workers and one spare again", || (guests() == 4).then_some(()));
    server.stop();
}
