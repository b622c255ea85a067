// node:stream: duplexes, transforms, pairs.
import assert from "node:assert";
import { once } from "node:events";
import { Duplex, duplexPair, PassThrough, Readable, Transform, Writable } from "node:stream";
import { finished } from "node:stream/promises";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(String(chunk));
  return chunks;
}

export const bothSides = {
  async test() {
    const written = [];
    const duplex = new Duplex({
      read() {
        this.push("r");
        this.push(null);
      },
      write(chunk, _encoding, callback) {
        written.push(String(chunk));
        callback();
      },
    });
    assert.ok(duplex instanceof Readable && duplex instanceof Writable);
    duplex.end("w");
    assert.deepStrictEqual(await text(duplex), ["r"]);
    assert.deepStrictEqual(written, ["w"]);
  },
};

export const marksOfEachSide = {
  test() {
    const duplex = new Duplex({ readableHighWaterMark: 1, writableHighWaterMark: 2, readableObjectMode: true });
    assert.strictEqual(duplex.readableHighWaterMark, 1);
    assert.strictEqual(duplex.writableHighWaterMark, 2);
    assert.strictEqual(duplex.readableObjectMode, true);
    assert.strictEqual(duplex.writableObjectMode, false);
    assert.throws(() => new Duplex({ readableHighWaterMark: "x" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.readableHighWaterMark' is invalid. Received 'x'",
    });
  },
};

export const halfOpen = {
  async test() {
    const options = {
      read() {
        this.push(null);
      },
      write(_chunk, _encoding, callback) {
        callback();
      },
    };
    const open = new Duplex(options).resume();
    await once(open, "end");
    await soon();
    assert.strictEqual(open.writableEnded, false);
    const closed = new Duplex({ ...options, allowHalfOpen: false }).resume();
    await once(closed, "close");
    assert.strictEqual(closed.writableEnded, true);
  },
};

export const oneSideOnly = {
  test() {
    const duplex = new Duplex({ readable: false, write() {} });
    assert.strictEqual(duplex.readable, false);
    assert.strictEqual(duplex.writable, true);
  },
};

export const transform = {
  async test() {
    const stream = new Transform({
      transform(chunk, encoding, callback) {
        assert.strictEqual(encoding, "buffer");
        callback(null, String(chunk).toUpperCase());
      },
      flush(callback) {
        this.push("!");
        callback();
      },
    });
    stream.write("a");
    stream.end("b");
    assert.strictEqual((await text(stream)).join(""), "AB!");
  },
};

export const transformThatFails = {
  async test() {
    const stream = new Transform({
      transform(_chunk, _encoding, callback) {
        callback(new Error("mine"));
      },
    });
    stream.write("a");
    const [error] = await once(stream, "error");
    assert.strictEqual(error.message, "mine");
    assert.throws(() => new Transform().write("a"), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
      message: "The _transform() method is not implemented",
    });
  },
};

export const finalOfATransform = {
  async test() {
    const calls = [];
    const stream = new Transform({
      transform(_chunk, _encoding, callback) {
        callback();
      },
      final(callback) {
        calls.push("final");
        callback();
      },
    });
    stream.on("finish", () => calls.push("finish")).resume();
    stream.end();
    await once(stream, "close");
    assert.deepStrictEqual(calls, ["final", "finish"]);
  },
};

export const passThrough = {
  async test() {
    const stream = new PassThrough({ objectMode: true });
    stream.write({ a: 1 });
    stream.end();
    assert.deepStrictEqual(await stream.toArray(), [{ a: 1 }]);
    assert.ok(stream instanceof Transform);
  },
};

export const pairs = {
  async test() {
    const [a, b] = duplexPair({ highWaterMark: 3 });
    assert.strictEqual(a.readableHighWaterMark, 3);
    assert.strictEqual(b.writableHighWaterMark, 3);
    a.write("to b");
    assert.strictEqual(String((await once(b, "data"))[0]), "to b");
    b.end("to a");
    assert.deepStrictEqual(await text(a), ["to a"]);
  },
};

export const fromWhatReadsAndWrites = {
  async test() {
    const written = [];
    const duplex = Duplex.from({
      readable: Readable.from(["r"]),
      writable: new Writable({
        objectMode: true,
        write(chunk, _encoding, callback) {
          written.push(String(chunk));
          callback();
        },
      }),
    });
    assert.strictEqual(duplex.readable, true);
    assert.strictEqual(duplex.writable, true);
    const itself = new PassThrough();
    assert.strictEqual(Duplex.from(itself), itself);
    duplex.end("w");
    await once(duplex, "finish");
    assert.deepStrictEqual(written, ["w"]);
  },
};

export const fromAFunction = {
  async test() {
    const seen = [];
    const duplex = Duplex.from(async (source) => {
      for await (const chunk of source) seen.push(String(chunk));
    });
    duplex.end("z");
    await finished(duplex);
    assert.deepStrictEqual(seen, ["z"]);
  },
};

export const fromNothingOfTheKind = {
  test() {
    const message =
      'The "body" argument must be of type function or an instance of Blob, ReadableStream, WritableStream, Stream, ' +
      "Iterable, AsyncIterable, or Promise or { readable, writable } pair. Received type number (5)";
    assert.throws(() => Duplex.from(5), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message });
    assert.throws(() => Duplex.from(() => 5), {
      code: "ERR_INVALID_RETURN_VALUE",
      message:
        'Expected Iterable, AsyncIterable or AsyncFunction to be returned from the "body" function but got ' +
        "type number (5).",
    });
  },
};
