//! `lopata.config.{ts,js,json}`: several workers named by one file, its mistakes, its edits, and crons that fire.

use serde_json::Value;

use crate::harness::log::Mark;
use crate::harness::server::run;
use crate::harness::{Options, Project, Server};

/// Answers with its name, where it is, and what a service binding says.
const WORKER: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const url = new URL(request.url);
        if (url.pathname === "/other") return env.OTHER.fetch("http://inside/");
        return new Response(`${env.WHO} at ${url.hostname}`);
      },
      scheduled(controller: any, env: any) {
        const time = new Date(controller.scheduledTime).toISOString();
        console.log(`${env.WHO} ${controller.cron} at ${time}`);
        if (controller.cron === "1 12 * * *") throw new Error("a cron that fails");
      },
    };
"#;

const MAIN: &str = r#"{ "name": "main", "main": "../worker.ts", "compatibility_date": "2026-04-01",
    "vars": { "WHO": "main" }, "services": [{ "binding": "OTHER", "service": "echo" }],
    "triggers": { "crons": ["* * * * *", "30 12 * * *"] }, "kv_namespaces": [{ "binding": "KV", "id": "main" }],
    "env": { "staging": { "vars": { "WHO": "staging" } } } }"#;

const ECHO: &str = r#"{ "name": "unused-name", "main": "../worker.ts", "compatibility_date": "2026-04-01",
    "vars": { "WHO": "echo" }, "triggers": { "crons": ["1 12 * * *"] }, "env": { "staging": { "vars": { "WHO": "e" } } } }"#;

/// A project file with an import of each kind, a flag's value and a helper.
const CONFIG: &str = r#"
    import { defineConfig } from "lopata";
    import { hostsOf } from "./config/hosts";

    interface Given { mode: "development"; env?: string }

    export default defineConfig(async ({ mode, env }: Given) => {
      console.log(`mode ${mode}, env ${env}`);
      return {
        main: "./a/wrangler.jsonc",
        hosts: hostsOf("main"),
        workers: [{ name: "echo", config: "b/wrangler.jsonc", hosts: hostsOf("echo") }],
      };
    });
"#;

const HOSTS: &str = r#"
    import names from "./names.json";
    export const hostsOf = (name: keyof typeof names): string[] => [names[name] + ".localhost"];
"#;

/// Two workers and a file that names them.
fn project(config: &str, text: &str) -> Project {
    Project::new(&[
        (config, text),
        ("config/hosts.ts", HOSTS),
        ("config/names.json", r#"{ "main": "app", "echo": "echo" }"#),
        ("a/wrangler.jsonc", MAIN),
        ("b/wrangler.jsonc", ECHO),
        ("worker.ts", WORKER),
    ])
}

/// What is answered to a request for `host`.
fn at(server: &Server, host: &str, path: &str) -> String {
    server.client().send("GET", path, &[("host", host)], b"").text()
}

#[test]
fn a_file_in_typescript_names_workers_and_their_hosts() {
    let project = project("lopata.config.ts", CONFIG);
    project.write("wrangler.toml", "name = \"unused\"\n");
    let server = Server::start(&project);
    server.expect("/", "main at localhost");
    assert_eq!(at(&server, "app.localhost", "/"), "main at app.localhost");
    assert_eq!(at(&server, "echo.localhost", "/"), "echo at echo.localhost");
    // The name of the file is the one that bindings know.
    server.expect("/other", "echo at inside");
    let log = server.log().text();
    for line in [
        "[lopata.config.ts] mode development, env undefined",
        "Using lopata.config.ts: main a/wrangler.jsonc, workers echo",
        "wrangler.toml is not used: lopata.config.ts comes first, and its main is a/wrangler.jsonc.",
    ] {
        assert!(log.contains(line), "{line:?} is missing:\n{log}");
    }
    server.stop();
}

#[test]
fn the_environment_reaches_the_file_and_the_workers() {
    let project = project("lopata.config.ts", CONFIG);
    let server = Server::start_with(&project, Options::args(["--env", "staging"]));
    server.expect("/", "staging at localhost");
    assert_eq!(at(&server, "echo.localhost", "/"), "e at echo.localhost");
    assert!(server.log().text().contains("mode development, env staging"));
    server.stop();
}

#[test]
fn javascript_json_and_a_named_file_say_the_same() {
    let json = r#"{ "main": "a/wrangler.jsonc", "workers": [{ "config": "b/wrangler.jsonc", "name": "echo" }], }"#;
    for (name, text, args) in [
        ("lopata.config.json", json.to_string(), Options::default()),
        ("lopata.config.js", format!("export default {json};"), Options::default()),
        ("lopata.config.js", format!("module.exports = require('lopata').defineConfig({json});"), Options::default()),
        (
            "other/setup.ts",
            format!("export default {};", json.replace("\"a/", "\"../a/").replace("\"b/", "\"../b/")),
            { Options::args(["-c", "other/setup.ts"]) },
        ),
    ] {
        let server = Server::start_with(&project(name, &text), args);
        server.expect("/other", "echo at inside");
        server.stop();
    }
}

#[test]
fn the_nearest_configuration_and_a_named_one_come_before() {
    let project = project("lopata.config.ts", "throw new Error('not to be run');");
    for args in [["--cwd", "b"], ["-c", "b/wrangler.jsonc"]] {
        let server = Server::start_with(&project, Options::args(args));
        server.expect("/", "echo at localhost");
        server.stop();
    }
    let (code, output) = run(&project, &["dev", "-c", "lopata.config.ts", "-c", "b/wrangler.jsonc"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("--config lopata.config.ts cannot be combined with others."), "{output}");
}

/// A file, and what must be said about it.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "export default { main: './a/wrangler.jsonc', };\nexport const = 1;",
        &["cannot be built", "lopata.config.ts:2:14"],
    ),
    (
        "import { hostsOf } from './config/gone';\nexport default hostsOf;",
        &["\"./config/gone\"", "lopata.config.ts:1:25"],
    ),
    ("export default { main: gone };", &["threw ReferenceError: gone is not defined", "lopata.config.ts:1:24"]),
    (
        "import { f } from './fails';\nexport default f();",
        &["threw TypeError: out of order", "fails.ts:3:9", "3 |   throw new"],
    ),
    ("export default () => { throw 'text'; };", &["lopata.config.ts threw text"]),
    ("export default { main: './a/wrangler.jsonc', wokers: [] };", &["no key \"wokers\"", "Did you mean \"workers\"?"]),
    (
        "export default { main: './a/wrangler.jsonc', workers: [{ config: 'c/wrangler.json', hots: [] }] };",
        &["\"workers[0].hots\"", "Did you mean \"hosts\"?", "\"workers[0].config\" names c/wrangler.json", "not exist"],
    ),
    ("export default { main: new URL('http://x/a') };", &["\"main\" is a URL, not a plain object."]),
    ("export default { main: () => 'a' };", &["\"main\" is a function."]),
    ("const a: any = {};\na.main = [a];\nexport default a;", &["\"main[0]\" contains itself."]),
    ("export const main = 'a/wrangler.jsonc';", &["has no default export", "export default {"]),
    ("export default 'a/wrangler.jsonc';", &["has to be an object but is \"a/wrangler.jsonc\""]),
    ("export default { main: process.env.MAIN };", &["process is not defined", "it has no files, network or process"]),
    ("export default { main: crypto.randomUUID() };", &["within global scope", "Do it in a function"]),
    (
        "export default async () => ({ main: await (await fetch('http://127.0.0.1:9/')).text() });",
        &["A lopata.config has no access to the network.", "lopata.config.ts:1:"],
    ),
    ("await new Promise(() => {});\nexport default {};", &["waits for something that does not come"]),
    ("const all: any[] = [];\nfor (;;) all.push(new Array(9999).fill(0.5));", &["used more memory than a Worker has"]),
    ("let n = 0;\nfor (;;) (globalThis as any).n = ++n;", &["did not finish within 5 seconds and was ended"]),
    ("export default () => { for (let n = 0;; (globalThis as any).n = ++n); };", &["did not finish within 5 seconds"]),
];

#[test]
fn mistakes_are_explained() {
    let project = project("lopata.config.ts", "");
    project.write("fails.ts", "interface Removed { by: 'the bundler' }\nexport function f(): string {\n  throw new TypeError('out of order');\n}\n");
    for (text, says) in MISTAKES {
        project.write("lopata.config.ts", text);
        let (code, output) = run(&project, &["dev", "--port", "0"]);
        assert_eq!(code, Some(1), "{text}\n{output}");
        for piece in *says {
            assert!(output.contains(piece), "{piece:?} is missing for\n{text}\n{output}");
        }
        assert!(!output.contains("Ready on") && !output.contains("panicked"), "{text}\n{output}");
    }
    project.remove("lopata.config.ts");
    project.write("lopata.config.json", "{\n  \"main\": \"a/wrangler.jsonc\",\n  \"host\": [\"a.localhost\"]\n}\n");
    let (code, output) = run(&project, &["dev", "--port", "0"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("lopata.config.json:3:3") && output.contains("Did you mean \"hosts\"?"), "{output}");
}

#[test]
fn an_edit_of_the_file_or_of_what_it_imports_is_noticed() {
    let project = project("lopata.config.ts", CONFIG);
    let server = Server::start(&project);
    let port = server.client().port();
    assert_eq!(at(&server, "echo.localhost", "/"), "echo at echo.localhost");

    let mark = server.log().mark();
    // The same in other words changes nothing; what comes after it does.
    project.edit("lopata.config.ts", "main: \"./a/", "main: \"a/../a/");
    server.log().wait_for(mark, "mode development");
    server.reload(|| project.write("config/names.json", r#"{ "main": "app", "echo": "parrot" }"#));
    assert_eq!(at(&server, "parrot.localhost", "/"), "echo at parrot.localhost");
    assert_eq!(at(&server, "echo.localhost", "/"), "main at echo.localhost");
    assert_eq!(server.reloads(mark), 1, "{}", server.log().text());

    let mark = server.log().mark();
    project.edit("lopata.config.ts", "workers:", "wokers:");
    server.log().wait_for(mark, "Did you mean \"workers\"?");
    assert_eq!(at(&server, "parrot.localhost", "/"), "echo at parrot.localhost");
    // A worker more, which takes over the name that the binding knows.
    project.write("c/wrangler.jsonc", &ECHO.replace("\"WHO\": \"echo\"", "\"WHO\": \"c\""));
    let two = "workers: [{ name: \"echo\", config: \"c/wrangler.jsonc\" }, { name: \"parrot\"";
    server.reload(|| project.edit("lopata.config.ts", "wokers: [{ name: \"echo\"", two));
    server.expect("/other", "c at inside");
    assert_eq!(at(&server, "parrot.localhost", "/"), "echo at parrot.localhost");
    server.reload(|| project.edit("lopata.config.ts", ", hosts: hostsOf(\"echo\")", ""));
    assert_eq!(at(&server, "parrot.localhost", "/"), "main at parrot.localhost");
    assert_eq!(server.client().port(), port);
    server.expect("/", "main at localhost");
    server.stop();
}

#[test]
fn a_project_that_cannot_start_leaves_the_running_one_until_it_is_mended() {
    let project = project("lopata.config.json", r#"{ "main": "a/wrangler.jsonc" }"#);
    let server = Server::start(&project);
    server.expect("/", "main at localhost");
    let mark = server.log().mark();
    project.write("c/wrangler.jsonc", "{ \"name\": 1 }");
    project.write("lopata.config.json", r#"{ "main": "c/wrangler.jsonc" }"#);
    server.log().wait_for(mark, "Expected \"name\" to be of type string");
    server.expect("/", "main at localhost");
    server.reload(|| project.write("c/wrangler.jsonc", ECHO));
    server.expect("/", "echo at localhost");
    server.stop();
}

#[test]
fn an_extra_folder_rebuilds_its_worker() {
    let config = r#"{ "main": "a/wrangler.jsonc", "workers": [{ "config": "b/wrangler.jsonc", "hosts": ["b.localhost"],
        "watch": ["words", "later.txt"] }] }"#;
    let project = project("lopata.config.json", config);
    project.write("words/deep/word.txt", "first");
    let build = r#""main": "index.ts", "build": { "command": "cat words/deep/* later.txt > b/word.txt || true" }"#;
    project.write("b/wrangler.jsonc", &ECHO.replace("\"main\": \"../worker.ts\"", build));
    project
        .write("b/index.ts", "import word from './word.txt';\nexport default { fetch: () => new Response(word) };\n");
    let server = Server::start(&project);
    assert_eq!(at(&server, "b.localhost", "/"), "first");
    server.reload(|| project.write("words/deep/word.txt", "second"));
    assert_eq!(at(&server, "b.localhost", "/"), "second");
    server.reload(|| project.write("later.txt", " and later"));
    assert_eq!(at(&server, "b.localhost", "/"), "second and later");
    server.expect("/", "main at localhost");
    server.stop();
}

#[test]
fn crons_fire_in_their_minutes() {
    let config = r#"{ "main": "a/wrangler.jsonc", "cron": true, "workers": [{ "config": "b/wrangler.jsonc" }] }"#;
    let project = project("lopata.config.json", config);
    // A clock that is about to show one minute past noon: 2026-11-21T12:00:57Z.
    let options = Options::default().env("LOPATA_CRON_CLOCK_MS", "1795262457000");
    let server = Server::start_with(&project, options);
    // It may have come before the server said that it is ready.
    let mark = Mark::default();
    server.log().wait_for(mark, "main * * * * * at 2026-11-21T12:01:00.000Z");
    server.log().wait_for(mark, "\"* * * * *\" @ 2026-11-21 12:01 UTC - Ok (");
    server.log().wait_for(mark, "[unused-name] Uncaught Error: a cron that fails");
    server
        .log()
        .wait_for(mark, "[unused-name] [lopata:info] \"1 12 * * *\" @ 2026-11-21 12:01 UTC - Exception Thrown (");
    // A new generation in the same minute fires nothing again, and another minute's expression nothing at all.
    server.reload(|| project.edit("a/wrangler.jsonc", "30 12 * * *", "31 12 * * *"));
    server.expect("/", "main at localhost");
    assert_eq!(server.log().count(mark, "main * * * * * at"), 1, "{}", server.log().text());
    server.stop();
}

#[test]
fn crons_wait_to_be_asked_for() {
    let project = project("lopata.config.json", r#"{ "main": "a/wrangler.jsonc" }"#);
    let hint = "Crons are not fired by themselves";
    let clock = |options: Options| options.env("LOPATA_CRON_CLOCK_MS", "1795262459000");
    let server = Server::start_with(&project, clock(Options::default()));
    assert!(server.log().text().contains(hint), "{}", server.log().text());
    server.stop();

    let server = Server::start_with(&project, clock(Options::args(["--cron"])));
    server.log().wait_for(Default::default(), "main * * * * * at 2026-11-21T12:01:00.000Z");
    assert!(!server.log().text().contains(hint));
    server.stop();

    project.write("lopata.config.json", r#"{ "main": "a/wrangler.jsonc", "cron": true }"#);
    let server = Server::start_with(&project, Options::args(["--cron=false"]));
    assert!(!server.log().text().contains(hint));
    server.stop();
}

#[test]
fn commands_about_one_worker_mean_the_main_one() {
    let project = project("lopata.config.ts", CONFIG);
    let put = run(&project, &["kv", "key", "put", "a", "1", "--binding", "KV"]);
    assert_eq!(put.0, Some(0), "{}", put.1);
    let (code, output) = run(&project, &["kv", "key", "list", "--binding", "KV"]);
    assert_eq!(code, Some(0), "{output}");
    let listed: Value = serde_json::from_str(output.trim()).expect("it is JSON");
    assert_eq!(listed[0]["name"], "a");
    assert!(project.path("a/.lopata/state").is_dir(), "the data is the main worker's");
    project.write("lopata.config.ts", "export default 1;");
    let (code, output) = run(&project, &["kv", "key", "list", "--binding", "KV"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("has to be an object"), "{output}");
}
