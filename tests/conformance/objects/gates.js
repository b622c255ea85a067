import assert from "node:assert";
import { DurableObject, RpcTarget } from "cloudflare:workers";

/** Gives a result a little later. */
export class Helper extends DurableObject {
  async after(ms, value) {
    await scheduler.wait(ms);
    return value;
  }
  async call(callback) {
    return await callback();
  }
  async fetch(request) {
    await scheduler.wait(Number(new URL(request.url).searchParams.get("ms") ?? 1));
    return new Response("helped");
  }
}

export class Counter extends DurableObject {
  log = [];
  async increment() {
    const value = (await this.ctx.storage.get("n")) ?? 0;
    await this.ctx.storage.put("n", value + 1);
    return value + 1;
  }
  /** Waits for others first, so that many come back at once. */
  async incrementLater() {
    await this.env.HELPERS.getByName("a").after(1);
    return await this.increment();
  }
  async incrementAfterFetch() {
    await (await this.env.HELPERS.getByName("b").fetch("http://x/")).text();
    return await this.increment();
  }
  async incrementAfterTimer() {
    await scheduler.wait(5);
    return await this.increment();
  }
  /** Hashing leaves the thread, and nobody may come between. */
  async incrementHashing() {
    const value = (await this.ctx.storage.get("n")) ?? 0;
    await crypto.subtle.digest("SHA-256", new Uint8Array(100_000));
    await crypto.subtle.importKey("raw", new Uint8Array(16), "PBKDF2", false, ["deriveBits"]).then((key) =>
      crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8), iterations: 2000 }, key, 256)
    );
    await this.ctx.storage.put("n", value + 1);
    return value + 1;
  }
  async fetch(request) {
    if (request.headers.get("upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener("message", () => {
        this.increment().then((value) => server.send(String(value)));
      });
      return new Response(null, { status: 101, webSocket: client });
    }
    return new Response(String(await this.increment()));
  }
  value() {
    return this.ctx.storage.get("n");
  }

  note(text) {
    this.log.push(text);
  }
  notes() {
    return this.log;
  }
  async section(ms) {
    this.log.push("before");
    const inner = this.ctx.blockConcurrencyWhile(async () => {
      this.log.push("begins");
      await scheduler.wait(ms);
      this.log.push("ends");
      return "value";
    });
    this.log.push("called");
    const value = await inner;
    this.log.push("after");
    return value;
  }
  async outside() {
    setTimeout(() => this.log.push("timer"), 1);
    const waited = scheduler.wait(1).then(() => this.log.push("waited"));
    const asked = this.env.HELPERS.getByName("c").after(1).then(() => this.log.push("asked"));
    await this.ctx.blockConcurrencyWhile(async () => {
      await scheduler.wait(40);
      this.log.push("section");
    });
    await Promise.all([waited, asked]);
    return this.log;
  }
  async nested() {
    const { ctx, log } = this;
    await ctx.blockConcurrencyWhile(async () => {
      log.push("outer");
      const first = ctx.blockConcurrencyWhile(async () => {
        log.push("first");
        await scheduler.wait(10);
        log.push("first ends");
      });
      const second = ctx.blockConcurrencyWhile(async () => {
        log.push("second");
        await scheduler.wait(1);
        log.push("second ends");
      });
      const other = scheduler.wait(1).then(() => log.push("other"));
      await Promise.all([first, second, other]);
      log.push("outer ends");
    });
    return log;
  }
  async deep(levels) {
    return levels === 0 ? 0 : 1 + await this.ctx.blockConcurrencyWhile(() => this.deep(levels - 1));
  }
  async straggler() {
    let late;
    await this.ctx.blockConcurrencyWhile(async () => {
      late = scheduler.wait(20).then(() => this.log.push("straggler"));
    });
    this.log.push("section over");
    await late;
    return this.log;
  }
  callback() {
    return this.ctx.blockConcurrencyWhile(() => this.env.HELPERS.getByName("d").call(() => "called back"));
  }
  async target() {
    const object = this;
    class Target extends RpcTarget {
      async increment() {
        return await object.increment();
      }
    }
    return new Target();
  }
}

const counter = (env, name) => env.COUNTERS.getByName(name);

async function all(stub, method, count) {
  const values = await Promise.all(Array.from({ length: count }, () => stub[method]()));
  return values.sort((a, b) => a - b);
}

const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

export const nothingIsLostWithoutLocks = {
  async test(_, env) {
    for (const method of ["increment", "incrementLater", "incrementAfterFetch", "incrementAfterTimer", "incrementHashing"]) {
      assert.deepStrictEqual(await all(counter(env, method), method, 40), upTo(40), method);
    }
    const mixed = counter(env, "mixed");
    const calls = [];
    for (let i = 0; i < 20; i++) {
      calls.push(mixed.increment(), mixed.incrementLater(), mixed.incrementAfterTimer(), mixed.incrementHashing());
      calls.push(mixed.fetch("http://x/").then((response) => response.text()).then(Number));
    }
    assert.deepStrictEqual((await Promise.all(calls)).sort((a, b) => a - b), upTo(100));
    assert.strictEqual(await mixed.value(), 100);
  },
};

export const messagesOfSocketsAreEventsToo = {
  async test(_, env) {
    const stub = counter(env, "sockets");
    const sockets = await Promise.all(upTo(5).map(async () => {
      const { webSocket } = await stub.fetch("http://x/", { headers: { upgrade: "websocket" } });
      webSocket.accept();
      return webSocket;
    }));
    const values = [];
    for (const socket of sockets) {
      socket.addEventListener("message", ({ data }) => void values.push(Number(data)));
    }
    for (let i = 0; i < 10; i++) {
      for (const socket of sockets) socket.send("more");
      values.push(await stub.increment());
    }
    while (values.length < 60) await scheduler.wait(1);
    for (const socket of sockets) socket.close(1000, "done");
    assert.deepStrictEqual(values.sort((a, b) => a - b), upTo(60));
  },
};

export const callsOnWhatWasGivenAwayAreEventsToo = {
  async test(_, env) {
    const stub = counter(env, "target");
    using target = await stub.target();
    const calls = upTo(30).map((n) => (n % 2 ? target.increment() : stub.increment()));
    assert.deepStrictEqual((await Promise.all(calls)).sort((a, b) => a - b), upTo(30));
  },
};

export const eventsWaitForASection = {
  async test(_, env) {
    const stub = counter(env, "section");
    const section = stub.section(30);
    const notes = [stub.note("one"), counter(env, "section").note("two"), stub.notes()];
    assert.strictEqual(await section, "value");
    await Promise.all(notes);
    const log = await stub.notes();
    assert.deepStrictEqual(log.slice(0, 4), ["before", "called", "begins", "ends"]);
    assert.ok(log.indexOf("one") > 3 && log.indexOf("one") < log.indexOf("two"), log.join());
  },
};

export const whatWasStartedOutsideWaits = {
  async test(_, env) {
    const log = await counter(env, "outside").outside();
    assert.strictEqual(log[0], "section");
    assert.deepStrictEqual(log.slice(1).sort(), ["asked", "timer", "waited"]);
  },
};

export const sectionsNest = {
  async test(_, env) {
    assert.deepStrictEqual(await counter(env, "nested").nested(), [
      "outer", "first", "first ends", "second", "second ends", "other", "outer ends",
    ]);
    assert.strictEqual(await counter(env, "deep").deep(64), 64);
    assert.deepStrictEqual(await counter(env, "straggler").straggler(), ["section over", "straggler"]);
  },
};

export const aCallbackOfASectionIsPartOfIt = {
  async test(_, env) {
    assert.strictEqual(await counter(env, "callback").callback(), "called back");
  },
};

export const theCallbackIsNoneOfTheCallersCode = {
  async test(_, env) {
    const stub = counter(env, "order");
    await stub.section(0);
    assert.deepStrictEqual(await stub.notes(), ["before", "called", "begins", "ends", "after"]);
  },
};
