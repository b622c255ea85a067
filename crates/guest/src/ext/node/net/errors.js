// Errors of sockets and names in production's words, where they differ from Node's.
(function () {
const { core, primordials } = __bootstrap;
const { Error, TypeError } = primordials;
const { NodeError, NodeTypeError } = base();

/** The two classes that errors with a code derive from: `deno_node` keeps them to itself. */
function base() {
  class NodeError extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
      this.name = "Error";
    }
  }
  class NodeTypeError extends TypeError {
    constructor(code, message) {
      super(message);
      this.code = code;
      this.name = "TypeError";
    }
  }
  return { NodeError, NodeTypeError };
}

class ERR_OPTION_NOT_IMPLEMENTED extends NodeError {
  constructor(option) {
    super("ERR_OPTION_NOT_IMPLEMENTED", `The ${option} option is not implemented`);
  }
}

class ERR_SOCKET_BAD_PORT extends NodeError {
  constructor(name, port) {
    super("ERR_SOCKET_BAD_PORT", `${name} should be >= 0 and < 65536. Received ${typeof port}.`);
  }
}

class ERR_SOCKET_CONNECTING extends NodeError {
  constructor() {
    super("ERR_SOCKET_CONNECTING", "Socket is already connecting");
  }
}

class ERR_SOCKET_CLOSED_BEFORE_CONNECTION extends NodeError {
  constructor() {
    super("ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before connection established");
  }
}

class ERR_INVALID_ADDRESS extends NodeTypeError {
  constructor() {
    super("ERR_INVALID_ADDRESS", "Invalid socket address");
  }
}

class ERR_TLS_CERT_ALTNAME_FORMAT extends primordials.SyntaxError {
  constructor() {
    super("Invalid subject alternative name string");
    this.code = "ERR_TLS_CERT_ALTNAME_FORMAT";
  }
}

class ERR_TLS_CERT_ALTNAME_INVALID extends NodeError {
  constructor(reason, host, cert) {
    super("ERR_TLS_CERT_ALTNAME_INVALID", reason);
    this.reason = reason;
    this.host = host;
    this.cert = cert;
  }
}

class ERR_TLS_INVALID_CONTEXT extends NodeTypeError {
  constructor(name) {
    super("ERR_TLS_INVALID_CONTEXT", `${name} must be a SecureContext`);
  }
}

class ERR_TLS_HANDSHAKE_TIMEOUT extends NodeError {
  constructor() {
    super("ERR_TLS_HANDSHAKE_TIMEOUT", "TLS handshake timeout");
  }
}

class ERR_STREAM_WRAP extends NodeError {
  constructor() {
    super("ERR_STREAM_WRAP", "Stream has StringDecoder set or is in objectMode");
  }
}

class EPIPE extends NodeError {
  constructor() {
    super("EPIPE", "This socket has been ended by the other party");
  }
}

/** What goes wrong with a name. */
class DnsError extends NodeError {
  constructor(hostname, code, syscall) {
    super(code, `${syscall} ${code} ${hostname}`);
    this.errno = undefined;
    this.hostname = hostname;
    this.syscall = syscall;
  }
}

/** @param {unknown} port a port number, or one as text @param {string} [name] @returns {number} */
function validatePort(port, name = "Port") {
  const number = +port;
  const empty = typeof port === "string" && primordials.StringPrototypeTrim(port) === "";
  if ((typeof port !== "number" && typeof port !== "string") || empty || number !== number >>> 0 || number > 0xffff) {
    throw new ERR_SOCKET_BAD_PORT(name, port);
  }
  return number;
}

return {
  ...core.loadExtScript("ext:deno_node/internal/errors.ts"),
  DnsError,
  EPIPE,
  ERR_INVALID_ADDRESS,
  ERR_OPTION_NOT_IMPLEMENTED,
  ERR_SOCKET_BAD_PORT,
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
  ERR_SOCKET_CONNECTING,
  ERR_STREAM_WRAP,
  ERR_TLS_CERT_ALTNAME_FORMAT,
  ERR_TLS_CERT_ALTNAME_INVALID,
  ERR_TLS_HANDSHAKE_TIMEOUT,
  ERR_TLS_INVALID_CONTEXT,
  validatePort,
};
})();
