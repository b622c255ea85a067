//! Tests of the cache's store: what lasts, what expires, what goes when there is too much.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// 2026-01-01, in milliseconds.
const START_MS: i64 = 1_767_225_600_000;

/// A cache in a folder of its own, with a clock that stands still until it is moved.
struct Fixture {
    folder: TempDir,
    now_ms: Arc<AtomicI64>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), now_ms: Arc::new(AtomicI64::new(START_MS)) }
    }

    fn open(&self) -> CacheStore {
        self.open_with_limit(CACHE_BYTES_MAX)
    }

    fn open_with_limit(&self, bytes_max: u64) -> CacheStore {
        let now_ms = self.now_ms.clone();
        let clock: Clock = Arc::new(move || now_ms.load(Ordering::Relaxed));
        CacheStore::open_with_limit(self.folder.path(), "default", clock, bytes_max).unwrap()
    }

    fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn blob_count(&self) -> usize {
        std::fs::read_dir(PersistRoot::new(self.folder.path()).cache_blobs("default")).unwrap().count()
    }
}

fn put(key: &str, body: impl Into<Bytes>, ttl_ms: i64) -> CacheWrite {
    let headers = [("content-type", &b"text/plain"[..]), ("cache-tag", b"a, b")].into_iter().collect();
    let (status, body) = (200, NewBody::Whole(body.into()));
    CacheWrite::Put(CachePut { key: key.into(), status, headers, body, expires_ms: START_MS + ttl_ms })
}

fn delete(key: &str) -> CacheWrite {
    CacheWrite::Delete { key: key.into() }
}

fn body(store: &mut CacheStore, key: &str) -> Option<Vec<u8>> {
    let CacheLookup::Found(found) = store.lookup(key).unwrap() else { return None };
    let bytes = match found.body {
        CachedBody::Whole(bytes) => bytes.to_vec(),
        CachedBody::File(file) => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut &*file, &mut bytes).unwrap();
            bytes
        }
    };
    assert_eq!(found.size, bytes.len() as u64);
    Some(bytes)
}

#[test]
fn responses_last() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    assert_eq!(store.write(vec![put("u", "one", 60), put("v", "", 60)]).unwrap(), [false, false]);
    for mut store in [store, fixture.open()] {
        let CacheLookup::Found(found) = store.lookup("u").unwrap() else { panic!("it was put") };
        assert_eq!((found.status, found.size, found.stored_ms), (200, 3, Some(START_MS)));
        assert_eq!(found.headers.get("content-type"), Some(&b"text/plain"[..]));
        assert_eq!(body(&mut store, "u").unwrap(), b"one");
        assert_eq!(body(&mut store, "v").unwrap(), b"");
        assert!(matches!(store.lookup("w").unwrap(), CacheLookup::Missing));
    }
}

#[test]
fn what_has_expired_is_gone_and_its_file_too() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write(vec![put("u", "one", 1000), put("v", "two", 1000)]).unwrap();
    fixture.pass(999);
    assert!(body(&mut store, "u").is_some());
    fixture.pass(1);
    assert!(matches!(store.lookup("u").unwrap(), CacheLookup::Expired));
    assert!(matches!(store.lookup("u").unwrap(), CacheLookup::Missing));
    assert_eq!(store.write(vec![delete("v"), delete("v")]).unwrap(), [false, false]);
    assert_eq!(fixture.blob_count(), 0);
}

#[test]
fn deletes_say_whether_there_was_something() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let writes = vec![put("u", "one", 60), delete("u"), delete("u"), put("u", "two", 60), put("u", "three", 60)];
    assert_eq!(store.write(writes).unwrap(), [false, true, false, false, true]);
    assert_eq!(body(&mut store, "u").unwrap(), b"three");
    assert_eq!(fixture.blob_count(), 1);
}

#[test]
fn large_bodies_are_files_that_outlive_their_replacement() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let (id, mut file) = store.stage().unwrap();
    let bytes = vec![7; INLINE_BYTES_MAX as usize + 1];
    file.write_all(&bytes).unwrap();
    let headers = HeaderList::default();
    let staged = NewBody::Staged { id, size: bytes.len() as u64 };
    let expires_ms = START_MS + 60;
    store
        .write(vec![CacheWrite::Put(CachePut { key: "u".into(), status: 404, headers, body: staged, expires_ms })])
        .unwrap();
    let CacheLookup::Found(CachedResponse { status: 404, body: CachedBody::File(file), .. }) =
        store.lookup("u").unwrap()
    else {
        panic!("it is large")
    };
    store.write(vec![delete("u")]).unwrap();
    let mut read = Vec::new();
    io::Read::read_to_end(&mut &*file, &mut read).unwrap();
    assert!(read == bytes);
    let (id, _file) = store.stage().unwrap();
    store.unstage(&id);
    assert_eq!(fixture.blob_count(), 0);
}

#[test]
fn what_was_used_the_longest_time_ago_goes_first() {
    let fixture = Fixture::new();
    let mut store = fixture.open_with_limit(1000);
    for n in 0..9 {
        store.write(vec![put(&format!("k{n}"), vec![0; 100], 60)]).unwrap();
    }
    assert!(body(&mut store, "k0").is_some() && body(&mut store, "k2").is_some());
    store.write(vec![put("k9", vec![0; 100], 60)]).unwrap();
    assert!(body(&mut store, "k1").is_some(), "it is full, and no more");
    store.write(vec![put("k10", vec![0; 100], 60)]).unwrap();
    let left: Vec<String> = store.entries(|_| true).unwrap().into_iter().map(|entry| entry.key).collect();
    assert_eq!(left, ["k0", "k1", "k10", "k2", "k6", "k7", "k8", "k9"]);
    // What nobody has used since the store was opened goes in the order in which it came; one that is larger than
    // the limit stays alone.
    let mut store = fixture.open_with_limit(1000);
    store.write(vec![put("huge", vec![0; 5000], 60)]).unwrap();
    assert_eq!(store.entries(|_| true).unwrap().len(), 1);
    assert_eq!(fixture.blob_count(), 1);
}

#[test]
fn another_process_is_seen_at_once() {
    let fixture = Fixture::new();
    let (mut ours, mut theirs) = (fixture.open(), fixture.open());
    ours.write(vec![put("u", "one", 60)]).unwrap();
    assert_eq!(body(&mut theirs, "u").unwrap(), b"one");
    theirs.write(vec![put("u", "two", 60)]).unwrap();
    assert_eq!(body(&mut ours, "u").unwrap(), b"two");
    theirs.write(vec![delete("u")]).unwrap();
    assert_eq!(body(&mut ours, "u"), None);
}

#[test]
fn lists_and_purges() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write(vec![put("http://a/1", "one", 60), put("http://a/2", "two", 60), put("http://b/", "x", 60)]).unwrap();
    let found = store.entries(|entry| entry.key.starts_with("http://a/")).unwrap();
    assert_eq!(found.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["http://a/1", "http://a/2"]);
    assert_eq!(found[0].tags().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((found[0].size, found[0].stored_ms, found[0].expires_ms), (3, Some(START_MS), Some(START_MS + 60)));
    assert_eq!(store.purge(|entry| entry.key == "http://a/1").unwrap(), 1);
    assert_eq!(store.purge(|_| true).unwrap(), 2);
    assert_eq!(fixture.blob_count(), 0);
}

#[test]
fn caches_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(caches_on_disk(folder.path()).unwrap(), Vec::<String>::new());
    for name in ["default", "named:a/b?", "named:plain"] {
        CacheStore::open(folder.path(), name, crate::system_clock()).unwrap();
    }
    // As wrangler leaves it.
    let path = PersistRoot::new(folder.path()).cache_database("named:plain");
    Connection::open(path).unwrap().execute("DROP TABLE _lopata_cache", []).unwrap();
    std::fs::write(PersistRoot::new(folder.path()).cache_databases().join("metadata.sqlite"), "").unwrap();
    assert_eq!(caches_on_disk(folder.path()).unwrap(), ["default", "named:a/b?", "named:plain"]);
}

/// What wrangler 4.86 wrote.
#[test]
fn a_row_of_wranglers_is_read() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    let blob = store.blobs.write(b"b", START_MS).unwrap();
    let metadata = r#"{"headers":[["cache-control","max-age=60"],["age","0"]],"status":203,"size":1}"#;
    let sql = "INSERT INTO _mf_entries (key, blob_id, expiration, metadata) VALUES ('u', ?1, ?2, ?3)";
    store.connection.execute(sql, params![blob, START_MS + 60, metadata]).unwrap();
    let CacheLookup::Found(found) = store.lookup("u").unwrap() else { panic!("it is there") };
    assert_eq!((found.status, found.headers.get("age")), (203, Some(&b"0"[..])));
}

#[derive(Clone, Debug)]
enum Op {
    Put(u8, usize, i64),
    Delete(u8),
    Lookup(u8),
    Pass(i64),
    Reopen,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The store and a map that knows when each entry ends agree.
    #[test]
    fn behaves_as_a_map(ops in prop::collection::vec(prop_oneof![
        (0..4u8, prop_oneof![0..20usize, 65_000..66_000usize], 1..50i64).prop_map(|(k, n, t)| Op::Put(k, n, t)),
        (0..4u8).prop_map(Op::Delete),
        (0..4u8).prop_map(Op::Lookup),
        (1..30i64).prop_map(Op::Pass),
        Just(Op::Reopen),
    ], 1..30)) {
        let fixture = Fixture::new();
        let mut store = fixture.open();
        let mut model: BTreeMap<u8, (usize, i64)> = BTreeMap::new();
        let mut now = 0;
        for op in ops {
            match op {
                Op::Put(key, length, ttl) => {
                    let found = store.write(vec![put(&key.to_string(), vec![key; length], now + ttl)]).unwrap();
                    let had = model.insert(key, (length, now + ttl)).is_some_and(|(_, end)| end > now);
                    prop_assert_eq!(found, vec![had]);
                }
                Op::Delete(key) => {
                    let had = model.remove(&key).is_some_and(|(_, end)| end > now);
                    prop_assert_eq!(store.write(vec![delete(&key.to_string())]).unwrap(), vec![had]);
                }
                Op::Lookup(key) => {
                    let expected = model.get(&key).filter(|(_, end)| *end > now).map(|(length, _)| vec![key; *length]);
                    prop_assert_eq!(body(&mut store, &key.to_string()), expected);
                }
                Op::Pass(ms) => {
                    now += ms;
                    fixture.pass(ms);
                }
                Op::Reopen => store = fixture.open(),
            }
        }
    }
}

#[test]
fn one_put_evicts_no_more_than_a_share_and_the_next_goes_on() {
    let fixture = Fixture::new();
    let mut store = fixture.open();
    store.write((0..EVICTED_ROWS_MAX + 100).map(|n| put(&n.to_string(), "1234567890", 1000)).collect()).unwrap();
    let mut store = fixture.open_with_limit(80);
    store.write(vec![put("new", "1234567890", 1000)]).unwrap();
    assert_eq!(fixture.blob_count(), 101);
    store.write(vec![put("newer", "1234567890", 1000)]).unwrap();
    assert_eq!((fixture.blob_count(), store.count_bytes().unwrap()), (7, 70));
    assert_eq!(body(&mut store, "newer").as_deref(), Some(&b"1234567890"[..]));
}

/// Rows of another program whose metadata is no JSON, or has another size.
#[test]
fn a_malformed_row_is_in_nobodys_way() {
    let fixture = Fixture::new();
    let mut store = fixture.open_with_limit(16);
    for (key, metadata) in [("a", "{"), ("b", "{\"size\":\"x\"}"), ("c", "[]"), ("d", "{\"size\":1.5}")] {
        let row = "INSERT INTO _mf_entries VALUES (?1, 'none', NULL, ?2)";
        store.connection.execute(row, [key, metadata]).unwrap();
    }
    for key in ["a", "x", "y", "z"] {
        store.write(vec![put(key, "1234567890", 1000)]).unwrap();
    }
    assert_eq!(fixture.blob_count(), 1, "what is too much still goes");
}
