// The two servers, each on a copy of the worker with empty state and an empty home.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { folder } from "./scripts.mjs";

/** Scripts of one kind that may exist; each has bindings of its own. */
export const NUMBERS = 48;
/** Namespaces of the classes in worker/objects.js. */
const CLASSES = {
  OBJECTS: "Sqlite",
  LEGACY: "Legacy",
  NO_ALARM: "NoAlarm",
  PLAIN: "Plain",
  EMPTY: "Empty",
  WRONG: "Wrong",
  OTHER_NAME: "Sqlite",
};
/** Milliseconds that a start or a script may take. */
const HANG_MS = 180_000;

/** The configuration for a worker in `worker/`. */
export function configuration() {
  const numbers = Array.from({ length: NUMBERS }, (_, number) => number);
  return {
    name: "operations",
    main: "worker/index.js",
    compatibility_date: "2026-04-01",
    // Scripts that fill a store need more than the default of production, which wrangler does not enforce.
    limits: { subrequests: 100_000 },
    kv_namespaces: numbers.map((number) => ({ binding: `KV_${number}`, id: `kv-${number}` })),
    r2_buckets: numbers.map((number) => ({ binding: `R2_${number}`, bucket_name: `r2-${number}` })),
    durable_objects: {
      bindings: Object.entries(CLASSES).map(([name, class_name]) => ({ name, class_name })),
    },
    migrations: [
      { tag: "v1", new_sqlite_classes: ["Sqlite", "NoAlarm", "Plain", "Empty", "Wrong"], new_classes: ["Legacy"] },
    ],
    d1_databases: numbers.map((number) => ({ binding: `D1_${number}`, database_name: `d1-${number}`, database_id: `d1-${number}` })),
  };
}

export class Server {
  /** Starts `wrangler` or `lopata` with empty state, or with what is in the folder `state`, and waits until it answers. */
  static async start(kind, binary, state) {
    const server = new Server();
    server.kind = kind;
    server.folder = mkdtempSync(path.join(os.tmpdir(), `operations-${kind}-`));
    cpSync(fileURLToPath(new URL("worker", folder)), path.join(server.folder, "worker"), { recursive: true });
    writeFileSync(path.join(server.folder, "wrangler.json"), JSON.stringify(configuration(), null, 2));
    const [command, ...args] = kind === "wrangler" ? wrangler() : [lopata(binary)];
    // A group of its own: wrangler is a process that starts others.
    server.child = spawn(command, [...args, "dev", "--port", "0", "--persist-to", state ?? "state"], {
      cwd: server.folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: server.folder, NO_COLOR: "1", CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_SANITIZE: "false" },
    });
    server.output = "";
    server.over = new Promise((resolve) => server.child.on("exit", resolve));
    server.origin = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${kind} does not start:\n${server.output}`)), HANG_MS);
      const hear = (piece) => {
        server.output += piece;
        const found = /Ready on (http:\/\/\S+)/.exec(server.output);
        if (found) resolve(found[1]), clearTimeout(timer);
      };
      server.child.stdout.on("data", hear);
      server.child.stderr.on("data", hear);
      server.child.on("exit", (code) => reject(new Error(`${kind} ended with ${code}:\n${server.output}`)));
      server.child.on("error", reject);
    });
    return server;
  }

  /** Answers to the operations of a script. */
  async run({ number, operations, kind, name, place, span_ms }) {
    const body = JSON.stringify({ number, operations, place, span_ms });
    const response = await fetch(this.origin, { method: "POST", body, signal: AbortSignal.timeout(HANG_MS) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${this.kind}, ${kind}/${name}: ${response.status} ${text.slice(0, 2000)}\n${this.output.slice(-2000)}`);
    return JSON.parse(text).answers;
  }

  /** Ends it and all that it started. */
  async stop() {
    try {
      process.kill(-this.child.pid, "SIGINT");
    } catch {
      // It is over already.
    }
    const timer = setTimeout(() => process.kill(-this.child.pid, "SIGKILL"), 10_000);
    await this.over;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function wrangler() {
  return [process.execPath, fileURLToPath(new URL("node_modules/wrangler/bin/wrangler.js", folder))];
}

function lopata(given) {
  const named = given ?? process.env.LOPATA_BIN;
  if (named) return path.resolve(process.env.CALLED_FROM ?? ".", named);
  const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", folder));
  const found = ["debug", "release"].map((profile) => path.join(target, profile, "lopata")).find(existsSync);
  if (!found) throw new Error("there is no lopata binary: build it, or name one with --lopata");
  return found;
}
