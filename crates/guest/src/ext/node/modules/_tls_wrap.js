// The module "node:_tls_wrap".
(function () {
const { core } = __bootstrap;
const { connect, TLSSocket } = core.loadExtScript("ext:lopata_node/net/tls_socket.js");

const wrap = { connect, TLSSocket };

return { ...wrap, default: wrap };
})();
