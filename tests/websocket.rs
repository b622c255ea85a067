//! WebSockets, as clients and other servers see them.

use std::sync::mpsc::channel;
use std::thread;

use serde_json::json;
use tungstenite::{Bytes, Message};

use crate::harness::log::Mark;
use crate::harness::{Options, Project, Server, Socket, proc, until};

const MIB: usize = 1024 * 1024;

const CODE: &str = r#"
    const pair = (): [any, any] => Object.values(new WebSocketPair()) as any;
    const answer = (webSocket: any, headers: HeadersInit = {}) => new Response(null, { status: 101, webSocket, headers } as any);
    const report = (name: string, socket: any) => {
      socket.addEventListener("close", (e: any) => console.log(`${name} closed ${e.code} "${e.reason}" ${e.wasClean} ${socket.readyState}`));
      socket.addEventListener("error", (e: any) => console.log(`${name} failed: ${e.message}`));
    };
    let taken = 0;
    export default {
      async fetch(request: Request, env: any, ctx: ExecutionContext): Promise<Response> {
        const url = new URL(request.url);
        switch (url.pathname) {
          case "/echo": {
            const [client, server] = pair();
            server.accept();
            server.binaryType = "arraybuffer";
            report("echo", server);
            server.addEventListener("message", (e: any) => {
              taken += e.data.length ?? e.data.byteLength;
              server.send(e.data);
            });
            return answer(client);
          }
          case "/taken":
            return new Response(`${taken}`);
          case "/close": {
            const [client, server] = pair();
            server.accept();
            report("close", server);
            const code = url.searchParams.get("code");
            if (code === null) server.close();
            else server.close(Number(code), url.searchParams.get("reason") ?? "");
            return answer(client);
          }
          case "/early": {
            const [client, server] = pair();
            // The client's messages come before anybody listens.
            ctx.waitUntil((async () => {
              while (url.searchParams.has("door") && (await (await fetch(url.searchParams.get("door")!)).text()) !== "in") {}
              const seen: string[] = [];
              server.accept();
              server.addEventListener("message", (e: any) => { seen.push(e.data); server.send(seen.join()); });
            })());
            return answer(client);
          }
          case "/half-open": {
            const [client, server] = pair();
            server.accept({ allowHalfOpen: true });
            report("half-open", server);
            server.addEventListener("close", (e: any) => {
              server.send(`you said ${e.code}`);
              server.close(4001, "own");
            });
            return answer(client);
          }
          case "/never-accepted":
            return answer(pair()[0]);
          case "/protocol":
            return answer(pair()[0], { "sec-websocket-protocol": "chosen", "x-other": "kept", "sec-websocket-extensions": "none" });
          case "/ordinary":
            return new Response("not today", { status: 403 });
          case "/push": {
            const [client, server] = pair();
            server.accept();
            for (let i = 0; i < 5; i++) server.send(`${i}`);
            server.send(new Uint8Array(Number(url.searchParams.get("bytes") ?? 3)));
            return answer(client);
          }
          case "/spin": {
            const [client, server] = pair();
            server.accept();
            server.addEventListener("message", () => { for (;;); });
            return answer(client);
          }
          case "/panic": {
            const [client, server] = pair();
            server.accept();
            server.addEventListener("message", () => (globalThis as any).__lopataFault.panic());
            return answer(client);
          }
          case "/late": {
            await fetch(url.searchParams.get("door")!);
            const [client, server] = pair();
            server.accept();
            report("late", server);
            return answer(client);
          }
          case "/service": {
            return env.SELF.fetch(new Request("http://inside/echo", request));
          }
          case "/service-own": {
            // One hop answers with a socket that the next one terminates.
            const response: any = await env.SELF.fetch("http://inside/service", { headers: { upgrade: "websocket" } });
            const socket = response.webSocket;
            socket.accept();
            socket.binaryType = "arraybuffer";
            const seen: any[] = [];
            socket.addEventListener("message", (e: any) => seen.push(e.data));
            socket.send("a");
            socket.send(new Uint8Array([1, 2]));
            socket.close(1000, "enough");
            const close = await new Promise<any>((resolve) => socket.addEventListener("close", resolve));
            return new Response(`${seen[0]} ${seen[1].byteLength} ${close.code} ${close.reason}`);
          }
          case "/service-plain":
            return env.SELF.fetch("http://inside/echo").then((r: any) => r, (e: any) => new Response(`${e}`));
          case "/through": {
            // The answer is passed on as it is, socket included.
            return fetch(url.searchParams.get("to")!, request);
          }
          case "/pump": {
            const upstream: any = (await fetch(url.searchParams.get("to")!, { headers: { upgrade: "websocket" } })).webSocket;
            const [client, server] = pair();
            for (const [from, to] of [[server, upstream], [upstream, server]]) {
              from.accept({ allowHalfOpen: true });
              from.binaryType = "arraybuffer";
              from.addEventListener("message", (e: any) => to.send(e.data));
              from.addEventListener("close", (e: any) => to.close(e.code, `via ${e.reason}`));
            }
            return answer(client);
          }
          case "/client": {
            const socket: any = new WebSocket(url.searchParams.get("to")!);
            await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
            const answered = new Promise<any>((resolve) => (socket.onmessage = resolve));
            socket.send("from a worker");
            const text = (await answered).data;
            const closed = new Promise<any>((resolve) => (socket.onclose = resolve));
            socket.close(1000, "enough");
            return new Response(`${text}, ${(await closed).code}`);
          }
        }
        return new Response("version 1");
      },
    };
"#;

fn worker() -> Project {
    Project::worker(CODE, json!({ "compatibility_date": "2026-06-01" }))
}

#[test]
fn messages_of_every_kind_are_echoed() {
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/echo");
    server.log().wait_for(Mark::default(), "GET /echo 101 Switching Protocols");
    socket.send("text");
    socket.expect("text");
    socket.send("");
    socket.expect("");
    socket.send("gr\u{fc}\u{df} \u{1f600}");
    socket.expect("gr\u{fc}\u{df} \u{1f600}");
    socket.send_pieces(&["in ", "three ", "pieces"]);
    socket.expect("in three pieces");
    for size in [0, 1, 125, 126, 65535, 65536, MIB, 32 * MIB] {
        let bytes: Bytes = (0..size).map(|index| index as u8).collect::<Vec<_>>().into();
        socket.send(bytes.clone());
        assert!(socket.next() == Message::Binary(bytes), "{size} bytes come back");
    }
    for index in 0..1000 {
        socket.send(format!("{index}"));
    }
    for index in 0..1000 {
        socket.expect(&format!("{index}"));
    }
    socket.close(1000, "done");
    assert_eq!(socket.closed(), (1000, "done".to_string()));
    server.log().wait_for(Mark::default(), "echo closed 1000 \"done\" true 3");
    server.stop();
}

#[test]
fn pings_are_answered_also_between_the_pieces_of_a_message() {
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/echo");
    for payload in ["", "ping", &"x".repeat(125)] {
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        socket.send(Message::Ping(payload.clone()));
        assert_eq!(socket.next(), Message::Pong(payload));
    }
    // An unasked pong means nothing.
    socket.send(Message::Pong(Bytes::from_static(b"unasked")));
    socket.write(b"\x01\x82\0\0\0\0on");
    socket.send(Message::Ping(Bytes::from_static(b"between")));
    socket.write(b"\x80\x81\0\0\0\0e");
    assert_eq!(socket.next(), Message::Pong(Bytes::from_static(b"between")));
    socket.expect("one");
    server.stop();
}

#[test]
fn codes_and_reasons_of_a_close_go_both_ways() {
    let project = worker();
    let server = Server::start(&project);
    let closed = |path: &str| Socket::connect(server.client(), path).closed();
    assert_eq!(closed("/close?code=1000&reason=fine"), (1000, "fine".to_string()));
    assert_eq!(closed("/close?code=3000"), (3000, String::new()));
    assert_eq!(closed("/close?code=4999&reason=gr%C3%BC%C3%9F"), (4999, "gr\u{fc}\u{df}".to_string()));
    assert_eq!(closed("/close"), (1005, String::new()));
    server.log().wait_for(Mark::default(), "close closed 4999 \"gr\u{fc}\u{df}\" true 3");

    for (code, reason) in [(1000, "bye"), (1001, ""), (3333, "\u{20ac}"), (4999, "x")] {
        let mut socket = Socket::connect(server.client(), "/echo");
        socket.close(code, reason);
        assert_eq!(socket.closed(), (code, reason.to_string()), "it is answered alike");
        server.log().wait_for(Mark::default(), &format!("echo closed {code} \"{reason}\" true 3"));
    }
    let mut socket = Socket::connect(server.client(), "/echo");
    socket.close_without_code();
    assert_eq!(socket.closed(), (1005, String::new()));
    server.log().wait_for(Mark::default(), "echo closed 1005 \"\" true 3");
    server.stop();
}

#[test]
fn a_worker_may_send_after_its_clients_close() {
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/half-open");
    socket.close(1000, "");
    socket.expect("you said 1000");
    assert_eq!(socket.closed(), (4001, "own".to_string()));
    server.stop();
}

#[test]
fn before_its_date_a_close_is_the_workers_to_answer() {
    let project = Project::worker(
        r#"
        export default {
          fetch(request: Request): Response {
            const [client, server] = Object.values(new WebSocketPair()) as any;
            server.accept();
            const reply = new URL(request.url).pathname === "/reply";
            server.addEventListener("message", (e: any) => server.send(e.data instanceof ArrayBuffer ? "buffer" : "other"));
            server.addEventListener("close", (e: any) => {
              console.log("state", server.readyState);
              if (reply) server.close(4000, "replied");
            });
            return new Response(null, { status: 101, webSocket: client } as any);
          },
        };"#,
        json!({ "compatibility_date": "2026-01-01" }),
    );
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/reply");
    socket.send(Bytes::from_static(b"x"));
    socket.expect("buffer");
    socket.close(1000, "");
    assert_eq!(socket.closed(), (4000, "replied".to_string()));
    server.log().wait_for(Mark::default(), "state 2");
    let mut socket = Socket::connect(server.client(), "/silent");
    socket.close(1000, "");
    assert_eq!(socket.closed().0, 1006, "nobody answered");
    server.stop();
}

#[test]
fn what_comes_before_accept_is_kept() {
    let door = crate::harness::Door::new();
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), &format!("/early?door={}", door.url()));
    let visitor = door.knock();
    socket.send("a");
    socket.send("b");
    // The server has read them once it has read what comes after.
    socket.send(Message::Ping(Bytes::new()));
    assert_eq!(socket.next(), Message::Pong(Bytes::new()));
    visitor.open("in");
    socket.expect("a");
    socket.expect("a,b");
    socket.send("c");
    socket.expect("a,b,c");
    server.stop();
}

#[test]
fn what_a_worker_sends_before_its_response_is_out_arrives() {
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/push?bytes=100000");
    for index in 0..5 {
        socket.expect(&format!("{index}"));
    }
    assert_eq!(socket.next(), Message::Binary(vec![0; 100_000].into()));
    server.stop();
}

#[test]
fn a_socket_that_nobody_accepts_ends_with_its_request() {
    let project = worker();
    let server = Server::start(&project);
    assert_eq!(Socket::connect(server.client(), "/never-accepted").closed().0, 1006);
    server.stop();
}

#[test]
fn the_handshake_is_that_of_the_rfc() {
    let project = worker();
    let server = Server::start(&project);
    let asked = [("sec-websocket-protocol", "other, chosen"), ("sec-websocket-extensions", "permessage-deflate")];
    let socket = Socket::connect_with(server.client(), "/protocol", &asked);
    assert_eq!(socket.header("sec-websocket-protocol"), Some("chosen"));
    assert_eq!(socket.header("x-other"), Some("kept"));
    assert_eq!(socket.header("sec-websocket-extensions"), None, "none is spoken");

    let plain = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let send = |method: &str, path: &str, headers: &[(&str, &str)]| server.client().send(method, path, headers, b"");
    let good = [&plain[..], &[key]].concat();
    let response = send("GET", "/echo", &good);
    assert_eq!(response.status, 101);
    assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let old = [plain[0], plain[1], ("sec-websocket-version", "8"), key];
    let response = send("GET", "/echo", &old);
    assert_eq!((response.status, response.header("sec-websocket-version")), (426, Some("13")));
    assert_eq!(send("GET", "/echo", &plain).status, 400, "a key is missing");
    assert_eq!(send("GET", "/echo", &[&plain[..], &[("sec-websocket-key", "short")]].concat()).status, 400);

    // The worker need not agree, and cannot agree to what was not asked.
    let response = send("GET", "/ordinary", &good);
    assert_eq!((response.status, response.text().as_str()), (403, "not today"));
    let response = send("GET", "/echo", &[]);
    assert_eq!(response.status, 500);
    assert!(response.text().contains("did not contain the header \"Upgrade: websocket\""), "{}", response.text());
    server.stop();
}

#[test]
fn who_breaks_the_rules_is_told_and_so_is_the_worker() {
    let project = worker();
    let server = Server::start(&project);
    let failed = |code: u16, bytes: &[u8]| {
        let mark = server.log().mark();
        let mut socket = Socket::connect(server.client(), "/echo");
        socket.write(bytes);
        assert_eq!(socket.closed().0, code, "{bytes:?}");
        server.log().wait_for(mark, "echo failed: ");
        server.log().wait_for(mark, "echo closed 1006");
    };
    failed(1002, b"\x81\x02hi");
    failed(1002, b"\xc1\x82\0\0\0\0hi");
    failed(1007, b"\x81\x82\0\0\0\0\xc3\x28");
    failed(1009, b"\x82\xff\x00\x00\x00\x00\x02\x00\x00\x01\0\0\0\0");
    server.stop();
}

#[test]
fn a_client_that_is_gone_is_a_close_event_and_nothing_is_left_of_it() {
    let project = worker();
    let server = Server::start(&project);
    // A first one opens what is opened once.
    let first = Socket::connect(server.client(), "/echo");
    let before = proc::descriptors(server.pid());
    drop(first);
    let mark = server.log().mark();
    let mut sockets: Vec<Socket> = (0..100).map(|_| Socket::connect(server.client(), "/echo")).collect();
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.send(format!("{index}"));
    }
    for (index, socket) in sockets.iter_mut().enumerate() {
        socket.expect(&format!("{index}"));
    }
    drop(sockets);
    until("every socket is closed in the worker", || {
        (server.log().count(mark, "echo closed 1006 \"WebSocket disconnected without sending Close frame.\" false 3")
            >= 100)
            .then_some(())
    });
    // A spare that boots meanwhile has a few of its own.
    until("the connections are gone", || (proc::descriptors(server.pid()) < before + 50).then_some(()));
    server.stop();
}

#[test]
fn a_client_that_does_not_read_stops_the_echo() {
    const BLOCK: usize = 64 * 1024;
    const BLOCKS: usize = 4096;
    let project = worker();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/echo");
    socket.send("warm");
    socket.expect("warm");
    proc::reset_peak(server.pid());
    let before = proc::rss_bytes(server.pid());
    let (mut reader, mut writer) = socket.split();
    let (sender, written) = channel();
    let writing = thread::spawn(move || {
        for _ in 0..BLOCKS {
            // Masked with zeros.
            let mut frame = b"\x82\xff\0\0\0\0\0\x01\0\0\0\0\0\0".to_vec();
            frame.resize(frame.len() + BLOCK, 7);
            writer.write(&frame);
        }
        sender.send(()).expect("the test waits");
    });
    // The worker takes some and then no more, since nobody reads what it answers.
    let mut last = String::new();
    let mut same = 0;
    until("the worker stops taking", || {
        let taken = server.get("/taken").text();
        same = if taken == last && taken.parse::<usize>().ok()? > BLOCK { same + 1 } else { 0 };
        last = taken;
        (same > 100).then_some(())
    });
    assert!(written.try_recv().is_err(), "the client was stopped as well");
    let taken: usize = last.parse().expect("a number");
    assert!(taken < 32 * MIB, "{taken} bytes were taken for nobody");
    for _ in 0..BLOCKS {
        assert_eq!(reader.read_message(), BLOCK);
    }
    writing.join().expect("everything was written");
    assert_eq!(server.get("/taken").text(), format!("{}", BLOCK * BLOCKS + 4));
    let growth = proc::rss_peak_bytes(server.pid()).saturating_sub(before);
    assert!(growth < 128 * MIB as u64, "{} MiB for an echo of {} MiB", growth >> 20, (BLOCK * BLOCKS) >> 20);
    server.stop();
}

#[test]
fn a_reload_restarts_the_sockets_of_the_old_version() {
    let project = worker();
    let server = Server::start(&project);
    let mut old = Socket::connect(server.client(), "/echo");
    old.send("still here");
    old.expect("still here");
    let mark = server.log().mark();
    server.reload(|| project.edit("src/index.ts", "version 1", "version 2"));
    assert_eq!(old.closed(), (1012, "Service Restart".to_string()));
    server.log().wait_for(mark, "echo closed 1012 \"Service Restart\" true 3");
    server.expect("/", "version 2");
    let mut new = Socket::connect(server.client(), "/echo");
    new.send("new");
    new.expect("new");
    server.stop();
}

#[test]
fn a_worker_that_dies_takes_its_sockets_along() {
    let project = Project::worker(CODE, json!({ "compatibility_date": "2026-06-01", "limits": { "cpu_ms": 300 } }));
    let server = Server::start(&project);
    let mut idle = Socket::connect(server.client(), "/echo");
    let mut socket = Socket::connect(server.client(), "/spin");
    socket.send("go");
    assert_eq!(socket.closed().0, 1006);
    assert_eq!(idle.closed().0, 1006);
    server.until("/", "version 1");
    server.stop();
}

#[test]
fn a_bug_that_parks_the_thread_ends_its_sockets_too() {
    let project = worker();
    let server = Server::start_with(&project, Options::default().env("LOPATA_FAULT_INJECTION", "1"));
    let mut idle = Socket::connect(server.client(), "/echo");
    let mut socket = Socket::connect(server.client(), "/panic");
    socket.send("go");
    assert_eq!(socket.closed().0, 1006);
    assert_eq!(idle.closed().0, 1006);
    server.until("/", "version 1");
}

#[test]
fn a_socket_that_an_old_version_accepts_late_is_restarted_at_once() {
    let door = crate::harness::Door::new();
    let project = worker();
    let server = Server::start(&project);
    let client = server.client().clone();
    let path = format!("/late?door={}", door.url());
    let connecting = thread::spawn(move || Socket::connect(&client, &path));
    let visitor = door.knock();
    server.reload(|| project.edit("src/index.ts", "version 1", "version 2"));
    server.until("/", "version 2");
    visitor.open("");
    let mut socket = connecting.join().expect("it connects");
    assert_eq!(socket.closed(), (1012, "Service Restart".to_string()));
    server.log().wait_for(Mark::default(), "late closed 1012");
    server.stop();
}

#[test]
fn the_end_of_the_server_closes_its_sockets() {
    let project = worker();
    let server = Server::start(&project);
    let mut sockets: Vec<Socket> = (0..3).map(|_| Socket::connect(server.client(), "/echo")).collect();
    // One that never answers the close does not hold up the end.
    let silent = Socket::connect(server.client(), "/echo");
    server.signal("-INT");
    for socket in &mut sockets {
        assert_eq!(socket.closed(), (1001, String::new()));
    }
    let mut server = server;
    assert_eq!(server.wait_exit().code(), Some(0));
    drop(silent);
}

#[test]
fn a_worker_is_a_client_of_itself_and_of_others() {
    let back_project = worker();
    let back = Server::start(&back_project);
    let front_project = worker();
    let front = Server::start(&front_project);
    let to = |server: &Server, scheme: &str| format!("{scheme}://{}/echo", server.client().authority());
    for target in [to(&back, "ws"), to(&front, "ws")] {
        front.expect(&format!("/client?to={target}"), "from a worker, 1000");
    }
    for way in ["through", "pump"] {
        let mark = back.log().mark();
        let mut socket = Socket::connect(front.client(), &format!("/{way}?to={}", to(&back, "http")));
        socket.send("a");
        socket.expect("a");
        socket.send(Bytes::from(vec![9; MIB]));
        assert!(socket.next() == Message::Binary(vec![9; MIB].into()));
        socket.close(4000, "end");
        let back_saw = if way == "pump" { "via end" } else { "end" };
        let client_saw = if way == "pump" { "via via end" } else { "end" };
        assert_eq!(socket.closed(), (4000, client_saw.to_string()), "{way}");
        back.log().wait_for(mark, &format!("echo closed 4000 \"{back_saw}\" true 3"));
    }
    // A socket that was passed on needs nothing of the worker that passed it on.
    let mut through = Socket::connect(front.client(), &format!("/through?to={}", to(&back, "http")));
    through.send("before");
    through.expect("before");
    let mark = back.log().mark();
    front.stop();
    assert_eq!(through.closed().0, 1001);
    back.log().wait_for(mark, "echo closed");
    back.stop();
}

#[test]
fn a_socket_that_was_passed_on_outlives_the_version_that_did() {
    let back_project = worker();
    let back = Server::start(&back_project);
    let project = worker();
    let front = Server::start(&project);
    let to = format!("http://{}/echo", back.client().authority());
    let mut socket = Socket::connect(front.client(), &format!("/through?to={to}"));
    socket.send("before");
    socket.expect("before");
    front.reload(|| project.edit("src/index.ts", "version 1", "version 2"));
    front.expect("/", "version 2");
    socket.send("after");
    socket.expect("after");
    front.stop();
    back.stop();
}

#[test]
fn sockets_go_through_service_bindings() {
    let services = json!([{ "binding": "SELF", "service": "it" }]);
    let project = Project::worker(CODE, json!({ "compatibility_date": "2026-06-01", "services": services }));
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/service");
    socket.send("through");
    socket.expect("through");
    socket.close(4000, "end");
    assert_eq!(socket.closed(), (4000, "end".to_string()));
    server.log().wait_for(Mark::default(), "echo closed 4000 \"end\" true 3");
    server.expect("/service-own", "a 2 1000 enough");
    let refused = server.get("/service-plain").text();
    assert!(refused.contains("did not contain the header \"Upgrade: websocket\""), "{refused}");
    // What is passed on does not keep the event that did; only the echo's own is left, and it is restarted.
    let mut socket = Socket::connect(server.client(), "/service");
    socket.send("before");
    socket.expect("before");
    server.reload(|| project.edit("src/index.ts", "version 1", "version 2"));
    assert_eq!(socket.closed(), (1012, "Service Restart".to_string()));
    server.stop();
}

#[test]
fn sockets_work_over_tls() {
    let project = worker();
    let server = Server::start_with(&project, Options::args(["--local-protocol", "https"]));
    let mut socket = Socket::connect(server.client(), "/echo");
    socket.send("secret");
    socket.expect("secret");
    socket.send(Bytes::from(vec![1; MIB]));
    assert!(socket.next() == Message::Binary(vec![1; MIB].into()));
    socket.close(1000, "");
    assert_eq!(socket.closed(), (1000, String::new()));
    server.stop();
}
