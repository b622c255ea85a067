// Bodies that cross threads: native readers as ReadableStreams, and ReadableStreams pumped to native writers.
//
// A body that arrives as a credit stream is a byte stream whose pulls are ops. One that leaves is read chunk
// by chunk, each chunk waiting for credit, so a slow client stops the producer. When a stream that arrived is
// sent on untouched, its native end is handed over and no byte passes through JavaScript.
(function () {
const { core, primordials } = __bootstrap;
const {
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  Error,
  TypeError,
} = primordials;
const {
  op_body_abort,
  op_body_cancel,
  op_body_cancelled,
  op_body_finish,
  op_body_open,
  op_body_read,
  op_body_try_read,
  op_body_try_write,
  op_body_write,
} = core.ops;
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const { isReadableStreamDisturbed } = streams;
const { _controller, _length, _whole } = streams.slots;
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const { InnerBody, ofMemory, setMakers } = core.loadExtScript("ext:lopata/fetch/inner_body.js");

/** The reading end of a body that crosses threads, as the source of a byte stream. */
class NativeSource extends internal.ChunkSource {
  /**
   * @param {number} rid
   * @param {number | null} length bytes, when known
   * @param {AbortSignal} [signal] fails the stream
   */
  constructor(rid, length, signal) {
    super();
    this.rid = rid;
    this.left = length === null ? undefined : length;
    this.signal = signal;
    this.abort = undefined;
    this.touched = false;
    // Chunks are given out as they arrive.
    this.readMax = Infinity;
  }

  get length() {
    return this.left;
  }

  next() {
    this.touched = true;
    // undefined: nothing there yet; null: the end.
    const chunk = op_body_try_read(this.rid);
    return chunk === undefined
      ? PromisePrototypeThen(op_body_read(this.rid), (got) => this.arrived(got))
      : this.arrived(chunk);
  }

  arrived(chunk) {
    if (chunk === null) {
      this.forget();
    } else if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined) {
      this.forget();
      throw errors.revive(chunk.failure);
    } else if (this.left !== undefined) {
      this.left -= TypedArrayPrototypeGetByteLength(chunk);
    }
    return chunk;
  }

  cancel(reason) {
    this.touched = true;
    this.forget();
    op_body_cancel(this.rid, reason);
  }

  /** Nobody reads from either branch of it any more. */
  abandon(reason) {
    this.cancel(reason);
  }

  /** Fails `stream` when the signal does. */
  watch(stream) {
    const { signal } = this;
    if (signal === undefined) return;
    this.abort = () => {
      internal.readableController(stream).error(signal.reason);
      op_body_cancel(this.rid, signal.reason);
    };
    signal[addAbort](this.abort);
  }

  forget() {
    if (this.abort !== undefined) this.signal[removeAbort](this.abort);
    this.abort = undefined;
  }
}

/**
 * A byte stream over the reading end `rid`.
 * @param {number} rid
 * @param {number | null} length bytes, when known
 * @param {AbortSignal} [signal] fails the stream
 */
function readableFromNative(rid, length, signal = undefined) {
  const source = new NativeSource(rid, length, signal);
  const stream = internal.createReadable(source);
  source.watch(stream);
  return stream;
}

/**
 * @param {number} rid
 * @param {number | null} length
 * @param {import("../io_context/io_context.js").IoContext} context whose end is the stream's end
 * @param {AbortSignal} [signal] fails the stream
 */
function innerBodyFromNative(rid, length, context, signal = undefined) {
  context?.own(rid);
  const body = new InnerBody(readableFromNative(rid, length, signal));
  body.owner = context;
  body.length = length;
  return body;
}

/** @param {Uint8Array} bytes */
function innerBodyFromBytes(bytes) {
  // Whoever is the only one to have the bytes need not keep them for another time.
  const body = ofMemory(bytes);
  body.source = null;
  return body;
}

/**
 * A byte stream of bytes that are in memory.
 * @param {Uint8Array} bytes
 */
function readableFromStatic(bytes) {
  return internal.createReadable(new internal.BytesSource(bytes));
}

/** The source of `stream`, if it is one of `kind` and nobody has touched the stream. */
function untouched(stream, kind) {
  const controller = internal.readableController(stream);
  if (controller === undefined || !ObjectPrototypeIsPrototypeOf(kind.prototype, controller.source)) return undefined;
  return stream.locked || isReadableStreamDisturbed(stream) ? undefined : controller;
}

/** Takes the bytes behind `stream`, when it is still untouched. @returns {Uint8Array | undefined} */
function takeStatic(stream) {
  return untouched(stream, internal.BytesSource)?.takeSource().whole();
}

/**
 * Takes the native end behind `stream`, when it is still untouched.
 * @returns {number | undefined} the reading end's id
 */
function takeNative(stream) {
  // From here on the stream is used up, as if it had been read to its end.
  const source = untouched(stream, NativeSource)?.takeSource();
  source?.forget();
  return source?.rid;
}

/**
 * Moves what is behind `stream`, when it is still untouched, into a new stream and leaves the old one used up.
 * @returns {ReadableStream | undefined}
 */
function moveStream(stream) {
  const bytes = takeStatic(stream);
  if (bytes !== undefined) return readableFromStatic(bytes);
  const length = streamLength(stream) ?? null;
  const rid = takeNative(stream);
  return rid === undefined ? undefined : readableFromNative(rid, length);
}

/** @param {unknown} chunk of a body @returns {Uint8Array} */
function toBytes(chunk) {
  const bytes = internal.viewOf(chunk);
  // Source: workerd's text.
  if (bytes === undefined) throw new TypeError("This ReadableStream did not return bytes.");
  return bytes;
}

/** A chunk that is sent: a text is as good as its bytes. @param {unknown} chunk @returns {Uint8Array} */
function sendable(chunk) {
  if (typeof chunk === "string") return core.encode(chunk);
  const bytes = internal.viewOf(chunk);
  // Source: production's text.
  if (bytes === undefined) throw new TypeError("Draining read encountered a value that cannot be converted to bytes");
  return bytes;
}

/**
 * Sends all of `stream` to the writing end `rid`.
 * @param {ReadableStream} stream
 * @param {number} rid
 * @param {(error: unknown, cancelled: boolean) => void} done called once, with the error if the source failed
 */
function pump(stream, rid, done) {
  let reader;
  try {
    reader = stream.getReader();
  } catch (error) {
    op_body_abort(rid, error);
    done(error, false);
    return;
  }
  stream[_controller][_whole] = true;
  let over = false;
  // What an object sends ends with it.
  const { io: context } = core.getAsyncContext() ?? {};
  const record = context?.record;
  const lost = () => {
    if (over) return;
    over = true;
    op_body_abort(rid, record.error ?? new Error("Network connection lost."));
  };
  if (record !== undefined) context.onEnd(lost);
  const finish = (error, cancelled = false) => {
    if (over) return;
    over = true;
    if (record !== undefined) context.offEnd(lost);
    done(error, cancelled);
  };
  // The other side may lose interest while the source is silent.
  PromisePrototypeThen(op_body_cancelled(rid), (reason) => {
    if (over) return;
    finish(undefined, true);
    PromisePrototypeThen(reader.cancel(reason), undefined, () => {});
  });
  (async () => {
    try {
      for (;;) {
        const { done: end, value } = await reader.read();
        if (over) return;
        if (end) break;
        const bytes = sendable(value);
        if (TypedArrayPrototypeGetByteLength(bytes) === 0) continue;
        if (!op_body_try_write(rid, bytes) && !(await op_body_write(rid))) {
          // Cancelled; the handler above cancels the source.
          return;
        }
      }
      op_body_finish(rid);
      finish();
    } catch (error) {
      if (over) return;
      op_body_abort(rid, error);
      finish(error);
      PromisePrototypeThen(reader.cancel(error), undefined, () => {});
    }
  })();
}

/** Opens a native stream and sends `stream` into it; `done` as for `pump`. Returns the writing end. */
function openPump(stream, done) {
  const rid = op_body_open();
  pump(stream, rid, done);
  return rid;
}

/**
 * Waits for the next chunk of a reading end.
 * @param {number} rid
 * @returns {Promise<Uint8Array | null>} null at the end
 */
async function readChunk(rid) {
  const chunk = await op_body_read(rid);
  if (chunk === null || TypedArrayPrototypeGetSymbolToStringTag(chunk) !== undefined) return chunk;
  throw errors.revive(chunk.failure);
}

/** @param {ReadableStream} stream @returns {number | undefined} the exact length in bytes, when known */
function streamLength(stream) {
  const controller = internal.readableController(stream);
  return controller === undefined ? stream[_length] : controller.length;
}

/** @param {InnerBody} body @returns {number | null} the exact length in bytes, when known */
function bodyLength(body) {
  if (body.length !== null) return body.length;
  return streamLength(body.stream) ?? null;
}

setMakers(readableFromStatic, moveStream);

return {
  bodyLength,
  innerBodyFromBytes,
  innerBodyFromNative,
  openPump,
  readableFromStatic,
  readChunk,
  sendable,
  streamLength,
  takeNative,
  takeStatic,
  toBytes,
};
})();
