// What a Request or Response holds of its body: bytes or a text in memory until somebody asks for a stream, else a
// stream.
//
// A body that was made of something in memory remembers it, so that it can be sent again after a redirect.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  StringPrototypeSlice,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypeError,
  Uint8Array,
} = primordials;
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const {
  createProxy,
  isReadableStreamDisturbed,
  isReadableStreamLocked,
  ReadableStream,
  readableStreamClose,
  ReadableStreamDefaultReader,
  readableStreamDisturb,
  ReadableStreamPrototype,
  readableStreamTee,
} = streams;
const { decode } = core.loadExtScript("ext:lopata/fetch/arguments.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const coding_ = core.loadExtScript("ext:lopata/fetch/coding.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { _controller, _whole } = streams.slots;

// Source of the texts: workerd.
const LOCKED_TEXT = "This ReadableStream is currently locked to a reader.";
const TEE_LOCKED_TEXT = "This ReadableStream is currently locked to a reader,";
const TAKEN_TEXT = "The ReadableStream has been locked to a reader.";
const NO_BYTES_TEXT = "This ReadableStream did not return bytes.";
const USED_TEXT = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

const getReader = ReadableStreamPrototype.getReader;
const readerRead = ReadableStreamDefaultReader.prototype.read;

/** Makes a byte stream of bytes in memory; set by body.js, which is loaded later, as is the next. */
let streamOf;
/** Moves what is behind an untouched stream into another. */
let moveStream;

/**
 * @param {(bytes: Uint8Array) => ReadableStream} make
 * @param {(stream: ReadableStream) => ReadableStream | undefined} move
 */
function setMakers(make, move) {
  streamOf = make;
  moveStream = move;
}

class InnerBody {
  /** @param {ReadableStream | { body: Uint8Array | string, consumed: boolean }} stream */
  constructor(stream) {
    this.streamOrStatic = stream;
    /** Exact length in bytes, when known. @type {number | null} */
    this.length = null;
    /** What it was made of, when that can be sent again. @type {Uint8Array | string | null} */
    this.source = null;
    /** The IoContext that it belongs to; undefined for streams of scripts, which belong to nobody. */
    this.owner = undefined;
    /** How it is encoded, when whoever reads it wants it plain. @type {"gzip" | "brotli" | null} */
    this.coding = null;
  }

  /** @returns {boolean} whether nobody has asked for a stream yet */
  get isStatic() {
    return this.streamOrStatic.consumed !== undefined &&
      !ObjectPrototypeIsPrototypeOf(ReadableStreamPrototype, this.streamOrStatic);
  }

  /** As it is read: plain. */
  get stream() {
    this.decode();
    return this.raw;
  }

  /** As it came. */
  get raw() {
    if (!this.isStatic) return this.streamOrStatic;
    const { body, consumed } = this.streamOrStatic;
    let stream;
    if (consumed) {
      stream = new ReadableStream();
      readableStreamClose(stream);
      getReader.call(stream);
      readableStreamDisturb(stream);
    } else {
      const make = () => streamOf(typeof body === "string" ? core.encode(body) : body);
      const { owner } = this;
      // Whoever asks for it, it belongs to whom the body belongs to.
      stream = owner === undefined || owner === io.current() ? make() : io.run(owner, make);
    }
    return this.streamOrStatic = stream;
  }

  /** Throws when it belongs to another event. */
  checkOwner() {
    io.mine(this.owner, "ReadableStreamSource");
  }

  /** From here on it is plain. */
  decode() {
    const { coding } = this;
    if (coding === null) return;
    this.coding = null;
    this.length = null;
    this.streamOrStatic = coding_.decoded(this.raw, coding);
  }

  /** Whether it has been read, as `bodyUsed` says. */
  consumed() {
    return this.isStatic ? this.streamOrStatic.consumed : isReadableStreamDisturbed(this.streamOrStatic);
  }

  /** Whether it cannot be read: it has been, or somebody does. */
  unusable() {
    return this.consumed() || (!this.isStatic && isReadableStreamLocked(this.streamOrStatic));
  }

  /** Whether somebody else has it, so that sending it fails on the way. */
  get taken() {
    return !this.isStatic && isReadableStreamLocked(this.streamOrStatic);
  }

  /** Uses up what is in memory. @returns {Uint8Array | string | undefined} undefined for a stream */
  takeStatic() {
    if (!this.isStatic) return undefined;
    this.streamOrStatic.consumed = true;
    return this.streamOrStatic.body;
  }

  /** Reads everything. @returns {Promise<Uint8Array>} */
  async bytes() {
    if (this.consumed()) throw new TypeError(USED_TEXT);
    this.checkOwner();
    this.decode();
    const direct = this.takeStatic();
    if (direct !== undefined) return typeof direct === "string" ? core.encode(direct) : direct;
    return await collect(this.streamOrStatic);
  }

  /** Reads everything as text. @param {boolean} stripMark @returns {Promise<string>} */
  async text(stripMark) {
    if (this.consumed()) throw new TypeError(USED_TEXT);
    this.checkOwner();
    this.decode();
    const direct = this.takeStatic();
    if (typeof direct === "string") {
      return stripMark && direct[0] === "\ufeff" ? StringPrototypeSlice(direct, 1) : direct;
    }
    return decode(direct ?? await collect(this.streamOrStatic), stripMark);
  }

  clone() {
    this.checkOwner();
    this.decode();
    let second;
    if (this.isStatic && !this.streamOrStatic.consumed) {
      second = new InnerBody({ body: this.streamOrStatic.body, consumed: false });
    } else {
      if (this.unusable()) throw new TypeError(TEE_LOCKED_TEXT);
      const { 0: first, 1: other } = readableStreamTee(this.stream, true);
      this.streamOrStatic = first;
      second = new InnerBody(other);
    }
    second.length = this.length;
    second.owner = this.owner;
    second.source = this.source;
    return second;
  }

  /** The same body in another; this one is used up. */
  detach() {
    this.decode();
    let detached;
    if (this.isStatic) {
      detached = new InnerBody({ body: this.takeStatic(), consumed: false });
    } else {
      if (isReadableStreamLocked(this.streamOrStatic)) throw new TypeError(TAKEN_TEXT);
      detached = new InnerBody(moveStream(this.streamOrStatic) ?? createProxy(this.streamOrStatic));
    }
    detached.length = this.length;
    detached.owner = this.owner;
    detached.source = this.source;
    return detached;
  }

  /** The same bytes once more. Only if there is a source. */
  rewind() {
    return ofMemory(this.source);
  }
}

/** A body of what is in memory. @param {Uint8Array | string} source */
function ofMemory(source) {
  const body = new InnerBody({ body: source, consumed: false });
  body.source = source;
  body.owner = io.current();
  if (typeof source !== "string") body.length = TypedArrayPrototypeGetByteLength(source);
  return body;
}

/**
 * All bytes of a stream, which stays locked.
 * @param {ReadableStream} stream
 * @returns {Promise<Uint8Array>}
 */
async function collect(stream) {
  if (isReadableStreamLocked(stream)) throw new TypeError(LOCKED_TEXT);
  const own = internal.readableController(stream);
  if (own !== undefined) return await own.collect();
  const reader = getReader.call(stream);
  // Nobody sees the chunks.
  stream[_controller][_whole] = true;
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await readerRead.call(reader);
    if (done) break;
    const bytes = internal.viewOf(value);
    if (bytes === undefined) {
      const error = new TypeError(NO_BYTES_TEXT);
      PromisePrototypeThen(reader.cancel(error), undefined, () => {});
      throw error;
    }
    length += TypedArrayPrototypeGetByteLength(bytes);
    ArrayPrototypePush(chunks, bytes);
  }
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < chunks.length; i++) {
    TypedArrayPrototypeSet(all, chunks[i], at);
    at += TypedArrayPrototypeGetByteLength(chunks[i]);
  }
  return all;
}

return { InnerBody, ofMemory, setMakers, TAKEN_TEXT, USED_TEXT };
})();
