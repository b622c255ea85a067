// process.stdin, stdout and stderr.
import assert from "node:assert";
import process, { stdout } from "node:process";
import { EventEmitter } from "node:events";
import { Readable, Writable } from "node:stream";

const soon = () => new Promise((resolve) => setTimeout(resolve, 1));

export const theyAreStreams = {
  test() {
    assert.strictEqual(stdout, process.stdout);
    for (const stream of [process.stdout, process.stderr]) {
      assert.ok(stream instanceof Writable && stream instanceof EventEmitter && !(stream instanceof Readable));
      assert.strictEqual(stream.writable, true);
      assert.strictEqual(stream.readable, false);
      assert.strictEqual(stream.isTTY, undefined);
      assert.strictEqual(stream.columns, undefined);
      assert.strictEqual(stream._type, "fs");
      assert.strictEqual(stream._isStdio, true);
      assert.strictEqual(stream.constructor.name, "SyncWriteStream");
    }
    assert.deepStrictEqual([process.stdin.fd, process.stdout.fd, process.stderr.fd], [0, 1, 2]);
    assert.ok(process.stdin instanceof Readable && !(process.stdin instanceof Writable));
  },
};

export const writing = {
  async test() {
    const seen = [];
    assert.strictEqual(process.stdout.write("a line\n"), true);
    assert.strictEqual(process.stdout.write("6869", "hex"), true);
    process.stdout.write(new Uint8Array([33]), (...args) => seen.push(args));
    assert.deepStrictEqual(seen, []);
    await soon();
    assert.deepStrictEqual(seen, [[undefined]]);
    assert.throws(() => process.stdout.write(5), {
      code: "ERR_INVALID_ARG_TYPE",
      message:
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
        "Received type number (5)",
    });
    assert.throws(() => process.stdout.write(null), { code: "ERR_STREAM_NULL_VALUES" });
  },
};

export const pipingToIt = {
  async test() {
    const source = Readable.from([Buffer.from("piped "), Buffer.from("twice\n")]);
    assert.strictEqual(source.pipe(process.stderr, { end: false }), process.stderr);
    await new Promise((resolve) => source.on("end", resolve));
    assert.strictEqual(process.stderr.writableEnded, false);
  },
};

export const nothingToRead = {
  async test() {
    assert.strictEqual(process.stdin.read(), null);
    for await (const _ of process.stdin) assert.fail("there is nothing");
    assert.strictEqual(process.stdin.readableEnded, true);
  },
};
