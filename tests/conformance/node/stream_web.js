// node:stream and the web's streams.
import assert from "node:assert";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import web, { ReadableStream as WebReadable } from "node:stream/web";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));
const text = (bytes) => new TextDecoder().decode(bytes);

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export const theModuleHasTheGlobals = {
  test() {
    assert.strictEqual(WebReadable, ReadableStream);
    for (const name of Object.keys(web)) assert.strictEqual(web[name], globalThis[name], name);
  },
};

export const readableToWeb = {
  async test() {
    const stream = Readable.toWeb(Readable.from([Buffer.from("ab"), Buffer.from("c")], { objectMode: false }));
    assert.ok(stream instanceof ReadableStream);
    assert.strictEqual(await new Response(stream).text(), "abc");
  },
};

export const readableToWebKeepsObjects = {
  async test() {
    assert.deepStrictEqual(await collect(Readable.toWeb(Readable.from([{ a: 1 }, "b"]))), [{ a: 1 }, "b"]);
  },
};

export const readableToWebFails = {
  async test() {
    const failing = new Readable({ read() {} });
    const stream = Readable.toWeb(failing);
    setTimeout(() => failing.destroy(new Error("mine")), 1);
    await assert.rejects(stream.getReader().read(), { message: "mine" });
    const closed = new Readable({ read() {} });
    const other = Readable.toWeb(closed);
    setTimeout(() => closed.destroy(), 1);
    await assert.rejects(other.getReader().read(), (error) => {
      assert.strictEqual(error.name, "AbortError");
      assert.strictEqual(error.cause.code, "ERR_STREAM_PREMATURE_CLOSE");
      return true;
    });
  },
};

export const readableToWebOfWhatIsOver = {
  async test() {
    const over = new Readable({ read() {} });
    over.destroy();
    const { done } = await Readable.toWeb(over).getReader().read();
    assert.strictEqual(done, true);
    assert.throws(() => Readable.toWeb({}), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "streamReadable" argument must be an stream.Readable. Received an instance of Object',
    });
  },
};

export const readableToWebHoldsBack = {
  async test() {
    let pushed = 0;
    const source = new Readable({
      highWaterMark: 4,
      read() {
        this.push(++pushed > 50 ? null : "abcd");
      },
    });
    const stream = Readable.toWeb(source);
    await soon();
    assert.ok(pushed < 10, `pushed ${pushed}`);
    assert.strictEqual((await new Response(stream).text()).length, 200);
  },
};

export const readableFromWeb = {
  async test() {
    const stream = Readable.fromWeb(new Response("hello").body);
    assert.ok(stream instanceof Readable);
    const chunks = await collect(stream);
    assert.ok(chunks.every((chunk) => Buffer.isBuffer(chunk)));
    assert.strictEqual(Buffer.concat(chunks).toString(), "hello");
  },
};

export const readableFromWebOptions = {
  async test() {
    assert.deepStrictEqual(await collect(Readable.fromWeb(new Response("hi").body, { encoding: "hex" })), ["6869"]);
    const objects = new ReadableStream({
      start(controller) {
        controller.enqueue({ a: 1 });
        controller.close();
      },
    });
    assert.deepStrictEqual(await collect(Readable.fromWeb(objects, { objectMode: true })), [{ a: 1 }]);
    assert.throws(() => Readable.fromWeb(new ReadableStream(), { encoding: "nope" }), {
      code: "ERR_INVALID_ARG_VALUE",
      message: "The property 'options.encoding' is invalid. Received 'nope'",
    });
    assert.throws(() => Readable.fromWeb(new ReadableStream(), { objectMode: 5 }), {
      message: 'The "options.objectMode" property must be of type boolean. Received type number (5)',
    });
    assert.throws(() => Readable.fromWeb({}), {
      message: 'The "readableStream" argument must be an instance of ReadableStream. Received an instance of Object',
    });
  },
};

export const readableFromWebThatFails = {
  async test() {
    const failing = new ReadableStream({
      start(controller) {
        controller.error(new Error("mine"));
      },
    });
    await assert.rejects(collect(Readable.fromWeb(failing)), { message: "mine" });
    const locked = new ReadableStream();
    locked.getReader();
    assert.throws(() => Readable.fromWeb(locked), { name: "TypeError" });
  },
};

export const destroyCancelsTheWebStream = {
  async test() {
    let reason;
    const stream = Readable.fromWeb(
      new ReadableStream({
        cancel(given) {
          reason = given;
        },
      }),
    );
    stream.on("error", () => {});
    const error = new Error("mine");
    stream.destroy(error);
    await new Promise((resolve) => stream.on("close", resolve));
    assert.strictEqual(reason, error);
  },
};

export const readableFromIteratesWebStreams = {
  async test() {
    const [chunk] = await collect(Readable.from(new Response("abc").body));
    assert.strictEqual(chunk.constructor, Uint8Array);
    assert.strictEqual(text(chunk), "abc");
  },
};

export const writableFromWeb = {
  async test() {
    const written = [];
    const stream = Writable.fromWeb(
      new WritableStream({
        write(chunk) {
          written.push(text(chunk));
        },
        close() {
          written.push("closed");
        },
      }),
    );
    stream.write("a");
    await soon();
    stream.end(Buffer.from("b"));
    await finished(stream);
    assert.deepStrictEqual(written, ["a", "b", "closed"]);
  },
};

export const writableFromWebOptions = {
  async test() {
    for (const [options, chunk] of [[{ objectMode: true }, { a: 1 }], [{ decodeStrings: false }, "x"]]) {
      const written = [];
      const stream = Writable.fromWeb(new WritableStream({ write: (given) => void written.push(given) }), options);
      stream.end(chunk);
      await finished(stream);
      assert.deepStrictEqual(written, [chunk]);
    }
    assert.throws(() => Writable.fromWeb({}), {
      message: 'The "writableStream" argument must be an instance of WritableStream. Received an instance of Object',
    });
    assert.throws(() => Writable.fromWeb(new WritableStream(), { decodeStrings: 1 }), {
      message: 'The "options.decodeStrings" property must be of type boolean. Received type number (1)',
    });
  },
};

export const writableFromWebThatFails = {
  async test() {
    const stream = Writable.fromWeb(
      new WritableStream({
        write() {
          throw new Error("mine");
        },
      }),
    );
    stream.write("a");
    await assert.rejects(finished(stream), { message: "mine" });
  },
};

export const writableFromAnIdentityStream = {
  async test() {
    const { readable, writable } = new IdentityTransformStream();
    const read = new Response(readable).text();
    const stream = Writable.fromWeb(writable);
    stream.end("abcd");
    assert.strictEqual(await read, "abcd");
  },
};

export const writableToWebChecksItsArgument = {
  async test() {
    assert.throws(() => Writable.toWeb({}), {
      message: 'The "streamWritable" argument must be an stream.Writable. Received an instance of Object',
    });
    const over = new Writable({ write() {} });
    over.destroy();
    assert.strictEqual(await Writable.toWeb(over).getWriter().closed, undefined);
  },
};

export const duplexToWeb = {
  async test() {
    const pair = Duplex.toWeb(new PassThrough());
    assert.deepStrictEqual(Object.keys(pair).sort(), ["readable", "writable"]);
    pair.writable.getWriter().write(Buffer.from("x"));
    const { value } = await pair.readable.getReader().read();
    assert.strictEqual(text(value), "x");
    assert.throws(() => Duplex.toWeb({}), {
      message: 'The "duplex" argument must be an stream.Duplex. Received an instance of Object',
    });
  },
};

export const duplexFromWeb = {
  async test() {
    const duplex = Duplex.fromWeb(new TransformStream());
    duplex.end("x");
    assert.deepStrictEqual((await collect(duplex)).map(String), ["x"]);
    assert.throws(() => Duplex.fromWeb({}), {
      message: 'The "pair.readable" property must be an instance of ReadableStream. Received undefined',
    });
    assert.throws(() => Duplex.fromWeb(5), {
      message: 'The "pair" argument must be of type object. Received type number (5)',
    });
  },
};

export const pipelineFromTheWeb = {
  async test() {
    const written = [];
    await pipeline(
      new Response("abc").body,
      new Writable({
        write(chunk, _encoding, callback) {
          written.push(String(chunk));
          callback();
        },
      }),
    );
    assert.strictEqual(written.join(""), "abc");
  },
};

export const bodyOfAResponse = {
  async test() {
    const response = new Response(Readable.toWeb(Readable.from(["x"].map((part) => Buffer.from(part)))));
    assert.strictEqual(await response.text(), "x");
  },
};
