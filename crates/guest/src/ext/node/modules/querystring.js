// The module "node:querystring".
(function () {
const { core } = __bootstrap;
const node = core.loadExtScript("ext:deno_node/querystring.js").default;

const querystring = {
  decode: node.parse,
  encode: node.stringify,
  escape: node.escape,
  parse: node.parse,
  stringify: node.stringify,
  unescape: node.unescape,
  unescapeBuffer: node.unescapeBuffer,
};

return { ...querystring, default: querystring };
})();
