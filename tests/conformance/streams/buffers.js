// Reads into buffers of the reader's own.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A byte stream of `chunks`, and its reader. */
function readerOf(...chunks) {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  for (const chunk of chunks) writer.write(encoder.encode(chunk)).catch(() => {});
  writer.close().catch(() => {});
  return readable.getReader({ mode: 'byob' });
}

export const theViewIsFilled = {
  async test() {
    const reader = readerOf('hello');
    const { value, done } = await reader.read(new Uint8Array(8));
    strictEqual(done, false);
    strictEqual(decoder.decode(value), 'hello');
    strictEqual(value.buffer.byteLength, 8);
  },
};

export const theBufferIsTakenAway = {
  async test() {
    const reader = readerOf('hello');
    const view = new Uint8Array(8);
    const { value } = await reader.read(view);
    strictEqual(view.byteLength, 0);
    strictEqual(value.byteLength, 5);
  },
};

export const theOffsetIsKept = {
  async test() {
    const reader = readerOf('hello');
    const { value } = await reader.read(new Uint8Array(new ArrayBuffer(16), 4, 8));
    strictEqual(value.byteOffset, 4);
    strictEqual(value.byteLength, 5);
    strictEqual(value.buffer.byteLength, 16);
  },
};

export const anyViewGivesBytes = {
  async test() {
    for (const view of [new Uint32Array(4), new DataView(new ArrayBuffer(16)), new Float64Array(2)]) {
      const { value } = await readerOf('abcdef').read(view);
      ok(value instanceof Uint8Array);
      strictEqual(decoder.decode(value), 'abcdef');
    }
  },
};

export const oneWriteIsSpreadOverSmallBuffers = {
  async test() {
    const reader = readerOf('hello');
    strictEqual(decoder.decode((await reader.read(new Uint8Array(2))).value), 'he');
    strictEqual(decoder.decode((await reader.read(new Uint8Array(2))).value), 'll');
    strictEqual(decoder.decode((await reader.read(new Uint8Array(2))).value), 'o');
    strictEqual((await reader.read(new Uint8Array(2))).done, true);
  },
};

export const readAtLeastWaitsForEnough = {
  async test() {
    const reader = readerOf('ab', 'cd', 'ef');
    strictEqual(decoder.decode((await reader.readAtLeast(5, new Uint8Array(5))).value), 'abcde');
    strictEqual(decoder.decode((await reader.readAtLeast(1, new Uint8Array(5))).value), 'f');
  },
};

export const readAtLeastTakesLessAtTheEnd = {
  async test() {
    const reader = readerOf('ab');
    const first = await reader.readAtLeast(5, new Uint8Array(8));
    strictEqual(decoder.decode(first.value), 'ab');
    strictEqual(first.done, false);
    strictEqual((await reader.readAtLeast(5, new Uint8Array(8))).done, true);
  },
};

export const theLeastCountsElements = {
  async test() {
    const reader = readerOf('abcdef', 'ghijkl');
    const { value } = await reader.readAtLeast(2, new Uint32Array(4));
    strictEqual(decoder.decode(value), 'abcdefghijkl');
  },
};

export const readTakesALeastToo = {
  async test() {
    strictEqual(decoder.decode((await readerOf('ab', 'cdef').read(new Uint8Array(10), { min: 5 })).value), 'abcdef');
    strictEqual(decoder.decode((await readerOf('ab', 'cdef').read(new Uint8Array(10), {})).value), 'ab');
    strictEqual(decoder.decode((await readerOf('ab', 'cdef').read(new Uint8Array(10), { min: 1.9 })).value), 'ab');
  },
};

export const theEndGivesTheBufferBack = {
  async test() {
    const reader = readerOf();
    const { value, done } = await reader.read(new Uint16Array(4));
    strictEqual(done, true);
    ok(value instanceof Uint8Array);
    strictEqual(value.byteLength, 0);
    strictEqual(value.buffer.byteLength, 8);
    const again = await reader.read(new Uint8Array(3));
    strictEqual(again.done, true);
    strictEqual(again.value.buffer.byteLength, 3);
  },
};

export const viewsOfNothingAreRefused = {
  async test() {
    const expected = {
      name: 'TypeError',
      message: 'You must call read() on a "byob" reader with a positive-sized TypedArray object.',
    };
    await rejects(readerOf('a').read(new Uint8Array(0)), expected);
    await rejects(readerOf('a').readAtLeast(1, new Uint8Array(0)), expected);
    const bytes = new Uint8Array(4);
    bytes.buffer.transfer();
    await rejects(readerOf('a').read(bytes), expected);
  },
};

export const leastsThatCannotBeAreRefused = {
  async test() {
    const none = { name: 'TypeError', message: 'Requested invalid minimum number of bytes to read (0).' };
    await rejects(readerOf('a').readAtLeast(0, new Uint8Array(3)), none);
    await rejects(readerOf('a').read(new Uint8Array(3), { min: 0 }), none);
    await rejects(readerOf('a').read(new Uint8Array(3), { min: NaN }), none);
    const tooMany = { name: 'TypeError', message: 'Minimum bytes to read (4) exceeds size of buffer (3).' };
    await rejects(readerOf('a').readAtLeast(4, new Uint8Array(3)), tooMany);
    await rejects(readerOf('a').read(new Uint8Array(3), { min: 4 }), tooMany);
    await rejects(readerOf('a').readAtLeast(2, new Uint32Array(1)), {
      message: 'Minimum bytes to read (8) exceeds size of buffer (4).',
    });
    await rejects(readerOf('a').readAtLeast(-1, new Uint8Array(3)), {
      message: 'Minimum bytes to read (18446744073709551615) exceeds size of buffer (3).',
    });
  },
};

export const whatIsNoViewIsRefused = {
  async test() {
    const reader = readerOf('a');
    const text = (method, position, type) => ({
      name: 'TypeError',
      message: `Failed to execute '${method}' on 'ReadableStreamBYOBReader': parameter ${position} is not of type '${type}'.`,
    });
    await rejects(reader.read(), text('read', 1, 'ArrayBufferView'));
    await rejects(reader.read('x'), text('read', 1, 'ArrayBufferView'));
    await rejects(reader.read(new ArrayBuffer(4)), text('read', 1, 'ArrayBufferView'));
    await rejects(reader.read(new Uint8Array(1), 5), text('read', 2, 'ReadableStreamBYOBReaderReadOptions'));
    await rejects(reader.readAtLeast(), text('readAtLeast', 1, 'integer'));
    await rejects(reader.readAtLeast(1), text('readAtLeast', 2, 'ArrayBufferView'));
  },
};

export const aRefusalDoesNotDisturb = {
  async test() {
    const reader = readerOf('abc');
    await rejects(reader.read(new Uint8Array(0)));
    strictEqual(decoder.decode((await reader.read(new Uint8Array(8))).value), 'abc');
  },
};

export const bodiesAreReadIntoBuffers = {
  async test() {
    const reader = new Response('hello world').body.getReader({ mode: 'byob' });
    strictEqual(decoder.decode((await reader.readAtLeast(5, new Uint8Array(5))).value), 'hello');
    strictEqual(decoder.decode((await reader.read(new Uint8Array(100))).value), ' world');
    strictEqual((await reader.read(new Uint8Array(1))).done, true);
  },
};

export const streamsOfValuesAreNotReadIntoBuffers = {
  async test() {
    let thrown;
    try {
      new ReadableStream().getReader({ mode: 'byob' });
    } catch (error) {
      thrown = error;
    }
    strictEqual(thrown.name, 'TypeError');
    strictEqual(thrown.message, 'This ReadableStream does not support BYOB reads.');
    const over = new ReadableStream({ start: (controller) => controller.close() });
    deepStrictEqual((await over.getReader({ mode: 'byob' }).read(new Uint8Array(4))).done, true);
  },
};
