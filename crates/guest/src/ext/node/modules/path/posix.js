// The module "node:path/posix".
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/path/base.js").pathOf("posix");
})();
