// The entry: the default export answers requests and crons, and its classes are a second entrypoint for other workers and the Durable Objects.

import { WorkerEntrypoint } from "cloudflare:workers";
import { greet } from "@lib/greeting";
import { page } from "@lib/html";
import { Router, type Route } from "@lib/router";
import { addBridges } from "./routes/bridges";
import { addCached } from "./routes/cached";
import { addFiles } from "./routes/files";
import { addGuestbook } from "./routes/guestbook";
import { addNotes } from "./routes/notes";
import { addObjects } from "./routes/objects";
import { addWeb } from "./routes/web";
import { addWorker, recordCron } from "./routes/worker";

export { Counter } from "./objects/counter";
export { Notebook } from "./objects/notebook";
export { Room } from "./objects/room";

const router = new Router();
router.add("GET", "/", "This page.", () => page("lopata playground", index(router.routes)));
addBridges(router);
addGuestbook(router);
addNotes(router);
addObjects(router);
addFiles(router);
addCached(router);
addWeb(router);
addWorker(router);

function row({ method, path, about, example }: Route): string {
  const label = `<code>${method} ${example ?? path}</code>`;
  return `<tr><td>${method === "GET" ? `<a href="${encodeURI(example ?? path)}">${label}</a>` : label}</td><td>${about}</td></tr>`;
}

function index(routes: Route[]): string {
  return `<p>Edit any file of this folder while it serves: the next request sees the change.</p><table>${routes.map(row).join("\n")}</table>`;
}

/** Answers other workers that bind this entrypoint. */
export class Greeter extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    return new Response(`${greet(new URL(request.url).searchParams.get("name") ?? "colleague")}\n`);
  }

  async greet(name: string): Promise<string> {
    return greet(name);
  }
}

export default {
  async fetch(request, env, ctx) {
    return router.handle({ request, url: new URL(request.url), env, ctx });
  },

  async scheduled(controller, env) {
    await recordCron(controller, env);
  },
} satisfies ExportedHandler<Env>;
