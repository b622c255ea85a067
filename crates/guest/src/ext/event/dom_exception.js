// DOMException, as production has it: an error whose parts are own properties.
//
// Stands in the place of the engine's script of the same name.
(function () {
const { core, primordials } = __bootstrap;
const { Error, ErrorPrototype, ObjectDefineProperty, ObjectSetPrototypeOf, ReflectConstruct } = primordials;
const { cloneable } = core.loadExtScript("ext:lopata/clone/cloneable.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const captureStackTrace = Error.captureStackTrace;

/** Constant, code and name of what the web numbers. */
const CODES = [
  ["INDEX_SIZE_ERR", 1, "IndexSizeError"],
  ["DOMSTRING_SIZE_ERR", 2, "DOMStringSizeError"],
  ["HIERARCHY_REQUEST_ERR", 3, "HierarchyRequestError"],
  ["WRONG_DOCUMENT_ERR", 4, "WrongDocumentError"],
  ["INVALID_CHARACTER_ERR", 5, "InvalidCharacterError"],
  ["NO_DATA_ALLOWED_ERR", 6, "NoDataAllowedError"],
  ["NO_MODIFICATION_ALLOWED_ERR", 7, "NoModificationAllowedError"],
  ["NOT_FOUND_ERR", 8, "NotFoundError"],
  ["NOT_SUPPORTED_ERR", 9, "NotSupportedError"],
  ["INUSE_ATTRIBUTE_ERR", 10, "InUseAttributeError"],
  ["INVALID_STATE_ERR", 11, "InvalidStateError"],
  ["SYNTAX_ERR", 12, "SyntaxError"],
  ["INVALID_MODIFICATION_ERR", 13, "InvalidModificationError"],
  ["NAMESPACE_ERR", 14, "NamespaceError"],
  ["INVALID_ACCESS_ERR", 15, "InvalidAccessError"],
  ["VALIDATION_ERR", 16, "ValidationError"],
  ["TYPE_MISMATCH_ERR", 17, "TypeMismatchError"],
  ["SECURITY_ERR", 18, "SecurityError"],
  ["NETWORK_ERR", 19, "NetworkError"],
  ["ABORT_ERR", 20, "AbortError"],
  ["URL_MISMATCH_ERR", 21, "URLMismatchError"],
  ["QUOTA_EXCEEDED_ERR", 22, "QuotaExceededError"],
  ["TIMEOUT_ERR", 23, "TimeoutError"],
  ["INVALID_NODE_TYPE_ERR", 24, "InvalidNodeTypeError"],
  ["DATA_CLONE_ERR", 25, "DataCloneError"],
];
const CODE_OF = { __proto__: null };

class DOMException {
  constructor(message = "", name = "Error") {
    message = webidl.converters.DOMString(message);
    name = webidl.converters.DOMString(name);
    // What the engine takes for an error: it is printed, and crosses isolates, as one.
    const error = ReflectConstruct(Error, [], new.target);
    // It comes last again below.
    delete error.stack;
    readonly(error, "code", CODE_OF[name] ?? 0);
    readonly(error, "name", name);
    readonly(error, "message", message);
    captureStackTrace(error, DOMException);
    ObjectDefineProperty(error, "stack", { __proto__: null, enumerable: true });
    return error;
  }
}

function readonly(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, writable: false, enumerable: true, configurable: true });
}

ObjectSetPrototypeOf(DOMException.prototype, ErrorPrototype);
webidl.configureInterface(DOMException);
for (const [constant, value, name] of CODES) {
  CODE_OF[name] = value;
  readonly(DOMException, constant, value);
  readonly(DOMException.prototype, constant, value);
}

cloneable(
  DOMException.prototype,
  "DOMException",
  function () {
    return { name: `${this.name}`, message: `${this.message}`, stack: `${this.stack}` };
  },
  ({ name, message, stack }) => {
    const exception = new DOMException(message, name);
    exception.stack = stack;
    return exception;
  },
);

/** An exception of that name; for scripts of the engine, which take it for a class. */
class QuotaExceededError {
  constructor(message = "") {
    return new DOMException(message, "QuotaExceededError");
  }
}

return {
  DOMException,
  DOMExceptionPrototype: DOMException.prototype,
  QuotaExceededError,
  QuotaExceededErrorPrototype: DOMException.prototype,
};
})();
