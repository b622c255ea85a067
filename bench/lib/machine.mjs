// What the numbers were measured on.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

function version(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim().split("\n")[0];
  } catch (error) {
    // wrk prints its version and exits with an error.
    return String(error.stdout ?? "").trim().split("\n")[0] || "?";
  }
}

export function machine() {
  const memory = /MemTotal:\s+(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"));
  return {
    date: new Date().toISOString(),
    cpu: os.cpus()[0]?.model ?? "?",
    cores: os.cpus().length,
    memory_mib: Math.round(Number(memory?.[1] ?? 0) / 1024),
    kernel: os.release(),
    load: os.loadavg().map((load) => Number(load.toFixed(2))),
    node: process.version,
    rustc: version("rustc", "--version"),
    wrk: version("wrk", "-v").replace(/ Copyright.*/, ""),
  };
}
