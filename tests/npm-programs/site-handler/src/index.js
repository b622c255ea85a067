// A Workers Site as its template has it: the library finds the file in the manifest and serves it.
import { getAssetFromKV, NotFoundError } from "@cloudflare/kv-asset-handler";
import manifestText from "__STATIC_CONTENT_MANIFEST";

const ASSET_MANIFEST = JSON.parse(manifestText);

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/manifest") return Response.json(ASSET_MANIFEST);
    try {
      return await getAssetFromKV(
        { request, waitUntil: (promise) => ctx.waitUntil(promise) },
        { ASSET_NAMESPACE: env.__STATIC_CONTENT, ASSET_MANIFEST, cacheControl: { bypassCache: true } },
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) return new Response(String(error.stack), { status: 500 });
      return new Response(`nothing at ${new URL(request.url).pathname}`, { status: 404 });
    }
  },
};
