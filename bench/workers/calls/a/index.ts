// One call a request, or many in a loop inside one request; and an echo.

type Call = (env: { B: any }) => Promise<unknown>;

const BYTES = new Uint8Array(64 * 1024).fill(7);

const calls: Record<string, Call> = {
  fetch: async ({ B }) => (await B.fetch("http://b/")).text(),
  rpc: ({ B }) => B.add(1, 2),
  rpc64: ({ B }) => B.size(BYTES),
};

function echo(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.binaryType = "arraybuffer";
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  return new Response(null, { status: 101, webSocket: client });
}

export default {
  async fetch(request: Request, env: { B: any }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/") return new Response("hello");
    if (pathname === "/echo") return echo();
    const call = calls[pathname.slice(1)];
    const count = Number(searchParams.get("count") ?? 1);
    const at_once = Number(searchParams.get("at_once") ?? 1);
    if (at_once === 1) {
      let last: unknown;
      for (let i = 0; i < count; i++) last = await call(env);
      return new Response(String(last));
    }
    for (let i = 0; i < count; i += at_once) await Promise.all(Array.from({ length: at_once }, () => call(env)));
    return new Response("all");
  },
};
