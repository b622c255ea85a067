// process.exit and its like: the event that calls them is answered with an error; outside of one they are ignored.
import assert from "node:assert";
import { DurableObject } from "cloudflare:workers";
import process from "node:process";

const warned = [];
const { warn } = console;
console.warn = (...values) => warned.push(values.join(" "));
const atStart = process.exit(3);
console.warn = warn;

/** What went on after the end. */
const reached = [];

const PATHS = {
  "/exit": () => process.exit(),
  "/code": () => process.exit(3),
  "/text": () => process.exit("7"),
  "/odd": () => process.exit("odd"),
  "/abort": () => process.abort(),
  "/really": () => process.reallyExit(2),
  "/really-undefined": () => process.reallyExit(),
};

export default {
  async fetch(request, { SELF }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/goes-on") {
      setTimeout(() => reached.push("timer"), 1);
      try {
        process.exit(9);
      } catch {
        // Production ends the code itself.
      }
      setTimeout(() => reached.push("late timer"), 1);
      await SELF.fetch("http://x/");
      reached.push("fetch");
    }
    if (pathname === "/later") {
      await scheduler.wait(1);
      process.exit(4);
    }
    if (pathname === "/aside") {
      setTimeout(() => process.exit(5), 1);
      await scheduler.wait(1000);
    }
    if (pathname === "/caught") {
      try {
        process.exit(6);
      } catch {
        // Too late: the event is over.
      }
    }
    PATHS[pathname]?.();
    return new Response("lives");
  },
};

export class Counter extends DurableObject {
  count = 0;

  async fetch(request) {
    this.count += 1;
    const { pathname } = new URL(request.url);
    if (pathname === "/exit") process.exit(3);
    if (pathname === "/wait") await scheduler.wait(1000);
    return new Response(String(this.count));
  }

  leave() {
    process.exit(4);
  }
}

function exited(code) {
  return { name: "Error", message: `The Node.js process.exit(${code}) API was called. Canceling the request.` };
}

export const theEventEnds = {
  async test(_controller, { SELF }) {
    const codes = { exit: 0, code: 3, text: 7, odd: 0, abort: 1, really: 2, "really-undefined": 0 };
    for (const [path, code] of Object.entries(codes)) {
      await assert.rejects(SELF.fetch(`http://x/${path}`), exited(code), path);
    }
  },
};

export const alsoLater = {
  async test(_controller, { SELF }) {
    await assert.rejects(SELF.fetch("http://x/later"), exited(4));
    await assert.rejects(SELF.fetch("http://x/aside"), exited(5));
    await assert.rejects(SELF.fetch("http://x/caught"), exited(6));
  },
};

export const othersLiveOn = {
  async test(_controller, { SELF }) {
    const [first, second] = await Promise.allSettled([SELF.fetch("http://x/code"), SELF.fetch("http://x/")]);
    assert.strictEqual(first.status, "rejected");
    assert.strictEqual(await second.value.text(), "lives");
  },
};

export const withoutAnEventNothingEnds = {
  test() {
    assert.strictEqual(atStart, undefined);
    // Production says so in its own log.
    if (warned.length > 0) {
      assert.match(warned[0], /^process\.exit\(\.\.\.\) called without a current request context\. Ignoring\./);
    }
  },
};

export const nothingIsBegunAfterwards = {
  async test(_controller, { SELF }) {
    await assert.rejects(SELF.fetch("http://x/goes-on"), exited(9));
    await scheduler.wait(20);
    assert.deepStrictEqual(reached, []);
  },
};

export const anObjectStartsAnew = {
  async test(_controller, { COUNTER }) {
    const stub = () => COUNTER.get(COUNTER.idFromName("counter"));
    const count = async () => (await stub().fetch("http://x/")).text();
    assert.deepStrictEqual([await count(), await count()], ["1", "2"]);
    const waits = stub().fetch("http://x/wait");
    await assert.rejects(stub().fetch("http://x/exit"), exited(3));
    await assert.rejects(waits, exited(3));
    assert.strictEqual(await count(), "1");
    await assert.rejects(stub().leave(), exited(4));
    assert.strictEqual(await count(), "1");
  },
};
