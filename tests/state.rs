//! State that wrangler wrote: imported, or shared in its place.
//!
//! `tests/wrangler-state` holds a worker, its configuration and, in `state`, what wrangler 4.86 had on disk after that
//! worker's `/write` while it was still running: most of it lies in the logs of the databases.

use std::fs;

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Options, Project, Server};

/// What the recorded worker answers, by path.
fn recorded() -> Vec<(&'static str, Value)> {
    vec![
        ("/kv", json!("wrangler hello")),
        ("/bytes", json!([0, 255, 10])),
        ("/d1", json!(["first", "second"])),
        ("/r2", json!("an object")),
        ("/cache", json!("cached")),
        (
            "/object",
            json!({
                "pairs": [0, [0, 255], "10", "h\u{e9}"],
                "notes": [{ "id": 1, "text": "first", "bytes": 2 }, { "id": 2, "text": "second", "bytes": null }],
                "alarm": true,
                "name": "recorded",
            }),
        ),
    ]
}

fn wrangler_project() -> Project {
    let project = Project::copy_of("tests/wrangler-state");
    fs::create_dir(project.path(".wrangler")).expect("the copy is ours");
    fs::rename(project.path("state"), project.path(".wrangler/state")).expect("the copy is ours");
    project
}

fn lopata(project: &Project, args: &[&str]) -> String {
    let (code, output) = run(project, args);
    assert_eq!(code, Some(0), "{args:?}: {output}");
    output
}

fn check(server: &Server) {
    for (path, expected) in recorded() {
        let response = server.get(path);
        assert_eq!((response.status, response.json()), (200, expected), "{path}\n{}", server.log().text());
    }
}

#[test]
fn imported_state_is_what_wrangler_wrote() {
    let project = wrangler_project();
    let plan = lopata(&project, &["state", "import", "--dry-run"]);
    assert!(plan.contains("Would import 10 databases and 4 files"), "{plan}");
    assert!(!project.path(".lopata").exists());
    let done = lopata(&project, &["state", "import"]);
    assert!(done.contains("│ kv    │ KV "), "{done}");
    assert!(done.contains("│ d1    │ recorded "), "{done}");
    assert!(
        done.contains("│ do    │ 1 object of recorded-Room ") && done.contains(" alarms of recorded-Room "),
        "{done}"
    );
    assert!(done.contains("│ r2    │ R2 ") && done.contains("│ cache │ default "), "{done}");
    assert!(done.contains("Imported 10 databases and 4 files"), "{done}");
    assert!(done.contains("from .wrangler/state/v3 into .lopata/state/v3."), "{done}");
    let server = Server::start(&project);
    check(&server);
    server.stop();
    let greeting = lopata(&project, &["kv", "key", "get", "greeting", "--binding", "KV"]);
    assert_eq!(greeting, "hello");
    let notes =
        lopata(&project, &["d1", "execute", "recorded", "--json", "--command", "SELECT count(*) AS n FROM notes"]);
    let notes: Value = serde_json::from_str(&notes).expect("it is JSON");
    assert_eq!(notes[0]["results"], json!([{ "n": 2 }]));
}

#[test]
fn what_changed_here_later_stays() {
    let project = wrangler_project();
    lopata(&project, &["state", "import"]);
    let again: Value = serde_json::from_str(&lopata(&project, &["state", "import", "--json"])).expect("it is JSON");
    let states: Vec<&Value> = again["items"].as_array().into_iter().flatten().map(|item| &item["state"]).collect();
    assert!(states.len() == 14 && states.iter().all(|state| **state == json!("unchanged")), "{again:#}");

    lopata(&project, &["kv", "key", "put", "greeting", "changed here", "--binding", "KV"]);
    let kept = lopata(&project, &["state", "import"]);
    assert!(kept.contains("newer here") && kept.contains("1 file that changed here later stayed"), "{kept}");
    let greeting = || lopata(&project, &["kv", "key", "get", "greeting", "--binding", "KV"]);
    assert_eq!(greeting(), "changed here");

    // Under a running server, which goes on with what was imported.
    let server = Server::start(&project);
    assert_eq!(server.get("/kv").status, 500, "the metadata is gone");
    let forced = lopata(&project, &["state", "import", "--force"]);
    assert!(
        forced.contains("replaced") && forced.contains("What was replaced is in .lopata/state/replaced/v3."),
        "{forced}"
    );
    check(&server);
    server.stop();
    assert_eq!(greeting(), "hello");
    assert!(project.path(".lopata/state/replaced/v3/kv").is_dir());
}

#[test]
fn wranglers_state_can_be_shared_in_its_place() {
    let project = wrangler_project();
    let server = Server::start_with(&project, Options::args(["--persist-to", ".wrangler/state"]));
    check(&server);
    lopata(
        &project,
        &[
            "kv",
            "key",
            "put",
            "greeting",
            "from outside",
            "--metadata",
            r#"{"by":"lopata"}"#,
            "--binding",
            "KV",
            "--persist-to",
            ".wrangler/state",
        ],
    );
    assert_eq!(server.get("/kv").json(), json!("lopata from outside"));
    server.stop();
    assert!(!project.path(".lopata/state").exists());
    let (code, error) = run(&project, &["state", "import", "--to", ".wrangler/state"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("already"), "{error}");
}

#[test]
fn a_state_that_is_not_there_is_asked_for() {
    let project = Project::worker("export default {}", json!({}));
    let (code, error) = run(&project, &["state", "import"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("✘ [ERROR] There is no state of wrangler at ") && error.contains("--from"), "{error}");
}

/// As people do who want to start from nothing: what is stored from then on is where commands and the next server look.
#[test]
fn a_state_folder_that_is_removed_is_begun_anew() {
    let code = r#"
        export default {
            async fetch(request, { KV, R2, DB }) {
                if (new URL(request.url).pathname === "/read") {
                    const row = await DB.prepare("SELECT x FROM t").first().catch(() => null);
                    const object = await R2.get("k");
                    const cached = await caches.default.match("https://x.test/");
                    return Response.json([await KV.get("k"), await object?.text(), row?.x, await cached?.text()]);
                }
                await KV.put("k", "kv");
                await R2.put("k", "r2");
                await DB.batch([DB.prepare("CREATE TABLE t (x)"), DB.prepare("INSERT INTO t VALUES ('d1')")]);
                await caches.default.put("https://x.test/", new Response("cache", { headers: { "cache-control": "max-age=60" } }));
                return new Response("stored");
            },
        };
    "#;
    let extra = json!({
        "kv_namespaces": [{ "binding": "KV", "id": "k" }],
        "r2_buckets": [{ "binding": "R2", "bucket_name": "bucket" }],
        "d1_databases": [{ "binding": "DB", "database_name": "db", "database_id": "d" }],
    });
    let project = Project::worker(code, extra);
    let server = Server::start(&project);
    let stored = json!(["kv", "r2", "d1", "cache"]);
    server.expect("/", "stored");
    assert_eq!(server.get("/read").json(), stored);
    fs::remove_dir_all(project.path(".lopata/state")).expect("the state is there");
    assert_eq!(server.get("/read").json(), json!([null, null, null, null]));
    server.expect("/", "stored");
    assert_eq!(server.get("/read").json(), stored);
    let (code, output) = run(&project, &["kv", "key", "get", "k", "--binding", "KV", "--text"]);
    assert!(code == Some(0) && output.contains("kv"), "{output}");
    server.stop();

    let server = Server::start(&project);
    assert_eq!(server.get("/read").json(), stored);
    server.stop();
}
