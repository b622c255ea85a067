// Messages that are read: requests that a server gets and responses that a client gets.
//
// Their bodies are streams of the web, read when the message is read and cancelled when it is destroyed.
(function () {
const { core } = __bootstrap;
const { default: stream } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { default: EventEmitter } = core.loadExtScript("ext:lopata_node/modules/events.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");

const kHeaders = Symbol("kHeaders");
const kHeadersDistinct = Symbol("kHeadersDistinct");
const kHeadersCount = Symbol("kHeadersCount");

/** Headers of which the first one counts. Source: Node's documentation of `message.headers`. */
const FIRST_COUNTS = new Set([
  "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since",
  "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after",
  "server", "user-agent",
]);

// What only the client and the server may do to a message.
let setResponse;
let setRequest;

/** An IPv4 address, or none at all. @param {string | null} address */
const isVersion4 = (address) => address === null || /^\d{1,3}(\.\d{1,3}){3}$/.test(address);

/**
 * What a request has in place of its socket.
 * @param {IncomingMessage} message
 * @param {Headers} headers
 * @param {number} localPort the port its server listens to
 */
function socketOf(message, headers, localPort) {
  const address = headers.get("cf-connecting-ip");
  const port = 0x8000 + Math.floor(Math.random() * 0x8000);
  const whileAlive = (value) => () => message.destroyed ? undefined : value;
  const socket = new EventEmitter();
  const fixed = (value) => ({ value, writable: false, configurable: true });
  const live = (get) => ({ get, configurable: true });
  Object.defineProperties(socket, {
    encrypted: fixed(headers.get("x-forwarded-proto") === "https"),
    readable: live(() => message.readable),
    remoteFamily: live(whileAlive(isVersion4(address) ? "IPv4" : "IPv6")),
    remoteAddress: live(whileAlive(address ?? "127.0.0.1")),
    remotePort: live(whileAlive(port)),
    localAddress: fixed(headers.get("host") ?? "127.0.0.1"),
    localPort: fixed(localPort),
    destroy: fixed((error) => message.destroy(error)),
  });
  return socket;
}

class IncomingMessage extends stream.Readable {
  #body = null;
  #reader = null;
  #reads = false;
  #socket;
  /** Told of each piece of a response's body. */
  #progress = null;

  aborted = false;
  url = "";
  method = null;
  statusCode = null;
  statusMessage = null;
  httpVersionMajor = 1;
  httpVersionMinor = 1;
  httpVersion = "1.1";
  complete = false;
  rawHeaders = [];
  joinDuplicateHeaders = false;
  cloudflare = { cf: undefined, env: undefined, ctx: undefined };
  [kHeaders] = null;
  [kHeadersDistinct] = null;
  [kHeadersCount] = 0;
  _dumped = false;
  _consuming = false;
  _paused = false;

  static {
    setResponse = (message, response, progress) => {
      message.#progress = progress;
      message.#body = response.body;
      message.url = response.url;
      message.statusCode = response.status;
      message.statusMessage = response.statusText;
      message[kHeaders] = {};
      message[kHeadersDistinct] = {};
      for (const name of new Set(response.headers.keys())) {
        const value = response.headers.get(name);
        message[kHeaders][name] = value;
        message[kHeadersDistinct][name] = [value];
        message[kHeadersCount]++;
      }
    };
    setRequest = (message, request, localPort) => {
      message.#body = request.body;
      message.#socket = socketOf(message, request.headers, localPort);
    };
  }

  constructor() {
    super({});
  }

  _read(_size) {
    this._consuming = true;
    if (this.#body === null) {
      this.complete = true;
      this.push(null);
    } else if (!this.#reads) {
      this.#pump();
    }
  }

  /** Reads until nobody wants more. */
  async #pump() {
    this.#reads = true;
    try {
      this.#reader ??= this.#body.getReader();
      let wanted = true;
      while (wanted && !this.destroyed) {
        const { done, value } = await this.#reader.read();
        if (this.destroyed) break;
        this.#progress?.();
        if (done) {
          this.complete = true;
          this.push(null);
          break;
        }
        wanted = this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      }
    } catch (error) {
      this.destroy(error);
    } finally {
      this.#reads = false;
    }
  }

  _destroy(error, callback) {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit("aborted");
      const source = this.#reader ?? (this.#body?.locked ? null : this.#body);
      source?.cancel(error).catch(() => {});
    }
    queueMicrotask(() => callback(this.listenerCount("error") === 0 ? null : error));
  }

  _addHeaderLine(field, value, dest) {
    const name = field.toLowerCase();
    if (name === "set-cookie") {
      (dest[name] ??= []).push(value);
    } else if (dest[name] === undefined) {
      dest[name] = value;
    } else if (!FIRST_COUNTS.has(name) || this.joinDuplicateHeaders) {
      dest[name] += (name === "cookie" ? "; " : ", ") + value;
    }
  }

  _addHeaderLines(headers, n) {
    if (!Array.isArray(headers) || this.complete) return;
    this.rawHeaders = headers;
    this[kHeadersCount] = n;
    // They are collected when somebody asks for them.
    if (this[kHeaders] !== null) this.#collect("_addHeaderLine", this[kHeaders]);
  }

  #collect(method, dest) {
    const lines = this.rawHeaders;
    for (let at = 0; at < this[kHeadersCount]; at += 2) this[method](lines[at], lines[at + 1], dest);
    return dest;
  }

  get headers() {
    this[kHeaders] ??= this.#collect("_addHeaderLine", {});
    return this[kHeaders];
  }

  set headers(value) {
    this[kHeaders] = value;
  }

  get headersDistinct() {
    this[kHeadersDistinct] ??= this.#collect("_addHeaderLineDistinct", {});
    return this[kHeadersDistinct];
  }

  set headersDistinct(value) {
    this[kHeadersDistinct] = value;
  }

  get trailers() {
    return {};
  }

  set trailers(_value) {}

  get trailersDistinct() {
    return {};
  }

  set trailersDistinct(_value) {}

  _addHeaderLineDistinct(field, value, dest) {
    (dest[field.toLowerCase()] ??= []).push(value);
  }

  _dump() {
    if (this._dumped) return;
    this._dumped = true;
    this.removeAllListeners("data");
    this.resume();
  }

  setTimeout(_msecs, callback) {
    if (callback) this.on("timeout", callback);
    return this;
  }

  pipe(destination, options) {
    super.pipe(destination, options);
    // Unlike a stream of Node, a message hands on what goes wrong.
    this.once("error", (error) => destination.emit("error", error));
    return destination;
  }

  get connection() {
    return this.#socket;
  }

  set connection(value) {
    this.#socket = value;
  }

  get socket() {
    return this.#socket;
  }
}

return { IncomingMessage, setRequest, setResponse };
})();
