// The codecs behind the streams of "node:zlib", with the methods that production's have.
//
// A handle runs at once when it is written to. Its errors go to the handler that was set, and what it did is in the
// two numbers of the state: room left in the output, bytes left of the input.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayBufferIsView, ObjectKeys, TypeError, Uint32Array, Uint8Array } = primordials;
const {
  op_node_zlib_brotli,
  op_node_zlib_close,
  op_node_zlib_deflate,
  op_node_zlib_failure,
  op_node_zlib_params,
  op_node_zlib_reset,
  op_node_zlib_write,
  op_node_zlib_zstd,
} = core.ops;
const { isAnyArrayBuffer, isSharedArrayBuffer } = core;
const { values } = core.loadExtScript("ext:lopata_node/zlib/constants.js");

const NOTHING = new Uint8Array(0);

/** The bytes of a view or a buffer, as the ops take them. Shared memory is copied. */
function bytesOf(data) {
  const bytes = ArrayBufferIsView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return isSharedArrayBuffer(bytes.buffer) ? new Uint8Array(bytes) : bytes;
}

class CompressionStream {
  #mode;
  #codec = null;
  #state = null;
  #written = null;
  #failed = null;

  constructor(mode) {
    this.#mode = mode;
  }

  close() {
    if (this.#codec !== null) op_node_zlib_close(this.#codec);
  }

  /** As {@link writeSync}, and then the callback of `initialize` is called. */
  write(flush, input, inputStart, inputLength, output, outputStart, outputLength) {
    if (this.#run("write", flush, input, inputStart, inputLength, output, outputStart, outputLength)) this.#written();
  }

  writeSync(flush, input, inputStart, inputLength, output, outputStart, outputLength) {
    this.#run("writeSync", flush, input, inputStart, inputLength, output, outputStart, outputLength);
  }

  reset() {
    this.#check(op_node_zlib_reset(this.#codec));
  }

  setErrorHandler(handler) {
    this.#failed = handler;
  }

  #run(name, flush, input, inputStart, inputLength, output, outputStart, outputLength) {
    if (input === undefined || input === null) {
      input = NOTHING;
      inputStart = inputLength = 0;
    } else if (!ArrayBufferIsView(input) && !isAnyArrayBuffer(input)) {
      throw new TypeError(
        `Failed to execute '${name}' on 'ZlibContext>': parameter 2 is not of type 'ArrayBuffer or ArrayBufferView'.`,
      );
    }
    const from = bytesOf(input);
    const to = bytesOf(output);
    flush |= 0;
    return this.#check(
      op_node_zlib_write(this.#codec, flush, from, inputStart, inputLength, to, outputStart, outputLength, this.#state),
    );
  }

  #check(ok) {
    if (ok) return true;
    const { 0: errno, 1: code, 2: message } = op_node_zlib_failure(this.#codec);
    this.#failed?.(errno, code, message);
    return false;
  }

  /** What `initialize` of each kind comes to. */
  static start(handle, codec, state, written) {
    handle.#codec = codec;
    handle.#state = state;
    handle.#written = written;
  }

  static mode(handle) {
    return handle.#mode;
  }

  static retune(handle, level, strategy) {
    handle.#check(op_node_zlib_params(handle.#codec, level, strategy));
  }
}

const { mode, retune, start } = CompressionStream;
delete CompressionStream.mode;
delete CompressionStream.retune;
delete CompressionStream.start;

class ZlibStream extends CompressionStream {
  initialize(windowBits, level, memLevel, strategy, state, written, dictionary) {
    const known = dictionary === undefined ? NOTHING : bytesOf(dictionary);
    start(this, op_node_zlib_deflate(mode(this), windowBits, level, memLevel, strategy, known), state, written);
  }

  params(level, strategy) {
    retune(this, level | 0, strategy | 0);
  }
}

/** Parameters by number as pairs. @param {Record<number, number>} params */
function pairs(params) {
  const keys = ObjectKeys(params);
  const list = new Uint32Array(keys.length * 2);
  for (let i = 0; i < keys.length; i++) {
    list[2 * i] = +keys[i];
    list[2 * i + 1] = params[keys[i]];
  }
  return list;
}

/** @returns {boolean} whether the codec took the parameters */
function begin(handle, make, state, written) {
  let codec;
  try {
    codec = make();
  } catch {
    return false;
  }
  start(handle, codec, state, written);
  return true;
}

class BrotliEncoder extends CompressionStream {
  initialize(params, state, written) {
    return begin(this, () => op_node_zlib_brotli(false, pairs(params)), state, written);
  }
}

class BrotliDecoder extends CompressionStream {
  initialize(params, state, written) {
    return begin(this, () => op_node_zlib_brotli(true, pairs(params)), state, written);
  }
}

class ZstdEncoder extends CompressionStream {
  initialize(params, state, written, size = -1) {
    return begin(this, () => op_node_zlib_zstd(false, pairs(params), size), state, written);
  }
}

class ZstdDecoder extends CompressionStream {
  initialize(params, state, written) {
    return begin(this, () => op_node_zlib_zstd(true, pairs(params), -1), state, written);
  }
}

/** The handle of a kind of stream. @param {number} kind */
function handleOf(kind) {
  switch (kind) {
    case values.BROTLI_ENCODE:
      return new BrotliEncoder(kind);
    case values.BROTLI_DECODE:
      return new BrotliDecoder(kind);
    case values.ZSTD_ENCODE:
      return new ZstdEncoder(kind);
    case values.ZSTD_DECODE:
      return new ZstdDecoder(kind);
    default:
      return new ZlibStream(kind);
  }
}

return { bytesOf, handleOf, pairs };
})();
