//! Durable Objects across reloads: each object changes hands once, with everything that belongs to it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::harness::{Project, Server, SetOnDrop, Socket, until};

/// Objects that count what they are asked, in their storage; that hold sockets; that wait for an alarm. Each event says
/// by which version of the code it was run, and refuses to run behind a newer one.
const ROOMS: &str = r#"
import { DurableObject } from "cloudflare:workers";
const VERSION = 1;
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.inside = 0;
    ctx.blockConcurrencyWhile(async () => {
      if (((await ctx.storage.get("version")) ?? 0) > VERSION) throw new Error("constructed by an old version");
      await ctx.storage.put("version", VERSION);
    });
  }
  async check() {
    const version = await this.ctx.storage.get("version");
    if (version !== VERSION) throw new Error(`version ${version} has taken over from ${VERSION}`);
  }
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/socket") {
      const [client, server] = Object.values(new WebSocketPair());
      this.ctx.acceptWebSocket(server, ["reader", `room ${url.searchParams.get("o")}`]);
      server.serializeAttachment({ room: url.searchParams.get("o"), at: VERSION });
      return new Response(null, { status: 101, webSocket: client });
    }
    if (url.pathname === "/alarm") {
      await this.ctx.storage.setAlarm(Number(url.searchParams.get("at")));
      return new Response("set");
    }
    if (url.pathname === "/state") {
      const { storage } = this.ctx;
      return Response.json({ count: (await storage.get("count")) ?? 0, alarms: (await storage.get("alarms")) ?? [] });
    }
    await this.check();
    if (url.searchParams.has("slow")) await scheduler.wait(20);
    await this.check();
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    return new Response(String(VERSION));
  }
  async alarm(info) {
    const alarms = (await this.ctx.storage.get("alarms")) ?? [];
    alarms.push(info.retryCount);
    await this.ctx.storage.put("alarms", alarms);
  }
  async webSocketMessage(socket, message) {
    await this.check();
    const { room, at } = socket.deserializeAttachment();
    const tags = this.ctx.getTags(socket).join();
    const found = this.ctx.getWebSockets("reader").length;
    socket.send(`${message} ${VERSION} ${room} ${at} ${tags} ${found}`);
  }
}
export default {
  fetch(request, env) {
    const name = new URL(request.url).searchParams.get("o");
    if (name === null) return new Response(String(VERSION));
    return env.ROOMS.get(env.ROOMS.idFromName(name)).fetch(request);
  },
};
"#;

fn rooms() -> Project {
    let config = json!({
        "durable_objects": { "bindings": [{ "name": "ROOMS", "class_name": "Room" }] },
        "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
    });
    Project::worker(ROOMS, config)
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right").as_millis()
}

const OBJECTS: usize = 200;
const RELOADS: usize = 4;

/// Asks objects for as long as nobody says stop; how often each was asked.
fn ask(server: &Server, offset: usize, stop: &AtomicBool, asked: &[AtomicUsize]) {
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let object = (offset + turn * 7) % OBJECTS;
        let slow = if turn % 3 == 0 { "&slow=1" } else { "" };
        let response = server.get(&format!("/count?o={object}{slow}"));
        assert_eq!(response.status, 200, "{}", response.text());
        asked[object].fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_reload_in_the_middle_of_everything_loses_nothing_and_runs_nothing_twice() {
    let project = rooms();
    let server = Server::start(&project);
    let asked: Vec<AtomicUsize> = (0..OBJECTS).map(|_| AtomicUsize::new(0)).collect();
    let mut sockets: Vec<Socket> =
        (0..OBJECTS).map(|object| Socket::connect(server.client(), &format!("/socket?o={object}"))).collect();
    // Some are due in the middle of the reloads, all of them soon after.
    let start = now_ms();
    for object in 0..OBJECTS {
        let at = start + 1500 + 20 * object as u128;
        server.expect(&format!("/alarm?o={object}&at={at}"), "set");
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop = SetOnDrop(&stop);
        for asker in 0..4 {
            let (server, stop, asked) = (&server, &stop, &asked);
            scope.spawn(move || ask(server, asker * 50, stop, asked));
        }
        for version in 1..=RELOADS {
            let (from, to) = (format!("VERSION = {version};"), format!("VERSION = {};", version + 1));
            server.reload(|| project.edit("src/index.ts", &from, &to));
            server.until("/", &(version + 1).to_string());
            for (object, socket) in sockets.iter_mut().enumerate() {
                socket.send(format!("hello {version}"));
                let tags = format!("reader,room {object}");
                socket.expect(&format!("hello {version} {} {object} 1 {tags} 1", version + 1));
            }
        }
    });
    for (object, asked) in asked.iter().enumerate() {
        let state = until("the alarm has fired", || {
            let state = server.get(&format!("/state?o={object}")).json();
            (state["alarms"] != json!([])).then_some(state)
        });
        let asked = asked.load(Ordering::Relaxed);
        assert_eq!(state, json!({ "count": asked, "alarms": [0] }), "object {object}");
    }
    for socket in &mut sockets {
        socket.close(1000, "done");
    }
    server.stop();
}
