// Arguments of storage: what is taken, how it is converted, what is said of what is not.
//
// Texts and order are those of production's runtime: first the arguments from left to right, with the fields of options
// in production's order, then whether the object may be used at all, then what the arguments mean.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  DateNow,
  DatePrototypeGetTime,
  Error,
  MathTrunc,
  NumberIsFinite,
  ObjectKeys,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Milliseconds of the last time that production can tell, 2^63 ns. */
const TIME_MS_MAX = 9223372036854;

/** The fields of options, in the order in which they are read, by what production calls the options. */
const FIELDS = {
  __proto__: null,
  GetOptions: ["allowConcurrency", "noCache"],
  PutOptions: ["allowConcurrency", "allowUnconfirmed", "noCache"],
  GetAlarmOptions: ["allowConcurrency"],
  SetAlarmOptions: ["allowConcurrency", "allowUnconfirmed"],
};

// Source: production's text.
const FOREIGN_TEXT = "Cannot perform I/O on behalf of a different Durable Object. I/O objects (such as streams, " +
  "request/response bodies, and others) created in the context of one Durable Object cannot be accessed from a " +
  "different Durable Object in the same isolate. This is a limitation of Cloudflare Workers which allows us to " +
  "improve overall performance.";

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

/**
 * @param {string} owner the class
 * @param {string} method
 * @param {number} number of the parameter, from 1
 * @param {string} type what production calls the type
 */
function badArgument(owner, method, number, type) {
  return webidl.badArgument(`Failed to execute '${method}' on '${owner}'`, number, type);
}

/** @param {unknown} value @returns {string} */
function toText(value) {
  return typeof value === "string" ? value : webidl.converters.DOMString(value);
}

/** @param {unknown} keys @returns {string | string[]} */
function toKeys(keys) {
  if (typeof keys === "string") return keys;
  if (!ArrayIsArray(keys)) return toText(keys);
  const list = [];
  for (let i = 0; i < keys.length; i++) list[i] = toText(keys[i]);
  return list;
}

/**
 * Options that make no difference here: reads are answered at once, and every write is confirmed before anybody hears
 * of it.
 */
function checkOptions(options, type, owner, method, number) {
  if (options === undefined || options === null) return;
  if (!isObject(options)) throw badArgument(owner, method, number, type);
  const fields = FIELDS[type];
  for (let i = 0; i < fields.length; i++) void options[fields[i]];
}

/** @returns {string | undefined} */
function optionalText(value) {
  return value === undefined ? undefined : toText(value);
}

/**
 * Options of a list, as the op takes them.
 * @param {unknown} options
 * @param {boolean} concurrent whether there are the two fields of the asynchronous list
 * @returns {[...(string | undefined)[], boolean, number | undefined]} start,
 *   startAfter, end, prefix, reverse, limit
 */
function listOptions(options, owner, concurrent) {
  if (options === undefined || options === null) return [undefined, undefined, undefined, undefined, false, undefined];
  if (!isObject(options)) throw badArgument(owner, "list", 1, "ListOptions");
  const start = optionalText(options.start);
  const startAfter = optionalText(options.startAfter);
  const end = optionalText(options.end);
  const prefix = optionalText(options.prefix);
  const { reverse } = options;
  let { limit } = options;
  const limited = limit !== undefined;
  limit = limited ? webidl.converters.long(limit) : 0;
  if (concurrent) {
    void options.allowConcurrency;
    void options.noCache;
  }
  return [start, startAfter, end, prefix, reverse === undefined ? false : !!reverse, limited ? limit : undefined];
}

/** What the options of a list mean together. Source: production's texts. */
function checkList(list) {
  if (list[0] !== undefined && list[1] !== undefined) {
    throw new TypeError("list() cannot be called with both start and startAfter values.");
  }
  if (list[5] === undefined) {
    list[5] = 0;
  } else if (list[5] <= 0) {
    throw new TypeError("List limit must be positive.");
  }
}

/** A point in time. @returns {number} milliseconds */
function toTime(value, owner, method, number) {
  let time;
  if (typeof value === "number") time = value;
  else if (core.isDate(value)) time = DatePrototypeGetTime(value);
  else throw badArgument(owner, method, number, "date");
  // Source: production's texts.
  if (!NumberIsFinite(time)) throw new TypeError("The value cannot be converted because it is not a valid Date.");
  time = MathTrunc(time);
  if (time > TIME_MS_MAX) throw new TypeError("This API doesn't support dates after 2189.");
  if (time < -TIME_MS_MAX) throw new TypeError("This API doesn't support dates before 1687.");
  return time;
}

/** The time of an alarm: one that is past is now. @param {number} time */
function alarmTime(time) {
  if (time <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
  const now = DateNow();
  return time > now ? time : now;
}

/**
 * Own enumerable properties with a value.
 * @param {object} entries @returns {[string[], unknown[]]}
 */
function toEntries(entries) {
  const names = ObjectKeys(entries);
  const keys = [];
  const values = [];
  for (let i = 0; i < names.length; i++) {
    const value = entries[names[i]];
    if (value === undefined) continue;
    keys[keys.length] = names[i];
    values[values.length] = value;
  }
  return [keys, values];
}

/**
 * Refuses what belongs to another object than the one whose code runs, or to one that is broken.
 * @param {object} record of the object that it belongs to
 * @param {string} type what production calls the part of it that does I/O
 */
function requireOwn(record, type) {
  if (io.required().record !== record) throw new Error(`${FOREIGN_TEXT} (I/O type: ${type})`);
  record.check();
}

return {
  alarmTime,
  badArgument,
  checkList,
  checkOptions,
  isObject,
  listOptions,
  requireOwn,
  toEntries,
  toKeys,
  toText,
  toTime,
};
})();
