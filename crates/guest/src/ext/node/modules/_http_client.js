// The module "node:_http_client".
(function () {
const { core } = __bootstrap;
const { ClientRequest } = core.loadExtScript("ext:lopata_node/http/client.js");

return { ClientRequest, default: { ClientRequest } };
})();
