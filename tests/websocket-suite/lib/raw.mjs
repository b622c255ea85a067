// A WebSocket client of single frames: writes exactly the bytes that a case wants, reads frames as they come.
//
// It knows RFC 6455's framing and nothing else: no state, no answers of its own. Every wait has a limit, far above what
// an honest server needs.

import { createHash, randomBytes } from "node:crypto";
import net from "node:net";

export const LIMIT_MS = 20_000;
export const TEXT = 1;
export const BINARY = 2;
export const CONTINUATION = 0;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The bytes of one frame.
 *
 * `length` replaces the length field's value, `wide` its width (0, 16 or 64 bits), so that a frame can lie.
 */
export function frame(opcode, payload = Buffer.alloc(0), { fin = true, rsv = 0, masked = true, length, wide } = {}) {
  payload = Buffer.from(payload);
  const said = length ?? payload.length;
  const width = wide ?? (said < 126 ? 0 : said < 65_536 ? 16 : 64);
  const head = Buffer.alloc(2 + width / 8);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (width === 0 ? said : width === 16 ? 126 : 127);
  if (width === 16) head.writeUInt16BE(said, 2);
  if (width === 64) head.writeBigUInt64BE(BigInt(said), 2);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  const body = Buffer.allocUnsafe(payload.length);
  for (let i = 0; i < payload.length; i++) body[i] = payload[i] ^ mask[i & 3];
  return Buffer.concat([head, mask, body]);
}

/** A close frame's payload. */
export function closing(code, reason = "") {
  const bytes = Buffer.from(reason);
  const payload = Buffer.alloc(2 + bytes.length);
  payload.writeUInt16BE(code, 0);
  bytes.copy(payload, 2);
  return payload;
}

/** One connection after its handshake. */
export class Raw {
  #socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket, rest) {
    this.#socket = socket;
    this.#bytes = rest;
    socket.on("data", (bytes) => {
      this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", end).on("close", end).on("error", end);
    socket.resume();
  }

  /** Connects and upgrades; `headers` replace or add to the usual ones, `null` leaves one out. */
  static async open(url, headers = {}) {
    const { socket, head, rest, key } = await handshake(url, headers);
    if (head.status !== 101) {
      socket.destroy();
      throw new Error(`the upgrade was answered with ${head.status}`);
    }
    const accept = createHash("sha1").update(key + GUID).digest("base64");
    if (head.headers["sec-websocket-accept"] !== accept) throw new Error("Sec-WebSocket-Accept does not fit the key");
    if (head.headers.upgrade?.toLowerCase() !== "websocket") throw new Error("no Upgrade: websocket in the answer");
    if (!/upgrade/i.test(head.headers.connection ?? "")) throw new Error("no Connection: Upgrade in the answer");
    return new Raw(socket, rest);
  }

  /** Writes bytes as they are. */
  write(bytes) {
    this.#socket.write(bytes);
    return this;
  }

  /** Writes bytes in pieces of so many, each in a packet of its own as far as the kernel allows. */
  async chop(bytes, size) {
    for (let at = 0; at < bytes.length; at += size) {
      this.#socket.write(bytes.subarray(at, at + size));
      await new Promise(setImmediate);
    }
  }

  send(opcode, payload, options) {
    return this.write(frame(opcode, payload, options));
  }

  /** The next frame, or `undefined` at the end of the connection. */
  async next() {
    for (;;) {
      const found = this.#take();
      if (found) return found;
      if (this.#ended) {
        if (this.#bytes.length > 0) throw new Error(`the connection ended inside a frame: ${this.#bytes.length} bytes`);
        return undefined;
      }
      await this.#more("a frame");
    }
  }

  /** The next whole message or control frame; checks that the server's frames are sound. */
  async message() {
    let opcode;
    const parts = [];
    for (;;) {
      const part = await this.next();
      if (!part) return parts.length === 0 ? undefined : fail("the connection ended inside a message");
      if (part.opcode >= CLOSE) {
        if (!part.fin || part.payload.length > 125) fail("a control frame that is fragmented or too long");
        return part;
      }
      if (opcode === undefined && part.opcode === CONTINUATION) fail("a continuation of nothing");
      if (opcode !== undefined && part.opcode !== CONTINUATION) fail("a new message inside another");
      opcode ??= part.opcode;
      parts.push(part.payload);
      if (part.fin) return { opcode, fin: true, payload: Buffer.concat(parts) };
    }
  }

  /** Waits until the server has closed the connection. */
  async end() {
    while (!this.#ended) {
      if (this.#bytes.length > 0) fail(`${this.#bytes.length} bytes after the close frame`);
      await this.#more("the end of the connection");
    }
  }

  destroy() {
    this.#socket.destroy();
  }

  /** Ends the connection without a word. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  /** Ends this side of the connection: what was written arrives, then the end. */
  finish() {
    this.#socket.end();
  }

  #take() {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    if (bytes[1] & 0x80) fail("the server masks its frames");
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return undefined;
      length = bytes.readUInt16BE(2);
      at = 4;
      if (length < 126) fail("a length that is not in its shortest form");
    } else if (length === 127) {
      if (bytes.length < 10) return undefined;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
      if (length < 65_536) fail("a length that is not in its shortest form");
    }
    if (bytes.length < at + length) return undefined;
    const rsv = (bytes[0] >> 4) & 7;
    if (rsv !== 0) fail("reserved bits are set");
    this.#bytes = bytes.subarray(at + length);
    return { fin: (bytes[0] & 0x80) !== 0, opcode: bytes[0] & 15, payload: bytes.subarray(at, at + length) };
  }

  #more(what) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), LIMIT_MS);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }
}

/** Sends an upgrade request, with `extra` bytes behind it, and reads the head of its answer. The socket is paused. */
export function handshake(url, headers = {}, extra = Buffer.alloc(0)) {
  const { hostname, port, host, pathname, search } = new URL(url);
  const key = headers["Sec-WebSocket-Key"] ?? randomBytes(16).toString("base64");
  const all = { Host: host, Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", ...headers };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  const request = `GET ${pathname}${search} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error("waited in vain for the answer to the upgrade")), LIMIT_MS);
    let bytes = Buffer.alloc(0);
    const onData = (more) => {
      bytes = Buffer.concat([bytes, more]);
      const at = bytes.indexOf("\r\n\r\n");
      if (at < 0) return;
      clearTimeout(timer);
      // Nothing may be read before somebody listens again.
      socket.pause().off("data", onData).off("error", reject).off("end", onEnd);
      resolve({ socket, head: parse(bytes.subarray(0, at).toString("latin1")), rest: bytes.subarray(at + 4), key });
    };
    const onEnd = () => reject(new Error("the connection ended before the upgrade was answered"));
    socket.on("connect", () => socket.write(Buffer.concat([Buffer.from(request), extra]))).on("data", onData).on("error", reject).on("end", onEnd);
  });
}

function parse(text) {
  const [first, ...lines] = text.split("\r\n");
  const headers = {};
  for (const line of lines) {
    const at = line.indexOf(":");
    headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  return { status: Number(first.split(" ")[1]), headers };
}

function fail(message) {
  throw new Error(message);
}
