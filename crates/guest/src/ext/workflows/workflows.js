// The module "cloudflare:workflows".
(function () {
const { primordials } = __bootstrap;
const { Error } = primordials;

/** What a step throws to say that trying again is useless. */
class NonRetryableError extends Error {
  /** @param {string} message @param {string} [name] */
  constructor(message, name = "NonRetryableError") {
    super(message);
    this.name = name;
  }
}

return { NonRetryableError };
})();
