// WritableStreams of scripts: the standard's, in production's words.
import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert';

const CLOSED = { name: 'TypeError', message: 'This WritableStream has been closed.' };
const boom = { name: 'RangeError', message: 'boom' };

export const writesComeInOrder = {
  async test() {
    const log = [];
    const stream = new WritableStream({
      async write(chunk) {
        await scheduler.wait(1);
        log.push(chunk);
      },
      close: () => void log.push('close'),
    });
    const writer = stream.getWriter();
    writer.write(1);
    writer.write(2);
    await writer.close();
    deepStrictEqual(log, [1, 2, 'close']);
    strictEqual(await writer.closed, undefined);
  },
};

export const withoutAStartItWritesAtOnce = {
  test() {
    let writes = 0;
    new WritableStream({ write: () => void writes++ }).getWriter().write(1);
    strictEqual(writes, 1);
    new WritableStream({ start() {}, write: () => void writes++ }).getWriter().write(1);
    strictEqual(writes, 1);
  },
};

export const aClosedStreamTakesNothing = {
  async test() {
    const writer = new WritableStream().getWriter();
    await writer.close();
    await rejects(writer.write(1), CLOSED);
    await rejects(writer.close(), CLOSED);
    strictEqual(await writer.abort('late'), undefined);
    strictEqual(writer.desiredSize, 0);
  },
};

export const aClosingStreamTakesNothing = {
  async test() {
    const stream = new WritableStream({ close: () => scheduler.wait(1) });
    const writer = stream.getWriter();
    const closed = writer.close();
    await rejects(writer.close(), { name: 'TypeError', message: 'Cannot close a writer that is already being closed' });
    await rejects(writer.write(1), { name: 'TypeError', message: 'This ReadableStream is closed.' });
    await closed;
  },
};

export const aFailedWriteFailsTheStream = {
  async test() {
    const writer = new WritableStream({
      write() {
        throw new RangeError('boom');
      },
    }).getWriter();
    await rejects(writer.write(1), boom);
    await rejects(writer.closed, boom);
    await rejects(writer.ready, boom);
    await rejects(writer.write(2), boom);
    await rejects(writer.close(), boom);
    strictEqual(writer.desiredSize, null);
    strictEqual(await writer.abort(), undefined);
  },
};

export const theControllerFailsTheStream = {
  async test() {
    let controller;
    const stream = new WritableStream({
      start(given) {
        controller = given;
      },
    });
    const writer = stream.getWriter();
    controller.error(new RangeError('boom'));
    await rejects(writer.closed, boom);
    await rejects(writer.write(1), boom);
    await rejects(writer.close(), boom);
  },
};

export const anAbortArrives = {
  async test() {
    let controller;
    let reason;
    const stream = new WritableStream({
      start(given) {
        controller = given;
      },
      abort: (given) => void (reason = given),
    });
    const writer = stream.getWriter();
    const error = new RangeError('boom');
    strictEqual(await writer.abort(error), undefined);
    strictEqual(reason, error);
    strictEqual(controller.signal.aborted, true);
    strictEqual(controller.signal.reason, error);
    await rejects(writer.closed, boom);
    await rejects(writer.write(1), boom);
  },
};

export const anAbortWaitsForTheWriteThatRuns = {
  async test() {
    const log = [];
    const writer = new WritableStream({
      async write(chunk) {
        await scheduler.wait(2);
        log.push(chunk);
      },
      abort: (reason) => void log.push(reason),
    }).getWriter();
    const first = writer.write(1);
    const second = writer.write(2);
    const failed = second.then(() => 'written', (reason) => reason);
    writer.closed.catch(() => {});
    writer.ready.catch(() => {});
    await writer.abort('stop');
    deepStrictEqual(log, [1, 'stop']);
    strictEqual(await first, undefined);
    strictEqual(await failed, 'stop');
  },
};

export const theDesiredSizeIsTold = {
  async test() {
    const writer = new WritableStream({ write: () => scheduler.wait(2) }, { highWaterMark: 2 }).getWriter();
    strictEqual(writer.desiredSize, 2);
    const first = writer.write(1);
    strictEqual(writer.desiredSize, 1);
    const second = writer.write(2);
    strictEqual(writer.desiredSize, 0);
    await Promise.all([first, second]);
    strictEqual(writer.desiredSize, 2);
    await writer.ready;
  },
};

export const aWriterIsReadyWhenThereIsRoom = {
  async test() {
    let release;
    const writer = new WritableStream({
      write: () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    }).getWriter();
    const before = writer.ready;
    await before;
    const written = writer.write(1);
    const after = writer.ready;
    strictEqual(before === after, false);
    let ready = false;
    after.then(() => {
      ready = true;
    });
    await scheduler.wait(1);
    strictEqual(ready, false);
    release();
    await written;
    await after;
  },
};

export const aReleasedWriterSaysSo = {
  async test() {
    const stream = new WritableStream();
    const writer = stream.getWriter();
    writer.releaseLock();
    const released = { name: 'TypeError', message: 'This WritableStream writer has been released.' };
    await rejects(writer.write(1), released);
    await rejects(writer.close(), released);
    await rejects(writer.abort(), released);
    await rejects(writer.closed, released);
    await rejects(writer.ready, released);
    throws(() => writer.desiredSize, released);
    strictEqual(stream.locked, false);
  },
};

export const aReleasedWriterGivesUpWhatWaits = {
  async test() {
    const written = [];
    const stream = new WritableStream({
      async write(chunk) {
        await scheduler.wait(1);
        written.push(chunk);
      },
    });
    const writer = stream.getWriter();
    const first = writer.write(1);
    const second = writer.write(2);
    writer.releaseLock();
    await rejects(second, { name: 'TypeError', message: 'This WritableStream writer has been released.' });
    strictEqual(await first, undefined);
    deepStrictEqual(written, [1]);
  },
};

export const aStreamHasOneWriter = {
  async test() {
    const stream = new WritableStream();
    stream.getWriter();
    const locked = { name: 'TypeError', message: 'This WritableStream is currently locked to a writer.' };
    throws(() => stream.getWriter(), locked);
    await rejects(stream.abort(), locked);
    await rejects(stream.close(), locked);
  },
};

export const aSizeThatThrowsFailsTheStream = {
  async test() {
    const writer = new WritableStream({}, {
      size() {
        throw new RangeError('boom');
      },
    }).getWriter();
    await rejects(writer.write(1), boom);
    await rejects(writer.closed, boom);
  },
};

export const aStartThatThrowsFailsTheStream = {
  async test() {
    const stream = new WritableStream({
      start() {
        throw new RangeError('boom');
      },
    });
    await rejects(stream.getWriter().write(1), boom);
  },
};

export const argumentsAreChecked = {
  test() {
    throws(() => new WritableStream(5), {
      name: 'TypeError',
      message: "Failed to construct 'WritableStream': constructor parameter 1 is not of type 'UnderlyingSink'.",
    });
    throws(() => new WritableStream({}, { highWaterMark: -1 }), {
      message: 'The value cannot be converted because it is negative and this API expects a positive bigint.',
    });
    new WritableStream({ type: 'bytes' });
  },
};
