// The `process` of workers whose own is the small one of old dates, with the rest of Node's as far as it goes.
import { ReadStream, WriteStream } from "./tty.js";
import { missing } from "./throwing.js";

const VERSION = "22.14.0";
const UNDEFINED =
  ("domain send exitCode channel getegid geteuid getgid getgroups getuid setegid seteuid setgid setgroups setuid " +
    "mainModule _events _eventsCount _exiting _maxListeners _debugEnd _debugProcess _fatalException " +
    "_getActiveHandles _getActiveRequests _kill _preload_modules _rawDebug _startProfilerIdleNotifier " +
    "_stopProfilerIdleNotifier _tickCallback _disconnect _handleQueue _pendingMessage _channel _send _linkedBinding")
    .split(" ");
const MISSING =
  ("abort hasUncaughtExceptionCaptureCallback setUncaughtExceptionCaptureCallback loadEnvFile cpuUsage dlopen " +
    "disconnect getActiveResourcesInfo kill setSourceMapsEnabled umask initgroups reallyExit openStdin assert binding")
    .split(" ");
const EVENTS =
  ("addListener emit eventNames getMaxListeners listeners listenerCount on off once prependListener " +
    "prependOnceListener rawListeners removeAllListeners removeListener setMaxListeners").split(" ");

let made;

/** The one of this worker. @param {object} native what the runtime has */
export function processOf(native) {
  return (made ??= make(native));
}

function make(native) {
  let directory = "/";
  const process = {
    arch: "",
    argv: [],
    argv0: "",
    chdir(path) {
      directory = path;
    },
    config: {},
    connected: false,
    constrainedMemory: () => 0,
    availableMemory: () => 0,
    cwd: () => directory,
    debugPort: 0,
    emitWarning(warning, type, code) {
      globalThis.console.warn(`${code ? `[${code}] ` : ""}${type ? `${type}: ` : ""}${warning}`);
    },
    env: native.env,
    execArgv: [],
    execPath: "",
    exit: native.exit,
    features: native.features,
    getBuiltinModule: native.getBuiltinModule,
    hrtime,
    memoryUsage: Object.assign(() => ({ arrayBuffers: 0, rss: 0, external: 0, heapTotal: 0, heapUsed: 0 }), {
      rss: () => 0,
    }),
    nextTick: native.nextTick,
    pid: 200,
    platform: native.platform,
    ppid: 100,
    release: {},
    resourceUsage: () => ({}),
    sourceMapsEnabled: false,
    stderr: new WriteStream(2),
    stdin: new ReadStream(0),
    stdout: new WriteStream(1),
    title: "",
    throwDeprecation: false,
    traceDeprecation: false,
    uptime: () => 0,
    version: `v${VERSION}`,
    versions: { node: VERSION },
    allowedNodeEnvironmentFlags: new Set(),
    moduleLoadList: [],
    permission: { has: missing("process.permission.has") },
    report: {
      directory: "",
      filename: "",
      signal: "SIGUSR2",
      compact: false,
      reportOnFatalError: false,
      reportOnSignal: false,
      reportOnUncaughtException: false,
      getReport: missing("process.report.getReport"),
      writeReport: missing("process.report.writeReport"),
    },
    finalization: {
      register: missing("process.finalization.register"),
      unregister: missing("process.finalization.unregister"),
      registerBeforeExit: missing("process.finalization.registerBeforeExit"),
    },
  };
  for (const name of MISSING) process[name] = missing(`process.${name}`);
  for (const name of UNDEFINED) process[name] = undefined;
  addEvents(process, native);
  return process;
}

/** The methods of an emitter that is made when one of them is called. */
function addEvents(process, native) {
  let emitter;
  for (const name of EVENTS) {
    process[name] = (...args) => {
      emitter ??= new (native.getBuiltinModule("node:events"))();
      return emitter[name](...args);
    };
  }
}

function hrtime(before) {
  const now = Date.now();
  const seconds = Math.trunc(now / 1e3);
  const nanoseconds = (now % 1e3) * 1e6;
  if (!before) return [seconds, nanoseconds];
  const elapsed = nanoseconds - before[1];
  return elapsed < 0 ? [seconds - before[0] - 1, elapsed + 1e9] : [seconds - before[0], elapsed];
}
hrtime.bigint = function bigint() {
  return BigInt(Date.now() * 1e6);
};
