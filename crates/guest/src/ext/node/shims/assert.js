// What scripts of `deno_node` take of their own assertions: ours.
(function () {
const { core } = __bootstrap;

return core.loadExtScript("ext:lopata_node/modules/assert.js");
})();
