// What is there for tests only, under a flag. The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, inObject } from "./box.js";

export { Box };

const inSql = (run) => inObject((storage) => run(storage.sql, storage));

export const whatIsThere = inSql(async (sql, storage) => {
  assert.deepStrictEqual(Object.keys(storage), ["primary", "kv", "sql"]);
  assert.strictEqual(storage.primary, undefined);
  assert.strictEqual(await storage.waitForBookmark("x"), undefined);
  assert.strictEqual(typeof sql.prepare, "function");
});

export const statements = inSql((sql) => {
  const statement = sql.prepare("SELECT ? AS a");
  assert.strictEqual(typeof statement, "function");
  assert.ok(statement instanceof sql.Statement);
  assert.deepStrictEqual(statement(5).toArray(), [{ a: 5 }]);
  assert.deepStrictEqual(statement("x").one(), { a: "x" });
  assert.throws(() => sql.prepare(), bad("prepare", 1, "JsString", "SqlStorage"));
  assert.throws(() => sql.prepare("selec 1")(), { message: 'near "selec": syntax error at offset 0: SQLITE_ERROR' });
});

export const statementsWithSeveralCursors = inSql((sql) => {
  sql.exec("CREATE TABLE n (i)");
  sql.exec("INSERT INTO n VALUES (1), (2), (3)");
  const statement = sql.prepare("SELECT i FROM n");
  const first = statement();
  first.next();
  const second = statement();
  assert.deepStrictEqual(second.next().value, { i: 1 });
  assert.deepStrictEqual(first.next().value, { i: 2 });
});

export const reused = inSql((sql) => {
  const cursor = sql.exec("SELECT 42");
  assert.strictEqual(cursor.reusedCachedQueryForTest, false);
  cursor.toArray();
  assert.strictEqual(sql.exec("SELECT 42").reusedCachedQueryForTest, true);
});

export const ingest = inSql((sql) => {
  assert.deepStrictEqual(sql.ingest("CREATE TABLE g (a); INSERT INTO g VALUES (1), (2); INSERT INTO g VAL"), {
    remainder: " INSERT INTO g VAL",
    rowsRead: 1,
    rowsWritten: 4,
    statementCount: 2,
  });
  assert.deepStrictEqual(sql.ingest(""), { remainder: "", rowsRead: 0, rowsWritten: 0, statementCount: 0 });
  assert.strictEqual(sql.ingest("SELECT ';'; sel").remainder, " sel");
  assert.throws(() => sql.ingest(), bad("ingest", 1, "string", "SqlStorage"));
});

export const ingestFails = inSql((sql) => {
  sql.exec("CREATE TABLE g (a)");
  assert.throws(() => sql.ingest("INSERT INTO g VALUES (50); selec 1;"), {
    message: 'near "selec": syntax error at offset 1: SQLITE_ERROR',
  });
  assert.strictEqual(sql.exec("SELECT count(*) AS c FROM g").one().c, 1);
});
