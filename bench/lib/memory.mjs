// Memory of a process and all its descendants, as the kernel counts it: each page once, shared ones in proportion.

import { readdirSync, readFileSync } from "node:fs";

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** A process and everything that descends from it. */
export function tree(root) {
  const children = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    // The command's name, in parentheses, may hold anything.
    const parent = Number(read(`/proc/${entry}/stat`).split(") ").at(-1)?.split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Proportional and resident size in MiB, and how many processes and threads there are. */
export function memory(root) {
  const total = { pss_mib: 0, rss_mib: 0, processes: 0, threads: 0 };
  for (const pid of tree(root)) {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0);
    total.pss_mib += kib("Pss") / 1024;
    total.rss_mib += kib("Rss") / 1024;
    total.processes += 1;
    total.threads += Number(/^Threads:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return total;
}
