// The process of recent dates in depth: what answers with nothing, with zero, or with production's errors.
import assert from "node:assert";
import { EventEmitter } from "node:events";
import process, * as exported from "node:process";

/** What production throws for what it does not have. */
function missing(what) {
  return { name: "Error", code: "ERR_METHOD_NOT_IMPLEMENTED", message: `The ${what} method is not implemented` };
}

export const names = {
  test() {
    const keys = Object.keys(process);
    const expected =
      "assert version versions title argv argv0 execArgv arch platform config pid ppid getegid getgid getgroups geteuid " +
      "getuid setegid setgid setgroups seteuid setuid initgroups setSourceMapsEnabled getSourceMapsSupport nextTick " +
      "emitWarning env exit abort getBuiltinModule features allowedNodeEnvironmentFlags kill ref unref chdir cwd umask " +
      "hrtime uptime loadEnvFile exitCode channel connected binding debugPort dlopen finalization " +
      "getActiveResourcesInfo setUncaughtExceptionCaptureCallback hasUncaughtExceptionCaptureCallback memoryUsage " +
      "noDeprecation permission release report resourceUsage send traceDeprecation throwDeprecation sourceMapsEnabled " +
      "stdin stdout stderr threadCpuUsage cpuUsage execPath constrainedMemory availableMemory execve openStdin " +
      "_rawDebug moduleLoadList _linkedBinding domain _exiting _getActiveRequests _getActiveHandles reallyExit _kill " +
      "_fatalException _tickCallback _debugProcess _debugEnd _startProfilerIdleNotifier _stopProfilerIdleNotifier " +
      "_preload_modules _disconnect _handleQueue _pendingMessage _channel _send _events _eventsCount _maxListeners";
    assert.strictEqual(keys.filter((key) => typeof key === "string").join(" "), expected);
    for (const key of keys) assert.ok(key in exported, key);
    assert.strictEqual(exported.default, process);
  },
};

export const itIsAnEmitter = {
  test() {
    assert.ok(process instanceof EventEmitter);
    assert.strictEqual(Object.prototype.toString.call(process), "[object process]");
    assert.deepStrictEqual(Object.getOwnPropertyDescriptor(process, Symbol.toStringTag), {
      value: "process",
      writable: false,
      enumerable: false,
      configurable: true,
    });
    const heard = [];
    const listener = (code) => heard.push(code);
    process.on("exit", listener);
    assert.strictEqual(process.emit("exit", 7), true);
    process.off("exit", listener);
    assert.strictEqual(process.emit("exit", 8), false);
    assert.deepStrictEqual(heard, [7]);
  },
};

export const whoItIs = {
  test() {
    assert.strictEqual(process.version, "v22.19.0");
    assert.strictEqual(process.versions.node, "22.19.0");
    const { node: _, ...others } = process.versions;
    assert.ok(Object.values(others).every((version) => version === ""));
    assert.strictEqual(Object.keys(others).length, 27);
    assert.deepStrictEqual([process.title, process.argv, process.argv0, process.execArgv, process.execPath], [
      "workerd",
      ["workerd"],
      "workerd",
      [],
      "",
    ]);
    assert.deepStrictEqual([process.arch, process.platform, process.pid, process.ppid], ["x64", "linux", 1, 0]);
    assert.deepStrictEqual(process.release, { name: "node", lts: true, sourceUrl: "", headersUrl: "" });
  },
};

export const howItWasBuilt = {
  test() {
    const { config } = process;
    assert.deepStrictEqual(Object.keys(config), ["target_defaults", "variables"]);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.target_defaults) && Object.isFrozen(config.variables));
    assert.deepStrictEqual({ ...config.target_defaults }, { default_configuration: "Release" });
    const { variables } = config;
    assert.deepStrictEqual(
      [variables.asan, variables.node_prefix, variables.napi_build_version, variables.node_module_version],
      [0, "/usr/local", "9", 127],
    );
    assert.deepStrictEqual([variables.v8_enable_i18n_support, variables.shlib_suffix, variables.openssl_quic], [
      1,
      "so",
      false,
    ]);
    assert.deepStrictEqual(Object.keys(variables), Object.keys(variables).sort());
  },
};

export const features = {
  test() {
    assert.deepStrictEqual({ ...process.features }, {
      cached_builtins: true,
      debug: false,
      inspector: false,
      ipv6: true,
      openssl_is_boringssl: true,
      require_module: false,
      tls: true,
      tls_alpn: true,
      tls_ocsp: true,
      tls_sni: true,
      typescript: false,
      uv: true,
    });
    assert.throws(() => (process.features.x = 1), TypeError);
  },
};

export const usersAreRoot = {
  test() {
    for (const name of ["getuid", "geteuid", "getgid", "getegid"]) assert.strictEqual(process[name](), 0);
    assert.deepStrictEqual(process.getgroups(), [0]);
    for (const name of ["setuid", "seteuid", "setgid", "setegid"]) {
      assert.strictEqual(process[name](0), undefined);
      assert.throws(() => process[name](1), {
        name: "Error",
        code: "EPERM",
        message: "operation not permitted",
        syscall: name,
        errno: 1,
      });
    }
    assert.throws(() => process.setgroups([0]), { code: "EPERM", syscall: "setgroups" });
    assert.throws(() => process.initgroups("root", 0), { code: "EPERM", syscall: "initgroups" });
  },
};

export const whatThereIsNot = {
  test() {
    for (
      const name of [
        "kill",
        "binding",
        "dlopen",
        "getActiveResourcesInfo",
        "setUncaughtExceptionCaptureCallback",
        "hasUncaughtExceptionCaptureCallback",
        "threadCpuUsage",
        "cpuUsage",
        "execve",
        "_linkedBinding",
        "_kill",
      ]
    ) {
      assert.throws(() => process[name](), missing(`process.${name}`), name);
    }
    for (const name of ["register", "registerBeforeExit", "unregister"]) {
      assert.throws(() => process.finalization[name]({}, () => {}), missing(`process.finalization.${name}`));
    }
    assert.throws(() => process.permission.has("fs.read"), missing("process.permission.has"));
    assert.throws(() => process.report.writeReport(), missing("process.report.writeReport"));
  },
};

export const whatIsZero = {
  test() {
    assert.deepStrictEqual(process.memoryUsage(), {
      rss: 0,
      heapTotal: 0,
      heapUsed: 0,
      external: 0,
      arrayBuffers: 0,
    });
    // Node has a method there, production has none.
    assert.strictEqual(process.memoryUsage.rss, undefined);
    const usage = process.resourceUsage();
    assert.strictEqual(Object.keys(usage).length, 16);
    assert.ok(Object.values(usage).every((value) => value === 0));
    for (const name of ["uptime", "constrainedMemory", "availableMemory"]) assert.strictEqual(process[name](), 0);
    assert.strictEqual(process.debugPort, 0);
  },
};

export const whatIsEmpty = {
  test() {
    assert.deepStrictEqual(process.report.getReport(), {});
    assert.strictEqual(process.report.signal, "SIGUSR2");
    assert.deepStrictEqual([process._getActiveHandles(), process._getActiveRequests(), process.moduleLoadList], [[], [], []]);
    assert.deepStrictEqual([process.channel, process.connected, process.domain], [null, false, null]);
    assert.ok(process.allowedNodeEnvironmentFlags instanceof Set);
    assert.strictEqual(process.allowedNodeEnvironmentFlags.size, 0);
    assert.strictEqual(process.send({}), false);
    assert.strictEqual(process._fatalException(new Error()), false);
    assert.deepStrictEqual(process.getSourceMapsSupport(), { enabled: false, nodeModules: false, generatedCode: false });
    for (const name of ["ref", "unref", "_tickCallback", "_debugProcess", "_debugEnd", "setSourceMapsEnabled"]) {
      assert.strictEqual(process[name](), undefined, name);
    }
  },
};

export const whatCanBeSet = {
  test() {
    assert.strictEqual(process.exitCode, undefined);
    process.exitCode = "any";
    assert.strictEqual(process.exitCode, "any");
    process.exitCode = undefined;
    process.title = "mine";
    assert.strictEqual(process.title, "mine");
    process.title = "workerd";
  },
};

export const hrtime = {
  test() {
    const before = process.hrtime();
    const [seconds, nanoseconds] = process.hrtime(before);
    assert.ok(seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1e9);
    assert.strictEqual(before[1] % 1e6, 0);
    assert.deepStrictEqual(process.hrtime([before[0] + 1, 0])[0] < 0, true);
    assert.strictEqual(process.hrtime.bigint() % 1000000n, 0n);
    assert.throws(() => process.hrtime(1), {
      code: "ERR_INVALID_ARG_TYPE",
      message: 'The "time" argument must be tuple of integers. Received type number (1)',
    });
    assert.throws(() => process.hrtime(null), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => process.hrtime([1]), {
      name: "RangeError",
      code: "ERR_OUT_OF_RANGE",
      message: 'The value of "time" is out of range. It must be 2. Received [ 1 ]',
    });
  },
};

export const assertions = {
  test() {
    assert.strictEqual(process.assert(true), undefined);
    assert.throws(() => process.assert(0, "mine"), { name: "AssertionError", code: "ERR_ASSERTION", message: "mine" });
    assert.throws(() => process.assert(), { message: "No value argument passed to `assert.ok()`" });
  },
};

export const warnings = {
  async test() {
    const heard = [];
    const listener = (warning) => heard.push([warning.name, warning.message, warning.code, warning.detail]);
    process.on("warning", listener);
    process.emitWarning("plain");
    process.emitWarning(new TypeError("an error"));
    process.emitWarning(new TypeError("renamed"), "Renamed");
    process.emitWarning("deprecated", "DeprecationWarning", "DEP0");
    process.emitWarning("detailed", { type: "T", code: "C", detail: "more" });
    process.emitWarning("constructed", TypeError);
    process.emitWarning("detail", { detail: 5 });
    assert.deepStrictEqual(heard, [], "they come later");
    await null;
    process.off("warning", listener);
    assert.deepStrictEqual(heard, [
      ["Warning", "plain", undefined, undefined],
      ["TypeError", "an error", undefined, undefined],
      ["Renamed", "renamed", undefined, undefined],
      ["DeprecationWarning", "deprecated", "DEP0", undefined],
      ["T", "detailed", "C", "more"],
      ["Warning", "constructed", undefined, undefined],
      ["Warning", "detail", undefined, undefined],
    ]);
  },
};

export const warningsAreChecked = {
  test() {
    const code = "ERR_INVALID_ARG_TYPE";
    assert.throws(() => process.emitWarning(1), {
      code,
      message: 'The "warning" argument must be an string or Error. Received type number (1)',
    });
    assert.throws(() => process.emitWarning("x", 5), {
      code,
      message: 'The "options" argument must be of type object. Received type number (5)',
    });
    assert.throws(() => process.emitWarning("x", []), { code });
    assert.throws(() => process.emitWarning("x", "T", 5), {
      code,
      message: 'The "ctor" argument must be of type function. Received type number (5)',
    });
    assert.throws(() => process.emitWarning("x", "T", "C", 5), { code });
    assert.throws(() => process.emitWarning("x", null), TypeError);
  },
};

export const rejectionsAreEvents = {
  async test() {
    const next = (event) => new Promise((resolve) => process.once(event, (...values) => resolve(values)));
    const unhandled = next("unhandledRejection");
    const error = new Error("nobody");
    const rejected = Promise.reject(error);
    assert.deepStrictEqual(await unhandled, [error, rejected]);
    const handled = next("rejectionHandled");
    rejected.catch(() => {});
    assert.deepStrictEqual(await handled, [rejected]);
  },
};

export const builtinModules = {
  async test() {
    const { getBuiltinModule } = process;
    assert.strictEqual(getBuiltinModule("node:process"), process);
    assert.strictEqual(getBuiltinModule("process"), process);
    assert.strictEqual(getBuiltinModule("node:test"), (await import("node:test")).default);
    for (const name of ["test", "nope", "node:nope", "node:", "", "./worker", "worker", "node-internal:process", undefined, 1]) {
      assert.strictEqual(getBuiltinModule(name), undefined, String(name));
    }
    const sockets = getBuiltinModule("cloudflare:sockets");
    assert.strictEqual(sockets.connect, (await import("cloudflare:sockets")).connect);
    assert.strictEqual(Object.prototype.toString.call(sockets), "[object Module]");
    assert.throws(() => getBuiltinModule(Symbol("x")), TypeError);
  },
};

export const variablesAreOfTheRealm = {
  test() {
    const before = process.env;
    process.env = { A: "1" };
    assert.strictEqual(globalThis.process.env.A, "1");
    process.env = before;
    assert.strictEqual(globalThis.process.env, before);
  },
};
