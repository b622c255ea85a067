// How long an edit takes: from the write of the file to the first answer that shows it.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { ask, keepAlive } from "./http.mjs";

let version = 0;

/** One edit of `file`, whose `version` the worker serves at /version. */
export async function edit(server, file = "src/version.ts") {
  const agent = keepAlive();
  const wanted = String(++version);
  const began = performance.now();
  writeFileSync(path.join(server.folder, file), `export const version = "${wanted}";\n`);
  try {
    for (;;) {
      // wrangler may drop the connection while it restarts its runtime.
      const answer = await ask(server.port, "/version", agent).catch(() => undefined);
      if (answer?.body === wanted) return performance.now() - began;
      if (performance.now() - began > 60_000) throw new Error(`${server.kind} does not show the edit`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    agent.destroy();
  }
}
