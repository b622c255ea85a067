// 6: text is UTF-8, whole or split between any two bytes; anything else fails the connection with 1007.

import { expect, failed, finish, raw } from "../lib/check.mjs";
import { BINARY, CONTINUATION, TEXT, frame } from "../lib/raw.mjs";

const hex = (text) => Buffer.from(text.replace(/ /g, ""), "hex");

/** Sequences that are UTF-8, with what they are. */
const VALID = {
  "Greek and a path": Buffer.from("Hello-µ@ßöäüàá-UTF-8!!κόσμε"),
  "an empty text": Buffer.alloc(0),
  "the first of each length": hex("00 c280 e0a080 f0908080"),
  "the last of each length": hex("7f dfbf efbfbf f48fbfbf"),
  "around the surrogates": hex("ed9fbf ee8080 efbfbd"),
  "non-characters": hex("efb790 efb7af efbfbe f09fbfbe f48fbfbe f48fbfbf"),
  "a byte order mark": hex("efbbbf 61"),
  "emoji with joiners": Buffer.from("👩‍👩‍👧‍👦🏳️‍🌈"),
  "control characters": hex("00 01 1b 7f c285"),
};

/** Sequences that are not, with what they are. Each is tried alone and inside good text. */
const INVALID = {
  "a surrogate": hex("eda080"),
  "the last surrogate": hex("edbfbf"),
  "a pair of surrogates": hex("eda081 edb080"),
  "above U+10FFFF": hex("f4908080"),
  "five bytes": hex("f888808080"),
  "six bytes": hex("fc8480808080"),
  "a lone continuation": hex("80"),
  "several continuations": hex("80bf80bf"),
  "every byte that begins two": hex("c320 df20"),
  "a begin of three without its end": hex("e0a0"),
  "a begin of four without its end": hex("f09f98"),
  "a begin of two, alone": hex("c3"),
  "an overlong slash in two": hex("c0af"),
  "an overlong slash in three": hex("e080af"),
  "an overlong slash in four": hex("f08080af"),
  "the longest overlong of two": hex("c1bf"),
  "the longest overlong of three": hex("e09fbf"),
  "the longest overlong of four": hex("f08fbfbf"),
  "an overlong NUL": hex("c080"),
  "fe": hex("fe"),
  "ff": hex("ff"),
  "Latin-1": hex("636166e9"),
};

let number = 0;
for (const [name, bytes] of Object.entries(VALID)) {
  number += 1;
  raw(`6.1.${number}`, `valid: ${name}`, async (connection) => {
    connection.send(TEXT, bytes);
    await expect(connection, TEXT, bytes);
    await finish(connection);
  });
  raw(`6.2.${number}`, `valid, split between any two bytes: ${name}`, async (connection) => {
    for (let at = 0; at <= bytes.length; at++) {
      connection.send(TEXT, bytes.subarray(0, at), { fin: false }).send(CONTINUATION, bytes.subarray(at));
    }
    for (let at = 0; at <= bytes.length; at++) await expect(connection, TEXT, bytes);
    await finish(connection);
  });
  raw(`6.3.${number}`, `valid, each byte a fragment: ${name}`, async (connection) => {
    bytes.forEach((byte, i) => connection.send(i === 0 ? TEXT : CONTINUATION, [byte], { fin: false }));
    connection.send(bytes.length === 0 ? TEXT : CONTINUATION);
    await expect(connection, TEXT, bytes);
    await finish(connection);
  });
}

number = 0;
for (const [name, bytes] of Object.entries(INVALID)) {
  number += 1;
  for (const [part, whole] of [[4, bytes], [5, Buffer.concat([Buffer.from("good ž"), bytes, Buffer.from("more")])]]) {
    raw(`6.${part}.${number}`, `invalid${part === 5 ? " inside good text" : ""}: ${name}`, async (connection) => {
      connection.send(TEXT, whole);
      await failed(connection, [1007]);
    });
  }
  for (let at = 0; at <= bytes.length; at++) {
    raw(`6.6.${number}.${at}`, `invalid, split after ${at} bytes: ${name}`, async (connection) => {
      connection.send(TEXT, bytes.subarray(0, at), { fin: false }).send(CONTINUATION, bytes.subarray(at));
      await failed(connection, [1007]);
    });
  }
}

raw("6.7.1", "invalid in the second of three fragments", async (connection) => {
  connection.send(TEXT, "good", { fin: false }).send(CONTINUATION, hex("eda080"), { fin: false }).send(CONTINUATION, "end");
  await failed(connection, [1007]);
});

raw("6.7.2", "a good message before the bad one", async (connection) => {
  connection.send(TEXT, "good").send(TEXT, hex("ff"));
  await failed(connection, [1007], [[TEXT, "good"]]);
});

raw("6.7.3", "the same bytes are fine as a binary message", async (connection) => {
  for (const bytes of Object.values(INVALID)) connection.send(BINARY, bytes);
  for (const bytes of Object.values(INVALID)) await expect(connection, BINARY, bytes);
  await finish(connection);
});

raw("6.7.4", "valid text of a megabyte, split inside a character", async (connection) => {
  const bytes = Buffer.from("κόσμε".repeat(100_000));
  connection.send(TEXT, bytes.subarray(0, 500_001), { fin: false }).send(CONTINUATION, bytes.subarray(500_001));
  await expect(connection, TEXT, bytes);
  await finish(connection);
});

raw("6.7.5", "valid text in chops of the connection", async (connection) => {
  const bytes = Buffer.from("κόσμε".repeat(300));
  await connection.chop(frame(TEXT, bytes), 7);
  await expect(connection, TEXT, bytes);
  await finish(connection);
});
