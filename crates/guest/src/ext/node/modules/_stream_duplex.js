// The module "node:_stream_duplex".
(function () {
const { core } = __bootstrap;
const { Duplex } = core.loadExtScript("ext:deno_node/internal/streams/duplex.js");

return { default: Duplex, Duplex, from: Duplex.from, fromWeb: Duplex.fromWeb, toWeb: Duplex.toWeb };
})();
