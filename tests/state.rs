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
    assert!(plan.contains("Would import 8 databases and 4 files"), "{plan}");
    assert!(!project.path(".lopata").exists());
    let done = lopata(&project, &["state", "import"]);
    assert!(done.contains("│ kv    │ KV "), "{done}");
    assert!(done.contains("│ d1    │ recorded "), "{done}");
    assert!(done.contains("│ r2    │ R2 ") && done.contains("│ cache │ default "), "{done}");
    assert!(done.contains("Imported 8 databases and 4 files"), "{done}");
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
    assert!(states.len() == 12 && states.iter().all(|state| **state == json!("unchanged")), "{again:#}");

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
