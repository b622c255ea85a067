// The module "node:os": an operating system that there is nothing to know about.
(function () {
const { core } = __bootstrap;
const { isEncoding } = core.loadExtScript("ext:deno_node/internal/buffer.mjs").Buffer;
const { ERR_INVALID_ARG_VALUE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateInt32, validateObject } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const constants = core.loadExtScript("ext:lopata_node/os/constants.js");

function availableParallelism() {
  return 1;
}

function arch() {
  return "x64";
}

function cpus() {
  return [];
}

function endianness() {
  return "LE";
}

function freemem() {
  return 0;
}

function getPriority(pid = 0) {
  validateInt32(pid, "pid");
  return 0;
}

function homedir() {
  return "/tmp/";
}

function hostname() {
  return "localhost";
}

function loadavg() {
  return [0, 0, 0];
}

function machine() {
  return "x86_64";
}

function networkInterfaces() {
  return {};
}

function platform() {
  return "linux";
}

function release() {
  return "";
}

function setPriority(pid, priority) {
  validateInt32(pid, "pid");
  validateInt32(priority, "priority");
}

function tmpdir() {
  return "/tmp/";
}

function totalmem() {
  return 0;
}

function type() {
  return "Linux";
}

function uptime() {
  return 0;
}

function userInfo(options = undefined) {
  if (options !== undefined) {
    validateObject(options, "options");
    const { encoding } = options;
    if (encoding !== undefined && encoding !== "buffer" && !isEncoding(encoding)) {
      throw new ERR_INVALID_ARG_VALUE("options.encoding", encoding, "must be a valid encoding");
    }
  }
  return {};
}

function version() {
  return "";
}

const os = {
  EOL: "\n",
  devNull: "/dev/null",
  constants,
  availableParallelism,
  arch,
  cpus,
  endianness,
  freemem,
  getPriority,
  homedir,
  hostname,
  loadavg,
  machine,
  networkInterfaces,
  platform,
  release,
  setPriority,
  tmpdir,
  totalmem,
  type,
  uptime,
  userInfo,
  version,
};

return { ...os, default: os };
})();
