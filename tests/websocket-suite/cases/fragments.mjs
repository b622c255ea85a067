// 5: messages in fragments, with control frames between them, and fragments out of place.

import { expect, failed, finish, pong, raw } from "../lib/check.mjs";
import { BINARY, CONTINUATION, PING, PONG, TEXT, frame } from "../lib/raw.mjs";

raw("5.1", "a ping in fragments", async (connection) => {
  connection.send(PING, "frag", { fin: false }).send(CONTINUATION, "ment");
  await failed(connection, [1002]);
});

raw("5.2", "a pong in fragments", async (connection) => {
  connection.send(PONG, "frag", { fin: false }).send(CONTINUATION, "ment");
  await failed(connection, [1002]);
});

const TWO = [frame(TEXT, "fragment1", { fin: false }), frame(CONTINUATION, "fragment2")];

raw("5.3", "two fragments in one packet", async (connection) => {
  connection.write(Buffer.concat(TWO));
  await expect(connection, TEXT, "fragment1fragment2");
  await finish(connection);
});

raw("5.4", "two fragments in two packets", async (connection) => {
  connection.write(TWO[0]);
  await new Promise(setImmediate);
  connection.write(TWO[1]);
  await expect(connection, TEXT, "fragment1fragment2");
  await finish(connection);
});

raw("5.5", "two fragments, byte by byte", async (connection) => {
  await connection.chop(Buffer.concat(TWO), 1);
  await expect(connection, TEXT, "fragment1fragment2");
  await finish(connection);
});

for (const [id, size] of [["5.6", undefined], ["5.7", 1]]) {
  raw(id, `a ping between two fragments${size ? ", byte by byte" : ""}`, async (connection) => {
    const bytes = Buffer.concat([TWO[0], frame(PING, "between"), TWO[1]]);
    await connection.chop(bytes, size ?? bytes.length);
    await pong(connection, "between");
    await expect(connection, TEXT, "fragment1fragment2");
    await finish(connection);
  });
}

for (const [id, fin] of [["5.9", true], ["5.12", false]]) {
  raw(id, `a continuation of nothing${fin ? "" : ", unfinished"}`, async (connection) => {
    connection.send(CONTINUATION, "of nothing", { fin }).send(TEXT, "Hello");
    await failed(connection, [1002]);
  });
  raw(`${id}.1`, "the same after a good message", async (connection) => {
    connection.send(TEXT, "Hello").send(CONTINUATION, "of nothing", { fin });
    await failed(connection, [1002], [[TEXT, "Hello"]]);
  });
}

raw("5.15", "a continuation of a message that is over", async (connection) => {
  connection.write(Buffer.concat(TWO)).send(CONTINUATION, "fragment3", { fin: false }).send(TEXT, "fragment4");
  await failed(connection, [1002], [[TEXT, "fragment1fragment2"]]);
});

for (const [id, opcode] of [["5.18", TEXT], ["5.18.1", BINARY]]) {
  raw(id, "a new message inside another", async (connection) => {
    connection.send(TEXT, "fragment1", { fin: false }).send(opcode, "fragment2");
    await failed(connection, [1002]);
  });
}

for (const [id, pause] of [["5.19", true], ["5.20", false]]) {
  raw(id, `five fragments with pings between them${pause ? ", waiting for the pongs" : ""}`, async (connection) => {
    connection.send(TEXT, "fragment1", { fin: false }).send(CONTINUATION, "fragment2", { fin: false }).send(PING, "ping 1");
    if (pause) await pong(connection, "ping 1");
    connection.send(CONTINUATION, "fragment3", { fin: false }).send(CONTINUATION, "fragment4", { fin: false });
    connection.send(PING, "ping 2").send(CONTINUATION, "fragment5");
    if (!pause) await pong(connection, "ping 1");
    await pong(connection, "ping 2");
    await expect(connection, TEXT, "fragment1fragment2fragment3fragment4fragment5");
    await finish(connection);
  });
}

raw("5.21", "empty fragments around and inside a message", async (connection) => {
  connection.send(BINARY, "", { fin: false }).send(CONTINUATION, "a", { fin: false }).send(CONTINUATION, "", { fin: false });
  connection.send(CONTINUATION, "b", { fin: false }).send(CONTINUATION, "");
  await expect(connection, BINARY, "ab");
  await finish(connection);
});

raw("5.22", "ten thousand fragments of one byte", async (connection) => {
  const frames = Array.from({ length: 10_000 }, (_, i) => frame(i === 0 ? BINARY : CONTINUATION, [i % 256], { fin: i === 9_999 }));
  connection.write(Buffer.concat(frames));
  await expect(connection, BINARY, Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 256)));
  await finish(connection);
});

raw("5.23", "messages one after the other, each in fragments", async (connection) => {
  for (let i = 0; i < 20; i++) connection.send(i % 2 ? TEXT : BINARY, `${i}`, { fin: false }).send(CONTINUATION, "!");
  for (let i = 0; i < 20; i++) await expect(connection, i % 2 ? TEXT : BINARY, `${i}!`);
  await finish(connection);
});
