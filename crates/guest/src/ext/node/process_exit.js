// `process.exit`: ends the event that calls it.
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;

/** Source: production's text. @param {number} code */
function exit(code = undefined) {
  throw new Error(`The Node.js process.exit(${code ?? 0}) API was called. Canceling the request.`);
}

return { exit };
})();
