// What the requests of `http_client.js` reach: it says what it got.
const ROUTES = {
  "/redirect": () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
  "/headers": () => {
    const headers = new Headers({ "x-one": "1" });
    headers.append("x-many", "1");
    headers.append("x-many", "2");
    return new Response("h", { headers });
  },
  "/status": () => new Response("short", { status: 418, statusText: "Tea" }),
  "/null": () => new Response(null, { status: 204 }),
  "/large": () => new Response(new Uint8Array(300_000).fill(1)),
  "/packed": () => {
    const packed = new Response("hello hello hello").body.pipeThrough(new CompressionStream("gzip"));
    return new Response(packed, { headers: { "content-encoding": "gzip" }, encodeBody: "manual" });
  },
  "/pieces": () => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    (async () => {
      for (const piece of ["one ", "two ", "three"]) {
        await writer.write(new TextEncoder().encode(piece));
        await scheduler.wait(1);
      }
      await writer.close();
    })();
    return new Response(readable);
  },
  "/slow": async () => {
    await scheduler.wait(200);
    return new Response("slow");
  },
};

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname in ROUTES) return await ROUTES[pathname]();
    const { method, url } = request;
    return Response.json({ method, url, headers: Object.fromEntries(request.headers), body: await request.text() });
  },
};
