// Errors of HTTP whose texts or classes are production's and not Node's.
(function () {
const { core } = __bootstrap;
const { NodeError } = core.loadExtScript("ext:deno_node/internal/errors.ts");

/** An option that cannot be. */
class ERR_OPTION_NOT_IMPLEMENTED extends NodeError {
  /** @param {string} name */
  constructor(name) {
    super("ERR_OPTION_NOT_IMPLEMENTED", `The ${name} option is not implemented`);
  }
}

class ERR_HTTP_CONTENT_LENGTH_MISMATCH extends NodeError {
  /** @param {number} actual bytes written @param {number} expected bytes announced */
  constructor(actual, expected) {
    const text = "Request body length does not match content-length header.";
    super("ERR_HTTP_CONTENT_LENGTH_MISMATCH", `${text} Expected: ${expected}, Actual: ${actual}`);
  }
}

class ERR_HTTP_BODY_NOT_ALLOWED extends NodeError {
  constructor() {
    super("ERR_HTTP_BODY_NOT_ALLOWED", "Request with GET/HEAD method cannot have body");
  }
}

class ERR_SOCKET_BAD_PORT extends NodeError {
  /** @param {string} name @param {unknown} port */
  constructor(name, port) {
    super("ERR_SOCKET_BAD_PORT", `${name} should be >= 0 and < 65536. Received ${typeof port}.`);
  }
}

/** A connection that ended before there was an answer. Source: Node's text. */
function hangUp() {
  const error = new Error("socket hang up");
  error.code = "ECONNRESET";
  return error;
}

return {
  ERR_HTTP_BODY_NOT_ALLOWED,
  ERR_HTTP_CONTENT_LENGTH_MISMATCH,
  ERR_OPTION_NOT_IMPLEMENTED,
  ERR_SOCKET_BAD_PORT,
  hangUp,
};
})();
