//! `caches` over the life of a server: reloads, restarts, `kill -9`, long bodies, and workers that share them.

use std::thread;

use serde_json::json;

use crate::harness::server::run;
use crate::harness::{Options, Project, Server, proc};

const CODE: &str = r#"
    const FRESH = { "cache-control": "max-age=600" };

    /** A body of `length` bytes that is made while it is read. */
    function body(length: number): ReadableStream {
      let sent = 0;
      return new ReadableStream({
        pull(controller) {
          const piece = new Uint8Array(Math.min(65536, length - sent));
          for (let i = 0; i < piece.length; i += 1024) piece[i] = (sent + i) / 1024;
          sent += piece.length;
          controller.enqueue(piece);
          if (sent === length) controller.close();
        },
      });
    }

    export default {
      async fetch(request: Request): Promise<Response> {
        const url = new URL(request.url);
        const key = `http://cached.example${url.pathname}`;
        const cache = url.searchParams.has("name") ? await caches.open(url.searchParams.get("name")!) : caches.default;
        switch (request.method) {
          case "PUT":
            await cache.put(key, new Response(request.body, { headers: FRESH }));
            return new Response("stored");
          case "POST":
            await cache.put(key, new Response(body(Number(await request.text())), { headers: FRESH }));
            return new Response("stored");
          case "DELETE":
            return new Response(`${await cache.delete(key)}`);
        }
        return (await cache.match(new Request(key, { headers: request.headers }))) ?? new Response("miss", { status: 404 });
      },
    };
"#;

fn put(server: &Server, path: &str, body: &str) {
    assert_eq!(server.client().send("PUT", path, &[], body.as_bytes()).text(), "stored");
}

#[test]
fn what_is_cached_outlives_reload_restart_and_kill() {
    let project = Project::worker(CODE, json!({}));
    let server = Server::start(&project);
    put(&server, "/a", "one");
    put(&server, "/a?name=n", "in n");
    server.reload(|| project.edit("src/index.ts", "\"miss\"", "\"nothing\""));
    assert_eq!(server.get("/a").text(), "one");
    put(&server, "/a", "two");
    server.stop();

    let mut server = Server::start(&project);
    assert_eq!(server.get("/a").text(), "two");
    assert_eq!(server.get("/a?name=n").text(), "in n");
    assert_eq!(server.get("/a").header("cf-cache-status"), Some("HIT"));
    put(&server, "/b", "acknowledged");
    server.signal("-KILL");
    server.wait_exit();

    let server = Server::start(&project);
    assert_eq!(server.get("/b").text(), "acknowledged");
    assert_eq!(server.client().send("DELETE", "/b", &[], b"").text(), "true");
    assert_eq!(server.get("/b").text(), "nothing");
    server.stop();
}

/// A put that does not end is no put, whatever ends it.
#[test]
fn a_kill_in_the_middle_of_a_put_leaves_what_was_there() {
    let project = Project::worker(CODE, json!({}));
    let mut server = Server::start(&project);
    put(&server, "/a", "whole");
    let mut connection = server.client().connect();
    connection.request("PUT", "/a", &[("content-length", "1000000")], &[7; 300_000]).expect("the server listens");
    // Once another request is through, the first part of the body is on its way to the disk or there.
    assert_eq!(server.get("/a").text(), "whole");
    server.signal("-KILL");
    server.wait_exit();
    let server = Server::start(&project);
    assert_eq!(server.get("/a").text(), "whole");
    server.stop();
}

#[test]
fn long_bodies_go_in_and_out_in_bounded_memory() {
    const LENGTH: usize = 200 * 1024 * 1024;
    let project = Project::worker(CODE, json!({}));
    let server = Server::start(&project);
    put(&server, "/warm", "up");
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());
    assert_eq!(server.client().post("/big", LENGTH.to_string().as_bytes()).text(), "stored");
    let whole = server.get("/big");
    assert_eq!((whole.status, whole.body.len()), (200, LENGTH));
    assert!((0..LENGTH).step_by(1024 * 1021).all(|at| at % 1024 != 0 || whole.body[at] == (at / 1024) as u8));
    let part = server.client().send("GET", "/big", &[("range", "bytes=104857600-")], b"");
    assert_eq!((part.status, part.body.len()), (206, LENGTH / 2));
    assert!(part.body == whole.body[LENGTH / 2..]);
    let grown = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(grown < 128 * 1024 * 1024, "it grew by {} MiB", grown / (1024 * 1024));
    server.stop();
}

#[test]
fn several_ranges_are_a_body_in_parts() {
    let project = Project::worker(CODE, json!({}));
    let server = Server::start(&project);
    put(&server, "/a", "hello world");
    let found = server.client().send("GET", "/a", &[("range", "bytes=0-1,-2")], b"");
    assert_eq!(found.status, 206);
    let kind = found.header("content-type").expect("it says what it is");
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("in parts");
    let text = found.text();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert!(parts[1].ends_with("Content-Range: bytes 0-1/11\r\n\r\nhe\r\n"), "{text}");
    assert!(parts[2].ends_with("Content-Range: bytes 9-10/11\r\n\r\nld\r\n"), "{text}");
    assert_eq!(parts[3], "--");
    server.stop();
}

#[test]
fn nobody_who_uses_no_cache_pays_for_it() {
    let project = Project::worker(CODE.replace("caches.default", "caches.default as any").as_str(), json!({}));
    project.write("src/index.ts", "export default { fetch() { return new Response(typeof caches.default); } };");
    let server = Server::start(&project);
    server.expect("/", "object");
    assert!(!project.path(".lopata/state/v3/cache").exists());
    server.stop();
}

#[test]
fn workers_of_a_process_share_caches() {
    let project = Project::worker(CODE, json!({}));
    let other = r#"
        export default {
          async fetch(request: Request, env: any): Promise<Response> {
            const { pathname } = new URL(request.url);
            if (pathname === "/other") return await env.FIRST.fetch("http://x/a");
            return (await caches.default.match(`http://cached.example${pathname}`)) ?? new Response("miss");
          },
        };
    "#;
    project.write("other/index.ts", other);
    let services = json!([{ "binding": "FIRST", "service": "it" }]);
    let config =
        json!({ "name": "other", "main": "index.ts", "compatibility_date": "2026-04-01", "services": services });
    project.write("other/wrangler.json", &config.to_string());
    let server = Server::start_with(&project, Options::args(["-c", "other/wrangler.json", "-c", "wrangler.json"]));
    assert_eq!(server.get("/a").text(), "miss");
    assert_eq!(server.get("/other").text(), "miss");
    server.stop();
    let server = Server::start(&project);
    put(&server, "/a", "shared");
    server.stop();
    let persist = project.path(".lopata/state");
    let persist = persist.to_str().expect("the path is text");
    let args = ["-c", "other/wrangler.json", "-c", "wrangler.json", "--persist-to", persist];
    let server = Server::start_with(&project, Options::args(args));
    assert_eq!(server.get("/a").text(), "shared");
    assert_eq!(server.get("/other").text(), "shared");
    server.stop();
}

#[test]
fn many_at_once() {
    let project = Project::worker(CODE, json!({}));
    let server = Server::start(&project);
    thread::scope(|scope| {
        for writer in 0..6 {
            let server = &server;
            scope.spawn(move || {
                for n in 0..20 {
                    let path = format!("/{}", n % 5);
                    match writer % 3 {
                        0 => put(server, &path, &"x".repeat(n * 4000)),
                        1 => drop(server.client().send("DELETE", &path, &[], b"")),
                        _ => {
                            let found = server.get(&path);
                            let whole = found.status == 404 || found.body.iter().all(|byte| *byte == b'x');
                            assert!(whole && found.body.len() % 4000 == if found.status == 404 { 4 } else { 0 });
                        }
                    }
                }
            });
        }
    });
    server.stop();
}

#[test]
fn the_command_line_works_beside_the_server() {
    let project = Project::worker(CODE, json!({}));
    let server = Server::start(&project);
    put(&server, "/a", "one");
    put(&server, "/b?name=n", "two");
    let (code, listed) = run(&project, &["cache", "list"]);
    assert_eq!(code, Some(0), "{listed}");
    assert!(listed.contains("http://cached.example/a") && listed.contains("2 responses, 6 B"), "{listed}");
    let (code, listed) = run(&project, &["cache", "list", "--cache", "n", "--json"]);
    assert_eq!(code, Some(0), "{listed}");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("it is JSON");
    assert_eq!((&listed[0]["url"], &listed[0]["size"]), (&json!("http://cached.example/b"), &json!(3)));
    let (code, said) = run(&project, &["cache", "purge", "--prefix", "http://cached.example/a"]);
    assert_eq!((code, said.trim()), (Some(0), "Purged 1 response."));
    assert_eq!(server.get("/a").text(), "miss");
    assert_eq!(server.get("/b?name=n").text(), "two");
    let (code, said) = run(&project, &["cache", "purge"]);
    assert!(code == Some(1) && said.contains("Say what to purge"), "{said}");
    server.stop();
}
