// Messages that are written: requests of the client and responses of the server.
//
// A message is a Writable in name; what is written goes into an outbox, corked until the end of the turn as in
// production, and from there to what the message becomes: the body of a Response, or nothing for a request, which
// gathers its body itself. The first thing that is sent takes the head along.
(function () {
const { core } = __bootstrap;
const { default: stream } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { default: EventEmitter } = core.loadExtScript("ext:lopata_node/modules/events.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const {
  ERR_HTTP_HEADERS_SENT,
  ERR_INVALID_ARG_TYPE,
  ERR_STREAM_ALREADY_FINISHED,
  ERR_STREAM_CANNOT_PIPE,
  ERR_STREAM_DESTROYED,
  ERR_STREAM_NULL_VALUES,
  ERR_STREAM_WRITE_AFTER_END,
} = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { ERR_HTTP_BODY_NOT_ALLOWED, ERR_HTTP_CONTENT_LENGTH_MISMATCH } =
  core.loadExtScript("ext:lopata_node/http/errors.js");
const { compose } = core.loadExtScript("ext:lopata_node/http/head.js");
const { validateHeaderName, validateHeaderValue } = core.loadExtScript("ext:lopata_node/http/tokens.js");
const { Writable, getDefaultHighWaterMark } = stream;

const kBytesWritten = Symbol("kBytesWritten");
const kChunkedBuffer = Symbol("kChunkedBuffer");
const kChunkedLength = Symbol("kChunkedLength");
const kCorked = Symbol("corked");
const kErrored = Symbol("kErrored");
const kHighWaterMark = Symbol("kHighWaterMark");
const kNeedDrain = Symbol("kNeedDrain");
const kOutHeaders = Symbol("kOutHeaders");
const kRejectNonStandardBodyWrites = Symbol("kRejectNonStandardBodyWrites");

/**
 * What a kind of message does with what it is told, none of which users see.
 * @typedef {object} Hooks
 * @property {(pairs: [string, string][], atEnd: boolean) => void} [head] the head is sent, perhaps by the end
 * @property {(data: string | Uint8Array, encoding: string | null) => void} [data] data is sent
 * @property {(error: unknown, again: boolean) => void} [destroyed] it is destroyed, now or once more
 */

/** @type {(message: OutgoingMessage, hooks: Hooks) => void} */
let setHooks;

/** What is written and not yet handed on. */
class Outbox {
  #corks = 0;
  #entries = [];
  #deliver;

  /** @param {(data: string | Uint8Array, encoding: string | null) => void} deliver */
  constructor(deliver) {
    this.#deliver = deliver;
  }

  get corks() {
    return this.#corks;
  }

  get length() {
    let sum = 0;
    for (const entry of this.#entries) sum += entry.length;
    return sum;
  }

  cork() {
    this.#corks++;
  }

  uncork() {
    if (this.#corks > 0) this.#corks--;
    if (this.#corks === 0) {
      for (const entry of this.#entries.splice(0)) this.#deliver(entry.data, entry.encoding);
    }
  }

  /** @param {{ data: string | Uint8Array, encoding: string | null, callback?: () => void, length: number }} entry */
  add(entry) {
    if (this.#corks === 0) {
      this.#deliver(entry.data, entry.encoding);
    } else {
      this.#entries.push(entry);
    }
    queueMicrotask(() => entry.callback?.());
  }
}

/** Bytes of a chunk. @param {string | Uint8Array} chunk @param {string | null | undefined} encoding */
function byteLength(chunk, encoding) {
  return typeof chunk === "string" ? Buffer.byteLength(chunk, encoding ?? undefined) : chunk.byteLength;
}

class OutgoingMessage extends Writable {
  [kOutHeaders] = null;
  [kErrored] = null;
  [kCorked] = 0;
  [kChunkedBuffer] = [];
  [kChunkedLength] = 0;
  [kNeedDrain] = false;
  [kRejectNonStandardBodyWrites];
  [kHighWaterMark];
  [kBytesWritten] = 0;
  req;
  /** @type {Hooks} */
  #hooks = {};
  #outbox = new Outbox((data, encoding) => this.#hooks.data?.(data, encoding));
  /** Whether it is being ended. */
  #ends = false;
  /** The head's lines, from when it is composed until it is sent. */
  #pairs = null;

  outputData = [];
  outputSize = 0;
  writtenHeaderBytes = 0;
  strictContentLength = false;
  chunkedEncoding = false;
  sendDate = false;
  shouldKeepAlive = true;
  writable = true;
  finished = false;
  destroyed = false;
  useChunkedEncodingByDefault = true;
  maxRequestsOnConnectionReached = false;
  _closed = false;
  _headerSent = false;
  _onPendingData = () => {};
  _header = null;
  _contentLength = null;
  _hasBody = true;
  _removedContLen = false;
  _removedConnection = false;
  _removedTE = false;
  _last = false;
  _defaultKeepAlive = true;
  _maxRequestsPerSocket;
  _keepAliveTimeout = 0;

  static {
    setHooks = (message, hooks) => {
      message.#hooks = hooks;
    };
  }

  constructor(req, options) {
    super();
    this.req = req;
    this[kHighWaterMark] = options?.highWaterMark ?? getDefaultHighWaterMark();
    this[kRejectNonStandardBodyWrites] = options?.rejectNonStandardBodyWrites ?? false;
  }

  cork() {
    this[kCorked]++;
    this.#outbox.cork();
  }

  uncork() {
    this[kCorked]--;
    this.#outbox.uncork();
    if (this[kCorked] || this[kChunkedBuffer].length === 0) return;
    for (const { data, encoding, callback } of this[kChunkedBuffer].splice(0)) this._send(data, encoding, callback);
    this[kChunkedLength] = 0;
  }

  _storeHeader(firstLine, headers) {
    const kept = headers !== null && headers === this[kOutHeaders];
    const head = compose(this, firstLine, kept ? null : headers, kept ? headers : null);
    this._header = head.text;
    this._headerSent = false;
    this.#pairs = head.pairs;
    // Who waits for leave to send a body must see the head first.
    if (head.expects) this._send("");
  }

  _finish() {
    this.emit("prefinish");
  }

  _flushOutput(_outbox) {
    const waiting = this.outputData;
    if (waiting.length === 0) return undefined;
    this.outputData = [];
    this.#outbox.cork();
    for (const { data, encoding, callback } of waiting) this.#enqueue(data, encoding, callback, data.length);
    this.#outbox.uncork();
    this._onPendingData(-this.outputSize);
    this.outputSize = 0;
    return true;
  }

  _flush() {
    const flushed = this._flushOutput();
    if (this.finished) {
      this._finish();
    } else if (flushed && this[kNeedDrain]) {
      this[kNeedDrain] = false;
      this.emit("drain");
    }
  }

  get writableLength() {
    const handed = this._header !== null || this._headerSent ? this.#outbox.length : 0;
    return this.outputSize + handed + this[kChunkedLength];
  }

  get writableCorked() {
    return this[kCorked];
  }

  get writableNeedDrain() {
    return !this.destroyed && !this.finished && this[kNeedDrain];
  }

  setHeader(name, value) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("set");
    validateHeaderName(name);
    validateHeaderValue(name, value);
    this[kOutHeaders] ??= {};
    this[kOutHeaders][name.toLowerCase()] = [name, value];
    return this;
  }

  setHeaders(headers) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("set");
    const isMap = !Array.isArray(headers) && typeof headers === "object" && "keys" in headers && "get" in headers &&
      typeof headers.keys === "function" && typeof headers.get === "function";
    if (!isMap) throw new ERR_INVALID_ARG_TYPE("headers", ["Headers", "Map"], headers);
    // An iteration over Headers names this one several times.
    const cookies = [];
    for (const [name, value] of headers) {
      if (name !== "set-cookie") {
        this.setHeader(name, value);
      } else if (Array.isArray(value)) {
        cookies.push(...value);
      } else {
        cookies.push(value);
      }
    }
    if (cookies.length > 0) this.setHeader("set-cookie", cookies);
    return this;
  }

  appendHeader(name, value) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("append");
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const entry = this[kOutHeaders]?.[name.toLowerCase()];
    if (entry === undefined) return this.setHeader(name, value);
    const added = Array.isArray(value) ? value : [value];
    entry[1] = Array.isArray(entry[1]) ? [...entry[1], ...added] : [entry[1], ...added];
    return this;
  }

  getHeader(name) {
    validateString(name, "name");
    return this[kOutHeaders]?.[name.toLowerCase()]?.[1];
  }

  hasHeader(name) {
    validateString(name, "name");
    return Boolean(this[kOutHeaders]?.[name.toLowerCase()]);
  }

  removeHeader(name) {
    validateString(name, "name");
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("remove");
    const key = name.toLowerCase();
    // These would come back by themselves.
    if (key === "connection") {
      this._removedConnection = true;
    } else if (key === "content-length") {
      this._removedContLen = true;
    } else if (key === "transfer-encoding") {
      this._removedTE = true;
    } else if (key === "date") {
      this.sendDate = false;
    }
    if (this[kOutHeaders] !== null) delete this[kOutHeaders][key];
  }

  getHeaderNames() {
    return Object.keys(this[kOutHeaders] ?? {});
  }

  getRawHeaderNames() {
    return Object.values(this[kOutHeaders] ?? {}).map((entry) => entry[0]);
  }

  flushHeaders() {
    if (!this._header) this._implicitHeader();
    this._send("");
  }

  getHeaders() {
    const all = {};
    for (const [key, entry] of Object.entries(this[kOutHeaders] ?? {})) all[key] = entry[1];
    return all;
  }

  get headersSent() {
    return Boolean(this._header);
  }

  pipe(destination) {
    this.emit("error", new ERR_STREAM_CANNOT_PIPE());
    return destination;
  }

  [EventEmitter.captureRejectionSymbol](error) {
    this.destroy(error);
  }

  _implicitHeader() {
    throw notImplemented("_implicitHeader()");
  }

  _renderHeaders() {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("render");
    const all = {};
    for (const entry of Object.values(this[kOutHeaders] ?? {})) all[entry[0]] = entry[1];
    return all;
  }

  _send(data, encoding, callback, length) {
    if (this._headerSent || this._header === null) return this._writeRaw(data, encoding, callback, length);
    this._headerSent = true;
    this.writtenHeaderBytes = this._header.length;
    const pairs = this.#pairs;
    this.#pairs = null;
    this.#hooks.head?.(pairs, this.#ends);
    return this.#raw(data, encoding, callback, this._header.length + data.length);
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    const ready = this.#write(chunk, encoding, callback, false);
    if (!ready) this[kNeedDrain] = true;
    return ready;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === "function") {
      callback = chunk;
      chunk = null;
      encoding = null;
    } else if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    if (this.finished) return this.#endAgain(chunk, callback);
    this.#ends = true;
    try {
      this.#end(chunk, encoding, callback);
    } finally {
      this.#ends = false;
    }
    return this;
  }

  #end(chunk, encoding, callback) {
    if (chunk) {
      this.#outbox.cork();
      this.#write(chunk, encoding, null, true);
    } else if (!this._header) {
      this.#outbox.cork();
      this._contentLength = 0;
      this._implicitHeader();
    }
    if (typeof callback === "function") this.once("finish", callback);
    if (this.#checksLength() && this[kBytesWritten] !== this._contentLength) {
      throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(this[kBytesWritten], this._contentLength);
    }
    const finish = () => this.emit("finish");
    const unsent = !this._headerSent || this.writableLength || chunk;
    if ((this._hasBody && this.chunkedEncoding) || unsent) {
      this._send("", "latin1", finish);
    } else {
      queueMicrotask(finish);
    }
    this.#outbox.uncork();
    this[kCorked] = 1;
    this.uncork();
    this.finished = true;
    this._writableState.finished = true;
    if (this.outputData.length === 0) this._finish();
  }

  /** An end after the end. */
  #endAgain(chunk, callback) {
    if (chunk) {
      this.#fail(new ERR_STREAM_WRITE_AFTER_END(), callback);
    } else if (typeof callback === "function") {
      if (this.writableFinished) {
        callback(new ERR_STREAM_ALREADY_FINISHED("end"));
      } else {
        this.on("finish", callback);
      }
    }
    return this;
  }

  _writeRaw(data, encoding, callback, _length) {
    if (typeof encoding === "function") {
      callback = encoding;
      encoding = null;
    }
    return this.#raw(data, encoding, callback, data.length);
  }

  /** @param {number} length what it counts as, towards what waits */
  #raw(data, encoding, callback, length) {
    if (this.destroyed) return false;
    if (this._header === null && !this._headerSent) {
      this.outputData.push({ data, encoding, callback });
      this.outputSize += data.length;
      this._onPendingData(data.length);
      return this.outputSize < this[kHighWaterMark];
    }
    this._flushOutput();
    this.#enqueue(data, encoding, callback, length);
    return this.#outbox.corks > 0 || this.#outbox.length < this[kHighWaterMark];
  }

  #enqueue(data, encoding, callback, length) {
    this.#outbox.add({ data, encoding, callback, length });
  }

  destroy(err, _cb) {
    if (this.destroyed) {
      this.#hooks.destroyed?.(err, true);
      return this;
    }
    if (err !== null && err !== undefined) this.emit("error", err);
    this.destroyed = true;
    this[kErrored] = err;
    this.#hooks.destroyed?.(err, false);
    return this;
  }

  get errored() {
    return this[kErrored];
  }

  get closed() {
    return this._closed;
  }

  get writableEnded() {
    return this.finished;
  }

  get writableHighWaterMark() {
    return this[kHighWaterMark];
  }

  get writableObjectMode() {
    return false;
  }

  #checksLength() {
    return this.strictContentLength && typeof this._contentLength === "number" && this._hasBody &&
      !this._removedContLen && !this.chunkedEncoding && !this.hasHeader("transfer-encoding");
  }

  /** Tells of an error at the end of the turn. */
  #fail(error, callback) {
    if (this.destroyed) return;
    queueMicrotask(() => {
      callback?.(error);
      if (!this.destroyed) this.emit("error", error);
    });
  }

  #write(chunk, encoding, callback, isLast) {
    if (typeof callback !== "function") callback = () => {};
    if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      throw new ERR_INVALID_ARG_TYPE("chunk", ["string", "Buffer", "Uint8Array"], chunk);
    }
    if (this.finished && !this.destroyed) {
      this.#fail(new ERR_STREAM_WRITE_AFTER_END(), callback);
      return false;
    }
    if (this.finished || this.destroyed) {
      const error = this.finished ? new ERR_STREAM_WRITE_AFTER_END() : new ERR_STREAM_DESTROYED("write");
      queueMicrotask(() => callback(error));
      return false;
    }
    if (this.strictContentLength) this.#count(byteLength(chunk, encoding), isLast);
    if (!this._header) {
      if (isLast) this._contentLength = byteLength(chunk, encoding);
      this._implicitHeader();
    }
    if (!this._hasBody) {
      if (this[kRejectNonStandardBodyWrites]) throw new ERR_HTTP_BODY_NOT_ALLOWED();
      queueMicrotask(callback);
      return true;
    }
    if (!isLast && this.#outbox.corks === 0) {
      this.#outbox.cork();
      queueMicrotask(() => this.#outbox.uncork());
    }
    if (this.chunkedEncoding && chunk.length !== 0 && this[kCorked] && this._headerSent) {
      this[kChunkedBuffer].push({ data: chunk, encoding, callback });
      this[kChunkedLength] += byteLength(chunk, encoding);
      return this[kChunkedLength] < this[kHighWaterMark];
    }
    return this._send(chunk, encoding, callback);
  }

  /** Counts what is written against what was announced. */
  #count(length, isLast) {
    const sum = this[kBytesWritten] + length;
    const differs = isLast ? sum !== this._contentLength : sum > (this._contentLength ?? 0);
    if (this.#checksLength() && differs) throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(sum, this._contentLength ?? 0);
    this[kBytesWritten] = sum;
  }
}

return { kHighWaterMark, kOutHeaders, OutgoingMessage, setHooks };
})();
