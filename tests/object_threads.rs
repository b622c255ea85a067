//! The threads of Durable Objects: who runs an object, across reloads, deaths and the end of the process.

use std::thread;

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Door, Options, Project, Server, until};

/// A worker with one class. `/<name>/<method>?…` calls the method of the object of that name by RPC with the parameters;
/// a failure is answered as JSON.
const CODE: &str = r#"
import { DurableObject } from "cloudflare:workers";
const VERSION = "one";
console.log("module scope of " + VERSION);

export class Room extends DurableObject {
  calls = 0;
  constructor(ctx: any, env: any) {
    super(ctx, env);
  }
  async fetch(request: Request) {
    return new Response(VERSION + " " + new URL(request.url).pathname + " " + ++this.calls);
  }
  hello() {
    return VERSION + " " + ++this.calls;
  }
  say({ text }) {
    console.log("object says " + text);
    return "said";
  }
  /** Waits at a door. */
  async wait({ door, text }) {
    const said = await (await fetch(door)).text();
    return [VERSION, ++this.calls, text ?? "", said].join(" ");
  }
  spin() {
    for (;;);
  }
  endless() {
    let sent = false;
    return new ReadableStream({
      type: "bytes",
      async pull(controller) {
        if (sent) await new Promise(() => {});
        sent = true;
        controller.enqueue(new Uint8Array(1));
      },
    });
  }
  lend() {
    return () => "lent";
  }
  end() {
    this.ctx.abort("ended");
  }
  /** Leaves a write and a message that waits for it to the end of the turn. */
  async write() {
    const { 0: near } = new WebSocketPair();
    this.ctx.acceptWebSocket(near);
    await this.ctx.storage.put("written", 1);
    near.send("written");
    return "wrote";
  }
  async writeAndSpin() {
    await this.write();
    for (;;);
  }
  grow() {
    const all = [];
    for (;;) all.push(new Array(100_000).fill({}));
  }
  /** Waits at a door, then has another object call back this one. */
  async circle({ door, other, self }) {
    await fetch(door);
    const answer = await (this.env as any).ROOM.getByName(other).back({ self });
    return VERSION + " circle: " + answer;
  }
  async back({ self }) {
    return VERSION + " back: " + await (this.env as any).ROOM.getByName(self).hello();
  }
}

export default {
  async fetch(request: Request, env: any) {
    const url = new URL(request.url);
    const [, name, method] = url.pathname.split("/");
    const parameters = Object.fromEntries(url.searchParams);
    if (name === "version") return new Response(VERSION);
    if (name === "stuck") for (;;);
    if (name === "again") {
      // One stub, which has reached the life that ends, and another.
      const stub = env.ROOM.getByName(method);
      const said = [];
      for (const call of [() => stub.spin(), () => stub.hello(), () => env.ROOM.getByName(method).hello()]) {
        said.push(await call().then((text: string) => text, (error: Error) => error.message));
      }
      return Response.json(said);
    }
    if (name === "given") {
      const stub = env.ROOM.getByName("a");
      const [body, lent] = [await stub.endless(), await stub.lend()];
      const reader = body.getReader();
      await reader.read();
      const failures = [];
      for (const use of [() => stub.end(), () => reader.read(), () => lent()]) {
        failures.push(await use().then(() => "no failure", (error: Error) => error.message));
      }
      return Response.json(failures);
    }
    if (name === "elsewhere") {
      return new Response(await env.MISSING.getByName("a").hello().catch((error: Error) => error.message));
    }
    const room = env.ROOM.get(env.ROOM.idFromName(name));
    if (method === "fetch") return room.fetch(request);
    try {
      return new Response(await room[method](parameters));
    } catch (error) {
      const { message, name, ...own } = error as any;
      delete own.stack;
      return Response.json({ name, message, ...own }, { status: 500 });
    }
  },
};
"#;

fn config(extra: Value) -> Value {
    let mut config = json!({
        "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] },
        "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
    });
    let object = config.as_object_mut().expect("it is one");
    for (key, value) in extra.as_object().expect("the extra configuration is an object") {
        object.insert(key.clone(), value.clone());
    }
    config
}

fn project(extra: Value) -> Project {
    Project::worker(CODE, config(extra))
}

fn census(server: &Server, what: &str) -> u64 {
    server.get("/cdn-cgi/local/census").json()[what].as_u64().expect("it is counted")
}

/// Edits the code to the next version and waits until that serves.
fn next_version(server: &Server, project: &Project, from: &str, to: &str) {
    server.reload(|| project.edit("src/index.ts", &format!("VERSION = \"{from}\""), &format!("VERSION = \"{to}\"")));
    server.expect("/version", to);
}

#[test]
fn an_object_is_one_however_it_is_called() {
    let project = project(json!({}));
    let server = Server::start(&project);
    assert_eq!(census(&server, "objects"), 0);
    server.expect("/a/fetch", "one /a/fetch 1");
    server.expect("/a/hello", "one 2");
    server.expect("/b/hello", "one 1");
    server.expect("/a/hello", "one 3");
    assert_eq!(census(&server, "leases"), 2);
    assert_eq!(server.log().text().matches("module scope of one").count(), 1, "what every thread says is said once");
    let mark = server.log().mark();
    server.expect("/a/say?text=hello", "said");
    server.log().wait_for(mark, "object says hello");
    server.stop();
}

#[test]
fn no_thread_is_started_before_an_object_is_called() {
    let project = project(json!({}));
    let server = Server::start(&project);
    server.expect("/version", "one");
    let before = crate::harness::proc::threads(server.pid());
    server.expect("/a/hello", "one 1");
    server.expect("/b/hello", "one 1");
    let with_class = crate::harness::proc::threads(server.pid());
    assert!(with_class > before, "{before} {with_class}");
    server.stop();
}

#[test]
fn a_reload_hands_over_one_object_at_a_time() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let (first, second) = (Door::new(), Door::new());
    server.expect("/b/hello", "one 1");
    thread::scope(|scope| {
        let client = server.client();
        let door = first.url();
        let busy = scope.spawn(move || client.get(&format!("/a/wait?door={door}&text=old")).text());
        let visitor = first.knock();
        next_version(&server, &project, "one", "two");
        // Who has nothing to do has come over.
        server.expect("/b/hello", "two 1");
        // Who has not keeps what comes, in order, for its next owner.
        let door = second.url();
        let waiting = scope.spawn(move || client.get(&format!("/a/wait?door={door}&text=new")).text());
        visitor.open("first");
        assert_eq!(busy.join().expect("it does not panic"), "one 1 old first");
        second.knock().open("second");
        assert_eq!(waiting.join().expect("it does not panic"), "two 1 new second");
    });
    server.expect("/a/hello", "two 2");
    server.stop();
}

#[test]
fn objects_that_call_each_other_in_a_circle_do_not_wait_for_each_other() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let door = Door::new();
    thread::scope(|scope| {
        let (client, url) = (server.client(), door.url());
        let circle = scope.spawn(move || client.get(&format!("/a/circle?door={url}&other=b&self=a")).text());
        let visitor = door.knock();
        next_version(&server, &project, "one", "two");
        visitor.open("go on");
        assert_eq!(circle.join().expect("it does not panic"), "one circle: two back: one 1");
    });
    server.expect("/a/hello", "two 1");
    server.stop();
}

#[test]
fn calls_during_many_reloads_are_answered_once_and_in_order() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let versions = ["one", "two", "three", "four"];
    thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|object| {
                let client = server.client();
                scope.spawn(move || {
                    (0..60).map(|_| client.get(&format!("/room{object}/hello")).text()).collect::<Vec<_>>()
                })
            })
            .collect();
        for pair in versions.windows(2) {
            next_version(&server, &project, pair[0], pair[1]);
        }
        for client in clients {
            let answers = client.join().expect("it does not panic");
            // Within a version an object counts on without a gap; a new version starts anew, and no old one returns.
            let (mut version, mut count) = (0, 0);
            for answer in answers {
                let (name, number) = answer.split_once(' ').unwrap_or_else(|| panic!("{answer}"));
                let now = versions.iter().position(|known| *known == name).unwrap_or_else(|| panic!("{answer}"));
                assert!(now >= version, "{answer} after {}", versions[version]);
                count = if now > version { 1 } else { count + 1 };
                version = now;
                assert_eq!(number.parse(), Ok(count), "{answer}");
            }
        }
    });
    server.stop();
}

#[test]
fn an_edit_that_does_not_start_leaves_objects_where_they_are() {
    let project = project(json!({}));
    let server = Server::start(&project);
    server.expect("/a/hello", "one 1");
    let mark = server.log().mark();
    project.edit(
        "src/index.ts",
        "console.log(\"module scope",
        "throw new Error(\"broken\"); console.log(\"module scope",
    );
    server.log().wait_for(mark, "broken");
    server.expect("/a/hello", "one 2");
    server.reload(|| {
        project.edit("src/index.ts", "throw new Error(\"broken\");", "");
        project.edit("src/index.ts", "VERSION = \"one\"", "VERSION = \"two\"");
    });
    server.expect("/a/hello", "two 1");
    server.stop();
}

#[test]
fn an_object_that_does_not_come_back_ends_its_thread_and_not_the_worker() {
    let project = project(json!({ "limits": { "cpu_ms": 400 } }));
    let server = Server::start(&project);
    server.expect("/other/hello", "one 1");
    thread::scope(|scope| {
        let client = server.client();
        let spins = scope.spawn(move || client.get("/a/spin").json());
        server.expect("/version", "one");
        let error = spins.join().expect("it does not panic");
        let expected = json!({
            "name": "Error",
            "message": "Durable Object exceeded its CPU time limit and was reset.",
            "overloaded": true,
            "durableObjectReset": true,
        });
        assert_eq!(error, expected);
    });
    server.expect("/a/hello", "one 1");
    server.expect("/other/hello", "one 1");
    assert!(server.log().text().contains("The Durable Objects of Room exceeded their CPU time limit"));
    server.stop();
}

#[test]
fn a_stub_that_has_reached_a_life_fails_when_that_is_over() {
    let project = project(json!({ "limits": { "cpu_ms": 400 } }));
    let server = Server::start(&project);
    let over = "Durable Object exceeded its CPU time limit and was reset.";
    assert_eq!(server.get("/again/a").json(), json!([over, over, "one 1"]));
    server.stop();
}

#[test]
fn the_death_of_the_worker_is_not_that_of_its_objects() {
    let project = project(json!({ "limits": { "cpu_ms": 400 } }));
    let server = Server::start(&project);
    server.expect("/a/hello", "one 1");
    assert_eq!(server.get("/stuck").status, 500);
    server.expect("/a/hello", "one 2");
    server.stop();
}

#[test]
fn the_end_of_the_server_waits_for_nobody() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let door = Door::new();
    thread::scope(|scope| {
        let (client, url) = (server.client().clone(), door.url());
        let busy = scope.spawn(move || client.try_send("GET", &format!("/a/wait?door={url}"), &[], b"").is_ok());
        let visitor = door.knock();
        server.stop();
        visitor.gone();
        // It was answered with an error, or its connection has ended.
        let _ = busy.join().expect("it does not panic");
    });
}

#[test]
fn objects_that_use_up_their_memory_end_their_thread_and_not_the_worker() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let error = server.get("/a/grow").json();
    let expected = json!({
        "name": "Error",
        "message": "Durable Object's isolate exceeded its memory limit and was reset.",
        "overloaded": true,
        "durableObjectReset": true,
    });
    assert_eq!(error, expected);
    server.expect("/version", "one");
    server.expect("/a/hello", "one 1");
    server.stop();
}

#[test]
fn a_class_that_is_gone_says_so() {
    let project = project(json!({}));
    let server = Server::start(&project);
    server.expect("/a/hello", "one 1");
    let mark = server.log().mark();
    project.edit("src/index.ts", "export class Room", "class Room");
    server.log().wait_for(mark, "which are not exported in your entrypoint file: Room.");
    // What works goes on.
    server.expect("/a/hello", "one 2");
    server.reload(|| project.edit("src/index.ts", "class Room", "export class Room"));
    server.expect("/a/hello", "one 3");
    server.stop();
}

#[test]
fn each_object_can_have_a_thread_of_its_own() {
    let mut objects = config(json!({}))["durable_objects"].clone();
    objects["isolation"] = json!("instance");
    let project = project(json!({ "durable_objects": objects, "limits": { "cpu_ms": 400 } }));
    let server = Server::start(&project);
    let before = crate::harness::proc::threads(server.pid());
    for object in 0..4 {
        server.expect(&format!("/room{object}/hello"), "one 1");
    }
    assert!(crate::harness::proc::threads(server.pid()) >= before + 3);
    thread::scope(|scope| {
        let client = server.client();
        let spins = scope.spawn(move || client.get("/room0/spin").status);
        // Beside one that does not come back.
        server.expect("/room1/hello", "one 2");
        assert_eq!(spins.join().expect("it does not panic"), 500);
    });
    server.expect("/room1/hello", "one 3");
    server.expect("/room0/hello", "one 1");
    next_version(&server, &project, "one", "two");
    server.expect("/room1/hello", "two 1");
    server.stop();
}

/// Streams and functions that an object has given away fail when it breaks; nobody waits for them.
#[test]
fn what_an_object_has_given_away_ends_with_it() {
    let project = project(json!({}));
    let server = Server::start(&project);
    let failures = server.get("/given").json();
    assert_eq!(failures[0], "ended");
    assert_ne!(failures[1], "no failure");
    assert_eq!(failures[2], "The execution context which hosts this callback is no longer running.");
    server.expect("/a/hello", "one 1");
    server.stop();
}

/// Whether the other worker, here this one, runs already or not when its class is asked for.
#[test]
fn a_class_that_a_worker_does_not_have_is_an_error() {
    let bindings = json!([
        { "name": "ROOM", "class_name": "Room" },
        { "name": "MISSING", "class_name": "Nobody", "script_name": "other" },
    ]);
    let main = Project::worker(CODE, config(json!({ "durable_objects": { "bindings": bindings } })));
    main.write("other/index.ts", "export default { fetch() { return new Response() } };");
    let other = json!({ "name": "other", "main": "index.ts", "compatibility_date": "2026-08-01" });
    main.write("other/wrangler.json", &other.to_string());
    let server = Server::start_with(&main, Options::args(["-c", "wrangler.json", "-c", "other/wrangler.json"]));
    server.expect("/elsewhere", "The Durable Object class \"Nobody\" is not exported by the code of its worker.");
    server.stop();
}

/// An object has written and sent something, and does not come back until its thread is ended for the new code.
#[test]
fn what_a_dead_thread_had_begun_to_write_does_not_hold_the_next() {
    let project = project(json!({}));
    let server = Server::start(&project);
    server.expect("/a/hello", "one 1");
    thread::scope(|scope| {
        let client = server.client();
        let spins = scope.spawn(move || client.get("/a/writeAndSpin").status);
        until("the object has been called", || (census(&server, "events") > 0).then_some(()));
        next_version(&server, &project, "one", "two");
        server.expect("/a/write", "wrote");
        assert_eq!(spins.join().expect("it does not panic"), 500);
    });
    server.stop();
}

#[test]
fn another_isolation_is_refused() {
    let project = project(json!({ "durable_objects": { "bindings": [], "isolation": "process" } }));
    let (code, output) = run(&project, &["dev", "--port", "0"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("isolation") && output.contains("\"class\"") && output.contains("\"instance\""),
        "{output}"
    );
}

#[test]
fn projects_that_are_tested_have_objects() {
    let code = format!(
        "{CODE}\nexport const tests = {{ async test(controller, env) {{\n  const text = await \
         env.ROOM.getByName('a').hello();\n  if (text !== 'one 1') throw new Error(text);\n}} }};\n"
    );
    let project = Project::worker(&code, config(json!({})));
    let (code, output) = run(&project, &["test", "wrangler.json"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("[ PASS ] it:tests"), "{output}");
}

#[test]
fn configurations_of_workerds_form_have_objects() {
    let project = Project::new(&[
        (
            "config.wd-test",
            r#"
            using Workerd = import "/workerd/workerd.capnp";
            const config :Workerd.Config = (
              services = [
                ( name = "main",
                  worker = (
                    modules = [ (name = "worker", esModule = embed "worker.js") ],
                    compatibilityDate = "2026-01-01",
                    compatibilityFlags = ["nodejs_compat"],
                    bindings = [ (name = "ns", durableObjectNamespace = "Room"),
                                 (name = "far", durableObjectNamespace = (className = "Hall", serviceName = "other")),
                                 (name = "gone", durableObjectNamespace = "Gone") ],
                    durableObjectNamespaces = [ (className = "Room", uniqueKey = "210bd0cbd803ef7883a1ee9d86cce06e"),
                                                (className = "Gone", uniqueKey = "no such class") ],
                    durableObjectStorage = (inMemory = void),
                  )
                ),
                ( name = "other",
                  worker = (
                    modules = [ (name = "worker", esModule = embed "other.js") ],
                    compatibilityDate = "2026-01-01",
                    durableObjectNamespaces = [ (className = "Hall", uniqueKey = "hall", enableSql = true) ],
                    durableObjectStorage = (localDisk = "TEST_TMPDIR"),
                  )
                ),
                ( name = "TEST_TMPDIR", disk = (writable = true) ),
              ],
            );
            "#,
        ),
        (
            "worker.js",
            r#"
            import { DurableObject } from "cloudflare:workers";
            import { equal, ok, rejects } from "node:assert";
            export class Room extends DurableObject {
              calls = 0;
              fetch(request) { console.log("in the object"); return new Response(request.url + " " + ++this.calls); }
              add(a, b) { return a + b + ++this.calls; }
            }
            export default {
              async test(controller, env) {
                const stub = env.ns.get(env.ns.idFromName("a"));
                equal(await (await stub.fetch("http://x/y")).text(), "http://x/y 1");
                equal(await stub.add(1, 2), 5);
                equal(await env.far.getByName("h").hello(), "hello from h");
                await rejects(async () => { await env.gone.getByName("x").hello(); }, /Gone/);
              },
            };
            "#,
        ),
        (
            "other.js",
            r#"
            import { DurableObject } from "cloudflare:workers";
            export class Hall extends DurableObject { hello() { return "hello from " + this.ctx.id.name; } }
            export default {};
            "#,
        ),
    ]);
    let (code, output) = run(&project, &["test", "config.wd-test"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("in the object"), "{output}");
    assert!(output.contains("referenced the class \"Gone\", but no such Durable Object class is exported"), "{output}");
}
