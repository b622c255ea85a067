// D1 databases: what `env.DB` is in a worker, and what the wrapped binding `cloudflare-internal:d1-api` gives one.
//
// Two transports behind the same classes. A database of this machine is asked directly: statements go to the database's
// actor with their values, cells come back in one list. A database that a service answers for is asked in JSON, at
// `http://d1/query` or `http://d1/execute`; its rows come back as lists beside the names of their columns.
//
// Arguments are not checked beyond what production's classes check: a wrong one fails where its use fails there.
(function () {
const { core, internals, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayFrom,
  ArrayIsArray,
  ArrayPrototypeEvery,
  ArrayPrototypeJoin,
  ArrayPrototypeMap,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  Error,
  JSONParse,
  JSONStringify,
  MathRound,
  NumberIsFinite,
  ObjectDefineProperty,
  ObjectKeys,
  SafeArrayIterator,
  TypeError,
  Uint8Array,
  uncurryThis,
} = primordials;
const { op_d1_export, op_d1_query } = core.ops;
const { Response, Headers } = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const responseText = uncurryThis(Response.prototype.text);
const responseArrayBuffer = uncurryThis(Response.prototype.arrayBuffer);
const headersGet = uncurryThis(Headers.prototype.get);

const BOOKMARK_HEADER = "x-cf-d1-session-commit-token";
const PRIMARY = "first-primary";
const UNCONSTRAINED = "first-unconstrained";

/** What wrangler's local databases call themselves. */
const SERVED_BY = "miniflare.db";
/** A statement that is no SQL: it asks for the statements that make the database anew. */
const EXPORT_PRAGMA = "PRAGMA miniflare_d1_export(?,?,?);";
/** Entries of one result in what the op answers: columns, cells and what `meta` has. */
const RESULT_ENTRIES = 9;
/** What production's simulator answers when a statement or a value is nothing that JSON can carry to it. */
const UNREADABLE = "Failed to parse body as JSON, got: ZodError";

/** Given to the constructor by this script only. */
const construct = {};

/** An error whose cause says the same without the prefix, as production's have it. */
function failure(prefix, message, cause = message) {
  return new Error(`${prefix}: ${message}`, { cause: new Error(cause) });
}

/** The way to a database of this machine. */
class Fetcher {
  #service;

  constructor(token, service) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#service = service;
  }

  /** The id of the database's service in this isolate; `undefined` for what leads elsewhere. */
  static serviceOf(fetcher) {
    const known = typeof fetcher === "object" && fetcher !== null && #service in fetcher;
    return known ? fetcher.#service : undefined;
  }
}
const { serviceOf } = Fetcher;
delete Fetcher.serviceOf;

// What structured clone calls for an object with this property.
ObjectDefineProperty(Fetcher.prototype, core.hostObjectBrand, {
  __proto__: null,
  value() {
    throw new DOMException("ServiceStub cannot be serialized in this context.", "DataCloneError");
  },
});

/**
 * Runs one call under its span. A call that a service answers has the span of that request instead.
 * @template T
 * @param {string} name
 * @param {Fetcher} fetcher
 * @param {Record<string, unknown>} attributes
 * @param {(attributes: Record<string, unknown>) => Promise<T>} fn
 */
function spanned(name, fetcher, attributes, fn) {
  if (serviceOf(fetcher) === undefined) return fn(attributes);
  return internals.lopata.bindingCall(name, attributes, () => fn(attributes));
}

/** @param {string} operation */
function attributesOf(operation, query) {
  return {
    "db.system.name": "cloudflare-d1",
    "db.operation.name": operation,
    "db.query.text": query,
    "cloudflare.binding.type": "D1",
  };
}

class D1DatabaseSession {
  /** The service that runs the statements. */
  fetcher;
  /** What the next query must have seen: a bookmark, or where the first query may go. */
  bookmarkOrConstraint;

  constructor(fetcher, bookmarkOrConstraint) {
    this.fetcher = fetcher;
    this.bookmarkOrConstraint = bookmarkOrConstraint;
    if (!this.bookmarkOrConstraint) throw new Error("D1_SESSION_ERROR: invalid bookmark or constraint");
  }

  /** Keeps the later one of two bookmarks: answers may overtake each other. */
  _updateBookmark(newBookmark) {
    newBookmark = newBookmark.trim();
    if (!newBookmark) return this.getBookmark();
    const current = this.getBookmark();
    if (current === null || current.localeCompare(newBookmark) < 0) this.bookmarkOrConstraint = newBookmark;
    return this.getBookmark();
  }

  /** @param {string} sql */
  prepare(sql) {
    return new D1PreparedStatement(this, sql);
  }

  /** @param {D1PreparedStatement[]} statements */
  async batch(statements) {
    const queries = statements.map((one) => ({ sql: one.statement, params: one.params }));
    const text = ArrayPrototypeJoin(ArrayPrototypeMap(queries, (query) => query.sql), "\n");
    const attributes = attributesOf("batch", text);
    attributes["db.operation.batch.size"] = statements.length;
    return await spanned("d1_batch", this.fetcher, attributes, async () => {
      const results = await sent(this, "/query", queries, "ROWS_AND_COLUMNS", attributes);
      addMetas(attributes, results);
      return ArrayPrototypeMap(results, withObjects);
    });
  }

  /** @returns {string | null} what a later session can start from */
  getBookmark() {
    const bookmark = this.bookmarkOrConstraint;
    return bookmark === PRIMARY || bookmark === UNCONSTRAINED ? null : bookmark;
  }

  async _wrappedFetch(input, init) {
    const headers = { ...init?.headers, [BOOKMARK_HEADER]: this.bookmarkOrConstraint };
    const response = await this.fetcher.fetch(input, { ...init, headers });
    const bookmark = headersGet(response.headers, BOOKMARK_HEADER);
    if (bookmark) this._updateBookmark(bookmark);
    return response;
  }

  async _sendOrThrow(endpoint, query, params, format) {
    const answer = await this._send(endpoint, query, params, format);
    check(first(answer));
    return answer;
  }

  async _send(endpoint, query, params, format) {
    const queries = ArrayIsArray(query)
      ? ArrayPrototypeMap(query, (sql, i) => ({ sql, params: params[i] }))
      : { sql: query, params };
    const service = serviceOf(this.fetcher);
    if (service !== undefined) return await ask(this, service, queries, format);
    const response = await this._wrappedFetch(`http://d1${endpoint}?resultsFormat=${format}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSONStringify(queries),
    });
    const text = await responseText(response);
    let answer;
    try {
      answer = JSONParse(text);
    } catch {
      throw failure("D1_ERROR", `Failed to parse body as JSON, got: ${text}`);
    }
    return ArrayIsArray(answer) ? ArrayPrototypeMap(answer, resultOf) : resultOf(answer);
  }
}

/** The session that every query without one of its own belongs to. Its bookmark does not move. */
class D1DatabaseSessionAlwaysPrimary extends D1DatabaseSession {
  constructor(fetcher) {
    super(fetcher, PRIMARY);
  }

  _updateBookmark() {
    return null;
  }

  getBookmark() {
    return null;
  }

  /** @param {string} query a statement a line */
  async exec(query) {
    const attributes = attributesOf("exec", query);
    return await spanned("d1_exec", this.fetcher, attributes, async () => {
      const lines = query.trim().split("\n");
      const answer = await this._send("/execute", lines, [], "NONE");
      const results = ArrayIsArray(answer) ? answer : [answer];
      let duration = 0;
      for (let i = 0; i < results.length; i++) {
        const { success, error, meta } = results[i];
        if (!success) {
          attributes["error.type"] = `Error in line ${i + 1}`;
          throw failure("D1_EXEC_ERROR", `Error in line ${i + 1}: ${lines[i]}${error ? `: ${error}` : ""}`);
        }
        duration += meta.duration;
      }
      addMetas(attributes, results);
      return { count: results.length, duration };
    });
  }

  async dump() {
    if (serviceOf(this.fetcher) !== undefined) throw failure("D1_DUMP_ERROR", "Status + 404", "Status 404");
    const headers = { "content-type": "application/json" };
    const response = await this._wrappedFetch("http://d1/dump", { method: "POST", headers });
    if (response.status === 200) return await responseArrayBuffer(response);
    let message;
    try {
      message = JSONParse(await responseText(response)).error;
    } catch {
      throw failure("D1_DUMP_ERROR", `Status + ${response.status}`, `Status ${response.status}`);
    }
    throw failure("D1_DUMP_ERROR", message);
  }
}

class D1Database {
  /** The session that every query without one of its own belongs to. */
  alwaysPrimarySession;
  /** The service that runs the statements. */
  fetcher;

  constructor(fetcher) {
    this.fetcher = fetcher;
    this.alwaysPrimarySession = new D1DatabaseSessionAlwaysPrimary(fetcher);
  }

  /** @param {string} query */
  prepare(query) {
    return new D1PreparedStatement(this.alwaysPrimarySession, query);
  }

  /** @param {D1PreparedStatement[]} statements */
  async batch(statements) {
    return this.alwaysPrimarySession.batch(statements);
  }

  /** @param {string} query a statement a line */
  async exec(query) {
    return this.alwaysPrimarySession.exec(query);
  }

  /** @param {string} [constraintOrBookmark] */
  withSession(constraintOrBookmark) {
    constraintOrBookmark = constraintOrBookmark?.trim();
    if (constraintOrBookmark === undefined || constraintOrBookmark === null || constraintOrBookmark === "") {
      constraintOrBookmark = UNCONSTRAINED;
    }
    return new D1DatabaseSession(this.fetcher, constraintOrBookmark);
  }

  /** The file of the database. Deprecated; only the databases of production's first days have it. */
  async dump() {
    return this.alwaysPrimarySession.dump();
  }
}

class D1PreparedStatement {
  dbSession;
  statement;
  params;

  constructor(dbSession, statement, values) {
    this.dbSession = dbSession;
    this.statement = statement;
    this.params = values || [];
  }

  /** @param {unknown[]} values */
  bind(...values) {
    return new D1PreparedStatement(this.dbSession, this.statement, ArrayPrototypeMap(values, (value) => bound(value)));
  }

  /** @param {string} [colName] */
  async first(colName) {
    const attributes = attributesOf("first", this.statement);
    return await spanned("d1_first", this.dbSession?.fetcher, attributes, async () => {
      const { results } = withObjects(await query(this, "/query", "ROWS_AND_COLUMNS", attributes));
      if (results.length === 0) return null;
      const row = results[0];
      if (colName === undefined) return row;
      if (row[colName] === undefined) {
        attributes["error.type"] = "Column not found";
        throw failure("D1_COLUMN_NOTFOUND", `Column not found (${colName})`, "Column not found");
      }
      return row[colName];
    });
  }

  async run() {
    const attributes = attributesOf("run", this.statement);
    return await spanned("d1_run", this.dbSession?.fetcher, attributes, () =>
      query(this, "/execute", "NONE", attributes));
  }

  async all() {
    const attributes = attributesOf("all", this.statement);
    return await spanned("d1_all", this.dbSession?.fetcher, attributes, async () =>
      withObjects(await query(this, "/query", "ROWS_AND_COLUMNS", attributes)));
  }

  /** @param {{ columnNames?: boolean }} [options] */
  async raw(options) {
    const attributes = attributesOf("raw", this.statement);
    return await spanned("d1_all", this.dbSession?.fetcher, attributes, async () => {
      const { results } = await query(this, "/query", "ROWS_AND_COLUMNS", attributes);
      if (results === undefined) return [];
      const rows = [];
      if (!ArrayIsArray(results)) {
        const { columns, rows: found } = rowsOf(results);
        if (options?.columnNames) ArrayPrototypePush(rows, columns);
        for (let i = 0; i < found.length; i++) ArrayPrototypePush(rows, found[i]);
        return rows;
      }
      for (const row of new SafeArrayIterator(results)) {
        const names = ObjectKeys(row);
        if (options?.columnNames && rows.length === 0) ArrayPrototypePush(rows, names);
        ArrayPrototypePush(rows, ArrayPrototypeMap(names, (name) => row[name]));
      }
      return rows;
    });
  }
}

/** The result of one statement; throws when it was not carried out. */
async function query({ dbSession, statement, params }, endpoint, format, attributes) {
  const results = await sent(dbSession, endpoint, { sql: statement, params }, format, attributes);
  const { 0: result } = results;
  addMeta(attributes, result.meta);
  return result;
}

/** The results of statements; throws when they were not carried out. Bookmarks before and after go into the span. */
async function sent(session, endpoint, queries, format, attributes) {
  const before = session.getBookmark();
  if (before !== null) attributes["cloudflare.d1.query.bookmark"] = before;
  const several = ArrayIsArray(queries);
  let answer;
  try {
    const service = serviceOf(session.fetcher);
    if (service !== undefined) {
      answer = await ask(session, service, queries, format);
    } else if (several) {
      const sql = ArrayPrototypeMap(queries, (query) => query.sql);
      answer = await session._send(endpoint, sql, ArrayPrototypeMap(queries, (query) => query.params), format);
    } else {
      answer = await session._send(endpoint, queries.sql, queries.params, format);
    }
    check(first(answer));
  } catch (error) {
    attributes["error.type"] = error.cause?.message ?? error.message;
    throw error;
  }
  const after = session.getBookmark();
  if (after !== null) attributes["cloudflare.d1.response.bookmark"] = after;
  return ArrayIsArray(answer) ? answer : [answer];
}

/**
 * Asks a database of this machine.
 * @param {D1DatabaseSession} session
 * @param {number} service
 * @param {{ sql: string, params?: unknown[] } | { sql: string, params?: unknown[] }[]} queries
 */
async function ask(session, service, queries, format) {
  const list = ArrayIsArray(queries) ? queries : [queries];
  const statements = [];
  for (let i = 0; i < list.length; i++) {
    const { sql, params } = list[i];
    if (typeof sql !== "string") throw failure("D1_ERROR", UNREADABLE);
    ArrayPrototypePush(statements, sql, params === undefined || params === null ? [] : wire(params));
  }
  if (list.length === 1 && list[0].sql === EXPORT_PRAGMA && statements[1].length >= 2) {
    const { 0: noSchema, 1: noData } = list[0].params;
    const tables = ArrayPrototypeMap(ArrayPrototypeSlice(list[0].params, 2), (table) => `${table}`);
    const dump = await op_d1_export(service, !!noSchema, !!noData, tables);
    if (typeof dump === "string") return { success: false, error: dump };
    return { success: true, meta: {}, results: [dump] };
  }
  const answer = await op_d1_query(service, statements);
  if (typeof answer === "string") return { success: false, error: answer };
  // The database did not survive it; production's binding throws what the object threw.
  if (answer.length === 1) {
    const error = new Error(answer[0]);
    error.remote = true;
    throw error;
  }
  session._updateBookmark(answer[0]);
  const results = [];
  for (let at = 1; at < answer.length; at += RESULT_ENTRIES) {
    const table = new Table(answer[at], answer[at + 1]);
    const meta = {
      served_by: SERVED_BY,
      duration: MathRound(answer[at + 2] * 10_000) / 10_000,
      changes: answer[at + 3],
      last_row_id: answer[at + 4],
      changed_db: answer[at + 5],
      size_after: answer[at + 6],
      rows_read: answer[at + 7],
      rows_written: answer[at + 8],
    };
    ArrayPrototypePush(results, {
      success: true,
      meta,
      results: format === "ROWS_AND_COLUMNS" ? table : objectsOf(table),
    });
  }
  return results;
}

/** Cells as they come from the op: one list for all rows. */
class Table {
  columns;
  cells;

  constructor(columns, cells) {
    this.columns = columns;
    this.cells = cells;
  }
}

/** @returns {{ columns: string[], rows: unknown[][] }} */
function rowsOf(results) {
  if (!(results instanceof Table)) return results;
  const { columns, cells } = results;
  const rows = [];
  const width = columns.length;
  for (let at = 0; at < cells.length; at += width) {
    ArrayPrototypePush(rows, ArrayPrototypeSlice(cells, at, at + width));
  }
  return { columns, rows };
}

/** Rows as objects. Of several columns with one name the last counts. */
function objectsOf({ columns, cells }) {
  const rows = [];
  const width = columns.length;
  for (let at = 0; at < cells.length; at += width) {
    const row = {};
    for (let i = 0; i < width; i++) {
      const name = columns[i];
      if (name === "__proto__") define(row, name, cells[at + i]);
      else row[name] = cells[at + i];
    }
    ArrayPrototypePush(rows, row);
  }
  return rows;
}

function define(object, name, value) {
  ObjectDefineProperty(object, name, {
    __proto__: null,
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** The values of a statement as the database takes them. What JSON would lose on the way is lost here as well. */
function wire(params) {
  if (!ArrayIsArray(params)) throw failure("D1_ERROR", UNREADABLE);
  const values = [];
  for (let i = 0; i < params.length; i++) {
    const value = params[i];
    if (typeof value === "number") {
      // There is no negative zero in JSON, and nothing that is not finite.
      ArrayPrototypePush(values, NumberIsFinite(value) ? value + 0 : null);
    } else if (typeof value === "string" || value === null) {
      ArrayPrototypePush(values, value);
    } else if (value === undefined) {
      ArrayPrototypePush(values, null);
    } else if (ArrayIsArray(value) && ArrayPrototypeEvery(value, (byte) => NumberIsFinite(byte))) {
      ArrayPrototypePush(values, new Uint8Array(value));
    } else {
      // Throws for what JSON has no text for.
      JSONStringify(value);
      throw failure("D1_ERROR", UNREADABLE);
    }
  }
  return values;
}

/** A value as JSON can carry it. */
function bound(value) {
  const type = typeof value;
  if (type === "number" || type === "string" || value === null) return value;
  if (type === "boolean") return value ? 1 : 0;
  if (ArrayIsArray(value)) {
    const bytes = ArrayPrototypeEvery(value, (byte) => typeof byte === "number" && byte >= 0 && byte < 256);
    if (bytes) return value;
  } else if (core.isArrayBuffer(value)) {
    return ArrayFrom(new Uint8Array(value));
  } else if (ArrayBufferIsView(value)) {
    return ArrayFrom(value);
  }
  throw failure("D1_TYPE_ERROR", `Type '${type}' not supported for value '${value}'`);
}

function first(answer) {
  return ArrayIsArray(answer) ? answer[0] : answer;
}

function check(answer) {
  if (!answer.success) throw failure("D1_ERROR", answer.error);
}

/** What a service has answered, with what it may leave out. */
function resultOf({ error, meta, results }) {
  if (error) return { success: false, meta: meta ?? {}, error };
  return results === undefined ? { success: true, meta: meta ?? {} } : { success: true, meta: meta ?? {}, results };
}

/** The same with its rows as objects. */
function withObjects(answer) {
  const { results } = answer;
  if (results === undefined) return { ...answer, results: [] };
  if (ArrayIsArray(results)) return answer;
  if (results instanceof Table) {
    answer.results = objectsOf(results);
    return answer;
  }
  const { columns, rows } = results;
  const objects = ArrayPrototypeMap(rows, (row) => {
    const object = {};
    for (let i = 0; i < columns.length; i++) define(object, columns[i], row[i]);
    return object;
  });
  return { ...answer, results: objects };
}

/** What a statement did, for its span. */
function addMeta(attributes, meta) {
  attributes["cloudflare.d1.response.size_after"] = meta.size_after;
  attributes["cloudflare.d1.response.rows_read"] = meta.rows_read;
  attributes["cloudflare.d1.response.rows_written"] = meta.rows_written;
  attributes["cloudflare.d1.response.last_row_id"] = meta.last_row_id;
  attributes["cloudflare.d1.response.changed_db"] = meta.changed_db;
  attributes["cloudflare.d1.response.changes"] = meta.changes;
}

/** The same of several together. */
function addMetas(attributes, results) {
  if (results.length === 0) return;
  const all = { size_after: 0, rows_read: 0, rows_written: 0, last_row_id: 0, changed_db: false, changes: 0 };
  for (let i = 0; i < results.length; i++) {
    const { meta } = results[i];
    if (!meta) continue;
    all.size_after = meta.size_after ?? 0;
    all.rows_read += meta.rows_read ?? 0;
    all.rows_written += meta.rows_written ?? 0;
    all.last_row_id = meta.last_row_id ?? 0;
    all.changed_db ||= !!meta.changed_db;
    all.changes += meta.changes ?? 0;
  }
  addMeta(attributes, all);
}

/** @param {{ fetcher: Fetcher }} env */
function makeBinding(env) {
  return new D1Database(env.fetcher);
}

/** @param {number} service the id of a database of this machine */
function database(service) {
  return new D1Database(new Fetcher(construct, service));
}

return { default: makeBinding, database };
})();
