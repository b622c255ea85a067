// node:zlib as streams: what they emit, how they are flushed, reset and closed, and what their options are.
import assert from "node:assert";
import { Buffer } from "node:buffer";
import { Readable, Transform, pipeline } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import zlib from "node:zlib";

const TEXT = "hello hello hello hello";

/** All that comes out of a stream that is given `chunks`. */
async function through(stream, ...chunks) {
  const pieces = [];
  await piped(Readable.from(chunks, { objectMode: false }), stream, async (source) => {
    for await (const piece of source) pieces.push(piece);
  });
  return Buffer.concat(pieces);
}

/** The error of a stream that is ended with `data`. */
function failure(stream, data) {
  return new Promise((resolve, reject) => {
    stream.on("error", ({ name, code, errno, message }) => resolve({ name, code, errno, message }));
    stream.on("end", () => reject(new Error("it ended")));
    stream.resume();
    stream.end(data);
  });
}

const range = (name, limits, received) => ({
  name: "RangeError",
  code: "ERR_OUT_OF_RANGE",
  message: `The value of "${name}" is out of range. It must be ${limits}. Received ${received}`,
});

export const streamsAreTransforms = {
  test() {
    for (const name of ["Gzip", "Gunzip", "Deflate", "Inflate", "DeflateRaw", "InflateRaw", "Unzip"]) {
      const stream = zlib[`create${name}`]();
      assert(stream instanceof zlib[name] && stream instanceof Transform, name);
      assert.strictEqual(stream.constructor, zlib[name]);
    }
    assert.throws(() => zlib.Gzip(), TypeError);
  },
};

export const dataInPieces = {
  async test() {
    const packed = await through(zlib.createGzip(), "hello ", "hello ", "hello ", "hello");
    assert.strictEqual(zlib.gunzipSync(packed).toString(), TEXT);
    const bytes = [...packed].map((byte) => Buffer.from([byte]));
    assert.strictEqual((await through(zlib.createGunzip(), ...bytes)).toString(), TEXT);
    assert.strictEqual((await through(zlib.createUnzip(), ...bytes)).toString(), TEXT);
  },
};

export const everyKindThere = {
  async test() {
    for (const pair of ["Deflate Inflate", "DeflateRaw InflateRaw", "Gzip Gunzip", "Deflate Unzip"]) {
      const [pack, unpack] = pair.split(" ");
      const packed = await through(zlib[`create${pack}`](), TEXT);
      assert.strictEqual((await through(zlib[`create${unpack}`](), packed)).toString(), TEXT, pair);
    }
  },
};

export const muchDataKeepsItsOrder = {
  async test() {
    const data = Buffer.alloc(300000);
    for (let i = 0, x = 7; i < data.length; i++) {
      x = (x * 1103515245 + 12345) & 0x7fffffff;
      data[i] = x >> 16;
    }
    const packed = await through(zlib.createGzip({ chunkSize: 64 }), data.subarray(0, 100000), data.subarray(100000));
    assert(zlib.gunzipSync(packed).equals(data));
    assert((await through(zlib.createGunzip({ chunkSize: 1000 }), packed)).equals(data));
  },
};

export const pipelines = {
  async test() {
    const text = await new Promise((resolve, reject) =>
      pipeline(
        Readable.from([TEXT]),
        zlib.createGzip(),
        zlib.createGunzip(),
        async (source) => {
          let all = "";
          for await (const piece of source) all += piece;
          return all;
        },
        (error, value) => error ? reject(error) : resolve(value),
      )
    );
    assert.strictEqual(text, TEXT);
  },
};

export const bytesWritten = {
  async test() {
    const stream = zlib.createGzip();
    await through(stream, TEXT);
    assert.strictEqual(stream.bytesWritten, TEXT.length);
    assert.strictEqual(stream.bytesRead, TEXT.length);
    const unpack = zlib.createGunzip();
    const packed = zlib.gzipSync(TEXT);
    await through(unpack, packed);
    assert.strictEqual(unpack.bytesWritten, packed.length);
  },
};

export const damagedData = {
  async test() {
    const header = { name: "Error", code: "Z_DATA_ERROR", errno: -3, message: "incorrect header check" };
    assert.deepStrictEqual(await failure(zlib.createGunzip(), "garbage"), header);
    assert.deepStrictEqual(await failure(zlib.createInflate(), "garbage"), header);
    assert.deepStrictEqual(await failure(zlib.createUnzip(), "zz"), header);
    const end = { name: "Error", code: "Z_BUF_ERROR", errno: -5, message: "unexpected end of file" };
    assert.deepStrictEqual(await failure(zlib.createGunzip(), zlib.gzipSync(TEXT).subarray(0, 14)), end);
    assert.deepStrictEqual(await failure(zlib.createInflate(), undefined), end);
  },
};

export const dictionaries = {
  async test() {
    const dictionary = Buffer.from("hello");
    const packed = zlib.deflateSync(TEXT, { dictionary });
    const need = { name: "Error", code: "Z_NEED_DICT", errno: 2 };
    assert.deepStrictEqual(await failure(zlib.createInflate(), packed), { ...need, message: "Missing dictionary" });
    const wrong = zlib.createInflate({ dictionary: Buffer.from("bad") });
    assert.deepStrictEqual(await failure(wrong, packed), { ...need, message: "Bad dictionary" });
    const shared = new ArrayBuffer(5);
    new Uint8Array(shared).set(dictionary);
    assert.strictEqual((await through(zlib.createInflate({ dictionary: shared }), packed)).toString(), TEXT);
    for (const [wrong, received] of [[5, "type number (5)"], [[], "an instance of Array"]]) {
      assert.throws(() => zlib.createGzip({ dictionary: wrong }), {
        code: "ERR_INVALID_ARG_TYPE",
        message: 'The "options.dictionary" property must be an instance of Buffer, TypedArray, DataView, or ' +
          `ArrayBuffer. Received ${received}`,
      });
    }
  },
};

export const errorsDestroy = {
  async test() {
    const stream = zlib.createGunzip();
    await failure(stream, "garbage");
    assert(stream.destroyed);
    assert.strictEqual(stream._closed, true);
  },
};

export const whatFollowsTheEnd = {
  async test() {
    const junk = Buffer.from([1, 2, 3]);
    const packed = Buffer.concat([zlib.deflateSync(TEXT), junk]);
    assert.strictEqual((await through(zlib.createInflate(), packed)).toString(), TEXT);
    const twice = Buffer.concat([zlib.gzipSync(TEXT), zlib.gzipSync(TEXT)]);
    assert.strictEqual((await through(zlib.createGunzip(), twice)).toString(), TEXT + TEXT);
    const { code } = await failure(zlib.createGunzip(), Buffer.concat([zlib.gzipSync(TEXT), junk]));
    assert.strictEqual(code, "Z_DATA_ERROR");
  },
};

export const flushingBringsOutWhatThereIs = {
  async test() {
    const stream = zlib.createGzip();
    const sizes = [];
    stream.on("data", (piece) => sizes.push(piece.length));
    stream.write("abc");
    await new Promise((resolve) => stream.flush(resolve));
    assert.deepStrictEqual(sizes, [10, 9]);
    await new Promise((resolve) => stream.end(resolve));
  },
};

export const flushingOfAKind = {
  async test() {
    const { Z_SYNC_FLUSH, Z_PARTIAL_FLUSH } = zlib.constants;
    const stream = zlib.createDeflateRaw();
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.write("abc");
    await new Promise((resolve) => stream.flush(Z_SYNC_FLUSH, resolve));
    assert.strictEqual(Buffer.concat(pieces).subarray(-4).toString("hex"), "0000ffff");
    await new Promise((resolve) => stream.flush(Z_PARTIAL_FLUSH, resolve));
    assert.strictEqual(zlib.inflateRawSync(Buffer.concat(pieces), { finishFlush: Z_SYNC_FLUSH }).toString(), "abc");
  },
};

export const flushingWhatHasEnded = {
  async test() {
    const stream = zlib.createGzip();
    await through(stream, TEXT);
    await new Promise((resolve) => stream.flush(resolve));
  },
};

export const parametersInBetween = {
  async test() {
    const stream = zlib.createDeflate({ level: 9 });
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.write("abc");
    await new Promise((resolve) => stream.params(0, zlib.constants.Z_DEFAULT_STRATEGY, resolve));
    const before = Buffer.concat(pieces).length;
    stream.end("def".repeat(100));
    await new Promise((resolve) => stream.on("end", resolve));
    const packed = Buffer.concat(pieces);
    assert(packed.length - before > 300);
    assert.strictEqual(zlib.inflateSync(packed).toString(), "abc" + "def".repeat(100));
  },
};

export const parametersHaveARange = {
  test() {
    const stream = zlib.createDeflate();
    assert.throws(() => stream.params(99, 0), range("level", ">= -1 and <= 9", 99));
    assert.throws(() => stream.params(1, 99), range("strategy", ">= 0 and <= 4", 99));
    assert.throws(() => stream.params("x", 0), { code: "ERR_INVALID_ARG_TYPE" });
    assert.strictEqual(zlib.createBrotliCompress().params, undefined);
  },
};

export const optionsHaveRanges = {
  test() {
    const wrong = [
      [{ level: 10 }, range("options.level", ">= -1 and <= 9", 10)],
      [{ windowBits: 8 }, range("options.windowBits", ">= 9 and <= 15", 8)],
      [{ chunkSize: 1 }, range("options.chunkSize", ">= 64", 1)],
      [{ chunkSize: Infinity }, range("options.chunkSize", "a finite number", "Infinity")],
      [{ strategy: 9 }, range("options.strategy", ">= 0 and <= 4", 9)],
      [{ flush: 9 }, range("options.flush", ">= 0 and <= 5", 9)],
      [{ finishFlush: -1 }, range("options.finishFlush", ">= 0 and <= 5", -1)],
      [{ maxOutputLength: 0 }, range("options.maxOutputLength", ">= 1 and <= 2147483647", 0)],
    ];
    for (const [options, error] of wrong) assert.throws(() => zlib.createGzip(options), error);
    assert.throws(() => zlib.createDeflate({ windowBits: 0 }), range("options.windowBits", ">= 8 and <= 15", 0));
  },
};

export const optionsHaveTypes = {
  test() {
    assert.throws(() => zlib.createGzip({ memLevel: "x" }), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: "The \"options.memLevel\" property must be of type number. Received type string ('x')",
    });
    assert.throws(() => zlib.createGzip({ chunkSize: "a" }), { code: "ERR_INVALID_ARG_TYPE" });
    assert.strictEqual(zlib.createGzip({ chunkSize: NaN })._chunkSize, 16384);
    assert.strictEqual(zlib.createGzip({ level: NaN })._level, -1);
    assert(zlib.createGzip(null) instanceof zlib.Gzip);
    assert(zlib.createDeflateRaw({ windowBits: 8 }) instanceof zlib.DeflateRaw);
  },
};

export const bytesWhateverIsAskedFor = {
  test() {
    const stream = zlib.createGzip({ encoding: "utf8", objectMode: true });
    assert.strictEqual(stream.readableObjectMode, false);
    assert.strictEqual(stream.writableObjectMode, false);
    assert.strictEqual(stream.readableEncoding, null);
  },
};

export const closing = {
  async test() {
    const stream = zlib.createGzip();
    assert.strictEqual(stream._closed, false);
    const error = await new Promise((resolve) => stream.close(resolve));
    assert.strictEqual(error.code, "ERR_STREAM_PREMATURE_CLOSE");
    assert.strictEqual(stream._closed, true);
    assert.strictEqual(stream._handle, null);
  },
};

export const closedStreamsCannotBeReset = {
  test() {
    const stream = zlib.createGzip();
    stream.reset();
    stream.close();
    assert.throws(() => stream.reset(), { code: "ERR_ASSERTION", message: "zlib binding closed" });
  },
};

export const resettingStartsAnew = {
  async test() {
    const stream = zlib.createDeflate();
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.write("thrown away");
    await new Promise((resolve) => stream.flush(resolve));
    pieces.length = 0;
    stream.reset();
    stream.end(TEXT);
    await new Promise((resolve) => stream.on("end", resolve));
    assert.strictEqual(zlib.inflateSync(Buffer.concat(pieces)).toString(), TEXT);
  },
};

export const chunksAtOnce = {
  async test() {
    const stream = zlib.createGzip();
    const packed = stream._processChunk(Buffer.from(TEXT), zlib.constants.Z_FINISH);
    assert.strictEqual(zlib.gunzipSync(packed).toString(), TEXT);
    assert.strictEqual(stream._closed, true);
    assert.throws(() => zlib.createGunzip()._processChunk(Buffer.from("abc"), zlib.constants.Z_FINISH), {
      code: "Z_DATA_ERROR",
      errno: -3,
    });
    const limited = zlib.createGunzip({ maxOutputLength: 4 });
    assert.throws(() => limited._processChunk(packed, zlib.constants.Z_FINISH), {
      name: "RangeError",
      code: "ERR_BUFFER_TOO_LARGE",
      message: "Cannot create a Buffer larger than 4 bytes",
    });
  },
};

export const wrongChunks = {
  test() {
    assert.throws(() => zlib.createGzip().write(5), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
        "Received type number (5)",
    });
  },
};

export const backpressure = {
  async test() {
    const stream = zlib.createGunzip({ highWaterMark: 1024 });
    stream.end(zlib.gzipSync(Buffer.alloc(1_000_000, "a")));
    await new Promise((resolve) => stream.once("readable", resolve));
    // Nobody reads: it does not unpack all of it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert(stream.readableLength < 200_000);
    let total = 0;
    for await (const piece of stream) total += piece.length;
    assert.strictEqual(total, 1_000_000);
  },
};

export const eventsInOrder = {
  async test() {
    const order = (stream, data) =>
      new Promise((resolve) => {
        const log = [];
        for (const name of ["data", "end", "error", "close", "finish"]) stream.on(name, () => log.push(name));
        stream.on("close", () => setTimeout(() => resolve(log), 1));
        stream.end(data);
      });
    assert.deepStrictEqual(await order(zlib.createGzip(), TEXT), ["data", "finish", "data", "end", "close"]);
    assert.deepStrictEqual(await order(zlib.createGunzip(), zlib.gzipSync(TEXT)), ["data", "finish", "end", "close"]);
    assert.deepStrictEqual(await order(zlib.createZstdCompress(), TEXT), ["finish", "data", "end", "close"]);
    const cut = zlib.gzipSync(TEXT).subarray(0, 14);
    assert.deepStrictEqual(await order(zlib.createGunzip(), cut), ["data", "finish", "error", "close"]);
    assert.deepStrictEqual(await order(zlib.createGunzip(), undefined), ["error", "close", "finish"]);
  },
};
