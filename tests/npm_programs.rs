//! Programs from npm in `tests/npm-programs`, each in a worker that uses a good part of it.
//!
//! Nothing about them is adapted to lopata. They are bundled and run as they are, with the versions of their lock file.

mod databases;
mod http;
mod libraries;
mod mysql;
mod postgres;
mod streams;

use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::server::run;
use crate::harness::{Options, Project, Server};

/// The programs in a folder of their own, with their packages; made once.
fn programs() -> &'static Project {
    static PROGRAMS: OnceLock<Project> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let project = Project::copy_of("tests/npm-programs");
        if !project.path("node_modules/hono").exists() {
            let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            let installed = Command::new("npm").args(flags).current_dir(project.folder()).status();
            assert!(installed.is_ok_and(|status| status.success()), "npm installs the programs");
        }
        project
    })
}

fn start(name: &str) -> Server {
    let config = format!("{name}/wrangler.jsonc");
    Server::start_with(programs(), Options::args(["-c", &config]))
}

fn post_json(server: &Server, path: &str, body: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    server.client().send("POST", path, &headers, body.to_string().as_bytes()).json()
}

#[test]
fn hono() {
    let server = start("hono");
    server.expect("/", "hello");
    assert_eq!(server.get("/users/5?q=1").json(), json!({ "id": "5", "q": "1" }));
    assert_eq!(server.get("/users/x").text(), "nothing here");
    server.expect("/stream", "abc");
    let failed = server.get("/fails");
    assert_eq!((failed.status, failed.text().as_str()), (418, "teapot"));
    let crossing = server.client().send("GET", "/api/x", &[("origin", "https://example.com")], b"");
    assert_eq!(crossing.header("access-control-allow-origin"), Some("https://example.com"));
    let tag = server.get("/etag/x").header("etag").expect("it is tagged").to_string();
    let again = server.client().send("GET", "/etag/x", &[("if-none-match", &tag)], b"");
    assert_eq!(again.status, 304);
    let cookie = server.client().send("GET", "/cookie", &[("cookie", "name=x")], b"");
    assert_eq!(cookie.text(), "x");
    assert_eq!(cookie.header("set-cookie"), Some("seen=yes; Path=/; HttpOnly"));
    let form = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nn\r\n--b\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\nin it\r\n--b--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    let sent = server.client().send("POST", "/form", &headers, form.as_bytes());
    assert_eq!(sent.json(), json!({ "name": "n", "file": "f.txt", "size": 5, "text": "in it" }));
    server.stop();
}

#[test]
fn itty_router() {
    let server = start("itty");
    assert_eq!(server.get("/v1/hello/you").text(), "\"hello you\"");
    assert_eq!(server.get("/v1/json").json(), json!({ "a": [1, 2] }));
    assert_eq!(server.get("/v1/query?a=1&b=2").json(), json!({ "a": "1", "b": "2" }));
    assert_eq!(post_json(&server, "/v1/echo", &json!({ "x": 1 })), json!({ "x": 1 }));
    assert_eq!(server.get("/v1/teapot").json(), json!({ "status": 418, "error": "short and stout" }));
    assert_eq!(server.get("/v1/nope").status, 404);
    server.stop();
}

#[test]
fn jose() {
    let server = start("jose");
    let result = server.get("/").json();
    for alg in ["HS256", "RS256", "PS384", "ES256", "EdDSA"] {
        assert_eq!(result[alg], 1, "{alg}");
        assert_eq!(result[format!("{alg} broken")], "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "{alg}");
    }
    assert_eq!(result["decrypted"], json!({ "hidden": true }));
    assert_eq!(result["thumbprint"], 43);
    server.stop();
}

#[test]
fn zod() {
    let server = start("zod");
    let user = json!({ "name": "Ann", "email": "a@b.co", "age": "5", "born": "2000-01-02" });
    let expected = json!({ "name": "Ann", "email": "a@b.co", "age": 5, "tags": [], "born": 2000 });
    assert_eq!(post_json(&server, "/", &user), expected);
    let issues = post_json(&server, "/", &json!({ "name": "A", "email": "x", "age": "y", "born": "z" }));
    let paths: Vec<&str> = issues.as_array().into_iter().flatten().filter_map(|issue| issue[0].as_str()).collect();
    assert_eq!(paths, ["name", "email", "age", "born"]);
    server.stop();
}

#[test]
fn graphql_yoga() {
    let server = start("yoga");
    let ask = |query: &str| post_json(&server, "/graphql", &json!({ "query": query }));
    assert_eq!(ask("{ hello(name: \"x\") }"), json!({ "data": { "hello": "hello x" } }));
    assert_eq!(ask("mutation { add(a: 40, b: 2) }"), json!({ "data": { "add": 42 } }));
    let failed = ask("{ hello(name: \"x\") fails }");
    assert_eq!(failed["errors"][0]["path"], json!(["fails"]));
    assert_eq!(failed["data"]["hello"], "hello x");
    assert_eq!(ask("{ nope }")["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    let headers = [("content-type", "application/json"), ("accept", "text/event-stream")];
    let body = json!({ "query": "subscription { count(to: 3) }" }).to_string();
    let events = server.client().send("POST", "/graphql", &headers, body.as_bytes()).text();
    let counts: Vec<&str> =
        events.lines().filter_map(|line| line.strip_prefix("data: {\"data\":{\"count\":")).collect();
    assert_eq!(counts, ["1}}", "2}}", "3}}"]);
    assert!(events.contains("event: complete"), "{events}");
    server.stop();
}

#[test]
fn postal_mime() {
    let server = start("postal");
    let mail = "From: Ann <a@x.org>\r\nTo: b@y.org\r\nSubject: =?utf-8?B?SGVsbMO2?=\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
                Content-Transfer-Encoding: quoted-printable\r\n\r\nna=EFve\r\n--b\r\n\
                Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=f.bin\r\n\
                Content-Transfer-Encoding: base64\r\n\r\nAQID\r\n--b--\r\n";
    let parsed = server.client().post("/", mail.as_bytes()).json();
    assert_eq!(parsed["from"], json!({ "address": "a@x.org", "name": "Ann" }));
    assert_eq!(parsed["subject"], "Hell\u{f6}");
    assert_eq!(parsed["text"], "na\u{ef}ve");
    let attachment = json!({ "filename": "f.bin", "mimeType": "application/octet-stream", "size": 3 });
    assert_eq!(parsed["attachments"], json!([attachment]));
    server.stop();
}

#[test]
fn nanoid() {
    let server = start("nanoid");
    let result = server.get("/").json();
    let mut ids: Vec<&str> = result["ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(ids.iter().all(|id| id.len() == 21), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    let digits = result["digits"].as_str().expect("they are a string");
    assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{digits}");
    server.stop();
}

/// Runs a program's `client.mjs` on its server, which it makes reload by an edit of the program.
fn visit(name: &str) {
    let file = format!("{name}/index.ts");
    let config = format!("{name}/wrangler.jsonc");
    let state = TempDir::new().expect("the temporary folder is writable");
    let state = state.path().to_str().expect("it is text");
    let mut server = Server::start_with(programs(), Options::args(["-c", &config, "--persist-to", state]));
    let output = Command::new("node")
        .args([&format!("{name}/client.mjs"), &server.origin(), &file])
        .current_dir(programs().folder())
        .output()
        .expect("Node.js is installed");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("done"), "{said}\n{}", server.log().text());
    server.assert_well();
    server.stop();
}

/// Rooms with hibernating sockets, and a limiter for each address.
#[test]
fn a_chat() {
    visit("chat");
}

/// Buckets of tokens that forget themselves by an alarm.
#[test]
fn a_rate_limiter() {
    visit("limiter");
}

/// Two editors of one document, by Yjs over hibernating sockets.
#[test]
fn yjs() {
    visit("document");
}

#[test]
fn partyserver() {
    visit("party");
}

#[test]
fn drizzle() {
    let expected = json!({
        "returned": {
            "id": 1, "name": "Ann", "admin": true, "createdAt": "2025-10-09T08:53:20.123Z", "avatar": null, "score": 1.5
        },
        "conflict": "Error: D1_ERROR: UNIQUE constraint failed: users.name: SQLITE_CONSTRAINT (extended: \
                     SQLITE_CONSTRAINT_UNIQUE)",
        "joined": [{ "name": "Ann", "posts": 2 }, { "name": "Bob", "posts": 1 }, { "name": "Cy", "posts": 0 }],
        "nested": [
            { "name": "Ann", "posts": [{ "title": "First", "tags": ["a", "b"] }, { "title": "Second", "tags": [] }] },
            { "name": "Bob", "posts": [{ "title": "Third", "tags": [] }] },
        ],
        "prepared": [[{ "title": "First" }], { "title": "Third" }],
        "batch": [[{ "name": "Cy" }], [{ "total": 13.75 }]],
        "failed": "rolled back",
        "left": [2, 1],
        "values": [["Bob", 0], ["Cy", 1]],
    });
    // The program's own files, away from the state of other runs.
    let state = TempDir::new().expect("the temporary folder is writable");
    let state = state.path().to_str().expect("it is text");
    let config = "drizzle/wrangler.jsonc";
    let apply = ["d1", "migrations", "apply", "app", "-c", config, "--local", "--persist-to", state];
    let (code, output) = run(programs(), &apply);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("🚣 4 commands executed successfully."), "{output}");
    let server = Server::start_with(programs(), Options::args(["-c", config, "--persist-to", state]));
    assert_eq!(server.get("/").json(), expected);
    let mut own = expected;
    own["applied"] = json!([2]);
    assert_eq!(server.get("/own").json(), own);
    server.stop();
}

/// A CommonJS file requires modules of Node, by both names.
#[test]
fn commonjs_requires_modules_of_node() {
    let library = "const EventEmitter = require('events'); const { inspect } = require('node:util');\n\
                   const { join } = require('path');\n\
                   module.exports = () => [new EventEmitter() instanceof EventEmitter, inspect({ a: 1 }), join('a', 'b')];";
    let project = Project::new(&[
        (
            "wrangler.json",
            r#"{ "name": "t", "main": "index.js", "compatibility_date": "2026-04-01", "compatibility_flags": ["nodejs_compat"] }"#,
        ),
        ("index.js", "import library from './library.cjs'; export default { fetch: () => Response.json(library()) };"),
        ("library.cjs", library),
    ]);
    let server = Server::start(&project);
    assert_eq!(server.get("/").json(), json!([true, "{ a: 1 }", "a/b"]));
    server.stop();
}

/// Bytes of the segment of data that makes a module large.
const DATA_BYTES: usize = 2 * 1024 * 1024;

#[test]
fn a_large_wasm_module() {
    let wasm = large_wasm();
    assert!(wasm.len() > DATA_BYTES);
    std::fs::write(programs().path("wasm/large.wasm"), &wasm).expect("the folder is ours");
    let server = start("wasm");
    let last = wasm[wasm.len() - 1];
    assert_eq!(server.get("/").json(), json!({ "sum": 42, "bytes": 64 * 65536, "last": last }));
    server.stop();
}

/// A module with a function `add`, a memory of 64 pages, and data that fills half of it.
fn large_wasm() -> Vec<u8> {
    fn number(mut value: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }
    fn section(id: u8, body: &[u8]) -> Vec<u8> {
        [&[id], number(body.len()).as_slice(), body].concat()
    }
    let data: Vec<u8> = (0..DATA_BYTES).map(|at| (at * 7 % 251) as u8).collect();
    let segment = [b"\x01\x00\x41\x00\x0b", number(DATA_BYTES).as_slice(), &data].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, b"\x01\x60\x02\x7f\x7f\x01\x7f"),
        section(3, b"\x01\x00"),
        section(5, b"\x01\x00\x40"),
        section(7, b"\x02\x03add\x00\x00\x06memory\x02\x00"),
        section(10, b"\x01\x07\x00\x20\x00\x20\x01\x6a\x0b"),
        section(11, &segment),
    ]
    .concat()
}

#[test]
fn kv_asset_handler() {
    let server = start("site-handler");
    let page = server.get("/");
    assert_eq!(
        (page.text().as_str(), page.header("content-type")),
        ("<h1>A site</h1>\n", Some("text/html; charset=utf-8"))
    );
    assert_eq!(server.get("/guide/").text(), "<h1>The guide</h1>\n");
    let style = server.get("/style.css");
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(server.get("/next.draft.html").status, 404, "it is excluded");
    assert_eq!(
        server.get("/manifest").json(),
        json!({
            "guide/index.html": "$__MINIFLARE_SITES__$/guide%2Findex.html",
            "index.html": "$__MINIFLARE_SITES__$/index.html",
            "style.css": "$__MINIFLARE_SITES__$/style.css",
        })
    );
    let mark = server.log().mark();
    programs().write("site-handler/public/index.html", "<h1>A site, edited</h1>\n");
    server.expect("/", "<h1>A site, edited</h1>\n");
    programs().write("site-handler/public/fresh.txt", "fresh");
    server.expect("/fresh.txt", "fresh");
    server.log().wait_for(mark, "Local server updated and ready");
    assert_eq!(server.get("/manifest").json()["fresh.txt"], "$__MINIFLARE_SITES__$/fresh.txt");
    server.stop();
}

#[test]
fn a_site_built_by_vite() {
    let build = ["node_modules/vite/bin/vite.js", "build", "vite-site"];
    let built = Command::new("node").args(build).current_dir(programs().folder()).output();
    let built = built.expect("Node.js is installed");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let server = start("vite-site");

    let page = server.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("public, max-age=0, must-revalidate"));
    // What the page names is there, under names with a hash, and may be kept for ever.
    let text = page.text();
    let named = |prefix: &str, end: &str| {
        let at = text.find(prefix).unwrap_or_else(|| panic!("{prefix} in {text}")) + prefix.len();
        text[at..].split('"').next().filter(|name| name.ends_with(end)).expect("a quoted name").to_string()
    };
    let types = [
        ("src=\"", ".js", "text/javascript; charset=utf-8"),
        ("stylesheet\" crossorigin href=\"", ".css", "text/css; charset=utf-8"),
    ];
    for (prefix, end, kind) in types {
        let asset = server.get(&named(prefix, end));
        assert_eq!((asset.status, asset.header("content-type")), (200, Some(kind)));
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let tag = asset.header("etag").expect("it has one");
        let again = server.client().send("GET", &named(prefix, end), &[("if-none-match", tag)], b"");
        assert_eq!((again.status, again.header("cache-control")), (304, asset.header("cache-control")));
    }
    assert_eq!(server.get("/anchor.svg").header("content-type"), Some("image/svg+xml"));

    // A navigation to a route of the page's own gets the page, a fetch of the page's the worker.
    let route = server.client().send("GET", "/harbour/ny-alesund", &[("sec-fetch-mode", "navigate")], b"");
    assert_eq!((route.status, route.text()), (200, text.clone()));
    assert_eq!(server.get("/api/tides/ny-alesund").json()[0], json!({ "time": "04:12", "metres": 1.4 }));
    assert_eq!(server.get("/api/nothing").status, 404);
    let moved = server.get("/heligoland");
    assert_eq!((moved.status, moved.header("location")), (301, Some("/harbour/heligoland")));
    for hidden in ["/_headers", "/_redirects"] {
        assert_eq!(server.get(hidden).status, 404, "{hidden}");
    }
    server.stop();
}
