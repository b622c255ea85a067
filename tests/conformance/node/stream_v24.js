// node:stream with the flag for what Node 24 changed.
import assert from "node:assert";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

export const unknownDefaultEncodings = {
  test() {
    for (const Side of [Readable, Writable]) {
      assert.throws(() => new Side({ defaultEncoding: "nope" }), {
        name: "TypeError",
        code: "ERR_UNKNOWN_ENCODING",
        message: "Unknown encoding: nope",
      });
    }
  },
};

export const callbacksGetNull = {
  async test() {
    const seen = [];
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        setTimeout(callback, 1);
      },
    });
    stream.write("a", (...args) => seen.push(args));
    stream.end((...args) => seen.push(args));
    await once(stream, "close");
    assert.deepStrictEqual(seen, [[null], [null]]);
  },
};

export const backpressureIsToldAfterTheWrite = {
  test() {
    const stream = new Writable({
      highWaterMark: 3,
      write(_chunk, _encoding, callback) {
        callback();
      },
    });
    assert.strictEqual(stream.write("abc"), true);
    assert.strictEqual(stream.writableNeedDrain, false);
  },
};

export const endAfterTheEnd = {
  async test() {
    const stream = new Writable({
      write(_chunk, _encoding, callback) {
        callback();
      },
    });
    stream.end();
    await once(stream, "close");
    const seen = [];
    stream.end((error) => seen.push(error.code));
    await soon();
    assert.deepStrictEqual(seen, ["ERR_STREAM_ALREADY_FINISHED"]);
  },
};

export const pipeToWhatThrows = {
  async test() {
    const target = new Writable({
      write() {
        throw new Error("mine");
      },
    });
    Readable.from([Buffer.from("a")]).pipe(target);
    const [error] = await once(target, "error");
    assert.strictEqual(error.message, "mine");
    assert.strictEqual(target.destroyed, true);
  },
};
