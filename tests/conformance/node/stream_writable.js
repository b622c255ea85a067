// node:stream, the writable side.
import assert from "node:assert";
import { once } from "node:events";
import { Writable } from "node:stream";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

/** A sink that keeps what it gets. */
function sink(options = {}) {
  const written = [];
  const stream = new Writable({
    write(chunk, encoding, callback) {
      written.push([chunk, encoding]);
      callback();
    },
    ...options,
  });
  return { stream, written };
}

export const textIsDecoded = {
  async test() {
    const { stream, written } = sink();
    stream.write("61", "hex");
    stream.end(new Uint8Array([98]));
    await once(stream, "finish");
    assert.deepStrictEqual(written, [[Buffer.from("a"), "buffer"], [Buffer.from("b"), "buffer"]]);
  },
};

export const textIsLeftAlone = {
  async test() {
    const { stream, written } = sink({ decodeStrings: false });
    stream.write("abc", "latin1");
    stream.end();
    await once(stream, "finish");
    assert.deepStrictEqual(written, [["abc", "latin1"]]);
  },
};

export const chunksThatAreRefused = {
  test() {
    const { stream } = sink();
    assert.throws(() => stream.write(null), {
      name: "TypeError",
      code: "ERR_STREAM_NULL_VALUES",
      message: "May not write null values to stream",
    });
    assert.throws(() => stream.write(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
        "Received type number (5)",
    });
    assert.throws(() => stream.write("a", "nope"), {
      name: "TypeError",
      code: "ERR_UNKNOWN_ENCODING",
      message: "Unknown encoding: nope",
    });
    assert.throws(() => stream.setDefaultEncoding("nope"), { code: "ERR_UNKNOWN_ENCODING" });
  },
};

export const eventsInOrder = {
  async test() {
    const { stream } = sink();
    const seen = [];
    for (const name of ["prefinish", "finish", "close", "drain"]) stream.on(name, () => seen.push(name));
    stream.write("a");
    stream.end("b");
    seen.push("sync");
    await once(stream, "close");
    assert.deepStrictEqual(seen, ["prefinish", "sync", "finish", "close"]);
  },
};

export const backpressure = {
  async test() {
    const pending = [];
    const stream = new Writable({
      highWaterMark: 3,
      write(_chunk, _encoding, callback) {
        pending.push(callback);
      },
    });
    assert.strictEqual(stream.write("ab"), true);
    assert.strictEqual(stream.write("cd"), false);
    assert.strictEqual(stream.writableLength, 4);
    assert.strictEqual(stream.writableNeedDrain, true);
    let drained = false;
    stream.on("drain", () => (drained = true));
    pending.shift()();
    assert.strictEqual(drained, false);
    pending.shift()();
    await soon();
    assert.strictEqual(drained, true);
    assert.strictEqual(stream.writableNeedDrain, false);
  },
};

export const backpressureIsToldBeforeTheWrite = {
  test() {
    // Streams of Node 24 look at the buffer afterwards: see stream_v24.
    const { stream } = sink({ highWaterMark: 3 });
    assert.strictEqual(stream.write("abc"), false);
    assert.strictEqual(stream.writableLength, 0);
    assert.strictEqual(stream.writableNeedDrain, true);
  },
};

export const callbacksGetNothing = {
  async test() {
    const { stream } = sink();
    const seen = [];
    stream.write("a", (...args) => seen.push(args));
    stream.end((...args) => seen.push(args));
    await once(stream, "close");
    assert.deepStrictEqual(seen, [[undefined], [null]]);
  },
};

export const corkAndWritev = {
  async test() {
    const batches = [];
    const stream = new Writable({
      writev(chunks, callback) {
        batches.push(chunks.map(({ chunk }) => String(chunk)));
        callback();
      },
    });
    stream.cork();
    stream.write("a");
    stream.write("b");
    assert.strictEqual(stream.writableCorked, 1);
    assert.deepStrictEqual(batches, []);
    stream.uncork();
    stream.end("c");
    await once(stream, "finish");
    assert.deepStrictEqual(batches, [["a", "b"], ["c"]]);
  },
};

export const finalHook = {
  async test() {
    const calls = [];
    const { stream } = sink({
      final(callback) {
        calls.push("final");
        setTimeout(callback, 1);
      },
    });
    stream.on("finish", () => calls.push("finish"));
    stream.end();
    assert.strictEqual(stream.writableEnded, true);
    assert.strictEqual(stream.writableFinished, false);
    await once(stream, "close");
    assert.deepStrictEqual(calls, ["final", "finish"]);
    assert.strictEqual(stream.writableFinished, true);
  },
};

export const finalThatFails = {
  async test() {
    const { stream } = sink({
      final(callback) {
        callback(new Error("mine"));
      },
    });
    stream.end();
    const [error] = await once(stream, "error");
    assert.strictEqual(error.message, "mine");
    assert.strictEqual(stream.writableFinished, false);
  },
};

export const writeAfterEnd = {
  async test() {
    const { stream } = sink();
    const seen = [];
    stream.on("error", (error) => seen.push(`event ${error.code}`));
    stream.end();
    assert.strictEqual(stream.write("x", (error) => seen.push(`callback ${error.code} ${error.message}`)), false);
    await soon();
    assert.deepStrictEqual(seen, [
      "callback ERR_STREAM_WRITE_AFTER_END write after end",
      "event ERR_STREAM_WRITE_AFTER_END",
    ]);
  },
};

export const writeAfterDestroy = {
  async test() {
    const { stream } = sink();
    const seen = [];
    stream.on("error", (error) => seen.push(error.code));
    stream.destroy();
    assert.strictEqual(stream.write("x", (error) => seen.push(`${error.code} ${error.message}`)), false);
    await soon();
    assert.deepStrictEqual(seen, ["ERR_STREAM_DESTROYED Cannot call write after a stream was destroyed"]);
  },
};

export const endTwice = {
  async test() {
    const { stream } = sink();
    const seen = [];
    stream.end((error) => seen.push(error));
    stream.end((error) => seen.push(error));
    await soon();
    stream.end((error) => seen.push(`${error.code} ${error.message}`));
    await soon();
    assert.deepStrictEqual(seen, [
      null,
      null,
      "ERR_STREAM_ALREADY_FINISHED Cannot call end after a stream was finished",
    ]);
  },
};

export const callbackTwice = {
  async test() {
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback();
        callback();
      },
    });
    stream.write("a");
    const [error] = await once(stream, "error");
    assert.strictEqual(error.code, "ERR_MULTIPLE_CALLBACK");
    assert.strictEqual(error.message, "Callback called multiple times");
  },
};

export const withoutWriteMethod = {
  test() {
    assert.throws(() => new Writable().write("a"), {
      name: "Error",
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The _write() method is not implemented",
    });
  },
};

export const pipeOfAWritable = {
  async test() {
    const { stream } = sink();
    stream.pipe(stream);
    const [error] = await once(stream, "error");
    assert.strictEqual(error.code, "ERR_STREAM_CANNOT_PIPE");
    assert.strictEqual(error.message, "Cannot pipe, not readable");
  },
};

export const destroyWhileAWriteIsPending = {
  async test() {
    const seen = [];
    const stream = new Writable({ write() {} });
    stream.on("error", (error) => seen.push(`error ${error.message}`));
    stream.write("a");
    stream.write("b", (error) => seen.push(`b ${error.message}`));
    stream.destroy(new Error("mine"));
    await soon();
    assert.deepStrictEqual(seen, ["error mine"]);
    assert.strictEqual(stream.writableAborted, true);
  },
};

export const constructComesFirst = {
  async test() {
    const calls = [];
    const stream = new Writable({
      construct(callback) {
        calls.push("construct");
        setTimeout(callback, 1);
      },
      write(_chunk, _encoding, callback) {
        calls.push("write");
        callback();
      },
    });
    stream.end("a");
    await once(stream, "finish");
    assert.deepStrictEqual(calls, ["construct", "write"]);
  },
};

export const constructThatFails = {
  async test() {
    const stream = new Writable({
      construct() {
        throw new Error("mine");
      },
      write() {},
    });
    const [error] = await once(stream, "error");
    assert.strictEqual(error.message, "mine");
    assert.strictEqual(stream.destroyed, true);
  },
};

export const instanceOfIsByState = {
  test() {
    const { stream } = sink();
    assert.ok(stream instanceof Writable);
    assert.ok({ _writableState: stream._writableState } instanceof Writable);
    assert.ok(!({} instanceof Writable));
  },
};

export const objectMode = {
  async test() {
    const { stream, written } = sink({ objectMode: true });
    assert.strictEqual(stream.writableHighWaterMark, 16);
    assert.strictEqual(stream.writableObjectMode, true);
    stream.write({ a: 1 });
    stream.end(0);
    await once(stream, "finish");
    assert.deepStrictEqual(written.map(([chunk]) => chunk), [{ a: 1 }, 0]);
    assert.throws(() => stream.write(null), { code: "ERR_STREAM_NULL_VALUES" });
  },
};

export const withoutAutoDestroy = {
  async test() {
    const { stream } = sink({ autoDestroy: false, emitClose: false });
    let closed = false;
    stream.on("close", () => (closed = true));
    stream.end();
    await once(stream, "finish");
    await soon();
    assert.strictEqual(stream.destroyed, false);
    assert.strictEqual(closed, false);
  },
};
