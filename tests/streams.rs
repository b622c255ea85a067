//! Bodies: every size, both directions, and clients that behave badly, within bounded memory.

use std::io::{Read, Write};
use std::thread;

use serde_json::json;

use crate::harness::{Project, Server, proc, until};

const MIB: usize = 1024 * 1024;

const CODE: &str = r#"
    const encoder = new TextEncoder();
    const block = new Uint8Array(64 * 1024).map((_, i) => i % 251);
    let pulled = 0;
    export default {
      async fetch(request: Request): Promise<Response> {
        const url = new URL(request.url);
        switch (url.pathname) {
          case "/echo":
            return new Response(request.body);
          case "/echo-buffered":
            return new Response(await request.arrayBuffer());
          case "/count": {
            let size = 0;
            for await (const chunk of request.body ?? []) size += chunk.byteLength;
            return new Response(`${size}`);
          }
          case "/down": {
            let left = Number(url.searchParams.get("blocks"));
            return new Response(
              new ReadableStream({
                pull(controller) {
                  if (left-- > 0) controller.enqueue(block.slice());
                  else controller.close();
                },
              }),
            );
          }
          case "/infinite":
            return new Response(
              new ReadableStream({
                pull(controller) {
                  pulled += block.byteLength;
                  controller.enqueue(block.slice());
                },
                cancel() {
                  console.log("the infinite stream was cancelled");
                },
              }),
            );
          case "/pulled":
            return new Response(`${pulled}`);
          case "/ignore":
            return new Response("ignored");
          case "/hang":
            request.signal.addEventListener("abort", () => console.log("the signal says", request.signal.reason?.name));
            console.log("hanging");
            await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
            return new Response("nobody hears this");
          case "/read":
            try {
              await request.text();
              return new Response("all read");
            } catch (error) {
              console.log("reading failed:", (error as Error).message);
              throw error;
            }
          case "/trickle":
            return new Response(
              new ReadableStream({
                async start(controller) {
                  controller.enqueue(encoder.encode("first"));
                  request.signal.addEventListener("abort", () => console.log("trickle aborted"));
                },
              }),
            );
        }
        return new Response("no", { status: 404 });
      },
    };
"#;

fn streaming() -> Project {
    Project::worker(CODE, json!({ "compatibility_flags": ["enable_request_signal"] }))
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 253) as u8).collect()
}

#[test]
fn bodies_of_every_size_come_back() {
    let project = streaming();
    let server = Server::start(&project);
    for length in [0, 1, 100, 65_535, 65_536, 65_537, 262_144, MIB, 5 * MIB + 3] {
        let body = pattern(length);
        for path in ["/echo", "/echo-buffered"] {
            let response = server.client().post(path, &body);
            assert_eq!(response.status, 200);
            assert!(response.body == body, "{path}: {length} bytes became {}", response.body.len());
        }
        assert_eq!(server.client().post("/count", &body).text(), length.to_string());
        // The same, with pieces of unknown number.
        let mut connection = server.client().connect();
        let mut writer = connection.writer();
        connection.request("POST", "/echo", &[("transfer-encoding", "chunked")], b"").expect("the server listens");
        let pieces = body.clone();
        let writing = thread::spawn(move || {
            for piece in pieces.chunks(10_007) {
                writer.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
                writer.write_all(piece)?;
                writer.write_all(b"\r\n")?;
            }
            writer.write_all(b"0\r\n\r\n")
        });
        let response = connection.response("POST").expect("the echo comes");
        writing.join().expect("the writer does not panic").expect("the body was taken");
        assert!(response.body == body, "chunked: {length} bytes became {}", response.body.len());
    }
    server.stop();
}

#[test]
fn an_echo_answers_each_piece_before_the_next_is_sent() {
    let project = streaming();
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("POST", "/echo", &[("transfer-encoding", "chunked")], b"").expect("the server listens");
    connection.chunk(b"0").expect("the body is taken");
    let head = connection.head().expect("the echo starts");
    assert_eq!(head.status, 200);
    let mut writer = connection.writer();
    let mut body = connection.body("POST", &head).expect("it has a body");
    for number in 1..50 {
        assert_eq!(body.take_bytes(1).expect("the echo goes on"), [b'0' + (number - 1) % 10]);
        writer.write_all(format!("1\r\n{}\r\n", number % 10).as_bytes()).expect("the body is taken");
    }
    assert_eq!(body.take_bytes(1).expect("the echo goes on"), b"9");
    writer.write_all(b"0\r\n\r\n").expect("the body is taken");
    assert_eq!(body.take_bytes(1).expect("the echo ends"), b"");
    server.stop();
}

/// How much more memory than before a transfer may take, however long it is.
const GROWTH_BYTES_MAX: u64 = 160 * MIB as u64;

#[test]
fn a_long_echo_takes_little_memory() {
    const TOTAL: usize = 256 * MIB;
    let project = streaming();
    let server = Server::start(&project);
    server.client().post("/echo", &pattern(5 * MIB));
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());

    let block = pattern(64 * 1024);
    let mut connection = server.client().connect();
    let mut writer = connection.writer();
    connection.request("POST", "/echo", &[("content-length", &TOTAL.to_string())], b"").expect("the server listens");
    let sent = block.clone();
    let writing = thread::spawn(move || (0..TOTAL / sent.len()).try_for_each(|_| writer.write_all(&sent)));
    let head = connection.head().expect("the echo starts");
    let mut body = connection.body("POST", &head).expect("it has a body");
    let mut piece = vec![0; block.len()];
    for number in 0..TOTAL / block.len() {
        body.read_exact(&mut piece).expect("the echo goes on");
        assert!(piece == block, "block {number} differs");
    }
    assert_eq!(body.read(&mut piece).expect("the echo ends"), 0);
    writing.join().expect("the writer does not panic").expect("the body was taken");

    let growth = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{} MiB more", growth / MIB as u64);
    server.stop();
}

#[test]
fn long_uploads_and_downloads_take_little_memory() {
    const BLOCKS: usize = 2048;
    let project = streaming();
    let server = Server::start(&project);
    server.get("/down?blocks=50");
    let before = proc::rss_bytes(server.pid());
    proc::reset_peak(server.pid());

    let mut connection = server.client().connect();
    connection.request("GET", &format!("/down?blocks={BLOCKS}"), &[], b"").expect("the server listens");
    let head = connection.head().expect("the download starts");
    let mut body = connection.body("GET", &head).expect("it has a body");
    let total = std::io::copy(&mut body, &mut std::io::sink()).expect("the download ends well");
    assert_eq!(total, BLOCKS as u64 * 64 * 1024);

    let block = pattern(64 * 1024);
    let mut connection = server.client().connect();
    let length = (BLOCKS * block.len()).to_string();
    connection.request("POST", "/count", &[("content-length", &length)], b"").expect("the server listens");
    for _ in 0..BLOCKS {
        connection.write(&block).expect("the body is taken");
    }
    assert_eq!(connection.response("POST").expect("the count comes").text(), length);

    let growth = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{} MiB more", growth / MIB as u64);
    server.stop();
}

#[test]
fn a_reader_that_stops_stops_the_source() {
    let project = streaming();
    let server = Server::start(&project);
    server.get("/down?blocks=50");
    let before = proc::rss_bytes(server.pid());
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("GET", "/infinite", &[], b"").expect("the server listens");
    let head = connection.head().expect("the response starts");
    assert_eq!(head.status, 200);
    connection.body("GET", &head).expect("it has a body").take_bytes(MIB).expect("the body comes");
    // Nobody reads now. Once the buffers on the way are full, the source must stand still.
    let pulled = || server.get("/pulled").text().parse::<usize>().expect("it is a number");
    let mut last = (pulled(), 0);
    let total = until("the source stands still", || {
        let now = pulled();
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        assert!(now < 64 * MIB, "{} MiB were pulled for a reader that stopped", now / MIB);
        (last.1 >= 50).then_some(now)
    });
    assert!(total >= MIB);
    let growth = proc::rss_bytes(server.pid()).saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{} MiB more", growth / MIB as u64);
    // Hanging up cancels it.
    connection.reset();
    server.log().wait_for(mark, "the infinite stream was cancelled");
    server.stop();
}

#[test]
fn a_client_that_goes_away_aborts_the_signal() {
    let project = streaming();
    let server = Server::start(&project);
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("GET", "/hang", &[], b"").expect("the server listens");
    server.log().wait_for(mark, "hanging");
    connection.reset();
    server.log().wait_for(mark, "the signal says AbortError");

    // The same while the response is on its way.
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("GET", "/trickle", &[], b"").expect("the server listens");
    let head = connection.head().expect("the response starts");
    assert_eq!(connection.body("GET", &head).expect("it has a body").take_bytes(5).expect("it comes"), b"first");
    connection.reset();
    server.log().wait_for(mark, "trickle aborted");
    server.expect("/pulled", "0");
    server.stop();
}

#[test]
fn an_upload_that_breaks_off_fails_the_read() {
    let project = streaming();
    let server = Server::start(&project);
    let mark = server.log().mark();
    let mut connection = server.client().connect();
    connection.request("POST", "/read", &[("content-length", "1000000")], b"only the beginning").expect("it listens");
    connection.reset();
    server.log().wait_for(mark, "reading failed:");
    server.expect("/pulled", "0");
    server.stop();
}

#[test]
fn a_body_that_nobody_reads_does_not_block() {
    let project = streaming();
    let server = Server::start(&project);
    for length in [10, 100_000, 3 * MIB] {
        let mut connection = server.client().connect();
        let mut writer = connection.writer();
        connection.request("POST", "/ignore", &[("content-length", &length.to_string())], b"").expect("it listens");
        // The server may hang up on an unread body, so the write may fail; the answer must come all the same.
        let writing = thread::spawn(move || drop(writer.write_all(&pattern(length))));
        assert_eq!(connection.response("POST").expect("the answer comes").text(), "ignored", "{length}");
        drop(connection);
        writing.join().expect("the writer does not panic");
    }
    server.expect("/pulled", "0");
    server.stop();
}
