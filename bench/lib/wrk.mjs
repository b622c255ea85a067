// Load by wrk, and what it reports.

import { spawn } from "node:child_process";

const UNITS = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function milliseconds(text) {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return number === undefined ? NaN : Number(number) * UNITS[unit];
}

/** Loads `path` with so many connections for so many seconds. */
export async function wrk(port, path, connections, seconds) {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "--latency", `http://127.0.0.1:${port}${path}`];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => (text += piece));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`wrk failed: ${text}`);
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  return {
    per_second: number(/Requests\/sec:\s+([\d.]+)/),
    requests: number(/(\d+) requests in/),
    p50_ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(text)?.[1] ?? ""),
    p99_ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(text)?.[1] ?? ""),
    failed: number(/Non-2xx or 3xx responses: (\d+)/) + sockets.slice(1).reduce((sum, count) => sum + Number(count), 0),
  };
}
