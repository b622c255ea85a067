// The way of an R2 bucket to a service that answers for it: each request is HTTP, in production's framing.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  JSONParse,
  JSONStringify,
  NumberParseInt,
  PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
  uncurryThis,
} = primordials;
const { asciiJson, exchange } = core.loadExtScript("ext:lopata/service/exchange.js");
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { isReadableStream, ReadableStream, ReadableStreamDefaultReader, acquireReadableStreamDefaultReader } = core
  .loadExtScript("ext:deno_web/06_streams.js");
const { streamLength } = core.loadExtScript("ext:lopata/body/body.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const readerRead = uncurryThis(ReadableStreamDefaultReader.prototype.read);
const readerCancel = uncurryThis(ReadableStreamDefaultReader.prototype.cancel);
const blobArrayBuffer = uncurryThis(Blob.prototype.arrayBuffer);

const URL_OF_BUCKET = "https://fake-host/";
/** Bytes of metadata in front of a body that are taken. Source: workerd. */
const METADATA_BYTES_MAX = 1024 * 1024;

/**
 * Asks for something. The answer has metadata in front of its body.
 * @returns {Promise<{ code: number, message: string, metadata: object | null, body: ReadableStream | null }>}
 */
async function ask(route, wanted) {
  io.required();
  const headers = [["CF-R2-Request", asciiJson(JSONStringify(wanted))]];
  const answer = await exchange(route, "GET", URL_OF_BUCKET, headers, null);
  const failed = failureOf(answer);
  const size = answer.header("cf-r2-metadata-size");
  if (size === null) {
    answer.discard();
    return { ...failed, metadata: null, body: null };
  }
  const length = NumberParseInt(size, 10) || 0;
  if (length > METADATA_BYTES_MAX) {
    answer.discard();
    throw new Error("R2 metadata size seems way too large");
  }
  const { metadata, body } = await divided(answer.stream(), length);
  return { ...failed, metadata: JSONParse(metadata), body };
}

/** Says something, with a body behind the metadata. */
async function tell(route, wanted, value) {
  io.required();
  const metadata = core.encode(JSONStringify(wanted));
  const length = TypedArrayPrototypeGetByteLength(metadata);
  const body = await framed(metadata, value);
  const answer = await exchange(route, "PUT", URL_OF_BUCKET, [["CF-R2-Metadata-Size", `${length}`]], body);
  const failed = failureOf(answer);
  if (failed.code >= 0) {
    answer.discard();
    return { ...failed, metadata: null, body: null };
  }
  const text = await answer.text();
  return { ...failed, metadata: text === "" ? null : JSONParse(text), body: null };
}

/** What an answer says that has failed; the code of any other is -1. */
function failureOf(answer) {
  if (answer.status < 400) return { code: -1, message: "" };
  const header = answer.header("cf-r2-error");
  if (header === null) return { code: 0, message: "Unspecified error" };
  const { v4code, message } = JSONParse(header);
  return { code: v4code ?? 0, message: message ?? "" };
}

/** @param {Uint8Array} metadata @returns {Promise<Uint8Array | ReadableStream>} */
async function framed(metadata, value) {
  if (value === null) return metadata;
  if (isReadableStream(value)) {
    const length = streamLength(value);
    if (length === null || length === undefined) {
      throw new TypeError(
        "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
      );
    }
    return joined(metadata, value, length);
  }
  let bytes;
  if (typeof value === "string") bytes = core.encode(value);
  else bytes = bytesOf(value) ?? new Uint8Array(await blobArrayBuffer(value));
  const length = TypedArrayPrototypeGetByteLength(metadata);
  const whole = new Uint8Array(length + TypedArrayPrototypeGetByteLength(bytes));
  TypedArrayPrototypeSet(whole, metadata, 0);
  TypedArrayPrototypeSet(whole, bytes, length);
  return whole;
}

/** The metadata and then the stream, as one stream of a known length. */
function joined(metadata, stream, length) {
  const { FixedLengthStream } = core.loadExtScript("ext:lopata/streams/identity.js");
  const { readable, writable } = new FixedLengthStream(TypedArrayPrototypeGetByteLength(metadata) + length);
  const writer = writable.getWriter();
  (async () => {
    const reader = acquireReadableStreamDefaultReader(stream);
    try {
      await writer.write(metadata);
      for (;;) {
        const { done, value } = await readerRead(reader);
        if (done) break;
        await writer.write(value);
      }
      await writer.close();
    } catch (error) {
      PromisePrototypeThen(writer.abort(error), undefined, () => {});
      PromisePrototypeThen(readerCancel(reader, error), undefined, () => {});
    }
  })();
  return readable;
}

/** The text in front of a stream, and what follows it. */
async function divided(stream, length) {
  const reader = stream === null ? null : acquireReadableStreamDefaultReader(stream);
  const metadata = new Uint8Array(length);
  let filled = 0;
  let rest = null;
  while (reader !== null && filled < length) {
    const { done, value } = await readerRead(reader);
    if (done) break;
    const size = TypedArrayPrototypeGetByteLength(value);
    const taken = size < length - filled ? size : length - filled;
    TypedArrayPrototypeSet(metadata, TypedArrayPrototypeSubarray(value, 0, taken), filled);
    filled += taken;
    if (taken < size) rest = TypedArrayPrototypeSubarray(value, taken);
  }
  if (filled < length) throw new Error("R2 metadata buffer not read fully/overflow?");
  return { metadata: core.decode(metadata, false), body: reader === null ? null : remainder(reader, rest) };
}

/** What is left of a stream. */
function remainder(reader, rest) {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (rest !== null) {
        const chunk = rest;
        rest = null;
        controller.enqueue(new Uint8Array(chunk));
        return;
      }
      const { done, value } = await readerRead(reader);
      if (done) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else {
        controller.enqueue(new Uint8Array(value));
      }
    },
    cancel(reason) {
      return readerCancel(reader, reason);
    },
  });
}

return { ask, tell };
})();
