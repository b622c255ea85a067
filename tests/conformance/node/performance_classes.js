// The classes of `performance` where their own flag brings them, without node:perf_hooks.
import assert from "node:assert";

export const classesAreGlobal = {
  test() {
    const names = ["", "Entry", "Mark", "Measure", "Observer", "ObserverEntryList", "ResourceTiming"];
    for (const name of names) {
      assert.strictEqual(typeof globalThis[`Performance${name}`], "function", name);
      // They are of the scope's class, as all that it has.
      assert(!Object.hasOwn(globalThis, `Performance${name}`), name);
    }
    assert(performance.mark("a") instanceof PerformanceMark);
    assert(performance instanceof Performance);
    assert.strictEqual(performance.getEntriesByName("a").length, 1);
  },
};

export const membersOfNodeAreNotThere = {
  test() {
    assert.strictEqual(performance.nodeTiming, undefined);
    assert.strictEqual(performance.timerify, undefined);
    assert.strictEqual(performance.eventLoopUtilization, undefined);
    assert.strictEqual(process.getBuiltinModule("node:perf_hooks"), undefined);
  },
};

export const classesCanBeReplaced = {
  test() {
    const { PerformanceEntry } = globalThis;
    globalThis.PerformanceEntry = 5;
    assert.strictEqual(globalThis.PerformanceEntry, 5);
    delete globalThis.PerformanceEntry;
    assert.strictEqual(globalThis.PerformanceEntry, PerformanceEntry);
  },
};

export const membersAreOfTheClass = {
  test() {
    const { writable, value } = Object.getOwnPropertyDescriptor(globalThis, "performance");
    assert(writable && value === performance);
    const { mark } = Object.getOwnPropertyDescriptors(Performance.prototype);
    assert(mark.enumerable && mark.writable && typeof mark.value === "function");
    assert.strictEqual(performance.mark.name, "mark");
    assert.strictEqual(performance.mark.length, 0);
    assert(performance instanceof EventTarget);
  },
};

export const performanceIsATarget = {
  test() {
    let heard = 0;
    performance.addEventListener("mine", () => heard++);
    performance.dispatchEvent(new Event("mine"));
    assert.strictEqual(heard, 1);
  },
};
