// The way of an R2 bucket to its actor on this machine: each request is one op, bodies go beside it.
//
// What is in memory goes at once; a stream goes as one, by its native end when it has one that nobody has touched, so
// that its bytes never pass through here.
(function () {
const { core, primordials } = __bootstrap;
const { JSONParse, JSONStringify, TypeError, Uint8Array, uncurryThis } = primordials;
const { op_r2_ask, op_r2_write, op_r2_write_stream } = core.ops;
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { isReadableStream, isReadableStreamLocked } = core.loadExtScript("ext:deno_web/06_streams.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const errors = core.loadExtScript("ext:lopata/errors/errors.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const blobArrayBuffer = uncurryThis(Blob.prototype.arrayBuffer);

/** R2's own number of an answer that refuses and has metadata all the same. */
const PRECONDITION_FAILED = 10031;

/** How a body that streams is named to the op. */
const PUMPED = 2;
const SPLICED = 3;

const NOTHING = new Uint8Array(0);

/**
 * Asks for something.
 * @returns {Promise<{ code: number, message: string, metadata: object | null, body: ReadableStream | null }>}
 */
async function ask(route, wanted) {
  const context = io.required();
  return answerOf(await op_r2_ask(route.service, JSONStringify(wanted)), context);
}

/** Says something, with a body. */
async function tell(route, wanted, value) {
  const context = io.required();
  const { service } = route;
  const text = JSONStringify(wanted);
  if (isReadableStream(value)) return await tellStream(service, text, value, context);
  let bytes = NOTHING;
  if (typeof value === "string") bytes = core.encode(value);
  else if (value !== null) bytes = bytesOf(value) ?? new Uint8Array(await blobArrayBuffer(value));
  return answerOf(await op_r2_write(service, text, bytes), context);
}

async function tellStream(service, text, stream, context) {
  // Source: production's texts.
  if (isReadableStreamLocked(stream)) throw new TypeError("The ReadableStream has been locked to a reader.");
  const length = body_.streamLength(stream);
  if (length === null || length === undefined) {
    throw new TypeError(
      "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
    );
  }
  const bytes = body_.takeStatic(stream);
  if (bytes !== undefined) return answerOf(await op_r2_write(service, text, bytes), context);
  const native = body_.takeNative(stream);
  if (native !== undefined) {
    return answerOf(await op_r2_write_stream(service, text, SPLICED, native, length), context);
  }
  let failure;
  context.bodyOpened();
  const pumped = body_.openPump(stream, (error, cancelled) => {
    context.bodyClosed();
    if (error !== undefined && !cancelled) failure = { error };
  });
  const outcome = await op_r2_write_stream(service, text, PUMPED, pumped, length);
  // The script's own error rather than a copy of it.
  if (outcome.failure !== undefined && failure !== undefined) throw failure.error;
  return answerOf(outcome, context);
}

function answerOf(outcome, context) {
  if (outcome.failure !== undefined) throw errors.revive(outcome.failure);
  const { 0: code, 1: text, 2: found } = outcome;
  const spoken = code === -1 || code === PRECONDITION_FAILED;
  const metadata = spoken && text !== "" && text[0] === "{" ? JSONParse(text) : null;
  return { code, message: text, metadata, body: found === null ? null : bodyOf(found, metadata, context) };
}

/** @param {Uint8Array | number} found @returns {ReadableStream} */
function bodyOf(found, metadata, context) {
  if (typeof found !== "number") return body_.readableFromStatic(found);
  return body_.innerBodyFromNative(found, metadata.range.length, context).stream;
}

return { ask, tell };
})();
