// CompressionStream and DecompressionStream: codecs between a sink and a source. What is written is compressed at
// once and waits to be read, however much it is.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  MathMin,
  ObjectPrototypeIsPrototypeOf,
  Promise,
  PromisePrototype,
  PromisePrototypeThen,
  String,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const { op_codec_finish, op_codec_new, op_codec_write } = core.ops;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { TransformStream } = streams;
const { _brand, _readable, _writable } = streams.slots;

/** Numbered as the ops number them. */
const FORMATS = { __proto__: null, "gzip": 0, "deflate": 1, "deflate-raw": 2 };

/** Both ends of a codec. */
class CodecPipe {
  constructor(codec) {
    this.codec = codec;
    /** What was not read yet. */
    this.chunks = [];
    this.size = 0;
    this.ended = false;
    this.failure = null;
    /** The read that waits: `{ max, min, resolve, reject }`. */
    this.reading = null;
  }

  take(max) {
    return this.read(max, 1);
  }

  fill(view, min) {
    const read = this.read(TypedArrayPrototypeGetByteLength(view), min);
    const put = (bytes) => {
      if (bytes === null) return 0;
      TypedArrayPrototypeSet(view, bytes);
      return TypedArrayPrototypeGetByteLength(bytes);
    };
    return read !== null && ObjectPrototypeIsPrototypeOf(PromisePrototype, read) ? PromisePrototypeThen(read, put) : put(read);
  }

  read(max, min) {
    if (this.failure !== null) throw this.failure.value;
    if (this.size >= min || this.ended) return this.cut(max);
    return new Promise((resolve, reject) => {
      this.reading = { max, min, resolve, reject };
    });
  }

  /** Takes up to `max` bytes of what there is. @returns {Uint8Array | null} null if there is nothing */
  cut(max) {
    const length = MathMin(max, this.size);
    if (length === 0) return null;
    this.size -= length;
    const { chunks } = this;
    const first = chunks[0];
    const firstLength = TypedArrayPrototypeGetByteLength(first);
    if (firstLength === length) return ArrayPrototypeShift(chunks);
    if (firstLength > length) {
      chunks[0] = TypedArrayPrototypeSubarray(first, length);
      return TypedArrayPrototypeSlice(first, 0, length);
    }
    const all = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const chunk = chunks[0];
      const size = TypedArrayPrototypeGetByteLength(chunk);
      if (size <= length - at) {
        TypedArrayPrototypeSet(all, chunk, at);
        ArrayPrototypeShift(chunks);
      } else {
        TypedArrayPrototypeSet(all, TypedArrayPrototypeSubarray(chunk, 0, length - at), at);
        chunks[0] = TypedArrayPrototypeSubarray(chunk, length - at);
      }
      at += size;
    }
    return all;
  }

  /** What the codec gives, or its failure for both ends. */
  give(run) {
    let bytes;
    try {
      bytes = run();
    } catch (error) {
      this.abort(error);
      throw error;
    }
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length > 0) {
      ArrayPrototypePush(this.chunks, bytes);
      this.size += length;
    }
    const { reading } = this;
    if (reading !== null && (this.size >= reading.min || this.ended)) {
      this.reading = null;
      reading.resolve(this.cut(reading.max));
    }
  }

  write(bytes) {
    if (this.failure !== null) throw this.failure.value;
    this.give(() => op_codec_write(this.codec, bytes));
  }

  end() {
    if (this.failure !== null) throw this.failure.value;
    if (this.ended) return;
    this.ended = true;
    this.give(() => op_codec_finish(this.codec));
  }

  abort(reason) {
    if (this.failure !== null) return;
    this.failure = { value: reason };
    this.chunks = [];
    this.size = 0;
    const { reading } = this;
    this.reading = null;
    reading?.reject(reason);
  }

  cancel(reason) {
    this.abort(reason);
  }
}

/** @returns {number} the format's number */
function formatOf(format, given, name) {
  if (given === 0) {
    throw new TypeError(`Failed to construct '${name}': constructor parameter 1 is not of type 'string'.`);
  }
  const found = FORMATS[String(format)];
  if (found === undefined) {
    // Source: workerd's text.
    throw new TypeError("The compression format must be either 'deflate', 'deflate-raw' or 'gzip'.");
  }
  return found;
}

function install(transform, codec) {
  const pipe = new CodecPipe(codec);
  transform[_readable] = internal.createReadable(pipe);
  transform[_writable] = internal.createWritable(pipe);
}

class CompressionStream extends TransformStream {
  constructor(format = undefined) {
    const number = formatOf(format, arguments.length, "CompressionStream");
    io.required();
    super(_brand);
    install(this, op_codec_new(number, false, false));
  }
}
webidl.configureInterface(CompressionStream);

class DecompressionStream extends TransformStream {
  constructor(format = undefined) {
    const number = formatOf(format, arguments.length, "DecompressionStream");
    io.required();
    super(_brand);
    install(this, op_codec_new(number, true, compat.has("strict_compression_checks")));
  }
}
webidl.configureInterface(DecompressionStream);

return { CompressionStream, DecompressionStream };
})();
