// The module "node:net".
//
// As in production there are no servers: a worker's are event handlers.
(function () {
const { core } = __bootstrap;
const { isIP: familyOf, isIPv4: isFour, isIPv6: isSix } = core.loadExtScript("ext:lopata_node/net/addresses.js");
const { BlockList, SocketAddress } = core.loadExtScript("ext:lopata_node/net/lists.js");
const { _normalizeArgs } = core.loadExtScript("ext:lopata_node/net/connecting.js");
const { connect, Socket } = core.loadExtScript("ext:lopata_node/net/socket.js");
const { ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateInt32 } = core.loadExtScript("ext:deno_node/internal/validators.mjs");

function Server() {
  throw new Error("Server is not implemented");
}

function createServer() {
  throw new Error("createServer() is not implemented");
}

/** Which address of a name is taken is the network's decision. */
function getDefaultAutoSelectFamily() {
  return false;
}

function setDefaultAutoSelectFamily(val) {
  if (val) throw new ERR_INVALID_ARG_VALUE("val", val);
}

/** In milliseconds; means nothing. */
let attemptTimeout = 10;

function getDefaultAutoSelectFamilyAttemptTimeout() {
  return attemptTimeout;
}

function setDefaultAutoSelectFamilyAttemptTimeout(val) {
  validateInt32(val, "val", 1);
  attemptTimeout = val < 10 ? 10 : val;
}

function isIP(input) {
  return familyOf(input);
}

function isIPv4(input) {
  return isFour(input);
}

function isIPv6(input) {
  return isSix(input);
}

const net = {
  BlockList,
  SocketAddress,
  Stream: Socket,
  Server,
  Socket,
  connect,
  createConnection: connect,
  createServer,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  _normalizeArgs,
};

return { ...net, default: net };
})();
