// The module "node:sys".
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/modules/util.js");
})();
