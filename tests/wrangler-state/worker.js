// Writes the state that is recorded in `state`, and reads it back: `/write` in wrangler, `/read` in both.
import { DurableObject } from "cloudflare:workers";

const FAR = Date.UTC(2150, 0);

export class Room extends DurableObject {
  async write() {
    const { storage } = this.ctx;
    await storage.put({ map: new Map([["a", new Date(0)]]), bytes: new Uint8Array([0, 255]), big: 10n, text: "h\u00e9" });
    storage.sql.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, data BLOB)");
    storage.sql.exec("INSERT INTO notes (text, data) VALUES ('first', x'00ff'), (?, NULL)", "second");
    await storage.setAlarm(FAR);
  }

  async read() {
    const { storage } = this.ctx;
    const { map, bytes, big, text } = Object.fromEntries(await storage.list());
    const notes = storage.sql.exec("SELECT id, text, length(data) AS bytes FROM notes").toArray();
    const pairs = [map.get("a").getTime(), [...bytes], String(big), text];
    return { pairs, notes, alarm: (await storage.getAlarm()) === FAR, name: this.ctx.id.name };
  }

  async alarm() {}
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const cached = new Request("http://recorded.example/page");
    if (pathname === "/write") {
      await env.KV.put("greeting", "hello", { metadata: { by: "wrangler" } });
      await env.KV.put("bytes", new Uint8Array([0, 255, 10]));
      await env.DB.exec("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
      await env.DB.prepare("INSERT INTO notes (text) VALUES (?), (?)").bind("first", "second").run();
      await env.R2.put("folder/object", "an object", { customMetadata: { by: "wrangler" } });
      await caches.default.put(cached, new Response("cached", { headers: { "cache-control": "max-age=1000000000" } }));
      await env.ROOM.getByName("recorded").write();
      return new Response("written");
    }
    const parts = {
      kv: async () => (await env.KV.getWithMetadata("greeting")).metadata.by + " " + (await env.KV.get("greeting")),
      bytes: async () => [...new Uint8Array(await env.KV.get("bytes", "arrayBuffer"))],
      d1: async () => (await env.DB.prepare("SELECT text FROM notes ORDER BY id").raw()).flat(),
      r2: async () => (await env.R2.get("folder/object")).text(),
      object: async () => await env.ROOM.getByName("recorded").read(),
      cache: async () => (await caches.default.match(cached))?.text(),
    };
    return Response.json(await parts[pathname.slice(1)]());
  },
};
