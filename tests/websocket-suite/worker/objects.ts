// The same as worker.ts, with every socket hibernating in one Durable Object.

import { DurableObject } from "cloudflare:workers";

type Act = (socket: WebSocket, url: URL) => void;

const opened: Record<string, Act> = {
  "/echo": () => {},
  "/close": (socket, url) => {
    const code = url.searchParams.get("code");
    socket.send("before");
    if (code === null) socket.close();
    else socket.close(Number(code), url.searchParams.get("reason") ?? undefined);
  },
  "/count": () => {},
  "/send": (socket, url) => {
    const [count, size] = [Number(url.searchParams.get("count")), Number(url.searchParams.get("size"))];
    for (let i = 0; i < count; i++) socket.send(new Uint8Array(size).fill(i % 251));
    socket.close(1000, "all sent");
  },
  "/watched": () => {},
};

export class Sockets extends DurableObject {
  ends: { name: string; code: number; reason: string; wasClean: boolean }[] = [];

  fetch(request: Request): Response {
    const url = new URL(request.url);
    if (url.pathname === "/ends") return Response.json(this.ends);
    const act = opened[url.pathname];
    if (!act) return new Response("no such route", { status: 404 });
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("a socket is wanted", { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [url.pathname]);
    server.serializeAttachment({ name: url.search.slice(1), messages: 0, bytes: 0 });
    act(server, url);
    const headers = new Headers();
    const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0].trim();
    if (protocol) headers.set("sec-websocket-protocol", protocol);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  webSocketMessage(socket: WebSocket, data: string | ArrayBuffer) {
    const [route] = this.ctx.getTags(socket);
    if (route === "/echo") return socket.send(data);
    if (route !== "/count") return;
    const { name, messages, bytes } = socket.deserializeAttachment();
    if (data === "?") return socket.send(JSON.stringify({ messages, bytes }));
    const length = typeof data === "string" ? data.length : data.byteLength;
    socket.serializeAttachment({ name, messages: messages + 1, bytes: bytes + length });
  }

  webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean) {
    const [route] = this.ctx.getTags(socket);
    if (route === "/watched") this.ends.push({ name: socket.deserializeAttachment().name, code, reason, wasClean });
    if (code === 1005) socket.close();
    else if (wasClean) socket.close(code, reason);
  }

  webSocketError(socket: WebSocket) {
    const [route] = this.ctx.getTags(socket);
    // What an ordinary socket is told after its error.
    if (route !== "/watched") return;
    const reason = "WebSocket disconnected without sending Close frame.";
    this.ends.push({ name: socket.deserializeAttachment().name, code: 1006, reason, wasClean: false });
  }
}

export default {
  fetch: (request: Request, env: { SOCKETS: DurableObjectNamespace }) =>
    env.SOCKETS.get(env.SOCKETS.idFromName("all")).fetch(request),
};
