#!/usr/bin/env node
// Compares what the modules of Node have in workerd and in lopata: names, kinds, numbers of arguments.
//
//   WORKERD_BIN=path LOPATA_BIN=path node compare.mjs [--flags] [--date 2026-04-20] [--module fs]... [--raw]
//
// Prints a line for every difference: `-` is what only workerd has, `+` what only lopata has. `--flags` compares
// whether properties are writable, enumerable and configurable too, `--raw` prints what lopata has and compares
// nothing. Without `--date`, three dates are compared: before the second version of the compatibility, with it, now.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HERE = import.meta.dirname;
const args = process.argv.slice(2);
const values = (name) => args.flatMap((arg, index) => (arg === name ? [args[index + 1]] : []));
const flags = args.includes("--flags");
const raw = args.includes("--raw");
const dates = values("--date").length > 0 ? values("--date") : ["2024-09-01", "2025-01-01", "2026-04-20"];
const table = readFileSync(join(HERE, "../../crates/protocol/src/node.rs"), "utf8");
const all = [...table.matchAll(/^ {4}module\("([^"]+)"/gm)].map((match) => match[1]);
const modules = values("--module").length > 0 ? values("--module") : [...all, "globals"];

/** Lines of a run, by what they are about. @param {string} binary */
function surface(binary, date) {
  const folder = mkdtempSync(join(tmpdir(), "surface-"));
  try {
    copyFileSync(join(HERE, "dump.js"), join(folder, "dump.js"));
    writeFileSync(join(folder, "names.js"), `export const names = ${JSON.stringify(modules)};`);
    writeFileSync(
      join(folder, "dump.wd-test"),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = ( services = [ ( name = "main", worker = (
  modules = [ (name = "worker", esModule = embed "dump.js"), (name = "names", esModule = embed "names.js") ],
  compatibilityDate = "${date}", compatibilityFlags = ["nodejs_compat"] ) ) ] );`,
    );
    const run = spawnSync(binary, ["test", join(folder, "dump.wd-test"), "--experimental"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    const found = new Map();
    for (const line of `${run.stdout}\n${run.stderr}`.split("\n")) {
      const { 1: module, 2: path, 3: kind, 4: set } = /surface\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)/.exec(line) ?? [];
      if (module !== undefined) found.set(`${module} ${path}`, flags ? `${kind} ${set}` : kind);
    }
    if (found.size === 0) throw new Error(`${binary} printed nothing:\n${run.stdout}\n${run.stderr}`);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lopata = process.env.LOPATA_BIN ?? execFileSync("which", ["lopata"], { encoding: "utf8" }).trim();
let differences = 0;
for (const date of dates) {
  const ours = surface(lopata, date);
  if (raw) {
    for (const [path, kind] of ours) console.log(`${date} ${path}: ${kind}`);
    continue;
  }
  const theirs = surface(process.env.WORKERD_BIN ?? "workerd", date);
  for (const [path, kind] of theirs) {
    if (ours.get(path) === kind) continue;
    differences += 1;
    console.log(`${date} - ${path}: ${kind}${ours.has(path) ? `   (+ ${ours.get(path)})` : ""}`);
  }
  for (const [path, kind] of ours) {
    if (theirs.has(path)) continue;
    differences += 1;
    console.log(`${date} + ${path}: ${kind}`);
  }
}
process.exitCode = differences > 0 ? 1 : 0;
