//! Tests of the actor through its service: what is stored, in which forms it comes back, and long bodies.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use lopata_bridges::{CacheRequest, Parcel, stream};
use lopata_protocol::limits::BODY_INLINE_BYTES_MAX;
use lopata_protocol::{Body, CacheAnswer, CacheCall, CacheWanted, HeaderList, WireError};

use super::*;

/// The caches of a folder.
struct Fixture {
    folder: tempfile::TempDir,
    caches: Caches,
}

impl Fixture {
    /// Inside a runtime.
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), caches: Caches::default() }
    }

    async fn call(&self, call: impl Into<CacheRequest>) -> Parcel<CacheAnswer> {
        self.caches.service(self.folder.path()).1.call(call).await.unwrap().unwrap()
    }

    async fn put(&self, key: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> bool {
        stored(&self.call(put(key, headers, Body::Inline(body.into()))).await)
    }

    /// Status, headers as one text, body.
    async fn get(&self, key: &str, wanted: CacheWanted) -> Option<(u16, HeaderList, Vec<u8>)> {
        let call = CacheCall::Match { cache: "default".into(), key: key.into(), wanted: Box::new(wanted) };
        let Parcel { message, mut attachments } = self.call(call).await;
        let CacheAnswer::Hit { status, headers, body } = message else { return None };
        let body = match body {
            Body::Empty => Vec::new(),
            Body::Inline(bytes) => bytes.to_vec(),
            Body::Stream { id, length } => {
                let mut reader = attachments.take_stream(id).unwrap();
                let mut whole = Vec::new();
                while let Some(bytes) = reader.read().await {
                    whole.extend_from_slice(&bytes.unwrap());
                }
                assert_eq!(length, Some(whole.len() as u64));
                whole
            }
        };
        Some((status, headers, body))
    }

    fn blob_count(&self) -> usize {
        let blobs = lopata_storage::PersistRoot::new(self.folder.path()).cache_blobs("default");
        std::fs::read_dir(blobs).map_or(0, Iterator::count)
    }
}

fn put(key: &str, headers: &[(&str, &str)], body: Body) -> CacheCall {
    CacheCall::Put {
        cache: "default".into(),
        key: key.into(),
        authorized: false,
        status: 200,
        headers: headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect(),
        body,
        ttl_ms: None,
    }
}

fn stored(answer: &Parcel<CacheAnswer>) -> bool {
    matches!(answer.message, CacheAnswer::Put { stored: true })
}

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=600"), ("content-type", "text/plain")];

fn range(range: &str) -> CacheWanted {
    CacheWanted { range: Some(range.into()), ..CacheWanted::default() }
}

#[tokio::test]
async fn nothing_is_started_before_the_first_call() {
    let fixture = Fixture::new();
    let (id, _service) = fixture.caches.service(fixture.folder.path());
    assert_eq!(fixture.caches.service(fixture.folder.path()).0, id);
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
    assert!(fixture.caches.close(Duration::from_secs(60)));
}

#[tokio::test]
async fn a_response_comes_back_in_each_form() {
    let fixture = Fixture::new();
    assert!(fixture.put("u", FRESH, "hello world").await);
    let (status, headers, body) = fixture.get("u", CacheWanted::default()).await.unwrap();
    assert_eq!((status, body.as_slice()), (200, &b"hello world"[..]));
    for (name, value) in [("cf-cache-status", "HIT"), ("age", "0"), ("content-length", "11")] {
        assert_eq!(headers.get(name), Some(value.as_bytes()), "{name}");
    }
    let (status, headers, body) = fixture.get("u", range("bytes=6-")).await.unwrap();
    assert_eq!((status, body.as_slice()), (206, &b"world"[..]));
    assert_eq!(headers.get("content-range"), Some(&b"bytes 6-10/11"[..]));
    assert_eq!(headers.get("content-length"), Some(&b"5"[..]));
    let (status, headers, body) = fixture.get("u", range("bytes=0-1,3-4")).await.unwrap();
    assert_eq!(status, 206);
    assert_eq!(headers.get("content-length"), Some(body.len().to_string().as_bytes()));
    assert!(headers.get("content-type").unwrap().starts_with(b"multipart/byteranges; boundary=lopata-boundary-"));
    let (status, headers, body) = fixture.get("u", range("bytes=11-")).await.unwrap();
    assert_eq!((status, headers.get("content-range"), body.len()), (416, Some(&b"bytes */11"[..]), 0));
}

#[tokio::test]
async fn what_may_not_be_stored_leaves_what_was_there_and_what_is_stale_does_not() {
    let fixture = Fixture::new();
    fixture.put("u", FRESH, "one").await;
    assert!(!fixture.put("u", &[("cache-control", "no-store")], "two").await);
    assert_eq!(fixture.get("u", CacheWanted::default()).await.unwrap().2, b"one");
    assert!(!fixture.put("u", &[("cache-control", "max-age=0")], "three").await);
    assert!(fixture.get("u", CacheWanted::default()).await.is_none());
}

#[tokio::test]
async fn long_bodies_stream_both_ways_in_all_forms() {
    let fixture = Fixture::new();
    let whole: Vec<u8> = (0..BODY_INLINE_BYTES_MAX * 12).map(|n| (n % 251) as u8).collect();
    let (mut writer, reader) = stream();
    let mut request = Parcel::new(put("u", FRESH, Body::Stream { id: reader.id(), length: None }));
    request.attachments.attach_stream(reader);
    let source = Bytes::from(whole.clone());
    let (answer, ()) = tokio::join!(fixture.call(request), async {
        writer.write(source).await.unwrap();
        writer.finish();
    });
    assert!(stored(&answer));
    let (_, headers, body) = fixture.get("u", CacheWanted::default()).await.unwrap();
    assert!(body == whole && headers.get("content-length").is_none(), "nobody said how long it is");
    let (status, _, body) = fixture.get("u", range("bytes=100000-")).await.unwrap();
    assert!(status == 206 && body == whole[100_000..]);
    let (_, _, body) = fixture.get("u", range("bytes=5-9")).await.unwrap();
    assert_eq!(body, &whole[5..10]);
    let (_, headers, body) = fixture.get("u", range("bytes=0-299999,300000-")).await.unwrap();
    assert!(body.len() > whole.len() && headers.get("content-length") == Some(body.len().to_string().as_bytes()));
}

#[tokio::test]
async fn a_body_that_fails_stores_nothing() {
    let fixture = Fixture::new();
    fixture.put("u", FRESH, "one").await;
    let (mut writer, reader) = stream();
    let mut request = Parcel::new(put("u", FRESH, Body::Stream { id: reader.id(), length: Some(9) }));
    request.attachments.attach_stream(reader);
    let (answer, ()) = tokio::join!(fixture.call(request), async {
        writer.write(Bytes::from(vec![0; 200_000])).await.unwrap();
        writer.fail(WireError::new("Error", "boom"));
    });
    assert!(!stored(&answer));
    assert_eq!(fixture.get("u", CacheWanted::default()).await.unwrap().2, b"one");
    assert_eq!(fixture.blob_count(), 1);
}

#[tokio::test]
async fn a_body_that_is_not_stored_is_read_all_the_same() {
    let fixture = Fixture::new();
    let (mut writer, reader) = stream();
    let headers = &[("cache-control", "no-store")];
    let mut request = Parcel::new(put("u", headers, Body::Stream { id: reader.id(), length: None }));
    request.attachments.attach_stream(reader);
    let (answer, ()) = tokio::join!(fixture.call(request), async {
        writer.write(Bytes::from(vec![0; 2_000_000])).await.unwrap();
        writer.finish();
    });
    assert!(!stored(&answer));
    assert_eq!(fixture.blob_count(), 0);
}

#[tokio::test]
async fn calls_are_answered_in_their_order() {
    let fixture = Fixture::new();
    let (_, service) = fixture.caches.service(fixture.folder.path());
    let mut answers = Vec::new();
    let delete = |cache: &str| CacheCall::Delete { cache: cache.into(), key: "u".into() };
    for _ in 0..100 {
        answers.push((service.call(put("u", FRESH, Body::Empty)), CacheAnswer::Put { stored: true }));
        answers.push((service.call(delete("named:x")), CacheAnswer::Deleted { found: false }));
        answers.push((service.call(delete("default")), CacheAnswer::Deleted { found: true }));
        answers.push((service.call(delete("default")), CacheAnswer::Deleted { found: false }));
    }
    for (answer, expected) in answers {
        assert_eq!(answer.await.unwrap().unwrap().message, expected);
    }
    assert!(fixture.caches.close(Duration::from_secs(60)));
    assert!(service.call(delete("default")).await.is_err(), "it is closed");
}

#[tokio::test]
async fn more_caches_than_may_be_open() {
    let fixture = Fixture::new();
    let total = lopata_protocol::limits::CACHES_OPEN_MAX + 3;
    for round in 0..2 {
        for n in 0..total {
            let CacheCall::Put { key, authorized, status, headers, body, ttl_ms, .. } = put("u", FRESH, Body::Empty)
            else {
                unreachable!("it is a put")
            };
            let cache = format!("named:{n}");
            if round == 0 {
                fixture.call(CacheCall::Put { cache, key, authorized, status, headers, body, ttl_ms }).await;
            } else {
                let found = fixture.call(CacheCall::Delete { cache, key }).await.message;
                assert_eq!(found, CacheAnswer::Deleted { found: true });
            }
        }
    }
}
