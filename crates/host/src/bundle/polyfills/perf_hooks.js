// Measurements as far as a clock goes.
import { error } from "./throwing.js";

const native = globalThis.performance;
const origin = native.timeOrigin;

export class PerformanceEntry {
  __unenv__ = true;
  detail;
  entryType = "event";
  name;
  startTime;
  constructor(name, options) {
    this.name = name;
    this.startTime = options?.startTime || native.now();
    this.detail = options?.detail;
  }
  get duration() {
    return native.now() - this.startTime;
  }
  toJSON() {
    const { name, entryType, startTime, duration, detail } = this;
    return { name, entryType, startTime, duration, detail };
  }
}

export class PerformanceMark extends PerformanceEntry {
  entryType = "mark";
  get duration() {
    return 0;
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  entryType = "measure";
}

export class PerformanceResourceTiming extends PerformanceEntry {
  entryType = "resource";
  serverTiming = [];
  initiatorType = "";
  name = "";
  nextHopProtocol = "";
  constructor(...args) {
    super(...args);
    for (
      const name of [
        "connectEnd", "connectStart", "decodedBodySize", "domainLookupEnd", "domainLookupStart", "encodedBodySize",
        "fetchStart", "redirectEnd", "redirectStart", "requestStart", "responseEnd", "responseStart",
        "secureConnectionStart", "startTime", "transferSize", "workerStart", "responseStatus",
      ]
    ) this[name] = 0;
  }
}

export class PerformanceObserverEntryList {
  __unenv__ = true;
  getEntries() {
    return [];
  }
  getEntriesByName() {
    return [];
  }
  getEntriesByType() {
    return [];
  }
}

export class PerformanceObserver {
  __unenv__ = true;
  static supportedEntryTypes = [];
  constructor(callback) {
    this._callback = callback;
  }
  takeRecords() {
    return [];
  }
  disconnect() {
    throw error("PerformanceObserver.disconnect");
  }
  observe() {
    throw error("PerformanceObserver.observe");
  }
  bind(callback) {
    return callback;
  }
  runInAsyncScope(callback, receiver, ...args) {
    return callback.call(receiver, ...args);
  }
  asyncId() {
    return 0;
  }
  triggerAsyncId() {
    return 0;
  }
  emitDestroy() {
    return this;
  }
}

const nodeTiming = {
  name: "node", entryType: "node", startTime: 0, duration: 0, nodeStart: 0, v8Start: 0, bootstrapComplete: 0,
  environment: 0, loopStart: 0, loopExit: 0, idleTime: 0,
  uvMetricsInfo: { loopCount: 0, events: 0, eventsWaiting: 0 },
  detail: undefined,
  toJSON() {
    return this;
  },
};

export class Performance {
  __unenv__ = true;
  timeOrigin = origin;
  eventCounts = new Map();
  _entries = [];
  _resourceTimingBufferSize = 0;
  navigation = undefined;
  timing = undefined;
  onresourcetimingbufferfull = null;
  timerify() {
    throw error("Performance.timerify");
  }
  get nodeTiming() {
    return nodeTiming;
  }
  eventLoopUtilization() {
    return {};
  }
  markResourceTiming() {
    return new PerformanceResourceTiming("");
  }
  now() {
    return this.timeOrigin === origin ? native.now() : Date.now() - this.timeOrigin;
  }
  #clear(type, name) {
    this._entries = this._entries.filter((entry) => (name ? entry.name !== name : entry.entryType !== type));
  }
  clearMarks(name) {
    this.#clear("mark", name);
  }
  clearMeasures(name) {
    this.#clear("measure", name);
  }
  clearResourceTimings() {}
  getEntries() {
    return this._entries;
  }
  getEntriesByName(name, type) {
    return this._entries.filter((entry) => entry.name === name && (!type || entry.entryType === type));
  }
  getEntriesByType(type) {
    return this._entries.filter((entry) => entry.entryType === type);
  }
  mark(name, options) {
    const entry = new PerformanceMark(name, options);
    this._entries.push(entry);
    return entry;
  }
  measure(name, start, endMark) {
    const at = (mark) => this.getEntriesByName(mark, "mark")[0]?.startTime;
    const detail = typeof start === "string"
      ? { start: at(start), end: at(endMark) }
      : { start: parseFloat(start?.start) || this.now(), end: parseFloat(start?.end) || this.now() };
    const entry = new PerformanceMeasure(name, { startTime: detail.start, detail });
    this._entries.push(entry);
    return entry;
  }
  setResourceTimingBufferSize(size) {
    this._resourceTimingBufferSize = size;
  }
  addEventListener() {
    throw error("Performance.addEventListener");
  }
  removeEventListener() {
    throw error("Performance.removeEventListener");
  }
  dispatchEvent() {
    throw error("Performance.dispatchEvent");
  }
  toJSON() {
    return this;
  }
}

class Histogram {
  min = 9223372036854775808;
  max = 0;
  mean = NaN;
  exceeds = 0;
  stddev = NaN;
  count = 0;
  countBigInt = 0n;
  exceedsBigInt = 0n;
  maxBigInt = 0;
  minBigInt = 9223372036854775807n;
  percentiles = new Map();
  percentilesBigInt = new Map();
  percentileBigInt() {
    throw error("Histogram.percentileBigInt");
  }
  percentile(percentile) {
    return this.percentiles.get(percentile) ?? NaN;
  }
  reset() {
    throw error("Histogram.reset");
  }
}

class IntervalHistogram extends Histogram {
  enable() {
    return true;
  }
  disable() {
    return true;
  }
}

class RecordableHistogram extends Histogram {
  record() {
    throw error("RecordableHistogram.record");
  }
  recordDelta() {
    throw error("RecordableHistogram.recordDelta");
  }
  add() {
    throw error("RecordableHistogram.add");
  }
}

export const createHistogram = () => new RecordableHistogram();
export const monitorEventLoopDelay = () => new IntervalHistogram();
export const performance = new Performance();
export const constants = {
  NODE_PERFORMANCE_GC_MAJOR: 4,
  NODE_PERFORMANCE_GC_MINOR: 1,
  NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16,
  NODE_PERFORMANCE_GC_FLAGS_NO: 0,
  NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2,
  NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
  NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8,
  NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
  NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32,
  NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
  NODE_PERFORMANCE_ENTRY_TYPE_GC: 0,
  NODE_PERFORMANCE_ENTRY_TYPE_HTTP: 1,
  NODE_PERFORMANCE_ENTRY_TYPE_HTTP2: 2,
  NODE_PERFORMANCE_ENTRY_TYPE_NET: 3,
  NODE_PERFORMANCE_ENTRY_TYPE_DNS: 4,
  NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN_TIMESTAMP: 0,
  NODE_PERFORMANCE_MILESTONE_TIME_ORIGIN: 1,
  NODE_PERFORMANCE_MILESTONE_ENVIRONMENT: 2,
  NODE_PERFORMANCE_MILESTONE_NODE_START: 3,
  NODE_PERFORMANCE_MILESTONE_V8_START: 4,
  NODE_PERFORMANCE_MILESTONE_LOOP_START: 5,
  NODE_PERFORMANCE_MILESTONE_LOOP_EXIT: 6,
  NODE_PERFORMANCE_MILESTONE_BOOTSTRAP_COMPLETE: 7,
};
