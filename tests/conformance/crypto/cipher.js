// Encryption and the wrapping of keys.
import assert from "node:assert";

const { subtle } = crypto;
const text = new TextEncoder().encode("hello");

/** `run` fails, at once or later, with an error of this name and exactly this message. */
async function fails(name, message, run) {
  await assert.rejects(async () => await run(), { name, message });
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const key = (name, usages = ["encrypt", "decrypt"], size = 16) =>
  subtle.importKey("raw", new Uint8Array(size), name, true, usages);

export const gcmOfItsSpecification = {
  async test() {
    const result = await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, await key("AES-GCM"), new Uint8Array(16));
    assert.strictEqual(hex(result), "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  },
};

export const gcmWithAnyNonceAndTag = {
  async test() {
    const own = await key("AES-GCM");
    const results = [];
    for (const size of [1, 8, 12, 16, 60]) {
      for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
        const algorithm = { name: "AES-GCM", iv: new Uint8Array(size).fill(3), tagLength, additionalData: text };
        const cipher = await subtle.encrypt(algorithm, own, text);
        assert.strictEqual(cipher.byteLength, 5 + tagLength / 8);
        assert.deepStrictEqual(new Uint8Array(await subtle.decrypt(algorithm, own, cipher)), text);
        results.push(hex(cipher));
      }
    }
    assert.strictEqual(new Set(results).size, results.length);
    // One of them, computed with another library.
    const cipher = await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(8) }, own, text);
    assert.strictEqual(hex(cipher), "1515d729adfdfd5cc5f19e5366c72e0f361b467a1d");
  },
};

export const gcmIsAuthenticated = {
  async test() {
    const own = await key("AES-GCM");
    for (const size of [12, 7]) {
      const algorithm = { name: "AES-GCM", iv: new Uint8Array(size) };
      const cipher = new Uint8Array(await subtle.encrypt(algorithm, own, text));
      cipher[0] ^= 1;
      await fails(
        "OperationError",
        "Decryption failed. This could be due to a ciphertext authentication failure, bad padding, incorrect CryptoKey, " +
          "or another algorithm-specific reason. Input length was 5, output length expected to be 5 for AES-GCM",
        () => subtle.decrypt(algorithm, own, cipher),
      );
    }
  },
};

export const gcmParameters = {
  async test() {
    const own = await key("AES-GCM");
    await fails("TypeError", 'Missing field "iv" in "algorithm".', () => subtle.encrypt("AES-GCM", own, text));
    await fails("OperationError", "AES-GCM IV must not be empty.", () =>
      subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(0) }, own, text));
    await fails("OperationError", "Invalid AES-GCM tag length 33.", () =>
      subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12), tagLength: 33 }, own, text));
    await fails(
      "OperationError",
      "Ciphertext length of 40 bits must be greater than or equal to the size of the AES-GCM tag length of 128 bits.",
      () => subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, own, text),
    );
    await fails(
      "TypeError",
      "Incorrect type for the 'iv' field on 'EncryptAlgorithm': the provided value is not of type 'BufferSource'.",
      () => subtle.encrypt({ name: "AES-GCM", iv: "x" }, own, text),
    );
  },
};

export const cbcPads = {
  async test() {
    const own = await key("AES-CBC");
    const algorithm = { name: "AES-CBC", iv: new Uint8Array(16) };
    const cipher = await subtle.encrypt(algorithm, own, new Uint8Array(16));
    assert.strictEqual(hex(cipher).slice(0, 32), "66e94bd4ef8a2c3b884cfa59ca342b2e");
    assert.strictEqual(cipher.byteLength, 32);
    assert.strictEqual((await subtle.decrypt(algorithm, own, cipher)).byteLength, 16);
  },
};

export const cbcParameters = {
  async test() {
    const own = await key("AES-CBC");
    const algorithm = { name: "AES-CBC", iv: new Uint8Array(12) };
    await fails("OperationError", "AES-CBC IV must be 16 bytes long (provided 12 bytes).", () =>
      subtle.encrypt(algorithm, own, text));
    await fails("OperationError", "AES-CBC IV must be 16 bytes long (provided 12).", () =>
      subtle.decrypt(algorithm, own, text));
    for (const size of [0, 5, 16]) {
      await fails(
        "OperationError",
        "Decryption failed. This could be due to a ciphertext authentication failure, bad padding, incorrect CryptoKey, " +
          `or another algorithm-specific reason. Input length was ${size}, output length expected to be 0 for AES-CBC`,
        () => subtle.decrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, own, new Uint8Array(size)),
      );
    }
  },
};

export const counterMode = {
  async test() {
    const own = await key("AES-CTR");
    const algorithm = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
    const cipher = await subtle.encrypt(algorithm, own, new Uint8Array(16));
    assert.strictEqual(hex(cipher), "66e94bd4ef8a2c3b884cfa59ca342b2e");
    assert.deepStrictEqual(new Uint8Array(await subtle.decrypt(algorithm, own, cipher)), new Uint8Array(16));
  },
};

export const counterWrapsInItsBits = {
  async test() {
    const own = await key("AES-CTR");
    const counter = new Uint8Array(16).fill(255, 15);
    const cipher = await subtle.encrypt({ name: "AES-CTR", counter, length: 8 }, own, new Uint8Array(32));
    const first = await subtle.encrypt({ name: "AES-CTR", counter: new Uint8Array(16), length: 8 }, own, new Uint8Array(16));
    assert.strictEqual(hex(cipher).slice(32), hex(first));
  },
};

export const counterParameters = {
  async test() {
    const own = await key("AES-CTR");
    const counter = new Uint8Array(16);
    const encrypt = (part) => subtle.encrypt({ name: "AES-CTR", ...part }, own, new Uint8Array(64));
    await fails("TypeError", 'Missing "counter" member in "algorithm".', () => encrypt({}));
    await fails("TypeError", 'Missing "length" member in "algorithm".', () => encrypt({ counter }));
    await fails("OperationError", "Counter must have length of 16 bytes (provided 5).", () =>
      encrypt({ counter: text, length: 64 }));
    await fails("OperationError", "Invalid counter of 129 bits length provided.", () => encrypt({ counter, length: 129 }));
    await fails("OperationError", "Counter block values will repeat.", () => encrypt({ counter, length: 1 }));
  },
};

export const keyAndAlgorithmMustAgree = {
  async test() {
    const own = await key("AES-GCM", ["encrypt"]);
    await fails(
      "InvalidAccessError",
      'Requested algorithm "AES-CBC" does not match this CryptoKey\'s algorithm "AES-GCM".',
      () => subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, own, text),
    );
    await fails(
      "InvalidAccessError",
      'Requested key usage "decrypt" does not match any usage listed in this CryptoKey.',
      () => subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, own, text),
    );
  },
};

export const dataIsTakenAtTheCall = {
  async test() {
    const own = await key("AES-CTR");
    const algorithm = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
    const data = new Uint8Array(16);
    const running = subtle.encrypt(algorithm, own, data);
    data.fill(1);
    assert.strictEqual(hex(await running), "66e94bd4ef8a2c3b884cfa59ca342b2e");
  },
};

const OAEP = { name: "RSA-OAEP", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };

export const oaep = {
  async test() {
    const pair = await subtle.generateKey(OAEP, true, ["encrypt", "decrypt"]);
    for (const label of [undefined, text]) {
      const cipher = await subtle.encrypt({ name: "RSA-OAEP", label }, pair.publicKey, text);
      assert.deepStrictEqual(new Uint8Array(await subtle.decrypt({ name: "RSA-OAEP", label }, pair.privateKey, cipher)), text);
    }
    await assert.rejects(subtle.decrypt("RSA-OAEP", pair.privateKey, new Uint8Array(128)), {
      name: "OperationError",
      message: /^RSA-OAEP failed encrypt\/decrypt/,
    });
    await assert.rejects(subtle.encrypt("RSA-OAEP", pair.publicKey, new Uint8Array(200)), { name: "OperationError" });
  },
};

export const keyWrap = {
  async test() {
    const wrapping = await key("AES-KW", ["wrapKey", "unwrapKey"]);
    const inner = await key("AES-CBC");
    const wrapped = await subtle.wrapKey("raw", inner, wrapping, "AES-KW");
    assert.strictEqual(wrapped.byteLength, 24);
    const back = await subtle.unwrapKey("raw", wrapped, wrapping, "AES-KW", "AES-CBC", true, ["encrypt"]);
    assert.deepStrictEqual(await subtle.exportKey("raw", back), await subtle.exportKey("raw", inner));
  },
};

export const keyWrapRefuses = {
  async test() {
    const wrapping = await key("AES-KW", ["wrapKey", "unwrapKey"]);
    const unwrap = (size) =>
      subtle.unwrapKey("raw", new Uint8Array(size), wrapping, "AES-KW", "AES-GCM", true, ["encrypt"]);
    await fails("OperationError", "AES-KW key unwrapping failed.", () => unwrap(24));
    await fails(
      "OperationError",
      "Provided a wrapped key to unwrap this is 128 bits that is less than the minimal length of 192 bits.",
      () => unwrap(16),
    );
    await fails(
      "OperationError",
      "Provided a wrapped key to unwrap that is 200 bits which isn't a multiple of 64 bits.",
      () => unwrap(25),
    );
    const kept = await subtle.importKey("raw", new Uint8Array(16), "AES-CTR", false, ["encrypt"]);
    await fails("InvalidAccessError", "Attempt to export non-extractable AES-CTR key.", () =>
      subtle.wrapKey("raw", kept, wrapping, "AES-KW"));
    await fails(
      "InvalidAccessError",
      'Requested key usage "wrapKey" does not match any usage listed in this CryptoKey.',
      async () => subtle.wrapKey("raw", wrapping, await key("AES-GCM"), { name: "AES-GCM", iv: new Uint8Array(12) }),
    );
  },
};

export const jsonWebKeysAreWrapped = {
  async test() {
    const wrapping = await key("AES-GCM", ["wrapKey", "unwrapKey"]);
    const algorithm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const pair = await subtle.generateKey(curve, true, ["sign", "verify"]);
    const wrapped = await subtle.wrapKey("jwk", pair.privateKey, wrapping, algorithm);
    const back = await subtle.unwrapKey("jwk", wrapped, wrapping, algorithm, curve, false, ["sign"]);
    const signature = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, back, text);
    assert.strictEqual(await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, signature, text), true);
  },
};
