// Both branches of a byte stream.
import { rejects, strictEqual, throws } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bothBranchesGetEverything = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    strictEqual(readable.locked, true);
    strictEqual(left.locked, false);
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('hello ')), writer.write(encoder.encode('world')), writer.close()]);
    strictEqual(await new Response(left).text(), 'hello world');
    strictEqual(await new Response(right).text(), 'hello world');
    await all;
  },
};

export const whatIsTeedCannotBeUsed = {
  async test() {
    const { readable } = new IdentityTransformStream();
    readable.tee();
    const locked = { name: 'TypeError', message: 'This ReadableStream is currently locked to a reader.' };
    throws(() => readable.getReader(), locked);
    await rejects(readable.cancel(), locked);
    throws(() => readable.tee(), { message: 'This ReadableStream is currently locked to a reader,' });
  },
};

export const branchesAreByteStreams = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    const written = writable.getWriter().write(encoder.encode('hello'));
    const reader = right.getReader({ mode: 'byob' });
    strictEqual(decoder.decode((await reader.read(new Uint8Array(3))).value), 'hel');
    const other = left.getReader({ mode: 'byob' });
    strictEqual(decoder.decode((await other.readAtLeast(5, new Uint8Array(5))).value), 'hello');
    strictEqual(decoder.decode((await reader.read(new Uint8Array(9))).value), 'lo');
    await written;
  },
};

export const branchesHaveMemoryOfTheirOwn = {
  async test() {
    const [left, right] = new Response('abc').body.tee();
    const { value } = await left.getReader().read();
    value.fill(0);
    strictEqual(await new Response(right).text(), 'abc');
  },
};

export const oneBranchGoesOnWithoutTheOther = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    const writer = writable.getWriter();
    strictEqual(await left.cancel('no interest'), undefined);
    const written = writer.write(encoder.encode('hi'));
    strictEqual(decoder.decode((await right.getReader().read()).value), 'hi');
    await written;
  },
};

export const branchesCanBeTeed = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    const [first, second] = left.tee();
    const writer = writable.getWriter();
    const all = Promise.all([writer.write(encoder.encode('hello')), writer.close()]);
    for (const stream of [first, second, right]) strictEqual(await new Response(stream).text(), 'hello');
    await all;
  },
};

export const bothBranchesEnd = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    const closed = writable.close();
    strictEqual((await left.getReader().read()).done, true);
    strictEqual((await right.getReader().read()).done, true);
    await closed;
  },
};

export const bothBranchesFail = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const [left, right] = readable.tee();
    const read = left.getReader().read();
    writable.abort(new RangeError('bad')).catch(() => {});
    await rejects(read, { name: 'RangeError', message: 'bad' });
    await rejects(right.getReader().read(), { name: 'RangeError', message: 'bad' });
  },
};

export const whatIsOverHasBranchesThatAreOver = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    await writable.close();
    const reader = readable.getReader();
    await reader.read();
    reader.releaseLock();
    for (const branch of readable.tee()) strictEqual((await branch.getReader().read()).done, true);
  },
};

export const whatHasFailedHasBranchesThatHaveFailed = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    await writable.abort(new RangeError('bad'));
    const reader = readable.getReader();
    await rejects(reader.read(), { message: 'bad' });
    reader.releaseLock();
    for (const branch of readable.tee()) await rejects(branch.getReader().read(), { message: 'bad' });
  },
};

export const aBodyIsClonedByItsBranches = {
  async test() {
    const response = new Response('hello');
    const copy = response.clone();
    strictEqual(await response.text(), 'hello');
    strictEqual(await copy.text(), 'hello');
  },
};
