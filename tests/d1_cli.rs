//! `lopata d1 …` as a user calls it: with a configuration, and by pipe.

use std::fs;

use serde_json::{Value, json};

use crate::harness::Project;
use crate::harness::server::run;

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const sql = await request.text();
        try {
          return Response.json((await env.DB.prepare(sql).raw()));
        } catch (error) {
          return Response.json(String(error), { status: 500 });
        }
      },
    };
"#;

fn project() -> Project {
    let databases = json!([
        { "binding": "DB", "database_name": "notes", "database_id": "notes-id" },
        { "binding": "OTHER", "database_name": "other", "migrations_dir": "sql", "migrations_table": "done" },
    ]);
    Project::worker(
        CODE,
        json!({ "d1_databases": databases, "env": { "staging": { "d1_databases": [
        { "binding": "DB", "database_name": "notes-staging", "database_id": "staging-id" },
    ] } } }),
    )
}

fn d1(project: &Project, args: &[&str]) -> String {
    let all: Vec<&str> = ["d1"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &all);
    assert_eq!(code, Some(0), "{args:?}: {output}");
    output
}

fn refused(project: &Project, args: &[&str]) -> String {
    let all: Vec<&str> = ["d1"].iter().chain(args).copied().collect();
    let (code, output) = run(project, &all);
    assert!(code.is_some_and(|code| code != 0), "{args:?}: {output}");
    assert!(!output.contains("panicked"), "{output}");
    output
}

#[test]
fn what_was_exported_can_be_executed_again() {
    let project = project();
    d1(
        &project,
        &[
            "execute",
            "notes",
            "--command",
            "CREATE TABLE t (x, y TEXT); INSERT INTO t VALUES (x'0aff', 'it''s\n;'), (2, NULL)",
        ],
    );
    d1(&project, &["export", "notes", "--output", "dump.sql"]);
    d1(&project, &["execute", "other", "--file", "dump.sql"]);
    d1(&project, &["export", "other", "--output", "again.sql"]);
    assert_eq!(project.read("dump.sql"), project.read("again.sql"));
    assert!(project.read("dump.sql").contains("replace('it''s\\n;','\\n',char(10))"), "{}", project.read("dump.sql"));
}

#[test]
fn environments_have_databases_of_their_own() {
    let project = project();
    d1(&project, &["execute", "DB", "--env", "staging", "--command", "CREATE TABLE t (x)"]);
    let wrong = refused(&project, &["execute", "notes", "--env", "staging", "--command", "SELECT 1"]);
    assert!(
        wrong.contains("Couldn't find a D1 DB with the name or binding 'notes' in your wrangler.json file."),
        "{wrong}"
    );
    assert!(wrong.contains("notes-staging (binding DB)"), "{wrong}");
    assert!(refused(&project, &["execute", "notes", "--command", "SELECT * FROM t"]).contains("no such table: t"));
}

#[test]
fn a_broken_configuration_does_not_hide_a_database() {
    let project = project();
    d1(&project, &["execute", "notes", "--command", "CREATE TABLE t (x)"]);
    // The entry is of no account here.
    fs::remove_file(project.path("src/index.ts")).expect("the project is ours");
    d1(&project, &["execute", "notes", "--command", "INSERT INTO t VALUES (1)"]);
    project.write("wrangler.json", "{ \"name\": 5, \"d1_databases\": {} }");
    assert!(d1(&project, &["execute", "notes-id", "--command", "SELECT x FROM t", "--json"]).contains("\"x\": 1"));
    let refused = refused(&project, &["execute", "notes", "--command", "SELECT x FROM t"]);
    assert!(refused.contains("wrangler.json:1"), "{refused}");
}

#[test]
fn mistakes_are_explained() {
    let project = project();
    for (args, says) in [
        (&["execute", "notes"][..], "must provide --command or --file"),
        (&["execute", "notes", "--remote", "--command", "SELECT 1"], "local data only"),
        (&["execute", "notes", "--file", "none.sql"], "Unable to read SQL text file \"none.sql\""),
        (&["export", "notes"], "--output"),
        (&["migrations", "apply", "other"], "No migrations present at "),
        (&["info", "notes"], "about databases in production"),
        (&["time-travel", "restore", "notes", "--timestamp", "x"], "about databases in production"),
    ] {
        let output = refused(&project, args);
        assert!(output.contains(says), "{args:?}: {output}");
    }
    let output = refused(&project, &["execute", "notes", "--json", "--command", "SELECT * FROM nope"]);
    let error: Value = serde_json::from_str(&output).expect("it is JSON");
    assert_eq!(error, json!({ "error": { "text": "no such table: nope: SQLITE_ERROR" } }));
}
