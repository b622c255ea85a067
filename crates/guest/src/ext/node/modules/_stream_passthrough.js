// The module "node:_stream_passthrough".
(function () {
const { core } = __bootstrap;
const { PassThrough } = core.loadExtScript("ext:lopata_node/stream/stream.js");

return { default: PassThrough, PassThrough };
})();
