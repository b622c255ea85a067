// Producers of queues: what `env.QUEUE` is in a worker.
//
// Converts messages to bytes in one of production's formats and sends them to the service behind the queue.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  Date,
  Error,
  JSONParse,
  JSONStringify,
  MathTrunc,
  Number,
  NumberIsFinite,
  ObjectDefineProperty,
  SafeArrayIterator,
  StringPrototypeToLowerCase,
  SymbolIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypeError,
  Uint8Array,
} = primordials;
const { exchange } = core.loadExtScript("ext:lopata/service/exchange.js");
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const HOST = "https://fake-host/";

/** Given to the constructor by this script only. */
const construct = {};

class WorkerQueue {
  /** The way to the service that takes the messages. */
  #route;

  constructor(token, route) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#route = route;
  }

  /** How much is waiting. */
  metrics() {
    return metrics(routeOf(this, (queue) => #route in queue && queue.#route));
  }

  /**
   * @param {unknown} body
   * @param {{ contentType?: string, delaySeconds?: number }} [options]
   */
  send(body, options) {
    return send(routeOf(this, (queue) => #route in queue && queue.#route), arguments.length, body, options);
  }

  /**
   * @param {Iterable<{ body: unknown, contentType?: string, delaySeconds?: number }>} messages
   * @param {{ delaySeconds?: number }} [options]
   */
  sendBatch(messages, options) {
    return sendBatch(routeOf(this, (queue) => #route in queue && queue.#route), messages, options);
  }
}

ObjectDefineProperty(WorkerQueue.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "WorkerQueue",
  configurable: true,
});
ObjectDefineProperty(WorkerQueue.prototype, core.hostObjectBrand, {
  __proto__: null,
  value() {
    throw new DOMException(
      'Could not serialize object of type "WorkerQueue". This type does not support serialization.',
      "DataCloneError",
    );
  },
});

function routeOf(queue, read) {
  const route = isObject(queue) && read(queue);
  if (!route) throw illegalInvocation();
  return route;
}

function isObject(value) {
  return typeof value === "object" ? value !== null : typeof value === "function";
}

async function metrics(route) {
  const answer = await exchange(route, "GET", `${HOST}metrics`, [], null);
  if (answer.status !== 200) {
    answer.discard();
    throw new Error(`Queue metrics failed: ${reasonOf(answer)}`);
  }
  return metricsOf(JSONParse(await answer.text()));
}

/** Numbers of a queue, the time as a date. */
function metricsOf(found) {
  const metrics = { backlogCount: number(found.backlogCount), backlogBytes: number(found.backlogBytes) };
  if (found.oldestMessageTimestamp !== undefined && found.oldestMessageTimestamp !== null) {
    metrics.oldestMessageTimestamp = new Date(found.oldestMessageTimestamp);
  }
  return metrics;
}

function number(value) {
  return value === undefined ? 0 / 0 : Number(value);
}

async function send(route, given, body, options) {
  if (given === 0) throw badParameter("send", 1, "JsValue");
  const { contentType, delaySeconds } = sendOptions("send", options);
  io.required();
  if (body === undefined) throw new TypeError("Message body cannot be undefined");
  const { bytes, type } = serialized(body, contentType);
  const headers = [["Content-Type", "application/octet-stream"]];
  if (type !== undefined) ArrayPrototypePush(headers, ["X-Msg-Fmt", type]);
  if (delaySeconds !== undefined) ArrayPrototypePush(headers, ["X-Msg-Delay-Secs", `${delaySeconds}`]);
  const answer = await exchange(route, "POST", `${HOST}message`, headers, bytes);
  return await outcome(answer, "Queue send failed");
}

async function sendBatch(route, messages, options) {
  if (!isObject(messages) || typeof messages[SymbolIterator] !== "function") {
    throw badParameter("sendBatch", 1, "Sequence");
  }
  const batch = [...messages];
  const { delaySeconds } = sendOptions("sendBatch", options);
  io.required();
  if (batch.length === 0) throw new TypeError("sendBatch() requires at least one message");
  const parts = [];
  let bytesTotal = 0;
  let largest = 0;
  for (const message of new SafeArrayIterator(batch)) {
    const body = message?.body;
    if (body === undefined) throw new TypeError("Message body cannot be undefined");
    const given = sendOptions("sendBatch", message);
    const { bytes, type } = serialized(body, given.contentType);
    const length = TypedArrayPrototypeGetByteLength(bytes);
    bytesTotal += length;
    if (length > largest) largest = length;
    let part = `{"body":"${forgivingBase64Encode(bytes)}"`;
    if (type !== undefined) part += `,"contentType":"${type}"`;
    if (given.delaySeconds !== undefined) part += `,"delaySecs": ${given.delaySeconds}`;
    ArrayPrototypePush(parts, `${part}}`);
  }
  const headers = [
    ["CF-Queue-Batch-Count", `${batch.length}`],
    ["CF-Queue-Batch-Bytes", `${bytesTotal}`],
    ["CF-Queue-Largest-Msg", `${largest}`],
    ["Content-Type", "application/json"],
  ];
  if (delaySeconds !== undefined) ArrayPrototypePush(headers, ["X-Msg-Delay-Secs", `${delaySeconds}`]);
  const body = core.encode(`{"messages":[${ArrayPrototypeJoin(parts, ",")}]}`);
  const answer = await exchange(route, "POST", `${HOST}batch`, headers, body);
  return await outcome(answer, "Queue sendBatch failed");
}

/** Why a queue has refused, with its number where the worker's date asks for that. */
function reasonOf(answer) {
  if (!compat.has("queue_expose_error_codes")) return answer.statusText;
  const cause = answer.header("cf-queues-error-cause") ?? "Unknown Internal Error";
  return `${cause} (${answer.header("cf-queues-error-code") ?? "15000"})`;
}

/** What a send has come to. A service that says nothing about the queue is fine, too. */
async function outcome(answer, failure) {
  if (answer.status !== 200) {
    answer.discard();
    throw new Error(`${failure}: ${reasonOf(answer)}`);
  }
  const text = await answer.text();
  if (text === "") return undefined;
  const metrics = JSONParse(text)?.metadata?.metrics;
  return metrics === undefined ? undefined : { metadata: { metrics: metricsOf(metrics) } };
}

/** @returns {{ contentType: string | undefined, delaySeconds: number | undefined }} */
function sendOptions(method, options) {
  if (options === undefined || options === null) return { contentType: undefined, delaySeconds: undefined };
  if (!isObject(options)) {
    throw badParameter(method, 2, method === "send" ? "SendOptions" : "SendBatchOptions");
  }
  const { contentType, delaySeconds } = options;
  return {
    contentType: contentType === undefined ? undefined : contentTypeOf(`${contentType}`),
    delaySeconds: delaySeconds === undefined ? undefined : toInt32(delaySeconds),
  };
}

function toInt32(value) {
  const given = Number(value);
  return NumberIsFinite(given) ? MathTrunc(given) : 0;
}

/** @param {string} given */
function contentTypeOf(given) {
  const type = StringPrototypeToLowerCase(given);
  if (type === "text" || type === "bytes" || type === "json" || type === "v8") return type;
  throw new TypeError(`Unsupported queue message content type: ${given}`);
}

/** @returns {{ bytes: Uint8Array, type: string | undefined }} */
function serialized(body, given) {
  const type = given ?? (compat.has("queues_json_messages") ? "json" : undefined);
  switch (type) {
    case "text":
      if (typeof body !== "string") throw wrongType("text", "string", body);
      return { bytes: core.encode(body), type };
    case "bytes":
      if (!ArrayBufferIsView(body)) throw wrongType("bytes", "ArrayBufferView", body);
      return { bytes: new Uint8Array(bytesOf(body)), type };
    case "json":
      return { bytes: core.encode(`${JSONStringify(body)}`), type };
    default:
      return { bytes: clone(body), type };
  }
}

function wrongType(type, wanted, body) {
  const kind = body === null ? "object" : typeof body;
  return new TypeError(`Content Type "${type}" requires a value of type ${wanted}, but received: ${kind}`);
}

/** The version of V8's format that production writes, which everybody can read. */
const CLONE_VERSION = 15;

/** @param {unknown} body @returns {Uint8Array} */
function clone(body) {
  const bytes = core.serialize(body, undefined, (message) => {
    throw new DOMException(message, "DataCloneError");
  });
  // What V8 writes of a message is the same in both versions.
  if (bytes[0] === 0xff) bytes[1] = CLONE_VERSION;
  return bytes;
}

function badParameter(method, index, type) {
  return new TypeError(`Failed to execute '${method}' on 'WorkerQueue': parameter ${index} is not of type '${type}'.`);
}

/**
 * The producer whose messages go to a service, for `env`.
 * @param {{ handle: object, name: string }} route
 */
function queue(route) {
  return new WorkerQueue(construct, route);
}

return { queue };
})();
