// The module "node:_stream_transform".
(function () {
const { core } = __bootstrap;
const { Transform } = core.loadExtScript("ext:deno_node/internal/streams/transform.js");

return { default: Transform, Transform };
})();
