// A room: its sockets hibernate, what a session is goes with its socket, what was said is stored.
import { DurableObject } from "cloudflare:workers";
import type { Env } from "./index";
import { Gate } from "./limiter";

interface Attachment {
  limiter: string;
  name?: string;
  /** Messages that came before the name: nobody sees them before they have told who they are. */
  held?: string[];
  left?: boolean;
}

interface Session extends Attachment {
  gate: Gate;
}

/** Messages that a newcomer sees. */
const BACKLOG = 100;

export class Room extends DurableObject<Env> {
  #sessions = new Map<WebSocket, Session>();
  #last = 0;
  #constructed = Date.now();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Sockets that were here before this instance.
    for (const socket of ctx.getWebSockets()) this.#begin(socket, socket.deserializeAttachment() as Attachment);
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/names") return Response.json([...this.#sessions.values()].map((one) => one.name ?? null));
    if (pathname === "/instance") return new Response(String(this.#constructed));
    if (pathname !== "/socket") return new Response("no such page", { status: 404 });
    if (request.headers.get("upgrade") !== "websocket") return new Response("this is for WebSockets", { status: 400 });
    const address = request.headers.get("x-address") ?? request.headers.get("cf-connecting-ip") ?? "none";
    const { 0: client, 1: server } = new WebSocketPair();
    await this.#join(server, address);
    return new Response(null, { status: 101, webSocket: client });
  }

  async #join(socket: WebSocket, address: string): Promise<void> {
    this.ctx.acceptWebSocket(socket);
    const attachment: Attachment = { limiter: this.env.limiters.idFromName(address).toString(), held: [] };
    const session = this.#begin(socket, attachment);
    for (const other of this.#sessions.values()) {
      if (other.name !== undefined) session.held!.push(JSON.stringify({ joined: other.name }));
    }
    const said = await this.ctx.storage.list<string>({ reverse: true, limit: BACKLOG });
    session.held!.push(...[...said.values()].reverse());
    this.#keep(socket, session);
  }

  #begin(socket: WebSocket, attachment: Attachment): Session {
    const id = this.env.limiters.idFromString(attachment.limiter);
    const gate = new Gate(() => this.env.limiters.get(id), (error) => socket.close(1011, String(error)));
    const session: Session = { ...attachment, gate };
    this.#sessions.set(socket, session);
    return session;
  }

  #keep(socket: WebSocket, { limiter, name, held }: Session): void {
    socket.serializeAttachment({ limiter, name, held } satisfies Attachment);
  }

  async webSocketMessage(socket: WebSocket, text: string | ArrayBuffer): Promise<void> {
    try {
      const session = this.#sessions.get(socket)!;
      if (session.left) {
        socket.close(1011, "it has failed before");
        return;
      }
      if (!session.gate.pass()) {
        socket.send(JSON.stringify({ error: "Your address writes too fast." }));
        return;
      }
      const data = JSON.parse(String(text));
      if (session.name === undefined) {
        session.name = String(data.name ?? "anonymous");
        if (session.name.length > 32) {
          socket.send(JSON.stringify({ error: "The name is too long." }));
          socket.close(1009, "The name is too long.");
          return;
        }
        for (const held of session.held ?? []) socket.send(held);
        session.held = undefined;
        this.#keep(socket, session);
        this.#tell({ joined: session.name });
        socket.send(JSON.stringify({ ready: true }));
        return;
      }
      const message = { name: session.name, message: String(data.message), time: Math.max(Date.now(), this.#last + 1) };
      if (message.message.length > 256) {
        socket.send(JSON.stringify({ error: "The message is too long." }));
        return;
      }
      this.#last = message.time;
      const line = JSON.stringify(message);
      this.#tell(line);
      await this.ctx.storage.put(new Date(message.time).toISOString(), line);
    } catch (error) {
      socket.send(JSON.stringify({ error: (error as Error).stack }));
    }
  }

  async webSocketClose(socket: WebSocket): Promise<void> {
    this.#leave(socket);
  }

  async webSocketError(socket: WebSocket): Promise<void> {
    this.#leave(socket);
  }

  #leave(socket: WebSocket): void {
    const session = this.#sessions.get(socket);
    if (session === undefined) return;
    session.left = true;
    this.#sessions.delete(socket);
    if (session.name !== undefined) this.#tell({ left: session.name });
  }

  #tell(message: string | object): void {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    const gone: string[] = [];
    for (const [socket, session] of this.#sessions) {
      if (session.name === undefined) {
        session.held?.push(line);
        continue;
      }
      try {
        socket.send(line);
      } catch {
        session.left = true;
        this.#sessions.delete(socket);
        gone.push(session.name);
      }
    }
    for (const name of gone) this.#tell({ left: name });
  }
}
