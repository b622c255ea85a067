// 0: the upgrade itself, by the book and beside it.

import { custom, equal, expect, finish } from "../lib/check.mjs";
import { Raw, TEXT, frame, handshake } from "../lib/raw.mjs";

/** The status of an upgrade with these headers. */
async function status(base, path, headers) {
  const { socket, head } = await handshake(`${base}${path}`, headers);
  socket.destroy();
  return head.status;
}

custom("0.1", "the example key of the RFC", async (base) => {
  const { socket, head } = await handshake(`${base}/echo`, { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" });
  socket.destroy();
  equal([head.status, head.headers["sec-websocket-accept"]], [101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "answer");
  equal([head.headers["content-length"], head.headers["transfer-encoding"]], [undefined, undefined], "a 101 has no body");
});

for (const [id, about, headers] of [
  ["0.2", "Upgrade in capitals", { Upgrade: "WebSocket" }],
  ["0.3", "several values of Connection", { Connection: "keep-alive, Upgrade" }],
  ["0.4", "an Origin", { Origin: "http://elsewhere.example" }],
]) {
  custom(id, about, async (base) => {
    const connection = await Raw.open(`${base}/echo`, headers);
    connection.send(TEXT, "Hello");
    await expect(connection, TEXT, "Hello");
    await finish(connection);
  });
}

custom("0.5", "an upgrade without a key", async (base) => {
  equal(await status(base, "/echo", { "Sec-WebSocket-Key": null }), 400, "status");
});

custom("0.6", "an upgrade of another version", async (base) => {
  const { socket, head } = await handshake(`${base}/echo`, { "Sec-WebSocket-Version": "12" });
  socket.destroy();
  equal([400, 426].includes(head.status), true, `status ${head.status} is 400 or 426`);
});

custom("0.7", "a route that refuses", async (base) => {
  equal(await status(base, "/nowhere", {}), 404, "status");
});

custom("0.8", "a protocol that the worker chooses", async (base) => {
  const { socket, head } = await handshake(`${base}/echo`, { "Sec-WebSocket-Protocol": "chat, superchat" });
  socket.destroy();
  equal(head.headers["sec-websocket-protocol"], "chat", "protocol");
});

custom("0.9", "frames that come with the upgrade", async (base) => {
  const { socket, head, rest } = await handshake(`${base}/echo`, {}, frame(TEXT, "eager"));
  equal(head.status, 101, "status");
  const connection = new Raw(socket, rest);
  await expect(connection, TEXT, "eager");
  await finish(connection);
});

custom("0.10", "an offer of compression may be refused, and is not answered with something else", async (base) => {
  const { socket, head, rest } = await handshake(`${base}/echo`, { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, x-unknown" });
  const answer = head.headers["sec-websocket-extensions"] ?? "permessage-deflate";
  equal([head.status, answer.split(";")[0].trim()], [101, "permessage-deflate"], "answer");
  const connection = new Raw(socket, rest);
  connection.destroy();
});
