//! The store of recorded spans: the last ones of all workers, by trace.
//!
//! Owns one database of lopata's own. Spans are added in batches, one transaction each; the oldest go when
//! there are too many or when they are too old. Several connections may read while one writes.
//!
//! Invariants
//! - After each batch at most [`TRACE_STORE_SPANS_MAX`] spans are stored, and none that ended longer ago than
//!   [`TRACE_STORE_AGE_MS_MAX`].
//! - A trace is listed exactly while one of its spans is stored.
//! - Nothing here is worth a sync: with the power, the last batches may be lost, never the file.

use std::path::Path;

use lopata_protocol::limits::{TRACE_STORE_AGE_MS_MAX, TRACE_STORE_SPANS_MAX};
use lopata_protocol::{Attribute, SpanContext, SpanEvent, SpanId, SpanKind, SpanRecord, SpanStatus, TraceId};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use crate::Clock;
use crate::database::{self, Durability, StoreError};

/// `seq` only grows, so the newest span minus the limit is where the surplus ends. A trace's `start_us` is
/// that of its first span, as far as it has arrived.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE spans (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        trace BLOB NOT NULL,
        span BLOB NOT NULL,
        parent BLOB,
        name TEXT NOT NULL,
        kind INTEGER NOT NULL,
        start_us INTEGER NOT NULL,
        end_us INTEGER NOT NULL,
        failure TEXT,
        worker TEXT NOT NULL,
        attributes TEXT NOT NULL,
        events TEXT NOT NULL
    );
    CREATE INDEX spans_by_trace ON spans (trace, start_us);
    CREATE INDEX spans_by_end ON spans (end_us);
    CREATE TABLE traces (trace BLOB PRIMARY KEY, start_us INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX traces_by_start ON traces (start_us DESC, trace);
"];

/// What goes wrong when spans are stored or read.
#[derive(Debug, thiserror::Error)]
#[error("the trace store failed: {0}")]
pub struct TraceError(#[from] rusqlite::Error);

/// One line of the list of traces.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSummary {
    /// The trace.
    pub trace: TraceId,
    /// The name of its first span; when the root was recorded, the root's.
    pub name: String,
    /// The worker that ran it.
    pub worker: String,
    /// The attributes of that span.
    pub attributes: Vec<Attribute>,
    /// Microseconds since the Unix epoch at its start.
    pub start_us: i64,
    /// Microseconds since the Unix epoch at the end of its last span.
    pub end_us: i64,
    /// Spans stored.
    pub spans: u32,
    /// Those of them that failed.
    pub failed: u32,
}

/// Which traces to list.
#[derive(Clone, Debug)]
pub struct TraceQuery {
    /// At most so many.
    pub limit: usize,
    /// Only those that started before it, in microseconds since the Unix epoch.
    pub before_us: Option<i64>,
    /// Only those with a span of this worker.
    pub worker: Option<String>,
    /// Only those with a span that failed.
    pub failed: bool,
}

impl TraceQuery {
    /// The newest `limit`.
    pub fn newest(limit: usize) -> Self {
        Self { limit, before_us: None, worker: None, failed: false }
    }
}

/// The store of recorded spans.
pub struct TraceStore {
    connection: Connection,
    clock: Clock,
    spans_max: i64,
    age_ms_max: i64,
}

impl std::fmt::Debug for TraceStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceStore").field("database", &self.connection.path()).finish_non_exhaustive()
    }
}

impl TraceStore {
    /// Opens the store in the database at `path`; makes it when there is none.
    pub fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let mut connection = database::open(path, Durability::Process)?;
        database::migrate(&mut connection, path, MIGRATIONS)?;
        Ok(Self { connection, clock, spans_max: TRACE_STORE_SPANS_MAX as i64, age_ms_max: TRACE_STORE_AGE_MS_MAX })
    }

    /// Stores a batch of finished spans and drops what is too much or too old.
    pub fn append(&mut self, spans: &[SpanRecord]) -> Result<(), TraceError> {
        if spans.is_empty() {
            return Ok(());
        }
        let oldest_us = ((self.clock)() - self.age_ms_max).saturating_mul(1000);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for span in spans {
            insert(&transaction, span)?;
        }
        trim(&transaction, oldest_us, self.spans_max)?;
        transaction.commit()?;
        Ok(())
    }

    /// The newest traces of those asked for, newest first.
    pub fn recent(&self, query: &TraceQuery) -> Result<Vec<TraceSummary>, TraceError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT
                traces.trace, traces.start_us,
                (SELECT MAX(end_us) FROM spans WHERE spans.trace = traces.trace),
                (SELECT COUNT(*) FROM spans WHERE spans.trace = traces.trace),
                (SELECT COUNT(failure) FROM spans WHERE spans.trace = traces.trace),
                first.name, first.worker, first.attributes
             FROM traces JOIN spans AS first ON first.seq = (
                SELECT seq FROM spans WHERE spans.trace = traces.trace
                ORDER BY parent IS NOT NULL, start_us, seq DESC LIMIT 1
             )
             WHERE traces.start_us < ?1
                AND (?3 IS NULL OR EXISTS (SELECT 1 FROM spans WHERE spans.trace = traces.trace AND worker = ?3))
                AND (NOT ?4 OR EXISTS (SELECT 1 FROM spans WHERE spans.trace = traces.trace AND failure IS NOT NULL))
             ORDER BY traces.start_us DESC, traces.trace LIMIT ?2",
        )?;
        let before_us = query.before_us.unwrap_or(i64::MAX);
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![before_us, limit, query.worker, query.failed], |row| {
            Ok(TraceSummary {
                trace: TraceId(row.get(0)?),
                start_us: row.get(1)?,
                end_us: row.get(2)?,
                spans: row.get(3)?,
                failed: row.get(4)?,
                name: row.get(5)?,
                worker: row.get(6)?,
                attributes: attributes_of(row.get_ref(7)?.as_str()?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The traces whose id starts with these hexadecimal digits, `limit` at most. None for what is no prefix of one.
    pub fn find(&self, prefix: &str, limit: usize) -> Result<Vec<TraceId>, TraceError> {
        let bound = |fill: char| {
            let text: String = prefix.chars().chain(std::iter::repeat(fill)).take(32).collect();
            u128::from_str_radix(&text, 16).ok().map(u128::to_be_bytes)
        };
        let digits = !prefix.is_empty() && prefix.len() <= 32 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (true, Some(first), Some(last)) = (digits, bound('0'), bound('f')) else { return Ok(Vec::new()) };
        let mut statement = self.connection.prepare_cached(
            "SELECT trace FROM traces WHERE trace BETWEEN ?1 AND ?2 ORDER BY start_us DESC, trace LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![first, last, limit], |row| Ok(TraceId(row.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The spans of a trace in the order of their start, parents before children that started with them.
    pub fn trace(&self, trace: TraceId) -> Result<Vec<SpanRecord>, TraceError> {
        // A child ends, and so is recorded, before its parent.
        let mut statement = self.connection.prepare_cached(
            "SELECT trace, span, parent, name, kind, start_us, end_us, failure, worker, attributes, events
             FROM spans WHERE trace = ?1 ORDER BY start_us, seq DESC",
        )?;
        let rows = statement.query_map([trace.0], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Drops everything.
    pub fn clear(&mut self) -> Result<(), TraceError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM spans", [])?;
        transaction.execute("DELETE FROM traces", [])?;
        transaction.commit()?;
        Ok(())
    }
}

fn insert(transaction: &Transaction<'_>, span: &SpanRecord) -> rusqlite::Result<()> {
    debug_assert!(span.invocation.is_none(), "expanded before it is stored");
    let failure = match &span.status {
        SpanStatus::Unset => None,
        SpanStatus::Error(reason) => Some(reason),
    };
    transaction
        .prepare_cached(
            "INSERT INTO spans (trace, span, parent, name, kind, start_us, end_us, failure, worker, attributes, events)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            span.context.trace.0,
            span.context.span.0,
            span.parent.map(|parent| parent.0),
            &*span.name,
            kind_number(span.kind),
            span.start_us,
            span.end_us,
            failure,
            &*span.worker,
            attributes_text(&span.attributes),
            events_text(&span.events),
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO traces (trace, start_us) VALUES (?1, ?2)
             ON CONFLICT (trace) DO UPDATE SET start_us = min(start_us, excluded.start_us)",
        )?
        .execute(params![span.context.trace.0, span.start_us])?;
    Ok(())
}

/// Drops spans that are too old or too many, and traces that have none left.
fn trim(transaction: &Transaction<'_>, oldest_us: i64, spans_max: i64) -> rusqlite::Result<()> {
    const CONDITION: &str = "end_us < ?1 OR seq <= (SELECT MAX(seq) FROM spans) - ?2";
    let traces: Vec<[u8; 16]> = transaction
        .prepare_cached(&format!("SELECT DISTINCT trace FROM spans WHERE {CONDITION}"))?
        .query_map([oldest_us, spans_max], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if traces.is_empty() {
        return Ok(());
    }
    transaction.prepare_cached(&format!("DELETE FROM spans WHERE {CONDITION}"))?.execute([oldest_us, spans_max])?;
    let mut forget = transaction.prepare_cached(
        "DELETE FROM traces WHERE trace = ?1 AND NOT EXISTS (SELECT 1 FROM spans WHERE spans.trace = ?1)",
    )?;
    for trace in traces {
        forget.execute([trace])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<SpanRecord> {
    Ok(SpanRecord {
        context: SpanContext { trace: TraceId(row.get(0)?), span: SpanId(row.get(1)?) },
        parent: row.get::<_, Option<[u8; 8]>>(2)?.map(SpanId),
        name: row.get::<_, String>(3)?.into(),
        kind: kind_of(row.get(4)?),
        start_us: row.get(5)?,
        end_us: row.get(6)?,
        status: row.get::<_, Option<String>>(7)?.map_or(SpanStatus::Unset, SpanStatus::Error),
        worker: row.get::<_, String>(8)?.into(),
        invocation: None,
        attributes: attributes_of(row.get_ref(9)?.as_str()?),
        events: events_of(row.get_ref(10)?.as_str()?),
    })
}

/// Numbers of kinds, as OpenTelemetry has them on the wire.
fn kind_number(kind: SpanKind) -> i64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
    }
}

fn kind_of(number: i64) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

/// `[[name, value], …]`: a list, because order counts and names may repeat.
fn attributes_text(attributes: &[Attribute]) -> String {
    serde_json::to_string(attributes).expect("JSON values have a text")
}

fn attributes_of(text: &str) -> Vec<Attribute> {
    serde_json::from_str(text).unwrap_or_default()
}

/// `[[time_us, name, attributes], …]`.
fn events_text(events: &[SpanEvent]) -> String {
    let events: Vec<_> = events.iter().map(|event| (event.time_us, &event.name, &event.attributes)).collect();
    serde_json::to_string(&events).expect("JSON values have a text")
}

fn events_of(text: &str) -> Vec<SpanEvent> {
    type Stored = (i64, String, Vec<Attribute>);
    let events: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    events.into_iter().map(|(time_us, name, attributes)| SpanEvent { time_us, name: name.into(), attributes }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use serde_json::json;

    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
        now_ms: Arc<AtomicI64>,
    }

    impl Fixture {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), now_ms: Arc::new(AtomicI64::new(1_000_000)) }
        }

        fn open(&self) -> TraceStore {
            let now_ms = self.now_ms.clone();
            let path = crate::PersistRoot::new(self.folder.path()).traces_database();
            TraceStore::open(&path, Arc::new(move || now_ms.load(Ordering::Relaxed))).unwrap()
        }
    }

    /// A span of trace `trace` that took a millisecond and ended `end_ms` after the epoch.
    fn span(trace: u8, span: u8, parent: Option<u8>, end_ms: i64) -> SpanRecord {
        SpanRecord {
            context: SpanContext { trace: TraceId([trace; 16]), span: SpanId([span; 8]) },
            parent: parent.map(|parent| SpanId([parent; 8])),
            name: format!("span {span}").into(),
            kind: SpanKind::Client,
            start_us: end_ms * 1000 - 1000,
            end_us: end_ms * 1000,
            status: SpanStatus::Unset,
            worker: "w".into(),
            invocation: None,
            attributes: Vec::new(),
            events: Vec::new(),
        }
    }

    fn ids(store: &TraceStore) -> Vec<u8> {
        store.recent(&TraceQuery::newest(100)).unwrap().iter().map(|summary| summary.trace.0[0]).collect()
    }

    #[test]
    fn spans_come_back_as_they_were() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        let mut child = span(1, 2, Some(1), 999_500);
        child.status = SpanStatus::Error("TypeError: no".into());
        child.kind = SpanKind::Internal;
        child.attributes = vec![("b".into(), json!([1, "x"])), ("a".into(), json!(null)), ("a".into(), json!(1.5))];
        child.events = vec![SpanEvent {
            time_us: 5,
            name: "log".into(),
            attributes: vec![("log.message".into(), json!("h\u{e9}"))],
        }];
        let mut root = span(1, 1, None, 999_600);
        root.start_us = child.start_us;
        root.kind = SpanKind::Server;
        store.append(&[child.clone(), root.clone()]).unwrap();
        store.append(&[]).unwrap();
        for store in [store, fixture.open()] {
            assert_eq!(store.trace(TraceId([1; 16])).unwrap(), [root.clone(), child.clone()]);
            assert_eq!(store.trace(TraceId([2; 16])).unwrap(), []);
        }
    }

    #[test]
    fn a_trace_is_summed_up_over_batches() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        let mut failed = span(1, 3, Some(2), 999_400);
        failed.status = SpanStatus::Error(String::new());
        store.append(&[failed]).unwrap();
        let summary = &store.recent(&TraceQuery::newest(10)).unwrap()[0];
        assert_eq!((summary.name.as_str(), summary.spans, summary.failed), ("span 3", 1, 1));

        let mut root = span(1, 1, None, 999_700);
        root.start_us = 999_000_000;
        root.name = "GET".into();
        root.attributes = vec![("http.request.method".into(), json!("GET"))];
        let mut early = span(1, 2, Some(1), 999_500);
        early.start_us = 998_000_000;
        store.append(&[early, root]).unwrap();
        let expected = TraceSummary {
            trace: TraceId([1; 16]),
            name: "GET".into(),
            worker: "w".into(),
            attributes: vec![("http.request.method".into(), json!("GET"))],
            start_us: 998_000_000,
            end_us: 999_700_000,
            spans: 3,
            failed: 1,
        };
        assert_eq!(store.recent(&TraceQuery::newest(10)).unwrap(), [expected]);
    }

    #[test]
    fn recent_pages_from_new_to_old() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        let spans: Vec<_> = (1..=5).map(|n| span(n, n, None, 999_000 + i64::from(n))).collect();
        store.append(&spans).unwrap();
        assert_eq!(ids(&store), [5, 4, 3, 2, 1]);
        let page = store.recent(&TraceQuery::newest(2)).unwrap();
        let next = store.recent(&TraceQuery { before_us: Some(page[1].start_us), ..TraceQuery::newest(2) }).unwrap();
        assert_eq!(next.iter().map(|summary| summary.trace.0[0]).collect::<Vec<_>>(), [3, 2]);
        store.clear().unwrap();
        assert!(ids(&store).is_empty());
    }

    #[test]
    fn traces_are_found_by_worker_failure_and_prefix() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        let mut other = span(0x2a, 2, None, 999_002);
        other.worker = "other".into();
        let mut failed = span(0x2b, 3, None, 999_003);
        failed.status = SpanStatus::Error("no".into());
        store.append(&[span(1, 1, None, 999_001), other, failed]).unwrap();
        let list = |query: TraceQuery| -> Vec<u8> {
            store.recent(&query).unwrap().iter().map(|summary| summary.trace.0[0]).collect()
        };
        assert_eq!(list(TraceQuery { worker: Some("other".into()), ..TraceQuery::newest(9) }), [0x2a]);
        assert_eq!(list(TraceQuery { failed: true, ..TraceQuery::newest(9) }), [0x2b]);
        assert_eq!(list(TraceQuery { failed: true, worker: Some("other".into()), ..TraceQuery::newest(9) }), [0; 0]);
        let find =
            |prefix: &str| -> Vec<u8> { store.find(prefix, 9).unwrap().iter().map(|trace| trace.0[0]).collect() };
        assert_eq!(find("2"), [0x2b, 0x2a]);
        assert_eq!(find("2A2a"), [0x2a]);
        assert_eq!(find(&TraceId([1; 16]).to_string()), [1]);
        for nothing in ["", "3", "x", "+1", "2\u{e9}", &"2".repeat(33)] {
            assert_eq!(find(nothing), [0; 0], "{nothing}");
        }
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        store.spans_max = 3;
        store.append(&[span(1, 1, Some(9), 999_001), span(2, 2, None, 999_002)]).unwrap();
        store.append(&[span(1, 3, None, 999_003), span(3, 4, None, 999_004)]).unwrap();
        assert_eq!(ids(&store), [3, 2, 1]);
        assert_eq!(store.trace(TraceId([1; 16])).unwrap().len(), 1, "the first of its two spans is gone");
        store.append(&[span(4, 5, None, 999_005)]).unwrap();
        assert_eq!(ids(&store), [4, 3, 1]);
        let many: Vec<_> = (10..30).map(|n| span(n, n, None, 999_100)).collect();
        store.append(&many).unwrap();
        let mut left = ids(&store);
        left.sort_unstable();
        assert_eq!(left, [27, 28, 29]);
    }

    #[test]
    fn the_old_go_with_time() {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        store.append(&[span(1, 1, None, 999_000), span(2, 2, None, 1_000_000)]).unwrap();
        fixture.now_ms.store(999_000 + TRACE_STORE_AGE_MS_MAX, Ordering::Relaxed);
        store.append(&[span(3, 3, None, 1_100_000)]).unwrap();
        assert_eq!(ids(&store), [3, 2, 1], "exactly as old as is allowed");
        fixture.now_ms.fetch_add(1, Ordering::Relaxed);
        store.append(&[span(4, 4, None, 1_200_000)]).unwrap();
        assert_eq!(ids(&store), [4, 3, 2]);
    }

    #[test]
    fn a_reader_works_beside_the_writer() {
        let fixture = Fixture::new();
        let (mut writer, reader) = (fixture.open(), fixture.open());
        writer.append(&[span(1, 1, None, 999_000)]).unwrap();
        assert_eq!(ids(&reader), [1]);
    }
}
