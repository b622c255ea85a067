// The module "node:_tls_common".
(function () {
const { core } = __bootstrap;
const { createSecureContext, SecureContext, translatePeerCertificate } = core.loadExtScript(
  "ext:lopata_node/net/context.js",
);

const common = { createSecureContext, SecureContext, translatePeerCertificate };

return { ...common, default: common };
})();
