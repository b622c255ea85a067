// The module "node:path/win32".
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/path/base.js").pathOf("win32");
})();
