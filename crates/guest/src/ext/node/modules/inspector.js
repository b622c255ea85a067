// The module "node:inspector": no worker can debug itself. What would only watch does nothing; sessions throw.
(function () {
const { core } = __bootstrap;
const { console, network, sessionClass } = core.loadExtScript("ext:lopata_node/stubs/inspector.js");

const Session = sessionClass();

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
