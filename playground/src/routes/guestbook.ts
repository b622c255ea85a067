// The guestbook: KV with metadata, expiry and list; a form and JSON for the same data.

import ms, { type StringValue } from "ms";
import seed from "@content/seed.json";
import { escape, page } from "@lib/html";
import type { Context, Router } from "@lib/router";

interface Entry {
  name: string;
  text: string;
}

interface Meta {
  name: string;
  at: number;
}

const PREFIX = "entry:";
const KEEP: StringValue = "30 days";

async function sign({ env }: Context, entry: Entry): Promise<string> {
  const at = Date.now();
  // Newest first: KV lists keys in byte order.
  const key = `${PREFIX}${String(9_999_999_999_999 - at).padStart(13, "0")}:${crypto.randomUUID()}`;
  await env.GUESTBOOK.put(key, JSON.stringify(entry), {
    metadata: { name: entry.name, at } satisfies Meta,
    expirationTtl: ms(KEEP) / 1000,
  });
  return key;
}

async function entries({ env }: Context): Promise<(Entry & { at: number })[]> {
  const { keys } = await env.GUESTBOOK.list<Meta>({ prefix: PREFIX, limit: env.MAX_ENTRIES });
  if (keys.length === 0) return seed.entries.map((entry) => ({ ...entry, at: 0 }));
  const values = await env.GUESTBOOK.get<Entry>(
    keys.map((key) => key.name),
    "json",
  );
  return keys.flatMap((key) => {
    const entry = values.get(key.name);
    return entry ? [{ ...entry, at: key.metadata?.at ?? 0 }] : [];
  });
}

function clean(value: unknown, max: number): string {
  return typeof value === "string" ? value.trim().slice(0, max) : "";
}

async function post(context: Context): Promise<Response> {
  const { request } = context;
  const json = request.headers.get("content-type")?.startsWith("application/json");
  const fields = json ? await request.json<Record<string, unknown>>() : Object.fromEntries(await request.formData());
  const entry = { name: clean(fields.name, 80), text: clean(fields.text, 1000) };
  if (!entry.name || !entry.text) return Response.json({ error: "name and text are needed" }, { status: 400 });
  const key = await sign(context, entry);
  return json ? Response.json({ key }, { status: 201 }) : Response.redirect(new URL("/guestbook", request.url).href, 303);
}

async function show(context: Context): Promise<Response> {
  const list = (await entries(context)).map(
    ({ name, text, at }) =>
      `<blockquote>${escape(text)}<footer>${escape(name)}${at ? `, ${ms(Date.now() - at, { long: true })} ago` : ""}</footer></blockquote>`,
  );
  return page(
    "Guestbook",
    `<form method="post"><input name="name" placeholder="Your name" required><textarea name="text" rows="3" placeholder="Leave a word" required></textarea>
     <button>Sign</button></form>${list.join("\n")}`,
  );
}

async function clear({ env }: Context): Promise<Response> {
  let removed = 0;
  let cursor: string | undefined;
  do {
    const found: KVNamespaceListResult<Meta> = await env.GUESTBOOK.list<Meta>({ prefix: PREFIX, cursor });
    await Promise.all(found.keys.map((key) => env.GUESTBOOK.delete(key.name)));
    removed += found.keys.length;
    cursor = found.list_complete ? undefined : found.cursor;
  } while (cursor);
  return Response.json({ removed });
}

export function addGuestbook(router: Router): void {
  router
    .add("GET", "/guestbook", "The guestbook, kept in KV: sign it.", show)
    .add("GET", "/guestbook.json", "The same as JSON.", async (context) => Response.json(await entries(context)))
    .add("POST", "/guestbook", "Signs it, with a form or with JSON.", post)
    .add("DELETE", "/guestbook", "Empties it.", clear);
}
