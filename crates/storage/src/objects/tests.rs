//! Tests of the stores of Durable Objects.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;

struct Fixture {
    folder: tempfile::TempDir,
    store: ObjectStore,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = ObjectStore::new(Place::File(folder.path().join("do/x-C/a.sqlite")));
    Fixture { folder, store }
}

impl Fixture {
    fn path(&self) -> PathBuf {
        self.folder.path().join("do/x-C/a.sqlite")
    }

    fn another(&self) -> ObjectStore {
        ObjectStore::new(Place::File(self.path()))
    }
}

fn get(store: &mut ObjectStore, key: &str) -> Option<String> {
    store.kv_get(key, |value| String::from_utf8(value.to_vec()).unwrap()).unwrap()
}

fn put(store: &mut ObjectStore, key: &str, value: &str) {
    store.kv_put(key, value.as_bytes()).unwrap();
}

fn cell(value: SqlValue<'_>) -> String {
    match value {
        SqlValue::Null => "null".into(),
        SqlValue::Integer(integer) => integer.to_string(),
        SqlValue::Real(real) => format!("{real:?}"),
        SqlValue::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
        SqlValue::Blob(bytes) => format!("x'{bytes:02x?}'"),
    }
}

/// The row that a cursor stands on, and the step after it.
fn take(store: &mut ObjectStore, cursor: CursorId) -> Result<Option<String>, ObjectError> {
    let Some(row) = store.sql_row(cursor)? else { return Ok(None) };
    let text = (0..row.len()).map(|column| cell(row.value(column))).collect::<Vec<_>>().join(",");
    store.sql_next(cursor)?;
    Ok(Some(text))
}

fn rows(store: &mut ObjectStore, sql: &str, params: &[SqlValue<'_>]) -> Result<Vec<String>, ObjectError> {
    let cursor = store.sql_exec(sql, params)?;
    let mut rows = Vec::new();
    while let Some(row) = take(store, cursor)? {
        rows.push(row);
    }
    store.sql_close(cursor);
    Ok(rows)
}

fn sql(store: &mut ObjectStore, text: &str) -> Vec<String> {
    rows(store, text, &[]).unwrap()
}

fn error(store: &mut ObjectStore, text: &str) -> String {
    rows(store, text, &[]).unwrap_err().to_string()
}

#[test]
fn reading_makes_no_file_and_writing_does() {
    let mut f = fixture();
    assert_eq!(get(&mut f.store, "k"), None);
    assert_eq!(f.store.alarm().unwrap(), None);
    assert!(!f.store.kv_delete("k").unwrap());
    assert_eq!(f.store.delete_all(false).unwrap(), 0);
    f.store.begin_transaction().unwrap();
    f.store.commit_transaction().unwrap();
    f.store.kv_list(&KvRange::default(), |_, _| unreachable!("there is nothing")).unwrap();
    f.store.commit().unwrap();
    assert!(!f.path().parent().unwrap().exists());
    put(&mut f.store, "k", "v");
    assert!(f.store.is_dirty() && f.path().exists());
}

#[test]
fn what_is_committed_is_there_for_the_next_and_what_is_not_is_gone() {
    let mut f = fixture();
    put(&mut f.store, "a", "1");
    sql(&mut f.store, "CREATE TABLE t (x)");
    f.store.commit().unwrap();
    put(&mut f.store, "b", "1");
    f.store.set_alarm(Some(5)).unwrap();
    assert_eq!(get(&mut f.another(), "b"), None);
    f.store.close();
    assert!(!f.store.is_open() && !f.store.is_dirty());
    assert_eq!(get(&mut f.store, "a").as_deref(), Some("1"));
    assert_eq!(get(&mut f.store, "b"), None);
    assert_eq!(f.store.alarm().unwrap(), None);
    assert_eq!(sql(&mut f.store, "SELECT count(*) FROM t"), ["0"]);
}

#[test]
fn memory_is_found_again_on_its_shelf() {
    let shelf = Shelf::default();
    let place = Place::Memory(shelf.clone(), "one".into());
    let mut store = ObjectStore::new(place.clone());
    assert_eq!(get(&mut store, "k"), None);
    put(&mut store, "k", "v");
    store.commit().unwrap();
    put(&mut store, "lost", "v");
    drop(store);
    assert_eq!(shelf.names(), ["one".into()]);
    let mut store = ObjectStore::new(place.clone());
    assert_eq!((get(&mut store, "k").as_deref(), get(&mut store, "lost")), (Some("v"), None));
    sql(&mut store, "CREATE TABLE t AS SELECT 1 AS x");
    store.commit().unwrap();
    store.close();
    assert_eq!(sql(&mut store, "SELECT x FROM t"), ["1"]);
    assert_eq!(store.delete_all(false).unwrap(), 1);
    store.commit().unwrap();
    drop(store);
    assert!(!place.exists());
}

/// wrangler's own text of the tables.
#[test]
fn tables_are_wranglers() {
    let mut f = fixture();
    put(&mut f.store, "k", "v");
    f.store.set_alarm(Some(7)).unwrap();
    f.store.commit().unwrap();
    assert_eq!(
        sql(&mut f.store, "SELECT sql FROM sqlite_master WHERE name LIKE '\\_cf%' ESCAPE '\\' ORDER BY name"),
        [
            "'CREATE TABLE _cf_KV (\n        key TEXT PRIMARY KEY,\n        value BLOB\n      ) WITHOUT ROWID'",
            "'CREATE TABLE _cf_METADATA (\n        key INTEGER PRIMARY KEY,\n        value BLOB\n      )'"
        ]
    );
    let connection = Connection::open(f.path()).unwrap();
    let alarm: i64 =
        connection.query_row("SELECT value FROM _cf_METADATA WHERE key = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(alarm, 7);
    assert_eq!(error(&mut f.store, "SELECT * FROM _cf_KV"), "access to _cf_KV.key is prohibited: SQLITE_AUTH");
}

#[test]
fn another_program_may_write_between_turns() {
    let mut f = fixture();
    put(&mut f.store, "k", "1");
    f.store.commit().unwrap();
    let other = Connection::open(f.path()).unwrap();
    other.execute("UPDATE _cf_KV SET value = '2'", []).unwrap();
    assert_eq!(get(&mut f.store, "k").as_deref(), Some("2"));
    put(&mut f.store, "l", "3");
    f.store.commit().unwrap();
    let keys: i64 = other.query_row("SELECT count(*) FROM _cf_KV", [], |row| row.get(0)).unwrap();
    assert_eq!(keys, 2);
}

#[test]
fn a_removed_folder_is_begun_anew() {
    let mut f = fixture();
    put(&mut f.store, "old", "1");
    f.store.set_alarm(Some(1)).unwrap();
    f.store.commit().unwrap();
    std::fs::remove_dir_all(f.folder.path().join("do")).unwrap();
    put(&mut f.store, "new", "1");
    f.store.commit().unwrap();
    assert_eq!((get(&mut f.store, "old"), f.store.alarm().unwrap()), (None, None));
    assert_eq!(get(&mut f.another(), "new").as_deref(), Some("1"));
}

#[test]
fn lists_are_in_the_order_of_bytes() {
    let mut f = fixture();
    let keys = ["", "A", "a", "a\0", "aa", "b", "\u{e9}", "\u{ffff}", "\u{1f600}"];
    for key in keys.iter().rev() {
        put(&mut f.store, key, key);
    }
    let mut list = |range: KvRange<'_>| {
        let mut found = Vec::new();
        f.store.kv_list(&range, |key, _| found.push(String::from_utf8(key.to_vec()).unwrap())).unwrap();
        found
    };
    assert_eq!(list(KvRange::default()), keys);
    assert_eq!(list(KvRange { prefix: b"a", ..KvRange::default() }), ["a", "a\0", "aa"]);
    assert_eq!(list(KvRange { start: b"a", end: Some(b"b"), ..KvRange::default() }), ["a", "a\0", "aa"]);
    assert_eq!(list(KvRange { start_after: Some(b"a"), end: Some(b"b"), ..KvRange::default() }), ["a\0", "aa"]);
    assert_eq!(list(KvRange { reverse: true, limit: Some(2), ..KvRange::default() }), ["\u{1f600}", "\u{ffff}"]);
    assert_eq!(list(KvRange { prefix: b"a", start: b"a\0", reverse: true, ..KvRange::default() }), ["aa", "a\0"]);
    assert_eq!(list(KvRange { prefix: b"a", start: b"b", ..KvRange::default() }), [""; 0]);
    assert_eq!(list(KvRange { prefix: b"b", end: Some(b"a"), ..KvRange::default() }), [""; 0]);
    assert_eq!(list(KvRange { start: b"b", end: Some(b"b"), ..KvRange::default() }), [""; 0]);
}

proptest! {
    #[test]
    fn lists_are_what_a_sorted_map_says(
        keys in prop::collection::btree_set("[ab\u{e9}\u{10ffff}]{0,3}", 0..20),
        start in "[ab\u{e9}]{0,2}", after in prop::option::of("[ab]{0,2}"), end in prop::option::of("[ab\u{e9}]{0,2}"),
        prefix in "[ab\u{10ffff}]{0,2}", reverse: bool, limit in prop::option::of(1_u64..5),
    ) {
        let mut store = ObjectStore::new(Place::memory());
        for key in &keys {
            store.kv_put(key, key.as_bytes()).unwrap();
        }
        let range = KvRange {
            start: start.as_bytes(),
            start_after: after.as_ref().map(|key| key.as_bytes()),
            end: end.as_ref().map(|key| key.as_bytes()),
            prefix: prefix.as_bytes(),
            reverse,
            limit,
        };
        let mut found = Vec::new();
        store.kv_list(&range, |key, value| {
            assert_eq!(key, value);
            found.push(String::from_utf8(key.to_vec()).unwrap());
        }).unwrap();
        let mut expected: Vec<String> = keys.into_iter().filter(|key| {
            after.as_ref().map_or(*key >= start, |after| key > after)
                && end.as_ref().is_none_or(|end| key < end)
                && key.starts_with(&prefix)
        }).collect();
        if reverse {
            expected.reverse();
        }
        expected.truncate(limit.unwrap_or(u64::MAX) as usize);
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_list_that_is_taken_one_by_one_ends_with_the_next() {
    let mut f = fixture();
    let none = f.store.kv_begin_list(&KvRange::default()).unwrap();
    assert_eq!(f.store.kv_next(none, |_, _| ()).unwrap(), None);
    for key in ["a", "b", "c"] {
        put(&mut f.store, key, key);
    }
    let key = |key: &[u8], _: &[u8]| String::from_utf8(key.to_vec()).unwrap();
    let first = f.store.kv_begin_list(&KvRange::default()).unwrap();
    assert_eq!(f.store.kv_next(first, key).unwrap().as_deref(), Some("a"));
    f.store.commit().unwrap();
    assert_eq!(f.store.kv_next(first, key).unwrap().as_deref(), Some("b"));
    let second = f.store.kv_begin_list(&KvRange { limit: Some(1), ..KvRange::default() }).unwrap();
    let error = f.store.kv_next(first, key).unwrap_err().to_string();
    assert!(error.starts_with("kv.list() iterator was invalidated"), "{error}");
    assert_eq!(f.store.kv_next(second, key).unwrap().as_deref(), Some("a"));
    assert_eq!(f.store.kv_next(second, key).unwrap(), None);
    assert_eq!(f.store.kv_next(second, key).unwrap(), None);
    assert!(!f.store.has_running_cursors());
}

/// The texts are those of wrangler 4.86.
#[test]
fn values_have_a_limit_and_several_are_put_or_none() {
    let mut f = fixture();
    f.store.kv_put("k", &vec![0; 2_100_000]).unwrap();
    let text = f.store.kv_put("k", &vec![1; 2_200_000]).unwrap_err();
    assert_eq!((text.to_string().as_str(), text.is_for_script()), ("string or blob too big: SQLITE_TOOBIG", true));
    let big = vec![0; 2_200_000];
    f.store.kv_put_all([(&b"x"[..], &b"1"[..]), (b"y", &big)]).unwrap_err();
    assert_eq!(get(&mut f.store, "x"), None);
    f.store.kv_put_all([(&b"x"[..], &b"1"[..]), (b"y", b"2")]).unwrap();
    assert_eq!((get(&mut f.store, "y").as_deref(), f.store.broken().is_some()), (Some("2"), false));
}

#[test]
fn savepoints_nest_and_cover_everything() {
    let mut f = fixture();
    let store = &mut f.store;
    store.begin_savepoint().unwrap();
    put(store, "a", "1");
    store.begin_savepoint().unwrap();
    sql(store, "CREATE TABLE t (x)");
    put(store, "b", "1");
    store.set_alarm(Some(9)).unwrap();
    store.rollback_savepoint().unwrap();
    assert_eq!((get(store, "a").as_deref(), get(store, "b"), store.alarm().unwrap()), (Some("1"), None, None));
    assert_eq!(error(store, "SELECT * FROM t"), "no such table: t: SQLITE_ERROR");
    store.begin_savepoint().unwrap();
    put(store, "c", "1");
    store.release_savepoint().unwrap();
    store.release_savepoint().unwrap();
    assert!(store.is_dirty());
    store.commit().unwrap();
    assert_eq!(get(&mut f.another(), "c").as_deref(), Some("1"));
}

/// Also when the table of pairs itself was made in what is rolled back.
#[test]
fn what_was_rolled_back_can_be_written_again() {
    let mut f = fixture();
    f.store.begin_savepoint().unwrap();
    put(&mut f.store, "a", "1");
    f.store.next_bookmark().unwrap();
    f.store.rollback_savepoint().unwrap();
    assert_eq!(get(&mut f.store, "a"), None);
    put(&mut f.store, "a", "2");
    f.store.set_alarm(Some(1)).unwrap();
    f.store.rollback();
    assert_eq!((get(&mut f.store, "a"), f.store.alarm().unwrap()), (None, None));
    put(&mut f.store, "a", "3");
    f.store.commit().unwrap();
    assert_eq!(get(&mut f.another(), "a").as_deref(), Some("3"));
}

#[test]
fn explicit_transactions_last_for_turns_and_nest() {
    let mut f = fixture();
    put(&mut f.store, "before", "1");
    f.store.begin_transaction().unwrap();
    assert_eq!(get(&mut f.another(), "before").as_deref(), Some("1"), "what the turn has written is committed first");
    put(&mut f.store, "a", "1");
    assert!(!f.store.is_dirty() && f.store.is_in_transaction());
    f.store.commit().unwrap();
    assert_eq!(get(&mut f.another(), "a"), None, "the end of a turn does not commit it");
    f.store.begin_transaction().unwrap();
    put(&mut f.store, "b", "1");
    f.store.begin_savepoint().unwrap();
    put(&mut f.store, "c", "1");
    assert!(matches!(f.store.commit_transaction(), Err(ObjectError::NestedTransaction)));
    f.store.release_savepoint().unwrap();
    f.store.rollback_transaction().unwrap();
    assert_eq!((get(&mut f.store, "b"), get(&mut f.store, "c")), (None, None));
    f.store.commit_transaction().unwrap();
    assert!(!f.store.is_in_transaction());
    assert_eq!(get(&mut f.another(), "a").as_deref(), Some("1"));
    f.store.begin_transaction().unwrap();
    put(&mut f.store, "a", "2");
    f.store.rollback_transaction().unwrap();
    assert_eq!((get(&mut f.store, "a").as_deref(), f.store.is_dirty()), (Some("1"), false));
    f.store.begin_transaction().unwrap();
    put(&mut f.store, "a", "2");
    f.store.rollback();
    assert_eq!((get(&mut f.store, "a").as_deref(), f.store.is_in_transaction()), (Some("1"), false));
}

/// The texts are those of wrangler 4.86.
#[test]
fn constraints_that_are_put_off_break_the_store_at_commit() {
    let tables = "CREATE TABLE p (id INTEGER PRIMARY KEY);
                  CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)";
    for explicit in [false, true] {
        let mut f = fixture();
        sql(&mut f.store, tables);
        f.store.commit().unwrap();
        if explicit {
            f.store.begin_transaction().unwrap();
        }
        sql(&mut f.store, "INSERT INTO c VALUES (7)");
        put(&mut f.store, "k", "v");
        let done = if explicit { f.store.commit_transaction() } else { f.store.commit() };
        let text = "Durable Object was reset and rolled back to its last known good state because the application left \
                    the database in a state where constraints were violated: FOREIGN KEY constraint failed: \
                    SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)";
        assert_eq!(done.unwrap_err().to_string(), text);
        assert_eq!(f.store.broken().map(AsRef::as_ref), Some(text));
        assert_eq!(f.store.kv_put("k", b"").unwrap_err().to_string(), text);
        assert_eq!(get(&mut f.another(), "k"), None);
    }
}

#[test]
fn an_error_at_which_sqlite_rolls_back_breaks_the_store() {
    let mut f = fixture();
    sql(&mut f.store, "CREATE TABLE t (x)");
    f.store.commit().unwrap();
    put(&mut f.store, "k", "v");
    f.store.begin_savepoint().unwrap();
    assert_eq!(
        error(&mut f.store, "CREATE UNIQUE INDEX i ON t (x); INSERT OR ROLLBACK INTO t VALUES (1), (1)"),
        "UNIQUE constraint failed: t.x: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)"
    );
    assert!(f.store.broken().is_some());
    f.store.rollback_savepoint().unwrap();
    assert!(matches!(f.store.commit(), Err(ObjectError::Broken(_))));
    assert_eq!(get(&mut f.another(), "k"), None);
    f.store.begin_savepoint().unwrap_err();
    assert_eq!(ObjectError::CriticalError.to_string(), f.store.release_savepoint().unwrap_err().to_string(),);
}

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
fn everything_is_deleted_at_once() {
    let mut f = fixture();
    let store = &mut f.store;
    for key in ["a", "b", "c"] {
        put(store, key, key);
    }
    sql(store, "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x UNIQUE); INSERT INTO t (x) VALUES (1)");
    sql(
        store,
        "CREATE VIEW v AS SELECT * FROM t; CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES ('x')",
    );
    sql(store, "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO f VALUES (new.x); END; ANALYZE");
    store.set_alarm(Some(5)).unwrap();
    store.commit().unwrap();
    put(store, "d", "d");
    assert_eq!(store.delete_all(true).unwrap(), 3);
    assert!(store.is_dirty());
    assert_eq!(store.alarm().unwrap(), Some(5));
    assert_eq!(sql(store, "SELECT name FROM sqlite_master"), ["'_cf_METADATA'"]);
    assert_eq!(store.pending_alarm(), None);
    store.commit().unwrap();
    assert_eq!(store.database_size().unwrap(), 8192);
    assert_eq!(store.delete_all(false).unwrap(), 0);
    assert_eq!(store.pending_alarm(), Some(None));
    assert!(store.is_dirty());
    store.commit().unwrap();
    assert_eq!((store.pending_alarm(), store.is_dirty(), store.alarm().unwrap()), (None, false, None));
    assert_eq!(store.database_size().unwrap(), 4096);
    assert_eq!(get(&mut f.another(), "a"), None);
    put(&mut f.store, "a", "2");
    sql(&mut f.store, "CREATE TABLE t (x)");
    f.store.commit().unwrap();
    assert_eq!(get(&mut f.another(), "a").as_deref(), Some("2"));
}

#[test]
fn a_large_database_that_is_deleted_gives_its_space_back() {
    let mut f = fixture();
    for key in ["a", "b", "c"] {
        f.store.kv_put(key, &vec![1; 2_000_000]).unwrap();
    }
    f.store.commit().unwrap();
    assert_eq!(f.store.delete_all(false).unwrap(), 3);
    f.store.commit().unwrap();
    assert!(std::fs::metadata(f.path()).unwrap().len() < 100_000);
}

#[test]
fn deleting_everything_is_refused_in_a_transaction() {
    let mut f = fixture();
    put(&mut f.store, "k", "v");
    f.store.begin_transaction().unwrap();
    assert_eq!(f.store.delete_all(true).unwrap_err().to_string(), "Cannot call deleteAll() within a transaction");
    f.store.commit_transaction().unwrap();
    f.store.begin_savepoint().unwrap();
    f.store.delete_all(true).unwrap_err();
    f.store.release_savepoint().unwrap();
    assert_eq!(get(&mut f.store, "k").as_deref(), Some("v"));
}

#[test]
fn bookmarks_go_on_and_outlive_the_store() {
    let mut f = fixture();
    let zero = "00000000-00000000-00000000-00000000000000000000000000000000";
    assert_eq!(f.store.next_bookmark().unwrap(), zero);
    assert_eq!(f.store.next_bookmark().unwrap(), zero.replacen("-00000000", "-00000001", 1));
    f.store.commit().unwrap();
    f.store.close();
    assert_eq!(f.store.next_bookmark().unwrap(), zero.replacen("-00000000", "-00000002", 1));
}

#[test]
fn an_alarm_goes_when_its_handler_has_succeeded() {
    let mut f = fixture();
    let store = &mut f.store;
    store.set_alarm(Some(10)).unwrap();
    assert_eq!((store.pending_alarm(), store.committed_alarm().unwrap()), (Some(Some(10)), None));
    store.commit().unwrap();
    assert_eq!((store.pending_alarm(), store.committed_alarm().unwrap()), (None, Some(10)));
    assert_eq!(store.arm_alarm(9).unwrap(), Armed::Cancel { reschedule_ns: Some(10) });
    assert_eq!(store.arm_alarm(11).unwrap(), Armed::Cancel { reschedule_ns: None });
    assert_eq!(store.arm_alarm(10).unwrap(), Armed::Run);
    assert_eq!((store.alarm().unwrap(), store.stored_alarm().unwrap()), (None, Some(10)));
    // It fails, and is tried again.
    store.finish_alarm(false).unwrap();
    assert_eq!((store.alarm().unwrap(), store.is_dirty()), (Some(10), false));
    assert_eq!(store.arm_alarm(10).unwrap(), Armed::Run);
    store.finish_alarm(true).unwrap();
    store.commit().unwrap();
    assert_eq!(store.alarm().unwrap(), None);
    assert_eq!(store.arm_alarm(10).unwrap(), Armed::Cancel { reschedule_ns: None });
}

#[test]
fn an_alarm_that_its_handler_sets_stays() {
    for explicit in [false, true] {
        let mut f = fixture();
        let store = &mut f.store;
        store.set_alarm(Some(10)).unwrap();
        store.commit().unwrap();
        assert_eq!(store.arm_alarm(10).unwrap(), Armed::Run);
        if explicit {
            store.begin_transaction().unwrap();
            store.set_alarm(Some(20)).unwrap();
            assert_eq!(store.alarm().unwrap(), Some(20));
            store.rollback_transaction().unwrap();
            assert_eq!(store.alarm().unwrap(), None);
            store.begin_transaction().unwrap();
            store.set_alarm(Some(20)).unwrap();
            store.commit_transaction().unwrap();
        } else {
            store.set_alarm(Some(20)).unwrap();
        }
        assert_eq!(store.alarm().unwrap(), Some(20));
        store.finish_alarm(true).unwrap();
        store.commit().unwrap();
        assert_eq!(store.alarm().unwrap(), Some(20));
    }
}

#[test]
fn alarms_are_listed_beside_wranglers() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = AlarmStore::open(folder.path(), "w-C");
    assert!(!store.exists() && store.all().unwrap().is_empty() && !store.delete("a").unwrap());
    assert!(!folder.path().join("do").exists());
    store.set("b", Some("name"), 2).unwrap();
    store.set("a", None, 1).unwrap();
    // wrangler writes by the order of the columns.
    let other = Connection::open(folder.path().join("do/w-C/metadata.sqlite")).unwrap();
    other.execute("INSERT INTO _cf_ALARM VALUES ('c', 3)", []).unwrap();
    store.set("b", None, 4).unwrap();
    let alarm = |id: &str, scheduled_ns, name: Option<&str>| StoredAlarm {
        id: id.into(),
        scheduled_ns,
        name: name.map(str::to_owned),
    };
    assert_eq!(store.all().unwrap(), [alarm("a", 1, None), alarm("c", 3, None), alarm("b", 4, Some("name"))]);
    assert!(store.delete("c").unwrap());
    assert_eq!((store.get("b").unwrap(), store.get("c").unwrap()), (Some(4), None));
    store.delete_all().unwrap();
    assert_eq!(AlarmStore::open(folder.path(), "w-C").all().unwrap(), []);
    let mut memory = AlarmStore::in_memory();
    memory.set("a", Some("n"), 1).unwrap();
    assert_eq!(memory.all().unwrap(), [alarm("a", 1, Some("n"))]);
}

#[test]
fn names_of_a_newer_wrangler_are_read_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = crate::PersistRoot::new(folder.path()).alarms_database("k");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let other = Connection::open(path).unwrap();
    other
        .execute_batch(
            "CREATE TABLE _cf_ALARM (actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT) WITHOUT ROWID;
             INSERT INTO _cf_ALARM VALUES ('a', 1, 'theirs')",
        )
        .unwrap();
    let mut store = AlarmStore::open(folder.path(), "k");
    store.set("a", None, 2).unwrap();
    store.set("b", Some("ours"), 3).unwrap();
    let names: Vec<_> = store.all().unwrap().into_iter().map(|alarm| alarm.name.unwrap()).collect();
    assert_eq!(names, ["theirs", "ours"]);
}

#[test]
fn objects_of_a_namespace_are_found_by_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let files = NamespaceFiles::new(folder.path(), "w-C");
    assert_eq!(files.objects().unwrap(), []);
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    for id in [&b, &a] {
        let mut store = ObjectStore::new(files.place(id));
        put(&mut store, "k", id);
        store.commit().unwrap();
    }
    let root = crate::PersistRoot::new(folder.path());
    for path in [root.facet_database("w-C", &a, 1), root.facet_index("w-C", &a), root.alarms_database("w-C")] {
        std::fs::write(path, "").unwrap();
    }
    let found = files.objects().unwrap();
    assert_eq!(found.iter().map(|object| object.id.as_str()).collect::<Vec<_>>(), [&a, &b]);
    assert!(found.iter().all(|object| object.bytes > 4096));
    let mut reader = ObjectStore::new(files.place_to_read(&a));
    assert_eq!(get(&mut reader, "k").as_deref(), Some(a.as_str()));
    assert!(reader.kv_put("k", b"").is_err());
    let mut absent = ObjectStore::new(files.place_to_read(&"c".repeat(64)));
    assert_eq!(get(&mut absent, "k"), None);
    assert!(matches!(absent.sql_exec("SELECT 1", &[]), Err(ObjectError::Absent)));
    files.remove(&a).unwrap();
    assert_eq!(files.objects().unwrap().len(), 1);
    assert!(!root.facet_index("w-C", &a).exists());
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

/// What a random workload leaves is what a map says.
#[derive(Clone, Debug)]
enum Op {
    Put(u8, u8),
    Delete(u8),
    Sql(u8),
    Alarm(Option<u8>),
    BeginSavepoint,
    Release,
    RollbackSavepoint,
    BeginTransaction,
    CommitTransaction,
    RollbackTransaction,
    Commit,
    Rollback,
    Close,
    DeleteAll(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0..6_u8, any::<u8>()).prop_map(|(key, value)| Op::Put(key, value)),
        2 => (0..6_u8).prop_map(Op::Delete),
        2 => any::<u8>().prop_map(Op::Sql),
        1 => prop::option::of(any::<u8>()).prop_map(Op::Alarm),
        2 => Just(Op::BeginSavepoint),
        2 => Just(Op::Release),
        2 => Just(Op::RollbackSavepoint),
        1 => Just(Op::BeginTransaction),
        1 => Just(Op::CommitTransaction),
        1 => Just(Op::RollbackTransaction),
        2 => Just(Op::Commit),
        1 => Just(Op::Rollback),
        1 => Just(Op::Close),
        1 => any::<bool>().prop_map(Op::DeleteAll),
    ]
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    pairs: BTreeMap<u8, u8>,
    rows: Vec<u8>,
    alarm: Option<u8>,
}

fn read(store: &mut ObjectStore) -> Model {
    let mut model = Model::default();
    store
        .kv_list(&KvRange::default(), |key, value| {
            model.pairs.insert(key[0] - b'a', value[0]);
        })
        .unwrap();
    let mut list = store.clone_rows();
    model.rows.append(&mut list);
    model.alarm = store.alarm().unwrap().map(|alarm| alarm as u8);
    model
}

impl ObjectStore {
    fn clone_rows(&mut self) -> Vec<u8> {
        match rows(self, "SELECT x FROM t ORDER BY rowid", &[]) {
            Ok(found) => found.iter().map(|row| row.parse().unwrap()).collect(),
            Err(_) => Vec::new(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_transactions_do_what_copies_of_a_map_do(ops in prop::collection::vec(op(), 1..60), memory: bool) {
        let folder = tempfile::tempdir().unwrap();
        let place = if memory { Place::memory() } else { Place::File(folder.path().join("a.sqlite")) };
        let mut store = ObjectStore::new(place.clone());
        let mut now = Model::default();
        let mut committed = Model::default();
        // What was when each level began; true for a savepoint.
        let mut levels: Vec<(bool, Model)> = Vec::new();
        for op in ops {
            let innermost = levels.last().map(|level| level.0);
            match op {
                Op::Put(key, value) => {
                    store.kv_put([b'a' + key], &[value]).unwrap();
                    now.pairs.insert(key, value);
                }
                Op::Delete(key) => {
                    let there = store.kv_delete([b'a' + key]).unwrap();
                    prop_assert_eq!(there, now.pairs.remove(&key).is_some());
                }
                Op::Sql(value) => {
                    let script = "CREATE TABLE IF NOT EXISTS t (x INTEGER); INSERT INTO t VALUES (?)";
                    rows(&mut store, script, &[SqlValue::Integer(value.into())]).unwrap();
                    now.rows.push(value);
                }
                Op::Alarm(time) => {
                    store.set_alarm(time.map(i64::from)).unwrap();
                    now.alarm = time;
                }
                Op::BeginSavepoint => {
                    store.begin_savepoint().unwrap();
                    levels.push((true, now.clone()));
                }
                Op::Release if innermost == Some(true) => {
                    store.release_savepoint().unwrap();
                    levels.pop();
                }
                Op::RollbackSavepoint if innermost == Some(true) => {
                    store.rollback_savepoint().unwrap();
                    now = levels.pop().unwrap().1;
                }
                Op::BeginTransaction if innermost != Some(true) => {
                    if levels.is_empty() {
                        committed = now.clone();
                    }
                    store.begin_transaction().unwrap();
                    levels.push((false, now.clone()));
                }
                Op::CommitTransaction if innermost == Some(false) => {
                    store.commit_transaction().unwrap();
                    levels.pop();
                    if levels.is_empty() {
                        committed = now.clone();
                    }
                }
                Op::RollbackTransaction if innermost == Some(false) => {
                    store.rollback_transaction().unwrap();
                    now = levels.pop().unwrap().1;
                }
                Op::Commit if innermost.is_none() => {
                    store.commit().unwrap();
                    committed = now.clone();
                }
                Op::Rollback => {
                    store.rollback();
                    levels.clear();
                    now = committed.clone();
                }
                Op::Close => {
                    store.close();
                    levels.clear();
                    now = committed.clone();
                }
                Op::DeleteAll(keep_alarm) if innermost.is_none() => {
                    let alarm = now.alarm.filter(|_| keep_alarm);
                    store.delete_all(keep_alarm).unwrap();
                    store.commit().unwrap();
                    now = Model { alarm, ..Model::default() };
                    committed = now.clone();
                }
                _ => {}
            }
            prop_assert_eq!(&read(&mut store), &now);
        }
        drop(store);
        if !memory {
            prop_assert_eq!(&read(&mut ObjectStore::new(place)), &committed);
        }
    }
}
