// The module "node:stream/promises".
(function () {
const { core } = __bootstrap;
const { promises } = core.loadExtScript("ext:deno_node/stream.ts");
const { finished, pipeline } = promises;

return { default: promises, finished, pipeline, promises };
})();
