// The module "node:stream".
(function () {
const { core } = __bootstrap;
const stream = core.loadExtScript("ext:deno_node/stream.ts");

return { ...stream };
})();
