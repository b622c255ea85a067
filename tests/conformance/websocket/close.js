// Closing a WebSocket: codes and reasons, who is told what, and the states on the way.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const refuses = (fn, name, message) => assert.throws(fn, { name, message });

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

const closed = (socket) =>
  new Promise((resolve) => {
    socket.addEventListener("close", ({ code, reason, wasClean }) => resolve([code, reason, wasClean, socket.readyState]));
  });

export const codes = withSockets(() => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 5000, NaN, null]) {
    const [left] = pair();
    refuses(() => left.close(code), "InvalidAccessError", `Invalid WebSocket close code: ${code || 0}.`);
  }
  for (const code of [1000, 1001, 1016, 2999, 3000, 4999, "1000", 1000.5]) {
    const [left] = pair();
    left.close(code);
    assert.strictEqual(left.readyState, WebSocket.CLOSING);
  }
});

export const reasonsNeedACode = withSockets(() => {
  const [left] = pair();
  refuses(() => left.close(undefined, "x"), "InvalidAccessError", "If you specify a WebSocket close reason, you must also specify a code.");
});

export const reasonsAreBounded = withSockets(() => {
  for (const reason of ["x".repeat(124), "\u00e9".repeat(62)]) {
    const [left] = pair();
    if (flags.websocket_close_reason_byte_limit) {
      refuses(() => left.close(1000, reason), "SyntaxError", "WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.");
    } else {
      left.close(1000, reason);
    }
  }
  const [left] = pair();
  left.close(1000, "x".repeat(123));
});

export const closingTwice = withSockets(() => {
  const [left] = pair();
  left.close(1000);
  left.close(1001);
  refuses(() => left.close(5), "InvalidAccessError", "Invalid WebSocket close code: 5.");
});

export const theOtherSideIsTold = withSockets(async () => {
  const [left, right] = pair();
  const told = closed(right);
  left.close(3000, "bye");
  const state = flags.web_socket_auto_reply_to_close ? WebSocket.CLOSED : WebSocket.CLOSING;
  assert.deepStrictEqual(await told, [3000, "bye", true, state]);
});

export const noCodeIs1005 = withSockets(async () => {
  const [left, right] = pair();
  const told = closed(right);
  left.close();
  assert.deepStrictEqual((await told).slice(0, 3), [1005, "", true]);
});

export const theCloseIsAnswered = {
  async test() {
    const [left, right] = pair();
    const answered = closed(left);
    right.addEventListener("close", () => {
      if (!flags.web_socket_auto_reply_to_close) right.close(3001, "answer");
    });
    left.close(3000, "bye");
    const expected = flags.web_socket_auto_reply_to_close ? [3000, "bye"] : [3001, "answer"];
    assert.deepStrictEqual(await answered, [...expected, true, WebSocket.CLOSED]);
    assert.strictEqual(right.readyState, WebSocket.CLOSED);
  },
};

export const halfOpen = {
  async test() {
    const [left, right] = new WebSocketPair();
    left.accept();
    right.accept({ allowHalfOpen: true });
    const seen = [];
    left.addEventListener("message", ({ data }) => seen.push(data));
    right.addEventListener("close", () => {
      seen.push(right.readyState);
      right.send("late");
      right.close(1001, "done");
    });
    const answered = closed(left);
    left.close(3000, "bye");
    assert.deepStrictEqual(await answered, [1001, "done", true, WebSocket.CLOSED]);
    assert.deepStrictEqual(seen, [WebSocket.CLOSING, "late"]);
  },
};
