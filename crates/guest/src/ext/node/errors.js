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

/**
 * The warning of an emitter that has many listeners: a line of the console, as in production.
 * @param {Error & { count: number, type: string | symbol }} warning
 */
function warnOfLeak(warning) {
  globalThis.console.log(
    `Possible EventEmitter memory leak detected. ${warning.count} ${String(warning.type)} listeners added to an ` +
      "EventEmitter. Use emitter.setMaxListeners() to increase limit",
  );
  core.loadExtScript("ext:lopata_node/modules/process.js").default.emitWarning?.(warning);
}

return { notImplemented, warn, warnOfLeak };
})();
