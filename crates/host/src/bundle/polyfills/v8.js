// An engine that tells nothing of itself.
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";

const nothing = () => {};
const zeros = (names) => Object.fromEntries(names.split(" ").map((name) => [name, 0]));

export class Deserializer {
  readHeader() {
    return false;
  }
  readValue() {}
  transferArrayBuffer() {}
  getWireFormatVersion() {
    return 0;
  }
  readUint32() {
    return 0;
  }
  readUint64() {
    return [0, 0];
  }
  readDouble() {
    return 0;
  }
  readRawBytes() {
    return Buffer.from("");
  }
}
export class DefaultDeserializer extends Deserializer {}

export class Serializer {
  writeHeader() {}
  writeValue() {
    return false;
  }
  releaseBuffer() {
    return Buffer.from("");
  }
  transferArrayBuffer() {}
  writeDouble() {}
  writeUint32() {}
  writeUint64() {}
  writeRawBytes() {}
}
export class DefaultSerializer extends Serializer {}

export class GCProfiler {
  start() {}
  stop() {
    return { version: 1, startTime: 0, endTime: 0, statistics: [] };
  }
}

export const cachedDataVersionTag = () => 0;
export const deserialize = nothing;
export const serialize = (value) => Buffer.from(value);
export const getHeapCodeStatistics = () =>
  zeros("code_and_metadata_size bytecode_and_metadata_size external_script_source_size cpu_profiler_metadata_size");
export const getHeapSpaceStatistics = () =>
  ("read_only_space new_space old_space code_space map_space large_object_space code_large_object_space " +
    "new_large_object_space").split(" ").map((space_name) => ({
      space_name,
      ...zeros("space_size space_used_size space_available_size physical_space_size"),
    }));
export const getHeapStatistics = () =>
  zeros(
    "total_heap_size total_heap_size_executable total_physical_size total_available_size used_heap_size " +
      "heap_size_limit malloced_memory peak_malloced_memory does_zap_garbage number_of_native_contexts " +
      "number_of_detached_contexts total_global_handles_size used_global_handles_size external_memory",
  );
export const getHeapSnapshot = () =>
  Readable.from('{"snapshot":{},"nodes":[],"edges":[],"trace_function_infos":[],"trace_tree":[],"samples":[],' +
    '"locations":[],"strings":[]}');
export const promiseHooks = {
  onInit: () => nothing,
  onSettled: () => nothing,
  onBefore: () => nothing,
  onAfter: () => nothing,
  createHook: () => nothing,
};
export const queryObjects = (_constructor, options) => (options?.format === "count" ? 0 : []);
export const setFlagsFromString = nothing;
export const setHeapSnapshotNearHeapLimit = nothing;
export const startupSnapshot = {
  addDeserializeCallback: nothing,
  addSerializeCallback: nothing,
  setDeserializeMainFunction: nothing,
  isBuildingSnapshot: () => false,
};
export const stopCoverage = nothing;
export const takeCoverage = nothing;
export const writeHeapSnapshot = () => "";
