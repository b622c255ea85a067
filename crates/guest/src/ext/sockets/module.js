// The module "cloudflare:sockets".
(function () {
const { core } = __bootstrap;
const { connectOutbound } = core.loadExtScript("ext:lopata/sockets/sockets.js");

/**
 * Opens a connection over the network.
 * @param {string | { hostname: string, port: number }} address
 * @param {object} [options]
 */
function connect(address, options) {
  return connectOutbound(address, options);
}

return { connect };
})();
