// A document that many edit at once: Yjs in an object, its sockets hibernating, its updates in SQL.
import { DurableObject } from "cloudflare:workers";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";

const VERSION = 1;
const SYNC = 0;
const AWARENESS = 1;
/** Rows of updates after which they become one. */
const ROWS = 50;

export class Document extends DurableObject {
  #doc = new Y.Doc();
  #awareness = new Awareness(this.#doc);

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS updates (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
    for (const { bytes } of sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM updates ORDER BY id")) {
      Y.applyUpdate(this.#doc, new Uint8Array(bytes), "stored");
    }
    this.#awareness.setLocalState(null);
    this.#doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin === "stored") return;
      this.#store(update);
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      writeUpdate(encoder, update);
      this.#tell(encoding.toUint8Array(encoder), origin);
    });
    this.#awareness.on("update", ({ added, updated, removed }: Record<string, number[]>, origin: unknown) => {
      const changed = [...added, ...updated, ...removed];
      if (origin instanceof WebSocket) {
        const clients = new Set<number>(origin.deserializeAttachment() ?? []);
        for (const client of added) clients.add(client);
        for (const client of removed) clients.delete(client);
        origin.serializeAttachment([...clients]);
      }
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, AWARENESS);
      encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(this.#awareness, changed));
      this.#tell(encoding.toUint8Array(encoder), null);
    });
  }

  #store(update: Uint8Array): void {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO updates (bytes) VALUES (?)", update);
    if (sql.exec<{ n: number }>("SELECT count(*) AS n FROM updates").one().n <= ROWS) return;
    this.ctx.storage.transactionSync(() => {
      sql.exec("DELETE FROM updates");
      sql.exec("INSERT INTO updates (bytes) VALUES (?)", Y.encodeStateAsUpdate(this.#doc));
    });
  }

  #tell(message: Uint8Array, except: unknown): void {
    for (const socket of this.ctx.getWebSockets()) if (socket !== except) socket.send(message);
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/text")) return new Response(this.#doc.getText("text").toString());
    if (pathname.endsWith("/rows")) {
      return Response.json(this.ctx.storage.sql.exec("SELECT count(*) AS n FROM updates").one());
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    writeSyncStep1(encoder, this.#doc);
    server.send(encoding.toUint8Array(encoder));
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket: WebSocket, data: ArrayBuffer | string): Promise<void> {
    if (typeof data === "string") return socket.close(1003, "bytes only");
    const decoder = decoding.createDecoder(new Uint8Array(data));
    const kind = decoding.readVarUint(decoder);
    if (kind === AWARENESS) {
      applyAwarenessUpdate(this.#awareness, decoding.readVarUint8Array(decoder), socket);
      return;
    }
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    readSyncMessage(decoder, encoder, this.#doc, socket);
    if (encoding.length(encoder) > 1) socket.send(encoding.toUint8Array(encoder));
  }

  async webSocketClose(socket: WebSocket): Promise<void> {
    removeAwarenessStates(this.#awareness, socket.deserializeAttachment() ?? [], null);
  }
}

interface Env {
  DOCUMENTS: DurableObjectNamespace<Document>;
}

export default {
  fetch(request: Request, env: Env): Promise<Response> | Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/version") return new Response(String(VERSION));
    return env.DOCUMENTS.getByName(pathname.split("/")[1]).fetch(request);
  },
};
