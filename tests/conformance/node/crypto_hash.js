// node:crypto: digests and codes.
import assert from "node:assert";
import crypto, { createHash, createHmac, createSecretKey, getHashes, hash, Hash, Hmac } from "node:crypto";
import { Transform } from "node:stream";

const invalid = (name) => ({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: new RegExp(`^The "${name}"`) });
const unknown = { name: "Error", message: "Digest method not supported" };
const finalized = { name: "Error", code: "ERR_CRYPTO_HASH_FINALIZED", message: "Digest already called" };

export const digestsOfAKnownText = {
  test() {
    const digests = {
      md4: "a448017aaf21d8525fc10ae87aa6729d",
      md5: "900150983cd24fb0d6963f7d28e17f72",
      sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
      sha224: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "sha512-256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
      "md5-sha1": "900150983cd24fb0d6963f7d28e17f72a9993e364706816aba3e25717850c26c9cd0d89d",
    };
    for (const [name, digest] of Object.entries(digests)) {
      assert.strictEqual(createHash(name).update("abc").digest("hex"), digest, name);
    }
    assert.strictEqual(createHash("sha384").digest().length, 48);
    assert.strictEqual(createHash("sha512").digest().length, 64);
  },
};

export const namesOfDigests = {
  test() {
    for (const name of ["SHA1", "MD5", "SHA512-256", "RSA-SHA1", "DSA-SHA1", "ecdsa-with-SHA1"]) {
      assert.ok(createHash(name).digest().length > 0, name);
    }
    for (const name of ["sha-1", "SHA-256", "Sha256", "rsa-sha1", "sha512/256", "sha512-224", "nope", ""]) {
      assert.throws(() => createHash(name), unknown, name);
    }
    for (const name of ["ripemd160", "sha3-256", "shake128", "blake2b512", "whirlpool", "sm3"]) {
      assert.throws(() => createHash(name), unknown, name);
    }
  },
};

export const theListOfDigests = {
  test() {
    const names = getHashes();
    assert.strictEqual(names.length, 17);
    assert.deepStrictEqual(names.slice(0, 3), ["md4", "md5", "sha1"]);
    assert.notStrictEqual(getHashes(), names);
    for (const name of names) assert.ok(createHash(name));
  },
};

export const algorithmMustBeAString = {
  test() {
    assert.throws(() => createHash(), invalid("algorithm"));
    assert.throws(() => createHash(1), { message: /must be of type string\. Received type number \(1\)$/ });
    assert.throws(() => createHmac(1, "k"), invalid("hmac"));
  },
};

export const piecesAddUp = {
  test() {
    const whole = createHash("sha256").update("hello world").digest("hex");
    const pieces = createHash("sha256").update("hello").update(Buffer.from(" ")).update(new Uint8Array([119]));
    assert.strictEqual(pieces.update("orld").digest("hex"), whole);
    const views = createHash("sha1").update(new DataView(new ArrayBuffer(2))).update(new Uint16Array(1)).digest("hex");
    assert.strictEqual(views, createHash("sha1").update(Buffer.alloc(4)).digest("hex"));
  },
};

export const updateGivesTheHashItself = {
  test() {
    const one = createHash("md5");
    assert.strictEqual(one.update("a"), one);
    const code = createHmac("md5", "k");
    assert.strictEqual(code.update("a"), code);
  },
};

export const encodingsOfWhatIsAdded = {
  test() {
    const plain = createHash("sha1").update("ab").digest("hex");
    assert.strictEqual(createHash("sha1").update("6162", "hex").digest("hex"), plain);
    assert.strictEqual(createHash("sha1").update("YWI=", "base64").digest("hex"), plain);
    assert.strictEqual(createHash("sha1").update("ab", "buffer").digest("hex"), plain);
    assert.strictEqual(createHash("sha1").update("\u00e9", "latin1").digest("hex"),
      createHash("sha1").update(Buffer.from([0xe9])).digest("hex"));
    assert.throws(() => createHash("sha1").update("a", "xyz"), {
      code: "ERR_UNKNOWN_ENCODING",
      message: "Unknown encoding: xyz",
    });
  },
};

export const encodingsOfTheDigest = {
  test() {
    const of = (encoding) => createHash("sha1").update("616").digest(encoding);
    assert.ok(Buffer.isBuffer(of()));
    assert.ok(Buffer.isBuffer(of("buffer")));
    assert.strictEqual(of("hex"), "8746b7e5d534efa196e92e53c61ec747f4c936a5");
    assert.strictEqual(of("base64"), "h0a35dU076GW6S5Txh7HR/TJNqU=");
    assert.strictEqual(of("base64url"), "h0a35dU076GW6S5Txh7HR_TJNqU");
    assert.strictEqual(of("latin1").length, 20);
    assert.throws(() => of("xyz"), { code: "ERR_UNKNOWN_ENCODING", message: "Unknown encoding: xyz" });
    assert.throws(() => of(null), { code: "ERR_UNKNOWN_ENCODING", message: "Unknown encoding: null" });
  },
};

export const whatCannotBeAdded = {
  test() {
    for (const data of [1, undefined, null, {}, new ArrayBuffer(2)]) {
      assert.throws(() => createHash("sha1").update(data), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView\./,
      });
    }
  },
};

export const aHashIsUsedOnce = {
  test() {
    const one = createHash("sha1");
    one.digest();
    assert.throws(() => one.digest(), finalized);
    assert.throws(() => one.update("a"), finalized);
    assert.throws(() => one.copy(), finalized);
  },
};

export const aCopyGoesItsOwnWay = {
  test() {
    const one = createHash("sha1").update("a");
    const other = one.copy();
    assert.ok(other instanceof Hash);
    one.update("b");
    assert.strictEqual(other.digest("hex"), createHash("sha1").update("a").digest("hex"));
    assert.strictEqual(one.digest("hex"), createHash("sha1").update("ab").digest("hex"));
  },
};

export const outputLengthOfFixedDigests = {
  test() {
    assert.strictEqual(createHash("sha256", { outputLength: 32 }).digest().length, 32);
    for (const outputLength of [0, 16, 33]) {
      assert.throws(() => createHash("sha256", { outputLength }), { name: "Error", message: "invalid digest size" });
    }
    assert.throws(() => createHash("sha256", { outputLength: -1 }), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "options.outputLength" is out of range. It must be >= 0 && < 4294967296. Received -1',
    });
    assert.throws(() => createHash("sha256", { outputLength: "a" }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => createHash("sha1").copy({ outputLength: 5 }), { message: "invalid digest size" });
  },
};

export const classesWorkWithoutNew = {
  test() {
    assert.ok(Hash("sha1") instanceof Hash);
    assert.ok(Hmac("sha1", "k") instanceof Hmac);
    assert.ok(createHash("sha1") instanceof Transform);
    assert.ok(createHmac("sha1", "k") instanceof Transform);
    assert.strictEqual(Object.getPrototypeOf(Hash), Transform);
  },
};

export const aHashIsAStream = {
  async test() {
    const chunks = [];
    const stream = createHash("sha1");
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.write("a");
    stream.write(Buffer.from("b"));
    stream.end("63", "hex");
    await new Promise((resolve) => stream.on("end", resolve));
    assert.strictEqual(Buffer.concat(chunks).toString("hex"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  },
};

export const aHashStreamWithAnEncoding = {
  async test() {
    const stream = createHash("sha1");
    stream.setEncoding("hex");
    const digest = await new Promise((resolve) => stream.on("data", resolve).end("abc"));
    assert.strictEqual(digest, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert.strictEqual(createHash("sha1", { highWaterMark: 5 }).writableHighWaterMark, 5);
  },
};

export const aCodeIsAStream = {
  async test() {
    const stream = createHmac("sha256", "k");
    const code = await new Promise((resolve) => stream.on("data", resolve).end("a"));
    assert.strictEqual(code.toString("hex"), createHmac("sha256", "k").update("a").digest("hex"));
  },
};

export const digestsAtOnce = {
  test() {
    assert.strictEqual(hash("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert.strictEqual(hash("sha1", Buffer.from("abc"), "base64"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    assert.ok(Buffer.isBuffer(hash("sha1", "abc", "buffer")));
    assert.throws(() => hash("nope", "abc"), unknown);
    assert.throws(() => hash(1, "abc"), invalid("algorithm"));
    assert.throws(() => hash("sha1", 1), invalid("data"));
    assert.throws(() => hash("sha1", new ArrayBuffer(1)), invalid("data"));
    assert.throws(() => hash("sha1", "abc", 1), invalid("outputEncoding"));
    assert.throws(() => hash("sha1", "abc", "xyz"), { code: "ERR_UNKNOWN_ENCODING" });
  },
};

export const codesOfKnownTexts = {
  test() {
    // RFC 4231, the second case.
    const code = createHmac("sha256", "Jefe").update("what do ya want for nothing?").digest("hex");
    assert.strictEqual(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert.strictEqual(createHmac("md4", "k").update("a").digest("hex"), "b3201ea50fce938ac4c52f16f52c63ba");
    assert.strictEqual(createHmac("md5-sha1", "k").update("a").digest("hex"),
      "9fccbe70908db507f88669978cf8345e57f5188a609926886f13dc32f72eeb6c9a1883b7");
    const long = createHmac("sha1", Buffer.alloc(80, 0xaa)).update("Test Using Larger Than Block-Size Key - Hash Key First");
    assert.strictEqual(long.digest("hex"), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  },
};

export const keysOfCodes = {
  async test() {
    const code = (key, options) => createHmac("sha256", key, options).update("a").digest("hex");
    const expected = code("k");
    assert.strictEqual(code(Buffer.from("k")), expected);
    assert.strictEqual(code(new Uint8Array([107]).buffer), expected);
    assert.strictEqual(code(new DataView(new Uint8Array([107]).buffer)), expected);
    assert.strictEqual(code("6b", { encoding: "hex" }), expected);
    assert.strictEqual(code(createSecretKey("k")), expected);
    const imported = await crypto.subtle.importKey("raw", Buffer.from("k"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    assert.strictEqual(code(imported), expected);
    assert.strictEqual(code("").length, 64);
  },
};

export const whatIsNoKeyOfACode = {
  test() {
    for (const key of [undefined, null, 1, {}]) {
      assert.throws(() => createHmac("sha1", key), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_TYPE",
        message: /^The "key" argument must be of type string or an instance of ArrayBuffer, Buffer, ArrayBufferView, KeyObject, or CryptoKey\. Received/,
      });
    }
    assert.throws(() => createHmac("sha1", "k", { encoding: 1 }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => createHmac("nope", "k"), unknown);
    const { privateKey } = crypto.generateKeyPairSync("ed25519");
    assert.throws(() => createHmac("sha1", privateKey), {
      name: "Error",
      code: "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE",
      message: "Invalid key object type private, expected secret.",
    });
  },
};

export const aCodeIsEmptyTheSecondTime = {
  test() {
    const code = createHmac("sha1", "k");
    code.digest();
    assert.strictEqual(code.digest("hex"), "");
    assert.strictEqual(code.digest().length, 0);
    assert.strictEqual(code.digest("buffer").length, 0);
    assert.throws(() => code.update("a"), finalized);
  },
};

export const timingSafeEqual = {
  test() {
    const { timingSafeEqual } = crypto;
    assert.strictEqual(timingSafeEqual(Buffer.from("a"), Buffer.from("a")), true);
    assert.strictEqual(timingSafeEqual(Buffer.from("a"), Buffer.from("b")), false);
    assert.strictEqual(timingSafeEqual(new Uint16Array(1), new Uint8Array(2)), true);
    assert.strictEqual(timingSafeEqual(new ArrayBuffer(2), new DataView(new ArrayBuffer(2))), true);
    assert.throws(() => timingSafeEqual(Buffer.from("a"), Buffer.from("bb")), {
      name: "TypeError",
      message: "Input buffers must have the same byte length.",
    });
    assert.throws(() => timingSafeEqual("a", "a"), { name: "TypeError" });
  },
};
