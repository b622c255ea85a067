//! `fetch` with options of `cf` that ask for a cache. The test is the server that is fetched, and counts.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Project, Server};

const CODE: &str = r#"
    // Fetches what it is told, and says what came: the status of the cache, the status, and the body or its length.
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const { path, init, operation } = await request.json<any>();
        const url = `${env.ORIGIN}${path}`;
        if (operation === "match") return Response.json((await caches.default.match(url)) !== undefined);
        if (operation === "delete") return Response.json(await caches.default.delete(url));
        if (operation === "abandon") {
          const response = await fetch(url, init);
          const reader = response.body!.getReader();
          await reader.read();
          await reader.cancel();
          return Response.json(response.headers.get("cf-cache-status"));
        }
        const response = await fetch(url, init);
        const text = await response.text();
        return Response.json([
          response.headers.get("cf-cache-status"),
          response.status,
          text.length > 100 ? text.length : text,
          response.headers.get("set-cookie"),
        ]);
      },
    };
"#;

/// A server whose answers are numbered. The path says what else is in them.
struct Origin {
    address: SocketAddr,
    answered: Arc<AtomicUsize>,
}

impl Origin {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let answered = Arc::new(AtomicUsize::new(0));
        let counter = answered.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (Ok(connection), counter) = (connection, counter.clone()) else { return };
                thread::spawn(move || {
                    let mut reader = BufReader::new(connection.try_clone().expect("it is a socket"));
                    let mut writer = connection;
                    let mut first = String::new();
                    while reader.read_line(&mut first).is_ok_and(|read| read > 0) {
                        let mut line = String::new();
                        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                            line.clear();
                        }
                        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                        let path = first.split(' ').nth(1).unwrap_or_default().to_string();
                        if writer.write_all(&answer(&path, number)).is_err() {
                            return;
                        }
                        first.clear();
                    }
                });
            }
        });
        Self { address, answered }
    }

    fn count(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

fn answer(path: &str, number: usize) -> Vec<u8> {
    let body = if path.contains("big") { "x".repeat(3_000_000) } else { format!("answer {number}") };
    if path.starts_with("/redirect") {
        let location = "Location: /fresh?target\r\nCache-Control: max-age=600\r\n";
        return format!("HTTP/1.1 302 Found\r\n{location}Content-Length: 0\r\n\r\n").into_bytes();
    }
    let (status, headers) = match path.split(['/', '?']).nth(1).unwrap_or_default() {
        "private" => ("200 OK", "Cache-Control: private\r\n"),
        "short" => ("200 OK", "Cache-Control: max-age=1\r\n"),
        "fresh" => ("200 OK", "Cache-Control: max-age=600\r\n"),
        "cookie" => ("200 OK", "Set-Cookie: a=b\r\nCache-Control: max-age=600\r\n"),
        "missing" => ("404 Not Found", ""),
        _ => ("200 OK", ""),
    };
    if path.contains("chunked") {
        let head = format!("HTTP/1.1 {status}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n");
        return format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes();
    }
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

struct Fixture {
    origin: Origin,
    project: Project,
}

impl Fixture {
    fn new() -> Self {
        let origin = Origin::new();
        let url = format!("http://{}", origin.address);
        Self { project: Project::worker(CODE, json!({ "vars": { "ORIGIN": url } })), origin }
    }
}

fn ask(server: &Server, what: &Value) -> Value {
    server.client().post("/", what.to_string().as_bytes()).json()
}

fn fetch(server: &Server, path: &str, init: Value) -> Value {
    ask(server, &json!({ "path": path, "init": init }))
}

fn cf(options: Value) -> Value {
    json!({ "cf": options })
}

#[test]
fn only_who_asks_gets_a_cache() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture.project);
    for number in 1..3 {
        assert_eq!(fetch(&server, "/fresh", json!({}))[2], format!("answer {number}"));
        assert_eq!(fetch(&server, "/fresh", json!({}))[0], Value::Null);
        fixture.origin.answered.fetch_sub(1, Ordering::SeqCst);
    }
    server.stop();
}

#[test]
fn times_come_from_cf_or_from_the_response() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture.project);
    let everything = || cf(json!({ "cacheEverything": true }));
    for (path, init, first, second) in [
        ("/a", everything(), "MISS", "HIT"),
        ("/fresh", everything(), "MISS", "HIT"),
        ("/private", everything(), "BYPASS", "BYPASS"),
        ("/private?forced", cf(json!({ "cacheTtl": 60 })), "MISS", "HIT"),
        ("/cookie", everything(), "BYPASS", "BYPASS"),
        ("/b", cf(json!({ "cacheTtl": 0 })), "MISS", "MISS"),
        ("/c", cf(json!({ "cacheTtl": -1 })), "DYNAMIC", "DYNAMIC"),
        ("/missing", cf(json!({ "cacheTtlByStatus": { "200-299": 60, "404": -1 } })), "BYPASS", "BYPASS"),
        ("/missing?kept", cf(json!({ "cacheTtlByStatus": { "404": 60 } })), "MISS", "HIT"),
        ("/d", cf(json!({ "cacheKey": "d" })), "DYNAMIC", "DYNAMIC"),
        ("/d.css", cf(json!({ "cacheKey": "d" })), "MISS", "HIT"),
        ("/big", everything(), "MISS", "HIT"),
        ("/bigchunked", everything(), "MISS", "HIT"),
    ] {
        let before = fixture.origin.count();
        let (one, two) = (fetch(&server, path, init.clone()), fetch(&server, path, init.clone()));
        assert_eq!((&one[0], &two[0]), (&json!(first), &json!(second)), "{path} {init}");
        let is_hit = second == "HIT";
        assert_eq!(fixture.origin.count() - before, if is_hit { 1 } else { 2 }, "{path} {init}");
        assert_eq!(one[2] == two[2], is_hit || path.contains("big"), "{path} {init}");
    }
    // Cookies of what is stored by order are nobody else's.
    let forced = || cf(json!({ "cacheTtl": 60 }));
    assert_eq!(fetch(&server, "/cookie?forced", forced())[3], "a=b");
    assert_eq!(
        fetch(&server, "/cookie?forced", forced()),
        json!(["HIT", 200, format!("answer {}", fixture.origin.count()), null])
    );
    // A POST is never cached.
    let post = json!({ "method": "POST", "body": "", "cf": { "cacheTtl": 60 } });
    assert_eq!(fetch(&server, "/a", post)[0], "DYNAMIC");
    server.stop();
}

#[test]
fn it_is_the_default_cache() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture.project);
    let stored = fetch(&server, "/a", cf(json!({ "cacheTtl": 600 })));
    assert_eq!(ask(&server, &json!({ "path": "/a", "operation": "match" })), true);
    // A key stands for whatever URL has it.
    let redirected = |key: &str| fetch(&server, "/redirect", cf(json!({ "cacheTtl": 600, "cacheKey": key })));
    let (one, two) = (redirected("r"), redirected("r"));
    assert_eq!((&one[0], &two[0], &one[2]), (&json!("MISS"), &json!("HIT"), &two[2]));
    let keyed = |path: &str| fetch(&server, path, cf(json!({ "cacheTtl": 600, "cacheKey": "one" })));
    assert_eq!((&keyed("/x")[0], &keyed("/y")[0]), (&json!("MISS"), &json!("HIT")));
    server.stop();
    let server = Server::start(&fixture.project);
    let again = fetch(&server, "/a", cf(json!({ "cacheEverything": true })));
    assert_eq!((&again[0], &again[2]), (&json!("HIT"), &stored[2]));
    let anew = json!({ "cache": "no-cache", "cf": { "cacheEverything": true } });
    assert_eq!(fetch(&server, "/a", anew)[0], "EXPIRED");
    let around = json!({ "cache": "no-store", "cf": { "cacheEverything": true } });
    assert_eq!(fetch(&server, "/a", around)[0], "DYNAMIC");
    assert_eq!(ask(&server, &json!({ "path": "/a", "operation": "delete" })), true);
    assert_eq!(fetch(&server, "/a", cf(json!({ "cacheEverything": true })))[0], "MISS");
    server.stop();
}

#[test]
fn half_a_body_is_not_stored() {
    let fixture = Fixture::new();
    let server = Server::start(&fixture.project);
    let abandon = json!({ "path": "/big", "operation": "abandon", "init": { "cf": { "cacheTtl": 60 } } });
    assert_eq!(ask(&server, &abandon), "MISS");
    assert_eq!(ask(&server, &abandon), "MISS");
    assert_eq!(fetch(&server, "/big", cf(json!({ "cacheTtl": 60 }))), json!(["MISS", 200, 3_000_000, null]));
    assert_eq!(fetch(&server, "/big", cf(json!({ "cacheTtl": 60 }))), json!(["HIT", 200, 3_000_000, null]));
    server.stop();
}
