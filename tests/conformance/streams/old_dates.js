// Streams as they were: no constructors, transforms that are pipes for bytes, buffers that stay with their owner.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const streamsAreNotConstructed = {
  test() {
    const text = (name) =>
      `To use the new ${name}() constructor, enable the streams_enable_constructors compatibility flag. Refer to the ` +
      'docs for more information: https://developers.cloudflare.com/workers/platform/compatibility-dates/#compatibility-flags';
    throws(() => new ReadableStream(), { name: 'Error', message: text('ReadableStream') });
    throws(() => new WritableStream(), { name: 'Error', message: text('WritableStream') });
  },
};

export const aTransformIsAnIdentity = {
  async test() {
    const { readable, writable } = new TransformStream({
      transform() {
        throw new Error('never called');
      },
    });
    const writer = writable.getWriter();
    strictEqual(writer.desiredSize, 1);
    const written = writer.write('hello');
    const { value } = await readable.getReader({ mode: 'byob' }).read(new Uint8Array(10));
    strictEqual(decoder.decode(value), 'hello');
    await written;
  },
};

export const textStreamsAreIdentities = {
  async test() {
    const { readable, writable } = new TextDecoderStream();
    const writer = writable.getWriter();
    const written = writer.write(Uint8Array.of(0xff));
    const { value } = await readable.getReader().read();
    ok(value instanceof Uint8Array);
    deepStrictEqual([...value], [0xff]);
    await written;
  },
};

export const aBufferStaysWithItsOwner = {
  async test() {
    const view = new Uint8Array(8);
    const { value } = await new Response('hello').body.getReader({ mode: 'byob' }).read(view);
    strictEqual(view.byteLength, 8);
    strictEqual(value.buffer, view.buffer);
    strictEqual(decoder.decode(view.subarray(0, 5)), 'hello');
  },
};

export const theEndHasNoValue = {
  async test() {
    const reader = new Response('').body.getReader({ mode: 'byob' });
    strictEqual((await reader.read(new Uint8Array(4))).done, true);
    strictEqual((await reader.read(new Uint8Array(4))).done, true);
  },
};

export const anAbortWaitsForTheWriteThatWaits = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('x'));
    let aborted = false;
    const abort = writer.abort(new RangeError('enough')).then(() => {
      aborted = true;
    });
    writer.closed.catch(() => {});
    await scheduler.wait(1);
    strictEqual(aborted, false);
    const reader = readable.getReader();
    strictEqual((await reader.read()).value.byteLength, 1);
    await written;
    await abort;
    await rejects(reader.read(), { name: 'RangeError', message: 'enough' });
  },
};
