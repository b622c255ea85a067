// Compares lopata with wrangler, and with a bare hyper server, in one run: round by round, one after the other on the
// same machine, the same sources. Prints medians, ratios and whether the aims are met; writes everything as JSON.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ask } from "./lib/http.mjs";
import { machine } from "./lib/machine.mjs";
import { memory } from "./lib/memory.mjs";
import { median, percentile, short, table } from "./lib/numbers.mjs";
import { edit } from "./lib/reload.mjs";
import { project, start } from "./lib/servers.mjs";
import { sockets } from "./lib/sockets.mjs";
import { wrk } from "./lib/wrk.mjs";

const SECTIONS = ["cold", "reload", "modules", "node", "hello", "kv", "storage", "calls", "objects", "sockets", "memory", "growth"];
const HELP = `bench/run [flags]
  --only LIST      sections, by comma: ${SECTIONS.join(",")} (all)
  --rounds N       rounds of each section (5)
  --seconds N      length of one load (4)
  --edits N        edits per round of a reload section (10)
  --reloads N      edits of the growth section (500)
  --modules N      modules of the large project (500)
  --connections L  connections, by comma (1,16,64)
  --without LIST   servers to leave out: wrangler, hyper
  --quick          2 rounds of 2 seconds, 3 edits, 30 reloads`;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    edits: { type: "string" },
    reloads: { type: "string" },
    modules: { type: "string", default: "500" },
    connections: { type: "string", default: "1,16,64" },
    without: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}
/** Between two edits: a person does not save twice in a moment, and both servers join edits that follow closely. */
const PAUSE_MS = 400;
const number = (name, usual, quick) => Number(flags[name] ?? (flags.quick ? quick : usual));
const rounds = number("rounds", 5, 2);
const seconds = number("seconds", 4, 2);
const edits = number("edits", 10, 3);
const reloads = number("reloads", 500, 30);
const connections = flags.connections.split(",").map(Number);
const chosen = flags.only ? flags.only.split(",") : SECTIONS;
const unknown = chosen.filter((section) => !SECTIONS.includes(section));
if (unknown.length > 0) throw new Error(`no such section: ${unknown.join(", ")}`);
const without = flags.without.split(",");
const both = ["lopata", "wrangler"].filter((kind) => !without.includes(kind));
const all = [...both, ...(without.includes("hyper") ? [] : ["hyper"])];

/** All samples: metric -> server -> values. */
const samples = {};
function add(metric, kind, ...values) {
  ((samples[metric] ??= {})[kind] ??= []).push(...values);
}
const say = (text) => process.stderr.write(`${text}\n`);

/** Runs `action` with a fresh server of a kind. */
async function serve(kind, place, action) {
  const server = await start(kind, place);
  try {
    return await action(server);
  } finally {
    await server.stop();
  }
}

const places = Object.fromEntries(all.map((kind) => [kind, project("hello")]));
const stores = Object.fromEntries(both.map((kind) => [kind, project("storage")]));
const pairs = Object.fromEntries(both.map((kind) => [kind, project("calls", ["a/wrangler.jsonc", "b/wrangler.jsonc"])]));
const objects = Object.fromEntries(both.map((kind) => [kind, project("objects")]));
const express = Object.fromEntries(both.map((kind) => [kind, withPackages(project("express"))]));
/** Calls inside one request: enough that the request around them does not count, few enough that rounds are short. */
const CALLS = 500;
/** Objects whose first call is timed one by one, and objects that are there at once. */
const FIRST_CALLS = 300;
const MANY = 10_000;
/** The operations of the storage worker, by the names of its routes, and how many of each one request does in a loop. */
const OPERATIONS = {
  kvGet: ["KV get", 200],
  kvPut: ["KV put", 200],
  r2Get1k: ["R2 get of 1 KiB", 200],
  r2Put1k: ["R2 put of 1 KiB", 100],
  r2Get1m: ["R2 get of 1 MiB", 20],
  r2Put1m: ["R2 put of 1 MiB", 20],
  d1Select: ["D1 point select", 200],
  d1Insert: ["D1 insert", 100],
  cacheHit: ["cache hit", 200],
};

const run = {
  async cold() {
    for (let round = -1; round < rounds; round++) {
      for (const kind of both) {
        const took = await serve(kind, places[kind], async (server) => server.cold_ms);
        // The first start of each fills the disk cache.
        if (round >= 0) add("cold start, ms", kind, took);
      }
    }
  },

  async reload() {
    for (let round = 0; round < rounds; round++) {
      for (const kind of both) {
        await serve(kind, places[kind], async (server) => {
          await edit(server);
          await sleep(PAUSE_MS);
          for (let i = 0; i < edits; i++) {
            add("reload, ms", kind, await edit(server));
            await sleep(PAUSE_MS);
          }
        });
      }
    }
  },

  async modules() {
    const count = Number(flags.modules);
    const large = Object.fromEntries(both.map((kind) => [kind, manyModules(count)]));
    for (let round = 0; round < rounds; round++) {
      for (const kind of both) {
        await serve(kind, large[kind], async (server) => {
          add(`cold start of ${count} modules, ms`, kind, server.cold_ms);
          await edit(server);
          await sleep(PAUSE_MS);
          for (let i = 0; i < edits; i++) {
            add(`reload of ${count} modules, ms`, kind, await edit(server));
            await sleep(PAUSE_MS);
          }
        });
      }
    }
  },

  async node() {
    for (let round = -1; round < rounds; round++) {
      for (const kind of both) {
        await serve(kind, express[kind], async (server) => {
          // The first start of each fills the disk cache.
          if (round < 0) return;
          add("cold start of express, ms", kind, server.cold_ms);
          await edit(server);
          await sleep(PAUSE_MS);
          for (let i = 0; i < edits; i++) {
            add("reload of express, ms", kind, await edit(server));
            await sleep(PAUSE_MS);
          }
          await wrk(server.port, "/", 16, Math.min(seconds, 2));
          add("express c=16, req/s", kind, (await wrk(server.port, "/", 16, seconds)).per_second);
        });
      }
    }
  },

  async hello() {
    await load("hello", "/", all);
  },

  async kv() {
    await load("KV get", "/get", both);
    await load("KV put", "/put", both);
  },

  async storage() {
    for (const [route, [name, count]] of Object.entries(OPERATIONS)) await operations(name, `/${route}`, count);
    await operations("asset hit", "/page", 0);
  },

  async calls() {
    for (const [name, path] of [["service fetch", "/fetch"], ["RPC call", "/rpc"], ["RPC call with 64 KiB", "/rpc64"]]) {
      await calls(name, path);
    }
  },

  async objects() {
    for (const [name, path] of [["RPC increment (get and put)", "/increment"], ["SQL insert and select", "/row"], ["RPC that does nothing", "/nothing"]]) {
      await calls(name, path, objects, [1, 16], 60);
    }
    for (let round = 0; round < rounds; round++) {
      for (const kind of both) {
        await serve(kind, objects[kind], async (server) => {
          const shape = { count: 200, in_flight: 1, bytes: 32, all: true };
          await sockets(server.port, "/room?name=warm", shape, Math.min(seconds, 2));
          add("WebSocket broadcast to 200, messages/s", kind, await sockets(server.port, "/room", shape, seconds));
        });
        await serve(kind, objects[kind], async (server) => {
          await ask(server.port, "/increment");
          const times = [];
          for (let i = 0; i < FIRST_CALLS; i++) {
            const began = performance.now();
            await ask(server.port, `/new?from=${round * MANY + i}`);
            times.push(performance.now() - began);
          }
          add("first call to an object, request and all, ms", kind, median(times));
        });
      }
    }
    for (const kind of both) {
      await serve(kind, objects[kind], async (server) => {
        await ask(server.port, "/increment");
        await sleep(1000);
        const before = memory(server.pid).pss_mib;
        const began = performance.now();
        // Each takes wrangler milliseconds.
        const many = kind === "wrangler" ? MANY / 10 : MANY;
        const each = () => ((memory(server.pid).pss_mib - before) * 1024) / many;
        for (let from = 0; from < many; from += 50) await ask(server.port, `/new?count=50&from=${(rounds + 1) * MANY + from}`);
        add("many objects called for the first time, µs each", kind, ((performance.now() - began) * 1000) / many);
        add("memory of many objects, KiB PSS each", kind, each());
        await sleep(20_000);
        add("memory of many objects once they are evicted, KiB PSS each", kind, each());
      });
    }
  },

  async sockets() {
    const shapes = [
      { count: 1, in_flight: 1, bytes: 32 },
      { count: 64, in_flight: 1, bytes: 32 },
      { count: 64, in_flight: 16, bytes: 32 },
      { count: 16, in_flight: 1, bytes: 16_384 },
    ];
    for (let round = 0; round < rounds; round++) {
      for (const kind of both) {
        await serve(kind, pairs[kind], async (server) => {
          await sockets(server.port, "/echo", shapes[1], Math.min(seconds, 2));
          for (const shape of shapes) {
            const { count, in_flight, bytes } = shape;
            const name = `WebSocket echo of ${bytes} B, ${count} sockets × ${in_flight}, messages/s`;
            add(name, kind, await sockets(server.port, "/echo", shape, seconds));
          }
        });
      }
    }
  },

  async memory() {
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      for (const kind of both) {
        await serve(kind, places[kind], async (server) => {
          await sleep(2000);
          const idle = memory(server.pid);
          add("memory idle, MiB PSS", kind, idle.pss_mib);
          add("memory idle, MiB RSS", kind, idle.rss_mib);
          add("processes", kind, idle.processes);
          add("threads", kind, idle.threads);
          for (const path of ["/seed", "/", "/get", "/put"]) await wrk(server.port, path, 64, seconds);
          await sleep(2000);
          const loaded = memory(server.pid);
          add("memory after load, MiB PSS", kind, loaded.pss_mib);
          add("memory after load, MiB RSS", kind, loaded.rss_mib);
        });
      }
    }
  },

  async growth() {
    for (const kind of both) {
      await serve(kind, places[kind], async (server) => {
        let early;
        for (let i = 1; i <= reloads; i++) {
          await edit(server);
          if (i === Math.min(50, Math.ceil(reloads / 5))) early = memory(server.pid).pss_mib;
          if (i % 100 === 0) say(`  ${kind}: ${i} reloads, ${short(memory(server.pid).pss_mib)} MiB`);
        }
        await sleep(2000);
        const late = memory(server.pid).pss_mib;
        add(`growth over ${reloads} reloads, MiB`, kind, late - early);
        add(`memory after ${reloads} reloads, MiB`, kind, late);
      });
    }
  },
};

async function load(name, path, kinds) {
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      await serve(kind, places[kind], async (server) => {
        if (kind !== "hyper") await ask(server.port, "/seed");
        await wrk(server.port, path, 16, Math.min(seconds, 2));
        for (const count of connections) {
          const result = await wrk(server.port, path, count, seconds);
          if (result.failed > 0) say(`  ${kind} ${name} c=${count}: ${result.failed} failed`);
          add(`${name} c=${count}, req/s`, kind, result.per_second);
          add(`${name} c=${count}, p99 ms`, kind, result.p99_ms);
        }
      });
    }
  }
}

/** One kind of call: one in each request at several connections, and many in a loop inside one request. */
async function calls(name, path, projects = pairs, counts = connections, in_loop = CALLS) {
  for (let round = 0; round < rounds; round++) {
    for (const kind of both) {
      await serve(kind, projects[kind], async (server) => {
        await wrk(server.port, path, 16, Math.min(seconds, 2));
        for (const count of counts) {
          const result = await wrk(server.port, path, count, seconds);
          if (result.failed > 0) say(`  ${kind} ${name} c=${count}: ${result.failed} failed`);
          add(`${name}, one in a request, c=${count}, calls/s`, kind, result.per_second);
        }
        for (const at_once of [1, 20]) {
          const loop = await wrk(server.port, `${path}?count=${in_loop}&at_once=${at_once}`, 1, seconds);
          if (loop.failed > 0) say(`  ${kind} ${name} in a loop: ${loop.failed} failed`);
          add(`${name}, in a loop, ${at_once} at once, calls/s`, kind, loop.per_second * in_loop);
        }
      });
    }
  }
}

/** One operation of a store: one in each request, and many in a loop inside one request unless `count` is 0. */
async function operations(name, path, count) {
  for (let round = 0; round < rounds; round++) {
    for (const kind of both) {
      await serve(kind, stores[kind], async (server) => {
        await ask(server.port, "/seed");
        await wrk(server.port, path, 16, Math.min(seconds, 2));
        for (const connection_count of connections) {
          const result = await wrk(server.port, path, connection_count, seconds);
          if (result.failed > 0) say(`  ${kind} ${name} c=${connection_count}: ${result.failed} failed`);
          add(`${name}, one in a request, c=${connection_count}, operations/s`, kind, result.per_second);
        }
        if (count === 0) return;
        const loop = await wrk(server.port, `${path}?count=${count}&at_once=20`, 1, seconds);
        if (loop.failed > 0) say(`  ${kind} ${name} in a loop: ${loop.failed} failed`);
        add(`${name}, in a loop, 20 at once, operations/s`, kind, loop.per_second * count);
      });
    }
  }
}

/** Gives a project the packages that are installed here. */
function withPackages(place) {
  symlinkSync(path.join(import.meta.dirname, "node_modules"), path.join(place.folder, "node_modules"));
  return place;
}

/** A project of so many modules, each importing two others, with one leaf that is edited. */
function manyModules(count) {
  const place = project();
  const write = (file, text) => {
    mkdirSync(path.dirname(path.join(place.folder, file)), { recursive: true });
    writeFileSync(path.join(place.folder, file), text);
  };
  write("wrangler.jsonc", '{ "name": "bench-modules", "main": "src/index.ts", "compatibility_date": "2026-04-01" }\n');
  write(
    "src/index.ts",
    'import { version } from "./version";\nimport { value } from "./m0";\n' +
      'export default {\n  fetch: (request: Request) => new Response(request.url.endsWith("/version") ? version : String(value())),\n};\n',
  );
  write("src/version.ts", 'export const version = "0";\n');
  for (let i = 0; i < count; i++) {
    const below = [2 * i + 1, 2 * i + 2].filter((child) => child < count);
    const imports = below.map((child) => `import { value as v${child} } from "./m${child}";\n`).join("");
    const helpers = Array.from({ length: 10 }, (_, n) => `function helper${n}(x: number): number {\n  return x * ${n} + ${i};\n}\n`);
    const sum = ["helper1(1)", "helper7(2)", ...below.map((child) => `v${child}()`)].join(" + ");
    write(`src/m${i}.ts`, `${imports}${helpers.join("")}export function value(): number {\n  return ${sum};\n}\n`);
  }
  return place;
}

// The aims, as ratios of lopata to the other: at most or at least.
const AIMS = [
  [/^cold start, ms$/, "wrangler", "most", 1 / 10],
  [/^reload/, "wrangler", "most", 1 / 6],
  [/^hello.*req\/s$/, "wrangler", "least", 12],
  [/^KV get.*req\/s$/, "wrangler", "least", 12],
  [/(calls|messages)\/s$/, "wrangler", "least", 12],
  [/1 MiB.*operations\/s$/, "wrangler", "least", 3],
  [/^(?!.*1 MiB).*operations\/s$/, "wrangler", "least", 12],
  [/^first call/, "wrangler", "most", 1 / 2],
  [/^memory of/, "wrangler", "most", 1 / 2],
  [/^memory (idle|after load)/, "wrangler", "most", 1 / 5],
  [/^hello.*req\/s$/, "hyper", "least", 1 / 3],
];

function verdict(metric, values) {
  const words = [];
  for (const [pattern, other, way, bound] of AIMS) {
    if (!pattern.test(metric) || !values[other] || !values.lopata) continue;
    const ratio = values.lopata / values[other];
    const met = way === "most" ? ratio <= bound : ratio >= bound;
    words.push(`${met ? "met" : "MISSED"}: ${way === "most" ? "≤" : "≥"} ${bound < 1 ? `1/${Math.round(1 / bound)}` : bound}× ${other}`);
  }
  return words.join(", ");
}

function ratio(a, b) {
  if (!a || !b) return "–";
  return a >= b ? `${short(a / b)}×` : `1/${short(b / a)}`;
}

const facts = machine();
say(`${facts.cpu}, ${facts.cores} cores, ${facts.memory_mib} MiB, Linux ${facts.kernel}, load ${facts.load.join(" ")}`);
for (const section of chosen) {
  const began = performance.now();
  await run[section]();
  say(`${section}: ${short((performance.now() - began) / 1000)} s`);
}

const results = {};
const rows = [];
for (const [metric, byKind] of Object.entries(samples)) {
  const shares = metric.startsWith("reload") ? { p50: 0.5, p95: 0.95 } : { "": undefined };
  for (const [label, share] of Object.entries(shares)) {
    const name = label ? metric.replace(",", ` ${label},`) : metric;
    const values = {};
    for (const [kind, list] of Object.entries(byKind)) values[kind] = share === undefined ? median(list) : percentile(list, share);
    results[name] = values;
    rows.push([name, ...all.map((kind) => short(values[kind])), ratio(values.lopata, values.wrangler), ratio(values.lopata, values.hyper), verdict(name, values)]);
  }
}
console.log(`\n${table(["", ...all, "to wrangler", "to hyper", "aim"], rows)}\n`);

const folder = path.join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
const file = path.join(folder, `${facts.date.replace(/[:.]/g, "-")}.json`);
writeFileSync(file, `${JSON.stringify({ machine: facts, flags: { rounds, seconds, edits, reloads, connections }, results, samples }, null, 2)}\n`);
console.log(`All samples: ${path.relative(process.cwd(), file)}`);
