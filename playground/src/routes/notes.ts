// Notes in D1: a table and a full-text index that the files in migrations/ make.

import { escape, page } from "@lib/html";
import type { Context, Router } from "@lib/router";

interface Note {
  id: number;
  title: string;
  text: string;
  written: string;
}

const LATEST = "SELECT id, title, text, written FROM notes ORDER BY written DESC, id DESC LIMIT ?";
const SEARCH = `SELECT notes.id, notes.title, notes.text, notes.written FROM notes_search
  JOIN notes ON notes.id = notes_search.rowid WHERE notes_search MATCH ? ORDER BY rank LIMIT ?`;
const APPLY = "lopata d1 migrations apply notes";

/** What the visitor typed, as one phrase of the full-text index. */
function phrase(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

async function notes({ env, url }: Context): Promise<Note[]> {
  const wanted = url.searchParams.get("q")?.trim();
  const statement = wanted
    ? env.NOTES.prepare(SEARCH).bind(phrase(wanted), env.MAX_ENTRIES)
    : env.NOTES.prepare(LATEST).bind(env.MAX_ENTRIES);
  return (await statement.all<Note>()).results;
}

/** Answers, or says which command makes the tables. */
async function migrated(action: () => Promise<Response>): Promise<Response> {
  try {
    return await action();
  } catch (error) {
    if (!String(error).includes("no such table")) throw error;
    const command = `<p>The database is still empty. In the playground's folder, run</p><pre><code>${APPLY}</code></pre><p>and reload this page; the server may keep running.</p>`;
    return page("Notes", command, { status: 503 });
  }
}

async function show(context: Context): Promise<Response> {
  const wanted = context.url.searchParams.get("q") ?? "";
  const list = (await notes(context)).map(
    ({ id, title, text, written }) =>
      `<blockquote><strong>${escape(title)}</strong><br>${escape(text)}<footer>${written}
       <form method="post" action="/notes/delete" style="display:inline"><input type="hidden" name="id" value="${id}"><button>Delete</button></form></footer></blockquote>`,
  );
  return page(
    "Notes",
    `<form method="post"><input name="title" placeholder="Title" required><textarea name="text" rows="3" placeholder="What you want to remember"></textarea><button>Write down</button></form>
     <form><input name="q" type="search" placeholder="Search" value="${escape(wanted)}"></form>
     ${list.join("\n") || "<p>Nothing here.</p>"}`,
  );
}

async function write({ request, env }: Context): Promise<Response> {
  const json = request.headers.get("content-type")?.startsWith("application/json");
  const fields = json ? await request.json<Record<string, unknown>>() : Object.fromEntries(await request.formData());
  const title = String(fields.title ?? "").trim().slice(0, 200);
  if (!title) return Response.json({ error: "a title is needed" }, { status: 400 });
  const insert = env.NOTES.prepare("INSERT INTO notes (title, text) VALUES (?, ?) RETURNING *").bind(title, String(fields.text ?? ""));
  const note = await insert.first<Note>();
  return json ? Response.json(note, { status: 201 }) : Response.redirect(new URL("/notes", request.url).href, 303);
}

async function remove({ request, env }: Context): Promise<Response> {
  const id = Number((await request.formData()).get("id"));
  await env.NOTES.prepare("DELETE FROM notes WHERE id = ?").bind(id).run();
  return Response.redirect(new URL("/notes", request.url).href, 303);
}

export function addNotes(router: Router): void {
  router
    .add("GET", "/notes", "Notes with full-text search, kept in D1.", (context) => migrated(() => show(context)))
    .add("GET", "/notes.json", "The same as JSON; <code>q</code> searches.", (context) => migrated(async () => Response.json(await notes(context))))
    .add("POST", "/notes", "Writes one down, with a form or with JSON.", (context) => migrated(() => write(context)))
    .add("POST", "/notes/delete", "Deletes the note of an <code>id</code>.", (context) => migrated(() => remove(context)));
}
