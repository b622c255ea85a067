// Derived bits and keys.
import assert from "node:assert";

const { subtle } = crypto;
const text = new TextEncoder().encode("hello");

/** `run` fails, at once or later, with an error of this name and exactly this message. */
async function fails(name, message, run) {
  await assert.rejects(async () => await run(), { name, message });
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base = (name, bytes = text) => subtle.importKey("raw", bytes, name, false, ["deriveBits", "deriveKey"]);
const bytesOf = (string) => new TextEncoder().encode(string);

export const pbkdf2OfItsSpecification = {
  async test() {
    const key = await base("PBKDF2", bytesOf("password"));
    const derive = (hash, iterations, length) =>
      subtle.deriveBits({ name: "PBKDF2", hash, salt: bytesOf("salt"), iterations }, key, length);
    assert.strictEqual(hex(await derive("SHA-1", 1, 160)), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert.strictEqual(hex(await derive("SHA-256", 1, 256)), "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b");
    assert.strictEqual(hex(await derive("MD5", 3, 128)), "f6acd4bda3e4d3d831a5f61da9ca9d5c");
  },
};

export const pbkdf2HasNoCap = {
  async test() {
    const key = await base("PBKDF2");
    const bits = await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: text, iterations: 150_000 }, key, 64);
    assert.strictEqual(bits.byteLength, 8);
  },
};

export const pbkdf2Parameters = {
  async test() {
    const key = await base("PBKDF2");
    const whole = { name: "PBKDF2", hash: "SHA-256", salt: text, iterations: 1 };
    for (const field of ["hash", "salt", "iterations"]) {
      await fails("TypeError", `Missing field "${field}" in "algorithm".`, () =>
        subtle.deriveBits({ ...whole, [field]: undefined }, key, 64));
    }
    await fails("OperationError", "PBKDF2 requires a positive iteration count (requested 0).", () =>
      subtle.deriveBits({ ...whole, iterations: 0 }, key, 64));
    await fails("OperationError", "PBKDF2 cannot derive a key with null length.", () => subtle.deriveBits(whole, key, null));
    await assert.rejects(subtle.deriveBits(whole, key, 7), { name: "OperationError", message: /multiple of eight \(requested 7\)/ });
  },
};

export const hkdfOfItsSpecification = {
  async test() {
    const key = await base("HKDF", new Uint8Array(22).fill(0x0b));
    const salt = new Uint8Array(13).map((_, i) => i);
    const info = new Uint8Array(10).map((_, i) => 0xf0 + i);
    const bits = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 42 * 8);
    assert.strictEqual(
      hex(bits),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    const md5 = await subtle.deriveBits({ name: "HKDF", hash: "MD5", salt, info }, key, 160);
    assert.strictEqual(hex(md5), "b222c9db38d17b2fea8b3bb511c0d6d86049ef48");
  },
};

export const hkdfParameters = {
  async test() {
    const key = await base("HKDF");
    const whole = { name: "HKDF", hash: "SHA-256", salt: text, info: text };
    for (const field of ["hash", "salt", "info"]) {
      await fails("TypeError", `Missing field "${field}" in "algorithm".`, () =>
        subtle.deriveBits({ ...whole, [field]: undefined }, key, 64));
    }
    await fails("OperationError", "HKDF deriveBits failed.", () => subtle.deriveBits(whole, key, 256 * 256 * 8));
    await fails("OperationError", "HKDF cannot derive a key with null length.", () => subtle.deriveBits(whole, key, null));
  },
};

export const derivationKeysStay = {
  async test() {
    for (const name of ["PBKDF2", "HKDF"]) {
      await fails("SyntaxError", `${name} key cannot be extractable.`, () =>
        subtle.importKey("raw", text, name, true, ["deriveBits"]));
      await fails("SyntaxError", `Attempt to import secret ${name} key with invalid usage "sign".`, () =>
        subtle.importKey("raw", text, name, false, ["sign"]));
    }
    await fails("NotSupportedError", 'PBKDF2 key must be imported in "raw" format (requested "jwk").', () =>
      subtle.importKey("jwk", { kty: "oct" }, "PBKDF2", false, ["deriveBits"]));
  },
};

export const derivedKeys = {
  async test() {
    const key = await base("PBKDF2");
    const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: text, iterations: 1 };
    const derive = (wanted, usages) => subtle.deriveKey(algorithm, key, wanted, true, usages);
    assert.strictEqual((await derive({ name: "AES-GCM", length: 256 }, ["encrypt"])).algorithm.length, 256);
    assert.strictEqual((await derive({ name: "HMAC", hash: "SHA-512" }, ["sign"])).algorithm.length, 1024);
    await fails("TypeError", 'Missing field "length" in "derivedKeyParams".', () => derive("AES-GCM", ["encrypt"]));
    await fails(
      "OperationError",
      "Derived AES key must be 128, 192, or 256 bits in length but provided 5.",
      () => derive({ name: "AES-GCM", length: 5 }, ["encrypt"]),
    );
    await fails("TypeError", "HMAC key length must be a non-zero unsigned long integer.", () =>
      derive({ name: "HMAC", hash: "SHA-1", length: 0 }, ["sign"]));
    await fails("NotSupportedError", 'Unrecognized derived key type "ECDSA" requested.', () =>
      derive({ name: "ECDSA", namedCurve: "P-256" }, ["sign"]));
  },
};

const agree = (namedCurve) => subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits", "deriveKey"]);

export const agreementIsMutual = {
  async test() {
    for (const [namedCurve, size] of [["P-256", 32], ["P-384", 48], ["P-521", 66]]) {
      const [a, b] = [await agree(namedCurve), await agree(namedCurve)];
      const one = await subtle.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, null);
      const other = await subtle.deriveBits({ name: "ECDH", public: a.publicKey }, b.privateKey);
      assert.strictEqual(one.byteLength, size);
      assert.deepStrictEqual(one, other);
    }
  },
};

export const agreementInBits = {
  async test() {
    const [a, b] = [await agree("P-256"), await agree("P-256")];
    const derive = (length) => subtle.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, length);
    const whole = new Uint8Array(await derive(256));
    const [five] = new Uint8Array(await derive(5));
    assert.strictEqual(five, whole[0] & 0b1111_1000);
    await fails("OperationError", "Derived key length (257 bits) is too long (should be at most 256 bits).", () => derive(257));
  },
};

export const agreementRefuses = {
  async test() {
    const [a, other] = [await agree("P-256"), await agree("P-384")];
    const derive = (key) => subtle.deriveBits({ name: "ECDH", public: key }, a.privateKey, 256);
    await fails("TypeError", 'Missing field "public" in "derivedKeyParams".', () =>
      subtle.deriveBits("ECDH", a.privateKey, 256));
    await fails("InvalidAccessError", 'The provided key has type "private", not "public"', () => derive(a.privateKey));
    await fails(
      "InvalidAccessError",
      'Private key for derivation is using curve "P-256" while public key is using "P-384".',
      () => derive(other.publicKey),
    );
    const x = await subtle.generateKey("X25519", true, ["deriveBits"]);
    await fails(
      "InvalidAccessError",
      "Base ECDH private key cannot be used to derive a key from a peer X25519 public key",
      () => derive(x.publicKey),
    );
    await fails(
      "TypeError",
      "Incorrect type for the 'public' field on 'DeriveKeyAlgorithm': the provided value is not of type 'CryptoKey'.",
      () => derive({}),
    );
  },
};

export const x25519 = {
  async test() {
    const make = () => subtle.generateKey("X25519", true, ["deriveBits"]);
    const [a, b] = [await make(), await make()];
    const one = await subtle.deriveBits({ name: "X25519", public: b.publicKey }, a.privateKey, 256);
    assert.deepStrictEqual(one, await subtle.deriveBits({ name: "X25519", public: a.publicKey }, b.privateKey, 256));
    const zero = await subtle.importKey("raw", new Uint8Array(32), "X25519", true, []);
    await assert.rejects(subtle.deriveBits({ name: "X25519", public: zero }, a.privateKey, 256), { name: "OperationError" });
  },
};
