// The module "node:wasi": options are checked, and then it throws.
(function () {
const { core } = __bootstrap;
const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { validateArray, validateBoolean, validateInt32, validateObject, validateOneOf } = core.loadExtScript(
  "ext:deno_node/internal/validators.mjs",
);

class WASI {
  constructor(options = { version: "unstable" }) {
    validateObject(options, "options");
    const { version, args, env, preopens, returnOnExit, stdin = 0, stdout = 1, stderr = 2 } = options;
    validateOneOf(version, "options.version", ["unstable", "preview1"]);
    if (args !== undefined) validateArray(args, "options.args");
    if (env !== undefined) validateObject(env, "options.env");
    if (preopens !== undefined) validateObject(preopens, "options.preopens");
    validateInt32(stdin, "options.stdin", 0);
    validateInt32(stdout, "options.stdout", 0);
    validateInt32(stderr, "options.stderr", 0);
    if (returnOnExit !== undefined) validateBoolean(returnOnExit, "options.returnOnExit");
    throw new ERR_METHOD_NOT_IMPLEMENTED("WASI");
  }

  finalizeBindings(_instance, _options = {}) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("WASI.finalizeBindings");
  }

  start(_instance) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("WASI.start");
  }

  initialize(_instance) {
    throw new ERR_METHOD_NOT_IMPLEMENTED("WASI.initialize");
  }

  getImportObject() {
    return {};
  }
}

return { WASI, default: { WASI } };
})();
