// Keys: what they show, how they are made, taken in and given out, and what is refused.
import assert from "node:assert";
import { Buffer } from "node:buffer";

const { subtle } = crypto;
const text = new TextEncoder().encode("hello");

/** `run` fails, at once or later, with an error of this name and exactly this message. */
async function fails(name, message, run) {
  await assert.rejects(async () => await run(), { name, message });
}

const P256 = { name: "ECDSA", namedCurve: "P-256" };
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 1024,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};

export const aSecretKeyShowsItsOwnProperties = {
  async test() {
    const key = await subtle.generateKey({ name: "aes-gcm", length: 256 }, true, ["decrypt", "encrypt", "encrypt"]);
    assert.ok(key instanceof CryptoKey);
    assert.strictEqual(key.type, "secret");
    assert.strictEqual(key.extractable, true);
    assert.deepStrictEqual({ ...key.algorithm }, { name: "AES-GCM", length: 256 });
    assert.deepStrictEqual([...key.usages], ["encrypt", "decrypt"]);
    assert.strictEqual(key.algorithm, key.algorithm);
    assert.deepStrictEqual(Object.keys(key).sort(), ["algorithm", "extractable", "type", "usages"]);
  },
};

export const keysCannotBeConstructed = {
  async test() {
    for (const Class of [CryptoKey, SubtleCrypto, Crypto]) {
      assert.throws(() => new Class(), { name: "TypeError", message: "Illegal constructor" });
    }
  },
};

export const keysAreNotCloned = {
  async test() {
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
    assert.throws(() => structuredClone(key), {
      name: "DataCloneError",
      message: 'Could not serialize object of type "CryptoKey". This type does not support serialization.',
    });
  },
};

export const methodsNeedTheirObject = {
  async test() {
    const { digest } = subtle;
    await assert.rejects(async () => await digest("SHA-1", text), /Illegal invocation/);
  },
};

export const generatedPairsSplitTheirUsages = {
  async test() {
    const { publicKey, privateKey } = await subtle.generateKey(P256, false, ["sign", "verify"]);
    assert.deepStrictEqual([...publicKey.usages], ["verify"]);
    assert.deepStrictEqual([...privateKey.usages], ["sign"]);
    assert.strictEqual(publicKey.extractable, true);
    assert.strictEqual(privateKey.extractable, false);
    assert.deepStrictEqual({ ...privateKey.algorithm }, { name: "ECDSA", namedCurve: "P-256" });
  },
};

export const generateOfAgreementKeys = {
  async test() {
    const ecdh = await subtle.generateKey({ name: "ECDH", namedCurve: "p-384" }, true, ["deriveBits", "deriveKey"]);
    assert.deepStrictEqual([...ecdh.publicKey.usages], []);
    assert.deepStrictEqual([...ecdh.privateKey.usages], ["deriveKey", "deriveBits"]);
    assert.strictEqual(ecdh.privateKey.algorithm.namedCurve, "P-384");
    const x = await subtle.generateKey("X25519", true, ["deriveBits"]);
    assert.deepStrictEqual({ ...x.publicKey.algorithm }, { name: "X25519" });
  },
};

export const theOldNameOfEd25519 = {
  async test() {
    const named = { name: "NODE-ED25519", namedCurve: "NODE-ED25519" };
    const pair = await subtle.generateKey(named, true, ["sign", "verify"]);
    assert.deepStrictEqual({ ...pair.publicKey.algorithm }, named);
    await fails("NotSupportedError", `EDDSA curve "X" isn't supported.`, () =>
      subtle.generateKey({ name: "NODE-ED25519", namedCurve: "X" }, true, ["sign"]));
    await fails("TypeError", 'Missing field "namedCurve" in "algorithm".', () =>
      subtle.generateKey({ name: "NODE-ED25519" }, true, ["sign"]));
    const jwk = await subtle.exportKey("jwk", pair.publicKey);
    assert.deepStrictEqual([jwk.kty, jwk.crv, jwk.alg], ["OKP", "Ed25519", undefined]);
  },
};

export const rsaKeysShowTheirExponent = {
  async test() {
    const { publicKey } = await subtle.generateKey(RSA, true, ["sign", "verify"]);
    const { name, modulusLength, publicExponent, hash } = publicKey.algorithm;
    assert.deepStrictEqual([name, modulusLength, hash.name], ["RSASSA-PKCS1-v1_5", 1024, "SHA-256"]);
    const isArray = Cloudflare.compatibilityFlags.crypto_preserve_public_exponent;
    assert.strictEqual(publicExponent instanceof Uint8Array, isArray);
    assert.deepStrictEqual([...new Uint8Array(publicExponent)], [1, 0, 1]);
  },
};

export const rsaGenerationRefusesOddExponents = {
  async test() {
    const generate = (part) => subtle.generateKey({ ...RSA, ...part }, true, ["sign"]);
    await fails("OperationError", 'The "publicExponent" must be either 3 or 65537, but got 5.', () =>
      generate({ publicExponent: new Uint8Array([5]) }));
    await fails(
      "OperationError",
      'The "publicExponent" must be either 3 or 65537, but got a number larger than 2^32.',
      () => generate({ publicExponent: new Uint8Array(6).fill(1) }),
    );
    await fails(
      "TypeError",
      "Incorrect type for the 'publicExponent' field on 'GenerateKeyAlgorithm': the provided value is not of type 'BufferSource'.",
      () => generate({ publicExponent: [1, 0, 1] }),
    );
  },
};

export const rsaGenerationRefusesOddSizes = {
  async test() {
    const generate = (part) => subtle.generateKey({ ...RSA, ...part }, true, ["sign"]);
    await fails("OperationError", "modulusLength must be greater than zero (requested 0).", () =>
      generate({ modulusLength: 0 }));
    await fails(
      "OperationError",
      "The modulus length must be a multiple of 8 and between 256 and 16k, but 128 was requested.",
      () => generate({ modulusLength: 128 }),
    );
    if (Cloudflare.compatibilityFlags.strict_crypto_checks) {
      await fails("OperationError", "Can't generate key: RSA key size is required to be a multiple of 128", () =>
        generate({ modulusLength: 1000 }));
    }
  },
};

export const rsaGenerationNeedsItsFields = {
  async test() {
    for (const field of ["publicExponent", "hash", "modulusLength"]) {
      await fails("TypeError", `Missing field "${field}" in "algorithm".`, () =>
        subtle.generateKey({ ...RSA, [field]: undefined }, true, ["sign"]));
    }
  },
};

export const aesLengths = {
  async test() {
    await fails("TypeError", 'Missing field "length" in "algorithm".', () =>
      subtle.generateKey("AES-GCM", true, ["encrypt"]));
    await fails(
      "OperationError",
      "Generated AES key length must be 128, 192, or 256 bits but requested 100.",
      () => subtle.generateKey({ name: "AES-CBC", length: 100 }, true, ["encrypt"]),
    );
    await fails("DataError", "Imported AES key length must be 128, 192, or 256 bits but provided 40.", () =>
      subtle.importKey("raw", text, "AES-CTR", true, ["encrypt"]));
  },
};

export const usagesMustFit = {
  async test() {
    await fails("SyntaxError", 'Attempt to generate AES-KW key with invalid usage "encrypt".', () =>
      subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["encrypt"]));
    await fails("SyntaxError", 'Attempt to generate ECDH key with invalid usage "sign".', () =>
      subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["sign"]));
    await fails("SyntaxError", 'Attempt to import secret HMAC key with invalid usage "encrypt".', () =>
      subtle.importKey("raw", text, { name: "HMAC", hash: "SHA-1" }, true, ["encrypt"]));
    await fails("SyntaxError", 'Attempt to generate AES-GCM key with invalid usage "foo".', () =>
      subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["foo"]));
  },
};

export const aUsageMustBeLeft = {
  async test() {
    await fails("SyntaxError", "Secret/private CryptoKeys must have at least one usage.", () =>
      subtle.generateKey({ name: "AES-GCM", length: 128 }, true, []));
    await fails(
      "SyntaxError",
      "Attempt to generate asymmetric keys with no valid private key usages.",
      () => subtle.generateKey(P256, true, ["verify"]),
    );
    await fails("SyntaxError", "Secret/private CryptoKeys must have at least one usage.", () =>
      subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, []));
  },
};

export const unknownAlgorithms = {
  async test() {
    await fails("NotSupportedError", 'Unrecognized key generation algorithm "PBKDF2" requested.', () =>
      subtle.generateKey("PBKDF2", false, ["deriveBits"]));
    await fails("NotSupportedError", 'Unrecognized key import algorithm "FOO" requested.', () =>
      subtle.importKey("raw", text, "FOO", true, []));
    await fails("NotSupportedError", 'Unrecognized or unimplemented EC curve "P-1" requested.', () =>
      subtle.generateKey({ name: "ECDSA", namedCurve: "P-1" }, true, ["sign"]));
  },
};

export const argumentsOfAWrongType = {
  async test() {
    const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
    await fails("TypeError", "Failed to execute 'encrypt' on 'SubtleCrypto': parameter 2 is not of type 'CryptoKey'.", () =>
      subtle.encrypt("AES-GCM", {}, text));
    await fails(
      "TypeError",
      "Failed to execute 'encrypt' on 'SubtleCrypto': parameter 3 is not of type 'BufferSource'.",
      () => subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, "text"),
    );
    await fails(
      "TypeError",
      "Failed to execute 'generateKey' on 'SubtleCrypto': parameter 3 is not of type 'Array'.",
      () => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, "encrypt"),
    );
    await fails(
      "TypeError",
      "Failed to execute 'importKey' on 'SubtleCrypto': parameter 2 is not of type 'BufferSource or JsonWebKey'.",
      () => subtle.importKey("raw", "text", "AES-GCM", true, ["encrypt"]),
    );
  },
};

export const wrongTypesThrowOrReject = {
  async test() {
    const rejects = Cloudflare.compatibilityFlags.capture_async_api_throws;
    let promise;
    const call = () => {
      promise = subtle.digest("SHA-1", 5);
    };
    if (rejects) {
      call();
      await assert.rejects(promise, { name: "TypeError" });
    } else {
      assert.throws(call, { name: "TypeError" });
    }
  },
};

export const importFormats = {
  async test() {
    await fails("NotSupportedError", 'Unrecognized key import format "foo".', () =>
      subtle.importKey("foo", text, "AES-GCM", true, ["encrypt"]));
    await fails("NotSupportedError", 'Unrecognized key import format "spki".', () =>
      subtle.importKey("spki", text, "AES-GCM", true, ["encrypt"]));
    await fails("TypeError", 'Import data provided for "jwk" import format must be a JsonWebKey.', () =>
      subtle.importKey("jwk", text, "AES-GCM", true, ["encrypt"]));
    await fails(
      "TypeError",
      "Import data provided for buffer-based import formats must be a buffer source.",
      () => subtle.importKey("raw", { kty: "oct" }, "AES-GCM", true, ["encrypt"]),
    );
    await fails("NotSupportedError", 'Unrecognized key import format "raw".', () => subtle.importKey("raw", text, RSA, true, ["verify"]));
  },
};

/** The fields of a JSON Web Key that have a value. */
const given = (jwk) => JSON.parse(JSON.stringify(jwk));

const K = "AAAAAAAAAAAAAAAAAAAAAA";

export const aesFromJwk = {
  async test() {
    const take = (jwk) => subtle.importKey("jwk", jwk, "AES-CBC", true, ["encrypt"]);
    const key = await take({ kty: "oct", k: `${K}==`, alg: "A128CBC", key_ops: ["encrypt", "decrypt"] });
    assert.strictEqual(key.algorithm.length, 128);
    const refused = [
      [
        {},
        'Symmetric "jwk" key import requires a JSON Web Key with Key Type parameter "kty" equal to "oct" (encountered "undefined").',
      ],
      [{ kty: "oct" }, 'Symmetric "jwk" key import requires a base64Url encoding of the key.'],
      [{ kty: "oct", k: "A$A" }, 'Symmetric "jwk" key import requires a base64Url encoding of the key.'],
      [{ kty: "oct", k: K, ext: false }, 'JWK ext field for "AES-CBC" is set to false but extractable is true'],
      [{ kty: "oct", k: K, key_ops: ["decrypt"] }, '"jwk" key missing usage "encrypt", in "key_ops".'],
      [
        { kty: "oct", k: K, key_ops: ["decrypt", "decrypt"] },
        'Symmetric "jwk" key contains duplicate value "decrypt", in "key_op".',
      ],
      [{ kty: "oct", k: K, use: "sig" }, 'Symmetric "jwk" key must have a "use" of "enc", not "sig".'],
      [{ kty: "oct", k: K, alg: "A128GCM" }, 'Symmetric "jwk" key contains invalid "alg" value "A128GCM", expected "A128CBC".'],
    ];
    for (const [jwk, message] of refused) await fails("DataError", message, () => take(jwk));
  },
};

export const secretsToJwk = {
  async test() {
    const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["decrypt", "encrypt"]);
    assert.deepStrictEqual(given(await subtle.exportKey("jwk", key)), {
      kty: "oct",
      key_ops: ["encrypt", "decrypt"],
      alg: "A128GCM",
      ext: true,
      k: K,
    });
    const hmac = await subtle.importKey("raw", text, { name: "HMAC", hash: "SHA-512" }, true, ["sign"]);
    assert.strictEqual((await subtle.exportKey("jwk", hmac)).alg, "HS512");
  },
};

export const exportIsRefused = {
  async test() {
    const kept = await subtle.importKey("raw", new Uint8Array(16), "AES-CTR", false, ["encrypt"]);
    await fails("InvalidAccessError", "Attempt to export non-extractable AES-CTR key.", () => subtle.exportKey("raw", kept));
    const pair = await subtle.generateKey(P256, true, ["sign", "verify"]);
    await fails("InvalidAccessError", 'Asymmetric pkcs8 export requires private key (not "public").', () =>
      subtle.exportKey("pkcs8", pair.publicKey));
    await fails("InvalidAccessError", 'Asymmetric spki export requires public key (not "private").', () =>
      subtle.exportKey("spki", pair.privateKey));
    await fails(
      "InvalidAccessError",
      "Raw export of elliptic curve keys is only allowed for public keys.",
      () => subtle.exportKey("raw", pair.privateKey),
    );
    await fails("InvalidAccessError", 'Cannot export "ECDSA" in "foo" format.', () => subtle.exportKey("foo", pair.publicKey));
  },
};

export const ellipticKeysGoRound = {
  async test() {
    for (const namedCurve of ["P-256", "P-384", "P-521"]) {
      const algorithm = { name: "ECDSA", namedCurve };
      const pair = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
      for (const [format, key, usage] of [
        ["raw", pair.publicKey, "verify"],
        ["spki", pair.publicKey, "verify"],
        ["jwk", pair.publicKey, "verify"],
        ["pkcs8", pair.privateKey, "sign"],
        ["jwk", pair.privateKey, "sign"],
      ]) {
        const out = await subtle.exportKey(format, key);
        const back = await subtle.importKey(format, out, algorithm, true, [usage]);
        assert.deepStrictEqual(await subtle.exportKey(format, back), out, `${namedCurve} ${format}`);
      }
    }
  },
};

export const jwkOfAnEllipticKey = {
  async test() {
    const { publicKey } = await subtle.generateKey(P256, true, ["sign", "verify"]);
    const jwk = await subtle.exportKey("jwk", publicKey);
    assert.deepStrictEqual(Object.keys(given(jwk)), ["kty", "key_ops", "ext", "crv", "x", "y"]);
    assert.deepStrictEqual([jwk.kty, jwk.crv, jwk.ext, [...jwk.key_ops]], ["EC", "P-256", true, ["verify"]]);
  },
};

export const badEllipticJwk = {
  async test() {
    const pair = await subtle.generateKey(P256, true, ["sign", "verify"]);
    const jwk = await subtle.exportKey("jwk", pair.publicKey);
    const take = (part, usages = ["verify"]) => subtle.importKey("jwk", { ...jwk, ...part }, P256, true, usages);
    await fails("DataError", 'Invalid EC key in JSON Web Key; missing "y".', () => take({ y: undefined }));
    await fails(
      "DataError",
      'Elliptic curve "jwk" key import requires a JSON Web Key with Key Type parameter "kty" ("RSA") equal to "EC".',
      () => take({ kty: "RSA" }),
    );
    await fails(
      "DataError",
      'JSON Web Key Algorithm parameter "alg" ("ES384") does not match requested curve.',
      () => take({ alg: "ES384" }),
    );
    await fails(
      "NotSupportedError",
      'Unrecognized or unimplemented algorithm "FOO" listed in JSON Web Key Algorithm parameter.',
      () => take({ alg: "FOO" }),
    );
    await assert.rejects(take({ y: "AAAA" }), /public key coordinates "x" and "y" are invalid/);
    await fails(
      "DataError",
      "A JSON Web Key's Key Operations parameter (\"key_ops\") must not contain duplicates.",
      () => take({ key_ops: ["verify", "verify"] }),
    );
    await fails(
      "DataError",
      'All specified key usages must be present in the JSON Web Key\'s Key Operations parameter ("key_ops").',
      () => take({ key_ops: ["sign"] }),
    );
    const whole = await subtle.exportKey("jwk", pair.privateKey);
    await fails("DataError", "Invalid EC key in JSON Web Key.", () => take({ ...whole, d: whole.x }, ["sign"]));
  },
};

export const pointsThatAreNone = {
  async test() {
    await assert.rejects(subtle.importKey("raw", text, P256, true, ["verify"]), {
      name: "DataError",
      message: /^Failed to import raw EC key data/,
    });
  },
};

export const badContainers = {
  async test() {
    await fails("DataError", "Invalid SPKI input.", () => subtle.importKey("spki", text, P256, true, ["verify"]));
    await fails("DataError", "Invalid PKCS8 input.", () => subtle.importKey("pkcs8", text, P256, true, ["sign"]));
    const { publicKey } = await subtle.generateKey(P256, true, ["sign", "verify"]);
    const spki = new Uint8Array(await subtle.exportKey("spki", publicKey));
    await fails("DataError", "Invalid 2 trailing bytes after SPKI input.", () =>
      subtle.importKey("spki", new Uint8Array([...spki, 1, 2]), P256, true, ["verify"]));
    await fails("DataError", "Input was not an RSA key.", () => subtle.importKey("spki", spki, RSA, true, ["verify"]));
    await fails(
      "DataError",
      '"algorithm.namedCurve" "P-384" does not match the curve specified by the input key data.',
      () => subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-384" }, true, ["verify"]),
    );
  },
};

export const edwardsKeysGoRound = {
  async test() {
    const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const raw = await subtle.exportKey("raw", pair.publicKey);
    assert.strictEqual(raw.byteLength, 32);
    const jwk = await subtle.exportKey("jwk", pair.privateKey);
    assert.deepStrictEqual([jwk.kty, jwk.crv, jwk.alg], ["OKP", "Ed25519", "EdDSA"]);
    const back = await subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
    assert.strictEqual(back.type, "private");
    await fails("DataError", "Ed25519 raw keys must be exactly 32-bytes (provided 5).", () =>
      subtle.importKey("raw", text, "Ed25519", true, ["verify"]));
    await fails("NotSupportedError", 'Only Ed25519 is supported but "X25519" was requested.', () =>
      subtle.importKey("jwk", { ...jwk, crv: "X25519" }, "Ed25519", true, ["sign"]));
    await fails(
      "DataError",
      'JSON Web Key Algorithm parameter "alg" ("FOO") does not match requested Ed25519 curve.',
      () => subtle.importKey("jwk", { ...jwk, alg: "FOO" }, "Ed25519", true, ["sign"]),
    );
  },
};

export const rsaKeysGoRound = {
  async test() {
    const pair = await subtle.generateKey(RSA, true, ["sign", "verify"]);
    for (const [format, key, usage] of [
      ["spki", pair.publicKey, "verify"],
      ["jwk", pair.publicKey, "verify"],
      ["pkcs8", pair.privateKey, "sign"],
      ["jwk", pair.privateKey, "sign"],
    ]) {
      const out = await subtle.exportKey(format, key);
      const back = await subtle.importKey(format, out, RSA, true, [usage]);
      assert.deepStrictEqual(await subtle.exportKey(format, back), out, format);
    }
    const { n, e, d, kty } = await subtle.exportKey("jwk", pair.privateKey);
    const bare = await subtle.importKey("jwk", { kty, n, e, d }, RSA, true, ["sign"]);
    const signature = await subtle.sign(RSA.name, bare, text);
    assert.strictEqual(await subtle.verify(RSA.name, pair.publicKey, signature, text), true);
  },
};

export const badRsaJwk = {
  async test() {
    const pair = await subtle.generateKey(RSA, true, ["sign", "verify"]);
    const jwk = await subtle.exportKey("jwk", pair.publicKey);
    const take = (part) => subtle.importKey("jwk", { ...jwk, ...part }, RSA, true, ["verify"]);
    await fails(
      "DataError",
      'Invalid RSA key in JSON Web Key; missing or invalid Modulus parameter ("n").',
      () => take({ n: undefined }),
    );
    await fails(
      "DataError",
      'JSON Web Key Algorithm parameter "alg" ("RS512") does not match requested hash algorithm "RS512".',
      () => take({ alg: "RS512" }),
    );
    const whole = await subtle.exportKey("jwk", pair.privateKey);
    await fails(
      "DataError",
      "Invalid RSA private key in JSON Web Key; if one Prime Factor or CRT Exponent/Coefficient parameter is present, " +
        'then they must all be present ("p", "q", "dp", "dq", "qi").',
      () => subtle.importKey("jwk", { ...whole, qi: undefined }, RSA, true, ["sign"]),
    );
  },
};

export const publicKeysOfAgreementHaveNoUsages = {
  async test() {
    const algorithm = { name: "ECDH", namedCurve: "P-256" };
    const { publicKey } = await subtle.generateKey(algorithm, true, ["deriveBits"]);
    const raw = await subtle.exportKey("raw", publicKey);
    const take = (usages) => subtle.importKey("raw", raw, algorithm, true, usages);
    assert.deepStrictEqual([...(await take([])).usages], []);
    if (Cloudflare.compatibilityFlags.strict_crypto_checks) {
      await fails("SyntaxError", 'Attempt to import public ECDH key with invalid usage "deriveBits".', () => take(["deriveBits"]));
    } else {
      assert.deepStrictEqual([...(await take(["deriveBits"])).usages], ["deriveBits"]);
    }
  },
};

export const blindSignaturesAreThePowerAlone = {
  async test() {
    const pair = await subtle.generateKey(RSA, true, ["sign", "verify"]);
    const { n, e, d, kty } = await subtle.exportKey("jwk", pair.privateKey);
    const raw = await subtle.importKey("jwk", { kty, n, e, d }, "RSA-RAW", false, ["sign"]);
    const padded = new Uint8Array(128);
    padded.set(text, 123);
    const signature = await subtle.sign("RSA-RAW", raw, padded);
    assert.strictEqual(signature.byteLength, 128);
    const number = (bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
    const modulus = number(Buffer.from(n, "base64url"));
    let power = 1n;
    for (let i = 0; i < 65537; i++) power = power * number(signature) % modulus;
    assert.strictEqual(power, number(text));
    await fails("OperationError", "Invalid RSA signature.", () => subtle.sign("RSA-RAW", raw, text));
    await fails(
      "DataError",
      "Blind Signing requires presigned data (129 bytes) to be smaller than the key (128 bytes).",
      () => subtle.sign("RSA-RAW", raw, new Uint8Array(129)),
    );
  },
};
