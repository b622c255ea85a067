//! `lopata d1 …` as a user calls it: with a configuration, by pipe, and beside a running server.

use std::fs;

use serde_json::{Value, json};

use crate::harness::server::run;
use crate::harness::{Project, Server};

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

fn query(project: &Project, sql: &str) -> Value {
    let output = d1(project, &["execute", "notes", "--local", "--json", "--command", sql]);
    let mut results: Value = serde_json::from_str(&output).expect("it is JSON");
    results[0]["results"].take()
}

fn ask(server: &Server, sql: &str) -> Value {
    server.client().post("/", sql.as_bytes()).json()
}

#[test]
fn a_server_and_the_command_line_see_each_other() {
    let project = project();
    let server = Server::start(&project);
    d1(&project, &["execute", "notes", "--local", "--command", "CREATE TABLE t (x); INSERT INTO t VALUES (1)"]);
    assert_eq!(ask(&server, "SELECT x FROM t"), json!([[1]]));
    ask(&server, "INSERT INTO t VALUES (2)");
    assert_eq!(query(&project, "SELECT x FROM t"), json!([{ "x": 1 }, { "x": 2 }]));
    // The schema changes under statements that the server keeps prepared.
    d1(&project, &["execute", "DB", "--command", "ALTER TABLE t ADD COLUMN y DEFAULT 7"]);
    assert_eq!(ask(&server, "SELECT * FROM t"), json!([[1, 7], [2, 7]]));
    server.stop();
}

#[test]
fn a_big_file_beside_a_server_that_writes() {
    let project = project();
    let server = Server::start(&project);
    ask(&server, "CREATE TABLE busy (x)");
    let rows: String = (0..60_000).map(|n| format!("INSERT INTO big VALUES ({n}, 'row; {n}');\n")).collect();
    fs::write(project.path("big.sql"), format!("CREATE TABLE big (id INTEGER PRIMARY KEY, text);\n{rows}"))
        .expect("the folder is ours");
    let written = std::thread::scope(|scope| {
        let import = scope.spawn(|| d1(&project, &["execute", "notes", "--file", "big.sql", "--json"]));
        let mut written = 0;
        while !import.is_finished() {
            let answer = ask(&server, "INSERT INTO busy VALUES (1) RETURNING x");
            assert_eq!(answer, json!([[1]]), "nothing is busy for good");
            written += 1;
        }
        import.join().expect("the import goes well");
        written
    });
    assert_eq!(ask(&server, "SELECT count(*) FROM big"), json!([[60_000]]));
    assert_eq!(ask(&server, "SELECT count(*) FROM busy"), json!([[written]]));
    server.stop();
}

#[test]
fn migrations_beside_a_server() {
    let project = project();
    let server = Server::start(&project);
    d1(&project, &["migrations", "create", "notes", "first", "--config", "wrangler.json"]);
    project.write(
        "migrations/0001_first.sql",
        "CREATE TABLE t (x);\nCREATE TRIGGER g AFTER INSERT ON t BEGIN\n  UPDATE t SET x = x + 1;\nEND;\n",
    );
    project.write("migrations/0002_second.sql", "INSERT INTO t VALUES (1);\n");
    let applied = d1(&project, &["migrations", "apply", "notes", "--local"]);
    assert!(applied.contains("│ 0002_second.sql │ ✅"), "{applied}");
    assert_eq!(ask(&server, "SELECT x FROM t"), json!([[2]]));
    assert!(d1(&project, &["migrations", "list", "notes"]).contains("✅ No migrations to apply!"));
    project.write("migrations/0003_third.sql", "INSERT INTO t VALUES (5);\nINSERT INTO u VALUES (5);\n");
    let failed = refused(&project, &["migrations", "apply", "notes"]);
    assert!(failed.contains("Migration 0003_third.sql failed with the following errors:"), "{failed}");
    assert!(
        failed.contains("✘ [ERROR] no such table: u: SQLITE_ERROR\n\n  ./migrations/0003_third.sql:2\n"),
        "{failed}"
    );
    assert_eq!(ask(&server, "SELECT x FROM t"), json!([[2]]));
    server.stop();
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
