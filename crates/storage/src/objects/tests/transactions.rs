//! Transactions, savepoints, and what breaks a store.

use super::*;

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
