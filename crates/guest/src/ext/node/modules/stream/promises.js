// The module "node:stream/promises".
(function () {
const { core } = __bootstrap;
const { promises } = core.loadExtScript("ext:lopata_node/stream/stream.js");
const { finished, pipeline } = promises;

return { default: promises, finished, pipeline, promises };
})();
