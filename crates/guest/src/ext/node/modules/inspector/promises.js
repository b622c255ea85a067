// The module "node:inspector/promises", where everything throws.
(function () {
const { core } = __bootstrap;
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { console, network, sessionClass } = core.loadExtScript("ext:lopata_node/stubs/inspector.js");

const Session = sessionClass();

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
