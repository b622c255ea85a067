// Arithmetic on the NIST curves, for what the engine does not check or does not do.
//
// Whether a point is on its curve and belongs to a private key, compressed points, and ECDSA with a digest that is
// short for its curve. In constant time it is not; a key that must be kept from whoever measures this process is in
// the wrong place.
(function () {
const { core, primordials } = __bootstrap;
const {
  BigInt,
  BigIntPrototypeToString,
  MathCeil,
  NumberParseInt,
  StringPrototypePadStart,
  StringPrototypeSlice,
  TypedArrayPrototypeSlice,
  Uint8Array,
} = primordials;

/** Prime, coefficient b, order, and the base point. */
const CURVES = {
  __proto__: null,
  "P-256": [
    32,
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
  ],
  "P-384": [
    48,
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
  ],
  "P-521": [
    66,
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
    "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
  ],
};

const read = { __proto__: null };

/** @param {string} name @returns {{ size: number, p: bigint, b: bigint, n: bigint, g: [bigint, bigint, bigint] }} */
function curve(name) {
  return read[name] ??= {
    size: CURVES[name][0],
    p: BigInt(`0x${CURVES[name][1]}`),
    b: BigInt(`0x${CURVES[name][2]}`),
    n: BigInt(`0x${CURVES[name][3]}`),
    g: [BigInt(`0x${CURVES[name][4]}`), BigInt(`0x${CURVES[name][5]}`), 1n],
  };
}

/** @param {bigint} value @param {bigint} p */
function mod(value, p) {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

function power(base, exponent, p) {
  let result = 1n;
  for (let b = mod(base, p); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * b) % p;
    b = (b * b) % p;
  }
  return result;
}

const inverse = (value, p) => power(value, p - 2n, p);

/** @param {Uint8Array} bytes */
function toNumber(bytes) {
  let number = 0n;
  for (let i = 0; i < bytes.length; i++) number = (number << 8n) | BigInt(bytes[i]);
  return number;
}

/** @param {bigint} number @param {number} size bytes */
function toBytes(number, size) {
  const hex = StringPrototypePadStart(BigIntPrototypeToString(number, 16), size * 2, "0");
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = NumberParseInt(StringPrototypeSlice(hex, i * 2, i * 2 + 2), 16);
  return bytes;
}

/** The right side of the curve's equation. */
function right(x, { p, b }) {
  return mod(x * x * x - 3n * x + b, p);
}

/** @param {string} name @param {Uint8Array} x @param {Uint8Array} y */
function isOnCurve(name, x, y) {
  const c = curve(name);
  const { 0: a, 1: b } = [toNumber(x), toNumber(y)];
  return a < c.p && b < c.p && mod(b * b, c.p) === right(a, c);
}

/**
 * A point in its uncompressed form.
 * @param {string} name
 * @param {Uint8Array} raw
 * @returns {Uint8Array | "encoding" | "compressed" | "curve"} what is wrong with it, if anything is
 */
function uncompressed(name, raw) {
  const c = curve(name);
  const { size } = c;
  if (raw.length === 1 + 2 * size && raw[0] === 4) {
    const x = TypedArrayPrototypeSlice(raw, 1, 1 + size);
    const y = TypedArrayPrototypeSlice(raw, 1 + size);
    return isOnCurve(name, x, y) ? raw : "curve";
  }
  if (raw.length !== 1 + size || (raw[0] !== 2 && raw[0] !== 3)) return "encoding";
  const x = toNumber(TypedArrayPrototypeSlice(raw, 1));
  const square = right(x, c);
  // The primes of all three are three more than a multiple of four.
  let y = power(square, (c.p + 1n) >> 2n, c.p);
  if (x >= c.p || mod(y * y, c.p) !== square) return "compressed";
  if ((y & 1n) !== BigInt(raw[0] & 1)) y = c.p - y;
  const whole = new Uint8Array(1 + 2 * size);
  whole[0] = 4;
  primordials.TypedArrayPrototypeSet(whole, toBytes(x, size), 1);
  primordials.TypedArrayPrototypeSet(whole, toBytes(y, size), 1 + size);
  return whole;
}

// Points are in Jacobian coordinates; one with z = 0 is the neutral one.

function double([x, y, z], p) {
  if (y === 0n || z === 0n) return [0n, 1n, 0n];
  const delta = (z * z) % p;
  const gamma = (y * y) % p;
  const beta = (x * gamma) % p;
  const alpha = (3n * (x - delta) * (x + delta)) % p;
  const x3 = mod(alpha * alpha - 8n * beta, p);
  const z3 = mod((y + z) * (y + z) - gamma - delta, p);
  return [x3, mod(alpha * (4n * beta - x3) - 8n * gamma * gamma, p), z3];
}

function add(left, other, p) {
  if (left[2] === 0n) return other;
  if (other[2] === 0n) return left;
  const zz1 = (left[2] * left[2]) % p;
  const zz2 = (other[2] * other[2]) % p;
  const u1 = (left[0] * zz2) % p;
  const u2 = (other[0] * zz1) % p;
  const s1 = (left[1] * other[2] * zz2) % p;
  const s2 = (other[1] * left[2] * zz1) % p;
  if (u1 === u2) return s1 === s2 ? double(left, p) : [0n, 1n, 0n];
  const h = mod(u2 - u1, p);
  const r = mod(s2 - s1, p);
  const hh = (h * h) % p;
  const hhh = (h * hh) % p;
  const v = (u1 * hh) % p;
  const x3 = mod(r * r - hhh - 2n * v, p);
  return [x3, mod(r * (v - x3) - s1 * hhh, p), mod(left[2] * other[2] * h, p)];
}

function multiply(point, scalar, p) {
  let result = [0n, 1n, 0n];
  for (let bits = BigIntPrototypeToString(scalar, 2), i = 0; i < bits.length; i++) {
    result = double(result, p);
    if (bits[i] === "1") result = add(result, point, p);
  }
  return result;
}

/** @returns {[bigint, bigint]} */
function affine([x, y, z], p) {
  const one = inverse(z, p);
  const square = (one * one) % p;
  return [(x * square) % p, (y * square * one) % p];
}

/** Whether the point belongs to the private key. */
function isPair(name, d, x, y) {
  const c = curve(name);
  const scalar = toNumber(d);
  if (scalar === 0n || scalar >= c.n) return false;
  const { 0: px, 1: py } = affine(multiply(c.g, scalar, c.p), c.p);
  return px === toNumber(x) && py === toNumber(y);
}

/** The digest as a number, of no more bits than the order has. */
function messageOf(digest, { n }) {
  const excess = digest.length * 8 - BigIntPrototypeToString(n, 2).length;
  const number = toNumber(digest);
  return excess > 0 ? number >> BigInt(excess) : number;
}

/**
 * @param {string} name
 * @param {Uint8Array} d
 * @param {Uint8Array} digest
 * @param {(size: number) => Uint8Array} random
 * @returns {Uint8Array}
 */
function sign(name, d, digest, random) {
  const c = curve(name);
  const { n, p, size } = c;
  for (;;) {
    const k = mod(toNumber(random(size + 8)), n - 1n) + 1n;
    const r = mod(affine(multiply(c.g, k, p), p)[0], n);
    const s = mod(inverse(k, n) * (messageOf(digest, c) + r * toNumber(d)), n);
    if (r === 0n || s === 0n) continue;
    const signature = new Uint8Array(size * 2);
    primordials.TypedArrayPrototypeSet(signature, toBytes(r, size));
    primordials.TypedArrayPrototypeSet(signature, toBytes(s, size), size);
    return signature;
  }
}

/** @returns {boolean} */
function verify(name, x, y, digest, signature) {
  const c = curve(name);
  const { n, p, size } = c;
  if (signature.length !== size * 2) return false;
  const r = toNumber(TypedArrayPrototypeSlice(signature, 0, size));
  const s = toNumber(TypedArrayPrototypeSlice(signature, size));
  if (r === 0n || s === 0n || r >= n || s >= n) return false;
  const w = inverse(s, n);
  const own = multiply(c.g, mod(messageOf(digest, c) * w, n), p);
  const other = multiply([toNumber(x), toNumber(y), 1n], mod(r * w, n), p);
  const sum = add(own, other, p);
  return sum[2] !== 0n && mod(affine(sum, p)[0], n) === r;
}

/** The smallest digest that the engine takes for a curve, in bytes. @param {string} name */
function digestMin(name) {
  return MathCeil(curve(name).size / 2);
}

/**
 * The primes and the rest of an RSA key of which only modulus and exponents are known.
 * @param {bigint} n @param {bigint} e @param {bigint} d
 * @returns {Record<string, bigint> | undefined}
 */
function rsaPrimes(n, e, d) {
  let odd = d * e - 1n;
  let twos = 0;
  if (odd <= 0n) return undefined;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    twos++;
  }
  for (let base = 2n; base < 100n; base++) {
    let x = power(base, odd, n);
    for (let i = 0; i < twos && x !== 1n && x !== n - 1n; i++) {
      const next = (x * x) % n;
      if (next === 1n) return withPrime(n, d, gcd(x - 1n, n));
      x = next;
    }
  }
  return undefined;
}

function gcd(a, b) {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function withPrime(n, d, one) {
  const other = n / one;
  const { 0: p, 1: q } = one > other ? [one, other] : [other, one];
  return { p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
}

return { digestMin, isOnCurve, isPair, rsaPrimes, sign, toBytes, toNumber, uncompressed, verify };
})();
