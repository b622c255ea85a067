// TextEncoderStream and TextDecoderStream.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';

const decoder = new TextDecoder();

/** Writes `chunks` into a transform. @returns {Promise<unknown[]>} what it gives */
async function through(transform, chunks) {
  const writer = transform.writable.getWriter();
  const got = [];
  const read = (async () => {
    for await (const chunk of transform.readable) got.push(chunk);
  })();
  const written = chunks.map((chunk) => writer.write(chunk));
  written.push(writer.close());
  await Promise.all([read, ...written]);
  return got;
}

const decoded = (chunks, ...options) =>
  through(new TextDecoderStream(...options), chunks.map((bytes) => Uint8Array.of(...bytes)));
const encoded = async (chunks) => (await through(new TextEncoderStream(), chunks)).map((chunk) => decoder.decode(chunk));

export const charactersMayBeSplit = {
  async test() {
    deepStrictEqual(await decoded([[0xf0, 0x9f], [0x92], [0x99, 0x41]]), ['\u{1f499}A']);
  },
};

export const badBytesAreReplaced = {
  async test() {
    deepStrictEqual(await decoded([[0x41, 0xff]]), ['A\ufffd']);
    deepStrictEqual(await decoded([[0x41, 0xf0]]), ['A', '\ufffd']);
  },
};

export const aStrictDecoderFails = {
  async test() {
    const expected = { name: 'TypeError', message: 'Failed to decode input.' };
    await rejects(decoded([[0x41, 0xff]], 'utf-8', { fatal: true }), expected);
    await rejects(decoded([[0x41, 0xf0]], 'utf-8', { fatal: true }), expected);
  },
};

export const optionsThatDoNotSayAreStrict = {
  async test() {
    strictEqual(new TextDecoderStream().fatal, false);
    strictEqual(new TextDecoderStream('utf-8', {}).fatal, true);
    strictEqual(new TextDecoderStream('utf-8', { fatal: false }).fatal, false);
    await rejects(decoded([[0xff]], 'utf-8', {}), { message: 'Failed to decode input.' });
  },
};

export const theMarkIsDroppedUnlessAsked = {
  async test() {
    deepStrictEqual(await decoded([[0xef, 0xbb], [0xbf, 0x41]]), ['A']);
    deepStrictEqual(await decoded([[0xef, 0xbb], [0xbf, 0x41]], 'utf-8', { ignoreBOM: true }), ['\ufeffA']);
  },
};

export const labelsAreNormalized = {
  async test() {
    const stream = new TextDecoderStream('UTF8', { fatal: true, ignoreBOM: true });
    strictEqual(stream.encoding, 'utf-8');
    strictEqual(stream.fatal, true);
    strictEqual(stream.ignoreBOM, true);
    deepStrictEqual(await decoded([[0x41], [0, 0x42, 0]], 'utf-16le'), ['AB']);
    throws(() => new TextDecoderStream('nope'), { name: 'RangeError' });
  },
};

export const aDecoderWantsBytes = {
  async test() {
    const expected = {
      name: 'TypeError',
      message: 'This TransformStream is being used as a byte stream, but received a value that is not a BufferSource.',
    };
    await rejects(through(new TextDecoderStream(), ['abc']), expected);
    await rejects(through(new TextDecoderStream(), [5]), expected);
    const bytes = new TextEncoder().encode('hi');
    deepStrictEqual(await through(new TextDecoderStream(), [bytes.buffer, new DataView(bytes.buffer)]), ['hi', 'hi']);
  },
};

export const anEncoderTakesAnything = {
  async test() {
    deepStrictEqual(await encoded(['a', '', 5, null, {}, undefined]), ['a', '5', 'null', '[object Object]', 'undefined']);
    await rejects(encoded([Symbol('x')]), { name: 'TypeError', message: 'Cannot convert a Symbol value to a string' });
  },
};

export const pairsMayBeSplit = {
  async test() {
    deepStrictEqual(await encoded(['\ud83d', '\udc99', 'x\ud83d']), ['\u{1f499}', 'x', '\ufffd']);
    deepStrictEqual(await encoded(['\udc99', 'a\ud83d', 'b']), ['\ufffd', 'a', '\ufffdb']);
  },
};

export const anEncoderWaitsForItsReader = {
  async test() {
    const { readable, writable } = new TextEncoderStream();
    const writer = writable.getWriter();
    strictEqual(writer.desiredSize, 1);
    let done = false;
    const written = writer.write('a').then(() => {
      done = true;
    });
    await scheduler.wait(2);
    strictEqual(done, false);
    strictEqual(writer.desiredSize, 0);
    strictEqual((await readable.getReader().read()).value.byteLength, 1);
    await written;
  },
};

export const theyAreTransforms = {
  test() {
    ok(new TextEncoderStream() instanceof TransformStream);
    ok(new TextDecoderStream() instanceof TransformStream);
    strictEqual(new TextEncoderStream().encoding, 'utf-8');
    strictEqual(Object.prototype.toString.call(new TextEncoderStream()), '[object TextEncoderStream]');
  },
};
