//! What is done for those who look into an object from outside.

use bytes::Bytes;
use lopata_protocol::d1::D1Value;
use lopata_protocol::{InspectAnswer, InspectCall};

use super::{KvRange, ObjectError, ObjectStore, SqlValue};

/// Values in one answer at most.
const PAIRS_MAX: usize = 1_000;

/// Bytes of values in one answer, beyond which the rest is for the next.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Cells in one answer at most.
const CELLS_MAX: usize = 200_000;

/// Why a call was refused, for people.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The storage says why.
    #[error("{0}")]
    Storage(#[from] ObjectError),
    /// More than one look is for.
    #[error("The result has more than {CELLS_MAX} cells. Narrow the query with LIMIT.")]
    TooMuch,
    /// Its class is stored in key-value pairs only.
    #[error("The class of this object has no SQL: it was made by `new_classes` and not by `new_sqlite_classes`.")]
    NoSql,
    /// A script is in the middle of something.
    #[error("The object is in a transaction. Try again.")]
    Busy,
}

impl ObjectStore {
    /// Carries out a call of somebody who looks into the object from outside; its class may have `sql`. Whether its
    /// instance is in memory is not known here.
    pub fn look(&mut self, call: InspectCall, sql: bool) -> Result<InspectAnswer, Refused> {
        match call {
            InspectCall::State => Ok(InspectAnswer::State {
                constructed: false,
                database_bytes: if self.place.exists() { self.database_size()? } else { 0 },
                alarm_ms: self.alarm()?.map(alarm_ms),
            }),
            InspectCall::Values { prefix, start_after, limit } => values(self, &prefix, start_after, limit as usize),
            InspectCall::Value { key } => {
                let found = self.kv_get(&key, Bytes::copy_from_slice)?;
                Ok(InspectAnswer::Values { pairs: found.map(|value| (key, value)).into_iter().collect(), more: false })
            }
            InspectCall::Sql { query, params } => {
                if !sql {
                    return Err(Refused::NoSql);
                }
                rows(self, &query, &params)
            }
            InspectCall::SetAlarm { at_ms } => {
                self.set_alarm(at_ms.map(|at_ms| at_ms.saturating_mul(NS_PER_MS)))?;
                Ok(InspectAnswer::Done)
            }
            InspectCall::Abandon { scheduled_ms } => {
                let is_it = self.stored_alarm()?.is_some_and(|stored| alarm_ms(stored) == scheduled_ms);
                if is_it && !self.is_in_alarm() {
                    self.set_alarm(None)?;
                }
                Ok(InspectAnswer::Done)
            }
            InspectCall::DeleteAll => {
                if self.is_in_transaction() {
                    return Err(Refused::Busy);
                }
                self.delete_all(false)?;
                Ok(InspectAnswer::Done)
            }
        }
    }
}

const NS_PER_MS: i64 = 1_000_000;

/// The time of an alarm in whole milliseconds; what lies between two is the later one, so that nothing rings early.
pub fn alarm_ms(ns: i64) -> i64 {
    ns.div_euclid(NS_PER_MS) + i64::from(ns.rem_euclid(NS_PER_MS) > 0)
}

fn values(
    store: &mut ObjectStore,
    prefix: &str,
    start_after: Option<String>,
    limit: usize,
) -> Result<InspectAnswer, Refused> {
    let limit = limit.min(PAIRS_MAX);
    let range = KvRange {
        prefix: prefix.as_bytes(),
        start_after: start_after.as_deref().map(str::as_bytes),
        // One more tells whether there are more.
        limit: Some(limit as u64 + 1),
        ..KvRange::default()
    };
    let (mut pairs, mut bytes, mut more) = (Vec::new(), 0, false);
    store.kv_list(&range, |key, value| {
        if pairs.len() == limit || (bytes > PAGE_BYTES_MAX && !pairs.is_empty()) {
            more = true;
            return;
        }
        bytes += value.len();
        pairs.push((String::from_utf8_lossy(key).into_owned(), Bytes::copy_from_slice(value)));
    })?;
    Ok(InspectAnswer::Values { pairs, more })
}

fn rows(store: &mut ObjectStore, query: &str, params: &[D1Value]) -> Result<InspectAnswer, Refused> {
    let params: Vec<_> = params.iter().map(bound).collect();
    let cursor = store.sql_exec(query, &params)?;
    let columns = store
        .sql_columns(cursor)
        .map(|columns| columns.names().iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    let mut cells = Vec::new();
    let mut more = || -> Result<bool, Refused> {
        let Some(row) = store.sql_row(cursor)? else { return Ok(false) };
        if cells.len() + row.len() > CELLS_MAX {
            return Err(Refused::TooMuch);
        }
        cells.extend((0..row.len()).map(|column| cell(row.value(column))));
        Ok(store.sql_next(cursor)?)
    };
    let read = loop {
        match more() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let (rows_read, rows_written) = store.sql_counts(cursor);
    store.sql_close(cursor);
    read.map(|()| InspectAnswer::Rows { columns, cells, rows_read, rows_written })
}

fn bound(value: &D1Value) -> SqlValue<'_> {
    match value {
        D1Value::Null => SqlValue::Null,
        D1Value::Integer(integer) => SqlValue::Integer(*integer),
        D1Value::Real(real) => SqlValue::Real(*real),
        D1Value::Text(text) => SqlValue::Text(text.as_bytes()),
        D1Value::LoneSurrogates(bytes) => SqlValue::Text(bytes),
        D1Value::Blob(bytes) => SqlValue::Blob(bytes),
    }
}

fn cell(value: SqlValue<'_>) -> D1Value {
    match value {
        SqlValue::Null => D1Value::Null,
        SqlValue::Integer(integer) => D1Value::Integer(integer),
        SqlValue::Real(real) => D1Value::Real(real),
        SqlValue::Text(text) => D1Value::Text(String::from_utf8_lossy(text).into_owned()),
        SqlValue::Blob(bytes) => D1Value::Blob(Bytes::copy_from_slice(bytes)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Place;
    use super::*;

    fn look(store: &mut ObjectStore, call: InspectCall) -> InspectAnswer {
        let answer = store.look(call, true).unwrap();
        store.commit().unwrap();
        answer
    }

    fn sql(query: &str, params: Vec<D1Value>) -> InspectCall {
        InspectCall::Sql { query: query.to_string(), params }
    }

    fn page(prefix: &str, start_after: Option<&str>, limit: u32) -> InspectCall {
        InspectCall::Values { prefix: prefix.to_string(), start_after: start_after.map(str::to_string), limit }
    }

    #[test]
    fn looking_at_nothing_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let mut store = ObjectStore::new(Place::File(path.clone()));
        let state = InspectAnswer::State { constructed: false, database_bytes: 0, alarm_ms: None };
        assert_eq!(look(&mut store, InspectCall::State), state);
        assert_eq!(look(&mut store, page("", None, 10)), InspectAnswer::Values { pairs: Vec::new(), more: false });
        look(&mut store, InspectCall::Abandon { scheduled_ms: 5 });
        look(&mut store, InspectCall::SetAlarm { at_ms: None });
        assert!(!path.exists());
    }

    #[test]
    fn values_come_in_pages() {
        let mut store = ObjectStore::new(Place::memory());
        for key in ["a1", "a2", "a3", "b"] {
            store.kv_put(key, key.as_bytes()).unwrap();
        }
        let pairs = |keys: &[&str]| keys.iter().map(|key| (key.to_string(), Bytes::from(key.to_string()))).collect();
        let values = |keys: &[&str], more| InspectAnswer::Values { pairs: pairs(keys), more };
        assert_eq!(look(&mut store, page("a", None, 2)), values(&["a1", "a2"], true));
        assert_eq!(look(&mut store, page("a", Some("a2"), 2)), values(&["a3"], false));
        assert_eq!(look(&mut store, InspectCall::Value { key: "b".to_string() }), values(&["b"], false));
        assert_eq!(look(&mut store, InspectCall::Value { key: "c".to_string() }), values(&[], false));
    }

    #[test]
    fn rows_and_what_they_cost() {
        let mut store = ObjectStore::new(Place::memory());
        look(&mut store, sql("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL)", Vec::new()));
        let answer = look(&mut store, sql("SELECT b, a, a FROM t WHERE a >= ?", vec![D1Value::Integer(1)]));
        let InspectAnswer::Rows { columns, cells, rows_read, rows_written } = answer else { panic!("{answer:?}") };
        assert_eq!(columns, ["b", "a", "a"]);
        let text = D1Value::Text("x".to_string());
        let (one, two) = (D1Value::Integer(1), D1Value::Integer(2));
        assert_eq!(cells, [text, one.clone(), one, D1Value::Null, two.clone(), two]);
        assert_eq!((rows_read, rows_written), (2, 0));
        assert!(
            store.look(sql("SELECT", Vec::new()), true).unwrap_err().to_string().contains("syntax error")
                || store.look(sql("SELECT", Vec::new()), true).unwrap_err().to_string().contains("incomplete input")
        );
        assert!(store.look(sql("SELECT * FROM _cf_KV", Vec::new()), true).is_err(), "the policy is that of scripts");
        assert!(matches!(store.look(sql("SELECT 1", Vec::new()), false), Err(Refused::NoSql)));
    }

    #[test]
    fn alarms_are_set_and_only_the_one_that_is_meant_is_abandoned() {
        let mut store = ObjectStore::new(Place::memory());
        look(&mut store, InspectCall::SetAlarm { at_ms: Some(7) });
        look(&mut store, InspectCall::Abandon { scheduled_ms: 6 });
        assert_eq!(store.alarm().unwrap(), Some(7_000_000));
        look(&mut store, InspectCall::Abandon { scheduled_ms: 7 });
        assert_eq!(store.alarm().unwrap(), None);
    }

    #[test]
    fn everything_goes_with_the_alarm() {
        let mut store = ObjectStore::new(Place::memory());
        store.kv_put("a", b"x").unwrap();
        look(&mut store, sql("CREATE TABLE t (a)", Vec::new()));
        look(&mut store, InspectCall::SetAlarm { at_ms: Some(7) });
        assert_eq!(look(&mut store, InspectCall::DeleteAll), InspectAnswer::Done);
        assert_eq!(look(&mut store, page("", None, 1)), InspectAnswer::Values { pairs: Vec::new(), more: false });
        assert_eq!(store.alarm().unwrap(), None);
        assert!(store.look(sql("SELECT * FROM t", Vec::new()), true).is_err());
    }
}
