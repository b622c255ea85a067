// Servers. To listen is to be found by the worker's own code under a port; requests are those of its events.
(function () {
const { core } = __bootstrap;
const { default: EventEmitter } = core.loadExtScript("ext:lopata_node/modules/events.js");
const { default: stream } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { validateBoolean, validateFunction, validateInteger, validateNumber, validateObject } =
  core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { ERR_OUT_OF_RANGE, ERR_SERVER_ALREADY_LISTEN } =
  core.loadExtScript("ext:deno_node/internal/errors.ts");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { ERR_OPTION_NOT_IMPLEMENTED, ERR_SOCKET_BAD_PORT } = core.loadExtScript("ext:lopata_node/http/errors.js");
const { kUniqueHeaders, parseUniqueHeadersOption } = core.loadExtScript("ext:lopata_node/http/head.js");
const { IncomingMessage, setRequest } = core.loadExtScript("ext:lopata_node/http/incoming.js");
const { freePort, servers } = core.loadExtScript("ext:lopata_node/http/ports.js");
const { fetchResponse, ServerResponse } = core.loadExtScript("ext:lopata_node/http/response.js");

const kConnectionsCheckingInterval = Symbol("http.server.connectionsCheckingInterval");
const kIncomingMessage = Symbol("IncomingMessage");
const kServerResponse = Symbol("ServerResponse");

/** Headers of which Node takes the first, and which a Request has joined. Source: production's list. */
const NOT_JOINED = new Set([
  "authorization", "content-type", "from", "host", "if-modified-since", "if-unmodified-since", "location",
  "max-forwards", "proxy-authorization", "referer", "user-agent",
]);

/** What stands before the first comma that is in no quotes. @param {string} value */
function firstValue(value) {
  if (!value.includes(",")) return value;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (character === "\\" && isQuoted) {
      at++;
    } else if (character === '"') {
      isQuoted = !isQuoted;
    } else if (character === "," && !isQuoted) {
      return value.slice(0, at).trim();
    }
  }
  return value;
}

/** Refuses what only a socket could do. @param {object} options @param {string} name @param {number} [min] */
function refuse(options, name, min) {
  if (options[name] === undefined) return;
  validateInteger(options[name], name, min);
  throw new ERR_OPTION_NOT_IMPLEMENTED(name);
}

/** A setting from the options. @returns its value */
function setting(options, name, otherwise) {
  if (options[name] === undefined) return otherwise;
  if (typeof otherwise === "boolean") {
    validateBoolean(options[name], `options.${name}`);
  } else {
    validateInteger(options[name], name, 0);
  }
  return options[name];
}

/** Takes a server's options over. @this {Server} */
function storeHTTPOptions(options) {
  this[kIncomingMessage] = options.IncomingMessage || IncomingMessage;
  this[kServerResponse] = options.ServerResponse || ServerResponse;
  refuse(options, "maxHeaderSize", 0);
  setting(options, "insecureHTTPParser", false);
  this.requestTimeout = setting(options, "requestTimeout", 300_000);
  this.headersTimeout = setting(options, "headersTimeout", Math.min(60_000, this.requestTimeout));
  if (this.requestTimeout > 0 && this.headersTimeout > this.requestTimeout) {
    throw new ERR_OUT_OF_RANGE("headersTimeout", "<= requestTimeout", this.headersTimeout);
  }
  refuse(options, "keepAliveTimeout", 0);
  refuse(options, "keepAliveTimeoutBuffer");
  refuse(options, "connectionsCheckingInterval", 0);
  this.requireHostHeader = setting(options, "requireHostHeader", true);
  this.joinDuplicateHeaders = setting(options, "joinDuplicateHeaders", false);
  this.rejectNonStandardBodyWrites = setting(options, "rejectNonStandardBodyWrites", false);
}

/** The port among the arguments of `listen`; zero for any. @param {unknown[]} args */
function portOf([first]) {
  let port = first;
  if (typeof first === "object" && first !== null) {
    port = first.port;
  } else if (typeof first === "string" && !(Number(first) >= 0)) {
    // The path of a socket.
    return 0;
  }
  if (typeof port !== "number" && typeof port !== "string") return 0;
  const isPort = String(port).trim() !== "" && Number(port) === Number(port) >>> 0 && Number(port) <= 0xffff;
  if (!isPort) throw new ERR_SOCKET_BAD_PORT("options.port", port);
  return Number(port);
}

class Server extends EventEmitter {
  [kIncomingMessage] = IncomingMessage;
  [kServerResponse] = ServerResponse;
  [kConnectionsCheckingInterval];
  [kUniqueHeaders] = null;
  httpAllowHalfOpen = false;
  timeout = 0;
  maxHeadersCount = null;
  maxRequestsPerSocket = 0;
  connectionsCheckingInterval = 30_000;
  requestTimeout = 300_000;
  headersTimeout = 60_000;
  requireHostHeader = false;
  joinDuplicateHeaders = false;
  rejectNonStandardBodyWrites = false;
  keepAliveTimeout = 5_000;
  keepAliveTimeoutBuffer = 1_000;
  highWaterMark = stream.getDefaultHighWaterMark();
  /** The port it listens to, if it does. */
  #port = null;

  constructor(options, requestListener) {
    if (!compat.has("enable_nodejs_http_server_modules")) throw notImplemented("Server");
    super();
    if (options !== undefined && options !== null) storeHTTPOptions.call(this, options);
    if (options?.highWaterMark !== undefined) {
      validateNumber(options.highWaterMark, "options.highWaterMark");
      if (options.highWaterMark > 0) this.highWaterMark = options.highWaterMark;
    }
    if (typeof options === "function") {
      requestListener = options;
      options = undefined;
    } else if (options !== undefined && options !== null) {
      validateObject(options, "options");
    }
    if (requestListener) this.on("request", requestListener);
    this[kUniqueHeaders] = parseUniqueHeadersOption(options?.uniqueHeaders);
  }

  close(callback) {
    httpServerPreClose(this);
    if (this.#port !== null) servers.delete(this.#port);
    this.#port = null;
    if (typeof callback === "function") this.once("close", callback);
    queueMicrotask(() => this.emit("close"));
    return this;
  }

  closeAllConnections() {}

  closeIdleConnections() {}

  setTimeout(msecs, callback) {
    if (typeof msecs === "function") {
      callback = msecs;
    } else if (typeof msecs === "number") {
      this.timeout = msecs;
    }
    if (typeof callback === "function") this.once("timeout", callback);
    return this;
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async #serve(request, env, ctx) {
    const message = this.#incoming(request, env, ctx);
    const response = new this[kServerResponse](message, { highWaterMark: this.highWaterMark });
    try {
      this.emit("connection", this, message);
      this.emit("request", message, response);
      return await fetchResponse(response);
    } catch (error) {
      response.destroy(error);
      throw error;
    }
  }

  #incoming(request, env, ctx) {
    const message = new this[kIncomingMessage]();
    setRequest(message, request, this.#port);
    const url = new URL(request.url);
    message.url = url.pathname + url.search;
    message.method = request.method;
    const lines = [];
    for (const [name, value] of request.headers) lines.push(name, NOT_JOINED.has(name) ? firstValue(value) : value);
    message._addHeaderLines(lines, lines.length);
    message.cloudflare = { env, ctx };
    if ("cf" in request) message.cloudflare.cf = request.cf;
    return message;
  }

  listen(...args) {
    const wanted = portOf(args);
    if (this.#port !== null || servers.has(wanted)) throw new ERR_SERVER_ALREADY_LISTEN();
    const callback = args.at(-1);
    if (typeof callback === "function") this.once("listening", callback);
    this.#port = wanted === 0 ? freePort() : wanted;
    servers.set(this.#port, (request, env, ctx) => this.#serve(request, env, ctx));
    queueMicrotask(() => this.emit("listening"));
    return this;
  }

  getConnections(callback) {
    if (callback) {
      validateFunction(callback, "callback");
      queueMicrotask(() => callback(null, 0));
    }
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  get listening() {
    return this.#port !== null;
  }

  address() {
    return this.#port === null ? null : { port: this.#port, family: "IPv4", address: "127.0.0.1" };
  }

  get maxConnections() {
    return Infinity;
  }

  get connections() {
    return 0;
  }

  async [Symbol.asyncDispose]() {
    await new Promise((resolve) => this.close(resolve));
  }
}

/** @param {Server} server */
function httpServerPreClose(server) {
  server.closeIdleConnections();
  clearInterval(server[kConnectionsCheckingInterval]);
}

function setupConnectionsTracking() {
  throw notImplemented("setupConnectionsTracking");
}

function _connectionListener() {
  throw notImplemented("_connectionListener");
}

return {
  _connectionListener,
  httpServerPreClose,
  kConnectionsCheckingInterval,
  kIncomingMessage,
  kServerResponse,
  Server,
  setupConnectionsTracking,
  storeHTTPOptions,
};
})();
