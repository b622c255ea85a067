// Requests of the client. A request gathers its body and is a fetch when it is finished.
//
// As in production the event that makes a request has to outlive it, and what is connection in Node (sockets, upgrades,
// trailers, interim responses) is not there.
(function () {
const { core } = __bootstrap;
const { default: stream } = core.loadExtScript("ext:lopata_node/modules/stream.js");
const { urlToHttpOptions } = core.loadExtScript("ext:lopata_node/modules/url.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { validateBoolean, validateFunction, validateInteger, validateNumber, validateString } =
  core.loadExtScript("ext:deno_node/internal/validators.mjs");
const {
  ERR_HTTP_HEADERS_SENT,
  ERR_INVALID_ARG_TYPE,
  ERR_INVALID_ARG_VALUE,
  ERR_INVALID_HTTP_TOKEN,
  ERR_INVALID_PROTOCOL,
  ERR_OUT_OF_RANGE,
  ERR_UNESCAPED_CHARACTERS,
} = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { globalAgent } = core.loadExtScript("ext:lopata_node/http/agent.js");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
const { ERR_OPTION_NOT_IMPLEMENTED, hangUp } = core.loadExtScript("ext:lopata_node/http/errors.js");
const { kUniqueHeaders, parseUniqueHeadersOption } = core.loadExtScript("ext:lopata_node/http/head.js");
const { IncomingMessage, setResponse } = core.loadExtScript("ext:lopata_node/http/incoming.js");
const { kOutHeaders, OutgoingMessage, setHooks } = core.loadExtScript("ext:lopata_node/http/outgoing.js");
const { _checkIsHttpToken } = core.loadExtScript("ext:lopata_node/http/tokens.js");

/** The longest time of a timer. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** A character that a path cannot have as it is. */
const UNESCAPED = /[^\u0021-\u00ff]/;

/** Options that only a socket could have, and what must be said of their type first. */
const OF_SOCKETS = [
  ["maxHeaderSize", (value) => validateInteger(value, "maxHeaderSize", 0)],
  ["createConnection", (value) => validateFunction(value, "options.createConnection")],
  ["lookup", (value) => validateFunction(value, "options.lookup")],
  ["socketPath", (value) => validateString(value, "options.socketPath")],
];

/** @param {unknown} value of the web or of the like @returns {boolean} */
function isUrl(value) {
  return Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);
}

/** @param {unknown} host @param {string} name @returns {string | null | undefined} */
function checkHost(host, name) {
  if (host !== null && host !== undefined && typeof host !== "string") {
    throw new ERR_INVALID_ARG_TYPE(`options.${name}`, ["string", "undefined", "null"], host);
  }
  return host;
}

/** Milliseconds for a timer. @param {unknown} value @param {string} name */
function duration(value, name) {
  validateNumber(value, name);
  if (value < 0 || !Number.isFinite(value)) throw new ERR_OUT_OF_RANGE(name, "a non-negative finite number", value);
  return Math.min(value, TIMEOUT_MAX_MS);
}

/** What the three forms of the arguments mean. */
function normalize(input, options, callback) {
  let base = {};
  if (typeof input === "string") {
    base = urlToHttpOptions(new URL(input));
  } else if (isUrl(input)) {
    base = urlToHttpOptions(input);
  } else {
    callback = options;
    options = input;
  }
  if (typeof options === "function") return { options: base, callback: options };
  return { options: Object.assign(base, options), callback };
}

/** The agent that a request shall have. */
function agentOf({ agent, createConnection }, otherwise) {
  if (agent === false) return new otherwise.constructor();
  if (agent === null || agent === undefined) return typeof createConnection === "function" ? agent : otherwise;
  if (typeof agent === "object" && typeof agent.addRequest !== "function") {
    throw new ERR_INVALID_ARG_TYPE("options.agent", ["Agent-like Object", "undefined", "false"], agent);
  }
  return agent;
}

/** @param {unknown} method */
function methodOf(method) {
  if (method !== null && method !== undefined && typeof method !== "string") {
    throw new ERR_INVALID_ARG_TYPE("options.method", "string", method);
  }
  if (!method) return "GET";
  if (!_checkIsHttpToken(method)) throw new ERR_INVALID_HTTP_TOKEN("Method", method);
  return method.toUpperCase();
}

class ClientRequest extends OutgoingMessage {
  #controller = new AbortController();
  #body = [];
  #message = null;
  #timer = null;
  /** Whether the fetch is under way: from then on to destroy the request is to abort it. */
  #flies = false;
  /** Why it was aborted, if somebody said. */
  #reason = null;
  /** Whether its time was over. */
  #isLate = false;

  _ended = false;
  timeout;
  method = "GET";
  path = "/";
  host;
  protocol = "http:";
  port = "80";
  joinDuplicateHeaders;
  agent;
  aborted = false;
  reusedSocket = false;
  maxHeadersCount = Infinity;
  connection = null;
  socket = null;
  [kUniqueHeaders] = null;

  constructor(input, options, cb) {
    super();
    const given = normalize(input, options, cb);
    options = given.options;
    if (options.path && UNESCAPED.test(options.path)) throw new ERR_UNESCAPED_CHARACTERS("Request path");
    this.#setTarget(options);
    if (options.timeout !== undefined) this.timeout = duration(options.timeout, "timeout");
    if (options.signal) stream.addAbortSignal(options.signal, this);
    this.method = methodOf(options.method);
    this.#checkOptions(options);
    this.joinDuplicateHeaders = options.joinDuplicateHeaders;
    this.path = options.path || "/";
    if (given.callback) this.once("response", given.callback);
    this.#setHeaders(options);
    // A Writable destroys itself once when it is finished; whoever does so after that means the request.
    setHooks(this, { destroyed: (error, again) => again && this.#flies && this.#abort(error) });
    this.on("finish", () => this.#fly());
    this[kUniqueHeaders] = parseUniqueHeadersOption(options.uniqueHeaders);
  }

  /** Whom the request is for. */
  #setTarget(options) {
    const defaultAgent = options._defaultAgent || globalAgent;
    this.agent = agentOf(options, defaultAgent);
    const expected = this.agent?.protocol || defaultAgent.protocol;
    this.protocol = options.protocol || defaultAgent.protocol;
    if (this.protocol !== expected) throw new ERR_INVALID_PROTOCOL(this.protocol, expected);
    options.port ||= options.defaultPort || this.agent?.defaultPort || 80;
    this.port = String(options.port);
    options.host = checkHost(options.hostname, "hostname") || checkHost(options.host, "host") || "localhost";
    this.host = options.host;
  }

  #checkOptions(options) {
    for (const name of ["insecureHTTPParser", "joinDuplicateHeaders"]) {
      if (options[name] !== undefined) validateBoolean(options[name], `options.${name}`);
    }
    for (const [name, check] of OF_SOCKETS) {
      if (options[name] === undefined) continue;
      check(options[name]);
      throw new ERR_OPTION_NOT_IMPLEMENTED(`options.${name}`);
    }
  }

  #setHeaders({ headers, auth, setHost, setDefaultHeaders, defaultPort, port }) {
    if (Array.isArray(headers)) {
      if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE("headers", headers);
      for (let n = 0; n < headers.length; n += 2) this.setHeader(headers[n], headers[n + 1]);
      return;
    }
    if (headers !== null && headers !== undefined) {
      if ("host" in headers) validateString(headers.host, "host");
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    }
    const adds = setHost !== undefined ? Boolean(setHost) : setDefaultHeaders !== false;
    if (adds && !this.getHeader("host")) {
      const isVersion6 = this.host.split(":").length > 2 && !this.host.startsWith("[");
      const host = isVersion6 ? `[${this.host}]` : this.host;
      const usual = defaultPort || this.agent?.defaultPort || 80;
      this.setHeader("Host", Number(port) === usual ? host : `${host}:${port}`);
    }
    if (auth && !this.getHeader("Authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(auth).toString("base64")}`);
    }
  }

  /** The headers as fetch takes them. */
  #pairs() {
    const pairs = [];
    for (const [name, value] of Object.values(this[kOutHeaders] ?? {})) {
      if (!Array.isArray(value)) {
        pairs.push([name, value]);
      } else if (this.joinDuplicateHeaders) {
        pairs.push([name, value.join(", ")]);
      } else {
        for (const one of value) pairs.push([name, one]);
      }
    }
    return pairs;
  }

  #url() {
    const url = new URL(`http://${this.getHeader("host") ?? this.host}`);
    url.protocol = this.protocol;
    url.port = this.port;
    return this.path === "" || this.path === "/" ? url : new URL(this.path, url);
  }

  /** Sends it. */
  async #fly() {
    if (this.destroyed) return;
    this.#flies = true;
    this.#startTimer();
    try {
      const headers = this.#pairs();
      // Source: production, which answers like a server that insists on the host's name.
      if (headers.length === 0) {
        await null;
        this.#land(new Response(null, { status: 400, statusText: "Bad Request", headers: { connection: "close" } }));
        return;
      }
      const hasBody = this.method !== "GET" && this.method !== "HEAD" && this.#body.length > 0;
      const response = await fetch(this.#url(), {
        method: this.method,
        headers,
        body: hasBody ? Buffer.concat(this.#body) : null,
        signal: this.#controller.signal,
        redirect: "manual",
        // In Node nobody decodes it but the user.
        encodeResponseBody: "manual",
      });
      this.#land(response);
    } catch (error) {
      this.#crash(this.#reason ?? error);
    }
  }

  /** @param {Response} response */
  #land(response) {
    this.#body = [];
    this._header ||= `${this.method} ${this.path} HTTP/1.1\r\n\r\n`;
    const message = new IncomingMessage();
    setResponse(message, response, () => this.#timer !== null && this.#startTimer());
    message.on("error", (error) => this.emit("error", error));
    message.once("close", () => this.#close());
    this.#message = message;
    // Nobody will read it.
    if (!this.emit("response", message)) message._dump();
  }

  #crash(error) {
    this.destroyed = true;
    this._ended = true;
    // As in production an event has said so, and that is all, unless its listener had an error.
    if (this.#isLate && this.#reason === null) {
      this.#close();
      return;
    }
    if (this.listenerCount("error") > 0) {
      this.emit("error", error);
    } else {
      console.log(error);
    }
    this.#close();
  }

  #close() {
    this.#flies = false;
    this.#stopTimer();
    if (this._closed) return;
    this._closed = true;
    this.emit("close");
  }

  /** @param {unknown} reason null for what the abort itself will say */
  #abort(reason) {
    if (reason === undefined && this.#message === null) reason = hangUp();
    this.#reason ??= reason;
    this.#controller.abort();
    this.#message?.destroy(reason ?? undefined);
  }

  #startTimer() {
    this.#stopTimer();
    if (!this.timeout) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isLate = true;
      this.emit("timeout");
      this.#message?.emit("timeout");
      this.#abort(null);
    }, this.timeout);
  }

  #stopTimer() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  onSocket(_socket) {}

  addTrailers(_headers) {
    throw notImplemented("addTrailers");
  }

  abort(error) {
    this.aborted = true;
    this.destroyed = true;
    this.#stopTimer();
    if (error) this.emit("error", error);
    this.#abort(error);
  }

  _write(chunk, _encoding, callback) {
    this.#body.push(chunk);
    callback();
    return true;
  }

  setNoDelay(noDelay) {
    validateBoolean(noDelay, "noDelay");
  }

  setSocketKeepAlive(enable, initialDelay) {
    validateBoolean(enable, "enable");
    validateNumber(initialDelay, "initialDelay");
  }

  clearTimeout(cb) {
    this.setTimeout(0, cb);
  }

  setTimeout(msecs, callback) {
    this.timeout = duration(msecs, "msecs");
    this.#startTimer();
    if (callback) this.once("timeout", callback);
    return this;
  }

  write(chunk, encoding, callback) {
    if (this.method !== "GET" && this.method !== "HEAD" && chunk) {
      const isText = typeof chunk === "string";
      const bytes = isText ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8") : Buffer.from(chunk);
      this.#body.push(bytes);
    }
    return super.write(chunk, encoding, callback);
  }

  end(data, encoding, callback) {
    this._ended = true;
    if (typeof data === "function") {
      callback = data;
      data = undefined;
    }
    stream.Writable.prototype.end.call(this, data, encoding, callback);
    return this;
  }

  _implicitHeader() {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT("render");
    this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, this[kOutHeaders]);
  }
}

function request(url, options, cb) {
  return new ClientRequest(url, options, cb);
}

function get(url, options, cb) {
  const sent = request(url, options, cb);
  sent.end();
  return sent;
}

return { ClientRequest, get, isUrl, request };
})();
