// Decompression before strict_compression_checks: nobody minds what is missing or too much.
import { strictEqual } from 'node:assert';

const through = (bytes, transform) => new Response(new Response(bytes).body.pipeThrough(transform));
const packed = async (format) => new Uint8Array(await through('hello', new CompressionStream(format)).arrayBuffer());

export const whatFollowsTheEndIsIgnored = {
  async test() {
    for (const format of ['gzip', 'deflate', 'deflate-raw']) {
      const once = await packed(format);
      const twice = new Uint8Array(once.byteLength * 2);
      twice.set(once);
      twice.set(once, once.byteLength);
      strictEqual(await through(twice, new DecompressionStream(format)).text(), 'hello');
    }
  },
};

export const aMissingEndIsIgnored = {
  async test() {
    for (const format of ['gzip', 'deflate']) {
      const { readable, writable } = new DecompressionStream(format);
      const writer = writable.getWriter();
      await writer.write((await packed(format)).slice(0, -4));
      await writer.close();
      strictEqual(await new Response(readable).text(), 'hello');
    }
  },
};
