//! Alarms, in an object's store and in the list of a namespace.

use super::*;

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
