// `tls.TLSSocket` and `tls.connect`: sockets that are encrypted from the start, or from when a plain one is handed over.
//
// Trust and the name that a certificate must have are the connection's business, not an option's; what would change
// them is refused or, where production does so, passed over. A connection that stands is an authorized one.
(function () {
const { core } = __bootstrap;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { _normalizeArgs, watch } = core.loadExtScript("ext:lopata_node/net/connecting.js");
const { handleOf, release, startReading } = core.loadExtScript("ext:lopata_node/net/reading.js");
const { Socket } = core.loadExtScript("ext:lopata_node/net/socket.js");
const { JSStreamSocket } = core.loadExtScript("ext:lopata_node/net/wrapped.js");
const { SecureContext } = core.loadExtScript("ext:lopata_node/net/context.js");
const {
  validateBuffer,
  validateFunction,
  validateInt32,
  validateNumber,
  validateObject,
  validateString,
  validateUint32,
} = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const {
  ERR_OPTION_NOT_IMPLEMENTED,
  ERR_TLS_HANDSHAKE_TIMEOUT,
  ERR_TLS_INVALID_CONTEXT,
} = core.loadExtScript("ext:lopata_node/net/errors.js");

const kConnectOptions = Symbol("connect-options");
const kErrorEmitted = Symbol("error-emitted");
const kRes = Symbol("res");
const kPendingSession = Symbol("pendingSession");
const kIsVerified = Symbol("verified");

/** Options that ask for what there is not, and the values that do. */
const REFUSED = {
  __proto__: null,
  enableTrace: Boolean,
  isServer: Boolean,
  server: Boolean,
  requestCert: Boolean,
  rejectUnauthorized: (value) => value === false,
  ALPNProtocols: (value) => value !== undefined,
  SNICallback: (value) => value !== undefined,
  requestOCSP: Boolean,
};

function refuse(name) {
  throw new ERR_OPTION_NOT_IMPLEMENTED(`options.${name}`);
}

function checkIdentityOption(check) {
  if (check === undefined) return;
  validateFunction(check, "options.checkServerIdentity");
  if (compat.has("throw_on_not_implemented_tls_options")) refuse("checkServerIdentity");
}

function checkOptions(options) {
  for (const name in REFUSED) {
    if (REFUSED[name](options[name])) refuse(name);
  }
  if (options.secureContext !== undefined && !(options.secureContext instanceof SecureContext)) {
    throw new ERR_TLS_INVALID_CONTEXT("context");
  }
  if (options.pskCallback !== undefined) refuse("pskCallback");
  checkIdentityOption(options.checkServerIdentity);
}

function TLSSocket(socket, opts) {
  const options = { ...opts };
  checkOptions(options);
  this._tlsOptions = options;
  this._secureEstablished = false;
  this._securePending = false;
  this._newSessionPending = false;
  this._controlReleased = false;
  this.secureConnecting = true;
  this.servername = null;
  this.authorized = false;
  this[kRes] = null;
  this[kIsVerified] = false;
  this[kPendingSession] = null;
  this[kErrorEmitted] = false;

  const wrap = !socket ? null : socket instanceof Socket ? socket : new JSStreamSocket(socket);
  const handle = wrap === null ? null : wrap._handle;
  this.encrypted = true;
  Reflect.apply(Socket, this, [{
    handle: this._wrapHandle(wrap, handle, wrap !== null && wrap.writableLength > 0),
    allowHalfOpen: socket ? socket.allowHalfOpen : options.allowHalfOpen,
    highWaterMark: options.highWaterMark,
    onread: socket ? null : options.onread,
    signal: options.signal,
    lookup: options.lookup,
  }]);
  this._parent = handle;
  this._parentWrap = wrap;
  this.ssl = this._handle;
  this.on("error", this._tlsError.bind(this));
  this._init();
}

Object.setPrototypeOf(TLSSocket.prototype, Socket.prototype);
Object.setPrototypeOf(TLSSocket, Socket);

TLSSocket.prototype.disableRenegotiation = function disableRenegotiation() {};

TLSSocket.prototype._wrapHandle = function _wrapHandle(wrap, handle, _hasActiveWrite) {
  if (wrap !== null) {
    // The two are one connection.
    wrap.once("close", () => this.destroy());
    this.once("close", () => wrap.destroy());
  }
  if (!handle) return null;
  this[kRes] = handle;
  return handle;
};

TLSSocket.prototype._destroySSL = function _destroySSL() {
  this[kPendingSession] = null;
  this[kIsVerified] = false;
  this._handle?.socket.close();
};

/** An error of the connection ends it, once. */
function onerror(error) {
  if (this._hadError) return;
  this._hadError = true;
  if (this._secureEstablished) {
    this._emitTLSError(error);
  } else {
    this.destroy(error);
  }
}

TLSSocket.prototype._init = function _init() {
  const { handshakeTimeout } = this._tlsOptions;
  this.on("error", onerror.bind(this));
  if (handshakeTimeout > 0) this.setTimeout(handshakeTimeout, this._handleTimeout.bind(this));
  if (this._parentWrap instanceof JSStreamSocket) {
    // There is nothing to wait for.
    queueMicrotask(() => {
      this._finishInit();
      this._parentWrap.readStart();
      startReading(this);
    });
  } else {
    this.on("connect", () => this._finishInit());
  }
};

TLSSocket.prototype.renegotiate = function (options, callback) {
  validateObject(options, "options");
  if (callback !== undefined) validateFunction(callback, "callback");
  return false;
};

TLSSocket.prototype.exportKeyingMaterial = function exportKeyingMaterial(length, label, context) {
  validateUint32(length, "length", true);
  validateString(label, "label");
  if (context !== undefined) validateBuffer(context, "context");
  throw new Error("exportKeyingMaterial is not implemented");
};

TLSSocket.prototype.setMaxSendFragment = function setMaxSendFragment(size) {
  validateInt32(size, "size");
  return false;
};

TLSSocket.prototype._handleTimeout = function _handleTimeout() {
  this._emitTLSError(new ERR_TLS_HANDSHAKE_TIMEOUT());
};

TLSSocket.prototype._emitTLSError = function _emitTLSError(error) {
  const shown = this._tlsError(error);
  if (shown) this.emit("error", shown);
};

TLSSocket.prototype._tlsError = function _tlsError(error) {
  this.emit("_tlsError", error);
  return this._controlReleased ? error : null;
};

TLSSocket.prototype._releaseControl = function _releaseControl() {
  if (this._controlReleased) return false;
  this._controlReleased = true;
  return true;
};

TLSSocket.prototype._finishInit = function _finishInit() {
  if (!this._handle) return;
  this._secureEstablished = true;
  if (this._tlsOptions.handshakeTimeout > 0) this.setTimeout(0, this._handleTimeout.bind(this));
  this.emit("secure");
};

/** Encrypts what this socket was made of, as soon as that stands. */
TLSSocket.prototype._start = function _start() {
  if (this.connecting) {
    this.once("connect", () => this._start());
    return;
  }
  const parent = this._parentWrap;
  if (parent !== null && (parent._handle === null || parent.connecting)) {
    parent.once("connect", () => {
      if (parent._handle !== null) this._handle = parent._handle;
      this._start();
    });
    return;
  }
  const handle = this._handle;
  if (handle?.socket.secureTransport !== "starttls") return;
  release(handle);
  try {
    const options = this.servername === null ? undefined : { expectedServerHostname: this.servername };
    this._handle = handleOf(handle.socket.startTls(options), handle.options);
    this.encrypted = true;
    watch(this);
  } catch (error) {
    this.destroy(error);
  }
};

TLSSocket.prototype.setServername = function setServername(name) {
  validateString(name, "name");
  this.servername = name;
};

TLSSocket.prototype.setSession = function (_session) {};

TLSSocket.prototype.getPeerCertificate = function (_detailed) {
  throw new Error("getPeerCertificate is not implemented");
};

TLSSocket.prototype.getCertificate = function () {
  throw new Error("TLSSocket.getCertificate is not implemented");
};

TLSSocket.prototype.getPeerX509Certificate = function (_detailed) {
  throw new Error("TLSSocket.getPeerX509Certificate is not implemented");
};

TLSSocket.prototype.getX509Certificate = function () {
  throw new Error("TLSSocket.getX509Certificate is not implemented");
};

TLSSocket.prototype.setKeyCert = function (_context) {
  throw new Error("TLSSocket.setKeyCert is not implemented");
};

// What only the encryption itself could say.
for (
  const name of [
    "getCipher",
    "getSharedSigalgs",
    "getEphemeralKeyInfo",
    "getFinished",
    "getPeerFinished",
    "getProtocol",
    "getSession",
    "getTLSTicket",
    "isSessionReused",
    "enableTrace",
  ]
) {
  TLSSocket.prototype[name] = function () {
    return null;
  };
}

/** `[options, callback]` of `([port,] [host,] [options,] [callback])`: what options say counts more. */
function normalize(args) {
  const { 0: options, 1: callback } = _normalizeArgs(args);
  const given = [args[1], args[2]].find((arg) => typeof arg === "object" && arg !== null);
  return [given === undefined ? options : Object.assign(options, given), callback];
}

function onConnectSecure() {
  this.authorized = true;
  this.secureConnecting = false;
  this.emit("secureConnect");
  this[kIsVerified] = true;
  this.removeListener("end", onConnectEnd);
}

/** The peer has gone before the connection was secure. */
function onConnectEnd() {
  if (this._hadError) return;
  this._hadError = true;
  const { path, host, port, localAddress } = this[kConnectOptions];
  const text = "Client network socket disconnected before secure TLS connection was established";
  this.destroy(Object.assign(new Error(text), { code: "ECONNRESET", path, host, port, localAddress }));
}

function connect(...args) {
  const { 0: options, 1: callback } = normalize(args);
  if (options.minDHSize !== undefined) {
    validateNumber(options.minDHSize, "options.minDHSize", 1);
    refuse("minDHSize");
  }
  if (options.rejectUnauthorized === false) refuse("rejectUnauthorized");
  if (options.pskCallback !== undefined) refuse("pskCallback");
  checkIdentityOption(options.checkServerIdentity);

  const { allowHalfOpen, ALPNProtocols, enableTrace, highWaterMark, lookup, onread, secureContext, signal } = options;
  const socket = new TLSSocket(options.socket, {
    allowHalfOpen,
    pipe: !!options.path,
    ALPNProtocols,
    enableTrace,
    highWaterMark,
    secureContext,
    onread,
    signal,
    lookup,
    rejectUnauthorized: options.rejectUnauthorized === undefined ? true : Boolean(options.rejectUnauthorized),
  });
  socket[kConnectOptions] = options;
  if (options.servername !== undefined) socket.servername = options.servername;
  if (callback !== null) socket.once("secureConnect", callback);
  if (!options.socket) {
    if (options.timeout) socket.setTimeout(options.timeout);
    socket.connect(options, () => socket._start());
  }
  socket._releaseControl();
  if (options.session) socket.setSession(options.session);
  if (options.socket) socket._start();
  socket.on("secure", onConnectSecure);
  socket.prependListener("end", onConnectEnd);
  return socket;
}

return { connect, TLSSocket };
})();
