// What a class without SQL has. The texts are workerd's; sizes are limited as in production.
import assert from "node:assert";
import { Box, inObject } from "./box.js";

export { Box };

const NO_SQL = {
  name: "Error",
  message: "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to `new_sqlite_classes` " +
    "within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd directly,set " +
    "`enableSql = true` in your workerd config for the class. Note that this change cannot be made after the class is " +
    "already deployed to production.",
};
const NO_KV = {
  name: "Error",
  message: "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but this object's " +
    "namespace is not declared to use SQLite. You can use the older, asyncronous interface via methods of `storage` " +
    "itself (e.g. `storage.get()`). Alternatively, to enable SQLite, change `new_classes` to `new_sqlite_classes` within " +
    "the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd directly, set `enableSql = " +
    "true` in your workerd config for the class. Note that this change cannot be made after the class is already " +
    "deployed to production.",
};

export const sql = inObject((storage) => {
  assert.strictEqual(String(storage.sql), "[object SqlStorage]");
  assert.throws(() => storage.sql.exec("SELECT 1"), NO_SQL);
  assert.throws(() => storage.sql.databaseSize, NO_SQL);
});

export const kv = inObject((storage) => {
  assert.strictEqual(String(storage.kv), "[object SyncKvStorage]");
  assert.throws(() => storage.kv.get("a"), NO_KV);
  assert.throws(() => storage.kv.put("a", 1), NO_KV);
  assert.throws(() => storage.kv.put("a", () => 1), NO_KV);
  assert.throws(() => storage.kv.delete("a"), NO_KV);
  assert.throws(() => storage.kv.list(), NO_KV);
  assert.throws(() => storage.kv.list({ limit: 0 }), NO_KV);
});

export const keysAndTransactions = inObject(async (storage) => {
  await storage.put({ a: 1, b: new Date(5) });
  assert.deepStrictEqual([...await storage.list()], [["a", 1], ["b", new Date(5)]]);
  assert.strictEqual(await storage.transaction(async (txn) => await txn.get("a")), 1);
  assert.strictEqual(storage.transactionSync(() => 7), 7);
});

export const whatFits = inObject(async (storage) => {
  await storage.put("k".repeat(2048), 1);
  await storage.put("v", "x".repeat(128 * 1024));
  assert.strictEqual((await storage.get(Array.from({ length: 128 }, (_, i) => `k${i}`))).size, 0);
});
