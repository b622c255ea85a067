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
const { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateString, validateUint32 } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { notImplemented } = core.loadExtScript("ext:lopata_node/errors.js");
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

/** An error of the system, as production makes it for what root may not do either. @param {string} syscall */
function notPermitted(syscall) {
  const error = new Error("operation not permitted");
  error.name = "Error";
  error.code = "EPERM";
  error.errno = -1;
  error.syscall = syscall;
  return error;
}

/** A method that production does not have either. @param {string} name @param {number} length */
function missing(name, length = 0) {
  const method = {
    [name]() {
      throw notImplemented(`process.${name}`);
    },
  }[name];
  ObjectDefineProperty(method, "length", { __proto__: null, value: length, configurable: true });
  return method;
}

/** Sets an id, of which there is only root's. @param {string} syscall */
function setter(syscall) {
  return {
    [syscall](id) {
      if (id !== 0) throw notPermitted(syscall);
    },
  }[syscall];
}

function hrtime(time = undefined) {
  if (time !== undefined && (!ArrayIsArray(time) || time.length !== 2)) {
    throw new ERR_INVALID_ARG_TYPE("time", "tuple of integers", time);
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
  if (mask !== undefined) {
    if (typeof mask === "string") {
      if (!RegExpPrototypeTest(new SafeRegExp("^[0-7]+$"), mask)) {
        throw new ERR_INVALID_ARG_VALUE("mask", mask, "must be a 32-bit unsigned integer or an octal string");
      }
      mask = NumberParseInt(mask, 8);
    }
    validateUint32(mask, "mask");
  }
  return 18;
}

let directory = "/bundle";

function cwd() {
  return directory;
}

/** The directories there are. */
function chdir(path) {
  validateString(path, "directory");
  const { resolve } = core.loadExtScript("ext:lopata_node/path/base.js").pathOf("posix");
  const target = resolve(directory, path);
  if (target !== "/" && target !== "/bundle" && target !== "/tmp" && target !== "/dev") {
    const error = new Error(`no such file or directory, chdir '${String(path).replace(/^\//, "")}'`);
    error.code = "ENOENT";
    error.errno = -2;
    error.syscall = "chdir";
    error.path = path;
    throw error;
  }
  directory = target;
}

/** A warning as an error. @param {string | Error} warning */
function warningOf(warning, name, constructor) {
  if (typeof warning === "string") {
    const made = new (constructor ?? Error)(warning);
    made.name = name;
    return made;
  }
  if (!ObjectPrototypeIsPrototypeOf(Error.prototype, warning)) {
    throw new ERR_INVALID_ARG_TYPE("warning", "string or Error", warning);
  }
  if (name !== "Warning") warning.name = name;
  return warning;
}

/** What the overloads of `emitWarning` come to. */
function warningOptions(options, codeOrConstructor, maybeConstructor) {
  const found = { name: "Warning", code: undefined, detail: undefined, constructor: undefined };
  const take = (constructor) => {
    if (typeof constructor === "function") {
      found.constructor = constructor;
    } else if (constructor !== undefined) {
      throw new ERR_INVALID_ARG_TYPE("ctor", "function", constructor);
    }
  };
  if (typeof options === "object" && !ArrayIsArray(options) && options !== null) {
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

  function assert(value, message) {
    core.loadExtScript("ext:lopata_node/modules/assert.js").default(value, message);
  }

  const zero = (name) => ({ [name]: () => 0 })[name];
  const nothing = (name, length = 0) => {
    const method = { [name]() {} }[name];
    ObjectDefineProperty(method, "length", { __proto__: null, value: length, configurable: true });
    return method;
  };
  const values = {
    assert,
    version: `v${NODE_VERSION}`,
    versions: versions(),
    title: "workerd",
    argv: ["workerd"],
    argv0: "workerd",
    execArgv: [],
    arch: "x64",
    platform: common.platform,
    config: { target_defaults: { default_configuration: "Release" }, variables: {} },
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
      throw notPermitted("setgroups");
    },
    seteuid: setter("seteuid"),
    setuid: setter("setuid"),
    initgroups(_user, _group) {
      throw notPermitted("initgroups");
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
    loadEnvFile: missing("loadEnvFile"),
    exitCode: undefined,
    channel: null,
    connected: false,
    binding: missing("binding", 1),
    debugPort: 0,
    dlopen: missing("dlopen", 3),
    finalization: {
      register: nothing("register", 2),
      registerBeforeExit: nothing("registerBeforeExit", 2),
      unregister: nothing("unregister", 1),
    },
    getActiveResourcesInfo: missing("getActiveResourcesInfo"),
    setUncaughtExceptionCaptureCallback: missing("setUncaughtExceptionCaptureCallback", 1),
    hasUncaughtExceptionCaptureCallback: missing("hasUncaughtExceptionCaptureCallback"),
    memoryUsage: Object.assign(
      function memoryUsage() {
        return { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };
      },
      { rss: zero("rss") },
    ),
    noDeprecation: false,
    permission: { has: (_scope, _reference) => false },
    release: { name: "node", lts: true, sourceUrl: "", headersUrl: "" },
    report: {
      compact: false,
      directory: "",
      filename: "",
      getReport: missing("report.getReport"),
      reportOnFatalError: false,
      reportOnSignal: false,
      reportOnUncaughtException: false,
      excludeNetwork: false,
      excludeEnv: false,
      signal: "SIGUSR2",
      writeReport: missing("report.writeReport"),
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
    enumerable: true,
    configurable: true,
  });
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
