//! What any order of operations leaves is what a copy of a map would be.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

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
