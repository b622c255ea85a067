// What R2 is asked: from arguments of scripts to the fields of a request, in production's JSON.
//
// Whole numbers of 64 bits are texts there, a field that is not given is left out, hashes are hexadecimal but MD5,
// which is base 64.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypePush,
  Date,
  DatePrototypeGetTime,
  Error,
  MathMin,
  MathTrunc,
  Number,
  NumberIsFinite,
  NumberIsInteger,
  NumberParseInt,
  NumberPrototypeToString,
  ObjectKeys,
  RangeError,
  RegExpPrototypeExec,
  SafeRegExp,
  SafeStringIterator,
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeIsWellFormed,
  StringPrototypePadStart,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeTrim,
  TypedArrayPrototypeGetByteLength,
  TypeError,
  Uint8Array,
  uncurryThis,
} = primordials;
const { Headers } = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");

const headersGet = uncurryThis(Headers.prototype.get);
const HEX = new SafeRegExp("^[0-9a-fA-F]*$");
const LOWER_HEX = new SafeRegExp("^[0-9a-f]+$");

/** The hashes of a `put`: its option, what production calls it, its bytes. */
const HASHES = [
  ["md5", "MD5", 16],
  ["sha1", "SHA-1", 20],
  ["sha256", "SHA-256", 32],
  ["sha384", "SHA-384", 48],
  ["sha512", "SHA-512", 64],
];

const HTTP_FIELDS = ["contentType", "contentLanguage", "contentDisposition", "contentEncoding", "cacheControl"];
const HTTP_HEADERS = ["content-type", "content-language", "content-disposition", "content-encoding", "cache-control"];

function isObject(value) {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

/**
 * A text as R2 gets it, in UTF-8: production encodes half of a surrogate pair as three bytes, of which none is
 * a character.
 * @param {unknown} value @returns {string}
 */
function textOf(value) {
  const text = `${value}`;
  if (StringPrototypeIsWellFormed(text)) return text;
  let whole = "";
  for (const char of new SafeStringIterator(text)) {
    whole += StringPrototypeIsWellFormed(char) ? char : "\ufffd\ufffd\ufffd";
  }
  return whole;
}

function isHeaders(value) {
  try {
    headersGet(value, "x");
    return true;
  } catch {
    return false;
  }
}

function badField(field, owner, type) {
  return new TypeError(
    `Incorrect type for the '${field}' field on '${owner}': the provided value is not of type '${type}'.`,
  );
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    text += StringPrototypePadStart(NumberPrototypeToString(bytes[i], 16), 2, "0");
  }
  return text;
}

/** @param {string} text pairs of digits */
function fromHex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = NumberParseInt(StringPrototypeSlice(text, i * 2, i * 2 + 2), 16);
  return bytes;
}

/** @param {unknown} value a date or milliseconds @returns {number} milliseconds */
function millis(value, field, owner) {
  let time;
  try {
    time = DatePrototypeGetTime(value);
  } catch {
    if (typeof value !== "number") throw badField(field, owner, "date");
    time = value;
  }
  // Source: production's text.
  if (time !== time) throw new TypeError("The value cannot be converted because it is not a valid Date.");
  return time;
}

/** A time in a header, in milliseconds; what is none counts as the first there is. @param {string} header */
function headerMillis(header) {
  const time = DatePrototypeGetTime(new Date(header));
  return time === time ? time : 0;
}

/** A field that has to be a string when it is given: production converts nothing. */
function stringField(value, field, owner) {
  if (typeof value !== "string") throw badField(field, owner, "string");
  return textOf(value);
}

/** A number as production converts it. @param {unknown} value */
function numberOf(value) {
  if (typeof value === "bigint") throw new TypeError("Cannot convert a BigInt value to a number");
  return Number(value);
}

/** An integer of 32 bits as production converts it. @param {unknown} value */
function integerOf(value) {
  const number = numberOf(value);
  if (!NumberIsFinite(number)) return 0;
  const whole = MathTrunc(number);
  if (whole < -2147483648 || whole > 2147483647) {
    throw new TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }
  return whole;
}

/** @param {object} request @param {string} owner what production calls the options */
function addOnlyIf(request, options, owner) {
  let { onlyIf } = options;
  if (onlyIf === undefined) return;
  // All its fields may be absent.
  if (onlyIf === null) onlyIf = { __proto__: null };
  if (!isObject(onlyIf)) throw badField("onlyIf", owner, "Conditional or Headers");
  const condition = {};
  if (isHeaders(onlyIf)) {
    const match = headersGet(onlyIf, "if-match");
    if (match !== null) condition.etagMatches = etagsOf(match, "if-match");
    const noneMatch = headersGet(onlyIf, "if-none-match");
    if (noneMatch !== null) condition.etagDoesNotMatch = etagsOf(noneMatch, "if-none-match");
    const unmodified = headersGet(onlyIf, "if-unmodified-since");
    if (unmodified !== null) condition.uploadedBefore = `${headerMillis(unmodified)}`;
    const modified = headersGet(onlyIf, "if-modified-since");
    if (modified !== null) condition.uploadedAfter = `${headerMillis(modified)}`;
    if (unmodified !== null || modified !== null) condition.secondsGranularity = true;
  } else {
    const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = onlyIf;
    if (etagMatches !== undefined) condition.etagMatches = [etagOf(stringField(etagMatches, "etagMatches", "Conditional"))];
    if (etagDoesNotMatch !== undefined) condition.etagDoesNotMatch = [etagOf(stringField(etagDoesNotMatch, "etagDoesNotMatch", "Conditional"))];
    if (uploadedBefore !== undefined) {
      condition.uploadedBefore = `${millis(uploadedBefore, "uploadedBefore", "Conditional")}`;
    }
    if (uploadedAfter !== undefined) {
      condition.uploadedAfter = `${millis(uploadedAfter, "uploadedAfter", "Conditional")}`;
    }
    if (secondsGranularity && (uploadedBefore !== undefined || uploadedAfter !== undefined)) {
      condition.secondsGranularity = true;
    }
  }
  request.onlyIf = condition;
}

/** @param {string} etag */
function etagOf(etag) {
  if (StringPrototypeStartsWith(etag, '"') && StringPrototypeEndsWith(etag, '"')) {
    throw new TypeError(`Conditional ETag should not be wrapped in quotes (${etag}).`);
  }
  return etag === "*" ? { type: "wildcard" } : { value: etag, type: "strong" };
}

function at(text, what) {
  const index = StringPrototypeIndexOf(text, what);
  return index < 0 ? 1 / 0 : index;
}

/** The etags of a conditional header. Texts and leniency are production's. @param {string} header */
function etagsOf(header, name) {
  const etags = [];
  let rest = header;
  let commaNeeded = false;
  for (;;) {
    const wildcard = at(rest, "*");
    const quote = at(rest, '"');
    const weak = at(rest, "W");
    const comma = at(rest, ",");
    if (quote === 1 / 0 && wildcard === 1 / 0) break;
    if (comma < wildcard && comma < quote && comma < weak) {
      // What comes before it is no etag.
      if (!commaNeeded && StringPrototypeTrim(StringPrototypeSlice(rest, 0, comma)) !== "") break;
      rest = StringPrototypeSlice(rest, comma + 1);
      commaNeeded = false;
      continue;
    }
    if (commaNeeded) throw new Error(`Comma was expected to separate etags. ${insteadOfComma(wildcard, quote, weak)}`);
    if (wildcard < quote) return [{ type: "wildcard" }];
    const length = StringPrototypeIndexOf(StringPrototypeSlice(rest, quote + 1), '"');
    if (length < 0) throw new Error("Unclosed double quote for Etag");
    const value = StringPrototypeSlice(rest, quote + 1, quote + 1 + length);
    if (weak < quote) {
      if (rest[weak + 1] !== "/" || weak + 2 !== quote) {
        throw new Error("Weak etags must start with W/ and their value must be quoted");
      }
      ArrayPrototypePush(etags, { value, type: "weak" });
    } else {
      ArrayPrototypePush(etags, { value, type: "strong" });
    }
    rest = StringPrototypeSlice(rest, quote + length + 2);
    commaNeeded = true;
  }
  if (etags.length === 0) throw new Error(`Invalid ETag in ${name} header`);
  return etags;
}

function insteadOfComma(wildcard, quote, weak) {
  switch (MathMin(wildcard, quote, weak)) {
    case wildcard:
      return "Encountered a wildcard character '*' instead.";
    case quote:
      return "Encountered a double quote character '\"' instead. " +
        "This would otherwise indicate the start of a new strong etag.";
    default:
      return "Encountered a weak quotation character 'W' instead. " +
        "This would otherwise indicate the start of a new weak etag.";
  }
}

function addRange(request, options) {
  let { range } = options;
  if (range === undefined) return;
  if (range === null) range = { __proto__: null };
  if (!isObject(range)) throw badField("range", "GetOptions", "Range or Headers");
  if (isHeaders(range)) {
    const header = headersGet(range, "range");
    if (header !== null) request.rangeHeader = header;
    return;
  }
  const wanted = {};
  const { offset, length, suffix } = range;
  if (offset !== undefined) wanted.offset = whole(numberOf(offset), "range. Starting offset", "range. Starting offset");
  if (length !== undefined) wanted.length = whole(numberOf(length), "range. Length", "range. Length");
  if (suffix !== undefined) {
    if (offset !== undefined) throw new TypeError("Suffix is incompatible with offset.");
    if (length !== undefined) throw new TypeError("Suffix is incompatible with length.");
    wanted.suffix = whole(numberOf(suffix), "suffix. Suffix", "range. Suffix");
  }
  request.range = wanted;
}

/** @param {number} value @returns {string} */
function whole(value, negative, fraction) {
  if (!(value >= 0)) {
    const shown = value === value ? (value === -Infinity ? "-inf" : value) : "nan";
    throw new RangeError(`Invalid ${negative} (${shown}) must be greater than or equal to 0.`);
  }
  if (value === Infinity) return "18446744073709551615";
  if (!NumberIsInteger(value)) {
    throw new RangeError(`Invalid ${fraction} (${value}) must be an integer, not floating point.`);
  }
  return `${value}`;
}

function addSsec(request, { ssecKey }) {
  if (ssecKey === undefined) return;
  const bytes = bytesOf(ssecKey);
  let key;
  if (bytes !== undefined) {
    if (TypedArrayPrototypeGetByteLength(bytes) !== 32) throw new Error("SSE-C Key must be 32 bytes in length");
    key = hex(bytes);
  } else {
    key = `${ssecKey}`;
    if (RegExpPrototypeExec(LOWER_HEX, key) === null) throw new Error("SSE-C Key has invalid format");
    if (key.length !== 64) throw new Error("SSE-C Key must be 32 bytes in length");
  }
  request.ssec = { key };
}

/** @returns {Record<string, string>} what was sent, as the script will see it */
function addCustomMetadata(request, { customMetadata }, owner) {
  if (customMetadata === undefined) return {};
  if (!isObject(customMetadata) || ArrayIsArray(customMetadata)) throw badField("customMetadata", owner, "object");
  const sent = {};
  const fields = [];
  const names = ObjectKeys(customMetadata);
  for (let i = 0; i < names.length; i++) {
    const name = textOf(names[i]);
    const value = textOf(customMetadata[names[i]]);
    sent[name] = value;
    ArrayPrototypePush(fields, { k: name, v: value });
  }
  request.customFields = fields;
  return sent;
}

/** @returns {object} what was sent, as the script will see it */
function addHttpMetadata(request, { httpMetadata }, owner) {
  if (httpMetadata === undefined || httpMetadata === null) return {};
  if (!isObject(httpMetadata)) throw badField("httpMetadata", owner, "HttpMetadata or Headers");
  const sent = {};
  const fields = {};
  const ofHeaders = isHeaders(httpMetadata);
  for (let i = 0; i < HTTP_FIELDS.length; i++) {
    const name = HTTP_FIELDS[i];
    const value = ofHeaders ? headersGet(httpMetadata, HTTP_HEADERS[i]) : httpMetadata[name];
    if (value === undefined || (ofHeaders && value === null)) continue;
    sent[name] = textOf(value);
    fields[name] = sent[name];
  }
  const expiry = ofHeaders ? headersGet(httpMetadata, "expires") : httpMetadata.cacheExpiry;
  if (expiry !== undefined && expiry !== null) {
    const time = ofHeaders ? headerMillis(expiry) : millis(expiry, "cacheExpiry", "HttpMetadata");
    sent.cacheExpiry = new Date(time);
    fields.cacheExpiry = `${time}`;
  }
  request.httpFields = fields;
  return sent;
}

function addHashes(request, options) {
  let given = false;
  for (let i = 0; i < HASHES.length; i++) {
    const { 0: option, 1: name, 2: length } = HASHES[i];
    const value = options[option];
    if (value === undefined) continue;
    if (given) throw new TypeError("You cannot specify multiple hashing algorithms.");
    given = true;
    const bytes = hashOf(option, name, length, value);
    request[option] = option === "md5" ? forgivingBase64Encode(bytes) : hex(bytes);
  }
}

function hashOf(option, name, length, value) {
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    const given = TypedArrayPrototypeGetByteLength(bytes);
    if (given !== length) throw new TypeError(`${name} is ${length} bytes, not ${given}`);
    return bytes;
  }
  if (typeof value !== "string") throw badField(option, "PutOptions", "JsBufferSource or string");
  if (value.length !== length * 2) {
    throw new TypeError(`${name} is ${length * 2} hex characters, not ${value.length}`);
  }
  if (RegExpPrototypeExec(HEX, value) === null) throw new TypeError(`Provided ${name} wasn't a valid hex string`);
  return fromHex(value);
}

/** The options of `list`, and what its objects are expected to come with. */
function addList(request, options, honoursInclude) {
  let expected = { http: false, custom: false };
  const { limit, prefix, cursor, delimiter, startAfter, include } = options;
  // -1 is the schema's own sign for none.
  if (limit !== undefined && integerOf(limit) !== -1) request.limit = integerOf(limit);
  if (prefix !== undefined) request.prefix = stringField(prefix, "prefix", "ListOptions");
  if (cursor !== undefined) request.cursor = stringField(cursor, "cursor", "ListOptions");
  if (delimiter !== undefined) request.delimiter = stringField(delimiter, "delimiter", "ListOptions");
  if (startAfter !== undefined) request.startAfter = stringField(startAfter, "startAfter", "ListOptions");
  if (include !== undefined) {
    if (!ArrayIsArray(include)) throw badField("include", "ListOptions", "Array");
    const fields = [];
    for (let i = 0; i < include.length; i++) {
      const field = include[i];
      if (typeof field !== "string") {
        throw new TypeError(`Incorrect type for array element ${i}: the provided value is not of type 'string'.`);
      }
      if (field === "httpMetadata") expected.http = true;
      else if (field === "customMetadata") expected.custom = true;
      else throw new RangeError(`Unsupported include value ${field}`);
      ArrayPrototypePush(fields, field === "httpMetadata" ? 0 : 1);
    }
    request.include = fields;
  }
  request.newRuntime = true;
  if (!honoursInclude) {
    request.include = [0, 1];
    expected = { http: true, custom: true };
  }
  return expected;
}

return {
  addCustomMetadata,
  addHashes,
  addHttpMetadata,
  addList,
  addOnlyIf,
  addRange,
  addSsec,
  badField,
  fromHex,
  hex,
  integerOf,
  isHeaders,
  isObject,
  textOf,
};
})();
