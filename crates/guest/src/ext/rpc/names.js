// The names of JS RPC: what never crosses, what may not be called, and the texts that say so.
(function () {
const { primordials } = __bootstrap;
const { TypeError } = primordials;

/**
 * Names that the language and its tools look up on any object, and that are therefore never a call: a stub that had
 * them would be taken for a promise when it is awaited, or called when it is printed.
 */
const NEVER = { __proto__: null, then: true, catch: true, finally: true, toJSON: true };

/** Likewise of a service, which is never mistaken for a promise: its `catch` and `finally` are names like others. */
const NEVER_OF_SERVICES = { __proto__: null, then: true, toJSON: true };

/** Source: production's lists of what a stub cannot call. */
const RESERVED_ON_TARGETS = { __proto__: null, dup: true, constructor: true };
const RESERVED_ON_ENTRYPOINTS = {
  __proto__: null,
  fetch: true,
  connect: true,
  alarm: true,
  webSocketMessage: true,
  webSocketClose: true,
  webSocketError: true,
  dup: true,
  constructor: true,
};

/** As `limits::RPC_PATH_MAX`. */
const PATH_MAX = 64;

/** Source: production's texts. */
const STUB_DISPOSED_TEXT = "RPC stub used after being disposed.";
const PROMISE_DISPOSED_TEXT = "RPC promise used after being disposed.";
const NOT_PIPELINABLE_TEXT = "Can't pipeline on RPC that did not return an object.";

/** @param {string} name */
function missing(name) {
  return new TypeError(`The RPC receiver does not implement the method "${name}".`);
}

/** @param {string} name */
function reserved(name) {
  return new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
}

return {
  missing,
  NEVER,
  NEVER_OF_SERVICES,
  NOT_PIPELINABLE_TEXT,
  PATH_MAX,
  PROMISE_DISPOSED_TEXT,
  reserved,
  RESERVED_ON_ENTRYPOINTS,
  RESERVED_ON_TARGETS,
  STUB_DISPOSED_TEXT,
};
})();
