// The module "node:punycode".
(function () {
const { core } = __bootstrap;
const node = core.loadExtScript("ext:deno_node/punycode.ts");

const punycode = {
  version: "2.1.0",
  ucs2: node.ucs2,
  decode: node.decode,
  encode: node.encode,
  toASCII: node.toASCII,
  toUnicode: node.toUnicode,
};

return { ...punycode, default: punycode };
})();
