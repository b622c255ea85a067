import assert from "node:assert";
import { DurableObject, env as imported, waitUntil } from "cloudflare:workers";

const RPC_TEXT =
  "The receiving Durable Object does not support RPC, because its class was not declared with `extends DurableObject`. " +
  "In order to enable RPC, make sure your class extends the special class `DurableObject`, which can be imported from " +
  'the module "cloudflare:workers".';
const FOREIGN_TEXT =
  "Cannot perform I/O on behalf of a different Durable Object. I/O objects (such as streams, request/response bodies, " +
  "and others) created in the context of one Durable Object cannot be accessed from a different Durable Object in the " +
  "same isolate. This is a limitation of Cloudflare Workers which allows us to improve overall performance. (I/O type: ";

const kept = {};
let constructed = 0;

export class Plain {
  constructor(state, env) {
    this.state = state;
    this.env = env;
  }
  fetch() {
    return new Response(`${typeof this.state.storage} ${this.env.TEXT}`);
  }
  hello() {
    return "hello";
  }
}

export class Room extends DurableObject {
  calls = 0;
  constructor(ctx, env) {
    super(ctx, env);
    constructed++;
    if (ctx.id.name === "bad") throw new RangeError("it does not want to be");
    if (ctx.id.name === "late") {
      ctx.blockConcurrencyWhile(async () => {
        await scheduler.wait(5);
        this.ready = true;
      });
    }
    if (ctx.id.name === "later bad") ctx.blockConcurrencyWhile(async () => { throw new TypeError("too late"); });
  }
  count() {
    return ++this.calls;
  }
  isReady() {
    return this.ready;
  }
  fetch(request) {
    if (new URL(request.url).pathname === "/throw") throw new TypeError("thrown");
    return new Response(request.body ?? "nothing");
  }
  notAResponse() {}
  facts() {
    const { ctx, env } = this;
    return {
      ctx: Object.prototype.toString.call(ctx),
      keys: Object.keys(ctx).filter((key) => key !== "exports"),
      own: Object.keys(this),
      env: env.TEXT,
      same: env.TEXT === imported.TEXT,
      props: ctx.props,
      id: ctx.id.toString(),
      name: ctx.id.name,
    };
  }
  async misuse() {
    const thrown = (run) => {
      try {
        return run();
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    };
    return [
      await (async () => this.ctx.blockConcurrencyWhile())().catch((error) => `${error.name}: ${error.message}`),
      thrown(() => new DurableObject({}, {})),
      thrown(() => DurableObject(this.ctx, {})),
      thrown(() => new this.ctx.constructor()),
      thrown(() => this.ctx.waitUntil.call({}, Promise.resolve())).slice(0, 30),
    ];
  }
  abort(reason) {
    this.ctx.abort(reason);
  }
  async abortSoon() {
    setTimeout(() => this.ctx.abort("soon"), 5);
    await scheduler.wait(10_000);
  }
  async wait(ms) {
    await scheduler.wait(ms);
    return "waited";
  }
  async failSection() {
    try {
      await this.ctx.blockConcurrencyWhile(async () => {
        throw new RangeError("it failed");
      });
    } catch {
      return "caught";
    }
  }
  writeAndAbort() {
    this.ctx.storage.put("lost", 1);
    this.ctx.abort("written");
  }
  stored(key) {
    return this.ctx.storage.get(key);
  }
  async tell(stub) {
    // The call waits for the commit that never comes.
    this.ctx.storage.put("x", 1);
    this.env.ROOMS.getByName(stub).count().catch(() => {});
    this.ctx.abort("no commit");
  }

  keep() {
    kept.stub = this.env.ROOMS.getByName("other");
    kept.ctx = this.ctx;
    kept.timer = setTimeout(() => {}, 100_000);
    kept.body = new Response("text");
    this.timer = 0;
    setTimeout(() => this.timer++, 1);
  }
  async useOwn() {
    while (this.timer === 0) await scheduler.wait(1);
    return [await kept.stub.count() > 0, this.timer, await kept.body.text()];
  }
  async useOthers() {
    const failed = async (run) => {
      try {
        return await run();
      } catch (error) {
        return error.message;
      }
    };
    return [await failed(() => kept.ctx.storage.get("x")), kept.ctx.id.name, await failed(() => kept.ctx.blockConcurrencyWhile(() => 7))];
  }
  later(count) {
    waitUntil(scheduler.wait(5).then(() => this.calls += count));
    this.ctx.waitUntil(scheduler.wait(5).then(() => this.calls += count));
  }
  async ping(depth, name) {
    if (depth === 0) return [++this.calls];
    const other = this.env.ROOMS.getByName(name);
    return [...await other.ping(depth - 1, this.ctx.id.name), ++this.calls];
  }
}

const room = (env, name) => env.ROOMS.getByName(name);

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    const { name, message, stack, ...own } = error;
    return { name: error.name, message: error.message, own: Object.entries(own).join(" ") };
  }
  assert.fail("it did not fail");
}

export const anObjectIsMadeOnce = {
  async test(_, env) {
    const before = constructed;
    const stub = room(env, "once");
    assert.deepStrictEqual(await Promise.all([stub.count(), stub.count(), room(env, "once").count()]), [1, 2, 3]);
    assert.strictEqual(constructed, before, "another isolate made it");
    assert.strictEqual(await room(env, "another").count(), 1);
    assert.strictEqual(await (await stub.fetch("http://x/", { method: "POST", body: "told" })).text(), "told");
  },
};

export const itHasWhatItIsGiven = {
  async test(_, env) {
    const facts = await room(env, "facts").facts();
    assert.strictEqual(facts.ctx, "[object DurableObjectState]");
    assert.deepStrictEqual(facts.keys, ["facets", "container", "storage", "id", "props"]);
    assert.deepStrictEqual(facts.own.slice(0, 2), ["ctx", "env"]);
    assert.deepStrictEqual([facts.env, facts.same, facts.props, facts.name], ["of the env", true, {}, "facts"]);
    assert.strictEqual(facts.id, env.ROOMS.idFromName("facts").toString());
    assert.deepStrictEqual(await room(env, "facts").misuse(), [
      "TypeError: Failed to execute 'blockConcurrencyWhile' on 'DurableObjectState': parameter 1 is not of type 'function'.",
      "TypeError: Failed to construct 'DurableObjectBase': constructor parameter 1 is not of type 'DurableObjectState'.",
      "TypeError: Failed to construct 'DurableObjectBase': Please use the 'new' operator, this object constructor cannot " +
      "be called as a function.",
      "TypeError: Illegal constructor",
      "TypeError: Illegal invocation:",
    ]);
  },
};

export const eventsWaitForTheConstructor = {
  async test(_, env) {
    const late = room(env, "late");
    assert.deepStrictEqual(await Promise.all([late.isReady(), late.isReady()]), [true, true]);
  },
};

export const aClassThatExtendsNothing = {
  async test(_, env) {
    const stub = env.PLAIN.getByName("p");
    assert.strictEqual(await (await stub.fetch("http://x/")).text(), "object of the env");
    assert.deepStrictEqual(await failure(stub.hello()), { name: "TypeError", message: RPC_TEXT, own: "remote,true" });
  },
};

export const whatAMethodThrows = {
  async test(_, env) {
    const stub = room(env, "throws");
    assert.deepStrictEqual(await failure(stub.fetch("http://x/throw")), { name: "TypeError", message: "thrown", own: "remote,true" });
    assert.strictEqual((await failure(stub.missing())).message, 'The RPC receiver does not implement the method "missing".');
    assert.strictEqual((await failure(stub.alarm())).message, "'alarm' is a reserved method and cannot be called over RPC.");
    assert.strictEqual((await failure(stub.ctx)).message, 'The RPC receiver does not implement the method "ctx".');
    assert.strictEqual(await stub.count(), 1, "it goes on");
  },
};

export const aConstructorThatThrows = {
  async test(_, env) {
    const bad = room(env, "bad");
    const told = { name: "RangeError", message: "it does not want to be", own: "durableObjectReset,true" };
    assert.deepStrictEqual(await failure(bad.count()), told);
    assert.deepStrictEqual(await failure(bad.count()), told);
    assert.deepStrictEqual(await failure(room(env, "bad").fetch("http://x/")), { ...told, own: "remote,true durableObjectReset,true" });
    assert.deepStrictEqual(await failure(room(env, "later bad").count()), {
      name: "TypeError", message: "too late", own: "durableObjectReset,true",
    });
  },
};

export const abortEndsEverythingThatRuns = {
  async test(_, env) {
    const stub = room(env, "aborted");
    const told = { name: "Error", message: "enough", own: "durableObjectReset,true" };
    await stub.count();
    const running = [failure(stub.wait(10_000)), failure(room(env, "aborted").wait(10_000))];
    assert.deepStrictEqual(await failure(stub.abort("enough")), told);
    assert.deepStrictEqual(await Promise.all(running), [told, told]);
    assert.deepStrictEqual(await failure(stub.count()), told);
    assert.deepStrictEqual(await failure(stub.fetch("http://x/")), told);
    assert.strictEqual(await room(env, "aborted").count(), 1, "a new stub reaches a new one");
    assert.strictEqual((await failure(room(env, "aborted").abort())).message, "Application called abort() to reset Durable Object.");
    assert.strictEqual((await failure(room(env, "aborted").abortSoon())).message, "soon");
  },
};

export const aSectionThatFailsEndsTheObject = {
  async test(_, env) {
    const stub = room(env, "section");
    assert.deepStrictEqual(await failure(stub.failSection()), {
      name: "RangeError", message: "it failed", own: "durableObjectReset,true",
    });
    assert.strictEqual(await room(env, "section").count(), 1);
  },
};

export const whatWasNotCommittedIsLost = {
  async test(_, env) {
    assert.strictEqual((await failure(room(env, "lost").writeAndAbort())).message, "written");
    assert.strictEqual(await room(env, "lost").stored("lost"), undefined);
    assert.strictEqual((await failure(room(env, "teller").tell("told"))).message, "no commit");
    assert.strictEqual(await room(env, "told").count(), 1, "nobody called it");
  },
};

export const whatAnEventMakesOutlivesIt = {
  async test(_, env) {
    const stub = room(env, "keeper");
    await stub.keep();
    assert.deepStrictEqual(await stub.useOwn(), [true, 1, "text"]);
    assert.deepStrictEqual(await room(env, "thief").useOthers(), [`${FOREIGN_TEXT}ActorCacheInterface)`, "keeper", 7]);
  },
};

export const waitUntilKeepsItAwake = {
  async test(_, env) {
    const stub = room(env, "waits");
    await stub.later(10);
    while (await stub.count() < 20) await scheduler.wait(2);
  },
};

export const callsMayComeBack = {
  async test(_, env) {
    assert.deepStrictEqual(await room(env, "ping").ping(4, "pong"), [1, 1, 2, 2, 3]);
    assert.deepStrictEqual(await room(env, "self").ping(2, "self"), [1, 2, 3]);
  },
};
