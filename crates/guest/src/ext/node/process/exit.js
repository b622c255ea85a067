// `process.exit`: the event that calls it ends with an error.
(function () {
const { core, primordials } = __bootstrap;
const { Error, ErrorCaptureStackTrace, StringPrototypeIndexOf, StringPrototypeSlice } = primordials;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Outside of an event there is nothing to end. Source: production's text. */
function ignored() {
  const from = {};
  ErrorCaptureStackTrace(from, exit);
  const frames = StringPrototypeIndexOf(from.stack, "\n");
  globalThis.console.warn(
    "process.exit(...) called without a current request context. Ignoring." +
      (frames < 0 ? "" : StringPrototypeSlice(from.stack, frames)),
  );
}

/** Source: production's text. @param {number} code */
function exit(code) {
  const event = io.current();
  if (event === undefined) return ignored();
  const error = new Error(`The Node.js process.exit(${code | 0}) API was called. Canceling the request.`);
  // Whoever catches it changes nothing: the event is answered, and may begin nothing more.
  event.exit(error);
  throw error;
}

return { exit };
})();
