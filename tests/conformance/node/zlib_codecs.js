// node:zlib with Brotli and Zstandard.
import assert from "node:assert";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";

const TEXT = "hello hello hello hello";
const { constants } = zlib;

const out = (stream, data) =>
  new Promise((resolve, reject) => {
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("error", ({ name, code, errno, message }) => reject({ name, code, errno, message }));
    stream.on("end", () => resolve(Buffer.concat(pieces)));
    stream.end(data);
  });

const failure = (stream, data) =>
  out(stream, data).then(() => {
    throw new Error("it ended");
  }, (error) => error);

export const brotliAtOnce = {
  test() {
    const packed = zlib.brotliCompressSync(TEXT);
    assert(packed.length < TEXT.length);
    assert.strictEqual(zlib.brotliDecompressSync(packed).toString(), TEXT);
    assert.strictEqual(zlib.brotliDecompressSync(Buffer.from("1b1600f88d946ede445586966c206f214f1ce038", "hex")).toString(), TEXT);
    assert.strictEqual(zlib.brotliDecompressSync(Buffer.concat([packed, Buffer.from("junk")])).toString(), TEXT);
  },
};

export const brotliParameters = {
  test() {
    const text = TEXT.repeat(1000);
    const sized = (params) => zlib.brotliCompressSync(text, { params }).length;
    assert(sized({ [constants.BROTLI_PARAM_QUALITY]: 0 }) >= sized({ [constants.BROTLI_PARAM_QUALITY]: 11 }));
    const params = {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: 16,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    };
    assert.strictEqual(zlib.brotliDecompressSync(zlib.brotliCompressSync(text, { params })).toString(), text);
  },
};

export const brotliRefusesParameters = {
  test() {
    const refused = { name: "Error", message: "Setting parameter failed" };
    assert.throws(() => zlib.brotliCompressSync(TEXT, { params: { 99: 1 } }), refused);
    assert.throws(() => zlib.brotliCompressSync(TEXT, { params: { 4: 2 } }), refused);
    assert.throws(() => zlib.brotliDecompressSync("x", { params: { 5: 1 } }), refused);
    assert.throws(() => zlib.brotliCompressSync(TEXT, { params: 5 }), {
      name: "TypeError",
      message: "Incorrect type for the 'params' field on 'Options': the provided value is not of type 'object'.",
    });
  },
};

export const brotliRanges = {
  test() {
    const text = (name, high, received) =>
      `The value of "options.${name}" is out of range. It must be >= 0 and <= ${high}. Received ${received}`;
    assert.throws(() => zlib.brotliCompressSync(TEXT, { flush: 4 }), { message: text("flush", 3, 4) });
    assert.throws(() => zlib.brotliCompressSync(TEXT, { finishFlush: 9 }), { message: text("finishFlush", 3, 9) });
    assert.throws(() => zlib.zstdCompressSync(TEXT, { flush: 3 }), { message: text("flush", 2, 3) });
    assert.throws(() => zlib.zstdCompressSync(TEXT, { finishFlush: 3 }), { message: text("finishFlush", 2, 3) });
  },
};

export const brotliLargeWindows = {
  test() {
    const params = { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 28 };
    const packed = zlib.brotliCompressSync(TEXT, { params });
    assert.throws(() => zlib.brotliDecompressSync(packed), { message: "Compression failed" });
    const large = { params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 } };
    assert.strictEqual(zlib.brotliDecompressSync(packed, large).toString(), TEXT);
  },
};

export const brotliDamaged = {
  async test() {
    assert.throws(() => zlib.brotliDecompressSync(""), { message: "Unexpected end of file" });
    assert.throws(() => zlib.brotliDecompressSync("garbage"), { message: "Compression failed" });
    assert.deepStrictEqual(await failure(zlib.createBrotliDecompress(), "garbage"), {
      name: "Error",
      code: "ERR__ERROR_FORMAT_PADDING_1",
      errno: -1,
      message: "Compression failed",
    });
    const cut = zlib.brotliCompressSync(TEXT).subarray(0, 5);
    assert.deepStrictEqual(await failure(zlib.createBrotliDecompress(), cut), {
      name: "Error",
      code: "Z_BUF_ERROR",
      errno: -5,
      message: "Unexpected end of file",
    });
  },
};

export const brotliStreams = {
  async test() {
    const packed = await out(zlib.createBrotliCompress({ params: { 1: 4 } }), TEXT);
    assert.strictEqual((await out(zlib.createBrotliDecompress(), packed)).toString(), TEXT);
    const large = Buffer.alloc(16384, "x");
    assert((await out(zlib.createBrotliDecompress(), zlib.brotliCompressSync(large))).equals(large));
  },
};

export const brotliStreamsRefuseParameters = {
  test() {
    for (const key of ["abc", "99", "-1"]) {
      assert.throws(() => zlib.createBrotliCompress({ params: { [key]: 1 } }), {
        name: "RangeError",
        code: "ERR_BROTLI_INVALID_PARAM",
        message: `${key} is not a valid Brotli parameter`,
      });
    }
    assert.throws(() => zlib.createBrotliCompress({ params: { 1: "x" } }), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: "The \"options.params[key]\" property must be of type number. Received type string ('x')",
    });
    assert.throws(() => zlib.createBrotliCompress({ flush: 9 }), { code: "ERR_OUT_OF_RANGE" });
  },
};

export const brotliFlushes = {
  async test() {
    const stream = zlib.createBrotliCompress();
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.write("abc");
    await new Promise((resolve) => stream.flush(resolve));
    assert(pieces.length > 0);
    const partly = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
    assert.strictEqual(zlib.brotliDecompressSync(Buffer.concat(pieces), partly).toString(), "abc");
  },
};

export const brotliResets = {
  async test() {
    const stream = zlib.createBrotliCompress();
    stream.reset();
    assert.strictEqual(zlib.brotliDecompressSync(await out(stream, TEXT)).toString(), TEXT);
  },
};

export const zstdAtOnce = {
  test() {
    const packed = zlib.zstdCompressSync(TEXT);
    assert.strictEqual(packed.toString("hex"), "28b52ffd20176500003068656c6c6f200100994b11");
    assert.strictEqual(zlib.zstdDecompressSync(packed).toString(), TEXT);
    assert.strictEqual(zlib.zstdCompressSync("").toString("hex"), "28b52ffd2000010000");
    assert.strictEqual(zlib.zstdDecompressSync("").length, 0);
  },
};

export const zstdParameters = {
  test() {
    const packed = (params) => zlib.zstdCompressSync(TEXT, { params });
    assert.strictEqual(packed({ [constants.ZSTD_c_checksumFlag]: 1 }).length, 25);
    assert.strictEqual(zlib.zstdDecompressSync(packed({ [constants.ZSTD_c_compressionLevel]: 19 })).toString(), TEXT);
    assert.strictEqual(packed({ [constants.ZSTD_c_compressionLevel]: 99 }).length, 22);
    assert.strictEqual(packed({ [constants.ZSTD_c_compressionLevel]: "x" }).length, 21);
    const strategy = { [constants.ZSTD_c_strategy]: constants.ZSTD_btultra2 };
    assert.strictEqual(zlib.zstdDecompressSync(packed(strategy)).toString(), TEXT);
  },
};

export const zstdRefusesParameters = {
  test() {
    const message = (why) => ({ name: "Error", message: `Setting parameter failed: ${why}` });
    const params = (key, value) => ({ params: { [key]: value } });
    assert.throws(() => zlib.zstdCompressSync(TEXT, params(9999, 1)), message("Unsupported parameter"));
    assert.throws(() => zlib.zstdCompressSync(TEXT, params(101, 99)), message("Parameter is out of bound"));
    assert.throws(() => zlib.zstdCompressSync(TEXT, params(107, 10)), message("Parameter is out of bound"));
    assert.throws(() => zlib.zstdDecompressSync("x", params(100, 99)), message("Parameter is out of bound"));
  },
};

export const zstdDamaged = {
  async test() {
    assert.throws(() => zlib.zstdDecompressSync("abcdefgh"), {
      name: "Error",
      message: "Zstd decompression failed: Unknown frame descriptor",
    });
    const broken = zlib.zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    broken[broken.length - 1] ^= 1;
    assert.throws(() => zlib.zstdDecompressSync(broken), {
      message: "Zstd decompression failed: Restored data doesn't match checksum",
    });
    const cut = zlib.zstdCompressSync(TEXT).subarray(0, 10);
    assert.throws(() => zlib.zstdDecompressSync(cut), { message: "unexpected end of file" });
    const failed = { name: "Error", code: "ERR_ZSTD_DECOMPRESSION_FAILED", errno: -1 };
    assert.deepStrictEqual(await failure(zlib.createZstdDecompress(), cut), {
      ...failed,
      message: "unexpected end of file",
    });
    assert.deepStrictEqual(await failure(zlib.createZstdDecompress(), "garbage"), {
      ...failed,
      message: "Zstd decompression failed: Unknown frame descriptor",
    });
  },
};

export const zstdStreams = {
  async test() {
    const data = Buffer.alloc(100000, "ab");
    const packed = await out(zlib.createZstdCompress(), data);
    assert((await out(zlib.createZstdDecompress(), packed)).equals(data));
    assert((await out(zlib.createZstdDecompress({ chunkSize: 64 }), packed)).equals(data));
    // The first frame is all of it.
    const frame = zlib.zstdCompressSync(TEXT);
    assert.strictEqual((await out(zlib.createZstdDecompress(), Buffer.concat([frame, frame]))).toString(), TEXT);
  },
};

export const zstdPledges = {
  async test() {
    const kept = await out(zlib.createZstdCompress({ pledgedSrcSize: TEXT.length }), TEXT);
    assert.strictEqual(zlib.zstdDecompressSync(kept).toString(), TEXT);
    assert.deepStrictEqual(await failure(zlib.createZstdCompress({ pledgedSrcSize: 5 }), TEXT), {
      name: "Error",
      code: "ERR_ZSTD_COMPRESSION_FAILED",
      errno: -1,
      message: "Zstd compression failed: Src size is incorrect",
    });
  },
};

export const zstdStreamsRefuseParameters = {
  test() {
    for (const key of ["abc", "9999"]) {
      assert.throws(() => zlib.createZstdCompress({ params: { [key]: 1 } }), {
        name: "RangeError",
        code: "ERR_ZSTD_INVALID_PARAM",
        message: `${key} is not a valid Zstd parameter`,
      });
    }
    assert.throws(() => zlib.createZstdCompress({ params: { 100: "x" } }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => zlib.createZstdCompress({ flush: 9 }), {
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "options.flush" is out of range. It must be >= 0 and <= 2. Received 9',
    });
  },
};
