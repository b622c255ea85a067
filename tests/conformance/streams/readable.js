// ReadableStreams of scripts: the standard's, in production's words.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';

const opened = (source = {}, strategy = undefined) => {
  let controller;
  const stream = new ReadableStream({
    start(given) {
      controller = given;
    },
    ...source,
  }, strategy);
  return { stream, controller };
};

export const chunksAreQueued = {
  async test() {
    const { stream, controller } = opened();
    controller.enqueue('a');
    controller.enqueue({ b: 1 });
    controller.close();
    const reader = stream.getReader();
    deepStrictEqual(await reader.read(), { value: 'a', done: false });
    deepStrictEqual(await reader.read(), { value: { b: 1 }, done: false });
    deepStrictEqual(await reader.read(), { value: undefined, done: true });
    strictEqual(await reader.closed, undefined);
  },
};

export const readsMayWaitInARow = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    controller.enqueue(1);
    controller.enqueue(2);
    controller.close();
    deepStrictEqual((await Promise.all(reads)).map(({ value }) => value), [1, 2, undefined]);
  },
};

export const aStreamThatIsOverTakesNothing = {
  async test() {
    const enqueue = { name: 'TypeError', message: 'Unable to enqueue' };
    const close = { name: 'TypeError', message: 'This ReadableStream is closed.' };
    const over = opened();
    over.controller.close();
    throws(() => over.controller.enqueue(1), enqueue);
    throws(() => over.controller.close(), close);
    const failed = opened();
    failed.controller.error('x');
    throws(() => failed.controller.enqueue(1), enqueue);
    throws(() => failed.controller.close(), close);
    const cancelled = opened();
    await cancelled.stream.cancel();
    throws(() => cancelled.controller.enqueue(1), enqueue);
  },
};

export const theDesiredSizeIsTold = {
  test() {
    const { controller } = opened();
    strictEqual(controller.desiredSize, 1);
    controller.enqueue(1);
    strictEqual(controller.desiredSize, 0);
    controller.error('x');
    strictEqual(controller.desiredSize, null);
    const other = opened({}, { highWaterMark: 10, size: (chunk) => chunk.length });
    other.controller.enqueue('abc');
    strictEqual(other.controller.desiredSize, 7);
  },
};

export const highWaterMarksAreWholeNumbers = {
  test() {
    const negative = 'The value cannot be converted because it is negative and this API expects a positive bigint.';
    const noInteger = 'The value cannot be converted because it is not an integer.';
    throws(() => new ReadableStream({}, { highWaterMark: -1 }), { name: 'TypeError', message: negative });
    throws(() => new ReadableStream({}, { highWaterMark: NaN }), { name: 'TypeError', message: noInteger });
    throws(() => new ReadableStream({}, { highWaterMark: Infinity }), { name: 'TypeError', message: noInteger });
    strictEqual(opened({}, { highWaterMark: 1.5 }).controller.desiredSize, 1);
  },
};

export const argumentsAreChecked = {
  test() {
    throws(() => new ReadableStream(5), {
      name: 'TypeError',
      message: "Failed to construct 'ReadableStream': constructor parameter 1 is not of type 'UnderlyingSource'.",
    });
    throws(() => new ReadableStream({ start: 5 }), {
      message: "Incorrect type for the 'start' field on 'UnderlyingSource': the provided value is not of type 'function'.",
    });
    throws(() => new ReadableStream({}, { size: 3 }), {
      message: "Incorrect type for the 'size' field on 'StreamQueuingStrategy': the provided value is not of type 'function'.",
    });
    throws(() => new ReadableStream({ type: 'x' }), { message: '"x" is not a valid type of ReadableStream.' });
    new ReadableStream(null);
    new ReadableStream(undefined, undefined);
  },
};

export const aStartThatThrowsFailsTheStream = {
  async test() {
    const stream = new ReadableStream({
      start() {
        throw new RangeError('start');
      },
    });
    await rejects(stream.getReader().read(), { name: 'RangeError', message: 'start' });
  },
};

export const withoutAStartItPullsAtOnce = {
  test() {
    let pulls = 0;
    new ReadableStream({ pull: () => void pulls++ });
    strictEqual(pulls, 1);
    new ReadableStream({ start() {}, pull: () => void pulls++ });
    strictEqual(pulls, 1);
    new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 });
    strictEqual(pulls, 1);
  },
};

export const aChunkThatWaitsIsTakenWithoutAPull = {
  async test() {
    let pulls = 0;
    const stream = new ReadableStream({ pull: (controller) => controller.enqueue(++pulls) });
    const reader = stream.getReader();
    strictEqual((await reader.read()).value, 1);
    await scheduler.wait(1);
    strictEqual(pulls, 1);
    strictEqual((await reader.read()).value, 2);
  },
};

export const aPullThatThrowsFailsTheStream = {
  async test() {
    const stream = new ReadableStream({
      pull() {
        throw new RangeError('pull');
      },
    });
    const reader = stream.getReader();
    await rejects(reader.read(), { name: 'RangeError', message: 'pull' });
    await rejects(reader.closed, { message: 'pull' });
  },
};

export const theReasonOfACancelArrives = {
  async test() {
    let reason;
    const { stream } = opened({ cancel: (given) => void (reason = given) });
    strictEqual(await stream.cancel('why'), undefined);
    strictEqual(reason, 'why');
    strictEqual(await stream.cancel('again'), undefined);
    strictEqual(reason, 'why');
    const failing = opened({
      cancel() {
        throw new RangeError('no');
      },
    });
    await rejects(failing.stream.cancel(), { name: 'RangeError', message: 'no' });
  },
};

export const aCancelEndsTheReadsThatWait = {
  async test() {
    const reader = opened().stream.getReader();
    const read = reader.read();
    await reader.cancel();
    deepStrictEqual(await read, { value: undefined, done: true });
  },
};

export const aReleaseFailsTheReadsThatWait = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader();
    const read = reader.read();
    reader.releaseLock();
    const released = { name: 'TypeError', message: 'This ReadableStream reader has been released.' };
    await rejects(read, released);
    await rejects(reader.closed, released);
    await rejects(reader.read(), released);
    controller.enqueue('x');
    strictEqual((await stream.getReader().read()).value, 'x');
  },
};

export const aReleasedReaderRemembersTheEnd = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader();
    controller.close();
    await reader.closed;
    reader.releaseLock();
    strictEqual(await reader.closed, undefined);
    await rejects(reader.read(), { message: 'This ReadableStream reader has been released.' });
  },
};

export const aSizeThatThrowsFailsTheStream = {
  async test() {
    const { stream, controller } = opened({}, {
      size() {
        throw new RangeError('size');
      },
    });
    controller.enqueue(1);
    await rejects(stream.getReader().read(), { name: 'RangeError', message: 'size' });
  },
};

export const branchesShareTheirChunks = {
  async test() {
    const { stream, controller } = opened();
    const chunk = {};
    const [left, right] = stream.tee();
    controller.enqueue(chunk);
    strictEqual((await left.getReader().read()).value, chunk);
    strictEqual((await right.getReader().read()).value, chunk);
    strictEqual(stream.locked, true);
  },
};

export const theLastBranchCancels = {
  async test() {
    const reasons = [];
    const { stream } = opened({ cancel: (reason) => void reasons.push(reason) });
    const [left, right] = stream.tee();
    strictEqual(await left.cancel('left'), undefined);
    deepStrictEqual(reasons, []);
    strictEqual(await right.cancel('right'), undefined);
    deepStrictEqual(reasons, ['right']);
  },
};

export const loopsEndTheStream = {
  async test() {
    const { stream, controller } = opened();
    controller.enqueue(1);
    controller.enqueue(2);
    controller.close();
    const got = [];
    for await (const chunk of stream) got.push(chunk);
    deepStrictEqual(got, [1, 2]);
    strictEqual(stream.locked, false);
    let reason = 'none';
    const other = opened({ cancel: (given) => void (reason = given) });
    other.controller.enqueue(1);
    for await (const chunk of other.stream) {
      ok(chunk);
      break;
    }
    strictEqual(reason, undefined);
    strictEqual(other.stream.locked, false);
  },
};

export const aReturnedValueIsTheReason = {
  async test() {
    let reason;
    const { stream, controller } = opened({ cancel: (given) => void (reason = given) });
    controller.enqueue(1);
    const iterator = stream.values();
    await iterator.next();
    deepStrictEqual(await iterator.return('done'), { value: 'done', done: true });
    strictEqual(reason, 'done');
  },
};

export const iterablesAreStreams = {
  async test() {
    const all = async (iterable) => {
      const got = [];
      for await (const chunk of ReadableStream.from(iterable)) got.push(chunk);
      return got;
    };
    deepStrictEqual(await all([1, 2]), [1, 2]);
    deepStrictEqual(await all('ab'), ['a', 'b']);
    deepStrictEqual(await all([Promise.resolve(1), 2]), [1, 2]);
    deepStrictEqual(await all(new Set(['x'])), ['x']);
    deepStrictEqual(await all((async function* () {
      yield 1;
      yield 2;
    })()), [1, 2]);
    deepStrictEqual(await all(ReadableStream.from([3])), [3]);
  },
};

export const otherThingsAreNoStreams = {
  test() {
    const expected = {
      name: 'TypeError',
      message: "Failed to execute 'from' on 'ReadableStream': parameter 1 is not of type 'AsyncGenerator'.",
    };
    for (const value of [5, {}, null, undefined, true]) throws(() => ReadableStream.from(value), expected);
    throws(() => ReadableStream.from(), expected);
  },
};

export const aGeneratorIsEndedByACancel = {
  async test() {
    let ended = false;
    const stream = ReadableStream.from((async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        ended = true;
      }
    })());
    const reader = stream.getReader();
    strictEqual((await reader.read()).value, 1);
    await reader.cancel();
    strictEqual(ended, true);
  },
};

export const aGeneratorThatThrowsFailsTheStream = {
  async test() {
    const reader = ReadableStream.from((function* () {
      yield 1;
      throw new RangeError('generator');
    })()).getReader();
    strictEqual((await reader.read()).value, 1);
    await rejects(reader.read(), { name: 'RangeError', message: 'generator' });
  },
};

export const strategiesMeasure = {
  test() {
    const bytes = new ByteLengthQueuingStrategy({ highWaterMark: 5 });
    strictEqual(bytes.highWaterMark, 5);
    strictEqual(bytes.size(new Uint8Array(3)), 3);
    strictEqual(bytes.size(new ArrayBuffer(4)), 4);
    strictEqual(bytes.size({ byteLength: 9 }), 9);
    strictEqual(bytes.size(), undefined);
    strictEqual(new CountQueuingStrategy({ highWaterMark: 2 }).size('anything'), 1);
    throws(() => new CountQueuingStrategy(), {
      message: "Failed to construct 'CountQueuingStrategy': constructor parameter 1 is not of type 'QueuingStrategyInit'.",
    });
  },
};

export const controllersAreNotMade = {
  test() {
    const expected = { name: 'TypeError', message: 'Illegal constructor' };
    throws(() => new ReadableStreamDefaultController(), expected);
    throws(() => new ReadableByteStreamController(), expected);
    throws(() => new ReadableStreamBYOBRequest(), expected);
    throws(() => new WritableStreamDefaultController(), expected);
    throws(() => new TransformStreamDefaultController(), expected);
  },
};
