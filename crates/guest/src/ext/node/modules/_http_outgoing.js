// The module "node:_http_outgoing".
(function () {
const { core } = __bootstrap;
const { kUniqueHeaders, parseUniqueHeadersOption } = core.loadExtScript("ext:lopata_node/http/head.js");
const { kHighWaterMark, OutgoingMessage } = core.loadExtScript("ext:lopata_node/http/outgoing.js");
const { validateHeaderName, validateHeaderValue } = core.loadExtScript("ext:lopata_node/http/tokens.js");

const outgoing = {
  validateHeaderName,
  validateHeaderValue,
  kUniqueHeaders,
  kHighWaterMark,
  parseUniqueHeadersOption,
  OutgoingMessage,
};

return { ...outgoing, default: outgoing };
})();
