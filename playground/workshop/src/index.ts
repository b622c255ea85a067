// The second worker: methods that the playground calls, things that it gives away, and the server's end of the echo.

import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { shouting } from "./shouting";

interface WorkshopEnv {
  CREW: string[];
}

/** Change it, save, and see the page notice. */
const MOTTO = "Measure twice, dig once.";

/** Counts for whoever has a stub of it, and lives as long as somebody has. */
class Counter extends RpcTarget {
  #count: number;

  constructor(count: number) {
    super();
    this.#count = count;
  }

  increment(by = 1): number {
    this.#count += by;
    return this.#count;
  }

  get value(): number {
    return this.#count;
  }

  [Symbol.dispose](): void {
    console.log(`a counter is put away at ${this.#count}`);
  }
}

export default class Workshop extends WorkerEntrypoint<WorkshopEnv> {
  /** The echo for WebSockets, a sentence for everybody else. */
  override fetch(request: Request): Response {
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") return echo();
    return new Response(`The workshop is open. ${MOTTO}\n`);
  }

  motto(): string {
    return MOTTO;
  }

  add(a: number, b: number): number {
    return a + b;
  }

  counter(start: number): Counter {
    return new Counter(start);
  }

  /** Digs, and calls back after each metre. */
  async dig(metres: number, pause_ms: number, progress: (done: number, of: number, who: string) => unknown): Promise<string> {
    for (let done = 1; done <= metres; done++) {
      await scheduler.wait(pause_ms);
      await progress(done, metres, this.env.CREW[done % this.env.CREW.length]);
    }
    return `A hole of ${metres} m.`;
  }

  /** Takes a stream and gives one back, which begins before the other has ended. */
  shout(text: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    return text.pipeThrough(new TextDecoderStream()).pipeThrough(shouting()).pipeThrough(new TextEncoderStream());
  }

  /** One name of the crew after the other. */
  rollCall(pause_ms: number): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const crew = [...this.env.CREW];
    return new ReadableStream({
      async pull(controller) {
        const name = crew.shift();
        if (name === undefined) return controller.close();
        await scheduler.wait(pause_ms);
        controller.enqueue(encoder.encode(`${name} is here\n`));
      },
    });
  }

  /** What goes wrong arrives with its cause and its code. */
  breakSpade(): never {
    throw Object.assign(new RangeError("The spade broke", { cause: new Error("There was a stone") }), { code: "E_STONE" });
  }
}

function echo(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.binaryType = "arraybuffer";
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  server.addEventListener("close", ({ code, reason }) => console.log(`an echo ends: ${code} ${reason}`));
  return new Response(null, { status: 101, webSocket: client });
}
