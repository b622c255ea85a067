// MIME types as production reads and writes them.
(function () {
const { primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeIndexOf,
  StringPrototypeReplace,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
} = primordials;

const TOKEN = new SafeRegExp(/^[!#$%&'*+\\.^_`|~0-9A-Za-z-]+$/);
const QUOTED = new SafeRegExp(/^[\t\x20-\x7e\x80-\u{10ffff}]*$/u);
const LEADING = new SafeRegExp(/^[\r\n\t ]+/);
const TRAILING = new SafeRegExp(/[\r\n\t ]+$/);

const trimStart = (text) => StringPrototypeReplace(text, LEADING, "");
const trimEnd = (text) => StringPrototypeReplace(text, TRAILING, "");
const isToken = (text) => RegExpPrototypeTest(TOKEN, text);
const isQuotable = (text) => RegExpPrototypeTest(QUOTED, text);

/** Splits at the first `mark`; the second half is undefined without one. */
function cut(text, mark) {
  const at = StringPrototypeIndexOf(text, mark);
  return at < 0
    ? [text, undefined]
    : [StringPrototypeSlice(text, 0, at), StringPrototypeSlice(text, at + mark.length)];
}

/**
 * @param {string} input
 * @returns {{ essence: string, params: Record<string, string> } | null} null for what is no MIME type
 */
function parse(input) {
  const { 0: type, 1: rest } = cut(trimStart(input), "/");
  if (rest === undefined || !isToken(type)) return null;
  const { 0: subtype, 1: parameters } = cut(rest, ";");
  const trimmed = trimEnd(subtype);
  if (!isToken(trimmed)) return null;
  const params = { __proto__: null };
  if (parameters !== undefined) readParameters(parameters, params);
  return { essence: StringPrototypeToLowerCase(`${type}/${trimmed}`), params };
}

function readParameters(text, params) {
  for (let left = text; left !== undefined;) {
    left = trimStart(left);
    const equals = StringPrototypeIndexOf(left, "=");
    const semicolon = StringPrototypeIndexOf(left, ";");
    if (equals < 0 && semicolon < 0) return;
    if (equals < 0 || (semicolon >= 0 && semicolon < equals)) {
      left = StringPrototypeSlice(left, semicolon + 1);
      continue;
    }
    const name = StringPrototypeSlice(left, 0, equals);
    left = StringPrototypeSlice(left, equals + 1);
    if (!isToken(name)) {
      left = cut(left, ";")[1];
      continue;
    }
    let value;
    if (left[0] === '"') {
      const { 0: quoted, 1: rest } = cut(StringPrototypeSlice(left, 1), '"');
      value = isQuotable(quoted) ? StringPrototypeReplaceAll(quoted, "\\", "") : undefined;
      left = rest === undefined ? undefined : cut(rest, ";")[1];
    } else {
      const { 0: plain, 1: rest } = cut(left, ";");
      const trimmed = trimEnd(plain);
      value = trimmed !== "" && isQuotable(trimmed) ? trimmed : undefined;
      left = rest;
    }
    const key = StringPrototypeToLowerCase(name);
    if (value !== undefined && params[key] === undefined) params[key] = value;
  }
}

/** @param {{ essence: string, params: Record<string, string> }} mime */
function serialize(mime) {
  let text = mime.essence;
  for (const name in mime.params) {
    const value = mime.params[name];
    // A space before the boundary only: what pages and servers are used to.
    text += `;${name === "boundary" ? " " : ""}${name}=`;
    text += isToken(value) ? value : `"${StringPrototypeReplaceAll(value, '"', '\\"')}"`;
  }
  return text;
}

/** The parts of a list that are separated by commas outside of quotes. */
function partsOf(input) {
  const parts = [];
  let start = 0, quoted = false;
  for (let i = 0; i < input.length; i++) {
    if (input[i] === '"' && input[i - 1] !== "\\") quoted = !quoted;
    if (input[i] === "," && !quoted && input[i - 1] !== "\\") {
      ArrayPrototypePush(parts, StringPrototypeSlice(input, start, i));
      start = i + 1;
    }
  }
  ArrayPrototypePush(parts, StringPrototypeSlice(input, start));
  return parts;
}

/**
 * The type that a Content-Type header stands for, which may be there several times.
 * @param {string} input
 * @returns {string} empty for none
 */
function extract(input) {
  const parts = partsOf(input);
  let found = null;
  for (let i = 0; i < parts.length; i++) {
    const parsed = parse(parts[i]);
    if (parsed === null || parsed.essence === "*/*") continue;
    if (found?.essence === parsed.essence && found.params.charset !== undefined) {
      parsed.params.charset ??= found.params.charset;
    }
    found = parsed;
  }
  return found === null ? "" : serialize(found);
}

return { extract, parse, serialize };
})();
