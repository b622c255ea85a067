// node:worker_threads: there is one thread.
import assert from "node:assert";
import { EventEmitter } from "node:events";
import * as threads from "node:worker_threads";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const theMainThread = {
  test() {
    assert.strictEqual(threads.isMainThread, true);
    assert.strictEqual(threads.isInternalThread, false);
    assert.strictEqual(threads.threadId, 0);
    assert.strictEqual(threads.parentPort, null);
    assert.strictEqual(threads.workerData, null);
    assert.deepStrictEqual(threads.resourceLimits, {});
    assert.strictEqual(threads.SHARE_ENV, Symbol.for("nodejs.worker_threads.SHARE_ENV"));
    for (const name of Object.keys(threads.default)) assert.strictEqual(threads.default[name], threads[name], name);
    assert.strictEqual(Object.keys(threads.default).length, 19);
  },
};

export const noneStarts = {
  test() {
    assert.throws(() => new threads.Worker("./x.js"), missing("Worker"));
    assert.throws(() => new threads.Worker("1", { eval: true }), missing("Worker"));
    assert.strictEqual(Object.getPrototypeOf(threads.Worker), EventEmitter);
    assert.throws(() => new threads.BroadcastChannel("x"), missing("BroadcastChannel"));
    assert.throws(() => threads.postMessageToThread(1, "x"), missing("postMessageToThread"));
  },
};

export const methodsOfAThread = {
  async test() {
    const { prototype } = threads.Worker;
    assert.strictEqual(prototype.postMessage("x"), undefined);
    assert.strictEqual(prototype.unref(), undefined);
    assert.strictEqual(await prototype.postMessageToThread(1, "x"), undefined);
    for (const name of ["terminate", "getHeapSnapshot", "getHeapStatistics", "startCpuProfile", "startHeapProfile", "cpuUsage"]) {
      await assert.rejects(prototype[name](), missing(`Worker.${name}`));
    }
  },
};

export const channelsAreTheGlobalOnes = {
  async test() {
    assert.strictEqual(threads.MessageChannel, globalThis.MessageChannel);
    assert.strictEqual(threads.MessagePort, globalThis.MessagePort);
    const { port1, port2 } = new threads.MessageChannel();
    const heard = new Promise((resolve) => (port2.onmessage = (event) => resolve(event.data)));
    port1.postMessage({ a: 1 });
    assert.deepStrictEqual(await heard, { a: 1 });
    assert.strictEqual(threads.receiveMessageOnPort(port2), undefined);
    assert.throws(() => threads.moveMessagePortToContext(port2, {}), { name: "TypeError", message: "Illegal constructor" });
  },
};

export const environmentData = {
  test() {
    const key = {};
    assert.strictEqual(threads.getEnvironmentData(key), undefined);
    threads.setEnvironmentData(key, "value");
    assert.strictEqual(threads.getEnvironmentData(key), "value");
    threads.setEnvironmentData(key, undefined);
    assert.strictEqual(threads.getEnvironmentData(key), undefined);
  },
};

export const marks = {
  test() {
    const value = {};
    assert.strictEqual(threads.markAsUntransferable(value), undefined);
    assert.strictEqual(threads.markAsUncloneable(value), undefined);
    assert.strictEqual(threads.isMarkedAsUntransferable(value), false);
  },
};
