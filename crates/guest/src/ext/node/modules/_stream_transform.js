// The module "node:_stream_transform".
(function () {
const { core } = __bootstrap;
const { Transform } = core.loadExtScript("ext:lopata_node/stream/stream.js");

return { default: Transform, Transform };
})();
