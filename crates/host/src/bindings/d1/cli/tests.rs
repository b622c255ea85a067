//! Tests of `lopata d1`: what each command line prints, does and refuses.
//!
//! The expected lines are those of wrangler 4.86 with `--local`, without its banner.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::fs;

use clap::Parser;
use lopata_protocol::d1::{D1Statement, D1Value};
use tempfile::TempDir;

use super::*;
use crate::cli::console::Kind;
use crate::cli::console::tests::printed;
use crate::cli::switches;
use crate::config::Position;

const NOW_MS: i64 = 1_767_225_600_123;

const HEAD: &str = "Resource location: local\n\n";

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    d1: D1Args,
}

#[derive(Debug)]
struct Ran {
    out: String,
    err: String,
    error: String,
}

fn databases() -> Vec<D1Database> {
    let database = |binding: &str, name: &str, id: &str, preview: Option<&str>| D1Database {
        binding: binding.into(),
        database_name: Some(name.into()),
        database_id: Some(id.into()),
        preview_database_id: preview.map(String::from),
        migrations_table: preview.map(|_| "applied".to_string()),
        migrations_dir: preview.map(|_| "sql/changes".to_string()),
        migrations_pattern: preview.map(|_| "./sql/changes/*/migration.sql".to_string()),
        remote: false,
        position: Position { file: Arc::from("wrangler.jsonc"), line: 1, column: 1 },
    };
    vec![database("DB", "mydb", "dbid-1", None), database("PV", "pre", "id2", Some("pre2"))]
}

fn run_as(folder: &TempDir, kind: Kind, typed: &str, line: &[&str]) -> Ran {
    let arguments = ["lopata", "d1"].iter().chain(line).map(OsString::from).collect();
    let mut normalised = switches::normalise(arguments);
    normalised.remove(1);
    let parsed = match Program::try_parse_from(normalised) {
        Ok(parsed) => parsed,
        Err(error) => return Ran { out: String::new(), err: String::new(), error: error.to_string() },
    };
    let (databases, config_path) = (databases(), folder.path().join("wrangler.jsonc"));
    let context = D1Context {
        databases: &databases,
        config_path: Some(&config_path),
        config_name: "wrangler.jsonc",
        root: PersistRoot::in_persist_folder(&folder.path().join(".lopata/state")),
        cwd: folder.path().to_owned(),
        clock: Arc::new(|| NOW_MS),
    };
    let (done, printed) = printed(kind, typed, |console| run(&parsed.d1, &context, console));
    Ran { out: printed.out, err: printed.err, error: done.err().map(|error| error.to_string()).unwrap_or_default() }
}

fn lopata(folder: &TempDir, line: &[&str]) -> Ran {
    run_as(folder, Kind::default(), "", line)
}

#[track_caller]
fn prints(folder: &TempDir, line: &[&str], expected: &str) {
    let ran = lopata(folder, line);
    assert_eq!((ran.error.as_str(), ran.err.as_str(), ran.out.as_str()), ("", "", expected), "{line:?}");
}

fn rows(folder: &TempDir, id: &str, sql: &str) -> Vec<D1Value> {
    let root = PersistRoot::in_persist_folder(&folder.path().join(".lopata/state"));
    let mut store = D1Store::open(root.path(), id).unwrap();
    store.query(&[D1Statement::new(sql)]).unwrap().remove(0).cells
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// JSON without durations.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once("\"duration\": ") {
        Some((before, _)) => format!("{before}\"duration\": 0\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn results_are_printed_as_wrangler_prints_them() {
    let folder = tempfile::tempdir().unwrap();
    let sql = "create table t(a, b text); insert into t values (1,'x'), (null,x'0102'), (1.5,'multi\nline'); select * \
               from t";
    let ran = lopata(&folder, &["execute", "mydb", "--local", "--command", sql]);
    let empty =
        "  {\n    \"results\": [],\n    \"success\": true,\n    \"meta\": {\n      \"duration\": 0\n    }\n  },\n";
    let expected = format!(
        "{HEAD}🌀 Executing on local database mydb (dbid-1) from .lopata/state/v3/d1:\n🚣 3 commands executed \
         successfully.\n[\n{empty}{empty}  {{\n    \"results\": [\n      {{\n        \"a\": 1,\n        \"b\": \"x\"\n      \
         }},\n      {{\n        \"a\": null,\n        \"b\": \"[1, 2]\"\n      }},\n      {{\n        \"a\": 1.5,\n        \
         \"b\": \"multi\\nline\"\n      }}\n    ],\n    \"success\": true,\n    \"meta\": {{\n      \"duration\": 0\n    \
         }}\n  }}\n]\n"
    );
    assert_eq!((ran.error.as_str(), timeless(&ran.out)), ("", expected));
    let terminal = Kind { out_is_terminal: true, ..Kind::default() };
    let sql = "select a, b from t limit 2; select 1 as \"2\", 'b' as b, 3 as \"1\", 4 as b";
    let ran = run_as(&folder, terminal, "", &["execute", "DB", "--command", sql]);
    let tables = "┌──────┬────────┐\n│ a    │ b      │\n├──────┼────────┤\n│ 1    │ x      │\n├──────┼────────┤\n\
                  │ null │ [1, 2] │\n└──────┴────────┘\n┌───┬───┬───┐\n│ 1 │ 2 │ b │\n├───┼───┼───┤\n│ 3 │ 1 │ 4 │\n\
                  └───┴───┴───┘\n";
    assert!(ran.out.ends_with(tables), "{}", ran.out);
    let sql = "select 9007199254740993 as a, 1e21 as b, 2.0 as c, 9e999 as d, '\u{1}\"é' as e";
    let ran = lopata(&folder, &["execute", "mydb", "--json", "--command", sql]);
    let row = "\"a\": 9007199254740992,\n        \"b\": 1e+21,\n        \"c\": 2,\n        \"d\": null,\n        \"e\": \
               \"\\u0001\\\"é\"\n";
    assert!(ran.out.starts_with("[\n") && ran.out.contains(row), "{}", ran.out);
}

#[test]
fn a_database_is_found_by_name_binding_and_id() {
    let folder = tempfile::tempdir().unwrap();
    for (name, id) in [("mydb", "dbid-1"), ("DB", "dbid-1"), ("dbid-1", "dbid-1"), ("pre", "pre2"), ("id2", "pre2")] {
        let ran = lopata(&folder, &["execute", name, "--command", "select 1"]);
        let line = format!("🌀 Executing on local database {name} ({id}) from");
        assert!(ran.out.contains(&line), "{name}: {} {}", ran.out, ran.error);
    }
    let ran = lopata(&folder, &["execute", "nodb", "--command", "select 1"]);
    assert_eq!(
        ran.error,
        "Couldn't find a D1 DB with the name or binding 'nodb' in your wrangler.jsonc file.\nIt has: mydb (binding DB), \
         pre (binding PV)"
    );
}

#[test]
fn what_fails_has_not_happened_and_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        "seed.sql",
        "create table t (a);\n\n-- the next one is wrong\ninsert into t\n values (1);\ninsert into u values (1);\n",
    );
    let ran = lopata(&folder, &["execute", "mydb", "--file", "seed.sql"]);
    assert_eq!(ran.error, "no such table: u: SQLITE_ERROR\nseed.sql:6");
    assert_eq!(rows(&folder, "dbid-1", "select count(*) from sqlite_schema where name = 't'"), [D1Value::Integer(0)]);
    let ran = lopata(&folder, &["execute", "mydb", "--command", "select * from nope", "--json"]);
    assert_eq!(ran.out, "\n{\n  \"error\": {\n    \"text\": \"no such table: nope: SQLITE_ERROR\"\n  }\n}\n");
    assert_eq!(ran.error, "");
    for (line, error) in [
        (&["--command", " "][..], "No SQL statements detected."),
        (&["--command", " -- only a comment"], "No SQL statements detected."),
        (&[], "Error: must provide --command or --file."),
        (&["--command", "x", "--file", "y"], "Error: can't provide both --command and --file."),
        (&["--file", "no.sql"], "Unable to read SQL text file \"no.sql\". Please check the file path and try again."),
        (&["--local", "--remote", "--command", "x"], "Error: can't use --local and --remote at the same time"),
    ] {
        assert_eq!(lopata(&folder, &[&["execute", "mydb"], line].concat()).error, error);
    }
    let remote = lopata(&folder, &["execute", "mydb", "--remote", "--command", "select 1"]).error;
    assert!(remote.starts_with("lopata works on local data only"), "{remote}");
    write(&folder, "binary.sql", "SQLite format 3\0\u{10}");
    assert!(
        lopata(&folder, &["execute", "mydb", "--file", "binary.sql"]).error.starts_with("Provided file is a binary")
    );
    assert!(lopata(&folder, &["time-travel", "info", "mydb"]).error.starts_with("`d1 time-travel` is about"));
}

#[test]
fn an_export_is_a_file_that_makes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let sql =
        "create table t (a integer primary key, b); insert into t values (1, 'it''s; x'); create index i on t (b)";
    lopata(&folder, &["execute", "mydb", "--command", sql]);
    let line = ["export", "mydb", "--output", "out.sql"];
    let said = format!(
        "{HEAD}🌀 Exporting local database mydb (dbid-1) from .lopata/state/v3/d1:\n🌀 Exporting SQL to out.sql...\nDone!\n"
    );
    prints(&folder, &line, &said);
    let text = fs::read_to_string(folder.path().join("out.sql")).unwrap();
    let statements = "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a integer primary key, b);\nINSERT INTO \"t\" \
                      VALUES(1,'it''s; x');\nCREATE INDEX i on t (b);";
    assert_eq!(text, statements);
    lopata(&folder, &["execute", "pre", "--file", "out.sql"]);
    assert_eq!(rows(&folder, "pre2", "select b from t"), [D1Value::Text("it's; x".to_string())]);
    prints(&folder, &[&line[..], &["--no-schema"]].concat(), &said);
    assert_eq!(fs::read_to_string(folder.path().join("out.sql")).unwrap().lines().count(), 2);
    for (flags, error) in [
        (&["--output", "o", "--no-schema", "--no-data"][..], "You cannot specify both --no-schema and --no-data"),
        (&["--output", "."], "Please specify a file path for --output, not a directory."),
    ] {
        assert_eq!(lopata(&folder, &[&["export", "mydb"], flags].concat()).error, error);
    }
    assert!(lopata(&folder, &["export", "mydb"]).error.contains("--output"));
    lopata(&folder, &["execute", "mydb", "--command", "create virtual table f using fts5(x)"]);
    let ran = lopata(&folder, &line);
    assert_eq!(ran.error, "D1 Export error: cannot export databases with Virtual Tables (fts5)");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
}

#[test]
fn migrations_are_made_listed_and_applied() {
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("migrations");
    let missing = lopata(&folder, &["migrations", "list", "mydb"]);
    assert_eq!(missing.error, format!("No migrations present at {}.", migrations.display()));
    assert_eq!(
        missing.err,
        "▲ [WARNING] No migrations folder found. Set `migrations_dir` in your wrangler.jsonc file to choose a different \
         path.\n"
    );
    let made = format!(
        "? No migrations folder found. Set `migrations_dir` in your wrangler.jsonc file to choose a different path.\nOk to \
         create {folder}?\n🤖 Using fallback value in non-interactive context: yes\n✅ Successfully created Migration \
         '0001_hello_world.sql'!\n\nThe migration is available for editing here\n{folder}/0001_hello_world.sql\n",
        folder = migrations.display()
    );
    prints(&folder, &["migrations", "create", "mydb", "hello world"], &made);
    let head = fs::read_to_string(migrations.join("0001_hello_world.sql")).unwrap();
    assert_eq!(head, "-- Migration number: 0001 \t 2026-01-01T00:00:00.123Z\n");
    write(&folder, "migrations/0002_made.sql", "create table a (x);\ninsert into a values (1)");
    write(&folder, "migrations/0010_broken.sql", "insert into a values (2);\ninsert into nope values (1);\n");
    write(&folder, "migrations/notes.txt", "not sql");
    assert!(lopata(&folder, &["migrations", "create", "mydb", "x"]).out.contains("'0011_x.sql'"));
    fs::remove_file(migrations.join("0011_x.sql")).unwrap();

    let listed = lopata(&folder, &["migrations", "list", "mydb", "--local"]).out;
    let table = "Migrations to be applied:\n┌──────────────────────┐\n│ Name                 │\n├──────────────────────┤\n│ \
                 0001_hello_world.sql │\n├──────────────────────┤\n│ 0002_made.sql        │\n├──────────────────────┤\n│ \
                 0010_broken.sql      │\n└──────────────────────┘\n";
    assert_eq!(listed, format!("{HEAD}{table}"));

    let ran = lopata(&folder, &["migrations", "apply", "mydb", "--local"]);
    assert_eq!(ran.error, "no such table: nope: SQLITE_ERROR\n./migrations/0010_broken.sql:2");
    assert_eq!(ran.err, "✘ [ERROR] Migration 0010_broken.sql failed with the following errors:\n");
    assert!(ran.out.contains("? About to apply 3 migration(s)\nYour database may not be available"), "{}", ran.out);
    assert!(ran.out.contains("🚣 3 commands executed successfully."), "{}", ran.out);
    assert!(ran.out.contains("❌"), "{}", ran.out);
    assert_eq!(rows(&folder, "dbid-1", "select x from a"), [D1Value::Integer(1)]);
    let names = [D1Value::Text("0001_hello_world.sql".into()), D1Value::Text("0002_made.sql".into())];
    assert_eq!(rows(&folder, "dbid-1", "select name from d1_migrations order by id"), names);

    write(&folder, "migrations/0010_broken.sql", "insert into a values (2);\n");
    assert_eq!(lopata(&folder, &["migrations", "apply", "DB"]).error, "");
    prints(&folder, &["migrations", "apply", "DB"], &format!("{HEAD}✅ No migrations to apply!\n"));
    prints(&folder, &["migrations", "list", "DB"], &format!("{HEAD}✅ No migrations to apply!\n"));
}

#[test]
fn a_pattern_finds_migrations_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "sql/changes/0002_b/migration.sql", "insert into a values (2);");
    write(&folder, "sql/changes/0001_a/migration.sql", "create table a (x);");
    write(&folder, "sql/changes/0001_a/snapshot.sql", "nonsense");
    write(&folder, "sql/changes/0003.sql", "nonsense");
    assert_eq!(lopata(&folder, &["migrations", "apply", "pre"]).error, "");
    let names = [D1Value::Text("0001_a/migration.sql".into()), D1Value::Text("0002_b/migration.sql".into())];
    assert_eq!(rows(&folder, "pre2", "select name from applied order by id"), names);
}

#[test]
fn a_person_can_keep_the_database_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "migrations/0001_a.sql", "create table a (x);");
    let person = Kind { interactive: true, ..Kind::default() };
    let ran = run_as(&folder, person, "n\n", &["migrations", "apply", "mydb"]);
    assert_eq!((ran.error.as_str(), ran.out.contains("✅")), ("", false));
    assert_eq!(rows(&folder, "dbid-1", "select name from d1_migrations"), []);
}
