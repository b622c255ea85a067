// A route that is answered from the Cache API while its answer is fresh.

import type { Context, Router } from "@lib/router";

const FRESH_SECONDS = 10;

async function cached({ request, url, ctx }: Context): Promise<Response> {
  const cache = caches.default;
  const key = new Request(new URL("/cached", url), { headers: request.headers });
  const hit = await cache.match(key);
  if (hit) return hit;
  const made = new Response(`Made at ${new Date().toISOString()}, kept for ${FRESH_SECONDS} seconds.\n`, {
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": `max-age=${FRESH_SECONDS}`, etag: `"${crypto.randomUUID()}"` },
  });
  // The visitor does not wait for the cache.
  ctx.waitUntil(cache.put(key, made.clone()));
  return made;
}

async function purge({ url }: Context): Promise<Response> {
  return Response.json({ purged: await caches.default.delete(new URL("/cached", url)) });
}

export function addCached(router: Router): void {
  router
    .add("GET", "/cached", `An answer that is made once in ${FRESH_SECONDS} seconds; look at <code>CF-Cache-Status</code>.`, cached)
    .add("DELETE", "/cached", "Forgets it.", purge);
}
