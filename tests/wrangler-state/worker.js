// Writes the state that is recorded in `state`, and reads it back: `/write` in wrangler, `/read` in both.
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
      return new Response("written");
    }
    const parts = {
      kv: async () => (await env.KV.getWithMetadata("greeting")).metadata.by + " " + (await env.KV.get("greeting")),
      bytes: async () => [...new Uint8Array(await env.KV.get("bytes", "arrayBuffer"))],
      d1: async () => (await env.DB.prepare("SELECT text FROM notes ORDER BY id").raw()).flat(),
      r2: async () => (await env.R2.get("folder/object")).text(),
      cache: async () => (await caches.default.match(cached))?.text(),
    };
    return Response.json(await parts[pathname.slice(1)]());
  },
};
