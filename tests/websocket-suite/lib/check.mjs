// What the cases say: named checks, each on a connection of its own.

import { Raw, CLOSE, closing, frame, PONG } from "./raw.mjs";

/** All cases: number, what it says, what it does. */
export const cases = [];

/** A case that is given the server's URL and does everything itself. */
export function custom(id, about, run) {
  cases.push({ id, about, run });
}

/** A case with a raw connection to the echo. */
export function raw(id, about, run) {
  custom(id, about, async (base) => {
    const connection = await Raw.open(`${base}/echo`);
    try {
      await run(connection);
    } finally {
      connection.destroy();
    }
  });
}

export function equal(actual, expected, what) {
  const [a, e] = [show(actual), show(expected)];
  if (a !== e) throw new Error(`${what}: ${a.slice(0, 200)}, not ${e.slice(0, 200)}`);
}

function show(value) {
  return Buffer.isBuffer(value) ? `${value.length} bytes ${value.toString("hex")}` : JSON.stringify(value) ?? "nothing";
}

/** The next message is this one. */
export async function expect(connection, opcode, payload) {
  const got = await connection.message();
  if (!got) throw new Error("the server closed the connection instead of answering");
  if (got.opcode === CLOSE && opcode !== CLOSE) throw new Error(`the server closed instead of answering: ${reason(got.payload)}`);
  equal(got.opcode, opcode, "opcode");
  equal(got.payload, Buffer.from(payload), "payload");
}

/** A pong with this payload. */
export const pong = (connection, payload = "") => expect(connection, PONG, payload);

/** Closes as one should: the server answers with the same code and ends the connection. */
export async function finish(connection, code = 1000) {
  connection.write(frame(CLOSE, closing(code)));
  await expect(connection, CLOSE, closing(code));
  await connection.end();
}

/**
 * The server fails the connection with one of `codes`. `before` are messages that it may still answer first: what was
 * complete before the violation.
 */
export async function failed(connection, codes, before = []) {
  const rest = [...before];
  for (;;) {
    const got = await connection.message();
    if (!got) throw new Error("the connection ended without a close frame");
    if (got.opcode !== CLOSE) {
      const [opcode, payload] = rest.shift() ?? [];
      equal([got.opcode, got.payload.toString("hex")], [opcode, opcode === undefined ? undefined : Buffer.from(payload).toString("hex")], "answer before the failure");
      continue;
    }
    if (got.payload.length < 2) throw new Error(`a close frame without a code, not one of ${codes}`);
    const code = got.payload.readUInt16BE(0);
    if (!codes.includes(code)) throw new Error(`closed with ${reason(got.payload)}, not ${codes}`);
    return connection.end();
  }
}

function reason(payload) {
  return payload.length < 2 ? "no code" : `${payload.readUInt16BE(0)} ${payload.subarray(2)}`;
}
