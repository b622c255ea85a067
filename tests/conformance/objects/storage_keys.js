// The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, ILLEGAL_INVOCATION, inObject } from "./box.js";

export { Box };

const PUT_FORMS = {
  name: "TypeError",
  message: "put() may only be called with a single key-value pair and optional options as put(key, value, options) or " +
    "with multiple key-value pairs and optional options as put(entries, options)",
};
const NO_SYMBOL = { name: "TypeError", message: "Cannot convert a Symbol value to a string" };

export const theClass = inObject((storage) => {
  assert.strictEqual(String(storage), "[object DurableObjectStorage]");
  assert.deepStrictEqual(Object.keys(storage), ["kv", "sql"]);
  assert.throws(() => new storage.constructor(), { name: "TypeError", message: "Illegal constructor" });
  assert.strictEqual(storage.get.length, 0);
  assert.strictEqual(storage.constructor.name, "DurableObjectStorage");
  assert.strictEqual(globalThis.DurableObjectStorage, undefined);
  assert.strictEqual(JSON.stringify(storage), '{"kv":{},"sql":{}}');
});

export const methodsAreEnumerable = inObject((storage) => {
  const names = [];
  for (const name in storage) names.push(name);
  assert.deepStrictEqual(names.sort(), [
    "delete", "deleteAlarm", "deleteAll", "get", "getAlarm", "getBookmarkForTime", "getCurrentBookmark", "kv", "list",
    "onNextSessionRestoreBookmark", "put", "setAlarm", "sql", "sync", "transaction", "transactionSync",
  ]);
});

export const wrongThis = inObject((storage) => {
  for (const name of ["get", "put", "list", "delete", "deleteAll", "transaction", "sync", "getAlarm"]) {
    assert.throws(() => storage[name].call({}, "a", 1), ILLEGAL_INVOCATION);
  }
});

export const nothingThere = inObject(async (storage) => {
  assert.strictEqual(await storage.get("a"), undefined);
  assert.deepStrictEqual(await storage.get(["a", "b"]), new Map());
  assert.deepStrictEqual(await storage.get([]), new Map());
  assert.strictEqual(await storage.delete("a"), false);
  assert.strictEqual(await storage.delete(["a", "b"]), 0);
});

export const putAndGet = inObject(async (storage) => {
  assert.strictEqual(await storage.put("a", 1), undefined);
  assert.strictEqual(await storage.get("a"), 1);
  await storage.put("a", null);
  assert.strictEqual(await storage.get("a"), null);
});

export const severalAreInOrderOfKeys = inObject(async (storage) => {
  await storage.put({ b: 2, a: 1, c: 3 });
  assert.deepStrictEqual([...await storage.get(["c", "a", "zz", "b", "a"])], [["a", 1], ["b", 2], ["c", 3]]);
});

export const getNeedsAKey = inObject(async (storage) => {
  await assert.rejects(storage.get(), bad("get", 1, "string or Array"));
  await assert.rejects(storage.get(Symbol()), NO_SYMBOL);
  await assert.rejects(storage.get([Symbol()]), NO_SYMBOL);
});

export const keysAreTexts = inObject(async (storage) => {
  await storage.put(5, "five");
  assert.strictEqual(await storage.get("5"), "five");
  assert.strictEqual(await storage.get(5), "five");
  await storage.put(null, "null");
  assert.strictEqual(await storage.get("null"), "null");
  await storage.put(undefined, "undefined");
  assert.strictEqual(await storage.get(undefined), "undefined");
  assert.strictEqual(await storage.get({ toString: () => "5" }), "five");
  assert.deepStrictEqual([...await storage.get([5, null])].length, 2);
});

export const aListIsNoSetOfEntries = inObject(async (storage) => {
  await storage.put(["a", "b"], 1);
  assert.strictEqual(await storage.get("a,b"), 1);
  await assert.rejects(storage.put(["q"]), { name: "TypeError", message: "put() called with undefined value." });
});

export const emptyAndOddKeys = inObject(async (storage) => {
  await storage.put("", "empty");
  await storage.put("a\0b", "nul");
  await storage.put("\u{1F600}", "face");
  assert.strictEqual(await storage.get(""), "empty");
  assert.strictEqual(await storage.get("a\0b"), "nul");
  assert.strictEqual(await storage.get("a"), undefined);
  assert.strictEqual(await storage.get("\u{1F600}"), "face");
});

export const halfASurrogatePair = inObject(async (storage) => {
  await storage.put("l\ud800", 1);
  assert.strictEqual(await storage.get("l\ud800"), 1);
  assert.strictEqual(await storage.get("l\ufffd"), undefined);
  assert.deepStrictEqual([...(await storage.list({ prefix: "l" })).keys()], ["l\ufffd\ufffd\ufffd"]);
});

export const longKeys = inObject(async (storage) => {
  const key = "x".repeat(10_000);
  await storage.put(key, 1);
  assert.strictEqual(await storage.get(key), 1);
});

export const manyKeysAtOnce = inObject(async (storage) => {
  const entries = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
  await storage.put(entries);
  assert.strictEqual((await storage.get(Object.keys(entries))).size, 500);
  assert.strictEqual(await storage.delete(Object.keys(entries)), 500);
});

export const putWithoutAValue = inObject(async (storage) => {
  await assert.rejects(storage.put(), bad("put", 1, "string or object"));
  await assert.rejects(storage.put("a"), { name: "TypeError", message: "put() called with undefined value." });
  await assert.rejects(storage.put("a", undefined), { name: "TypeError", message: "put() called with undefined value." });
});

export const formsOfPut = inObject(async (storage) => {
  await storage.put({ a: 1 }, undefined);
  await storage.put({ a: 1 }, null);
  await storage.put({ a: 1 }, { allowUnconfirmed: true });
  await storage.put({ a: 1 }, []);
  await storage.put({ a: 1 }, () => 1);
  await storage.put({ a: 1 }, {}, {});
  for (const options of [5, "x", true, 5n]) await assert.rejects(storage.put({ a: 1 }, options), PUT_FORMS);
  await assert.rejects(storage.put(new Date(0), 1), PUT_FORMS);
  await assert.rejects(storage.put(() => 1, 1), PUT_FORMS);
});

export const entriesWithoutAValue = inObject(async (storage) => {
  await storage.put({ u: undefined, v: 1 });
  assert.deepStrictEqual([...(await storage.list()).keys()], ["v"]);
});

export const onlyOwnEnumerableEntries = inObject(async (storage) => {
  await storage.put(Object.create({ inherited: 1 }));
  await storage.put(Object.defineProperty({}, "hidden", { value: 1 }));
  await storage.put({ [Symbol()]: 1 });
  await storage.put(new Map([["m", 1]]));
  assert.strictEqual((await storage.list()).size, 0);
  await assert.rejects(
    storage.put({
      get a() {
        throw new RangeError("getter");
      },
    }),
    { name: "RangeError", message: "getter" },
  );
});

export const allOrNone = inObject(async (storage) => {
  await assert.rejects(storage.put({ first: 1, second: () => {} }), { name: "DataCloneError" });
  assert.strictEqual(await storage.get("first"), undefined);
});

export const theValueIsACopy = inObject(async (storage) => {
  const value = { a: 1 };
  const done = storage.put("v", value);
  value.a = 2;
  await done;
  const first = await storage.get("v");
  assert.deepStrictEqual(first, { a: 1 });
  assert.notStrictEqual(await storage.get("v"), first);
});

export const options = inObject(async (storage) => {
  for (const given of ["x", 5, true, Symbol(), 5n]) {
    await assert.rejects(storage.get("a", given), bad("get", 2, "GetOptions"));
    await assert.rejects(storage.put("a", 1, given), bad("put", 3, "PutOptions"));
    assert.throws(() => storage.delete("a", given), bad("delete", 2, "PutOptions"));
    await assert.rejects(storage.deleteAll(given), bad("deleteAll", 1, "PutOptions"));
    await assert.rejects(storage.list(given), bad("list", 1, "ListOptions"));
  }
  await storage.get("a", null);
  await storage.get("a", () => {});
  await storage.put("a", 1, null);
  await storage.put("a", 1, { allowConcurrency: "yes", noCache: 0, allowUnconfirmed: {} });
});

export const orderOfOptions = inObject(async (storage) => {
  const read = [];
  const options = new Proxy({}, { get: (_, key) => void read.push(String(key)) });
  await storage.get("a", options);
  await storage.put("a", 1, options);
  await storage.list(options);
  await storage.delete("a", options);
  assert.deepStrictEqual(read, [
    "allowConcurrency", "noCache",
    "allowConcurrency", "allowUnconfirmed", "noCache",
    "start", "startAfter", "end", "prefix", "reverse", "limit", "allowConcurrency", "noCache",
    "allowConcurrency", "allowUnconfirmed", "noCache",
  ]);
});

export const deleteThrows = inObject(async (storage) => {
  assert.throws(() => storage.delete(), bad("delete", 1, "string or Array"));
  await storage.put({ a: 1, b: 2 });
  assert.strictEqual(await storage.delete("a"), true);
  assert.strictEqual(await storage.delete("a"), false);
  assert.strictEqual(await storage.delete(["b", "b", "c"]), 1);
  assert.strictEqual(await storage.delete([]), 0);
  assert.strictEqual(await storage.delete({}), false);
});

export const deleteAll = inObject(async (storage) => {
  await storage.put({ a: 1, b: 2 });
  storage.sql.exec("CREATE TABLE t (x)");
  assert.strictEqual(await storage.deleteAll(), undefined);
  assert.strictEqual((await storage.list()).size, 0);
  assert.deepStrictEqual(storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 't'").toArray(), []);
  await storage.put("a", 3);
  assert.strictEqual(await storage.get("a"), 3);
});

export const writesAreSeenAtOnce = inObject(async (storage) => {
  storage.put("a", 1);
  storage.put("a", 2);
  const pending = storage.get("a");
  storage.delete("a");
  assert.strictEqual(await pending, 2);
  assert.strictEqual(await storage.get("a"), undefined);
});

export const sync = inObject(async (storage) => {
  assert.strictEqual(await storage.sync(), undefined);
  storage.put("a", 1);
  assert.strictEqual(await storage.sync(), undefined);
});

export const tooLargeForARow = inObject(async (storage) => {
  await storage.put("fits", "x".repeat(2_000_000));
  await assert.rejects(storage.put("v", "x".repeat(5_000_000)), {
    name: "Error",
    message: "string or blob too big: SQLITE_TOOBIG",
  });
  assert.strictEqual(await storage.get("v"), undefined);
  assert.strictEqual((await storage.get("fits")).length, 2_000_000);
});

let kept;
const keep = inObject((storage) => {
  kept = storage;
});
const useOfTheOther = inObject(async () => {
  const foreign = {
    name: "Error",
    message: "Cannot perform I/O on behalf of a different Durable Object. I/O objects (such as streams, request/response " +
      "bodies, and others) created in the context of one Durable Object cannot be accessed from a different Durable " +
      "Object in the same isolate. This is a limitation of Cloudflare Workers which allows us to improve overall " +
      "performance. (I/O type: ActorCacheInterface)",
  };
  await assert.rejects(kept.get("a"), foreign);
  await assert.rejects(kept.put("a", 1), foreign);
  assert.throws(() => kept.delete("a"), foreign);
  assert.throws(() => kept.kv.get("a"), foreign);
  assert.throws(() => kept.sql.exec("SELECT 1"), foreign);
  await assert.rejects(kept.transaction(() => {}), foreign);
});
export const anotherObject = {
  async test(controller, env) {
    await keep.test(controller, env);
    await useOfTheOther.test(controller, env);
  },
};
