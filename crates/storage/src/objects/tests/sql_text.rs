//! SQL of the script, and its cursors.

use super::*;

#[test]
fn a_full_database_is_an_error() {
    let mut f = fixture();
    sql(&mut f.store, "CREATE TABLE t (x)");
    f.store.commit().unwrap();
    f.store.set_max_page_count(10).unwrap();
    let text = rows(&mut f.store, "INSERT INTO t VALUES (?)", &[SqlValue::Blob(&vec![0; 1_000_000])]);
    assert_eq!(text.unwrap_err().to_string(), "database or disk is full: SQLITE_FULL");
}

#[test]
fn cursors_step_row_by_row() {
    let mut f = fixture();
    let store = &mut f.store;
    sql(store, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    sql(store, "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    let first = store.sql_exec("SELECT * FROM t", &[]).unwrap();
    assert_eq!(store.sql_columns(first).unwrap().names(), ["id".into(), "v".into()]);
    assert_eq!(store.sql_counts(first), (1, 0));
    assert_eq!(take(store, first).unwrap().as_deref(), Some("1,'a'"));
    let second = store.sql_exec("SELECT * FROM t", &[]).unwrap();
    assert_eq!(take(store, second).unwrap().as_deref(), Some("1,'a'"));
    sql(store, "DELETE FROM t WHERE id = 3");
    store.commit().unwrap();
    assert_eq!(take(store, first).unwrap().as_deref(), Some("2,'b'"));
    assert_eq!(take(store, first).unwrap(), None);
    assert_eq!(take(store, first).unwrap(), None);
    assert_eq!(store.sql_counts(first), (2, 0));
    assert!(store.is_in_use());
    assert_eq!(error(store, "DROP TABLE t"), "database table is locked: SQLITE_LOCKED");
    store.sql_close(second);
    assert!(store.sql_columns(second).is_none());
    sql(store, "DROP TABLE t");
    assert_eq!(store.cursors.kept_statements(), 5);
}

#[test]
fn a_statement_is_prepared_once_and_its_names_have_one_id() {
    let mut f = fixture();
    let store = &mut f.store;
    sql(store, "CREATE TABLE t (a, b)");
    let id = |store: &mut ObjectStore, sql: &str| {
        let cursor = store.sql_exec(sql, &[]).unwrap();
        let id = store.sql_columns(cursor).unwrap().id();
        let names: Vec<String> =
            store.sql_columns(cursor).unwrap().names().iter().map(|name| name.to_string()).collect();
        store.sql_close(cursor);
        (id, names.join(","))
    };
    let first = id(store, "SELECT *, a FROM t");
    assert_eq!(first.1, "a,b,a");
    assert_eq!(id(store, "SELECT *, a FROM t"), first);
    sql(store, "ALTER TABLE t ADD COLUMN c");
    let second = id(store, "SELECT *, a FROM t");
    assert_eq!((second.1.as_str(), second.0 != first.0), ("a,b,c,a", true));
}

/// The texts are those of wrangler 4.86.
#[test]
fn errors_read_as_productions_do() {
    let mut f = fixture();
    for (statement, text) in [
        ("SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"),
        ("SELEC 1", "near \"SELEC\": syntax error at offset 0: SQLITE_ERROR"),
        ("SELECT ?", "Wrong number of parameter bindings for SQL query."),
        ("", "SQL code did not contain a statement."),
        ("-- x", "SQL code did not contain a statement."),
        ("SELECT 1; -- x", "SQL code did not contain a statement."),
        ("SELECT 1;;", "SQL code did not contain a statement."),
        ("SELECT if(1, 2, 3)", "no such function: if at offset 7: SQLITE_ERROR"),
        ("SELECT sqlite_version()", "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"),
        ("VACUUM", "cannot VACUUM from within a transaction: SQLITE_ERROR"),
        ("PRAGMA page_size", "not authorized: SQLITE_AUTH"),
        ("ATTACH 'x' AS y", "not authorized: SQLITE_AUTH"),
        ("CREATE TABLE _cf_x (a)", "not authorized: SQLITE_AUTH"),
        ("CREATE VIRTUAL TABLE z USING rtree (id, a, b)", "not authorized: SQLITE_AUTH"),
        (
            "SELECT ?; SELECT 1",
            "When executing multiple SQL statements in a single call, only the last statement can have parameters.",
        ),
    ] {
        assert_eq!(error(&mut f.store, statement), text, "{statement}");
    }
    let begin = error(&mut f.store, "BEGIN");
    assert!(begin.starts_with("To execute a transaction, please use the state.storage.transaction()"), "{begin}");
}

#[test]
fn several_statements_run_and_the_last_one_has_the_parameters() {
    let mut f = fixture();
    let script = "CREATE TABLE t (x); INSERT INTO t VALUES (1); INSERT INTO t VALUES (?), (?) RETURNING x, typeof(x)";
    let params = [SqlValue::Real(2.0), SqlValue::Blob(b"\0")];
    assert_eq!(rows(&mut f.store, script, &params).unwrap(), ["2.0,'real'", "x'[00]','blob'"]);
    assert_eq!(sql(&mut f.store, "SELECT count(*) FROM t"), ["3"]);
    f.store.commit().unwrap();
}

/// Where wrangler fails. The counts are wrangler's.
#[test]
fn a_write_that_gives_rows_can_be_committed_before_they_are_taken() {
    let mut f = fixture();
    sql(&mut f.store, "CREATE TABLE t (x)");
    let cursor = f.store.sql_exec("INSERT INTO t VALUES (1), (2), (3) RETURNING x", &[]).unwrap();
    f.store.commit().unwrap();
    assert_eq!(f.store.sql_counts(cursor), (4, 3));
    for expected in [Some("1"), Some("2"), Some("3"), None] {
        assert_eq!(take(&mut f.store, cursor).unwrap().as_deref(), expected);
    }
    assert_eq!(f.store.sql_counts(cursor), (6, 3));
}

#[test]
fn a_cursor_of_what_was_rolled_back_or_deleted_fails() {
    let mut f = fixture();
    let store = &mut f.store;
    sql(store, "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)");
    store.begin_savepoint().unwrap();
    put(store, "k", "v");
    let cursor = store.sql_exec("SELECT * FROM t", &[]).unwrap();
    store.rollback_savepoint().unwrap();
    assert_eq!(
        store.sql_next(cursor).unwrap_err().to_string(),
        "abort due to ROLLBACK: SQLITE_ABORT (extended: SQLITE_ABORT_ROLLBACK)"
    );
    let cursor = store.sql_exec("SELECT * FROM t", &[]).unwrap();
    store.delete_all(false).unwrap();
    assert_eq!(
        store.sql_next(cursor).unwrap_err().to_string(),
        "SQLite query was canceled because the database was deleted."
    );
}

/// Also when it is asked late, and whatever ran in between. The counts are wrangler's.
#[test]
fn reads_and_writes_are_counted_for_each_cursor() {
    let mut f = fixture();
    let store = &mut f.store;
    sql(store, "CREATE TABLE t (id INTEGER PRIMARY KEY, g INT); CREATE INDEX i ON t (g); CREATE TABLE log (x)");
    sql(store, "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END");
    let insert = "INSERT INTO t (g) VALUES (?)";
    let inserts: Vec<CursorId> =
        (0..5).map(|n| store.sql_exec(insert, &[SqlValue::Real(f64::from(n))]).unwrap()).collect();
    let mut selects = Vec::new();
    for limit in 1..=5 {
        let cursor = store.sql_exec("SELECT * FROM t LIMIT ?", &[SqlValue::Integer(limit)]).unwrap();
        while take(store, cursor).unwrap().is_some() {}
        selects.push(cursor);
    }
    let count = store.sql_exec("SELECT count(*) FROM t", &[]).unwrap();
    assert_eq!(store.sql_counts(count), (5, 0));
    for cursor in inserts {
        assert_eq!(store.sql_counts(cursor), (0, 3));
        assert_eq!(store.sql_counts(cursor), (0, 3));
    }
    store.close();
    for (number, cursor) in selects.into_iter().enumerate() {
        assert_eq!(store.sql_counts(cursor), (number as u64 + 1, 0));
    }
}

#[test]
fn an_explanation_shows_no_profiling() {
    let mut f = fixture();
    sql(&mut f.store, "CREATE TABLE t (x)");
    assert_eq!(sql(&mut f.store, "EXPLAIN QUERY PLAN SELECT * FROM t").len(), 1);
    assert!(sql(&mut f.store, "EXPLAIN SELECT * FROM t").iter().all(|row| !row.contains("Explain")));
}

#[test]
fn scripts_are_taken_in_statement_by_statement() {
    let mut f = fixture();
    let text = "CREATE TABLE t (x); INSERT INTO t VALUES (';'), (2); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; \
                SELECT 2; END; INSERT INTO t VAL";
    let ingested = f.store.sql_ingest(text).unwrap();
    assert_eq!((ingested.statements, ingested.rest), (3, " INSERT INTO t VAL"));
    assert_eq!(sql(&mut f.store, "SELECT count(*) FROM t"), ["2"]);
}

/// The counts are wrangler's.
#[test]
fn the_first_statement_of_a_store_is_counted() {
    for warm in [false, true] {
        let mut f = fixture();
        if warm {
            put(&mut f.store, "k", "v");
        }
        let cursor = f.store.sql_exec("CREATE TABLE t (id INTEGER PRIMARY KEY, x)", &[]).unwrap();
        f.store.commit().unwrap();
        assert_eq!(f.store.sql_counts(cursor), (1, 2), "{warm}");
        let cursor = f.store.sql_exec("CREATE TABLE u (id INTEGER PRIMARY KEY, x)", &[]).unwrap();
        assert_eq!(f.store.sql_counts(cursor), (1, 2), "{warm}");
    }
}

/// As the guest does with a store that was not used for a while.
#[test]
fn rows_that_a_write_has_given_outlive_the_closing() {
    let mut f = fixture();
    sql(&mut f.store, "CREATE TABLE t (x)");
    let cursor = f.store.sql_exec("INSERT INTO t VALUES (1), (2) RETURNING x", &[]).unwrap();
    f.store.commit().unwrap();
    assert!(!f.store.is_in_use());
    f.store.close();
    for expected in [Some("1"), Some("2"), None] {
        assert_eq!(take(&mut f.store, cursor).unwrap().as_deref(), expected);
    }
}
