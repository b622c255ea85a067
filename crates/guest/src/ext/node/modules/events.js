// The module "node:events".
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty } = primordials;
const node = core.loadExtScript("ext:deno_node/_events.mjs");
const { EventEmitter } = node;

ObjectDefineProperty(node.getMaxListeners, "name", { __proto__: null, value: "_getMaxListeners", configurable: true });
ObjectDefineProperty(EventEmitter.prototype.listenerCount, "length", { __proto__: null, value: 1, configurable: true });

return {
  addAbortListener: node.addAbortListener,
  captureRejections: EventEmitter.captureRejections,
  captureRejectionSymbol: node.captureRejectionSymbol,
  default: EventEmitter,
  defaultMaxListeners: node.defaultMaxListeners,
  errorMonitor: node.errorMonitor,
  EventEmitter,
  EventEmitterAsyncResource: node.EventEmitterAsyncResource,
  getEventListeners: node.getEventListeners,
  getMaxListeners: node.getMaxListeners,
  listenerCount: node.listenerCount,
  on: node.on,
  once: node.once,
  setMaxListeners: node.setMaxListeners,
  usingDomains: EventEmitter.usingDomains,
};
})();
