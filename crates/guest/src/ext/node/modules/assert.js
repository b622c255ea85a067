// The module "node:assert".
//
// Production's is not Node's: the loose comparisons are the strict ones, messages have a form of their own, and an
// error that is given as a message is only its text.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  ArrayPrototypeMap,
  ArrayPrototypePush,
  Error,
  ErrorPrototype,
  ObjectAssign,
  ObjectGetPrototypeOf,
  ObjectIs,
  ObjectKeys,
  ObjectPrototype,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototype,
  PromisePrototypeThen,
  PromiseReject,
  RegExpPrototype,
  RegExpPrototypeTest,
  String,
  StringPrototypeSplit,
} = primordials;
const { AssertionError } = core.loadExtScript("ext:lopata_node/assert/error.js");
const { diffLines, diffText } = core.loadExtScript("ext:lopata_node/assert/diff.js");
const { inspect } = core.loadExtScript("ext:deno_node/internal/util/inspect.mjs");
const { contains } = core.loadExtScript("ext:lopata_node/assert/partial.js");
const { isDeepStrictEqual } = core.loadExtScript("ext:deno_node/internal/util/comparisons.ts");
const {
  ERR_AMBIGUOUS_ARGUMENT,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_RETURN_VALUE,
  ERR_MISSING_ARGS,
} = core.loadExtScript("ext:deno_node/internal/errors.ts");

const isError = (value) => ObjectPrototypeIsPrototypeOf(ErrorPrototype, value);
const isRegExp = (value) => ObjectPrototypeIsPrototypeOf(RegExpPrototype, value);

/** @param {{ message?: unknown, operator?: string, actual?: unknown, expected?: unknown }} options */
function raise(options, generated = false) {
  const error = new AssertionError(options);
  if (generated) error.generatedMessage = true;
  throw error;
}

function demandTwo(count, first, second) {
  if (count < 2) throw new ERR_MISSING_ARGS(first, second);
}

function ok(actual, message) {
  if (arguments.length === 0) raise({ message: "No value argument passed to `assert.ok()`" });
  if (!actual) raise({ message, actual, expected: true, operator: "==" });
}

/** Why two values are not the same. */
function differenceOf(actual, expected) {
  const left = inspect(actual);
  const right = inspect(expected);
  if (left === right) {
    const shown = ArrayPrototypeJoin(ArrayPrototypeMap(StringPrototypeSplit(left, "\n"), (line) => `    ${line}`), "\n");
    return `Values have the same structure but are not reference-equal:\n\n${shown}\n`;
  }
  const text = typeof actual === "string" && typeof expected === "string";
  const lines = text ? [diffText(actual, expected)] : diffLines(left, right);
  const shown = ["", "", "[Diff] Actual / Expected", "", "", ...lines, ""];
  return `Values are not strictly equal:\n${ArrayPrototypeJoin(shown, "\n")}`;
}

function strictEqual(actual, expected, message) {
  demandTwo(arguments.length, "actual", "expected");
  if (ObjectIs(actual, expected)) return;
  raise({
    message: message ? `${message}` : differenceOf(actual, expected),
    actual,
    expected,
    operator: "strictEqual",
  });
}

function notStrictEqual(actual, expected, message) {
  demandTwo(arguments.length, "actual", "expected");
  if (!ObjectIs(actual, expected)) return;
  raise({
    message: message ? `${message}` : "Expected actual to be strictly unequal to expected",
    actual,
    expected,
    operator: "notStrictEqual",
  });
}

function equal(actual, expected, message) {
  strictEqual(actual, expected, message);
}

function notEqual(actual, expected, message) {
  notStrictEqual(actual, expected, message);
}

function deepStrictEqual(actual, expected, message) {
  demandTwo(arguments.length, "actual", "expected");
  if (isDeepStrictEqual(actual, expected)) return;
  raise({ message: message ? `${message}` : undefined, actual, expected, operator: "deepStrictEqual" });
}

function notDeepStrictEqual(actual, expected, message) {
  demandTwo(arguments.length, "actual", "expected");
  if (!isDeepStrictEqual(actual, expected)) return;
  raise({
    message: message ? `${message}` : "Expected actual to not be deeply strictly equal to expected",
    actual,
    expected,
    operator: "notDeepStrictEqual",
  });
}

function deepEqual(actual, expected, message) {
  deepStrictEqual(actual, expected, message);
}

function notDeepEqual(actual, expected, message) {
  notDeepStrictEqual(actual, expected, message);
}

function partialDeepStrictEqual(actual, expected, message) {
  demandTwo(arguments.length, "actual", "expected");
  if (contains(actual, expected)) return;
  raise({
    message: message ? `${message}` : "Expected actual to be partially deeply strictly equal to expected",
    actual,
    expected,
    operator: "partialDeepStrictEqual",
  });
}

function fail(message) {
  if (typeof message !== "string" && message !== null && message !== undefined) throw message;
  raise({ message: message ?? "Failed", operator: "fail" }, message === null || message === undefined);
}

function match(actual, regexp, message) {
  demandTwo(arguments.length, "actual", "regexp");
  if (!isRegExp(regexp)) throw new ERR_INVALID_ARG_TYPE("regexp", "RegExp", regexp);
  if (RegExpPrototypeTest(regexp, actual)) return;
  raise({
    message: message ? `${message}` : `actual: "${actual}" expected to match: "${regexp}"`,
    actual,
    expected: regexp,
    operator: "match",
  });
}

function doesNotMatch(string, regexp, message) {
  demandTwo(arguments.length, "string", "regexp");
  if (!isRegExp(regexp)) throw new ERR_INVALID_ARG_TYPE("regexp", "RegExp", regexp);
  const found = { actual: string, expected: regexp, operator: "doesNotMatch" };
  if (typeof string !== "string") {
    if (isError(message)) throw message;
    const received = `Received type ${typeof string} (${inspect(string)})`;
    raise({ message: message || `The "string" argument must be of type string. ${received}`, ...found });
  }
  if (!RegExpPrototypeTest(regexp, string)) return;
  raise({ message: message ? `${message}` : `actual: "${string}" expected to not match: "${regexp}"`, ...found });
}

function ifError(value) {
  if (value === null || value === undefined) return;
  let message = "ifError got unwanted exception: ";
  if (typeof value === "object" && typeof value.message === "string") {
    message += value.message.length === 0 && value.constructor ? value.constructor.name : value.message;
  } else {
    message += inspect(value);
  }
  raise({ actual: value, expected: null, operator: "ifError", message });
}

/** What `throws` may expect. */
function validateExpectation(error, message) {
  const plain = typeof error === "object" && error !== null && ObjectGetPrototypeOf(error) === ObjectPrototype;
  if (plain && ObjectKeys(error).length === 0) {
    throw new ERR_INVALID_ARG_VALUE("error", error, "may not be an empty object");
  }
  const kind = typeof error;
  const fine = kind === "function" || kind === "object" ||
    (typeof message !== "string" && (kind === "undefined" || kind === "string"));
  if (!fine) throw new ERR_INVALID_ARG_TYPE("error", ["Function", "Error", "RegExp", "Object"], error);
}

function isClass(value) {
  return typeof value === "function" && value.prototype !== undefined;
}

function throws(fn, error, message) {
  if (typeof fn !== "function") throw new ERR_INVALID_ARG_TYPE("fn", "function", fn);
  validateExpectation(error, message);
  let thrown;
  try {
    fn();
  } catch (caught) {
    thrown = { caught };
  }
  if (thrown !== undefined) {
    checkThrown(thrown.caught, error, message, "throws", "validation");
    return;
  }
  const missing = "Missing expected exception";
  const text = typeof error === "string" ? error : undefined;
  const named = message ? typeof error === "function" && error.name : isClass(error);
  const detail = message || text;
  let shown = named ? `${missing} (${error.name})` : missing;
  shown += detail ? `: ${detail}` : ".";
  raise({ message: shown, operator: "throws", actual: undefined, expected: text === undefined ? error : undefined });
}

/** Throws unless `thrown` is what was expected. @param {"throws" | "rejects"} operator */
function checkThrown(thrown, error, message, operator, functionName) {
  if (typeof error === "string") {
    if (message !== undefined && message !== null) {
      throw new ERR_INVALID_ARG_TYPE("error", ["Object", "Error", "Function", "RegExp"], error);
    }
    const same = typeof thrown === "object" && thrown !== null ? thrown.message === error : thrown === error;
    if (same) {
      const what = typeof thrown === "object" && thrown !== null ? "error message" : "error";
      throw new ERR_AMBIGUOUS_ARGUMENT("error/message", `The ${what} "${error}" is identical to the message.`);
    }
    return;
  }
  if (typeof error === "function") {
    checkByFunction(thrown, error, message, operator, functionName);
  } else if (isRegExp(error)) {
    const text = String(thrown);
    if (RegExpPrototypeTest(error, text)) return;
    const shown = message || "The input did not match the regular expression " +
      `${inspect(error)}. Input:\n\n${inspect(text)}\n`;
    raise({ message: shown, actual: thrown, expected: error, operator }, !message);
  } else if (typeof error === "object" && error !== null) {
    checkByProperties(thrown, error, message, operator);
  } else if (error !== undefined) {
    raise({ message: `Invalid expectation: ${error}`, operator }, true);
  }
}

function checkByFunction(thrown, error, message, operator, functionName) {
  if (isClass(error) && ObjectPrototypeIsPrototypeOf(error.prototype, thrown)) return;
  const isErrorClass = ObjectPrototypeIsPrototypeOf(Error, error) || error === Error;
  if (isErrorClass) {
    const received = thrown?.constructor?.name ?? inspect(thrown, { depth: -1 });
    const shown = `The error is expected to be an instance of "${error.name}". Received "${received}"\n\n` +
      `Error message:\n\n${thrown?.message}`;
    raise({ message: shown, actual: thrown, expected: error, operator }, true);
  }
  const result = error(thrown);
  if (result === true) return;
  const name = error.name ? `"${error.name}" ` : "";
  const shown = message || `The ${name}${functionName} function is expected to return "true". Received ` +
    `${inspect(result)}\n\nCaught error:\n\n${thrown}`;
  raise({ message: shown, actual: thrown, expected: error, operator }, true);
}

function checkByProperties(thrown, error, message, operator) {
  if (typeof thrown !== "object" || thrown === null) {
    const shown = message || `object is expected to thrown, but got ${typeof thrown}: ${thrown}`;
    raise({ message: shown, actual: thrown, expected: error, operator }, true);
  }
  const keys = ObjectKeys(error);
  if (isError(error)) ArrayPrototypePush(keys, "name", "message");
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (!(key in thrown)) {
      const shown = message || `A key in the expected object is missing: ${key}`;
      raise({ message: shown, actual: thrown, expected: error, operator }, true);
    }
    const actual = thrown[key];
    const expected = error[key];
    if (typeof actual === "string" && isRegExp(expected)) {
      match(actual, expected);
    } else {
      deepStrictEqual(actual, expected);
    }
  }
}

function doesNotThrow(fn, expected, message) {
  if (typeof fn !== "function") throw new ERR_INVALID_ARG_TYPE("fn", "function", fn);
  const kind = typeof expected;
  if (!isRegExp(expected) && kind !== "function" && kind !== "string" && kind !== "undefined") {
    throw new ERR_INVALID_ARG_TYPE("expected", ["Function", "RegExp"], fn);
  }
  try {
    fn();
  } catch (error) {
    unwanted(error, expected, message, "doesNotThrow");
  }
}

/** Throws about an exception that should not have been. */
function unwanted(error, expected, message, operator) {
  if (typeof expected === "string") {
    raise({ message: `Got unwanted exception: ${expected}\nActual message: "${error.message}"`, operator });
  }
  if (isClass(expected)) {
    if (error instanceof expected) {
      const suffix = message ? ` ${String(message)}` : "";
      raise({ message: `Got unwanted exception: ${error.constructor?.name}${suffix}`, operator });
    }
    if (!isError(expected.prototype) && expected(error) === true) {
      const suffix = message ? ` ${String(message)}` : "";
      raise({ message: `Got unwanted rejection.\nActual message: "${error.message}"${suffix}`, operator });
    }
    throw error;
  }
  const actual = `\nActual message: "${error ? error.message : String(error)}"`;
  raise({ message: message ? `Got unwanted exception: ${message}${actual}` : `Got unwanted exception.${actual}`, operator });
}

function isThenable(value) {
  if (value === null || value === undefined) return false;
  return ObjectPrototypeIsPrototypeOf(PromisePrototype, value) ||
    ((typeof value === "object" || typeof value === "function") && typeof value.then === "function" &&
      typeof value.catch === "function");
}

/** The promise of `rejects` and `doesNotReject`; throws if there is none. */
function promiseOf(promiseFn) {
  // What a call by RPC returns is a promise, and can be called as well.
  if (isThenable(promiseFn)) return promiseFn;
  if (typeof promiseFn !== "function") {
    throw new ERR_INVALID_ARG_TYPE("promiseFn", ["function", "Promise"], promiseFn);
  }
  const promise = promiseFn();
  if (isThenable(promise)) return promise;
  throw new ERR_INVALID_RETURN_VALUE("instance of Promise", "promiseFn", promise);
}

/** Waits for a promise; what goes wrong is a rejection. */
function settled(promiseFn, fulfilled, rejected) {
  try {
    const promise = promiseOf(promiseFn);
    return ObjectPrototypeIsPrototypeOf(PromisePrototype, promise)
      ? PromisePrototypeThen(promise, fulfilled, rejected)
      : promise.then(fulfilled, rejected);
  } catch (error) {
    return PromiseReject(error);
  }
}

function rejects(promiseFn, error, message) {
  return settled(promiseFn, () => {
    let shown = "Missing expected rejection";
    if (typeof error === "string") {
      shown += `: ${error}`;
    } else if (isClass(error)) {
      shown += ` (${error.name}).`;
    } else {
      shown += ".";
    }
    raise({ message: shown, operator: "rejects" }, true);
  }, (thrown) => checkThrown(thrown, error, message, "rejects", "validate"));
}

function doesNotReject(promiseFn, error, message) {
  return settled(promiseFn, () => {}, (thrown) => unwanted(thrown, error, message, "doesNotReject"));
}

const names = {
  AssertionError,
  deepEqual,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  equal,
  fail,
  ifError,
  match,
  notDeepEqual,
  notDeepStrictEqual,
  notEqual,
  notStrictEqual,
  ok,
  partialDeepStrictEqual,
  rejects,
  strictEqual,
  throws,
};

function strict(actual, message) {
  if (arguments.length === 0) raise({ message: "No value argument passed to `assert.ok()`" });
  ok(actual, message);
}

ObjectAssign(ok, names, { strict });
ObjectAssign(strict, names, { strict });

return { ...names, default: ok, strict };
})();
