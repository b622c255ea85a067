//! The store of a bucket: objects, conditions, ranges, lists and uploads, also against a model in memory.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use lopata_protocol::limits::R2_PART_BYTES_MIN;
use lopata_protocol::r2::{R2Conditions, R2Etag, R2HttpMetadata, R2Range};
use proptest::prelude::*;
use sha1::Digest;

use super::*;
use crate::layout::PersistRoot;

const BUCKET: &str = "bucket";

struct World {
    folder: tempfile::TempDir,
    now_ms: Arc<AtomicI64>,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), now_ms: Arc::new(AtomicI64::new(1_700_000_000_000)) }
    }

    fn store(&self) -> R2Store {
        let now_ms = self.now_ms.clone();
        R2Store::open(self.folder.path(), BUCKET, Arc::new(move || now_ms.load(Ordering::Relaxed))).unwrap()
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let folder = PersistRoot::new(self.folder.path()).r2_blobs(BUCKET);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

fn put(store: &mut R2Store, key: &str, body: &[u8]) -> R2Object {
    store.put_bytes(key, body, R2PutOptions::default()).unwrap()
}

fn read(store: &R2Store, key: &str, options: &R2GetOptions) -> Result<Vec<u8>, R2Error> {
    match store.get(key, options)? {
        R2Found::Object(object, reader) => {
            assert_eq!(object.range.unwrap().length, reader.remaining());
            Ok(reader.read_all().unwrap())
        }
        R2Found::Unmatched(_) => Err(R2Error::precondition_failed()),
    }
}

fn whole(store: &R2Store, key: &str) -> Vec<u8> {
    read(store, key, &R2GetOptions::default()).unwrap()
}

fn from(offset: u64, length: u64) -> R2GetOptions {
    R2GetOptions { range: Some(R2Range::From { offset: Some(offset), length: Some(length) }), only_if: None }
}

fn keys(page: &R2Page) -> Vec<&str> {
    page.objects.iter().map(|object| object.key.as_str()).collect()
}

#[test]
fn an_object_comes_back_with_everything() {
    let world = World::new();
    let mut store = world.store();
    let options = R2PutOptions {
        http_metadata: R2HttpMetadata {
            content_type: Some("text/plain".into()),
            cache_expiry_ms: Some(1000),
            ..R2HttpMetadata::default()
        },
        custom_metadata: vec![("b".into(), "2".into()), ("a".into(), "\u{e9}".into())],
        checksums: R2Checksums {
            sha1: Some(sha1::Sha1::new_with_prefix(b"hello").finalize().into()),
            sha256: Some(sha2::Sha256::new_with_prefix(b"hello").finalize().into()),
            ..R2Checksums::default()
        },
        storage_class: "InfrequentAccess".into(),
        only_if: None,
    };
    let written = store.put_bytes("k", b"hello", options).unwrap();
    assert_eq!(written.etag, "5d41402abc4b2a76b9719d911017c592");
    assert_eq!((written.size, written.version.len(), written.uploaded_ms), (5, 32, 1_700_000_000_000));
    let mut found = world.store().head("k").unwrap();
    assert_eq!(found.range.take(), Some(R2Span { offset: 0, length: 5 }));
    assert_eq!(found, written);
    assert_eq!(whole(&store, "k"), b"hello");
    assert_eq!(read(&store, "k", &from(1, 2)).unwrap(), b"el");
    assert_eq!(store.head("K"), Err(R2Error::no_such_key()));
}

#[test]
fn any_key_has_an_object_of_its_own() {
    let world = World::new();
    let mut store = world.store();
    let long = "\u{1f600}".repeat(256);
    let all = ["a", "a/b", "a/", "/a", "a//b", "..", "../..", ".", "", " ", "A", "%", "_", "a\0b", "\u{ffff}", &long];
    for key in all {
        put(&mut store, key, key.as_bytes());
    }
    for key in all {
        assert_eq!(whole(&store, key), key.as_bytes(), "{key:?}");
    }
    let mut sorted = all;
    sorted.sort_unstable();
    assert_eq!(keys(&store.list(&R2ListOptions::default()).unwrap()), sorted);
    let error = store.put_bytes(&"k".repeat(1025), b"", R2PutOptions::default()).unwrap_err();
    assert_eq!(error, R2Error::invalid_object_name());
    store.delete(all.iter().map(|key| (*key).to_string()).collect()).unwrap();
    assert!(world.blobs().is_empty());
}

#[test]
fn a_wrong_hash_stores_nothing() {
    let world = World::new();
    let mut store = world.store();
    let options = R2PutOptions {
        checksums: R2Checksums { md5: Some([0; 16]), ..R2Checksums::default() },
        ..R2PutOptions::default()
    };
    let error = store.put_bytes("k", b"x", options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The MD5 checksum you specified did not match what we received.\n\
         You provided a MD5 checksum with value: 00000000000000000000000000000000\n\
         Actual MD5 was: 9dd4e461268c8034f5c8564e155c67a6 (10037)"
    );
    assert!(world.blobs().is_empty());
}

#[test]
fn a_condition_that_does_not_hold_changes_nothing() {
    let world = World::new();
    let mut store = world.store();
    let only_new = R2PutOptions {
        only_if: Some(R2Conditions { etag_does_not_match: Some(vec![R2Etag::Wildcard]), ..R2Conditions::default() }),
        ..R2PutOptions::default()
    };
    store.put_bytes("k", b"one", only_new.clone()).unwrap();
    assert_eq!(store.put_bytes("k", b"two", only_new), Err(R2Error::precondition_failed()));
    assert_eq!((whole(&store, "k").as_slice(), world.blobs().len()), (&b"one"[..], 1));
    let unless_same = R2GetOptions {
        only_if: Some(R2Conditions {
            etag_does_not_match: Some(vec![R2Etag::Strong(store.head("k").unwrap().etag)]),
            ..R2Conditions::default()
        }),
        range: None,
    };
    assert!(matches!(store.get("k", &unless_same).unwrap(), R2Found::Unmatched(object) if object.size == 3));
    assert!(matches!(store.get("none", &unless_same), Err(error) if error == R2Error::no_such_key()));
}

/// One commit, each write seeing those before it.
#[test]
fn writes_share_a_commit_and_are_answered_each() {
    let world = World::new();
    let mut store = world.store();
    let blobs = store.blobs();
    let put = |key: &str, body: &[u8]| R2Write::Put {
        key: key.into(),
        body: blobs.stage(body, &R2Checksums::default()).unwrap(),
        options: Box::default(),
    };
    let results = store.write(vec![
        put("a", b"1"),
        put(&"k".repeat(2000), b"2"),
        put("a", b"3"),
        put("b", b"4"),
        R2Write::Delete { keys: vec!["b".into(), "none".into()] },
    ]);
    let ok: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, false, true, true, true]);
    assert_eq!((whole(&store, "a").as_slice(), world.blobs().len()), (&b"3"[..], 1));
}

#[test]
fn what_is_not_committed_leaves_nothing() {
    let world = World::new();
    let store = world.store();
    let mut writer = store.blobs().begin(&R2Checksums::default()).unwrap();
    writer.write(b"abc").unwrap();
    assert_eq!(world.blobs().len(), 1);
    drop(writer);
    assert!(world.blobs().is_empty());
    let mut writer = store.blobs().begin(&R2Checksums::default()).unwrap();
    writer.write(b"abc").unwrap();
    drop(writer.finish());
    assert!(world.blobs().is_empty());
}

#[test]
fn a_reader_reads_on_when_its_object_goes() {
    let world = World::new();
    let mut store = world.store();
    put(&mut store, "k", b"old body");
    let R2Found::Object(_, mut reader) = store.get("k", &R2GetOptions::default()).unwrap() else { panic!() };
    let mut start = [0; 3];
    reader.read_exact(&mut start).unwrap();
    put(&mut store, "k", b"new");
    store.delete(vec!["k".into()]).unwrap();
    assert_eq!((&start, reader.read_all().unwrap().as_slice()), (b"old", &b" body"[..]));
    assert!(world.blobs().is_empty());
}

fn upload(store: &mut R2Store, key: &str) -> String {
    let options = R2UploadOptions {
        custom_metadata: vec![("m".into(), "1".into())],
        storage_class: "InfrequentAccess".into(),
        ..R2UploadOptions::default()
    };
    match store.write_one(R2Write::CreateMultipartUpload { key: key.into(), options }).unwrap() {
        R2Written::Upload(id) => id,
        other => panic!("{other:?}"),
    }
}

fn part(
    store: &mut R2Store,
    key: &str,
    upload_id: &str,
    part_number: u32,
    body: &[u8],
) -> Result<R2UploadedPart, R2Error> {
    let body = store.blobs().stage(body, &R2Checksums::default()).unwrap();
    let write = R2Write::UploadPart { key: key.into(), upload_id: upload_id.into(), part_number, body };
    match store.write_one(write)? {
        R2Written::Part(etag) => Ok(R2UploadedPart { part_number, etag }),
        other => panic!("{other:?}"),
    }
}

fn complete(store: &mut R2Store, key: &str, upload_id: &str, parts: &[R2UploadedPart]) -> Result<R2Object, R2Error> {
    let write =
        R2Write::CompleteMultipartUpload { key: key.into(), upload_id: upload_id.into(), parts: parts.to_vec() };
    store.write_one(write).and_then(object)
}

fn abort(store: &mut R2Store, key: &str, upload_id: &str) -> Result<(), R2Error> {
    store.write_one(R2Write::AbortMultipartUpload { key: key.into(), upload_id: upload_id.into() }).map(drop)
}

fn filled(byte: u8, length: u64) -> Vec<u8> {
    vec![byte; usize::try_from(length).unwrap()]
}

#[test]
fn parts_in_any_order_become_an_object() {
    let world = World::new();
    let mut store = world.store();
    put(&mut store, "k", b"old");
    let id = upload(&mut store, "k");
    let third = part(&mut store, "k", &id, 7, b"end").unwrap();
    part(&mut store, "k", &id, 5, b"unused").unwrap();
    let second = part(&mut store, "k", &id, 2, &filled(2, R2_PART_BYTES_MIN)).unwrap();
    part(&mut store, "k", &id, 1, b"overwritten").unwrap();
    let first = part(&mut store, "k", &id, 1, &filled(1, R2_PART_BYTES_MIN)).unwrap();
    assert_eq!(store.parts("k", &id).unwrap().len(), 4);
    assert_eq!(store.uploads("k").unwrap(), [R2Upload { key: "k".into(), upload_id: id.clone() }]);
    let object = complete(&mut store, "k", &id, &[second, first, third]).unwrap();
    assert!(object.etag.ends_with("-3") && object.etag.len() == 34, "{}", object.etag);
    assert_eq!((object.size, object.checksums.md5), (R2_PART_BYTES_MIN * 2 + 3, None));
    assert_eq!(object.custom_metadata, [("m".to_string(), "1".to_string())]);
    let found = world.store().head("k").unwrap();
    assert_eq!((found.storage_class.as_str(), found.etag.as_str()), ("InfrequentAccess", object.etag.as_str()));
    assert_eq!(world.blobs().len(), 3);
    let body = whole(&store, "k");
    let boundary = usize::try_from(R2_PART_BYTES_MIN).unwrap();
    assert!(body[..boundary].iter().all(|byte| *byte == 1));
    assert!(body[boundary..boundary * 2].iter().all(|byte| *byte == 2));
    assert_eq!(&body[boundary * 2..], b"end");
    let across = read(&store, "k", &from(R2_PART_BYTES_MIN - 1, 2)).unwrap();
    assert_eq!(across, [1, 2]);
    let tail = R2GetOptions { range: Some(R2Range::Suffix(4)), only_if: None };
    assert_eq!(read(&store, "k", &tail).unwrap(), [2, b'e', b'n', b'd']);
    put(&mut store, "k", b"new");
    assert_eq!(world.blobs().len(), 1, "the parts went with the object");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let world = World::new();
    let mut store = world.store();
    let min = R2_PART_BYTES_MIN;
    let mut attempt = |sizes: &[u64], order: &[usize]| {
        let id = upload(&mut store, "k");
        let parts: Vec<_> =
            (1..).zip(sizes).map(|(n, size)| part(&mut store, "k", &id, n, &filled(0, *size)).unwrap()).collect();
        let chosen: Vec<_> = order.iter().map(|index| parts[*index].clone()).collect();
        complete(&mut store, "k", &id, &chosen).map(|object| object.size)
    };
    assert_eq!(attempt(&[3], &[0]), Ok(3));
    assert_eq!(attempt(&[], &[]), Ok(0));
    assert_eq!(attempt(&[min, min, 1], &[0, 1, 2]), Ok(min * 2 + 1));
    assert_eq!(attempt(&[min, min], &[1, 0]), Ok(min * 2));
    assert_eq!(attempt(&[3, 3], &[0, 1]), Err(R2Error::entity_too_small()));
    assert_eq!(attempt(&[1, min], &[1, 0]), Err(R2Error::bad_upload()));
    assert_eq!(attempt(&[min, min + 1, 1], &[0, 1, 2]), Err(R2Error::bad_upload()));
    assert_eq!(attempt(&[min, min + 1], &[0, 1]), Err(R2Error::bad_upload()));
    assert_eq!(attempt(&[3], &[0, 0]), Err(R2Error::internal()));
}

#[test]
fn an_upload_that_is_over_or_never_was() {
    let world = World::new();
    let mut store = world.store();
    let id = upload(&mut store, "k");
    let one = part(&mut store, "k", &id, 1, b"x").unwrap();
    let wrong = R2UploadedPart { part_number: 1, etag: "x".into() };
    assert_eq!(complete(&mut store, "k", &id, &[wrong]), Err(R2Error::invalid_part()));
    assert_eq!(complete(&mut store, "other", &id, &[]), Err(R2Error::internal()));
    complete(&mut store, "k", &id, std::slice::from_ref(&one)).unwrap();
    assert_eq!(complete(&mut store, "k", &id, &[one]), Err(R2Error::no_such_upload()));
    assert_eq!(part(&mut store, "k", &id, 1, b"x"), Err(R2Error::no_such_upload()));
    assert_eq!(abort(&mut store, "k", &id), Ok(()));
    assert_eq!(whole(&store, "k"), b"x");
    let id = upload(&mut store, "k");
    part(&mut store, "k", &id, 1, b"y").unwrap();
    assert_eq!((abort(&mut store, "k", &id), abort(&mut store, "k", &id)), (Ok(()), Ok(())));
    assert_eq!(part(&mut store, "k", &id, 1, b"x"), Err(R2Error::no_such_upload()));
    assert_eq!(complete(&mut store, "k", &id, &[]), Err(R2Error::no_such_upload()));
    assert_eq!(store.parts("k", &id), Err(R2Error::no_such_upload()));
    assert_eq!(abort(&mut store, "k", "none"), Err(R2Error::internal()));
    assert_eq!(part(&mut store, "k", "none", 1, b"x"), Err(R2Error::no_such_upload()));
    assert!(store.uploads("").unwrap().is_empty());
    assert_eq!(world.blobs().len(), 1);
}

/// More parts than files are kept open: the rest is kept for the reader by name.
#[test]
fn a_reader_of_many_parts_reads_on_when_its_object_goes() {
    let world = World::new();
    let mut store = world.store();
    let id = upload(&mut store, "k");
    let parts: Vec<_> = (1..=40).map(|n| part(&mut store, "k", &id, n, &[n as u8]).unwrap()).collect();
    complete(&mut store, "k", &id, &parts[..1]).unwrap();
    // Parts this small make no object by themselves; rows like these are those of an object of large ones.
    let blobs = store.blobs();
    let names: Vec<(String, R2Span)> = (0..40u8)
        .map(|n| {
            let mut body = blobs.stage(&[n], &R2Checksums::default()).unwrap();
            body.named();
            (body.id().to_string(), R2Span { offset: 0, length: 1 })
        })
        .collect();
    let reader = blobs.reader(names.clone()).unwrap().unwrap();
    let second = blobs.reader(names.clone()).unwrap().unwrap();
    names.iter().for_each(|(name, _)| blobs.delete(name));
    assert_eq!(reader.read_all().unwrap(), (0..40).collect::<Vec<u8>>());
    assert!(world.blobs().len() > 1, "the second reader still needs some");
    drop(second);
    assert_eq!(world.blobs().len(), 1);
}

#[test]
fn leftovers_are_swept_and_nothing_else() {
    let world = World::new();
    let mut store = world.store();
    put(&mut store, "k", b"kept");
    let id = upload(&mut store, "m");
    part(&mut store, "m", &id, 1, b"kept").unwrap();
    let mut left = store.blobs().stage(b"left", &R2Checksums::default()).unwrap();
    left.named();
    drop(left);
    let writing = store.blobs().begin(&R2Checksums::default()).unwrap();
    std::fs::write(PersistRoot::new(world.folder.path()).r2_blobs(BUCKET).join("notes.txt"), "mine").unwrap();
    assert_eq!(world.blobs().len(), 5);
    let sweep_at = |now| sweep(world.folder.path(), BUCKET, now).unwrap().removed;
    let now = SystemTime::now();
    assert_eq!(sweep_at(now), 0, "too young");
    let later = now + Duration::from_secs(2 * 60 * 60);
    assert_eq!(sweep_at(later), 1);
    drop(writing);
    assert_eq!(sweep_at(later), 0);
    assert_eq!((whole(&store, "k").as_slice(), world.blobs().len()), (&b"kept"[..], 3));
}

/// A bucket whose name is made safe to the same folder name has its bodies there too.
#[test]
fn a_sweep_spares_a_bucket_that_shares_the_folder() {
    let world = World::new();
    let open = |bucket| R2Store::open(world.folder.path(), bucket, crate::system_clock()).unwrap();
    put(&mut open("a:b"), "k", b"x");
    put(&mut open("a_b"), "k", b"y");
    let later = SystemTime::now() + Duration::from_secs(2 * 60 * 60);
    assert_eq!(sweep(world.folder.path(), "a_b", later).unwrap(), Swept { removed: 0 });
    assert_eq!(whole(&open("a:b"), "k"), b"x");
}

#[test]
fn two_stores_of_one_bucket_see_each_others_writes() {
    let world = World::new();
    let (mut one, mut two) = (world.store(), world.store());
    put(&mut one, "k", b"1");
    assert_eq!(whole(&two, "k"), b"1");
    put(&mut two, "k", b"2");
    assert_eq!(whole(&one, "k"), b"2");
}

/// What a page shows must not depend on what lies around it: the plan is a search in the index.
#[test]
fn pages_are_searches() {
    let world = World::new();
    let store = world.store();
    for sql in [
        "SELECT key FROM _mf_objects WHERE key >= 'x' ORDER BY key",
        "SELECT key FROM _mf_objects WHERE key < 'x' ORDER BY key DESC LIMIT 1",
        "SELECT blob_id FROM _mf_multipart_parts WHERE object_key = 'x'",
    ] {
        let mut statement = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
    }
}

/// A bucket with a hundred thousand objects: a thousand folders `d000/` of a hundred each. Rows only.
fn hundred_thousand(world: &World) -> R2Store {
    let store = world.store();
    store
        .connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
             INSERT INTO _mf_objects
             SELECT printf('d%03d/%02d', i / 100, i % 100), 'none', 'v', 1, 'e', 0, '{}', '{}', '{}' FROM n",
        )
        .unwrap();
    store
}

/// All pages of a list: how many objects and prefixes they have together, and what each page costs.
fn page_costs(store: &mut R2Store, options: R2ListOptions) -> (usize, Vec<u64>) {
    let mut options = options;
    let (mut found, mut costs) = (0, Vec::new());
    loop {
        let list = |store: &mut R2Store| store.list(&options).unwrap();
        let (page, steps) = crate::steps::during(store, |store| &store.connection, list);
        found += page.objects.len() + page.delimited_prefixes.len();
        costs.push(steps);
        options.cursor = page.cursor;
        if options.cursor.is_none() {
            return (found, costs);
        }
    }
}

#[test]
fn a_page_costs_the_same_at_the_end_as_at_the_start() {
    let world = World::new();
    let mut store = hundred_thousand(&world);
    let spread = |costs: &[u64]| costs.iter().max().unwrap() - costs.iter().min().unwrap();

    let (found, costs) = page_costs(&mut store, R2ListOptions::default());
    assert_eq!((found, costs.len()), (100_000, 100));
    assert!(spread(&costs) <= 64 && costs[0] < 1000 * 32, "{costs:?}");

    // Each prefix stands for a hundred objects that are not looked at.
    let delimited = R2ListOptions { delimiter: "/".into(), limit: Some(50), ..R2ListOptions::default() };
    let (found, costs) = page_costs(&mut store, delimited);
    assert_eq!((found, costs.len()), (1000, 20));
    assert!(spread(&costs) <= 128 && costs[0] < 50 * 64, "{costs:?}");

    let mut within = |prefix: &str| {
        let (found, costs) =
            page_costs(&mut store, R2ListOptions { prefix: prefix.into(), ..R2ListOptions::default() });
        assert_eq!((found, costs.len()), (100, 1), "{prefix}");
        costs[0]
    };
    let costs = [within("d000/"), within("d500/"), within("d999/")];
    assert!(spread(&costs) <= 64, "{costs:?}");
}

#[test]
fn limits_of_a_list() {
    let world = World::new();
    let mut store = world.store();
    for n in 0..105 {
        put(&mut store, &format!("{n:03}"), b"");
    }
    let list = |limit, include_http| {
        let options = R2ListOptions { limit, include_http, ..R2ListOptions::default() };
        store.list(&options).map(|page| (page.objects.len(), page.cursor.is_some()))
    };
    assert_eq!(list(None, false), Ok((105, false)));
    assert_eq!(list(None, true), Ok((100, true)));
    assert_eq!(list(Some(105), false), Ok((105, false)));
    assert_eq!(list(Some(104), false), Ok((104, true)));
    for limit in [0, -1, 1001] {
        assert_eq!(list(Some(limit), false), Err(R2Error::invalid_max_keys()));
    }
    let page = store.list(&R2ListOptions { limit: Some(2), ..R2ListOptions::default() }).unwrap();
    assert_eq!(page.cursor.as_deref(), Some("MDAx"), "the last key in base64");
}

/// What a list shows, by filtering and grouping all keys.
fn listed(all: &BTreeMap<String, u64>, options: &R2ListOptions, after: Option<&str>) -> (Vec<String>, Vec<String>) {
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    for key in all.keys() {
        let Some(rest) = key.strip_prefix(options.prefix.as_str()) else { continue };
        if after.is_some_and(|after| key.as_str() <= after) {
            continue;
        }
        let at = if options.delimiter.is_empty() { None } else { rest.find(options.delimiter.as_str()) };
        match at {
            None => objects.push(key.clone()),
            Some(at) => {
                let prefix = format!("{}{}", options.prefix, &rest[..at + options.delimiter.len()]);
                if prefixes.last() != Some(&prefix) {
                    prefixes.push(prefix);
                }
            }
        }
    }
    (objects, prefixes)
}

fn some_key() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop::sample::select(vec!["a", "b", "/", "//", "\u{e9}", "\u{ffff}", "\u{1f600}", "~", "%"]),
        0..6,
    )
    .prop_map(|pieces| pieces.concat())
}

#[derive(Clone, Debug)]
enum Op {
    Put(String, Vec<u8>),
    Delete(Vec<String>),
    Multipart(String, Vec<u8>),
}

fn some_op() -> impl Strategy<Value = Op> {
    let body = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        4 => (some_key(), body()).prop_map(|(key, body)| Op::Put(key, body)),
        1 => prop::collection::vec(some_key(), 0..4).prop_map(Op::Delete),
        1 => (some_key(), body()).prop_map(|(key, body)| Op::Multipart(key, body)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lists_are_those_of_a_sorted_map(
        all in prop::collection::btree_set(some_key(), 0..30),
        prefix in some_key().prop_map(|key| key.chars().take(2).collect::<String>()),
        delimiter in prop::sample::select(vec!["", "/", "//", "a", "\u{e9}"]),
        start_after in prop::option::of(some_key()),
        limit in 1i64..5,
    ) {
        let world = World::new();
        let mut store = world.store();
        let mut model = BTreeMap::new();
        for key in all {
            put(&mut store, &key, b"");
            model.insert(key, 0);
        }
        let mut options = R2ListOptions {
            prefix, delimiter: delimiter.into(), start_after, limit: Some(limit), ..R2ListOptions::default()
        };
        let (objects, prefixes) = listed(&model, &options, options.start_after.as_deref());
        let (mut seen_objects, mut seen_prefixes) = (Vec::new(), Vec::new());
        loop {
            let page = store.list(&options).unwrap();
            let shown = page.objects.len() + page.delimited_prefixes.len();
            prop_assert!(shown as i64 == limit || page.cursor.is_none());
            seen_objects.extend(page.objects.into_iter().map(|object| object.key));
            seen_prefixes.extend(page.delimited_prefixes);
            options.cursor = page.cursor;
            if options.cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(seen_objects, objects);
        prop_assert_eq!(seen_prefixes, prefixes);
    }

    #[test]
    fn the_store_is_a_map_and_keeps_no_file_too_many(ops in prop::collection::vec(some_op(), 0..25)) {
        let world = World::new();
        let mut store = world.store();
        let mut model: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put(key, body) => {
                    put(&mut store, &key, &body);
                    model.insert(key, body);
                }
                Op::Delete(keys) => {
                    keys.iter().for_each(|key| drop(model.remove(key)));
                    store.delete(keys).unwrap();
                }
                Op::Multipart(key, body) => {
                    let id = upload(&mut store, &key);
                    let one = part(&mut store, &key, &id, 3, &body).unwrap();
                    complete(&mut store, &key, &id, &[one]).unwrap();
                    model.insert(key, body);
                }
            }
        }
        let store = world.store();
        for (key, body) in &model {
            prop_assert_eq!(&whole(&store, key), body);
        }
        prop_assert_eq!(world.blobs().len(), model.len());
        let page = store.list(&R2ListOptions::default()).unwrap();
        prop_assert_eq!(keys(&page), model.keys().collect::<Vec<_>>());
    }
}
