// Agents: they carry their options. Connections are the host's, so there is nothing to pool.
(function () {
const { core } = __bootstrap;
const { default: EventEmitter } = core.loadExtScript("ext:lopata_node/modules/events.js");
const { validateNumber, validateOneOf } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");

class Agent extends EventEmitter {
  static defaultMaxSockets = Infinity;

  defaultPort;
  protocol;
  options;
  agentKeepAliveTimeoutBuffer = 1000;
  keepAliveMsecs = 1000;
  keepAlive = false;
  maxSockets;
  maxFreeSockets;
  scheduling = "lifo";
  maxTotalSockets;
  totalSocketCount;
  freeSockets = {};
  sockets = {};
  requests = {};

  constructor(options) {
    super({});
    const own = { __proto__: null, ...options };
    this.options = own;
    this.defaultPort = own.defaultPort || 80;
    this.protocol = own.protocol || "http:";
    own.path = null;
    if (!("proxyEnv" in own)) own.proxyEnv = undefined;
    own.noDelay ??= true;
    this.keepAliveMsecs = own.keepAliveMsecs || 1000;
    this.keepAlive = own.keepAlive || false;
    this.maxSockets = own.maxSockets || Agent.defaultMaxSockets;
    this.maxFreeSockets = own.maxFreeSockets || 256;
    this.scheduling = own.scheduling || "lifo";
    this.totalSocketCount = 0;
    validateOneOf(this.scheduling, "scheduling", ["fifo", "lifo"]);
    if (own.maxTotalSockets !== undefined) validateNumber(own.maxTotalSockets, "maxTotalSockets", 1);
    this.maxTotalSockets = own.maxTotalSockets ?? Infinity;
  }

  createConnection(_options, _callback) {
    throw notImplemented("createConnection");
  }

  getName(options = {}) {
    let name = `${options.host || "localhost"}:${options.port || ""}:${options.localAddress || ""}`;
    if (options.family === 4 || options.family === 6) name += `:${options.family}`;
    if (options.socketPath) name += `:${options.socketPath}`;
    return name;
  }

  addRequest(_request, _options) {}

  createSocket(_request, _options, _callback) {}

  removeSocket(_socket) {}

  keepSocketAlive(_socket) {
    return false;
  }

  reuseSocket(_socket, _request) {}

  destroy(_error) {}
}

/** The options of an https agent's name, in their order; true for those that count although they are false. */
const NAMED = [
  ["ca"], ["cert"], ["clientCertEngine"], ["ciphers"], ["key"], ["pfx"], ["rejectUnauthorized", true], ["servername"],
  ["minVersion"], ["maxVersion"], ["secureProtocol"], ["crl"], ["honorCipherOrder", true], ["ecdhCurve"], ["dhparam"],
  ["secureOptions", true], ["sessionIdContext"], ["sigalgs"], ["privateKeyIdentifier"], ["privateKeyEngine"],
];

/** The agent of https, which has the same name. */
const SecureAgent = { Agent: class extends Agent {
  maxCachedSessions = 100;

  constructor(options) {
    super({ ...options, defaultPort: options?.defaultPort ?? 443, protocol: options?.protocol ?? "https:" });
  }

  getName(options = {}) {
    let name = super.getName(options);
    for (const [option, always] of NAMED) {
      const value = options[option];
      const counts = always ? value !== undefined : value && !(option === "servername" && value === options.host);
      name += `:${counts ? (option === "sigalgs" ? JSON.stringify(value) : value) : ""}`;
    }
    return name;
  }
} }.Agent;

const SHARED = { keepAlive: true, scheduling: "lifo", timeout: 5000 };
const globalAgent = new Agent(SHARED);
const secureGlobalAgent = new SecureAgent(SHARED);

return { Agent, globalAgent, SecureAgent, secureGlobalAgent };
})();
