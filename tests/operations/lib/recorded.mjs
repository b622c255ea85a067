// wrangler's answers on disk: recorded/<kind>.json, a line an operation.

import { readFileSync, writeFileSync } from "node:fs";
import { folder } from "./scripts.mjs";

const file = (kind) => new URL(`recorded/${kind}.json`, folder);

/** Writes the scripts of a kind with their answers. */
export function writeRecorded(kind, scripts, answers) {
  const parts = scripts.map((script) => {
    const lines = script.operations.map((operation, index) => JSON.stringify([operation, answers.get(script)[index]]));
    const place = script.place === undefined ? "" : `"place":${JSON.stringify(script.place)},`;
    return `{"name":${JSON.stringify(script.name)},${place}"operations":[\n${lines.join(",\n")}\n]}`;
  });
  writeFileSync(file(kind), `[\n${parts.join(",\n")}\n]\n`);
}

/** The recorded answers to these scripts, which must be the scripts that were recorded. */
export function readRecorded(scripts) {
  const answers = new Map();
  for (const kind of new Set(scripts.map((script) => script.kind))) {
    const recorded = JSON.parse(readFileSync(file(kind), "utf8"));
    for (const script of scripts.filter((script) => script.kind === kind)) {
      const found = recorded[script.number];
      const same = found?.name === script.name && JSON.stringify(found.operations.map(([operation]) => operation)) === JSON.stringify(script.operations);
      if (!same) throw new Error(`${kind}/${script.name} is not what was recorded; run with --record ${kind}`);
      answers.set(script, found.operations.map(([, answer]) => answer));
    }
  }
  return answers;
}
