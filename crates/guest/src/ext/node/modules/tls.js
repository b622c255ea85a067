// The module "node:tls".
(function () {
const { core } = __bootstrap;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { Buffer } = core.loadExtScript("ext:lopata_node/table.js").load("buffer");
const { createSecureContext, SecureContext } = core.loadExtScript("ext:lopata_node/net/context.js");
const { checkServerIdentity } = core.loadExtScript("ext:lopata_node/net/identity.js");
const { connect, TLSSocket } = core.loadExtScript("ext:lopata_node/net/tls_socket.js");
const { ERR_OUT_OF_RANGE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");

function Server() {
  throw new Error("Not implemented");
}

function createServer() {
  throw new Error("Not implemented");
}

function getCiphers() {
  throw new Error("Not implemented");
}

function createSecurePair() {
  throw notImplemented("createSecurePair");
}

/** Names of protocols as they are sent: each with its length before it. */
function list(protocols) {
  const pieces = protocols.map((protocol, i) => {
    const length = Buffer.byteLength(protocol);
    if (length > 255) {
      const message = `The byte length of the protocol at index ${i} exceeds the maximum length.`;
      throw new ERR_OUT_OF_RANGE(message, "<= 255", length, true);
    }
    return Buffer.concat([Buffer.from([length]), Buffer.from(protocol)]);
  });
  return Buffer.concat(pieces);
}

/** @param {unknown} protocols a list, or its bytes @param {{ ALPNProtocols?: Buffer }} out */
function convertALPNProtocols(protocols, out) {
  if (Array.isArray(protocols)) {
    out.ALPNProtocols = list(protocols);
  } else if (ArrayBuffer.isView(protocols)) {
    const { buffer, byteLength, byteOffset } = protocols;
    out.ALPNProtocols = Buffer.from(buffer.slice(byteOffset, byteOffset + byteLength));
  }
}

const tls = {
  SecureContext,
  Server,
  TLSSocket,
  connect,
  createSecureContext,
  createServer,
  checkServerIdentity,
  convertALPNProtocols,
  getCiphers,
  createSecurePair: compat.has("remove_nodejs_compat_eol_v24") ? undefined : createSecurePair,
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_CIPHERS: "",
  DEFAULT_ECDH_CURVE: "auto",
  DEFAULT_MAX_VERSION: "TLSv1.3",
  DEFAULT_MIN_VERSION: "TLSv1.2",
  rootCertificates: [],
};

return { ...tls, default: tls };
})();
