// A chat room whose sockets hibernate: the object may be gone while they stay, over a reload, too.

import { DurableObject } from "cloudflare:workers";

interface Guest {
  name: string;
  since: number;
}

/** Messages that a newcomer sees. */
const BACKLOG = 50;

export class Room extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS said (id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL)");
    ctx.storage.kv.put("woken", this.#woken + 1);
  }

  get #woken(): number {
    return this.ctx.storage.kv.get<number>("woken") ?? 0;
  }

  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return Response.json({ guests: this.#guests(), woken: this.#woken });
    const name = (new URL(request.url).searchParams.get("as") ?? "").trim().slice(0, 32) || "somebody";
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [name]);
    server.serializeAttachment({ name, since: Date.now() } satisfies Guest);
    const lines = this.ctx.storage.sql.exec("SELECT name, text, at FROM said ORDER BY id DESC LIMIT ?", BACKLOG).toArray();
    server.send(JSON.stringify({ backlog: lines.reverse() }));
    this.#tell({ joined: name, guests: this.#guests(), woken: this.#woken });
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { name } = socket.deserializeAttachment() as Guest;
    const text = String(message).trim().slice(0, 500);
    if (!text) return;
    const at = Date.now();
    this.ctx.storage.sql.exec("INSERT INTO said (name, text, at) VALUES (?, ?, ?)", name, text, at);
    this.#tell({ name, text, at, woken: this.#woken });
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void> {
    const { name } = socket.deserializeAttachment() as Guest;
    // Nobody else answers the close of a hibernating socket. 1005 stands for a close without a code.
    if (wasClean) socket.close(code === 1005 ? 1000 : code, reason);
    console.log(`room ${this.ctx.id.name}: ${name} leaves with ${code}`);
    this.#tell({ left: name, guests: this.#guests(socket), woken: this.#woken }, socket);
  }

  #guests(without?: WebSocket): string[] {
    const here = this.ctx.getWebSockets().filter((socket) => socket !== without && socket.readyState === WebSocket.OPEN);
    return here.map((socket) => (socket.deserializeAttachment() as Guest).name).sort();
  }

  #tell(news: object, without?: WebSocket): void {
    const text = JSON.stringify(news);
    for (const socket of this.ctx.getWebSockets()) if (socket !== without) socket.send(text);
  }
}
