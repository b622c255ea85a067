// Pipes between the platform's byte streams and those of scripts.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOfAScriptGoIntoAByteStream = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue(encoder.encode('a'));
        controller.enqueue('b');
        controller.enqueue(new Uint16Array([0x6463]));
        controller.enqueue(encoder.encode('e').buffer);
        controller.close();
      },
    });
    const piped = source.pipeTo(writable);
    strictEqual(await new Response(readable).text(), 'abcde');
    strictEqual(await piped, undefined);
    strictEqual(source.locked, false);
  },
};

export const aByteStreamGoesIntoASink = {
  async test() {
    const got = [];
    const { readable, writable } = new IdentityTransformStream();
    const piped = readable.pipeTo(new WritableStream({
      write: (chunk) => void got.push(decoder.decode(chunk)),
      close: () => void got.push('close'),
    }));
    const writer = writable.getWriter();
    await writer.write('x');
    await writer.write('y');
    await writer.close();
    await piped;
    deepStrictEqual(got, ['x', 'y', 'close']);
  },
};

export const aBodyGoesThroughAnIdentity = {
  async test() {
    const through = new Response('hello').body.pipeThrough(new IdentityTransformStream());
    strictEqual(await new Response(through).text(), 'hello');
  },
};

export const identitiesAreNotPipedIntoEachOther = {
  async test() {
    const first = new IdentityTransformStream();
    const second = new IdentityTransformStream();
    await rejects(first.readable.pipeTo(second.writable), {
      name: 'TypeError',
      message: 'Inter-TransformStream ReadableStream.pipeTo() is not implemented.',
    });
    const [branch] = new IdentityTransformStream().readable.tee();
    await rejects(branch.pipeTo(new IdentityTransformStream().writable), /Inter-TransformStream/);
  },
};

export const whatIsNoBytesFailsTheByteStream = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const source = new ReadableStream({ start: (controller) => controller.enqueue(5) });
    source.pipeTo(writable).catch(() => {});
    await rejects(readable.getReader().read(), {
      name: 'TypeError',
      message: 'This WritableStream only supports writing byte types.',
    });
  },
};

export const theFailureOfASourceFailsTheSink = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const source = new ReadableStream({
      pull() {
        throw new RangeError('source');
      },
    });
    const expected = { name: 'RangeError', message: 'source' };
    const read = rejects(readable.getReader().read(), expected);
    await rejects(source.pipeTo(writable), expected);
    await read;
    strictEqual(writable.locked, false);
    await rejects(writable.getWriter().closed, expected);
  },
};

export const theFailureOfASourceNeedNotFailTheSink = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const source = new ReadableStream({ start: (controller) => controller.error(new RangeError('source')) });
    await rejects(source.pipeTo(writable, { preventAbort: true }), { message: 'source' });
    const written = writable.getWriter().write('still here');
    strictEqual(decoder.decode((await readable.getReader().read()).value), 'still here');
    await written;
  },
};

export const theFailureOfASinkCancelsTheSource = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    await readable.cancel(new RangeError('sink'));
    let reason;
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: (given) => void (reason = given),
    });
    await rejects(source.pipeTo(writable), { name: 'RangeError', message: 'sink' });
    strictEqual(reason.message, 'sink');
    strictEqual(source.locked, false);
    strictEqual(writable.locked, false);
  },
};

export const theFailureOfAScriptsSinkFailsTheWriter = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const piped = readable.pipeTo(new WritableStream({
      write() {
        throw new RangeError('sink');
      },
    }));
    await writer.write('x');
    await rejects(piped, { name: 'RangeError', message: 'sink' });
    await rejects(writer.write('y'), { message: 'sink' });
    writer.closed.catch(() => {});
    strictEqual(readable.locked, false);
  },
};

export const anAbortReachesAScriptsSink = {
  async test() {
    let reason;
    const { readable, writable } = new IdentityTransformStream();
    const piped = readable.pipeTo(new WritableStream({ abort: (given) => void (reason = given) }));
    await writable.getWriter().abort(new RangeError('up'));
    await rejects(piped, { name: 'RangeError', message: 'up' });
    strictEqual(reason.message, 'up');
  },
};

export const theEndOfASourceClosesTheSink = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const source = new ReadableStream({ start: (controller) => controller.close() });
    const piped = source.pipeTo(writable);
    strictEqual((await readable.getReader().read()).done, true);
    await piped;
    strictEqual(await writable.getWriter().closed, undefined);
  },
};

export const theEndOfASourceNeedNotCloseTheSink = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const reader = readable.getReader();
    const first = ReadableStream.from([encoder.encode('a')]).pipeTo(writable, { preventClose: true });
    strictEqual(decoder.decode((await reader.read()).value), 'a');
    await first;
    strictEqual(writable.locked, false);
    const second = ReadableStream.from([encoder.encode('b')]).pipeTo(writable);
    strictEqual(decoder.decode((await reader.read()).value), 'b');
    strictEqual((await reader.read()).done, true);
    await second;
  },
};

export const aClosedSinkCancelsTheSource = {
  async test() {
    const { writable } = new IdentityTransformStream();
    await writable.close();
    let reason;
    const source = new ReadableStream({ cancel: (given) => void (reason = given) });
    const expected = { name: 'TypeError', message: 'This destination writable stream is closed.' };
    await rejects(source.pipeTo(writable), expected);
    strictEqual(reason.message, expected.message);
    strictEqual(source.locked, false);
  },
};

export const aPipeLocksBothEnds = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const source = new ReadableStream();
    source.pipeTo(writable).catch(() => {});
    ok(source.locked);
    ok(writable.locked);
    throws(() => source.getReader(), { message: 'This ReadableStream is currently locked to a reader.' });
    throws(() => writable.getWriter(), { message: 'This WritableStream is currently locked to a writer.' });
    await rejects(writable.close(), { message: 'This WritableStream is currently locked to a writer.' });
  },
};

export const anAbortedSignalStartsNothing = {
  async test() {
    const { writable } = new IdentityTransformStream();
    const source = new ReadableStream();
    const signal = AbortSignal.abort(new RangeError('before'));
    await rejects(source.pipeTo(writable, { signal }), { name: 'RangeError', message: 'before' });
    strictEqual(source.locked, false);
    strictEqual(writable.locked, false);
  },
};

export const aSignalEndsThePipe = {
  async test() {
    let aborted;
    const controller = new AbortController();
    const { readable, writable } = new IdentityTransformStream();
    const sink = new WritableStream({ abort: (reason) => void (aborted = reason) });
    const piped = readable.pipeTo(sink, { signal: controller.signal });
    controller.abort(new RangeError('enough'));
    writable.getWriter().write('x').catch(() => {});
    await rejects(piped, { name: 'RangeError', message: 'enough' });
    strictEqual(aborted.message, 'enough');
    strictEqual(readable.locked, false);
  },
};

export const pipeThroughGivesTheOtherEnd = {
  async test() {
    const transform = new TransformStream();
    strictEqual(ReadableStream.from([1]).pipeThrough(transform), transform.readable);
    const { readable, writable } = new IdentityTransformStream();
    strictEqual(new Response('x').body.pipeThrough({ readable, writable }), readable);
    await readable.cancel();
  },
};

export const pipesWantStreams = {
  async test() {
    const source = () => new ReadableStream();
    const expected = {
      name: 'TypeError',
      message: "Failed to execute 'pipeTo' on 'ReadableStream': parameter 1 is not of type 'WritableStream'.",
    };
    await rejects(source().pipeTo(), expected);
    await rejects(source().pipeTo({}), expected);
    await rejects(source().pipeTo(new WritableStream(), 5), {
      message: "Failed to execute 'pipeTo' on 'ReadableStream': parameter 2 is not of type 'PipeToOptions'.",
    });
    await rejects(source().pipeTo(new WritableStream(), { signal: 5 }), {
      message: "Incorrect type for the 'signal' field on 'PipeToOptions': the provided value is not of type 'AbortSignal'.",
    });
    throws(() => source().pipeThrough(), {
      message: "Failed to execute 'pipeThrough' on 'ReadableStream': parameter 1 is not of type 'Transform'.",
    });
    throws(() => source().pipeThrough({}), {
      message: "Incorrect type for the 'readable' field on 'Transform': the provided value is not of type 'ReadableStream'.",
    });
  },
};

export const aChainOfTransformsWorks = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const all = Promise.all([writer.write('hey'), writer.close()]);
    const through = readable.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip'))
      .pipeThrough(new TextDecoderStream());
    let text = '';
    for await (const piece of through) text += piece;
    strictEqual(text, 'hey');
    await all;
  },
};
