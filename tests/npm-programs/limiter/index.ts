// A rate limiter: a bucket of tokens for each key, in an object of its own that forgets itself when it is full again.
import { DurableObject } from "cloudflare:workers";

interface Bucket {
  tokens: number;
  at: number;
}

export interface Verdict {
  allowed: boolean;
  left: number;
  retryAfterMs: number;
}

/** Tokens of a full bucket, and milliseconds in which one comes back. */
const CAPACITY = 5;
const REFILL_MS = 400;

export class Limiter extends DurableObject {
  /** Takes a token if there is one. Reading and writing are in one turn: no two callers get the same one. */
  async take(cost = 1): Promise<Verdict> {
    const now = Date.now();
    const stored = await this.ctx.storage.get<Bucket>("bucket");
    const bucket = stored ?? { tokens: CAPACITY, at: now };
    const back = Math.floor((now - bucket.at) / REFILL_MS);
    const tokens = Math.min(CAPACITY, bucket.tokens + back);
    const at = tokens === CAPACITY ? now : bucket.at + back * REFILL_MS;
    const allowed = tokens >= cost;
    const left = allowed ? tokens - cost : tokens;
    await this.ctx.storage.put<Bucket>("bucket", { tokens: left, at });
    await this.ctx.storage.setAlarm(at + (CAPACITY - left) * REFILL_MS);
    return { allowed, left, retryAfterMs: allowed ? 0 : at + (cost - tokens) * REFILL_MS - now };
  }

  async inside(): Promise<{ keys: string[]; alarm: boolean }> {
    const keys = [...(await this.ctx.storage.list()).keys()];
    return { keys, alarm: (await this.ctx.storage.getAlarm()) !== null };
  }

  async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}

interface Env {
  LIMITER: DurableObjectNamespace<Limiter>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const stub = env.LIMITER.getByName(request.headers.get("x-key") ?? "nobody");
    if (url.pathname === "/inside") return Response.json(await stub.inside());
    const { allowed, left, retryAfterMs } = await stub.take(Number(url.searchParams.get("cost") ?? 1));
    const headers = { "x-left": String(left), "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
    return new Response(allowed ? "in" : "too many", { status: allowed ? 200 : 429, headers });
  },
};
