// The module "node:stream".
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/stream/stream.js");
})();
