// What is measured: a constant answer, and one KV operation.

import { version } from "./version";

const VALUE = "x".repeat(1000);
let turn = 0;

export default {
  async fetch(request: Request, env: { KV: any }): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/":
        return new Response("hello");
      case "/version":
        return new Response(version);
      case "/get":
        return new Response(await env.KV.get("key"));
      case "/put":
        await env.KV.put(`key:${turn++ % 100}`, VALUE);
        return new Response("stored");
      case "/seed":
        await env.KV.put("key", VALUE);
        return new Response("seeded");
    }
    return new Response("no", { status: 404 });
  },
};
