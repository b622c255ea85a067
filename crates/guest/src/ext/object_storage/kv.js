// The synchronous key-value store of an object: `ctx.storage.kv`.
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const { op_storage_delete, op_storage_get, op_storage_list_begin, op_storage_list_next, op_storage_put } = core.ops;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const arguments_ = core.loadExtScript("ext:lopata/object_storage/arguments.js");
const values = core.loadExtScript("ext:lopata/object_storage/values.js");
const shape = core.loadExtScript("ext:lopata/object_storage/shape.js");

const OWNER = "SyncKvStorage";

// Source: production's text.
const NO_KV_TEXT = "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but this " +
  "object's namespace is not declared to use SQLite. You can use the older, asyncronous interface via methods of " +
  "`storage` itself (e.g. `storage.get()`). Alternatively, to enable SQLite, change `new_classes` to " +
  "`new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd " +
  "directly, set `enableSql = true` in your workerd config for the class. Note that this change cannot be made after " +
  "the class is already deployed to production.";

class SyncKvStorage {
  /** What is known of the storage: see `storage.js`. */
  #state;

  constructor(token, state) {
    shape.requireToken(token);
    this.#state = state;
  }

  /** @param {string} key */
  get(key) {
    const state = stateOf(this, (kv) => #state in kv ? kv.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "get", 1, "string");
    key = arguments_.toText(key);
    enter(state);
    return op_storage_get(state.number, key, values.revive, false);
  }

  /** @param {{ start?: string, startAfter?: string, end?: string, prefix?: string, reverse?: boolean, limit?: number }} [options] */
  list(options) {
    const state = stateOf(this, (kv) => #state in kv ? kv.#state : undefined);
    const list = arguments_.listOptions(options, OWNER, false);
    enter(state);
    arguments_.checkList(list);
    return new ListIterator(shape.token, state, begin(state.number, list));
  }

  /** @param {string} key @param {unknown} value */
  put(key, value) {
    const state = stateOf(this, (kv) => #state in kv ? kv.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "put", 1, "string");
    key = arguments_.toText(key);
    if (arguments.length < 2) throw arguments_.badArgument(OWNER, "put", 2, "JsValue");
    enter(state);
    const { 0: copy, 1: special } = values.pack(value);
    try {
      op_storage_put(state.number, key, copy, special, false);
    } catch (error) {
      throw values.failure(error);
    }
  }

  /** @param {string} key */
  delete(key) {
    const state = stateOf(this, (kv) => #state in kv ? kv.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "delete", 1, "string");
    key = arguments_.toText(key);
    enter(state);
    return op_storage_delete(state.number, key, false);
  }
}
shape.configure(SyncKvStorage, OWNER);

/** The pairs of a list, read as they are asked for. */
class ListIterator {
  #state;
  /** Names the list in the store; 0 once it is over, or for one that is empty from the start. */
  #list;

  constructor(token, state, list) {
    shape.requireToken(token);
    this.#state = state;
    this.#list = list;
  }

  next() {
    const list = stateOf(this, (iterator) => #list in iterator ? iterator : undefined);
    if (list.#list === 0) return { done: true, value: undefined };
    arguments_.requireOwn(list.#state.record, "ListCursor");
    const pair = op_storage_list_next(list.#state.number, list.#list, values.revive);
    if (pair === undefined) {
      list.#list = 0;
      return { done: true, value: undefined };
    }
    return { done: false, value: pair };
  }
}
shape.configureIterator(ListIterator, "ListIterator");

function stateOf(object, read) {
  const state = arguments_.isObject(object) ? read(object) : undefined;
  if (state === undefined) throw webidl.illegalInvocation();
  return state;
}

/** @param {unknown[]} list what `listOptions` gives */
function begin(number, list) {
  return op_storage_list_begin(number, list[0], list[1], list[2], list[3], list[4], list[5]);
}

/** @param {object} state */
function enter(state) {
  arguments_.requireOwn(state.record, "ActorCacheInterface");
  if (!state.sql) throw new Error(NO_KV_TEXT);
}

return { SyncKvStorage };
})();
