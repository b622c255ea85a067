// CompressionStream and DecompressionStream.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';
import { Buffer } from 'node:buffer';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const FORMATS = ['gzip', 'deflate', 'deflate-raw'];

const through = (bytes, transform) => new Response(new Response(bytes).body.pipeThrough(transform));
const compress = async (format, text) =>
  new Uint8Array(await through(text, new CompressionStream(format)).arrayBuffer());

export const everyFormatIsUndone = {
  async test() {
    for (const format of FORMATS) {
      const packed = await compress(format, 'hello');
      strictEqual(await through(packed, new DecompressionStream(format)).text(), 'hello');
    }
  },
};

export const theBytesAreZlibs = {
  async test() {
    const hex = async (format) => Buffer.from(await compress(format, 'hello')).toString('hex');
    strictEqual(await hex('gzip'), '1f8b0800000000000003cb48cdc9c9070086a6103605000000');
    strictEqual(await hex('deflate'), '789ccb48cdc9c90700062c0215');
    strictEqual(await hex('deflate-raw'), 'cb48cdc9c90700');
  },
};

export const nothingCanBeCompressed = {
  async test() {
    for (const format of FORMATS) {
      const packed = await compress(format, '');
      ok(packed.byteLength > 0);
      strictEqual(await through(packed, new DecompressionStream(format)).text(), '');
    }
  },
};

export const otherFormatsAreRefused = {
  test() {
    const expected = {
      name: 'TypeError',
      message: "The compression format must be either 'deflate', 'deflate-raw' or 'gzip'.",
    };
    for (const format of ['brotli', 'br', 'GZIP', 'zstd', '', undefined, null]) {
      throws(() => new CompressionStream(format), expected);
      throws(() => new DecompressionStream(format), expected);
    }
    throws(() => new CompressionStream(), {
      message: "Failed to construct 'CompressionStream': constructor parameter 1 is not of type 'string'.",
    });
  },
};

export const aWriteDoesNotWaitForAReader = {
  async test() {
    const { writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    await writer.write(crypto.getRandomValues(new Uint8Array(50000)));
    await writer.close();
    await writer.closed;
  },
};

export const whatIsReadComesInPieces = {
  async test() {
    const { readable, writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    await writer.write(crypto.getRandomValues(new Uint8Array(20000)));
    await writer.close();
    const sizes = [];
    for await (const chunk of readable) sizes.push(chunk.byteLength);
    deepStrictEqual(sizes.slice(0, -1), [4096, 4096, 4096, 4096]);
    ok(sizes.at(-1) < 4096);
  },
};

export const theHeaderOfGzipComesFirst = {
  async test() {
    const { readable, writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    const written = writer.write(encoder.encode('abc'));
    strictEqual((await readable.getReader().read()).value.byteLength, 10);
    await written;
  },
};

export const itIsReadIntoBuffers = {
  async test() {
    const { readable, writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    await writer.write(encoder.encode('hello'));
    await writer.close();
    const reader = readable.getReader({ mode: 'byob' });
    strictEqual((await reader.readAtLeast(20, new Uint8Array(100))).value.byteLength, 25);
    strictEqual((await reader.read(new Uint8Array(1))).done, true);
  },
};

export const textAndBuffersAreWritten = {
  async test() {
    const { readable, writable } = new CompressionStream('deflate');
    const writer = writable.getWriter();
    await writer.write('h\u00e9');
    await writer.write(encoder.encode('llo').buffer);
    await writer.close();
    const text = await new Response(readable.pipeThrough(new DecompressionStream('deflate'))).text();
    strictEqual(text, 'h\u00e9llo');
  },
};

export const otherChunksAreRefused = {
  async test() {
    const { writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    const expected = {
      name: 'TypeError',
      message: 'This TransformStream is being used as a byte stream, but received an object of ' +
        'non-ArrayBuffer/ArrayBufferView type on its writable side.',
    };
    await rejects(writer.write(5), expected);
    await rejects(writer.write({}), expected);
    await rejects(writer.write(null), expected);
    await writer.write(new Uint8Array(3));
  },
};

export const garbageFailsBothEnds = {
  async test() {
    for (const format of FORMATS) {
      const { readable, writable } = new DecompressionStream(format);
      const writer = writable.getWriter();
      const reader = readable.getReader();
      const expected = { name: 'TypeError', message: 'Decompression failed.' };
      const read = rejects(reader.read(), expected);
      await rejects(writer.write(encoder.encode('garbage, all of it')), expected);
      await read;
      await rejects(writer.closed, expected);
      await rejects(reader.closed, expected);
      await rejects(writer.close(), { message: 'This WritableStream has been closed.' });
    }
  },
};

export const whatFollowsTheEndFails = {
  async test() {
    for (const format of FORMATS) {
      const packed = await compress(format, 'hello');
      const expected = { name: 'TypeError', message: 'Trailing bytes after end of compressed data' };
      const { readable, writable } = new DecompressionStream(format);
      const writer = writable.getWriter();
      await writer.write(packed);
      await rejects(writer.write(new Uint8Array(3)), expected);
      await rejects(readable.getReader().read(), expected);
      writer.closed.catch(() => {});
    }
  },
};

export const aMissingEndFails = {
  async test() {
    for (const format of FORMATS) {
      const packed = await compress(format, 'hello');
      const expected = {
        name: 'TypeError',
        message: 'Called close() on a decompression stream with incomplete data',
      };
      for (const part of [packed.slice(0, -4), new Uint8Array(0)]) {
        const { readable, writable } = new DecompressionStream(format);
        const writer = writable.getWriter();
        await writer.write(part);
        const closed = rejects(writer.close(), expected);
        await rejects(readable.getReader().read(), expected);
        await closed;
        await rejects(writer.closed, expected);
      }
    }
  },
};

export const aWrongChecksumFails = {
  async test() {
    const packed = await compress('gzip', 'hello');
    packed[packed.length - 6] ^= 1;
    await rejects(through(packed, new DecompressionStream('gzip')).text(), { message: 'Decompression failed.' });
  },
};

export const dataMayComeByteByByte = {
  async test() {
    for (const format of FORMATS) {
      const packed = await compress(format, 'hello world, hello again');
      const { readable, writable } = new DecompressionStream(format);
      const text = new Response(readable).text();
      const writer = writable.getWriter();
      for (const byte of packed) await writer.write(Uint8Array.of(byte));
      await writer.close();
      strictEqual(await text, 'hello world, hello again');
    }
  },
};

export const aHeaderOfGzipMayHaveFields = {
  async test() {
    const plain = await compress('gzip', 'hello');
    const header = [0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9, ...encoder.encode('name\0comment\0')];
    const packed = new Uint8Array([...header, ...plain.slice(10)]);
    strictEqual(await through(packed, new DecompressionStream('gzip')).text(), 'hello');
  },
};

export const cancelStopsTheWriter = {
  async test() {
    const { readable, writable } = new CompressionStream('gzip');
    const writer = writable.getWriter();
    await readable.cancel(new RangeError('enough'));
    await rejects(writer.write(encoder.encode('abc')), { name: 'RangeError', message: 'enough' });
    await rejects(writer.closed, { message: 'enough' });
  },
};

export const abortStopsTheReader = {
  async test() {
    const { readable, writable } = new CompressionStream('gzip');
    const reader = readable.getReader();
    const read = rejects(reader.read(), { name: 'RangeError', message: 'enough' });
    await writable.abort(new RangeError('enough'));
    await read;
    await rejects(reader.read(), { message: 'enough' });
  },
};

export const muchDataGoesThrough = {
  async test() {
    const data = new Uint8Array(300000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
    for (const format of FORMATS) {
      const both = new Response(data).body.pipeThrough(new CompressionStream(format))
        .pipeThrough(new DecompressionStream(format));
      const got = new Uint8Array(await new Response(both).arrayBuffer());
      strictEqual(got.byteLength, data.byteLength);
      ok(got.every((byte, i) => byte === data[i]));
    }
  },
};

export const theyAreTransforms = {
  test() {
    const stream = new CompressionStream('gzip');
    ok(stream instanceof TransformStream);
    strictEqual(Object.prototype.toString.call(stream), '[object CompressionStream]');
    strictEqual(decoder.encoding, 'utf-8');
  },
};
