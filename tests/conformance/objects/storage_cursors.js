// The texts and results are workerd's.
import assert from "node:assert";
import { Box, ILLEGAL_INVOCATION, inObject } from "./box.js";

export { Box };

const fails = (message) => ({ name: "Error", message });
const filled = (run) =>
  inObject((storage) => {
    const { sql } = storage;
    sql.exec("CREATE TABLE n (i INTEGER PRIMARY KEY, s)");
    for (let i = 1; i <= 5; i++) sql.exec("INSERT INTO n VALUES (?, ?)", i, `s${i}`);
    return run(sql, storage);
  });

export const theClass = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n");
  assert.strictEqual(String(cursor), "[object Cursor]");
  assert.strictEqual(JSON.stringify(cursor), "{}");
  assert.throws(() => cursor.next.call({}), ILLEGAL_INVOCATION);
  assert.strictEqual(cursor.map, undefined);
  assert.strictEqual(cursor.return, undefined);
  assert.strictEqual(String(cursor.raw()), "[object RawIterator]");
  assert.strictEqual(String(cursor[Symbol.iterator]()), "[object RowIterator]");
  assert.ok(cursor.raw() instanceof Iterator);
});

export const rows = filled((sql) => {
  assert.deepStrictEqual(sql.exec("SELECT * FROM n WHERE i < 3").toArray(), [{ i: 1, s: "s1" }, { i: 2, s: "s2" }]);
  assert.deepStrictEqual([...sql.exec("SELECT i FROM n WHERE i < 3")], [{ i: 1 }, { i: 2 }]);
  assert.deepStrictEqual(sql.exec("SELECT i FROM n WHERE 0").toArray(), []);
  const row = sql.exec("SELECT 1 AS a").one();
  assert.strictEqual(Object.getPrototypeOf(row), Object.prototype);
});

export const next = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n WHERE i < 3");
  assert.deepStrictEqual(cursor.next(), { done: false, value: { i: 1 } });
  assert.deepStrictEqual(cursor.next(), { done: false, value: { i: 2 } });
  assert.deepStrictEqual(cursor.next(), { done: true, value: undefined });
  assert.deepStrictEqual(cursor.next(), { done: true, value: undefined });
});

export const one = filled((sql) => {
  assert.deepStrictEqual(sql.exec("SELECT 1 AS a").one(), { a: 1 });
  assert.throws(() => sql.exec("SELECT 1 WHERE 0").one(), fails("Expected exactly one result from SQL query, but got no results."));
  const cursor = sql.exec("SELECT i FROM n");
  assert.throws(() => cursor.one(), fails("Expected exactly one result from SQL query, but got multiple results."));
  assert.deepStrictEqual(cursor.next(), { done: true, value: undefined });
  const rest = sql.exec("SELECT i FROM n WHERE i < 3");
  rest.next();
  assert.deepStrictEqual(rest.one(), { i: 2 });
});

export const raw = filled((sql) => {
  assert.deepStrictEqual([...sql.exec("SELECT i, s FROM n WHERE i < 3").raw()], [[1, "s1"], [2, "s2"]]);
  assert.deepStrictEqual(sql.exec("SELECT i FROM n").raw().toArray(), [[1], [2], [3], [4], [5]]);
  assert.deepStrictEqual(sql.exec("SELECT i FROM n").raw().map(([i]) => i).take(2).toArray(), [1, 2]);
  const iterator = sql.exec("SELECT 1").raw();
  assert.strictEqual(iterator[Symbol.iterator](), iterator);
  assert.deepStrictEqual(iterator.next(), { done: false, value: [1] });
  assert.deepStrictEqual(iterator.next(), { done: true, value: undefined });
});

export const oneCursorManyWays = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n");
  assert.deepStrictEqual(cursor.next().value, { i: 1 });
  assert.deepStrictEqual(cursor.raw().next().value, [2]);
  assert.deepStrictEqual(cursor[Symbol.iterator]().next().value, { i: 3 });
  assert.deepStrictEqual(cursor.toArray(), [{ i: 4 }, { i: 5 }]);
  assert.deepStrictEqual([...cursor], []);
});

export const brokenOff = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n");
  for (const { i } of cursor) {
    if (i === 2) break;
  }
  assert.deepStrictEqual(cursor.toArray().map(({ i }) => i), [3, 4, 5]);
});

export const columnNames = filled((sql) => {
  const cursor = sql.exec("SELECT * FROM n");
  assert.deepStrictEqual(cursor.columnNames, ["i", "s"]);
  assert.strictEqual(cursor.columnNames, cursor.columnNames);
  cursor.toArray();
  assert.deepStrictEqual(cursor.columnNames, ["i", "s"]);
  assert.deepStrictEqual(sql.exec("CREATE TABLE x (a)").columnNames, []);
  const returned = sql.exec("INSERT INTO x VALUES (1) RETURNING a AS b");
  assert.deepStrictEqual(returned.columnNames, ["b"]);
  assert.deepStrictEqual(returned.toArray(), [{ b: 1 }]);
});

export const equalNames = filled((sql) => {
  const cursor = sql.exec("SELECT 1 AS a, 2 AS a, 3 AS b");
  assert.deepStrictEqual(cursor.columnNames, ["a", "a", "b"]);
  assert.deepStrictEqual(cursor.toArray(), [{ a: 2, b: 3 }]);
  assert.deepStrictEqual(sql.exec("SELECT 1 AS a, 2 AS a, 3 AS b").raw().toArray(), [[1, 2, 3]]);
});

export const oddNames = filled((sql) => {
  const row = sql.exec('SELECT 1 AS "__proto__", 2 AS "constructor", 3 AS "0"').one();
  assert.deepStrictEqual(Object.keys(row), ["0", "constructor"]);
  assert.strictEqual(Object.getPrototypeOf(row), Object.prototype);
});

export const countsWhileReading = filled((sql) => {
  const cursor = sql.exec("SELECT * FROM n");
  const read = [cursor.rowsRead];
  cursor.next();
  read.push(cursor.rowsRead);
  cursor.next();
  read.push(cursor.rowsRead);
  cursor.toArray();
  read.push(cursor.rowsRead);
  assert.deepStrictEqual(read, [1, 2, 3, 5]);
  assert.strictEqual(cursor.rowsWritten, 0);
});

export const countsOfWrites = filled((sql) => {
  const counts = (query) => {
    const cursor = sql.exec(query);
    return [cursor.rowsRead, cursor.rowsWritten];
  };
  assert.strictEqual(counts("INSERT INTO n VALUES (6, 'six'), (7, 'seven')")[1], 2);
  assert.deepStrictEqual(counts("DELETE FROM n WHERE i > 5"), [2, 2]);
  assert.strictEqual(counts("UPDATE n SET s = 'z' WHERE i < 3")[1], 2);
  sql.exec("CREATE TABLE q (a PRIMARY KEY, b UNIQUE)");
  assert.deepStrictEqual(counts("INSERT INTO q VALUES (1, 2)"), [0, 3]);
});

export const countsOfReads = filled((sql) => {
  const read = (query) => {
    const cursor = sql.exec(query);
    cursor.toArray();
    return cursor.rowsRead;
  };
  assert.strictEqual(read("SELECT * FROM n WHERE s = 's3'"), 5);
  assert.strictEqual(read("SELECT * FROM n WHERE i = 3"), 1);
  assert.strictEqual(read("SELECT count(*) FROM n"), 5);
});

export const returning = filled((sql) => {
  const cursor = sql.exec("INSERT INTO n VALUES (8, 'x'), (9, 'y') RETURNING *");
  assert.deepStrictEqual(cursor.toArray(), [{ i: 8, s: "x" }, { i: 9, s: "y" }]);
  assert.strictEqual(cursor.rowsWritten, 2);
});

export const oneStatementTwice = filled((sql) => {
  const first = sql.exec("SELECT i FROM n");
  first.next();
  const second = sql.exec("SELECT i FROM n");
  assert.deepStrictEqual(second.next().value, { i: 1 });
  assert.deepStrictEqual(first.next().value, { i: 2 });
});

export const acrossAwaits = filled(async (sql) => {
  const cursor = sql.exec("SELECT i FROM n");
  cursor.next();
  await scheduler.wait(1);
  assert.strictEqual(cursor.toArray().length, 4);
});

export const writesWhileReading = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n ORDER BY i");
  cursor.next();
  sql.exec("INSERT INTO n VALUES (100, 'h')");
  sql.exec("DELETE FROM n WHERE i = 4");
  assert.deepStrictEqual(cursor.toArray().map(({ i }) => i), [2, 3, 5, 100]);
});

export const dropWhileReading = filled((sql) => {
  const cursor = sql.exec("SELECT i FROM n");
  cursor.next();
  assert.throws(() => sql.exec("DROP TABLE n"), fails("database table is locked: SQLITE_LOCKED"));
  assert.strictEqual(cursor.toArray().length, 4);
  sql.exec("DROP TABLE n");
});

export const schemaChanges = filled((sql) => {
  const query = "SELECT * FROM n WHERE i = 1";
  assert.deepStrictEqual(sql.exec(query).columnNames, ["i", "s"]);
  sql.exec("ALTER TABLE n ADD COLUMN more");
  const cursor = sql.exec(query);
  assert.deepStrictEqual(cursor.columnNames, ["i", "s", "more"]);
  assert.deepStrictEqual(cursor.toArray(), [{ i: 1, s: "s1", more: null }]);
});

export const deleteAllWhileReading = filled(async (sql, storage) => {
  const cursor = sql.exec("SELECT i FROM n");
  cursor.next();
  await storage.deleteAll();
  assert.throws(() => cursor.next(), fails("SQLite query was canceled because the database was deleted."));
  assert.deepStrictEqual(sql.exec("SELECT name FROM sqlite_master WHERE name = 'n'").toArray(), []);
});

export const rollbackWhileReading = filled((sql, storage) => {
  let cursor;
  assert.throws(() =>
    storage.transactionSync(() => {
      sql.exec("INSERT INTO n VALUES (6, 'x')");
      cursor = sql.exec("SELECT i FROM n");
      cursor.next();
      throw new Error("back");
    })
  );
  assert.throws(() => cursor.next(), fails("abort due to ROLLBACK: SQLITE_ABORT (extended: SQLITE_ABORT_ROLLBACK)"));
});

export const withoutEnd = filled((sql) => {
  const cursor = sql.exec("WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c");
  assert.deepStrictEqual([cursor.next().value, cursor.next().value], [{ x: 1 }, { x: 2 }]);
});

export const errorsInTheMiddle = filled((sql) => {
  const cursor = sql.exec("SELECT abs(CASE WHEN i = 3 THEN -9223372036854775808 ELSE i END) AS a FROM n");
  assert.deepStrictEqual(cursor.next().value, { a: 1 });
  assert.throws(() => cursor.next(), fails("integer overflow: SQLITE_ERROR"));
});

export const manyAbandoned = filled((sql) => {
  for (let i = 0; i < 2000; i++) sql.exec("SELECT i FROM n").next();
  assert.strictEqual(sql.exec("SELECT i FROM n").toArray().length, 5);
});

export const countsOfOldCursors = filled((sql) => {
  const cursors = [];
  for (let i = 0; i < 300; i++) {
    const cursor = sql.exec("SELECT i FROM n");
    cursor.toArray();
    cursors.push(cursor);
    assert.strictEqual(cursor.rowsRead, 5);
  }
  assert.strictEqual(cursors[0].rowsRead, 5);
  assert.deepStrictEqual(cursors[0].columnNames, ["i"]);
});
