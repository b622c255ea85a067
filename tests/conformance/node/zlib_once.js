// node:zlib all at once: with a result or a callback, its options and what it refuses.
import assert from "node:assert";
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import zlib from "node:zlib";

const TEXT = "hello hello hello hello";
const RANGE = "is out of range. It must be";

/** The error of a call. */
function refused(call) {
  try {
    call();
  } catch (error) {
    return [error.name, error.code, error.message];
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

/** What a function with a callback gave it. */
const called = (method, ...args) => new Promise((resolve) => method(...args, (...given) => resolve(given)));

export const deflateInItsThreeWrappings = {
  test() {
    assert.strictEqual(zlib.deflateSync(TEXT).toString("hex"), "789ccb48cdc9c957c8402701680308b1");
    assert.strictEqual(zlib.deflateRawSync(TEXT).toString("hex"), "cb48cdc9c957c8402701");
    const gzip = zlib.gzipSync(TEXT);
    assert.strictEqual(gzip.subarray(0, 10).toString("hex"), "1f8b0800000000000003");
    assert.strictEqual(gzip.subarray(-8).toString("hex"), "e3513d8d17000000");
  },
};

export const whatWasPackedComesBack = {
  test() {
    assert.strictEqual(zlib.inflateSync(zlib.deflateSync(TEXT)).toString(), TEXT);
    assert.strictEqual(zlib.inflateRawSync(zlib.deflateRawSync(TEXT)).toString(), TEXT);
    assert.strictEqual(zlib.gunzipSync(zlib.gzipSync(TEXT)).toString(), TEXT);
    assert.strictEqual(zlib.unzipSync(zlib.gzipSync(TEXT)).toString(), TEXT);
    assert.strictEqual(zlib.unzipSync(zlib.deflateSync(TEXT)).toString(), TEXT);
  },
};

export const resultsAreBuffers = {
  test() {
    assert(Buffer.isBuffer(zlib.gzipSync(TEXT)));
    assert(Buffer.isBuffer(zlib.brotliCompressSync(TEXT)));
    assert(Buffer.isBuffer(zlib.zstdDecompressSync(zlib.zstdCompressSync(TEXT))));
  },
};

export const everyKindOfBytesIsTaken = {
  test() {
    const back = (data) => zlib.gunzipSync(zlib.gzipSync(data));
    assert.deepStrictEqual([...back(new Uint8Array([1, 2, 3]).subarray(1))], [2, 3]);
    assert.deepStrictEqual([...back(new Uint16Array([1, 2]))], [1, 0, 2, 0]);
    assert.deepStrictEqual([...back(new DataView(new ArrayBuffer(3)))], [0, 0, 0]);
    assert.deepStrictEqual([...back(new ArrayBuffer(2))], [0, 0]);
    assert.strictEqual(back("caf\u00e9").toString(), "caf\u00e9");
    assert.strictEqual(back("").length, 0);
  },
};

export const otherDataIsRefused = {
  test() {
    const text = (method) =>
      `Failed to execute '${method}' on 'ZlibUtil': parameter 1 is not of type 'string or ArrayBuffer or ArrayBufferView'.`;
    assert.deepStrictEqual(refused(() => zlib.gzipSync(5)), ["TypeError", undefined, text("zlibSync")]);
    assert.deepStrictEqual(refused(() => zlib.gzipSync()), ["TypeError", undefined, text("zlibSync")]);
    assert.deepStrictEqual(refused(() => zlib.inflateSync([1])), ["TypeError", undefined, text("zlibSync")]);
    assert.deepStrictEqual(
      refused(() => zlib.brotliCompressSync(null)),
      ["TypeError", undefined, text("brotliCompressSync")],
    );
    assert.deepStrictEqual(
      refused(() => zlib.zstdDecompressSync({})),
      ["TypeError", undefined, text("zstdDecompressSync")],
    );
    assert.deepStrictEqual(refused(() => zlib.gzip(5, () => {})), ["TypeError", undefined, text("zlib")]);
    assert.deepStrictEqual(refused(() => zlib.crc32(5)), ["TypeError", undefined, text("crc32")]);
  },
};

export const optionsMustBeAnObject = {
  test() {
    const text = "Failed to execute 'zlibSync' on 'ZlibUtil': parameter 2 is not of type 'Options'.";
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, 5)), ["TypeError", undefined, text]);
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, "x")), ["TypeError", undefined, text]);
    assert.throws(() => zlib.gzipSync(TEXT, null), TypeError);
    assert.strictEqual(zlib.gzipSync(TEXT, undefined).length, 28);
  },
};

export const levelsHaveARange = {
  test() {
    const text = (level) => `The value of "options.level" ${RANGE} >= -1 and <= 9. Received ${level}`;
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { level: 10 })), ["RangeError", undefined, text(10)]);
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { level: -2 })), ["RangeError", undefined, text(-2)]);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: 0 }).length, 46);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: 9 })[8], 2);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: 1 })[8], 4);
  },
};

export const levelsAreConverted = {
  test() {
    assert.strictEqual(zlib.gzipSync(TEXT, { level: "a" }).length, 46);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: null }).length, 46);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: "5" }).length, 28);
    assert.strictEqual(zlib.gzipSync(TEXT, { level: 1.5 }).length, 28);
    assert.throws(() => zlib.gzipSync(TEXT, { level: 2 ** 40 }), {
      name: "TypeError",
      message: "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
    });
    assert.throws(() => zlib.gzipSync(TEXT, { level: 10n }), TypeError);
  },
};

export const windowsHaveARange = {
  test() {
    const text = (bits) => `The value of "options.windowBits" ${RANGE} >= 8 and <= 15. Received ${bits}`;
    for (const bits of [0, 7, 16]) {
      assert.deepStrictEqual(
        refused(() => zlib.gzipSync(TEXT, { windowBits: bits })),
        ["RangeError", undefined, text(bits)],
      );
    }
    assert.strictEqual(zlib.deflateSync(TEXT, { windowBits: 8 }).length, 16);
    assert.strictEqual(zlib.gunzipSync(zlib.gzipSync(TEXT), { windowBits: 0 }).toString(), TEXT);
  },
};

export const windowsThatZlibDoesNotHave = {
  test() {
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { windowBits: 8 })), ["Error", undefined, "Zlib error"]);
    assert.deepStrictEqual(
      refused(() => zlib.deflateRawSync(TEXT, { windowBits: 8 })),
      ["Error", undefined, "Zlib error"],
    );
  },
};

export const memoryAndStrategy = {
  test() {
    const text = (level) => `The value of "options.memLevel" ${RANGE} >= 1 and <= 9. Received ${level}`;
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { memLevel: 0 })), ["RangeError", undefined, text(0)]);
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { memLevel: 10 })), ["RangeError", undefined, text(10)]);
    assert.deepStrictEqual(
      refused(() => zlib.gzipSync(TEXT, { strategy: 5 })),
      ["Error", undefined, "invalid strategy"],
    );
    assert.deepStrictEqual(
      refused(() => zlib.gzipSync(TEXT, { strategy: -1 })),
      [
        "TypeError",
        undefined,
        "The value cannot be converted because it is negative and this API expects a positive number.",
      ],
    );
    for (const strategy of [0, 1, 2, 3, 4]) {
      assert.strictEqual(zlib.inflateSync(zlib.deflateSync(TEXT, { strategy })).toString(), TEXT);
    }
  },
};

export const chunksHaveARange = {
  test() {
    const text = (size) => `The value of "options.chunkSize" ${RANGE} >= 64 and <= 134217728. Received ${size}`;
    for (const size of [0, 10, 2 ** 28]) {
      assert.deepStrictEqual(
        refused(() => zlib.gzipSync(TEXT, { chunkSize: size })),
        ["RangeError", undefined, text(size)],
      );
    }
    assert.throws(() => zlib.gzipSync(TEXT, { chunkSize: "x" }), {
      name: "TypeError",
      message: "The value cannot be converted because it is not an integer.",
    });
    assert.strictEqual(zlib.gzipSync(TEXT, { chunkSize: 64 }).length, 28);
  },
};

export const flushesHaveARange = {
  test() {
    const text = (name, flush) => `The value of "options.${name}" ${RANGE} >= 0 and <= 6. Received ${flush}`;
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { flush: 7 })), ["RangeError", undefined, text("flush", 7)]);
    assert.deepStrictEqual(
      refused(() => zlib.gzipSync(TEXT, { flush: -1 })),
      ["RangeError", undefined, text("flush", -1)],
    );
    // It names the other of the two.
    assert.deepStrictEqual(
      refused(() => zlib.gzipSync(TEXT, { finishFlush: 7 })),
      ["RangeError", undefined, text("finishFlush", 0)],
    );
  },
};

export const anUnfinishedEndIsTakenOnRequest = {
  test() {
    const { Z_SYNC_FLUSH } = zlib.constants;
    const cut = zlib.gzipSync(TEXT).subarray(0, 20);
    assert.strictEqual(zlib.gunzipSync(cut, { finishFlush: Z_SYNC_FLUSH }).toString(), TEXT);
    assert.deepStrictEqual(refused(() => zlib.gunzipSync(cut)), ["Error", undefined, "unexpected end of file"]);
  },
};

export const outputHasALimit = {
  test() {
    const packed = zlib.gzipSync(TEXT);
    const limit = ["RangeError", undefined, "Memory limit exceeded"];
    assert.deepStrictEqual(refused(() => zlib.gunzipSync(packed, { maxOutputLength: 5 })), limit);
    assert.deepStrictEqual(refused(() => zlib.gzipSync("x".repeat(1000), { maxOutputLength: 10 })), limit);
    assert.strictEqual(zlib.gunzipSync(packed, { maxOutputLength: 23 }).length, 23);
    const text = `The value of "options.maxOutputLength" ${RANGE} >= 1 and <= 134217728. Received 0`;
    assert.deepStrictEqual(
      refused(() => zlib.gunzipSync(packed, { maxOutputLength: 0 })),
      ["RangeError", undefined, text],
    );
  },
};

export const theLimitIsMetInPieces = {
  test() {
    // Output grows by 40960 bytes, and the piece after the last must fit too where that is full.
    const packed = zlib.gzipSync("z".repeat(100000));
    assert.throws(() => zlib.gunzipSync(packed, { maxOutputLength: 100000 }), RangeError);
    assert.strictEqual(zlib.gunzipSync(packed, { maxOutputLength: 122880 }).length, 100000);
    const exact = zlib.gzipSync("z".repeat(40960));
    assert.strictEqual(zlib.gunzipSync(exact, { maxOutputLength: 40960 }).length, 40960);
    assert.throws(() => zlib.gunzipSync(exact, { maxOutputLength: 40961 }), RangeError);
  },
};

export const dictionaries = {
  test() {
    const dictionary = Buffer.from("hello");
    const packed = zlib.deflateSync(TEXT, { dictionary });
    assert.strictEqual(packed.toString("hex"), "78bb062c0215cb00110a182400680308b1");
    assert.strictEqual(zlib.inflateSync(packed, { dictionary }).toString(), TEXT);
    assert.deepStrictEqual(refused(() => zlib.inflateSync(packed)), ["Error", undefined, "Missing dictionary"]);
    assert.deepStrictEqual(
      refused(() => zlib.inflateSync(packed, { dictionary: Buffer.from("wrong") })),
      ["Error", undefined, "Bad dictionary"],
    );
    const raw = zlib.deflateRawSync(TEXT, { dictionary });
    assert.strictEqual(zlib.inflateRawSync(raw, { dictionary }).toString(), TEXT);
    assert.deepStrictEqual(refused(() => zlib.gzipSync(TEXT, { dictionary: "abc" })), [
      "TypeError",
      undefined,
      "Incorrect type for the 'dictionary' field on 'Options': the provided value is not of type " +
      "'ArrayBuffer or ArrayBufferView'.",
    ]);
  },
};

export const damagedDataIsNamed = {
  test() {
    const named = (call) => refused(call)[2];
    assert.strictEqual(named(() => zlib.gunzipSync("abc")), "incorrect header check");
    assert.strictEqual(named(() => zlib.unzipSync("xyz")), "incorrect header check");
    assert.strictEqual(named(() => zlib.inflateRawSync(Buffer.from([255, 255]))), "invalid block type");
    assert.strictEqual(named(() => zlib.gunzipSync(Buffer.alloc(0))), "unexpected end of file");
    const broken = (at) => {
      const packed = zlib.gzipSync(TEXT);
      packed[packed.length - at] ^= 1;
      return packed;
    };
    assert.strictEqual(named(() => zlib.gunzipSync(broken(1))), "incorrect length check");
    assert.strictEqual(named(() => zlib.gunzipSync(broken(6))), "incorrect data check");
    const header = (...bytes) => Buffer.from([0x1f, 0x8b, ...bytes, 0, 0, 0, 0, 0, 0]);
    assert.strictEqual(named(() => zlib.gunzipSync(header(9, 0))), "unknown compression method");
    assert.strictEqual(named(() => zlib.gunzipSync(header(8, 0xe0))), "unknown header flags set");
  },
};

export const membersOfGzipFollowEachOther = {
  test() {
    const packed = zlib.gzipSync(TEXT);
    assert.strictEqual(zlib.gunzipSync(Buffer.concat([packed, packed])).toString(), TEXT + TEXT);
    assert.strictEqual(zlib.unzipSync(Buffer.concat([packed, packed])).toString(), TEXT + TEXT);
    assert.strictEqual(zlib.gunzipSync(Buffer.concat([packed, Buffer.alloc(10)])).toString(), TEXT);
    assert.throws(() => zlib.gunzipSync(Buffer.concat([packed, Buffer.from([1, 2, 3])])), {
      message: "incorrect header check",
    });
    // Of the other formats what follows is nobody's.
    assert.strictEqual(zlib.inflateSync(Buffer.concat([zlib.deflateSync(TEXT), Buffer.from("x")])).toString(), TEXT);
  },
};

export const callbacksAreCalledLater = {
  async test() {
    const order = [];
    zlib.gzip(TEXT, () => order.push("callback"));
    order.push("sync");
    queueMicrotask(() => order.push("microtask"));
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepStrictEqual(order, ["sync", "callback", "microtask"]);
  },
};

export const callbacksGetErrorOrResult = {
  async test() {
    const [none, packed] = await called(zlib.gzip, TEXT);
    assert.strictEqual(none, null);
    assert.strictEqual(zlib.gunzipSync(packed).toString(), TEXT);
    const [error, ...rest] = await called(zlib.gunzip, "abc");
    assert.strictEqual(error.message, "incorrect header check");
    assert.strictEqual(error.code, undefined);
    assert.deepStrictEqual(rest, []);
    const [range] = await called(zlib.gzip, TEXT, { level: 99 });
    assert.strictEqual(range.name, "RangeError");
  },
};

export const callbacksMustBeFunctions = {
  test() {
    const expected = { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" };
    assert.throws(() => zlib.gzip(TEXT), {
      ...expected,
      message: 'The "callback" argument must be of type function. Received undefined',
    });
    assert.throws(() => zlib.brotliCompress(TEXT, {}, 5), {
      ...expected,
      message: 'The "callback" argument must be of type function. Received type number (5)',
    });
  },
};

export const allOfThemWithCallbacks = {
  async test() {
    const pairs = ["deflate inflate", "deflateRaw inflateRaw", "gzip gunzip", "gzip unzip"];
    pairs.push("brotliCompress brotliDecompress", "zstdCompress zstdDecompress");
    for (const pair of pairs) {
      const [pack, unpack] = pair.split(" ");
      const [, packed] = await called(zlib[pack], TEXT);
      const [, data] = await called(zlib[unpack], packed);
      assert.strictEqual(data.toString(), TEXT, pair);
    }
  },
};

export const promisified = {
  async test() {
    assert.strictEqual((await promisify(zlib.gunzip)(await promisify(zlib.gzip)(TEXT))).toString(), TEXT);
    await assert.rejects(promisify(zlib.gunzip)("abc"), { message: "incorrect header check" });
  },
};

export const theStreamThatDidIt = {
  async test() {
    const { buffer, engine } = zlib.gzipSync(TEXT, { info: true });
    assert(engine instanceof zlib.Gzip);
    assert.strictEqual(engine.bytesWritten, TEXT.length);
    assert.strictEqual(zlib.gunzipSync(buffer).toString(), TEXT);
    const [, info] = await called(zlib.brotliCompress, TEXT, { info: true });
    assert.deepStrictEqual(Object.keys(info), ["engine", "buffer"]);
    assert(info.engine instanceof zlib.BrotliCompress);
  },
};

export const checksums = {
  test() {
    assert.strictEqual(zlib.crc32("hello"), 907060870);
    assert.strictEqual(zlib.crc32("hello", 5), 4277152246);
    assert.strictEqual(zlib.crc32(Buffer.from("world"), zlib.crc32("hello ")), zlib.crc32("hello world"));
    assert.strictEqual(zlib.crc32(new Uint16Array([1, 2])), 2882460411);
    assert.strictEqual(zlib.crc32(""), 0);
    assert.throws(() => zlib.crc32("x", -1), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "value" is out of range. It must be >= 0 && < 4294967296. Received -1',
    });
    assert.throws(() => zlib.crc32("x", "y"), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const constantsAndCodes = {
  test() {
    assert.strictEqual(zlib.constants.Z_BEST_COMPRESSION, 9);
    assert.strictEqual(zlib.constants.BROTLI_PARAM_QUALITY, 1);
    assert.strictEqual(zlib.constants.ZSTD_c_compressionLevel, 100);
    assert.strictEqual(zlib.Z_FINISH, 4);
    assert.throws(() => {
      zlib.constants.Z_OK = 5;
    }, TypeError);
    assert.strictEqual(zlib.codes.Z_DATA_ERROR, -3);
    assert.strictEqual(zlib.codes["-3"], "Z_DATA_ERROR");
    assert(Object.isFrozen(zlib.codes));
    assert.strictEqual(Object.keys(zlib).length, 219);
  },
};
