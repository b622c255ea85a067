// Facets of Durable Objects: the expected values are workerd's.
import assert from "node:assert";
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

const bad = (method, number, type) => ({
  name: "TypeError",
  message: `Failed to execute '${method}' on 'DurableObjectFacets': parameter ${number} is not of type '${type}'.`,
});
const CLASS = {
  name: "TypeError",
  message: "Incorrect type for the 'class' field on 'StartupOptions': the provided value is not of type " +
    "'DurableObjectClass or LoopbackDurableObjectNamespace or LoopbackColoLocalActorNamespace'.",
};

/** What a call returns can be called itself, so it is awaited here. */
const rejects = (promise, expected) => assert.rejects((async () => await promise)(), expected);

export class Part extends DurableObject {
  calls = 0;
  async count() {
    const stored = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", stored);
    return `${++this.calls}/${stored}`;
  }
  id() {
    const { id } = this.ctx;
    return { type: typeof id, text: String(id), name: id.name };
  }
  props() {
    return this.ctx.props;
  }
  fetch(request) {
    return new Response(`part ${request.url}`);
  }
  fail() {
    throw new RangeError("failed");
  }
  reset() {
    this.ctx.abort("by itself");
  }
  async hang() {
    await scheduler.wait(60_000);
  }
  stored(key) {
    return this.ctx.storage.get(key);
  }
  type(value) {
    return typeof value;
  }
  sql() {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
    this.ctx.storage.sql.exec("INSERT INTO t VALUES (1)");
    return [...this.ctx.storage.sql.exec("SELECT count(*) AS n FROM t")][0].n;
  }
  async alarm() {}
  async setAlarm() {
    await this.ctx.storage.setAlarm(Date.now() + 60_000);
  }
  async getAlarm() {
    return await this.ctx.storage.getAlarm();
  }
  async nest(depth) {
    try {
      return 1 + await this.ctx.facets.get("inner", () => ({ class: this.ctx.exports.Part })).nest(depth + 1);
    } catch (error) {
      this.error = error.message;
      return error.message ===
          "Facet nesting depth limit exceeded. The maximum depth including the root Durable Object is 4."
        ? 1
        : NaN;
    }
  }
  async innerCount() {
    return await this.ctx.facets.get("inner", () => ({ class: this.ctx.exports.Part })).count();
  }
}

export class Plain {
  fetch() {
    return new Response("plain");
  }
  method() {}
}

export class Failing extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    throw new RangeError("constructor");
  }
  count() {}
}

export class Entry extends WorkerEntrypoint {}

export class Parent extends DurableObject {
  /** Runs a test by its name, with what tests use. */
  async run(name) {
    const { facets, exports } = this.ctx;
    const part = (facet, cls = exports.Part) => facets.get(facet, () => ({ class: cls }));
    await inside[name].call(this, { facets, exports, part, env: this.env });
    return "ran";
  }
  type(value) {
    return typeof value;
  }
  give() {
    return this.ctx.facets.get("given", () => ({ class: this.ctx.exports.Part }));
  }
}

const inside = {
  async shape({ facets, exports, part }) {
    assert.strictEqual(String(facets), "[object DurableObjectFacets]");
    assert.deepStrictEqual(Object.getOwnPropertyNames(Object.getPrototypeOf(facets)).sort(), [
      "abort",
      "constructor",
      "delete",
      "get",
    ]);
    assert.throws(() => facets.get(), bad("get", 1, "string"));
    assert.throws(() => facets.get("x"), bad("get", 2, "function"));
    assert.throws(() => facets.get("x", 5), bad("get", 2, "function"));
    assert.throws(() => facets.abort(), bad("abort", 1, "string"));
    assert.throws(() => facets.abort("x"), bad("abort", 2, "JsValue"));
    assert.throws(() => facets.delete(), bad("delete", 1, "string"));
    for (const name of ["x".repeat(257), "\u00e9".repeat(129)]) {
      assert.throws(() => part(name), { name: "TypeError", message: "Facet name is too long (max 256 characters)." });
    }
    assert.throws(() => facets.get.call({}, "x", () => {}), TypeError);
    assert.strictEqual(facets.abort("nobody", "reason"), undefined);
    assert.strictEqual(facets.delete("nobody"), undefined);
    let asked = 0;
    const stub = facets.get("lazy", () => (asked++, { class: exports.Part }));
    assert.strictEqual(asked, 0);
    assert.strictEqual(Object.prototype.toString.call(stub), "[object Fetcher]");
    assert.deepStrictEqual(Object.keys(stub), []);
    assert.strictEqual(await stub.count(), "1/1");
    assert.strictEqual(asked, 1);
    assert.strictEqual(await stub.count(), "2/2");
    assert.strictEqual(await facets.get("lazy", () => asked++).count(), "3/3");
    assert.strictEqual(asked, 1);
    assert.strictEqual(await part("x".repeat(256)).count(), "1/1");
  },

  async classes({ facets, exports, part, env }) {
    assert.strictEqual(await part("namespace", exports.Parent).type(1), "number");
    assert.strictEqual(await part("binding", env.PART).count(), "1/1");
    assert.deepStrictEqual(await part("props", exports.Part({ props: { a: 1 } })).props(), { a: 1 });
    assert.deepStrictEqual(await part("no props").props(), {});
    const plain = part("plain", exports.Plain);
    assert.strictEqual(await (await plain.fetch("http://x/")).text(), "plain");
    await rejects(plain.method(), /does not support RPC/);
    for (const cls of [5, undefined, Part, exports.Entry, {}]) {
      await rejects(facets.get("wrong", () => ({ class: cls })).count(), CLASS);
    }
    await rejects(facets.get("nothing", () => {}).count(), TypeError);
    for (
      const callback of [() => {
        throw new RangeError("callback");
      }, async () => {
        throw new RangeError("callback");
      }]
    ) {
      await rejects(facets.get("thrown", callback).count(), { name: "RangeError", message: "callback" });
    }
    // What could not start stays so until it is aborted.
    await rejects(part("thrown").count(), { name: "RangeError", message: "callback" });
    facets.abort("thrown", new Error("again"));
    assert.strictEqual(await part("thrown").count(), "1/1");
    let asked = 0;
    const slow = async () => {
      asked++;
      await scheduler.wait(1);
      return { class: exports.Part };
    };
    const both = [facets.get("slow", slow).count(), facets.get("slow", slow).count()];
    assert.deepStrictEqual(await Promise.all(both), ["1/1", "2/2"]);
    assert.strictEqual(asked, 1);
  },

  async ids({ facets, exports, env, part }) {
    const own = this.ctx.id;
    assert.deepStrictEqual(await part("own").id(), { type: "object", text: String(own), name: "ids" });
    const other = env.PARENTS.idFromName("other");
    const given = (id) => facets.get(`id ${String(id)}`, () => ({ class: exports.Part, id })).id();
    assert.deepStrictEqual(await given(other), { type: "object", text: String(other), name: "other" });
    assert.deepStrictEqual(await given("text"), { type: "string", text: "text", name: undefined });
    assert.deepStrictEqual(await given(5), { type: "string", text: "5", name: undefined });
  },

  async calls({ part }) {
    const stub = part("calls");
    assert.strictEqual(await (await stub.fetch("http://x/y")).text(), "part http://x/y");
    await rejects(stub.fail(), { name: "RangeError", message: "failed", remote: true });
    assert.strictEqual(await stub.count(), "1/1");
    assert.strictEqual(await stub.sql(), 1);
    assert.strictEqual(await stub.nest(1), 3);
  },

  async storage({ part }) {
    await this.ctx.storage.put("key", "parent's");
    assert.strictEqual(await part("storage").stored("key"), undefined);
    assert.strictEqual(await part("storage").count(), "1/1");
    assert.strictEqual(await part("another").count(), "1/1");
    assert.strictEqual(await this.ctx.storage.get("count"), undefined);
    await rejects(part("storage").setAlarm(), { name: "Error", message: "Facets currently cannot set alarms." });
    assert.strictEqual(await part("storage").getAlarm(), null);
  },

  async abort({ facets, part }) {
    const stub = part("aborted");
    assert.strictEqual(await stub.count(), "1/1");
    facets.abort("aborted", new RangeError("enough"));
    await rejects(stub.count(), (error) => {
      assert.strictEqual(error.name, "RangeError");
      assert.strictEqual(error.message, "enough");
      assert.strictEqual(error.remote, undefined);
      assert.strictEqual(error.durableObjectReset, undefined);
      return true;
    });
    assert.strictEqual(await part("aborted").count(), "1/2");
    const again = part("aborted");
    await again.count();
    facets.abort("aborted", "a text");
    await rejects(again.count(), { name: "Error", message: "a text" });
  },

  async deleted({ facets, part }) {
    const stub = part("deleted");
    assert.strictEqual(await stub.count(), "1/1");
    assert.strictEqual(await stub.innerCount(), "1/1");
    assert.strictEqual(await stub.innerCount(), "2/2");
    facets.delete("deleted");
    await rejects(stub.count(), { name: "Error", message: "Facet was deleted." });
    assert.strictEqual(await part("deleted").count(), "1/1");
    assert.strictEqual(await part("deleted").innerCount(), "1/1");
  },

  async reset({ part, exports }) {
    const stub = part("reset");
    assert.strictEqual(await stub.count(), "1/1");
    const BROKEN = { name: "Error", message: "by itself", durableObjectReset: true };
    await rejects(stub.reset(), BROKEN);
    await rejects(stub.count(), BROKEN);
    assert.strictEqual(await part("reset").count(), "1/2");
    for (let i = 0; i < 2; i++) {
      await rejects(part("failing", exports.Failing).count(), {
        name: "RangeError",
        message: "constructor",
        durableObjectReset: true,
      });
    }
  },
};

const run = (name) => ({
  async test(_, { PARENTS }) {
    assert.strictEqual(await PARENTS.getByName(name).run(name), "ran");
  },
});

export const shape = run("shape");
export const classes = run("classes");
export const ids = run("ids");
export const calls = run("calls");
export const storage = run("storage");
export const abort = run("abort");
export const deleted = run("deleted");
export const reset = run("reset");
