// "node:zlib" all at once: what takes data and gives data, now or to a callback.
//
// Production does these without a stream. So their options are converted and checked as arguments of its own classes
// are, and their errors have no codes.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  Error,
  NumberIsInteger,
  ObjectEntries,
  RangeError,
  TypeError,
  TypedArrayPrototypeGetByteLength,
  Uint8Array,
  queueMicrotask,
} = primordials;
const { isAnyArrayBuffer } = core;
const { op_node_zlib_all, op_node_zlib_brotli, op_node_zlib_deflate, op_node_zlib_zstd } = core.ops;
const { converters } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { Buffer } = core.loadExtScript("ext:lopata_node/modules/buffer.js");
const { validateFunction } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { bytesOf, pairs } = core.loadExtScript("ext:lopata_node/zlib/handle.js");
const { values } = core.loadExtScript("ext:lopata_node/zlib/constants.js");

const NOTHING = new Uint8Array(0);
const MOST = values.Z_MAX_CHUNK;

// ---- arguments

function refused(method, number, type) {
  return new TypeError(
    `Failed to execute '${method}' on 'ZlibUtil': parameter ${number} is not of type '${type}'.`,
  );
}

/** @param {unknown} data @param {string} method as errors name it */
function input(data, method) {
  let bytes;
  if (typeof data === "string") {
    bytes = core.encode(data);
  } else if (ArrayBufferIsView(data) || isAnyArrayBuffer(data)) {
    bytes = bytesOf(data);
  } else {
    throw refused(method, 1, "string or ArrayBuffer or ArrayBufferView");
  }
  if (TypedArrayPrototypeGetByteLength(bytes) >= MOST) throw new RangeError("Memory limit exceeded");
  return bytes;
}

function mistyped(field, type) {
  return new TypeError(
    `Incorrect type for the '${field}' field on 'Options': the provided value is not of type '${type}'.`,
  );
}

const FIELDS = {
  level: converters.long,
  windowBits: converters["unsigned long"],
  memLevel: converters["unsigned long"],
  strategy: converters["unsigned long"],
  flush: converters.long,
  finishFlush: converters.long,
  chunkSize: converters["unsigned long"],
  maxOutputLength: converters["unsigned long"],
  dictionary(value) {
    if (!ArrayBufferIsView(value) && !isAnyArrayBuffer(value)) {
      throw mistyped("dictionary", "ArrayBuffer or ArrayBufferView");
    }
    return bytesOf(value);
  },
  params(value) {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) {
      throw mistyped("params", "object");
    }
    const params = { __proto__: null };
    for (const { 0: key, 1: number } of ObjectEntries(value)) {
      if (!NumberIsInteger(+key)) throw new Error("Setting parameter failed");
      params[+key] = converters.long(number);
    }
    return params;
  },
  pledgedSrcSize: converters["unsigned long long"],
};

/** The fields of each kind, which are all converted before any is looked at. */
const OF_ZLIB = [
  "level",
  "windowBits",
  "memLevel",
  "strategy",
  "dictionary",
  "flush",
  "finishFlush",
  "chunkSize",
  "maxOutputLength",
];
const OF_BROTLI = ["flush", "finishFlush", "chunkSize", "params", "maxOutputLength"];
const OF_ZSTD = ["flush", "finishFlush", "chunkSize", "params", "maxOutputLength", "pledgedSrcSize"];

function optionsOf(options, fields, method) {
  const found = { __proto__: null };
  if (options === undefined) return found;
  if (options === null || (typeof options !== "object" && typeof options !== "function")) {
    throw refused(method, 2, "Options");
  }
  for (const field of fields) {
    const value = options[field];
    if (value !== undefined) found[field] = FIELDS[field](value);
  }
  return found;
}

/** Source: production's text. `shown` is the number it shows, which is not always the one that is wrong. */
function checkRange(name, value, low, high, shown = value) {
  if (value >= low && value <= high) return;
  throw new RangeError(
    `The value of "options.${name}" is out of range. It must be >= ${low} and <= ${high}. Received ${shown}`,
  );
}

function checkSizes({ chunkSize = values.Z_DEFAULT_CHUNK, maxOutputLength = MOST }) {
  checkRange("chunkSize", chunkSize, values.Z_MIN_CHUNK, values.Z_MAX_CHUNK);
  checkRange("maxOutputLength", maxOutputLength, 1, MOST);
  return maxOutputLength;
}

// ---- the kinds

const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Flushes go up to one that only zlib itself has. */
const Z_TREES = 6;

const zlib = {
  fields: OF_ZLIB,
  run(data, options, mode) {
    const limit = checkSizes(options);
    const { windowBits = values.Z_DEFAULT_WINDOWBITS, level = values.Z_DEFAULT_LEVEL } = options;
    const { memLevel = values.Z_DEFAULT_MEMLEVEL, strategy = values.Z_DEFAULT_STRATEGY } = options;
    const reads = mode === values.INFLATE || mode === values.GUNZIP || mode === values.UNZIP;
    if (windowBits !== 0 || !reads) {
      checkRange("windowBits", windowBits, values.Z_MIN_WINDOWBITS, values.Z_MAX_WINDOWBITS);
    }
    checkRange("level", level, values.Z_MIN_LEVEL, values.Z_MAX_LEVEL);
    checkRange("memLevel", memLevel, values.Z_MIN_MEMLEVEL, values.Z_MAX_MEMLEVEL);
    if (strategy > values.Z_FIXED) throw new Error("invalid strategy");
    const { flush = values.Z_NO_FLUSH, finishFlush = values.Z_FINISH, dictionary = NOTHING } = options;
    checkRange("flush", flush, 0, Z_TREES);
    checkRange("finishFlush", finishFlush, 0, Z_TREES, flush);
    const codec = op_node_zlib_deflate(mode, windowBits, level, memLevel, strategy, dictionary);
    return op_node_zlib_all(codec, finishFlush, data, limit);
  },
};

const brotli = {
  fields: OF_BROTLI,
  run(data, options, mode) {
    const limit = checkSizes(options);
    const codec = op_node_zlib_brotli(mode === values.BROTLI_DECODE, pairs(options.params ?? {}));
    const { flush = values.BROTLI_OPERATION_PROCESS, finishFlush = values.BROTLI_OPERATION_FINISH } = options;
    checkRange("flush", flush, 0, values.BROTLI_OPERATION_EMIT_METADATA);
    checkRange("finishFlush", finishFlush, 0, values.BROTLI_OPERATION_EMIT_METADATA);
    return op_node_zlib_all(codec, finishFlush, data, limit);
  },
};

const zstd = {
  fields: OF_ZSTD,
  run(data, options, mode) {
    const limit = checkSizes(options);
    const codec = op_node_zlib_zstd(mode === values.ZSTD_DECODE, pairs(options.params ?? {}), -1);
    const { flush = values.ZSTD_e_continue, finishFlush = values.ZSTD_e_end } = options;
    checkRange("flush", flush, 0, values.ZSTD_e_end);
    checkRange("finishFlush", finishFlush, 0, values.ZSTD_e_end);
    return op_node_zlib_all(codec, finishFlush, data, limit);
  },
};

/** With `info` the answer has the stream that did it too. */
function withEngine(Stream, data, options) {
  const engine = new Stream(options);
  if (typeof data === "string") data = Buffer.from(data);
  else if (isAnyArrayBuffer(data)) data = Buffer.from(data);
  return { engine, buffer: engine._processChunk(data, engine._finishFlushFlag) };
}

/**
 * The two functions of a mode.
 *
 * @param {string} name of the one with a callback
 * @param {number} mode
 * @param {() => Function} stream that does the same in pieces
 */
function pair(name, mode, stream) {
  const kind = mode <= values.UNZIP ? zlib : mode <= values.BROTLI_ENCODE ? brotli : zstd;
  const native = kind === zlib ? "zlib" : name;
  const sync = `${name}Sync`;
  const nativeSync = kind === zlib ? "zlibSync" : sync;
  return {
    [name]: function (data, optionsOrCallback, callbackOrUndefined) {
      const options = typeof optionsOrCallback === "function" ? {} : optionsOrCallback;
      const callback = typeof optionsOrCallback === "function" ? optionsOrCallback : callbackOrUndefined;
      validateFunction(callback, "callback");
      let work;
      if (options.info) {
        work = () => withEngine(stream(), data, options);
      } else {
        const bytes = input(data, native);
        const given = optionsOf(options, kind.fields, native);
        work = () => buffer(kind.run(bytes, given, mode));
      }
      let result;
      let error = null;
      try {
        result = work();
      } catch (raised) {
        error = raised;
      }
      queueMicrotask(() => error === null ? callback(null, result) : callback(error));
    },
    [sync]: function (data, options = {}) {
      if (options.info) return withEngine(stream(), data, options);
      const bytes = input(data, nativeSync);
      return buffer(kind.run(bytes, optionsOf(options, kind.fields, nativeSync), mode));
    },
  };
}

return { input, pair };
})();
