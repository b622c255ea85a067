// The main thread, which is the only one.
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";

export class BroadcastChannel {
  name = "";
  onmessage = () => {};
  onmessageerror = () => {};
  close() {}
  postMessage() {}
  ref() {
    return this;
  }
  unref() {
    return this;
  }
}

export class MessagePort extends EventEmitter {
  close() {}
  postMessage() {}
  ref() {}
  unref() {}
  start() {}
  addEventListener(type, listener) {
    this.on(type, listener);
  }
  removeEventListener(type, listener) {
    this.off(type, listener);
  }
  dispatchEvent(event) {
    return this.emit(event.type, event);
  }
}

export class MessageChannel {
  port1 = new MessagePort();
  port2 = new MessagePort();
}

export class Worker extends EventEmitter {
  stdin = null;
  stdout = new Readable();
  stderr = new Readable();
  threadId = 0;
  performance = { eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }) };
  postMessage() {}
  postMessageToThread() {
    return Promise.resolve();
  }
  ref() {}
  unref() {}
  terminate() {
    return Promise.resolve(0);
  }
  getHeapSnapshot() {
    return Promise.resolve(new Readable());
  }
}

const data = new Map();
export const getEnvironmentData = (key) => data.get(key);
export const setEnvironmentData = (key, value) => {
  data.set(key, value);
};
export const SHARE_ENV = Symbol.for("nodejs.worker_threads.SHARE_ENV");
export const isInternalThread = false;
export const isMainThread = true;
export const isMarkedAsUntransferable = () => false;
export const markAsUncloneable = () => {};
export const markAsUntransferable = () => {};
export const moveMessagePortToContext = () => new MessagePort();
export const parentPort = null;
export const receiveMessageOnPort = () => undefined;
export const resourceLimits = {};
export const threadId = 0;
export const workerData = null;
