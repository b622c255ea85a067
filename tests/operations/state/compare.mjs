// State both ways: what one of the two servers has written, the other one opens, with everything in it.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "../lib/servers.mjs";
import { show } from "../lib/show.mjs";
import { SPAN_MS, read, write } from "./script.mjs";

const script = (name, operations) => JSON.parse(JSON.stringify({ kind: "state", number: 0, name, operations, span_ms: SPAN_MS }));

/** Runs a script on a state and ends the server. */
async function run(kind, options, state, { name, operations }) {
  const server = await Server.start(kind, options.lopata, state);
  try {
    return await server.run(script(name, operations));
  } finally {
    await server.stop();
  }
}

/** The exit code. */
export async function compareState(options) {
  const root = mkdtempSync(path.join(os.tmpdir(), "operations-state-"));
  const folder = (name) => path.join(root, name);
  try {
    const written = await run("wrangler", options, folder("wrangler"), { name: "write", operations: write });
    const failed = write.filter((_, index) => JSON.stringify(written[index]).includes('"error"'));
    if (failed.length > 0) throw new Error(`the state is not what it should be: ${JSON.stringify(failed)}`);
    cpSync(folder("wrangler"), folder("copy"), { recursive: true });
    const expected = await run("wrangler", options, folder("copy"), { name: "read", operations: read });
    if (options.record) return record(folder("wrangler"), expected);

    const lopata = await run("lopata", options, folder("wrangler"), { name: "read", operations: read });
    await run("lopata", options, folder("lopata"), { name: "write", operations: write });
    const wrangler = await run("wrangler", options, folder("lopata"), { name: "read", operations: read });
    let different = 0;
    const { operations } = script("read", read);
    for (const [index] of operations.entries()) {
      const answers = { wrangler: expected[index], "wrangler's in lopata": lopata[index], "lopata's in wrangler": wrangler[index] };
      if (new Set(Object.values(answers).map((answer) => JSON.stringify(answer))).size === 1) continue;
      different += 1;
      console.log(show({ kind: "state", name: "read", operations }, index, answers));
    }
    console.error(`${write.length} operations wrote a state, ${read.length} read it, ${different} differ`);
    return different ? 1 : 0;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function record(state, answers) {
  const file = (name) => fileURLToPath(new URL(`../recorded/${name}`, import.meta.url));
  // Without what SQLite makes anew: the index of a log is of the process that had it.
  const flags = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--exclude=*-shm", "-C", state];
  execFileSync("tar", ["-c", "--use-compress-program=gzip -9n", "-f", file("state.tar.gz"), ...flags, "v3"]);
  const { operations } = script("read", read);
  const lines = operations.map((operation, index) => JSON.stringify([operation, answers[index]]));
  writeFileSync(file("state.json"), `[\n{"name":"read","operations":[\n${lines.join(",\n")}\n]}\n]\n`);
  console.error(`${operations.length} operations read the recorded state`);
  return 0;
}
