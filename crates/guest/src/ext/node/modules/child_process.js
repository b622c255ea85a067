// The module "node:child_process": no worker has processes, so whatever would start one throws, as in production.
(function () {
const { core } = __bootstrap;
const { EventEmitter } = core.loadExtScript("ext:deno_node/_events.mjs");
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateArray, validateFunction, validateObject, validateString } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);

class ChildProcess extends EventEmitter {
  stdin = null;
  stdout = null;
  stderr = null;
  killed = false;
  stdio = [null, null, null, null, null];
  connected = false;
  exitCode = null;
  signalCode = null;
  spawnargs = [];
  spawnfile;

  constructor() {
    super();
    throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.ChildProcess");
  }

  kill(_signal) {
    return false;
  }

  send(_message, _handle, _options, _callback) {
    return false;
  }

  disconnect() {}

  unref() {}

  ref() {}

  [Symbol.dispose]() {
    this.kill();
  }
}

function _forkChild(_fd, _mode) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process._forkChild");
}

function exec(command, options, callback) {
  validateString(command, "command");
  if (options !== undefined && options !== null) validateObject(options, "options");
  if (callback !== undefined && callback !== null) validateFunction(callback, "callback");
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.exec");
}

function execFile(_file, _args, _options, _callback) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.execFile");
}

function execFileSync(_file, _args, _options) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.execFileSync");
}

function execSync(_command, _options) {
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.execSync");
}

function fork(_path, args, options) {
  if (args !== undefined && args !== null) {
    // The list of arguments may be left out.
    if (typeof args === "object" && !Array.isArray(args)) {
      options = args;
    } else {
      validateArray(args, "args");
    }
  }
  if (options !== undefined && options !== null) validateObject(options, "options");
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.fork");
}

function spawn() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.spawn");
}

function spawnSync(command, _args, _options) {
  validateString(command, "command");
  throw new ERR_METHOD_NOT_IMPLEMENTED("child_process.spawnSync");
}

const all = { ChildProcess, _forkChild, exec, execFile, execFileSync, execSync, fork, spawn, spawnSync };

return { ...all, default: all };
})();
