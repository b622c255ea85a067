// partyserver and y-partyserver as they are: parties that hibernate, one that does not, and a document.
import { type Connection, type ConnectionContext, Server, getServerByName, routePartykitRequest } from "partyserver";
import { YServer } from "y-partyserver";
import * as Y from "yjs";

const VERSION = 1;

class Party extends Server {
  async onStart(): Promise<void> {
    await this.ctx.storage.put("starts", ((await this.ctx.storage.get<number>("starts")) ?? 0) + 1);
  }

  onConnect(connection: Connection<{ joined: number }>, { request }: ConnectionContext): void {
    connection.setState({ joined: 1 });
    connection.send(JSON.stringify({ welcome: this.name, query: new URL(request.url).searchParams.get("as") }));
    this.broadcast(JSON.stringify({ joined: connection.id }), [connection.id]);
  }

  onMessage(connection: Connection<{ joined: number }>, message: string | ArrayBuffer): void {
    if (typeof message !== "string") {
      connection.send(new Uint8Array(message).reverse());
      return;
    }
    if (message === "count") {
      connection.send(JSON.stringify({ count: [...this.getConnections()].length, tagged: [...this.getConnections("tagged")].length }));
      return;
    }
    connection.setState((state) => ({ joined: (state?.joined ?? 0) + 1 }));
    this.broadcast(JSON.stringify({ from: connection.id, message, number: connection.state?.joined }), [connection.id]);
  }

  onClose(connection: Connection): void {
    this.broadcast(JSON.stringify({ left: connection.id }));
  }

  getConnectionTags(_: Connection, { request }: ConnectionContext): string[] {
    return new URL(request.url).searchParams.has("tag") ? ["tagged"] : [];
  }

  async onRequest(request: Request): Promise<Response> {
    if (request.method === "PUT") {
      await this.ctx.storage.setAlarm(Date.now() + 20);
      return new Response("an alarm is set");
    }
    return Response.json({ name: this.name, starts: await this.ctx.storage.get("starts") });
  }

  onAlarm(): void {
    this.broadcast(JSON.stringify({ alarm: this.name }));
  }

  hello(who: string): string {
    return `hello ${who} from ${this.name}`;
  }
}

export class Hibernating extends Party {
  static options = { hibernate: true };
}

export class Awake extends Party {}

export class Notes extends YServer {
  static options = { hibernate: true };
  static callbackOptions = { debounceWait: 20, debounceMaxWait: 100, timeout: 5000 };

  async onLoad(): Promise<void> {
    const stored = await this.ctx.storage.get<Uint8Array>("document");
    if (stored) Y.applyUpdate(this.document, stored);
  }

  async onSave(): Promise<void> {
    await this.ctx.storage.put("document", Y.encodeStateAsUpdate(this.document));
  }

  onRequest(): Response {
    return new Response(this.document.getText("text").toString());
  }
}

interface Env {
  Hibernating: DurableObjectNamespace<Hibernating>;
  Awake: DurableObjectNamespace<Awake>;
  Notes: DurableObjectNamespace<Notes>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/version") return new Response(String(VERSION));
    if (pathname === "/rpc") {
      const party = await getServerByName(env.Hibernating, "by rpc");
      return new Response(await party.hello("you"));
    }
    return (
      (await routePartykitRequest(request, env as never, {
        onBeforeConnect: (incoming) => (incoming.url.includes("refused") ? new Response("refused", { status: 403 }) : undefined),
      })) ?? new Response("no such party", { status: 404 })
    );
  },
};
