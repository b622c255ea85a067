// The module "node:http2": constants and defaults; neither clients nor servers.
(function () {
const { core } = __bootstrap;
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { constants } = core.loadExtScript("ext:lopata_node/stubs/http2_constants.js");

const classes = ["Http2ServerRequest", "Http2ServerResponse"].map((name) =>
  // Nameless in production.
  (() =>
    class {
      constructor() {
        throw new ERR_METHOD_NOT_IMPLEMENTED(`http2.${name}`);
      }
    })()
);
const { 0: Http2ServerRequest, 1: Http2ServerResponse } = classes;

function createSecureServer(..._args) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("http2.createSecureServer");
}

function createServer(..._args) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("http2.createServer");
}

function connect(..._args) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("http2.connect");
}

/** The settings are those of its prototype, so it has no keys. */
function getDefaultSettings(..._args) {
  return Object.create({
    headerTableSize: 4096,
    enablePush: true,
    initialWindowSize: 65535,
    maxFrameSize: 16384,
    maxConcurrentStreams: 4294967295,
    maxHeaderSize: 65535,
    maxHeaderListSize: 65535,
    enableConnectProtocol: false,
  });
}

function getPackedSettings(..._args) {
  const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
  return Buffer.alloc(0);
}

function getUnpackedSettings(..._args) {
  return {};
}

function performServerHandshake(..._args) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("http2.performServerHandshake");
}

const sensitiveHeaders = Symbol("nodejs.http2.sensitiveHeaders");

const all = {
  constants,
  createSecureServer,
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  connect,
  getDefaultSettings,
  getPackedSettings,
  getUnpackedSettings,
  performServerHandshake,
  sensitiveHeaders,
};

return { ...all, default: all };
})();
