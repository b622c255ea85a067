//! Namespaces of Durable Objects by configuration: which class an entry of `env` leads to, where its data is, and what
//! is said of mistakes.

use std::fs;

use serde_json::{Value, json};

use crate::harness::server::Options;
use crate::harness::{Project, Server};

/// Classes, and a handler that calls the object `x` of the entry of `env` that the path names.
const CODE: &str = r#"
    import { DurableObject } from "cloudflare:workers";

    export class Counter extends DurableObject<any> {
      async add() {
        const count = ((await this.ctx.storage.get<number>("count")) ?? 0) + 1;
        await this.ctx.storage.put("count", count);
        return count;
      }
      who() {
        return [String(this.ctx.id), this.ctx.id.name];
      }
      running() {
        return (this.ctx as any).container === undefined ? "none" : (this.ctx as any).container.running;
      }
      sql() {
        return this.ctx.storage.sql.databaseSize >= 0;
      }
    }

    export class Kept extends Counter {}

    export default {
      async fetch(request: Request, env: any, ctx: any) {
        const [, entry, method] = new URL(request.url).pathname.split("/");
        try {
          const namespace = entry === "exports" ? ctx.exports.Counter : env[entry];
          return Response.json((await namespace.getByName("x")[method]()) ?? null);
        } catch (error: any) {
          return Response.json({ error: `${error.name}: ${error.message}`, ...error });
        }
      },
    };
"#;

fn answer(server: &Server, path: &str) -> Value {
    server.get(path).json()
}

/// The names of the folders of namespaces, and of the databases in them.
fn stored(project: &Project) -> Vec<String> {
    let root = project.path(".lopata/state/v3/do");
    let mut found = Vec::new();
    for namespace in fs::read_dir(root).into_iter().flatten().flatten() {
        for file in fs::read_dir(namespace.path()).expect("it is a folder").flatten() {
            let name = file.file_name().into_string().expect("names are plain");
            if name.ends_with(".sqlite") && name != "metadata.sqlite" {
                found.push(format!("{}/{name}", namespace.file_name().to_string_lossy()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn ids_and_files_are_those_of_wrangler() {
    let project = Project::worker(
        CODE,
        json!({
            "name": "w2",
            "durable_objects": { "bindings": [{ "name": "COUNTERS", "class_name": "Counter" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }],
        }),
    );
    let server = Server::start(&project);
    // Made by wrangler's formula from the key `w2-Counter`.
    let who = answer(&server, "/COUNTERS/who");
    assert_eq!(who, json!(["c92c3f6c673124ff8e961f9c6d44510204b4629b1d27b0d4926fa21cc209626e", "x"]));
    assert_eq!(answer(&server, "/exports/who"), who);
    assert_eq!(stored(&project), [] as [String; 0], "an object that stores nothing has no file");
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(1));
    assert_eq!(answer(&server, "/exports/add"), json!(2));
    assert_eq!(answer(&server, "/COUNTERS/sql"), json!(true));
    assert_eq!(stored(&project), [format!("w2-Counter/{}.sqlite", who[0].as_str().expect("a text"))]);
}

#[test]
fn a_class_that_is_renamed_keeps_its_data() {
    let project = Project::worker(
        CODE,
        json!({
            "durable_objects": { "bindings": [{ "name": "COUNTERS", "class_name": "Counter" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }],
        }),
    );
    let server = Server::start(&project);
    let who = answer(&server, "/COUNTERS/who");
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(1));
    let mut config: Value = serde_json::from_str(&project.read("wrangler.json")).expect("it was written as JSON");
    config["durable_objects"]["bindings"][0]["class_name"] = json!("Kept");
    config["migrations"] = json!([
        { "tag": "v1", "new_sqlite_classes": ["Counter"] },
        { "tag": "v2", "renamed_classes": [{ "from": "Counter", "to": "Kept" }] },
    ]);
    server.reload(|| project.write("wrangler.json", &config.to_string()));
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(2));
    assert_eq!(answer(&server, "/COUNTERS/who"), who);
    server.stop();
    let server = Server::start(&project);
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(3));
    assert_eq!(stored(&project).len(), 1);
}

#[test]
fn a_class_that_is_not_exported_is_an_error_of_the_build() {
    let project = Project::worker(
        CODE,
        json!({
            "durable_objects": { "bindings": [{ "name": "COUNTERS", "class_name": "Counter" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }],
        }),
    );
    let server = Server::start(&project);
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(1));
    let mark = server.log().mark();
    project.edit("src/index.ts", "export class Counter", "class Counter");
    server.log().wait_for(
        mark,
        "Your Worker depends on the following Durable Objects, which are not exported in your entrypoint file: Counter.",
    );
    server.log().wait_for(mark, "You should export these objects from your entrypoint, src/index.ts.");
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(2), "the last good code goes on");
}

#[test]
fn a_class_without_migrations_has_no_sql() {
    let project = Project::worker(
        CODE,
        json!({ "durable_objects": { "bindings": [{ "name": "COUNTERS", "class_name": "Counter" }] } }),
    );
    let server = Server::start(&project);
    server.log().wait_for(Default::default(), "but no `migrations` for them");
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(1));
    let said = answer(&server, "/COUNTERS/sql");
    assert!(
        said["error"].as_str().is_some_and(|text| text.contains("SQL is not enabled for this Durable Object class")),
        "{said}"
    );
}

#[test]
fn a_container_says_that_there_is_none() {
    let project = Project::worker(
        CODE,
        json!({
            "durable_objects": { "bindings": [
                { "name": "COUNTERS", "class_name": "Counter" }, { "name": "KEPT", "class_name": "Kept" },
            ] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter", "Kept"] }],
            "containers": [{ "class_name": "Counter", "image": "docker.io/library/nothing:1" }],
        }),
    );
    let server = Server::start(&project);
    assert_eq!(answer(&server, "/COUNTERS/add"), json!(1));
    let said = answer(&server, "/COUNTERS/running");
    assert!(said["error"].as_str().is_some_and(|text| text.contains("runs no containers")), "{said}");
    assert_eq!(answer(&server, "/KEPT/running"), json!("none"));
}

#[test]
fn classes_of_other_workers() {
    let config = |name: &str, extra: Value| {
        let mut config = json!({ "name": name, "main": "index.ts", "compatibility_date": "2026-01-01" });
        for (key, value) in extra.as_object().expect("an object") {
            config[key] = value.clone();
        }
        config.to_string()
    };
    let bindings = json!([
        { "name": "THEIRS", "class_name": "Counter", "script_name": "b" },
        { "name": "NOBODYS", "class_name": "Counter", "script_name": "nobody" },
        { "name": "OWN", "class_name": "Counter", "script_name": "a" },
    ]);
    let a = config(
        "a",
        json!({
            "durable_objects": { "bindings": bindings },
            "migrations": [{ "tag": "v1", "new_classes": ["Counter"] }],
        }),
    );
    let b = config(
        "b",
        json!({
            "durable_objects": { "bindings": [{ "name": "COUNTERS", "class_name": "Counter" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }],
        }),
    );
    let files = [("a/wrangler.json", &*a), ("a/index.ts", CODE), ("b/wrangler.json", &b), ("b/index.ts", CODE)];
    let project = Project::new(&files);
    let server = Server::start_with(&project, Options::args(["-c", "a/wrangler.json", "-c", "b/wrangler.json"]));
    assert_eq!(answer(&server, "/THEIRS/add"), json!(1));
    assert_eq!(answer(&server, "/THEIRS/sql"), json!(true));
    assert_eq!(answer(&server, "/OWN/add"), json!(1));
    assert_ne!(answer(&server, "/THEIRS/who"), answer(&server, "/OWN/who"));
    let missing =
        json!({ "error": "Error: Worker \"nobody\" not found. Make sure it is running locally.", "remote": true });
    assert_eq!(answer(&server, "/NOBODYS/add"), missing);
    // The other Worker's objects go on under its new code.
    server.reload(|| project.edit("b/index.ts", "?? 0) + 1", "?? 0) + 10"));
    assert_eq!(answer(&server, "/THEIRS/add"), json!(11));
}
