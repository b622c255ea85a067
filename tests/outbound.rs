//! Outbound `fetch`, seen from the other side of the wire: the test is the server that is fetched.

use std::io::Write;
use std::thread;

use serde_json::json;

use crate::harness::{Door, Project, Server};

const CODE: &str = r#"
    export default {
      async fetch(request: Request, env: any): Promise<Response> {
        switch (new URL(request.url).pathname) {
          case "/get":
            return new Response(await (await fetch(env.DOOR, { headers: { "X-Given": "yes" } })).text());
          case "/forward":
            return fetch(new Request(env.DOOR, request));
          case "/first": {
            const answer = await fetch(env.DOOR);
            const reader = answer.body!.getReader();
            const { value } = await reader.read();
            await reader.cancel("one piece is enough");
            return new Response(value);
          }
          case "/unused":
            await fetch(env.DOOR);
            return new Response("did not look");
        }
        return new Response("no", { status: 404 });
      },
    };
"#;

fn fetching(door: &Door) -> Project {
    let flags = ["enable_request_signal", "request_signal_passthrough"];
    Project::worker(CODE, json!({ "name": "fetching", "vars": { "DOOR": door.url() }, "compatibility_flags": flags }))
}

#[test]
fn what_goes_over_the_wire() {
    let door = Door::new();
    let project = fetching(&door);
    let server = Server::start(&project);
    thread::scope(|scope| {
        let answer = scope.spawn(|| server.get("/get").text());
        let visitor = door.knock();
        let head = visitor.head.to_ascii_lowercase();
        assert!(head.starts_with("get / http/1.1\r\n"), "{head}");
        assert!(head.contains("x-given: yes\r\n"), "{head}");
        assert!(head.contains("cf-worker: "), "{head}");
        assert!(head.contains(&format!("host: {}\r\n", door.url().trim_matches('/').replace("http://", ""))), "{head}");
        // What the host learned about the browser is not for others.
        assert!(!head.contains("cf-connecting-ip"), "{head}");
        visitor.open("from the door");
        assert_eq!(answer.join().expect("the request ends"), "from the door");
    });
    server.stop();
}

#[test]
fn an_upload_is_forwarded_while_it_arrives() {
    let door = Door::new();
    let project = fetching(&door);
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    let mut writer = connection.writer();
    connection.request("POST", "/forward", &[("content-length", "11")], b"first ").expect("the server listens");
    let mut visitor = door.knock();
    assert!(visitor.head.to_ascii_lowercase().contains("content-length: 11\r\n"), "{}", visitor.head);
    assert_eq!(visitor.read_exact(6), b"first ");
    writer.write_all(b"later").expect("the body is taken");
    assert_eq!(visitor.read_exact(5), b"later");
    visitor.open("thanks");
    assert_eq!(connection.response("POST").expect("the answer comes").text(), "thanks");
    server.stop();
}

#[test]
fn a_client_that_goes_away_ends_the_fetch() {
    let door = Door::new();
    let project = fetching(&door);
    let server = Server::start(&project);
    let mut connection = server.client().connect();
    connection.request("GET", "/get", &[], b"").expect("the server listens");
    let visitor = door.knock();
    connection.reset();
    visitor.gone();

    let mut connection = server.client().connect();
    connection.request("GET", "/forward", &[], b"").expect("the server listens");
    let mut visitor = door.knock();
    visitor.begin();
    visitor.send("started");
    let head = connection.head().expect("the response starts");
    assert_eq!(connection.body("GET", &head).expect("it has a body").take_bytes(7).expect("it comes"), b"started");
    connection.reset();
    visitor.gone();
    server.stop();
}

#[test]
fn what_is_not_wanted_is_cancelled() {
    let door = Door::new();
    let project = fetching(&door);
    let server = Server::start(&project);
    for (path, answer) in [("/first", "first piece"), ("/unused", "did not look")] {
        thread::scope(|scope| {
            let response = scope.spawn(|| server.get(path).text());
            let mut visitor = door.knock();
            visitor.begin();
            visitor.send("first piece");
            assert_eq!(response.join().expect("the request ends"), answer);
            visitor.gone();
        });
    }
    server.stop();
}
