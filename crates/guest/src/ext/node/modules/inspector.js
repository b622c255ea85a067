// The module "node:inspector": no worker can debug itself. What would only watch does nothing; sessions throw.
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

function close() {}

function open(_port, _host, _wait) {
  return {
    [Symbol.dispose]() {
      return Promise.resolve();
    },
  };
}

function url() {
  return undefined;
}

function waitForDebugger() {}

const Network = network([
  "requestWillBeSent",
  "dataReceived",
  "dataSent",
  "responseReceived",
  "loadingFinished",
  "loadingFailed",
  "webSocketCreated",
  "webSocketHandshakeResponseReceived",
  "webSocketClosed",
]);

const all = { Session, close, console, open, url, waitForDebugger, Network };

return { ...all, default: all };
})();
