// Bodies that are streams, of scripts and of the platform.
import { deepStrictEqual, rejects, strictEqual } from 'node:assert';

const encoder = new TextEncoder();
const of = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const NOT_BYTES = { name: 'TypeError', message: 'This ReadableStream did not return bytes.' };

export const aBodyIsMadeOfBytes = {
  async test() {
    const stream = () => of(new Uint16Array([0x6161]), encoder.encode('b').buffer, encoder.encode('c'));
    strictEqual(await new Response(stream()).text(), 'aabc');
    strictEqual((await new Response(stream()).arrayBuffer()).byteLength, 4);
    deepStrictEqual([...(await new Response(stream()).bytes())], [0x61, 0x61, 0x62, 0x63]);
  },
};

export const otherChunksFailTheBody = {
  async test() {
    for (const chunk of ['abc', 123, {}, null]) {
      await rejects(new Response(of(chunk)).text(), NOT_BYTES);
      await rejects(new Response(of(chunk)).arrayBuffer(), NOT_BYTES);
    }
  },
};

export const otherChunksCancelTheSource = {
  async test() {
    let reason;
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(5),
      cancel: (given) => void (reason = given),
    });
    await rejects(new Response(stream).text(), NOT_BYTES);
    strictEqual(reason.message, NOT_BYTES.message);
  },
};

export const theFailureOfTheStreamIsTheBodys = {
  async test() {
    const stream = new ReadableStream({ start: (controller) => controller.error(new RangeError('z')) });
    await rejects(new Response(stream).text(), { name: 'RangeError', message: 'z' });
  },
};

export const aBodyIsItsStream = {
  async test() {
    const stream = of(encoder.encode('abc'));
    const response = new Response(stream);
    strictEqual(response.body, stream);
    strictEqual(stream.locked, false);
    strictEqual(await response.text(), 'abc');
    strictEqual(stream.locked, true);
    strictEqual(response.bodyUsed, true);
  },
};

export const aBodyThatWasReadIsLocked = {
  async test() {
    const response = new Response('xyz');
    await response.text();
    strictEqual(response.body.locked, true);
    await rejects(response.body.cancel(), { message: 'This ReadableStream is currently locked to a reader.' });
    await rejects(response.text(), {
      name: 'TypeError',
      message: 'Body has already been used. It can only be used once. Use tee() first if you need to read it twice.',
    });
  },
};

export const aBodyThatWasBegunIsUsed = {
  async test() {
    const response = new Response('xyz');
    const reader = response.body.getReader();
    await reader.read();
    reader.releaseLock();
    strictEqual(response.bodyUsed, true);
    await rejects(response.text(), { message: /^Body has already been used\./ });
  },
};

export const aRequestKeepsItsStream = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const request = new Request('http://example.com/', { method: 'POST', body: readable });
    strictEqual(request.body, readable);
    const writer = writable.getWriter();
    const all = Promise.all([writer.write('hey'), writer.close()]);
    strictEqual(await request.text(), 'hey');
    await all;
  },
};

export const aByteStreamOfAScriptIsABody = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        controller.byobRequest.view[0] = 0x61;
        controller.byobRequest.respond(1);
        controller.close();
      },
    });
    strictEqual(await new Response(stream).text(), 'a');
  },
};

export const aLargeChunkIsABody = {
  async test() {
    const stream = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array(100000).fill(0x61));
        controller.close();
      },
    });
    strictEqual(await new Response(stream).text(), 'a'.repeat(100000));
  },
};

export const bodiesAreCopied = {
  async test() {
    const response = new Response(of(encoder.encode('abc')));
    const copy = response.clone();
    strictEqual(await response.text(), 'abc');
    strictEqual(await copy.text(), 'abc');
  },
};

export const whatIterablesGiveIsABody = {
  async test() {
    const generate = async function* () {
      yield encoder.encode('a');
      yield encoder.encode('b');
    };
    strictEqual(await new Response(ReadableStream.from(generate())).text(), 'ab');
    strictEqual(await new Response(ReadableStream.from(['a', 'b']).pipeThrough(new TextEncoderStream())).text(), 'ab');
  },
};
