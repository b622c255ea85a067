// FixedLengthStream: a pipe for bytes of which there must be as many as was promised.
import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert';

const encoder = new TextEncoder();
const TOO_MANY = { name: 'TypeError', message: 'Attempt to write too many bytes through a FixedLengthStream.' };
const TOO_FEW = { name: 'TypeError', message: 'FixedLengthStream did not see all expected bytes before close().' };

export const theRightLengthPasses = {
  async test() {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('he')), writer.write(encoder.encode('llo')), writer.close()]);
    strictEqual(await new Response(readable).text(), 'hello');
    await all;
  },
};

export const noBytesAreALength = {
  async test() {
    const { readable, writable } = new FixedLengthStream(0);
    const closed = writable.close();
    strictEqual((await readable.getReader().read()).done, true);
    await closed;
  },
};

export const tooManyBytesFailTheReader = {
  async test() {
    const { readable, writable } = new FixedLengthStream(2);
    const writer = writable.getWriter();
    const reader = readable.getReader();
    const written = writer.write(encoder.encode('hello'));
    await rejects(reader.read(), TOO_MANY);
    await written;
    await rejects(reader.closed, TOO_MANY);
    await rejects(writer.write(encoder.encode('x')), TOO_MANY);
    await rejects(writer.closed, TOO_MANY);
  },
};

export const tooFewBytesFailTheReader = {
  async test() {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    const reader = readable.getReader();
    const all = Promise.all([writer.write(encoder.encode('he')), writer.close()]);
    strictEqual((await reader.read()).value.byteLength, 2);
    await rejects(reader.read(), TOO_FEW);
    await rejects(reader.closed, TOO_FEW);
    await all;
  },
};

export const aBodyThatIsTooShortFails = {
  async test() {
    const { readable, writable } = new FixedLengthStream(5);
    const writer = writable.getWriter();
    writer.write(encoder.encode('abc')).catch(() => {});
    writer.close().catch(() => {});
    await rejects(new Response(readable).arrayBuffer(), TOO_FEW);
  },
};

export const theHighWaterMarkIsNeverMoreThanTheLength = {
  test() {
    strictEqual(new FixedLengthStream(5, { highWaterMark: 100 }).writable.getWriter().desiredSize, 5);
    strictEqual(new FixedLengthStream(5, { highWaterMark: 3 }).writable.getWriter().desiredSize, 3);
    strictEqual(new FixedLengthStream(5).writable.getWriter().desiredSize, 1);
  },
};

export const lengthsAreWholeNumbers = {
  async test() {
    const { readable, writable } = new FixedLengthStream('3');
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('abc')), writer.close()]);
    strictEqual((await new Response(readable).arrayBuffer()).byteLength, 3);
    await all;
    new FixedLengthStream(10n);
    new FixedLengthStream(1.5);
    new FixedLengthStream(Number.MAX_SAFE_INTEGER);
  },
};

export const whatIsNoLengthIsRefused = {
  test() {
    const negative = /^The value cannot be converted because it is negative and this API expects a positive bigint\.$/;
    throws(() => new FixedLengthStream(-1), { name: 'TypeError', message: negative });
    const noInteger = 'The value cannot be converted because it is not an integer.';
    throws(() => new FixedLengthStream(NaN), { name: 'TypeError', message: noInteger });
    throws(() => new FixedLengthStream('abc'), { name: 'TypeError', message: noInteger });
    throws(() => new FixedLengthStream(Infinity), { name: 'TypeError', message: noInteger });
    const tooLarge = 'FixedLengthStream requires an integer expected length less than 2^53.';
    throws(() => new FixedLengthStream(2 ** 53), { name: 'TypeError', message: tooLarge });
    throws(() => new FixedLengthStream(2n ** 60n), { name: 'TypeError', message: tooLarge });
    throws(() => new FixedLengthStream(), {
      name: 'TypeError',
      message: "Failed to construct 'FixedLengthStream': constructor parameter 1 is not of type 'bigint'.",
    });
  },
};

export const bothBranchesKeepTheLength = {
  async test() {
    const { readable, writable } = new FixedLengthStream(3);
    const [left, right] = readable.tee();
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('abc')), writer.close()]);
    strictEqual(await new Response(left).text(), 'abc');
    strictEqual(await new Response(right).text(), 'abc');
    await all;
  },
};
