// node:stream, the readable side.
import assert from "node:assert";
import { once } from "node:events";
import { Readable, Stream, Writable } from "node:stream";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

/** What a stream emits, in order. */
function record(stream, ...events) {
  const seen = [];
  for (const name of events) {
    stream.on(name, (value) => seen.push(value === undefined ? name : `${name}:${value?.code ?? value?.message ?? value}`));
  }
  return seen;
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export const dataAndEnd = {
  async test() {
    const stream = Readable.from(["a", "b"]);
    const seen = record(stream, "data", "end", "close", "resume");
    assert.deepStrictEqual(seen, []);
    await once(stream, "close");
    assert.deepStrictEqual(seen, ["resume", "data:a", "data:b", "end", "close"]);
    assert.strictEqual(stream.readableEnded, true);
    assert.strictEqual(stream.destroyed, true);
  },
};

export const pausedModeReadsWhatIsThere = {
  async test() {
    const stream = new Readable({ read() {} });
    const seen = record(stream, "readable", "end", "close");
    stream.push("abc");
    assert.strictEqual(stream.readableLength, 3);
    await soon();
    assert.strictEqual(String(stream.read(2)), "ab");
    assert.strictEqual(stream.read(2), null);
    assert.strictEqual(String(stream.read()), "c");
    stream.push(null);
    await soon();
    assert.strictEqual(stream.read(), null);
    await soon();
    assert.deepStrictEqual(seen, ["readable", "readable", "end", "close"]);
  },
};

export const flowing = {
  async test() {
    const stream = new Readable({ read() {} });
    assert.strictEqual(stream.readableFlowing, null);
    stream.on("data", () => {});
    assert.strictEqual(stream.readableFlowing, true);
    const seen = record(stream, "pause", "resume");
    stream.pause();
    assert.strictEqual(stream.readableFlowing, false);
    assert.strictEqual(stream.isPaused(), true);
    stream.resume();
    await soon();
    assert.strictEqual(stream.isPaused(), false);
    assert.deepStrictEqual(seen, ["pause", "resume"]);
  },
};

export const highWaterMarks = {
  test() {
    assert.strictEqual(new Readable().readableHighWaterMark, 65536);
    assert.strictEqual(new Readable({ objectMode: true }).readableHighWaterMark, 16);
    assert.strictEqual(new Readable({ highWaterMark: 0 }).readableHighWaterMark, 0);
    for (const highWaterMark of [-1, 1.5, "x"]) {
      assert.throws(() => new Readable({ highWaterMark }), {
        name: "TypeError",
        code: "ERR_INVALID_ARG_VALUE",
        message: `The property 'options.highWaterMark' is invalid. Received ${
          typeof highWaterMark === "string" ? "'x'" : highWaterMark
        }`,
      });
    }
  },
};

export const pushTellsOfTheHighWaterMark = {
  test() {
    const stream = new Readable({ highWaterMark: 3, read() {} });
    assert.strictEqual(stream.push("ab"), true);
    assert.strictEqual(stream.push("c"), false);
    assert.strictEqual(stream.push(null), false);
  },
};

export const chunksMustBeBytesOrText = {
  async test() {
    for (const [chunk, received] of [[5, "type number (5)"], [{}, "an instance of Object"]]) {
      const stream = new Readable({ read() {} });
      stream.push(chunk);
      const [error] = await once(stream, "error");
      assert.strictEqual(error.code, "ERR_INVALID_ARG_TYPE");
      assert.strictEqual(
        error.message,
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
          `Received ${received}`,
      );
    }
  },
};

export const viewsBecomeBuffers = {
  async test() {
    const stream = new Readable({ read() {} });
    stream.push(new Uint8Array([1, 2]));
    stream.push(new DataView(new Uint8Array([3, 4]).buffer));
    stream.push(null);
    const chunks = await collect(stream);
    assert.ok(chunks.every((chunk) => Buffer.isBuffer(chunk)));
    assert.deepStrictEqual([...Buffer.concat(chunks)], [1, 2, 3, 4]);
  },
};

export const withoutReadMethod = {
  async test() {
    const stream = new Readable();
    stream.read();
    const [error] = await once(stream, "error");
    assert.strictEqual(error.code, "ERR_METHOD_NOT_IMPLEMENTED");
    assert.strictEqual(error.message, "The _read() method is not implemented");
  },
};

export const pushAfterTheEnd = {
  async test() {
    const stream = new Readable({ read() {} });
    stream.push(null);
    stream.push("a");
    const [error] = await once(stream, "error");
    assert.strictEqual(error.code, "ERR_STREAM_PUSH_AFTER_EOF");
    assert.strictEqual(error.message, "stream.push() after EOF");
  },
};

export const unshift = {
  async test() {
    const stream = new Readable({ read() {} });
    stream.push("world");
    stream.unshift("hello ");
    stream.push(null);
    assert.strictEqual(String(stream.read()), "hello world");
    const late = new Readable({ read() {} });
    late.on("end", () => late.unshift("x"));
    late.push(null);
    late.resume();
    const [error] = await once(late, "error");
    assert.strictEqual(error.code, "ERR_STREAM_UNSHIFT_AFTER_END_EVENT");
    assert.strictEqual(error.message, "stream.unshift() after end event");
  },
};

export const encodings = {
  async test() {
    const stream = new Readable({ encoding: "utf8", read() {} });
    stream.push(Buffer.from([0xe2, 0x82]));
    stream.push(Buffer.from([0xac]));
    stream.push(null);
    assert.deepStrictEqual(await collect(stream), ["\u20ac"]);
    assert.strictEqual(stream.readableEncoding, "utf8");
    assert.throws(() => new Readable({ encoding: "nope" }), {
      name: "TypeError",
      code: "ERR_UNKNOWN_ENCODING",
      message: "Unknown encoding: nope",
    });
  },
};

export const setEncodingOfWhatIsBuffered = {
  test() {
    const stream = new Readable({ read() {} });
    stream.push(Buffer.from([0xe2, 0x82, 0xac]));
    assert.strictEqual(stream.setEncoding("hex"), stream);
    assert.strictEqual(stream.read(), "e282ac");
  },
};

export const tooMuchToRead = {
  test() {
    assert.throws(() => new Readable({ read() {} }).read(0x40000001), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "size" is out of range. It must be <= 1GiB. Received 1073741825',
    });
  },
};

export const destroyWithError = {
  async test() {
    const stream = new Readable({ read() {} });
    const seen = record(stream, "error", "close", "end");
    const error = new Error("mine");
    assert.strictEqual(stream.destroy(error), stream);
    assert.strictEqual(stream.destroyed, true);
    assert.strictEqual(stream.errored, error);
    assert.deepStrictEqual(seen, []);
    await soon();
    assert.deepStrictEqual(seen, ["error:mine", "close"]);
    assert.strictEqual(stream.closed, true);
    assert.strictEqual(stream.readableAborted, true);
    assert.strictEqual(stream.push("x"), false);
  },
};

export const flowingWhenDestroyed = {
  async test() {
    const stream = new Readable({ read() {} });
    const seen = record(stream, "pause", "resume");
    stream.destroy();
    stream.resume();
    assert.strictEqual(stream.readableFlowing, true);
    await soon();
    stream.pause();
    assert.strictEqual(stream.readableFlowing, false);
    assert.deepStrictEqual(seen, ["resume", "pause"]);
  },
};

export const destroyHook = {
  async test() {
    const calls = [];
    const stream = new Readable({
      read() {},
      destroy(error, callback) {
        calls.push(error);
        setTimeout(callback, 1, new Error("other"));
      },
    });
    stream.destroy();
    const [error] = await once(stream, "error");
    assert.deepStrictEqual(calls, [null]);
    assert.strictEqual(error.message, "other");
  },
};

export const construct = {
  async test() {
    const calls = [];
    const stream = new Readable({
      construct(callback) {
        calls.push("construct");
        setTimeout(callback, 1);
      },
      read() {
        calls.push("read");
        this.push(null);
      },
    });
    stream.resume();
    assert.deepStrictEqual(calls, []);
    await once(stream, "close");
    assert.deepStrictEqual(calls, ["construct", "read"]);
  },
};

export const iterationDestroysOnBreak = {
  async test() {
    const stream = Readable.from([1, 2, 3]);
    for await (const value of stream) {
      assert.strictEqual(value, 1);
      break;
    }
    assert.strictEqual(stream.destroyed, true);
  },
};

export const iteratorThatLeavesTheRest = {
  async test() {
    const stream = Readable.from([1, 2, 3]);
    for await (const value of stream.iterator({ destroyOnReturn: false })) {
      assert.strictEqual(value, 1);
      break;
    }
    assert.strictEqual(stream.destroyed, false);
    assert.deepStrictEqual(await collect(stream), [2, 3]);
    assert.throws(() => stream.iterator(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "options" argument must be of type object. Received type number (5)',
    });
  },
};

export const iterationOfWhatFails = {
  async test() {
    const stream = new Readable({ read() {} });
    setTimeout(() => stream.destroy(new Error("mine")), 1);
    await assert.rejects(collect(stream), { message: "mine" });
    const closed = new Readable({ read() {} });
    setTimeout(() => closed.destroy(), 1);
    await assert.rejects(collect(closed), { code: "ERR_STREAM_PREMATURE_CLOSE", message: "Premature close" });
  },
};

export const fromSources = {
  async test() {
    assert.deepStrictEqual(await collect(Readable.from("abc")), ["abc"]);
    assert.deepStrictEqual(await collect(Readable.from(Buffer.from("abc"))), [Buffer.from("abc")]);
    assert.deepStrictEqual(await collect(Readable.from([Promise.resolve(1), 2])), [1, 2]);
    async function* letters() {
      yield "x";
      yield "y";
    }
    const stream = Readable.from(letters());
    assert.strictEqual(stream.readableObjectMode, true);
    assert.strictEqual(stream.readableHighWaterMark, 1);
    assert.deepStrictEqual(await collect(stream), ["x", "y"]);
  },
};

export const fromWhatCannotBeIterated = {
  async test() {
    assert.throws(() => Readable.from(5), {
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "iterable" argument must be an instance of Iterable. Received type number (5)',
    });
    await assert.rejects(collect(Readable.from([1, null])), {
      code: "ERR_STREAM_NULL_VALUES",
      message: "May not write null values to stream",
    });
  },
};

export const fromClosesItsSource = {
  async test() {
    const calls = [];
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        calls.push("closed");
      }
    }
    for await (const _ of Readable.from(source())) break;
    await soon();
    assert.deepStrictEqual(calls, ["closed"]);
  },
};

export const pipeAndUnpipe = {
  async test() {
    const written = [];
    const target = new Writable({
      write(chunk, _encoding, callback) {
        written.push(String(chunk));
        callback();
      },
    });
    const seen = record(target, "finish");
    target.on("pipe", () => seen.push("pipe"));
    target.on("unpipe", () => seen.push("unpipe"));
    assert.strictEqual(Readable.from(["a", "b"]).pipe(target), target);
    await once(target, "close");
    assert.deepStrictEqual(written, ["a", "b"]);
    assert.deepStrictEqual(seen.sort(), ["finish", "pipe", "unpipe"]);
  },
};

export const pipeRespectsBackpressure = {
  async test() {
    let waiting;
    const target = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, callback) {
        waiting = callback;
      },
    });
    let pushed = 0;
    const source = new Readable({
      highWaterMark: 1,
      read() {
        this.push(++pushed > 5 ? null : "x");
      },
    });
    source.pipe(target);
    await soon();
    assert.ok(pushed < 5, `pushed ${pushed}`);
    assert.strictEqual(source.isPaused(), true);
    while (!target.writableFinished) {
      waiting?.();
      waiting = undefined;
      await soon();
    }
    assert.strictEqual(pushed, 6);
  },
};

export const wrapOfAnOldStream = {
  async test() {
    const old = new Stream();
    old.pause = old.resume = () => {};
    const stream = Readable.wrap(old);
    assert.strictEqual(stream.readableObjectMode, true);
    old.emit("data", "a");
    old.emit("data", { b: 1 });
    old.emit("end");
    assert.deepStrictEqual(await collect(stream), ["a", { b: 1 }]);
  },
};

export const asyncDispose = {
  async test() {
    const stream = new Readable({ read() {} });
    const seen = record(stream, "error", "close");
    await stream[Symbol.asyncDispose]();
    assert.deepStrictEqual(seen, ["error:ABORT_ERR", "close"]);
  },
};

export const signalOption = {
  async test() {
    const controller = new AbortController();
    const stream = new Readable({ read() {}, signal: controller.signal });
    controller.abort(new Error("enough"));
    const [error] = await once(stream, "error");
    assert.strictEqual(error.name, "AbortError");
    assert.strictEqual(error.code, "ABORT_ERR");
    assert.strictEqual(error.message, "The operation was aborted");
    assert.strictEqual(error.cause.message, "enough");
    assert.throws(() => new Readable({ signal: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const calledWithoutNew = {
  test() {
    const stream = Readable({ read() {} });
    assert.ok(stream instanceof Readable && stream instanceof Stream);
    assert.ok(!(stream instanceof Writable));
  },
};

export const unknownDefaultEncodingIsKept = {
  test() {
    // Streams of Node 24 refuse it: see stream_v24.
    assert.strictEqual(new Readable({ defaultEncoding: "nope" })._readableState.defaultEncoding, "nope");
  },
};
