//! `lopata kv key …` beside a running server, and state that lasts.

use std::fs;

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Options, Project, Server};

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const key = new URL(request.url).pathname.slice(1);
        if (request.method === "PUT") {
          await env.KV.put(key, request.body, { metadata: { by: "worker" } });
          return new Response("stored");
        }
        return Response.json(await env.KV.getWithMetadata(key));
      },
    };
"#;

fn store() -> Project {
    let namespaces = json!([{ "binding": "KV", "id": "the-id" }, { "binding": "OTHER", "id": "other" }]);
    Project::worker(CODE, json!({ "kv_namespaces": namespaces }))
}

fn kv(project: &Project, args: &[&str]) -> String {
    let all: Vec<&str> = ["kv", "key"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &all);
    assert_eq!(code, Some(0), "{args:?}: {output}");
    output
}

fn value(server: &Server, key: &str) -> Value {
    server.get(&format!("/{key}")).json()["value"].clone()
}

#[test]
fn both_see_what_the_other_writes() {
    let project = store();
    let server = Server::start(&project);
    assert_eq!(value(&server, "a"), Value::Null);
    kv(&project, &["put", "a", "from outside", "--binding", "KV", "--local"]);
    assert_eq!(value(&server, "a"), "from outside");
    assert_eq!(server.client().send("PUT", "/b", &[], b"from the worker").text(), "stored");
    assert_eq!(kv(&project, &["get", "b", "--binding", "KV", "--local", "--text"]).trim_end(), "from the worker");
    kv(&project, &["put", "a", "changed", "--binding", "KV", "--local", "--metadata", "{\"n\":1}"]);
    assert_eq!(server.get("/a").json(), json!({ "value": "changed", "metadata": { "n": 1 }, "cacheStatus": null }));

    let list: Value = serde_json::from_str(&kv(&project, &["list", "--binding", "KV", "--local"])).expect("it is JSON");
    assert_eq!(list, json!([{ "name": "a", "metadata": { "n": 1 } }, { "name": "b", "metadata": { "by": "worker" } }]));
    let list = kv(&project, &["list", "--binding", "KV", "--local", "--prefix", "b"]);
    assert!(list.contains("\"b\"") && !list.contains("\"a\""), "{list}");

    kv(&project, &["delete", "a", "--binding", "KV", "--local"]);
    assert_eq!(value(&server, "a"), Value::Null);
    server.stop();
}

#[test]
fn many_writers_at_once() {
    let project = store();
    let server = Server::start(&project);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (project, server) = (&project, &server);
            scope.spawn(move || {
                for number in 0..5 {
                    let key = format!("w{writer}-{number}");
                    if number % 2 == 0 {
                        kv(project, &["put", &key, "outside", "--binding", "KV", "--local"]);
                    } else {
                        let path = format!("/{key}");
                        assert_eq!(server.client().send("PUT", &path, &[], b"worker").text(), "stored");
                    }
                }
            });
        }
    });
    let list: Value = serde_json::from_str(&kv(&project, &["list", "--binding", "KV", "--local"])).expect("it is JSON");
    assert_eq!(list.as_array().map(Vec::len), Some(15), "{list}");
    server.stop();
}

#[test]
fn bytes_and_files() {
    let project = store();
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    fs::write(project.path("value.bin"), &bytes).expect("the folder is ours");
    kv(&project, &["put", "file", "--path", "value.bin", "--binding", "KV", "--local"]);
    let server = Server::start(&project);
    assert_eq!(server.client().send("PUT", "/copy", &[], &bytes).text(), "stored");
    server.stop();
    let output = std::process::Command::new(crate::harness::server::binary())
        .args(["kv", "key", "get", "copy", "--binding", "KV", "--local"])
        .current_dir(project.folder())
        .env("HOME", project.parent())
        .output()
        .expect("the binary can be started");
    assert!(output.stdout == bytes, "{} bytes became {}", bytes.len(), output.stdout.len());
}

#[test]
fn mistakes_are_explained() {
    let project = store();
    for (args, says) in [
        (&["put", "k", "v", "--binding", "NONE", "--local"][..], "NONE"),
        (&["put", "k", "v", "--binding", "KV", "--local", "--ttl", "5"][..], "60"),
        (&["put", "", "v", "--binding", "KV", "--local"][..], "empty"),
    ] {
        let all: Vec<&str> = ["kv", "key"].iter().chain(args).copied().collect();
        let (code, output) = run(&project, &all);
        assert!(code.is_some_and(|code| code != 0), "{args:?}: {output}");
        assert!(output.contains(says), "{args:?}: {output}");
        assert!(!output.contains("panicked"), "{output}");
    }
    let (code, output) = run(&project, &["kv", "namespace", "create", "x", "--preview"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("about namespaces in production"), "{output}");
    // Scripts read this word, and wrangler exits well.
    assert!(kv(&project, &["get", "nothing", "--binding", "KV", "--local"]).contains("Value not found"));
}

#[test]
fn state_lasts_and_can_be_put_elsewhere() {
    let project = store();
    let server = Server::start(&project);
    server.client().send("PUT", "/kept", &[], b"first run");
    server.stop();
    let server = Server::start(&project);
    assert_eq!(value(&server, "kept"), "first run");
    server.stop();
    assert!(project.path(".lopata/state/v3/kv").is_dir());

    let server = Server::start_with(&project, Options::args(["--persist-to", "elsewhere"]));
    assert_eq!(value(&server, "kept"), Value::Null);
    server.client().send("PUT", "/kept", &[], b"second place");
    server.stop();
    assert!(project.path("elsewhere/v3/kv").is_dir());
    let found = kv(&project, &["get", "kept", "--binding", "KV", "--local", "--text", "--persist-to", "elsewhere"]);
    assert_eq!(found.trim_end(), "second place");
}

#[test]
fn many_pairs_beside_a_server() {
    let project = store();
    let server = Server::start(&project);
    let pairs: Vec<Value> = (0..2500).map(|n| json!({ "key": format!("k{n:04}"), "value": format!("v{n}") })).collect();
    project.write("pairs.json", &json!(pairs).to_string());
    let bulk = |args: &[&str]| {
        let all: Vec<&str> = ["kv", "bulk"].iter().chain(args).chain(&["--binding", "KV"]).copied().collect();
        run(&project, &all)
    };
    let (code, output) = bulk(&["put", "pairs.json"]);
    assert_eq!((code, output.ends_with("Success!\n")), (Some(0), true), "{output}");
    assert_eq!(value(&server, "k2499"), "v2499");
    project.write("keys.json", r#"["k0000", { "name": "k0001" }, "none"]"#);
    let (_, output) = bulk(&["get", "keys.json", "--json"]);
    let found: Value = serde_json::from_str(&output).expect("it is JSON");
    assert_eq!(found, json!({ "k0000": { "value": "v0" }, "k0001": { "value": "v1" }, "none": { "value": null } }));
    let (code, output) = bulk(&["delete", "keys.json"]);
    assert_eq!((code, output.contains("? Are you sure you want to delete all the keys")), (Some(0), true), "{output}");
    assert_eq!(value(&server, "k0001"), Value::Null);
    let (code, output) = bulk(&["put", "keys.json"]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("The item at index 0 is \"k0000\""), "{output}");
    server.stop();
}
