//! What other servers encode.

use async_compression::tokio::write::{BrotliEncoder, GzipEncoder};
use lopata_protocol::Body;
use tokio::io::AsyncWriteExt;

use super::support::{Fetch, fetcher, get, read_head, server, within};

async fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(text).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

async fn brotli(text: &[u8]) -> Vec<u8> {
    let mut encoder = BrotliEncoder::new(Vec::new());
    encoder.write_all(text).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

/// A server whose every response has this encoding and this body.
async fn serving(encoding: &'static str, body: Vec<u8>) -> String {
    let address = server(move |mut client| {
        let body = body.clone();
        async move {
            while let [line, ..] = read_head(&mut client).await.as_slice() {
                let is_head = line.starts_with("HEAD");
                let length = body.len();
                client
                    .send(format!(
                        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n"
                    ))
                    .await;
                client.send(if is_head { &[] } else { body.as_slice() }).await;
            }
        }
    })
    .await;
    format!("http://{address}/")
}

#[tokio::test]
async fn gzip_and_brotli_arrive_plain_with_their_headers() {
    let text = "to be or not to be ".repeat(20_000);
    let bodies =
        [("gzip", gzip(text.as_bytes()).await), ("br", brotli(text.as_bytes()).await), ("GZIP", gzip(b"tiny").await)];
    for (encoding, encoded) in bodies {
        let length = encoded.len().to_string();
        let url = serving(encoding, encoded).await;
        // Also when the worker passes an `Accept-Encoding` on.
        for headers in [&[][..], &[("accept-encoding", &b"br, gzip"[..])]] {
            let fetched = Fetch { headers, ..get(&url) }.run(&fetcher()).await.unwrap();
            assert_eq!(fetched.header("content-encoding").as_deref(), Some(encoding));
            assert_eq!(fetched.header("content-length"), Some(length.clone()));
            assert!(!fetched.head.encoded);
            assert!(!matches!(fetched.body, Body::Stream { length: Some(_), .. }), "the plain length is not known");
            let expected = if encoding == "GZIP" { "tiny" } else { &text };
            assert_eq!(fetched.text().await, expected);
        }
        let head = Fetch { method: "HEAD", ..get(&url) }.run(&fetcher()).await.unwrap();
        assert_eq!((head.header("content-length"), head.body), (Some(length), Body::Empty));
    }
}

#[tokio::test]
async fn who_decodes_himself_gets_what_was_sent() {
    let packed = gzip(b"plain").await;
    let url = serving("gzip", packed.clone()).await;
    let fetched = Fetch { keeps_coding: true, ..get(&url) }.run(&fetcher()).await.unwrap();
    assert!(fetched.head.encoded);
    assert_eq!(fetched.bytes().await.unwrap(), packed);
}

#[tokio::test]
async fn other_encodings_are_left_alone_and_marked() {
    for encoding in ["zstd", "deflate", "gzip, br"] {
        let url = serving(encoding, b"whatever".to_vec()).await;
        let fetched = get(&url).run(&fetcher()).await.unwrap();
        assert!(fetched.head.encoded);
        assert_eq!(fetched.text().await, "whatever");
    }
}

#[tokio::test]
async fn members_are_joined_and_garbage_and_truncation_are_errors() {
    let twice = [gzip(b"one ").await, gzip(b"two").await].concat();
    assert_eq!(get(&serving("gzip", twice).await).run(&fetcher()).await.unwrap().text().await, "one two");

    let garbage = get(&serving("gzip", b"this is no gzip".to_vec()).await).run(&fetcher()).await.unwrap();
    let error = garbage.bytes().await.unwrap_err();
    assert_eq!(error.message, "internal error");
    assert!(error.cause.unwrap().message.starts_with("cannot decode the body of http://127.0.0.1:"));

    let mut short = gzip(&[7; 100_000]).await;
    short.truncate(short.len() - 4);
    let truncated = get(&serving("gzip", short).await).run(&fetcher()).await.unwrap();
    assert!(truncated.bytes().await.is_err());
}

#[tokio::test]
async fn a_body_of_zeros_expands_at_the_readers_pace() {
    // A megabyte that becomes a gigabyte: reading the first of it must not unpack the rest.
    let url = serving("gzip", gzip(&vec![0; 64 * 1024 * 1024]).await).await;
    let mut reader = get(&url).run(&fetcher()).await.unwrap().reader();
    let mut taken = 0;
    while let Some(chunk) = within(reader.read()).await {
        let chunk = chunk.unwrap();
        assert!(chunk.len() <= 64 * 1024 && chunk.iter().all(|byte| *byte == 0));
        taken += chunk.len();
    }
    assert_eq!(taken, 64 * 1024 * 1024);
}

#[tokio::test]
async fn an_encoded_event_stream_arrives_event_by_event() {
    for encoding in ["gzip", "br"] {
        let (next, turns) = tokio::sync::mpsc::unbounded_channel::<()>();
        let turns = std::sync::Mutex::new(Some(turns));
        let address = server(move |mut client| {
            let mut turns = turns.lock().unwrap().take().unwrap();
            async move {
                read_head(&mut client).await;
                client.send(format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\n\r\n")).await;
                let mut gzip = GzipEncoder::new(Vec::new());
                let mut brotli = BrotliEncoder::new(Vec::new());
                while turns.recv().await.is_some() {
                    let bytes = if encoding == "gzip" {
                        gzip.write_all(b"data: x\n\n").await.unwrap();
                        gzip.flush().await.unwrap();
                        std::mem::take(gzip.get_mut())
                    } else {
                        brotli.write_all(b"data: x\n\n").await.unwrap();
                        brotli.flush().await.unwrap();
                        std::mem::take(brotli.get_mut())
                    };
                    client.send(bytes).await;
                }
            }
        })
        .await;
        let url = format!("http://{address}/");
        let mut reader = get(&url).run(&fetcher()).await.unwrap().reader();
        for _ in 0..5 {
            next.send(()).unwrap();
            let mut event = Vec::new();
            while event.len() < 9 {
                event.extend_from_slice(&within(reader.read()).await.unwrap().unwrap());
            }
            assert_eq!(event, b"data: x\n\n", "{encoding}");
        }
    }
}
