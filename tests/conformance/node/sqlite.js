// node:sqlite: there are no databases here; those of workers are in D1 and in objects.
import assert from "node:assert";
import sqlite from "node:sqlite";

export const names = {
  test() {
    assert.deepStrictEqual(Object.keys(sqlite), ["DatabaseSync", "StatementSync", "constants", "backup"]);
    assert.deepStrictEqual(
      [sqlite.DatabaseSync.name, sqlite.DatabaseSync.length, sqlite.backup.name, sqlite.backup.length],
      ["DatabaseSync", 0, "bound backup", 0],
    );
  },
};

export const nothingOpens = {
  test() {
    for (const Class of [sqlite.DatabaseSync, sqlite.StatementSync]) {
      assert.throws(() => new Class(":memory:"), { name: "TypeError", message: "Illegal constructor" });
      assert.throws(() => Class(), { name: "TypeError", message: "Illegal constructor" });
    }
    assert.strictEqual(sqlite.DatabaseSync.prototype[Symbol.toStringTag], "DatabaseSync");
    assert.throws(() => sqlite.backup(), { name: "Error", message: "backup is not implemented" });
  },
};

export const constants = {
  test() {
    const { constants } = sqlite;
    assert.strictEqual(Object.keys(constants).length, 45);
    assert.strictEqual(constants.SQLITE_CHANGESET_ABORT, 2);
    assert.strictEqual(constants.SQLITE_DENY, 1);
    assert.strictEqual(constants.SQLITE_RECURSIVE, 33);
    assert.strictEqual(constants.SQLITE_COPY, 0);
  },
};
