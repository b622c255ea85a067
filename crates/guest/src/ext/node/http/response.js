// Responses of a server, which become Responses of the web.
//
// What is written before anybody reads is kept and sent as one piece, which needs no stream; a response that is ended
// in the turn it is begun in never has one.
(function () {
const { core } = __bootstrap;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_HTTP_HEADERS_SENT, ERR_HTTP_INVALID_STATUS_CODE, ERR_INVALID_ARG_VALUE, ERR_INVALID_CHAR } =
  core.loadExtScript("ext:deno_node/internal/errors.ts");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { _checkInvalidHeaderChar, chunkExpression, STATUS_CODES } = core.loadExtScript("ext:lopata_node/http/tokens.js");
const { kOutHeaders, OutgoingMessage, setHooks } = core.loadExtScript("ext:lopata_node/http/outgoing.js");

/** Bytes that are nobody else's: users may write their buffers again, and a stream takes them over. */
function ownBytes(data, encoding) {
  return typeof data === "string" ? Buffer.from(data, encoding ?? undefined) : new Uint8Array(data);
}

/** The Response that a message becomes. @type {(message: ServerResponse) => Promise<Response>} */
let fetchResponse;

class ServerResponse extends OutgoingMessage {
  [kOutHeaders] = null;
  statusCode = 200;
  statusMessage = "unknown";
  writeHeader = this.writeHead.bind(this);

  #promise;
  #resolve;
  #reject;
  /** Written and not yet taken. @type {Uint8Array[] | null} null once there is a stream */
  #pieces = [];
  #controller = null;
  /** Bytes that may still come, of those that were announced. */
  #room = Infinity;
  #isOver = false;
  /** What went wrong between the head and the Response. */
  #failure = null;

  static {
    fetchResponse = (message) => message.#promise;
  }

  constructor(req, options = {}) {
    if (!compat.has("enable_nodejs_http_server_modules")) throw notImplemented("ServerResponse");
    super(req, options);
    if (req.httpVersionMajor < 1 || req.httpVersionMinor < 1) {
      this.useChunkedEncodingByDefault = chunkExpression.test(req.headers.te ?? "");
      this.shouldKeepAlive = false;
    }
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // A handler may be gone without an answer having been waited for.
    promise.catch(() => {});
    setHooks(this, {
      head: (pairs, atEnd) => this.#sendHead(pairs, atEnd),
      data: (data, encoding) => this.#sendData(data, encoding),
      destroyed: (error, again) => {
        if (again || !this._headerSent) return;
        // What was written has come to its end, or to an end with an error; nobody waits for more.
        if (!this.#isOver) {
          if (error) this.#fail(error);
          else this.#end();
        }
        queueMicrotask(() => this.#close());
      },
    });
    this.on("error", (error) => this.#fail(error));
    this.on("finish", () => this.#finish());
  }

  #sendHead(pairs, atEnd) {
    const { statusCode, statusMessage } = this;
    // Source: production's text of a Response's status.
    if (statusCode < 200 || statusCode > 599) {
      throw new RangeError("Responses may only be constructed with status codes in the range 200 to 599, inclusive.");
    }
    const headers = new Headers();
    for (const [name, value] of pairs) {
      headers.append(name, value);
      if (name.toLowerCase() === "content-length") this.#room = Number.parseInt(value, 10);
    }
    const init = { status: statusCode, statusText: statusMessage, headers };
    // What is written in this turn comes along.
    queueMicrotask(() => queueMicrotask(() => this.#respond(init)));
    // Production says so with the head; who still writes or pipes must not be told that it is too late.
    if (atEnd) this.#close();
  }

  #respond(init) {
    try {
      // What a HEAD announces is not the length of nothing.
      const isHead = this.#isOver && this.#pieces.length === 0 && this.req.method === "HEAD";
      this.#resolve(new Response(this._hasBody && !isHead ? this.#body() : null, init));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** @returns {Uint8Array | ReadableStream} */
  #body() {
    const pieces = this.#pieces;
    this.#pieces = null;
    if (this.#isOver) return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        if (this.#failure !== null) {
          controller.error(this.#failure);
          return;
        }
        this.#controller = controller;
        for (const piece of pieces) controller.enqueue(piece);
      },
      cancel: (reason) => {
        this.#controller = null;
        this.destroy(reason);
      },
    });
  }

  #sendData(data, encoding) {
    let bytes = ownBytes(data, encoding);
    if (bytes.length > this.#room) bytes = bytes.slice(0, this.#room);
    if (bytes.length === 0) return;
    this.#room -= bytes.length;
    if (this.#pieces !== null) {
      this.#pieces.push(bytes);
    } else {
      this.#controller?.enqueue(bytes);
    }
  }

  #finish() {
    this.#end();
    queueMicrotask(() => this.#close());
  }

  #end() {
    this.#isOver = true;
    this.#controller?.close();
    this.#controller = null;
  }

  #fail(error) {
    if (!this._headerSent) this.#reject(error);
    this.#failure ??= error;
    this.#controller?.error(error);
    this.#controller = null;
  }

  #close() {
    if (this._closed) return;
    this._closed = true;
    this.emit("close");
  }

  assignSocket(_socket) {
    throw notImplemented("assignSocket");
  }

  detachSocket(_socket) {
    throw notImplemented("detachSocket");
  }

  writeContinue(_callback) {
    throw notImplemented("writeContinue");
  }

  writeProcessing(_callback) {
    throw notImplemented("writeProcessing");
  }

  writeEarlyHints(_hints, _callback) {
    throw notImplemented("writeEarlyHints");
  }

  _implicitHeader() {
    this.writeHead(this.statusCode);
  }

  writeHead(statusCode, reason, obj) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("write");
    const status = statusCode | 0;
    if (status < 200 || status > 999) throw new ERR_HTTP_INVALID_STATUS_CODE(statusCode);
    if (typeof reason === "string") {
      this.statusMessage = reason;
    } else {
      this.statusMessage ||= STATUS_CODES[status] || "unknown";
      obj ??= reason;
    }
    this.statusCode = status;
    if (this[kOutHeaders] !== null && obj) this.#merge(obj);
    if (_checkInvalidHeaderChar(this.statusMessage)) throw new ERR_INVALID_CHAR("statusMessage");
    if (status === 204 || status === 304) this._hasBody = false;
    this._storeHeader(`HTTP/1.1 ${status} ${this.statusMessage}\r\n`, this[kOutHeaders] ?? obj ?? null);
    return this;
  }

  /** Puts what `writeHead` got over what was set before. */
  #merge(headers) {
    if (!Array.isArray(headers)) {
      for (const name of Object.keys(headers)) {
        if (headers[name]) this.setHeader(name, headers[name]);
      }
      return;
    }
    if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE("headers", headers);
    for (let n = 0; n < headers.length; n += 2) this.removeHeader(`${headers[n]}`);
    for (let n = 0; n < headers.length; n += 2) this.appendHeader(`${headers[n]}`, headers[n + 1]);
  }
}

return { fetchResponse, ServerResponse };
})();
