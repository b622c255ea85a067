//! The client that goes away, and the end of the server.

use std::time::Duration;

use bytes::Bytes;
use lopata_bridges::{Reply, StreamWriter, stream};
use lopata_protocol::EventId;
use tokio::sync::mpsc;

use super::harness::{Server, answer, answer_stream, head, within};

#[tokio::test]
async fn a_client_that_leaves_before_the_head_aborts_its_event_once() {
    let (asked, mut calls) = mpsc::unbounded_channel::<(EventId, Reply)>();
    let mut server = Server::start(move |call, reply| asked.send((call.event, reply)).unwrap()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let (event, mut reply) = within(calls.recv()).await.unwrap();
    drop(client);
    assert_eq!(within(server.seen.aborts.recv()).await, Some(event));
    within(std::future::poll_fn(|cx| reply.poll_closed(cx))).await;
    let span = within(server.seen.spans.recv()).await.unwrap();
    assert_eq!((span.status, span.event), (0, event));
    assert!(span.error.is_some());
    answer(reply, head(200, &[]), "too late");
    server.bound.shutdown(Duration::ZERO).await;
    assert!(server.seen.aborts.recv().await.is_none(), "once is enough");
    assert!(server.seen.spans.recv().await.is_none());
}

#[tokio::test]
async fn a_client_that_leaves_inside_the_body_cancels_the_stream() {
    let (asked, mut calls) = mpsc::unbounded_channel::<(EventId, StreamWriter)>();
    let mut server = Server::start(move |call, reply| {
        let (writer, reader) = stream();
        answer_stream(reply, head(200, &[]), reader, Some(10));
        asked.send((call.event, writer)).unwrap();
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let (event, mut writer) = within(calls.recv()).await.unwrap();
    writer.write(Bytes::from_static(b"half")).await.unwrap();
    client.head().await;
    drop(client);
    assert_eq!(within(server.seen.aborts.recv()).await, Some(event));
    within(std::future::poll_fn(|cx| writer.poll_cancelled(cx))).await;
}

#[tokio::test]
async fn a_sized_body_is_not_cancelled_by_its_own_end() {
    let (asked, mut calls) = mpsc::unbounded_channel::<StreamWriter>();
    let mut server = Server::start(move |_call, reply| {
        let (writer, reader) = stream();
        answer_stream(reply, head(200, &[]), reader, Some(5));
        asked.send(writer).unwrap();
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut writer = within(calls.recv()).await.unwrap();
    writer.write(Bytes::from_static(b"hello")).await.unwrap();
    assert!(client.response().await.complete);
    let span = within(server.seen.spans.recv()).await.unwrap();
    assert_eq!((span.status, span.error), (200, None));
    // The worker has not closed its stream yet, and nobody has told it to stop.
    let still_open = std::future::poll_fn(|cx| std::task::Poll::Ready(writer.poll_cancelled(cx).is_pending())).await;
    assert!(still_open);
    writer.finish();
    assert!(server.seen.aborts.try_recv().is_err());
}

#[tokio::test]
async fn shutdown_lets_requests_finish_and_closes_idle_connections() {
    let (asked, mut calls) = mpsc::unbounded_channel();
    let server = Server::start(move |_call, reply| asked.send(reply).unwrap()).await;
    let mut idle = server.connect().await;
    idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    answer(within(calls.recv()).await.unwrap(), head(200, &[]), "first");
    assert_eq!(idle.response().await.text(), "first");
    let mut busy = server.connect().await;
    busy.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let reply = within(calls.recv()).await.unwrap();
    let address = server.bound.addresses[0];
    let ending = tokio::spawn(server.bound.shutdown(Duration::from_secs(3600)));
    assert!(idle.is_closed().await);
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "no new connections");
    assert!(!ending.is_finished());
    answer(reply, head(200, &[]), "last");
    assert_eq!(busy.response().await.text(), "last");
    within(ending).await.unwrap();
    assert!(busy.is_closed().await);
}

#[tokio::test]
async fn shutdown_cuts_what_is_left_after_the_grace() {
    let (asked, mut calls) = mpsc::unbounded_channel();
    let mut server = Server::start(move |_call, reply| asked.send(reply).unwrap()).await;
    let mut stuck = server.connect().await;
    stuck.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let _never_answered = within(calls.recv()).await.unwrap();
    within(server.bound.shutdown(Duration::ZERO)).await;
    assert!(stuck.is_closed().await);
    assert!(server.seen.aborts.recv().await.is_some());
}
