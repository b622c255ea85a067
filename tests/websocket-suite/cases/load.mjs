// 20: the npm package `ws` as a client; many sockets at once, and readers that do not read.

import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import { custom, equal } from "../lib/check.mjs";
import { BINARY, LIMIT_MS, Raw, closing, CLOSE, frame, handshake } from "../lib/raw.mjs";

const MIB = 1 << 20;

function limited(what, promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 6 * LIMIT_MS)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function open(url, options) {
  const socket = new WebSocket(url, options);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

function close(socket) {
  return new Promise((resolve) => {
    socket.once("close", (code, reason) => resolve([code, String(reason)]));
    socket.close(1000, "done");
  });
}

for (const [id, options] of [["20.1", { perMessageDeflate: false }], ["20.2", { perMessageDeflate: true }]]) {
  custom(id, `a whole conversation${options.perMessageDeflate ? ", compression offered" : ""}`, async (base) => {
    const socket = await open(`${base}/echo`, options);
    const got = [];
    const all = new Promise((resolve) => socket.on("message", (data, binary) => got.push([data, binary]) === 4 && resolve()));
    const sent = [["text ž", false], [Buffer.from([0, 1, 2]), true], ["x".repeat(MIB), false], [Buffer.alloc(MIB, 7), true]];
    for (const [data, binary] of sent) socket.send(data, { binary });
    await limited("the echoes", all);
    got.forEach(([data, binary], i) => {
      equal([binary, data.equals(Buffer.from(sent[i][0]))], [sent[i][1], true], `echo ${i}`);
    });
    const ping = new Promise((resolve) => socket.once("pong", (data) => resolve(String(data))));
    socket.ping("are you there");
    equal(await limited("the pong", ping), "are you there", "pong");
    equal(await limited("the close", close(socket)), [1000, "done"], "close");
  });
}

custom("20.3", "1000 sockets at once, each with ten messages", async (base) => {
  const count = 1_000;
  const sockets = [];
  // A hundred handshakes at a time: the queue of a listening socket is not what is tested.
  for (let at = 0; at < count; at += 100) {
    const more = Array.from({ length: 100 }, () => open(`${base}/echo`, { perMessageDeflate: false }));
    sockets.push(...(await limited("the upgrades", Promise.all(more))));
  }
  const talks = sockets.map(
    (socket, i) =>
      new Promise((resolve, reject) => {
        let next = 0;
        socket.on("message", (data) => {
          if (String(data) !== `${i}: ${next++}`) reject(new Error(`socket ${i} got ${data}`));
          else if (next === 10) resolve();
        });
        socket.on("close", (code) => reject(new Error(`socket ${i} was closed with ${code}`)));
        for (let n = 0; n < 10; n++) socket.send(`${i}: ${n}`);
      }),
  );
  await limited("the echoes", Promise.all(talks));
  equal(sockets.every((socket) => socket.readyState === WebSocket.OPEN), true, "all are still open");
  const codes = await limited("the closes", Promise.all(sockets.map(close)));
  equal(codes.every(([code]) => code === 1000), true, "all end with 1000");
});

/** Resident memory of the server in MiB; nothing when its pid is not known. */
function resident_mib() {
  const pid = process.env.SERVER_PID;
  return pid && Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/** Far more than windows and the kernel's buffers hold, far less than what is sent. */
const GROWTH_MIB_MAX = 96;

custom("20.4", "a reader that does not read does not grow memory, and loses nothing", async (base) => {
  const message = Buffer.alloc(65_536);
  const total = 4_096;
  const { socket, head, rest } = await handshake(`${base}/echo`);
  equal(head.status, 101, "status");
  const before = resident_mib();
  // Nothing is read. The server must stop reading as well, so at some point writing stops.
  let sent = 0;
  let stalled = false;
  while (sent < total && !stalled) {
    message.writeUInt32BE(sent, 0);
    sent += 1;
    if (!socket.write(frame(BINARY, message))) {
      // A second without a byte taken is a stall; were it only slow, the test would merely send less.
      stalled = await new Promise((resolve) => {
        const timer = setTimeout(() => {
          socket.off("drain", onDrain);
          resolve(true);
        }, 1_000);
        const onDrain = () => {
          clearTimeout(timer);
          resolve(false);
        };
        socket.once("drain", onDrain);
      });
    }
  }
  if (before !== undefined) {
    const growth = resident_mib() - before;
    if (growth > GROWTH_MIB_MAX) throw new Error(`memory grew by ${Math.round(growth)} MiB after ${sent} messages of 64 KiB`);
  }
  const connection = new Raw(socket, rest);
  for (let i = 0; i < sent; i++) {
    const { opcode, payload } = await connection.message();
    equal([opcode, payload.length, payload.readUInt32BE(0)], [BINARY, message.length, i], `echo ${i} of ${sent}`);
  }
  connection.write(frame(CLOSE, closing(1000)));
  equal((await connection.message()).opcode, CLOSE, "opcode");
  await connection.end();
});

custom("20.5", "a hundred readers that do not read, and one that does", async (base) => {
  const before = resident_mib();
  const slow = await Promise.all(Array.from({ length: 100 }, () => handshake(`${base}/echo`)));
  const bytes = frame(BINARY, Buffer.alloc(65_536));
  // 1 MiB each, as far as it is taken; what is not stays in this process.
  for (const { socket } of slow) for (let n = 0; n < 16; n++) socket.write(bytes);
  const socket = await open(`${base}/echo`);
  for (let n = 0; n < 100; n++) {
    const answer = new Promise((resolve) => socket.once("message", (data) => resolve(String(data))));
    socket.send(`still ${n}`);
    equal(await limited("the echo", answer), `still ${n}`, "echo");
  }
  if (before !== undefined) {
    const growth = resident_mib() - before;
    if (growth > 2 * GROWTH_MIB_MAX) throw new Error(`memory grew by ${Math.round(growth)} MiB`);
  }
  await limited("the close", close(socket));
  for (const { socket } of slow) socket.destroy();
});

custom("20.6", "a worker that sends 32 MiB at once to a reader that comes late", async (base) => {
  const { socket, head, rest } = await handshake(`${base}/send?count=512&size=65536`);
  equal(head.status, 101, "status");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const connection = new Raw(socket, rest);
  for (let i = 0; i < 512; i++) {
    const { opcode, payload } = await connection.message();
    equal([opcode, payload.length, payload[0]], [BINARY, 65_536, i % 251], `message ${i}`);
  }
  const { opcode, payload } = await connection.message();
  equal([opcode, payload.readUInt16BE(0), payload.toString("utf8", 2)], [CLOSE, 1000, "all sent"], "close");
  connection.write(frame(CLOSE, closing(1000)));
  await connection.end();
});
