// The module "node:perf_hooks".
(function () {
const { core, primordials } = __bootstrap;
const { ObjectFreeze } = primordials;
const { classes, performance } = core.loadExtScript("ext:lopata_node/perf/entries.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");

/** Source: Node's numbers. */
const constants = ObjectFreeze({
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
});

function monitorEventLoopDelay() {
  throw notImplemented("monitorEventLoopDelay");
}

function createHistogram() {
  throw notImplemented("createHistogram");
}

function eventLoopUtilization(_utilization1, _utilization2) {
  return { idle: 0, active: 0, utilization: 0 };
}

function timerify(callback) {
  return callback;
}

const exports = {
  Performance: classes.Performance,
  PerformanceEntry: classes.PerformanceEntry,
  PerformanceMark: classes.PerformanceMark,
  PerformanceMeasure: classes.PerformanceMeasure,
  PerformanceObserver: classes.PerformanceObserver,
  PerformanceObserverEntryList: classes.PerformanceObserverEntryList,
  PerformanceResourceTiming: classes.PerformanceResourceTiming,
  monitorEventLoopDelay,
  createHistogram,
  eventLoopUtilization,
  timerify,
  performance,
  constants,
};

return { ...exports, default: exports };
})();
