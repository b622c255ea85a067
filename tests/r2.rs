//! R2 in a worker: bodies of every size in and out, conditions, ranges, multipart, state that lasts.
//!
//! What single calls answer is compared with wrangler's answers in `operations`.

use std::fs;
use std::io::Read;

use serde_json::json;

use crate::harness::{Door, Project, Server, proc};

const MIB: usize = 1024 * 1024;

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const url = new URL(request.url);
        const key = decodeURIComponent(url.pathname.slice(1));
        try {
          switch (request.method) {
            case "PUT": {
              const options = { onlyIf: request.headers, httpMetadata: request.headers };
              const object = await env.R2.put(key, request.body, options);
              return object === null ? new Response(null, { status: 412 }) : new Response(object.etag);
            }
            case "POST":
              return Response.json(await actions[url.searchParams.get("do")!](env, key, request));
            case "DELETE":
              await env.R2.delete(key);
              return new Response("deleted");
          }
          const object = await env.R2.get(key, { onlyIf: request.headers, range: request.headers });
          if (object === null) return new Response("none", { status: 404 });
          const headers = new Headers({ etag: object.httpEtag, "x-range": JSON.stringify(object.range) });
          object.writeHttpMetadata(headers);
          if (!("body" in object)) return new Response(null, { status: 304, headers });
          return new Response(object.body, { headers });
        } catch (error: any) {
          return new Response(`${error.name}: ${error.message}`, { status: 500 });
        }
      },
    };

    const actions: Record<string, (env: any, key: string, request: Request) => Promise<unknown>> = {
      async pump(env, key) {
        const { readable, writable } = new FixedLengthStream(5 * 64 * 1024);
        const writer = writable.getWriter();
        const putting = env.R2.put(key, readable);
        for (let i = 0; i < 5; i++) await writer.write(new Uint8Array(64 * 1024).fill(i));
        await writer.close();
        const { size } = await putting;
        const bytes = new Uint8Array(await (await env.R2.get(key)).arrayBuffer());
        return [size, bytes.length, bytes[64 * 1024 - 1], bytes[4 * 64 * 1024]];
      },
      async fails(env, key) {
        const { readable, writable } = new FixedLengthStream(5 * 64 * 1024);
        const writer = writable.getWriter();
        const putting = env.R2.put(key, readable).catch((error: Error) => `${error.name}: ${error.message}`);
        await writer.write(new Uint8Array(64 * 1024));
        writer.abort(new RangeError("mine")).catch(() => {});
        return putting;
      },
      async short(env, key) {
        const { readable, writable } = new FixedLengthStream(100);
        const writer = writable.getWriter();
        writer.write(new Uint8Array(10)).catch(() => {});
        writer.close().catch(() => {});
        return env.R2.put(key, readable).catch((error: Error) => `${error.name}: ${error.message}`);
      },
      async copy(env, key) {
        const object = await env.R2.get(key);
        return (await env.R2.put(`${key}.copy`, object.body)).size;
      },
      async outside(env, key, request) {
        const response = await fetch(await request.text());
        return (await env.R2.put(key, response.body)).size;
      },
      async multipart(env, key) {
        const upload = await env.R2.createMultipartUpload(key, { customMetadata: { by: "parts" } });
        const resumed = env.R2.resumeMultipartUpload(key, upload.uploadId);
        const part = 5 * 1024 * 1024;
        const last = await resumed.uploadPart(3, "the end");
        const first = await upload.uploadPart(1, new Uint8Array(part).fill(1));
        await upload.uploadPart(2, "replaced");
        const second = await resumed.uploadPart(2, new Blob([new Uint8Array(part).fill(2)]));
        const object = await resumed.complete([first, second, last]);
        const tail = await env.R2.get(key, { range: { suffix: 8 } });
        const { customMetadata, range } = await env.R2.head(key);
        return [object.size - 2 * part, object.etag.slice(32), await tail.text(), customMetadata, range.length];
      },
      async begin(env, key) {
        const upload = await env.R2.createMultipartUpload(key);
        return [upload.uploadId, await upload.uploadPart(1, "one part")];
      },
      async finish(env, key, request) {
        const [uploadId, part] = await request.json() as any;
        return (await env.R2.resumeMultipartUpload(key, uploadId).complete([part])).size;
      },
      async list(env) {
        const { objects, delimitedPrefixes } = await env.R2.list({ delimiter: "/" });
        return [objects.map((object: any) => object.key), delimitedPrefixes];
      },
      async many(env, key) {
        for (let i = 0; i < 40; i += 8) {
          await Promise.all(Array.from({ length: 8 }, (_, n) => env.R2.put(`${key}/${i + n}`, `${i + n}`)));
        }
        const page = await env.R2.list({ prefix: `${key}/`, limit: 39 });
        await env.R2.delete(page.objects.map((object: any) => object.key));
        return [page.truncated, (await env.R2.list({ prefix: `${key}/`, cursor: page.cursor })).objects.length];
      },
      async ssec(env, key) {
        return env.R2.put(key, "x", { ssecKey: "ab".repeat(32) }).catch((error: Error) => error.message);
      },
    };
"#;

fn bucket() -> Project {
    Project::worker(CODE, json!({ "r2_buckets": [{ "binding": "R2", "bucket_name": "the-bucket" }] }))
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 253) as u8).collect()
}

fn blobs(project: &Project) -> usize {
    let folder = project.path(".lopata/state/v3/r2/the-bucket/blobs");
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn bodies_of_every_size_come_back() {
    let project = bucket();
    let server = Server::start(&project);
    for length in [0, 1, 65_536, 65_537, MIB, MIB + 1, 5 * MIB + 3] {
        let body = pattern(length);
        let put = server.client().send("PUT", "/k", &[("content-type", "x/y")], &body);
        assert_eq!(put.status, 200, "{}", put.text());
        let got = server.get("/k");
        assert!(got.body == body, "{length} bytes became {}", got.body.len());
        assert_eq!(got.header("content-type"), Some("x/y"));
        assert_eq!(got.header("etag"), Some(format!("\"{}\"", put.text()).as_str()));
    }
    assert_eq!(server.client().post("/k?do=copy", b"").text(), (5 * MIB + 3).to_string());
    assert!(server.get("/k.copy").body == pattern(5 * MIB + 3));
    assert_eq!(blobs(&project), 2);
    assert_eq!(server.get("/none").status, 404);
    server.stop();
}

#[test]
fn streams_of_scripts_and_of_servers_are_stored() {
    let project = bucket();
    let server = Server::start(&project);
    assert_eq!(server.client().post("/s?do=pump", b"").json(), json!([327_680, 327_680, 0, 4]));
    assert_eq!(server.client().post("/s?do=fails", b"").json(), "RangeError: mine");
    let short = server.client().post("/s?do=short", b"").json();
    assert_eq!(short, "TypeError: FixedLengthStream did not see all expected bytes before close().");
    assert_eq!(server.get("/s").body.len(), 327_680, "what was there stays");
    assert_eq!(blobs(&project), 1);
    let door = Door::new();
    let url = door.url();
    std::thread::scope(|scope| {
        let storing = scope.spawn(|| server.client().post("/o?do=outside", url.as_bytes()).text());
        door.knock().open("from outside");
        assert_eq!(storing.join().expect("it does not panic"), "12");
    });
    server.expect("/o", "from outside");
    server.stop();
}

#[test]
fn conditions_and_ranges_of_a_request() {
    let project = bucket();
    let server = Server::start(&project);
    let etag = format!("\"{}\"", server.client().send("PUT", "/k", &[], b"hello world").text());
    let get = |name: &str, value: &str| server.client().send("GET", "/k", &[(name, value)], b"");
    assert_eq!((get("if-none-match", &etag).status, get("if-none-match", "\"x\"").status), (304, 200));
    assert_eq!((get("if-match", &etag).status, get("if-match", "\"x\"").status), (200, 304));
    assert_eq!(get("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT").status, 304);
    assert_eq!(get("if-unmodified-since", "Fri, 01 Jan 2100 00:00:00 GMT").status, 200);
    let part = get("range", "bytes=6-");
    assert_eq!((part.text().as_str(), part.header("x-range")), ("world", Some("{\"offset\":6,\"length\":5}")));
    assert_eq!(get("range", "bytes=0-1,3-4").text(), "hello world");
    let put = |name: &str, value: &str, body: &[u8]| server.client().send("PUT", "/k", &[(name, value)], body).status;
    assert_eq!(put("if-none-match", "*", b"new"), 412);
    server.expect("/k", "hello world");
    assert_eq!(put("if-match", &etag, b"new"), 200);
    server.expect("/k", "new");
    server.stop();
}

#[test]
fn any_key_and_lists() {
    let project = bucket();
    let server = Server::start(&project);
    for key in ["a", "a%2Fb", "a%2F%2Fb", "%2F%2E%2E", "%2E%2E%2F", "%F0%9F%98%80", "c%2Fd"] {
        assert_eq!(server.client().send("PUT", &format!("/{key}"), &[], key.as_bytes()).status, 200, "{key}");
    }
    assert_eq!(server.get("/a%2Fb").text(), "a%2Fb");
    let list = server.client().post("/?do=list", b"").json();
    assert_eq!(list, json!([["a", "\u{1f600}"], ["../", "/", "a/", "c/"]]));
    let long = "k".repeat(1025);
    let refused = server.client().send("PUT", &format!("/{long}"), &[], b"x").text();
    assert_eq!(refused, "Error: put: The specified object name is not valid. (10020)");
    assert_eq!(server.client().post("/many?do=many", b"").json(), json!([true, 1]));
    let refused = server.client().post("/k?do=ssec", b"").json();
    assert!(refused.as_str().is_some_and(|text| text.starts_with("put: ") && text.contains("ssecKey")), "{refused}");
    server.client().send("DELETE", "/a", &[], b"");
    assert_eq!(server.get("/a").status, 404);
    server.stop();
}

#[test]
fn a_multipart_upload_goes_on_over_a_reload_and_a_restart() {
    let project = bucket();
    let server = Server::start(&project);
    let done = server.client().post("/m?do=multipart", b"").json();
    let size = 10 * MIB + 7;
    assert_eq!(done, json!([7, "-3", "\u{2}the end", { "by": "parts" }, size]));
    let whole = server.get("/m").body;
    assert!(whole.len() == size && whole[5 * MIB - 1] == 1 && whole[5 * MIB] == 2);
    let begun = server.client().post("/n?do=begin", b"").text();
    server.reload(|| project.edit("src/index.ts", "\"none\"", "\"nothing\""));
    let twice = server.client().post("/p?do=begin", b"").text();
    assert_eq!(server.client().post("/n?do=finish", begun.as_bytes()).text(), "8");
    server.stop();

    let server = Server::start(&project);
    server.expect("/n", "one part");
    assert_eq!(server.get("/p").text(), "nothing");
    assert_eq!(server.client().post("/p?do=finish", twice.as_bytes()).text(), "8");
    let again = server.client().post("/p?do=finish", twice.as_bytes()).text();
    assert!(again.contains("The specified multipart upload does not exist. (10024)"), "{again}");
    assert!(server.get("/m").body == whole);
    server.stop();
}

/// A body that is being read is read to its end across a reload and a new object under its key.
#[test]
fn a_body_under_way_outlives_a_reload_and_its_object() {
    let project = bucket();
    let server = Server::start(&project);
    let body = pattern(24 * MIB);
    server.client().send("PUT", "/k", &[], &body);
    let mut connection = server.client().connect();
    connection.request("GET", "/k", &[], b"").expect("the server listens");
    let head = connection.head().expect("the response starts");
    let mut reading = connection.body("GET", &head).expect("it has a body");
    let mut read = reading.take_bytes(100_000).expect("the body comes");
    server.reload(|| project.edit("src/index.ts", "\"none\"", "\"nothing\""));
    server.client().send("PUT", "/k", &[], b"new");
    server.expect("/k", "new");
    reading.read_to_end(&mut read).expect("the body goes on");
    assert!(read == body);
    server.stop();
}

/// A client that goes away in the middle of what it uploads.
#[test]
fn half_an_upload_leaves_nothing() {
    let project = bucket();
    let server = Server::start(&project);
    server.client().send("PUT", "/k", &[], b"old");
    let mut connection = server.client().connect();
    connection.request("PUT", "/k", &[("content-length", "10000000")], b"").expect("the server listens");
    connection.write(&pattern(3 * MIB)).expect("the body is taken");
    crate::harness::until("the new body is being written", || (blobs(&project) == 2).then_some(()));
    connection.reset();
    crate::harness::until("the new body is gone", || (blobs(&project) == 1).then_some(()));
    server.expect("/k", "old");
    server.stop();
}

/// How much more memory than before a transfer may take, however long it is.
const GROWTH_BYTES_MAX: u64 = 64 * MIB as u64;

#[test]
fn a_large_object_takes_little_memory() {
    const TOTAL: usize = 192 * MIB;
    let project = bucket();
    let server = Server::start(&project);
    server.client().send("PUT", "/k", &[], &pattern(5 * MIB));
    assert_eq!(server.get("/k").body.len(), 5 * MIB);
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());

    let block = pattern(64 * 1024);
    let mut connection = server.client().connect();
    connection.request("PUT", "/k", &[("content-length", &TOTAL.to_string())], b"").expect("the server listens");
    for _ in 0..TOTAL / block.len() {
        connection.write(&block).expect("the body is taken");
    }
    assert_eq!(connection.response("PUT").expect("it is stored").status, 200);

    let mut connection = server.client().connect();
    connection.request("GET", "/k", &[], b"").expect("the server listens");
    let head = connection.head().expect("the response starts");
    let mut body = connection.body("GET", &head).expect("it has a body");
    let mut piece = vec![0; block.len()];
    for number in 0..TOTAL / block.len() {
        body.read_exact(&mut piece).expect("the body goes on");
        assert!(piece == block, "block {number} differs");
    }
    assert_eq!(body.read(&mut piece).expect("the body ends"), 0);

    let growth = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{} MiB more", growth / MIB as u64);
    server.stop();
}
