// What production prints otherwise than the formatter that `util.inspect` stands on.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  RegExpPrototypeSymbolReplace,
  SafeRegExp,
  String,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToUpperCase,
  SymbolPrototypeToString,
} = primordials;

const HEX = new SafeRegExp("(\\\\*)\\\\x([0-9a-f]{2})", "g");

/** Digits in groups of three, from the left or from the right. */
function grouped(digits, fromLeft) {
  const groups = [];
  let at = fromLeft ? 3 : digits.length % 3 || 3;
  let start = 0;
  while (start < digits.length) {
    groups[groups.length] = StringPrototypeSlice(digits, start, at);
    start = at;
    at += 3;
  }
  return ArrayPrototypeJoin(groups, "_");
}

function separated(number) {
  const text = typeof number === "bigint" ? `${number}` : String(number);
  if (StringPrototypeIncludes(text, "e") || StringPrototypeIncludes(text, "n") || text === "Infinity") return text;
  const sign = text[0] === "-" ? "-" : "";
  const point = StringPrototypeIndexOf(text, ".");
  const end = point === -1 ? text.length : point;
  const whole = grouped(StringPrototypeSlice(text, sign.length, end), false);
  const rest = point === -1 ? "" : `.${grouped(StringPrototypeSlice(text, point + 1), true)}`;
  return `${sign}${whole}${rest}${typeof number === "bigint" ? "n" : ""}`;
}

/**
 * @param {object} ctx the options
 * @param {unknown} value
 * @param {string} text what the formatter made of it
 */
function finish(ctx, value, text) {
  switch (typeof value) {
    case "symbol":
      return ctx.stylize(SymbolPrototypeToString(value), "symbol");
    case "number":
    case "bigint":
      return ctx.numericSeparator ? ctx.stylize(separated(value), typeof value) : text;
    default:
      if (StringPrototypeIncludes(text, "\\x")) text = RegExpPrototypeSymbolReplace(HEX, text, upper);
      return !ctx.showProxy && core.isProxy(value) ? `Proxy(${text})` : text;
  }
}

/** Production's escapes have capital letters. A backslash that is itself escaped begins none. */
function upper(all, slashes, digits) {
  return slashes.length % 2 === 0 ? `${slashes}\\x${StringPrototypeToUpperCase(digits)}` : all;
}

return { finish };
})();
