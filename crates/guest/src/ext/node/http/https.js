// Servers and requests of https. TLS is the host's, so a server is one of http without what only TLS has.
(function () {
const { core } = __bootstrap;
const { urlToHttpOptions } = core.loadExtScript("ext:lopata_node/modules/url.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { secureGlobalAgent } = core.loadExtScript("ext:lopata_node/http/agent.js");
const { ClientRequest, isUrl } = core.loadExtScript("ext:lopata_node/http/client.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const http = core.loadExtScript("ext:lopata_node/http/server.js");

class Server extends http.Server {
  addContext() {
    throw notImplemented("addContext");
  }

  getTicketKeys() {
    throw notImplemented("getTicketKeys");
  }

  setSecureContext() {
    throw notImplemented("setSecureContext");
  }

  setTicketKeys() {
    throw notImplemented("setTicketKeys");
  }
}

function createServer(options, handler) {
  if (!compat.has("enable_nodejs_http_server_modules")) throw notImplemented("createServer");
  return new Server(options, handler);
}

function request(...args) {
  let options = {};
  if (typeof args[0] === "string") {
    options = urlToHttpOptions(new URL(args.shift()));
  } else if (isUrl(args[0])) {
    options = urlToHttpOptions(args.shift());
  }
  if (args.length > 0 && typeof args[0] !== "function") Object.assign(options, args.shift());
  options._defaultAgent = secureGlobalAgent;
  return new ClientRequest(options, ...args);
}

function get(input, options, cb) {
  const sent = request(input, options, cb);
  sent.end();
  return sent;
}

return { createServer, get, request, Server };
})();
