// TransformStreams of scripts: the standard's, in production's words.
import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert';

const boom = { name: 'RangeError', message: 'boom' };
const fail = () => {
  throw new RangeError('boom');
};

export const withoutATransformerItPassesAnything = {
  async test() {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const value = { any: 'thing' };
    const written = writer.write(value);
    strictEqual((await readable.getReader().read()).value, value);
    await written;
  },
};

export const chunksAreTransformed = {
  async test() {
    const upper = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.toUpperCase());
      },
      flush(controller) {
        controller.enqueue('!');
      },
    });
    const got = [];
    for await (const chunk of ReadableStream.from(['a', 'b']).pipeThrough(upper)) got.push(chunk);
    deepStrictEqual(got, ['A', 'B', '!']);
  },
};

export const aTransformThatThrowsFailsBothEnds = {
  async test() {
    const { readable, writable } = new TransformStream({ transform: fail });
    const writer = writable.getWriter();
    const written = rejects(writer.write(1), boom);
    await rejects(readable.getReader().read(), boom);
    await written;
    await rejects(writer.closed, boom);
  },
};

export const aFlushThatThrowsFailsBothEnds = {
  async test() {
    const { readable, writable } = new TransformStream({ flush: fail });
    const closed = rejects(writable.getWriter().close(), boom);
    await rejects(readable.getReader().read(), boom);
    await closed;
  },
};

export const aStartThatThrowsFailsBothEnds = {
  async test() {
    const { readable, writable } = new TransformStream({ start: fail });
    await rejects(readable.getReader().read(), boom);
    await rejects(writable.getWriter().write(1), boom);
  },
};

export const terminateEndsIt = {
  async test() {
    let thrown;
    const { readable, writable } = new TransformStream({
      transform(_, controller) {
        controller.terminate();
        try {
          controller.enqueue(1);
        } catch (error) {
          thrown = error;
        }
      },
    });
    const writer = writable.getWriter();
    const written = writer.write('x');
    strictEqual((await readable.getReader().read()).done, true);
    await written;
    strictEqual(thrown.message, 'The readable side of this TransformStream is no longer readable.');
    const expected = { name: 'TypeError', message: 'The transform stream has been terminated' };
    await rejects(writer.closed, expected);
    await rejects(writer.write(1), expected);
  },
};

export const aCancelIsToldTheTransformer = {
  async test() {
    let reason;
    const { readable, writable } = new TransformStream({ cancel: (given) => void (reason = given) });
    const writer = writable.getWriter();
    await readable.cancel('enough');
    strictEqual(reason, 'enough');
    await writer.closed.then(() => throws(() => {}), (error) => strictEqual(error, 'enough'));
  },
};

export const anAbortIsToldTheTransformer = {
  async test() {
    let reason;
    const { readable, writable } = new TransformStream({ cancel: (given) => void (reason = given) });
    await writable.getWriter().abort(new RangeError('boom'));
    strictEqual(reason.message, 'boom');
    await rejects(readable.getReader().read(), boom);
  },
};

export const itWaitsForItsReader = {
  async test() {
    const log = [];
    const { readable, writable } = new TransformStream({
      transform(chunk, controller) {
        log.push(chunk);
        controller.enqueue(chunk);
      },
    });
    const writer = writable.getWriter();
    writer.write(1);
    writer.write(2);
    await scheduler.wait(1);
    deepStrictEqual(log, []);
    const reader = readable.getReader();
    strictEqual((await reader.read()).value, 1);
    strictEqual((await reader.read()).value, 2);
    deepStrictEqual(log, [1, 2]);
  },
};

export const sizesAreTold = {
  test() {
    let controller;
    const { writable } = new TransformStream({
      start(given) {
        controller = given;
      },
    });
    strictEqual(controller.desiredSize, 0);
    strictEqual(writable.getWriter().desiredSize, 1);
  },
};

export const argumentsAreChecked = {
  test() {
    throws(() => new TransformStream(5), {
      name: 'TypeError',
      message: "Failed to construct 'TransformStream': constructor parameter 1 is not of type 'Transformer'.",
    });
    throws(() => new TransformStream({ readableType: 'bytes' }), {
      name: 'TypeError',
      message: 'transformer.readableType must be undefined.',
    });
    throws(() => new TransformStream({ writableType: 'bytes' }), {
      name: 'TypeError',
      message: 'transformer.writableType must be undefined.',
    });
  },
};
