// Random bytes and numbers, and primes.
(function () {
const { core } = __bootstrap;
const ops = core.ops;
const { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { isAnyArrayBuffer } = core.loadExtScript("ext:deno_node/internal/util/types.ts");
const { validateBoolean, validateFunction, validateInt32, validateInteger, validateObject } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { crypto } = core.loadExtScript("ext:lopata/crypto/crypto.js");
const { bigintOf, bytesOf, isBytes, later } = core.loadExtScript("ext:lopata_node/crypto/util.js");

/** Source: production's limit of a buffer, in bytes. */
const LENGTH_MAX = 0x7fffffff;

function randomBytes(size, callback) {
  validateInteger(size, "size", 0, LENGTH_MAX);
  const bytes = Buffer.alloc(size);
  if (callback !== undefined) {
    randomFill(bytes, callback);
    return undefined;
  }
  return randomFillSync(bytes);
}

function checkFillable(buffer) {
  if (!isBytes(buffer)) {
    throw new ERR_INVALID_ARG_TYPE("buffer", ["TypedArray", "DataView", "ArrayBuffer", "SharedArrayBuffer"], buffer);
  }
}

/** Offsets and sizes are those of elements; of an ArrayBuffer and a view, of bytes. */
function fillable(buffer) {
  return isAnyArrayBuffer(buffer) ? Buffer.from(buffer) : buffer instanceof DataView ? bytesOf(buffer) : buffer;
}

function randomFillSync(buffer, offset = 0, size = undefined) {
  checkFillable(buffer);
  const elements = fillable(buffer);
  if (offset !== 0) validateInteger(offset, "offset", 0, LENGTH_MAX);
  if (size !== undefined) validateInteger(size, "size", 0, elements.length - offset);
  return crypto.getRandomValues(elements.subarray(offset, size === undefined ? undefined : offset + size));
}
Object.defineProperty(randomFillSync, "length", { value: 3, configurable: true });

function randomFill(buffer, offsetOrCallback, sizeOrCallback, callback) {
  checkFillable(buffer);
  const { length } = fillable(buffer);
  let offset = 0;
  let size = length;
  let back = callback;
  if (typeof callback === "function") {
    validateInteger(offsetOrCallback, "offset", 0, length);
    offset = offsetOrCallback;
    validateInteger(sizeOrCallback, "size", 0, length - offset);
    size = sizeOrCallback;
  } else if (typeof sizeOrCallback === "function") {
    validateInteger(offsetOrCallback, "offset", 0, length);
    offset = offsetOrCallback;
    size = length - offset;
    back = sizeOrCallback;
  } else if (typeof offsetOrCallback === "function") {
    back = offsetOrCallback;
  }
  validateFunction(back, "callback");
  later(() => {
    randomFillSync(buffer, offset, size);
    return buffer;
  }, back);
}

/** One more than the largest number of six bytes is the largest range. */
const RANGE_MAX = 0xffff_ffff_ffff;

function randomIn(min, max) {
  const range = max - min;
  if (!(range <= RANGE_MAX)) throw new ERR_OUT_OF_RANGE(`max${max ? "" : " - min"}`, `<= ${RANGE_MAX}`, range);
  // What is above would make some numbers likelier than others.
  const limit = RANGE_MAX - (RANGE_MAX % range);
  for (;;) {
    const value = Buffer.from(crypto.getRandomValues(new Uint8Array(6)).buffer).readUIntBE(0, 6);
    if (value < limit) return (value % range) + min;
  }
}

function randomInt(minOrMax, maxOrCallback, callback) {
  let min = 0;
  let max = minOrMax;
  let back = callback;
  if (typeof maxOrCallback === "function" && typeof callback !== "function") {
    back = maxOrCallback;
    validateInteger(max, "max");
  } else if (typeof callback === "function" || arguments.length === 2 && maxOrCallback !== undefined) {
    min = minOrMax;
    max = maxOrCallback;
    validateInteger(min, "min");
    validateInteger(max, "max");
  } else {
    if (arguments.length === 2) validateInteger(maxOrCallback, "max");
    validateInteger(max, "max");
  }
  if (min >= max) throw new ERR_OUT_OF_RANGE("min", "min < max", min);
  if (back != null) {
    later(() => randomIn(min, max), back);
    return undefined;
  }
  return randomIn(min, max);
}

function randomUUID(options) {
  if (options !== undefined) {
    validateObject(options, "options");
    const { disableEntropyCache } = options;
    if (disableEntropyCache !== undefined) validateBoolean(disableEntropyCache, "options.disableEntropyCache");
  }
  return crypto.randomUUID();
}

// --- Primes ---

const PRIME_TYPES = ["ArrayBuffer", "TypedArray", "Buffer", "DataView", "bigint"];

/** @returns {Uint8Array} */
function numberOf(value, name) {
  if (typeof value === "bigint") {
    if (value < 0n) throw new ERR_OUT_OF_RANGE(name, ">= 0", value);
    const digits = value.toString(16);
    return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
  }
  if (!isBytes(value)) throw new ERR_INVALID_ARG_TYPE(name, PRIME_TYPES, value);
  return bytesOf(value);
}

function primeOptions(options) {
  validateObject(options, "options");
  const { safe = false, bigint = false, add, rem } = options;
  validateBoolean(safe, "options.safe");
  validateBoolean(bigint, "options.bigint");
  return {
    safe,
    bigint,
    add: add === undefined ? null : numberOf(add, "options.add"),
    rem: rem === undefined ? null : numberOf(rem, "options.rem"),
  };
}

function primeOf(size, { safe, bigint, add, rem }) {
  const prime = ops.op_nodecrypto_random_prime(size, safe, add, rem);
  return bigint ? bigintOf(prime) : prime.buffer;
}

function generatePrimeSync(size, options = {}) {
  validateInt32(size, "size", 1);
  return primeOf(size, primeOptions(options));
}

function generatePrime(size, options, callback) {
  validateInt32(size, "size", 1);
  const short = typeof options === "function";
  const back = short ? options : callback;
  validateFunction(back, "callback");
  const asked = primeOptions(short ? {} : options);
  later(() => primeOf(size, asked), back);
}

function checksOf(options) {
  validateObject(options, "options");
  const { checks = 0 } = options;
  validateInt32(checks, "options.checks", 0);
  return checks;
}

function checkPrimeSync(candidate, options = {}) {
  const number = numberOf(candidate, "candidate");
  return ops.op_nodecrypto_check_prime(number, checksOf(options));
}

function checkPrime(candidate, options, callback) {
  const number = numberOf(candidate, "candidate");
  const short = typeof options === "function";
  if (!short) validateObject(options, "options");
  const back = short ? options : callback;
  validateFunction(back, "callback");
  const checks = checksOf(short ? {} : options);
  later(() => ops.op_nodecrypto_check_prime(number, checks), back);
}

return {
  checkPrime,
  checkPrimeSync,
  generatePrime,
  generatePrimeSync,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
};
})();
