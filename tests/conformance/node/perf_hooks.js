// node:perf_hooks, and what `performance` has for workers that have it.
import assert from "node:assert";
import perf_hooks, {
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  PerformanceResourceTiming,
  constants,
  createHistogram,
  eventLoopUtilization,
  monitorEventLoopDelay,
  performance,
  timerify,
} from "node:perf_hooks";

const fresh = () => {
  performance.clearMarks();
  performance.clearMeasures();
};

const wrongType = (method, number, type) => ({
  name: "TypeError",
  message: `Failed to execute '${method}' on 'Performance': parameter ${number} is not of type '${type}'.`,
});

export const theGlobalOnes = {
  test() {
    assert.strictEqual(performance, globalThis.performance);
    assert.strictEqual(PerformanceMark, globalThis.PerformanceMark);
    assert.strictEqual(Performance, globalThis.Performance);
    assert(performance instanceof EventTarget);
    assert.strictEqual(Object.prototype.toString.call(performance), "[object Performance]");
    assert.strictEqual(globalThis.EventCounts, undefined);
  },
};

export const theClock = {
  test() {
    assert.strictEqual(performance.timeOrigin, 0);
    assert.strictEqual(performance.now(), Date.now());
    assert.deepStrictEqual({ ...performance.toJSON() }, { timeOrigin: 0 });
    assert.throws(() => performance.now.call({}), { name: "TypeError", message: /^Illegal invocation/ });
  },
};

export const marks = {
  test() {
    fresh();
    const mark = performance.mark("a");
    assert(mark instanceof PerformanceMark && mark instanceof PerformanceEntry);
    assert.strictEqual(mark.name, "a");
    assert.strictEqual(mark.entryType, "mark");
    assert.strictEqual(mark.duration, 0);
    assert.strictEqual(mark.detail, null);
    assert(mark.startTime > 1e12);
    assert.strictEqual(performance.mark(5).name, "5");
    assert.throws(() => performance.mark(), wrongType("mark", 1, "string"));
    assert.throws(() => performance.mark("x", 5), wrongType("mark", 2, "Options"));
  },
};

export const marksWithOptions = {
  test() {
    fresh();
    const detail = { x: 1 };
    const mark = performance.mark("a", { detail, startTime: 5 });
    assert.strictEqual(mark.detail, detail);
    assert.strictEqual(mark.startTime, 5);
    assert.strictEqual(performance.mark("a", { startTime: -1 }).startTime, -1);
    assert.strictEqual(performance.mark("a", { startTime: "x" }).startTime, NaN);
    assert.strictEqual(performance.mark("a", null).detail, null);
    assert.throws(() => performance.mark("a", { detail: 4 }), {
      name: "TypeError",
      message: "Incorrect type for the 'detail' field on 'Options': the provided value is not of type 'JsObject'.",
    });
  },
};

export const marksOfOnesOwn = {
  test() {
    fresh();
    const mark = new PerformanceMark("x", { startTime: 4 });
    assert.strictEqual(mark.startTime, 4);
    assert.strictEqual(performance.getEntries().length, 0);
    assert.throws(() => new PerformanceMark(), {
      message: "Failed to construct 'PerformanceMark': constructor parameter 1 is not of type 'string'.",
    });
    class Own extends PerformanceMark {}
    assert.strictEqual(new Own("q").name, "q");
  },
};

export const entriesAsJson = {
  test() {
    const mark = new PerformanceMark("x", { startTime: 4 });
    assert.deepStrictEqual({ ...mark.toJSON() }, { name: "x", entryType: "mark", startTime: 4, duration: 0 });
    const detailed = performance.measure("m", { start: 1, end: 3, detail: { a: [1] } });
    assert.strictEqual(
      JSON.stringify(detailed),
      '{"name":"m","entryType":"measure","startTime":1,"duration":2,"detail":{"a":[1]}}',
    );
  },
};

export const measuresBetweenMarks = {
  test() {
    fresh();
    performance.mark("a", { startTime: 10 });
    performance.mark("a", { startTime: 20 });
    performance.mark("b", { startTime: 50 });
    const measure = performance.measure("m", "a", "b");
    assert(measure instanceof PerformanceMeasure);
    assert.strictEqual(measure.startTime, 10);
    assert.strictEqual(measure.duration, 40);
    assert.strictEqual(performance.measure("m", "nope", "b").startTime, 0);
    // Without a first mark the second counts for nothing.
    assert(performance.measure("m", undefined, "b").duration > 1e12);
    assert.strictEqual(performance.measure("m", "b", "a").duration, 0);
    assert(performance.measure("m", "a").duration > 1e12);
    assert.throws(() => performance.measure(), wrongType("measure", 1, "string"));
  },
};

export const measuresOfNumbers = {
  test() {
    fresh();
    const measured = (options) => {
      const { startTime, duration } = performance.measure("m", options);
      return [startTime, duration];
    };
    assert.deepStrictEqual(measured({ start: 1, end: 5 }), [1, 4]);
    assert.deepStrictEqual(measured({ start: 1, duration: 5 }), [1, 5]);
    assert.deepStrictEqual(measured({ start: 1, end: 2, duration: 3 }), [1, 1]);
    assert.deepStrictEqual(measured({ duration: 4 }), [0, 4]);
    assert.deepStrictEqual(measured({ end: 5 }), [0, 5]);
    assert.deepStrictEqual(measured({ start: 5, end: 1 }), [5, 0]);
    assert.deepStrictEqual(measured({ start: "a mark", end: 1 }), [NaN, 0]);
    assert.deepStrictEqual(performance.measure("m", { start: 1, detail: { z: 1 } }).detail, { z: 1 });
  },
};

export const findingEntries = {
  test() {
    fresh();
    performance.mark("a", { startTime: 2 });
    performance.mark("b", { startTime: 1 });
    performance.measure("a", { start: 0, end: 1 });
    assert.deepStrictEqual(performance.getEntries().map((entry) => entry.startTime), [2, 1, 0]);
    assert.strictEqual(performance.getEntriesByName("a").length, 2);
    assert.strictEqual(performance.getEntriesByName("a", "mark").length, 1);
    assert.strictEqual(performance.getEntriesByType("mark").length, 2);
    assert.deepStrictEqual(performance.getEntriesByType("nope"), []);
    assert.notStrictEqual(performance.getEntries(), performance.getEntries());
    assert.throws(() => performance.getEntriesByType(), wrongType("getEntriesByType", 1, "string"));
  },
};

export const clearingEntries = {
  test() {
    fresh();
    performance.mark("a");
    performance.mark("b");
    performance.measure("c");
    performance.clearMarks("a");
    assert.deepStrictEqual(performance.getEntries().map((entry) => entry.name), ["b", "c"]);
    performance.clearMarks();
    assert.deepStrictEqual(performance.getEntries().map((entry) => entry.entryType), ["measure"]);
    performance.clearMeasures("nope");
    performance.clearMeasures();
    assert.deepStrictEqual(performance.getEntries(), []);
    // By a name everything that has it goes.
    performance.mark("a");
    performance.measure("a");
    performance.clearMeasures("a");
    assert.deepStrictEqual(performance.getEntries(), []);
  },
};

export const classesThatNobodyMakes = {
  test() {
    const classes = [Performance, PerformanceEntry, PerformanceMeasure, PerformanceResourceTiming];
    for (const Class of [...classes, PerformanceObserverEntryList]) {
      assert.throws(() => new Class("x"), { name: "TypeError", message: "Illegal constructor" }, Class.name);
    }
    assert.throws(() => PerformanceEntry.prototype.name, /^TypeError: Illegal invocation/);
  },
};

export const observersSeeNothing = {
  async test() {
    assert.deepStrictEqual(PerformanceObserver.supportedEntryTypes, ["measure", "mark"]);
    let seen = 0;
    const observer = new PerformanceObserver(() => seen++);
    assert.strictEqual(observer.observe({ entryTypes: ["mark"] }), undefined);
    observer.observe({ type: "mark", buffered: true });
    performance.mark("a");
    assert.deepStrictEqual(observer.takeRecords(), []);
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.strictEqual(seen, 0);
    observer.disconnect();
    assert.throws(() => observer.observe({ entryTypes: "mark" }), {
      name: "TypeError",
      message:
        "Incorrect type for the 'entryTypes' field on 'ObserveOptions': the provided value is not of type 'Array'.",
    });
  },
};

export const whatOnlyNodeHas = {
  test() {
    assert.deepStrictEqual(eventLoopUtilization(), { idle: 0, active: 0, utilization: 0 });
    assert.deepStrictEqual(performance.eventLoopUtilization(), { idle: 0, active: 0, utilization: 0 });
    const callback = () => 5;
    assert.strictEqual(timerify(callback), callback);
    assert.strictEqual(performance.timerify(callback), callback);
    assert.throws(() => performance.timerify(5), wrongType("timerify", 1, "function"));
    assert.strictEqual(performance.markResourceTiming(), undefined);
    const timing = performance.nodeTiming;
    assert.strictEqual(timing.name, "node");
    assert.strictEqual(timing.bootstrapComplete, 0);
    assert.deepStrictEqual(timing.uvMetricsInfo, { loopCount: 0, events: 0, eventsWaiting: 0 });
  },
};

export const eventCounts = {
  test() {
    const counts = performance.eventCounts;
    assert.strictEqual(counts.size, 0);
    assert.deepStrictEqual([...counts], []);
    assert.strictEqual(counts.has("click"), false);
    assert.strictEqual(counts.get("click"), undefined);
    assert.throws(() => counts.forEach(), TypeError);
  },
};

export const whatIsNotThere = {
  test() {
    for (const [name, method] of Object.entries({ createHistogram, monitorEventLoopDelay })) {
      assert.throws(() => method(), {
        name: "Error",
        code: "ERR_METHOD_NOT_IMPLEMENTED",
        message: `The ${name} method is not implemented`,
      });
    }
  },
};

export const numbers = {
  test() {
    assert.strictEqual(constants.NODE_PERFORMANCE_GC_MAJOR, 4);
    assert.strictEqual(Object.keys(constants).length, 24);
    assert(Object.isFrozen(constants));
    assert.strictEqual(Object.keys(perf_hooks).length, 13);
  },
};
