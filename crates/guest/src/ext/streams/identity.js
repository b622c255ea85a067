// IdentityTransformStream and FixedLengthStream: pipes for bytes. A write is done when somebody has read it.
(function () {
const { core, primordials } = __bootstrap;
const { MathMin, Number, NumberMAX_SAFE_INTEGER, TypeError } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const { toUnsigned, TransformStream } = streams;
const { _brand, _readable, _writable } = streams.slots;

/** @param {unknown} value @returns {number} it as an unsigned integer, whether or not it is a BigInt */
function unsigned(value) {
  return toUnsigned(typeof value === "bigint" ? Number(value) : value);
}

/** @param {unknown} strategy @returns {number | undefined} */
function highWaterMarkOf(strategy, name, position) {
  if (strategy === undefined || strategy === null) return undefined;
  if (typeof strategy !== "object" && typeof strategy !== "function") {
    throw new TypeError(
      `Failed to construct '${name}': constructor parameter ${position} is not of type 'QueuingStrategy'.`,
    );
  }
  const { highWaterMark } = strategy;
  return highWaterMark === undefined ? undefined : unsigned(highWaterMark);
}

/** Gives `transform` both ends of a pipe. */
function install(transform, limit, highWaterMark) {
  const pipe = new internal.Pipe(limit);
  transform[_readable] = internal.createReadable(pipe);
  transform[_writable] = internal.createWritable(pipe, { __proto__: null, highWaterMark });
}

/** A byte pass-through. */
class IdentityTransformStream extends TransformStream {
  constructor(queuingStrategy = undefined) {
    io.required();
    const highWaterMark = highWaterMarkOf(queuingStrategy, "IdentityTransformStream", 1);
    super(_brand);
    install(this, undefined, highWaterMark);
  }
}
webidl.configureInterface(IdentityTransformStream);

/** A byte pass-through of a promised length, which becomes the body's content-length. */
class FixedLengthStream extends TransformStream {
  constructor(expectedLength = undefined, queuingStrategy = undefined) {
    if (expectedLength === undefined) {
      throw new TypeError("Failed to construct 'FixedLengthStream': constructor parameter 1 is not of type 'bigint'.");
    }
    const expected = unsigned(expectedLength);
    const highWaterMark = highWaterMarkOf(queuingStrategy, "FixedLengthStream", 2);
    if (expected > NumberMAX_SAFE_INTEGER) {
      throw new TypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    io.required();
    super(_brand);
    install(this, expected, highWaterMark === undefined ? undefined : MathMin(expected, highWaterMark));
  }
}
webidl.configureInterface(FixedLengthStream);

return { FixedLengthStream, IdentityTransformStream };
})();
