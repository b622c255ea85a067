// What byte streams read from: bytes in memory, chunks of any size, what a `pull` makes, and both branches of one.
//
// A source has `take(max)`: bytes, null at the end, or a promise of either; `fill(view, min)`: how many bytes it has
// put into `view`, less than `min` only at the end; `cancel(reason)`; and perhaps `length`, `readMax` and `tee()`.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  MathMin,
  Promise,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  TypedArrayPrototypeSubarray,
} = primordials;
const { isPromise } = core.loadExtScript("ext:lopata/streams/chunks.js");

/** The source of streams that are over. */
const NOTHING = { __proto__: null, take: () => null, fill: () => 0, cancel() {}, length: 0 };

/** Bytes that are in memory, as a source. */
class BytesSource {
  /** @param {Uint8Array} bytes which nobody changes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get length() {
    return TypedArrayPrototypeGetByteLength(this.bytes) - this.at;
  }

  take(max) {
    const { at } = this;
    const end = MathMin(at + max, TypedArrayPrototypeGetByteLength(this.bytes));
    if (end === at) return null;
    this.at = end;
    return TypedArrayPrototypeSlice(this.bytes, at, end);
  }

  fill(view) {
    const { at } = this;
    const end = MathMin(at + TypedArrayPrototypeGetByteLength(view), TypedArrayPrototypeGetByteLength(this.bytes));
    if (end > at) TypedArrayPrototypeSet(view, TypedArrayPrototypeSubarray(this.bytes, at, end));
    this.at = end;
    return end - at;
  }

  cancel() {
    this.at = TypedArrayPrototypeGetByteLength(this.bytes);
  }

  /** All that is left, if nothing was read. @returns {Uint8Array | undefined} */
  whole() {
    return this.at === 0 ? this.bytes : undefined;
  }

  tee() {
    const left = this.at === 0 ? this.bytes : TypedArrayPrototypeSubarray(this.bytes, this.at);
    return [new BytesSource(left), new BytesSource(left)];
  }
}

/** Reads from a source whose chunks are of sizes of their own: what is left of one waits for the next read. */
class ChunkSource {
  constructor() {
    this.rest = null;
  }

  /** Overridden. @returns {Uint8Array | null | Promise<Uint8Array | null>} */
  next() {
    return null;
  }

  take(max) {
    if (this.rest !== null) return this.cut(this.rest, max);
    const chunk = this.next();
    return isPromise(chunk) ? PromisePrototypeThen(chunk, (got) => this.cut(got, max)) : this.cut(chunk, max);
  }

  cut(chunk, max) {
    this.rest = null;
    if (chunk === null || TypedArrayPrototypeGetByteLength(chunk) <= max) return chunk;
    this.rest = TypedArrayPrototypeSubarray(chunk, max);
    return TypedArrayPrototypeSubarray(chunk, 0, max);
  }

  fill(view, min) {
    return fillFrom(this, view, min);
  }
}

/** What a standard stream's `pull` and `cancel` would be, as a source: `pull` is called when somebody reads. */
class PullSource extends ChunkSource {
  /** @param {{ pull(controller: object): unknown, cancel(reason: unknown): unknown }} given */
  constructor(given) {
    super();
    this.given = given;
    this.chunks = [];
    this.over = false;
    this.failure = null;
    this.pulling = false;
    /** The read that waits. */
    this.waiting = null;
    this.readMax = Infinity;
    this.controller = {
      __proto__: null,
      enqueue: (chunk) => {
        if (TypedArrayPrototypeGetByteLength(chunk) === 0) return;
        if (!this.answer((waiting) => waiting.resolve(chunk))) ArrayPrototypePush(this.chunks, chunk);
      },
      close: () => {
        this.over = true;
        this.answer((waiting) => waiting.resolve(null));
      },
    };
  }

  next() {
    if (this.chunks.length > 0) return ArrayPrototypeShift(this.chunks);
    if (this.failure !== null) throw this.failure.value;
    if (this.over) return null;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.pull();
    });
  }

  /** Asks for more, unless that is being made. */
  pull() {
    if (this.pulling) return;
    this.pulling = true;
    let result;
    try {
      result = this.given.pull(this.controller);
    } catch (error) {
      result = PromiseReject(error);
    }
    PromisePrototypeThen(
      PromiseResolve(result),
      () => {
        this.pulling = false;
        if (this.waiting !== null) this.pull();
      },
      (error) => {
        this.pulling = false;
        this.failure = { value: error };
        this.answer((waiting) => waiting.reject(error));
      },
    );
  }

  /** Answers whoever waits. @returns {boolean} whether somebody did */
  answer(how) {
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) return false;
    how(waiting);
    return true;
  }

  cancel(reason) {
    this.over = true;
    this.chunks = [];
    this.answer((waiting) => waiting.resolve(null));
    let result;
    try {
      result = this.given.cancel(reason);
    } catch {
      return;
    }
    if (isPromise(result)) PromisePrototypeThen(result, undefined, () => {});
  }

  abandon(reason) {
    this.cancel(reason);
  }
}

/** `fill` by means of `take`. @returns {number | Promise<number>} */
function fillFrom(source, view, min, from = 0) {
  const length = TypedArrayPrototypeGetByteLength(view);
  let at = from;
  while (at < min) {
    const chunk = source.take(length - at);
    if (isPromise(chunk)) {
      const start = at;
      return PromisePrototypeThen(chunk, (got) => {
        if (got === null) return start;
        TypedArrayPrototypeSet(view, got, start);
        const end = start + TypedArrayPrototypeGetByteLength(got);
        return end >= min ? end : fillFrom(source, view, min, end);
      });
    }
    if (chunk === null) break;
    TypedArrayPrototypeSet(view, chunk, at);
    at += TypedArrayPrototypeGetByteLength(chunk);
  }
  return at;
}

/** Both branches of a source that cannot be had twice: what one has read waits for the other. */
function teeSource(source) {
  const shared = { source, branches: [], reading: null, over: false, error: undefined, live: 2 };
  const branches = [new TeeBranch(shared), new TeeBranch(shared)];
  shared.branches = branches;
  return branches;
}

class TeeBranch {
  constructor(shared) {
    this.shared = shared;
    this.readMax = shared.source.readMax;
    /** Chunks that the other branch was first to ask for. */
    this.waiting = [];
    this.buffered = 0;
    this.cancelled = false;
  }

  get length() {
    const { length } = this.shared.source;
    return length === undefined ? undefined : length + this.buffered;
  }

  get isPipe() {
    return this.shared.source.isPipe === true;
  }

  take(max) {
    if (this.waiting.length > 0) return this.first(max);
    const { shared } = this;
    if (shared.error !== undefined) throw shared.error.value;
    if (shared.over) return null;
    shared.reading ??= read(shared, max);
    return PromisePrototypeThen(shared.reading, () => this.take(max));
  }

  first(max) {
    const chunk = this.waiting[0];
    const length = TypedArrayPrototypeGetByteLength(chunk);
    if (length <= max) {
      ArrayPrototypeShift(this.waiting);
      this.buffered -= length;
      return chunk;
    }
    this.waiting[0] = TypedArrayPrototypeSubarray(chunk, max);
    this.buffered -= max;
    return TypedArrayPrototypeSlice(chunk, 0, max);
  }

  fill(view, min) {
    return fillFrom(this, view, min);
  }

  cancel(reason) {
    if (this.cancelled) return;
    this.cancelled = true;
    this.waiting = [];
    if (--this.shared.live === 0) this.shared.source.abandon?.(reason);
  }
}

/** One read for both branches. */
async function read(shared, max) {
  try {
    const chunk = await shared.source.take(max);
    if (chunk === null) {
      shared.over = true;
    } else {
      let used = false;
      for (let i = 0; i < 2; i++) {
        const branch = shared.branches[i];
        if (branch.cancelled) continue;
        ArrayPrototypePush(branch.waiting, used ? TypedArrayPrototypeSlice(chunk) : chunk);
        branch.buffered += TypedArrayPrototypeGetByteLength(chunk);
        used = true;
      }
    }
  } catch (error) {
    shared.error = { value: error };
  }
  shared.reading = null;
}

return { BytesSource, ChunkSource, fillFrom, NOTHING, PullSource, teeSource };
})();
