// What belongs to Workers: env, imports that are not code, waitUntil, cron, errors.

import { env, waitUntil } from "cloudflare:workers";
import ms, { type StringValue } from "ms";
import motto from "@content/motto.txt";
import seed from "@content/seed.json";
import type { Context, Router } from "@lib/router";

/** Every var with its type; secrets are only counted. */
function vars({ env }: Context): Response {
  const { GREETING, MAX_ENTRIES, SHOUT, PALETTE, LANGUAGES, API_TOKEN } = env;
  return Response.json({ GREETING, MAX_ENTRIES, SHOUT, PALETTE, LANGUAGES, secret: API_TOKEN ? `${API_TOKEN.length} characters` : null });
}

/** Answers at once and writes to KV afterwards. */
function later({ url }: Context): Response {
  const wait = Math.min(Number(url.searchParams.get("ms") ?? 1500), 8000);
  waitUntil(
    (async () => {
      await scheduler.wait(wait);
      await env.GUESTBOOK.put("later", `written ${wait} ms after the response`);
      console.log("later: done");
    })(),
  );
  return new Response(`ask /later/last in ${ms(wait)}\n`, { status: 202 });
}

function duration({ url }: Context): Response {
  const text = url.searchParams.get("text") ?? "90 minutes";
  return new Response(`${text} = ${ms(text as StringValue)} ms\n`);
}

async function lazy(): Promise<Response> {
  const module = await import("@lib/lazy");
  return new Response(`${module.describe()}\n`);
}

/** The error page shows the cause too. */
function fail({ url }: Context): Response {
  try {
    return Response.json(JSON.parse(url.searchParams.get("json") ?? "{ this is not JSON"));
  } catch (cause) {
    throw new Error("The kettle is empty", { cause });
  }
}

/** Called by the `scheduled` handler. */
export async function recordCron(controller: ScheduledController, env: Env): Promise<void> {
  await env.GUESTBOOK.put("cron", JSON.stringify({ cron: controller.cron, time: new Date(controller.scheduledTime).toISOString() }));
  console.log("cron:", controller.cron || "by hand");
}

export function addWorker(router: Router): void {
  router
    .add("GET", "/vars", "The vars of <code>wrangler.jsonc</code> and <code>.dev.vars</code>.", vars)
    .add("GET", "/motto", "A <code>.txt</code> import.", () => new Response(motto))
    .add("GET", "/seed", "A <code>.json</code> import.", () => Response.json(seed))
    .add("GET", "/duration", "An npm package that is CommonJS: <code>ms</code>.", duration, "/duration?text=2.5 hrs")
    .add("GET", "/lazy", "A dynamic import.", lazy)
    .add("GET", "/later", "<code>waitUntil</code>: answers now, writes to KV later.", later)
    .add("GET", "/later/last", "What it wrote.", async ({ env }) => new Response(`${(await env.GUESTBOOK.get("later")) ?? "nothing yet"}\n`))
    .add("GET", "/cron", "The last run of <code>scheduled</code>; start one at <code>/cdn-cgi/handler/scheduled?cron=*+*+*+*+*</code>.", async ({ env }) =>
      Response.json(await env.GUESTBOOK.get("cron", "json")),
    )
    .add("GET", "/error", "Throws, with a cause: see the error page.", fail);
}
