// The scripts: one module a topic in the folder of its kind, which exports lists of operations by name.

import { readdirSync } from "node:fs";

export const folder = new URL("../", import.meta.url);

/** The kinds of bindings under comparison. A new one is a folder, a name in the worker, and bindings in `servers.mjs`. */
export const KINDS = ["kv", "r2", "d1", "cache", "objects", "objects-sql"];

/** All scripts. A script's number is its place among those of its kind, and names its bindings. */
export async function readScripts() {
  const scripts = [];
  for (const kind of KINDS) {
    let number = 0;
    for (const file of readdirSync(new URL(`${kind}/`, folder)).filter((name) => name.endsWith(".mjs")).sort()) {
      // Where the operations run: in the worker, or in an object of a class (`sqlite`, `legacy`, `no alarm`); each is a script.
      const { default: topics, places = [undefined] } = await import(new URL(`${kind}/${file}`, folder));
      for (const [topic, operations] of Object.entries(topics)) {
        for (const place of places) {
          const name = `${file.slice(0, -4)}: ${topic}${places.length > 1 ? ` (${place})` : ""}`;
          scripts.push({ kind, number: number++, name, place, operations });
        }
      }
    }
  }
  // What is sent is what is recorded: JSON.
  return JSON.parse(JSON.stringify(scripts));
}
