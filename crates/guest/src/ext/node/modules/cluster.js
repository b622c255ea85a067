// The module "node:cluster": a worker is always the primary, and forks nothing.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");

const SCHED_NONE = 1;
const SCHED_RR = 2;
const isMaster = true;
const isPrimary = true;
const isWorker = false;
const schedulingPolicy = SCHED_RR;
const settings = {};
const workers = {};

function fork(_env) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("cluster.fork");
}

function disconnect(_callback) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("cluster.disconnect");
}

function setupPrimary(_settings) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("cluster.setupPrimary");
}

/** Production's text names a function that does not exist. */
function setupMaster(_settings) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("cluster.setupWorker");
}

class Worker extends EventEmitter {
  _connected = false;
  id = 0;

  constructor(_options) {
    super();
  }

  get process() {
    return globalThis.process;
  }

  get exitedAfterDisconnect() {
    return this._connected;
  }

  isConnected() {
    return this._connected;
  }

  isDead() {
    return true;
  }

  send(_message, _handle, _options, _callback) {
    return false;
  }

  kill(_signal) {
    this._connected = false;
  }

  destroy(_signal) {
    this._connected = false;
  }

  disconnect() {
    this._connected = false;
    return this;
  }
}

class Cluster extends EventEmitter {
  Worker = Worker;
  isMaster = isMaster;
  isPrimary = isPrimary;
  isWorker = isWorker;
  SCHED_NONE = SCHED_NONE;
  SCHED_RR = SCHED_RR;
  schedulingPolicy = schedulingPolicy;
  settings = settings;
  workers = workers;

  setupPrimary(settings) {
    setupPrimary(settings);
  }

  setupMaster(settings) {
    setupMaster(settings);
  }

  disconnect() {
    disconnect();
  }

  fork(env) {
    return fork(env);
  }
}

return {
  Cluster,
  SCHED_NONE,
  SCHED_RR,
  Worker,
  _events: [],
  _eventsCount: 0,
  _maxListeners: 0,
  disconnect,
  fork,
  isMaster,
  isPrimary,
  isWorker,
  schedulingPolicy,
  settings,
  setupMaster,
  setupPrimary,
  workers,
  default: new Cluster(),
};
})();
