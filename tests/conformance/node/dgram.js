// node:dgram: sockets that go nowhere.
import assert from "node:assert";
import dgram, { createSocket, Socket } from "node:dgram";
import { EventEmitter } from "node:events";

export const aSocketCanBeMade = {
  test() {
    for (const socket of [createSocket("udp4"), createSocket({ type: "udp6" }, () => {}), new Socket("udp4")]) {
      assert.ok(socket instanceof Socket && socket instanceof EventEmitter);
      assert.strictEqual(socket.constructor, Socket);
    }
    assert.deepStrictEqual(Object.keys(dgram), ["createSocket", "Socket"]);
  },
};

export const argumentsAreChecked = {
  test() {
    const code = "ERR_INVALID_ARG_TYPE";
    assert.throws(() => createSocket(), {
      code,
      message: 'The "type" argument must be of type object. Received undefined',
    });
    assert.throws(() => createSocket("udp4", 1), {
      code,
      message: 'The "callback" argument must be of type function. Received type number (1)',
    });
  },
};

export const methodsDoNothing = {
  async test() {
    const socket = createSocket("udp4");
    let heard = 0;
    socket.on("listening", () => heard++);
    assert.strictEqual(socket.bind(1234), socket);
    assert.strictEqual(socket.connect(1234), undefined);
    assert.strictEqual(socket.send("x", 1234), undefined);
    assert.deepStrictEqual([socket.address(), socket.remoteAddress()], [{}, {}]);
    assert.deepStrictEqual([socket.getRecvBufferSize(), socket.getSendBufferSize()], [0, 0]);
    assert.deepStrictEqual([socket.getSendQueueSize(), socket.getSendQueueCount()], [0, 0]);
    assert.strictEqual(socket.setTTL(1), undefined);
    assert.strictEqual(socket.addMembership("224.0.0.1"), undefined);
    assert.strictEqual(socket.unref(), socket);
    assert.strictEqual(socket.ref(), socket);
    assert.strictEqual(socket.close(), socket);
    assert.strictEqual(await socket[Symbol.asyncDispose](), undefined);
    assert.strictEqual(heard, 0);
  },
};
