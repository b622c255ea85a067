// R2 buckets: what `env.BUCKET` is in a worker.
//
// A bucket asks through a transport, which carries one request (JSON, and a body for what is written) and brings one
// answer; here that is a service which gets each request as HTTP, in production's framing.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypePush,
  Error,
  JSONParse,
  JSONStringify,
  MathTrunc,
  Number,
  NumberIsFinite,
  NumberParseInt,
  ObjectDefineProperty,
  PromisePrototypeThen,
  SafeArrayIterator,
  SymbolToStringTag,
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
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { streamLength } = core.loadExtScript("ext:lopata/body/body.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const objects = core.loadExtScript("ext:lopata/r2/objects.js");
const request = core.loadExtScript("ext:lopata/r2/request.js");

const readerRead = uncurryThis(ReadableStreamDefaultReader.prototype.read);
const readerCancel = uncurryThis(ReadableStreamDefaultReader.prototype.cancel);
const streamCancel = uncurryThis(ReadableStream.prototype.cancel);
const blobArrayBuffer = uncurryThis(Blob.prototype.arrayBuffer);

const URL_OF_BUCKET = "https://fake-host/";
/** Of the requests. */
const VERSION = 1;
/** Bytes of metadata in front of a body that are taken. Source: workerd. */
const METADATA_BYTES_MAX = 1024 * 1024;
const PARTS_MAX = 10_000;

/** R2's own numbers of what is no error to a script. */
const NOT_FOUND = 10007;
const PRECONDITION_FAILED = 10031;

const VALUE_TYPE = "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob";

/** Given to constructors by this script only. */
const construct = {};

class R2Bucket {
  /** The way to the service that has the objects. */
  #route;

  constructor(token, route) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#route = route;
  }

  static route(bucket) {
    return typeof bucket === "object" && bucket !== null && #route in bucket ? bucket.#route : null;
  }

  /** @param {string} key */
  async head(key) {
    const route = routeOf(this);
    need(arguments.length >= 1, "head", 1, "string");
    const answer = await ask(route, { version: VERSION, method: "head", object: `${key}` });
    return objectOf("head", answer);
  }

  /** @param {string} key @param {object} [options] */
  async get(key, options) {
    const route = routeOf(this);
    need(arguments.length >= 1, "get", 1, "string");
    const wanted = { version: VERSION, method: "get", object: `${key}` };
    if (isGiven(options, "get", 2, "GetOptions")) {
      // The order is the schema's, in which production writes them.
      const conditions = {};
      request.addOnlyIf(conditions, options, "GetOptions");
      const ranges = {};
      request.addRange(ranges, options);
      if (ranges.range !== undefined) wanted.range = ranges.range;
      if (conditions.onlyIf !== undefined) wanted.onlyIf = conditions.onlyIf;
      if (ranges.rangeHeader !== undefined) wanted.rangeHeader = ranges.rangeHeader;
      request.addSsec(wanted, options);
    }
    const answer = await ask(route, wanted);
    if (answer.code === PRECONDITION_FAILED) {
      cancel(answer.body);
      return objects.head(metadataOf(answer));
    }
    if (answer.code === NOT_FOUND) return null;
    refuse("get", answer);
    return objects.got(metadataOf(answer), answer.body);
  }

  /** @param {string} key @param {unknown} value @param {object} [options] */
  async put(key, value, options) {
    const route = routeOf(this);
    need(arguments.length >= 1, "put", 1, "string");
    need(arguments.length >= 2 && (value === null || isValue(value)), "put", 2, VALUE_TYPE);
    const wanted = { version: VERSION, method: "put", object: `${key}` };
    let sent = { httpMetadata: {}, customMetadata: {} };
    try {
      if (isGiven(options, "put", 3, "PutOptions")) sent = putOptions(wanted, options);
    } catch (error) {
      if (isReadableStream(value)) {
        const text = "Stream cancelled because the associated put operation encountered an error.";
        PromisePrototypeThen(streamCancel(value, new Error(text)), undefined, () => {});
      }
      throw error;
    }
    const answer = await tell(route, wanted, value);
    if (answer.code === PRECONDITION_FAILED || answer.code === NOT_FOUND) return null;
    refuse("put", answer);
    return objects.head(metadataOf(answer), sent);
  }

  /** @param {string} key @param {object} [options] */
  async createMultipartUpload(key, options) {
    const route = routeOf(this);
    need(arguments.length >= 1, "createMultipartUpload", 1, "string");
    const wanted = { version: VERSION, method: "createMultipartUpload", object: `${key}` };
    if (isGiven(options, "createMultipartUpload", 2, "MultipartOptions")) {
      request.addCustomMetadata(wanted, options, "MultipartOptions");
      request.addHttpMetadata(wanted, options, "MultipartOptions");
      if (options.storageClass !== undefined) wanted.storageClass = `${options.storageClass}`;
      request.addSsec(wanted, options);
    }
    const answer = await tell(route, wanted, null);
    refuse("createMultipartUpload", answer);
    return new R2MultipartUpload(construct, route, `${key}`, metadataOf(answer).uploadId ?? "");
  }

  /** @param {string} key @param {string} uploadId */
  resumeMultipartUpload(key, uploadId) {
    const route = routeOf(this);
    need(arguments.length >= 1, "resumeMultipartUpload", 1, "string");
    need(arguments.length >= 2, "resumeMultipartUpload", 2, "string");
    return new R2MultipartUpload(construct, route, `${key}`, `${uploadId}`);
  }

  /** @param {string | string[]} keys */
  async delete(keys) {
    const route = routeOf(this);
    need(arguments.length >= 1, "delete", 1, "string or Array");
    const wanted = { version: VERSION, method: "delete" };
    if (ArrayIsArray(keys)) {
      wanted.objects = [];
      for (let i = 0; i < keys.length; i++) ArrayPrototypePush(wanted.objects, `${keys[i]}`);
    } else {
      wanted.object = `${keys}`;
    }
    const answer = await tell(route, wanted, null);
    if (answer.code !== NOT_FOUND) refuse("delete", answer);
  }

  /** @param {object} [options] */
  async list(options) {
    const route = routeOf(this);
    const wanted = { version: VERSION, method: "list" };
    const honours = compat.has("r2_list_honor_include");
    const given = isGiven(options, "list", 1, "ListOptions");
    const expected = request.addList(wanted, given ? options : {}, honours);
    const answer = await ask(route, wanted);
    refuse("list", answer);
    cancel(answer.body);
    const found = metadataOf(answer);
    const result = { objects: objects.listed(found.objects, expected), truncated: found.truncated === true };
    if (found.cursor !== undefined) result.cursor = found.cursor;
    result.delimitedPrefixes = found.delimitedPrefixes ?? [];
    return result;
  }
}

class R2MultipartUpload {
  #route;

  constructor(token, route, key, uploadId) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#route = route;
    for (const { 0: name, 1: value } of [["uploadId", uploadId], ["key", key]]) {
      ObjectDefineProperty(this, name, { __proto__: null, value, enumerable: true, configurable: true });
    }
  }

  static route(upload) {
    return typeof upload === "object" && upload !== null && #route in upload ? upload.#route : null;
  }

  /** @param {number} partNumber @param {unknown} value */
  async uploadPart(partNumber, value) {
    const route = uploadOf(this);
    need(arguments.length >= 1, "uploadPart", 1, "number", "R2MultipartUpload");
    need(arguments.length >= 2 && isValue(value), "uploadPart", 2, VALUE_TYPE, "R2MultipartUpload");
    const number = partOf(partNumber);
    const { key, uploadId } = this;
    const wanted = { version: VERSION, method: "uploadPart", object: key, uploadId, partNumber: number };
    const answer = await tell(route, wanted, value);
    refuse("uploadPart", answer);
    return { partNumber: number, etag: metadataOf(answer).etag ?? "" };
  }

  async abort() {
    const route = uploadOf(this);
    const { key, uploadId } = this;
    const wanted = { version: VERSION, method: "abortMultipartUpload", object: key, uploadId };
    const answer = await tell(route, wanted, null);
    if (answer.code !== NOT_FOUND) refuse("abortMultipartUpload", answer);
  }

  /** @param {{ partNumber: number, etag: string }[]} uploadedParts */
  async complete(uploadedParts) {
    const route = uploadOf(this);
    need(ArrayIsArray(uploadedParts), "complete", 1, "Array", "R2MultipartUpload");
    const parts = [];
    for (const part of new SafeArrayIterator(uploadedParts)) {
      const number = partOf(part?.partNumber ?? 0);
      ArrayPrototypePush(parts, { etag: `${part.etag}`, part: number });
    }
    const { key, uploadId } = this;
    const wanted = { version: VERSION, method: "completeMultipartUpload", object: key, uploadId, parts };
    const answer = await tell(route, wanted, null);
    refuse("completeMultipartUpload", answer);
    return objects.head(metadataOf(answer));
  }
}

for (const { 0: prototype, 1: name } of [[R2Bucket.prototype, "R2Bucket"], [R2MultipartUpload.prototype, "R2MultipartUpload"]]) {
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(prototype, core.hostObjectBrand, {
    __proto__: null,
    value() {
      throw new DOMException(
        `Could not serialize object of type "${name}". This type does not support serialization.`,
        "DataCloneError",
      );
    },
  });
}
const routeOfBucket = R2Bucket.route;
const routeOfUpload = R2MultipartUpload.route;
delete R2Bucket.route;
delete R2MultipartUpload.route;

function routeOf(bucket) {
  const route = routeOfBucket(bucket);
  if (route === null) throw illegalInvocation();
  return route;
}

function uploadOf(upload) {
  const route = routeOfUpload(upload);
  if (route === null) throw illegalInvocation();
  return route;
}

function need(given, method, index, type, owner = "R2Bucket") {
  if (!given) {
    throw new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${index} is not of type '${type}'.`);
  }
}

function isGiven(options, method, index, type) {
  if (options === undefined || options === null) return false;
  need(request.isObject(options), method, index, type);
  return true;
}

function isValue(value) {
  return typeof value === "string" || isReadableStream(value) || bytesOf(value) !== undefined || isBlob(value);
}

function isBlob(value) {
  return request.isObject(value) && value instanceof Blob;
}

function partOf(value) {
  const number = Number(value);
  const part = NumberIsFinite(number) ? MathTrunc(number) : 0;
  if (part < 1 || part > PARTS_MAX) {
    throw new TypeError(`Part number must be between 1 and ${PARTS_MAX} (inclusive). Actual value was: ${part}`);
  }
  return part;
}

/** @returns {{ httpMetadata: object, customMetadata: object }} what the script will see of what it has sent */
function putOptions(wanted, options) {
  const conditions = {};
  request.addOnlyIf(conditions, options, "PutOptions");
  const customMetadata = request.addCustomMetadata(wanted, options, "PutOptions");
  const httpMetadata = request.addHttpMetadata(wanted, options, "PutOptions");
  if (conditions.onlyIf !== undefined) wanted.onlyIf = conditions.onlyIf;
  request.addHashes(wanted, options);
  if (options.storageClass !== undefined) wanted.storageClass = `${options.storageClass}`;
  request.addSsec(wanted, options);
  return { httpMetadata, customMetadata };
}

/**
 * Asks for something. The answer has metadata in front of its body.
 * @returns {Promise<{ code: number, message: string, metadata: string | null, body: ReadableStream | null }>}
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
  return { ...failed, metadata, body };
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
  return { ...failed, metadata: await answer.text(), body: null };
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

function cancel(body) {
  if (body !== null) PromisePrototypeThen(streamCancel(body), undefined, () => {});
}

/** Throws what R2 has refused. @param {string} action as production calls it */
function refuse(action, answer) {
  if (answer.code >= 0) throw new Error(`${action}: ${answer.message} (${answer.code})`);
}

function metadataOf(answer) {
  if (answer.metadata === null) throw new Error("R2 has sent no metadata.");
  return JSONParse(answer.metadata);
}

function objectOf(action, answer) {
  cancel(answer.body);
  if (answer.code === NOT_FOUND) return null;
  if (answer.code !== PRECONDITION_FAILED) refuse(action, answer);
  return objects.head(metadataOf(answer));
}

/**
 * The bucket whose objects a service has, for `env`.
 * @param {{ handle: object, name: string }} route
 */
function bucket(route) {
  return new R2Bucket(construct, route);
}

return { bucket };
})();
