// The module "node:http".
(function () {
const { core } = __bootstrap;
const { validateInteger } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { Agent, globalAgent } = core.loadExtScript("ext:lopata_node/http/agent.js");
const { ClientRequest, get, request } = core.loadExtScript("ext:lopata_node/http/client.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { IncomingMessage } = core.loadExtScript("ext:lopata_node/http/incoming.js");
const { OutgoingMessage } = core.loadExtScript("ext:lopata_node/http/outgoing.js");
const { ServerResponse } = core.loadExtScript("ext:lopata_node/http/response.js");
const { _connectionListener, Server } = core.loadExtScript("ext:lopata_node/http/server.js");
const tokens = core.loadExtScript("ext:lopata_node/http/tokens.js");

function createServer(options, handler) {
  if (!compat.has("enable_nodejs_http_server_modules")) throw notImplemented("createServer");
  return new Server(options, handler);
}

function setMaxIdleHTTPParsers(max) {
  validateInteger(max, "max", 1);
  throw notImplemented("setMaxIdleHTTPParsers");
}

const http = {
  validateHeaderName: tokens.validateHeaderName,
  validateHeaderValue: tokens.validateHeaderValue,
  METHODS: tokens.METHODS,
  STATUS_CODES: tokens.STATUS_CODES,
  ClientRequest,
  request,
  get,
  OutgoingMessage,
  Agent,
  globalAgent,
  IncomingMessage,
  Server,
  ServerResponse,
  createServer,
  maxHeaderSize: 16384,
  setMaxIdleHTTPParsers,
  _connectionListener,
  WebSocket: globalThis.WebSocket,
  CloseEvent: globalThis.CloseEvent,
  MessageEvent: globalThis.MessageEvent,
};

return { ...http, default: http };
})();
