// The module "node:worker_threads": the worker is the only thread there is, and starts no other.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const { MessageChannel, MessagePort } = globalThis;

/** A promise that is rejected, as whatever asks another thread is. @param {string} what */
async function missing(what) {
  throw new ERR_METHOD_NOT_IMPLEMENTED(what);
}

class BroadcastChannel {
  constructor() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("BroadcastChannel");
  }
}

class Worker extends EventEmitter {
  stdin = null;
  stderr;
  stdout;
  threadId;
  threadName = "workerd";
  performance;

  constructor() {
    super();
    throw new ERR_METHOD_NOT_IMPLEMENTED("Worker");
  }

  cpuUsage(_previous) {
    return missing("Worker.cpuUsage");
  }

  postMessage(_value, _transfer) {}

  async postMessageToThread(_threadId, _value, _transfer, _timeout) {}

  ref() {}

  unref() {}

  async terminate() {
    return missing("Worker.terminate");
  }

  async getHeapSnapshot() {
    return missing("Worker.getHeapSnapshot");
  }

  async getHeapStatistics() {
    return missing("Worker.getHeapStatistics");
  }

  async startCpuProfile() {
    return missing("Worker.startCpuProfile");
  }

  async startHeapProfile() {
    return missing("Worker.startHeapProfile");
  }

  async [Symbol.asyncDispose]() {}
}

const SHARE_ENV = Symbol.for("nodejs.worker_threads.SHARE_ENV");
const environmentData = new Map();

function getEnvironmentData(key) {
  return environmentData.get(key);
}

const isMainThread = true;

function isMarkedAsUntransferable(_value) {
  return false;
}

function markAsUntransferable(_value) {}

function markAsUncloneable(_value) {}

function moveMessagePortToContext(_port, _context) {
  // Nobody can make one, which is what this says.
  return new MessagePort();
}

const parentPort = null;

function receiveMessageOnPort(_port) {
  return undefined;
}

const resourceLimits = {};

function setEnvironmentData(key, value) {
  environmentData.set(key, value);
}

function postMessageToThread(_threadId, _value, _transfer, _timeout) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("postMessageToThread");
}

const threadId = 0;
const workerData = null;
const isInternalThread = false;

const all = {
  BroadcastChannel,
  MessageChannel,
  MessagePort,
  Worker,
  SHARE_ENV,
  getEnvironmentData,
  isMainThread,
  isMarkedAsUntransferable,
  markAsUntransferable,
  markAsUncloneable,
  moveMessagePortToContext,
  parentPort,
  receiveMessageOnPort,
  resourceLimits,
  setEnvironmentData,
  postMessageToThread,
  threadId,
  workerData,
  isInternalThread,
};

return { ...all, default: all };
})();
