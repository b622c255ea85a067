// The head of an outgoing message: its lines, and what the framing and the connection's headers say of the message.
(function () {
const { core } = __bootstrap;
const { ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { chunkExpression, validateHeaderName, validateHeaderValue } =
  core.loadExtScript("ext:lopata_node/http/tokens.js");

const kUniqueHeaders = Symbol("kUniqueHeaders");

const CLOSE = /(?:^|\W)close(?:$|\W)/i;

/**
 * What a message's header means to the message itself.
 * @type {Record<string, (message: object, seen: Set<string>, value: string) => void>}
 */
const MEANINGS = {
  __proto__: null,
  "connection"(message, seen, value) {
    seen.add("connection");
    message._removedConnection = false;
    if (CLOSE.test(value)) {
      message._last = true;
    } else {
      message.shouldKeepAlive = true;
    }
  },
  "content-length"(message, seen, value) {
    seen.add("content-length");
    message._contentLength = Number(value);
    message._removedContLen = false;
  },
  "transfer-encoding"(message, seen, value) {
    seen.add("transfer-encoding");
    message._removedTE = false;
    if (chunkExpression.test(value)) message.chunkedEncoding = true;
  },
  "keep-alive"(message) {
    message._defaultKeepAlive = false;
  },
  "date"(_message, seen) {
    seen.add("date");
  },
  "expect"(_message, seen) {
    seen.add("expect");
  },
  "trailer"(_message, seen) {
    seen.add("trailer");
  },
};

/** Composes one head. */
class Head {
  /** Name and value of each line. @type {[string, string][]} */
  pairs = [];
  /** Which of the headers with a meaning there were. @type {Set<string>} */
  seen = new Set();
  #message;

  constructor(message) {
    this.#message = message;
  }

  /** @param {string} name @param {string} value */
  line(name, value) {
    this.pairs.push([name, value]);
  }

  /** A header as users give it. @param {boolean} checks whether nobody has looked at it before */
  field(name, value, checks) {
    const message = this.#message;
    if (checks) validateHeaderName(name);
    const lowered = name.toLowerCase();
    // As in Node: beside a length, the name of a file is written in Latin-1.
    if (lowered === "content-disposition" && message._contentLength) {
      const narrow = (text) => String(Buffer.from(String(text), "latin1"));
      value = Array.isArray(value) ? value.map(narrow) : narrow(value);
    }
    if (!Array.isArray(value)) {
      this.#value(name, lowered, String(value), checks);
      return;
    }
    const joins = (value.length >= 2 && lowered === "cookie") || message[kUniqueHeaders]?.has(lowered);
    const values = joins ? [value.join("; ")] : value;
    for (const one of values) this.#value(name, lowered, one, checks);
  }

  #value(name, lowered, value, checks) {
    if (checks) validateHeaderValue(name, value);
    this.line(name, `${value}`);
    MEANINGS[lowered]?.(this.#message, this.seen, value);
  }

  /** Whether and how the connection is kept. */
  connection() {
    const message = this.#message;
    if (message._removedConnection) {
      message._last = !message.shouldKeepAlive;
      return;
    }
    if (this.seen.has("connection")) return;
    const keeps = message.shouldKeepAlive &&
      (this.seen.has("content-length") || message.useChunkedEncodingByDefault || message.agent);
    if (!keeps) message._last = true;
    if (!keeps || message.maxRequestsOnConnectionReached) {
      this.line("Connection", "close");
      return;
    }
    this.line("Connection", "keep-alive");
    if (message._keepAliveTimeout && message._defaultKeepAlive) {
      const requests = message._maxRequestsPerSocket > 0 ? `, max=${message._maxRequestsPerSocket}` : "";
      this.line("Keep-Alive", `timeout=${Math.floor(message._keepAliveTimeout / 1000)}${requests}`);
    }
  }

  /** How the end of the body is known. */
  framing() {
    const message = this.#message;
    if (this.seen.has("content-length") || this.seen.has("transfer-encoding")) return;
    if (!message._hasBody) {
      message.chunkedEncoding = false;
    } else if (!message.useChunkedEncodingByDefault) {
      message._last = true;
    } else if (!this.seen.has("trailer") && !message._removedContLen && typeof message._contentLength === "number") {
      this.line("Content-Length", `${message._contentLength}`);
    } else if (!message._removedTE) {
      this.line("Transfer-Encoding", "chunked");
      message.chunkedEncoding = true;
    } else {
      message._last = true;
    }
  }
}

/** The headers that users give, in any of their forms. @returns {Iterable<[string, unknown]>} */
function* fields(headers) {
  if (!Array.isArray(headers)) {
    for (const name of Object.keys(headers)) yield [name, headers[name]];
  } else if (Array.isArray(headers[0])) {
    for (const pair of headers) yield [pair[0], pair[1]];
  } else {
    if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE("headers", headers);
    for (let n = 0; n < headers.length; n += 2) yield [headers[n], headers[n + 1]];
  }
}

/**
 * The head of a message.
 * @param {object} message
 * @param {string} firstLine with its end of line
 * @param {object | unknown[] | null} given headers that nobody has checked
 * @param {Record<string, [string, unknown]> | null} kept those that the message has and that are checked
 * @returns {{ text: string, pairs: [string, string][], expects: boolean }}
 */
function compose(message, firstLine, given, kept) {
  const head = new Head(message);
  if (kept) {
    for (const key of Object.keys(kept)) head.field(kept[key][0], kept[key][1], false);
  } else if (given !== null && given !== undefined) {
    for (const [name, value] of fields(given)) head.field(name, value, true);
  }
  if (message.sendDate && !head.seen.has("date")) head.line("Date", new Date().toUTCString());
  // What has no body must not end with an empty chunk.
  if (message.chunkedEncoding && (message.statusCode === 204 || message.statusCode === 304)) {
    message.chunkedEncoding = false;
    message.shouldKeepAlive = false;
  }
  head.connection();
  head.framing();
  let text = firstLine;
  for (const [name, value] of head.pairs) text += `${name}: ${value}\r\n`;
  return { text: `${text}\r\n`, pairs: head.pairs, expects: head.seen.has("expect") };
}

/** The names of headers that are sent once, joined. @param {unknown} headers the option `uniqueHeaders` */
function parseUniqueHeadersOption(headers) {
  if (!Array.isArray(headers)) return null;
  return new Set(headers.flat().map((name) => name.toLowerCase()));
}

return { compose, kUniqueHeaders, parseUniqueHeadersOption };
})();
