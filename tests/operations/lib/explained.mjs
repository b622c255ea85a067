// differences.json: places where lopata's answer is another one on purpose, each with the answer and the reason.

import { readFileSync } from "node:fs";
import { folder } from "./scripts.mjs";

export class Explained {
  #entries = JSON.parse(readFileSync(new URL("differences.json", folder), "utf8"));

  /** The entry for an operation of a script. */
  find(script, index) {
    return this.#entries.find((entry) => entry.script === `${script.kind}/${script.name}` && entry.operation === index);
  }

  /** What an entry looks like. */
  static entry(script, index, here) {
    return { script: `${script.kind}/${script.name}`, operation: index, reason: "", here };
  }
}
