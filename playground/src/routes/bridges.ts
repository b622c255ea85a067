// Calls to the second worker: RPC with callbacks and streams, and a WebSocket that is passed through.

import panel from "@content/bridges.html";
import { page } from "@lib/html";
import type { Context, Router } from "@lib/router";

const TEXT = { "content-type": "text/plain; charset=utf-8" };

function number(url: URL, name: string, usual: number, most: number): number {
  const value = Number(url.searchParams.get(name) ?? usual);
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : usual;
}

/** A call, and two that are on their way before the first is answered. */
async function add({ env, url }: Context): Promise<Response> {
  const sum = await env.WORKSHOP.add(number(url, "a", 2, 1e9), number(url, "b", 40, 1e9));
  using counter = await env.WORKSHOP.counter(sum);
  return Response.json({
    sum,
    // `counter` is a stub: each call goes to the object in the other worker.
    counted: [await counter.increment(), await counter.increment(10), await counter.value],
    // Nobody waits for this counter; the second call travels right behind the first.
    pipelined: await env.WORKSHOP.counter(sum).increment(),
  });
}

/** The other worker calls a function of this one; each call becomes an event for the browser. */
function dig({ env, url }: Context): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const send = (event: string, data: unknown) => writer.write(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  const work = async () => {
    const report = await env.WORKSHOP.dig(number(url, "metres", 5, 50), number(url, "ms", 250, 2000), async (done, of, who) => {
      await send("progress", { done, of, who });
    });
    await send("done", { report });
    await writer.close();
  };
  work().catch(() => console.log("dig: nobody watches any more"));
  return new Response(readable, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

/** A stream goes there, and another comes back. */
async function shout({ env, request }: Context): Promise<Response> {
  const text = request.body ?? new Response("").body!;
  return new Response(await env.WORKSHOP.shout(text), { headers: TEXT });
}

async function rollCall({ env, url }: Context): Promise<Response> {
  return new Response(await env.WORKSHOP.rollCall(number(url, "ms", 250, 2000)), { headers: TEXT });
}

/** What an error of the other worker looks like here. */
async function stone({ env }: Context): Promise<Response> {
  try {
    await env.WORKSHOP.breakSpade();
    return new Response("It held\n");
  } catch (error: any) {
    const { name, message, code, remote } = error;
    return Response.json({ name, message, code, cause: `${error.cause}`, remote });
  }
}

export function addBridges(router: Router): void {
  router
    .add("GET", "/bridges", "<b>A page to try the second worker</b>: calls, callbacks, streams, a socket.", () => page("Between workers", panel))
    .add("GET", "/bridges/add", "RPC: a call, a stub, a pipelined call.", add, "/bridges/add?a=2&b=40")
    .add("GET", "/bridges/dig", "RPC with a callback: progress as server-sent events.", dig, "/bridges/dig?metres=5&ms=250")
    .add("POST", "/bridges/shout", "RPC with streams both ways.", shout)
    .add("GET", "/bridges/roll-call", "RPC that returns a stream.", rollCall, "/bridges/roll-call?ms=250")
    .add("GET", "/bridges/stone", "RPC that throws, with a cause and a code.", stone)
    .add("GET", "/bridges/motto", "A word of the second worker; edit it there.", async ({ env }) => new Response(`${await env.WORKSHOP.motto()}\n`))
    .add("GET", "/workshop", "<code>fetch</code> through the binding.", ({ env, request }) => env.WORKSHOP.fetch(request))
    .add("GET", "/socket", "A WebSocket that the second worker echoes.", ({ env, request }) => env.WORKSHOP.fetch(request));
}
