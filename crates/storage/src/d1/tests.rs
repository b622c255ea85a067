//! Tests of the store.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use lopata_protocol::d1::{D1Error, D1Meta, D1Result, D1Statement, D1Value};
use proptest::prelude::*;

use super::{Access, D1Store, is_comment};

fn open(folder: &Path) -> D1Store {
    D1Store::open(folder, "db").unwrap()
}

fn with(sql: &str, params: &[D1Value]) -> D1Statement {
    D1Statement { sql: sql.to_string(), params: params.to_vec() }
}

fn run(store: &mut D1Store, sql: &str) -> Result<D1Result, String> {
    let results = store.query(&[D1Statement::new(sql)]).map_err(|error| error.text)?;
    Ok(results.into_iter().next().unwrap())
}

fn cells(store: &mut D1Store, sql: &str) -> Vec<D1Value> {
    run(store, sql).unwrap().cells
}

fn text(value: &str) -> D1Value {
    D1Value::Text(value.to_string())
}

#[test]
fn a_call_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    run(&mut store, "CREATE TABLE t (a PRIMARY KEY)").unwrap();
    let batch = ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)"];
    let error = store.query(&batch.map(D1Statement::new)).unwrap_err();
    assert_eq!(
        error,
        D1Error::new("UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)")
    );
    assert_eq!(cells(&mut store, "SELECT count(*) FROM t"), [D1Value::Integer(0)]);

    // Statements that give up by themselves leave nothing half done either, and no transaction open.
    for giving_up in ["INSERT OR ROLLBACK INTO t VALUES (5), (5)", "INSERT OR FAIL INTO t VALUES (6), (6)"] {
        store.query(&["INSERT INTO t VALUES (4)", giving_up].map(D1Statement::new)).unwrap_err();
        assert_eq!(cells(&mut store, "SELECT count(*) FROM t"), [D1Value::Integer(0)], "{giving_up}");
    }
    run(&mut store, "INSERT INTO t VALUES (9)").unwrap();
    drop(store);
    assert_eq!(cells(&mut open(folder.path()), "SELECT a FROM t"), [D1Value::Integer(9)]);
}

/// An import puts another database in the place of the one that is open.
#[test]
fn a_database_without_the_table_of_the_bookmark_gets_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    run(&mut store, "CREATE TABLE t (a)").unwrap();
    let other = crate::database::open(&store.path, crate::database::Durability::Process).unwrap();
    other.execute_batch("DROP TABLE _cf_METADATA").unwrap();
    run(&mut store, "INSERT INTO t VALUES (1)").unwrap();
    run(&mut store, "INSERT INTO t VALUES (2)").unwrap();
    assert_eq!(other.query_row("SELECT count(*) FROM _cf_METADATA", [], |row| row.get::<_, i64>(0)), Ok(1));
}

#[test]
fn a_constraint_put_off_to_the_end_resets() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id));").unwrap();
    let orphan = ["PRAGMA defer_foreign_keys = on", "INSERT INTO c VALUES (1)"];
    let error = store.query(&orphan.map(D1Statement::new)).unwrap_err();
    assert!(error.reset);
    assert_eq!(
        error.text,
        "Durable Object was reset and rolled back to its last known good state because the application left the \
         database in a state where constraints were violated: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT \
         (extended: SQLITE_CONSTRAINT_FOREIGNKEY)"
    );
    assert_eq!(cells(&mut store, "SELECT count(*) FROM c"), [D1Value::Integer(0)]);
    let family = [orphan[0], orphan[1], "INSERT INTO p VALUES (1)"];
    store.query(&family.map(D1Statement::new)).unwrap();
}

/// Texts and rules of wrangler 4.86.
#[test]
fn several_statements_comments_and_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    for (sql, expected) in [
        ("", Err("No SQL statements detected.")),
        ("  \n", Err("No SQL statements detected.")),
        (" -- c\n", Err("No SQL statements detected.")),
        ("-- c", Err("SQL code did not contain a statement.")),
        ("/* c */", Err("SQL code did not contain a statement.")),
        (";", Err("SQL code did not contain a statement.")),
        ("SELECT 1;;", Err("SQL code did not contain a statement.")),
        ("SELECT 1; -- c", Err("SQL code did not contain a statement.")),
        ("-- c\nSELECT 1", Ok(1)),
        (";;SELECT 1", Ok(1)),
        ("SELECT 1 ;\t\n\r\u{b}\u{c} ", Ok(1)),
        ("SELECT 1; SELECT 2", Ok(2)),
        (
            "SELECT ?; SELECT 2",
            Err(
                "When executing multiple SQL statements in a single call, only the last statement can have parameters.",
            ),
        ),
    ] {
        let result = run(&mut store, sql).map(|result| result.cells);
        let expected = expected.map(|number| vec![D1Value::Integer(number)]).map_err(str::to_string);
        assert_eq!(result, expected, "{sql:?}");
    }
    let batch = [" -- only a comment\n", "SELECT 1"];
    assert_eq!(store.query(&batch.map(D1Statement::new)).unwrap().len(), 1);
}

#[test]
fn comments_are_what_productions_test_takes_for_them() {
    for (sql, is) in [
        ("", true),
        ("\n -- a\n\n\t-- b\n", true),
        (" -- a\n-- b", false),
        ("-- a", false),
        (" -- a\nx", false),
        ("\n-- a", true),
        (" --", true),
        (" x -- a", false),
        (" -- a\u{2028} -- b", true),
    ] {
        assert_eq!(is_comment(sql), is, "{sql:?}");
    }
}

#[test]
fn a_statement_among_several_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    run(&mut store, "CREATE TABLE t (a)").unwrap();
    for times in 1..=3 {
        let result = run(&mut store, "INSERT INTO t VALUES (1); SELECT count(*) FROM t").unwrap();
        assert_eq!(result.cells, [D1Value::Integer(times)]);
        assert_eq!(result.meta.changes, 1);
    }
}

/// Against wrangler 4.86.
#[test]
fn values_keep_their_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    for (value, kind, expected) in [
        (D1Value::Null, "null", D1Value::Null),
        (D1Value::Integer(i64::MIN), "integer", D1Value::Integer(i64::MIN)),
        (D1Value::Real(1.0), "real", D1Value::Real(1.0)),
        (text(""), "text", text("")),
        (text("a\0b"), "text", text("a\0b")),
        (D1Value::LoneSurrogates(b"a\xed\xa0\x80b".to_vec().into()), "text", text("a\u{fffd}\u{fffd}\u{fffd}b")),
        (D1Value::Blob(vec![].into()), "blob", D1Value::Blob(vec![].into())),
        (D1Value::Blob(vec![0, 255].into()), "blob", D1Value::Blob(vec![0, 255].into())),
    ] {
        let results = store.query(&[with("SELECT typeof(?1), ?1", std::slice::from_ref(&value))]).unwrap();
        assert_eq!(results[0].cells, [text(kind), expected], "{value:?}");
    }
    let results = store.query(&[with("SELECT ?2, :a, @b, ?1", &vec![D1Value::Real(7.0); 4])]).unwrap();
    assert_eq!(results[0].cells.len(), 4);
    for params in [0, 1, 3] {
        let error = store.query(&[with("SELECT ?2", &vec![D1Value::Null; params])]).unwrap_err();
        assert_eq!(error.text, "Wrong number of parameter bindings for SQL query.");
    }
}

#[test]
fn columns_are_named_also_without_rows_and_when_names_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let result = run(&mut store, "SELECT 1 AS a, 2 AS a, 3 AS b WHERE 0").unwrap();
    assert_eq!((result.columns, result.cells), (vec!["a".to_string(), "a".into(), "b".into()], vec![]));
    let result = run(&mut store, "CREATE TABLE t (a)").unwrap();
    assert_eq!(result.columns, Vec::<String>::new());
    assert_eq!(result.rows().len(), 0);
    // The schema changes under a kept statement.
    assert_eq!(run(&mut store, "SELECT * FROM t").unwrap().columns, ["a"]);
    run(&mut store, "ALTER TABLE t ADD COLUMN b DEFAULT 5").unwrap();
    run(&mut store, "INSERT INTO t (a) VALUES (1)").unwrap();
    let result = run(&mut store, "SELECT * FROM t").unwrap();
    assert_eq!(result.columns, ["a", "b"]);
    assert_eq!(result.cells, [D1Value::Integer(1), D1Value::Integer(5)]);
}

/// Sizes, rowids and bookmarks of wrangler 4.86 for the same calls on a new database.
#[test]
fn a_new_database_grows_as_wranglers_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let mut ask = |sql: &str| {
        let D1Meta { changes, last_row_id, changed_db, size_after, rows_read, rows_written, .. } =
            run(&mut store, sql).unwrap().meta;
        let bookmark = store.bookmark();
        assert!(bookmark.ends_with("-00000000-00000000000000000000000000000000"), "{bookmark}");
        (bookmark[..17].to_string(), changes, last_row_id, changed_db, size_after, rows_read, rows_written)
    };
    assert_eq!(ask("SELECT 1"), ("00000000-00000000".into(), 0, 0, false, 4096, 0, 0));
    assert_eq!(ask("SELECT 1"), ("00000000-00000001".into(), 0, 2, false, 8192, 0, 0));
    assert_eq!(ask("SELECT * FROM sqlite_master"), ("00000000-00000002".into(), 0, 2, false, 8192, 1, 0));
    assert_eq!(ask("CREATE TABLE a (x)"), ("00000000-00000003".into(), 0, 2, true, 12288, 1, 2));
    assert_eq!(ask("INSERT INTO a VALUES (1)"), ("00000000-00000004".into(), 1, 1, true, 12288, 0, 1));
    assert_eq!(ask("DROP TABLE a"), ("00000000-00000005".into(), 0, 1, true, 8192, 3, 0));
    drop(store);
    assert_eq!(&open(folder.path()).bookmark()[..17], "00000000-00000006", "bookmarks go on after a restart");
}

#[test]
fn readers_read_beside_an_open_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    run(&mut writer, "CREATE TABLE t (a INTEGER PRIMARY KEY)").unwrap();
    let mut reader = writer.reader().unwrap();
    let mut transaction = writer.transaction().unwrap();
    transaction.run(&D1Statement::new("INSERT INTO t VALUES (41)")).unwrap();
    assert_eq!(cells(&mut reader, "SELECT count(*) FROM t"), [D1Value::Integer(0)]);
    transaction.commit().unwrap();
    let result = run(&mut reader, "SELECT a FROM t").unwrap();
    assert_eq!((result.cells, result.meta.last_row_id), (vec![D1Value::Integer(41)], 41));
    let refused = run(&mut reader, "INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(refused, "attempt to write a readonly database: SQLITE_READONLY");
}

#[test]
fn a_reader_knows_what_needs_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path());
    let mut reader = writer.reader().unwrap();
    let mut access = |list: &[&str]| {
        let statements: Vec<_> = list.iter().map(|sql| D1Statement::new(*sql)).collect();
        reader.access(&statements).map_err(|error| error.text)
    };
    assert_eq!(access(&["SELECT 1"]), Ok(Access::Write), "the first call makes the runtime's table");
    run(&mut writer, "CREATE TABLE t (a)").unwrap();
    for (list, expected) in [
        (&["SELECT * FROM t"][..], Ok(Access::Read)),
        (&["SELECT * FROM t", "SELECT 1"], Ok(Access::Read)),
        (&["EXPLAIN INSERT INTO t VALUES (1)"], Ok(Access::Read)),
        (&["INSERT INTO t VALUES (1)"], Ok(Access::Write)),
        (&["SELECT 1", "INSERT INTO t VALUES (1)"], Ok(Access::Write)),
        (&["SELECT 1; SELECT 2"], Ok(Access::Write)),
        (&["SELECT last_insert_rowid()"], Ok(Access::Write)),
        (&["SELECT Changes()"], Ok(Access::Write)),
        (&["PRAGMA foreign_keys"], Ok(Access::Write)),
        (&["CREATE TABLE u (a)", "SELECT * FROM u"], Ok(Access::Write)),
        (&["SELECT * FROM u"], Err("no such table: u: SQLITE_ERROR".to_string())),
        (&["BEGIN"], Err(crate::sql::SqlError::Transaction.to_string())),
    ] {
        assert_eq!(access(list), expected, "{list:?}");
    }
    run(&mut writer, "PRAGMA case_sensitive_like = 1").unwrap();
    assert_eq!(access(&["SELECT * FROM t"]), Ok(Access::Write), "readers would compare in another way");
}

#[test]
fn a_watcher_stops_what_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    run(&mut store, "CREATE TABLE t (a)").unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let watched = stop.clone();
    store.watch(std::sync::Arc::new(move || watched.load(std::sync::atomic::Ordering::Relaxed))).unwrap();
    let endless = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) ";
    for statement in ["SELECT count(*) FROM c", "INSERT INTO t SELECT x FROM c"] {
        let error = run(&mut store, &format!("{endless}{statement}")).unwrap_err();
        assert_eq!(error, "interrupted: SQLITE_INTERRUPT");
    }
    stop.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(cells(&mut store, "SELECT count(*) FROM t"), [D1Value::Integer(0)]);
}

#[test]
fn a_script_runs_as_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let results =
        store.exec("-- notes\nCREATE TABLE t (a); INSERT INTO t VALUES ('x;y'), (2);\nSELECT a FROM t -- end").unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[2].cells, [text("x;y"), D1Value::Integer(2)]);
    store.exec("INSERT INTO t VALUES (3); INSERT INTO nope VALUES (1)").unwrap_err();
    assert_eq!(cells(&mut store, "SELECT count(*) FROM t"), [D1Value::Integer(2)]);
    assert_eq!(store.exec(" -- nothing").unwrap_err().text, "No SQL statements detected.");
}

#[test]
fn the_rows_of_one_result_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let rows = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT zeroblob(2000000) FROM c";
    let error = run(&mut store, rows).unwrap_err();
    assert_eq!(error, "The rows of the result take more than 134217728 bytes: SQLITE_TOOBIG");
}

#[test]
fn the_statements_of_a_call_share_the_room_for_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let rows =
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 35) SELECT zeroblob(2000000) FROM c";
    for _ in 0..2 {
        assert_eq!(cells(&mut store, rows).len(), 35, "each call has all of it");
    }
    let error = store.query(&[rows, rows].map(D1Statement::new)).unwrap_err().text;
    assert_eq!(error, "The rows of the result take more than 134217728 bytes: SQLITE_TOOBIG");
    assert_eq!(store.exec(&format!("{rows}; {rows}")).unwrap_err().text, error);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What is bound comes back, and the transaction is over, whatever is asked.
    #[test]
    fn no_sql_leaves_a_transaction_open(sql in "(SELECT|INSERT|BEGIN|PRAGMA|;|--|'|\\(|\\)|x|1|,| |\n){0,12}") {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let _ = store.query(&[D1Statement::new(&*sql)]);
        prop_assert_eq!(cells(&mut store, "SELECT 1"), [D1Value::Integer(1)]);
    }
}
