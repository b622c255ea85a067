// Gives the global scope what there is to measure with.
import * as hooks from "./perf_hooks.js";

for (
  const name of [
    "performance", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
    "PerformanceObserverEntryList", "PerformanceResourceTiming",
  ]
) globalThis[name] = hooks[name];
