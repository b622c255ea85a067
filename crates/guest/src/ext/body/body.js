// Bodies that cross threads: native readers as ReadableStreams, and ReadableStreams pumped to native writers.
//
// A body that arrives as a credit stream is a byte stream whose pulls are ops. One that leaves is read chunk
// by chunk, each chunk waiting for credit, so a slow client stops the producer. When a stream that arrived is
// sent on untouched, its native end is handed over and no byte passes through JavaScript.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayBufferPrototype,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  Number,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  Promise,
  PromisePrototypeThen,
  SafeWeakMap,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSlice,
  TypeError,
  Uint8Array,
  WeakMapPrototypeDelete,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
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
const {
  isReadableStream,
  isReadableStreamDisturbed,
  ReadableStream,
  ReadableStreamBYOBReader,
  readableStreamDisturb,
  TransformStream,
  WritableStream,
} = core.loadExtScript("ext:deno_web/06_streams.js");
const { add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const { InnerBody, ofMemory, setMakers } = core.loadExtScript("ext:lopata/fetch/inner_body.js");

const { getReader } = ReadableStream.prototype;

/** Streams that are nothing but the reading end `rid`, until somebody reads them. */
const nativeReaders = new SafeWeakMap();
/** Streams that are nothing but these bytes, until somebody reads them. */
const staticStreams = new SafeWeakMap();
/** Known lengths of streams (FixedLengthStream and sized bodies). */
const knownLengths = new SafeWeakMap();

/**
 * A byte stream over the reading end `rid`.
 * @param {number} rid
 * @param {number | null} length bytes, when known
 * @param {AbortSignal} [signal] fails the stream
 */
function readableFromNative(rid, length, signal = undefined) {
  let stream, controller_;
  const abort = () => {
    WeakMapPrototypeDelete(nativeReaders, stream);
    controller_.error(signal.reason);
    op_body_cancel(rid, signal.reason);
  };
  stream = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: undefined,
    start(controller) {
      controller_ = controller;
    },
    async pull(controller) {
      WeakMapPrototypeDelete(nativeReaders, stream);
      // undefined: nothing there yet; null: the end.
      let chunk = op_body_try_read(rid);
      if (chunk === undefined) chunk = await op_body_read(rid);
      if (chunk === null) {
        signal?.[removeAbort](abort);
        controller.close();
        // A pending BYOB read is answered with an empty view.
        controller.byobRequest?.respond(0);
      } else if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined) {
        signal?.[removeAbort](abort);
        throw errors.revive(chunk.failure);
      } else {
        controller.enqueue(chunk);
      }
    },
    cancel(reason) {
      signal?.[removeAbort](abort);
      WeakMapPrototypeDelete(nativeReaders, stream);
      op_body_cancel(rid, reason);
    },
  }, { highWaterMark: 0 });
  WeakMapPrototypeSet(nativeReaders, stream, rid);
  if (length !== null) WeakMapPrototypeSet(knownLengths, stream, length);
  signal?.[addAbort](abort);
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
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      WeakMapPrototypeDelete(staticStreams, stream);
      if (TypedArrayPrototypeGetByteLength(bytes) > 0) controller.enqueue(TypedArrayPrototypeSlice(bytes));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel() {
      WeakMapPrototypeDelete(staticStreams, stream);
    },
  }, { highWaterMark: 0 });
  WeakMapPrototypeSet(staticStreams, stream, bytes);
  WeakMapPrototypeSet(knownLengths, stream, TypedArrayPrototypeGetByteLength(bytes));
  return stream;
}

/** Takes the bytes behind `stream`, when it is still untouched. @returns {Uint8Array | undefined} */
function takeStatic(stream) {
  const bytes = WeakMapPrototypeGet(staticStreams, stream);
  if (bytes === undefined || stream.locked || isReadableStreamDisturbed(stream)) return undefined;
  WeakMapPrototypeDelete(staticStreams, stream);
  useUp(stream);
  return bytes;
}

/**
 * Takes the native end behind `stream`, when it is still untouched.
 * @returns {number | undefined} the reading end's id
 */
function takeNative(stream) {
  const rid = WeakMapPrototypeGet(nativeReaders, stream);
  if (rid === undefined || stream.locked || isReadableStreamDisturbed(stream)) return undefined;
  WeakMapPrototypeDelete(nativeReaders, stream);
  useUp(stream);
  return rid;
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

/** From here on the stream is used up, as if it had been read to its end. */
function useUp(stream) {
  getReader.call(stream);
  readableStreamDisturb(stream);
}

/** @param {unknown} chunk @returns {Uint8Array} */
function toBytes(chunk) {
  if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === "Uint8Array") return chunk;
  if (ArrayBufferIsView(chunk)) {
    return TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined
      ? new Uint8Array(
        DataViewPrototypeGetBuffer(chunk),
        DataViewPrototypeGetByteOffset(chunk),
        DataViewPrototypeGetByteLength(chunk),
      )
      : new Uint8Array(
        TypedArrayPrototypeGetBuffer(chunk),
        TypedArrayPrototypeGetByteOffset(chunk),
        TypedArrayPrototypeGetByteLength(chunk),
      );
  }
  if (ObjectPrototypeIsPrototypeOf(ArrayBufferPrototype, chunk)) return new Uint8Array(chunk);
  // Source: workerd's internal streams.
  if (typeof chunk === "string") {
    throw new TypeError(
      "This TransformStream is being used as a byte stream, but received a string on its writable side. If " +
        "you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.",
    );
  }
  throw new TypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.",
  );
}

/** A chunk that is sent: a text is as good as its bytes. @param {unknown} chunk @returns {Uint8Array} */
function sendable(chunk) {
  if (typeof chunk === "string") return core.encode(chunk);
  if (ArrayBufferIsView(chunk) || core.isAnyArrayBuffer(chunk)) return toBytes(chunk);
  // Source: production's text.
  throw new TypeError("Draining read encountered a value that cannot be converted to bytes");
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
  let over = false;
  const finish = (error, cancelled = false) => {
    if (over) return;
    over = true;
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
  return WeakMapPrototypeGet(knownLengths, stream);
}

/** @param {InnerBody} body @returns {number | null} the exact length in bytes, when known */
function bodyLength(body) {
  if (body.length !== null) return body.length;
  return WeakMapPrototypeGet(knownLengths, body.stream) ?? null;
}

/**
 * Both ends of a byte pass-through: a write waits until its bytes are taken.
 * @param {(bytes: Uint8Array) => void} onChunk throws to refuse a chunk
 * @param {() => void} onClose throws to refuse the end
 */
function passThrough(onChunk, onClose) {
  let source, sink;
  let taken = null;
  const release = () => {
    const resolve = taken;
    taken = null;
    resolve?.();
  };
  const refuse = (error) => {
    source.error(error);
    throw error;
  };
  const readable = new ReadableStream({
    type: "bytes",
    start(controller) {
      source = controller;
    },
    pull: release,
    cancel(reason) {
      sink.error(reason);
      release();
    },
  }, { highWaterMark: 1 });
  const writable = new WritableStream({
    start(controller) {
      sink = controller;
    },
    write(chunk) {
      let bytes;
      try {
        // A copy: enqueueing takes the buffer away from whoever wrote it.
        bytes = TypedArrayPrototypeSlice(toBytes(chunk));
        onChunk(bytes);
      } catch (error) {
        refuse(error);
      }
      if (TypedArrayPrototypeGetByteLength(bytes) === 0) return undefined;
      return new Promise((resolve) => {
        taken = resolve;
        // With room for one byte, `pull` is called exactly when the queue has been emptied.
        source.enqueue(bytes);
      });
    },
    close() {
      try {
        onClose();
      } catch (error) {
        refuse(error);
      }
      source.close();
      source.byobRequest?.respond(0);
    },
    abort(reason) {
      source.error(reason);
      release();
    },
  }, { highWaterMark: 1 });
  return { readable, writable };
}

function install(transform, { readable, writable }) {
  ObjectDefineProperties(transform, {
    readable: { __proto__: null, value: readable, configurable: true },
    writable: { __proto__: null, value: writable, configurable: true },
  });
}

/** A byte pass-through. */
class IdentityTransformStream extends TransformStream {
  constructor() {
    super();
    install(this, passThrough(() => {}, () => {}));
  }
}

/** A byte pass-through of a promised length, which becomes the body's content-length. */
class FixedLengthStream extends TransformStream {
  constructor(expectedLength) {
    super();
    const expected = Number(expectedLength);
    if (!(expected >= 0 && expected <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    let seen = 0;
    const ends = passThrough(
      (bytes) => {
        seen += TypedArrayPrototypeGetByteLength(bytes);
        if (seen > expected) throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
      },
      () => {
        if (seen < expected) throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
      },
    );
    install(this, ends);
    WeakMapPrototypeSet(knownLengths, ends.readable, expected);
  }
}

ObjectDefineProperty(ReadableStreamBYOBReader.prototype, "readAtLeast", {
  __proto__: null,
  value: function readAtLeast(minBytes, view) {
    return this.read(view, { min: minBytes });
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

setMakers(readableFromStatic, moveStream);

return {
  bodyLength,
  FixedLengthStream,
  IdentityTransformStream,
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
