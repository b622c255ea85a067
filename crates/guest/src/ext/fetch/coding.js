// Bodies that are encoded or decoded while they pass: what one worker sends another as its content-encoding says.
//
// The network is not concerned: its side of a body is encoded and decoded before and after the isolate.
(function () {
const { core, primordials } = __bootstrap;
const { PromisePrototypeThen, TypedArrayPrototypeGetByteLength } = primordials;
const { op_compression_finish, op_compression_new, op_compression_write } = core.ops;
const { ReadableStream, ReadableStreamDefaultReader } = core.loadExtScript("ext:deno_web/06_streams.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");

const { getReader } = ReadableStream.prototype;
const { read } = ReadableStreamDefaultReader.prototype;

/** The codings that the runtime knows, by the values of content-encoding. */
const CODINGS = { __proto__: null, gzip: "gzip", br: "brotli" };

/**
 * @param {string | null} header the value of content-encoding
 * @param {boolean} brotli whether that is known
 * @returns {"gzip" | "brotli" | null} null for what is left alone
 */
function codingOf(header, brotli) {
  const coding = header === null ? null : CODINGS[header] ?? null;
  return coding === "brotli" && !brotli ? null : coding;
}

/** A stream of what `source` becomes. */
function transcoded(source, coding, decodes) {
  const reader = getReader.call(source);
  const rid = op_compression_new(coding, decodes);
  let over = false;
  const finish = (complain) => {
    over = true;
    return op_compression_finish(rid, complain);
  };
  return internal.createReadable(new internal.PullSource({
    __proto__: null,
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await read.call(reader);
          const bytes = done ? finish(true) : op_compression_write(rid, value);
          if (TypedArrayPrototypeGetByteLength(bytes) > 0) controller.enqueue(bytes);
          if (done) {
            controller.close();
            return;
          }
          if (TypedArrayPrototypeGetByteLength(bytes) > 0) return;
        }
      } catch (error) {
        if (!over) finish(false);
        PromisePrototypeThen(reader.cancel(error), undefined, () => {});
        throw error;
      }
    },
    cancel(reason) {
      if (!over) finish(false);
      return reader.cancel(reason);
    },
  }));
}

return {
  codingOf,
  decoded: (source, coding) => transcoded(source, coding, true),
  encoded: (source, coding) => transcoded(source, coding, false),
};
})();
