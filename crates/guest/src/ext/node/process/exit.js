// `process.exit`: the event that calls it ends with an error.
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

/** Source: production's text. @param {number} code */
function exit(code = undefined) {
  const error = new Error(`The Node.js process.exit(${code ?? 0}) API was called. Canceling the request.`);
  // Whoever catches it does not change what the event is answered with.
  io.current()?.cancel(error);
  throw error;
}

return { exit };
})();
