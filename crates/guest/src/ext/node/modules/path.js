// The module "node:path": paths are those of POSIX.
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/path/base.js").pathOf("posix");
})();
