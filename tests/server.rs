//! The server around the worker: HTTP on the wire, addresses, TLS, signals.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::harness::server::{binary, run};
use crate::harness::{Client, Door, Options, Project, Server, until};

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        const url = new URL(request.url);
        if (url.pathname === "/url") return new Response(request.url);
        if (url.pathname === "/slow") return fetch(env.DOOR);
        if (url.pathname === "/number") return new Response(url.search);
        if (url.pathname === "/location") return Response.redirect(new URL("/url", url).href);
        const headers = Object.fromEntries(request.headers);
        return Response.json({ method: request.method, url: request.url, headers, body: await request.text() });
      },
    };
"#;

fn plain(extra: Value) -> Project {
    Project::worker(CODE, extra)
}

#[test]
fn connections_are_kept_and_pipelined() {
    let project = plain(json!({}));
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    for number in 0..3 {
        connection.request("GET", &format!("/number?{number}"), &[], b"").expect("the connection stays");
        let response = connection.response("GET").expect("the connection stays");
        assert_eq!((response.text(), response.reason.as_str()), (format!("?{number}"), "OK"));
        assert_ne!(response.header("connection"), Some("close"));
    }
    let mut all = String::new();
    for number in 0..5 {
        all += &format!("GET /number?{number} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
    connection.write(all.as_bytes()).expect("the connection stays");
    for number in 0..5 {
        assert_eq!(connection.response("GET").expect("each is answered").text(), format!("?{number}"));
    }
    connection.request("GET", "/number?last", &[("connection", "close")], b"").expect("the connection stays");
    assert_eq!(connection.response("GET").expect("it is answered").text(), "?last");
    assert!(connection.closed());
    server.stop();
}

#[test]
fn a_client_may_ask_before_it_sends() {
    let project = plain(json!({}));
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection
        .request("POST", "/", &[("content-length", "4"), ("expect", "100-continue")], b"")
        .expect("the server listens");
    assert_eq!(connection.any_head().expect("it says go on").status, 100);
    connection.write(b"body").expect("the connection stays");
    let response = connection.response("POST").expect("it is answered");
    assert_eq!(response.json()["body"], "body");
    server.stop();
}

#[test]
fn requests_that_are_none_are_refused() {
    let project = plain(json!({}));
    let mut server = Server::start(&project);
    for bytes in [
        &b"nonsense\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let mut connection = server.client().connect();
        connection.write(bytes).expect("the server listens");
        let _ = connection.writer().shutdown(std::net::Shutdown::Write);
        if let Ok(response) = connection.response("GET") {
            assert!((400..=599).contains(&response.status), "{}", response.status);
        }
        server.expect("/number?well", "?well");
    }
    // An old client without a host.
    let mut connection = server.client().connect();
    connection.write(b"GET /number?old HTTP/1.0\r\n\r\n").expect("the server listens");
    let response = connection.response("GET").expect("it is answered");
    assert!(response.text() == "?old" || response.status == 400, "{}", response.status);
    server.assert_well();
    server.stop();
}

#[test]
fn the_client_address_is_told_and_can_be_given() {
    let project = plain(json!({}));
    let server = Server::start(&project);
    let address = server.get("/").json()["headers"]["cf-connecting-ip"].clone();
    assert!(address == "127.0.0.1" || address == "::1", "{address}");
    let given = server.client().send("GET", "/", &[("cf-connecting-ip", "203.0.113.9")], b"");
    assert_eq!(given.json()["headers"]["cf-connecting-ip"], "203.0.113.9");
    server.stop();
}

#[test]
fn the_worker_can_be_given_another_host() {
    let project = plain(json!({}));
    let server = Server::start_with(&project, Options::args(["--host", "example.com"]));
    let url = server.get("/url").text();
    assert!(url.ends_with("://example.com/url"), "{url}");
    let location = server.get("/location");
    // What the worker sends a browser to must be an address that the browser can reach.
    assert_eq!(location.header("location"), Some(format!("{}/url", server.origin()).as_str()));
    server.stop();
}

#[test]
fn https_works_with_a_certificate_of_its_own() {
    let project = plain(json!({}));
    let server = Server::start_with(&project, Options::args(["--local-protocol", "https"]));
    assert!(server.origin().starts_with("https://"), "{}", server.origin());
    server.expect("/url", &format!("{}/url", server.origin()));
    let body = vec![b'x'; 300_000];
    let response = server.client().post("/", &body);
    assert_eq!(response.json()["body"].as_str().map(str::len), Some(body.len()));
    server.stop();
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let project = plain(json!({}));
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let (code, output) = run(&project, &["dev", "--port", &port, "--ip", "127.0.0.1"]);
    assert!(code.is_some_and(|code| code != 0), "exit {code:?}: {output}");
    assert!(output.contains(&port) && output.to_lowercase().contains("in use"), "{output}");
}

#[test]
fn the_address_can_be_chosen() {
    let project = plain(json!({}));
    let server = Server::start_with(&project, Options::args(["--ip", "127.0.0.1"]));
    let port = server.client().port();
    assert_eq!(Client::new(&format!("http://127.0.0.1:{port}")).get("/number?here").text(), "?here");
    server.stop();
}

#[test]
fn it_listens_on_this_machine_only() {
    let project = plain(json!({}));
    let server = Server::start(&project);
    let port = server.client().port();
    let listening = std::fs::read_to_string("/proc/net/tcp").expect("Linux has it");
    let lines: Vec<&str> =
        listening.lines().filter(|line| line.contains(&format!(":{port:04X} 00000000:0000"))).collect();
    assert!(lines.iter().all(|line| line.contains("0100007F:")), "{lines:?}");
    server.stop();
}

#[test]
fn signals_end_it_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let project = plain(json!({}));
        let mut server = Server::start(&project);
        server.expect("/number?1", "?1");
        server.signal(signal);
        let status = server.wait_exit();
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
        TcpStream::connect(("localhost", server.client().port())).expect_err("nobody listens any more");
    }
}

#[test]
fn a_request_that_hangs_does_not_hold_up_the_end() {
    let door = Door::new();
    let project = plain(json!({ "vars": { "DOOR": door.url() } }));
    let server = Server::start(&project);
    let mut hung = server.client().connect();
    hung.request("GET", "/slow", &[], b"").expect("the server listens");
    let visitor = door.knock();
    server.stop();
    visitor.gone();
}

#[test]
fn a_door_that_opens_during_the_end_is_fine() {
    let door = Door::new();
    let project = plain(json!({ "vars": { "DOOR": door.url() } }));
    let mut server = Server::start(&project);
    let client = server.client().clone();
    let request = thread::spawn(move || client.try_send("GET", "/slow", &[], b""));
    let visitor = door.knock();
    server.signal("-INT");
    visitor.open("in time");
    assert_eq!(server.wait_exit().code(), Some(0));
    // Answered or cut off: both are ends.
    let _ = request.join().expect("the client does not panic");
}

#[test]
fn a_second_signal_does_not_wait_for_what_is_under_way() {
    let door = Door::new();
    let project = plain(json!({ "vars": { "DOOR": door.url() } }));
    let mut server = Server::start(&project);
    let client = server.client().clone();
    let request = thread::spawn(move || client.try_send("GET", "/slow", &[], b""));
    let visitor = door.knock();
    server.signal("-INT");
    // The first has been taken once nobody can connect any more: two at once would be one.
    until("the server winds down", || TcpStream::connect(("127.0.0.1", server.client().port())).err());
    server.signal("-INT");
    assert_eq!(server.wait_exit().code(), Some(130));
    assert!(request.join().expect("the client does not panic").is_err(), "it was cut off");
    visitor.gone();
}

#[test]
fn a_parent_is_told_over_ipc() {
    let project = plain(json!({}));
    let script = r#"
        const child = require("node:child_process").spawn(process.argv[1], ["dev", "--port", "0"], {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
        });
        child.on("message", (message) => {
          console.log(typeof message === "string" ? message : JSON.stringify(message));
          child.kill("SIGINT");
        });
        child.on("exit", (code) => process.exit(code));
    "#;
    let mut child = Command::new("node")
        .args(["-e", script])
        .arg(binary())
        .current_dir(project.folder())
        .env("HOME", project.parent())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed");
    let mut text = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut text).expect("node writes text");
    assert!(child.wait().expect("it is our child").success());
    let message: Value = serde_json::from_str(text.trim()).expect("the message is JSON");
    assert_eq!(message["event"], "DEV_SERVER_READY");
    assert!(message["port"].as_u64().is_some_and(|port| port > 0), "{message}");
    assert!(message["ip"].is_string(), "{message}");
}

#[test]
fn nothing_is_fetched_and_nothing_is_written_outside() {
    let project = plain(json!({}));
    let server = Server::start(&project);
    server.expect("/number?1", "?1");
    let entries: Vec<String> = std::fs::read_dir(project.parent())
        .expect("the folder is ours")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(entries, ["project"]);
    server.stop();
    let mut inside: Vec<String> = std::fs::read_dir(project.folder())
        .expect("the folder is ours")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name != ".lopata")
        .collect();
    inside.sort();
    assert_eq!(inside, ["src", "wrangler.json"]);
}
