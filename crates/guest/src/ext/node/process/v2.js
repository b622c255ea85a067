// The `process` of recent dates: everything that Node's has, of which a worker has little.
//
// What has no meaning here answers as production does: with nothing, with zero, or with an error that says so.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  BigInt,
  Date,
  DateNow,
  Error,
  ErrorCaptureStackTrace,
  MathFloor,
  NumberParseInt,
  ObjectAssign,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectPrototypeIsPrototypeOf,
  RegExpPrototypeTest,
  SafeRegExp,
  SafeSet,
  Set,
  String,
  SymbolToStringTag,
  queueMicrotask,
} = primordials;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE, NodeError } = core
  .loadExtScript("ext:deno_node/internal/errors.ts");
const { validateString } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const stdio = core.loadExtScript("ext:lopata_node/process/stdio.js");

/** The version of Node that production claims to be. */
const NODE_VERSION = "22.19.0";
const NAMES_OF_VERSIONS =
  "v8 modules zlib brotli zstd ares napi llhttp nghttp2 acorn ada simdutf nbytes ncrypto uvwasi uv openssl sqlite icu " +
  "undici simdjson unicode cldr tz cjs_module_lexer amaro merve";

function versions() {
  const versions = { node: NODE_VERSION };
  for (const name of NAMES_OF_VERSIONS.split(" ")) versions[name] = "";
  return versions;
}

/** An error of the system for what only root may do. Source: production's text. @param {string} syscall */
class ERR_EPERM extends NodeError {
  constructor(syscall) {
    super("EPERM", "operation not permitted");
    this.syscall = syscall;
    this.errno = 1;
    this.path = undefined;
  }
}

/** A method that production does not have either. @param {string} name @param {number} length */
function missing(name, length = 0, what = `process.${name}`) {
  return named(name, length, function () {
    throw new ERR_METHOD_NOT_IMPLEMENTED(what);
  });
}

/** Gives a function its name and number of arguments. @param {string} name @param {number} length */
function named(name, length, method) {
  ObjectDefineProperty(method, "name", { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(method, "length", { __proto__: null, value: length, configurable: true });
  return method;
}

/** Sets an id, of which there is only root's. @param {string} syscall */
function setter(syscall) {
  return named(syscall, 1, function (id) {
    if (id !== 0) throw new ERR_EPERM(syscall);
  });
}

function hrtime(time) {
  if (time !== undefined) {
    if (!ArrayIsArray(time)) throw new ERR_INVALID_ARG_TYPE("time", "tuple of integers", time);
    if (time.length !== 2) throw new ERR_OUT_OF_RANGE("time", "2", time);
  }
  const now = DateNow();
  let seconds = MathFloor(now / 1000);
  let nanoseconds = (now % 1000) * 1000000;
  if (time !== undefined) {
    seconds -= time[0];
    nanoseconds -= time[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
hrtime.bigint = function bigint() {
  return BigInt(DateNow()) * 1000000n;
};

/** The mask of new files, of which there are none; it is kept as it is. */
function umask(mask = undefined) {
  if (mask === undefined) return 18;
  let value = mask;
  if (typeof mask === "string") {
    value = RegExpPrototypeTest(new SafeRegExp("^[0-7]+$"), mask) ? NumberParseInt(mask, 8) : -1;
  } else if (typeof mask !== "number") {
    throw new ERR_INVALID_ARG_TYPE("mask", "number", mask);
  }
  if (value !== value >>> 0) {
    throw new ERR_INVALID_ARG_VALUE("mask", mask, "must be a 32-bit unsigned integer or an octal string");
  }
  return 18;
}

function cwd() {
  return core.loadExtScript("ext:lopata_node/fs/view.js").cwd();
}

function chdir(directory) {
  validateString(directory, "directory");
  core.loadExtScript("ext:lopata_node/fs/view.js").chdir(directory);
}

/** A warning as an error. @param {string | Error} warning */
function warningOf(warning, name, constructor) {
  if (typeof warning === "string") {
    const made = new (constructor || Error)(warning);
    made.name = name;
    return made;
  }
  if (!ObjectPrototypeIsPrototypeOf(Error.prototype, warning)) {
    throw new ERR_INVALID_ARG_TYPE("warning", "string or Error", warning);
  }
  if (name !== "Warning") warning.name = name;
  return warning;
}

/** What the overloads of `emitWarning` come to; null is refused by the engine, as in production. */
function warningOptions(options, codeOrConstructor, maybeConstructor) {
  const found = { name: "Warning", code: undefined, detail: undefined, constructor: undefined };
  const take = (constructor) => {
    if (typeof constructor === "function") {
      found.constructor = constructor;
    } else if (constructor !== undefined) {
      throw new ERR_INVALID_ARG_TYPE("ctor", "function", constructor);
    }
  };
  if (typeof options === "object" && !ArrayIsArray(options)) {
    if (options.type) found.name = options.type;
    if (options.code) found.code = options.code;
    if (options.detail) found.detail = options.detail;
    found.constructor = options.ctor;
  } else if (typeof options === "string") {
    found.name = options;
    if (typeof codeOrConstructor === "string") {
      found.code = codeOrConstructor;
      take(maybeConstructor);
    } else {
      take(codeOrConstructor);
    }
  } else if (typeof options === "function") {
    found.constructor = options;
  } else if (options !== undefined) {
    throw new ERR_INVALID_ARG_TYPE("options", "object", options);
  }
  return found;
}

/** Events of the scope that are passed on to whoever listens for them on `process`. */
function forward(process) {
  const forwarded = new SafeSet();
  const pass = (event, type, args) => {
    if (forwarded.has(event)) return;
    forwarded.add(event);
    globalThis.addEventListener(type, (occurred) => process.emit(event, ...args(occurred)));
  };
  process.on("newListener", (event) => {
    if (event === "unhandledRejection") {
      pass(event, "unhandledrejection", (occurred) => [occurred.reason, occurred.promise]);
    } else if (event === "rejectionHandled") {
      pass(event, "rejectionhandled", (occurred) => [occurred.promise]);
    }
  });
}

/** @param {object} common what the small process has too */
function make(common) {
  const process = ObjectCreate(EventEmitter.prototype);

  function emitWarning(warning, options, codeOrConstructor, maybeConstructor) {
    const found = warningOptions(options, codeOrConstructor, maybeConstructor);
    const error = warningOf(warning, found.name, found.constructor);
    if (found.code) error.code = found.code;
    if (found.detail && typeof found.detail === "string") error.detail = found.detail;
    ErrorCaptureStackTrace(error, found.constructor ?? emitWarning);
    queueMicrotask(() => process.emit("warning", error));
  }

  const removed = core.loadExtScript("ext:lopata/compat/compat.js").has("remove_nodejs_compat_eol_v23");

  function assert(value, message) {
    const { ok } = core.loadExtScript("ext:lopata_node/modules/assert.js");
    // Without an argument it has a text of its own.
    return arguments.length === 0 ? ok() : ok(value, message);
  }

  /** Loads variables from a file of the virtual file system. @param {string | URL} path */
  function loadEnvFile(path = ".env") {
    const { builtin } = core.loadExtScript("ext:lopata_node/table.js");
    const { parseEnv } = core.loadExtScript("ext:lopata_node/modules/util.js");
    const text = builtin("fs").readFileSync(path instanceof URL ? path : path.toString(), "utf8");
    ObjectAssign(process.env, parseEnv(text));
  }

  const zero = (name) => named(name, 0, () => 0);
  const nothing = (name, length = 0) => named(name, length, () => undefined);
  const values = {
    assert: removed ? undefined : named("bound assert", 2, assert),
    version: `v${NODE_VERSION}`,
    versions: versions(),
    title: "workerd",
    argv: ["workerd"],
    argv0: "workerd",
    execArgv: [],
    arch: "x64",
    platform: common.platform,
    config: core.loadExtScript("ext:lopata_node/process/config.js").config,
    pid: 1,
    ppid: 0,
    getegid: zero("getegid"),
    getgid: zero("getgid"),
    getgroups: () => [0],
    geteuid: zero("geteuid"),
    getuid: zero("getuid"),
    setegid: setter("setegid"),
    setgid: setter("setgid"),
    setgroups(_groups) {
      throw new ERR_EPERM("setgroups");
    },
    seteuid: setter("seteuid"),
    setuid: setter("setuid"),
    initgroups(_user, _group) {
      throw new ERR_EPERM("initgroups");
    },
    setSourceMapsEnabled: nothing("setSourceMapsEnabled", 2),
    getSourceMapsSupport: () => ({ enabled: false, nodeModules: false, generatedCode: false }),
    nextTick: common.nextTick,
    emitWarning,
    env: common.env,
    exit: common.exit,
    abort() {
      common.exit(1);
    },
    getBuiltinModule: common.getBuiltinModule,
    features: common.features,
    allowedNodeEnvironmentFlags: new Set(),
    kill: missing("kill", 2),
    ref: nothing("ref"),
    unref: nothing("unref"),
    chdir,
    cwd,
    umask,
    hrtime,
    uptime: zero("uptime"),
    loadEnvFile,
    exitCode: undefined,
    channel: null,
    connected: false,
    binding: missing("binding", 1),
    debugPort: 0,
    dlopen: missing("dlopen", 3),
    finalization: {
      register: missing("register", 0, "process.finalization.register"),
      registerBeforeExit: missing("registerBeforeExit", 0, "process.finalization.registerBeforeExit"),
      unregister: missing("unregister", 0, "process.finalization.unregister"),
    },
    getActiveResourcesInfo: missing("getActiveResourcesInfo"),
    setUncaughtExceptionCaptureCallback: missing("setUncaughtExceptionCaptureCallback", 1),
    hasUncaughtExceptionCaptureCallback: missing("hasUncaughtExceptionCaptureCallback"),
    memoryUsage: () => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }),
    noDeprecation: false,
    permission: { has: missing("has", 0, "process.permission.has") },
    release: { name: "node", lts: true, sourceUrl: "", headersUrl: "" },
    report: {
      compact: false,
      directory: "",
      filename: "",
      getReport: () => ({}),
      reportOnFatalError: false,
      reportOnSignal: false,
      reportOnUncaughtException: false,
      excludeNetwork: false,
      excludeEnv: false,
      signal: "SIGUSR2",
      writeReport: missing("writeReport", 0, "process.report.writeReport"),
    },
    resourceUsage() {
      const usage = {};
      for (const name of RESOURCES) usage[name] = 0;
      return usage;
    },
    send: (_message, _handle) => false,
    traceDeprecation: false,
    throwDeprecation: false,
    sourceMapsEnabled: false,
    stdin: stdio.stdin(),
    stdout: stdio.output(1),
    stderr: stdio.output(2),
    threadCpuUsage: missing("threadCpuUsage"),
    cpuUsage: missing("cpuUsage", 1),
    execPath: "",
    constrainedMemory: zero("constrainedMemory"),
    availableMemory: zero("availableMemory"),
    execve: missing("execve", 3),
    openStdin() {
      return process.stdin;
    },
    _rawDebug(...args) {
      globalThis.console.log(...args);
    },
    moduleLoadList: [],
    _linkedBinding: missing("_linkedBinding", 1),
    domain: null,
    _exiting: false,
    _getActiveRequests: () => [],
    _getActiveHandles: () => [],
    reallyExit(code) {
      common.exit(code || 0);
    },
    _kill: missing("_kill", 2),
    _fatalException: (_error) => false,
    _tickCallback: nothing("_tickCallback"),
    _debugProcess: nothing("_debugProcess", 1),
    _debugEnd: nothing("_debugEnd"),
    _startProfilerIdleNotifier: nothing("_startProfilerIdleNotifier"),
    _stopProfilerIdleNotifier: nothing("_stopProfilerIdleNotifier"),
    _preload_modules: [],
    _disconnect: undefined,
    _handleQueue: undefined,
    _pendingMessage: undefined,
    _channel: undefined,
    _send: undefined,
  };
  for (const name in values) process[name] = values[name];
  EventEmitter.call(process);
  ObjectDefineProperty(process, SymbolToStringTag, {
    __proto__: null,
    value: "process",
    writable: false,
    enumerable: false,
    configurable: true,
  });
  forward(process);
  return process;
}

const RESOURCES = [
  "userCPUTime",
  "systemCPUTime",
  "maxRSS",
  "sharedMemorySize",
  "unsharedDataSize",
  "unsharedStackSize",
  "minorPageFault",
  "majorPageFault",
  "swappedOut",
  "fsRead",
  "fsWrite",
  "ipcSent",
  "ipcReceived",
  "signalsCount",
  "voluntaryContextSwitches",
  "involuntaryContextSwitches",
];

return { make };
})();
