//! Tests of the KV store: its limits, and its behaviour against a model in memory.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lopata_protocol::limits::{KV_LIST_KEYS_MAX, KV_VALUE_BYTES_MAX};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// 2026-01-01, in milliseconds, plus some of them.
const START_MS: i64 = 1_767_225_600_123;

/// A namespace in a folder of its own, with a clock that stands still until it is moved.
struct Fixture {
    folder: TempDir,
    now_ms: Arc<AtomicI64>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), now_ms: Arc::new(AtomicI64::new(START_MS)) }
    }

    fn open(&self) -> KvStore {
        let now_ms = self.now_ms.clone();
        KvStore::open(self.folder.path(), "ns", Arc::new(move || now_ms.load(Ordering::Relaxed))).unwrap()
    }

    fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn blob_count(&self) -> usize {
        std::fs::read_dir(PersistRoot::new(self.folder.path()).kv_blobs("ns")).unwrap().count()
    }
}

fn put_with(key: &str, value: &str, ttl: Option<i32>, expiration: Option<i32>, metadata: Option<&str>) -> KvWrite {
    KvWrite::Put {
        key: key.into(),
        value: Bytes::copy_from_slice(value.as_bytes()),
        expiration,
        expiration_ttl: ttl,
        metadata: metadata.map(String::from),
    }
}

fn text(store: &mut KvStore, key: &str) -> Option<String> {
    store.get(key, None).unwrap().map(|found| String::from_utf8(found.value.to_vec()).unwrap())
}

fn names(page: &KvPage) -> Vec<&str> {
    page.keys.iter().map(|key| key.name.as_str()).collect()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, KvError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[test]
fn a_value_and_its_metadata_come_back() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    assert_eq!(store.get("k", None).unwrap(), None);
    for metadata in [None, Some("null"), Some("0"), Some("\"\""), Some(r#"{"a":[1,"é"]}"#)] {
        store.write_one(put_with("k", "v", None, None, metadata)).unwrap();
        for mut store in [fixture.open(), fixture.open()] {
            let found = store.get("k", Some(30)).unwrap().unwrap();
            assert_eq!((found.value.as_ref(), found.metadata.as_deref()), (&b"v"[..], metadata));
        }
    }
    store.write_one(KvWrite::delete("k")).unwrap();
    store.write_one(KvWrite::delete("k")).unwrap();
    assert_eq!(store.get("k", None).unwrap(), None);
    assert_eq!(fixture.blob_count(), 0);
}

#[test]
fn keys_are_bytes_and_case_sensitive() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let keys = ["A", "a", "a/b", "a\0b", "\u{e9}", "\u{1f600}", "\u{ffff}", "%_", "__proto__"];
    for key in keys {
        store.write_one(KvWrite::put(key, key.to_string())).unwrap();
    }
    for key in keys {
        assert_eq!(text(&mut store, key).as_deref(), Some(key));
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    assert_eq!(names(&store.list(None, None, None).unwrap()), sorted);
    assert_eq!(names(&store.list(Some("a"), None, None).unwrap()), ["a", "a\0b", "a/b"]);
    assert_eq!(names(&store.list(Some("%"), None, None).unwrap()), ["%_"]);
}

#[test]
fn keys_are_refused_as_the_service_refuses_them() {
    let mut store = Fixture::new().open();
    let long = "k".repeat(513);
    let wide = "\u{e9}".repeat(257);
    for (key, expected) in [
        ("", "400 Key names must not be empty"),
        (".", "400 Illegal key name \".\". Please use a different name."),
        ("..", "400 Illegal key name \"..\". Please use a different name."),
        (&long, "414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
        (&wide, "414 UTF-8 encoded length of 514 exceeds key length limit of 512."),
    ] {
        refused(store.get(key, None), expected);
        refused(store.write_one(KvWrite::put(key, "v")), expected);
        refused(store.write_one(KvWrite::delete(key)), expected);
        refused(store.get_many(&["fine".into(), key.into()], None, None), expected);
    }
    store.write_one(KvWrite::put("k".repeat(512), "v")).unwrap();
    refused(store.list(Some(&long), None, None), "414 UTF-8 encoded length of 513 exceeds key length limit of 512.");
}

#[test]
fn options_are_refused_as_the_service_refuses_them() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let now = (START_MS / 1000) as i32;
    let past = "Please specify integer greater than the current number of seconds since the UNIX epoch.";
    for (ttl, expiration, expected) in [
        (Some(0), None, "400 Invalid expiration_ttl of 0. Please specify integer greater than 0.".to_string()),
        (Some(-5), None, "400 Invalid expiration_ttl of -5. Please specify integer greater than 0.".to_string()),
        (Some(59), None, "400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.".to_string()),
        (None, Some(10), format!("400 Invalid expiration of 10. {past}")),
        (None, Some(now), format!("400 Invalid expiration of {now}. {past}")),
        (
            None,
            Some(now + 59),
            format!(
                "400 Invalid expiration of {}. Expiration times must be at least 60 seconds in the future.",
                now + 59
            ),
        ),
    ] {
        refused(store.write_one(put_with("k", "v", ttl, expiration, None)), &expected);
    }
    refused(
        store.write_one(put_with("k", "v", None, None, Some(&format!("\"{}\"", "x".repeat(1023))))),
        "413 Metadata length of 1025 exceeds limit of 1024.",
    );
    refused(store.write_one(put_with("k", "v", None, None, Some("undefined"))), "500 Internal Server Error");
    refused(store.get("k", Some(29)), "400 Invalid cache_ttl of 29. Cache TTL must be at least 30.");
    refused(
        store.list(None, Some(0), None),
        "400 Invalid key_count_limit of 0. Please specify an integer greater than 0.",
    );
    refused(
        store.list(None, Some(1001), None),
        "400 Invalid key_count_limit of 1001. Please specify an integer less than 1000.",
    );
    assert_eq!(fixture.blob_count(), 0, "a refused value leaves nothing behind");
}

#[test]
fn a_value_may_have_25_mebibytes_and_no_more() {
    let mut store = Fixture::new().open();
    let value = Bytes::from(vec![7; KV_VALUE_BYTES_MAX + 1]);
    refused(
        store.write_one(KvWrite::put("k", value.clone())),
        "413 Value length of 26214401 exceeds limit of 26214400.",
    );
    store.write_one(KvWrite::put("k", value.slice(1..))).unwrap();
    assert_eq!(store.get("k", None).unwrap().unwrap().value, value.slice(1..));
    store.write_one(KvWrite::put("small", "x")).unwrap();
    refused(
        store.get_many(&["k".into(), "small".into()], None, None),
        "413 Total size of request exceeds the limit of 25MB",
    );
}

#[test]
fn bulk_gets_are_limited_and_keep_the_order() {
    let mut store = Fixture::new().open();
    store.write_one(put_with("b", "2", None, None, Some("true"))).unwrap();
    let keys = ["zz", "b", "a", "b"].map(String::from);
    let found = store.get_many(&keys, Some("json"), Some(60)).unwrap();
    let value = KvValue { value: Bytes::from("2"), metadata: Some("true".into()) };
    assert_eq!(found, [("zz".into(), None), ("b".into(), Some(value)), ("a".into(), None)]);

    let many = |n: usize| (0..n).map(|n| format!("k{n}")).collect::<Vec<_>>();
    assert_eq!(store.get_many(&many(100), Some(""), None).unwrap().len(), 100);
    refused(store.get_many(&many(101), None, None), "400 You can request a maximum of 100 keys");
    refused(store.get_many(&[], None, None), "400 You must request a minimum of 1 key");
    refused(store.get_many(&[], Some("stream"), None), "400 \"stream\" is not a valid type. Use \"json\" or \"text\"");
    refused(store.get_many(&many(1), None, Some(0)), "400 Invalid cache_ttl of 0. Cache TTL must be at least 30.");
}

#[test]
fn a_key_expires_on_its_second() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let now = (START_MS / 1000) as i32;
    store.write_one(put_with("ttl", "v", Some(60), Some(now + 1000), None)).unwrap();
    store.write_one(put_with("at", "v", None, Some(now + 100), None)).unwrap();
    store.write_one(KvWrite::put("never", "v")).unwrap();
    let page = store.list(None, None, None).unwrap();
    let expirations: Vec<_> = page.keys.iter().map(|key| key.expiration).collect();
    assert_eq!(names(&page), ["at", "never", "ttl"]);
    assert_eq!(expirations, [Some(now as u64 + 100), None, Some(now as u64 + 60)]);

    fixture.pass(60_000 - START_MS % 1000 - 1);
    assert!(text(&mut store, "ttl").is_some());
    fixture.pass(1);
    assert_eq!(text(&mut store, "ttl"), None);
    assert_eq!(fixture.blob_count(), 2, "a read removes what it finds expired");
    fixture.pass(1_000_000);
    assert_eq!(names(&store.list(None, None, None).unwrap()), ["never"]);
    assert_eq!(fixture.blob_count(), 1, "a list removes what has expired");
}

#[test]
fn an_expired_key_can_be_set_again() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write_one(put_with("k", "old", Some(60), None, None)).unwrap();
    fixture.pass(60_000);
    store.write_one(KvWrite::put("k", "new")).unwrap();
    fixture.pass(60_000);
    assert_eq!(text(&mut store, "k").as_deref(), Some("new"));
    assert_eq!(fixture.blob_count(), 1);
}

#[test]
fn cursors_are_the_last_key_in_base64() {
    let mut store = Fixture::new().open();
    for key in ["a1", "a2", "a3", "b1"] {
        store.write_one(KvWrite::put(key, "v")).unwrap();
    }
    let first = store.list(Some("a"), Some(2), None).unwrap();
    assert_eq!((names(&first), first.cursor.as_deref()), (vec!["a1", "a2"], Some("YTI=")));
    let second = store.list(Some("a"), Some(2), Some("YTI=")).unwrap();
    assert_eq!((names(&second), second.cursor.as_deref()), (vec!["a3"], None));
    let exact = store.list(Some("a"), Some(3), None).unwrap();
    assert_eq!(exact.cursor, None, "a full page that is the last has no cursor");
    for (cursor, first) in
        [("", Some("a1")), ("!!!", Some("a1")), ("YTI", Some("a3")), ("zzzz", None), ("Y", Some("a1"))]
    {
        let page = store.list(None, None, Some(cursor)).unwrap();
        assert_eq!(names(&page).first().copied(), first, "{cursor}");
    }
    assert_eq!(names(&store.list(Some("b"), None, Some("YTI=")).unwrap()), ["b1"]);
}

#[test]
fn a_page_has_a_thousand_keys_unless_told() {
    let mut store = Fixture::new().open();
    let writes = (0..1001).map(|n| KvWrite::put(format!("{n:04}"), "")).collect();
    assert!(store.write(writes).iter().all(Result::is_ok));
    let page = store.list(None, None, None).unwrap();
    assert_eq!(page.keys.len(), KV_LIST_KEYS_MAX as usize);
    let rest = store.list(None, None, page.cursor.as_deref()).unwrap();
    assert_eq!((names(&rest), rest.cursor.as_deref()), (vec!["1000"], None));
}

/// A store with a hundred thousand keys, `k000000` to `k099999`. Rows only: a list reads no values.
fn hundred_thousand(fixture: &Fixture) -> KvStore {
    let store = fixture.open();
    store
        .connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
             INSERT INTO _mf_entries SELECT printf('k%06d', i), 'none', NULL, '{\"n\":1}' FROM n",
        )
        .unwrap();
    store
}

/// Steps of a list, and its page.
fn list_steps(store: &mut KvStore, prefix: &str, limit: i32, cursor: Option<&str>) -> (KvPage, u64) {
    let list = |store: &mut KvStore| store.list(Some(prefix), Some(limit), cursor).unwrap();
    crate::steps::during(store, |store| &store.connection, list)
}

#[test]
fn a_page_costs_the_same_at_the_end_as_at_the_start() {
    let fixture = Fixture::new();
    let mut store = hundred_thousand(&fixture);
    let mut cursor: Option<String> = None;
    let mut costs = Vec::new();
    let mut keys = 0;
    loop {
        let (page, steps) = list_steps(&mut store, "", 1000, cursor.as_deref());
        keys += page.keys.len();
        costs.push(steps);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((keys, costs.len()), (100_000, 100));
    let (least, most) = (costs.iter().min().unwrap(), costs.iter().max().unwrap());
    assert!(most - least <= 32, "a page costs {least} to {most} steps");
    assert!(*most < 1000 * 32, "{most} steps for a thousand keys");
}

#[test]
fn a_prefix_costs_what_it_finds() {
    let fixture = Fixture::new();
    let mut store = hundred_thousand(&fixture);
    let mut cost = |prefix: &str, found: usize| {
        let (page, steps) = list_steps(&mut store, prefix, 1000, None);
        assert_eq!(page.keys.len(), found, "{prefix}");
        steps
    };
    let (first, last, alone) = (cost("k0000", 100), cost("k0999", 100), cost("k099999", 1));
    assert!(first.abs_diff(last) <= 32, "{first} steps at the start, {last} at the end");
    assert!(alone < 100 && cost("a", 0) < 100 && cost("z", 0) < 100, "{alone} steps for one key");
}

/// A process that was killed between a value and its row.
#[test]
fn what_a_killed_process_left_is_swept() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write_one(KvWrite::put("k", "kept")).unwrap();
    store.blobs.write(b"left", START_MS).unwrap();
    assert_eq!(fixture.blob_count(), 2);
    let now = SystemTime::now();
    let sweep_at = |now| sweep(fixture.folder.path(), "ns", now).unwrap().removed;
    assert_eq!(sweep_at(now), 0, "another process may be about to name it");
    assert_eq!(sweep_at(now + Duration::from_secs(2 * 60 * 60)), 1);
    assert_eq!((text(&mut fixture.open(), "k").as_deref(), fixture.blob_count()), (Some("kept"), 1));
}

#[test]
fn writes_under_one_commit_keep_their_order_and_their_refusals() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let results = store.write(vec![
        KvWrite::put("k", "1"),
        KvWrite::put("", "refused"),
        KvWrite::delete("k"),
        KvWrite::put("k", "2"),
        KvWrite::put("gone", "3"),
        KvWrite::delete("gone"),
    ]);
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true, true, true]);
    for mut store in [store, fixture.open()] {
        assert_eq!((text(&mut store, "k").as_deref(), text(&mut store, "gone")), (Some("2"), None));
    }
    assert_eq!(fixture.blob_count(), 1);
}

#[test]
fn a_row_whose_file_was_deleted_is_a_missing_key() {
    let fixture = Fixture::new();
    let blobs = PersistRoot::new(fixture.folder.path()).kv_blobs("ns");
    fixture.open().write_one(KvWrite::put("k", "v")).unwrap();
    std::fs::remove_dir_all(blobs).unwrap();
    let mut store = fixture.open();
    assert_eq!(text(&mut store, "k"), None);
    store.write_one(KvWrite::put("k", "w")).unwrap();
    assert_eq!(text(&mut store, "k").as_deref(), Some("w"));
}

#[test]
fn namespaces_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = ["one", "two"].map(|name| KvStore::open(folder.path(), name, crate::system_clock()).unwrap());
    stores[0].write_one(KvWrite::put("k", "v")).unwrap();
    assert_eq!(text(&mut stores[1], "k"), None);
}

#[test]
fn a_locked_database_fails_the_write_and_keeps_the_value() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write_one(KvWrite::put("k", "old")).unwrap();
    let other = fixture.open();
    other.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    store.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let error = store.write_one(KvWrite::put("k", "new")).unwrap_err();
    assert_eq!((error.status, error.text.contains("locked")), (500, true), "{error}");
    assert_eq!(text(&mut store, "k").as_deref(), Some("old"));
    assert_eq!(fixture.blob_count(), 1);
    other.connection.execute_batch("ROLLBACK").unwrap();
    store.write_one(KvWrite::put("k", "new")).unwrap();
    assert_eq!(text(&mut store, "k").as_deref(), Some("new"));
}

/// The key was replaced twice between the reads of its row and of its file.
#[test]
fn a_value_that_is_replaced_while_it_is_read_is_read_again() {
    let rows = ["one", "two", "three"].map(|blob| Row { blob: blob.into(), expiration_ms: None, metadata: None });
    let mut rows = rows.into_iter();
    let settled =
        settle(0, || Ok(rows.next()), |blob| Ok((blob == "three").then(|| blob.as_bytes().to_vec()))).unwrap();
    assert!(matches!(settled, Settled::Found(_, value) if value == b"three"));
}

#[test]
fn a_key_that_is_set_while_it_is_found_expired_stays() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write_one(put_with("k", "new", Some(60), None, None)).unwrap();
    store.delete_if_expired("k", START_MS);
    assert_eq!(text(&mut fixture.open(), "k").as_deref(), Some("new"));
}

/// Reads in one process while another replaces the value: never half a value, never none.
#[test]
fn a_reader_sees_whole_values_while_another_process_replaces_them() {
    let fixture = Fixture::new();
    let mut writer = fixture.open();
    writer.write_one(KvWrite::put("k", vec![b'0'; 100_000])).unwrap();
    std::thread::scope(|scope| {
        let replacing = scope.spawn(|| {
            for n in 1..60_u8 {
                writer.write_one(KvWrite::put("k", vec![b'0' + n; 100_000])).unwrap();
            }
        });
        let mut reader = fixture.open();
        while !replacing.is_finished() {
            let value = reader.get("k", None).unwrap().expect("the key is never missing").value;
            assert!(value.len() == 100_000 && value.iter().all(|byte| *byte == value[0]));
        }
    });
}

#[derive(Clone, Debug)]
enum Op {
    Put { key: String, value: Vec<u8>, ttl: Option<i32>, metadata: Option<String> },
    Delete(String),
    Get(String),
    List { prefix: String, limit: i32 },
    GetMany(Vec<String>),
    Pass(i64),
}

/// Few and short keys, so that they meet.
fn any_key() -> impl Strategy<Value = String> {
    "[ab\u{e9}\u{1f600}]{1,3}"
}

fn any_op() -> impl Strategy<Value = Op> {
    let value = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (60_000..70_000_usize).prop_map(|length| vec![b'x'; length]),
    ];
    let metadata = prop::option::of(prop_oneof![Just("null".to_string()), Just("{\"a\":1}".to_string())]);
    prop_oneof![
        4 => (any_key(), value, prop::option::of(60..200_i32), metadata)
            .prop_map(|(key, value, ttl, metadata)| Op::Put { key, value, ttl, metadata }),
        2 => any_key().prop_map(Op::Delete),
        4 => any_key().prop_map(Op::Get),
        2 => ("[ab\u{e9}]{0,2}", 1..6_i32).prop_map(|(prefix, limit)| Op::List { prefix, limit }),
        1 => prop::collection::vec(any_key(), 1..5).prop_map(Op::GetMany),
        1 => (0..90_000_i64).prop_map(Op::Pass),
    ]
}

/// What a key should be: its value, metadata and the moment at which it expires.
type Model = BTreeMap<String, (Vec<u8>, Option<String>, Option<i64>)>;

fn list_all(store: &mut KvStore, prefix: &str, limit: i32) -> Vec<(String, Option<u64>, Option<String>)> {
    let mut keys = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list(Some(prefix), Some(limit), cursor.as_deref()).unwrap();
        assert!(page.keys.len() <= limit as usize);
        keys.extend(page.keys.into_iter().map(|key| (key.name, key.expiration, key.metadata)));
        match page.cursor {
            Some(next) => cursor = Some(next),
            None => return keys,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Three processes (each with its own connection and memory) work on one namespace in turns, one of them
    /// starting anew now and then: all of them see what a map would hold.
    #[test]
    fn behaves_like_a_map(ops in prop::collection::vec((0..3_usize, any_op()), 1..60)) {
        let fixture = Fixture::new();
        let mut stores = [fixture.open(), fixture.open(), fixture.open()];
        let mut model = Model::new();
        for (index, (who, op)) in ops.into_iter().enumerate() {
            if index % 17 == 16 {
                stores[who] = fixture.open();
            }
            let store = &mut stores[who];
            let now = fixture.now_ms.load(Ordering::Relaxed);
            model.retain(|_, (_, _, expiration)| expiration.is_none_or(|at| at > now));
            let expected = |model: &Model, key: &str| model.get(key).map(|(value, metadata, _)| {
                KvValue { value: Bytes::from(value.clone()), metadata: metadata.clone() }
            });
            match op {
                Op::Put { key, value, ttl, metadata } => {
                    store.write_one(KvWrite::Put {
                        key: key.clone(),
                        value: Bytes::from(value.clone()),
                        expiration: None,
                        expiration_ttl: ttl,
                        metadata: metadata.clone(),
                    }).unwrap();
                    let expiration = ttl.map(|ttl| (now / 1000 + i64::from(ttl)) * 1000);
                    model.insert(key, (value, metadata, expiration));
                }
                Op::Delete(key) => {
                    store.write_one(KvWrite::delete(&key)).unwrap();
                    model.remove(&key);
                }
                Op::Get(key) => prop_assert_eq!(store.get(&key, None).unwrap(), expected(&model, &key)),
                Op::GetMany(keys) => for (key, value) in store.get_many(&keys, None, None).unwrap() {
                    prop_assert_eq!(value, expected(&model, &key));
                },
                Op::List { prefix, limit } => {
                    let expected: Vec<_> = model
                        .iter()
                        .filter(|(key, _)| key.starts_with(&prefix))
                        .map(|(key, (_, metadata, expiration))| {
                            (key.clone(), expiration.map(|ms| (ms / 1000) as u64), metadata.clone())
                        })
                        .collect();
                    prop_assert_eq!(list_all(store, &prefix, limit), expected);
                }
                Op::Pass(ms) => fixture.pass(ms),
            }
        }
        stores[0].list(None, None, None).unwrap();
        let now = fixture.now_ms.load(Ordering::Relaxed);
        model.retain(|_, (_, _, expiration)| expiration.is_none_or(|at| at > now));
        prop_assert_eq!(fixture.blob_count(), model.len(), "one file a key, and no file without one");
    }

    /// A cursor made from any key leads to the keys after it.
    #[test]
    fn cursors_round_trip(key in "\\PC{1,40}") {
        prop_assert_eq!(cursor::decode(&cursor::encode(&key)), key);
    }
}
