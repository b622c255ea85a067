// Datasets of Analytics Engine: what `env.DATASET` is in a worker.
//
// A data point becomes a request to the service behind the dataset. Nobody waits for it, and the caller learns of
// what is wrong with the point only.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayFrom,
  ArrayIsArray,
  ArrayPrototypePush,
  BigInt,
  DateNow,
  JSONStringify,
  Number,
  ObjectDefineProperty,
  PromisePrototypeThen,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const { exchange } = core.loadExtScript("ext:lopata/service/exchange.js");
const { bytesOf } = core.loadExtScript("ext:lopata/service/bytes.js");
const { illegalInvocation } = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Source: production's limits. */
const INDEXES_MAX = 1;
const INDEX_BYTES_MAX = 96;
const BLOBS_MAX = 20;
const BLOBS_BYTES_MAX = 16 * 1024;
const DOUBLES_MAX = 20;
const PREFIX = "writeDataPoint(): ";

/** Given to the constructor by this script only. */
const construct = {};

class AnalyticsEngine {
  /** The way to the service that takes the points, and the name of the dataset. */
  #route;
  #dataset;

  constructor(token, route, dataset) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#route = route;
    this.#dataset = dataset;
  }

  /** @param {{ indexes?: unknown[], blobs?: unknown[], doubles?: number[] }} [event] */
  writeDataPoint(event) {
    if (typeof this !== "object" || this === null || !(#route in this)) throw illegalInvocation();
    if (event !== undefined && event !== null && typeof event !== "object" && typeof event !== "function") {
      throw new TypeError(
        "Failed to execute 'writeDataPoint' on 'AnalyticsEngine': parameter 1 is not of type 'AnalyticsEngineEvent'.",
      );
    }
    const context = io.required();
    const point = pointOf(this.#dataset, event ?? {});
    const sent = exchange(this.#route, "POST", "https://fake-host/", [], core.encode(JSONStringify(point)));
    context.waitUntil(PromisePrototypeThen(sent, (answer) => answer.discard(), () => {}));
  }
}

ObjectDefineProperty(AnalyticsEngine.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "AnalyticsEngine",
  configurable: true,
});

function pointOf(dataset, { indexes, blobs, doubles }) {
  const point = {
    accountId: "1",
    dataset: ArrayFrom(core.encode(dataset)),
    schemaVersion: "0",
    index1: [],
    timestamp: `${BigInt(DateNow()) * 1000000n}`,
  };
  const indexBytes = list(indexes, "indexes", INDEXES_MAX);
  for (let i = 0; i < indexBytes.length; i++) {
    const bytes = textOrBytes(indexBytes[i], "indexes");
    if (bytes === null) continue;
    const length = TypedArrayPrototypeGetByteLength(bytes);
    if (length > INDEX_BYTES_MAX) {
      throw new TypeError(`${PREFIX}Size of indexes[${i}] exceeds ${INDEX_BYTES_MAX} bytes, is ${length} bytes.`);
    }
    point.index1 = ArrayFrom(bytes);
  }
  const numbers = list(doubles, "doubles", DOUBLES_MAX);
  for (let i = 0; i < DOUBLES_MAX; i++) point[`double${i + 1}`] = i < numbers.length ? Number(numbers[i]) : 0;
  const texts = list(blobs, "blobs", BLOBS_MAX);
  let total = 0;
  for (let i = 0; i < texts.length; i++) {
    const bytes = textOrBytes(texts[i], "blobs");
    if (bytes === null) continue;
    total += TypedArrayPrototypeGetByteLength(bytes);
    if (total > BLOBS_BYTES_MAX) {
      throw new TypeError(`${PREFIX}Cumulative size of blobs exceeds ${BLOBS_BYTES_MAX} bytes.`);
    }
    point[`blob${i + 1}`] = ArrayFrom(bytes);
  }
  return point;
}

function list(values, name, max) {
  if (values === undefined || values === null) return [];
  if (!ArrayIsArray(values)) {
    throw new TypeError(
      `Incorrect type for the '${name}' field on 'AnalyticsEngineEvent': the provided value is not of type 'Array'.`,
    );
  }
  if (values.length > max) throw new TypeError(`${PREFIX}Maximum of ${max} ${name} supported.`);
  const copied = [];
  for (let i = 0; i < values.length; i++) ArrayPrototypePush(copied, values[i]);
  return copied;
}

function textOrBytes(value) {
  if (value === null || value === undefined) return null;
  return bytesOf(value) ?? core.encode(`${value}`);
}

/**
 * The dataset whose points go to a service, for `env`.
 * @param {{ handle: object, name: string }} route
 * @param {string} dataset
 */
function dataset(route, dataset) {
  return new AnalyticsEngine(construct, route, dataset);
}

return { dataset };
})();
