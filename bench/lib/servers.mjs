// The three servers under measurement, started and stopped in the same way.
//
// Each runs in a folder of its own with an empty home, its output going to a file, so that none of them is slowed
// down by whoever reads it.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./http.mjs";
import { tree } from "./memory.mjs";

const here = path.dirname(import.meta.dirname);
const running = new Set();
process.on("exit", () => running.forEach((server) => server.kill()));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** Name, and the command that serves a project's folder on a port. */
export const KINDS = {
  lopata: (port) => [process.env.LOPATA_BIN, "dev", "--port", port],
  wrangler: (port) => [process.execPath, path.join(here, "node_modules/wrangler/bin/wrangler.js"), "dev", "--port", port],
  hyper: (port) => [process.env.HYPER_BIN, port],
};

/** A temporary copy of a worker's folder. `configs` are the configurations in it, when there are several. */
export function project(worker, configs = []) {
  const root = mkdtempSync(path.join(os.tmpdir(), "lopata-bench-"));
  process.on("exit", () => rmSync(root, { recursive: true, force: true }));
  const folder = path.join(root, "project");
  if (worker) cpSync(path.join(here, "workers", worker), folder, { recursive: true });
  mkdirSync(path.join(root, "home"), { recursive: true });
  mkdirSync(folder, { recursive: true });
  return { root, folder, configs };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server and waits for its first good answer; `cold_ms` is how long that took. */
export async function start(kind, { root, folder, configs }) {
  const port = await freePort();
  const log = path.join(root, `${kind}.log`);
  const output = openSync(log, "a");
  const [command, ...args] = KINDS[kind](String(port));
  for (const config of configs) args.push("-c", config);
  const env = {
    PATH: process.env.PATH,
    HOME: path.join(root, "home"),
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  const began = performance.now();
  const child = spawn(path.resolve(command), args, { cwd: folder, env, stdio: ["ignore", output, output] });
  let exited = false;
  const exit = new Promise((resolve) => child.on("exit", () => resolve((exited = true))));
  const server = {
    kind,
    port,
    pid: child.pid,
    folder,
    // Its children too: a server that is killed hard leaves them behind.
    kill: () => tree(child.pid).forEach((pid) => quietly(() => process.kill(pid, "SIGKILL"))),
    async stop() {
      const all = tree(child.pid);
      quietly(() => child.kill("SIGINT"));
      await Promise.race([exit, sleep(5000, undefined, { ref: false })]);
      all.forEach((pid) => quietly(() => process.kill(pid, "SIGKILL")));
      await exit;
      running.delete(server);
    },
  };
  running.add(server);
  for (;;) {
    if (exited) throw new Error(`${kind} did not start:\n${readFileSync(log, "utf8")}`);
    if (performance.now() - began > 60_000) throw new Error(`${kind} does not answer:\n${readFileSync(log, "utf8")}`);
    const answer = await ask(port, "/").catch(() => undefined);
    if (answer?.status === 200) break;
    await sleep(1);
  }
  server.cold_ms = performance.now() - began;
  return server;
}

function quietly(action) {
  try {
    action();
  } catch {
    // It is gone already.
  }
}
