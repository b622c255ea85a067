// node:tty: there is no terminal.
import assert from "node:assert";
import { Socket } from "node:net";
import tty, { ReadStream, WriteStream } from "node:tty";

export const nothingIsATerminal = {
  test() {
    for (const fd of [0, 1, 2, undefined, "x"]) assert.strictEqual(tty.isatty(fd), false);
  },
};

export const streamsToRead = {
  test() {
    const stream = new ReadStream(0);
    assert(stream instanceof Socket);
    assert.strictEqual(stream.fd, 0);
    assert.strictEqual(stream.isTTY, false);
    assert.strictEqual(stream.isRaw, false);
    assert.strictEqual(stream.setRawMode(true), stream);
    assert.strictEqual(stream.isRaw, true);
  },
};

export const streamsToWrite = {
  test() {
    const stream = new WriteStream(1);
    assert(stream instanceof Socket);
    assert.strictEqual(stream.isTTY, true);
    assert.strictEqual(stream.columns, 0);
    assert.strictEqual(stream.rows, 0);
    assert.deepStrictEqual(stream.getWindowSize(), [0, 0]);
    assert.strictEqual(stream.getColorDepth(), 8);
    assert.strictEqual(stream.hasColors(256), false);
    assert.strictEqual(stream.cursorTo(1, 2), false);
    assert.strictEqual(stream.moveCursor(1, 2), false);
    assert.strictEqual(stream.clearLine(0), false);
    assert.strictEqual(stream.clearScreenDown(), false);
  },
};
