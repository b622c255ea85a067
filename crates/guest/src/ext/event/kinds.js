// The kinds of events that scripts can make, and those that only the runtime makes.
(function () {
const { core, primordials } = __bootstrap;
const { ArrayIsArray, ObjectDefineProperty, ObjectPrototypeIsPrototypeOf, TypeError } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** An own property that cannot be written. */
function readonly(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, writable: false, enumerable: true, configurable: true });
}

/** @param {typeof Event} Event @param {object} own the third argument that says that two are converted */
function make(Event, own) {
  /**
   * Converts a constructor's arguments.
   * @returns {object | undefined} the dictionary
   */
  function initOf(Class, init, length, dictionary) {
    const prefix = `Failed to construct '${Class}'`;
    if (length === 0) throw webidl.badArgument(prefix, 1, "string");
    if (init === undefined || init === null) return undefined;
    if (typeof init === "object" || typeof init === "function") return init;
    throw webidl.badArgument(prefix, 2, dictionary);
  }

  const text = (value) => value === undefined ? "" : webidl.converters.DOMString(value);
  const integer = (value) => value === undefined ? 0 : webidl.converters.long(value);

  class CustomEvent extends Event {
    #detail = undefined;
    constructor(type, init = undefined) {
      const given = initOf("CustomEvent", init, arguments.length, "CustomEventInit");
      super(webidl.converters.DOMString(type), given, own);
      if (given !== undefined) this.#detail = given.detail;
    }
    get detail() {
      if (typeof this !== "object" || this === null || !(#detail in this)) throw webidl.illegalInvocation();
      return this.#detail;
    }
  }

  class ErrorEvent extends Event {
    #init;
    constructor(type, init = undefined) {
      const given = initOf("ErrorEvent", init, arguments.length, "ErrorEventInit");
      super(webidl.converters.DOMString(type), given, own);
      this.#init = {
        message: text(given?.message),
        filename: text(given?.filename),
        lineno: integer(given?.lineno),
        colno: integer(given?.colno),
        error: given?.error,
      };
    }
    static #of(self) {
      if (typeof self !== "object" || self === null || !(#init in self)) throw webidl.illegalInvocation();
      return self.#init;
    }
    get filename() {
      return ErrorEvent.#of(this).filename;
    }
    get message() {
      return ErrorEvent.#of(this).message;
    }
    get lineno() {
      return ErrorEvent.#of(this).lineno;
    }
    get colno() {
      return ErrorEvent.#of(this).colno;
    }
    get error() {
      return ErrorEvent.#of(this).error;
    }
  }

  class MessageEvent extends Event {
    // Own properties, as in production; plain fields, since there is one event for each message.
    ports;
    source;
    lastEventId;
    origin;
    data;
    constructor(type, init = undefined) {
      const given = initOf("MessageEvent", init, arguments.length, "Initializer");
      super(typeof type === "string" ? type : webidl.converters.DOMString(type), given, own);
      this.data = given?.data === undefined ? null : given.data;
      this.origin = text(given?.origin);
      this.lastEventId = text(given?.lastEventId);
      this.source = portOf(given?.source, "'source' of 'Initializer'");
      this.ports = portsOf(given?.ports);
    }
  }

  function portOf(value, context) {
    if (value === undefined) return null;
    const { MessagePort } = core.loadExtScript("ext:lopata/event/message_port.js");
    if (ObjectPrototypeIsPrototypeOf(MessagePort.prototype, value)) return value;
    throw webidl.mismatch(undefined, context, "MessagePort");
  }

  function portsOf(value) {
    if (value === undefined) return [];
    if (!ArrayIsArray(value)) throw webidl.mismatch(undefined, "'ports' of 'Initializer'", "Array");
    const ports = [];
    for (let i = 0; i < value.length; i++) {
      ports[i] = portOf(value[i] === undefined ? null : value[i], i);
    }
    return ports;
  }

  class CloseEvent extends Event {
    constructor(type, init = undefined) {
      const given = initOf("CloseEvent", init, arguments.length, "Initializer");
      super(webidl.converters.DOMString(type), given, own);
      readonly(this, "wasClean", !!given?.wasClean);
      readonly(this, "reason", text(given?.reason));
      readonly(this, "code", integer(given?.code));
    }
  }

  class PromiseRejectionEvent extends Event {
    constructor(key, type = undefined, promise = undefined, reason = undefined) {
      if (key !== own) throw new TypeError("Illegal constructor");
      super(type, undefined, own);
      readonly(this, "reason", reason);
      readonly(this, "promise", promise);
    }
  }

  /** What only scripts of the engine extend; workers do not see it. */
  class ProgressEvent extends Event {}

  const classes = { CustomEvent, ErrorEvent, MessageEvent, CloseEvent, PromiseRejectionEvent, ProgressEvent };
  for (const name in classes) webidl.configureInterface(classes[name]);
  return {
    ...classes,
    rejectionEvent: (type, promise, reason) => new PromiseRejectionEvent(own, type, promise, reason),
  };
}

return { make };
})();
