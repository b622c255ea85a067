// The module "node:v8": the engine tells a worker nothing of itself, so the numbers are zero and the rest throws.
(function () {
const { core } = __bootstrap;
const { ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const { validateBoolean, validateFunction, validateObject, validateOneOf, validateString, validateUint32 } = core
  .loadExtScript("ext:deno_node/internal/validators.mjs");

/** @param {{ exposeInternals?: boolean, exposeNumericValues?: boolean }} options */
function validateSnapshotOptions(options) {
  validateObject(options, "options");
  const { exposeInternals = false, exposeNumericValues = false } = options;
  validateBoolean(exposeInternals, "options.exposeInternals");
  validateBoolean(exposeNumericValues, "options.exposeNumericValues");
}

function cachedDataVersionTag() {
  return 0;
}

function getHeapSnapshot(options = {}) {
  validateSnapshotOptions(options);
  throw new ERR_METHOD_NOT_IMPLEMENTED("getHeapSnapshot");
}

function getHeapStatistics() {
  return {
    total_heap_size: 0,
    total_heap_size_executable: 0,
    total_physical_size: 0,
    total_available_size: 0,
    used_heap_size: 0,
    heap_size_limit: 0,
    malloced_memory: 0,
    peak_malloced_memory: 0,
    does_zap_garbage: 0,
    number_of_native_contexts: 0,
    number_of_detached_contexts: 0,
    total_global_handles_size: 0,
    used_global_handles_size: 0,
    external_memory: 0,
    total_allocated_bytes: 0,
  };
}

function getHeapSpaceStatistics() {
  return [];
}

function getHeapCodeStatistics() {
  return {
    code_and_metadata_size: 0,
    bytecode_and_metadata_size: 0,
    external_script_source_size: 0,
    cpu_profiler_metadata_size: 0,
  };
}

function getCppHeapStatistics(type = "detailed") {
  validateOneOf(type, "type", ["brief", "detailed"]);
  return {
    committed_size_bytes: 0,
    resident_size_bytes: 0,
    used_size_bytes: 0,
    space_statistics: [],
    type_names: [],
    detail_level: type,
  };
}

function setFlagsFromString(flags) {
  validateString(flags, "flags");
  throw new ERR_METHOD_NOT_IMPLEMENTED("setFlagsFromString");
}

class Serializer {
  constructor() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Serializer");
  }

  writeHeader() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeHeader");
  }

  writeValue(_value) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeValue");
  }

  releaseBuffer() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("releaseBuffer");
  }

  transferArrayBuffer(_id, _buffer) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("transferArrayBuffer");
  }

  writeUint32(_value) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeUint32");
  }

  writeUint64(_high, _low) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeUint64");
  }

  writeDouble(_value) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeDouble");
  }

  writeRawBytes(_bytes) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("writeRawBytes");
  }

  _getDataCloneError(_message) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("_getDataCloneError");
  }

  _getSharedArrayBufferId(_buffer) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("_getSharedArrayBufferId");
  }

  _setTreatArrayBufferViewsAsHostObjects(_flag) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("_setTreatArrayBufferViewsAsHostObjects");
  }

  _writeHostObject(_view) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("_writeHostObject");
  }
}

class Deserializer {
  constructor(_bytes) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Deserializer");
  }

  readHeader() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readHeader");
  }

  readValue() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readValue");
  }

  transferArrayBuffer(_id, _buffer) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("transferArrayBuffer");
  }

  getWireFormatVersion() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("getWireFormatVersion");
  }

  readUint32() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readUint32");
  }

  readUint64() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readUint64");
  }

  readDouble() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readDouble");
  }

  readRawBytes(_length) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("readRawBytes");
  }

  _readHostObject() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("_readHostObject");
  }
}

class DefaultSerializer extends Serializer {
  constructor() {
    super();
  }
}

class DefaultDeserializer extends Deserializer {
  constructor(bytes) {
    super(bytes);
  }
}

function deserialize(_bytes) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("deserialize");
}

function takeCoverage() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("takeCoverage");
}

function stopCoverage() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("stopCoverage");
}

function serialize(_value) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("serialize");
}

function writeHeapSnapshot(filename, options = {}) {
  if (filename !== undefined) validateString(filename, "filename");
  validateSnapshotOptions(options);
  throw new ERR_METHOD_NOT_IMPLEMENTED("writeHeapSnapshot");
}

const promiseHooks = {
  createHook(_hooks) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("promiseHooks.createHook");
  },
  onInit(_hook) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("promiseHooks.onInit");
  },
  onBefore(_hook) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("promiseHooks.onBefore");
  },
  onAfter(_hook) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("promiseHooks.onAfter");
  },
  onSettled(_hook) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("promiseHooks.onSettled");
  },
};

function queryObjects(constructor, options = {}) {
  validateFunction(constructor, "constructor");
  validateObject(options, "options");
  const format = options.format || "count";
  if (format !== "count" && format !== "summary") throw new ERR_INVALID_ARG_VALUE("options.format", format);
  throw new ERR_METHOD_NOT_IMPLEMENTED("queryObjects");
}

const startupSnapshot = {
  addSerializeCallback(_callback, _data) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("startupSnapshot.addSerializeCallback");
  },
  addDeserializeCallback(_callback, _data) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("startupSnapshot.addDeserializeCallback");
  },
  setDeserializeMainFunction(_callback, _data) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("startupSnapshot.setDeserializeMainFunction");
  },
  isBuildingSnapshot() {
    return false;
  },
};

function setHeapSnapshotNearHeapLimit(limit) {
  validateUint32(limit, "limit", true);
  throw new ERR_METHOD_NOT_IMPLEMENTED("setHeapSnapshotNearHeapLimit");
}

class GCProfiler {
  start() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("GCProfiler.start");
  }

  stop() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("GCProfiler.stop");
  }
}

function isStringOneByteRepresentation(content) {
  validateString(content, "content");
  throw new ERR_METHOD_NOT_IMPLEMENTED("isStringOneByteRepresentation");
}

const all = {
  cachedDataVersionTag,
  getHeapSnapshot,
  getHeapStatistics,
  getHeapSpaceStatistics,
  getHeapCodeStatistics,
  getCppHeapStatistics,
  setFlagsFromString,
  Serializer,
  Deserializer,
  DefaultSerializer,
  DefaultDeserializer,
  deserialize,
  takeCoverage,
  stopCoverage,
  serialize,
  writeHeapSnapshot,
  promiseHooks,
  queryObjects,
  startupSnapshot,
  setHeapSnapshotNearHeapLimit,
  GCProfiler,
  isStringOneByteRepresentation,
};

return { ...all, default: all };
})();
