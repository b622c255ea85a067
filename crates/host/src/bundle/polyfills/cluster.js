// One process, which is the primary one and has no workers.
import { EventEmitter } from "node:events";

export const SCHED_NONE = 1;
export const SCHED_RR = 2;
export const isMaster = true;
export const isPrimary = true;
export const isWorker = false;
export const schedulingPolicy = SCHED_RR;
export const settings = {};
export const workers = {};
export const _events = [];
export const _eventsCount = 0;
export const _maxListeners = 0;

export class Worker extends EventEmitter {
  _connected = false;
  id = 0;
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
  send() {
    return false;
  }
  kill() {
    this._connected = false;
  }
  destroy() {
    this._connected = false;
  }
  disconnect() {
    this._connected = false;
    return this;
  }
}
