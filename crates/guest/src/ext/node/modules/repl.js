// The module "node:repl": there is nobody to talk to, so all of it throws but the names.
(function () {
const { core } = __bootstrap;
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { Interface } = core.loadExtScript("ext:lopata_node/modules/readline/promises.js");

const builtinModules = (
  "assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel " +
  "dns dns/promises domain events fs fs/promises http http2 https inspector inspector/promises module net os path " +
  "path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream " +
  "stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url " +
  "util util/types v8 vm wasi worker_threads zlib"
).split(" ");

const REPL_MODE_SLOPPY = Symbol("repl-sloppy");
const REPL_MODE_STRICT = Symbol("repl-strict");

function writer() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("writer");
}
writer.options = {
  showHidden: false,
  depth: 2,
  colors: true,
  customInspect: true,
  showProxy: true,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
};

function start() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("start");
}

class Recoverable extends SyntaxError {
  err;

  constructor(err) {
    super();
    this.err = err;
  }
}

class REPLServer extends Interface {
  constructor() {
    super();
    throw new ERR_METHOD_NOT_IMPLEMENTED("REPLServer");
  }

  setupHistory(_config, _callback) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("setupHistory");
  }

  defineCommand(_keyword, _command) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("defineCommand");
  }

  displayPrompt(_preserveCursor) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("displayPrompt");
  }

  clearBufferedCommand() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("clearBufferedCommand");
  }
}

const all = {
  writer,
  start,
  Recoverable,
  REPLServer,
  builtinModules,
  _builtinLibs: builtinModules,
  REPL_MODE_SLOPPY,
  REPL_MODE_STRICT,
};

return { ...all, default: all };
})();
