// The texts and results are workerd's.
import assert from "node:assert";
import { Box, inObject } from "./box.js";

export { Box };

const FILLED = {
  "a": 1, "a/b": 2, "a/c": 3, "b": 4, "B": 5, "\u00e9": 6, "\u{1F600}": 7, "\uffff": 8, "": 9, "a\0": 10,
};
const ORDER = ["", "B", "a", "a\0", "a/b", "a/c", "b", "\u00e9", "\uffff", "\u{1F600}"];
const keys = async (storage, options) => [...(await storage.list(options)).keys()];
const filled = (run) =>
  inObject(async (storage) => {
    await storage.put(FILLED);
    await run(storage);
  });

export const byBytes = filled(async (storage) => {
  const list = await storage.list();
  assert.ok(list instanceof Map);
  assert.deepStrictEqual([...list.keys()], ORDER);
  assert.deepStrictEqual([...list.values()], ORDER.map((key) => FILLED[key]));
});

export const reversed = filled(async (storage) => {
  assert.deepStrictEqual(await keys(storage, { reverse: true }), [...ORDER].reverse());
  assert.deepStrictEqual(await keys(storage, { reverse: "false", limit: 1 }), ["\u{1F600}"]);
});

export const prefixes = filled(async (storage) => {
  assert.deepStrictEqual(await keys(storage, { prefix: "a" }), ["a", "a\0", "a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a/" }), ["a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "" }), ORDER);
  assert.deepStrictEqual(await keys(storage, { prefix: "\u00e9" }), ["\u00e9"]);
  assert.deepStrictEqual(await keys(storage, { prefix: null }), []);
});

export const prefixesWithBounds = filled(async (storage) => {
  assert.deepStrictEqual(await keys(storage, { prefix: "a", start: "a/b" }), ["a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a", startAfter: "a/b" }), ["a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a", start: "B" }), ["a", "a\0", "a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a", start: "b" }), []);
  assert.deepStrictEqual(await keys(storage, { prefix: "a", end: "a/c" }), ["a", "a\0", "a/b"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a", end: "zz" }), ["a", "a\0", "a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "b", end: "a" }), []);
});

export const bounds = filled(async (storage) => {
  assert.deepStrictEqual(await keys(storage, { start: "b" }), ["b", "\u00e9", "\uffff", "\u{1F600}"]);
  assert.deepStrictEqual(await keys(storage, { end: "a/b" }), ["", "B", "a", "a\0"]);
  assert.deepStrictEqual(await keys(storage, { start: "a", end: "b" }), ["a", "a\0", "a/b", "a/c"]);
  assert.deepStrictEqual(await keys(storage, { start: "b", end: "b" }), []);
  assert.deepStrictEqual(await keys(storage, { startAfter: "a/c" }), ["b", "\u00e9", "\uffff", "\u{1F600}"]);
  assert.deepStrictEqual(await keys(storage, { startAfter: "a", limit: 1 }), ["a\0"]);
  assert.deepStrictEqual(await keys(storage, { start: undefined, end: undefined }), ORDER);
});

export const twoBeginnings = filled(async (storage) => {
  const refused = { name: "TypeError", message: "list() cannot be called with both start and startAfter values." };
  await assert.rejects(storage.list({ start: "a", startAfter: "b" }), refused);
  await assert.rejects(storage.list({ start: "a", startAfter: "b", limit: -1 }), refused);
  assert.throws(() => storage.kv.list({ start: "a", startAfter: "b" }), refused);
});

export const limits = filled(async (storage) => {
  assert.deepStrictEqual(await keys(storage, { limit: 2 }), ["", "B"]);
  assert.deepStrictEqual(await keys(storage, { limit: "2" }), ["", "B"]);
  assert.deepStrictEqual(await keys(storage, { limit: 1.9 }), [""]);
  assert.deepStrictEqual(await keys(storage, { limit: true }), [""]);
  assert.deepStrictEqual(await keys(storage, { limit: 2, reverse: true }), ["\u{1F600}", "\uffff"]);
  assert.deepStrictEqual(await keys(storage, { limit: undefined }), ORDER);
});

export const limitsThatAreNone = filled(async (storage) => {
  const refused = { name: "TypeError", message: "List limit must be positive." };
  for (const limit of [0, -1, NaN, Infinity, null, {}]) {
    await assert.rejects(storage.list({ limit }), refused);
    assert.throws(() => storage.kv.list({ limit }), refused);
  }
  await assert.rejects(storage.list({ limit: 2 ** 31 }), {
    name: "TypeError",
    message: "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
  });
  await assert.rejects(storage.list({ limit: 5n }), { name: "TypeError", message: "Cannot convert a BigInt value to a number" });
  await assert.rejects(storage.list({ start: "b", end: "a", limit: -1 }), refused);
});

export const noCap = inObject(async (storage) => {
  for (let i = 0; i < 3000; i += 100) {
    await storage.put(Object.fromEntries(Array.from({ length: 100 }, (_, j) => [`k${String(i + j).padStart(5, "0")}`, i + j])));
  }
  const list = await storage.list({ prefix: "k" });
  assert.strictEqual(list.size, 3000);
  assert.strictEqual([...list.keys()].at(-1), "k02999");
});

export const caseCounts = inObject(async (storage) => {
  await storage.put({ abc: 1, ABC: 2, "a%": 3, a_c: 4 });
  assert.deepStrictEqual(await keys(storage, { prefix: "a" }), ["a%", "a_c", "abc"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "A" }), ["ABC"]);
  assert.deepStrictEqual(await keys(storage, { prefix: "a%" }), ["a%"]);
});
