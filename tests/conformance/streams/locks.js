// Readers and writers of byte streams: who has a stream, and what those are told who do not.
import { rejects, strictEqual, throws } from 'node:assert';

const READER = { name: 'TypeError', message: 'This ReadableStream is currently locked to a reader.' };
const WRITER = { name: 'TypeError', message: 'This WritableStream is currently locked to a writer.' };
const encoder = new TextEncoder();

export const aReadableHasOneReader = {
  async test() {
    const { readable } = new IdentityTransformStream();
    strictEqual(readable.locked, false);
    const reader = readable.getReader();
    strictEqual(readable.locked, true);
    throws(() => readable.getReader(), READER);
    throws(() => readable.getReader({ mode: 'byob' }), READER);
    throws(() => new ReadableStreamDefaultReader(readable), READER);
    throws(() => new ReadableStreamBYOBReader(readable), READER);
    throws(() => readable.values(), READER);
    await rejects(readable.cancel(), READER);
    reader.releaseLock();
    strictEqual(readable.locked, false);
    readable.getReader({ mode: 'byob' });
  },
};

export const aLockedStreamIsNotTeed = {
  test() {
    const { readable } = new IdentityTransformStream();
    readable.getReader();
    throws(() => readable.tee(), { name: 'TypeError', message: 'This ReadableStream is currently locked to a reader,' });
  },
};

export const aLockedStreamIsNotPiped = {
  async test() {
    const locked = new IdentityTransformStream();
    locked.readable.getReader();
    locked.writable.getWriter();
    const free = new IdentityTransformStream();
    await rejects(locked.readable.pipeTo(free.writable), READER);
    await rejects(free.readable.pipeTo(locked.writable), {
      name: 'TypeError',
      message: 'This WritableStream is currently locked to a writer',
    });
    throws(() => locked.readable.pipeThrough(free), READER);
    throws(() => free.readable.pipeThrough(locked), WRITER);
    strictEqual(free.readable.locked, false);
    strictEqual(free.writable.locked, false);
  },
};

export const aReleasedReaderSaysSo = {
  async test() {
    const { readable } = new IdentityTransformStream();
    const reader = readable.getReader();
    const { closed } = reader;
    reader.releaseLock();
    const released = { name: 'TypeError', message: 'This ReadableStream reader has been released.' };
    await rejects(closed, released);
    strictEqual(reader.closed, closed);
    await rejects(reader.read(), released);
    await rejects(reader.cancel(), released);
    reader.releaseLock();
  },
};

export const aReaderThatReadsIsNotReleased = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const reader = readable.getReader();
    const read = reader.read();
    throws(() => reader.releaseLock(), {
      name: 'TypeError',
      message: 'Cannot call releaseLock() on a reader with outstanding read promises.',
    });
    strictEqual(readable.locked, true);
    await writable.getWriter().write(encoder.encode('x'));
    strictEqual((await read).done, false);
    reader.releaseLock();
    strictEqual(readable.locked, false);
  },
};

export const oneReadIsPendingAtATime = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const reader = readable.getReader();
    const read = reader.read();
    await rejects(reader.read(), {
      name: 'TypeError',
      message: 'This ReadableStream only supports a single pending read request at a time.',
    });
    await writable.getWriter().write(encoder.encode('x'));
    strictEqual((await read).value.byteLength, 1);
  },
};

export const aWritableHasOneWriter = {
  async test() {
    const { writable } = new IdentityTransformStream();
    strictEqual(writable.locked, false);
    const writer = writable.getWriter();
    strictEqual(writable.locked, true);
    throws(() => writable.getWriter(), WRITER);
    throws(() => new WritableStreamDefaultWriter(writable), WRITER);
    await rejects(writable.abort(), WRITER);
    await rejects(writable.close(), WRITER);
    writer.releaseLock();
    strictEqual(writable.locked, false);
  },
};

export const aReleasedWriterSaysSo = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.releaseLock();
    const released = { name: 'TypeError', message: 'This WritableStream writer has been released.' };
    await rejects(writer.closed, released);
    await rejects(writer.write(encoder.encode('x')), released);
    await rejects(writer.close(), released);
    await rejects(writer.abort(), released);
    throws(() => writer.desiredSize, released);
    strictEqual(await writer.ready, undefined);
  },
};

export const aReleasedWriterLeavesItsWrites = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('x'));
    writer.releaseLock();
    strictEqual((await readable.getReader().read()).value.byteLength, 1);
    strictEqual(await written, undefined);
  },
};

export const theModeIsByobOrNone = {
  test() {
    const { readable } = new IdentityTransformStream();
    throws(() => readable.getReader({ mode: 'bytes' }), {
      name: 'TypeError',
      message: "mode must be undefined or 'byob' in call to getReader().",
    });
    throws(() => readable.getReader(5), {
      name: 'TypeError',
      message: "Failed to execute 'getReader' on 'ReadableStream': parameter 1 is not of type 'GetReaderOptions'.",
    });
    readable.getReader({ mode: undefined }).releaseLock();
    readable.getReader(undefined).releaseLock();
  },
};

export const readersAndWritersWantStreams = {
  test() {
    for (const [make, name, type] of [
      [() => new ReadableStreamDefaultReader({}), 'ReadableStreamDefaultReader', 'ReadableStream'],
      [() => new ReadableStreamDefaultReader(), 'ReadableStreamDefaultReader', 'ReadableStream'],
      [() => new ReadableStreamBYOBReader({}), 'ReadableStreamBYOBReader', 'ReadableStream'],
      [() => new WritableStreamDefaultWriter({}), 'WritableStreamDefaultWriter', 'WritableStream'],
    ]) {
      throws(make, {
        name: 'TypeError',
        message: `Failed to construct '${name}': constructor parameter 1 is not of type '${type}'.`,
      });
    }
  },
};
