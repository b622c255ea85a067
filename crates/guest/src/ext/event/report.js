// What happens to an error that nobody handles: the global scope is told, and unless a handler there prevents it, the
// error is reported.
(function () {
const { core, primordials } = __bootstrap;
const { Error, StringPrototypeStartsWith } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** @param {{ dispatch: Function, ErrorEvent: Function, globalScope: () => object, listenerCount: Function }} events */
function make({ dispatch, ErrorEvent, globalScope, listenerCount }) {
  let uncaught = (error) => core.reportUnhandledException(error);
  let reporting = false;

  /** @param {(error: unknown) => void} callback what reports an error */
  function onUncaught(callback) {
    uncaught = callback;
  }

  /** Tells the global scope of an error, and reports it unless a handler prevents that. */
  function reportException(error) {
    // A handler of errors is not told of its own.
    if (reporting || listenerCount(globalScope(), "error") === 0) {
      uncaught(error);
      return;
    }
    reporting = true;
    try {
      const event = new ErrorEvent("error", { ...whereThrown(error), error });
      if (dispatch(globalScope(), event)) uncaught(error);
    } catch (thrown) {
      uncaught(error);
      uncaught(thrown);
    } finally {
      reporting = false;
    }
  }

  function reportError(error) {
    if (arguments.length === 0) {
      throw webidl.badArgument("Failed to execute 'reportError' on 'ServiceWorkerGlobalScope'", 1, "Value");
    }
    reportException(error);
  }

  return { onUncaught, reportError, reportException };
}

/** What an error event says of the place; for what is no error that is the place of the report. */
function whereThrown(error) {
  const { exceptionMessage, frames } = core.destructureError(error);
  let frame = frames[0];
  if (frame === undefined) {
    const here = core.destructureError(new Error()).frames;
    for (let i = 0; i < here.length && frame === undefined; i++) {
      if (!StringPrototypeStartsWith(here[i].fileName ?? "ext:", "ext:")) frame = here[i];
    }
  }
  return {
    message: exceptionMessage,
    filename: frame?.fileName ?? "",
    lineno: frame?.lineNumber ?? 0,
    colno: frame?.columnNumber ?? 0,
  };
}

return { make };
})();
