// 9 and 10: large messages in one frame, in fragments and in chops, the limit of 32 MiB, and many small ones.

import { equal, expect, failed, finish, raw } from "../lib/check.mjs";
import { BINARY, CONTINUATION, TEXT, frame } from "../lib/raw.mjs";

const KIB = 1 << 10;
const MIB = 1 << 20;
/** What production accepts. */
const LIMIT = 32 * MIB;

function bytes(size) {
  const block = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  return Buffer.alloc(size, block);
}

const text = (size) => Buffer.alloc(size, "BAsd7&jh23 žluť ");

[64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB].forEach((size, i) => {
  for (const [part, opcode, make] of [[1, TEXT, (size) => Buffer.alloc(size, "BAsd7&jh23")], [2, BINARY, bytes]]) {
    raw(`9.${part}.${i + 1}`, `${part === 1 ? "text" : "binary"} of ${size / KIB} KiB`, async (connection) => {
      connection.send(opcode, make(size));
      await expect(connection, opcode, make(size));
      await finish(connection);
    });
  }
});

[64, 1 * KIB, 64 * KIB, MIB].forEach((piece, i) => {
  const size = piece === 64 ? 256 * KIB : 4 * MIB;
  raw(`9.3.${i + 1}`, `binary of ${size / KIB} KiB in fragments of ${piece}`, async (connection) => {
    const all = bytes(size);
    for (let at = 0; at < size; at += piece) {
      connection.send(at === 0 ? BINARY : CONTINUATION, all.subarray(at, at + piece), { fin: at + piece >= size });
    }
    await expect(connection, BINARY, all);
    await finish(connection);
  });
});

raw("9.4.1", "text of 1 MiB in fragments that cut characters", async (connection) => {
  const all = text(MIB - (MIB % 20));
  for (let at = 0; at < all.length; at += 4_097) {
    connection.send(at === 0 ? TEXT : CONTINUATION, all.subarray(at, at + 4_097), { fin: at + 4_097 >= all.length });
  }
  await expect(connection, TEXT, all);
  await finish(connection);
});

[64, 1_460, 64 * KIB].forEach((piece, i) => {
  raw(`9.5.${i + 1}`, `1 MiB in chops of ${piece}`, async (connection) => {
    await connection.chop(frame(BINARY, bytes(MIB)), piece);
    await expect(connection, BINARY, bytes(MIB));
    await finish(connection);
  });
});

[0, 16, 125, 1_000].forEach((size, i) => {
  raw(`9.7.${i + 1}`, `1000 round trips of ${size} bytes`, async (connection) => {
    for (let n = 0; n < 1_000; n++) {
      connection.send(BINARY, bytes(size));
      await expect(connection, BINARY, bytes(size));
    }
    await finish(connection);
  });
});

raw("9.8.1", "10000 messages without waiting", async (connection) => {
  for (let n = 0; n < 10_000; n++) connection.send(TEXT, String(n));
  for (let n = 0; n < 10_000; n++) await expect(connection, TEXT, String(n));
  await finish(connection);
});

raw("9.9.1", "a message as large as it may be", async (connection) => {
  connection.send(BINARY, bytes(LIMIT));
  await expect(connection, BINARY, bytes(LIMIT));
  await finish(connection);
});

raw("9.9.2", "a message that is one byte too large", async (connection) => {
  connection.send(BINARY, bytes(LIMIT + 1));
  await failed(connection, [1009]);
});

raw("9.9.3", "fragments that are too large together", async (connection) => {
  for (let n = 0; n < 33; n++) connection.send(n === 0 ? BINARY : CONTINUATION, bytes(MIB), { fin: n === 32 });
  await failed(connection, [1009]);
});

raw("9.9.4", "a length that is too large, before any of its bytes", async (connection) => {
  connection.write(frame(BINARY, "", { length: 2 ** 40, wide: 64 }));
  await failed(connection, [1009]);
});

raw("10.1.1", "text of 64 KiB in fragments of 1300", async (connection) => {
  const all = Buffer.alloc(65_536, "*");
  for (let at = 0; at < all.length; at += 1_300) {
    connection.send(at === 0 ? TEXT : CONTINUATION, all.subarray(at, at + 1_300), { fin: at + 1_300 >= all.length });
  }
  const got = await connection.message();
  equal([got.opcode, got.payload.length, got.payload.equals(all)], [TEXT, 65_536, true], "echo");
  await finish(connection);
});
