// The texts and results are workerd's.
import assert from "node:assert";
import { bad, Box, inObject } from "./box.js";

export { Box };

const table = (run) =>
  inObject(async (storage, ctx) => {
    storage.sql.exec("CREATE TABLE t (i)");
    await run(storage, (number) => storage.sql.exec("INSERT INTO t VALUES (?)", number), () =>
      storage.sql.exec("SELECT i FROM t ORDER BY i").toArray().map((row) => row.i), ctx);
  });
const committed = (operation) => ({
  name: "Error",
  message: `Cannot call ${operation} on transaction that has already committed: did you move \`txn\` outside of the closure?`,
});
const rolledBack = (operation) => ({ name: "Error", message: `Cannot ${operation} on rolled back transaction` });
const IN_TRANSACTION = { name: "Error", message: "Cannot call deleteAll() within a transaction" };

export const syncReturns = inObject((storage) => {
  assert.strictEqual(storage.transactionSync(() => 7), 7);
  assert.strictEqual(storage.transactionSync((...given) => given.length), 0);
  for (const callback of [undefined, 5, {}]) {
    assert.throws(() => storage.transactionSync(callback), bad("transactionSync", 1, "function"));
  }
});

export const syncRollsBack = table(async (storage, insert, rows) => {
  assert.throws(() =>
    storage.transactionSync(() => {
      insert(1);
      storage.kv.put("k", 1);
      storage.put("p", 1);
      throw new RangeError("back");
    }), { name: "RangeError", message: "back" });
  assert.deepStrictEqual([rows(), storage.kv.get("k"), await storage.get("p")], [[], undefined, undefined]);
});

export const syncNests = table((storage, insert, rows) => {
  storage.transactionSync(() => {
    insert(1);
    assert.throws(() =>
      storage.transactionSync(() => {
        insert(2);
        throw new Error("inner");
      })
    );
    storage.transactionSync(() => insert(3));
  });
  assert.deepStrictEqual(rows(), [1, 3]);
});

export const syncOuterRollsBack = table((storage, insert, rows) => {
  insert(0);
  assert.throws(() =>
    storage.transactionSync(() => {
      storage.transactionSync(() => insert(1));
      throw new Error("outer");
    })
  );
  assert.deepStrictEqual(rows(), [0]);
});

export const syncThrowsAnything = inObject((storage) => {
  let caught = "nothing";
  try {
    storage.transactionSync(() => {
      throw undefined;
    });
  } catch (error) {
    caught = error;
  }
  assert.strictEqual(caught, undefined);
});

export const syncWithAPromise = table(async (storage, insert, rows) => {
  const promise = storage.transactionSync(async () => {
    insert(1);
    throw new Error("late");
  });
  await assert.rejects(promise, { message: "late" });
  assert.deepStrictEqual(rows(), [1]);
});

export const syncIsDeep = table((storage, insert, rows) => {
  const descend = (depth) => depth === 0 ? insert(5) : storage.transactionSync(() => descend(depth - 1));
  descend(100);
  assert.deepStrictEqual(rows(), [5]);
});

export const asyncReturns = inObject(async (storage) => {
  assert.strictEqual(await storage.transaction(async () => 7), 7);
  assert.strictEqual(await storage.transaction(() => 7), 7);
  assert.strictEqual(await storage.transaction(() => ({ then: (resolve) => resolve(9) })), 9);
  await storage.transaction((...given) => {
    assert.strictEqual(given.length, 1);
    assert.strictEqual(String(given[0]), "[object DurableObjectTransaction]");
  });
});

export const asyncArguments = inObject(async (storage) => {
  await assert.rejects(storage.transaction(), bad("transaction", 1, "function"));
  await assert.rejects(storage.transaction(5), bad("transaction", 1, "function"));
  await assert.rejects(storage.transaction(() => 1, 5), bad("transaction", 2, "TransactionOptions"));
  assert.strictEqual(await storage.transaction(() => 1, { asOfTime: new Date(), lowPriority: true }), 1);
});

export const asyncCommits = table(async (storage, insert, rows) => {
  await storage.transaction(async (txn) => {
    await txn.put("a", 1);
    await scheduler.wait(1);
    insert(1);
    assert.strictEqual(await txn.get("a"), 1);
    assert.strictEqual(await storage.get("a"), 1);
  });
  assert.deepStrictEqual([await storage.get("a"), rows()], [1, [1]]);
});

export const asyncRollsBack = table(async (storage, insert, rows) => {
  await assert.rejects(
    storage.transaction(async (txn) => {
      await txn.put("a", 1);
      insert(1);
      await scheduler.wait(1);
      storage.kv.put("b", 1);
      await storage.put("c", 1);
      throw new RangeError("back");
    }),
    { name: "RangeError", message: "back" },
  );
  assert.deepStrictEqual([(await storage.list()).size, rows()], [0, []]);
});

export const whatIsThrown = inObject(async (storage) => {
  await assert.rejects(storage.transaction(() => {
    throw new TypeError("sync");
  }), { name: "TypeError", message: "sync" });
  assert.strictEqual(await storage.transaction(() => Promise.reject(5)).catch((error) => error), 5);
});

export const rollback = inObject(async (storage) => {
  const answers = await storage.transaction(async (txn) => {
    await txn.put("a", 1);
    return [txn.rollback(), txn.rollback()];
  });
  assert.deepStrictEqual(answers, [undefined, undefined]);
  assert.strictEqual(await storage.get("a"), undefined);
});

export const useAfterRollback = inObject((storage) =>
  storage.transaction(async (txn) => {
    txn.rollback();
    await assert.rejects(txn.get("a"), rolledBack("get()"));
    await assert.rejects(txn.put("a", 1), rolledBack("put()"));
    await assert.rejects(txn.list(), rolledBack("list()"));
    assert.throws(() => txn.delete("a"), rolledBack("delete()"));
    await assert.rejects(txn.getAlarm(), rolledBack("getAlarm()"));
    await assert.rejects(txn.setAlarm(8e12), rolledBack("setAlarm()"));
    await assert.rejects(txn.deleteAlarm(), rolledBack("deleteAlarm()"));
  })
);

export const useAfterCommit = inObject(async (storage) => {
  let kept;
  await storage.transaction((txn) => void (kept = txn));
  await assert.rejects(kept.get("a"), committed("get()"));
  await assert.rejects(kept.put("a", 1), committed("put()"));
  await assert.rejects(kept.list(), committed("list()"));
  assert.throws(() => kept.delete("a"), committed("delete()"));
  await assert.rejects(kept.getAlarm(), committed("getAlarm()"));
  await assert.rejects(kept.setAlarm(8e12), committed("setAlarm()"));
  await assert.rejects(kept.deleteAlarm(), committed("deleteAlarm()"));
  assert.throws(() => kept.rollback(), committed("rollback()"));
});

export const useAfterFailure = inObject(async (storage) => {
  let kept;
  await assert.rejects(storage.transaction((txn) => {
    kept = txn;
    throw new Error("back");
  }));
  await assert.rejects(kept.get("a"), rolledBack("get()"));
  assert.strictEqual(kept.rollback(), undefined);
});

export const deleteAll = inObject(async (storage) => {
  await storage.put("a", 1);
  await storage.transaction(async (txn) => {
    assert.throws(() => txn.deleteAll(), IN_TRANSACTION);
    await assert.rejects(storage.deleteAll(), IN_TRANSACTION);
  });
  assert.strictEqual(await storage.get("a"), 1);
});

export const argumentsOfTheTransaction = inObject((storage) =>
  storage.transaction(async (txn) => {
    await assert.rejects(txn.get(), bad("get", 1, "string or Array", "DurableObjectTransaction"));
    await assert.rejects(txn.put("a", 1, 5), bad("put", 3, "PutOptions", "DurableObjectTransaction"));
    assert.deepStrictEqual(Object.keys(txn), []);
    assert.strictEqual(txn.sql, undefined);
  })
);

export const nested = inObject(async (storage) => {
  await storage.transaction(async (txn) => {
    await txn.put("outer", 1);
    await assert.rejects(storage.transaction(async (inner) => {
      await inner.put("inner", 1);
      throw new Error("inner");
    }));
    await storage.transaction(async (inner) => await inner.put("second", 1));
  });
  assert.deepStrictEqual([...(await storage.list()).keys()], ["outer", "second"]);
});

export const nestedOuterRollsBack = inObject(async (storage) => {
  await assert.rejects(storage.transaction(async () => {
    await storage.transaction(async (inner) => await inner.put("inner", 1));
    throw new Error("outer");
  }));
  assert.strictEqual(await storage.get("inner"), undefined);
});

export const outerRollbackWhileInnerRuns = inObject((storage) =>
  storage.transaction((outer) =>
    storage.transaction(() => {
      assert.throws(() => outer.rollback(), {
        name: "Error",
        message: "Cannot roll back an outer transaction while a nested transaction is still running.",
      });
    })
  )
);

export const oneAfterTheOther = inObject(async (storage) => {
  const seen = [];
  await Promise.all([
    storage.transaction(async (txn) => {
      seen.push("first begins");
      await txn.put("a", 1);
      await scheduler.wait(5);
      seen.push("first ends");
    }),
    storage.transaction(async (txn) => void seen.push(`second sees ${await txn.get("a")}`)),
  ]);
  assert.deepStrictEqual(seen, ["first begins", "first ends", "second sees 1"]);
});

export const syncWithin = inObject((storage) =>
  storage.transaction(async () => {
    assert.strictEqual(storage.transactionSync(() => {
      storage.kv.put("a", 1);
      return storage.kv.get("a");
    }), 1);
  })
);
