// What production's local runtime says of namespaces, ids and stubs: the expected values are workerd's.
import assert from "node:assert";
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

/** What a call returns can be called itself, so it is awaited here. */
const rejects = (promise, expected) => assert.rejects((async () => await promise)(), expected);

export class Room extends DurableObject {
  fetch(request) {
    return Response.json({ url: request.url, method: request.method, id: String(this.ctx.id), name: this.ctx.id.name });
  }
  who() {
    const { id } = this.ctx;
    return { id: String(id), name: id.name, keys: Object.keys(id), type: Object.prototype.toString.call(id) };
  }
  nameLength() {
    return this.ctx.id.name === undefined ? -1 : new TextEncoder().encode(this.ctx.id.name).length;
  }
  type(value) {
    return typeof value;
  }
  giveId() {
    return this.ctx.id;
  }
  get shelf() {
    return 5;
  }
}

export class Other {
  constructor(ctx) {
    this.ctx = ctx;
  }
  fetch() {
    return new Response(`other ${this.ctx.id.name}`);
  }
  method() {}
}

export class Part extends DurableObject {}

export class Entry extends WorkerEntrypoint {}

const ILLEGAL_INVOCATION =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

const bad = (method, number, type, owner = "DurableObjectNamespace") => ({
  name: "TypeError",
  message: `Failed to execute '${method}' on '${owner}': parameter ${number} is not of type '${type}'.`,
});
const unserializable = (type) => ({
  name: "DataCloneError",
  message: `Could not serialize object of type "${type}". This type does not support serialization.`,
});
const JURISDICTION = { name: "Error", message: "Jurisdiction restrictions are not implemented in workerd." };
const NO_ID = { name: "TypeError", message: "Invalid Durable Object ID: must be 64 hex digits" };
const FOREIGN_ID = { name: "TypeError", message: "Durable Object ID is not valid for this namespace." };

export const shapes = {
  test(_, { ROOMS }) {
    assert.strictEqual(String(ROOMS), "[object DurableObjectNamespace]");
    const prototype = Object.getPrototypeOf(ROOMS);
    assert.deepStrictEqual(Object.getOwnPropertyNames(prototype).sort(), [
      "constructor",
      "get",
      "getByName",
      "idFromName",
      "idFromString",
      "jurisdiction",
      "newUniqueId",
    ]);
    assert.strictEqual(prototype.get.length, 0);
    assert.strictEqual(Object.getOwnPropertyDescriptor(prototype, "get").enumerable, true);
    assert.throws(() => new prototype.constructor(), { name: "TypeError", message: "Illegal constructor" });

    const id = ROOMS.idFromName("x");
    assert.strictEqual(Object.prototype.toString.call(id), "[object DurableObjectId]");
    assert.deepStrictEqual(Object.keys(id), ["jurisdiction", "name"]);
    assert.deepStrictEqual(Object.keys(ROOMS.newUniqueId()), ["jurisdiction", "name"]);
    assert.strictEqual(JSON.stringify(id), '{"name":"x"}');
    assert.throws(() => {
      id.name = "y";
    }, TypeError);

    const stub = ROOMS.get(id);
    assert.strictEqual(Object.prototype.toString.call(stub), "[object DurableObject]");
    assert.deepStrictEqual(Object.keys(stub), ["name", "id"]);
    assert.strictEqual(stub.id, id);
    assert.strictEqual(stub.name, "x");
    assert.strictEqual(ROOMS.get(ROOMS.newUniqueId()).name, undefined);
    assert.throws(() => {
      stub.id = 1;
    }, TypeError);
    assert.strictEqual("anything" in stub, true);
    assert.strictEqual("then" in stub, false);
  },
};

export const ids = {
  test(_, { ROOMS, OTHERS }) {
    assert.strictEqual(
      String(ROOMS.idFromName("hello")),
      "171b94625b4756db6dbb589c06c2e815632bebf6ccc4ced3879a63702337415f",
    );
    const id = ROOMS.idFromName("hello");
    assert.match(String(id), /^[0-9a-f]{64}$/);
    assert.strictEqual(id.name, "hello");
    assert.ok(id.equals(ROOMS.idFromName("hello")));
    assert.ok(!id.equals(ROOMS.idFromName("Hello")));
    assert.ok(!id.equals(OTHERS.idFromName("hello")));
    const read = ROOMS.idFromString(String(id));
    assert.ok(id.equals(read));
    assert.strictEqual(read.name, undefined);
    assert.strictEqual(String(ROOMS.idFromString(String(id).toUpperCase())), String(id));
    assert.strictEqual(ROOMS.idFromName("").name, "");
    assert.strictEqual(ROOMS.idFromName(null).name, "null");
    assert.strictEqual(ROOMS.idFromName(undefined).name, "undefined");
    assert.strictEqual(ROOMS.idFromName({}).name, "[object Object]");
    assert.strictEqual(ROOMS.idFromName("x".repeat(2000)).name.length, 2000);
    const unique = ROOMS.newUniqueId();
    assert.match(String(unique), /^[0-9a-f]{64}$/);
    assert.strictEqual(unique.name, undefined);
    assert.ok(!unique.equals(ROOMS.newUniqueId()));
    assert.ok(ROOMS.idFromString(String(unique)).equals(unique));
  },
};

export const refusedIds = {
  test(_, { ROOMS, OTHERS }) {
    for (const options of [undefined, null, {}, [], () => {}, { jurisdiction: undefined }, { jurisdiction: null }]) {
      ROOMS.newUniqueId(options);
    }
    assert.throws(() => ROOMS.newUniqueId(3), bad("newUniqueId", 1, "NewUniqueIdOptions"));
    assert.throws(() => ROOMS.newUniqueId("eu"), bad("newUniqueId", 1, "NewUniqueIdOptions"));
    assert.throws(() => ROOMS.newUniqueId({ jurisdiction: "eu" }), JURISDICTION);
    assert.throws(() => ROOMS.newUniqueId({ jurisdiction: 5 }), JURISDICTION);
    assert.throws(() => ROOMS.idFromName(), bad("idFromName", 1, "string"));
    assert.throws(() => ROOMS.idFromName(Symbol("s")), {
      name: "TypeError",
      message: "Cannot convert a Symbol value to a string",
    });
    assert.throws(() => ROOMS.idFromString(), bad("idFromString", 1, "string"));
    for (const text of [undefined, "abc", "a".repeat(63), "g".repeat(64), "\u00e9".repeat(32)]) {
      assert.throws(() => ROOMS.idFromString(text), NO_ID);
    }
    assert.throws(() => ROOMS.idFromString("a".repeat(64)), FOREIGN_ID);
    assert.throws(() => ROOMS.idFromString(String(OTHERS.idFromName("x"))), FOREIGN_ID);
    const id = ROOMS.idFromName("x");
    for (const other of [undefined, null, "x", {}]) {
      assert.throws(() => id.equals(other), bad("equals", 1, "DurableObjectId", "DurableObjectId"));
    }
    assert.throws(() => id.toString.call({}), { name: "TypeError", message: ILLEGAL_INVOCATION });
    assert.throws(() => new id.constructor(), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const get = {
  test(_, { ROOMS }) {
    const id = ROOMS.idFromName("x");
    for (const other of [undefined, "x", String(id), {}]) {
      assert.throws(() => ROOMS.get(other), bad("get", 1, "DurableObjectId"));
    }
    for (
      const options of [null, {}, { locationHint: "weur" }, { locationHint: "mars" }, { locationHint: null }, {
        routingMode: "primary-only",
      }]
    ) {
      ROOMS.get(id, options);
    }
    assert.throws(() => ROOMS.get(id, 5), bad("get", 2, "GetDurableObjectOptions"));
    assert.throws(() => ROOMS.get(id, { locationHint: Symbol("s") }), TypeError);
    assert.throws(() => ROOMS.get(id, { routingMode: "x" }), { name: "RangeError", message: "unknown routingMode: x" });
    assert.throws(() => ROOMS.get.call({}, id), { name: "TypeError", message: ILLEGAL_INVOCATION });
    assert.throws(() => ROOMS.getByName(), bad("getByName", 1, "string"));
    assert.throws(() => ROOMS.getByName("x", 3), bad("getByName", 2, "GetDurableObjectOptions"));
    assert.strictEqual(ROOMS.getByName("x").name, "x");
    assert.ok(ROOMS.getByName("x").id.equals(id));
    for (const none of [undefined, null]) {
      assert.strictEqual(String(ROOMS.jurisdiction(none).idFromName("x")), String(id));
    }
    assert.throws(() => ROOMS.jurisdiction("eu"), JURISDICTION);
    assert.throws(() => ROOMS.jurisdiction(4), JURISDICTION);
  },
};

export const calls = {
  async test(_, { ROOMS, OTHERS }) {
    const id = ROOMS.idFromName("x");
    const stub = ROOMS.get(id);
    assert.deepStrictEqual(await stub.who(), {
      id: String(id),
      name: "x",
      keys: ["jurisdiction", "name"],
      type: "[object DurableObjectId]",
    });
    assert.strictEqual(await stub.shelf, 5);
    assert.strictEqual(await stub, stub);
    const response = await stub.fetch(new Request("http://foo/bar?q", { method: "POST", body: "b" }));
    assert.deepStrictEqual(await response.json(), { url: "http://foo/bar?q", method: "POST", id: String(id), name: "x" });
    await rejects(stub.absent(), {
      name: "TypeError",
      message: 'The RPC receiver does not implement the method "absent".',
    });
    for (const name of ["alarm", "webSocketMessage", "dup"]) {
      await rejects(stub[name](), {
        name: "TypeError",
        message: `'${name}' is a reserved method and cannot be called over RPC.`,
      });
    }
    const unique = ROOMS.newUniqueId();
    assert.deepStrictEqual((await ROOMS.get(unique).who()).id, String(unique));
    assert.strictEqual((await ROOMS.get(unique).who()).name, undefined);
    // An id of another class is used as it is.
    assert.strictEqual(await (await OTHERS.get(id).fetch("http://x/")).text(), "other x");
    await rejects(OTHERS.getByName("x").method(), {
      name: "TypeError",
      message: "The receiving Durable Object does not support RPC, because its class was not declared with " +
        "`extends DurableObject`. In order to enable RPC, make sure your class extends the special class " +
        '`DurableObject`, which can be imported from the module "cloudflare:workers".',
    });
  },
};

export const names = {
  async test(_, { ROOMS }) {
    for (
      const [name, length] of [
        ["", 0],
        ["y".repeat(1024), 1024],
        ["y".repeat(1025), -1],
        ["\u00e9".repeat(512), 1024],
        ["\u00e9".repeat(513), -1],
      ]
    ) {
      assert.strictEqual(await ROOMS.getByName(name).nameLength(), length);
    }
  },
};

export const clones = {
  async test(_, { ROOMS }) {
    const id = ROOMS.idFromName("x");
    const stub = ROOMS.get(id);
    for (const [value, type] of [[ROOMS, "DurableObjectNamespace"], [id, "DurableObjectId"], [stub, "DurableObject"]]) {
      assert.throws(() => structuredClone(value), unserializable(type));
      await rejects((async () => await stub.type(value))(), unserializable(type));
      await rejects((async () => await stub.type({ deep: [value] }))(), unserializable(type));
    }
    await rejects((async () => await stub.giveId())(), unserializable("DurableObjectId"));
  },
};

export const exports = {
  async test(_, { ROOMS }, ctx) {
    const names = (object) => Object.getPrototypeOf(object).constructor.name;
    assert.strictEqual(names(ctx.exports.Room), "LoopbackDurableObjectNamespace");
    assert.strictEqual(names(ctx.exports.Other), "LoopbackDurableObjectNamespace");
    assert.strictEqual(names(ctx.exports.Part), "LoopbackDurableObjectClass");
    assert.strictEqual(names(ctx.exports.Entry), "LoopbackServiceStub");
    for (const name of ["Room", "Part", "Entry"]) {
      assert.strictEqual(typeof ctx.exports[name], "function");
      assert.deepStrictEqual(Object.getOwnPropertyNames(ctx.exports[name]), []);
    }
    assert.strictEqual(String(ctx.exports.Part), "[object LoopbackDurableObjectClass]");
    const { Room, Part, Entry } = ctx.exports;
    assert.strictEqual(String(Room.idFromName("q")), String(ROOMS.idFromName("q")));
    assert.strictEqual((await Room.getByName("q").who()).name, "q");
    assert.strictEqual(Part.idFromName, undefined);
    for (const stub of [Part({ props: { a: 1 } }), Part({}), Part(null), Room({ props: {} })]) {
      assert.strictEqual(String(stub), "[object DurableObjectClass]");
      assert.throws(() => structuredClone(stub), {
        name: "DataCloneError",
        message: "DurableObjectClass cannot be serialized in this context.",
      });
    }
    for (const [owner, callee] of [["LoopbackDurableObjectClass", Part], ["LoopbackServiceStub", Entry]]) {
      assert.throws(() => callee(), bad("(called as function)", 1, "Options", owner));
      assert.throws(() => callee("x"), bad("(called as function)", 1, "Options", owner));
      for (const props of [5, null]) {
        assert.throws(() => callee({ props }), {
          name: "TypeError",
          message: "Incorrect type for the 'props' field on 'Options': the provided value is not of type 'JsObject'.",
        });
      }
    }
    assert.throws(() => new Part.constructor(), { name: "TypeError", message: "Illegal constructor" });
    await rejects((async () => await ROOMS.getByName("x").type(Part))(), unserializable("LoopbackDurableObjectClass"));
    await rejects((async () => await ROOMS.getByName("x").type(Room))(), unserializable("LoopbackDurableObjectNamespace"));
  },
};
