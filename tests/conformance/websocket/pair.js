// WebSocketPair and its two ends: states, messages, and what is refused.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const throws = (fn, message, name = "TypeError") => assert.throws(fn, { name, message });
const UNACCEPTED = "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";

/** Sockets that are open, which would keep a test from ending. */
let open = [];

/** Two ends, accepted unless a test does that itself. */
function pair(accepted = true) {
  const { 0: left, 1: right } = new WebSocketPair();
  if (accepted) {
    left.accept();
    right.accept();
  }
  open.push(left, right);
  return [left, right];
}

/** A test after which all its sockets are closed. */
const withSockets = (run) => ({
  async test(...args) {
    open = [];
    try {
      await run(...args);
    } finally {
      for (const socket of open) if (socket.readyState !== WebSocket.CLOSED) socket.accept();
      for (const socket of open) socket.close(1000);
    }
  },
});

const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

export const aPairHasTwoEnds = {
  test() {
    const sockets = new WebSocketPair();
    assert.deepStrictEqual(Object.keys(sockets), ["0", "1"]);
    assert.strictEqual(sockets[0] instanceof WebSocket, true);
    assert.strictEqual(sockets[0], sockets[0]);
    const [first, second] = sockets;
    assert.deepStrictEqual([first === sockets[0], second === sockets[1]], [true, true]);
    assert.throws(() => { "use strict"; sockets[0] = null; }, { name: "TypeError" });
  },
};

export const aNewEnd = {
  test() {
    const [end] = new WebSocketPair();
    assert.deepStrictEqual([end.readyState, end.url, end.protocol, end.extensions], [WebSocket.OPEN, null, "", ""]);
  },
};

export const constants = {
  test() {
    for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        assert.deepStrictEqual([holder[name], holder[`READY_STATE_${name}`]], [value, value]);
      }
    }
  },
};

export const acceptComesFirst = withSockets(() => {
  const [end] = pair(false);
  throws(() => end.send("x"), UNACCEPTED);
  throws(() => end.close(), UNACCEPTED);
  end.accept();
  end.accept(null);
  throws(() => end.accept(5), "Failed to execute 'accept' on 'WebSocket': parameter 1 is not of type 'AcceptOptions'.");
});

export const messagesAreTextsOrBytes = withSockets(async () => {
  const [left, right] = pair();
  right.binaryType = "arraybuffer";
  const seen = [];
  right.addEventListener("message", ({ data }) => seen.push(typeof data === "string" ? data : [...new Uint8Array(data)]));
  for (const data of ["hi", new Uint8Array([1, 2]), new ArrayBuffer(1), new DataView(new ArrayBuffer(2)), 5, null, {}, "\ud800"]) {
    left.send(data);
  }
  left.close(1000);
  await next(right, "close");
  assert.deepStrictEqual(seen, ["hi", [1, 2], [0], [0, 0], "5", "null", "[object Object]", "\ufffd\ufffd\ufffd"]);
});

export const messagesWaitForAccept = withSockets(async () => {
  const [left, right] = pair(false);
  left.accept();
  left.send("1");
  left.send("2");
  const seen = [];
  const both = new Promise((resolve) => {
    right.addEventListener("message", ({ data }) => seen.push(data) === 2 && resolve());
  });
  right.accept();
  await both;
  assert.deepStrictEqual(seen, ["1", "2"]);
});

export const messageEvents = withSockets(async () => {
  const [left, right] = pair();
  const message = next(right, "message");
  left.send("x");
  const event = await message;
  assert.deepStrictEqual([event.constructor, event.type, event.data], [MessageEvent, "message", "x"]);
});

export const binaryTypes = withSockets(async () => {
  const [left, right] = pair();
  assert.strictEqual(right.binaryType, flags.websocket_standard_binary_type ? "blob" : "arraybuffer");
  right.binaryType = "nonsense";
  assert.strictEqual(right.binaryType, flags.websocket_standard_binary_type ? "blob" : "arraybuffer");
  right.binaryType = "blob";
  const message = next(right, "message");
  left.send(new Uint8Array([65]));
  assert.strictEqual(await (await message).data.text(), "A");
});

export const sendNeedsAMessage = withSockets(() => {
  const [left] = pair();
  throws(() => left.send(), "Failed to execute 'send' on 'WebSocket': parameter 1 is not of type 'ArrayBuffer or ArrayBufferView or string'.");
  left.close();
  throws(() => left.send("x"), "Can't call WebSocket send() after close().");
});

export const attachments = {
  test() {
    const [end] = new WebSocketPair();
    assert.strictEqual(end.deserializeAttachment(), null);
    const attachment = { a: [1] };
    end.serializeAttachment(attachment);
    attachment.a.push(2);
    assert.deepStrictEqual(end.deserializeAttachment(), { a: [1] });
  },
};

export const attachmentsAreBounded = {
  test() {
    const [end] = new WebSocketPair();
    throws(
      () => end.serializeAttachment("x".repeat(16_384)),
      "A WebSocket 'attachment' cannot be larger than 16384 bytes.'attachment' was 16390 bytes.",
      "Error",
    );
    assert.throws(() => end.serializeAttachment(() => 1), { name: "DataCloneError" });
  },
};

export const aListenerThatThrowsEndsItsSocket = {
  async test() {
    const [left, right] = pair();
    const seen = [];
    right.addEventListener("message", ({ data }) => {
      seen.push(data);
      throw new RangeError("thrown");
    });
    const failed = next(right, "error");
    left.send("1");
    left.send("2");
    const { message, error } = await failed;
    assert.deepStrictEqual([message, error.name, seen, right.readyState], ["Uncaught RangeError: thrown", "RangeError", ["1"], WebSocket.CLOSED]);
  },
};
