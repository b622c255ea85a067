// 7: closing from either side, with every kind of code and reason, and connections that just end.

import { custom, equal, expect, failed, finish, raw } from "../lib/check.mjs";
import { ended } from "../lib/http.mjs";
import { CLOSE, CONTINUATION, PING, Raw, TEXT, closing, frame } from "../lib/raw.mjs";

raw("7.1.1", "a message, then a close", async (connection) => {
  connection.send(TEXT, "Hello");
  await expect(connection, TEXT, "Hello");
  await finish(connection);
});

for (const [id, about, ...after] of [
  ["7.1.2", "a second close", frame(CLOSE, closing(1000))],
  ["7.1.3", "a ping after the close", frame(PING)],
  ["7.1.4", "a text after the close", frame(TEXT, "too late")],
  ["7.1.5", "the rest of a message after the close", frame(CONTINUATION, "too late")],
  ["7.1.6", "something that is no frame after the close", Buffer.alloc(100, 255)],
]) {
  raw(id, `${about} is not answered`, async (connection) => {
    if (id === "7.1.5") connection.send(TEXT, "begun", { fin: false });
    connection.write(Buffer.concat([frame(CLOSE, closing(1000)), ...after]));
    await expect(connection, CLOSE, closing(1000));
    await connection.end();
  });
}

raw("7.1.7", "a large message, a close and a ping behind it", async (connection) => {
  const text = "ab".repeat(128 * 1024);
  connection.write(Buffer.concat([frame(TEXT, text), frame(CLOSE, closing(1000)), frame(PING)]));
  // The echo may be sent before the close; behind it nothing may come.
  const first = await connection.message();
  if (first.opcode === TEXT) {
    equal(first.payload.length, text.length, "echo");
    await expect(connection, CLOSE, closing(1000));
  } else equal(first.payload, closing(1000), "close");
  await connection.end();
});

raw("7.3.1", "a close without a code", async (connection) => {
  connection.send(CLOSE);
  const { opcode, payload } = await connection.message();
  equal(opcode, CLOSE, "opcode");
  if (payload.length > 0) equal(payload.readUInt16BE(0), 1000, "code");
  await connection.end();
});

raw("7.3.2", "a close of one byte", async (connection) => {
  connection.send(CLOSE, "a");
  await failed(connection, [1002]);
});

raw("7.3.4", "a close with a reason", async (connection) => {
  connection.send(CLOSE, closing(1000, "Hello World! ž"));
  await failed(connection, [1000]);
});

raw("7.3.5", "the longest reason", async (connection) => {
  connection.send(CLOSE, closing(1000, "*".repeat(123)));
  await failed(connection, [1000]);
});

raw("7.3.6", "a reason that is too long", async (connection) => {
  connection.send(CLOSE, closing(1000, "*".repeat(124)));
  await failed(connection, [1002]);
});

raw("7.3.7", "a close, byte by byte", async (connection) => {
  await connection.chop(frame(CLOSE, closing(1001, "slowly")), 1);
  await failed(connection, [1001]);
});

raw("7.5.1", "a reason that is no UTF-8", async (connection) => {
  connection.send(CLOSE, Buffer.concat([closing(1000), Buffer.from("cebae1bdb9cf83eda080656469746564", "hex")]));
  await failed(connection, [1007, 1002]);
});

[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].forEach((code, i) => {
  raw(`7.7.${i + 1}`, `code ${code} is answered with itself`, async (connection) => finish(connection, code));
});

[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].forEach((code, i) => {
  raw(`7.9.${i + 1}`, `code ${code} must not be sent`, async (connection) => {
    connection.send(CLOSE, closing(code));
    await failed(connection, [1002]);
  });
});

/** The server begins. */
for (const [id, query, code, reason] of [
  ["7.20.1", "", undefined, ""],
  ["7.20.2", "?code=1000", 1000, ""],
  ["7.20.3", "?code=4321&reason=bye%20%C5%BE", 4321, "bye ž"],
  ["7.20.4", `?code=1001&reason=${"x".repeat(123)}`, 1001, "x".repeat(123)],
]) {
  custom(id, `the server closes with ${code ?? "no code"}${reason ? " and a reason" : ""}`, async (base) => {
    const connection = await Raw.open(`${base}/close${query}`);
    await expect(connection, TEXT, "before");
    await expect(connection, CLOSE, code === undefined ? Buffer.alloc(0) : closing(code, reason));
    connection.send(CLOSE, code === undefined ? "" : closing(code));
    await connection.end();
  });
}

custom("7.21.1", "both sides close at once", async (base) => {
  const connection = await Raw.open(`${base}/close?code=4000`);
  connection.send(CLOSE, closing(4001));
  let got = await connection.message();
  if (got.opcode === TEXT) got = await connection.message();
  equal(got.opcode, CLOSE, "opcode");
  if (![4000, 4001].includes(got.payload.readUInt16BE(0))) throw new Error(`closed with ${got.payload.readUInt16BE(0)}`);
  await connection.end();
});

/** What the worker is told. */
for (const [id, about, act, expected] of [
  ["7.30.1", "a code and a reason", (c) => c.send(CLOSE, closing(4321, "bye ž")), { code: 4321, reason: "bye ž", wasClean: true }],
  ["7.30.2", "no code", (c) => c.send(CLOSE), { code: 1005, reason: "", wasClean: true }],
  ["7.30.3", "a connection that is reset", (c) => c.reset(), { code: 1006, wasClean: false }],
  ["7.30.4", "a connection that ends without a close", (c) => c.finish(), { code: 1006, wasClean: false }],
  ["7.30.5", "a connection that ends inside a frame", (c) => (c.write(frame(TEXT, "cut off").subarray(0, 5)), c.finish()), { code: 1006, wasClean: false }],
]) {
  custom(id, `the worker sees ${about}`, async (base) => {
    const name = `${id}-${process.pid}-${Date.now()}`;
    const connection = await Raw.open(`${base}/watched?${name}`);
    try {
      act(connection);
      const found = await ended(base, name);
      for (const [key, value] of Object.entries(expected)) equal(found[key], value, key);
    } finally {
      connection.destroy();
    }
  });
}
