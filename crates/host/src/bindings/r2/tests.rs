//! A bucket by its actor: bodies in memory and as streams, side by side, and the end of it all.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;

use bytes::Bytes;
use lopata_bridges::stream;
use lopata_protocol::WireError;
use lopata_protocol::r2::{R2Error, R2GetOptions, R2ListOptions, R2PutOptions, R2Range, R2UploadedPart};

use super::bucket::{BodyIn, BodyOut, Found};
use super::*;

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    bucket: Bucket,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::default();
        let bucket = stores.bucket(folder.path(), "b").unwrap();
        Self { folder, stores, bucket }
    }

    fn blobs(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("r2/b/blobs")).map_or(0, Iterator::count)
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7 + n / 251) as u8).collect()
}

async fn collect(body: BodyOut) -> Vec<u8> {
    match body {
        BodyOut::Bytes(bytes) => bytes.into(),
        BodyOut::Stream(mut reader) => {
            let mut all = Vec::new();
            while let Some(chunk) = reader.read().await {
                all.extend_from_slice(&chunk.unwrap());
            }
            all
        }
    }
}

async fn body_of(bucket: &Bucket, key: &str, options: R2GetOptions) -> Vec<u8> {
    let Found::Object(object, body) = bucket.get(key, options).await.unwrap() else { panic!("there is no condition") };
    let body = collect(body).await;
    assert_eq!(body.len() as u64, object.range.unwrap().length);
    body
}

/// Writes `body` into a stream; `Err` fails it at the end.
fn streamed(body: Vec<u8>, length: Option<u64>, end: Result<(), WireError>) -> BodyIn {
    let (mut writer, reader) = stream();
    tokio::spawn(async move {
        for chunk in body.chunks(100_000) {
            if writer.write(Bytes::copy_from_slice(chunk)).await.is_err() {
                return;
            }
        }
        match end {
            Ok(()) => writer.finish(),
            Err(error) => writer.fail(error),
        }
    });
    BodyIn::Stream { reader, length }
}

#[test]
fn bodies_of_every_size_come_back() {
    let world = World::new();
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0, "nothing is written before the first call");
    run(async {
        for size in [0, 1, 64 * 1024, 64 * 1024 + 1, 300_000, 1024 * 1024, 3_000_000] {
            let body = pattern(size);
            let none = R2PutOptions::default;
            let whole = world.bucket.put("whole", BodyIn::Bytes(body.clone().into()), none()).await.unwrap();
            let stream = streamed(body.clone(), Some(size as u64), Ok(()));
            let streamed_in = world.bucket.put("streamed", stream, none()).await.unwrap();
            let stream = streamed(body.clone(), None, Ok(()));
            world.bucket.put("unknown", stream, none()).await.unwrap();
            assert_eq!((whole.size, &whole.etag), (size as u64, &streamed_in.etag));
            for key in ["whole", "streamed", "unknown"] {
                assert!(body_of(&world.bucket, key, R2GetOptions::default()).await == body, "{key} of {size}");
            }
            if size > 10 {
                let range = Some(R2Range::From { offset: Some(5), length: None });
                let rest = body_of(&world.bucket, "whole", R2GetOptions { range, only_if: None }).await;
                assert!(rest == body[5..], "{size}");
            }
        }
        assert_eq!(world.blobs(), 3);
    });
}

#[test]
fn a_stream_that_breaks_or_has_another_length_stores_nothing() {
    let world = World::new();
    run(async {
        let none = R2PutOptions::default;
        world.bucket.put("k", BodyIn::Bytes("old".into()), none()).await.unwrap();
        for (body, text) in [
            (streamed(pattern(500_000), None, Err(WireError::new("RangeError", "mine"))), "mine"),
            (streamed(pattern(10), Some(11), Ok(())), "did not see all expected bytes"),
            (streamed(pattern(500_000), Some(499_999), Ok(())), "too many bytes"),
        ] {
            let error = world.bucket.put("k", body, none()).await.unwrap_err();
            assert!(error.text.contains(text), "{error}");
        }
        let long = "k".repeat(1025);
        let refused = world.bucket.put(long, streamed(pattern(10), None, Ok(())), none()).await;
        assert_eq!(refused, Err(R2Error::invalid_object_name()));
        assert_eq!(body_of(&world.bucket, "k", R2GetOptions::default()).await, b"old");
        assert_eq!(world.blobs(), 1);
    });
}

/// One body that nobody reads and one that nobody finishes, and everything else goes on.
#[test]
fn a_stalled_body_holds_up_nobody() {
    let world = World::new();
    run(async {
        let none = R2PutOptions::default;
        world.bucket.put("large", BodyIn::Bytes(pattern(5_000_000).into()), none()).await.unwrap();
        let Found::Object(_, unread) = world.bucket.get("large", R2GetOptions::default()).await.unwrap() else {
            panic!("there is no condition")
        };
        let (mut unfinished, reader) = stream();
        let putting = world.bucket.put("late", BodyIn::Stream { reader, length: None }, none());
        let mut putting = std::pin::pin!(putting);
        let begun = poll_fn(|cx| std::task::Poll::Ready(putting.as_mut().poll(cx).is_pending())).await;
        assert!(begun);
        unfinished.write("start".into()).await.unwrap();

        world.bucket.put("large", BodyIn::Bytes("new".into()), none()).await.unwrap();
        assert_eq!(body_of(&world.bucket, "large", R2GetOptions::default()).await, b"new");
        assert!(world.bucket.head("late").await.is_err());

        assert!(collect(unread).await == pattern(5_000_000), "what was being read is what it was");
        unfinished.finish();
        putting.await.unwrap();
        assert_eq!(body_of(&world.bucket, "late", R2GetOptions::default()).await, b"start");
    });
}

#[test]
fn parts_are_streamed_too() {
    let world = World::new();
    run(async {
        let id = world.bucket.create_multipart_upload("k", Default::default()).await.unwrap();
        let size = 5 * 1024 * 1024;
        let mut parts = Vec::new();
        for (part_number, body) in [(2, pattern(7)), (1, pattern(size))] {
            let etag = world.bucket.upload_part("k", &*id, part_number, streamed(body, None, Ok(()))).await.unwrap();
            parts.push(R2UploadedPart { part_number, etag });
        }
        parts.reverse();
        assert_eq!(world.bucket.list_parts("k", &*id).await.unwrap().len(), 2);
        let object = world.bucket.complete_multipart_upload("k", id, parts).await.unwrap();
        assert_eq!(object.size, size as u64 + 7);
        assert!(body_of(&world.bucket, "k", R2GetOptions::default()).await == [pattern(size), pattern(7)].concat());
        assert_eq!(world.bucket.list(R2ListOptions::default()).await.unwrap().objects.len(), 1);
    });
}

#[test]
fn close_waits_for_what_is_under_way() {
    let World { folder, stores, bucket } = World::new();
    run(async {
        bucket.put("k", BodyIn::Bytes(pattern(3_000_000).into()), R2PutOptions::default()).await.unwrap();
        let Found::Object(_, body) = bucket.get("k", R2GetOptions::default()).await.unwrap() else {
            panic!("there is no condition")
        };
        drop(bucket);
        assert!(!stores.close(Duration::ZERO), "somebody still reads");
        assert_eq!(collect(body).await.len(), 3_000_000);
    });
    let stores = Stores::default();
    drop(stores.bucket(folder.path(), "b").unwrap());
    assert!(stores.close(Duration::from_secs(60)));
}

#[test]
fn the_documented_methods_and_options_are_those_of_the_class() {
    let page = include_str!("../../../../../docs/bindings/r2.md");
    let class = concat!(
        include_str!("../../../../guest/src/ext/r2/r2.js"),
        include_str!("../../../../guest/src/ext/r2/request.js")
    );
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.ends_with("| complete |"));
    let mut seen = Vec::new();
    for row in rows {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let method = cells.next().unwrap().trim_matches('`').split('(').next().unwrap().to_string();
        assert!(class.contains(&format!("  {method}(")) || class.contains(&format!(" async {method}(")), "no {method}");
        for option in cells.next().unwrap().split(',').map(|option| option.trim().trim_matches('`')) {
            assert!(class.contains(option), "the option {option} of {method} is documented and not taken");
        }
        seen.push(method);
    }
    assert_eq!(seen.len(), 10, "{seen:?}");
}
