// The module "cloudflare:email".
(function () {
const { core, primordials } = __bootstrap;
const { ObjectDefineProperty, String, SymbolToStringTag, TypeError } = primordials;
const { isReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

/** A message that a Worker has written itself: who it is from, whom it is for, and its text with all headers. */
class EmailMessage {
  #from;
  #to;
  // What a binding sends.
  #raw;

  /** @param {string} from @param {string} to @param {ReadableStream | string} raw */
  constructor(from, to, raw) {
    if (arguments.length < 3) {
      const missing = arguments.length + 1;
      const type = missing < 3 ? "string" : "ReadableStream or string";
      throw new TypeError(`Failed to construct 'EmailMessage': constructor parameter ${missing} is not of type '${type}'.`);
    }
    this.#from = String(from);
    this.#to = String(to);
    this.#raw = isReadableStream(raw) ? raw : String(raw);
  }

  get from() {
    return this.#from;
  }

  get to() {
    return this.#to;
  }
}
for (const name of ["from", "to"]) {
  ObjectDefineProperty(EmailMessage.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(EmailMessage.prototype, SymbolToStringTag, { __proto__: null, value: "EmailMessage", configurable: true });

return { EmailMessage };
})();
