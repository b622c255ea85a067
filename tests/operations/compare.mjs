// Compares lopata with wrangler, operation by operation.
//
// Both get the same worker and the same scripts; what their answers differ in is printed, unless differences.json
// explains it. `--record` keeps wrangler's answers in recorded/, with which tests/operations.rs compares lopata where there
// is no wrangler.

import { parseArgs } from "node:util";
import { readScripts, KINDS } from "./lib/scripts.mjs";
import { Server } from "./lib/servers.mjs";
import { readRecorded, writeRecorded } from "./lib/recorded.mjs";
import { compareState } from "./state/compare.mjs";
import { Explained } from "./lib/explained.mjs";
import { show } from "./lib/show.mjs";

const HELP = `tests/operations/compare [options] [kind/file…]

  (no option)       run wrangler and lopata and compare their answers
  --recorded        run lopata only and compare it with what was recorded
  --state           state that wrangler wrote in lopata, and the other way round; with --record, keep wrangler's
  --record          run wrangler twice and record its answers; all of a kind
  --only <text>     scripts whose name contains this text
  --lopata <path>   the binary; else LOPATA_BIN, target/debug/lopata or target/release/lopata
  --here            print lopata's answers as entries for differences.json
  --verbose         print every operation and answer
`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    state: { type: "boolean" },
    record: { type: "boolean" },
    recorded: { type: "boolean" },
    only: { type: "string" },
    lopata: { type: "string" },
    here: { type: "boolean" },
    verbose: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

if (options.state) process.exit(await compareState(options));

const wanted = (script) =>
  (positionals.length === 0 || positionals.some((name) => `${script.kind}/${script.name}`.startsWith(name.replace(/\/$/, "")))) &&
  (options.only === undefined || script.name.includes(options.only));

/** Answers to all of these scripts, from a new server with empty state for each file: wrangler's tires of large bodies. */
async function answers(which, scripts) {
  const all = new Map();
  const fileOf = (script) => `${script.kind}/${script.name.split(":")[0]}`;
  for (const file of new Set(scripts.map(fileOf))) {
    const mine = scripts.filter((script) => fileOf(script) === file);
    // wrangler restarts its runtime now and then by itself, which cuts what runs; a second attempt is from the start.
    const given = await answersOf(which, mine).catch((error) => (which === "wrangler" ? answersOf(which, mine) : Promise.reject(error)));
    for (const [script, list] of given) all.set(script, list);
  }
  return all;
}

async function answersOf(which, scripts) {
  const server = await Server.start(which, options.lopata);
  try {
    const all = new Map();
    for (const script of scripts) {
      const given = await server.run(script);
      if (options.verbose) given.forEach((answer, index) => console.log(show(script, index, { [which]: answer })));
      all.set(script, given);
    }
    return all;
  } finally {
    await server.stop();
  }
}

/** Prints where two sets of answers differ and gives how many places there are. */
function compare(scripts, names, first, second, explained) {
  let different = 0;
  for (const script of scripts) {
    const [expected, given] = [first.get(script), second.get(script)];
    for (let index = 0; index < script.operations.length; index++) {
      const same = JSON.stringify(expected[index]) === JSON.stringify(given[index]);
      const entry = explained?.find(script, index);
      if (same && entry) console.log(`${script.kind}/${script.name} #${index} is equal now and still in differences.json\n`);
      if (same ? !entry : entry && JSON.stringify(entry.here) === JSON.stringify(given[index])) continue;
      different += 1;
      if (options.here) console.log(JSON.stringify(Explained.entry(script, index, given[index])) + ",");
      else if (!same) console.log(show(script, index, { [names[0]]: expected[index], [names[1]]: given[index] }));
    }
  }
  return different;
}

const all = await readScripts();
const scripts = all.filter(wanted);
const count = scripts.reduce((sum, script) => sum + script.operations.length, 0);
let different;
if (options.record) {
  const kinds = KINDS.filter((kind) => scripts.some((script) => script.kind === kind));
  const whole = all.filter((script) => kinds.includes(script.kind));
  const first = await answers("wrangler", whole);
  const second = await answers("wrangler", whole);
  different = compare(whole, ["once", "again"], first, second);
  if (different === 0) for (const kind of kinds) writeRecorded(kind, whole.filter((script) => script.kind === kind), first);
} else {
  const expected = options.recorded ? readRecorded(scripts) : await answers("wrangler", scripts);
  different = compare(scripts, [options.recorded ? "recorded" : "wrangler", "lopata"], expected, await answers("lopata", scripts), new Explained());
}
console.error(`${count} operations in ${scripts.length} scripts, ${different} differ`);
process.exit(different ? 1 : 0);
