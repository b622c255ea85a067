// `ctx` of a Durable Object: DurableObjectState, and the critical sections that it opens.
//
// Its methods work for the object whose code calls them, whoever the `ctx` was made for, as in production.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectDefineProperty,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  String,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { op_log_exception, op_object_alarm_drop, op_object_committed, op_object_is_locked } = core.ops;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");
const { illegal } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const sockets = core.loadExtScript("ext:lopata/object_sockets/object_sockets.js");

// Source: production's texts.
const NO_OBJECT_TEXT = "This method can only be called by a Durable Object.";
const ABORT_TEXT = "Application called abort() to reset Durable Object.";
const TOO_LONG_TEXT = "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was " +
  "canceled and the Durable Object was reset.";

/** As `limits::OBJECT_SECTION_MS_MAX`. */
const SECTION_MS_MAX = 30_000;

/** How an object breaks, numbered as in `mod.rs`. */
const HOW = { __proto__: null, failed: 0, tookTooLong: 1, aborted: 2 };

/** Given to the constructor by this script only. */
const construct = {};

/**
 * What each property of a `ctx` is, in production's order; filled in by the scripts that know.
 * @type {Record<string, (record: import("./instance.js").ObjectRecord) => unknown>}
 */
const parts = {
  __proto__: null,
  facets: (record) => core.loadExtScript("ext:lopata/object_facets/object_facets.js").make(record),
  container: ({ className }) => {
    return core.loadExtScript("ext:lopata/object_namespace/object_namespace.js").container(className);
  },
  storage: (record) =>
    record.storage === 0 ? undefined : core.loadExtScript("ext:lopata/object_storage/storage.js").storageOf(record),
  id: ({ facet, id, name }) => {
    if (facet !== undefined) return facet.id;
    // An object without an id is called by its name.
    if (id === "") return name;
    return core.loadExtScript("ext:lopata/object_namespace/object_namespace.js").objectId(id, name);
  },
  props: ({ facet }) => facet === undefined ? {} : facet.props,
};

/** @returns {import("./instance.js").ObjectRecord} the object whose code runs */
function currentRecord() {
  const { record } = io.required();
  if (record === undefined) throw new Error(NO_OBJECT_TEXT);
  record.check();
  return record;
}

class DurableObjectState {
  #record;

  /** @param {object} token @param {import("./instance.js").ObjectRecord} record */
  constructor(token, record) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#record = record;
    for (const name in parts) this[name] = parts[name](record);
    if (compat.has("enable_ctx_exports")) this.exports = own.exports;
  }

  /** @param {unknown} state */
  static is(state) {
    return typeof state === "object" && state !== null && #record in state;
  }

  waitUntil(promise) {
    check(this);
    if (arguments.length === 0) throw badParameter("waitUntil", "Promise");
    io.required().waitUntil(promise);
  }

  blockConcurrencyWhile(callback) {
    check(this);
    if (typeof callback !== "function") {
      const error = badParameter("blockConcurrencyWhile", "function");
      if (compat.has("capture_async_api_throws")) return PromiseReject(error);
      throw error;
    }
    return blockConcurrencyWhile(currentRecord(), callback, true);
  }

  abort(reason = undefined, options = undefined) {
    check(this);
    const record = currentRecord();
    if (options?.retryAlarm === false) op_object_alarm_drop(record.number);
    const error = new Error(reason === undefined ? ABORT_TEXT : String(reason));
    record.break(error, HOW.aborted);
    throw error;
  }
}
const { is } = DurableObjectState;
delete DurableObjectState.is;

function check(state) {
  if (!is(state)) throw illegal();
}

function badParameter(method, type) {
  return new TypeError(`Failed to execute '${method}' on 'DurableObjectState': parameter 1 is not of type '${type}'.`);
}

for (const name of ["waitUntil", "blockConcurrencyWhile", "abort"]) enumerable(name);
sockets.install(DurableObjectState.prototype, (state) => {
  check(state);
  return currentRecord();
});
ObjectDefineProperty(DurableObjectState.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "DurableObjectState",
  configurable: true,
});

core.loadExtScript("ext:lopata/clone/clone.js").notSerializable(DurableObjectState.prototype, "DurableObjectState");

function enumerable(name) {
  ObjectDefineProperty(DurableObjectState.prototype, name, { __proto__: null, enumerable: true });
}

/**
 * Runs `callback` as a critical section of an object: until the promise that it returns is settled, nothing goes on in
 * the object but what is started inside.
 * @template T
 * @param {import("./instance.js").ObjectRecord} record
 * @param {() => T | Promise<T>} callback
 * @param {boolean} resets whether the object is reset when it fails, as it always is when it takes too long
 * @returns {Promise<T>}
 */
function blockConcurrencyWhile(record, callback, resets) {
  const { gate } = record;
  const asyncContext = core.getAsyncContext();
  return new Promise((resolve, reject) => {
    gate.section(asyncContext?.section, (section) => {
      const tooLong = () => {
        const error = new Error(TOO_LONG_TEXT);
        op_log_exception(record.context.event, error);
        record.break(error, HOW.tookTooLong);
      };
      const timer = core.createTimer(tooLong, SECTION_MS_MAX, undefined, false, true, true);
      const over = () => core.cancelTimer(timer);
      const failed = (error) => {
        over();
        if (gate.closed) return;
        if (resets) {
          // Whoever waits for the section goes with the object.
          op_log_exception(record.context.event, error);
          record.break(error, HOW.failed);
        } else {
          gate.leave(section);
          reject(error);
        }
      };
      const previous = core.getAsyncContext();
      core.setAsyncContext({ __proto__: null, ...asyncContext, section });
      try {
        PromisePrototypeThen(
          PromiseResolve(callback()),
          (value) => {
            over();
            if (gate.closed) return;
            gate.leave(section);
            resolve(value);
          },
          failed,
        );
      } catch (error) {
        failed(error);
      } finally {
        core.setAsyncContext(previous);
      }
    });
  });
}

/**
 * Resolves once what an object has written so far is committed.
 * @param {import("./instance.js").ObjectRecord} record
 * @returns {Promise<void>}
 */
function committed(record) {
  return op_object_is_locked(record.number) ? op_object_committed(record.number) : PromiseResolve(undefined);
}

/** @param {import("./instance.js").ObjectRecord} record @returns {DurableObjectState} */
function makeState(record) {
  return new DurableObjectState(construct, record);
}

return { blockConcurrencyWhile, committed, currentRecord, DurableObjectState, enumerable, HOW, is, makeState, parts };
})();
