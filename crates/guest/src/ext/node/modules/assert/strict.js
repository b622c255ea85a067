// The module "node:assert/strict".
(function () {
const { core } = __bootstrap;
const { strict } = core.loadExtScript("ext:lopata_node/modules/assert.js");

return { ...strict, default: strict };
})();
