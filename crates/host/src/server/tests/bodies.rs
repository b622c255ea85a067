//! Bodies that are longer than a message, in both directions, at the pace of the slower side.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lopata_bridges::{Reply, stream};
use lopata_protocol::{Body, WireError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use super::harness::{Client, Server, answer, answer_stream, head, read_all, within};
use crate::server::FetchEvent;

const MIB: u64 = 1024 * 1024;
/// More than the system keeps for one connection (tens of megabytes, where it is generous), plus what the server
/// does: hyper's buffer and one window. Less than the bodies below.
const UPLOAD_IN_FLIGHT_MAX: u64 = 40 * MIB;
/// As above, for a client that asked its system to keep little.
const DOWNLOAD_IN_FLIGHT_MAX: u64 = 8 * MIB;

fn echo(call: FetchEvent, reply: Reply) {
    tokio::spawn(async move {
        let how = match &call.body {
            Body::Empty => "empty",
            Body::Inline(_) => "inline",
            Body::Stream { length: Some(_), .. } => "sized stream",
            Body::Stream { length: None, .. } => "stream",
        };
        let body = read_all(call).await.unwrap();
        answer(reply, head(200, &[("x-how", how.as_bytes())]), body);
    });
}

#[tokio::test]
async fn small_bodies_travel_in_the_message_and_others_as_streams() {
    let server = Server::start(echo).await;
    let mut client = server.connect().await;
    let mut check = async |head: &str, body: &str, how: &str, echoed: &str| {
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\n{head}\r\n{body}")).await;
        let response = client.response().await;
        assert_eq!((response.header("x-how").unwrap().as_str(), response.text()), (how, echoed.to_owned()));
    };
    check("", "", "empty", "").await;
    check("content-length: 0\r\n", "", "inline", "").await;
    check("content-length: 5\r\n", "hello", "inline", "hello").await;
    check("transfer-encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "stream", "hello").await;
    let (small, large) = ("s".repeat(64 * 1024), "l".repeat(64 * 1024 + 1));
    check(&format!("content-length: {}\r\n", small.len()), &small, "inline", &small).await;
    check(&format!("content-length: {}\r\n", large.len()), &large, "sized stream", &large).await;
}

#[tokio::test]
async fn a_small_body_that_is_late_does_not_hold_up_the_worker() {
    let server = Server::start(echo).await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello").await;
    // The rest is sent only once the worker has the request: it must have started without it.
    let (started, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let late = Server::start(move |call, reply| {
        started.send(()).unwrap();
        echo(call, reply);
    })
    .await;
    let mut other = late.connect().await;
    other.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhello").await;
    within(waiting.recv()).await.unwrap();
    other.send("world").await;
    assert_eq!(other.response().await.text(), "helloworld");
    client.send("world").await;
    assert_eq!(client.response().await.text(), "helloworld");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunked_upload_moves_at_the_workers_pace() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let server = Server::start(move |mut call, reply| {
        let sent = Arc::clone(&counter);
        tokio::spawn(async move {
            let Body::Stream { id, length: None } = call.body else { panic!("a chunked body has no length") };
            let mut reader = call.attachments.take_stream(id).unwrap();
            let (mut taken, mut sum) = (0u64, 0u64);
            while let Some(chunk) = reader.read().await {
                let chunk = chunk.unwrap();
                taken += chunk.len() as u64;
                sum += chunk.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                let ahead = sent.load(Ordering::SeqCst).saturating_sub(taken);
                assert!(ahead <= UPLOAD_IN_FLIGHT_MAX, "{ahead} bytes are in flight");
                // Lets the client get as far ahead as it can.
                tokio::task::yield_now().await;
            }
            answer(reply, head(200, &[]), format!("{taken} {sum}"));
        });
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let piece: Vec<u8> = (0..MIB).map(|n| n as u8).collect();
    let sum: u64 = piece.iter().map(|byte| u64::from(*byte)).sum();
    for _ in 0..64 {
        client.stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
        client.stream.write_all(&piece).await.unwrap();
        client.stream.write_all(b"\r\n").await.unwrap();
        sent.fetch_add(MIB, Ordering::SeqCst);
    }
    client.send("0\r\n\r\n").await;
    assert_eq!(client.response().await.text(), format!("{} {}", 64 * MIB, 64 * sum));
}

#[tokio::test]
async fn a_worker_that_ignores_the_body_keeps_the_connection() {
    let server = Server::start(|call, reply| {
        drop(call);
        answer(reply, head(413, &[]), "too large");
    })
    .await;
    let mut client = server.connect().await;
    let length = 3 * MIB;
    client.send(format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n")).await;
    client.send(vec![0; length as usize]).await;
    assert_eq!(client.response().await.text(), "too large");
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(client.response().await.status(), 413, "the next request is understood");
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_the_workers_read() {
    let (failed, mut failures) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |call, reply| {
        let failed = failed.clone();
        tokio::spawn(async move {
            failed.send(read_all(call).await.unwrap_err()).unwrap();
            drop(reply);
        });
    })
    .await;
    let mut client = server.connect().await;
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nhello").await;
    drop(client);
    let error = within(failures.recv()).await.unwrap();
    assert_eq!(error.to_string(), "Error: Network connection lost.");
}

#[tokio::test]
async fn a_streamed_response_is_chunked_or_sized() {
    let server = Server::start(|call, reply| {
        let (mut writer, reader) = stream();
        let length = call.request.url.ends_with("sized").then_some(11);
        answer_stream(reply, head(200, &[]), reader, length);
        tokio::spawn(async move {
            writer.write(Bytes::from_static(b"hello ")).await.unwrap();
            writer.write(Bytes::from_static(b"world")).await.unwrap();
            writer.finish();
        });
    })
    .await;
    let mut client = server.connect().await;
    for (path, length, framing) in [("sized", Some("11"), None), ("plain", None, Some("chunked"))] {
        client.send(format!("GET /{path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let response = client.response().await;
        assert_eq!(response.header("content-length").as_deref(), length);
        assert_eq!(response.header("transfer-encoding").as_deref(), framing);
        assert!(response.complete);
        assert_eq!(response.text(), "hello world");
    }
    let old = server.ask("GET /plain HTTP/1.0\r\nhost: a\r\n\r\n").await;
    assert_eq!((old.header("transfer-encoding"), old.text().as_str()), (None, "hello world"));
}

#[tokio::test]
async fn a_chunk_goes_out_as_soon_as_it_is_written() {
    let (next, turns) = tokio::sync::mpsc::unbounded_channel::<()>();
    let turns = std::sync::Mutex::new(Some(turns));
    let server = Server::start(move |_call, reply| {
        let mut turns = turns.lock().unwrap().take().unwrap();
        let (mut writer, reader) = stream();
        answer_stream(reply, head(200, &[]), reader, None);
        tokio::spawn(async move {
            while turns.recv().await.is_some() {
                writer.write(Bytes::from_static(b"data: x\n\n")).await.unwrap();
            }
            writer.finish();
        });
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    client.head().await;
    for _ in 0..5 {
        next.send(()).unwrap();
        assert_eq!(within(client.chunk()).await.unwrap(), b"data: x\n\n");
    }
    drop(next);
    assert_eq!(within(client.chunk()).await.unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_response_stops_where_its_reader_stops() {
    let written = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&written);
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let mut server = Server::start(move |_call, reply| {
        let (mut writer, reader) = stream();
        answer_stream(reply, head(200, &[]), reader, None);
        let (written, ended) = (Arc::clone(&counter), ended.clone());
        tokio::spawn(async move {
            let chunk = Bytes::from(vec![7; 64 * 1024]);
            while writer.write(chunk.clone()).await.is_ok() {
                written.fetch_add(chunk.len() as u64, Ordering::SeqCst);
            }
            ended.send(()).unwrap();
        });
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut client = Client::new(socket.connect(server.bound.addresses[0]).await.unwrap());
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    client.head().await;
    let mut taken = 0;
    while taken < 32 * MIB {
        taken += within(client.chunk()).await.unwrap().len() as u64;
        let ahead = written.load(Ordering::SeqCst).saturating_sub(taken);
        assert!(ahead <= DOWNLOAD_IN_FLIGHT_MAX, "{ahead} bytes are in flight");
        tokio::task::yield_now().await;
    }
    drop(client);
    within(ends.recv()).await.unwrap();
    within(server.seen.aborts.recv()).await.unwrap();
    let span = within(server.seen.spans.recv()).await.unwrap();
    assert_eq!((span.status, span.error.is_some()), (200, true));
}

#[tokio::test]
async fn an_error_in_the_middle_resets_the_connection() {
    let mut server = Server::start(|call, reply| {
        let (mut writer, reader) = stream();
        let length = call.request.url.ends_with("sized").then_some(100);
        answer_stream(reply, head(200, &[]), reader, length);
        tokio::spawn(async move {
            writer.write(Bytes::from_static(b"half")).await.unwrap();
            writer.fail(WireError::new("Error", "broken"));
        });
    })
    .await;
    for path in ["/sized", "/chunked"] {
        let response = server.get(path, "").await;
        assert_eq!((response.status(), response.complete), (200, false), "{path}");
        let span = within(server.seen.spans.recv()).await.unwrap();
        assert_eq!(span.error, Some("the worker's body failed"));
    }
    assert!(server.seen.aborts.try_recv().is_err(), "the client did not leave");
}
