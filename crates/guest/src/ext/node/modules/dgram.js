// The module "node:dgram": sockets that can be made and never send or hear anything, as in production.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { validateFunction, validateObject } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

function Socket(type, callback) {
  EventEmitter.call(this);
  if (typeof type === "string") type = { type };
  validateObject(type, "type");
  if (callback !== undefined) validateFunction(callback, "callback");
  return this;
}
Object.setPrototypeOf(Socket.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Socket, EventEmitter);

/** Gives the class a method without a name of its own, which takes so many arguments. */
function method(name, length, answer) {
  const made = (() => function () {
    return answer(this);
  })();
  Object.defineProperty(made, "length", { __proto__: null, value: length, configurable: true });
  Socket.prototype[name] = made;
}

const nothing = () => undefined;
const itself = (socket) => socket;
const zero = () => 0;
const empty = () => ({});

method("bind", 3, itself);
method("connect", 3, nothing);
method("disconnect", 0, nothing);
method("sendto", 6, nothing);
method("send", 6, nothing);
method("close", 1, itself);
method("address", 0, empty);
method("remoteAddress", 0, empty);
method("setBroadcast", 1, nothing);
method("setTTL", 1, nothing);
method("setMulticastTTL", 1, nothing);
method("setMulticastLoopback", 1, nothing);
method("setMulticastInterface", 1, nothing);
method("addMembership", 2, nothing);
method("dropMembership", 2, nothing);
method("addSourceSpecificMembership", 3, nothing);
method("dropSourceSpecificMembership", 3, nothing);
method("ref", 0, itself);
method("unref", 0, itself);
method("setRecvBufferSize", 1, nothing);
method("setSendBufferSize", 1, nothing);
method("getRecvBufferSize", 0, zero);
method("getSendBufferSize", 0, zero);
method("getSendQueueSize", 0, zero);
method("getSendQueueCount", 0, zero);
Socket.prototype[Symbol.asyncDispose] = (() => async function () {})();

function createSocket(type, callback) {
  return new Socket(type, callback);
}

return { Socket, createSocket, default: { createSocket, Socket } };
})();
