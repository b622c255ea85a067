// Punycode (RFC 3492), and names of domains in it.
const BASE = 36;
const DAMP = 700;
const DELIMITER = "-";
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const MAX = 0x7fffffff;
const SKEW = 38;
const T_MAX = 26;
const T_MIN = 1;

export const version = "2.3.1";
export const ucs2 = {
  decode: (text) => Array.from(text, (character) => character.codePointAt(0)),
  encode: (points) => String.fromCodePoint(...points),
};

function fail(text) {
  throw new RangeError(text);
}

function adapt(delta, count, first) {
  let left = first ? Math.floor(delta / DAMP) : delta >> 1;
  left += Math.floor(left / count);
  let k = 0;
  for (; left > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) left = Math.floor(left / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * left) / (left + SKEW));
}

const threshold = (k, bias) => (k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias);
const digitOf = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);

function valueOf(code) {
  if (code >= 48 && code < 58) return code - 22;
  if (code >= 65 && code < 91) return code - 65;
  if (code >= 97 && code < 123) return code - 97;
  return BASE;
}

export function decode(input) {
  const output = [];
  const basic = Math.max(input.lastIndexOf(DELIMITER), 0);
  for (let at = 0; at < basic; at++) {
    const code = input.charCodeAt(at);
    if (code >= 0x80) fail("Illegal input >= 0x80 (not a basic code point)");
    output.push(code);
  }
  let n = INITIAL_N;
  let i = 0;
  let bias = INITIAL_BIAS;
  for (let at = basic > 0 ? basic + 1 : 0; at < input.length;) {
    const before = i;
    for (let weight = 1, k = BASE;; k += BASE) {
      if (at >= input.length) fail("Invalid input");
      const digit = valueOf(input.charCodeAt(at++));
      if (digit >= BASE) fail("Invalid input");
      if (digit > Math.floor((MAX - i) / weight)) fail("Overflow: input needs wider integers to process");
      i += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      if (weight > Math.floor(MAX / (BASE - t))) fail("Overflow: input needs wider integers to process");
      weight *= BASE - t;
    }
    const count = output.length + 1;
    bias = adapt(i - before, count, before === 0);
    if (Math.floor(i / count) > MAX - n) fail("Overflow: input needs wider integers to process");
    n += Math.floor(i / count);
    i %= count;
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

export function encode(text) {
  const input = ucs2.decode(text);
  let output = input.filter((point) => point < 0x80).map((point) => String.fromCharCode(point)).join("");
  const basic = output.length;
  let handled = basic;
  if (basic > 0) output += DELIMITER;
  let n = INITIAL_N;
  let delta = 0;
  let bias = INITIAL_BIAS;
  while (handled < input.length) {
    const next = Math.min(...input.filter((point) => point >= n));
    if (next - n > Math.floor((MAX - delta) / (handled + 1))) fail("Overflow: input needs wider integers to process");
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of input) {
      if (point < n) delta++;
      if (point !== n) continue;
      let q = delta;
      for (let k = BASE;; k += BASE) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += digitOf(t + ((q - t) % (BASE - t)));
        q = Math.floor((q - t) / (BASE - t));
      }
      output += digitOf(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return output;
}

function labels(domain, convert) {
  const at = domain.indexOf("@") + 1;
  const name = domain.slice(at).replace(/[\u3002\uFF0E\uFF61]/g, ".");
  return domain.slice(0, at) + name.split(".").map(convert).join(".");
}

export const toASCII = (domain) =>
  labels(domain, (label) => (/[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label));
export const toUnicode = (domain) =>
  labels(domain, (label) => (label.startsWith("xn--") ? decode(label.slice(4).toLowerCase()) : label));
