// node:cluster: the worker is the primary, and there are no others.
import assert from "node:assert";
import cluster, * as exported from "node:cluster";
import { EventEmitter } from "node:events";
import process from "node:process";

function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const thePrimary = {
  test() {
    for (const from of [cluster, exported]) {
      assert.strictEqual(from.isPrimary, true);
      assert.strictEqual(from.isMaster, true);
      assert.strictEqual(from.isWorker, false);
      assert.deepStrictEqual([from.SCHED_NONE, from.SCHED_RR, from.schedulingPolicy], [1, 2, 2]);
      assert.deepStrictEqual(from.settings, {});
      assert.deepStrictEqual(from.workers, {});
    }
    assert.deepStrictEqual([exported._events, exported._eventsCount, exported._maxListeners], [[], 0, 0]);
  },
};

export const nothingForks = {
  test() {
    for (const from of [cluster, exported]) {
      assert.throws(() => from.fork(), missing("cluster.fork"));
      assert.throws(() => from.disconnect(), missing("cluster.disconnect"));
      assert.throws(() => from.setupPrimary(), missing("cluster.setupPrimary"));
      // The text is production's, which names another function.
      assert.throws(() => from.setupMaster(), missing("cluster.setupWorker"));
    }
  },
};

export const itIsAnEmitter = {
  test() {
    assert.ok(cluster instanceof EventEmitter && cluster instanceof exported.Cluster);
    let heard;
    cluster.once("fork", (worker) => (heard = worker));
    assert.strictEqual(cluster.emit("fork", 1), true);
    assert.strictEqual(heard, 1);
  },
};

export const workers = {
  test() {
    const worker = new cluster.Worker();
    assert.ok(worker instanceof EventEmitter);
    assert.strictEqual(worker.id, 0);
    assert.strictEqual(worker.process, process);
    assert.strictEqual(worker.isDead(), true);
    assert.strictEqual(worker.isConnected(), false);
    assert.strictEqual(worker.exitedAfterDisconnect, false);
    assert.strictEqual(worker.send({}), false);
    assert.strictEqual(worker.kill(), undefined);
    assert.strictEqual(worker.disconnect(), worker);
  },
};
