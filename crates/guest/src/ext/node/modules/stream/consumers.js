// The module "node:stream/consumers".
(function () {
const { core } = __bootstrap;
const { arrayBuffer, blob, buffer, json, text } = core.loadExtScript("ext:deno_node/stream/consumers.js");
const consumers = { arrayBuffer, blob, buffer, text, json };

return { ...consumers, default: consumers };
})();
