//! Hot reload: what is edited is what the next response shows, and nothing that runs is disturbed.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::harness::{Door, Project, Server, SetOnDrop, proc, until};

/// A project with everything that can be edited.
fn editable() -> Project {
    let project = Project::new(&[
        (
            "wrangler.jsonc",
            "{\n  \"name\": \"editable\",\n  \"main\": \"src/index.ts\",\n  \"compatibility_date\": \"2026-04-01\",\n  \
             \"vars\": { \"WORD\": \"configured\" },\n}\n",
        ),
        (".dev.vars", "SECRET=first\n"),
        (
            "src/index.ts",
            "import { leaf } from './deep/leaf';\nimport commonjs from 'commonjs';\nimport linked from 'linked';\n\
             import text from './text.txt';\nimport data from './data.json';\n\
             export default {\n  fetch: (request: Request, env: any) => {\n    const all: any = { leaf, commonjs: \
             commonjs.value, linked, text: text.trim(), data: data.value, word: env.WORD, secret: env.SECRET };\n    \
             return new Response(String(all[new URL(request.url).pathname.slice(1)]));\n  },\n};\n",
        ),
        ("src/deep/leaf.ts", "export { value as leaf } from './deeper';\n"),
        ("src/deep/deeper.ts", "export const value: string = 'leaf 1';\n"),
        ("src/text.txt", "text 1\n"),
        ("src/data.json", "{ \"value\": \"data 1\" }\n"),
        (
            "node_modules/commonjs/package.json",
            "{ \"name\": \"commonjs\", \"version\": \"1.0.0\", \"main\": \"main.js\" }",
        ),
        ("node_modules/commonjs/main.js", "exports.value = require('./inner').value;\n"),
        ("node_modules/commonjs/inner.js", "exports.value = 'commonjs 1';\n"),
    ]);
    // A package that is developed beside the project and linked into it.
    let package = project.parent().join("linked");
    fs::create_dir(&package).expect("the folder is ours");
    fs::write(package.join("package.json"), "{ \"name\": \"linked\", \"type\": \"module\", \"main\": \"index.js\" }")
        .expect("the folder is ours");
    fs::write(package.join("index.js"), "export default 'linked 1';\n").expect("the folder is ours");
    std::os::unix::fs::symlink("../../linked", project.path("node_modules/linked")).expect("the folder is ours");
    project
}

#[test]
fn every_kind_of_file_is_watched() {
    let project = editable();
    let server = Server::start(&project);
    for (path, text) in [
        ("/leaf", "leaf 1"),
        ("/commonjs", "commonjs 1"),
        ("/linked", "linked 1"),
        ("/text", "text 1"),
        ("/data", "data 1"),
        ("/word", "configured"),
        ("/secret", "first"),
    ] {
        server.expect(path, text);
    }

    server.reload(|| project.edit("src/deep/deeper.ts", "leaf 1", "leaf 2"));
    server.expect("/leaf", "leaf 2");
    server.reload(|| project.edit("node_modules/commonjs/inner.js", "commonjs 1", "commonjs 2"));
    server.expect("/commonjs", "commonjs 2");
    server.reload(|| project.write("../linked/index.js", "export default 'linked 2';\n"));
    server.expect("/linked", "linked 2");
    server.reload(|| project.write("src/text.txt", "text 2\n"));
    server.expect("/text", "text 2");
    server.reload(|| project.write("src/data.json", "{ \"value\": \"data 2\" }\n"));
    server.expect("/data", "data 2");
    server.reload(|| project.edit("wrangler.jsonc", "configured", "configured again"));
    server.expect("/word", "configured again");
    server.reload(|| project.write(".dev.vars", "SECRET=second\nWORD=overridden\n"));
    server.expect("/secret", "second");
    server.expect("/word", "overridden");
    server.stop();
}

#[test]
fn editors_may_replace_the_file() {
    let project = editable();
    let server = Server::start(&project);
    for round in 2..5 {
        server.reload(|| {
            project.write_atomically("src/deep/deeper.ts", &format!("export const value = 'leaf {round}';\n"));
        });
        server.expect("/leaf", &format!("leaf {round}"));
    }
    server.reload(|| {
        project.write_atomically("wrangler.jsonc", &project.read("wrangler.jsonc").replace("configured", "new"))
    });
    server.expect("/word", "new");
    server.stop();
}

#[test]
fn files_that_appear_later_are_seen() {
    let project = editable();
    project.remove(".dev.vars");
    let server = Server::start(&project);
    server.expect("/secret", "undefined");
    server.reload(|| project.write(".dev.vars", "SECRET=new\n"));
    server.expect("/secret", "new");

    // An import that cannot be resolved yet: the last good code serves until the file is there.
    let mark = server.log().mark();
    project.write("src/deep/leaf.ts", "export { missing as leaf } from './missing';\n");
    server.log().wait_for(mark, "missing");
    server.expect("/leaf", "leaf 1");
    server.reload(|| project.write("src/deep/missing.ts", "export const missing = 'found';\n"));
    server.expect("/leaf", "found");
    server.stop();
}

#[test]
fn nothing_changed_means_no_reload() {
    let project = editable();
    let server = Server::start(&project);
    let mark = server.log().mark();
    project.write("src/deep/deeper.ts", &project.read("src/deep/deeper.ts"));
    project.write("src/not-imported.ts", "export default 1;\n");
    project.write("README.md", "# Words\n");
    // The real edit comes last: once it is served, whatever the others caused would have been reported.
    server.reload(|| project.write("src/text.txt", "text 2\n"));
    server.expect("/text", "text 2");
    assert_eq!(server.reloads(mark), 1, "{}", server.log().since(mark));
    server.stop();
}

#[test]
fn a_burst_of_saves_ends_in_the_last_state() {
    let project = editable();
    let server = Server::start(&project);
    let mark = server.log().mark();
    for round in 1..=20 {
        project.write("src/deep/deeper.ts", &format!("export const value = 'save {round}';\n"));
    }
    server.until("/leaf", "save 20");
    // One more edit, so that everything the burst caused has been reported before the count.
    server.reload(|| project.write("src/text.txt", "the end\n"));
    server.until("/text", "the end");
    let reloads = server.reloads(mark);
    assert!(reloads <= 6, "20 saves led to {reloads} reloads");
    server.expect("/leaf", "save 20");
    server.stop();
}

#[test]
fn a_syntax_error_keeps_the_last_good_code() {
    let project = editable();
    let server = Server::start(&project);
    let mark = server.log().mark();
    project.write("src/deep/deeper.ts", "export const value: string = 'unfinished\n");
    server.log().wait_for(mark, "deeper.ts:1:");
    // Whoever is not a person in a browser gets the code that works.
    server.expect("/leaf", "leaf 1");
    let json = server.client().send("GET", "/leaf", &[("accept", "application/json")], b"");
    assert_eq!((json.status, json.text().as_str()), (200, "leaf 1"));
    // A navigation shows what is wrong.
    let page = server.client().send("GET", "/leaf", &navigation(), b"");
    assert_eq!(page.status, 500, "{}", page.text());
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(page.text().contains("deeper.ts"), "{}", page.text());

    server.reload(|| project.write("src/deep/deeper.ts", "export const value: string = 'mended';\n"));
    server.expect("/leaf", "mended");
    let page = server.client().send("GET", "/leaf", &navigation(), b"");
    assert_eq!((page.status, page.text().as_str()), (200, "mended"));
    server.stop();
}

#[test]
fn a_module_that_throws_keeps_the_last_good_code() {
    let project = editable();
    let server = Server::start(&project);
    let mark = server.log().mark();
    project.write("src/deep/deeper.ts", "export const value = 'x';\nthrow new RangeError('not today');\n");
    server.log().wait_for(mark, "not today");
    server.log().wait_for(mark, "deeper.ts:2:");
    server.expect("/leaf", "leaf 1");
    let page = server.client().send("GET", "/leaf", &navigation(), b"");
    assert_eq!(page.status, 500);
    assert!(page.text().contains("not today"), "{}", page.text());
    server.reload(|| project.write("src/deep/deeper.ts", "export const value = 'mended';\n"));
    server.expect("/leaf", "mended");
    server.stop();
}

#[test]
fn a_broken_configuration_keeps_the_last_good_one() {
    let project = editable();
    let server = Server::start(&project);
    let good = project.read("wrangler.jsonc");
    let mark = server.log().mark();
    project.write("wrangler.jsonc", &good.replace("\"configured\"", "\"configured"));
    server.log().wait_for(mark, "wrangler.jsonc:5:");
    server.expect("/word", "configured");
    let mark = server.log().mark();
    project.write("wrangler.jsonc", &good.replace("\"src/index.ts\"", "17"));
    server.log().wait_for(mark, "wrangler.jsonc:3:");
    server.expect("/word", "configured");
    // Code is still reloaded meanwhile.
    server.reload(|| project.edit("src/deep/deeper.ts", "leaf 1", "leaf 2"));
    server.expect("/leaf", "leaf 2");
    server.reload(|| project.write("wrangler.jsonc", &good.replace("configured", "repaired")));
    server.expect("/word", "repaired");
    server.stop();
}

#[test]
fn a_folder_that_was_replaced_is_watched_again() {
    let project = editable();
    let server = Server::start(&project);
    server.expect("/leaf", "leaf 1");
    fs::remove_dir_all(project.path("src/deep")).expect("the folder is ours");
    fs::create_dir(project.path("src/deep")).expect("the folder is ours");
    project.write("src/deep/leaf.ts", "export { value as leaf } from './deeper';\n");
    project.write("src/deep/deeper.ts", "export const value: string = 'leaf 2';\n");
    server.until("/leaf", "leaf 2");
    // Not `reload`: the word that the reload before is over may come after its first answer.
    project.edit("src/deep/deeper.ts", "leaf 2", "leaf 3");
    server.until("/leaf", "leaf 3");
    server.stop();
}

#[test]
fn a_build_command_runs_for_its_own_sources_and_not_for_what_it_writes() {
    let config = json!({
        "name": "built",
        "main": "index.ts",
        "compatibility_date": "2026-04-01",
        "build": { "command": "echo run >> ../runs; cat words/* > word.txt", "watch_dir": "words" },
    });
    let project = Project::new(&[
        ("wrangler.json", &config.to_string()),
        ("words/word", "first"),
        ("index.ts", "import word from './word.txt';\nexport default { fetch: () => new Response(word + ' word') };\n"),
    ]);
    let server = Server::start(&project);
    server.expect("/", "first word");
    server.reload(|| project.write("words/word", "second"));
    server.expect("/", "second word");
    let runs = || project.read("../runs").lines().count();
    let before = runs();
    let words = ["' word'", "' verb'", "' noun'", "' name'", "' clause'"];
    for pair in words.windows(2) {
        server.reload(|| project.edit("index.ts", pair[0], pair[1]));
    }
    server.expect("/", "second clause");
    // One more than before at most: files that were written in the moment of the start are built twice.
    assert!(runs() <= before + 1, "{before} runs became {}", runs());
    server.reload(|| project.edit("wrangler.json", "cat words/*", "cat words/* words/*"));
    server.expect("/", "secondsecond clause");
    server.stop();
}

/// What a browser sends when somebody opens a page.
fn navigation() -> [(&'static str, &'static str); 4] {
    [
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"),
    ]
}

/// A worker with a version, a way to be held at a door, and KV.
fn versioned(door: &Door) -> Project {
    let code = r#"
        import { version } from "./version";
        export default {
          async fetch(request: Request, env: any, ctx: ExecutionContext) {
            const { pathname } = new URL(request.url);
            switch (pathname) {
              case "/version":
                return new Response(version);
              case "/echo":
                return new Response((await request.text()) + version.slice(0, 1));
              case "/slow":
                await fetch(env.DOOR);
                return new Response(version);
              case "/pipe": {
                const answer = await fetch(env.DOOR);
                return new Response(answer.body, { headers: { "x-version": version } });
              }
              case "/later":
                ctx.waitUntil(fetch(env.DOOR).then(() => env.KV.put("later", version)));
                return new Response("soon");
              case "/timed":
                ctx.waitUntil(scheduler.wait(1500).then(() => env.KV.put("timed", version)));
                return new Response("soon");
              case "/stored/later":
              case "/stored/timed":
                return new Response((await env.KV.get(pathname.slice(8))) ?? "nothing");
            }
            return new Response("no", { status: 404 });
          },
        };
    "#;
    let extra = json!({ "vars": { "DOOR": door.url() }, "kv_namespaces": [{ "binding": "KV", "id": "reload" }] });
    let project = Project::worker(code, extra);
    set_version(&project, "1");
    project
}

fn set_version(project: &Project, version: &str) {
    project.write("src/version.ts", &format!("export const version: string = \"{version}\";\n"));
}

#[test]
fn a_slow_handler_answers_with_the_code_that_started_it() {
    let door = Door::new();
    let project = versioned(&door);
    let server = Server::start(&project);
    thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/slow"));
        let visitor = door.knock();
        server.reload(|| set_version(&project, "2"));
        server.expect("/version", "2");
        let second = scope.spawn(|| server.get("/slow"));
        let other = door.knock();
        server.reload(|| set_version(&project, "3"));
        server.expect("/version", "3");
        // Both older generations are still there, each with its request.
        other.open("go on");
        assert_eq!(second.join().expect("the request ends").text(), "2");
        visitor.open("go on");
        assert_eq!(first.join().expect("the request ends").text(), "1");
    });
    server.expect("/version", "3");
    server.stop();
}

#[test]
fn a_stream_outlives_the_reload_it_straddles() {
    let door = Door::new();
    let project = versioned(&door);
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("GET", "/pipe", &[], b"").expect("the server listens");
    let mut visitor = door.knock();
    visitor.begin();
    visitor.send("before ");
    let head = connection.head().expect("the response starts");
    assert_eq!(head.header("x-version"), Some("1"));
    let mut body = connection.body("GET", &head).expect("the response has a body");
    assert_eq!(body.take_bytes(7).expect("the first piece comes"), b"before ");
    server.reload(|| set_version(&project, "2"));
    server.expect("/version", "2");
    visitor.send("after");
    assert_eq!(body.take_bytes(5).expect("the second piece comes"), b"after");
    visitor.send("");
    assert_eq!(body.take_bytes(1).expect("the body ends"), b"");
    server.stop();
}

#[test]
fn wait_until_survives_the_reload_it_straddles() {
    let door = Door::new();
    let project = versioned(&door);
    let server = Server::start(&project);
    server.expect("/later", "soon");
    let visitor = door.knock();
    server.expect("/timed", "soon");
    server.reload(|| set_version(&project, "2"));
    server.expect("/version", "2");
    server.expect("/stored/later", "nothing");
    visitor.open("go on");
    until("the held task writes", || (server.get("/stored/later").text() == "1").then_some(()));
    until("the timed task writes", || (server.get("/stored/timed").text() == "1").then_some(()));
    server.stop();
}

#[test]
fn a_drained_generation_leaves_nothing_behind() {
    let door = Door::new();
    let project = versioned(&door);
    let server = Server::start(&project);
    server.reload(|| set_version(&project, "2"));
    server.expect("/version", "2");
    let threads = settled_threads(&server);
    let descriptors = proc::descriptors(server.pid());
    for round in 3..=12 {
        server.reload(|| set_version(&project, &round.to_string()));
        server.expect("/version", &round.to_string());
    }
    until("their threads end", || (proc::threads(server.pid()) <= threads).then_some(()));
    let now = proc::descriptors(server.pid());
    assert!(now <= descriptors + 4, "{descriptors} descriptors became {now}");
    server.stop();
}

#[test]
fn a_generation_that_does_not_finish_is_ended_after_its_grace() {
    let door = Door::new();
    let project = versioned(&door);
    let mut server = Server::start(&project);
    thread::scope(|scope| {
        let held = scope.spawn(|| server.client().try_send("GET", "/slow", &[], b""));
        let visitor = door.knock();
        server.reload(|| set_version(&project, "2"));
        server.expect("/version", "2");
        // The door stays closed: what ends the request is the end of the grace.
        visitor.gone();
        let result = held.join().expect("the client does not panic");
        assert!(result.is_err() || result.is_ok_and(|response| response.status >= 500));
    });
    server.expect("/version", "2");
    server.assert_well();
    server.stop();
}

/// The number of threads once it has stayed the same for a while of looking.
fn settled_threads(server: &Server) -> u64 {
    let mut seen = (0, 0);
    until("the number of threads settles", || {
        let threads = proc::threads(server.pid());
        seen = if threads == seen.0 { (threads, seen.1 + 1) } else { (threads, 0) };
        (seen.1 >= 300).then_some(threads)
    })
}

#[test]
fn reloads_under_load_lose_no_request() {
    const RELOADS: usize = 20;
    let door = Door::new();
    let project = versioned(&door);
    let server = Server::start(&project);
    let over = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in 0..8 {
            let (over, answered, server) = (&over, &answered, &server);
            scope.spawn(move || {
                let body = "x".repeat(1 + client * 1000);
                let mut last = 0;
                let mut connection = server.client().connect();
                while !over.load(Ordering::Relaxed) {
                    connection.request("GET", "/version", &[], b"").expect("the connection stays");
                    let response = connection.response("GET").expect("every request is answered");
                    assert_eq!(response.status, 200, "{}", response.text());
                    let version: usize = response.text().parse().expect("the body is a version");
                    assert!(version >= last, "version {version} after {last}");
                    last = version;
                    connection.request("POST", "/echo", &[], body.as_bytes()).expect("the connection stays");
                    let response = connection.response("POST").expect("every request is answered");
                    assert_eq!((response.status, response.body.len()), (200, body.len() + 1), "{}", response.text());
                    answered.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        let _end = SetOnDrop(&over);
        for round in 2..RELOADS + 2 {
            let before = answered.load(Ordering::Relaxed);
            server.reload(|| set_version(&project, &round.to_string()));
            server.expect("/version", &round.to_string());
            until("the clients go on", || (answered.load(Ordering::Relaxed) > before + 20).then_some(()));
        }
    });
    server.stop();
}
