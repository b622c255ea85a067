// What the clients of the programs share: sockets whose messages can be waited for, edits of a worker, waiting.

import { readFileSync, writeFileSync } from "node:fs";
import WebSocket from "ws";

/** Milliseconds after which something that has to happen has not. */
const HANG_MS = 30_000;

/** Ends the process with 1 if the script fails or hangs, and says that it is done if not. */
export async function check(script) {
  const hang = setTimeout(() => fail(new Error("the client hangs")), 5 * HANG_MS);
  const fail = (error) => {
    console.error(error);
    process.exit(1);
  };
  await script().catch(fail);
  clearTimeout(hang);
  console.log("done");
  process.exit(0);
}

/** Asks until the answer is true. */
export async function until(what, ask) {
  const end = Date.now() + HANG_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not in ${HANG_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A socket that keeps what it gets: JSON. */
export class Socket {
  #queue = [];
  #waiting = [];
  closed = undefined;

  static open(url) {
    const made = new Socket();
    made.raw = new WebSocket(url);
    return new Promise((resolve, reject) => {
      made.raw.on("open", () => resolve(made));
      made.raw.on("error", reject);
      made.raw.on("close", (code, reason) => (made.closed = { code, reason: String(reason) }));
      made.raw.on("message", (data, binary) => {
        const message = binary ? new Uint8Array(data) : JSON.parse(String(data));
        if (made.#waiting.length > 0) made.#waiting.shift()(message);
        else made.#queue.push(message);
      });
    });
  }

  send(message) {
    this.raw.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next message. */
  next() {
    if (this.#queue.length > 0) return Promise.resolve(this.#queue.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no message comes")), HANG_MS);
      this.#waiting.push((message) => {
        clearTimeout(timer);
        resolve(message);
      });
    });
  }

  /** The next message of which this is true; those before it are dropped. */
  async find(is) {
    for (;;) {
      const message = await this.next();
      if (is(message)) return message;
    }
  }

  close(code = 1000, reason = "bye") {
    this.raw.close(code, reason);
    return until("the socket closes", () => this.closed);
  }
}

/**
 * Changes the version that a worker has in its source and answers at /version, and waits until it does. Without a file
 * nothing happens: for servers whose reload closes sockets.
 */
export async function reload(origin, file) {
  if (file === undefined) return;
  const text = readFileSync(file, "utf8");
  const found = /const VERSION = (\d+);/.exec(text);
  const next = Number(found[1]) + 1;
  writeFileSync(file, text.replace(found[0], `const VERSION = ${next};`));
  await until(`version ${next} answers`, async () => (await (await fetch(`${origin}/version`)).text()) === String(next));
}

export function equal(given, expected, what) {
  const [one, other] = [JSON.stringify(given), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one} and not ${other}`);
}
