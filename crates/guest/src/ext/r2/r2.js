// R2 buckets: what `env.BUCKET` is in a worker.
//
// Converts arguments as production's runtime does (what it takes, what it refuses and when) and makes the answers
// into objects. A bucket asks through a transport, which carries one request (production's JSON, and a body for what
// is written) and brings one answer: `native.js` to the bucket's actor on this machine, `designated.js` to a service
// that answers for the bucket. What R2 itself refuses arrives as its number and its text.
(function () {
const { core, internals, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  Error,
  ObjectDefineProperty,
  PromisePrototypeThen,
  SafeArrayIterator,
  SymbolToStringTag,
  TypeError,
  uncurryThis,
} = primordials;
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { isReadableStream, ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const objects = core.loadExtScript("ext:lopata/r2/objects.js");
const request = core.loadExtScript("ext:lopata/r2/request.js");
const { textOf } = request;

const streamCancel = uncurryThis(ReadableStream.prototype.cancel);

/** Of the requests. */
const VERSION = 1;
const PARTS_MAX = 10_000;

/** R2's own numbers of what is no error to a script. */
const NOT_FOUND = 10007;
const PRECONDITION_FAILED = 10031;

/** What the calls are in spans, by production's names. */
const OPERATIONS = {
  __proto__: null,
  head: "HeadObject",
  get: "GetObject",
  put: "PutObject",
  delete: "DeleteObject",
  list: "ListObjects",
  createMultipartUpload: "CreateMultipartUpload",
  uploadPart: "UploadPart",
  completeMultipartUpload: "CompleteMultipartUpload",
  abortMultipartUpload: "AbortMultipartUpload",
};

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
  head(...args) {
    return head(routeOf(this), args);
  }

  /** @param {string} key @param {object} [options] */
  get(...args) {
    return get(routeOf(this), args);
  }

  /** @param {string} key @param {unknown} value @param {object} [options] */
  put(...args) {
    return put(routeOf(this), args);
  }

  /** @param {string} key @param {object} [options] */
  createMultipartUpload(...args) {
    return createMultipartUpload(routeOf(this), args);
  }

  /** @param {string} key @param {string} uploadId */
  resumeMultipartUpload(...args) {
    const route = routeOf(this);
    need(args.length >= 1, "resumeMultipartUpload", 1, "string");
    need(args.length >= 2, "resumeMultipartUpload", 2, "string");
    return new R2MultipartUpload(construct, route, textOf(args[0]), textOf(args[1]));
  }

  /** @param {string | string[]} keys */
  delete(...args) {
    return remove(routeOf(this), args);
  }

  /** @param {object} [options] */
  list(...args) {
    return list(routeOf(this), args);
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

  /** @param {number} partNumber @param {unknown} value @param {object} [options] */
  uploadPart(...args) {
    return uploadPart(uploadOf(this), this, args);
  }

  abort() {
    return abort(uploadOf(this), this);
  }

  /** @param {{ partNumber: number, etag: string }[]} uploadedParts */
  complete(...args) {
    return complete(uploadOf(this), this, args);
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

async function head(route, args) {
  const { 0: key } = args;
  need(args.length >= 1, "head", 1, "string");
  const answer = await ask(route, { version: VERSION, method: "head", object: textOf(key) });
  return objectOf("head", answer);
}

async function get(route, args) {
  const { 0: key, 1: options } = args;
  need(args.length >= 1, "get", 1, "string");
  const wanted = { version: VERSION, method: "get", object: textOf(key) };
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

async function put(route, args) {
  const { 0: key, 1: value, 2: options } = args;
  need(args.length >= 1, "put", 1, "string");
  need(args.length >= 2 && (value === undefined || value === null || isValue(value)), "put", 2, VALUE_TYPE);
  const wanted = { version: VERSION, method: "put", object: textOf(key) };
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
  const answer = await tell(route, wanted, value ?? null);
  if (answer.code === PRECONDITION_FAILED || answer.code === NOT_FOUND) return null;
  refuse("put", answer);
  return objects.head(metadataOf(answer), sent);
}

async function createMultipartUpload(route, args) {
  const { 0: key, 1: options } = args;
  need(args.length >= 1, "createMultipartUpload", 1, "string");
  const wanted = { version: VERSION, method: "createMultipartUpload", object: textOf(key) };
  if (isGiven(options, "createMultipartUpload", 2, "MultipartOptions")) {
    request.addCustomMetadata(wanted, options, "MultipartOptions");
    request.addHttpMetadata(wanted, options, "MultipartOptions");
    if (options.storageClass !== undefined) wanted.storageClass = textOf(options.storageClass);
    request.addSsec(wanted, options);
  }
  const answer = await tell(route, wanted, null);
  refuse("createMultipartUpload", answer);
  return new R2MultipartUpload(construct, route, textOf(key), metadataOf(answer).uploadId ?? "");
}

async function remove(route, args) {
  const { 0: keys } = args;
  need(args.length >= 1, "delete", 1, "string or Array");
  const wanted = { version: VERSION, method: "delete" };
  if (ArrayIsArray(keys)) {
    wanted.objects = [];
    for (let i = 0; i < keys.length; i++) ArrayPrototypePush(wanted.objects, textOf(keys[i]));
  } else {
    wanted.object = textOf(keys);
  }
  const answer = await tell(route, wanted, null);
  if (answer.code !== NOT_FOUND) refuse("delete", answer);
}

async function list(route, args) {
  const { 0: options } = args;
  const wanted = { version: VERSION, method: "list" };
  const honours = compat.has("r2_list_honor_include");
  const given = isGiven(options, "list", 1, "ListOptions");
  const expected = request.addList(wanted, given ? options : {}, honours);
  const answer = await ask(route, wanted);
  refuse("list", answer);
  cancel(answer.body);
  const found = metadataOf(answer);
  const result = { objects: objects.listed(found.objects, expected), truncated: found.truncated === true };
  // Source: production's flag with which a field that is not there is `undefined` instead of missing.
  if (found.cursor !== undefined || compat.has("enable_fast_jsg_struct")) result.cursor = found.cursor;
  result.delimitedPrefixes = found.delimitedPrefixes ?? [];
  return result;
}

async function uploadPart(route, upload, args) {
  const { 0: partNumber, 1: value, 2: options } = args;
  need(args.length >= 1, "uploadPart", 1, "integer", "R2MultipartUpload");
  const number = request.integerOf(partNumber);
  need(args.length >= 2 && isValue(value), "uploadPart", 2, VALUE_TYPE, "R2MultipartUpload");
  const { key, uploadId } = upload;
  const wanted = { version: VERSION, method: "uploadPart", object: key, uploadId, partNumber: number };
  const given = isGiven(options, "uploadPart", 3, "UploadPartOptions", "R2MultipartUpload");
  checkPart(number);
  if (given) request.addSsec(wanted, options);
  const answer = await tell(route, wanted, value);
  refuse("uploadPart", answer);
  return { partNumber: number, etag: metadataOf(answer).etag ?? "" };
}

async function abort(route, upload) {
  const { key, uploadId } = upload;
  const wanted = { version: VERSION, method: "abortMultipartUpload", object: key, uploadId };
  const answer = await tell(route, wanted, null);
  if (answer.code !== NOT_FOUND) refuse("abortMultipartUpload", answer);
}

async function complete(route, upload, args) {
  const { 0: uploadedParts } = args;
  need(ArrayIsArray(uploadedParts), "complete", 1, "Array", "R2MultipartUpload");
  const given = [];
  for (let i = 0; i < uploadedParts.length; i++) ArrayPrototypePush(given, uploadedPartOf(uploadedParts[i], i));
  const parts = [];
  for (const { part, etag } of new SafeArrayIterator(given)) {
    checkPart(part);
    ArrayPrototypePush(parts, { etag, part });
  }
  const { key, uploadId } = upload;
  const wanted = { version: VERSION, method: "completeMultipartUpload", object: key, uploadId, parts };
  const answer = await tell(route, wanted, null);
  refuse("completeMultipartUpload", answer);
  return objects.head(metadataOf(answer));
}

/** An element of what `complete` is given. Texts are production's. */
function uploadedPartOf(value, index) {
  if (value === undefined || value === null) {
    throw new TypeError(
      "Cannot initialize N7workerd3api11public_beta17R2MultipartUpload12UploadedPartE with required members from an " +
        "undefined or null value.",
    );
  }
  if (!request.isObject(value)) {
    throw new TypeError(
      `Incorrect type for array element ${index}: the provided value is not of type 'UploadedPart'.`,
    );
  }
  const { partNumber, etag } = value;
  return { part: request.integerOf(partNumber), etag: textOf(etag) };
}

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

function isGiven(options, method, index, type, owner = "R2Bucket") {
  if (options === undefined || options === null) return false;
  need(request.isObject(options), method, index, type, owner);
  return true;
}

function isValue(value) {
  return typeof value === "string" || isReadableStream(value) || bytesOf(value) !== undefined || isBlob(value);
}

function isBlob(value) {
  return request.isObject(value) && value instanceof Blob;
}

/** @param {number} part */
function checkPart(part) {
  if (part < 1 || part > PARTS_MAX) {
    throw new TypeError(`Part number must be between 1 and ${PARTS_MAX} (inclusive). Actual value was: ${part}`);
  }
}

/** @returns {{ httpMetadata: object, customMetadata: object }} what the script will see of what it has sent */
function putOptions(wanted, options) {
  const conditions = {};
  request.addOnlyIf(conditions, options, "PutOptions");
  const customMetadata = request.addCustomMetadata(wanted, options, "PutOptions");
  const httpMetadata = request.addHttpMetadata(wanted, options, "PutOptions");
  if (conditions.onlyIf !== undefined) wanted.onlyIf = conditions.onlyIf;
  request.addHashes(wanted, options);
  if (options.storageClass !== undefined) wanted.storageClass = textOf(options.storageClass);
  request.addSsec(wanted, options);
  return { httpMetadata, customMetadata };
}

/**
 * Asks for something.
 * @returns {Promise<{ code: number, message: string, metadata: object | null, body: ReadableStream | null }>} a code
 *   of R2's and its text for what it refuses, -1 otherwise
 */
function ask(route, wanted) {
  return carry(route, wanted, undefined);
}

/** Says something, with a body behind the metadata; as `ask`. */
function tell(route, wanted, value) {
  return carry(route, wanted, value);
}

async function carry(route, wanted, value) {
  const native = route.handle === undefined;
  const transport = native
    ? core.loadExtScript("ext:lopata/r2/native.js")
    : core.loadExtScript("ext:lopata/r2/designated.js");
  const go = () => value === undefined ? transport.ask(route, wanted) : transport.tell(route, wanted, value);
  // The requests of the other way have spans of their own.
  if (!native) return await go();
  const attributes = attributesOf(route, wanted);
  return await internals.lopata.bindingCall(`r2_${wanted.method}`, attributes, async () => {
    const answer = await go();
    describe(attributes, answer);
    return answer;
  });
}

/** What a span says of a call, in production's names. */
function attributesOf(route, wanted) {
  const attributes = {
    __proto__: null,
    "cloudflare.binding.type": "r2",
    "cloudflare.binding.name": route.name,
    "cloudflare.r2.operation": OPERATIONS[wanted.method],
    "cloudflare.r2.bucket": route.bucket,
  };
  const { object, objects: many, prefix, delimiter, uploadId, partNumber, storageClass } = wanted;
  if (object !== undefined) attributes["cloudflare.r2.request.key"] = object;
  if (many !== undefined) attributes["cloudflare.r2.request.keys"] = ArrayPrototypeJoin(many, ", ");
  if (prefix !== undefined) attributes["cloudflare.r2.request.prefix"] = prefix;
  if (delimiter !== undefined) attributes["cloudflare.r2.request.delimiter"] = delimiter;
  if (uploadId !== undefined) attributes["cloudflare.r2.request.upload_id"] = uploadId;
  if (partNumber !== undefined) attributes["cloudflare.r2.request.part_number"] = partNumber;
  if (storageClass !== undefined) attributes["cloudflare.r2.request.storage_class"] = storageClass;
  return attributes;
}

/** What a span says of an answer. */
function describe(attributes, { code, message, metadata }) {
  attributes["cloudflare.r2.response.success"] = code < 0;
  if (code >= 0) {
    attributes["cloudflare.r2.error.code"] = `${code}`;
    if (metadata === null) attributes["cloudflare.r2.error.message"] = message;
  }
  if (metadata === null) return;
  if (metadata.etag !== undefined) attributes["cloudflare.r2.response.etag"] = metadata.etag;
  if (metadata.size !== undefined) attributes["cloudflare.r2.response.size"] = metadata.size;
  if (metadata.objects !== undefined) {
    attributes["cloudflare.r2.response.returned_objects"] = metadata.objects.length;
    attributes["cloudflare.r2.response.truncated"] = metadata.truncated;
  }
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
  return answer.metadata;
}

function objectOf(action, answer) {
  cancel(answer.body);
  if (answer.code === NOT_FOUND) return null;
  if (answer.code !== PRECONDITION_FAILED) refuse(action, answer);
  return objects.head(metadataOf(answer));
}

/**
 * A bucket, for `env`.
 * @param {{ handle: object, name: string } | { service: number, bucket: string, name: string }} route the way to a
 *   service that answers for it, or the id of the service of a bucket of this machine
 */
function bucket(route) {
  return new R2Bucket(construct, route);
}

return { bucket };
})();
