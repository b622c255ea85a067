// Signatures: of each algorithm, and what is refused.
import assert from "node:assert";

const { subtle } = crypto;
const text = new TextEncoder().encode("hello");

/** `run` fails, at once or later, with an error of this name and exactly this message. */
async function fails(name, message, run) {
  await assert.rejects(async () => await run(), { name, message });
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const RSA = { modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };

/** Signs and verifies, also something else. */
async function goesRound(algorithm, pair) {
  const signature = await subtle.sign(algorithm, pair.privateKey, text);
  assert.strictEqual(await subtle.verify(algorithm, pair.publicKey, signature, text), true);
  assert.strictEqual(await subtle.verify(algorithm, pair.publicKey, signature, new Uint8Array(5)), false);
  return signature;
}

export const hmacOfItsSpecification = {
  async test() {
    const bytes = new TextEncoder().encode("Jefe");
    const data = new TextEncoder().encode("what do ya want for nothing?");
    const expected = {
      "SHA-1": "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
      "SHA-256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "MD5": "750c783e6ab0b503eaa86e310a5db738",
    };
    for (const hash in expected) {
      const key = await subtle.importKey("raw", bytes, { name: "HMAC", hash }, false, ["sign", "verify"]);
      const signature = await subtle.sign("HMAC", key, data);
      assert.strictEqual(hex(signature), expected[hash]);
      assert.strictEqual(await subtle.verify("hmac", key, signature, data), true);
      assert.strictEqual(await subtle.verify("HMAC", key, signature.slice(1), data), false);
    }
  },
};

export const hmacLengths = {
  async test() {
    const take = (length, bytes = text) =>
      subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256", length }, true, ["sign"]);
    assert.strictEqual((await take(39)).algorithm.length, 39);
    assert.strictEqual((await take(undefined)).algorithm.length, 40);
    for (const [length, bytes, shown, bits] of [[3, text, 3, 40], [undefined, new Uint8Array(0), 0, 0]]) {
      await fails(
        "DataError",
        `Imported HMAC key length (${shown}) must be a non-zero value up to 7 bits less than, and no greater than, the ` +
          `bit length of the raw key data (${bits}).`,
        () => take(length, bytes),
      );
    }
    const generated = await subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, true, ["sign"]);
    assert.strictEqual(generated.algorithm.length, 1024);
    await fails(
      "OperationError",
      "HMAC key length must be a non-zero unsigned long integer (requested 0).",
      () => subtle.generateKey({ name: "HMAC", hash: "SHA-1", length: 0 }, true, ["sign"]),
    );
  },
};

export const hmacJwk = {
  async test() {
    const take = (jwk) => subtle.importKey("jwk", jwk, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    assert.strictEqual((await take({ kty: "oct", k: "AAAA", use: "enc", key_ops: ["verify"] })).algorithm.length, 24);
    await fails(
      "DataError",
      'HMAC "jwk" key import specifies "alg" that is incompatible with the hash name (encountered "HS512", expected "HS256").',
      () => take({ kty: "oct", k: "AAAA", alg: "HS512" }),
    );
    await fails("DataError", 'HMAC "jwk" key import requires a base64Url encoding of the key', () => take({ kty: "oct" }));
  },
};

export const ecdsaOfEachCurveAndDigest = {
  async test() {
    for (const [namedCurve, size] of [["P-256", 64], ["P-384", 96], ["P-521", 132]]) {
      const pair = await subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"]);
      for (const hash of ["SHA-1", "SHA-256", "SHA-384", { name: "SHA-512" }]) {
        const signature = await goesRound({ name: "ECDSA", hash }, pair);
        assert.strictEqual(signature.byteLength, size);
      }
    }
  },
};

export const ecdsaNeedsItsDigestAtTheCall = {
  async test() {
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    await fails(
      "TypeError",
      'Missing "hash" in AlgorithmIdentifier. (ECDSA requires that the hash algorithm be specified at call time rather ' +
        "than on the key. This differs from other WebCrypto algorithms for historical reasons.)",
      () => subtle.sign("ECDSA", pair.privateKey, text),
    );
  },
};

export const aSignatureOfAnotherSizeIsWrong = {
  async test() {
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    assert.strictEqual(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, text, text), false);
    assert.strictEqual(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, new Uint8Array(64), text), false);
  },
};

export const edwards = {
  async test() {
    const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    await goesRound("Ed25519", pair);
    await goesRound({ name: "ed25519" }, pair);
    await fails("OperationError", "Invalid Ed25519 signature length 5", () =>
      subtle.verify("Ed25519", pair.publicKey, text, text));
  },
};

export const edwardsUnderItsOldName = {
  async test() {
    const named = { name: "NODE-ED25519", namedCurve: "NODE-ED25519" };
    const pair = await subtle.generateKey(named, true, ["sign", "verify"]);
    await goesRound(named, pair);
    const raw = await subtle.exportKey("raw", pair.publicKey);
    const modern = await subtle.importKey("raw", raw, "Ed25519", true, ["verify"]);
    const signature = await subtle.sign("NODE-ED25519", pair.privateKey, text);
    assert.strictEqual(await subtle.verify("Ed25519", modern, signature, text), true);
  },
};

export const rsaPkcs1 = {
  async test() {
    const pair = await subtle.generateKey({ ...RSA, name: "RSASSA-PKCS1-v1_5" }, true, ["sign", "verify"]);
    await goesRound("RSASSA-PKCS1-v1_5", pair);
    assert.strictEqual(await subtle.verify("RSASSA-PKCS1-v1_5", pair.publicKey, text, text), false);
  },
};

export const rsaPss = {
  async test() {
    const pair = await subtle.generateKey({ ...RSA, name: "RSA-PSS" }, true, ["sign", "verify"]);
    await goesRound({ name: "RSA-PSS", saltLength: 20 }, pair);
    await goesRound({ name: "RSA-PSS", saltLength: 0 }, pair);
    await fails("DataError", "Failed to provide salt for RSA-PSS key operation which requires a salt", () =>
      subtle.sign("RSA-PSS", pair.privateKey, text));
    await fails("OperationError", "key too small for signing with given digest and salt length", () =>
      subtle.sign({ name: "RSA-PSS", saltLength: 500 }, pair.privateKey, text));
  },
};

export const smallRsaKeys = {
  async test() {
    const pair = await subtle.generateKey(
      { ...RSA, name: "RSASSA-PKCS1-v1_5", modulusLength: 512, hash: "SHA-512" },
      true,
      ["sign", "verify"],
    );
    await fails(
      "OperationError",
      "key too small for signing with given digest, need at least 768bits.",
      () => subtle.sign("RSASSA-PKCS1-v1_5", pair.privateKey, text),
    );
  },
};

export const whoSignsNeedsThePrivateKey = {
  async test() {
    const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    await fails(
      "InvalidAccessError",
      'Requested key usage "sign" does not match any usage listed in this CryptoKey.',
      () => subtle.sign(algorithm, pair.publicKey, text),
    );
    await fails(
      "InvalidAccessError",
      'Requested key usage "verify" does not match any usage listed in this CryptoKey.',
      () => subtle.verify(algorithm, pair.privateKey, text, text),
    );
  },
};

export const timingSafeEqual = {
  async test() {
    assert.strictEqual(subtle.timingSafeEqual(text, text.slice()), true);
    assert.strictEqual(subtle.timingSafeEqual(text, new Uint8Array(5)), false);
    assert.strictEqual(subtle.timingSafeEqual(new Uint16Array(2), new ArrayBuffer(4)), true);
    assert.throws(() => subtle.timingSafeEqual(text, new Uint8Array(1)), {
      name: "TypeError",
      message: "Input buffers must have the same byte length.",
    });
    assert.throws(() => subtle.timingSafeEqual("x", text), {
      name: "TypeError",
      message: "Failed to execute 'timingSafeEqual' on 'SubtleCrypto': parameter 1 is not of type 'BufferSource'.",
    });
  },
};
