//! `lopata test`: what it runs, what it prints and how it ends.

use serde_json::Value;

use crate::harness::server::run;
use crate::harness::{Project, Server};

/// A configuration of one service `main` whose module is `worker.js`.
const CONFIG: &str = r#"
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ( name = "main",
      worker = (
        modules = [ (name = "worker", esModule = embed "worker.js") ],
        compatibilityDate = "2026-01-01",
      )
    ),
  ],
);
"#;

fn project(code: &str) -> Project {
    Project::new(&[("config.wd-test", CONFIG), ("worker.js", code)])
}

fn test(project: &Project, args: &[&str]) -> (i32, String) {
    let args: Vec<&str> = ["test", "config.wd-test"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &args);
    (code.expect("it ends by itself"), output)
}

fn lines(output: &str) -> Vec<Value> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn default_comes_first_then_the_named_ones() {
    let project = project(
        r#"
        import { WorkerEntrypoint } from "cloudflare:workers";
        export const zeta = { test() {} };
        export const alpha = { test() {} };
        export class Beta extends WorkerEntrypoint { test() {} }
        export class Plain { test() { throw new Error("is no entrypoint"); } }
        export const other = { fetch() {} };
        export default { test() { console.log("said by default"); } };
        "#,
    );
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 0, "{output}");
    let begun: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("[ TEST ] ")).collect();
    assert_eq!(begun, ["main", "main:Beta", "main:alpha", "main:zeta"]);
    assert_eq!(output.matches("[ PASS ] main").count(), 4, "{output}");
    assert!(output.contains("said by default"), "{output}");
}

#[test]
fn a_test_fails_with_any_of_its_promises() {
    let project = project(
        r#"
        export const throws = { test() { throw new TypeError("thrown"); } };
        export const rejects = { async test() { throw new Error("rejected"); } };
        export const waits = { test(c, e, ctx) { ctx.waitUntil(Promise.reject(new Error("waited"))); } };
        export const later = {
          test(c, e, ctx) {
            ctx.waitUntil(scheduler.wait(1).then(() => ctx.waitUntil(Promise.reject(new Error("late")))));
          },
        };
        export const zFine = { test(c, e, ctx) { ctx.waitUntil(undefined); } };
        "#,
    );
    let (code, output) = test(&project, &["--reporter=json"]);
    assert_eq!(code, 1, "{output}");
    let found: Vec<(String, String)> = lines(&output)
        .iter()
        .map(|line| {
            let message = line["message"].as_str().expect("it is a text");
            let name = line["entrypoint"].as_str().expect("it is a name");
            assert_eq!((line["service"].as_str(), line["ms"].is_number()), (Some("main"), true));
            assert_eq!(line["outcome"], if name == "zFine" { "pass" } else { "fail" });
            (name.to_string(), message.lines().next().unwrap_or_default().to_string())
        })
        .collect();
    let expected = [
        ("later", "Error: late"),
        ("rejects", "Error: rejected"),
        ("throws", "TypeError: thrown"),
        ("waits", "Error: waited"),
        ("zFine", ""),
    ];
    assert_eq!(found, expected.map(|(name, message)| (name.to_string(), message.to_string())));
    assert!(output.contains("Tests failed!"), "{output}");
    assert!(output.contains("at Object.test (worker:2:"), "positions are those of the module: {output}");
}

#[test]
fn a_filter_selects() {
    let project =
        project("export const one = { test() {} }; export const two = { test() {} }; export default { test() {} };");
    for (filter, expected) in [
        ("main", "main,main:one,main:two"),
        ("m*:default", "main"),
        ("*:t?o", "main:two"),
        ("config:main:one", "main:one"),
    ] {
        let (code, output) = test(&project, &[filter, "--reporter=json"]);
        assert_eq!(code, 0, "{filter}: {output}");
        let names: Vec<_> =
            lines(&output).iter().map(|line| line["name"].as_str().expect("a name").to_string()).collect();
        assert_eq!(names.join(","), expected);
    }
    for (filter, says) in
        [("other", "No tests found!"), ("main:none", "No tests found!"), ("a:b:c:d", "Too many colons.")]
    {
        let (code, output) = test(&project, &[filter]);
        assert_eq!(code, 1, "{filter}: {output}");
        assert!(output.contains(says), "{filter}: {output}");
    }
}

#[test]
fn all_tests_of_a_service_share_an_isolate() {
    let project = project(
        r#"
        let count = 0;
        export const a = { test() { count++; } };
        export const b = { test() { if (++count !== 2) throw new Error(`${count}`); } };
        "#,
    );
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 0, "{output}");
}

#[test]
fn a_test_that_does_not_end_fails() {
    let project = project(
        r#"
        export const hangs = { test() { return scheduler.wait(1e8); } };
        export const next = { test() {} };
        "#,
    );
    let (code, output) = test(&project, &["--timeout=500ms"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("did not end within 0.5 s"), "{output}");
    assert!(output.contains("[ FAIL ] main:hangs") && output.contains("[ PASS ] main:next"), "{output}");
}

#[test]
fn a_loop_without_end_is_ended() {
    let project = project("export default { test() { for (;;); } };");
    let (code, output) = test(&project, &["--timeout=2s"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("[ FAIL ] main"), "{output}");
}

#[test]
fn what_is_known_to_fail_is_expected() {
    let project = project(
        r#"
        export const fails = { test() { throw new Error("known"); } };
        export const skipped = { test() { throw new Error("never run"); } };
        export const passes = { test() {} };
        "#,
    );
    project.write("known", "config.wd-test#fails → fail + not written\nconfig.wd-test#main:skip* -> skip no network\n");
    let (code, output) = test(&project, &["--expectations", "known", "--reporter=json"]);
    assert_eq!(code, 0, "{output}");
    let outcomes: Vec<_> =
        lines(&output).iter().map(|line| line["outcome"].as_str().expect("a text").to_string()).collect();
    assert_eq!(outcomes, ["known failure", "pass", "skip"]);
    assert!(!output.contains("never run"), "{output}");

    project.write("stale", "config.wd-test#* -> fail\n");
    let (code, output) = test(&project, &["main:passes", "--expectations", "stale"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("expected to fail, but it passes"), "{output}");

    project.write("wrong", "\nconfig.wd-test passes\n");
    let (code, output) = test(&project, &["--expectations", "wrong"]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("wrong:2: expected"), "{output}");
}

#[test]
fn flags_of_the_engine_and_of_the_run() {
    let gc = "export default { test() { if (typeof gc !== \"function\") throw new Error(typeof gc); gc(); } };";
    let project = project(gc);
    assert_eq!(test(&project, &[]).0, 1);
    assert_eq!(test(&project, &["--predictable"]).0, 0);
    project.write("config.wd-test", &CONFIG.replace("services = [", "v8Flags = [\"--expose-gc\"],\nservices = ["));
    assert_eq!(test(&project, &["--all-autogates", "--no-verbose"]).0, 0);

    project.write("config.wd-test", &CONFIG.replace("compatibilityDate = \"2026-01-01\",", ""));
    project.write(
        "worker.js",
        "const { global_navigator } = Cloudflare.compatibilityFlags;\n\
         export const old = { test() { if (global_navigator) throw new Error(); } };\n\
         export const recent = { test() { if (!global_navigator) throw new Error(); } };",
    );
    assert_eq!(test(&project, &["main:old", "--compat-date", "2000-01-01"]).0, 0);
    assert_eq!(test(&project, &["main:recent", "--compat-date", "2999-12-31", "--gc-stress"]).0, 0);
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("Worker must specify compatibilityDate."), "{output}");
}

#[test]
fn flags_that_are_refused() {
    let project = project("export default { test() {} };");
    for (args, says) in [
        (&["--binary"][..], "not available"),
        (&["-i", "127.0.0.1:0"][..], "not available"),
        (&["-d", "x"][..], "Expected <name>=<value>"),
        (&["-dnone=/tmp"][..], "Config did not define any disk service named \"none\""),
        (&["-e", "none=x:1"][..], "Config did not define any external service named \"none\""),
        (&["--timeout=soon"][..], "no duration"),
    ] {
        let (code, output) = test(&project, args);
        assert_ne!(code, 0, "{args:?}: {output}");
        assert!(output.contains(says), "{args:?}: {output}");
    }
    assert_eq!(test(&project, &["-dTEST_TMPDIR=/tmp"]).0, 0, "nobody asks for it, and that is fine");
}

#[test]
fn one_service_that_does_not_start_keeps_no_other_from_it() {
    let project = project("export default { test() {} };");
    let broken = "services = [ (name = \"broken\", worker = (modules = [(name = \"w\", esModule = \"throw new RangeError('boom');\")], compatibilityDate = \"2026-01-01\")),";
    project.write("config.wd-test", &CONFIG.replace("services = [", broken));
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("service broken: Uncaught RangeError: boom\n    at w:1:7"), "{output}");
    assert!(output.contains("[ PASS ] main"), "{output}");
}

#[test]
fn a_module_that_waits_for_ever_does_not_start() {
    let project = project("await new Promise(() => {});\nexport default { test() {} };");
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("Uncaught Error: Top-level await in module is unsettled.\n"), "{output}");
}

#[test]
fn an_entrypoint_that_is_not_there() {
    let project = project("export default { test() {} };");
    let bound = "bindings = [(name = \"X\", service = (name = \"main\", entrypoint = \"Nope\"))], compatibilityDate";
    project.write("config.wd-test", &CONFIG.replace("compatibilityDate", bound));
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 1, "{output}");
    let says = "Worker \"main\"'s binding \"X\" refers to service \"main\" with a named entrypoint \"Nope\", but \"main\" \
                has no such named entrypoint.";
    assert!(output.contains(says), "{output}");
}

#[test]
fn tail_workers_are_told() {
    let project = project(
        r#"
        const told = [];
        export const a = { test() { console.log("seen"); } };
        export const b = {
          async test() {
            for (let i = 0; i < 1000 && told.length === 0; i++) await scheduler.wait(5);
            if (JSON.stringify(told[0].logs[0].message) !== '["seen"]') throw new Error(JSON.stringify(told));
          },
        };
        export default { tail(events) { told.push(...events); } };
        "#,
    );
    project.write("config.wd-test", &CONFIG.replace("compatibilityDate", "tails = [\"main\"], compatibilityDate"));
    let (code, output) = test(&project, &[]);
    assert_eq!(code, 0, "{output}");
}

#[test]
fn watching_runs_again_after_a_change() {
    let project = project("export default { test() { throw new Error(\"first\"); } };");
    let args = ["test", "config.wd-test", "--watch"].map(str::to_string).to_vec();
    let server = Server::launch_command(&project, args, &[]);
    server.log().wait_for(Default::default(), "Tests failed!");
    project.write_atomically("worker.js", "export default { test() { console.log(\"second\"); } };");
    server.log().wait_for(Default::default(), "Noticed configuration change");
    server.log().wait_for(Default::default(), "[ PASS ] main");
}

#[test]
fn a_network_that_is_denied_is_not_reached() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it listens").port();
    let code = format!(
        r#"
        import {{ connect }} from "cloudflare:sockets";
        export const socket = {{
          async test() {{
            const socket = connect("127.0.0.1:{port}");
            socket.closed.catch(() => {{}});
            await socket.opened;
          }},
        }};
        export const request = {{ async test() {{ await fetch("http://127.0.0.1:{port}/"); }} }};
        "#
    );
    // Without a service of that name, the internet is what is public.
    let project = project(&code);
    let (_, output) = test(&project, &["--reporter=json"]);
    let outcomes: Vec<Value> = lines(&output).iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["fail", "fail"], "{output}");
    assert!(output.contains("cannot connect to the specified address"), "{output}");
    listener.set_nonblocking(true).expect("the listener is ours");
    assert!(listener.accept().is_err(), "nobody came");

    let allowed =
        CONFIG.replace("services = [", r#"services = [ ( name = "internet", network = ( allow = ["private"] ) ),"#);
    let project = Project::new(&[("config.wd-test", &allowed), ("worker.js", &code)]);
    let (_, output) = test(&project, &["main:socket"]);
    assert!(output.contains("[ PASS ] main:socket"), "{output}");
}
