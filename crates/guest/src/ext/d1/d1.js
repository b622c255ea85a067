// D1 databases that a service answers for: what the wrapped binding `cloudflare-internal:d1-api` gives a worker.
//
// A statement travels as JSON to `http://d1/query` or `http://d1/execute`; rows come back as lists beside the names of
// their columns. Sessions carry a bookmark back and forth.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayFrom,
  ArrayIsArray,
  ArrayPrototypeEvery,
  ArrayPrototypeMap,
  ArrayPrototypePush,
  Error,
  JSONParse,
  JSONStringify,
  ObjectKeys,
  SafeArrayIterator,
  StringPrototypeSplit,
  StringPrototypeTrim,
  Uint8Array,
  uncurryThis,
} = primordials;
const { Response, Headers } = core.loadExtScript("ext:lopata/fetch/request_response.js");

const responseText = uncurryThis(Response.prototype.text);
const responseArrayBuffer = uncurryThis(Response.prototype.arrayBuffer);
const headersGet = uncurryThis(Headers.prototype.get);

const BOOKMARK_HEADER = "x-cf-d1-session-commit-token";
const PRIMARY = "first-primary";
const UNCONSTRAINED = "first-unconstrained";

/** An error whose cause says the same without the prefix, as production's have it. */
function failure(prefix, message, cause = message) {
  return new Error(`${prefix}: ${message}`, { cause: new Error(cause) });
}

class D1DatabaseSession {
  /** The service that runs the statements. */
  fetcher;
  /** What the next query must have seen: a bookmark, or where the first query may go. */
  bookmarkOrConstraint;

  /** Whether a query makes the next one see what it has seen. */
  #moves;

  constructor(fetcher, bookmarkOrConstraint, moves = false) {
    this.fetcher = fetcher;
    this.bookmarkOrConstraint = bookmarkOrConstraint;
    this.#moves = moves;
  }

  /** @param {string} query */
  prepare(query) {
    return new D1PreparedStatement(this, query, []);
  }

  /** @param {D1PreparedStatement[]} statements */
  async batch(statements) {
    const queries = ArrayPrototypeMap(statements, (one) => ({ sql: one.statement, params: one.params }));
    const answers = await this._send("/query", queries, "ROWS_AND_COLUMNS");
    const results = ArrayIsArray(answers) ? answers : [answers];
    check(results[0]);
    return ArrayPrototypeMap(results, withObjects);
  }

  /** @returns {string | null} what a later session can start from */
  getBookmark() {
    const bookmark = this.bookmarkOrConstraint;
    return bookmark === PRIMARY || bookmark === UNCONSTRAINED ? null : bookmark;
  }

  async _sendOrThrow(endpoint, sql, params, format) {
    const answer = first(await this._send(endpoint, { sql, params }, format));
    check(answer);
    return answer;
  }

  async _send(endpoint, body, format) {
    const headers = { "content-type": "application/json", [BOOKMARK_HEADER]: this.bookmarkOrConstraint };
    const url = `http://d1${endpoint}?resultsFormat=${format}`;
    const response = await this.fetcher.fetch(url, { method: "POST", headers, body: JSONStringify(body) });
    const bookmark = headersGet(response.headers, BOOKMARK_HEADER);
    if (bookmark !== null && this.#moves) this.bookmarkOrConstraint = bookmark;
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

class D1Database {
  /** The session that every query without one of its own belongs to. */
  alwaysPrimarySession;
  /** The service that runs the statements. */
  fetcher;

  constructor(fetcher) {
    this.fetcher = fetcher;
    this.alwaysPrimarySession = new D1DatabaseSession(fetcher, PRIMARY);
  }

  /** @param {string} query */
  prepare(query) {
    return new D1PreparedStatement(this.alwaysPrimarySession, query, []);
  }

  /** @param {D1PreparedStatement[]} statements */
  batch(statements) {
    return this.alwaysPrimarySession.batch(statements);
  }

  /** @param {string} query a statement a line */
  async exec(query) {
    const lines = StringPrototypeSplit(StringPrototypeTrim(query), "\n");
    const queries = ArrayPrototypeMap(lines, (sql) => ({ sql }));
    const answers = await this.alwaysPrimarySession._send("/execute", queries, "NONE");
    const results = ArrayIsArray(answers) ? answers : [answers];
    let duration = 0;
    for (let i = 0; i < results.length; i++) {
      if (results[i].error) {
        const message = `Error in line ${i + 1}: ${lines[i]}: ${results[i].error}`;
        throw failure("D1_EXEC_ERROR", message);
      }
      duration += results[i].meta.duration;
    }
    return { count: results.length, duration };
  }

  /** @param {string} [constraintOrBookmark] */
  withSession(constraintOrBookmark) {
    const given = constraintOrBookmark === undefined || constraintOrBookmark === null
      ? ""
      : StringPrototypeTrim(`${constraintOrBookmark}`);
    return new D1DatabaseSession(this.fetcher, given === "" ? UNCONSTRAINED : given, true);
  }

  /** The file of the database. Deprecated, as in production. */
  async dump() {
    const headers = { "content-type": "application/json", [BOOKMARK_HEADER]: PRIMARY };
    const response = await this.fetcher.fetch("http://d1/dump", { method: "POST", headers });
    if (response.status === 200) return await responseArrayBuffer(response);
    let message = `Status ${response.status}`;
    try {
      message = JSONParse(await responseText(response)).error;
    } catch { /* the status says it */ }
    throw failure("D1_DUMP_ERROR", message);
  }
}

class D1PreparedStatement {
  dbSession;
  statement;
  params;

  constructor(dbSession, statement, params) {
    this.dbSession = dbSession;
    this.statement = statement;
    this.params = params;
  }

  /** @param {unknown[]} values */
  bind(...values) {
    return new D1PreparedStatement(this.dbSession, this.statement, ArrayPrototypeMap(values, (value) => bound(value)));
  }

  /** @param {string} [column] */
  async first(column) {
    const result = withObjects(await this.#query());
    const { results } = result;
    if (results.length === 0) return null;
    const row = results[0];
    if (column === undefined) return row;
    if (row[column] === undefined) throw failure("D1_COLUMN_NOTFOUND", `Column not found (${column})`, "Column not found");
    return row[column];
  }

  async run() {
    return await this.dbSession._sendOrThrow("/execute", this.statement, this.params, "NONE");
  }

  async all() {
    return withObjects(await this.#query());
  }

  /** @param {{ columnNames?: boolean }} [options] */
  async raw(options) {
    const { results } = await this.#query();
    if (results === undefined) return [];
    const rows = [];
    if (!ArrayIsArray(results)) {
      if (options?.columnNames) ArrayPrototypePush(rows, results.columns);
      for (const row of new SafeArrayIterator(results.rows)) ArrayPrototypePush(rows, row);
      return rows;
    }
    for (const row of new SafeArrayIterator(results)) {
      const names = ObjectKeys(row);
      if (options?.columnNames && rows.length === 0) ArrayPrototypePush(rows, names);
      ArrayPrototypePush(rows, ArrayPrototypeMap(names, (name) => row[name]));
    }
    return rows;
  }

  #query() {
    return this.dbSession._sendOrThrow("/query", this.statement, this.params, "ROWS_AND_COLUMNS");
  }
}

/** A value as JSON can carry it. */
function bound(value) {
  if (typeof value === "number" || typeof value === "string" || value === null) return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (ArrayIsArray(value)) {
    const bytes = ArrayPrototypeEvery(value, (byte) => typeof byte === "number" && byte >= 0 && byte < 256);
    if (bytes) return value;
  } else if (core.isAnyArrayBuffer(value)) {
    return ArrayFrom(new Uint8Array(value));
  } else if (ArrayBufferIsView(value)) {
    return ArrayFrom(value);
  }
  throw failure("D1_TYPE_ERROR", `Type '${typeof value}' not supported for value '${value}'`);
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
  const { columns, rows } = results;
  const objects = ArrayPrototypeMap(rows, (row) => {
    const object = {};
    for (let i = 0; i < columns.length; i++) object[columns[i]] = row[i];
    return object;
  });
  return { ...answer, results: objects };
}

/** @param {{ fetcher: Fetcher }} env */
function makeBinding(env) {
  return new D1Database(env.fetcher);
}

return { default: makeBinding };
})();
