//! Hibernating WebSockets of Durable Objects, as their clients see them.

use serde_json::{Value, json};

use crate::harness::{Project, Server, Socket, until};

const ROOM: &str = r#"
import { DurableObject } from "cloudflare:workers";
const tried = (work) => { try { return work() ?? "done"; } catch (error) { return `${error.name}: ${error.message}`; } };
let instances = 0;
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.instance = ++instances;
    this.log = [];
    const sockets = ctx.getWebSockets();
    if (sockets.length > 0) this.log.push(["woken", sockets.map((socket) => socket.deserializeAttachment())]);
  }
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [, word] = pathname.split("/");
    return this[word](searchParams);
  }
  log_() { return Response.json(this.log.splice(0)); }
  ["log"]() { return this.log_(); }
  socket(params) {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, params.getAll("tag"));
    server.name = params.get("name");
    server.serializeAttachment(params.get("name"));
    server.send("welcome");
    return new Response(null, { status: 101, webSocket: client });
  }
}
"#;

#[test]
fn placeholder() {
    let _ = (ROOM, Value::Null, json!(null), until::<()>, Project::new, Server::start, Socket::connect);
}
