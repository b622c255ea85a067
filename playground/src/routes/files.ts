// Files in R2: a page to put them there, and the object itself with ranges and conditions.

import files from "@content/files.html";
import { page } from "@lib/html";
import type { Context, Router } from "@lib/router";

const NO_KEY = "Say which file: /files/raw?key=…\n";

/** What is in the bucket below a folder, folders first. */
async function list({ env, url }: Context): Promise<Response> {
  const prefix = url.searchParams.get("prefix") ?? "";
  const found = { folders: [] as string[], files: [] as unknown[] };
  let cursor: string | undefined;
  do {
    const part: R2Objects = await env.FILES.list({ prefix, delimiter: "/", cursor, include: ["httpMetadata"] });
    found.folders.push(...part.delimitedPrefixes);
    found.files.push(
      ...part.objects.map(({ key, size, uploaded, httpEtag, httpMetadata }) => ({ key, size, uploaded, etag: httpEtag, type: httpMetadata?.contentType })),
    );
    cursor = part.truncated ? part.cursor : undefined;
  } while (cursor);
  return Response.json(found);
}

/** The body is never held as a whole: it streams from the browser to the disk. */
async function upload({ request, env, url }: Context): Promise<Response> {
  const key = url.searchParams.get("key");
  if (!key) return new Response(NO_KEY, { status: 400 });
  const object = await env.FILES.put(key, request.body ?? "", { httpMetadata: request.headers, onlyIf: request.headers });
  if (object === null) return new Response("The file has changed meanwhile.\n", { status: 412 });
  return Response.json({ key, size: object.size, etag: object.httpEtag }, { status: 201 });
}

async function download({ request, env, url }: Context): Promise<Response> {
  const key = url.searchParams.get("key");
  if (!key) return new Response(NO_KEY, { status: 400 });
  const object = await env.FILES.get(key, { range: request.headers, onlyIf: request.headers });
  if (object === null) return new Response("There is no such file.\n", { status: 404 });
  const headers = new Headers({ etag: object.httpEtag, "accept-ranges": "bytes", "last-modified": object.uploaded.toUTCString() });
  object.writeHttpMetadata(headers);
  if (!("body" in object)) return new Response(null, { status: 304, headers });
  if (!request.headers.has("range") || !object.range) return new Response(object.body, { headers });
  const { offset = 0, length = object.size } = object.range as { offset?: number; length?: number };
  headers.set("content-range", `bytes ${offset}-${offset + length - 1}/${object.size}`);
  return new Response(object.body, { status: 206, headers });
}

async function remove({ env, url }: Context): Promise<Response> {
  const key = url.searchParams.get("key");
  if (!key) return new Response(NO_KEY, { status: 400 });
  await env.FILES.delete(key);
  return new Response(null, { status: 204 });
}

export function addFiles(router: Router): void {
  router
    .add("GET", "/files", "Files, kept in R2: drop some here.", () => page("Files", files))
    .add("GET", "/files/list", "What is there, as JSON; <code>prefix</code> opens a folder.", list)
    .add("PUT", "/files/raw", "Uploads a body as the file <code>key</code>.", upload)
    .add("GET", "/files/raw", "Downloads the file <code>key</code>; ranges and conditions work.", download)
    .add("DELETE", "/files/raw", "Deletes it.", remove);
}
