// What the classes of HTTP do with their arguments: production's conversions and the texts of what is wrong.
(function () {
const { core, primordials } = __bootstrap;
const {
  MathTrunc,
  NumberIsFinite,
  StringPrototypeIsWellFormed,
  StringPrototypeReplace,
  SafeRegExp,
  TypeError,
} = primordials;

// Source: workerd's texts.
const ILLEGAL_INVOCATION = "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

/** A surrogate without its other half. */
const LONE = new SafeRegExp(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g);

/** @returns {TypeError} for a method on the wrong object */
const illegal = () => new TypeError(ILLEGAL_INVOCATION);

/** @param {string} method @param {string} owner @param {number} number @param {string} type */
const badParameter = (method, owner, number, type) =>
  new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${number} is not of type '${type}'.`);

/** @param {string} owner @param {number} number @param {string} type */
const badConstructor = (owner, number, type) =>
  new TypeError(`Failed to construct '${owner}': constructor parameter ${number} is not of type '${type}'.`);

/** @param {string} field @param {string} dictionary @param {string} type */
const badField = (field, dictionary, type) =>
  new TypeError(`Incorrect type for the '${field}' field on '${dictionary}': the provided value is not of type '${type}'.`);

/**
 * A string as production keeps it, in UTF-8: half a surrogate pair is three bytes of nothing.
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  if (typeof value !== "string") {
    if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
    value = `${value}`;
  }
  return StringPrototypeIsWellFormed(value) ? value : StringPrototypeReplace(value, LONE, "\ufffd\ufffd\ufffd");
}

/** A 32-bit integer: what is no number is 0, what does not fit is refused. @param {unknown} value */
function int(value) {
  const number = +value;
  if (!NumberIsFinite(number)) return 0;
  if (number < -2147483648 || number > 2147483647) {
    throw new TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }
  return MathTrunc(number) + 0;
}

/**
 * The text of UTF-8.
 * @param {Uint8Array} bytes
 * @param {boolean} stripMark whether a byte order mark at its start is left out
 */
function decode(bytes, stripMark) {
  const found = core.decode(bytes);
  return !stripMark && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? `\ufeff${found}` : found;
}

/** @param {unknown} value */
const isObject = (value) => typeof value === "object" ? value !== null : typeof value === "function";

return { badConstructor, badField, badParameter, decode, illegal, int, isObject, text };
})();
