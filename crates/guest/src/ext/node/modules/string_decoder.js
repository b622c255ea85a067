// The module "node:string_decoder".
(function () {
const { core } = __bootstrap;
const { StringDecoder } = core.loadExtScript("ext:deno_node/string_decoder.ts");

return { StringDecoder, default: { StringDecoder } };
})();
