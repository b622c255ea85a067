// Runs the suite against a server: `node run.mjs ws://localhost:8787 [--only PREFIX,…] [--verbose]`.
//
// The server is a worker of `worker/`. `SERVER_PID` in the environment lets the memory cases read its memory. Prints one
// line for each case that fails and one at the end; exits with 1 if any failed.

import { parseArgs } from "node:util";
import { cases } from "./lib/check.mjs";
import "./cases/handshake.mjs";
import "./cases/framing.mjs";
import "./cases/pings.mjs";
import "./cases/reserved.mjs";
import "./cases/fragments.mjs";
import "./cases/utf8.mjs";
import "./cases/closing.mjs";
import "./cases/limits.mjs";
import "./cases/load.mjs";

/** A case of the protocol is over in milliseconds; the large ones run alone, at the end. */
const AT_ONCE = 16;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, verbose: { type: "boolean", default: false } },
});
const base = positionals[0]?.replace(/^http/, "ws").replace(/\/$/, "");
if (!base) {
  console.error("usage: node run.mjs ws://localhost:8787 [--only PREFIX,…] [--verbose]");
  process.exit(2);
}

const ids = cases.map(({ id }) => id);
const doubled = ids.filter((id, i) => ids.indexOf(id) !== i);
if (doubled.length > 0) throw new Error(`case numbers are used twice: ${doubled}`);

const chosen = cases.filter(({ id }) => !flags.only || flags.only.split(",").some((prefix) => id === prefix || id.startsWith(`${prefix}.`)));
const alone = ({ id }) => /^(9|20)\./.test(id);
const failures = [];

async function one({ id, about, run }) {
  const began = performance.now();
  try {
    await run(base);
    if (flags.verbose) console.log(`ok ${id} ${about} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    failures.push(id);
    console.log(`FAILED ${id} ${about}: ${error.message}`);
  }
}

const queue = chosen.filter((item) => !alone(item));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let item = queue.shift(); item; item = queue.shift()) await one(item);
  }),
);
for (const item of chosen.filter(alone)) await one(item);

console.log(`${chosen.length} cases, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
