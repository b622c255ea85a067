// How a socket of Node gets its connection: arguments, the program's own lookup, and what becomes of the attempt.
(function () {
const { core } = __bootstrap;
const { connectOutbound } = core.loadExtScript("ext:lopata/sockets/sockets.js");
const { validateBoolean, validateFunction, validateInt32, validateNumber } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);
const { isIP } = core.loadExtScript("ext:lopata_node/net/addresses.js");
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_IP_ADDRESS, validatePort } = core.loadExtScript(
  "ext:lopata_node/net/errors.js",
);
const { handleOf, startReading } = core.loadExtScript("ext:lopata_node/net/reading.js");
const { stopTimers } = core.loadExtScript("ext:lopata_node/net/silence.js");

const kSocketInfo = Symbol("kSocketInfo");
const normalizedArgs = Symbol("normalizedArgs");

function isPath(value) {
  return typeof value === "string" && !(Number(value) >= 0);
}

/** `[options, callback]` of the arguments that `connect` takes. */
function _normalizeArgs(args) {
  let options = {};
  const first = args[0];
  if (typeof first === "object" && first !== null) {
    options = first;
  } else if (isPath(first)) {
    options.path = first;
  } else if (args.length > 0) {
    options.port = first;
    if (typeof args[1] === "string") options.host = args[1];
  }
  const last = args[args.length - 1];
  const normalized = [options, typeof last === "function" ? last : null];
  normalized[normalizedArgs] = true;
  return normalized;
}

/** Whether arguments are what `_normalizeArgs` gives. */
function isNormalized(value) {
  return Array.isArray(value) && value[normalizedArgs] === true;
}

/** The port, of options that are worth trying. */
function checkedPort(options) {
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout, localAddress, localPort, lookup, port = 0 } = options;
  if (localAddress && !isIP(localAddress)) throw new ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, "options.localPort");
  if (typeof port !== "number" && typeof port !== "string") {
    throw new ERR_INVALID_ARG_TYPE("options.port", ["number", "string"], port);
  }
  const number = validatePort(port);
  if (autoSelectFamily !== undefined && autoSelectFamily !== null) {
    validateBoolean(autoSelectFamily, "options.autoSelectFamily");
  }
  if (autoSelectFamilyAttemptTimeout !== undefined && autoSelectFamilyAttemptTimeout !== null) {
    validateInt32(autoSelectFamilyAttemptTimeout, "options.autoSelectFamilyAttemptTimeout", 1);
  }
  if (lookup !== undefined && lookup !== null) validateFunction(lookup, "options.lookup");
  return number;
}

function open(socket, options) {
  const port = checkedPort(options);
  const { host = "localhost", lookup } = options;
  const addressType = isIP(host);
  socket._unrefTimer();
  socket.connecting = true;
  // Names go to the network as they are, unless the program has its own way with them.
  if (addressType !== 0 || lookup === undefined || lookup === null) {
    attempt(socket, host, port, addressType, addressType);
    return;
  }
  lookup(host, { family: options.family || addressType, hints: options.hints }, (error, address, family) => {
    socket.emit("lookup", error, address, family, host);
    if (error) {
      socket.destroy(error);
      return;
    }
    if (isIP(address) === 0) throw new ERR_INVALID_IP_ADDRESS(address);
    if (![4, 6, "IPv4", "IPv6"].includes(family)) {
      throw new ERR_INVALID_ARG_VALUE("family", family, "must be 4 or 6");
    }
    attempt(socket, address, port, family, addressType);
  });
}

function attempt(socket, address, port, family, addressType) {
  const known = family === 4 ? "IPv4" : family === 6 ? "IPv6" : undefined;
  socket[kSocketInfo] = { remoteAddress: { address, port, family: known } };
  const host = family === 6 ? `[${address}]` : `${address}`;
  socket.autoSelectFamilyAttemptedAddresses = [`${host}:${port}`];
  socket.emit("connectionAttempt", host, port, addressType);
  socket._host = host;
  try {
    const transport = socket.encrypted ? "on" : "starttls";
    const connection = connectOutbound(`${host}:${port}`, { allowHalfOpen: true, secureTransport: transport });
    socket._handle = handleOf(connection, { host, port, addressType });
    socket._undestroy();
    // A stream that was destroyed did not begin to flow when somebody began to listen.
    if (socket.readableFlowing === null && socket.listenerCount("data") > 0) socket.resume();
    socket._sockname = null;
    watch(socket);
  } catch (error) {
    socket.destroy(error);
  }
}

/** Follows the connection that a socket has now. */
function watch(socket) {
  const { socket: connection, options: { host, port, addressType } } = socket._handle;
  connection.opened.then(() => opened(socket), (error) => {
    socket.emit("connectionAttemptFailed", host, port, addressType, error);
    socket.destroy(error);
  });
  connection.closed.then(() => over(socket, connection), (error) => socket.destroy(error));
}

function opened(socket) {
  if (socket.destroyed) return;
  socket.connecting = false;
  socket._sockname = null;
  socket._unrefTimer();
  socket.emit("connect");
  socket.emit("ready");
  if (!socket.isPaused()) startReading(socket);
}

function over(socket, connection) {
  if (connection.upgraded || socket._handle?.socket !== connection) return;
  stopTimers(socket);
}

return { _normalizeArgs, isNormalized, kSocketInfo, open, watch };
})();
