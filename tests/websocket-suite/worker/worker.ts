// What the suite talks to: an echo, and servers that close in every way.

type Act = (socket: WebSocket, url: URL) => void;

const routes: Record<string, Act> = {
  "/echo": (socket) => socket.addEventListener("message", ({ data }) => socket.send(data)),
  "/close": (socket, url) => {
    const code = url.searchParams.get("code");
    socket.send("before");
    if (code === null) socket.close();
    else socket.close(Number(code), url.searchParams.get("reason") ?? undefined);
  },
  /** Tells the number of messages and bytes that it has got, when it is asked with the text "?". */
  "/count": (socket) => {
    let messages = 0;
    let bytes = 0;
    socket.addEventListener("message", ({ data }) => {
      if (data === "?") return socket.send(JSON.stringify({ messages, bytes }));
      messages += 1;
      bytes += typeof data === "string" ? data.length : (data as ArrayBuffer).byteLength;
    });
  },
  /** Sends as many messages of a size as it is asked for. */
  "/send": (socket, url) => {
    const [count, size] = [Number(url.searchParams.get("count")), Number(url.searchParams.get("size"))];
    for (let i = 0; i < count; i++) socket.send(new Uint8Array(size).fill(i % 251));
    socket.close(1000, "all sent");
  },
  /** Writes down how each of its sockets ended, for /ends. */
  "/watched": (socket, url) => {
    socket.addEventListener("close", ({ code, reason, wasClean }) => ends.push({ name: url.search.slice(1), code, reason, wasClean }));
  },
};

const ends: { name: string; code: number; reason: string; wasClean: boolean }[] = [];

export default {
  fetch(request: Request): Response {
    const url = new URL(request.url);
    if (url.pathname === "/ends") return Response.json(ends);
    const act = routes[url.pathname];
    if (!act) return new Response("no such route", { status: 404 });
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("a socket is wanted", { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    server.binaryType = "arraybuffer";
    server.accept();
    act(server, url);
    const headers = new Headers();
    const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0].trim();
    if (protocol) headers.set("sec-websocket-protocol", protocol);
    return new Response(null, { status: 101, webSocket: client, headers });
  },
};
