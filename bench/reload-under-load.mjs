// Reloads lopata again and again while wrk loads it: no request may fail, and memory must stay where it was.

import { parseArgs } from "node:util";
import { memory } from "./lib/memory.mjs";
import { median, percentile, short } from "./lib/numbers.mjs";
import { edit } from "./lib/reload.mjs";
import { project, start } from "./lib/servers.mjs";
import { wrk } from "./lib/wrk.mjs";

const { values: flags } = parseArgs({
  options: {
    reloads: { type: "string", default: "200" },
    connections: { type: "string", default: "16" },
    server: { type: "string", default: "lopata" },
    "growth-mib": { type: "string", default: "40" },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  console.log("bench/reload-under-load [--reloads 200] [--connections 16] [--growth-mib 40] [--server lopata|wrangler]");
  process.exit(0);
}

const reloads = Number(flags.reloads);
const server = await start(flags.server, project("hello"));
const sizes = [];
const times = [];
const loads = [];
let stop = false;

// Short loads one after the other, so that the last one ends soon after the last reload.
const loading = (async () => {
  while (!stop) loads.push(await wrk(server.port, "/", Number(flags.connections), 5));
})();

for (let i = 1; i <= reloads; i++) {
  times.push(await edit(server));
  if (i % 10 === 0) sizes.push(memory(server.pid).rss_mib);
  if (i % 50 === 0) process.stderr.write(`${i} reloads, ${short(sizes.at(-1))} MiB\n`);
}
stop = true;
await loading;
await server.stop();

const failed = loads.reduce((sum, load) => sum + load.failed, 0);
const requests = loads.reduce((sum, load) => sum + load.requests, 0);
// The first fifth is warm-up: caches fill, the allocator finds its size.
const skip = Math.floor(sizes.length / 5);
const early = median(sizes.slice(skip, skip + Math.max(1, skip)));
const late = median(sizes.slice(-Math.max(1, skip)));
console.log(`${reloads} reloads under ${flags.connections} connections: ${requests} requests, ${failed} failed`);
console.log(`reload under load: p50 ${short(median(times))} ms, p95 ${short(percentile(times, 0.95))} ms`);
console.log(`memory: ${short(early)} MiB early, ${short(late)} MiB late, highest ${short(Math.max(...sizes))} MiB`);
if (failed > 0 || late - early > Number(flags["growth-mib"])) {
  console.error("MISSED");
  process.exit(1);
}
