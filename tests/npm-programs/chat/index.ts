// A chat in the shape of the one that shows Durable Objects best: a room is an object with hibernating sockets, who
// writes too fast is told so by an object of their address. Rooms have a name, or a long id that nobody guesses.
export { Limiter } from "./limiter";
export { Room } from "./room";

import type { Limiter } from "./limiter";
import type { Room } from "./room";

export interface Env {
  rooms: DurableObjectNamespace<Room>;
  limiters: DurableObjectNamespace<Limiter>;
}

const VERSION = 1;

async function guarded(request: Request, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    const text = (error as Error).stack ?? String(error);
    if (request.headers.get("upgrade") !== "websocket") return new Response(text, { status: 500 });
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.send(JSON.stringify({ error: text }));
    server.close(1011, "the room failed");
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return guarded(request, async () => {
      const [, area, name, ...rest] = new URL(request.url).pathname.split("/");
      if (area === "version") return new Response(String(VERSION));
      if (area !== "room") return new Response("no such page", { status: 404 });
      if (!name) {
        if (request.method !== "POST") return new Response("rooms are made by POST", { status: 405 });
        return new Response(env.rooms.newUniqueId().toString());
      }
      if (name.length > 32 && !/^[0-9a-f]{64}$/.test(name)) return new Response("the name is too long", { status: 404 });
      const id = /^[0-9a-f]{64}$/.test(name) ? env.rooms.idFromString(name) : env.rooms.idFromName(name);
      const url = new URL(request.url);
      url.pathname = `/${rest.join("/")}`;
      return env.rooms.get(id).fetch(url.toString(), request);
    });
  },
};
