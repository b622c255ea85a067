// Durable Objects: a counter with an alarm, notebooks with a database each, chat rooms that sleep.

import panel from "@content/objects.html";
import { page } from "@lib/html";
import type { Context, Router } from "@lib/router";

const name = (url: URL, usual: string) => url.searchParams.get("name")?.slice(0, 100) || usual;
const counter = ({ env, url }: Context) => env.COUNTERS.getByName(name(url, "clicks"));
const notebook = ({ env, url }: Context) => env.NOTEBOOKS.getByName(name(url, "shopping"));

async function write(context: Context): Promise<Response> {
  const texts = await context.request.json<string[]>();
  try {
    return Response.json(await notebook(context).write(texts), { status: 201 });
  } catch (error) {
    return Response.json({ error: (error as Error).message }, { status: 400 });
  }
}

export function addObjects(router: Router): void {
  router
    .add("GET", "/objects", "<b>A page of Durable Objects</b>: a counter, a notebook, a chat.", () => page("Durable Objects", panel))
    .add("GET", "/objects/counter", "The counter of a <code>name</code>.", async (context) => Response.json(await counter(context).look()))
    .add("POST", "/objects/counter", "Counts on.", async (context) => Response.json(await counter(context).increment(Number(context.url.searchParams.get("by") ?? 1))))
    .add("POST", "/objects/counter/reset", "Sets its alarm, in <code>ms</code>.", async (context) => Response.json(await counter(context).resetIn(Number(context.url.searchParams.get("ms") ?? 5000))))
    .add("GET", "/objects/notebook", "Lines of the notebook of a <code>name</code>; <code>q</code> searches.", async (context) => Response.json(await notebook(context).read(context.url.searchParams.get("q") ?? "")))
    .add("POST", "/objects/notebook", "Writes lines, given as a JSON array: all or none.", write)
    .add("DELETE", "/objects/notebook", "Tears out the line of an <code>id</code>.", async (context) => Response.json({ torn: await notebook(context).tear(Number(context.url.searchParams.get("id"))) }))
    .add("GET", "/objects/room", "A chat room: a WebSocket, or who is there.", ({ env, request, url }) => env.ROOMS.getByName(name(url, "lobby")).fetch(request));
}
