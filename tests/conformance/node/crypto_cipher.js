// node:crypto: symmetric ciphers.
import assert from "node:assert";
import crypto, {
  Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  Decipheriv,
  getCipherInfo,
  getCiphers,
} from "node:crypto";
import { Transform } from "node:stream";

const key = Buffer.alloc(16, 1);
const iv = Buffer.alloc(16, 2);
const nonce = Buffer.alloc(12, 3);
const cbc = () => createCipheriv("aes-128-cbc", key, iv);
const uncbc = () => createDecipheriv("aes-128-cbc", key, iv);
const gcm = (options) => createCipheriv("aes-128-gcm", key, nonce, options);
const ungcm = (options) => createDecipheriv("aes-128-gcm", key, nonce, options);
const error = (message) => ({ name: "Error", message });
const finalized = error("Cipher/decipher context has already been finalized");

export const thereAndBack = {
  test() {
    for (const name of ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-ctr", "aes-256-ctr", "aes-128-ecb",
      "aes-256-ofb", "des-cbc", "des-ecb", "des-ede", "des-ede-cbc", "des-ede3-cbc", "rc2-cbc", "rc4"]) {
      const { keyLength, ivLength } = getCipherInfo(name);
      const args = [name, Buffer.alloc(keyLength, 7), Buffer.alloc(ivLength, 9)];
      const cipher = createCipheriv(...args);
      const text = "some text that is longer than a block";
      const encrypted = cipher.update(text, "utf8", "hex") + cipher.final("hex");
      const decipher = createDecipheriv(...args);
      assert.strictEqual(decipher.update(encrypted, "hex", "utf8") + decipher.final("utf8"), text, name);
    }
  },
};

export const aKnownVector = {
  test() {
    // NIST SP 800-38A, F.2.1 and F.5.1.
    const nist = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
    const start = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
    const plain = Buffer.from("6bc1bee22e409f96e93d7e117393172a", "hex");
    assert.strictEqual(createCipheriv("aes-128-cbc", nist, start).update(plain, undefined, "hex"),
      "7649abac8119b246cee98e9b12e9197d");
    const counter = Buffer.from("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "hex");
    assert.strictEqual(createCipheriv("aes-128-ctr", nist, counter).update(plain, undefined, "hex"),
      "874d6191b620e3261bef6864990db6ce");
  },
};

export const gcmWithItsTag = {
  test() {
    const cipher = createCipheriv("aes-128-gcm", Buffer.alloc(16), Buffer.alloc(12));
    const encrypted = cipher.update(Buffer.alloc(16));
    assert.strictEqual(encrypted.toString("hex"), "0388dace60b6a392f328c2b971b2fe78");
    assert.strictEqual(cipher.final().length, 0);
    const tag = cipher.getAuthTag();
    assert.strictEqual(tag.toString("hex"), "ab6e47d42cec13bdf53a67b21257bddf");
    const decipher = createDecipheriv("aes-128-gcm", Buffer.alloc(16), Buffer.alloc(12));
    assert.strictEqual(decipher.setAuthTag(tag), decipher);
    assert.deepStrictEqual([...decipher.update(encrypted), ...decipher.final()], [...Buffer.alloc(16)]);
  },
};

export const gcmAuthenticatesMore = {
  test() {
    const cipher = gcm();
    assert.strictEqual(cipher.setAAD(Buffer.from("head")), cipher);
    const encrypted = Buffer.concat([cipher.update("one ", "utf8"), cipher.update("two", "utf8"), cipher.final()]);
    const decipher = ungcm();
    decipher.setAAD("head").setAuthTag(cipher.getAuthTag());
    assert.strictEqual(decipher.update(encrypted, undefined, "utf8") + decipher.final("utf8"), "one two");
    const other = ungcm();
    other.setAAD(Buffer.from("tail"));
    other.setAuthTag(Buffer.alloc(16));
    other.update(encrypted);
    assert.throws(() => other.final(), error("Authentication failed"));
  },
};

export const shorterTags = {
  test() {
    const cipher = gcm();
    const encrypted = cipher.update(Buffer.from("hello"));
    cipher.final();
    const decipher = ungcm();
    decipher.setAuthTag(cipher.getAuthTag().subarray(0, 8));
    assert.strictEqual(decipher.update(encrypted, undefined, "utf8") + decipher.final("utf8"), "hello");
    assert.throws(() => ungcm().setAuthTag(Buffer.alloc(5)), error("Invalid authentication tag length"));
    const short = gcm({ authLengthTag: 12 });
    short.final();
    assert.strictEqual(short.getAuthTag().length, 12);
    assert.throws(() => gcm({ authLengthTag: 5 }), error("Invalid authentication tag length"));
  },
};

export const theTagComesInTime = {
  test() {
    assert.throws(() => ungcm().final(), error("No auth tag provided"));
    assert.throws(() => ungcm().update(Buffer.alloc(1)), error("No auth tag provided"));
    assert.throws(() => ungcm().setAuthTag(Buffer.alloc(16)).setAuthTag(Buffer.alloc(16)), error("Auth tag is already set"));
    assert.throws(() => gcm().getAuthTag(), error("Auth tag is only available once cipher context has been finalized"));
    const cipher = gcm();
    cipher.final();
    assert.strictEqual(cipher.getAuthTag().length, 16);
    assert.strictEqual(cipher.getAuthTag().length, 0);
  },
};

export const tagsOnlyWhereThereAreAny = {
  test() {
    assert.throws(() => cbc().setAAD(Buffer.alloc(1)), error("Cipher does not support authenticated mode"));
    assert.throws(() => uncbc().setAuthTag(Buffer.alloc(16)), error("Cipher does not support authenticated mode"));
    assert.strictEqual(Cipheriv.prototype.setAuthTag, undefined);
    assert.strictEqual(Decipheriv.prototype.getAuthTag, undefined);
    assert.throws(() => ungcm().setAuthTag("0123456789abcdef"), {
      name: "TypeError",
      message: "Failed to execute 'setAuthTag' on 'CipherHandle': parameter 1 is not of type 'JsBufferSource'.",
    });
  },
};

export const additionalDataComesFirst = {
  test() {
    const cipher = gcm();
    cipher.update(Buffer.alloc(1));
    assert.throws(() => cipher.setAAD(Buffer.from("x")), error("Failed to set AAD"));
    assert.throws(() => gcm().setAAD(Buffer.alloc(1), 1), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => gcm().setAAD(Buffer.alloc(1), { plaintextLength: "x" }), {
      code: "ERR_INVALID_ARG_TYPE",
      message: `The "options.plaintextLength" property must be of type number. Received type string ('x')`,
    });
  },
};

export const chacha = {
  test() {
    const args = ["chacha20-poly1305", Buffer.alloc(32, 1), Buffer.alloc(12, 2)];
    const cipher = createCipheriv(...args);
    const encrypted = cipher.update("abcdefghijklmnopqr", "utf8", "hex") + cipher.final("hex");
    assert.strictEqual(encrypted, "877e914ae8c58fb218478295bee58b59fdc1");
    const tag = cipher.getAuthTag();
    assert.strictEqual(tag.toString("hex"), "9197fcf871f1503ff1825ef5fc2c9e68");
    const decipher = createDecipheriv(...args).setAuthTag(tag);
    assert.strictEqual(decipher.update(encrypted, "hex", "utf8") + decipher.final("utf8"), "abcdefghijklmnopqr");
    const twice = createCipheriv(...args);
    twice.update("a", "utf8");
    assert.throws(() => twice.update("b", "utf8"), error("update() can only be invoked once on an AEAD"));
    assert.throws(() => createCipheriv(args[0], args[1], Buffer.alloc(8)), error("Invalid initialization vector"));
  },
};

export const gcmSiv = {
  test() {
    const args = ["aes-128-gcm-siv", Buffer.alloc(16, 1), Buffer.alloc(12, 2)];
    const cipher = createCipheriv(...args);
    assert.strictEqual(cipher.update("abcdefghijklmnopqr", "utf8", "hex") + cipher.final("hex"),
      "ba6bb39cc1b890f1bc406e7b90bddde2980c");
    assert.strictEqual(cipher.getAuthTag().toString("hex"), "6285115114a241758d21b79f3cc93613");
  },
};

export const padding = {
  test() {
    assert.strictEqual(Buffer.concat([cbc().final()]).length, 16);
    const without = cbc();
    assert.strictEqual(without.setAutoPadding(false), without);
    assert.strictEqual(without.update(Buffer.alloc(16)).length, 16);
    assert.strictEqual(without.final().length, 0);
    const partly = cbc();
    partly.setAutoPadding(false);
    partly.update(Buffer.alloc(5));
    assert.throws(() => partly.final(), error("Authentication failed"));
    const off = cbc();
    off.setAutoPadding();
    off.update(Buffer.alloc(16));
    assert.strictEqual(off.final().length, 0);
  },
};

export const wrongData = {
  test() {
    const broken = uncbc();
    broken.update(Buffer.alloc(16, 7));
    assert.throws(() => broken.final(), error("Authentication failed"));
    const short = uncbc();
    short.update(Buffer.alloc(5));
    assert.throws(() => short.final(), error("Authentication failed"));
    short.update(Buffer.alloc(1));
  },
};

export const aCipherIsUsedOnce = {
  test() {
    const cipher = cbc();
    cipher.final();
    assert.throws(() => cipher.final(), finalized);
    assert.throws(() => cipher.update(Buffer.alloc(1)), finalized);
    assert.throws(() => cipher.setAutoPadding(true), finalized);
    const other = gcm();
    other.final();
    assert.throws(() => other.setAAD(Buffer.alloc(1)), finalized);
  },
};

export const encodings = {
  test() {
    const cipher = cbc();
    assert.strictEqual(cipher.update("\u00e9", "latin1", "base64"), "");
    assert.strictEqual(cipher.update("abcdefghijklmnopqrstuvwxyz", "latin1", "base64").length, 24);
    assert.ok(Buffer.isBuffer(cipher.final()));
    assert.throws(() => cbc().update("abc"), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The argument 'inputEncoding' If inputEncoding is not provided then the data must be a Buffer. Received undefined",
    });
    assert.throws(() => cbc().update(Buffer.alloc(20), undefined, "buffer"), { code: "ERR_UNKNOWN_ENCODING" });
    assert.throws(() => cbc().final("buffer"), { message: "Unknown encoding: buffer" });
    assert.strictEqual(cbc().update(new ArrayBuffer(20)).length, 16);
    for (const data of [1, undefined, null, {}]) {
      assert.throws(() => cbc().update(data), { code: "ERR_INVALID_ARG_TYPE", message: /^The "data" argument/ });
    }
  },
};

export const keys = {
  test() {
    const of = (secret) => createCipheriv("aes-128-cbc", secret, iv).final("hex");
    const expected = of(key);
    assert.strictEqual(of(createSecretKey(key)), expected);
    assert.strictEqual(of(new Uint8Array(16).fill(1).buffer), expected);
    assert.strictEqual(of("\u0001".repeat(16)), expected);
    assert.throws(() => of(Buffer.alloc(15)), error("Invalid key length"));
    for (const wrong of [null, undefined, 1, {}]) {
      assert.throws(() => of(wrong), {
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "key" argument must be of type string or an instance of Buffer, TypedArray, DataView, KeyObject, or CryptoKey\./,
      });
    }
    assert.throws(() => of(crypto.generateKeyPairSync("ed25519").publicKey), {
      code: "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
      message: "Invalid key object type public, expected secret.",
    });
  },
};

export const startingVectors = {
  test() {
    for (const wrong of [Buffer.alloc(15), ""]) {
      assert.throws(() => createCipheriv("aes-128-cbc", key, wrong), error("Invalid initialization vector"));
    }
    assert.throws(() => createCipheriv("aes-128-ecb", key, iv), error("Invalid initialization vector"));
    assert.ok(createCipheriv("aes-128-ecb", key, ""));
    assert.ok(createCipheriv("aes-128-gcm", key, Buffer.alloc(1)));
    assert.throws(() => createCipheriv("aes-128-gcm", key, ""), error("Invalid initialization vector"));
    for (const wrong of [null, undefined, 1]) {
      assert.throws(() => createCipheriv("aes-128-cbc", key, wrong), {
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "iv" argument must be of type string or an instance of Buffer, TypedArray, or DataView or null\./,
      });
    }
  },
};

export const namesOfCiphers = {
  test() {
    assert.ok(createCipheriv("AES-128-CBC", key, iv));
    assert.ok(createCipheriv("Aes-128-Cbc", key, iv));
    for (const name of ["nope", "aes128", "id-aes128-GCM", "aes-128-cfb", "aes-128-ccm", "camellia-128-cbc"]) {
      assert.throws(() => createCipheriv(name, key, iv), error(`Unknown or unsupported cipher: ${name}`));
    }
    assert.throws(() => createCipheriv(1, key, iv), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => createCipheriv("xchacha20-poly1305", Buffer.alloc(32), Buffer.alloc(24)),
      error("The auth tag length is required for cipher xchacha20-poly1305"));
  },
};

export const whatIsKnownOfCiphers = {
  test() {
    const cbcInfo = { name: "AES-128-CBC", nid: 419, blockSize: 16, ivLength: 16, keyLength: 16, mode: "cbc" };
    assert.deepEqual(getCipherInfo("aes-128-cbc"), cbcInfo);
    assert.deepEqual(getCipherInfo(419), cbcInfo);
    assert.deepEqual(getCipherInfo("aes-256-gcm"),
      { name: "id-aes256-GCM", nid: 901, blockSize: 1, ivLength: 12, keyLength: 32, mode: "gcm" });
    assert.strictEqual(getCipherInfo("aes-128-gcm", { ivLength: 8 }).ivLength, 8);
    assert.strictEqual(getCipherInfo("ChaCha20-Poly1305").name, "ChaCha20-Poly1305");
    assert.strictEqual(getCipherInfo("rc4", { keyLength: 5 }).keyLength, 5);
    for (const args of [["nope"], [0], ["aes128"], ["aes-128-cbc", { ivLength: 8 }], ["aes-128-cbc", { keyLength: 8 }]]) {
      assert.strictEqual(getCipherInfo(...args), undefined);
    }
    assert.throws(() => getCipherInfo({}), { code: "ERR_INVALID_ARG_TYPE", message: /^The "nameOrId" argument/ });
    assert.throws(() => getCipherInfo("aes-128-cbc", null), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const theListOfCiphers = {
  test() {
    const names = getCiphers();
    assert.strictEqual(names.length, 60);
    for (const name of ["aes-128-cbc", "AES-256-GCM", "chacha20-poly1305", "rc2-cbc"]) assert.ok(names.includes(name), name);
    for (const name of names) assert.ok(getCipherInfo(name), name);
  },
};

export const ciphersAreStreams = {
  async test() {
    assert.ok(cbc() instanceof Transform);
    assert.strictEqual(Object.getPrototypeOf(Decipheriv), Transform);
    const run = (stream, ...chunks) =>
      new Promise((resolve, reject) => {
        const out = [];
        stream.on("data", (chunk) => out.push(chunk));
        stream.on("end", () => resolve(Buffer.concat(out)));
        stream.on("error", reject);
        for (const chunk of chunks) stream.write(chunk);
        stream.end();
      });
    const encrypted = await run(cbc(), "abc", Buffer.from("def"));
    assert.strictEqual(encrypted.toString("hex"), "a47b7912cb4e1208a50ecd1499ba4292");
    assert.strictEqual((await run(uncbc(), encrypted)).toString(), "abcdef");
    await assert.rejects(run(uncbc(), Buffer.alloc(5)), { message: "Authentication failed" });
  },
};

export const whatNodeHasDoneAwayWith = {
  test() {
    for (const name of ["createCipher", "createDecipher", "Cipher", "Decipher"]) {
      assert.throws(() => crypto[name]("aes-128-cbc", "x"), {
        name: "Error",
        code: "ERR_METHOD_NOT_IMPLEMENTED",
        message: `The ${name} method is not implemented`,
      });
    }
  },
};
