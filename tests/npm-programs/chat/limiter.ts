// One address: it may act every few milliseconds on average, with a reserve for bursts.
import { DurableObject } from "cloudflare:workers";

/** Milliseconds that each action costs. */
const COST_MS = 500;
/** Milliseconds of actions that may be done ahead. */
const RESERVE_MS = 2_000;

export class Limiter extends DurableObject {
  #next = 0;

  async fetch(request: Request): Promise<Response> {
    const now = Date.now();
    this.#next = Math.max(now, this.#next);
    if (request.method === "POST") this.#next += COST_MS;
    return new Response(String(Math.max(0, this.#next - now - RESERVE_MS)));
  }
}

/** What a room keeps of an address: whether it has to wait. It asks behind the back of the messages. */
export class Gate {
  #waits = false;
  #stub: DurableObjectStub;

  constructor(private renew: () => DurableObjectStub, private report: (error: unknown) => void) {
    this.#stub = renew();
  }

  /** True if the address may act now. */
  pass(): boolean {
    if (this.#waits) return false;
    this.#waits = true;
    void this.#ask();
    return true;
  }

  async #ask(): Promise<void> {
    try {
      let response;
      try {
        response = await this.#stub.fetch("https://limiter/", { method: "POST" });
      } catch {
        // A stub that has seen a failure keeps failing; one more try with a new one.
        this.#stub = this.renew();
        response = await this.#stub.fetch("https://limiter/", { method: "POST" });
      }
      const pause = Number(await response.text());
      await scheduler.wait(pause);
      this.#waits = false;
    } catch (error) {
      this.report(error);
    }
  }
}
