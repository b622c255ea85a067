//! Heads and bodies in both directions, and who may leave when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use lopata_bridges::stream;
use lopata_protocol::{Body, WireError};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::support::{Fetch, fetcher, get, read_head, server, within};
use crate::server::tests::harness::{Server, answer, head, read_all};

const MIB: u64 = 1024 * 1024;
/// More than the system keeps for one connection.
const IN_FLIGHT_MAX: u64 = 40 * MIB;

#[tokio::test]
async fn a_request_goes_out_as_it_was_given_and_connections_are_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let address = server(move |mut client| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            loop {
                let lines = read_head(&mut client).await;
                if lines.is_empty() {
                    return;
                }
                let echo = lines.join("\n");
                let head = "HTTP/1.1 299 Odd\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nx-raw: \u{e9}\r\n";
                client.send(format!("{head}content-length: {}\r\n\r\n{echo}", echo.len())).await;
            }
        }
    })
    .await;
    let service = fetcher();
    let url = format!("http://localhost:{}/p?q=1", address.port());
    for _ in 0..3 {
        let headers: &[(&str, &[u8])] = &[("x-a", b"1"), ("cf-connecting-ip", b"203.0.113.1")];
        let fetched = Fetch { headers, ..get(&url) }.run(&service).await.unwrap();
        assert_eq!((fetched.head.status, fetched.head.status_text.as_str()), (299, "Odd"));
        assert_eq!(fetched.head.url, url);
        let cookies = fetched.head.headers.iter().filter(|(name, _)| *name == "set-cookie").count();
        assert_eq!((cookies, fetched.head.headers.get("x-raw")), (2, Some("\u{e9}".as_bytes())));
        assert!(matches!(fetched.body, Body::Inline(_)), "a small body needs no stream");
        let host = format!("host: localhost:{}", address.port());
        let echo = fetched.text().await;
        let mut lines: Vec<&str> = echo.lines().collect();
        lines[1..].sort();
        let expected =
            ["GET /p?q=1 HTTP/1.1", "accept-encoding: gzip, br", "cf-worker: shop.example.com", &host, "x-a: 1"];
        assert_eq!(lines, expected);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn both_bodies_flow_at_once() {
    let address = server(|mut client| async move {
        let lines = read_head(&mut client).await;
        assert!(lines.iter().any(|line| line == "transfer-encoding: chunked"), "{lines:?}");
        client.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        // Each piece is answered before the next one exists.
        while let Some(chunk) = client.chunk().await {
            client.send(format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(&chunk))).await;
            if chunk.is_empty() {
                return;
            }
        }
    })
    .await;
    let (mut writer, body) = stream();
    let url = format!("http://{address}/");
    let mut fetched = Fetch { method: "POST", body: Some((body, None)), ..get(&url) }.run(&fetcher()).await.unwrap();
    let mut reader = fetched.reader();
    for n in 0..20 {
        let piece = format!("piece {n}");
        writer.write(Bytes::from(piece.clone())).await.unwrap();
        assert_eq!(within(reader.read()).await.unwrap().unwrap(), piece);
    }
    writer.finish();
    assert!(within(reader.read()).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_goes_through_server_and_fetcher_unchanged() {
    let echo = Server::start(|call, reply| {
        tokio::spawn(async move { answer(reply, head(200, &[]), read_all(call).await.unwrap()) });
    })
    .await;
    let url = format!("{}/", echo.bound.url);
    for length in [None, Some(8 * MIB)] {
        let (mut writer, body) = stream();
        tokio::spawn(async move {
            for n in 0..128u8 {
                writer.write(Bytes::from(vec![n; 64 * 1024])).await.unwrap();
            }
            writer.finish();
        });
        let fetched = Fetch { method: "POST", body: Some((body, length)), ..get(&url) }.run(&fetcher()).await.unwrap();
        assert!(matches!(fetched.body, Body::Stream { length: Some(length), .. } if length == 8 * MIB));
        let bytes = fetched.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, 8 * MIB);
        assert!(bytes.chunks(64 * 1024).enumerate().all(|(n, chunk)| chunk.iter().all(|byte| *byte == n as u8)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_download_moves_at_the_readers_pace_and_ends_with_it() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let (ended, mut ends) = mpsc::unbounded_channel();
    let address = server(move |mut client| {
        let (sent, ended) = (Arc::clone(&counter), ended.clone());
        async move {
            read_head(&mut client).await;
            client.send("HTTP/1.1 200 OK\r\n\r\n").await;
            while client.stream.write_all(&[7; 64 * 1024]).await.is_ok() {
                sent.fetch_add(64 * 1024, Ordering::SeqCst);
            }
            ended.send(()).unwrap();
        }
    })
    .await;
    let url = format!("http://{address}/");
    let mut reader = get(&url).run(&fetcher()).await.unwrap().reader();
    let mut taken = 0;
    while taken < 64 * MIB {
        taken += within(reader.read()).await.unwrap().unwrap().len() as u64;
        let ahead = sent.load(Ordering::SeqCst).saturating_sub(taken);
        assert!(ahead <= IN_FLIGHT_MAX, "{ahead} bytes are in flight");
        tokio::task::yield_now().await;
    }
    drop(reader);
    within(ends.recv()).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_head_cancels_the_request() {
    let (asked, mut requests) = mpsc::unbounded_channel();
    let (ended, mut ends) = mpsc::unbounded_channel();
    let address = server(move |mut client| {
        let (asked, ended) = (asked.clone(), ended.clone());
        async move {
            read_head(&mut client).await;
            asked.send(()).unwrap();
            assert!(client.is_closed().await);
            ended.send(()).unwrap();
        }
    })
    .await;
    let url = format!("http://{address}/");
    let receiver = get(&url).start(&fetcher());
    within(requests.recv()).await.unwrap();
    drop(receiver);
    within(ends.recv()).await.unwrap();
}

#[tokio::test]
async fn a_body_of_the_worker_that_fails_is_the_error_it_gets() {
    let (seen, mut bodies) = mpsc::unbounded_channel();
    let address = server(move |mut client| {
        let seen = seen.clone();
        async move {
            read_head(&mut client).await;
            let mut chunks = 0;
            while let Some(chunk) = client.chunk().await {
                assert!(!chunk.is_empty(), "a failed body must not look complete");
                chunks += 1;
            }
            seen.send(chunks).unwrap();
        }
    })
    .await;
    let (mut writer, body) = stream();
    let url = format!("http://{address}/");
    let answer = Fetch { method: "PUT", body: Some((body, None)), ..get(&url) }.start(&fetcher());
    writer.write(Bytes::from_static(b"half")).await.unwrap();
    writer.fail(WireError::new("RangeError", "my own"));
    let error = super::support::response(answer).await.err().unwrap();
    assert_eq!(error.to_string(), "RangeError: my own");
    assert!(within(bodies.recv()).await.unwrap() <= 1);
}

#[tokio::test]
async fn responses_without_a_body_are_told_from_empty_ones() {
    let address = server(|mut client| async move {
        while let [line, ..] = read_head(&mut client).await.as_slice() {
            let status = line.split(['/', ' ']).nth(2).unwrap().to_owned();
            let length = if status == "204" { "" } else { "content-length: 0\r\n" };
            client.send(format!("HTTP/1.1 {status} X\r\n{length}\r\n")).await;
        }
    })
    .await;
    let service = fetcher();
    for (method, status, body) in [
        ("GET", 200, Body::Inline(Bytes::new())),
        ("HEAD", 200, Body::Empty),
        ("GET", 204, Body::Empty),
        ("GET", 304, Body::Empty),
        ("GET", 302, Body::Inline(Bytes::new())),
        ("GET", 500, Body::Inline(Bytes::new())),
    ] {
        let url = format!("http://{address}/{status}");
        let fetched = Fetch { method, ..get(&url) }.run(&service).await.unwrap();
        assert_eq!((fetched.head.status, &fetched.body), (status, &body), "{method} {status}");
    }
}
