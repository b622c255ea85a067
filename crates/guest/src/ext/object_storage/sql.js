// SQL of an object: `ctx.storage.sql`, its cursors and statements.
//
// A cursor reads its rows as they are asked for, from a statement that stays open in the store meanwhile; one that has
// come to its end can still tell how much it has read. The store keeps a number for each cursor. It is given back when
// the cursor is collected, or when so many others have ended since that nobody will ask.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  Error,
  ObjectDefineProperty,
  ObjectSetPrototypeOf,
  SafeMap,
  SymbolIterator,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypeError,
  Uint8Array,
} = primordials;
const {
  op_sql_close,
  op_sql_columns,
  op_sql_counts,
  op_sql_exec,
  op_sql_ingest,
  op_sql_max_page_count,
  op_sql_reused,
  op_sql_rows,
  op_sql_size,
} = core.ops;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const arguments_ = core.loadExtScript("ext:lopata/object_storage/arguments.js");
const shape = core.loadExtScript("ext:lopata/object_storage/shape.js");

const OWNER = "SqlStorage";

// Source: production's texts.
const NO_SQL_TEXT = "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to " +
  "`new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or wrangler.toml file. If using workerd " +
  "directly,set `enableSql = true` in your workerd config for the class. Note that this change cannot be made after " +
  "the class is already deployed to production.";
const NO_ROW_TEXT = "Expected exactly one result from SQL query, but got no results.";
const MORE_ROWS_TEXT = "Expected exactly one result from SQL query, but got multiple results.";

/** Cursors at their end that can still tell how much they have read. */
const ENDED_MAX = 256;

/** As many rows as there are. */
const ALL = 0xffffffff;

/** Set once somebody has asked how much a cursor has read or written: from then on cursors are asked before they go. */
let countsWanted = false;

/** Names of columns, by the number of the statement's list of them. */
const namesById = new SafeMap();
const NAMES_MAX = 1024;

class SqlStorage {
  /** What is known of the storage: see `storage.js`. */
  #state;

  constructor(token, state) {
    shape.requireToken(token);
    this.#state = state;
  }

  /** @param {string} query @param {...unknown} bindings */
  exec(query, ...bindings) {
    const state = of(this, (sql) => #state in sql ? sql.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "exec", 1, "JsString");
    return exec(state, arguments_.toText(query), bindings);
  }

  /** @param {string} query */
  prepare(query) {
    const state = of(this, (sql) => #state in sql ? sql.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "prepare", 1, "JsString");
    const text = arguments_.toText(query);
    return asStatement(state, text);
  }

  /** @param {string} query */
  ingest(query) {
    const state = of(this, (sql) => #state in sql ? sql.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "ingest", 1, "string");
    const text = arguments_.toText(query);
    enter(state);
    const { 0: remainder, 1: rowsRead, 2: rowsWritten, 3: statementCount } = op_sql_ingest(state.number, text);
    return { remainder, rowsRead, rowsWritten, statementCount };
  }

  /** @param {number} count */
  setMaxPageCountForTest(count) {
    const state = of(this, (sql) => #state in sql ? sql.#state : undefined);
    if (arguments.length < 1) throw arguments_.badArgument(OWNER, "setMaxPageCountForTest", 1, "integer");
    count = webidl.converters.long(count);
    enter(state);
    op_sql_max_page_count(state.number, count);
  }

  get databaseSize() {
    const state = of(this, (sql) => #state in sql ? sql.#state : undefined);
    enter(state);
    return op_sql_size(state.number);
  }
}
shape.configure(SqlStorage, OWNER);

class Cursor {
  #state;
  /** Names the cursor in the store; 0 once it was given back. */
  #id;
  /** Gives it back when it is collected; null for one that never had rows. */
  #handle;
  /** Names of the columns. */
  #names;
  /** The list of them that the script has; it may change it. */
  #columnNames = null;
  /** True while rows may follow. */
  #open;
  #rowsRead = 0;
  #rowsWritten = 0;
  #reused = false;

  constructor(token, state, id, handle, names, open) {
    shape.requireToken(token);
    this.#state = state;
    this.#id = id;
    this.#handle = handle;
    this.#names = names;
    this.#open = open;
    if (!open) this.#ended();
  }

  /** @param {Cursor} cursor @param {number} max @returns {unknown[]} the cells of the next rows, one after the other */
  static #take(cursor, max) {
    if (!cursor.#open) return [];
    arguments_.requireOwn(cursor.#state.record, "State");
    let cells;
    try {
      cells = op_sql_rows(cursor.#state.number, cursor.#id, max);
    } catch (error) {
      cursor.#open = false;
      cursor.#ended();
      throw error;
    }
    // The last one says whether there are more.
    if (!cells.pop()) {
      cursor.#open = false;
      cursor.#ended();
    }
    return cells;
  }

  /** Nothing more will be read; how much it was can be asked for a while. */
  #ended() {
    const { ended } = this.#state;
    const place = this.#state.nextEnded;
    const oldest = ended[place];
    if (oldest !== undefined) oldest.#forget();
    ended[place] = this;
    this.#state.nextEnded = (place + 1) % ENDED_MAX;
  }

  #forget() {
    if (countsWanted) this.#count();
    op_sql_close(this.#state.number, this.#id);
    this.#id = 0;
    this.#handle = null;
  }

  #count() {
    if (this.#id === 0) return;
    const { 0: read, 1: written } = op_sql_counts(this.#state.number, this.#id);
    this.#rowsRead = read;
    this.#rowsWritten = written;
  }

  /** @param {Cursor} cursor @returns {object | undefined} the next row */
  static row(cursor) {
    const cells = Cursor.#take(cursor, 1);
    return cells.length === 0 ? undefined : toRow(cursor.#names, cells, 0);
  }

  /** @param {Cursor} cursor @returns {unknown[] | undefined} the cells of the next row */
  static cells(cursor) {
    // A row has at least one cell.
    const cells = Cursor.#take(cursor, 1);
    return cells.length === 0 ? undefined : cells;
  }

  static #of(object) {
    return of(object, (cursor) => #state in cursor ? cursor : undefined);
  }

  next() {
    const value = nextRow(Cursor.#of(this));
    return { done: value === undefined, value };
  }

  toArray() {
    const cursor = Cursor.#of(this);
    const cells = Cursor.#take(cursor, ALL);
    const names = cursor.#names;
    const rows = [];
    for (let at = 0; at < cells.length; at += names.length) rows[rows.length] = toRow(names, cells, at);
    return rows;
  }

  one() {
    const cursor = Cursor.#of(this);
    const row = nextRow(cursor);
    if (row === undefined) throw new Error(NO_ROW_TEXT);
    if (cursor.#open) {
      cursor.#open = false;
      cursor.#ended();
      cursor.#count();
      op_sql_close(cursor.#state.number, cursor.#id);
      cursor.#id = 0;
      throw new Error(MORE_ROWS_TEXT);
    }
    return row;
  }

  raw() {
    return new RawIterator(shape.token, Cursor.#of(this));
  }

  get columnNames() {
    const cursor = Cursor.#of(this);
    arguments_.requireOwn(cursor.#state.record, "State");
    return cursor.#columnNames ??= copyOf(cursor.#names);
  }

  get rowsRead() {
    const cursor = Cursor.#of(this);
    arguments_.requireOwn(cursor.#state.record, "State");
    countsWanted = true;
    cursor.#count();
    return cursor.#rowsRead;
  }

  get rowsWritten() {
    const cursor = Cursor.#of(this);
    arguments_.requireOwn(cursor.#state.record, "State");
    countsWanted = true;
    cursor.#count();
    return cursor.#rowsWritten;
  }

  get reusedCachedQueryForTest() {
    const cursor = Cursor.#of(this);
    return cursor.#id !== 0 && op_sql_reused(cursor.#state.number, cursor.#id);
  }

  [SymbolIterator]() {
    return new RowIterator(shape.token, Cursor.#of(this));
  }
}
const { cells: nextCells, row: nextRow } = Cursor;
delete Cursor.cells;
delete Cursor.row;
shape.configure(Cursor, "Cursor");

class RowIterator {
  #cursor;

  constructor(token, cursor) {
    shape.requireToken(token);
    this.#cursor = cursor;
  }

  next() {
    const value = nextRow(of(this, (iterator) => #cursor in iterator ? iterator.#cursor : undefined));
    return { done: value === undefined, value };
  }
}
shape.configureIterator(RowIterator, "RowIterator");

class RawIterator {
  #cursor;

  constructor(token, cursor) {
    shape.requireToken(token);
    this.#cursor = cursor;
  }

  next() {
    const value = nextCells(of(this, (iterator) => #cursor in iterator ? iterator.#cursor : undefined));
    return { done: value === undefined, value };
  }
}
shape.configureIterator(RawIterator, "RawIterator");

class Statement {
  constructor(token) {
    shape.requireToken(token);
  }
}
shape.configure(Statement, "Statement");

for (const [name, value] of [["Cursor", Cursor], ["Statement", Statement]]) {
  ObjectDefineProperty(SqlStorage.prototype, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** A function that is a statement: called, it carries it out. */
function asStatement(state, query) {
  // An arrow: it has no prototype and cannot be constructed.
  const statement = (...bindings) => exec(state, query, bindings);
  delete statement.name;
  delete statement.length;
  return ObjectSetPrototypeOf(statement, Statement.prototype);
}

/** What is there for tests and experiments only is there for workers that ask for it. */
function withoutExperiments() {
  for (const name of ["prepare", "ingest", "setMaxPageCountForTest"]) delete SqlStorage.prototype[name];
  delete Cursor.prototype.reusedCachedQueryForTest;
}
if (!compat.has("experimental")) withoutExperiments();

function exec(state, query, bindings) {
  for (let i = 0; i < bindings.length; i++) bindings[i] = toBinding(bindings[i]);
  enter(state);
  // Three in one: the cursor, what keeps it while there are rows, and the number of its list of columns.
  const { 0: id, 1: handle, 2: columns } = op_sql_exec(state.number, query, bindings);
  return new Cursor(shape.token, state, id, handle, namesOf(state, id, columns), handle !== null);
}

/** @returns {string[]} */
function namesOf(state, id, columns) {
  let names = namesById.get(columns);
  if (names === undefined) {
    names = op_sql_columns(state.number, id);
    if (namesById.size >= NAMES_MAX) namesById.clear();
    namesById.set(columns, names);
  }
  return names;
}

/** A parameter as the op takes it: a number, a text, bytes or null. Anything else is taken as text, as production does. */
function toBinding(value) {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "undefined":
      return null;
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      // Source: the engine's text for a number that is none.
      throw new TypeError("Cannot convert a BigInt value to a number");
    case "object":
      if (value === null) return null;
      if (ArrayBufferIsView(value)) return toBytes(value);
      if (core.isAnyArrayBuffer(value)) return new Uint8Array(value);
  }
  return arguments_.toText(value);
}

/** @param {ArrayBufferView} view */
function toBytes(view) {
  if (core.isDataView(view)) {
    return new Uint8Array(
      DataViewPrototypeGetBuffer(view),
      DataViewPrototypeGetByteOffset(view),
      DataViewPrototypeGetByteLength(view),
    );
  }
  return new Uint8Array(
    TypedArrayPrototypeGetBuffer(view),
    TypedArrayPrototypeGetByteOffset(view),
    TypedArrayPrototypeGetByteLength(view),
  );
}

/** @param {string[]} names @param {unknown[]} cells @param {number} at where the row begins in them */
function toRow(names, cells, at) {
  const row = {};
  // Of columns with one name the last one counts.
  for (let i = 0; i < names.length; i++) row[names[i]] = cells[at + i];
  return row;
}

function copyOf(list) {
  const copy = [];
  for (let i = 0; i < list.length; i++) copy[i] = list[i];
  return copy;
}

function of(object, read) {
  const found = arguments_.isObject(object) ? read(object) : undefined;
  if (found === undefined) throw webidl.illegalInvocation();
  return found;
}

function enter(state) {
  arguments_.requireOwn(state.record, "ActorCacheInterface");
  if (!state.sql) throw new Error(NO_SQL_TEXT);
}

return { SqlStorage };
})();
