//! Tests of the stores of Durable Objects.
#![allow(clippy::unwrap_used)]

mod alarms;
mod kv;
mod model;
mod sql_text;
mod transactions;

use std::path::PathBuf;

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
