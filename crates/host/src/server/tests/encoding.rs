//! `Content-Encoding` on real responses.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder};
use bytes::Bytes;
use lopata_bridges::stream;
use lopata_protocol::{Body, ResponseHead};
use tokio::io::AsyncReadExt;

use super::harness::{Server, answer, answer_stream, head, within};

async fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzipDecoder::new(bytes).read_to_string(&mut text).await.unwrap();
    text
}

async fn unbrotli(bytes: &[u8]) -> String {
    let mut text = String::new();
    BrotliDecoder::new(bytes).read_to_string(&mut text).await.unwrap();
    text
}

fn body() -> String {
    "All work and no play makes Jack a dull boy. ".repeat(10_000)
}

#[tokio::test]
async fn a_body_is_encoded_as_its_header_says_when_the_client_takes_it() {
    let server = Server::start(|call, reply| {
        let wish = call.request.url.rsplit('/').next().unwrap();
        let headers: &[(&str, &[u8])] =
            &[("content-encoding", wish.as_bytes()), ("content-length", b"5"), ("vary", b"x")];
        answer(reply, head(200, if wish == "none" { &[] } else { headers }), body());
    })
    .await;
    let plain = server.get("/none", "accept-encoding: gzip, br\r\n").await;
    assert_eq!((plain.header("content-encoding"), plain.text()), (None, body()), "nobody asked for compression");
    let gzip = server.get("/gzip", "accept-encoding: gzip, br\r\n").await;
    assert_eq!(gzip.header("content-encoding").as_deref(), Some("gzip"));
    assert!(gzip.body.len() < body().len() / 10);
    assert_eq!(gunzip(&gzip.body).await, body());
    let brotli = server.get("/br", "accept-encoding: gzip, br\r\n").await;
    assert_eq!(unbrotli(&brotli.body).await, body());
    let silent = server.get("/gzip", "").await;
    assert_eq!(gunzip(&silent.body).await, body(), "a client that says nothing takes anything");
    let refused = server.get("/br", "accept-encoding: gzip\r\n").await;
    assert_eq!((refused.header("content-encoding"), refused.text()), (None, body()));
    assert_eq!(refused.header("content-length").unwrap(), body().len().to_string());
    let other = server.get("/zstd", "accept-encoding: gzip\r\n").await;
    assert_eq!((other.header("content-encoding").as_deref(), other.text()), (Some("zstd"), body()));
    let only_gzip = server.get("/none", "accept-encoding: identity;q=0, gzip\r\n").await;
    assert_eq!(gunzip(&only_gzip.body).await, body());
    let nothing = server.get("/gzip", "accept-encoding: *;q=0\r\n").await;
    assert_eq!((nothing.status(), nothing.header("accept-encoding").as_deref()), (415, Some("br, gzip")));
    assert_eq!(nothing.text(), "Unsupported Media Type");
}

#[tokio::test]
async fn a_body_that_is_encoded_already_goes_out_as_it_is() {
    let server = Server::start(|_call, reply| {
        let head = ResponseHead { encoded: true, ..*head(200, &[("content-encoding", b"gzip")]) };
        answer(reply, Box::new(head), "pretend");
    })
    .await;
    for headers in ["accept-encoding: gzip\r\n", "accept-encoding: identity\r\n", ""] {
        let response = server.get("/", headers).await;
        assert_eq!(
            (response.header("content-encoding").as_deref(), response.text().as_str()),
            (Some("gzip"), "pretend")
        );
    }
}

#[tokio::test]
async fn an_encoded_event_stream_is_not_held_back() {
    for (wish, first) in [("gzip", "data: 1\n\n"), ("br", "data: 1\n\n")] {
        let (next, turns) = tokio::sync::mpsc::unbounded_channel::<()>();
        let turns = std::sync::Mutex::new(Some(turns));
        let server = Server::start(move |_call, reply| {
            let mut turns = turns.lock().unwrap().take().unwrap();
            let (mut writer, reader) = stream();
            answer_stream(reply, head(200, &[("content-encoding", wish.as_bytes())]), reader, None);
            tokio::spawn(async move {
                while turns.recv().await.is_some() {
                    writer.write(Bytes::from_static(b"data: 1\n\n")).await.unwrap();
                }
                writer.finish();
            });
        })
        .await;
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        client.head().await;
        let mut all = Vec::new();
        next.send(()).unwrap();
        // The first event is decodable before the second one exists.
        let mut seen = String::new();
        while !seen.starts_with(first) {
            all.extend(within(client.chunk()).await.unwrap());
            seen = decoded_so_far(wish, &all).await;
        }
        next.send(()).unwrap();
        drop(next);
        while let Some(chunk) = within(client.chunk()).await
            && !chunk.is_empty()
        {
            all.extend(chunk);
        }
        let text = if wish == "gzip" { gunzip(&all).await } else { unbrotli(&all).await };
        assert_eq!(text, "data: 1\n\ndata: 1\n\n");
    }
}

async fn decoded_so_far(wish: &str, bytes: &[u8]) -> String {
    let mut out = vec![0; 1000];
    // The rest is still to come, which the decoder reports as an error after what it has.
    let read = if wish == "gzip" {
        GzipDecoder::new(bytes).read(&mut out).await
    } else {
        BrotliDecoder::new(bytes).read(&mut out).await
    };
    String::from_utf8_lossy(&out[..read.unwrap_or(0)]).into_owned()
}

#[tokio::test]
async fn an_empty_body_and_a_missing_one_are_not_encoded() {
    let server = Server::start(|call, reply| {
        let head = head(200, &[("content-encoding", b"gzip")]);
        match call.request.url.ends_with("/none") {
            true => super::harness::answer_parcel(
                reply,
                lopata_bridges::Parcel::new(lopata_protocol::Answer::Response { head, body: Body::Empty }),
                None,
            ),
            false => answer(reply, head, "hello"),
        }
    })
    .await;
    let none = server.get("/none", "").await;
    assert_eq!((none.header("content-length").as_deref(), none.body.len()), (Some("0"), 0));
    let head = server.ask("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(head.header("content-length"), None, "the length of an encoding that was never made");
}
