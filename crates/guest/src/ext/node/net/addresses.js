// Addresses of the internet as text and as bytes.
(function () {
const { primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  NumberParseInt,
  NumberPrototypeToString,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
  TypeError,
} = primordials;

const DECIMAL = new SafeRegExp("^(0|[1-9][0-9]{0,2})$");
const GROUP = new SafeRegExp("^[0-9a-fA-F]{1,4}$");
const ZONE = new SafeRegExp("^[0-9a-zA-Z\\-.:]+$");

/** @param {string} text @returns {number[] | null} the four bytes of an IPv4 address */
function parse4(text) {
  const parts = StringPrototypeSplit(text, ".");
  if (parts.length !== 4) return null;
  const bytes = [];
  for (let i = 0; i < 4; i++) {
    if (!RegExpPrototypeTest(DECIMAL, parts[i])) return null;
    const byte = NumberParseInt(parts[i], 10);
    if (byte > 255) return null;
    ArrayPrototypePush(bytes, byte);
  }
  return bytes;
}

/** The bytes of groups between colons; null unless all are. A dotted one may only be the last of an address. */
function groups(text, last) {
  const bytes = [];
  if (text === "") return bytes;
  const parts = StringPrototypeSplit(text, ":");
  for (let i = 0; i < parts.length; i++) {
    if (RegExpPrototypeTest(GROUP, parts[i])) {
      const value = NumberParseInt(parts[i], 16);
      ArrayPrototypePush(bytes, value >> 8, value & 255);
      continue;
    }
    const dotted = last && i === parts.length - 1 ? parse4(parts[i]) : null;
    if (dotted === null) return null;
    ArrayPrototypePush(bytes, dotted[0], dotted[1], dotted[2], dotted[3]);
  }
  return bytes;
}

/** @param {string} text @returns {number[] | null} the sixteen bytes of an IPv6 address, whatever its zone */
function parse6(text) {
  const zone = StringPrototypeIndexOf(text, "%");
  if (zone >= 0) {
    if (!RegExpPrototypeTest(ZONE, StringPrototypeSlice(text, zone + 1))) return null;
    text = StringPrototypeSlice(text, 0, zone);
  }
  const gap = StringPrototypeIndexOf(text, "::");
  if (gap < 0) {
    const bytes = groups(text, true);
    return bytes !== null && bytes.length === 16 ? bytes : null;
  }
  const head = groups(StringPrototypeSlice(text, 0, gap), false);
  const tail = groups(StringPrototypeSlice(text, gap + 2), true);
  if (head === null || tail === null || head.length + tail.length > 14) return null;
  while (head.length + tail.length < 16) ArrayPrototypePush(head, 0);
  for (let i = 0; i < tail.length; i++) ArrayPrototypePush(head, tail[i]);
  return head;
}

/** The bytes of an address of whichever family. @param {string} text @returns {number[] | null} */
function parse(text) {
  return parse4(text) ?? parse6(text);
}

/** An address as it is written for comparisons: lower case, the longest run of zeros left out. @param {number[]} bytes */
function format(bytes) {
  if (bytes.length === 4) return ArrayPrototypeJoin(bytes, ".");
  const words = [];
  for (let i = 0; i < 16; i += 2) ArrayPrototypePush(words, bytes[i] * 256 + bytes[i + 1]);
  let best = 0, length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) [best, length] = [i, end - i];
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (length > 1 && i === best) {
      text += "::";
      i += length - 1;
      continue;
    }
    if (text !== "" && text[text.length - 1] !== ":") text += ":";
    text += NumberPrototypeToString(words[i], 16);
  }
  return text;
}

/** @param {unknown} input */
function textOf(input) {
  if (typeof input === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return `${input}`;
}

function isIPv4(input) {
  return parse4(textOf(input)) !== null;
}

function isIPv6(input) {
  return parse6(textOf(input)) !== null;
}

function isIP(input) {
  const text = textOf(input);
  return parse4(text) !== null ? 4 : parse6(text) !== null ? 6 : 0;
}

return { format, isIP, isIPv4, isIPv6, parse, parse4, parse6 };
})();
