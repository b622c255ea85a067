// The worker of the comparison: takes a script of operations as JSON, runs them in order, answers with what they gave.
//
// POST { number, operations, span_ms, place } -> { answers }. Each script has bindings of its own (`KV_7`, `R2_7`, `D1_7` for number 7), so
// that no script sees what another has left. The language of operations is in run.js, that of values in decode.js
// and encode.js; the same three serve in an object, whose class `place` names: objects.js.

import { run } from "./run.js";
import { Encoder } from "./encode.js";

export { Empty, Legacy, NoAlarm, Plain, Sqlite, Wrong } from "./objects.js";

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("operations are posted\n", { status: 405 });
    const { number, operations, span_ms, place } = await request.json();
    if (place !== undefined) {
      const body = JSON.stringify({ operations, span_ms });
      // Of an id and not of a name: wrangler keeps a name in a table of the object's own database.
      const namespace = env[PLACES[place]];
      const id = namespace.idFromString(String(namespace.idFromName(`script ${number}`)));
      return namespace.get(id).fetch(request.url, { method: "POST", body });
    }
    const names = {
      caches,
      globalThis,
      KV: env[`KV_${number}`],
      R2: env[`R2_${number}`],
      D1: env[`D1_${number}`],
      OBJECTS: env.OBJECTS,
      LEGACY: env.LEGACY,
      NO_ALARM: env.NO_ALARM,
      PLAIN: env.PLAIN,
      EMPTY: env.EMPTY,
      WRONG: env.WRONG,
      OTHER_NAME: env.OTHER_NAME,
    };
    return Response.json({ answers: await run(operations, names, new Encoder(Date.now(), span_ms)) });
  },
};

/** The namespaces in whose objects a script may run. */
const PLACES = { sqlite: "OBJECTS", legacy: "LEGACY", "no alarm": "NO_ALARM" };
