// The module "node:_http_server".
(function () {
const { core } = __bootstrap;
const server = core.loadExtScript("ext:lopata_node/http/server.js");
const { ServerResponse } = core.loadExtScript("ext:lopata_node/http/response.js");
const { STATUS_CODES } = core.loadExtScript("ext:lopata_node/http/tokens.js");

const parts = {
  STATUS_CODES,
  Server: server.Server,
  ServerResponse,
  setupConnectionsTracking: server.setupConnectionsTracking,
  storeHTTPOptions: server.storeHTTPOptions,
  _connectionListener: server._connectionListener,
  kServerResponse: server.kServerResponse,
  httpServerPreClose: server.httpServerPreClose,
  kConnectionsCheckingInterval: server.kConnectionsCheckingInterval,
};

return { ...parts, default: parts };
})();
