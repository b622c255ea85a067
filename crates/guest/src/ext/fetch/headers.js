// Headers: a list of names and values in the order in which they came.
//
// Names are kept in lower case and values as text that is UTF-8 on the wire, as production does. Whoever owns a list
// that came from elsewhere hands it over as a function, so that headers nobody reads are never made.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeSort,
  FunctionPrototypeCall,
  ObjectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  SymbolFor,
  SymbolIterator,
  TypeError,
} = primordials;
const { cloneable } = core.loadExtScript("ext:lopata/clone/cloneable.js");
const { badConstructor, badField, badParameter, illegal, isObject, text } = core.loadExtScript(
  "ext:lopata/fetch/arguments.js",
);
const { finish, kind } = core.loadExtScript("ext:lopata/fetch/iterators.js");

/** What no name may have. Bytes past ASCII are let through, as in production. */
const NOT_A_TOKEN = new SafeRegExp(/[\0-\x20"(),/:;<=>?@[\\\]{}\x7f]/);
const NOT_A_VALUE = new SafeRegExp(/[\0\r\n]/);
const INIT_TYPE = "Headers or Sequence or object";

/** Given to the constructor by this script only. */
const TOKEN = {};

const entryIterator = kind("EntryIterator");
const keyIterator = kind("KeyIterator");
const valueIterator = kind("ValueIterator");

/** Whether iteration shows each `Set-Cookie` by itself. */
let splitCookies = true;

/** @param {boolean} split */
function setSplitCookies(split) {
  splitCookies = split;
}

/** @param {string} name @returns {string} */
function keyOf(name) {
  if (RegExpPrototypeTest(NOT_A_TOKEN, name)) throw new TypeError("Invalid header name.");
  return StringPrototypeToLowerCase(name);
}

const isSpace = (code) => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** @param {string} value @returns {string} */
function valueOf(value) {
  let start = 0, end = value.length;
  while (start < end && isSpace(StringPrototypeCharCodeAt(value, start))) start++;
  while (start < end && isSpace(StringPrototypeCharCodeAt(value, end - 1))) end--;
  if (end - start !== value.length) value = StringPrototypeSlice(value, start, end);
  if (RegExpPrototypeTest(NOT_A_VALUE, value)) throw new TypeError("Invalid header value.");
  return value;
}

/** Names and values of a sequence of pairs. */
function pairsOfSequence(value) {
  const found = [];
  for (const pair of iterate(value)) {
    const strings = [];
    if (!isObject(pair)) throw new TypeError("Incorrect type: the provided value is not of type 'Sequence'.");
    for (const string of iterate(pair)) ArrayPrototypePush(strings, text(string));
    ArrayPrototypePush(found, strings);
  }
  for (let i = 0; i < found.length; i++) {
    if (found[i].length !== 2) {
      throw new TypeError("To initialize a Headers object from a sequence, each inner sequence must have exactly two elements.");
    }
  }
  return found;
}

/** An iteration that looks `Symbol.iterator` up on the object, whatever it is. */
function* iterate(object) {
  const method = object[SymbolIterator];
  if (typeof method !== "function") throw new TypeError("Incorrect type: the provided value is not of type 'Sequence'.");
  const iterator = FunctionPrototypeCall(method, object);
  const { next } = iterator;
  for (;;) {
    const step = FunctionPrototypeCall(next, iterator);
    if (step.done) return;
    yield step.value;
  }
}

/** Names and values of a plain object. */
function pairsOfRecord(value) {
  const found = [];
  const keys = ReflectOwnKeys(value);
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] === "symbol") continue;
    const property = ReflectGetOwnPropertyDescriptor(value, keys[i]);
    if (property === undefined || !property.enumerable) continue;
    ArrayPrototypePush(found, [text(keys[i]), text(value[keys[i]])]);
  }
  return found;
}

/**
 * The list that an initializer stands for.
 * @param {unknown} init
 * @param {() => TypeError} refuse makes the error for what is none
 * @returns {[string, string][]}
 */
function listOf(init, refuse) {
  if (!isObject(init)) throw refuse();
  if (isHeaders(init)) return copy(init);
  const pairs = typeof init[SymbolIterator] === "function" ? pairsOfSequence(init) : pairsOfRecord(init);
  for (let i = 0; i < pairs.length; i++) {
    const value = valueOf(pairs[i][1]);
    pairs[i][0] = keyOf(pairs[i][0]);
    pairs[i][1] = value;
  }
  return pairs;
}

let isHeaders, listFor, guardOf;

class Headers {
  #list;
  #immutable;

  static {
    isHeaders = (value) => isObject(value) && #list in value;
    listFor = (headers) => {
      const list = headers.#list;
      return typeof list === "function" ? headers.#list = list() : list;
    };
    guardOf = (headers) => headers.#immutable;
  }

  /** @param {HeadersInit} init */
  constructor(init = undefined, list = undefined, immutable = false) {
    if (init === TOKEN) {
      this.#list = list;
      this.#immutable = immutable;
      return;
    }
    this.#immutable = false;
    this.#list = init === undefined ? [] : listOf(init, () => badConstructor("Headers", 1, INIT_TYPE));
  }

  get(name) {
    const list = check(this, "get", arguments.length);
    return join(list, keyOf(text(name)));
  }

  getAll(name) {
    const list = check(this, "getAll", arguments.length);
    if (StringPrototypeToLowerCase(text(name)) !== "set-cookie") {
      throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
    }
    return valuesOf(list, "set-cookie");
  }

  getSetCookie() {
    if (!isHeaders(this)) throw illegal();
    return valuesOf(listFor(this), "set-cookie");
  }

  has(name) {
    const list = check(this, "has", arguments.length);
    const key = keyOf(text(name));
    for (let i = 0; i < list.length; i++) if (list[i][0] === key) return true;
    return false;
  }

  set(name, value) {
    const list = check(this, "set", arguments.length, 2);
    name = text(name);
    value = text(value);
    checkGuard(this);
    value = valueOf(value);
    setIn(list, keyOf(name), value);
  }

  append(name, value) {
    const list = check(this, "append", arguments.length, 2);
    name = text(name);
    value = text(value);
    checkGuard(this);
    value = valueOf(value);
    ArrayPrototypePush(list, [keyOf(name), value]);
  }

  delete(name) {
    const list = check(this, "delete", arguments.length);
    name = text(name);
    checkGuard(this);
    remove(list, keyOf(name), 0);
  }

  forEach(callback, receiver = undefined) {
    if (!isHeaders(this)) throw illegal();
    if (typeof callback !== "function") throw badParameter("forEach", "Headers", 1, "function");
    const shown = displayed(listFor(this));
    const self = receiver === null ? undefined : receiver;
    for (let i = 0; i < shown.length; i++) FunctionPrototypeCall(callback, self, shown[i][1], shown[i][0], this);
  }

  entries() {
    if (!isHeaders(this)) throw illegal();
    return overEntries(this);
  }

  keys() {
    if (!isHeaders(this)) throw illegal();
    const shown = displayed(listFor(this));
    let at = 0;
    return keyIterator(() => shown[at++]?.[0]);
  }

  values() {
    if (!isHeaders(this)) throw illegal();
    const shown = displayed(listFor(this));
    let at = 0;
    return valueIterator(() => shown[at++]?.[1]);
  }

  [SymbolFor("Deno.privateCustomInspect")](inspect, options) {
    if (!isHeaders(this)) return "Object [Headers] {}";
    return inspected("Headers", displayed(listFor(this)), inspect, options, `[immutable]: ${this.#immutable}`);
  }
}
ObjectDefineProperty(Headers.prototype, SymbolIterator, {
  __proto__: null,
  value: {
    ""() {
      if (!isHeaders(this)) throw illegal();
      return overEntries(this);
    },
  }[""],
  writable: true,
  configurable: true,
});
finish(Headers);

function overEntries(headers) {
  const shown = displayed(listFor(headers));
  let at = 0;
  return entryIterator(() => shown[at++]);
}

/** @returns {[string, string][]} the list of `headers`, whose method was given enough arguments */
function check(headers, method, given, needed = 1) {
  if (!isHeaders(headers)) throw illegal();
  if (given < needed) throw badParameter(method, "Headers", given + 1, "string");
  return listFor(headers);
}

function checkGuard(headers) {
  if (guardOf(headers)) throw new TypeError("Can't modify immutable headers.");
}

/** @returns {string | null} all values of `key` in one */
function join(list, key) {
  let found = null;
  for (let i = 0; i < list.length; i++) {
    if (list[i][0] === key) found = found === null ? list[i][1] : `${found}, ${list[i][1]}`;
  }
  return found;
}

function valuesOf(list, key) {
  const found = [];
  for (let i = 0; i < list.length; i++) if (list[i][0] === key) ArrayPrototypePush(found, list[i][1]);
  return found;
}

/** Takes `key` out of `list`, from `start` on. */
function remove(list, key, start) {
  let kept = start;
  for (let i = start; i < list.length; i++) {
    if (list[i][0] !== key) list[kept++] = list[i];
  }
  list.length = kept;
}

function setIn(list, key, value) {
  for (let i = 0; i < list.length; i++) {
    if (list[i][0] === key) {
      // A new pair: another list may hold the old one.
      list[i] = [key, value];
      remove(list, key, i + 1);
      return;
    }
  }
  ArrayPrototypePush(list, [key, value]);
}

/** What iteration shows: sorted by name, one entry for each. */
function displayed(list) {
  const byName = { __proto__: null };
  const shown = [];
  for (let i = 0; i < list.length; i++) {
    const { 0: key, 1: value } = list[i];
    const known = byName[key];
    if (known === undefined || (splitCookies && key === "set-cookie")) {
      ArrayPrototypePush(shown, byName[key] = [key, value]);
    } else {
      known[1] = `${known[1]}, ${value}`;
    }
  }
  return ArrayPrototypeSort(shown, (a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
}

/** Pairs printed as production prints them: `Name(2) { 'a' => 'b', ... }`. */
function inspected(name, pairs, inspect, options, ...rest) {
  const parts = [];
  for (let i = 0; i < pairs.length; i++) {
    ArrayPrototypePush(parts, `${inspect(pairs[i][0], options)} => ${inspect(pairs[i][1], options)}`);
  }
  for (let i = 0; i < rest.length; i++) ArrayPrototypePush(parts, rest[i]);
  const head = `${name}(${pairs.length})`;
  if (parts.length === 0) return `${head} {}`;
  const line = `${head} { ${parts.join(", ")} }`;
  const indent = " ".repeat(options?.indentationLvl ?? options?.indentationLevel ?? 0);
  if (parts.length <= 6 && line.length + indent.length <= 72 && !line.includes("\n")) return line;
  return `${head} {\n${indent}  ${parts.join(`,\n${indent}  `)}\n${indent}}`;
}

/** A copy of the list that can be changed. @param {Headers} headers */
function copy(headers) {
  const list = listFor(headers);
  const copied = [];
  for (let i = 0; i < list.length; i++) copied[i] = [list[i][0], list[i][1]];
  return copied;
}

/**
 * Headers of a list.
 * @param {[string, string][] | (() => [string, string][])} list with names in lower case
 * @param {boolean} immutable
 */
function headersOf(list, immutable) {
  return new Headers(TOKEN, list, immutable);
}

/**
 * Headers from the `headers` of a dictionary.
 * @param {unknown} init
 * @param {string} dictionary its name
 */
function headersOfField(init, dictionary) {
  return headersOf(listOf(init, () => badField("headers", dictionary, INIT_TYPE)), false);
}

/** The same headers, as changeable as they were. @param {Headers} headers */
function clone(headers) {
  return headersOf(copy(headers), guardOf(headers));
}

// Headers can be cloned: they are a list.
cloneable(
  Headers.prototype,
  "Headers",
  function () {
    return { list: copy(this), immutable: guardOf(this) };
  },
  (parts) => headersOf(parts.list, parts.immutable),
);

return {
  clone,
  copy,
  get: (headers, key) => join(listFor(headers), key),
  has: (headers, key) => join(listFor(headers), key) !== null,
  Headers,
  headersOf,
  headersOfField,
  inspected,
  isHeaders,
  list: listFor,
  /** Sets without asking for the guard. */
  put: (headers, key, value) => setIn(listFor(headers), key, value),
  setSplitCookies,
};
})();
