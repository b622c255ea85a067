//! Programs that speak Node's HTTP: servers of express and fastify, clients of stripe, openai and axios, and one of none.
//!
//! The clients talk to an endpoint of this test, which answers what it is scripted to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use super::{post_json, start};
use crate::harness::{Project, Server};

/// A request as the endpoint got it.
struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// A server whose every response `answer` gives: status, content type and further header lines, body.
fn endpoint(answer: impl Fn(&Asked) -> (u16, String, Vec<u8>) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { return };
            let Some(asked) = read(&client) else { continue };
            let (status, headers, body) = answer(&asked);
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n\r\n");
            // A client that has left is its own affair.
            let _ = client.write_all(head.as_bytes()).and_then(|()| client.write_all(&body));
        }
    });
    address
}

/// One request with its body; nothing when the connection ends before.
fn read(client: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(client);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next()?.to_string(), words.next()?.to_string());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_string()));
    }
    let mut asked = Asked { method, target, headers, body: String::new() };
    let length = asked.header("content-length").parse().unwrap_or(0);
    lines.take(length).read_to_string(&mut asked.body).ok()?;
    Some(asked)
}

/// Answers with what was asked; some paths are answered otherwise.
fn echo(asked: &Asked) -> (u16, String, Vec<u8>) {
    match asked.target.split('?').next() {
        Some("/missing") => (404, JSON.into(), b"{}".to_vec()),
        Some("/moved") => (302, "location: /echo".into(), b"there".to_vec()),
        Some("/packed") => {
            // "packed", by gzip.
            let bytes = [
                0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff, 0x2b, 0x48, 0x4c, 0xce, 0x4e, 0x4d, 1, 0, 0x10, 0xb4, 0xf6,
                0x21, 6, 0, 0, 0,
            ];
            (200, "content-type: text/plain\r\ncontent-encoding: gzip".into(), bytes.to_vec())
        }
        _ => {
            let headers: serde_json::Map<_, _> =
                asked.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let Asked { method, target, body, .. } = asked;
            let echo = json!({ "method": method, "url": target, "headers": headers, "body": body });
            (200, JSON.into(), echo.to_string().into_bytes())
        }
    }
}

const JSON: &str = "content-type: application/json";

#[test]
fn express() {
    let server = start("express");
    let hello = server.get("/");
    assert_eq!((hello.text().as_str(), hello.header("x-powered-by")), ("hello", Some("Express")));
    assert_eq!(hello.header("etag"), Some("W/\"5-qvTGHdzF6KLavt4PO0gs2a6pQ00\""));
    let again = server.client().send("GET", "/", &[("if-none-match", "W/\"5-qvTGHdzF6KLavt4PO0gs2a6pQ00\"")], b"");
    assert_eq!(again.status, 304);
    assert_eq!(server.get("/users/5?q=1").json(), json!({ "id": "5", "q": "1" }));
    let request = server.get("/request").json();
    assert_eq!((&request["protocol"], &request["ip"]), (&json!("http"), &json!("127.0.0.1")));
    assert_eq!((&request["path"], &request["secure"]), (&json!("/request"), &json!(false)));
    assert_eq!(post_json(&server, "/json", &json!({ "a": [1] })), json!({ "got": { "a": [1] } }));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let sent = server.client().send("POST", "/form", &form, b"a[b]=1&c=2");
    assert_eq!(sent.json(), json!({ "a": { "b": "1" }, "c": "2" }));
    let text = server.client().send("POST", "/text", &[("content-type", "text/plain")], b"loud");
    assert_eq!(text.text(), "LOUD");
    let broken = server.client().send("POST", "/json", &[("content-type", "application/json")], b"{bad");
    assert_eq!(broken.status, 400);
    let away = server.get("/redirect");
    assert_eq!((away.status, away.header("location")), (302, Some("/")));
    let cookies = server.get("/cookie");
    assert_eq!(cookies.status, 204);
    assert_eq!(cookies.headers("set-cookie"), ["a=1; Path=/; HttpOnly", "b=2; Path=/"]);
    assert_eq!(server.get("/bytes").body, [1, 2, 3]);
    server.expect("/stream", "abc");
    server.expect("/pipe", "one two three");
    let failed = server.get("/fails");
    assert_eq!((failed.status, failed.text().as_str()), (418, "failed: teapot"));
    let rejected = server.get("/rejects");
    assert_eq!((rejected.status, rejected.text().as_str()), (500, "failed: rejected"));
    assert_eq!(server.get("/env").json(), json!(["of the environment", "function"]));
    assert_eq!(server.get("/api/items").status, 401);
    let allowed = server.client().send("GET", "/api/items", &[("authorization", "Bearer key")], b"");
    assert_eq!(allowed.json(), json!(["item"]));
    let nowhere = server.get("/nope");
    assert!(nowhere.status == 404 && nowhere.text().contains("Cannot GET /nope"), "{}", nowhere.text());
    assert_eq!(server.client().send("HEAD", "/", &[], b"").header("content-length"), Some("5"));
    server.stop();
}

#[test]
fn fastify() {
    let server = start("fastify");
    let hello = server.get("/");
    assert_eq!((hello.text().as_str(), hello.header("x-before")), ("hello", Some("GET")));
    assert_eq!(server.get("/users/5?q=1").json(), json!({ "id": "5", "q": "1" }));
    let made = post_json(&server, "/users", &json!({ "name": "Ann", "age": 4 }));
    assert_eq!(made, json!({ "name": "Ann", "next": 5 }));
    let invalid = post_json(&server, "/users", &json!({ "age": 4 }));
    assert_eq!(
        (&invalid["code"], &invalid["message"]),
        (&json!("FST_ERR_VALIDATION"), &json!("body must have required property 'name'"))
    );
    server.expect("/stream", "abc");
    assert_eq!(server.get("/redirect").header("location"), Some("/"));
    let failed = server.get("/fails");
    assert_eq!((failed.status, &failed.json()["message"]), (418, &json!("teapot")));
    assert_eq!(server.get("/scope/role").json()["role"], "guest");
    let nowhere = server.get("/nope");
    assert_eq!((nowhere.status, &nowhere.json()["message"]), (404, &json!("Route GET:/nope not found")));
    server.stop();
}

#[test]
fn stripe() {
    let at = endpoint(|asked| {
        let headers = format!("{JSON}\r\nrequest-id: req_1");
        let answer = match (asked.method.as_str(), asked.target.as_str()) {
            ("POST", "/v1/customers") => {
                assert_eq!(asked.header("authorization"), "Bearer sk_test_123");
                assert_eq!(asked.body, "email=a%40b.co&metadata[plan]=x");
                json!({ "id": "cus_1", "object": "customer" })
            }
            ("GET", "/v1/customers?limit=2") => {
                json!({ "object": "list", "url": "/v1/customers", "has_more": true, "data": [{ "id": "a" }, { "id": "b" }] })
            }
            ("GET", "/v1/customers?limit=2&starting_after=b") => {
                json!({ "object": "list", "url": "/v1/customers", "has_more": false, "data": [{ "id": "c" }] })
            }
            _ => {
                let error = json!({ "type": "card_error", "code": "card_declined", "message": "No." });
                return (402, headers, json!({ "error": error }).to_string().into_bytes());
            }
        };
        (200, headers, answer.to_string().into_bytes())
    });
    let server = start("stripe");
    let customer = server.get(&format!("/customer?at={at}")).json();
    assert_eq!(customer, json!({ "id": "cus_1", "requestId": "req_1" }));
    assert_eq!(server.get(&format!("/list?at={at}")).json(), json!(["a", "b", "c"]));
    assert_eq!(
        server.get(&format!("/declined?at={at}")).json(),
        json!({ "type": "StripeCardError", "code": "card_declined", "status": 402, "message": "No." })
    );
    let hook = server.get(&format!("/webhook?at={at}")).json();
    assert_eq!(hook, json!({ "type": "charge.succeeded", "forged": "StripeSignatureVerificationError" }));
    server.stop();
}

#[test]
fn openai() {
    let at = endpoint(|asked| {
        assert_eq!(asked.header("authorization"), "Bearer key");
        let headers = format!("{JSON}\r\nx-request-id: req_1");
        if asked.target == "/v1/models" {
            // Before it, others have asked: the first of its own fails.
            let status = if asked.header("x-stainless-retry-count") == "0" { 503 } else { 200 };
            let models = json!({ "object": "list", "data": [{ "id": "m" }] });
            return (status, format!("{headers}\r\nretry-after-ms: 1"), models.to_string().into_bytes());
        }
        if asked.target != "/v1/chat/completions" {
            let error = json!({ "error": { "message": "no such model" } });
            return (404, headers, error.to_string().into_bytes());
        }
        if asked.body.contains("\"stream\":true") {
            let pieces = ["he", "llo"].map(|piece| {
                let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": piece } }] });
                format!("data: {chunk}\n\n")
            });
            return (
                200,
                "content-type: text/event-stream".into(),
                (pieces.concat() + "data: [DONE]\n\n").into_bytes(),
            );
        }
        let message = json!({ "role": "assistant", "content": "hello" });
        (200, headers, json!({ "id": "1", "choices": [{ "index": 0, "message": message }] }).to_string().into_bytes())
    });
    let server = start("openai");
    assert_eq!(server.get(&format!("/chat?at={at}")).json(), json!({ "said": "hello", "id": "req_1" }));
    server.expect(&format!("/stream?at={at}"), "hello");
    assert_eq!(server.get(&format!("/retry?at={at}")).json(), json!(["m"]));
    let failed = server.get(&format!("/none?at={at}")).json();
    assert_eq!(failed, json!({ "name": "NotFoundError", "status": 404, "message": "404 no such model" }));
    server.stop();
}

/// A program without packages: the client of node:http on the network, with what it says there.
const CLIENT: &str = r#"
import http from "node:http";
import { buffer, text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

const ask = (options, body) => new Promise((resolve, reject) => {
  http.request(options, resolve).on("error", reject).end(body);
});

export default {
  async fetch(request) {
    const [host, port] = new URL(request.url).searchParams.get("at").split(":");
    const echo = async (options, body) => JSON.parse(await text(await ask({ host, port, ...options }, body)));
    const plain = await echo({ path: "/echo" });
    const posted = await echo({ path: "/echo", method: "POST", headers: { "Accept-Encoding": "gzip", "X-Many": ["1", "2"] } }, "body");
    const packed = await ask({ host, port, path: "/packed" });
    const moved = await ask({ host, port, path: "/moved" });
    const refused = await ask({ host, port: 1 }).catch((error) => error.message);
    return Response.json({
      plain: [plain.headers["accept-encoding"], plain.headers.host === `${host}:${port}`],
      posted: [posted.method, posted.body, posted.headers["accept-encoding"], posted.headers["content-length"]],
      packed: [packed.headers["content-encoding"], gunzipSync(await buffer(packed)).toString()],
      moved: [moved.statusCode, moved.headers.location, await text(moved)],
      refused,
    });
  },
};
"#;

#[test]
fn a_client_on_the_network() {
    let at = endpoint(echo);
    let extra = json!({ "compatibility_date": "2026-04-20", "compatibility_flags": ["nodejs_compat"] });
    let server = Server::start(&Project::worker(CLIENT, extra));
    assert_eq!(
        server.get(&format!("/?at={at}")).json(),
        json!({
            "plain": [null, true],
            "posted": ["POST", "body", "gzip", "4"],
            "packed": ["gzip", "packed"],
            "moved": [302, "/echo", "there"],
            "refused": "Network connection lost.",
        })
    );
    server.stop();
}

#[test]
fn axios() {
    let at = endpoint(echo);
    let server = start("axios");
    let results = server.get(&format!("/?at={at}")).json();
    assert_eq!(results["get"], json!([200, "/echo?a=1", "1"]));
    assert_eq!(results["post"], json!(["POST", "{\"hello\":\"there\"}", "application/json"]));
    assert_eq!(results["missing"], json!(["AxiosError", "ERR_BAD_REQUEST", 404]));
    assert_eq!(results["packed"], "packed");
    server.stop();
}
