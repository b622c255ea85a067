// structuredClone, and what production says of values that cannot be cloned.
//
// V8's serializer does the language's values. A class of the platform says what it is made of (`cloneable.js`), or that
// it cannot be cloned.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayBufferPrototypeTransfer,
  ArrayIsArray,
  ArrayPrototypePush,
  DataViewPrototypeGetBuffer,
  Error,
  EvalError,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectHasOwn,
  RangeError,
  ReferenceError,
  ReflectOwnKeys,
  SyntaxError,
  TypeError,
  TypedArrayPrototypeGetBuffer,
  URIError,
} = primordials;
const NativeAggregateError = primordials.AggregateError;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { cloneable, through } = core.loadExtScript("ext:lopata/clone/cloneable.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const PREFIX = "Failed to execute 'structuredClone' on 'ServiceWorkerGlobalScope'";
const ERRORS = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

const cloneError = (message) => new DOMException(message, "DataCloneError");

/** @param {object} prototype @param {() => never} take what throws */
function describe(prototype, take) {
  ObjectDefineProperty(prototype, core.hostObjectBrand, { __proto__: null, value: take, writable: true, configurable: true });
}

/** Source: production's text. @param {object} prototype @param {string} name of its class */
function notSerializable(prototype, name) {
  describe(prototype, () => {
    throw cloneError(`Could not serialize object of type "${name}". This type does not support serialization.`);
  });
}

/** A copy, without a transfer. */
function copy(value) {
  const serialize = () =>
    core.serialize(value, undefined, (message) => {
      throw cloneError(message);
    });
  return through(serialize, () => cloneError("Unsupported object type"));
}

/** The buffers that change hands. @returns {ArrayBuffer[]} */
function transferred(options) {
  if (options === undefined || options === null) return [];
  if (typeof options !== "object" && typeof options !== "function") {
    throw webidl.badArgument(PREFIX, 2, "StructuredCloneOptions");
  }
  const { transfer } = options;
  if (transfer === undefined) return [];
  if (!ArrayIsArray(transfer)) throw webidl.mismatch(PREFIX, "'transfer' of 'StructuredCloneOptions'", "Array");
  const buffers = [];
  for (let i = 0; i < transfer.length; i++) {
    const item = transfer[i];
    if (core.isArrayBuffer(item)) ArrayPrototypePush(buffers, item);
    else if (core.isDataView(item)) ArrayPrototypePush(buffers, DataViewPrototypeGetBuffer(item));
    else if (ArrayBufferIsView(item)) ArrayPrototypePush(buffers, TypedArrayPrototypeGetBuffer(item));
    // Source: production's text.
    else throw new TypeError("Object is not transferable");
  }
  return buffers;
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw webidl.badArgument(PREFIX, 1, "Value");
  const buffers = transferred(options);
  const clone = core.isNativeError(value) && !(value instanceof DOMException) &&
      compat.has("enhanced_error_serialization")
    ? copyError(value)
    : copy(value);
  for (let i = 0; i < buffers.length; i++) {
    if (!buffers[i].detached) ArrayBufferPrototypeTransfer(buffers[i], 0);
  }
  return clone;
}

/** An error with everything that is its own. */
function copyError(error) {
  const name = `${error.name}`;
  const message = ObjectHasOwn(error, "message") ? [`${error.message}`] : [];
  const made = name === "AggregateError"
    ? new NativeAggregateError(structuredClone(error.errors), ...message)
    : new (ERRORS[name] ?? Error)(...message);
  const keys = ReflectOwnKeys(error);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === "symbol" || key === "message" || key === "errors") continue;
    const { enumerable } = ObjectGetOwnPropertyDescriptor(error, key);
    const value = key === "stack" ? error.stack : structuredClone(error[key]);
    ObjectDefineProperty(made, key, { __proto__: null, value, enumerable, writable: true, configurable: true });
  }
  return made;
}

/** An error as it looks on the other side of a border: with all that can cross it. */
function copyOfError(error) {
  if (compat.has("enhanced_error_serialization")) {
    try {
      return copyError(error);
    } catch {
      // Something in it cannot be cloned.
    }
  }
  const made = new (ERRORS[error.name] ?? Error)(`${error.message}`);
  ObjectDefineProperty(made, "stack", { __proto__: null, value: error.stack, writable: true, configurable: true });
  return made;
}

/** A signal says why it cannot be cloned. */
function registerAbortSignal({ AbortSignalPrototype }) {
  // Source: production's text.
  describe(AbortSignalPrototype, () => {
    throw cloneError("AbortSignal serialization is not enabled.");
  });
}

return { cloneable, copy, copyOfError, notSerializable, registerAbortSignal, structuredClone };
})();
