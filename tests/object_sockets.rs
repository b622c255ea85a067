//! Hibernating WebSockets of Durable Objects, as their clients see them: they outlive their object's stay in memory,
//! and new code, and end with it when it breaks.

use serde_json::{Value, json};

use crate::harness::{Project, Server, Socket, until};

/// A room whose sockets say which instance of which version answers, and what it finds of them.
const CODE: &str = r#"
import { DurableObject } from "cloudflare:workers";
const VERSION = 1;
let instances = 0;
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.instance = ++instances;
    // Known from outside: two ends of a socket that live exactly as long as the instance.
    const [one, other] = Object.values(new WebSocketPair());
    one.accept();
    other.accept();
  }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/socket") {
      const [client, server] = Object.values(new WebSocketPair());
      if (searchParams.has("plain")) {
        server.accept();
        server.addEventListener("close", () => {});
      } else {
        this.ctx.acceptWebSocket(server, searchParams.getAll("tag"));
        server.serializeAttachment({ from: VERSION, tags: searchParams.getAll("tag") });
      }
      return new Response(null, { status: 101, webSocket: client });
    }
    if (pathname === "/automatic") this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (pathname === "/count") return new Response(String(this.ctx.getWebSockets().length));
    if (pathname === "/abort") this.ctx.abort("told to");
    return new Response("done");
  }
  webSocketMessage(socket, message) {
    if (message === "fail") throw new Error("told to fail");
    const answered = this.ctx.getWebSocketAutoResponseTimestamp(socket) !== null;
    const { from, tags } = socket.deserializeAttachment();
    const state = { version: VERSION, instance: this.instance, from, tags, answered, message };
    state.known = this.ctx.getTags(socket);
    state.sockets = this.ctx.getWebSockets().length;
    state.automatic = this.ctx.getWebSocketAutoResponse()?.request ?? null;
    socket.send(JSON.stringify(state));
  }
  webSocketClose(socket, code, reason) {
    socket.close(code, `${reason}, says instance ${this.instance}`);
  }
}
export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === "/version") return new Response(String(VERSION));
    return env.ROOM.get(env.ROOM.idFromName("room")).fetch(request);
  },
};
"#;

fn room() -> Project {
    let config = json!({
        "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] },
        "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
    });
    Project::worker(CODE, config)
}

fn ask(socket: &mut Socket, message: &str) -> Value {
    socket.send(message);
    serde_json::from_str(&socket.text()).expect("the room answers in JSON")
}

/// Waits until no more ends of sockets are alive than this.
fn until_ends(server: &Server, ends: u64) {
    until("the instance has left the memory", || {
        let census = server.get("/cdn-cgi/local/census").json();
        (census["sockets"].as_u64().expect("sockets are counted") <= ends).then_some(())
    });
}

#[test]
fn sockets_outlive_the_instance_that_accepted_them() {
    let project = room();
    let server = Server::start(&project);
    let mut first = Socket::connect(server.client(), "/socket?tag=a&tag=b");
    let mut second = Socket::connect(server.client(), "/socket");
    server.expect("/automatic", "done");
    let state = |instance: u64, tags: Value, answered: bool, message: &str, sockets: u64| {
        json!({
            "version": 1, "instance": instance, "from": 1, "tags": tags, "known": tags, "answered": answered,
            "message": message, "sockets": sockets, "automatic": "ping",
        })
    };
    assert_eq!(ask(&mut first, "hello"), state(1, json!(["a", "b"]), false, "hello", 2));
    // Two ends for each client are left: the object's and the connection's.
    until_ends(&server, 4);
    first.send("ping");
    first.expect("pong");
    until_ends(&server, 4);
    assert_eq!(ask(&mut first, "again"), state(2, json!(["a", "b"]), true, "again", 2));
    until_ends(&server, 4);
    second.close(4000, "enough");
    assert_eq!(second.closed(), (4000, "enough, says instance 3".to_string()));
    assert_eq!(ask(&mut first, "alone"), state(3, json!(["a", "b"]), true, "alone", 1));
    drop(first);
    until_ends(&server, 0);
    server.stop();
}

#[test]
fn sockets_outlive_the_code() {
    let project = room();
    let server = Server::start(&project);
    let mut sockets: Vec<Socket> =
        ["/socket?tag=a", "/socket"].map(|path| Socket::connect(server.client(), path)).into();
    let mut plain = Socket::connect(server.client(), "/socket?plain=1");
    server.expect("/automatic", "done");
    for version in 2..5 {
        let (from, to) = (format!("VERSION = {};", version - 1), format!("VERSION = {version};"));
        server.reload(|| project.edit("src/index.ts", &from, &to));
        if version == 2 {
            assert_eq!(plain.closed(), (1012, "Service Restart".to_string()), "an ordinary one does not");
        }
        for (socket, tags) in sockets.iter_mut().zip([json!(["a"]), json!([])]) {
            socket.send("ping");
            socket.expect("pong");
            let state = ask(socket, "hello");
            let known = json!([state["version"], state["from"], state["tags"], state["known"], state["sockets"]]);
            assert_eq!(known, json!([version, 1, tags, tags, 2]));
            assert_eq!((&state["automatic"], &state["answered"]), (&json!("ping"), &json!(true)));
        }
    }
    sockets[0].close(1000, "enough");
    assert_eq!(sockets[0].closed(), (1000, "enough, says instance 1".to_string()));
    server.until("/count", "1");
    server.stop();
}

#[test]
fn a_broken_object_loses_its_sockets_and_a_handler_that_throws_does_not() {
    let project = room();
    let server = Server::start(&project);
    let mut socket = Socket::connect(server.client(), "/socket");
    let mark = server.log().mark();
    socket.send("fail");
    assert_eq!(ask(&mut socket, "still here")["instance"], json!(1));
    server.log().wait_for(mark, "Uncaught Error: told to fail");
    assert_eq!(server.get("/abort").status, 500);
    assert_eq!(socket.closed(), (1006, String::new()));
    server.expect("/count", "0");
    let mut socket = Socket::connect(server.client(), "/socket");
    assert_eq!(ask(&mut socket, "hello")["instance"], json!(2));
    server.stop();
}
