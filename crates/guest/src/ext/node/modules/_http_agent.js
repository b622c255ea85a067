// The module "node:_http_agent".
(function () {
const { core } = __bootstrap;
const { Agent, globalAgent } = core.loadExtScript("ext:lopata_node/http/agent.js");

const agent = { Agent, globalAgent };

return { ...agent, default: agent };
})();
