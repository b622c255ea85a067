// The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, ILLEGAL_INVOCATION, inObject } from "./box.js";

export { Box };

const inSql = (run) => inObject((storage) => run(storage.sql, storage));
const fails = (message) => ({ name: "Error", message });
const NO_STATEMENT = fails("SQL code did not contain a statement.");
const WRONG_NUMBER = fails("Wrong number of parameter bindings for SQL query.");
const NOT_AUTHORIZED = fails("not authorized: SQLITE_AUTH");

export const theClass = inSql((sql, storage) => {
  assert.strictEqual(String(sql), "[object SqlStorage]");
  assert.strictEqual(storage.sql, sql);
  assert.throws(() => new sql.constructor(), { name: "TypeError", message: "Illegal constructor" });
  assert.throws(() => sql.exec.call({}, "SELECT 1"), ILLEGAL_INVOCATION);
  assert.ok(sql.exec("SELECT 1") instanceof sql.Cursor);
  assert.throws(() => new sql.Cursor(), { name: "TypeError", message: "Illegal constructor" });
  assert.deepStrictEqual([sql.Cursor.name, sql.Statement.name], ["Cursor", "Statement"]);
  assert.deepStrictEqual([sql.prepare, sql.ingest, sql.setMaxPageCountForTest], [undefined, undefined, undefined]);
});

export const theQueryIsText = inSql((sql) => {
  assert.throws(() => sql.exec(), bad("exec", 1, "JsString", "SqlStorage"));
  assert.throws(() => sql.exec(5), fails('near "5": syntax error at offset 0: SQLITE_ERROR'));
  assert.throws(() => sql.exec(undefined), fails('near "undefined": syntax error at offset 0: SQLITE_ERROR'));
  assert.throws(() => sql.exec(Symbol()), { name: "TypeError", message: "Cannot convert a Symbol value to a string" });
  assert.deepStrictEqual(sql.exec({ toString: () => "SELECT 7 AS a" }).toArray(), [{ a: 7 }]);
});

export const noStatement = inSql((sql) => {
  for (const query of ["", "  ", "-- comment", ";", "SELECT 1;;", "SELECT 1; -- comment", "SELECT 1\0 a"]) {
    assert.throws(() => sql.exec(query), NO_STATEMENT, JSON.stringify(query));
  }
  assert.deepStrictEqual(sql.exec("SELECT 1 AS a;  \n ").toArray(), [{ a: 1 }]);
});

export const numbersAreReal = inSql((sql) => {
  const type = (value) => sql.exec("SELECT typeof(?) AS t", value).one().t;
  for (const value of [1, 1.5, -0, Infinity, 2 ** 53, 2 ** 63, -(2 ** 53), 1e300]) {
    const row = sql.exec("SELECT ? AS v", value).one();
    assert.ok(Object.is(row.v, value), String(value));
    assert.strictEqual(type(value), "real");
  }
  assert.strictEqual(sql.exec("SELECT ? AS v", NaN).one().v, null);
});

export const textsAndBlobs = inSql((sql) => {
  const same = (value) => sql.exec("SELECT ? AS v, typeof(?1) AS t", value).one();
  assert.deepStrictEqual(same("h\u00e9"), { v: "h\u00e9", t: "text" });
  assert.deepStrictEqual(same(""), { v: "", t: "text" });
  assert.deepStrictEqual(same("a\0b"), { v: "a\0b", t: "text" });
  assert.deepStrictEqual(same("\ud800"), { v: "\ufffd\ufffd\ufffd", t: "text" });
  const bytes = new Uint8Array([1, 2]).buffer;
  assert.deepStrictEqual(same(bytes), { v: bytes, t: "blob" });
  assert.deepStrictEqual(same(new Uint8Array([1, 2])), { v: bytes, t: "blob" });
  assert.deepStrictEqual(same(new Uint8Array([0, 1, 2]).subarray(1)), { v: bytes, t: "blob" });
  assert.deepStrictEqual(same(new DataView(bytes)), { v: bytes, t: "blob" });
  assert.deepStrictEqual(same(new ArrayBuffer(0)), { v: new ArrayBuffer(0), t: "blob" });
  assert.strictEqual(same(new Float64Array(1)).v.byteLength, 8);
});

export const anythingElseIsText = inSql((sql) => {
  const of = (value) => sql.exec("SELECT ? AS v", value).one().v;
  assert.strictEqual(of(true), "true");
  assert.strictEqual(of(false), "false");
  assert.strictEqual(of([1, 2]), "1,2");
  assert.strictEqual(of({}), "[object Object]");
  assert.strictEqual(of(new Date(0)), String(new Date(0)));
  assert.strictEqual(of(Object(4)), "4");
  assert.strictEqual(of({ toString: () => "own" }), "own");
  assert.strictEqual(of(null), null);
  assert.strictEqual(of(undefined), null);
});

export const whatCannotBeBound = inSql((sql) => {
  for (const value of [5n, 2n ** 70n]) {
    assert.throws(() => sql.exec("SELECT ?", value), { name: "TypeError", message: "Cannot convert a BigInt value to a number" });
  }
  assert.throws(() => sql.exec("SELECT ?", Symbol()), { name: "TypeError", message: "Cannot convert a Symbol value to a string" });
  assert.throws(() =>
    sql.exec("SELECT ?", {
      toString() {
        throw new RangeError("own");
      },
    }), { name: "RangeError", message: "own" });
});

export const integersAreNumbers = inSql((sql) => {
  assert.deepStrictEqual(
    sql.exec("SELECT 1 AS a, -5 AS b, 9007199254740993 AS c, 9223372036854775807 AS d, 1e400 AS e, 0.1 AS f, -0.0 AS g").one(),
    { a: 1, b: -5, c: 9007199254740992, d: 9223372036854776000, e: Infinity, f: 0.1, g: -0 },
  );
  assert.deepStrictEqual(sql.exec("SELECT x'0102' AS a, x'' AS b, NULL AS c").one(), {
    a: new Uint8Array([1, 2]).buffer,
    b: new ArrayBuffer(0),
    c: null,
  });
});

export const numberOfBindings = inSql((sql) => {
  assert.throws(() => sql.exec("SELECT ?, ?", 1), WRONG_NUMBER);
  assert.throws(() => sql.exec("SELECT ?", 1, 2), WRONG_NUMBER);
  assert.throws(() => sql.exec("SELECT ?"), WRONG_NUMBER);
  assert.throws(() => sql.exec("SELECT ?5", 1), WRONG_NUMBER);
  assert.deepStrictEqual(sql.exec("SELECT ?2", 1, 2).toArray(), [{ "?2": 2 }]);
  assert.deepStrictEqual(sql.exec("SELECT :a, @b, $c, :a AS again", 1, 2, 3).one(), { ":a": 1, "@b": 2, "$c": 3, again: 1 });
});

export const severalStatements = inSql((sql) => {
  const cursor = sql.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2); SELECT a FROM t WHERE a > ?", 1);
  assert.deepStrictEqual(cursor.toArray(), [{ a: 2 }]);
  assert.throws(
    () => sql.exec("INSERT INTO t VALUES (?); SELECT 1", 1),
    fails("When executing multiple SQL statements in a single call, only the last statement can have parameters."),
  );
});

export const whatRanBeforeAnErrorStays = inSql((sql) => {
  assert.throws(() => sql.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1); SELECT * FROM missing"), fails("no such table: missing: SQLITE_ERROR"));
  assert.deepStrictEqual(sql.exec("SELECT a FROM t").toArray(), [{ a: 1 }]);
});

export const syntaxErrors = inSql((sql) => {
  assert.throws(() => sql.exec("selec 1"), fails('near "selec": syntax error at offset 0: SQLITE_ERROR'));
  assert.throws(() => sql.exec("SELECT 1; selec 2"), fails('near "selec": syntax error at offset 0: SQLITE_ERROR'));
  assert.throws(() => sql.exec("SELECT missing(1)"), fails("no such function: missing at offset 7: SQLITE_ERROR"));
});

export const constraints = inSql((sql) => {
  sql.exec("CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT UNIQUE NOT NULL, c INT CHECK (c > 0), r INT REFERENCES u (id))");
  sql.exec("INSERT INTO u VALUES (1, 'a', 1, NULL)");
  const insert = (values) => () => sql.exec(`INSERT INTO u VALUES ${values}`);
  const text = (message, name) => fails(`${message}: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_${name})`);
  assert.throws(insert("(1, 'b', 1, NULL)"), text("UNIQUE constraint failed: u.id", "PRIMARYKEY"));
  assert.throws(insert("(2, 'a', 1, NULL)"), text("UNIQUE constraint failed: u.n", "UNIQUE"));
  assert.throws(insert("(2, NULL, 1, NULL)"), text("NOT NULL constraint failed: u.n", "NOTNULL"));
  assert.throws(insert("(2, 'z', 0, NULL)"), text("CHECK constraint failed: c > 0", "CHECK"));
  assert.throws(insert("(3, 'q', 1, 99)"), text("FOREIGN KEY constraint failed", "FOREIGNKEY"));
  assert.throws(insert("('x', 'q', 1, 1)"), fails("datatype mismatch: SQLITE_MISMATCH"));
  assert.strictEqual(sql.exec("SELECT count(*) AS c FROM u").one().c, 1);
});

export const transactionsAreNotSql = inSql((sql) => {
  for (const query of ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "END"]) {
    assert.throws(
      () => sql.exec(query),
      fails(
        "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs " +
          "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will " +
          "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic " +
          "write coalescing.",
      ),
    );
  }
});

export const refusedStatements = inSql((sql) => {
  for (
    const query of [
      "ATTACH 'x' AS y", "DETACH y", "PRAGMA user_version", "PRAGMA journal_mode", "PRAGMA page_size", "PRAGMA page_count",
      "PRAGMA encoding", "PRAGMA cache_size", "PRAGMA writable_schema = ON", "CREATE TEMP TABLE t (a)", "CREATE TABLE _cf_x (a)",
      "CREATE VIRTUAL TABLE v USING csv (a)", "CREATE VIRTUAL TABLE v USING rtree (id, a, b)",
    ]
  ) {
    assert.throws(() => sql.exec(query), NOT_AUTHORIZED, query);
  }
  assert.throws(() => sql.exec("VACUUM"), fails("cannot VACUUM from within a transaction: SQLITE_ERROR"));
  assert.throws(() => sql.exec("SELECT sqlite_version()"), fails("not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"));
  assert.throws(() => sql.exec("SELECT load_extension('x')"), fails("not authorized: SQLITE_ERROR"));
  assert.throws(() => sql.exec("SELECT * FROM _cf_KV"), fails("no such table: _cf_KV: SQLITE_ERROR"));
});

export const internalTablesAreHidden = inSql(async (sql, storage) => {
  await storage.put("a", 1);
  assert.throws(() => sql.exec("SELECT * FROM _cf_KV"), fails("access to _cf_KV.key is prohibited: SQLITE_AUTH"));
  assert.throws(() => sql.exec("DROP TABLE _cf_KV"), NOT_AUTHORIZED);
});

export const allowedStatements = inSql((sql) => {
  assert.deepStrictEqual(sql.exec("PRAGMA foreign_keys").toArray(), [{ foreign_keys: 1 }]);
  assert.deepStrictEqual(sql.exec("PRAGMA foreign_keys = OFF").toArray(), []);
  assert.deepStrictEqual(sql.exec("PRAGMA quick_check").toArray(), [{ quick_check: "ok" }]);
  assert.deepStrictEqual(sql.exec("PRAGMA recursive_triggers").toArray(), [{ recursive_triggers: 0 }]);
  sql.exec("CREATE TABLE t (a)");
  assert.strictEqual(sql.exec("PRAGMA table_info(t)").toArray().length, 1);
  assert.strictEqual(sql.exec("SELECT * FROM pragma_table_info('t')").toArray().length, 1);
  sql.exec("CREATE VIRTUAL TABLE f USING fts5 (body)");
  sql.exec("INSERT INTO f VALUES ('some words'), ('others')");
  assert.deepStrictEqual(sql.exec("SELECT body FROM f WHERE f MATCH 'words'").toArray(), [{ body: "some words" }]);
  assert.deepStrictEqual(sql.exec("EXPLAIN QUERY PLAN SELECT 1").toArray(), [{ id: 1, parent: 0, notused: 0, detail: "SCAN CONSTANT ROW" }]);
  assert.deepStrictEqual(sql.exec("SELECT value FROM json_each('[1, 2]')").toArray(), [{ value: 1 }, { value: 2 }]);
  assert.deepStrictEqual(sql.exec("VALUES (1, 2)").toArray(), [{ column1: 1, column2: 2 }]);
  assert.strictEqual(sql.exec("SELECT sqrt(4) AS a").one().a, 2);
});

export const sizesAreLimited = inSql((sql) => {
  const tooBig = fails("string or blob too big: SQLITE_TOOBIG");
  assert.throws(() => sql.exec(`SELECT '${"x".repeat(100_001)}'`), fails("statement too long: SQLITE_TOOBIG"));
  assert.throws(() => sql.exec("SELECT ?", "x".repeat(5_000_000)), tooBig);
  assert.throws(() => sql.exec("SELECT ?", new ArrayBuffer(5_000_000)), tooBig);
  assert.throws(() => sql.exec("SELECT zeroblob(5000000)"), tooBig);
  assert.throws(() => sql.exec(`SELECT ${Array(101).fill("1").join()}`), fails("too many columns in result set: SQLITE_ERROR"));
  assert.throws(() => sql.exec(Array(6).fill("SELECT 1").join(" UNION ALL ")), fails("too many terms in compound SELECT: SQLITE_ERROR"));
  assert.throws(() => sql.exec("SELECT 'a' LIKE ?", "x".repeat(51)), fails("LIKE or GLOB pattern too complex: SQLITE_ERROR"));
});

export const databaseSize = inSql(async (sql, storage) => {
  assert.strictEqual(sql.databaseSize, 4096);
  await storage.put("a", 1);
  assert.strictEqual(sql.databaseSize, 8192);
  sql.exec("CREATE TABLE t (a)");
  assert.strictEqual(sql.databaseSize, 12288);
});

export const fullTextOfErrors = inSql((sql) => {
  assert.throws(() => sql.exec("SELECT abs(-9223372036854775808)"), fails("integer overflow: SQLITE_ERROR"));
  assert.throws(() => sql.exec("SELECT json('{')"), fails("malformed JSON: SQLITE_ERROR"));
  assert.throws(() => sql.exec("CREATE TABLE t (a, a)"), fails("duplicate column name: a: SQLITE_ERROR"));
  assert.throws(() => sql.exec("CREATE TABLE sqlite_x (a)"), fails("object name reserved for internal use: sqlite_x: SQLITE_ERROR"));
});
