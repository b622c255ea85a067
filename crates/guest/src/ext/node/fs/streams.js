// ReadStream and WriteStream of node:fs: streams over a descriptor, of a path that they open or of one that was given.
//
// What they call to open, read, write and close can be given as `options.fs`. Everything they do comes a turn later at the
// earliest, as it would with files that take time.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  MathMin,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  ObjectSetPrototypeOf,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectApply,
  Symbol,
  Uint8Array,
  queueMicrotask,
} = primordials;
const { Readable, Writable, finished } = core.loadExtScript("ext:lopata_node/table.js").load("stream").default;
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const {
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_THIS,
  ERR_METHOD_NOT_IMPLEMENTED,
  ERR_OUT_OF_RANGE,
  ERR_STREAM_DESTROYED,
} = core.loadExtScript("ext:deno_node/internal/errors.ts");
const {
  parseFileMode,
  validateAbortSignal,
  validateBoolean,
  validateFunction,
  validateObject,
  validateString,
  validateUint32,
} = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const callbacks = core.loadExtScript("ext:lopata_node/fs/callbacks.js");
const checks = core.loadExtScript("ext:lopata_node/fs/checks.js");
const { ERR_SYSTEM_ERROR } = core.loadExtScript("ext:lopata_node/fs/errors.js");
const { kFileHandle } = core.loadExtScript("ext:lopata_node/fs/handle.js");
const { place } = core.loadExtScript("ext:lopata_node/fs/place.js");

const kFs = Symbol("kFs");
const kIsPerformingIO = Symbol("kIsPerformingIO");
const kIoDone = Symbol("kIoDone");
const kHandle = Symbol("kHandle");

/** A call of node:fs that is made a turn later, and whose error is the callback's wherever it was thrown. */
function later(name) {
  return (...args) => {
    const callback = args[args.length - 1];
    PromisePrototypeThen(PromiseResolve(), () => {
      try {
        callbacks[name](...args);
      } catch (error) {
        callback(error);
      }
    });
  };
}

const CALLS = ["open", "close", "fsync", "read", "write", "writev"];
const ownCalls = {};
for (const name of CALLS) ownCalls[name] = later(name);

/** @param {unknown} value */
function isHandle(value) {
  return typeof value === "object" && value !== null && kFileHandle in value;
}

/** The calls of a handle that answer to a callback. */
function callsOfHandle(handle) {
  const call = (name, skip, results) => (...args) => {
    const callback = args[args.length - 1];
    PromisePrototypeThen(
      handle[name](...ArrayPrototypeSlice(args, skip, -1)),
      (result) => callback(null, ...results(result)),
      callback,
    );
  };
  const none = () => [];
  return {
    open() {
      throw new ERR_METHOD_NOT_IMPLEMENTED("open()");
    },
    close: call("close", 1, none),
    fsync: call("sync", 1, none),
    read: call("read", 1, (result) => [result.bytesRead, result.buffer]),
    write: call("write", 1, (result) => [result.bytesWritten, result.buffer]),
    writev: call("writev", 1, (result) => [result.bytesWritten, result.buffers]),
  };
}

/** @param {unknown} given `options.fs` */
function callsOf(given) {
  validateObject(given, "options.fs");
  if (isHandle(given)) return callsOfHandle(given);
  const calls = {};
  for (const name of CALLS) calls[name] = given[name] ?? ownCalls[name];
  for (const name of ["open", "read", "close", "fsync", "write", "writev"]) {
    validateFunction(calls[name], `options.fs.${name}`);
  }
  return calls;
}

/** Opens the stream's path; `open` of a stream that has one does it itself. */
function construct(callback) {
  const stream = this;
  if (typeof stream.fd === "number") {
    callback();
    return;
  }
  if (typeof stream.open === "function") {
    const { emit } = stream;
    stream.emit = function (...args) {
      if (args[0] === "open") {
        this.emit = emit;
        callback();
        ReflectApply(emit, this, args);
      } else if (args[0] === "error") {
        this.emit = emit;
        callback(args[1]);
      } else {
        ReflectApply(emit, this, args);
      }
      return true;
    };
    stream.open();
    return;
  }
  stream[kFs].open(stream.path, stream.flags, stream.mode, (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    stream.fd = fd;
    callback();
    stream.emit("open", stream.fd);
    stream.emit("ready");
  });
}

/** Closes the stream's descriptor, after what is under way. */
function destroy(error, callback) {
  const close = (ioError) => closeDescriptor(this, error || ioError, callback);
  if (this[kIsPerformingIO]) {
    this.once(kIoDone, close);
  } else {
    close(null);
  }
}

function closeDescriptor(stream, error, callback) {
  const { fd } = stream;
  if (fd === null || fd === undefined) {
    callback(error);
    return;
  }
  const close = (flushError) => {
    stream[kFs].close(fd, (closeError) => callback(closeError || error || flushError));
    stream.fd = null;
  };
  if (stream.flush) {
    stream[kFs].fsync(fd, close);
  } else {
    close(null);
  }
}

/** What both kinds check of their options, in production's order. */
function checkedOptions(options, flags) {
  if (options === null) options = {};
  if (typeof options === "string") options = { encoding: options };
  validateObject(options, "options");
  const checked = {
    encoding: null,
    autoClose: true,
    emitClose: true,
    start: 0,
    end: Infinity,
    highWaterMark: 64 * 1024,
    signal: null,
    flags,
    fd: null,
    mode: 0o666,
    fs: ownCalls,
    flush: false,
  };
  for (const name in checked) {
    if (options[name] !== undefined) checked[name] = options[name];
  }
  if (checked.flush === null) checked.flush = false;
  checks.encodingName(checked.encoding, true);
  validateBoolean(checked.autoClose, "options.autoClose");
  validateBoolean(checked.emitClose, "options.emitClose");
  return checked;
}

/** The second half of it. */
function checkRest(checked) {
  validateUint32(checked.highWaterMark, "options.highWaterMark");
  if (checked.signal !== null) validateAbortSignal(checked.signal, "options.signal");
  validateString(checked.flags, "options.flags");
  parseFileMode(checked.mode, "options.mode", 0o666);
}

/** A path as text: that of its URL, without its escapes. */
function shown(path) {
  const { fileURLToPath } = core.loadExtScript("ext:deno_node/url.ts");
  const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
  const at = place(path);
  return fileURLToPath(at.url ?? new URL(`file://${at.pathname}`));
}

/** Gives the stream its descriptor, or what is to be opened. */
function aim(stream, path, checked) {
  stream[kFs] = callsOf(checked.fs);
  const { fd } = checked;
  if (fd === null) {
    stream.fd = null;
    stream.path = shown(path);
    stream.flags = checked.flags;
    stream.mode = checked.mode;
  } else if (isHandle(fd)) {
    if (checked.fs !== ownCalls) throw new ERR_METHOD_NOT_IMPLEMENTED("FileHandle with fs");
    stream[kHandle] = fd;
    stream[kFs] = callsOf(fd);
    stream.fd = fd.fd || null;
    fd.on("close", () => stream.close());
  } else {
    stream.fd = checks.descriptor(fd);
  }
}

/** Read as the stream is asked to. @param {number} size */
function read(size) {
  size = MathMin(this.end - this.pos + 1, size);
  if (size <= 0 || this.fd === null || this.fd === undefined) {
    this.push(null);
    return;
  }
  const buffer = Buffer.allocUnsafeSlow(size);
  this[kIsPerformingIO] = true;
  this[kFs].read(this.fd, buffer, 0, size, this.pos, (error, count, filled) => {
    this[kIsPerformingIO] = false;
    if (this.destroyed) {
      this.emit(kIoDone, error);
      return;
    }
    if (error) {
      this.destroy(error);
      return;
    }
    if (!(count > 0)) {
      this.push(null);
      return;
    }
    this.pos += count;
    this.bytesRead += count;
    // What was read of a longer buffer does not keep that.
    const whole = count === filled.byteLength;
    this.push(whole ? filled : Buffer.from(new Uint8Array(filled.buffer, filled.byteOffset, count)));
  });
}

function ReadStream(path, options = {}) {
  if (!ObjectPrototypeIsPrototypeOf(ReadStream.prototype, this)) return new ReadStream(path, options);
  const checked = checkedOptions(options, "r");
  const { start, end } = checked;
  validateUint32(start, "options.start");
  if (end !== Infinity) {
    validateUint32(end, "options.end");
    if (start > end) throw new ERR_OUT_OF_RANGE("start", `<= "end" (here: ${end})`, start);
  }
  checkRest(checked);
  aim(this, path, checked);
  this.start = start;
  this.end = end;
  this.pos = start;
  this.bytesRead = 0;
  this[kIsPerformingIO] = false;
  const { highWaterMark, encoding, emitClose, autoClose: autoDestroy, signal } = checked;
  ReflectApply(Readable, this, [
    {
      highWaterMark,
      encoding,
      emitClose,
      autoDestroy,
      signal: signal ?? undefined,
      construct: construct.bind(this),
      read: read.bind(this),
      destroy: destroy.bind(this),
    },
  ]);
  return this;
}
ObjectSetPrototypeOf(ReadStream.prototype, Readable.prototype);
ObjectSetPrototypeOf(ReadStream, Readable);

/** `autoClose` and `pending`, which both kinds have. */
function properties(Stream, name, state) {
  const own = (stream) => {
    if (stream === null || typeof stream !== "object" || !(kFs in stream)) throw new ERR_INVALID_THIS(name);
    return stream[state];
  };
  ObjectDefineProperty(Stream.prototype, "autoClose", {
    __proto__: null,
    get() {
      return own(this)?.autoDestroy || false;
    },
    set(value) {
      const state = own(this);
      if (state !== undefined) state.autoDestroy = value;
    },
  });
  ObjectDefineProperty(Stream.prototype, "pending", {
    __proto__: null,
    get() {
      return this.fd === null;
    },
    configurable: true,
  });
}

ReadStream.prototype.close = function (callback = () => {}) {
  if (typeof callback === "function") finished(this, callback);
  this.destroy();
};
properties(ReadStream, "ReadStream", "_readableState");

/**
 * Writes all of the bytes, however many calls it takes.
 * @param {(bytes: Uint8Array[], at: number, done: Function) => void} call
 */
function writeAll(stream, call, bytes, size, at, what, callback, retries = 0) {
  if (stream.fd === null || stream.fd === undefined) {
    callback(new ERR_INVALID_ARG_VALUE("fd", "null"));
    return;
  }
  call(bytes, at, (error, written = 0) => {
    if (error?.code === "EAGAIN") {
      error = null;
      written = 0;
    }
    if (stream.destroyed || error) {
      callback(error || new ERR_STREAM_DESTROYED(what));
      return;
    }
    stream.bytesWritten += written;
    const tries = written > 0 ? 0 : retries + 1;
    const rest = size - written;
    if (tries > 5) {
      callback(new ERR_SYSTEM_ERROR(`${what} failed`));
    } else if (rest > 0) {
      const left = Buffer.concat(bytes).subarray(written);
      writeAll(stream, call, [left], rest, at + written, what, callback, tries);
    } else {
      callback(null);
    }
  });
}

/** Runs a write, of which the stream's end waits. */
function perform(stream, call, bytes, size, what, callback) {
  stream[kIsPerformingIO] = true;
  writeAll(stream, call, bytes, size, stream.pos, what, (error) => {
    stream[kIsPerformingIO] = false;
    callback(error);
    if (stream.destroyed) stream.emit(kIoDone, error);
  });
  stream.pos += size;
}

function write(data, encodingOrCallback, callback) {
  const direct = typeof encodingOrCallback === "function";
  const done = direct ? encodingOrCallback : callback;
  validateFunction(done, "write callback");
  if (typeof data === "string") data = Buffer.from(data, direct ? undefined : encodingOrCallback);
  const size = data.byteLength;
  const call = (bytes, at, done) => this[kFs].write(this.fd, bytes[0], 0, bytes[0].byteLength, at, done);
  perform(this, call, [data], size, "write", done);
}

function writev(data, callback) {
  const chunks = [];
  let size = 0;
  for (let i = 0; i < data.length; i++) {
    const { chunk, encoding } = data[i];
    const bytes = ArrayBufferIsView(chunk) ? chunk : Buffer.from(chunk, encoding);
    ArrayPrototypePush(chunks, bytes);
    size += bytes.byteLength;
  }
  perform(this, (bytes, at, done) => this[kFs].writev(this.fd, bytes, at, done), chunks, size, "writev", callback);
}

function WriteStream(path, options = {}) {
  if (!ObjectPrototypeIsPrototypeOf(WriteStream.prototype, this)) return new WriteStream(path, options);
  const checked = checkedOptions(options, "w");
  const { start, flush } = checked;
  validateBoolean(flush, "options.flush");
  validateUint32(start, "options.start");
  checkRest(checked);
  this.flush = flush;
  aim(this, path, checked);
  this.start = start;
  this.pos = start;
  this.bytesRead = 0;
  this.bytesWritten = 0;
  this[kIsPerformingIO] = false;
  const { highWaterMark, encoding, emitClose, autoClose: autoDestroy, signal } = checked;
  ReflectApply(Writable, this, [
    {
      highWaterMark,
      emitClose,
      autoDestroy,
      signal: signal ?? undefined,
      construct: construct.bind(this),
      write: write.bind(this),
      writev: writev.bind(this),
      destroy: destroy.bind(this),
    },
  ]);
  if (encoding !== null && encoding !== "buffer") this.setDefaultEncoding(encoding);
  return this;
}
ObjectSetPrototypeOf(WriteStream.prototype, Writable.prototype);
ObjectSetPrototypeOf(WriteStream, Writable);

WriteStream.prototype.close = function (callback = () => {}) {
  if (callback) {
    if (this.closed) {
      queueMicrotask(() => callback(null));
      return;
    }
    this.on("close", callback);
  }
  // Who does not close by itself is closed once all is written.
  if (!this.autoClose) this.on("finish", () => this.destroy());
  this.end();
};
WriteStream.prototype.destroySoon = Writable.prototype.end;
properties(WriteStream, "WriteStream", "_writableState");

function createReadStream(path, options = {}) {
  return new ReadStream(path, options);
}

function createWriteStream(path, options = {}) {
  return new WriteStream(path, options);
}

return { createReadStream, createWriteStream, ReadStream, WriteStream };
})();
