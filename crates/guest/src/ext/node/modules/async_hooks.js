// The module "node:async_hooks".
(function () {
const { core } = __bootstrap;
const { AsyncLocalStorage, AsyncResource } = core.loadExtScript("ext:lopata_node/async/context.js");

class AsyncHook {
  enable() {
    return this;
  }

  disable() {
    return this;
  }
}

/** Nothing is observed. */
function createHook() {
  return new AsyncHook();
}

function executionAsyncId() {
  return 0;
}

function executionAsyncResource() {
  return { __proto__: null };
}

function triggerAsyncId() {
  return 0;
}

const PROVIDERS =
  "NONE DIRHANDLE DNSCHANNEL ELDHISTOGRAM FILEHANDLE FILEHANDLECLOSEREQ BLOBREADER FSEVENTWRAP FSREQCALLBACK " +
  "FSREQPROMISE GETADDRINFOREQWRAP GETNAMEINFOREQWRAP HEAPSNAPSHOT HTTP2SESSION HTTP2STREAM HTTP2PING HTTP2SETTINGS " +
  "HTTPINCOMINGMESSAGE HTTPCLIENTREQUEST LOCKS JSSTREAM JSUDPWRAP MESSAGEPORT PIPECONNECTWRAP PIPESERVERWRAP " +
  "PIPEWRAP PROCESSWRAP PROMISE QUERYWRAP QUIC_ENDPOINT QUIC_LOGSTREAM QUIC_SESSION QUIC_STREAM QUIC_UDP " +
  "SHUTDOWNWRAP SIGNALWRAP STATWATCHER STREAMPIPE TCPCONNECTWRAP TCPSERVERWRAP TCPWRAP TTYWRAP UDPSENDWRAP UDPWRAP " +
  "SIGINTWATCHDOG WORKER WORKERCPUPROFILE WORKERCPUUSAGE WORKERHEAPPROFILE WORKERHEAPSNAPSHOT WORKERHEAPSTATISTICS " +
  "WRITEWRAP ZLIB CHECKPRIMEREQUEST PBKDF2REQUEST KEYPAIRGENREQUEST KEYGENREQUEST KEYEXPORTREQUEST ARGON2REQUEST " +
  "CIPHERREQUEST DERIVEBITSREQUEST HASHREQUEST RANDOMBYTESREQUEST RANDOMPRIMEREQUEST SCRYPTREQUEST SIGNREQUEST " +
  "TLSWRAP VERIFYREQUEST QUIC_PACKET";
const asyncWrapProviders = {};
for (const name of PROVIDERS.split(" ")) asyncWrapProviders[name] = 0;

const names = {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
};

return { ...names, default: names };
})();
