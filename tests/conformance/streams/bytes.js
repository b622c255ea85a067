// Byte streams of scripts (`type: 'bytes'`), in production's way.
import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';

const opened = (source = {}) => {
  let controller;
  const stream = new ReadableStream({
    type: 'bytes',
    start(given) {
      controller = given;
    },
    ...source,
  });
  return { stream, controller };
};
const of = (...sizes) =>
  new ReadableStream({
    type: 'bytes',
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size));
      controller.close();
    },
  });
const length = async (read) => (await read).value?.byteLength;

export const chunksThatWaitAreJoined = {
  async test() {
    const reader = of(3, 3, 3).getReader();
    strictEqual(await length(reader.read()), 9);
    strictEqual((await reader.read()).done, true);
  },
};

export const aReadGetsFourKilobytesAtMost = {
  async test() {
    const reader = of(10000).getReader();
    strictEqual(await length(reader.read()), 4096);
    strictEqual(await length(reader.read()), 4096);
    strictEqual(await length(reader.read()), 1808);
    strictEqual((await reader.read()).done, true);
  },
};

export const readsThatWaitShareALargeChunk = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader();
    const reads = [reader.read(), reader.read()];
    controller.enqueue(new Uint8Array(10000));
    deepStrictEqual(await Promise.all(reads.map(length)), [4096, 4096]);
    strictEqual(await length(reader.read()), 1808);
  },
};

export const readsThatWaitGetAChunkEach = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader();
    const reads = [reader.read(), reader.read()];
    controller.enqueue(new Uint8Array(5));
    controller.enqueue(new Uint8Array(6));
    deepStrictEqual(await Promise.all(reads.map(length)), [5, 6]);
  },
};

export const everyReadHasARequest = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const { byobRequest } = controller;
        strictEqual(byobRequest.view.byteLength, 4096);
        strictEqual(byobRequest.atLeast, 1);
        byobRequest.respond(5);
      },
    });
    strictEqual(await length(stream.getReader().read()), 5);
  },
};

export const theSizeOfTheRequestCanBeChosen = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      autoAllocateChunkSize: 10,
      pull(controller) {
        strictEqual(controller.byobRequest.view.byteLength, 10);
        controller.byobRequest.respond(5);
      },
    });
    strictEqual(await length(stream.getReader().read()), 5);
    throws(() => new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 }), {
      name: 'TypeError',
      message: 'The autoAllocateChunkSize option cannot be zero.',
    });
  },
};

export const aRequestSaysHowMuchItWants = {
  async test() {
    const wanted = [];
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const { byobRequest } = controller;
        wanted.push([byobRequest.atLeast, byobRequest.view.byteLength]);
        byobRequest.respond(2);
        strictEqual(byobRequest.atLeast, null);
        strictEqual(byobRequest.view, null);
      },
    });
    strictEqual(await length(stream.getReader({ mode: 'byob' }).readAtLeast(2, new Uint8Array(8))), 2);
    deepStrictEqual(wanted, [[2, 8]]);
  },
};

export const requestsGoOnUntilThereIsEnough = {
  async test() {
    const wanted = [];
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const { byobRequest } = controller;
        wanted.push([byobRequest.atLeast, byobRequest.view.byteLength, byobRequest.view.byteOffset]);
        byobRequest.respond(2);
      },
    });
    strictEqual(await length(stream.getReader({ mode: 'byob' }).readAtLeast(5, new Uint8Array(8))), 6);
    deepStrictEqual(wanted, [[5, 8, 0], [3, 6, 2], [1, 4, 4]]);
  },
};

export const aRequestIsAnsweredOnce = {
  async test() {
    let thrown;
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const { byobRequest } = controller;
        byobRequest.respond(1);
        try {
          byobRequest.respond(1);
        } catch (error) {
          thrown = error;
        }
      },
    });
    strictEqual(await length(stream.getReader({ mode: 'byob' }).read(new Uint8Array(4))), 1);
    strictEqual(thrown.message, 'This ReadableStreamBYOBRequest has been invalidated.');
  },
};

export const answersAreChecked = {
  async test() {
    const failure = (answer) => {
      const stream = new ReadableStream({ type: 'bytes', pull: (controller) => answer(controller.byobRequest) });
      return stream.getReader({ mode: 'byob' }).read(new Uint8Array(4)).then(() => undefined, (error) => error);
    };
    const zero = 'The bytesWritten must be more than zero while the stream is open.';
    strictEqual((await failure((request) => request.respond(0))).message, zero);
    strictEqual((await failure((request) => request.respond(-1))).message, zero);
    const tooMany = await failure((request) => request.respond(10));
    strictEqual(tooMany.name, 'RangeError');
    strictEqual(tooMany.message, 'Too many bytes [10] in response to a BYOB read request.');
    const other = await failure((request) => request.respondWithNewView(new Uint8Array(2)));
    strictEqual(other.name, 'RangeError');
    strictEqual(other.message, 'The underlying ArrayBuffer is not the correct length.');
    strictEqual(
      (await failure((request) => request.respondWithNewView(new Uint8Array(0)))).message,
      'The view byte length must be more than zero while the stream is open.',
    );
    strictEqual(
      (await failure((request) => request.respond())).message,
      "Failed to execute 'respond' on 'ReadableStreamBYOBRequest': parameter 1 is not of type 'integer'.",
    );
  },
};

export const aRequestTakesAViewOfItsBuffer = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      pull({ byobRequest }) {
        byobRequest.respondWithNewView(new Uint8Array(byobRequest.view.buffer, 0, 2));
      },
    });
    strictEqual(await length(stream.getReader({ mode: 'byob' }).read(new Uint8Array(4))), 2);
  },
};

export const theEndAnswersReadsIntoBuffers = {
  async test() {
    const stream = new ReadableStream({ type: 'bytes', pull: (controller) => controller.close() });
    const reader = stream.getReader({ mode: 'byob' });
    const { value, done } = await reader.read(new Uint8Array(4));
    strictEqual(done, true);
    strictEqual(value.byteLength, 0);
    strictEqual(value.buffer.byteLength, 4);
    ok((await reader.read(new Uint32Array(4))).value instanceof Uint32Array);
  },
};

export const theEndMayBeAnswered = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        controller.close();
        controller.byobRequest.respond(0);
      },
    });
    strictEqual((await stream.getReader({ mode: 'byob' }).read(new Uint8Array(4))).done, true);
  },
};

export const aCancelGivesTheBufferBack = {
  async test() {
    const reader = opened().stream.getReader({ mode: 'byob' });
    const read = reader.read(new Uint8Array(3));
    await reader.cancel();
    const { value, done } = await read;
    strictEqual(done, true);
    strictEqual(value.byteLength, 0);
    strictEqual(value.buffer.byteLength, 3);
  },
};

export const viewsKeepTheirType = {
  async test() {
    const { stream, controller } = opened();
    const read = stream.getReader({ mode: 'byob' }).read(new Float64Array(2));
    controller.enqueue(new Uint8Array(8));
    const { value } = await read;
    ok(value instanceof Float64Array);
    strictEqual(value.length, 1);
  },
};

export const lessThanTheLeastIsGivenAtTheEnd = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array(5));
        controller.close();
      },
    });
    const reader = stream.getReader({ mode: 'byob' });
    strictEqual(await length(reader.readAtLeast(4, new Uint8Array(4))), 4);
    const last = await reader.readAtLeast(4, new Uint8Array(4));
    strictEqual(last.value.byteLength, 1);
    strictEqual(last.done, false);
    strictEqual((await reader.read(new Uint8Array(4))).done, true);
  },
};

export const whatIsEnqueuedIsChecked = {
  test() {
    const text = "Failed to execute 'enqueue' on 'ReadableByteStreamController': parameter 1 is not of type 'BufferSource'.";
    const { controller } = opened();
    throws(() => controller.enqueue('x'), { name: 'TypeError', message: text });
    throws(() => controller.enqueue(), { name: 'TypeError', message: text });
    throws(() => controller.enqueue(new Uint8Array(0)), {
      name: 'TypeError',
      message: 'Cannot enqueue a zero-length ArrayBuffer.',
    });
    controller.enqueue(new ArrayBuffer(3));
    controller.close();
    throws(() => controller.enqueue(new Uint8Array(1)), { message: 'This ReadableByteStreamController is closed.' });
    throws(() => controller.close(), { message: 'This ReadableStream is closed.' });
  },
};

export const whatIsEnqueuedIsTakenAway = {
  async test() {
    const { stream, controller } = opened();
    const chunk = new Uint8Array([1, 2, 3]);
    controller.enqueue(chunk);
    strictEqual(chunk.byteLength, 0);
    deepStrictEqual([...(await stream.getReader().read()).value], [1, 2, 3]);
  },
};

export const sizesAreTold = {
  test() {
    const { controller } = opened();
    strictEqual(controller.desiredSize, 0);
    controller.enqueue(new Uint8Array(3));
    strictEqual(controller.desiredSize, -3);
    strictEqual(controller.byobRequest, null);
    controller.error('x');
    strictEqual(controller.desiredSize, null);
  },
};

export const branchesHaveMemoryOfTheirOwn = {
  async test() {
    const { stream, controller } = opened();
    const [left, right] = stream.tee();
    controller.enqueue(new Uint8Array([1, 2]));
    const first = (await left.getReader().read()).value;
    first.fill(9);
    deepStrictEqual([...(await right.getReader({ mode: 'byob' }).read(new Uint8Array(2))).value], [1, 2]);
  },
};

export const aReleaseFailsTheReadThatWaits = {
  async test() {
    const { stream, controller } = opened();
    const reader = stream.getReader({ mode: 'byob' });
    const read = reader.read(new Uint8Array(4));
    reader.releaseLock();
    await rejects(read, { name: 'TypeError', message: 'This ReadableStream reader has been released.' });
    const next = stream.getReader();
    controller.enqueue(new Uint8Array(2));
    strictEqual(await length(next.read()), 2);
  },
};
