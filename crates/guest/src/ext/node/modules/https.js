// The module "node:https".
(function () {
const { core } = __bootstrap;
const { SecureAgent, secureGlobalAgent } = core.loadExtScript("ext:lopata_node/http/agent.js");
const { createServer, get, request, Server } = core.loadExtScript("ext:lopata_node/http/https.js");

const https = { get, request, Agent: SecureAgent, globalAgent: secureGlobalAgent, createServer, Server };

return { ...https, default: https };
})();
