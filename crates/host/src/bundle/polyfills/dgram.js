// Sockets that send nothing.
import { EventEmitter } from "node:events";

export const _createSocketHandle = () => {};

export class Socket extends EventEmitter {
  bind() {
    return this;
  }
  close() {
    return this;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  getRecvBufferSize() {
    return 1e5;
  }
  getSendBufferSize() {
    return 1e4;
  }
  getSendQueueSize() {
    return 0;
  }
  getSendQueueCount() {
    return 0;
  }
  setMulticastLoopback() {
    return false;
  }
  setMulticastTTL() {
    return 0;
  }
  setTTL() {
    return 0;
  }
  address() {
    return { address: "127.0.0.1", family: "IPv4", port: 1234 };
  }
  remoteAddress() {
    return { address: "127.0.0.1", family: "IPv4", port: 1234 };
  }
  async [Symbol.asyncDispose]() {}
}
for (
  const name of [
    "addMembership", "addSourceSpecificMembership", "connect", "disconnect", "dropMembership",
    "dropSourceSpecificMembership", "send", "setSendBufferSize", "setBroadcast", "setRecvBufferSize",
    "setMulticastInterface",
  ]
) {
  Object.defineProperty(Socket.prototype, name, { value() {}, writable: true, configurable: true });
}

export const createSocket = () => new Socket();
