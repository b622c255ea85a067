// Errors as Node makes them, for our own modules, and warnings.
(function () {
const { core } = __bootstrap;

/** What production has not implemented either. @param {string} what */
function notImplemented(what) {
  const { ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript("ext:deno_node/internal/errors.ts");
  return new ERR_METHOD_NOT_IMPLEMENTED(what);
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
