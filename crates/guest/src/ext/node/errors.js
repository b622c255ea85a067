// Errors as Node makes them, for our own modules, and warnings.
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;

/** Source: production's text. @param {string} what */
function notImplemented(what) {
  const error = new Error(`The ${what} method is not implemented`);
  error.code = "ERR_METHOD_NOT_IMPLEMENTED";
  return error;
}

/** A warning that a script of `deno_node` has. @param {Error} warning */
function warn(warning) {
  const { default: process } = core.loadExtScript("ext:lopata_node/modules/process.js");
  if (process.emitWarning !== undefined) {
    process.emitWarning(warning);
  } else {
    globalThis.console.warn(`${warning.name}: ${warning.message}`);
  }
}

return { notImplemented, warn };
})();
