// The storage of a Durable Object: `ctx.storage`, and what its `transaction()` gives.
//
// Everything is answered at once: the store is in this thread. What is written is committed when the turn ends, and
// nothing that the object sends leaves before. A transaction is a critical section: no other event runs meanwhile.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayIsArray, ArrayPrototypePop, ArrayPrototypePush, Error, Map, MapPrototypeSet, ObjectDefineProperty, ReflectApply, TypeError } =
  primordials;
const {
  op_storage_alarm,
  op_storage_begin,
  op_storage_begin_savepoint,
  op_storage_bookmark,
  op_storage_commit,
  op_storage_delete,
  op_storage_delete_all,
  op_storage_delete_many,
  op_storage_get,
  op_storage_get_many,
  op_storage_list,
  op_storage_put,
  op_storage_put_many,
  op_storage_release_savepoint,
  op_storage_rollback,
  op_storage_rollback_savepoint,
  op_storage_set_alarm,
  op_storage_sync,
} = core.ops;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const arguments_ = core.loadExtScript("ext:lopata/object_storage/arguments.js");
const shape = core.loadExtScript("ext:lopata/object_storage/shape.js");
const values = core.loadExtScript("ext:lopata/object_storage/values.js");
const { SyncKvStorage } = core.loadExtScript("ext:lopata/object_storage/kv.js");
const { SqlStorage } = core.loadExtScript("ext:lopata/object_storage/sql.js");

// Source: production's texts.
const NO_VALUE_TEXT = "put() called with undefined value.";
const PUT_TEXT = "put() may only be called with a single key-value pair and optional options as put(key, value, options) " +
  "or with multiple key-value pairs and optional options as put(entries, options)";
const IN_TRANSACTION_TEXT = "Cannot call deleteAll() within a transaction";
const NESTED_TEXT = "Cannot roll back an outer transaction while a nested transaction is still running.";
const FACET_ALARM_TEXT = "Facets currently cannot set alarms.";
const NO_HANDLER_TEXT = "Your Durable Object class must have an alarm() handler in order to call setAlarm()";
const NO_RECOVERY_TEXT = "This Durable Object's storage back-end does not implement point-in-time recovery.";

/** A class with SQL, as `ext/objects` numbers kinds of storage. */
const STORAGE_SQL = 2;

/**
 * What storage and a transaction have in common.
 * @typedef {object} State
 * @property {import("../objects/instance.js").ObjectRecord} record the object
 * @property {number} number names it to the ops
 * @property {boolean} sql whether SQL and the synchronous store may be used
 * @property {string} owner the class, for texts
 * @property {Transaction | null} transaction the transaction; null for the storage itself
 */

/** The steps of `get`, `put` and the others, for both classes. @type {Record<string, Function>} */
const operations = {
  __proto__: null,

  /** @param {State} state */
  get(state, given, keys, options) {
    if (given < 1) throw arguments_.badArgument(state.owner, "get", 1, "string or Array");
    keys = arguments_.toKeys(keys);
    arguments_.checkOptions(options, "GetOptions", state.owner, "get", 2);
    enter(state, "get()");
    if (typeof keys === "string") return op_storage_get(state.number, keys, values.revive, !state.sql);
    return toMap(op_storage_get_many(state.number, keys, values.revive, !state.sql));
  },

  list(state, _given, options) {
    const list = arguments_.listOptions(options, state.owner, true);
    arguments_.checkList(list);
    enter(state, "list()");
    return toMap(op_storage_list(state.number, list[0], list[1], list[2], list[3], list[4], list[5], values.revive));
  },

  put(state, given, key, value, options) {
    if (given < 1) throw arguments_.badArgument(state.owner, "put", 1, "string or object");
    // A list is taken for a text.
    const many = arguments_.isObject(key) && !ArrayIsArray(key);
    let entries;
    if (many) entries = arguments_.toEntries(key);
    else key = arguments_.toText(key);
    arguments_.checkOptions(options, "PutOptions", state.owner, "put", 3);
    if (many) {
      if (value !== undefined && value !== null && !arguments_.isObject(value)) throw new TypeError(PUT_TEXT);
      arguments_.checkOptions(value, "PutOptions", state.owner, "put", 2);
      return putMany(state, entries);
    }
    if (value === undefined) throw new TypeError(NO_VALUE_TEXT);
    const { 0: copy, 1: special } = values.pack(value);
    enter(state, "put()");
    op_storage_put(state.number, key, copy, special, !state.sql);
  },

  delete(state, given, keys, options) {
    if (given < 1) throw arguments_.badArgument(state.owner, "delete", 1, "string or Array");
    keys = arguments_.toKeys(keys);
    arguments_.checkOptions(options, "PutOptions", state.owner, "delete", 2);
    enter(state, "delete()");
    if (typeof keys === "string") return op_storage_delete(state.number, keys, !state.sql);
    return op_storage_delete_many(state.number, keys, !state.sql);
  },

  getAlarm(state, _given, options) {
    arguments_.checkOptions(options, "GetAlarmOptions", state.owner, "getAlarm", 1);
    enter(state, "getAlarm()");
    return op_storage_alarm(state.number);
  },

  setAlarm(state, given, time, options) {
    if (given < 1) throw arguments_.badArgument(state.owner, "setAlarm", 1, "date");
    time = arguments_.toTime(time, state.owner, "setAlarm", 1);
    arguments_.checkOptions(options, "SetAlarmOptions", state.owner, "setAlarm", 2);
    time = arguments_.alarmTime(time);
    arguments_.requireOwn(state.record, "ActorCacheInterface");
    if (!canSetAlarm(state.record)) throw new TypeError(NO_HANDLER_TEXT);
    if (state.record.facet !== undefined) throw new Error(FACET_ALARM_TEXT);
    enter(state, "setAlarm()");
    op_storage_set_alarm(state.number, time);
  },

  deleteAlarm(state, _given, options) {
    arguments_.checkOptions(options, "SetAlarmOptions", state.owner, "deleteAlarm", 1);
    enter(state, "deleteAlarm()");
    op_storage_set_alarm(state.number, 0);
  },

  deleteAll(state, _given, options) {
    arguments_.checkOptions(options, "PutOptions", state.owner, "deleteAll", 1);
    enter(state, "deleteAll()");
    op_storage_delete_all(state.number, compat.has("delete_all_deletes_alarm"));
  },

  async transaction(state, _given, callback, options) {
    if (typeof callback !== "function") throw arguments_.badArgument(state.owner, "transaction", 1, "function");
    if (options !== undefined && options !== null) {
      if (!arguments_.isObject(options)) throw arguments_.badArgument(state.owner, "transaction", 2, "TransactionOptions");
      void options.asOfTime;
      void options.lowPriority;
    }
    enter(state, "transaction()");
    return await transaction(state, callback);
  },

  async sync(state) {
    enter(state, "sync()");
    await op_storage_sync(state.number);
  },

  getCurrentBookmark(state) {
    enter(state, "getCurrentBookmark()");
    return op_storage_bookmark(state.number);
  },

  getBookmarkForTime(state, given, timestamp) {
    if (given < 1) throw arguments_.badArgument(state.owner, "getBookmarkForTime", 1, "date");
    arguments_.toTime(timestamp, state.owner, "getBookmarkForTime", 1);
    enter(state, "getBookmarkForTime()");
    throw new Error(NO_RECOVERY_TEXT);
  },

  onNextSessionRestoreBookmark(state, given, bookmark) {
    if (given < 1) throw arguments_.badArgument(state.owner, "onNextSessionRestoreBookmark", 1, "string");
    arguments_.toText(bookmark);
    enter(state, "onNextSessionRestoreBookmark()");
    throw new Error(NO_RECOVERY_TEXT);
  },

  waitForBookmark(state, given, bookmark) {
    if (given < 1) throw arguments_.badArgument(state.owner, "waitForBookmark", 1, "string");
    arguments_.toText(bookmark);
    enter(state, "waitForBookmark()");
  },
};

/** Whether the object could run an alarm: nobody knows before it is constructed. */
function canSetAlarm({ instance }) {
  return instance === undefined || typeof instance.alarm === "function";
}

/** @param {State} state @param {string} operation production's name of it */
function enter(state, operation) {
  arguments_.requireOwn(state.record, "ActorCacheInterface");
  if (state.transaction !== null) state.transaction.check(operation);
}

function putMany(state, { 0: keys, 1: list }) {
  const specials = [];
  // All are copied before the first one is stored.
  for (let i = 0; i < list.length; i++) {
    const { 0: copy, 1: special } = values.pack(list[i]);
    list[i] = copy;
    specials[i] = special;
  }
  enter(state, "put()");
  op_storage_put_many(state.number, keys, list, specials, !state.sql);
}

/** @param {unknown[]} pairs keys and values in turn */
function toMap(pairs) {
  const map = new Map();
  for (let i = 0; i < pairs.length; i += 2) MapPrototypeSet(map, pairs[i], pairs[i + 1]);
  return map;
}

/** Production's methods that give a promise throw nothing but for a wrong `this`. */
function run(name, self, stateOf, list) {
  return answer(name, requireState(self, stateOf), list);
}

async function answer(name, state, list) {
  try {
    return operations[name](state, list.length, list[0], list[1], list[2]);
  } catch (error) {
    throw values.failure(error);
  }
}

/** The same for `delete`, which throws: it does not give one kind of promise only. */
function runNow(name, self, stateOf, list) {
  const state = requireState(self, stateOf);
  return resolved(operations[name](state, list.length, list[0], list[1], list[2]));
}

async function resolved(value) {
  return value;
}

function requireState(self, stateOf) {
  const state = arguments_.isObject(self) ? stateOf(self) : undefined;
  if (state === undefined) throw webidl.illegalInvocation();
  return state;
}

class DurableObjectStorage {
  /** @type {State & { open: Transaction[], ended: object[], nextEnded: number }} */
  #state;

  constructor(token, record) {
    shape.requireToken(token);
    this.#state = {
      record,
      number: record.number,
      sql: record.storage === STORAGE_SQL,
      owner: "DurableObjectStorage",
      transaction: null,
      /** The transactions that are open, the innermost last. */
      open: [],
      /** Cursors at their end, and where the next one goes: see `sql.js`. */
      ended: [],
      nextEnded: 0,
    };
    if (compat.has("experimental")) {
      ObjectDefineProperty(this, "primary", {
        __proto__: null,
        value: undefined,
        writable: false,
        enumerable: true,
        configurable: true,
      });
    }
    this.kv = new SyncKvStorage(shape.token, this.#state);
    this.sql = new SqlStorage(shape.token, this.#state);
  }

  static #of(storage) {
    return #state in storage ? storage.#state : undefined;
  }

  get(...list) {
    return run("get", this, DurableObjectStorage.#of, list);
  }

  list(...list) {
    return run("list", this, DurableObjectStorage.#of, list);
  }

  put(...list) {
    return run("put", this, DurableObjectStorage.#of, list);
  }

  delete(...list) {
    return runNow("delete", this, DurableObjectStorage.#of, list);
  }

  deleteAll(...list) {
    return run("deleteAll", this, DurableObjectStorage.#of, list);
  }

  transaction(...list) {
    return run("transaction", this, DurableObjectStorage.#of, list);
  }

  getAlarm(...list) {
    return run("getAlarm", this, DurableObjectStorage.#of, list);
  }

  setAlarm(...list) {
    return run("setAlarm", this, DurableObjectStorage.#of, list);
  }

  deleteAlarm(...list) {
    return run("deleteAlarm", this, DurableObjectStorage.#of, list);
  }

  sync(...list) {
    return run("sync", this, DurableObjectStorage.#of, list);
  }

  transactionSync(callback) {
    const state = requireState(this, DurableObjectStorage.#of);
    if (typeof callback !== "function") throw arguments_.badArgument(state.owner, "transactionSync", 1, "function");
    enter(state, "transactionSync()");
    op_storage_begin_savepoint(state.number);
    let result;
    try {
      result = ReflectApply(callback, globalThis, []);
    } catch (error) {
      op_storage_rollback_savepoint(state.number);
      throw error;
    }
    op_storage_release_savepoint(state.number);
    return result;
  }

  getCurrentBookmark(...list) {
    return run("getCurrentBookmark", this, DurableObjectStorage.#of, list);
  }

  getBookmarkForTime(...list) {
    return run("getBookmarkForTime", this, DurableObjectStorage.#of, list);
  }

  onNextSessionRestoreBookmark(...list) {
    return run("onNextSessionRestoreBookmark", this, DurableObjectStorage.#of, list);
  }

  waitForBookmark(...list) {
    return run("waitForBookmark", this, DurableObjectStorage.#of, list);
  }

  ensureReplicas() {
    enter(requireState(this, DurableObjectStorage.#of), "ensureReplicas()");
    throw new Error("This Durable Object's storage back-end does not support replication.");
  }

  disableReplicas() {
    enter(requireState(this, DurableObjectStorage.#of), "disableReplicas()");
    throw new Error("This Durable Object's storage back-end does not support replication.");
  }
}
shape.configure(DurableObjectStorage, "DurableObjectStorage");
if (!compat.has("experimental")) delete DurableObjectStorage.prototype.waitForBookmark;
if (!compat.has("replica_routing")) {
  delete DurableObjectStorage.prototype.ensureReplicas;
  delete DurableObjectStorage.prototype.disableReplicas;
}

/** A transaction that is open, was committed, or was rolled back. */
class Transaction {
  constructor(state) {
    this.state = state;
    this.committed = false;
    this.rolledBack = false;
    op_storage_begin(state.number);
    ArrayPrototypePush(state.open, this);
  }

  /** @param {string} operation */
  check(operation) {
    if (this.rolledBack) throw new Error(`Cannot ${operation} on rolled back transaction`);
    if (this.committed) {
      throw new Error(
        `Cannot call ${operation} on transaction that has already committed: did you move \`txn\` outside of the closure?`,
      );
    }
  }

  commit() {
    if (this.committed || this.rolledBack) return;
    this.committed = true;
    this.close();
    op_storage_commit(this.state.number);
  }

  rollback() {
    if (this.committed || this.rolledBack) return;
    if (this.state.open[this.state.open.length - 1] !== this) throw new Error(NESTED_TEXT);
    this.close();
    op_storage_rollback(this.state.number);
    this.rolledBack = true;
  }

  close() {
    const { open } = this.state;
    // Inner ones have ended before: critical sections do so in order.
    if (open[open.length - 1] === this) ArrayPrototypePop(open);
  }
}

class DurableObjectTransaction {
  /** @type {State} */
  #state;

  constructor(token, state, transaction) {
    shape.requireToken(token);
    const { record, number, sql } = state;
    this.#state = { record, number, sql, owner: "DurableObjectTransaction", transaction };
  }

  static #of(transaction) {
    return #state in transaction ? transaction.#state : undefined;
  }

  get(...list) {
    return run("get", this, DurableObjectTransaction.#of, list);
  }

  list(...list) {
    return run("list", this, DurableObjectTransaction.#of, list);
  }

  put(...list) {
    return run("put", this, DurableObjectTransaction.#of, list);
  }

  delete(...list) {
    return runNow("delete", this, DurableObjectTransaction.#of, list);
  }

  deleteAll() {
    requireState(this, DurableObjectTransaction.#of);
    throw new Error(IN_TRANSACTION_TEXT);
  }

  rollback() {
    const { record, transaction } = requireState(this, DurableObjectTransaction.#of);
    if (transaction.rolledBack) return;
    arguments_.requireOwn(record, "ActorCacheInterface");
    transaction.check("rollback()");
    transaction.rollback();
  }

  getAlarm(...list) {
    return run("getAlarm", this, DurableObjectTransaction.#of, list);
  }

  setAlarm(...list) {
    return run("setAlarm", this, DurableObjectTransaction.#of, list);
  }

  deleteAlarm(...list) {
    return run("deleteAlarm", this, DurableObjectTransaction.#of, list);
  }
}
shape.configure(DurableObjectTransaction, "DurableObjectTransaction");

/** Runs `callback` in a critical section and a transaction. What it throws rolls back, and resets nothing. */
async function transaction(state, callback) {
  // Loaded by now: it has made the object's `ctx`.
  const { blockConcurrencyWhile } = core.loadExtScript("ext:lopata/objects/state.js");
  const outcome = await blockConcurrencyWhile(state.record, async () => {
    const transaction = new Transaction(state);
    let value;
    try {
      value = await ReflectApply(callback, globalThis, [new DurableObjectTransaction(shape.token, state, transaction)]);
    } catch (error) {
      transaction.rollback();
      transaction.rolledBack = true;
      return { failed: true, value: error };
    }
    transaction.commit();
    return { failed: false, value };
  }, false);
  if (outcome.failed) throw outcome.value;
  return outcome.value;
}

/**
 * The storage of an object.
 * @param {import("../objects/instance.js").ObjectRecord} record
 */
function storageOf(record) {
  return new DurableObjectStorage(shape.token, record);
}

return { storageOf };
})();
