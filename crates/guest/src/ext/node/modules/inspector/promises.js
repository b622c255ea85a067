// The module "node:inspector/promises", where everything throws.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { console, network } = core.loadExtScript("ext:lopata_node/stubs/inspector.js");

class Session extends EventEmitter {
  constructor() {
    super();
    throw new ERR_METHOD_NOT_IMPLEMENTED("Session");
  }

  connect() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Session.connect");
  }

  connectToMainThread() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Session.connectToMainThread");
  }

  disconnect() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Session.disconnect");
  }

  post(_method, _params, _callback) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("Session.post");
  }
}

function close() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("Inspector.close");
}

function open() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("Inspector.open");
}

function url() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("Inspector.url");
}

function waitForDebugger() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("Inspector.waitForDebugger");
}

const Network = network([
  "requestWillBeSent",
  "dataReceived",
  "responseReceived",
  "loadingFinished",
  "loadingFailed",
  "webSocketHandshakeResponseReceived",
  "webSocketClosed",
  "webSocketCreated",
  "dataSent",
]);

const all = { close, console: { ...console }, Network, open, Session, url, waitForDebugger };

return { ...all, default: all };
})();
