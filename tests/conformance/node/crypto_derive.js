// node:crypto: keys out of secrets, random bytes and numbers, primes.
import assert from "node:assert";
import crypto, {
  checkPrime,
  checkPrimeSync,
  createSecretKey,
  generatePrime,
  generatePrimeSync,
  hkdf,
  hkdfSync,
  pbkdf2,
  pbkdf2Sync,
  pseudoRandomBytes,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
} from "node:crypto";
import { promisify } from "node:util";

const type = (name) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${name}"`) });
const range = (message) => ({ name: "RangeError", code: "ERR_OUT_OF_RANGE", message });
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** What each does in global scope: gives a value, or throws. */
const atStart = {};
for (const [name, run] of Object.entries({
  randomBytes: () => randomBytes(4),
  randomInt: () => randomInt(4),
  randomUUID: () => randomUUID(),
  randomFillSync: () => randomFillSync(Buffer.alloc(2)),
  generateKeySync: () => crypto.generateKeySync("hmac", { length: 64 }),
  createDiffieHellman: () => crypto.createDiffieHellman(64),
  generateKeyPairSync: () => crypto.generateKeyPairSync("ed25519"),
  generatePrimeSync: () => generatePrimeSync(16),
  generateKeys: () => crypto.createECDH("prime256v1").generateKeys(),
  createHash: () => crypto.createHash("sha1").digest(),
  scryptSync: () => scryptSync("p", "s", 4),
})) {
  try {
    atStart[name] = typeof run();
  } catch (error) {
    atStart[name] = error.message;
  }
}

export const inGlobalScope = {
  test() {
    for (const name of ["randomBytes", "randomInt", "randomUUID", "randomFillSync", "generateKeySync"]) {
      assert.match(atStart[name], /^Disallowed operation called within global scope\./, name);
    }
    assert.strictEqual(atStart.createDiffieHellman, "DiffieHellman key generation requires an active request");
    for (const name of ["generateKeyPairSync", "generatePrimeSync", "generateKeys", "createHash", "scryptSync"]) {
      assert.strictEqual(atStart[name], "object", name);
    }
  },
};

export const pbkdf2OfKnownSecrets = {
  test() {
    // RFC 6070.
    assert.strictEqual(hex(pbkdf2Sync("password", "salt", 1, 20, "sha1")), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert.strictEqual(hex(pbkdf2Sync("p", "s", 1000, 20, "sha1")), "ac8b95db3ed020176aff40c14003963f6dc9d4ae");
    assert.strictEqual(hex(pbkdf2Sync("p", "s", 1, 20, "SHA256")), "372cc9815244c4a2b75955b1358cde090d9c122d");
    assert.strictEqual(pbkdf2Sync("p", "s", 1, 0, "sha1").length, 0);
    assert.ok(Buffer.isBuffer(pbkdf2Sync(new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), 1, 5, "md5")));
  },
};

export const pbkdf2Arguments = {
  test() {
    assert.throws(() => pbkdf2Sync("p", "s", 1, 20, "nope"), { name: "TypeError", message: "Invalid Pbkdf2 digest: nope." });
    assert.throws(() => pbkdf2Sync("p", "s", 1, 20), type("digest"));
    assert.throws(() => pbkdf2Sync("p", "s", 0, 20, "sha1"),
      range('The value of "iterations" is out of range. It must be >= 1 && <= 2147483647. Received 0'));
    assert.throws(() => pbkdf2Sync("p", "s", "1", 20, "sha1"), type("iterations"));
    assert.throws(() => pbkdf2Sync("p", "s", 1.5, 20, "sha1"),
      range('The value of "iterations" is out of range. It must be an integer. Received 1.5'));
    assert.throws(() => pbkdf2Sync("p", "s", 1, -1, "sha1"), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => pbkdf2Sync(1, "s", 1, 20, "sha1"), type("password"));
    assert.throws(() => pbkdf2Sync("p", null, 1, 20, "sha1"), type("salt"));
    assert.throws(() => pbkdf2Sync(createSecretKey("p"), "s", 1, 20, "sha1"), type("password"));
  },
};

export const pbkdf2Later = {
  async test() {
    assert.strictEqual(hex(await promisify(pbkdf2)("p", "s", 1000, 20, "sha1")), "ac8b95db3ed020176aff40c14003963f6dc9d4ae");
    await assert.rejects(promisify(pbkdf2)("p", "s", 1, 20, "nope"), { message: "Invalid Pbkdf2 digest: nope." });
    assert.throws(() => pbkdf2("p", "s", 1, 20, "sha1"), type("callback"));
    assert.throws(() => pbkdf2("p", "s", 1, 20, () => {}), type("digest"));
    assert.throws(() => pbkdf2("p", "s", 0, 20, "sha1", () => {}), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const hkdfOfKnownSecrets = {
  test() {
    // RFC 5869, the first case.
    const secret = Buffer.alloc(22, 0x0b);
    const salt = Buffer.from("000102030405060708090a0b0c", "hex");
    const info = Buffer.from("f0f1f2f3f4f5f6f7f8f9", "hex");
    const key = hkdfSync("sha256", secret, salt, info, 42);
    assert.ok(key instanceof ArrayBuffer);
    assert.strictEqual(hex(key),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert.strictEqual(hex(hkdfSync("SHA256", "k", "s", "i", 10)), "02b0929a9d46e9236e23");
    assert.strictEqual(hex(hkdfSync("sha256", createSecretKey("k"), "s", "i", 10)), "02b0929a9d46e9236e23");
    assert.strictEqual(hkdfSync("sha256", "", "", "", 0).byteLength, 0);
  },
};

export const hkdfArguments = {
  test() {
    assert.throws(() => hkdfSync("nope", "k", "s", "i", 10), { name: "TypeError", message: "Invalid Hkdf digest: nope" });
    assert.throws(() => hkdfSync(1, "k", "s", "i", 10), type("digest"));
    assert.throws(() => hkdfSync("sha256", 1, "s", "i", 10), type("ikm"));
    assert.throws(() => hkdfSync("sha256", "k", undefined, "i", 10), type("salt"));
    assert.throws(() => hkdfSync("sha256", "k", "s", 1, 10), type("info"));
    assert.throws(() => hkdfSync("sha256", "k", "s", "i", "x"), type("length"));
    assert.throws(() => hkdfSync("sha256", "k", "s", "i", -1), { code: "ERR_OUT_OF_RANGE" });
    assert.strictEqual(hkdfSync("sha256", "k", "s", "i", 255 * 32).byteLength, 255 * 32);
    assert.throws(() => hkdfSync("sha256", "k", "s", "i", 255 * 32 + 1), { name: "RangeError", message: "Invalid Hkdf key length" });
    assert.throws(() => hkdfSync("sha256", "k", "s", Buffer.alloc(1025), 10),
      range('The value of "info" is out of range. It must be must not contain more than 1024 bytes. Received 1025'));
  },
};

export const hkdfLater = {
  async test() {
    assert.strictEqual(hex(await promisify(hkdf)("sha256", "k", "s", "i", 10)), "02b0929a9d46e9236e23");
    await assert.rejects(promisify(hkdf)("nope", "k", "s", "i", 10), { message: "Invalid Hkdf digest: nope" });
    assert.throws(() => hkdf("sha256", "k", "s", "i", 10), type("callback"));
  },
};

export const scryptOfKnownSecrets = {
  test() {
    // RFC 7914.
    assert.strictEqual(hex(scryptSync("", "", 64, { N: 16, r: 1, p: 1 })).slice(0, 32), "77d6576238657b203b19ca42c18a0497");
    assert.strictEqual(hex(scryptSync("p", "s", 16)), "4329787752e75d1de359a05806e492d4");
    assert.strictEqual(hex(scryptSync("p", "s", 16, { N: 1024 })), "c0ed26d3daf65eab8e4d293216af3fc6");
    assert.strictEqual(hex(scryptSync("p", "s", 16, { cost: 1024 })), "c0ed26d3daf65eab8e4d293216af3fc6");
    assert.strictEqual(hex(scryptSync("p", "s", 16, { parallelization: 2, blockSize: 4 })), "a22e2e25f5455659f48908abb085577d");
    assert.strictEqual(hex(scryptSync("p", "s", 16, { N: 0, r: 0, p: 0, maxmem: 0 })), "4329787752e75d1de359a05806e492d4");
    assert.strictEqual(scryptSync("p", "s", 0).length, 0);
  },
};

export const scryptArguments = {
  test() {
    for (const options of [{ N: 1000 }, { N: 1 }, { N: 2 ** 15 }, { maxmem: 1 }, { r: 2 ** 30 }]) {
      assert.throws(() => scryptSync("p", "s", 16, options), { name: "Error", message: "Scrypt failed" });
    }
    assert.strictEqual(scryptSync("p", "s", 16, { N: 2 ** 15, maxmem: 2 ** 27 }).length, 16);
    for (const [short, long] of [["N", "cost"], ["r", "blockSize"], ["p", "parallelization"]]) {
      assert.throws(() => scryptSync("p", "s", 16, { [short]: 2, [long]: 2 }), {
        code: "ERR_INVALID_ARG_VALUE",
        message: `The argument '${long}' is invalid. Received 2`,
      });
    }
    assert.throws(() => scryptSync("p", "s", 16, { N: -1 }),
      range('The value of "N" is out of range. It must be >= 0 && < 4294967296. Received -1'));
    assert.throws(() => scryptSync("p", "s", 16, { N: "x" }), type("N"));
    assert.throws(() => scryptSync("p", "s", -1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => scryptSync("p", "s"), type("keylen"));
    assert.throws(() => scryptSync(1, "s", 5), type("password"));
    assert.throws(() => scryptSync("p", 1, 5), type("salt"));
  },
};

export const scryptLater = {
  async test() {
    assert.strictEqual(hex(await promisify(scrypt)("p", "s", 16)), "4329787752e75d1de359a05806e492d4");
    assert.strictEqual(hex(await promisify(scrypt)("p", "s", 16, { N: 1024 })), "c0ed26d3daf65eab8e4d293216af3fc6");
    assert.throws(() => scrypt("p", "s", 16), type("callback"));
    assert.throws(() => scrypt("p", "s", 16, {}), type("callback"));
  },
};

export const bytesAtRandom = {
  async test() {
    assert.ok(Buffer.isBuffer(randomBytes(0)));
    assert.strictEqual(randomBytes(20).length, 20);
    assert.notDeepStrictEqual(randomBytes(20), randomBytes(20));
    assert.strictEqual(pseudoRandomBytes, randomBytes);
    assert.strictEqual((await promisify(randomBytes)(3)).length, 3);
    assert.throws(() => randomBytes(-1), range('The value of "size" is out of range. It must be >= 0 && <= 2147483647. Received -1'));
    assert.throws(() => randomBytes(1.5), { code: "ERR_OUT_OF_RANGE" });
    for (const size of ["x", null, undefined]) assert.throws(() => randomBytes(size), type("size"));
    assert.throws(() => randomBytes(2, 1), type("callback"));
    assert.throws(() => randomBytes(65537), { name: "QuotaExceededError" });
  },
};

export const buffersAreFilled = {
  async test() {
    const bytes = Buffer.alloc(40);
    assert.strictEqual(randomFillSync(bytes, 20).buffer, bytes.buffer);
    assert.ok(bytes.subarray(0, 20).every((byte) => byte === 0));
    assert.ok(bytes.subarray(20).some((byte) => byte !== 0));
    assert.strictEqual(randomFillSync(Buffer.alloc(10), 0, 5).length, 5);
    assert.throws(() => randomFillSync(1), type("buffer"));
    assert.throws(() => randomFillSync(Buffer.alloc(2), -1), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => randomFillSync(Buffer.alloc(2), 0, 3),
      range('The value of "size" is out of range. It must be >= 0 && <= 2. Received 3'));
    const words = new Uint16Array(4);
    assert.strictEqual(await promisify(randomFill)(words, 1, 2), words);
    assert.throws(() => randomFill(Buffer.alloc(2)), type("callback"));
    assert.throws(() => randomFill(Buffer.alloc(2), 3, () => {}), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const numbersAtRandom = {
  async test() {
    assert.strictEqual(randomInt(1), 0);
    assert.strictEqual(randomInt(5, 6), 5);
    for (let i = 0; i < 100; i++) {
      const value = randomInt(-3, 3);
      assert.ok(value >= -3 && value < 3 && Number.isInteger(value));
    }
    assert.ok(Number.isInteger(await promisify(randomInt)(10)));
    assert.throws(() => randomInt(0), range('The value of "min" is out of range. It must be min < max. Received 0'));
    assert.throws(() => randomInt(6, 5), { code: "ERR_OUT_OF_RANGE" });
    for (const max of ["x", null, undefined]) assert.throws(() => randomInt(max), type("max"));
    assert.throws(() => randomInt(1.5), range('The value of "max" is out of range. It must be an integer. Received 1.5'));
    assert.throws(() => randomInt(0, 2 ** 48),
      range('The value of "max" is out of range. It must be <= 281474976710655. Received 281_474_976_710_656'));
  },
};

export const uuids = {
  test() {
    assert.match(randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.strictEqual(randomUUID({ disableEntropyCache: true }).length, 36);
    assert.throws(() => randomUUID(1), type("options"));
    assert.throws(() => randomUUID(null), type("options"));
    assert.throws(() => randomUUID({ disableEntropyCache: 1 }), type("options.disableEntropyCache"));
  },
};

export const primes = {
  async test() {
    const prime = generatePrimeSync(32);
    assert.ok(prime instanceof ArrayBuffer);
    assert.strictEqual(prime.byteLength, 4);
    assert.ok(checkPrimeSync(prime));
    const safe = generatePrimeSync(64, { safe: true, bigint: true });
    assert.ok(checkPrimeSync(safe) && checkPrimeSync((safe - 1n) / 2n));
    assert.strictEqual(generatePrimeSync(32, { add: 12n, rem: 11n, bigint: true }) % 12n, 11n);
    assert.strictEqual(typeof await promisify(generatePrime)(16, { bigint: true }), "bigint");
    assert.strictEqual((await promisify(generatePrime)(16)).byteLength, 2);
  },
};

export const primesThatAreNotGenerated = {
  test() {
    assert.throws(() => generatePrimeSync(0), range('The value of "size" is out of range. It must be >= 1 && <= 2147483647. Received 0'));
    assert.throws(() => generatePrimeSync(1), { name: "Error", message: "Error while generating prime" });
    assert.throws(() => generatePrimeSync("x"), type("size"));
    assert.throws(() => generatePrimeSync(32, 1), type("options"));
    assert.throws(() => generatePrimeSync(32, { safe: 1 }), type("options.safe"));
    assert.throws(() => generatePrimeSync(32, { bigint: 1 }), type("options.bigint"));
    assert.throws(() => generatePrimeSync(32, { add: 1 }), type("options.add"));
    assert.throws(() => generatePrimeSync(32, { add: -1n }), range('The value of "options.add" is out of range. It must be >= 0. Received -1n'));
    for (const options of [{ add: 12n }, { add: 12n, rem: 13n }, { add: 2n ** 40n }]) {
      assert.throws(() => generatePrimeSync(32, options), { name: "RangeError", message: "Invalid values for add and rem" });
    }
    assert.throws(() => generatePrime(32), type("callback"));
  },
};

export const primesAreChecked = {
  async test() {
    for (const [number, is] of [[7n, true], [9n, false], [0n, false], [1n, false], [2n, true], [2n ** 61n - 1n, true]]) {
      assert.strictEqual(checkPrimeSync(number), is, String(number));
    }
    assert.strictEqual(checkPrimeSync(Buffer.from([7]), { checks: 10 }), true);
    assert.strictEqual(checkPrimeSync(Buffer.alloc(0)), false);
    assert.strictEqual(checkPrimeSync(7n, { checks: 65 }), true);
    assert.strictEqual(await promisify(checkPrime)(7n), true);
    assert.strictEqual(await promisify(checkPrime)(9n, { checks: 2 }), false);
    for (const candidate of [1, "x", undefined]) {
      assert.throws(() => checkPrimeSync(candidate), {
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "candidate" argument must be of type bigint or an instance of ArrayBuffer, TypedArray, Buffer, or DataView\./,
      });
    }
    assert.throws(() => checkPrimeSync(-1n), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => checkPrimeSync(7n, { checks: -1 }), { code: "ERR_OUT_OF_RANGE" });
    assert.throws(() => checkPrimeSync(7n, null), type("options"));
  },
};

export const callbacksComeLater = {
  async test() {
    const order = [];
    const note = (name) => () => order.push(name);
    randomBytes(1, note("bytes"));
    pbkdf2("a", "b", 1, 1, "sha1", note("pbkdf2"));
    scrypt("a", "b", 1, note("scrypt"));
    hkdf("sha1", "a", "b", "", 1, note("hkdf"));
    crypto.generateKey("hmac", { length: 8 }, note("key"));
    crypto.generateKeyPair("ed25519", {}, note("pair"));
    randomInt(1, note("int"));
    queueMicrotask(note("microtask"));
    assert.deepStrictEqual(order, []);
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepStrictEqual(order, ["bytes", "pbkdf2", "scrypt", "hkdf", "key", "pair", "int", "microtask"]);
  },
};

// What could not be ended is not begun.
export const primesThatAreNotLookedFor = {
  test() {
    assert.throws(() => generatePrimeSync(16385), { message: "Error while generating prime" });
    assert.ok(checkPrimeSync(generatePrimeSync(6, { safe: true })));
  },
};
