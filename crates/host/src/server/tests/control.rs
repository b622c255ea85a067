//! `/cdn-cgi/*`, navigations and the page that reloads itself.

use std::sync::Arc;

use lopata_protocol::WireError;
use tokio::sync::watch;

use super::harness::{Server, answer, head, within};
use crate::server::{Diagnostic, Failure};

async fn server() -> Server {
    Server::start(|call, reply| answer(reply, head(200, &[]), format!("worker {}", call.request.url))).await
}

#[tokio::test]
async fn claimed_paths_are_answered_by_the_host_and_others_by_the_worker() {
    let server = server().await;
    assert_eq!(server.get("/cdn-cgi/handler/scheduled?cron=x", "").await.text(), "control cron=x");
    assert_eq!(server.get("/__scheduled", "").await.text(), "control ");
    assert_eq!(server.get("/cdn-cgi/trace", "").await.text(), "worker http://localhost/cdn-cgi/trace");
    assert_eq!(server.get("/cdn-cgi", "").await.text(), "worker http://localhost/cdn-cgi");
}

#[tokio::test]
async fn web_pages_cannot_call_control_endpoints() {
    let server = server().await;
    let ask = async |host: &str, origin: &str| {
        let request = format!("GET /cdn-cgi/handler/scheduled HTTP/1.1\r\nhost: {host}\r\n{origin}\r\n");
        let response = server.ask(&request).await;
        (response.status(), response.text())
    };
    assert_eq!(ask("evil.test", "").await, (403, "Invalid Host header".to_owned()));
    assert_eq!(ask("localhost", "origin: https://evil.test\r\n").await, (403, "Invalid Origin header".to_owned()));
    assert_eq!(ask("localhost", "origin: http://localhost:3000\r\n").await.0, 200);
    let worker = server.ask("GET / HTTP/1.1\r\nhost: evil.test\r\norigin: https://evil.test\r\n\r\n").await;
    assert_eq!(worker.status(), 200, "the worker itself is open to anyone who reaches it");
}

#[tokio::test]
async fn a_navigation_sees_the_newest_failure_and_others_the_last_good_code() {
    let server = server().await;
    let diagnostic = Diagnostic { message: "Unexpected token".to_owned(), ..Diagnostic::default() };
    *server.knobs.failure.lock() = Some(Arc::new(Failure::Build(vec![diagnostic])));
    let page = server.get("/", "accept: text/html\r\nsec-fetch-mode: navigate\r\n").await;
    assert_eq!(page.status(), 500);
    assert!(page.text().contains("Unexpected token"));
    assert!(server.get("/", "accept: text/html\r\n").await.text().contains("Unexpected token"));
    for headers in ["", "accept: */*\r\n", "accept: text/html\r\nsec-fetch-mode: cors\r\n"] {
        assert_eq!(server.get("/", headers).await.text(), "worker http://localhost/");
    }
    *server.knobs.failure.lock() = Some(Arc::new(Failure::Start(WireError::new("TypeError", "at the top"))));
    let page = server.get("/", "accept: text/html\r\n").await.text();
    assert!(page.contains("could not start") && page.contains("at the top"));
    *server.knobs.failure.lock() = None;
    assert_eq!(server.get("/", "accept: text/html\r\n").await.status(), 200);
}

#[tokio::test]
async fn an_open_page_is_told_when_to_reload() {
    let server = server().await;
    assert_eq!(server.get("/cdn-cgi/local/events", "").await.text(), "worker http://localhost/cdn-cgi/local/events");
    let (sender, receiver) = watch::channel(3);
    *server.knobs.revisions.lock() = Some(receiver);
    *server.knobs.failure.lock() = Some(Arc::new(Failure::Build(Vec::new())));
    let page = server.get("/", "accept: text/html\r\n").await.text();
    assert!(page.contains("data-revision=\"3\""));
    let mut client = server.connect().await;
    client.send("GET /cdn-cgi/local/events?since=3 HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(client.head().await.header("content-type").unwrap(), "text/event-stream");
    sender.send(4).unwrap();
    assert_eq!(within(client.chunk()).await.unwrap(), b"data: 4\n\n");
    within(server.bound.shutdown(std::time::Duration::from_secs(3600))).await;
    assert_eq!(within(client.chunk()).await.unwrap(), b"", "an open page does not hold up the end");
}
