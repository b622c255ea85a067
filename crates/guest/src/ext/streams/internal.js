// The platform's own byte streams: what production calls internal streams.
//
// They are instances of the standard's classes with controllers of their own. A readable one reads from a source,
// which knows two ways of reading; a writable one writes to a sink. Only bytes go through, one read may be pending
// at a time, a buffer can always be brought along, and nothing is queued but writes that wait. Source of all texts
// and of the order in which things happen: workerd's internal streams.
//
// What a source is stands in `sources.js`.
// A sink has `write(bytes)`, `end()` and `abort(reason)`; the first two may return promises.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferPrototypeTransferToFixedLength,
  ArrayPrototypePush,
  ArrayPrototypeShift,
  BigInt,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  Error,
  ErrorPrototype,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  String,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypeError,
  Uint8Array,
} = primordials;
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const { add: addAbort, remove: removeAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { copyOf, isPromise, viewOf } = core.loadExtScript("ext:lopata/streams/chunks.js");
const { BytesSource, ChunkSource, NOTHING, PullSource, teeSource } = core.loadExtScript("ext:lopata/streams/sources.js");
const { Pipe } = core.loadExtScript("ext:lopata/streams/rendezvous.js");
const {
  acquireReadableStreamDefaultReader,
  Deferred,
  initializeReadableStream,
  initializeWritableStream,
  ReadableStream,
  readableStreamCancel,
  readableStreamClose,
  readableStreamDefaultReaderRead,
  readableStreamDefaultReaderRelease,
  readableStreamError,
  setPromiseIsHandledToTrue,
  WritableStream,
} = streams;
const {
  _brand,
  _cancelSteps,
  _closedPromise,
  _controller,
  _disturbed,
  _internal,
  _isClosedPromise,
  _pendingPullIntos,
  _pullSteps,
  _reader,
  _readyPromise,
  _releaseSteps,
  _state,
  _storedError,
  _stream,
  _writer,
} = streams.slots;

/** Bytes that a read without a buffer gets at most. */
const READ_BYTES_MAX = 4096;

const LOCKED_TEXT = "This ReadableStream is currently locked to a reader.";
const PENDING_TEXT = "This ReadableStream only supports a single pending read request at a time.";
const CLOSING_TEXT = (kind) => `This ${kind} belongs to an object that is closing.`;
const CLOSED_TEXT = "This WritableStream has been closed.";
const PIPED_TEXT = "This WritableStream is currently being piped to.";

/** In the place of a reader or writer: the stream is locked to nobody that a script could see. */
const NOBODY = { __proto__: null };
/** The standard's readers look here before they take a shortcut that is not for internal streams. */
const NO_SHORTCUT = { __proto__: null, size: 0 };

/** Set by whoever knows owners: throws if the current event may not use what belongs to `owner`. */
let ownerCheck = null;

/** @param {(owner: object | undefined, kind: string) => void} check */
function setOwnerCheck(check) {
  ownerCheck = check;
}

/** @returns {object | undefined} the event that what is made now belongs to */
function currentOwner() {
  return core.getAsyncContext()?.io;
}

/** What the other end of a stream is told when this one was given `reason`: an error, whatever it is. */
function asError(reason) {
  if (typeof reason === "object" && reason !== null) {
    if (ObjectPrototypeIsPrototypeOf(ErrorPrototype, reason)) return reason;
    const { constructor } = reason;
    return new Error(`#<${typeof constructor === "function" ? constructor.name : "Object"}>`);
  }
  return new Error(String(reason));
}

/** @param {ReadableStream} stream @returns {ReadableController | undefined} */
function readableController(stream) {
  const controller = stream[_controller];
  return controller?.[_internal] === true ? controller : undefined;
}

// -- Reading -----------------------------------------------------------------------------------------------

class ReadableController {
  /** @param {ReadableStream} stream @param {object} source */
  constructor(stream, source) {
    this[_internal] = true;
    this[_pendingPullIntos] = NO_SHORTCUT;
    this.stream = stream;
    this.source = source;
    /** The read that waits: `{ request }`, with its buffer if it brought one. */
    this.pending = null;
    this.owner = currentOwner();
    /** True while the object that the stream is a part of closes. */
    this.closing = false;
    /** Called once the end was read. */
    this.onEof = null;
  }

  /** Throws unless the stream may be used here and now. */
  check() {
    if (ownerCheck !== null) ownerCheck(this.owner, "ReadableStreamSource");
    if (this.closing) throw new TypeError(CLOSING_TEXT("ReadableStream"));
  }

  /** A read without a buffer. */
  [_pullSteps](request) {
    const pending = this.begin(request);
    if (pending === undefined) return;
    const { source } = this;
    try {
      // Also what is there is given a turn later: until then the read is pending.
      const chunk = source.take(source.readMax ?? READ_BYTES_MAX);
      PromisePrototypeThen(
        isPromise(chunk) ? chunk : PromiseResolve(chunk),
        (got) => this.taken(pending, got),
        (error) => this.failed(pending, error),
      );
    } catch (error) {
      this.failed(pending, error);
    }
  }

  /** A read into a buffer of the reader's, of at least `min` elements. */
  pullInto(view, min, request) {
    const isDataView = TypedArrayPrototypeGetSymbolToStringTag(view) === undefined;
    const offset = isDataView ? DataViewPrototypeGetByteOffset(view) : TypedArrayPrototypeGetByteOffset(view);
    const length = isDataView ? DataViewPrototypeGetByteLength(view) : TypedArrayPrototypeGetByteLength(view);
    let buffer = isDataView ? DataViewPrototypeGetBuffer(view) : TypedArrayPrototypeGetBuffer(view);
    const elementSize = isDataView ? 1 : view.BYTES_PER_ELEMENT;
    if (request.keepBuffer !== true) {
      try {
        buffer = ArrayBufferPrototypeTransferToFixedLength(buffer);
      } catch {
        request.errorSteps(new TypeError("Unable to use non-detachable ArrayBuffer"));
        return;
      }
    }
    if (this.stream[_state] === "closed") {
      request.closeSteps(endView(buffer));
      return;
    }
    const pending = this.begin(request);
    if (pending === undefined) return;
    pending.buffer = buffer;
    pending.offset = offset;
    try {
      const amount = this.source.fill(new Uint8Array(buffer, offset, length), min * elementSize);
      PromisePrototypeThen(
        isPromise(amount) ? amount : PromiseResolve(amount),
        (got) => this.filled(pending, got),
        (error) => this.failed(pending, error),
      );
    } catch (error) {
      this.failed(pending, error);
    }
  }

  begin(request) {
    try {
      this.check();
    } catch (error) {
      request.errorSteps(error);
      return undefined;
    }
    if (this.pending !== null) {
      request.errorSteps(new TypeError(PENDING_TEXT));
      return undefined;
    }
    return this.pending = { request, buffer: undefined, offset: 0 };
  }

  taken(pending, chunk) {
    if (this.pending !== pending) return;
    this.pending = null;
    if (chunk !== null) {
      pending.request.chunkSteps(chunk);
    } else {
      this.ended();
      pending.request.closeSteps();
    }
  }

  filled(pending, amount) {
    if (this.pending !== pending) return;
    this.pending = null;
    if (amount > 0) {
      pending.request.chunkSteps(new Uint8Array(pending.buffer, pending.offset, amount));
    } else {
      this.ended();
      pending.request.closeSteps(endView(pending.buffer));
    }
  }

  failed(pending, error) {
    if (this.pending !== pending) return;
    this.pending = null;
    this.fail(error);
    pending.request.errorSteps(error);
  }

  ended() {
    if (this.stream[_state] === "readable") this.close();
    const { onEof } = this;
    this.onEof = null;
    if (onEof !== null) onEof();
  }

  /** No more is to be read. */
  close() {
    if (this.stream[_reader] === NOBODY) {
      this.stream[_state] = "closed";
      this.stream[_isClosedPromise].resolve(undefined);
    } else if (this.stream[_state] === "readable") {
      readableStreamClose(this.stream);
    }
  }

  fail(error) {
    if (this.stream[_state] !== "readable") return;
    if (this.stream[_reader] === NOBODY) {
      this.stream[_state] = "errored";
      this.stream[_storedError] = error;
    } else {
      readableStreamError(this.stream, error);
    }
  }

  /** The source has failed while nobody asked. */
  error(error) {
    const { pending } = this;
    this.pending = null;
    this.fail(error);
    pending?.request.errorSteps(error);
  }

  /** The stream is closed already when this is called. */
  [_cancelSteps](reason) {
    const error = reason === undefined ? new Error("Stream was cancelled.") : asError(reason);
    const { pending } = this;
    this.pending = null;
    pending?.request.errorSteps(error);
    this.source.cancel(error);
    return PromiseResolve(undefined);
  }

  [_releaseSteps]() {}

  checkRelease() {
    if (this.pending !== null) {
      throw new TypeError("Cannot call releaseLock() on a reader with outstanding read promises.");
    }
  }

  /** @returns {number | undefined} how many bytes are to come, when that is known */
  get length() {
    switch (this.stream[_state]) {
      case "closed":
        return 0;
      case "errored":
        return undefined;
      default:
        return this.source.length;
    }
  }

  /** Locks the stream for good and leaves it as if it had been read. @returns {object} the source */
  takeSource() {
    const { stream } = this;
    stream[_disturbed] = true;
    this.close();
    stream[_reader] = NOBODY;
    return this.source;
  }

  /** @returns {[ReadableStream, ReadableStream]} */
  tee() {
    const { stream } = this;
    if (stream[_reader] !== undefined) throw new TypeError(LOCKED_TEXT);
    this.check();
    const state = stream[_state];
    if (state !== "readable") {
      stream[_reader] = NOBODY;
      stream[_disturbed] = true;
      const error = stream[_storedError];
      return [state === "closed" ? closed() : errored(error), state === "closed" ? closed() : errored(error)];
    }
    const source = this.takeSource();
    const branches = source.tee?.() ?? teeSource(source);
    return [createReadable(branches[0]), createReadable(branches[1])];
  }

  /** Reads all there is. @returns {Promise<Uint8Array>} */
  async collect() {
    const { stream } = this;
    if (stream[_reader] !== undefined) throw new TypeError(LOCKED_TEXT);
    this.check();
    if (stream[_state] === "errored") throw stream[_storedError];
    if (stream[_state] === "closed") return new Uint8Array(0);
    const source = this.takeSource();
    const whole = source.whole?.();
    if (whole !== undefined) return TypedArrayPrototypeSlice(whole);
    let first;
    let chunks;
    let length = 0;
    for (;;) {
      let chunk = source.take(Infinity);
      if (isPromise(chunk)) chunk = await chunk;
      if (chunk === null) break;
      length += TypedArrayPrototypeGetByteLength(chunk);
      if (first === undefined) {
        first = chunk;
      } else {
        ArrayPrototypePush(chunks ??= [first], chunk);
      }
    }
    if (chunks === undefined) return first ?? new Uint8Array(0);
    const all = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < chunks.length; i++) {
      TypedArrayPrototypeSet(all, chunks[i], at);
      at += TypedArrayPrototypeGetByteLength(chunks[i]);
    }
    return all;
  }
}

/** What a read into `buffer` gets at the end. */
function endView(buffer) {
  return compat.has("internal_stream_byob_return_view") ? new Uint8Array(buffer, 0, 0) : undefined;
}

/**
 * @param {object} source
 * @returns {ReadableStream}
 */
function createReadable(source) {
  const stream = new ReadableStream(_brand);
  initializeReadableStream(stream);
  stream[_controller] = new ReadableController(stream, source);
  return stream;
}

function closed() {
  const stream = createReadable(NOTHING);
  stream[_controller].close();
  return stream;
}

function errored(error) {
  const stream = createReadable(NOTHING);
  stream[_controller].fail(error);
  return stream;
}

// -- Writing -----------------------------------------------------------------------------------------------

/** What waits to be written, in the order of its coming. */
const WRITE = 0;
const CLOSE = 1;
const FLUSH = 2;
const PIPE = 3;

class WritableController {
  /**
   * @param {WritableStream} stream
   * @param {object} sink
   * @param {{ highWaterMark?: number, closeAfter?: Promise<unknown> }} options
   */
  constructor(stream, sink, { highWaterMark, closeAfter } = { __proto__: null }) {
    this[_internal] = true;
    this.stream = stream;
    this.sink = sink;
    this.highWaterMark = highWaterMark;
    /** What a close waits for; undefined for most. */
    this.closeAfter = closeAfter;
    this.closingLater = undefined;
    this.buffered = 0;
    this.queue = [];
    this.pendingAbort = null;
    /** The writer that the end has cut off. The stream stays locked to it. */
    this.cutOff = null;
    this.owner = currentOwner();
    this.closing = false;
  }

  check() {
    if (ownerCheck !== null) ownerCheck(this.owner, "WritableStreamSink");
    if (this.closing) throw new TypeError(CLOSING_TEXT("WritableStream"));
  }

  get back() {
    const { queue } = this;
    return queue.length === 0 ? undefined : queue[queue.length - 1].kind;
  }

  isClosedOrClosing() {
    const { back } = this;
    return this.stream[_state] === "closed" || back === CLOSE || back === FLUSH;
  }

  isPiping() {
    return this.stream[_state] === "writable" && this.back === PIPE;
  }

  /** `writer` has the stream now. */
  lock(writer) {
    const ready = writer[_readyPromise] = new Deferred();
    const closedPromise = writer[_closedPromise] = new Deferred();
    setPromiseIsHandledToTrue(ready.promise);
    setPromiseIsHandledToTrue(closedPromise.promise);
    const { stream } = this;
    switch (stream[_state]) {
      case "closed":
        closedPromise.resolve(undefined);
        ready.resolve(undefined);
        break;
      case "errored":
        closedPromise.reject(stream[_storedError]);
        ready.reject(stream[_storedError]);
        break;
      default:
        ready.resolve(undefined);
    }
  }

  release(writer) {
    if (writer === this.cutOff) return;
    const error = new TypeError("This WritableStream writer has been released.");
    writer[_closedPromise].reject(error);
    this.stream[_writer] = undefined;
    writer[_stream] = undefined;
  }

  desiredSize(writer) {
    if (writer === this.cutOff || this.stream[_state] === "closed") return 0;
    if (this.stream[_state] === "errored") return null;
    return this.highWaterMark === undefined ? 1 : this.highWaterMark - this.buffered;
  }

  adjust(bytes) {
    this.buffered += bytes;
    if (this.highWaterMark === undefined) return;
    const writer = this.stream[_writer];
    if (writer === undefined || writer === NOBODY || writer === this.cutOff) return;
    if (this.highWaterMark - this.buffered <= 0) {
      const ready = writer[_readyPromise] = new Deferred();
      setPromiseIsHandledToTrue(ready.promise);
    } else {
      writer[_readyPromise].resolve(undefined);
    }
  }

  /** @returns {Promise<void>} */
  write(writer, chunk) {
    if (writer !== undefined && writer === this.cutOff) return PromiseReject(new TypeError(CLOSED_TEXT));
    try {
      this.check();
    } catch (error) {
      return PromiseReject(error);
    }
    if (this.isClosedOrClosing()) return PromiseReject(new TypeError(CLOSED_TEXT));
    if (this.isPiping()) return PromiseReject(new TypeError(PIPED_TEXT));
    if (this.stream[_state] === "errored") return PromiseReject(this.stream[_storedError]);
    if (chunk === undefined) return PromiseResolve(undefined);
    const bytes = copyOf(chunk);
    if (bytes === undefined) {
      return PromiseReject(
        new TypeError(
          "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.",
        ),
      );
    }
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length === 0) return PromiseResolve(undefined);
    this.adjust(length);
    return this.push({ kind: WRITE, bytes, length });
  }

  /** @returns {Promise<void>} */
  close(writer) {
    if (writer !== undefined && writer === this.cutOff) return PromiseReject(new TypeError(CLOSED_TEXT));
    const { closeAfter } = this;
    if (closeAfter === undefined) return this.closeNow();
    return this.closingLater ??= PromisePrototypeThen(closeAfter, () => this.closeNow(), () => {});
  }

  closeNow() {
    if (ownerCheck !== null) {
      try {
        ownerCheck(this.owner, "WritableStreamSink");
      } catch (error) {
        return PromiseReject(error);
      }
    }
    if (this.isClosedOrClosing()) return PromiseResolve(undefined);
    if (this.isPiping()) return PromiseReject(new TypeError(PIPED_TEXT));
    if (this.stream[_state] === "errored") return PromiseReject(this.stream[_storedError]);
    return this.push({ kind: CLOSE });
  }

  /** Resolves once everything that was written before it is written. @returns {Promise<void>} */
  flush() {
    if (this.isClosedOrClosing()) return PromiseReject(new TypeError(CLOSED_TEXT));
    if (this.isPiping()) return PromiseReject(new TypeError(PIPED_TEXT));
    if (this.stream[_state] === "errored") return PromiseReject(this.stream[_storedError]);
    return this.push({ kind: FLUSH });
  }

  /** @returns {Promise<void>} */
  abort(writer, reason) {
    if (writer !== undefined && writer === this.cutOff) return PromiseResolve(undefined);
    return this.abortWith(reason, false);
  }

  /** @param {boolean} reject whether the promise says what the reason was */
  abortWith(reason, reject) {
    if (this.pendingAbort !== null) {
      this.pendingAbort.reject = reject;
      return this.pendingAbort.deferred.promise;
    }
    if (this.stream[_state] === "writable") {
      const atOnce = compat.has("internal_writable_stream_abort_clears_queue");
      if (!atOnce && this.queue.length > 0) {
        const deferred = new Deferred();
        this.pendingAbort = { reason, reject, deferred };
        return deferred.promise;
      }
      this.sink.abort(asError(reason));
      this.drain(reason);
    }
    return reject ? PromiseReject(reason) : PromiseResolve(undefined);
  }

  push(event) {
    const deferred = new Deferred();
    event.deferred = deferred;
    ArrayPrototypePush(this.queue, event);
    if (this.queue.length === 1) this.step();
    return deferred.promise;
  }

  /** Does what is first in the queue, unless that is under way. */
  step() {
    const { queue } = this;
    while (queue === this.queue && queue.length > 0) {
      const event = queue[0];
      switch (event.kind) {
        case WRITE:
          this.run(event, () => this.sink.write(event.bytes), this.written, this.notWritten);
          return;
        case CLOSE:
          this.run(event, () => this.sink.end(), this.closed, this.notClosed);
          return;
        case PIPE:
          this.pipe(event);
          return;
        default:
          ArrayPrototypeShift(queue);
          event.deferred.resolve(undefined);
      }
    }
  }

  run(event, act, done, failed) {
    let result;
    try {
      result = act();
    } catch (error) {
      result = PromiseReject(error);
    }
    PromisePrototypeThen(
      result === undefined ? PromiseResolve(undefined) : result,
      () => {
        // Cleared meanwhile.
        if (this.queue[0] === event) done.call(this, event);
      },
      (error) => {
        if (this.queue[0] === event) failed.call(this, event, error);
      },
    );
  }

  written(event) {
    event.deferred.resolve(undefined);
    this.adjust(-event.length);
    ArrayPrototypeShift(this.queue);
    this.abortIfPending();
    this.step();
  }

  notWritten(event, error) {
    this.adjust(-event.length);
    event.deferred.reject(error);
    ArrayPrototypeShift(this.queue);
    if (this.abortIfPending()) return;
    this.sink.abort(asError(error));
    this.drain(error);
  }

  abortIfPending() {
    const { pendingAbort } = this;
    if (pendingAbort === null) return false;
    this.pendingAbort = null;
    this.sink.abort(asError(pendingAbort.reason));
    this.drain(pendingAbort.reason);
    settle(pendingAbort);
    return true;
  }

  closed(event) {
    event.deferred.resolve(undefined);
    ArrayPrototypeShift(this.queue);
    if (this.pendingAbort !== null) settle(this.pendingAbort);
    this.finish();
  }

  notClosed(event, error) {
    event.deferred.reject(error);
    ArrayPrototypeShift(this.queue);
    this.pendingAbort?.deferred.reject(error);
    this.fail(error);
  }

  /** The stream is closed. */
  finish() {
    const { stream } = this;
    if (stream[_state] !== "writable") return;
    stream[_state] = "closed";
    stream[_isClosedPromise].resolve(undefined);
    const writer = stream[_writer];
    if (writer === NOBODY) {
      stream[_writer] = undefined;
    } else if (writer !== undefined) {
      writer[_closedPromise].resolve(undefined);
      writer[_readyPromise].resolve(undefined);
      this.cutOff = writer;
    }
    this.pendingAbort = null;
  }

  fail(reason) {
    const { stream } = this;
    if (stream[_state] !== "writable") return;
    stream[_state] = "errored";
    stream[_storedError] = reason;
    setPromiseIsHandledToTrue(stream[_isClosedPromise].promise);
    stream[_isClosedPromise].reject(reason);
    const writer = stream[_writer];
    if (writer === NOBODY) {
      stream[_writer] = undefined;
    } else if (writer !== undefined) {
      writer[_closedPromise].reject(reason);
      writer[_readyPromise].resolve(undefined);
      this.cutOff = writer;
    }
    this.pendingAbort = null;
  }

  /** Fails the stream and all that waits. */
  drain(reason) {
    this.fail(reason);
    const { queue } = this;
    this.queue = [];
    for (let i = 0; i < queue.length; i++) {
      const event = queue[i];
      if (event.kind === PIPE) {
        letGo(event, event.preventCancel ? undefined : { reason });
        forget(event);
      }
      event.deferred.reject(reason);
    }
  }

  // -- Pipes -----------------------------------------------------------------------------------------------

  /** @returns {Promise<void>} */
  pipeFrom(source, preventClose, preventAbort, preventCancel, signal) {
    try {
      this.check();
    } catch (error) {
      return PromiseReject(error);
    }
    if (this.isPiping()) return PromiseReject(new TypeError(PIPED_TEXT));
    if (signal !== undefined && signal.aborted) return PromiseReject(signal.reason);
    const { stream } = this;
    const reader = acquireReadableStreamDefaultReader(source);
    source[_disturbed] = true;
    stream[_writer] = NOBODY;
    const event = {
      kind: PIPE,
      source,
      reader,
      signal,
      onAbort: undefined,
      preventClose,
      preventAbort,
      preventCancel,
      deferred: undefined,
    };
    if (source[_state] === "errored") {
      const error = source[_storedError];
      letGo(event);
      if (!preventAbort && stream[_state] === "writable") return this.abortWith(error, true);
      stream[_writer] = undefined;
      return PromiseReject(error);
    }
    if (stream[_state] === "errored") {
      const error = stream[_storedError];
      stream[_writer] = undefined;
      letGo(event, preventCancel ? undefined : { reason: error });
      return PromiseReject(error);
    }
    if (source[_state] === "closed") {
      letGo(event);
      if (!preventClose && !this.isClosedOrClosing()) return this.closeNow();
      stream[_writer] = undefined;
      return PromiseResolve(undefined);
    }
    if (this.isClosedOrClosing()) {
      const error = new TypeError("This destination writable stream is closed.");
      stream[_writer] = undefined;
      letGo(event, preventCancel ? undefined : { reason: error });
      return PromiseReject(error);
    }
    return this.push(event);
  }

  /** The pipe is first in the queue. */
  pipe(event) {
    const { source, signal } = event;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.pipeAborted(event);
        return;
      }
      event.onAbort = () => this.pipeAborted(event);
      signal[addAbort](event.onAbort);
    }
    const internal = readableController(source);
    if (internal !== undefined && internal.source.isPipe === true && this.sink.isPipe === true) {
      // Queued, so that whoever pipes has the promise by then.
      PromisePrototypeThen(PromiseResolve(undefined), () => {
        this.pipeFailed(event, new TypeError("Inter-TransformStream ReadableStream.pipeTo() is not implemented."));
      });
      return;
    }
    this.pipeOn(event);
  }

  /** One piece, and then the next. */
  pipeOn(event) {
    if (this.queue[0] !== event) return;
    const { source, preventAbort, preventCancel, preventClose } = event;
    if (source[_state] === "errored") {
      const error = source[_storedError];
      letGo(event);
      if (!preventAbort) this.sink.abort(asError(error));
      this.pipeFailed(event, error);
    } else if (this.stream[_state] === "errored") {
      const error = this.stream[_storedError];
      letGo(event, preventCancel ? undefined : { reason: error });
      this.pipeFailed(event, error);
    } else if (source[_state] === "closed") {
      letGo(event);
      this.pipeEnded(event, preventClose);
    } else {
      readableStreamDefaultReaderRead(event.reader, {
        chunkSteps: (chunk) => this.pipeChunk(event, chunk),
        closeSteps: () => {
          if (this.queue[0] !== event) return;
          letGo(event);
          this.pipeEnded(event, preventClose);
        },
        errorSteps: () => this.pipeOn(event),
      });
    }
  }

  pipeChunk(event, chunk) {
    if (this.queue[0] !== event) return;
    const internal = readableController(event.source) !== undefined;
    // What an internal stream gives is nobody else's.
    const bytes = internal ? chunk : copyOf(chunk);
    if (bytes === undefined) {
      this.sink.abort(new TypeError("This WritableStream only supports writing byte types."));
      this.pipeOn(event);
      return;
    }
    if (TypedArrayPrototypeGetByteLength(bytes) === 0) {
      PromisePrototypeThen(PromiseResolve(undefined), () => this.pipeOn(event));
      return;
    }
    this.run(event, () => this.sink.write(bytes), () => this.pipeOn(event), (_, error) => {
      if (internal) {
        this.pipeFailed(event, error);
        return;
      }
      const { preventCancel } = event;
      ArrayPrototypeShift(this.queue);
      forget(event);
      this.fail(error);
      letGo(event, preventCancel ? undefined : { reason: error });
      event.deferred.reject(error);
    });
  }

  pipeEnded(event, preventClose) {
    ArrayPrototypeShift(this.queue);
    forget(event);
    this.stream[_writer] = undefined;
    if (preventClose) {
      event.deferred.resolve(undefined);
      return;
    }
    // A sink that cannot end fails the pipe that was to end it.
    const ended = this.closeNow();
    PromisePrototypeThen(ended, () => event.deferred.resolve(undefined), (error) => event.deferred.reject(error));
  }

  pipeFailed(event, error) {
    if (this.queue[0] !== event) return;
    ArrayPrototypeShift(this.queue);
    forget(event);
    if (event.reader !== null) {
      readableController(event.source)?.error(error);
      letGo(event);
    }
    if (event.preventAbort) {
      this.stream[_writer] = undefined;
    } else if (this.stream[_state] === "writable") {
      this.sink.abort(asError(error));
      this.drain(error);
    }
    if (this.stream[_writer] === NOBODY) this.stream[_writer] = undefined;
    event.deferred.reject(error);
  }

  pipeAborted(event) {
    if (this.queue[0] !== event) return;
    const { reason } = event.signal;
    ArrayPrototypeShift(this.queue);
    forget(event);
    letGo(event, event.preventCancel ? undefined : { reason });
    if (!event.preventAbort && this.stream[_state] === "writable") {
      this.sink.abort(asError(reason));
      this.drain(reason);
    }
    if (this.stream[_writer] === NOBODY) this.stream[_writer] = undefined;
    event.deferred.reject(reason);
  }
}

/** Gives the source of a pipe back, cancelled if there is a reason for that. */
function letGo(event, cancel = undefined) {
  const { reader, source } = event;
  if (reader === null) return;
  event.reader = null;
  if (cancel !== undefined) setPromiseIsHandledToTrue(readableStreamCancel(source, cancel.reason));
  readableStreamDefaultReaderRelease(reader);
}

function forget(event) {
  if (event.onAbort !== undefined) event.signal[removeAbort](event.onAbort);
}

function settle({ reason, reject, deferred }) {
  if (reject) {
    deferred.reject(reason);
  } else {
    deferred.resolve(undefined);
  }
}

/**
 * @param {object} sink
 * @param {{ highWaterMark?: number, closeAfter?: Promise<unknown> }} [options]
 * @returns {WritableStream}
 */
function createWritable(sink, options = undefined) {
  const stream = new WritableStream(_brand);
  initializeWritableStream(stream);
  stream[_controller] = new WritableController(stream, sink, options);
  return stream;
}

/** @param {WritableStream} stream @returns {WritableController | undefined} */
function writableController(stream) {
  const controller = stream[_controller];
  return controller?.[_internal] === true ? controller : undefined;
}

/** @param {number} min as the script gave it @returns {string} as production prints it */
function unsignedText(min) {
  return min < 0 ? `${BigInt(min) + 18446744073709551616n}` : `${min}`;
}

return {
  asError,
  BytesSource,
  ChunkSource,
  createReadable,
  createWritable,
  LOCKED_TEXT,
  Pipe,
  PullSource,
  readableController,
  setOwnerCheck,
  unsignedText,
  viewOf,
  writableController,
};
})();
