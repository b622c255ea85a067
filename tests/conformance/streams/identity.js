// IdentityTransformStream: a pipe for bytes, in which a write is done when its bytes are read.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = Symbol('pending');

/** What a promise has come to by the time that others have had their turn. */
const soFar = (promise) => Promise.race([promise, scheduler.wait(5).then(() => NOTHING)]);

export const aWriteWaitsForItsReader = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('abc'));
    strictEqual(await soFar(written), NOTHING);
    const { value, done } = await readable.getReader().read();
    strictEqual(decoder.decode(value), 'abc');
    strictEqual(done, false);
    strictEqual(await written, undefined);
  },
};

export const aReadWaitsForAWriter = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const read = readable.getReader().read();
    strictEqual(await soFar(read), NOTHING);
    await writable.getWriter().write(encoder.encode('x'));
    strictEqual(decoder.decode((await read).value), 'x');
  },
};

export const chunksStayApart = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('ab')), writer.write(encoder.encode('cd')), writer.close()]);
    const got = [];
    for await (const chunk of readable) got.push(decoder.decode(chunk));
    deepStrictEqual(got, ['ab', 'cd']);
    await all;
  },
};

export const aReadGetsFourKilobytesAtMost = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const written = writable.getWriter().write(new Uint8Array(10000));
    const reader = readable.getReader();
    const sizes = [];
    for (let left = 10000; left > 0;) {
      const { value } = await reader.read();
      sizes.push(value.byteLength);
      left -= value.byteLength;
    }
    deepStrictEqual(sizes, [4096, 4096, 1808]);
    await written;
  },
};

export const textIsWrittenAsUtf8 = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const written = writable.getWriter().write('h\u00e9');
    deepStrictEqual([...(await readable.getReader().read()).value], [0x68, 0xc3, 0xa9]);
    await written;
  },
};

export const everyKindOfBufferIsBytes = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const reader = readable.getReader();
    const chunks = [
      new Uint8Array([1, 2]).buffer,
      new Uint16Array([0x0201]),
      new DataView(new Uint8Array([0, 1, 2]).buffer, 1),
      new Uint8Array([9, 1, 2, 9]).subarray(1, 3),
      new SharedArrayBuffer(2),
    ];
    for (const chunk of chunks) {
      const written = writer.write(chunk);
      const { value } = await reader.read();
      ok(value instanceof Uint8Array);
      deepStrictEqual([...value], chunk instanceof SharedArrayBuffer ? [0, 0] : [1, 2]);
      await written;
    }
  },
};

export const theWriterMayReuseItsBuffer = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const chunk = encoder.encode('abc');
    const written = writable.getWriter().write(chunk);
    chunk.fill(0x7a);
    strictEqual(decoder.decode((await readable.getReader().read()).value), 'abc');
    await written;
    strictEqual(chunk.byteLength, 3);
  },
};

export const nothingIsWrittenAtOnce = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    strictEqual(await writer.write(new Uint8Array(0)), undefined);
    strictEqual(await writer.write(undefined), undefined);
    strictEqual(await writer.write(), undefined);
  },
};

export const aWriterIsAlwaysReady = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    strictEqual(writer.desiredSize, 1);
    writer.write(new Uint8Array(100)).catch(() => {});
    strictEqual(writer.desiredSize, 1);
    strictEqual(await writer.ready, undefined);
  },
};

export const aHighWaterMarkMakesItCount = {
  async test() {
    const { readable, writable } = new IdentityTransformStream({ highWaterMark: 10 });
    const writer = writable.getWriter();
    strictEqual(writer.desiredSize, 10);
    const first = writer.write(new Uint8Array(4));
    strictEqual(writer.desiredSize, 6);
    strictEqual(await soFar(writer.ready), undefined);
    const second = writer.write(new Uint8Array(9));
    strictEqual(writer.desiredSize, -3);
    strictEqual(await soFar(writer.ready), NOTHING);
    const reader = readable.getReader();
    await reader.read();
    await first;
    await writer.ready;
    strictEqual(writer.desiredSize, 1);
    await reader.read();
    await second;
    strictEqual(writer.desiredSize, 10);
  },
};

export const closeEndsTheReader = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const reader = readable.getReader();
    await writer.close();
    strictEqual(await writer.closed, undefined);
    strictEqual(writer.desiredSize, 0);
    strictEqual((await reader.read()).done, true);
    strictEqual(await reader.closed, undefined);
    strictEqual((await reader.read()).done, true);
  },
};

export const closeWaitsForTheWritesBeforeIt = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('x'));
    const closed = writer.close();
    strictEqual(await soFar(closed), NOTHING);
    await readable.getReader().read();
    await Promise.all([written, closed]);
  },
};

export const closingAgainIsNoErrorUntilItIsClosed = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const closed = writer.close();
    strictEqual(await writer.close(), undefined);
    await closed;
    const text = { name: 'TypeError', message: 'This WritableStream has been closed.' };
    await rejects(writer.close(), text);
    await rejects(writer.write(encoder.encode('x')), text);
    strictEqual(await writer.abort('late'), undefined);
  },
};

export const aWriterThatIsDoneKeepsItsStream = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    await writer.close();
    writer.releaseLock();
    strictEqual(writable.locked, true);
    strictEqual(await writer.closed, undefined);
  },
};

export const aStreamThatIsClosedCanBeLockedByAnother = {
  async test() {
    const { writable } = new IdentityTransformStream();
    await writable.close();
    const writer = writable.getWriter();
    strictEqual(await writer.closed, undefined);
    strictEqual(await writer.ready, undefined);
    strictEqual(writer.desiredSize, 0);
    strictEqual(await writer.close(), undefined);
    await rejects(writer.write(encoder.encode('x')), { message: 'This WritableStream has been closed.' });
  },
};

export const abortFailsBothEnds = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const reader = readable.getReader();
    const read = reader.read();
    const expected = { name: 'RangeError', message: 'boom' };
    await Promise.all([
      writer.abort(new RangeError('boom')),
      rejects(read, expected),
    ]);
    await rejects(reader.closed, expected);
    await rejects(writer.closed, expected);
    await rejects(reader.read(), expected);
    strictEqual(await writer.ready, undefined);
    strictEqual(writer.desiredSize, 0);
    await rejects(writer.write(encoder.encode('x')), { message: 'This WritableStream has been closed.' });
  },
};

export const anAbortWithoutAnErrorIsOneForTheReader = {
  async test() {
    for (const [reason, message] of [['why', 'why'], [5, '5'], [undefined, 'undefined']]) {
      const { readable, writable } = new IdentityTransformStream();
      const writer = writable.getWriter();
      await writer.abort(reason);
      await rejects(readable.getReader().read(), { name: 'Error', message });
      await writer.closed.then(() => ok(false), (error) => strictEqual(error, reason));
    }
  },
};

export const cancelFailsTheWriteThatWaits = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('x'));
    strictEqual(await readable.cancel(new RangeError('enough')), undefined);
    const expected = { name: 'RangeError', message: 'enough' };
    await rejects(written, expected);
    await rejects(writer.closed, expected);
  },
};

export const cancelFailsTheNextWrite = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    await readable.cancel('enough');
    const expected = { name: 'Error', message: 'enough' };
    await rejects(writer.write(encoder.encode('x')), expected);
    await rejects(writer.closed, expected);
  },
};

export const cancelWithoutAReasonSaysSo = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('x'));
    await readable.cancel();
    await rejects(written, { name: 'Error', message: 'Stream was cancelled.' });
    await rejects(writer.closed, { message: 'Stream was cancelled.' });
  },
};

export const cancelFailsTheReadThatWaits = {
  async test() {
    const { readable } = new IdentityTransformStream();
    const reader = readable.getReader();
    const read = reader.read();
    await Promise.all([reader.cancel(new RangeError('enough')), rejects(read, { message: 'enough' })]);
    strictEqual(await reader.closed, undefined);
    strictEqual((await reader.read()).done, true);
  },
};

export const theTransformIsOneOfItsKind = {
  test() {
    const transform = new IdentityTransformStream();
    ok(transform instanceof TransformStream);
    ok(transform.readable instanceof ReadableStream);
    ok(transform.writable instanceof WritableStream);
    strictEqual(transform.readable, transform.readable);
  },
};

export const aHighWaterMarkIsAWholeNumber = {
  test() {
    const make = (highWaterMark) => () => new IdentityTransformStream({ highWaterMark });
    for (const [value, message] of [
      [-1, 'The value cannot be converted because it is negative and this API expects a positive bigint.'],
      [NaN, 'The value cannot be converted because it is not an integer.'],
      ['x', 'The value cannot be converted because it is not an integer.'],
    ]) {
      let thrown;
      try {
        make(value)();
      } catch (error) {
        thrown = error;
      }
      strictEqual(thrown?.name, 'TypeError');
      strictEqual(thrown.message, message);
    }
    strictEqual(make(2n)().writable.getWriter().desiredSize, 2);
    strictEqual(make(2.9)().writable.getWriter().desiredSize, 2);
  },
};
