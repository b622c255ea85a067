// Calls on Durable Objects: one in each request, or many in a loop inside one request; a room that tells everybody.

import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  #table = false;

  async increment(): Promise<number> {
    const value = ((await this.ctx.storage.get<number>("value")) ?? 0) + 1;
    await this.ctx.storage.put("value", value);
    return value;
  }

  /** Adds a row to a table that stays small, and reads it. */
  row(): unknown {
    const { sql } = this.ctx.storage;
    if (!this.#table) {
      sql.exec("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, item INTEGER NOT NULL, text TEXT NOT NULL)");
      this.#table = true;
    }
    const { id } = sql.exec<{ id: number }>("INSERT INTO rows (item, text) VALUES (?, ?) RETURNING id", 7, "an entry").one();
    const row = sql.exec("SELECT * FROM rows WHERE id = ?", id).one();
    if (id % 1000 === 0) sql.exec("DELETE FROM rows WHERE id < ?", id);
    return row;
  }

  nothing(): number {
    return 1;
  }
}

export class Room extends DurableObject {
  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(_: WebSocket, message: ArrayBuffer): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.send(message);
  }
}

interface Env {
  COUNTERS: DurableObjectNamespace<Counter>;
  ROOMS: DurableObjectNamespace<Room>;
}

type Call = (counter: DurableObjectStub<Counter>) => Promise<unknown>;

const calls: Record<string, Call> = {
  increment: (counter) => counter.increment(),
  row: (counter) => counter.row() as Promise<unknown>,
  nothing: (counter) => counter.nothing(),
};

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return new Response("hello");
    if (pathname === "/room") return env.ROOMS.getByName(searchParams.get("name") ?? "all").fetch(request);
    const number = (name: string, usual: number) => Number(searchParams.get(name) ?? usual);
    const count = number("count", 1);
    if (pathname === "/new") {
      // Objects that nobody has called before, one after the other.
      const from = number("from", 0);
      for (let i = from; i < from + count; i++) await env.COUNTERS.getByName(`new ${i}`).increment();
      return new Response(String(count));
    }
    const call = calls[pathname.slice(1)];
    if (!call) return new Response("no", { status: 404 });
    const counter = env.COUNTERS.getByName("one");
    const at_once = number("at_once", 1);
    let last: unknown;
    for (let i = 0; i < count; i += at_once) {
      last = at_once === 1 ? await call(counter) : await Promise.all(Array.from({ length: at_once }, () => call(counter)));
    }
    return Response.json(last);
  },
};
