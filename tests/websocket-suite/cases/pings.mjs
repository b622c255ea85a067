// 2: pings and pongs, asked for or not, alone and between fragments.

import { expect, failed, finish, pong, raw } from "../lib/check.mjs";
import { CONTINUATION, PING, PONG, TEXT, frame } from "../lib/raw.mjs";

raw("2.1", "a ping without a payload", async (connection) => {
  connection.send(PING);
  await pong(connection);
  await finish(connection);
});

raw("2.2", "a ping with text", async (connection) => {
  connection.send(PING, "Hello, world!");
  await pong(connection, "Hello, world!");
  await finish(connection);
});

raw("2.3", "a ping with bytes that are no text", async (connection) => {
  const bytes = Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]);
  connection.send(PING, bytes);
  await pong(connection, bytes);
  await finish(connection);
});

raw("2.4", "a ping of 125 bytes", async (connection) => {
  connection.send(PING, Buffer.alloc(125, 254));
  await pong(connection, Buffer.alloc(125, 254));
  await finish(connection);
});

raw("2.5", "a ping of 126 bytes is too long", async (connection) => {
  connection.send(PING, Buffer.alloc(126, 254));
  await failed(connection, [1002]);
});

raw("2.6", "a ping of 125 bytes, byte by byte", async (connection) => {
  await connection.chop(frame(PING, Buffer.alloc(125, 254)), 1);
  await pong(connection, Buffer.alloc(125, 254));
  await finish(connection);
});

raw("2.7", "a pong that nobody asked for", async (connection) => {
  connection.send(PONG);
  await finish(connection);
});

raw("2.8", "a pong with a payload that nobody asked for", async (connection) => {
  connection.send(PONG, "unsolicited");
  await finish(connection);
});

raw("2.9", "such a pong, then a ping", async (connection) => {
  connection.send(PONG, "unsolicited").send(PING, "asked");
  await pong(connection, "asked");
  await finish(connection);
});

raw("2.10", "ten pings", async (connection) => {
  for (let i = 0; i < 10; i++) connection.send(PING, `ping ${i}`);
  for (let i = 0; i < 10; i++) await pong(connection, `ping ${i}`);
  await finish(connection);
});

raw("2.11", "ten pings, byte by byte", async (connection) => {
  await connection.chop(Buffer.concat(Array.from({ length: 10 }, (_, i) => frame(PING, `ping ${i}`))), 1);
  for (let i = 0; i < 10; i++) await pong(connection, `ping ${i}`);
  await finish(connection);
});

raw("2.12", "pings between messages", async (connection) => {
  for (let i = 0; i < 5; i++) connection.send(TEXT, `text ${i}`).send(PING, `ping ${i}`);
  // Pongs may overtake echoes, which come from the worker; among themselves both keep their order.
  const got = { [TEXT]: [], [PONG]: [] };
  for (let i = 0; i < 10; i++) {
    const { opcode, payload } = await connection.message();
    got[opcode].push(payload.toString());
  }
  for (const [opcode, word] of [[TEXT, "text"], [PONG, "ping"]]) {
    if (got[opcode].join() !== [0, 1, 2, 3, 4].map((i) => `${word} ${i}`).join()) throw new Error(`got ${JSON.stringify(got)}`);
  }
  await finish(connection);
});

raw("2.13", "pings and pongs between the fragments of a message", async (connection) => {
  connection.send(TEXT, "one, ", { fin: false }).send(PING, "first").send(CONTINUATION, "two, ", { fin: false });
  await pong(connection, "first");
  connection.send(PONG, "nobody asked").send(PING, "second");
  await pong(connection, "second");
  connection.send(CONTINUATION, "three");
  await expect(connection, TEXT, "one, two, three");
  await finish(connection);
});
