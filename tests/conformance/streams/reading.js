// Reading byte streams at every date: loops, bodies in memory, and what is left after an end.
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A stream of `chunks`, written one after another. */
function streamOf(...chunks) {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  for (const chunk of chunks) writer.write(encoder.encode(chunk)).catch(() => {});
  writer.close().catch(() => {});
  return readable;
}

export const aLoopReadsToTheEnd = {
  async test() {
    let text = '';
    const stream = streamOf('a', 'b', 'c');
    for await (const chunk of stream) text += decoder.decode(chunk);
    strictEqual(text, 'abc');
    strictEqual(stream.locked, false);
  },
};

export const leavingALoopCancels = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const first = writer.write(encoder.encode('a'));
    for await (const chunk of readable) {
      strictEqual(chunk.byteLength, 1);
      break;
    }
    await first;
    strictEqual(readable.locked, false);
    await rejects(writer.write(encoder.encode('b')), { message: 'Stream was cancelled.' });
    writer.closed.catch(() => {});
  },
};

export const leavingALoopNeedNotCancel = {
  async test() {
    const stream = streamOf('a', 'b');
    for await (const chunk of stream.values({ preventCancel: true })) {
      strictEqual(decoder.decode(chunk), 'a');
      break;
    }
    strictEqual(stream.locked, false);
    strictEqual(decoder.decode((await stream.getReader().read()).value), 'b');
  },
};

export const anIteratorCanBeUsedByHand = {
  async test() {
    const iterator = streamOf('a', 'b')[Symbol.asyncIterator]();
    strictEqual(iterator[Symbol.asyncIterator](), iterator);
    const first = await iterator.next();
    strictEqual(decoder.decode(first.value), 'a');
    strictEqual(first.done, false);
    deepStrictEqual(await iterator.return('over'), { value: 'over', done: true });
    strictEqual((await iterator.next()).done, true);
  },
};

export const aLoopFailsAsTheStreamDoes = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    writable.abort(new RangeError('broken')).catch(() => {});
    await rejects(async () => {
      for await (const chunk of readable) ok(chunk);
    }, { name: 'RangeError', message: 'broken' });
  },
};

export const anotherReaderGoesOnWhereTheFirstStopped = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const first = writer.write(encoder.encode('ab'));
    const reader = readable.getReader();
    strictEqual((await reader.read()).value.byteLength, 2);
    await first;
    reader.releaseLock();
    const second = writer.write(encoder.encode('cde'));
    const other = readable.getReader({ mode: 'byob' });
    strictEqual(decoder.decode((await other.read(new Uint8Array(2))).value), 'cd');
    strictEqual(decoder.decode((await other.read(new Uint8Array(2))).value), 'e');
    await second;
  },
};

export const aBodyInMemoryIsReadInPieces = {
  async test() {
    const sizes = [];
    for await (const chunk of new Response('x'.repeat(10000)).body) sizes.push(chunk.byteLength);
    deepStrictEqual(sizes, [4096, 4096, 1808]);
  },
};

export const aBodyOfNothingEndsAtOnce = {
  async test() {
    strictEqual((await new Response('').body.getReader().read()).done, true);
    strictEqual(new Response(null).body, null);
    strictEqual(new Response().body, null);
  },
};

export const aBlobIsAByteStream = {
  async test() {
    const reader = new Blob(['hello']).stream().getReader({ mode: 'byob' });
    strictEqual(decoder.decode((await reader.read(new Uint8Array(10))).value), 'hello');
    const again = new Blob(['hello']).stream().getReader();
    const read = again.read();
    await rejects(again.read(), { message: 'This ReadableStream only supports a single pending read request at a time.' });
    strictEqual((await read).value.byteLength, 5);
  },
};

export const cancellingWhatIsOverIsNoError = {
  async test() {
    const { readable } = new IdentityTransformStream();
    strictEqual(await readable.cancel(), undefined);
    strictEqual(await readable.cancel('again'), undefined);
    strictEqual(await readable.getReader().closed, undefined);
  },
};

export const aResponseReadsWhatIsWritten = {
  async test() {
    strictEqual(await new Response(streamOf('hello ', 'world')).text(), 'hello world');
    strictEqual((await new Response(streamOf('abc')).arrayBuffer()).byteLength, 3);
    deepStrictEqual(await new Response(streamOf('{"a":', '1}')).json(), { a: 1 });
  },
};

export const aResponseFailsAsItsStreamDoes = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const text = new Response(readable).text();
    await writable.abort(new RangeError('gone'));
    await rejects(text, { name: 'RangeError', message: 'gone' });
  },
};
