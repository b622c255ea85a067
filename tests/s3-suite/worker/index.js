// What a binding sees of the objects that clients write, and the other way round.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const bucket = env[url.searchParams.get("bucket") ?? "FILES"];
    const key = url.searchParams.get("key");
    if (request.method === "PUT") {
      const object = await bucket.put(key, request.body, {
        httpMetadata: { contentType: "text/plain", cacheExpiry: new Date(1792567680000) },
        customMetadata: { from: "worker" },
      });
      return Response.json({ etag: object.etag });
    }
    const object = await bucket.get(key);
    if (object === null) {
      return Response.json(null);
    }
    const text = object.size > 100_000 ? undefined : await object.text();
    const { size, etag, httpMetadata, customMetadata, storageClass } = object;
    return Response.json({ text, size, etag, httpMetadata, customMetadata, storageClass, checksums: object.checksums });
  },
};
