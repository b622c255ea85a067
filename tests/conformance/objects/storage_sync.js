// The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, ILLEGAL_INVOCATION, inObject } from "./box.js";

export { Box };

const OWNER = "SyncKvStorage";
const INVALIDATED = {
  name: "Error",
  message: "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator " +
    "can exist at a time.",
};
const inKv = (run) => inObject((storage, ctx) => run(storage.kv, storage, ctx));

export const theClass = inKv((kv, storage) => {
  assert.strictEqual(String(kv), "[object SyncKvStorage]");
  assert.strictEqual(storage.kv, kv);
  const names = [];
  for (const name in kv) names.push(name);
  assert.deepStrictEqual(names.sort(), ["delete", "get", "list", "put"]);
  assert.throws(() => new kv.constructor(), { name: "TypeError", message: "Illegal constructor" });
  assert.throws(() => kv.get.call({}, "a"), ILLEGAL_INVOCATION);
});

export const getPutDelete = inKv((kv) => {
  assert.strictEqual(kv.get("a"), undefined);
  assert.strictEqual(kv.put("a", { b: new Date(5) }), undefined);
  assert.deepStrictEqual(kv.get("a"), { b: new Date(5) });
  assert.strictEqual(kv.delete("a"), true);
  assert.strictEqual(kv.delete("a"), false);
});

export const arguments_ = inKv((kv) => {
  assert.throws(() => kv.get(), bad("get", 1, "string", OWNER));
  assert.throws(() => kv.put(), bad("put", 1, "string", OWNER));
  assert.throws(() => kv.put("a"), bad("put", 2, "JsValue", OWNER));
  assert.throws(() => kv.delete(), bad("delete", 1, "string", OWNER));
  assert.throws(() => kv.list("x"), bad("list", 1, "ListOptions", OWNER));
  assert.throws(() => kv.get(Symbol()), { name: "TypeError", message: "Cannot convert a Symbol value to a string" });
});

export const undefinedIsAValue = inKv((kv) => {
  kv.put("a", undefined);
  assert.deepStrictEqual([...kv.list()], [["a", undefined]]);
});

export const keysAreTexts = inKv((kv) => {
  kv.put({}, 1);
  assert.strictEqual(kv.get("[object Object]"), 1);
  kv.put(["a", "b"], 2);
  assert.strictEqual(kv.get("a,b"), 2);
});

export const sharedWithTheOther = inKv(async (kv, storage) => {
  kv.put("a", 1);
  assert.strictEqual(await storage.get("a"), 1);
  await storage.put("b", 2);
  assert.strictEqual(kv.get("b"), 2);
});

export const lists = inKv((kv) => {
  for (const key of ["c", "a", "b"]) kv.put(key, key);
  assert.deepStrictEqual([...kv.list()], [["a", "a"], ["b", "b"], ["c", "c"]]);
  assert.deepStrictEqual([...kv.list({ reverse: true, limit: 2 })], [["c", "c"], ["b", "b"]]);
  assert.deepStrictEqual([...kv.list({ start: "b", end: "a" })], []);
  assert.deepStrictEqual([...kv.list({ prefix: "b" })], [["b", "b"]]);
  assert.strictEqual([...kv.list(null)].length, 3);
});

export const theIterator = inKv((kv) => {
  kv.put("a", 1);
  const list = kv.list();
  assert.strictEqual(String(list), "[object ListIterator]");
  assert.strictEqual(list[Symbol.iterator](), list);
  assert.ok(list instanceof Iterator);
  assert.strictEqual(list.return, undefined);
  assert.deepStrictEqual(list.next(), { done: false, value: ["a", 1] });
  assert.deepStrictEqual(list.next(), { done: true, value: undefined });
  assert.deepStrictEqual(list.next(), { done: true, value: undefined });
  assert.deepStrictEqual(kv.list().map(([key]) => key).toArray(), ["a"]);
});

export const oneListAtATime = inKv((kv) => {
  kv.put("a", 1);
  kv.put("b", 2);
  const first = kv.list();
  first.next();
  const second = kv.list();
  assert.throws(() => first.next(), INVALIDATED);
  assert.deepStrictEqual(second.next().value, ["a", 1]);
});

export const aListThatIsOver = inKv((kv) => {
  kv.put("a", 1);
  const first = kv.list();
  assert.strictEqual([...first].length, 1);
  kv.list();
  assert.strictEqual(first.next().done, true);
});

export const anEmptyRangeEndsNothing = inKv((kv) => {
  kv.put("a", 1);
  kv.put("b", 2);
  const first = kv.list();
  first.next();
  kv.list({ start: "b", end: "a" });
  assert.deepStrictEqual(first.next().value, ["b", 2]);
});

export const theOtherListEndsIt = inKv(async (kv, storage) => {
  kv.put("a", 1);
  const first = kv.list();
  await storage.list();
  assert.throws(() => first.next(), INVALIDATED);
});

export const writesWhileListing = inKv((kv) => {
  for (const key of ["a", "b", "c"]) kv.put(key, 1);
  const seen = [];
  for (const [key] of kv.list()) {
    seen.push(key);
    kv.put("bb", 1);
    kv.delete("c");
  }
  assert.deepStrictEqual(seen, ["a", "b", "bb"]);
});

export const acrossAwaits = inKv(async (kv) => {
  for (const key of ["a", "b"]) kv.put(key, 1);
  const list = kv.list();
  list.next();
  await scheduler.wait(1);
  assert.deepStrictEqual(list.next().value, ["b", 1]);
});

export const cannotBeCloned = inKv((kv) => {
  assert.throws(() => kv.put("a", () => 1), { name: "DataCloneError", message: "() => 1 could not be cloned." });
  assert.strictEqual(kv.get("a"), undefined);
});
