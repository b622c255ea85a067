// Objects in which operations run. A class each for what an object may differ in: its storage and whether it has an alarm.
//
// A script runs in an object of its own. Names: `storage`, `sql`, `kv`, `ctx`, `object`, `id`, `OBJECTS` (its namespace).

import { DurableObject, RpcTarget } from "cloudflare:workers";
import { run } from "./run.js";
import { Encoder } from "./encode.js";

class Target extends RpcTarget {
  value = 1;
  increase(by = 1) {
    return (this.value += by);
  }
}

class Base extends DurableObject {
  #saved = new Map();
  #deferred = {};

  constructor(ctx, env) {
    super(ctx, env);
    // For objects that shall fail to start: the last part of their name says how.
    const [, how] = /: (throws|blocks|waits|sets)$/.exec(ctx.id.name ?? "") ?? [];
    if (how === "throws") throw new RangeError("thrown by the constructor");
    if (how === "blocks") {
      void ctx.blockConcurrencyWhile(async () => {
        await ctx.storage.put("written before the failure", 1);
        throw new TypeError("thrown while blocked");
      });
    }
    if (how === "waits") {
      void ctx.blockConcurrencyWhile(async () => {
        await scheduler.wait(20);
        this.started = (await ctx.storage.get("starts")) ?? 0;
        await ctx.storage.put("starts", this.started + 1);
      });
    }
    if (how === "sets") void ctx.storage.put("set by the constructor", true);
  }

  #names() {
    const { ctx, env } = this;
    const names = { ctx, storage: ctx.storage, object: this, id: ctx.id, env, globalThis, OBJECTS: env.OBJECTS };
    // Those throw where there is no SQLite.
    for (const name of ["sql", "kv"]) {
      try {
        names[name] = ctx.storage[name];
      } catch {
        // `storage.sql` says it.
      }
    }
    return names;
  }

  async fetch(request) {
    if (request.method !== "POST") return new Response(`${request.method} ${new URL(request.url).pathname}`);
    const { operations, span_ms } = await request.json();
    return Response.json({ answers: await this.run(operations, span_ms) });
  }

  /** Runs operations; what they save stays as long as the instance. */
  run(operations, span_ms) {
    return run(operations, this.#names(), new Encoder(Date.now(), span_ms), this.#saved);
  }

  echo(value) {
    return value;
  }

  get property() {
    return { deep: { value: 5 }, add: (a, b) => a + b };
  }

  target() {
    return new Target();
  }

  instance() {
    return new (class Plain {
      a = 1;
    })();
  }

  throwing(message) {
    throw new RangeError(message);
  }

  async rejecting(message) {
    await scheduler.wait(1);
    throw new TypeError(message);
  }

  throwingValue(value) {
    throw value;
  }

  #private() {}

  abort(reason) {
    this.ctx.abort(reason);
  }

  /** Writes and breaks. */
  async writeAndAbort(key, value) {
    void this.ctx.storage.put(key, value);
    this.ctx.abort(new Error("aborted with a write"));
  }

  async writeAndBlock(key, value) {
    void this.ctx.storage.put(key, value);
    await this.ctx.blockConcurrencyWhile(async () => {
      throw new TypeError("thrown while blocked");
    });
  }

  async writeAndThrow(key, value) {
    void this.ctx.storage.put(key, value);
    throw new Error("thrown after a write");
  }

  getKey(key) {
    return this.ctx.storage.get(key);
  }

  /** A promise that another operation resolves. */
  deferred(name) {
    const made = Promise.withResolvers();
    this.#deferred[name] = made;
    return made.promise;
  }

  resolve(name, value) {
    this.#deferred[name].resolve(value);
  }

  /** Adds to a number with a pause between reading and writing it. */
  async add(key, pause_ms) {
    const before = (await this.ctx.storage.get(key)) ?? 0;
    if (pause_ms) await scheduler.wait(pause_ms);
    await this.ctx.storage.put(key, before + 1);
    return before + 1;
  }

  /** The same with `kv`, which pauses nowhere. */
  addNow(key) {
    const before = this.ctx.storage.kv.get(key) ?? 0;
    this.ctx.storage.kv.put(key, before + 1);
    return before + 1;
  }

  /** The same where nobody else gets in. */
  addAlone(key, pause_ms) {
    return this.ctx.blockConcurrencyWhile(() => this.add(key, pause_ms));
  }
}

class WithAlarm extends Base {
  #waiting = [];
  #told = [];

  /** What the next alarms run: a list of operations each, or `{ throws }` behind it. */
  async onAlarms(...lists) {
    await this.ctx.storage.put("on alarm", lists);
  }

  /** A promise for the answers of the next alarm, when it is over. */
  alarmed() {
    const made = Promise.withResolvers();
    this.#waiting.push(made);
    this.#tell();
    return made.promise;
  }

  #tell() {
    while (this.#told.length > 0 && this.#waiting.length > 0) this.#waiting.shift().resolve(this.#told.shift());
  }

  async alarm(info) {
    const [now, ...later] = (await this.ctx.storage.get("on alarm")) ?? [];
    await this.ctx.storage.put("on alarm", later);
    const told = { info: { ...info }, answers: now ? await this.run(now.operations) : [] };
    setTimeout(() => {
      this.#told.push(told);
      this.#tell();
    }, 50);
    if (now?.throws !== undefined) throw new RangeError(now.throws);
  }
}

export class Sqlite extends WithAlarm {}
export class Legacy extends WithAlarm {}
export class NoAlarm extends Base {}

/** A class of its own kind: no base class. */
export class Plain {
  constructor(ctx, env) {
    Object.assign(this, { ctx, env });
  }

  fetch() {
    return new Response(`plain ${this.ctx.id.name}`);
  }

  echo(value) {
    return value;
  }
}

/** A class that has nothing. */
export class Empty extends DurableObject {}

/** A class whose fetch gives no response. */
export class Wrong extends DurableObject {
  fetch(request) {
    return new URL(request.url).pathname === "/nothing" ? undefined : "a string";
  }
}
