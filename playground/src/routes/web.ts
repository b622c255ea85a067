// Requests, responses, streams and fetch.

import { greet } from "@lib/greeting";
import type { Context, Router } from "@lib/router";

/** Everything that a handler can know about its request. */
function request({ request, url }: Context): Response {
  return Response.json({
    method: request.method,
    url: request.url,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(request.headers),
    cf: request.cf ?? null,
  });
}

/** The body goes back while it still comes in. */
function echo({ request }: Context): Response {
  const headers = { "content-type": request.headers.get("content-type") ?? "application/octet-stream" };
  return new Response(request.body?.pipeThrough(new IdentityTransformStream()), { headers });
}

/** One line at a time, with a pause between them. */
function stream({ url }: Context): Response {
  const count = Math.min(Number(url.searchParams.get("n") ?? 5), 1000);
  const pause = Math.min(Number(url.searchParams.get("ms") ?? 200), 5000);
  const encoder = new TextEncoder();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent >= count) return controller.close();
      if (sent > 0) await scheduler.wait(pause);
      sent += 1;
      controller.enqueue(encoder.encode(`line ${sent} of ${count}\n`));
    },
  });
  return new Response(body, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** Server-sent events until the browser closes the page. */
function clock({ request }: Context): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const tick = async () => {
    while (!request.signal.aborted) {
      await writer.write(encoder.encode(`data: ${new Date().toISOString()}\n\n`));
      await scheduler.wait(1000);
    }
  };
  tick().catch(() => console.log("clock: the reader has gone"));
  return new Response(readable, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

/** The worker asks itself over the network, and passes the answer on. */
async function self({ request }: Context): Promise<Response> {
  const answer = await fetch(new URL("/hello?name=myself", request.url));
  return new Response(`${answer.status} ${answer.headers.get("content-type")}: ${await answer.text()}`);
}

function cookies(): Response {
  const headers = new Headers({ "content-type": "text/plain" });
  headers.append("set-cookie", "flavour=vanilla; Path=/");
  headers.append("set-cookie", "topping=cherry; Path=/; HttpOnly");
  return new Response(`${headers.getSetCookie().length} cookies\n`, { headers });
}

async function hash({ url }: Context): Promise<Response> {
  const text = url.searchParams.get("text") ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Response(`${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}\n`);
}

export function addWeb(router: Router): void {
  router
    .add("GET", "/hello", "A greeting.", ({ url }) => new Response(`${greet(url.searchParams.get("name") ?? "world")}\n`), "/hello?name=Ada")
    .add("GET", "/request", "The request as the worker sees it.", request, "/request?a=1")
    .add("POST", "/echo", "Sends the body back while it arrives.", echo)
    .add("GET", "/stream", "A streamed response: <code>n</code> lines, <code>ms</code> apart.", stream, "/stream?n=5&ms=300")
    .add("GET", "/clock", "Server-sent events; close the page and the worker is told.", clock)
    .add("GET", "/self", "Fetches its own <code>/hello</code> over the network.", self)
    .add("GET", "/cookies", "Several <code>Set-Cookie</code> headers.", cookies)
    .add("GET", "/redirect", "A redirect to this page.", ({ url }) => Response.redirect(new URL("/", url).href, 302))
    .add("GET", "/hash", "SHA-256 of <code>text</code>.", hash, "/hash?text=lopata");
}
