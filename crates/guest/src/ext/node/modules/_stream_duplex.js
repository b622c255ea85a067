// The module "node:_stream_duplex".
(function () {
const { core } = __bootstrap;
const { Duplex } = core.loadExtScript("ext:lopata_node/stream/stream.js");

return { default: Duplex, Duplex, from: Duplex.from, fromWeb: Duplex.fromWeb, toWeb: Duplex.toWeb };
})();
