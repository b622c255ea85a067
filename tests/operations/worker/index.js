// The worker of the comparison: takes a script of operations as JSON, runs them in order, answers with what they gave.
//
// POST { number, operations, span_ms } -> { answers }. Each script has bindings of its own (`KV_7`, `R2_7`, `D1_7` for number 7), so
// that no script sees what another has left. The language of operations is in run.js, that of values in decode.js
// and encode.js; the same three serve wherever else operations may run, inside of an object for example.

import { run } from "./run.js";
import { Encoder } from "./encode.js";

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response("operations are posted\n", { status: 405 });
    const { number, operations, span_ms } = await request.json();
    const names = {
      caches,
      globalThis,
      KV: env[`KV_${number}`],
      R2: env[`R2_${number}`],
      D1: env[`D1_${number}`],
    };
    return Response.json({ answers: await run(operations, names, new Encoder(Date.now(), span_ms)) });
  },
};
