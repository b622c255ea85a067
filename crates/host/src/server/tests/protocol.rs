//! HTTP/1.1 itself: heads, framing, order.

use lopata_bridges::Parcel;
use lopata_protocol::{Answer, Body, EventOutcome, WireError};
use serde_json::Value;

use super::harness::{Server, answer, answer_parcel, describe, head, read_all};
use crate::server::{ErrorContext, Refusal, Site};

#[tokio::test]
async fn a_worker_sees_the_request_and_the_client_its_answer() {
    let mut server = Server::start(|call, reply| {
        let (line, headers) = describe(&call);
        let cf: Value = serde_json::from_str(call.request.cf.as_deref().unwrap()).unwrap();
        let text = format!(
            "{line} ip={} ae={} cf={}",
            headers["cf-connecting-ip"], headers["accept-encoding"], cf["clientAcceptEncoding"]
        );
        let ended = Some(call.event);
        let body = Body::Inline(text.into());
        let response = Answer::Response { head: head(200, &[("content-type", b"text/plain")]), body };
        answer_parcel(reply, Parcel::new(response), ended);
    })
    .await;
    let response = server.get("/a/b?c=d", "accept-encoding: zstd\r\n").await;
    assert_eq!(response.status_line, "HTTP/1.1 200 OK");
    assert_eq!(response.text(), r#"GET http://localhost/a/b?c=d ip=127.0.0.1 ae=br, gzip cf="zstd""#);
    assert_eq!(response.header("content-type").unwrap(), "text/plain");
    assert_eq!(response.all("date").len(), 1);
    assert_eq!(server.seen.lines.recv().await.unwrap(), "GET /a/b 200 OK");
    let span = server.seen.spans.recv().await.unwrap();
    assert_eq!((span.status, span.error, span.event), (200, None, server.seen.ended.recv().await.unwrap()));
    assert!(span.end_us >= span.start_us);
    assert!(server.seen.aborts.try_recv().is_err());
    let record = span.into_record("shop".into());
    assert_eq!((&*record.name, &*record.worker), ("GET", "shop"));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_on_one_connection() {
    let server = Server::start(|call, reply| {
        tokio::spawn(async move {
            let url = call.request.url.clone();
            let body = read_all(call).await.unwrap();
            answer(reply, head(200, &[]), format!("{url} {}", body.len()));
        });
    })
    .await;
    let mut client = server.connect().await;
    let mut all = String::new();
    for n in 0..20 {
        all += &match n % 3 {
            0 => format!("GET /{n} HTTP/1.1\r\nhost: a\r\n\r\n"),
            1 => format!("POST /{n} HTTP/1.1\r\nhost: a\r\ncontent-length: {n}\r\n\r\n{}", "x".repeat(n)),
            _ => format!(
                "POST /{n} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            ),
        };
    }
    client.send(all).await;
    for n in 0..20usize {
        let length = [0, n, 5][n % 3];
        assert_eq!(client.response().await.text(), format!("http://a/{n} {length}"));
    }
}

#[tokio::test]
async fn expect_gets_its_continue_and_then_the_response() {
    let server = Server::start(|call, reply| {
        tokio::spawn(async move {
            assert!(call.request.headers.get("expect").is_none());
            answer(reply, head(201, &[]), read_all(call).await.unwrap());
        });
    })
    .await;
    let mut client = server.connect().await;
    client.send("PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n").await;
    assert_eq!(client.head().await.status(), 100);
    client.send("hello").await;
    let response = client.response().await;
    assert_eq!((response.status(), response.text().as_str()), (201, "hello"));
}

#[tokio::test]
async fn head_and_null_body_statuses_have_no_body() {
    let server = Server::start(|call, reply| {
        let status = call.request.url.rsplit('/').next().unwrap().parse().unwrap();
        answer(reply, head(status, &[("etag", b"\"x\"")]), if status == 200 { "hello" } else { "" });
    })
    .await;
    let mut client = server.connect().await;
    client.send("HEAD /200 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!((response.header("content-length").as_deref(), response.body.len()), (Some("5"), 0));
    for status in [204, 205, 304] {
        client.send(format!("GET /{status} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let response = client.response().await;
        assert_eq!(response.status(), status);
        assert_eq!(response.header("transfer-encoding"), None);
        assert_eq!(response.header("etag").as_deref(), Some("\"x\""));
        assert_eq!(response.body.len(), 0);
    }
    client.send("GET /200 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(client.response().await.text(), "hello", "the connection is still in step");
}

#[tokio::test]
async fn headers_go_both_ways_as_bytes_and_as_often_as_they_are_given() {
    let server = Server::start(|call, reply| {
        let twice: Vec<_> = call.request.headers.iter().filter(|(name, _)| *name == "x-twice").collect();
        assert_eq!(twice, [("x-twice", &b"1"[..]), ("x-twice", b"2")]);
        assert_eq!(call.request.headers.get("x-raw"), Some(&b"\xe9\xff"[..]));
        let mut headers: Vec<(&str, &[u8])> = vec![("x-raw", b"\xe9"), ("date", b"yesterday")];
        headers.extend([("set-cookie", &b"a=1"[..]), ("set-cookie", b"b=2"), ("set-cookie", b"a=1")]);
        answer(reply, head(200, &headers), "");
    })
    .await;
    let mut client = server.connect().await;
    client.send(b"GET / HTTP/1.1\r\nhost: a\r\nX-Twice: 1\r\nX-Raw: \xe9\xff\r\nX-Twice: 2\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.all("set-cookie"), ["a=1", "b=2", "a=1"]);
    assert_eq!(response.all("date"), ["yesterday"]);
    assert!(response.headers.contains(&("x-raw".to_owned(), b"\xe9".to_vec())));
}

#[tokio::test]
async fn a_hundred_cookies_stay_a_hundred() {
    let server = Server::start(|_call, reply| {
        let cookies: Vec<_> = (0..100).map(|n| format!("c{n}=v; Path=/")).collect();
        let headers: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", cookie.as_bytes())).collect();
        answer(reply, head(200, &headers), "");
    })
    .await;
    assert_eq!(server.get("/", "").await.all("set-cookie").len(), 100);
}

#[tokio::test]
async fn what_http_cannot_carry_becomes_an_error_and_the_connection_goes_on() {
    let server = Server::start(|call, reply| {
        let (status, headers): (u16, Vec<(&str, &[u8])>) = match call.request.url.rsplit('/').next().unwrap() {
            "name" => (200, vec![("bad name", b"x")]),
            "value" => (200, vec![("x-bad", b"a\r\nset-cookie: evil=1")]),
            "status" => (99, vec![]),
            "websocket" => (101, vec![("upgrade", b"websocket")]),
            _ => (200, vec![]),
        };
        answer(reply, head(status, &headers), "fine");
    })
    .await;
    let mut client = server.connect().await;
    for (path, text) in [
        ("name", "\"bad name\""),
        ("value", "\"x-bad\""),
        ("status", "status 99"),
        ("websocket", "no WebSocket"),
        ("fine", "fine"),
    ] {
        client.send(format!("GET /{path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        let response = client.response().await;
        assert_eq!(response.status(), if path == "fine" { 200 } else { 500 });
        assert!(response.text().contains(text), "{}", response.text());
        assert!(response.all("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn a_thrown_error_is_shown_in_the_form_the_client_wants() {
    let server = Server::start(|_call, reply| {
        let mut error = WireError::new("TypeError", "<b>no</b>");
        error.stack = "TypeError: <b>no</b>\n    at fetch (file:///app/index.ts:1:1)".to_owned();
        let failed = Answer::Failed { error, outcome: EventOutcome::Exception };
        answer_parcel(reply, Parcel::new(failed), None);
    })
    .await;
    *server.knobs.context.lock() = ErrorContext { worker: "shop".to_owned(), ..ErrorContext::default() };
    let text = server.get("/", "user-agent: curl/8\r\naccept: */*\r\n").await;
    assert_eq!((text.status(), text.header("content-type").unwrap()), (500, "text/plain;charset=UTF-8".to_owned()));
    assert_eq!(text.text(), "TypeError: <b>no</b>\n    at fetch (file:///app/index.ts:1:1)");
    let json = server.get("/", "accept: application/json\r\n").await;
    assert_eq!(serde_json::from_slice::<Value>(&json.body).unwrap()["message"], "<b>no</b>");
    let html = server.get("/", "accept: text/html\r\n").await;
    assert_eq!(html.header("content-type").unwrap(), "text/html;charset=UTF-8");
    assert!(html.text().contains("&lt;b&gt;no&lt;/b&gt;") && html.text().contains("shop"));
    assert!(html.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let none = server.ask("HEAD / HTTP/1.1\r\nhost: a\r\naccept: text/html\r\n\r\n").await;
    assert_eq!(none.status(), 500);
}

#[tokio::test]
async fn a_refusal_and_a_guest_that_died_are_explained() {
    let server = Server::start_refusing(|call, _reply| match call.request.url.ends_with("/full") {
        true => Err(Refusal { status: 503, message: "Too many requests wait.".to_owned(), failure: None }),
        false => Ok(()),
    })
    .await;
    let full = server.get("/full", "").await;
    assert_eq!((full.status(), full.text().as_str()), (503, "Too many requests wait."));
    let died = server.get("/", "").await;
    assert_eq!((died.status(), died.text().contains("ended before it answered")), (500, true));
    *server.knobs.lost.lock() = Some(WireError::new("Error", "Worker exceeded memory limit."));
    assert_eq!(server.get("/", "").await.text(), "Error: Worker exceeded memory limit.");
}

#[tokio::test]
async fn requests_that_make_no_sense_get_a_sentence() {
    let server = Server::start(|_call, reply| answer(reply, head(200, &[]), "fine")).await;
    assert_eq!(server.ask("GET / HTTP/1.1\r\nhost: a/b\r\n\r\n").await.status(), 400);
    assert_eq!(server.ask("CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n").await.status(), 501);
    assert_eq!(server.ask("GET / HTTP/1.1\r\nbad\u{1}: x\r\n\r\n").await.status(), 400);
    assert_eq!(server.ask("GET / HTTP/1.0\r\n\r\n").await.text(), "fine");
    assert_eq!(server.ask("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").await.text(), "fine");
}

#[tokio::test]
async fn a_site_is_rewritten_both_ways_and_may_change() {
    let server = Server::start(|call, reply| {
        let (line, headers) = describe(&call);
        let origin = headers.get("origin").cloned().unwrap_or_default();
        let seen = format!("{line} {} {origin} {}", headers["host"], headers["x-forwarded-proto"]);
        let shop: &[(&str, &[u8])] = &[
            ("location", b"https://shop.test/next"),
            ("access-control-allow-origin", b"https://shop.test"),
            ("set-cookie", b"a=1; Domain=shop.test; Secure"),
        ];
        answer(reply, head(302, shop), seen);
    })
    .await;
    let site = Site { host: Some("shop.test".to_owned()), upstream_https: Some(true), ..Site::default() };
    server.bound.set_site(site);
    let request = "GET /p HTTP/1.1\r\nhost: localhost:1234\r\norigin: http://localhost:1234\r\n\r\n";
    let response = server.ask(request).await;
    assert_eq!(response.text(), "GET https://shop.test/p shop.test https://shop.test https");
    assert_eq!(response.header("location").unwrap(), "http://localhost:1234/next");
    assert_eq!(response.header("access-control-allow-origin").unwrap(), "http://localhost:1234");
    assert_eq!(response.header("set-cookie").unwrap(), "a=1; Domain=localhost; Secure");
    server.bound.set_site(Site::default());
    let response = server.ask(request).await;
    assert_eq!(response.text(), "GET http://localhost:1234/p localhost:1234 http://localhost:1234 http");
    assert_eq!(response.header("location").unwrap(), "https://shop.test/next");
}
