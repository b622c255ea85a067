// The module "node:_http_incoming".
(function () {
const { core } = __bootstrap;
const { IncomingMessage } = core.loadExtScript("ext:lopata_node/http/incoming.js");

return { IncomingMessage, default: { IncomingMessage } };
})();
