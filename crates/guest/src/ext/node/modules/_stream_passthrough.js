// The module "node:_stream_passthrough".
(function () {
const { core } = __bootstrap;
const { PassThrough } = core.loadExtScript("ext:deno_node/internal/streams/passthrough.js");

return { default: PassThrough, PassThrough };
})();
