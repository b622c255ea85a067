// 3 and 4: reserved bits and opcodes fail the connection with 1002, wherever they come.

import { failed, raw } from "../lib/check.mjs";
import { BINARY, CLOSE, CONTINUATION, PING, TEXT, closing, frame } from "../lib/raw.mjs";

const HELLO = [TEXT, "Hello"];

for (let rsv = 1; rsv <= 7; rsv++) {
  raw(`3.1.${rsv}`, `reserved bits ${rsv} on a text`, async (connection) => {
    connection.send(TEXT, "reserved", { rsv });
    await failed(connection, [1002]);
  });
  raw(`3.2.${rsv}`, `reserved bits ${rsv} after a good message`, async (connection) => {
    connection.send(...HELLO).send(BINARY, "reserved", { rsv }).send(PING);
    await failed(connection, [1002], [HELLO]);
  });
}

raw("3.3.1", "reserved bits, byte by byte", async (connection) => {
  await connection.chop(Buffer.concat([frame(...HELLO), frame(TEXT, "reserved", { rsv: 4 })]), 1);
  await failed(connection, [1002], [HELLO]);
});

raw("3.3.2", "reserved bits on a ping", async (connection) => {
  connection.send(...HELLO).send(PING, "reserved", { rsv: 6 });
  await failed(connection, [1002], [HELLO]);
});

raw("3.3.3", "reserved bits on a close", async (connection) => {
  connection.send(...HELLO).send(CLOSE, closing(1000), { rsv: 7 });
  await failed(connection, [1002], [HELLO]);
});

raw("3.3.4", "reserved bits on a continuation", async (connection) => {
  connection.send(TEXT, "begin", { fin: false }).send(CONTINUATION, "end", { rsv: 1 });
  await failed(connection, [1002]);
});

[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].forEach((opcode, i) => {
  raw(`4.1.${i + 1}`, `opcode ${opcode}`, async (connection) => {
    connection.send(opcode, "reserved");
    await failed(connection, [1002]);
  });
  raw(`4.2.${i + 1}`, `opcode ${opcode} after a good message, without a payload`, async (connection) => {
    connection.send(...HELLO).send(opcode).send(PING);
    await failed(connection, [1002], [HELLO]);
  });
});
