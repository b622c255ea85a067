// A pipe without a buffer, source and sink of a byte stream at once: behind `IdentityTransformStream`,
// `FixedLengthStream` and whatever else hands bytes from a writer to a reader.
(function () {
const { core, primordials } = __bootstrap;
const {
  MathMin,
  Promise,
  PromisePrototypeThen,
  PromiseResolve,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSlice,
  TypeError,
} = primordials;
const { fillFrom } = core.loadExtScript("ext:lopata/streams/sources.js");

/** What the reading end is told of when it ends. */
const END = null;

/** A pipe without a buffer: a write is done when its bytes are read. It is source and sink at once. */
class Pipe {
  /** @param {number} [limit] how many bytes are to go through, exactly */
  constructor(limit = undefined) {
    this.isPipe = true;
    this.limit = limit;
    /** The read that waits: `{ max, resolve, reject }`. */
    this.reading = null;
    /** The write that waits: `{ bytes, at, resolve, reject }`. */
    this.writing = null;
    this.isClosed = false;
    this.failure = null;
  }

  get length() {
    return this.limit;
  }

  take(max) {
    const chunk = this.takeAny(max);
    if (this.limit === undefined) return chunk;
    return PromisePrototypeThen(PromiseResolve(chunk), (got) => this.count(got));
  }

  takeAny(max) {
    if (this.failure !== null) throw this.failure.value;
    if (this.isClosed) return END;
    const { writing } = this;
    if (writing === null) {
      return new Promise((resolve, reject) => {
        this.reading = { max, resolve, reject };
      });
    }
    const length = TypedArrayPrototypeGetByteLength(writing.bytes);
    const end = MathMin(writing.at + max, length);
    const chunk = piece(writing.bytes, writing.at, end);
    writing.at = end;
    if (end < length) return chunk;
    this.writing = null;
    writing.resolve(undefined);
    // The writer is told first.
    return later(chunk);
  }

  /** Fails what is more or less than was promised. */
  count(chunk) {
    const amount = chunk === END ? 0 : TypedArrayPrototypeGetByteLength(chunk);
    let text;
    if (amount > this.limit) {
      text = "Attempt to write too many bytes through a FixedLengthStream.";
    } else if (amount === 0 && this.limit !== 0) {
      text = "FixedLengthStream did not see all expected bytes before close().";
    }
    if (text !== undefined) {
      const error = new TypeError(text);
      this.cancel(error);
      throw error;
    }
    this.limit -= amount;
    return chunk;
  }

  fill(view, min) {
    return fillFrom(this, view, min);
  }

  cancel(reason) {
    if (this.failure !== null || this.isClosed) return;
    this.failure = { value: reason };
    const { reading, writing } = this;
    this.reading = this.writing = null;
    reading?.resolve(END);
    writing?.reject(reason);
  }

  write(bytes) {
    if (this.failure !== null) throw this.failure.value;
    const { reading } = this;
    const length = TypedArrayPrototypeGetByteLength(bytes);
    let at = 0;
    if (reading !== null) {
      this.reading = null;
      at = MathMin(reading.max, length);
      reading.resolve(piece(bytes, 0, at));
      if (at === length) return undefined;
    }
    return new Promise((resolve, reject) => {
      this.writing = { bytes, at, resolve, reject };
    });
  }

  end() {
    if (this.isClosed) return;
    if (this.failure !== null) throw this.failure.value;
    this.isClosed = true;
    const { reading } = this;
    this.reading = null;
    reading?.resolve(END);
  }

  abort(reason) {
    if (this.failure !== null) return;
    this.failure = { value: reason };
    const { reading } = this;
    this.reading = this.writing = null;
    reading?.reject(reason);
  }
}

/** @param {Uint8Array} bytes which are the pipe's own @returns {Uint8Array} without a copy if they are all of them */
function piece(bytes, start, end) {
  return start === 0 && end === TypedArrayPrototypeGetByteLength(bytes)
    ? bytes
    : TypedArrayPrototypeSlice(bytes, start, end);
}

/** `value`, after what was resolved now has been seen by those who wait for it. */
async function later(value) {
  await undefined;
  await undefined;
  return value;
}

return { Pipe };
})();
