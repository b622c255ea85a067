// Errors of HTTP whose texts or classes are production's and not Node's.
(function () {
const { core } = __bootstrap;
const { NodeError } = core.loadExtScript("ext:deno_node/internal/errors.ts");

/** An option that cannot be. @param {string} name */
function optionNotImplemented(name) {
  return new NodeError("ERR_OPTION_NOT_IMPLEMENTED", `The ${name} option is not implemented`);
}

/** @param {number} actual bytes written @param {number} expected bytes announced */
function contentLengthMismatch(actual, expected) {
  const text = "Request body length does not match content-length header.";
  return new NodeError("ERR_HTTP_CONTENT_LENGTH_MISMATCH", `${text} Expected: ${expected}, Actual: ${actual}`);
}

function bodyNotAllowed() {
  return new NodeError("ERR_HTTP_BODY_NOT_ALLOWED", "Request with GET/HEAD method cannot have body");
}

/** @param {string} name @param {unknown} port */
function badPort(name, port) {
  return new NodeError("ERR_SOCKET_BAD_PORT", `${name} should be >= 0 and < 65536. Received ${typeof port}.`);
}

/** A connection that ended before there was an answer. Source: Node's text. */
function hangUp() {
  return new NodeError("ECONNRESET", "socket hang up");
}

return { badPort, bodyNotAllowed, contentLengthMismatch, hangUp, optionNotImplemented };
})();
