// `net.Socket`: a Duplex of Node over a socket of `connect()`.
//
// What differs from Node is production's: a socket connects by name, only as a client and only to ports; it knows
// nothing of its own address; an error is an event before `close` and, as the stream's own, once more after it.
// Each way ends by itself: the connection below is always half open, and whether the end of one way is that of the
// other is the Duplex's decision.
(function () {
const { core } = __bootstrap;
const { Buffer } = core.loadExtScript("ext:lopata_node/table.js").load("buffer");
const { Duplex } = core.loadExtScript("ext:lopata_node/table.js").load("stream");
const {
  validateAbortSignal,
  validateFunction,
  validateNumber,
  validateObject,
} = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const {
  AbortError,
  EPIPE,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_MISSING_ARGS,
  ERR_OPTION_NOT_IMPLEMENTED,
  ERR_SOCKET_CLOSED,
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
  ERR_SOCKET_CONNECTING,
} = core.loadExtScript("ext:lopata_node/net/errors.js");
const { _normalizeArgs, isNormalized, kSocketInfo, open } = core.loadExtScript("ext:lopata_node/net/connecting.js");
const { kBuffer, kBufferCb, kBufferGen, startReading, takeOnread, wakes } = core.loadExtScript(
  "ext:lopata_node/net/reading.js",
);
const { kTimeout, restartTimers, setTimer, stopTimers } = core.loadExtScript("ext:lopata_node/net/silence.js");

const kLastWriteQueueSize = Symbol("kLastWriteQueueSize");
const kBytesRead = Symbol("kBytesRead");
const kBytesWritten = Symbol("kBytesWritten");
const kUpdateTimer = Symbol("kUpdateTimer");
const kReinitializeHandle = Symbol("kReinitializeHandle");

function Socket(options) {
  if (!(this instanceof Socket)) return new Socket(options);
  options = checkedOptions(options);

  this._handle = null;
  this.connecting = false;
  this._hadError = false;
  this._parent = null;
  this._parentWrap = null;
  this._host = null;
  this[kLastWriteQueueSize] = 0;
  this[kTimeout] = null;
  this[kBuffer] = null;
  this[kBufferCb] = null;
  this[kBufferGen] = null;
  this[kSocketInfo] = null;
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  this._closeAfterHandlingError = false;
  this.autoSelectFamilyAttemptedAddresses = [];
  this._sockname = null;
  this._pendingData = null;
  this._pendingEncoding = "";

  Duplex.call(this, options);

  if (options.handle) {
    validateObject(options.handle, "options.handle");
    this._handle = options.handle;
  }
  // Not only once: a socket may connect again.
  this.on("end", onEnd);
  takeOnread(this, options.onread);
  if (options.signal) watchSignal(this, options.signal);
  return this;
}

Object.setPrototypeOf(Socket.prototype, Duplex.prototype);
Object.setPrototypeOf(Socket, Duplex);

/** The options of the Duplex. */
function checkedOptions(given) {
  if (given?.objectMode) {
    throw new ERR_INVALID_ARG_VALUE("options.objectMode", given.objectMode, "is not supported");
  }
  for (const name of ["readableObjectMode", "writableObjectMode"]) {
    if (given?.[name]) throw new ERR_INVALID_ARG_VALUE(`options.${name}`, given[name], "is not supported");
  }
  if (given?.keepAliveInitialDelay !== undefined) {
    validateNumber(given.keepAliveInitialDelay, "options.keepAliveInitialDelay");
  }
  const options = typeof given === "number" ? { fd: given } : { ...given };
  if (options.fd !== undefined) throw new ERR_OPTION_NOT_IMPLEMENTED("options.fd");
  options.allowHalfOpen = Boolean(options.allowHalfOpen);
  options.emitClose = false;
  options.autoDestroy = true;
  options.decodeStrings = false;
  options.readable = true;
  options.writable = true;
  return options;
}

function watchSignal(socket, signal) {
  validateAbortSignal(signal, "options.signal");
  const onAbort = () => {
    socket._aborted = true;
  };
  queueMicrotask(() => {
    if (signal.aborted) {
      onAbort();
    } else {
      signal.addEventListener("abort", onAbort, { once: true });
    }
  });
}

/** What `socket.write` is after the peer has ended. */
function writeAfterEnd(chunk, encoding, callback) {
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, encoding, callback);
  if (typeof encoding === "function") callback = encoding;
  const error = new EPIPE();
  if (typeof callback === "function") queueMicrotask(() => callback(error));
  this.destroy(error);
  return false;
}

function onEnd() {
  if (!this.allowHalfOpen) this.write = writeAfterEnd;
}

// Time -----------------------------------------------------------------------------------------------------------

Socket.prototype._unrefTimer = function _unrefTimer() {
  restartTimers(this);
};

Socket.prototype.setTimeout = function (msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  setTimer(this, msecs);
  if (callback !== undefined) {
    validateFunction(callback, "callback");
    if (msecs === 0) {
      this.removeListener("timeout", callback);
    } else {
      this.once("timeout", callback);
    }
  }
  return this;
};

Socket.prototype._onTimeout = function () {
  // Bytes that are still on their way are no silence.
  if (this[kLastWriteQueueSize] > 0 && this._handle !== null) {
    this._unrefTimer();
    this[kLastWriteQueueSize] = 0;
    return;
  }
  this.emit("timeout");
};

// Addresses ------------------------------------------------------------------------------------------------------

Socket.prototype._getpeername = function () {
  if (this._handle === null || this[kSocketInfo] === null) return {};
  return { ...this[kSocketInfo].remoteAddress };
};

Socket.prototype._getsockname = function () {
  if (this._handle === null) return {};
  this._sockname ??= { address: "0.0.0.0", port: 0, family: "IPv4" };
  return this._sockname;
};

Socket.prototype.address = function () {
  return this._getsockname();
};

// Writing --------------------------------------------------------------------------------------------------------

/** One buffer of all that is written at once. */
function joined(data) {
  const buffers = [];
  for (const { chunk, encoding } of data) {
    if (typeof chunk !== "string" && !ArrayBuffer.isView(chunk)) {
      throw new ERR_INVALID_ARG_TYPE("chunk", ["string", "ArrayBufferView"], chunk);
    }
    buffers.push(bytesOf(chunk, encoding));
  }
  return buffers.length === 1 ? buffers[0] : Buffer.concat(buffers);
}

function bytesOf(chunk, encoding) {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding);
  return chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

Socket.prototype._writeGeneric = function (writev, data, encoding, callback) {
  if (this.connecting) {
    this._pendingData = data;
    this._pendingEncoding = encoding;
    const onClose = () => callback(new ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
    this.once("connect", () => {
      this.off("close", onClose);
      this._writeGeneric(writev, data, encoding, callback);
    });
    this.once("close", onClose);
    return undefined;
  }
  this._pendingData = null;
  this._pendingEncoding = "";
  const handle = this._handle;
  if (handle?.writer === undefined) {
    callback(new ERR_SOCKET_CLOSED());
    return false;
  }
  try {
    this._unrefTimer();
    const bytes = writev ? joined(data) : bytesOf(data, encoding);
    this[kLastWriteQueueSize] = bytes.byteLength;
    const written = (error) => {
      this[kLastWriteQueueSize] = 0;
      this._unrefTimer();
      if (error === undefined) handle.bytesWritten += bytes.byteLength;
      callback(error);
    };
    handle.writer.write(bytes).then(() => written(), (error) => written(error));
  } catch (error) {
    this.destroy(error);
  }
  return undefined;
};

Socket.prototype._writev = function (chunks, callback) {
  this._writeGeneric(true, chunks, "", callback);
};

Socket.prototype._write = function (data, encoding, callback) {
  this._writeGeneric(false, data, encoding, callback);
};

Socket.prototype._final = function (callback) {
  if (this.connecting) {
    this.once("connect", () => this._final(callback));
    return;
  }
  if (this._handle === null) {
    callback();
    return;
  }
  // A peer that is gone hears no end.
  const done = () => callback();
  this._handle.writer.close().then(done, done);
};

Socket.prototype.end = function (data, encoding, callback) {
  Duplex.prototype.end.call(this, data, encoding, callback);
  return this;
};

// Reading --------------------------------------------------------------------------------------------------------

Socket.prototype.pause = function () {
  if (!this.connecting && this._handle?.reading && !this.destroyed) this._handle.reading = false;
  return Duplex.prototype.pause.call(this);
};

Socket.prototype.resume = function () {
  if (wakes(this)) startReading(this);
  return Duplex.prototype.resume.call(this);
};

Socket.prototype.read = function (n) {
  if (wakes(this)) startReading(this);
  return Duplex.prototype.read.call(this, n);
};

Socket.prototype._read = function (n) {
  if (this.connecting || this._handle === null) {
    this.once("connect", () => this._read(n));
  } else if (!this._handle.reading) {
    startReading(this);
  }
};

// The end --------------------------------------------------------------------------------------------------------

Socket.prototype._reset = function () {
  this.resetAndClosing = true;
  return this.destroy();
};

Socket.prototype.resetAndDestroy = function () {
  if (this._handle === null) {
    this.destroy(new ERR_SOCKET_CLOSED());
  } else if (this.connecting) {
    this.once("connect", () => this._reset());
  } else {
    this._reset();
  }
  return this;
};

Socket.prototype.destroySoon = function () {
  if (this.writable) this.end();
  if (this.writableFinished) {
    this.destroy();
  } else {
    this.once("finish", () => this.destroy());
  }
};

Socket.prototype._destroy = function (error, callback) {
  this.connecting = false;
  stopTimers(this);
  if (this._handle === null) {
    closed(this, error, callback);
    return;
  }
  this._handle.socket.close().then(
    () => closed(this, error, callback),
    (failure) => closed(this, failure ?? error, callback),
  );
};

/** The connection is over: says so. */
function closed(socket, error, callback) {
  const failed = error !== null && error !== undefined;
  if (socket._handle !== null) {
    socket[kBytesRead] = socket._handle.bytesRead;
    socket[kBytesWritten] = socket._handle.bytesWritten;
    socket.resetAndClosing = false;
  }
  socket[kLastWriteQueueSize] = 0;
  socket[kSocketInfo] = null;
  if (failed) socket.emit("error", error);
  callback?.(error);
  socket.emit("close", failed);
}

Socket.prototype[kReinitializeHandle] = function reinitializeHandle(handle) {
  this._handle?.socket.close().then(() => closed(this), (error) => closed(this, error));
  this._handle = handle;
  this._undestroy();
  this._sockname = null;
};

// Connecting -----------------------------------------------------------------------------------------------------

Socket.prototype.connect = function (...args) {
  const normalized = isNormalized(args[0]) ? args[0] : _normalizeArgs(args);
  const { 0: options, 1: callback } = normalized;
  if (this.connecting) throw new ERR_SOCKET_CONNECTING();
  if (this._aborted) {
    if (callback === null) throw new AbortError();
    callback(new AbortError());
    return undefined;
  }
  if (callback !== null) this.once("connect", callback);
  if (this._parentWrap?.connecting) return this;
  if (options.port === undefined && (options.path === undefined || options.path === null)) {
    throw new ERR_MISSING_ARGS(["options", "port", "path"]);
  }
  if (this.write !== Socket.prototype.write) this.write = Socket.prototype.write;
  if (options.path !== undefined && options.path !== null) {
    throw new ERR_INVALID_ARG_VALUE("path", options.path, "is not supported");
  }
  this[kBytesRead] = 0;
  this[kBytesWritten] = 0;
  if (this._handle === null) {
    open(this, options);
  } else {
    const again = () => open(this, options);
    this._handle.socket.close().then(again, again);
  }
  return this;
};

// What there is to be asked --------------------------------------------------------------------------------------

Socket.prototype.setNoDelay = function (_enable) {
  return this;
};

Socket.prototype.setKeepAlive = function (_enable, _initialDelay) {
  return this;
};

Socket.prototype.ref = function () {};

Socket.prototype.unref = function () {};

const hidden = {
  __proto__: null,
  _connecting() {
    return this.connecting;
  },
  readyState() {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  },
  bufferSize() {
    return this._handle === null ? undefined : this.writableLength;
  },
  [kUpdateTimer]() {
    return this._unrefTimer;
  },
};

const shown = {
  __proto__: null,
  bytesRead() {
    return this._handle === null ? this[kBytesRead] : this._handle.bytesRead;
  },
  _bytesDispatched() {
    return this._handle === null ? this[kBytesWritten] : this._handle.bytesWritten;
  },
  bytesWritten() {
    // What waits in the stream counts, the write under way too.
    return this._bytesDispatched + this.writableLength;
  },
  remoteAddress() {
    return this._getpeername().address;
  },
  remoteFamily() {
    return this._getpeername().family;
  },
  remotePort() {
    return this._getpeername().port;
  },
  localAddress() {
    return this._getsockname().address;
  },
  localPort() {
    return this._getsockname().port;
  },
  localFamily() {
    return this._getsockname().family;
  },
};

for (const key of Reflect.ownKeys(hidden)) {
  Object.defineProperty(Socket.prototype, key, { __proto__: null, get: hidden[key] });
}
for (const key of Reflect.ownKeys(shown)) {
  Object.defineProperty(Socket.prototype, key, { __proto__: null, enumerable: true, get: shown[key] });
}
Object.defineProperty(Socket.prototype, "pending", {
  __proto__: null,
  configurable: true,
  get() {
    return this._handle === null || this.connecting;
  },
});

/** A socket that connects. */
function connect(...args) {
  const normalized = _normalizeArgs(args);
  const options = normalized[0];
  const socket = new Socket(options);
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.destroyed ? socket : socket.connect(normalized);
}

return { connect, Socket };
})();
