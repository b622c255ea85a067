// The texts and results are workerd's.
import assert from "node:assert";
import { Buffer } from "node:buffer";
import { RpcStub, RpcTarget } from "cloudflare:workers";
import { Box, inObject } from "./box.js";

export { Box };

const through = async (storage, value) => {
  await storage.put("v", value);
  return await storage.get("v");
};
const refused = (message) => ({ name: "DataCloneError", message, code: 25 });
const unserializable = (type) =>
  refused(`Could not serialize object of type "${type}". This type does not support serialization.`);

export const primitives = inObject(async (storage) => {
  for (const value of [0, -0, 1.5, NaN, Infinity, 2 ** 53, "", "h\u00e9\u4e2d\u{1F600}", "\ud800", true, false, null, 123n, -5n, 2n ** 70n]) {
    assert.ok(Object.is(await through(storage, value), value), String(value));
  }
});

export const objectsAndArrays = inObject(async (storage) => {
  assert.deepStrictEqual(await through(storage, { a: { b: [1, { c: undefined }] } }), { a: { b: [1, { c: undefined }] } });
  const holes = await through(storage, [1, , 3]);
  assert.deepStrictEqual([holes.length, 1 in holes], [3, false]);
  const list = Object.assign([1], { extra: 2 });
  assert.strictEqual((await through(storage, list)).extra, 2);
  assert.deepStrictEqual(await through(storage, Object.assign(Object.create(null), { a: 1 })), { a: 1 });
  assert.deepStrictEqual(await through(storage, { [Symbol("s")]: 1, b: 2 }), { b: 2 });
});

export const builtIns = inObject(async (storage) => {
  assert.deepStrictEqual(await through(storage, new Date(5)), new Date(5));
  assert.ok(Number.isNaN((await through(storage, new Date(NaN))).getTime()));
  assert.deepStrictEqual(await through(storage, new Map([[{ a: 1 }, new Set([1])]])), new Map([[{ a: 1 }, new Set([1])]]));
  const pattern = await through(storage, /a/gi);
  assert.deepStrictEqual([pattern.source, pattern.flags], ["a", "gi"]);
  assert.deepStrictEqual(await through(storage, Object("s")), Object("s"));
  assert.deepStrictEqual(await through(storage, Object(5n)), Object(5n));
});

export const bytes = inObject(async (storage) => {
  assert.deepStrictEqual(await through(storage, new Uint8Array([1, 2, 3])), new Uint8Array([1, 2, 3]));
  assert.deepStrictEqual(await through(storage, new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), new Uint8Array([2, 3]));
  assert.deepStrictEqual(await through(storage, new Float64Array([1.5])), new Float64Array([1.5]));
  assert.deepStrictEqual(await through(storage, new BigInt64Array([5n])), new BigInt64Array([5n]));
  assert.deepStrictEqual(await through(storage, new Uint8Array([1]).buffer), new Uint8Array([1]).buffer);
  const view = await through(storage, new DataView(new ArrayBuffer(4), 1, 2));
  assert.deepStrictEqual([view.byteOffset, view.byteLength], [1, 2]);
  const resizable = await through(storage, new ArrayBuffer(4, { maxByteLength: 8 }));
  assert.deepStrictEqual([resizable.resizable, resizable.byteLength, resizable.maxByteLength], [true, 4, 8]);
  const buffer = await through(storage, Buffer.from("hi"));
  assert.strictEqual(buffer.constructor, Uint8Array);
});

export const identity = inObject(async (storage) => {
  const cyclic = {};
  cyclic.self = cyclic;
  const found = await through(storage, cyclic);
  assert.strictEqual(found.self, found);
  const shared = {};
  const both = await through(storage, { a: shared, b: shared });
  assert.strictEqual(both.a, both.b);
});

export const instances = inObject(async (storage) => {
  class Point {
    constructor() {
      this.x = 1;
    }
    get y() {
      return 2;
    }
  }
  const found = await through(storage, new Point());
  assert.strictEqual(found.constructor, Object);
  assert.deepStrictEqual(found, { x: 1 });
});

export const getters = inObject(async (storage) => {
  assert.deepStrictEqual(
    await through(storage, {
      get a() {
        return 7;
      },
    }),
    { a: 7 },
  );
  await assert.rejects(
    storage.put("v", {
      get a() {
        throw new TypeError("getter");
      },
    }),
    { name: "TypeError", message: "getter" },
  );
});

export const errors = inObject(async (storage) => {
  const error = new RangeError("r", { cause: 5 });
  error.extra = { deep: new Date(1) };
  const found = await through(storage, error);
  assert.ok(found instanceof RangeError);
  assert.deepStrictEqual([found.message, found.cause, found.extra, found.stack], ["r", 5, { deep: new Date(1) }, error.stack]);
  assert.deepStrictEqual(Object.keys(found), ["cause", "extra"]);
});

export const errorsWithOtherNames = inObject(async (storage) => {
  class Mine extends Error {
    constructor(message) {
      super(message);
      this.name = "Mine";
      this.code = 5;
    }
  }
  const found = await through(storage, new Mine("m"));
  assert.deepStrictEqual([found.constructor, found.name, found.message, found.code, String(found)], [Error, "Mine", "m", 5, "Mine: m"]);
  const several = await through(storage, new AggregateError([new TypeError("a")], "all"));
  assert.ok(several instanceof AggregateError);
  assert.ok(several.errors[0] instanceof TypeError);
});

export const errorsWithin = inObject(async (storage) => {
  const error = new Error("x", { cause: new TypeError("y") });
  const found = await through(storage, { list: [error, error], map: new Map([["e", error]]) });
  assert.strictEqual(found.list[0], found.list[1]);
  assert.strictEqual(found.list[0], found.map.get("e"));
  assert.ok(found.list[0].cause instanceof TypeError);
  assert.strictEqual(found.list[0].cause.message, "y");
});

export const errorsWithFunctions = inObject(async (storage) => {
  await assert.rejects(storage.put("v", Object.assign(new Error("x"), { run: () => 1 })), refused("() => 1 could not be cloned."));
});

export const domExceptions = inObject(async (storage) => {
  const found = await through(storage, new DOMException("h\u00e9", "AbortError"));
  assert.ok(found instanceof DOMException);
  assert.deepStrictEqual([found.name, found.message, found.code], ["AbortError", "h\u00e9", 20]);
});

export const headersAndRequests = inObject(async (storage) => {
  const headers = await through(storage, new Headers({ "content-type": "a/b", "x-own": "1" }));
  assert.ok(headers instanceof Headers);
  assert.deepStrictEqual([...headers], [["content-type", "a/b"], ["x-own", "1"]]);
  const request = await through(storage, new Request("http://x/y", { method: "PUT", redirect: "manual", headers: { a: "b" } }));
  assert.ok(request instanceof Request);
  assert.deepStrictEqual([request.url, request.method, request.redirect, [...request.headers]], ["http://x/y", "PUT", "manual", [["a", "b"]]]);
  const response = await through(storage, new Response(null, { status: 201, statusText: "Made", headers: { a: "b" } }));
  assert.ok(response instanceof Response);
  assert.deepStrictEqual([response.status, response.statusText, [...response.headers]], [201, "Made", [["a", "b"]]]);
});

export const bodies = inObject(async (storage) => {
  const text = refused("ReadableStream can only be serialized for RPC.");
  await assert.rejects(storage.put("v", new Response("x")), text);
  await assert.rejects(storage.put("v", new Request("http://x", { method: "POST", body: "x" })), text);
  await assert.rejects(storage.put("v", new ReadableStream()), text);
  await assert.rejects(storage.put("v", new WritableStream()), refused("WritableStream can only be serialized for RPC."));
});

export const functions = inObject(async (storage) => {
  await assert.rejects(storage.put("v", () => {}), refused("() => {} could not be cloned."));
  await assert.rejects(storage.put("v", class Q {}), refused("class Q {} could not be cloned."));
  await assert.rejects(storage.put("v", { a() {} }), refused("a() {} could not be cloned."));
  await assert.rejects(storage.put("v", Symbol("z")), refused("Symbol(z) could not be cloned."));
});

export const engineObjects = inObject(async (storage) => {
  await assert.rejects(storage.put("v", Promise.resolve()), refused("#<Promise> could not be cloned."));
  await assert.rejects(storage.put("v", new WeakMap()), refused("#<WeakMap> could not be cloned."));
  await assert.rejects(storage.put("v", new WeakRef({})), refused("#<WeakRef> could not be cloned."));
  await assert.rejects(storage.put("v", new Proxy({}, {})), refused("#<Object> could not be cloned."));
  await assert.rejects(storage.put("v", (function* () {})()), refused("[object Generator] could not be cloned."));
  await assert.rejects(storage.put("v", [][Symbol.iterator]()), refused("[object Array Iterator] could not be cloned."));
  await assert.rejects(storage.put("v", new Intl.NumberFormat()), refused("#<NumberFormat> could not be cloned."));
  await assert.rejects(storage.put("v", new WebAssembly.Memory({ initial: 1 })), refused("#<Memory> could not be cloned."));
});

export const detachedBuffers = inObject(async (storage) => {
  const buffer = new ArrayBuffer(4);
  structuredClone(buffer, { transfer: [buffer] });
  await assert.rejects(storage.put("v", buffer), refused("An ArrayBuffer is detached and could not be cloned."));
});

export const platformObjects = inObject(async (storage, ctx) => {
  for (
    const value of [
      new URL("http://x"), new URLSearchParams(), new Blob(["x"]), new File([], "x"), new FormData(), new TextEncoder(),
      new Event("a"), new AbortController(), new TransformStream(), new CompressionStream("gzip"), new WebSocketPair()[0],
      storage, storage.sql, storage.kv, storage.sql.exec("SELECT 1"), ctx, ctx.id,
    ]
  ) {
    await assert.rejects(storage.put("v", { value }), unserializable(value.constructor.name));
  }
  await assert.rejects(storage.put("v", AbortSignal.abort()), refused("AbortSignal serialization is not enabled."));
});

export const remoteObjects = inObject(async (storage) => {
  await assert.rejects(storage.put("v", new (class extends RpcTarget {})()), refused("Remote RPC references can only be serialized for RPC."));
  await assert.rejects(storage.put("v", new RpcStub(() => 1)), refused("#<RpcStub> could not be cloned."));
});
