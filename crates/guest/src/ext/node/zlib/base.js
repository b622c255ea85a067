// The streams of "node:zlib": a Transform around a codec, and what they take as options.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayPrototypePush,
  Error,
  MathMax,
  NumberIsFinite,
  NumberIsNaN,
  ObjectEntries,
  ObjectKeys,
  RangeError,
  Symbol,
  Uint32Array,
  queueMicrotask,
} = primordials;
const { isAnyArrayBuffer } = core;
const { Buffer, kMaxLength } = core.loadExtScript("ext:lopata_node/modules/buffer.js");
const Transform = core.loadExtScript("ext:deno_node/internal/streams/transform.js").default;
const errors = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { handleOf } = core.loadExtScript("ext:lopata_node/zlib/handle.js");
const { values } = core.loadExtScript("ext:lopata_node/zlib/constants.js");
const lazyFinished = () => core.loadExtScript("ext:deno_node/internal/streams/end-of-stream.js");

const kFlush = Symbol("kFlushFlag");
const kError = Symbol("kError");

// ---- options

/** @returns {boolean} whether there is a number to be checked further */
function isGiven(number, name) {
  if (number === undefined || number === null) return false;
  if (typeof number === "number" && NumberIsNaN(number)) return false;
  if (typeof number !== "number") throw new errors.ERR_INVALID_ARG_TYPE(name, "number", number);
  if (!NumberIsFinite(number)) throw new errors.ERR_OUT_OF_RANGE(name, "a finite number", number);
  return true;
}

/** A number in a range, or the default. */
function inRange(number, name, low, high, otherwise) {
  if (!isGiven(number, name)) return otherwise;
  if (number < low || number > high) throw new errors.ERR_OUT_OF_RANGE(name, `>= ${low} and <= ${high}`, number);
  return number;
}

/** What flushes there are: without saying, at the end, by `flush()`, and the highest number. */
const FLUSHES = {
  zlib: { flush: values.Z_NO_FLUSH, finish: values.Z_FINISH, full: values.Z_FULL_FLUSH, most: values.Z_BLOCK },
  brotli: {
    flush: values.BROTLI_OPERATION_PROCESS,
    finish: values.BROTLI_OPERATION_FINISH,
    full: values.BROTLI_OPERATION_FLUSH,
    most: values.BROTLI_OPERATION_EMIT_METADATA,
  },
  zstd: {
    flush: values.ZSTD_e_continue,
    finish: values.ZSTD_e_end,
    full: values.ZSTD_e_flush,
    most: values.ZSTD_e_end,
  },
};

/** Flushes of zlib from the weakest to the strongest. */
const STRENGTH = [];
{
  const rising = [
    values.Z_NO_FLUSH,
    values.Z_BLOCK,
    values.Z_PARTIAL_FLUSH,
    values.Z_SYNC_FLUSH,
    values.Z_FULL_FLUSH,
    values.Z_FINISH,
  ];
  for (let i = 0; i < rising.length; i++) STRENGTH[rising[i]] = i;
}

/** Empty chunks that carry a flush through the queue of writes. */
const FLUSH_CHUNKS = [];
for (let flag = 0; flag <= values.Z_BLOCK; flag++) {
  const chunk = Buffer.alloc(0);
  chunk[kFlush] = flag;
  FLUSH_CHUNKS[flag] = chunk;
}

/** Fails as production does where a stream is used after its end. */
function assertOpen(handle) {
  core.loadExtScript("ext:lopata_node/modules/assert.js").default(handle, "zlib binding closed");
}

// ---- the stream

class ZlibBase extends Transform {
  /**
   * @param {object} options the user's, which are checked here as far as every kind has them
   * @param {object} flushes of the kind
   * @param {object} handle
   */
  constructor(options, flushes, handle) {
    let chunkSize = values.Z_DEFAULT_CHUNK;
    let { flush, finish } = flushes;
    let maxOutputLength = kMaxLength;
    if (options) {
      if (isGiven(options.chunkSize, "options.chunkSize")) {
        chunkSize = options.chunkSize;
        if (chunkSize < values.Z_MIN_CHUNK) {
          throw new errors.ERR_OUT_OF_RANGE("options.chunkSize", `>= ${values.Z_MIN_CHUNK}`, chunkSize);
        }
      }
      const { most } = flushes;
      flush = inRange(options.flush, "options.flush", 0, most, flush);
      finish = inRange(options.finishFlush, "options.finishFlush", 0, most, finish);
      maxOutputLength = inRange(options.maxOutputLength, "options.maxOutputLength", 1, kMaxLength, kMaxLength);
      // Bytes go in and out, whatever is asked for.
      if (options.encoding || options.objectMode || options.writableObjectMode) {
        options = { ...options, encoding: undefined, objectMode: false, writableObjectMode: false };
      }
    }
    super({ autoDestroy: true, ...options });
    this.bytesWritten = 0;
    this._maxOutputLength = maxOutputLength;
    this._outBuffer = Buffer.allocUnsafe(chunkSize);
    this._outOffset = 0;
    this._chunkSize = chunkSize;
    this._defaultFlushFlag = flush;
    this._finishFlushFlag = finish;
    this._defaultFullFlushFlag = flushes.full;
    this._info = !!options?.info;
    this._handle = handle;
    this._writeState = new Uint32Array(2);
    this._writesInProgress = 0;
    this._hadWrites = false;
    handle.setErrorHandler((errno, code, message) => {
      const error = new Error(message);
      error.code = code;
      error.errno = errno;
      this.destroy(error);
      this[kError] = error;
    });
  }

  get _closed() {
    return this._handle === null;
  }

  get bytesRead() {
    return this.bytesWritten;
  }

  set bytesRead(value) {
    this.bytesWritten = value;
  }

  reset() {
    assertOpen(this._handle);
    this._handle.reset();
  }

  /** The end of the input: the codec gets its last flush, once all that was written is through. */
  _flush(callback) {
    if (this.destroyed) return;
    if (this._writesInProgress > 0) {
      queueMicrotask(() => this._flush(callback));
    } else if (this._hadWrites) {
      queueMicrotask(() => end(this, callback));
    } else {
      end(this, callback);
    }
  }

  _final(callback) {
    callback();
  }

  flush(kind, callback = undefined) {
    if (typeof kind === "function" || (kind === undefined && !callback)) {
      callback = kind;
      kind = this._defaultFullFlushFlag;
    }
    if (this.writableFinished) {
      if (callback) queueMicrotask(() => callback());
    } else if (this.writableEnded) {
      if (callback) this.once("end", callback);
    } else {
      this.write(FLUSH_CHUNKS[kind], "utf8", callback);
    }
  }

  close(callback = undefined) {
    if (callback) lazyFinished().eos(this, callback);
    this.destroy();
  }

  _destroy(error, callback) {
    shut(this);
    callback(error);
  }

  _transform(chunk, _encoding, callback) {
    let flag = this._defaultFlushFlag;
    if (typeof chunk[kFlush] === "number") flag = chunk[kFlush];
    // The last chunk of all ends the data.
    if (this.writableEnded && this.writableLength === chunk.byteLength) {
      if (!(STRENGTH[flag] > STRENGTH[this._finishFlushFlag])) flag = this._finishFlushFlag;
    }
    work(this, chunk, flag, callback);
  }

  /** Old, and without a callback at once. */
  _processChunk(chunk, flag, callback = undefined) {
    if (typeof callback === "function") {
      work(this, chunk, flag, callback);
      return undefined;
    }
    return workNow(this, chunk, flag);
  }
}

/** Gives the codec back. */
function shut(stream) {
  stream._handle?.close();
  stream._handle = null;
}

/** What is known of the chunk that is worked on, by stream. It is there from the write to its callback. */
const kChunk = Symbol("kChunk");

/** Has the codec take what ends the data. */
function end(stream, callback) {
  const chunk = Buffer.alloc(0);
  chunk[kFlush] = stream._finishFlushFlag;
  stream._transform(chunk, "utf8", callback);
}

/** Has the codec take a chunk; the callback follows when all of it is through. */
function work(stream, chunk, flag, callback) {
  const handle = stream._handle;
  if (!handle) {
    queueMicrotask(() => callback());
    return;
  }
  if (chunk.byteLength > 0) stream._hadWrites = true;
  stream._writesInProgress++;
  const through = () => {
    stream._writesInProgress--;
    callback();
  };
  const room = stream._chunkSize - stream._outOffset;
  stream[kChunk] = { chunk, callback: through, flag, start: 0, left: chunk.byteLength, room, runs: false, again: false };
  handle.write(flag, chunk, 0, chunk.byteLength, stream._outBuffer, stream._outOffset, room);
}

/** Goes on with the chunk where the output was full. */
function workOn(stream, state) {
  const handle = stream._handle;
  if (!handle) {
    state.callback();
    return;
  }
  handle.write(state.flag, state.chunk, state.start, state.left, stream._outBuffer, stream._outOffset, state.room);
}

/** A fresh output, once the last is used up. */
function renewOutput(stream) {
  stream._outOffset = 0;
  stream._outBuffer = Buffer.allocUnsafe(stream._chunkSize);
}

/** After a step of the codec: passes on what it made, and goes on or ends. @param {ZlibBase} stream */
function stepped(stream, state = stream[kChunk]) {
  if (stream.destroyed) {
    state.callback();
    return;
  }
  const { 0: room, 1: left } = stream._writeState;
  const taken = state.left - left;
  const made = state.room - room;
  stream.bytesWritten += taken;
  let full = false;
  if (made > 0) {
    const piece = stream._outBuffer.slice(stream._outOffset, stream._outOffset + made);
    stream._outOffset += made;
    full = !stream.push(piece);
  }
  if (stream.destroyed) {
    state.callback();
    return;
  }
  if (room === 0 || stream._outOffset >= stream._chunkSize) {
    renewOutput(stream);
    state.room = stream._chunkSize;
  } else {
    state.room = room;
  }
  if (room !== 0) {
    // The codec wants no more although there is more: the data is at its end.
    if (left > 0) stream.push(null);
    state.callback();
    return;
  }
  state.start += taken;
  state.left = left;
  if (!full) {
    workOn(stream, state);
    return;
  }
  const read = stream._read;
  stream._read = (size) => {
    stream._read = read;
    workOn(stream, state);
    stream._read(size);
  };
}

/** The same for a codec that is done when it is asked: in a loop, since the next step is asked for within the last. */
function steppedAtOnce(stream) {
  const state = stream[kChunk];
  state.again = true;
  if (state.runs) return;
  state.runs = true;
  while (state.again) {
    state.again = false;
    stepped(stream, state);
  }
  state.runs = false;
}

/** A chunk at once. @returns {Buffer} all that the codec makes of it */
function workNow(stream, chunk, flag) {
  const pieces = [];
  let total = 0;
  let taken = 0;
  let start = 0;
  let left = chunk.byteLength;
  let error;
  const onError = (raised) => {
    error = raised;
  };
  stream.on("error", onError);
  for (;;) {
    assertOpen(stream._handle);
    const before = stream._chunkSize - stream._outOffset;
    stream._handle.writeSync(flag, chunk, start, left, stream._outBuffer, stream._outOffset, before);
    if (error ?? stream[kError]) throw error ?? stream[kError];
    const { 0: room, 1: rest } = stream._writeState;
    const made = before - room;
    taken += left - rest;
    start += left - rest;
    left = rest;
    if (made > 0) {
      ArrayPrototypePush(pieces, stream._outBuffer.slice(stream._outOffset, stream._outOffset + made));
      stream._outOffset += made;
      total += made;
      if (total > stream._maxOutputLength) {
        shut(stream);
        throw new errors.ERR_BUFFER_TOO_LARGE(stream._maxOutputLength);
      }
    }
    if (room === 0 || stream._outOffset >= stream._chunkSize) renewOutput(stream);
    if (room !== 0) break;
  }
  stream.bytesWritten = taken;
  shut(stream);
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, total);
}

// ---- zlib

/** 0 is what the data says, which only data can. */
function windowBitsOf(options, mode) {
  const { windowBits } = options;
  const reads = mode === values.INFLATE || mode === values.GUNZIP || mode === values.UNZIP;
  if (reads && (windowBits === undefined || windowBits === null || windowBits === 0)) return 0;
  const low = values.Z_MIN_WINDOWBITS + (mode === values.GZIP ? 1 : 0);
  return inRange(
    windowBits,
    "options.windowBits",
    low,
    values.Z_MAX_WINDOWBITS,
    values.Z_DEFAULT_WINDOWBITS,
  );
}

function dictionaryOf({ dictionary }) {
  if (dictionary === undefined || ArrayBufferIsView(dictionary)) return dictionary;
  if (isAnyArrayBuffer(dictionary)) return Buffer.from(dictionary);
  throw new errors.ERR_INVALID_ARG_TYPE(
    "options.dictionary",
    ["Buffer", "TypedArray", "DataView", "ArrayBuffer"],
    dictionary,
  );
}

const levelOf = (level, name, otherwise) => inRange(level, name, values.Z_MIN_LEVEL, values.Z_MAX_LEVEL, otherwise);
const strategyOf = (strategy, name, otherwise) =>
  inRange(strategy, name, values.Z_DEFAULT_STRATEGY, values.Z_FIXED, otherwise);

class Zlib extends ZlibBase {
  constructor(options, mode) {
    let windowBits = values.Z_DEFAULT_WINDOWBITS;
    let level = values.Z_DEFAULT_COMPRESSION;
    let memLevel = values.Z_DEFAULT_MEMLEVEL;
    let strategy = values.Z_DEFAULT_STRATEGY;
    let dictionary;
    if (options !== undefined && options !== null) {
      windowBits = windowBitsOf(options, mode);
      level = levelOf(options.level, "options.level", level);
      const { Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL } = values;
      memLevel = inRange(options.memLevel, "options.memLevel", Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL, memLevel);
      strategy = strategyOf(options.strategy, "options.strategy", strategy);
      dictionary = dictionaryOf(options);
    }
    const handle = handleOf(mode);
    super(options ?? {}, FLUSHES.zlib, handle);
    // What the codec did is told later, as a thread of its own would.
    const written = () => queueMicrotask(() => stepped(this));
    handle.initialize(windowBits, level, memLevel, strategy, this._writeState, written, dictionary);
    this._level = level;
    this._strategy = strategy;
  }

  params(level, strategy, callback) {
    levelOf(level, "level");
    strategyOf(strategy, "strategy");
    if (this._level === level && this._strategy === strategy) {
      queueMicrotask(() => callback());
      return;
    }
    // What was written before keeps its level.
    this.flush(values.Z_SYNC_FLUSH, () => {
      assertOpen(this._handle);
      this._handle.params(level, strategy);
      if (this.destroyed) return;
      this._level = level;
      this._strategy = strategy;
      callback?.();
    });
  }
}

// ---- Brotli and Zstandard

const highest = (prefix) => {
  let most = 0;
  for (const name of ObjectKeys(values)) {
    if (name.startsWith(prefix)) most = MathMax(most, values[name]);
  }
  return most;
};
const BROTLI_PARAM_MOST = highest("BROTLI_PARAM_");
const ZSTD_C_MOST = highest("ZSTD_c_");
const ZSTD_D_MOST = highest("ZSTD_d_");

/** The user's parameters by number. */
function paramsOf(options, most, Refused) {
  const params = { __proto__: null };
  if (!options?.params) return params;
  for (const { 0: name, 1: value } of ObjectEntries(options.params)) {
    const key = +name;
    if (NumberIsNaN(key) || key < 0 || key > most || key in params) throw new Refused(name);
    if (typeof value !== "number" && typeof value !== "boolean") {
      throw new errors.ERR_INVALID_ARG_TYPE("options.params[key]", "number", value);
    }
    params[key] = +value;
  }
  return params;
}

class Brotli extends ZlibBase {
  constructor(options, mode) {
    const params = paramsOf(options, BROTLI_PARAM_MOST, errors.ERR_BROTLI_INVALID_PARAM);
    const handle = handleOf(mode);
    super(options ?? {}, FLUSHES.brotli, handle);
    if (!handle.initialize(params, this._writeState, () => steppedAtOnce(this))) {
      throw new errors.ERR_ZLIB_INITIALIZATION_FAILED();
    }
  }
}

/** Source: production's text. */
class ERR_ZSTD_INVALID_PARAM extends RangeError {
  constructor(name) {
    super(`${name} is not a valid Zstd parameter`);
    this.code = "ERR_ZSTD_INVALID_PARAM";
  }
}

const sizeOf = (size) => {
  const { converters } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
  return size === undefined ? undefined : converters["unsigned long long"](size);
};

class Zstd extends ZlibBase {
  constructor(options, mode) {
    const encodes = mode === values.ZSTD_ENCODE;
    const params = paramsOf(options, encodes ? ZSTD_C_MOST : ZSTD_D_MOST, ERR_ZSTD_INVALID_PARAM);
    const handle = handleOf(mode);
    super(options ?? {}, FLUSHES.zstd, handle);
    const size = encodes ? sizeOf(options?.pledgedSrcSize) : undefined;
    const written = () => queueMicrotask(() => stepped(this));
    if (!handle.initialize(params, this._writeState, written, size)) {
      throw new errors.ERR_ZLIB_INITIALIZATION_FAILED();
    }
  }
}

return { Brotli, Zlib, ZlibBase, Zstd };
})();
