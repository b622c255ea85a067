// node:stream and node:stream/promises: streams together, and their ends.
import assert from "node:assert";
import { once } from "node:events";
import stream, { addAbortSignal, finished, PassThrough, pipeline, Readable, Writable } from "node:stream";
import promises from "node:stream/promises";
import { promisify } from "node:util";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

function sink() {
  const written = [];
  const target = new Writable({
    objectMode: true,
    write(chunk, _encoding, callback) {
      written.push(chunk);
      callback();
    },
  });
  return { target, written };
}

export const throughGenerators = {
  async test() {
    const { target, written } = sink();
    await promises.pipeline(
      Readable.from(["a", "b"]),
      async function* (source) {
        for await (const chunk of source) yield chunk.toUpperCase();
      },
      target,
    );
    assert.deepStrictEqual(written, ["A", "B"]);
  },
};

export const valueOfTheLastFunction = {
  async test() {
    const value = await promises.pipeline(["a", "b"], async (source) => {
      let all = "";
      for await (const chunk of source) all += chunk;
      return all;
    });
    assert.strictEqual(value, "ab");
  },
};

export const callbackForm = {
  async test() {
    const { target, written } = sink();
    const result = await new Promise((resolve) => {
      const last = pipeline([Readable.from([1]), new PassThrough({ objectMode: true }), target], (...args) =>
        resolve(args),
      );
      assert.strictEqual(last, target);
    });
    assert.deepStrictEqual(result, [undefined, undefined]);
    assert.deepStrictEqual(written, [1]);
  },
};

export const failureDestroysAll = {
  async test() {
    const source = new Readable({
      read() {
        this.destroy(new Error("mine"));
      },
    });
    const middle = new PassThrough();
    const { target } = sink();
    await assert.rejects(promises.pipeline(source, middle, target), { message: "mine" });
    assert.strictEqual(middle.destroyed, true);
    assert.strictEqual(target.destroyed, true);
  },
};

export const prematureClose = {
  async test() {
    const source = new Readable({ read() {} });
    const done = promises.pipeline(source, sink().target);
    source.destroy();
    await assert.rejects(done, { name: "TypeError", code: "ERR_STREAM_PREMATURE_CLOSE", message: "Premature close" });
  },
};

export const badArguments = {
  test() {
    assert.throws(() => pipeline(Readable.from(["a"]), () => {}), {
      name: "TypeError",
      code: "ERR_MISSING_ARGS",
      message: 'The "streams" argument must be specified',
    });
    assert.throws(() => pipeline(Readable.from(["a"]), new PassThrough()), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "streams[stream.length - 1]" property must be of type function. Received an instance of PassThrough',
    });
    const cases = [
      [[Readable.from(["a"]), () => 5], "AsyncIterable or Promise", "destination"],
      [[() => 5, new PassThrough()], "Iterable, AsyncIterable or Stream", "source"],
      [[Readable.from(["a"]), () => 5, new PassThrough()], "AsyncIterable", "transform[0]"],
    ];
    for (const [streams, wanted, name] of cases) {
      assert.throws(() => pipeline(...streams, () => {}), {
        code: "ERR_INVALID_RETURN_VALUE",
        message: `Expected ${wanted} to be returned from the "${name}" function but got type number (5).`,
      });
    }
  },
};

export const aborting = {
  async test() {
    const controller = new AbortController();
    const source = new Readable({ read() {} });
    const { target } = sink();
    const done = promises.pipeline(source, target, { signal: controller.signal });
    controller.abort();
    await assert.rejects(done, { name: "AbortError", code: "ABORT_ERR", message: "The operation was aborted" });
    assert.strictEqual(source.destroyed, true);
    assert.strictEqual(target.destroyed, true);
  },
};

export const leavingTheLastOpen = {
  async test() {
    const { target, written } = sink();
    await promises.pipeline(Readable.from(["a"]), target, { end: false });
    assert.strictEqual(target.writableEnded, false);
    target.end("b");
    await once(target, "finish");
    assert.deepStrictEqual(written, ["a", "b"]);
  },
};

export const promisified = {
  async test() {
    const { target, written } = sink();
    await promisify(pipeline)(Readable.from(["a"]), target);
    await promisify(finished)(target);
    assert.deepStrictEqual(written, ["a"]);
    assert.strictEqual(stream.promises, promises);
  },
};

export const finishedOfBothSides = {
  async test() {
    const duplex = new PassThrough();
    const done = promises.finished(duplex);
    duplex.end();
    duplex.resume();
    assert.strictEqual(await done, undefined);
    await assert.rejects(
      () => {
        const closed = new PassThrough();
        const late = promises.finished(closed);
        closed.destroy();
        return late;
      },
      { code: "ERR_STREAM_PREMATURE_CLOSE" },
    );
  },
};

export const finishedOfOneSide = {
  async test() {
    const duplex = new PassThrough();
    duplex.resume();
    const error = await new Promise((resolve) => {
      finished(duplex, { readable: false }, resolve);
      duplex.end();
    });
    assert.strictEqual(error, undefined);
  },
};

export const finishedTakesItsListenersBack = {
  async test() {
    const duplex = new PassThrough();
    const cleanup = finished(duplex, () => {});
    assert.strictEqual(duplex.listenerCount("end"), 1);
    cleanup();
    assert.strictEqual(duplex.listenerCount("end"), 0);
    assert.throws(() => promises.finished(duplex, { cleanup: 1 }), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "cleanup" argument must be of type boolean. Received type number (1)',
    });
  },
};

export const finishedWithBadArguments = {
  test() {
    assert.throws(() => finished({}, () => {}), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "stream" argument must be an instance of ReadableStream, WritableStream, or Stream. ' +
        "Received an instance of Object",
    });
    assert.throws(() => finished(new PassThrough(), 5), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "callback" argument must be of type function. Received type number (5)',
    });
  },
};

export const finishedThatIsAborted = {
  async test() {
    await assert.rejects(promises.finished(new PassThrough(), { signal: AbortSignal.abort(new Error("why")) }), (error) => {
      assert.strictEqual(error.code, "ABORT_ERR");
      assert.strictEqual(error.cause.message, "why");
      return true;
    });
  },
};

export const abortSignals = {
  async test() {
    const controller = new AbortController();
    const duplex = addAbortSignal(controller.signal, new PassThrough());
    controller.abort(new Error("why"));
    const [error] = await once(duplex, "error");
    assert.strictEqual(error.name, "AbortError");
    assert.strictEqual(error.cause.message, "why");
    assert.throws(() => addAbortSignal(5, duplex), {
      message: 'The "signal" argument must be an instance of AbortSignal. Received type number (5)',
    });
    assert.throws(() => addAbortSignal(controller.signal, {}), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const whatStreamsAre = {
  async test() {
    const readable = new Readable({ read() {} });
    const writable = new Writable({ write() {} });
    assert.strictEqual(stream.isReadable(readable), true);
    assert.strictEqual(stream.isReadable(writable), null);
    assert.strictEqual(stream.isWritable(writable), true);
    assert.strictEqual(stream.isWritable(readable), null);
    assert.strictEqual(stream.isDestroyed({}), null);
    readable.on("error", () => {});
    readable.destroy(new Error("mine"));
    await soon();
    assert.strictEqual(stream.isErrored(readable), true);
    assert.strictEqual(stream.isDisturbed(readable), true);
    assert.strictEqual(stream.isDestroyed(readable), true);
    assert.strictEqual(stream.isReadable(readable), false);
  },
};

export const destroyFunction = {
  async test() {
    const duplex = new PassThrough();
    const errors = [];
    duplex.on("error", (error) => errors.push(error.code));
    stream.destroy(duplex);
    await soon();
    assert.deepStrictEqual(errors, ["ABORT_ERR"]);
  },
};

export const defaultMarks = {
  test() {
    assert.strictEqual(stream.getDefaultHighWaterMark(false), 65536);
    assert.strictEqual(stream.getDefaultHighWaterMark(true), 16);
    stream.setDefaultHighWaterMark(false, 1000);
    assert.strictEqual(new Writable().writableHighWaterMark, 1000);
    stream.setDefaultHighWaterMark(false, 65536);
    assert.throws(() => stream.setDefaultHighWaterMark(true, -1), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "value" is out of range. It must be >= 0 && <= 9007199254740991. Received -1',
    });
  },
};

export const composeChecksItsArguments = {
  test() {
    assert.throws(() => stream.compose(), { code: "ERR_MISSING_ARGS", message: 'The "streams" argument must be specified' });
    assert.throws(() => stream.compose(new Writable({ write() {} }), new PassThrough()), {
      code: "ERR_INVALID_ARG_VALUE",
      message: /^The argument 'streams\[0\]' must be readable\. Received Writable \{/,
    });
  },
};

export const theOldStream = {
  async test() {
    const old = new stream();
    const target = new PassThrough();
    old.pipe(target);
    old.emit("data", "a");
    old.emit("end");
    assert.deepStrictEqual((await target.toArray()).map(String), ["a"]);
    const failing = new stream.Stream();
    failing.pipe(new PassThrough());
    assert.throws(() => failing.emit("error", new Error("mine")), { message: "mine" });
  },
};
