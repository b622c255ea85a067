// The scripts: one module a topic in the folder of its kind, which exports lists of operations by name.

import { readdirSync } from "node:fs";

export const folder = new URL("../", import.meta.url);

/** The kinds of bindings under comparison. A new one is a folder, a name in the worker, and bindings in `servers.mjs`. */
export const KINDS = ["kv", "r2", "d1", "cache"];

/** All scripts. A script's number is its place among those of its kind, and names its bindings. */
export async function readScripts() {
  const scripts = [];
  for (const kind of KINDS) {
    let number = 0;
    for (const file of readdirSync(new URL(`${kind}/`, folder)).filter((name) => name.endsWith(".mjs")).sort()) {
      const { default: topics } = await import(new URL(`${kind}/${file}`, folder));
      for (const [topic, operations] of Object.entries(topics)) {
        scripts.push({ kind, number: number++, name: `${file.slice(0, -4)}: ${topic}`, operations });
      }
    }
  }
  // What is sent is what is recorded: JSON.
  return JSON.parse(JSON.stringify(scripts));
}
