// AssertionError, and the texts of what two values should have been to each other.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  Error,
  ErrorCaptureStackTrace,
  ErrorPrototype,
  MathMax,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectKeys,
  ObjectPrototypeIsPrototypeOf,
  String,
  StringPrototypeEndsWith,
  StringPrototypeRepeat,
  StringPrototypeSlice,
  StringPrototypeSplit,
} = primordials;
const { inspect } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
const { ERR_INVALID_ARG_TYPE } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const READABLE = {
  __proto__: null,
  deepEqual: "Expected values to be loosely deep-equal:",
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
};

/** Two short values are shown in one line. In characters, together. */
const SHORT_MAX = 12;
/** The width of a terminal that is none. */
const WIDTH = 80;
/** Lines that are printed before the rest is left out. */
const LINES_MAX = 50;

const isError = (value) => ObjectPrototypeIsPrototypeOf(ErrorPrototype, value);
const isObject = (value) => typeof value === "object" && value !== null;

/** @param {unknown} value */
function show(value) {
  return inspect(value, {
    compact: true,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
  });
}

/** An error without its stack, so that two of them can be compared. */
function copyError(error) {
  const copy = ObjectCreate(ObjectGetPrototypeOf(error));
  for (const key of ObjectKeys(error)) {
    ObjectDefineProperty(copy, key, { __proto__: null, ...ObjectGetOwnPropertyDescriptor(error, key) });
  }
  ObjectDefineProperty(copy, "message", { __proto__: null, value: error.message });
  return copy;
}

/** At most so many lines, in place. @param {string[]} lines */
function shorten(lines) {
  if (lines.length <= LINES_MAX) return;
  lines.length = 47;
  lines[46] = "...";
}

/** Short values side by side, or the column in which two lines part. */
function oneLiner(actual, expected, left, right, operator) {
  if (left.length !== 1 || right.length !== 1 || left[0] === right[0]) return {};
  const length = left[0].length + right[0].length;
  if (length <= SHORT_MAX) {
    const primitive = !isObject(actual) && !isObject(expected) && (actual !== 0 || expected !== 0);
    return primitive ? { whole: `${READABLE[operator]}\n\n${left[0]} !== ${right[0]}\n` } : {};
  }
  if (operator === "strictEqualObject" || length >= WIDTH) return {};
  let column = 0;
  while (left[0][column] === right[0][column]) column++;
  return column > 2 ? { indicator: `\n  ${StringPrototypeRepeat(" ", column)}^` } : { start: column };
}

/** Equal lines are printed again once something else follows: the last of them, and dots for the rest. */
function contextBefore(lines, at, identical) {
  let text = "";
  let printed = 0;
  let skipped = false;
  if (identical > 2) {
    if (identical > 3) {
      if (identical === 5) {
        text += `\n  ${lines[at - 3]}`;
        printed++;
      } else if (identical > 5) {
        text += "\n...";
        skipped = true;
      }
      text += `\n  ${lines[at - 2]}`;
      printed++;
    }
    text += `\n  ${lines[at - 1]}`;
    printed++;
  }
  return { text, printed, skipped };
}

/** Whether a line equals the other but for a comma at its end. */
function sameButComma(one, other) {
  return StringPrototypeEndsWith(one, ",") && StringPrototypeSlice(one, 0, -1) === other;
}

/** The lines that two values have in common at their end are cut off; what is shown of them. */
function commonEnd(left, right, counted) {
  let end = "";
  let other = "";
  let count = counted;
  while (left.length > 0 && right.length > 0 && left[left.length - 1] === right[right.length - 1]) {
    const line = left.pop();
    right.pop();
    if (count++ < 3) {
      end = `\n  ${line}${end}`;
    } else {
      other = line;
    }
  }
  const skipped = count >= 5;
  if (skipped) end = `\n...${end}`;
  if (other !== "") end = `\n  ${other}${end}`;
  return { end, skipped };
}

/** How two values differ. @param {string} operator */
function difference(actual, expected, operator) {
  const shown = show(actual);
  const left = StringPrototypeSplit(shown, "\n");
  const right = StringPrototypeSplit(show(expected), "\n");
  const objects = isObject(actual) && isObject(expected);
  if (operator === "strictEqual" && (objects || (typeof actual === "function" && typeof expected === "function"))) {
    operator = "strictEqualObject";
  }
  const { whole, indicator = "", start = 0 } = oneLiner(actual, expected, left, right, operator);
  if (whole !== undefined) return whole;
  let { end, skipped } = commonEnd(left, right, start);
  const count = MathMax(left.length, right.length);
  if (count === 0) {
    const lines = StringPrototypeSplit(shown, "\n");
    shorten(lines);
    return `${READABLE.notIdentical}\n\n${ArrayPrototypeJoin(lines, "\n")}\n`;
  }
  const head = `${READABLE[operator]}\n+ actual - expected`;
  const longer = left.length < count ? right : left;
  const shorter = longer === left ? right.length : left.length;
  let result = "";
  /** Lines of the expected value that come after those of the actual one. */
  let pending = "";
  let printed = 0;
  let identical = 0;
  const context = (lines, at) => {
    const before = contextBefore(lines, at, identical);
    result += before.text;
    printed += before.printed;
    skipped ||= before.skipped;
    identical = 0;
  };
  for (let i = 0; i < count; i++) {
    if (i >= shorter) {
      context(longer, i);
      if (longer === left) {
        result += `\n+ ${longer[i]}`;
      } else {
        pending += `\n- ${longer[i]}`;
      }
      printed++;
    } else if (left[i] === right[i] || sameButComma(left[i], right[i]) || sameButComma(right[i], left[i])) {
      result += pending;
      pending = "";
      identical++;
      if (identical <= 2) {
        result += `\n  ${sameButComma(right[i], left[i]) ? right[i] : left[i]}`;
        printed++;
      }
    } else {
      context(left, i);
      result += `\n+ ${left[i]}`;
      pending += `\n- ${right[i]}`;
      printed += 2;
    }
    if (printed > LINES_MAX && i < count - 2) return `${head} ... Lines skipped\n${result}\n...${pending}\n...`;
  }
  return `${head}${skipped ? " ... Lines skipped" : ""}\n${result}${pending}${end}${indicator}`;
}

/** What two values should not have been. */
function sameness(actual, operator) {
  const lines = StringPrototypeSplit(show(actual), "\n");
  const reference = operator === "notStrictEqual" && (isObject(actual) || typeof actual === "function");
  const base = READABLE[reference ? "notStrictEqualObject" : operator];
  shorten(lines);
  if (lines.length === 1) return `${base}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}`;
  return `${base}\n\n${ArrayPrototypeJoin(lines, "\n")}\n`;
}

function cut(text, max) {
  return text.length > max ? `${StringPrototypeSlice(text, 0, max - 3)}...` : text;
}

/** The message of an error that was given none. */
function generate(actual, expected, operator) {
  if (operator === "deepStrictEqual" || operator === "strictEqual") return difference(actual, expected, operator);
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") return sameness(actual, operator);
  const left = show(actual);
  const right = show(expected);
  const known = READABLE[operator];
  if (operator === "notDeepEqual" && left === right) return cut(`${known}\n\n${left}`, 1024);
  const shown = cut(left, 512);
  const other = cut(right, 512);
  if (operator === "deepEqual") return `${known}\n\n${shown}\n\nshould loosely deep-equal\n\n${other}`;
  const unequal = READABLE[`${operator}Unequal`];
  if (unequal !== undefined) return `${unequal}\n\n${shown}\n\nshould not loosely deep-equal\n\n${other}`;
  return `${shown} ${operator} ${other}`;
}

class AssertionError extends Error {
  constructor(options) {
    if (!isObject(options)) throw new ERR_INVALID_ARG_TYPE("options", "Object", options);
    const { message, operator, details, stackStartFn, stackStartFunction } = options;
    let { actual, expected } = options;
    const given = message !== null && message !== undefined;
    if (!given && isError(actual) && isError(expected)) {
      actual = copyError(actual);
      expected = copyError(expected);
    }
    super(given ? String(message) : generate(actual, expected, operator));
    this.generatedMessage = !given;
    ObjectDefineProperty(this, "name", {
      __proto__: null,
      value: "AssertionError [ERR_ASSERTION]",
      writable: true,
      enumerable: false,
      configurable: true,
    });
    this.code = "ERR_ASSERTION";
    if (details) {
      this.actual = undefined;
      this.expected = undefined;
      this.operator = undefined;
      for (let i = 0; i < details.length; i++) {
        this[`message ${i}`] = details[i].message;
        this[`actual ${i}`] = details[i].actual;
        this[`expected ${i}`] = details[i].expected;
        this[`operator ${i}`] = details[i].operator;
        this[`stack trace ${i}`] = details[i].stack;
      }
    } else {
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
    }
    ErrorCaptureStackTrace(this, stackStartFn || stackStartFunction);
    // The stack is made now, with the name that has the code in it.
    this.stack;
    this.name = "AssertionError";
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](_depth, context) {
    return inspect(this, { ...context, customInspect: false, depth: 0 });
  }
}

return { AssertionError };
})();
