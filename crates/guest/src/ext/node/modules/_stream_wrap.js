// The module "node:_stream_wrap".
(function () {
const { core } = __bootstrap;
const { JSStreamSocket } = core.loadExtScript("ext:lopata_node/net/wrapped.js");

return { default: JSStreamSocket };
})();
