// The module "node:_http_common".
(function () {
const { core } = __bootstrap;
const { kIncomingMessage } = core.loadExtScript("ext:lopata_node/http/server.js");
const tokens = core.loadExtScript("ext:lopata_node/http/tokens.js");

const common = {
  _checkIsHttpToken: tokens._checkIsHttpToken,
  _checkInvalidHeaderChar: tokens._checkInvalidHeaderChar,
  chunkExpression: tokens.chunkExpression,
  CRLF: "\r\n",
  continueExpression: tokens.continueExpression,
  methods: tokens.METHODS,
  // Nobody parses anything here.
  parsers: { name: "parsers", max: 1000 },
  kIncomingMessage,
};

return { ...common, default: common };
})();
