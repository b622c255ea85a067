// Node's globals, which come with the second version of its compatibility, and those of its timers.
import assert from "node:assert";
import { Buffer as NodeBuffer } from "node:buffer";
import nodeProcess from "node:process";
import timers from "node:timers";

const flags = Cloudflare.compatibilityFlags;
const V2 = flags.nodejs_compat_v2 === true;

export const presentWithTheSecondVersion = {
  test() {
    for (const name of ["Buffer", "process", "global", "setImmediate", "clearImmediate"]) {
      assert.strictEqual(name in globalThis, V2, name);
    }
  },
};

export const theyAreTheModules = {
  test() {
    if (!V2) return;
    assert.strictEqual(globalThis.Buffer, NodeBuffer);
    assert.strictEqual(globalThis.process, nodeProcess);
    assert.strictEqual(globalThis.global, globalThis);
  },
};

export const theyCanBeReplaced = {
  test() {
    if (!V2) return;
    const before = globalThis.process;
    globalThis.process = "mine";
    assert.strictEqual(process, "mine");
    globalThis.process = before;
    assert.strictEqual(process, before);
  },
};

export const immediatesRunAfterTimers = {
  async test() {
    const log = [];
    const { setImmediate } = timers;
    setImmediate((value) => log.push(value), "immediate");
    queueMicrotask(() => log.push("microtask"));
    await scheduler.wait(5);
    assert.deepStrictEqual(log, ["microtask", "immediate"]);
  },
};

export const timersAreObjectsByFlag = {
  test() {
    const timer = setTimeout(() => {}, 1000);
    assert.strictEqual(typeof timer, flags.enable_nodejs_global_timers ? "object" : "number");
    clearTimeout(timer);
    const interval = setInterval(() => {}, 1000);
    assert.strictEqual(typeof interval, flags.enable_nodejs_global_timers ? "object" : "number");
    clearInterval(interval);
  },
};

export const aTimersNumberClearsIt = {
  async test() {
    let ran = false;
    const timer = setTimeout(() => {
      ran = true;
    }, 1);
    clearTimeout(+timer);
    await scheduler.wait(5);
    assert.strictEqual(ran, false);
  },
};
