// Errors that come from another thread, made into JavaScript errors again.
//
// Name, message, stack, cause chain and own properties are kept. An error whose name is no class of this isolate
// becomes an Error that says that name.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  EvalError,
  JSONParse,
  ObjectDefineProperty,
  ObjectKeys,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} = primordials;
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const CLASSES = { __proto__: null, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
/** Names that only a DOMException has. */
const DOM_NAMES = {
  __proto__: null,
  AbortError: true,
  DataCloneError: true,
  DataError: true,
  IndexSizeError: true,
  InvalidAccessError: true,
  InvalidCharacterError: true,
  InvalidStateError: true,
  NetworkError: true,
  NotSupportedError: true,
  OperationError: true,
  TimeoutError: true,
  TypeMismatchError: true,
};

function define(error, name, value, enumerable) {
  ObjectDefineProperty(error, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/**
 * @param {{ name: string, message: string, stack: string, properties: string, cause?: object }} wire
 * @returns {unknown} an error, or the text of what was thrown as a cause and is none
 */
function revive(wire) {
  const { name, message, stack, properties, cause } = wire;
  if (name === "" && stack === "") return message;
  let error;
  if (DOM_NAMES[name] === true) {
    error = new DOMException(message, name);
  } else {
    const Class = CLASSES[name];
    error = new (Class ?? Error)(message);
    if (Class === undefined && name !== "Error") define(error, "name", name, false);
  }
  if (stack !== "") define(error, "stack", stack, false);
  if (cause !== undefined) define(error, "cause", revive(cause), false);
  if (properties !== "") {
    const own = JSONParse(properties);
    const keys = ObjectKeys(own);
    for (let i = 0; i < keys.length; i++) define(error, keys[i], own[keys[i]], true);
  }
  return error;
}

return { revive };
})();
