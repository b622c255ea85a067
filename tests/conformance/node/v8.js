// node:v8: the engine tells a worker nothing.
import assert from "node:assert";
import v8 from "node:v8";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    assert.deepStrictEqual(
      Object.keys(v8).join(" "),
      "cachedDataVersionTag getHeapSnapshot getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics " +
        "getCppHeapStatistics setFlagsFromString Serializer Deserializer DefaultSerializer DefaultDeserializer " +
        "deserialize takeCoverage stopCoverage serialize writeHeapSnapshot promiseHooks queryObjects startupSnapshot " +
        "setHeapSnapshotNearHeapLimit GCProfiler isStringOneByteRepresentation",
    );
  },
};

export const numbersAreZero = {
  test() {
    const statistics = v8.getHeapStatistics();
    assert.strictEqual(Object.keys(statistics).length, 15);
    assert.ok(Object.values(statistics).every((value) => value === 0));
    assert.deepStrictEqual(v8.getHeapSpaceStatistics(), []);
    assert.ok(Object.values(v8.getHeapCodeStatistics()).every((value) => value === 0));
    assert.strictEqual(v8.getCppHeapStatistics().detail_level, "detailed");
    assert.strictEqual(v8.getCppHeapStatistics("brief").detail_level, "brief");
    assert.strictEqual(v8.cachedDataVersionTag(), 0);
    assert.strictEqual(v8.startupSnapshot.isBuildingSnapshot(), false);
  },
};

export const theRestThrows = {
  test() {
    assert.throws(() => v8.serialize({}), missing("serialize"));
    assert.throws(() => v8.deserialize(Buffer.alloc(1)), missing("deserialize"));
    assert.throws(() => v8.takeCoverage(), missing("takeCoverage"));
    assert.throws(() => v8.stopCoverage(), missing("stopCoverage"));
    assert.throws(() => v8.setFlagsFromString("--expose-gc"), missing("setFlagsFromString"));
    assert.throws(() => v8.getHeapSnapshot(), missing("getHeapSnapshot"));
    assert.throws(() => v8.writeHeapSnapshot(), missing("writeHeapSnapshot"));
    assert.throws(() => v8.queryObjects(Array), missing("queryObjects"));
    assert.throws(() => v8.setHeapSnapshotNearHeapLimit(1), missing("setHeapSnapshotNearHeapLimit"));
    assert.throws(() => v8.isStringOneByteRepresentation("a"), missing("isStringOneByteRepresentation"));
    assert.throws(() => v8.promiseHooks.onInit(), missing("promiseHooks.onInit"));
    assert.throws(() => v8.startupSnapshot.addSerializeCallback(), missing("startupSnapshot.addSerializeCallback"));
    const profiler = new v8.GCProfiler();
    assert.throws(() => profiler.start(), missing("GCProfiler.start"));
  },
};

export const serializers = {
  test() {
    assert.throws(() => new v8.Serializer(), missing("Serializer"));
    assert.throws(() => new v8.Deserializer(Buffer.alloc(1)), missing("Deserializer"));
    assert.throws(() => new v8.DefaultSerializer(), missing("Serializer"));
    assert.throws(() => new v8.DefaultDeserializer(), missing("Deserializer"));
    assert.throws(() => v8.Serializer.prototype.writeHeader(), missing("writeHeader"));
    assert.throws(() => v8.Deserializer.prototype._readHostObject(), missing("_readHostObject"));
  },
};

export const argumentsAreChecked = {
  test() {
    const type = { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" };
    const value = { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" };
    assert.throws(() => v8.getCppHeapStatistics("x"), {
      ...value,
      message: "The argument 'type' must be one of: 'brief', 'detailed'. Received 'x'",
    });
    assert.throws(() => v8.getHeapSnapshot(1), type);
    assert.throws(() => v8.getHeapSnapshot({ exposeInternals: 1 }), {
      ...type,
      message: 'The "options.exposeInternals" property must be of type boolean. Received type number (1)',
    });
    assert.throws(() => v8.writeHeapSnapshot(1), type);
    assert.throws(() => v8.setFlagsFromString(1), type);
    assert.throws(() => v8.isStringOneByteRepresentation(1), type);
    assert.throws(() => v8.queryObjects(1), {
      ...type,
      message: 'The "constructor" argument must be of type function. Received type number (1)',
    });
    assert.throws(() => v8.queryObjects(Array, { format: "x" }), {
      ...value,
      message: "The property 'options.format' is invalid. Received 'x'",
    });
    assert.throws(() => v8.setHeapSnapshotNearHeapLimit(0), { name: "RangeError", code: "ERR_OUT_OF_RANGE" });
  },
};
