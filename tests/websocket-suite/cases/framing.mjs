// 1: text and binary messages of every length of the length field, in one piece and in chops; lengths that lie.

import { equal, expect, failed, finish, raw } from "../lib/check.mjs";
import { BINARY, TEXT, frame } from "../lib/raw.mjs";

const SIZES = [0, 1, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1 << 20];

function payload(opcode, size) {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = opcode === TEXT ? 32 + (i % 95) : (i * 7) % 256;
  return bytes;
}

for (const [opcode, name, part] of [[TEXT, "text", 1], [BINARY, "binary", 2]]) {
  SIZES.forEach((size, i) => {
    raw(`1.${part}.${i + 1}`, `${name} of ${size} bytes`, async (connection) => {
      connection.send(opcode, payload(opcode, size));
      await expect(connection, opcode, payload(opcode, size));
      await finish(connection);
    });
  });

  raw(`1.${part}.20`, `${name} of 65536 bytes in chops of 997`, async (connection) => {
    await connection.chop(frame(opcode, payload(opcode, 65_536)), 997);
    await expect(connection, opcode, payload(opcode, 65_536));
    await finish(connection);
  });

  raw(`1.${part}.21`, `${name} of 300 bytes, byte by byte`, async (connection) => {
    await connection.chop(frame(opcode, payload(opcode, 300)), 1);
    await expect(connection, opcode, payload(opcode, 300));
    await finish(connection);
  });

  raw(`1.${part}.22`, `many ${name} messages in one packet`, async (connection) => {
    connection.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => frame(opcode, payload(opcode, i)))));
    for (let i = 0; i < 500; i++) await expect(connection, opcode, payload(opcode, i));
    await finish(connection);
  });
}

raw("1.3.1", "the longest length field for a short message", async (connection) => {
  // RFC 6455, 5.2: "the minimal number of bytes MUST be used". A server may refuse what breaks this, or be kind.
  connection.send(TEXT, "short", { wide: 64 });
  const got = await connection.message();
  if (got?.opcode === TEXT) equal(got.payload.toString(), "short", "payload");
});

raw("1.3.2", "a length whose first bit is set", async (connection) => {
  const bytes = frame(TEXT, "x", { wide: 64 });
  bytes[2] = 0x80;
  connection.write(bytes);
  await failed(connection, [1002, 1009]);
});

raw("1.4.1", "a frame that is not masked", async (connection) => {
  connection.send(TEXT, "not masked", { masked: false });
  await failed(connection, [1002]);
});

raw("1.4.2", "one that is not masked after one that is", async (connection) => {
  connection.send(TEXT, "masked").send(TEXT, "not masked", { masked: false });
  await failed(connection, [1002], [[TEXT, "masked"]]);
});
