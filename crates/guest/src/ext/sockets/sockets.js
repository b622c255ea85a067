// Sockets: `connect()` to the network and to workers, the object that it gives, and the one a connect handler gets.
//
// A socket is two native streams and two promises. It may be written before it is open. It belongs to the event in
// which it was made and ends with it. A change to TLS makes a new socket of fresh streams and leaves the old one used
// up. Texts and orders of events are production's.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  MathFloor,
  MapPrototypeGet,
  MapPrototypeSet,
  MathRandom,
  NumberIsFinite,
  ObjectDefineProperties,
  ObjectDefineProperty,
  Number,
  NumberParseInt,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  ReflectApply,
  RegExpPrototypeTest,
  SafeMap,
  SafeRegExp,
  SafeWeakMap,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypeError,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;
const {
  op_body_abort,
  op_body_cancel,
  op_body_cancelled,
  op_body_finish,
  op_body_read,
  op_body_try_read,
  op_body_try_write,
  op_body_write,
  op_connect,
  op_connect_opened,
  op_connect_over,
  op_connect_service,
  op_connect_start_tls,
} = core.ops;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { ReadableStream, WritableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const ILLEGAL_INVOCATION_TEXT =
  "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

/** As the op numbers them. */
const TRANSPORT = { __proto__: null, off: 0, on: 1, starttls: 2 };

/** The number and the ends of a connection that will never be. */
const NO_ENDS = [0, 0, 0];

/** Given to the constructor by this script only. */
const construct = {};

/** What is waited for once nobody is to be told any more; a new one each time, which goes with whoever waits. */
const never = () => new Promise(() => {});

/** What a Socket stands for, by the object that user code holds. */
const states = new SafeWeakMap();

/** @param {unknown} socket @returns {Connection} */
function stateOf(socket) {
  const state = (typeof socket === "object" && socket !== null) ? WeakMapPrototypeGet(states, socket) : undefined;
  if (state === undefined) throw new TypeError(ILLEGAL_INVOCATION_TEXT);
  return state;
}

/** A promise that may be rejected without anybody who listens. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  PromisePrototypeThen(made.promise, undefined, () => {});
  return made;
}

const HOST = new SafeRegExp("^[-._[\\]:a-zA-Z0-9]{1,255}$");
const HTTPS_PORT = new SafeRegExp(":0*443$");

/**
 * @param {unknown} value
 * @returns {{ text: string, host: string, port: number }}
 */
function parseAddress(value) {
  if (value === undefined || value === null) {
    throw new TypeError(
      "Cannot initialize N7workerd3api13SocketAddressE with required members from an undefined or null value.",
    );
  }
  const parsed = typeof value === "object" || typeof value === "function" ? fromParts(value) : fromText(`${value}`);
  if (!RegExpPrototypeTest(HOST, parsed.text)) {
    throw new TypeError("Specified address is empty string, contains unsupported characters or is too long.");
  }
  return parsed;
}

function fromParts(value) {
  const host = `${value.hostname}`;
  const port = Number(value.port);
  // Source: workerd's conversions to an unsigned 16 bit integer.
  if (!NumberIsFinite(port)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (port < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  }
  if (port > 65535) throw new TypeError("Value out of range. Must be less than or equal to 65535.");
  const whole = MathFloor(port);
  return { text: `${host}:${whole}`, host: withoutBrackets(host), port: whole };
}

function fromText(text) {
  let url;
  try {
    url = new URL(`https://${text}`);
  } catch {
    const first = StringPrototypeSlice(text, 0, 1);
    if (first === "" || first === "?" || first === "#" || first === "/") {
      throw new TypeError("Specified address is missing hostname.");
    }
    throw new TypeError("Specified address could not be parsed.");
  }
  let port = url.port;
  // The default port of the scheme that was lent to the address.
  if (port === "" && RegExpPrototypeTest(HTTPS_PORT, text)) port = "443";
  if (port === "") throw new TypeError("Specified address is missing port.");
  return { text, host: withoutBrackets(url.hostname), port: NumberParseInt(port, 10) };
}

/** @param {string} host */
function withoutBrackets(host) {
  return StringPrototypeStartsWith(host, "[") ? StringPrototypeSlice(host, 1, -1) : host;
}

/** @param {unknown} options @param {string} owner */
function parseOptions(options, owner) {
  const parsed = { secureTransport: "off", allowHalfOpen: false, highWaterMark: undefined };
  if (options === undefined) return parsed;
  if (options === null) {
    throw new TypeError(
      "Cannot initialize N7workerd3api13SocketOptionsE with required members from an undefined or null value.",
    );
  }
  if (typeof options !== "object" && typeof options !== "function") {
    throw new TypeError(`Failed to execute 'connect' on '${owner}': parameter 2 is not of type 'SocketOptions'.`);
  }
  parsed.allowHalfOpen = !!options.allowHalfOpen;
  const mark = options.highWaterMark;
  if (mark !== undefined) parsed.highWaterMark = parseMark(mark);
  const { secureTransport } = options;
  if (secureTransport !== undefined) {
    parsed.secureTransport = `${secureTransport}`;
    if (TRANSPORT[parsed.secureTransport] === undefined) {
      throw new TypeError(`Unsupported value in secureTransport socket option: ${parsed.secureTransport}`);
    }
  }
  return parsed;
}

/** @param {unknown} value @returns {number} */
function parseMark(value) {
  const mark = Number(value);
  if (!NumberIsFinite(mark)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (mark < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive bigint.");
  }
  return MathFloor(mark);
}

/** The text of a failure that production keeps to itself. */
function internalError(cause) {
  let reference = "";
  for (let i = 0; i < 24; i++) {
    const at = MathFloor(MathRandom() * 36);
    reference += StringPrototypeSlice("abcdefghijklmnopqrstuvwxyz0123456789", at, at + 1);
  }
  return new Error(`internal error; reference = ${reference}`, { cause });
}

function lost() {
  const error = new Error("Network connection lost.");
  error.retryable = true;
  return error;
}

/**
 * Refuses what another event does with a connection. A stream that goes on by itself does so for its own event.
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {string} type
 */
function ownedBy(context, type) {
  if (io.current()) io.mine(context, type);
}

/** One connection: its native ends, its streams, and where it is in its life. */
class Connection {
  /**
   * @param {import("../io_context/io_context.js").IoContext} context
   * @param {[number, number, number]} opening number, reading end, writing end; number 0 for an incoming connection
   * @param {object} parts
   */
  constructor(context, opening, parts) {
    this.context = context;
    this.id = opening[0];
    this.reading = opening[1];
    this.writingEnd = opening[2];
    this.options = parts.options;
    this.secureTransport = parts.secureTransport;
    this.address = parts.address;
    /** Whether the host has the other side, and not a worker. */
    this.hosted = parts.hosted;
    /** Whether it is known that nobody takes what is written. */
    this.peerGone = false;
    this.upgraded = false;
    this.closing = false;
    this.detached = false;
    /** True once it is closed or has become another. */
    this.over = false;
    /** True once the event is over: nothing that waits here is told. */
    this.abandoned = false;
    this.opened = deferred();
    this.closed = deferred();
    this.eof = false;
    this.wrote = false;
    this.pulling = false;
    /** The write that the sink works on; null while there is none. */
    this.busy = null;
    this.reader = this.makeReadable();
    this.writer = this.makeWritable();
    this.ended = () => {
      this.abandoned = true;
      this.drop(undefined);
    };
    context.onEnd(this.ended);
  }

  makeReadable() {
    const self = this;
    return new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: undefined,
      start(controller) {
        self.source = controller;
      },
      async pull(controller) {
        ownedBy(self.context, "Canceler");
        self.pulling = true;
        try {
          let chunk = op_body_try_read(self.reading);
          if (chunk === undefined) chunk = await op_body_read(self.reading);
          if (self.abandoned) await never();
          if (self.eof) return;
          if (chunk === null) {
            self.endReading();
          } else if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined) {
            self.eof = true;
            throw errors.revive(chunk.failure);
          } else {
            controller.enqueue(chunk);
          }
        } catch (error) {
          // A read that was under way when the connection was given up has been answered already.
          if (self.abandoned) await never();
          if (!self.detached && !self.closing) throw error;
        } finally {
          self.pulling = false;
        }
      },
      cancel(reason) {
        ownedBy(self.context, "Canceler");
        self.eof = true;
        op_body_cancel(self.reading, reason);
        self.settle();
      },
    }, { highWaterMark: 0 });
  }

  makeWritable() {
    const self = this;
    const mark = this.options.highWaterMark;
    const writable = new WritableStream({
      start(controller) {
        self.sink = controller;
        // Whoever reads what is written here may go away first.
        PromisePrototypeThen(op_body_cancelled(self.writingEnd), () => {
          if (!self.wrote && !self.detached) self.peerGone = true;
        });
      },
      write: (chunk) => self.send(chunk),
      close() {
        self.wrote = true;
        op_body_finish(self.writingEnd);
        self.settle();
      },
      abort(reason) {
        self.wrote = true;
        op_body_abort(self.writingEnd, reason);
        self.settle();
      },
    }, mark === undefined ? { highWaterMark: 1 } : { highWaterMark: mark, size: (chunk) => chunk?.byteLength ?? 0 });
    return writable;
  }

  async send(chunk) {
    ownedBy(this.context, "Writable");
    const done = deferred();
    this.busy = done.promise;
    try {
      // The first bytes may be on their way before the connection stands; the streams keep them.
      const bytes = typeof chunk === "string" ? core.encode(chunk) : body_.toBytes(chunk);
      if (TypedArrayPrototypeGetByteLength(bytes) === 0) return;
      if (this.peerGone) throw lost();
      if (!op_body_try_write(this.writingEnd, bytes) && !(await op_body_write(this.writingEnd))) throw lost();
    } finally {
      this.busy = null;
      done.resolve();
    }
  }

  /** Waits until what was written is on its way. */
  async flush() {
    // A write that ends lets the next one begin a few turns later.
    for (let quiet = 0; quiet < 4;) {
      if (this.busy !== null) {
        quiet = 0;
        await this.busy;
      } else {
        quiet++;
        await undefined;
      }
    }
  }

  /** The peer writes no more. */
  endReading() {
    this.eof = true;
    try {
      this.source.close();
      this.source.byobRequest?.respond(0);
    } catch {
      // It was closed from the other side at the same moment.
    }
    if (!this.options.allowHalfOpen && !this.wrote && !this.closing) {
      this.wrote = true;
      const finish = () => {
        op_body_finish(this.writingEnd);
        this.sink.error(new TypeError("This WritableStream has been closed."));
        this.settle();
      };
      if (this.busy === null) {
        finish();
      } else {
        PromisePrototypeThen(this.flush(), finish);
      }
    }
    this.settle();
  }

  /** Resolves `closed` when both ways are over. */
  settle() {
    if (this.eof && this.wrote) {
      this.context.offEnd(this.ended);
      this.closed.resolve();
    }
  }

  /** Lets go of both ends. @param {unknown} reason */
  drop(reason) {
    this.eof = true;
    this.wrote = true;
    op_body_cancel(this.reading, reason);
    op_body_abort(this.writingEnd, reason);
    this.context.offEnd(this.ended);
  }

  /** The connection could not be made. @param {Error} error @param {Error} [onStreams] */
  refuse(error, onStreams = error) {
    this.closed.reject(error);
    this.opened.reject(error);
    this.drop(error);
    if (this.pulling) {
      this.source.error(new Error("Stream was cancelled."));
    } else {
      this.source.close();
    }
    this.sink.error(onStreams);
  }

  async close() {
    if (this.abandoned) await never();
    if (this.closing) return;
    this.closing = true;
    refuseLate(this.reader, "ReadableStream", "getReader", "read");
    refuseLate(this.writer, "WritableStream", "getWriter", "write");
    try {
      await this.opened.promise;
    } catch {
      return;
    }
    await this.flush();
    if (!this.detached && !(this.eof && this.wrote)) {
      const error = new TypeError("This socket has been closed.");
      if (!this.eof) {
        this.eof = true;
        if (this.pulling) {
          this.source.error(error);
        } else {
          this.source.close();
        }
        op_body_cancel(this.reading, undefined);
      }
      if (!this.wrote) {
        this.wrote = true;
        op_body_finish(this.writingEnd);
        this.sink.error(error);
      }
      this.context.offEnd(this.ended);
    }
    this.over = true;
    this.closed.resolve();
  }

  /** @param {{ expectedServerHostname?: string }} options @returns {Socket} */
  startTls(options) {
    const server = options.expectedServerHostname ?? this.address.host;
    this.closing = true;
    this.detached = true;
    const context = io.required();
    const parts = { options: this.options, secureTransport: "on", address: this.address, hosted: this.hosted };
    const busy = this.reader.locked
      ? "The ReadableStream has been locked to a reader."
      : this.writer.locked
      ? "This WritableStream is currently locked to a writer."
      : null;
    const opening = busy === null && this.hosted ? op_connect_start_tls(this.id, server) : null;
    const secure = new Connection(context, opening ?? NO_ENDS, parts);
    if (busy !== null) {
      secure.refuse(new TypeError(busy));
    } else {
      this.reader.getReader();
      this.writer.getWriter();
      PromisePrototypeThen(this.flush(), () => this.handOver(secure));
    }
    return socketOf(secure);
  }

  /** The plain bytes are on their way: the connection goes on as `secure`. */
  handOver(secure) {
    this.over = true;
    this.upgraded = true;
    this.closed.resolve();
    this.eof = true;
    this.wrote = true;
    op_body_cancel(this.reading, undefined);
    op_body_finish(this.writingEnd);
    this.context.offEnd(this.ended);
    if (this.hosted) {
      watch(secure, (failure) => {
        secure.refuse(internalError(failure));
      });
    } else {
      secure.refuse(new Error("startTls() is not supported on this connection."));
    }
  }
}

/** From now on a reader or writer of the stream is told that it comes too late. */
function refuseLate(stream, type, getter, method) {
  const get = stream[getter];
  const late = {
    [method]() {
      return PromiseReject(new TypeError(`This ${type} belongs to an object that is closing.`));
    },
  }[method];
  const own = (value) => ({ __proto__: null, value, writable: true, configurable: true });
  const replaced = {
    [getter](...args) {
      const lock = ReflectApply(get, stream, args);
      ObjectDefineProperty(lock, method, own(late));
      return lock;
    },
  }[getter];
  ObjectDefineProperty(stream, getter, own(replaced));
}

/**
 * Waits for a connection to stand, and to be over.
 * @param {Connection} connection
 * @param {(failure: unknown) => void} refused
 */
function watch(connection, refused) {
  PromisePrototypeThen(op_connect_opened(connection.id), (result) => {
    if (result !== null) {
      refused(errors.revive(result.failure));
      return;
    }
    connection.opened.resolve({ remoteAddress: connection.address.text, localAddress: undefined });
  });
  if (connection.hosted) {
    PromisePrototypeThen(op_connect_over(connection.id), () => {
      if (!connection.detached && !connection.abandoned) PromisePrototypeThen(connection.opened.promise, () => connection.closed.resolve(), () => {});
    });
  }
}

class Socket {
  constructor(token, connection) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    WeakMapPrototypeSet(states, this, connection);
  }
  get readable() {
    return stateOf(this).reader;
  }
  get writable() {
    return stateOf(this).writer;
  }
  get closed() {
    return stateOf(this).closed.promise;
  }
  get opened() {
    return stateOf(this).opened.promise;
  }
  get upgraded() {
    return stateOf(this).upgraded;
  }
  get secureTransport() {
    return stateOf(this).secureTransport;
  }
  close() {
    return stateOf(this).close();
  }
  startTls(options = undefined) {
    const connection = stateOf(this);
    if (options !== undefined && (typeof options !== "object" && typeof options !== "function")) {
      throw new TypeError("Failed to execute 'startTls' on 'Socket': parameter 1 is not of type 'TlsOptions'.");
    }
    const expected = options?.expectedServerHostname;
    if (connection.secureTransport === "on") throw new TypeError("Cannot startTls on a TLS socket.");
    if (connection.secureTransport !== "starttls") {
      throw new TypeError("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.");
    }
    if (connection.over) throw new TypeError("The connection was closed before startTls could be started.");
    if (connection.detached) throw new TypeError("startTls can only be called once.");
    return connection.startTls({ expectedServerHostname: expected === undefined ? undefined : `${expected}` });
  }
}

for (const name of ["readable", "writable", "closed", "opened", "upgraded", "secureTransport", "close", "startTls"]) {
  ObjectDefineProperty(Socket.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperties(Socket.prototype, {
  [SymbolToStringTag]: { __proto__: null, value: "Socket", configurable: true },
  // What structured clone calls for an object with this property.
  [core.hostObjectBrand]: {
    __proto__: null,
    value() {
      throw new DOMException(
        'Could not serialize object of type "Socket". This type does not support serialization.',
        "DataCloneError",
      );
    },
  },
});

function socketOf(connection) {
  return new Socket(construct, connection);
}

/** What is thrown for a connection that cannot be made. */
function refusal(port, cause) {
  let text = "proxy request failed, cannot connect to the specified address";
  if (port === 80 || port === 443) {
    text += ". It looks like you might be trying to connect to a HTTP-based service \u2014 consider using fetch instead";
  }
  return new Error(text, { cause });
}

function start(context, opening, address, options, hosted) {
  const parts = { options, secureTransport: options.secureTransport, address, hosted };
  const connection = new Connection(context, opening, parts);
  watch(connection, (failure) => {
    const error = refusal(address.port, failure);
    connection.refuse(error, new Error(`jsg.Error: ${error.message}`));
  });
  return socketOf(connection);
}

/** What connects to hosts that only this isolate knows, by `host:port`; null while there are none. */
let ownHosts = null;

/** @param {string} address `host:port` @param {(options: object) => Socket} connect */
function setOwnHost(address, connect) {
  MapPrototypeSet(ownHosts ??= new SafeMap(), address, connect);
}

/** `connect()` of the module. */
function connectOutbound(address, options) {
  const parsed = parseAddress(address);
  const settings = parseOptions(options, "SocketsModule");
  const own = ownHosts === null ? undefined : MapPrototypeGet(ownHosts, parsed.text);
  if (own !== undefined) return own(settings);
  // Where a worker is the network, connections go to it, too.
  const route = core.loadExtScript("ext:lopata/fetch/fetch.js").outboundRoute();
  if (route !== null) return toWorker(route.handle, parsed, settings);
  const context = io.required();
  io.takeSubrequest(context);
  const opening = op_connect(parsed.host, parsed.port, TRANSPORT[settings.secureTransport]);
  return start(context, opening, parsed, settings, true);
}

/** `connect()` of a service binding. @param {object} handle the native service */
function connectService(handle, address, options) {
  if (address === undefined || address === null) {
    throw new TypeError("Failed to execute 'connect' on 'Fetcher': parameter 1 is not of type 'SocketAddress or string'.");
  }
  return toWorker(handle, parseAddress(address), parseOptions(options, "Fetcher"));
}

/** A connection to the connect handler of a worker. */
function toWorker(handle, parsed, settings) {
  const context = io.required();
  if (settings.secureTransport === "on") throw new Error("Incoming CONNECT with TLS not supported");
  io.takeSubrequest(context);
  const span = core.getAsyncContext()?.span ?? 0;
  return start(context, op_connect_service(handle, context.event, span, parsed.text), parsed, settings, false);
}

/**
 * The socket of a connect handler. It is over when the handler is.
 * @param {import("../io_context/io_context.js").IoContext} context
 * @param {string} address what the caller asked for
 * @param {number} reading
 * @param {number} writing
 * @returns {{ socket: Socket, end: (error: unknown) => void }}
 */
function incoming(context, address, reading, writing) {
  const at = StringPrototypeLastIndexOf(address, ":");
  const parsed = { text: address, host: StringPrototypeSlice(address, 0, at), port: 0 };
  const options = { secureTransport: "off", allowHalfOpen: true, highWaterMark: undefined };
  const parts = { options, secureTransport: "off", address: parsed, hosted: false };
  const connection = new Connection(context, [0, reading, writing], parts);
  connection.opened.resolve({ remoteAddress: undefined, localAddress: address });
  return {
    socket: socketOf(connection),
    end() {
      if (!connection.wrote) op_body_finish(writing);
      connection.wrote = true;
      if (!connection.eof) op_body_cancel(reading, undefined);
      connection.eof = true;
      connection.settle();
    },
  };
}

return { connectOutbound, connectService, incoming, setOwnHost, Socket };
})();
