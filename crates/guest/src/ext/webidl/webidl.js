// WebIDL as production has it: how arguments are converted, and the texts of what is wrong with them.
//
// Every class of the runtime, those of the engine's crates too, converts its arguments with what is here; so the
// form of the texts is in one place. Where a class of the engine asks for something, it says who asks in a prefix
// ("Failed to execute 'x' on 'Y'") and what for in a context ("Argument 1"). Production names the type that it
// wanted, and what it names is not always WebIDL's name: PARAMETERS and DICTIONARIES have those.
(function () {
const { core, internals, primordials } = __bootstrap;
const { isArrayBuffer, isDataView, isSharedArrayBuffer, isTypedArray } = core;
const {
  ArrayBufferIsView,
  ArrayIteratorPrototype,
  ArrayPrototypePush,
  ArrayPrototypeSort,
  BigIntAsIntN,
  BigIntAsUintN,
  DataViewPrototypeGetBuffer,
  FunctionPrototypeCall,
  MathFround,
  MathTrunc,
  Number,
  NumberIsFinite,
  NumberParseInt,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  ReflectApply,
  ReflectOwnKeys,
  RegExpPrototypeExec,
  SafeRegExp,
  SafeSet,
  SetPrototypeHas,
  String,
  StringPrototypeCharCodeAt,
  StringPrototypeStartsWith,
  StringPrototypeToWellFormed,
  Symbol,
  SymbolAsyncIterator,
  SymbolFor,
  SymbolIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypeError,
} = primordials;

// Source: workerd's text, printed by it.
const ILLEGAL_INVOCATION = "Illegal invocation: function called with incorrect `this` reference. See " +
  "https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.";

/** The types that production names for the parameters of the engine's classes, by "Class" or "Class.method". */
const PARAMETERS = {
  __proto__: null,
  "AbortSignal.any": ["Array"],
  "AbortSignal.timeout": ["number"],
  "Blob": ["Array", "Options"],
  "ByteLengthQueuingStrategy": ["QueuingStrategyInit"],
  "CompressionStream": ["string"],
  "CountQueuingStrategy": ["QueuingStrategyInit"],
  "DecompressionStream": ["string"],
  "File": ["Array", "string", "Options"],
  "FormData.append": ["string", "File or Blob or string"],
  "FormData.set": ["string", "File or Blob or string"],
  "ReadableByteStreamController.enqueue": ["BufferSource"],
  "ReadableStream.pipeThrough": ["Transform", "PipeToOptions"],
  "ReadableStream.pipeTo": ["WritableStream", "PipeToOptions"],
  "ReadableStreamBYOBReader": ["ReadableStream"],
  "ReadableStreamBYOBRequest.respondWithNewView": ["BufferSource"],
  "ReadableStreamDefaultReader": ["ReadableStream"],
  "TextDecoder.decode": ["Array", "DecodeOptions"],
  "TextEncoder.encodeInto": ["string", "Uint8Array"],
  "URL": ["USVString", "USVString"],
  "URL.canParse": ["USVString", "USVString"],
  "URL.parse": ["USVString", "USVString"],
  "URLSearchParams.append": ["USVString", "USVString"],
  "URLSearchParams.delete": ["USVString", "USVString"],
  "URLSearchParams.forEach": ["function"],
  "URLSearchParams.get": ["USVString"],
  "URLSearchParams.getAll": ["USVString"],
  "URLSearchParams.has": ["USVString", "USVString"],
  "URLSearchParams.set": ["USVString", "USVString"],
  "WritableStreamDefaultWriter": ["WritableStream"],
};

/** What production calls a dictionary of the web. */
const DICTIONARIES = {
  __proto__: null,
  BlobPropertyBag: "Options",
  FilePropertyBag: "Options",
  ReadableStreamGetReaderOptions: "GetReaderOptions",
  ReadableStreamBYOBReaderReadOptions: "ReadableStreamBYOBReaderReadOptions",
  RequestInit: "RequestInitializerDict",
  ResponseInit: "InitializerDict",
  StreamPipeOptions: "PipeToOptions",
  StructuredSerializeOptions: "StructuredCloneOptions",
  TextDecodeOptions: "DecodeOptions",
  TextDecoderOptions: "ConstructorOptions",
};

const PREFIX = new SafeRegExp(
  "^Failed to (execute|construct|call|set|get) (?:the )?'([^']*)'(?: property)?(?: on '([^']*)')?$",
);
const ARGUMENT = new SafeRegExp("^Argument ([0-9]+)$");
const FIELD = new SafeRegExp("^'([^']*)' of '([^']*)'");
const STATIC_METHOD = new SafeRegExp("^([^.]*)\\.(.*)$");
const NOT_OF_TYPE = new SafeRegExp("^is not of type (.*)$");

/**
 * The error of a value that is not what was asked for.
 *
 * @param {string | undefined} prefix who asks: "Failed to execute 'x' on 'Y'", "Failed to construct 'Y'",
 *   "Failed to set 'x' on 'Y'"
 * @param {string | number | undefined} context what for: "Argument 1", "'f' of 'Options'", the index in an array
 * @param {string} type production's name of what was wanted
 * @returns {TypeError}
 */
function mismatch(prefix, context, type) {
  if (typeof context === "number") {
    return new TypeError(`Incorrect type for array element ${context}: the provided value is not of type '${type}'.`);
  }
  if (context !== undefined && StringPrototypeStartsWith(context, "'")) {
    const field = RegExpPrototypeExec(FIELD, context);
    if (field !== null) {
      return new TypeError(
        `Incorrect type for the '${field[1]}' field on '${field[2]}': the provided value is not of type '${type}'.`,
      );
    }
  }
  const argument = context === undefined ? null : RegExpPrototypeExec(ARGUMENT, context);
  const asked = prefix === undefined ? null : RegExpPrototypeExec(PREFIX, prefix);
  if (argument === null || asked === null) {
    return new TypeError(`Incorrect type: the provided value is not of type '${type}'.`);
  }
  return badArgument(prefix, NumberParseInt(argument[1], 10), type, asked);
}

/**
 * The error of a parameter that is missing or of the wrong type.
 *
 * @param {string} prefix who asks, as for `mismatch`
 * @param {number} number of the parameter, from 1
 * @param {string} type production's name of what was wanted
 * @returns {TypeError}
 */
function badArgument(prefix, number, type, asked = RegExpPrototypeExec(PREFIX, prefix)) {
  if (asked === null) return new TypeError(`${prefix}: parameter ${number} is not of type '${type}'.`);
  let { 1: kind, 2: member, 3: owner } = asked;
  if (kind === "construct") {
    type = PARAMETERS[member]?.[number - 1] ?? type;
    return new TypeError(`Failed to construct '${member}': constructor parameter ${number} is not of type '${type}'.`);
  }
  if (kind === "set" && owner !== undefined) {
    return new TypeError(
      `Failed to set the '${member}' property on '${owner}': the provided value is not of type '${type}'.`,
    );
  }
  if (owner === undefined) {
    // The engine writes static methods as 'Class.method', and functions of the global scope without an owner.
    const dotted = RegExpPrototypeExec(STATIC_METHOD, member);
    owner = dotted === null ? "ServiceWorkerGlobalScope" : dotted[1];
    member = dotted === null ? member : dotted[2];
  }
  type = PARAMETERS[`${owner}.${member}`]?.[number - 1] ?? type;
  return new TypeError(`Failed to execute '${member}' on '${owner}': parameter ${number} is not of type '${type}'.`);
}

/**
 * Refuses a call with too few arguments: an absent argument is a value of the wrong type.
 *
 * @param {number} length how many there are
 * @param {string[]} types production's names of those that must be there
 * @param {string} prefix who asks
 */
function need(length, types, prefix) {
  if (length < types.length) throw badArgument(prefix, length + 1, types[length]);
}

/** The same for scripts of the engine, which only say how many. */
function requiredArguments(length, required, prefix) {
  if (length < required) throw badArgument(prefix, length + 1, "string");
}

/** An error whose text the engine's scripts make themselves. `message` starts with a verb. */
function makeException(ErrorType, message, prefix, context) {
  const type = RegExpPrototypeExec(NOT_OF_TYPE, message);
  if (type !== null) return mismatch(prefix, context, type[1]);
  return new ErrorType(`${prefix ? prefix + ": " : ""}${context ?? "Value"} ${message}`);
}

// ---- numbers

/** @param {unknown} value @returns {number} throws what the language throws for a symbol or a BigInt */
const toNumber = (value) => typeof value === "number" ? value : +value;

const NOT_AN_INTEGER = "The value cannot be converted because it is not an integer.";

/**
 * Production's integers: nothing wraps, what does not fit is refused.
 *
 * @param {number} low @param {number} high @param {string} noun what a negative number is told to be
 */
function integers(low, high, noun = "number") {
  return (value, _prefix, _context, options) => {
    const number = toNumber(value);
    if (options?.clamp) return number <= low ? low : number >= high ? high : MathTrunc(number || 0);
    if (!NumberIsFinite(number)) {
      // A 32-bit integer is the one that takes anything for 0.
      if (low === -0x80000000) return 0;
      throw new TypeError(NOT_AN_INTEGER);
    }
    if (low === 0 && number < 0) {
      throw new TypeError(
        `The value cannot be converted because it is negative and this API expects a positive ${noun}.`,
      );
    }
    if (number < low || number > high) {
      throw new TypeError(
        low === 0
          ? `Value out of range. Must be less than or equal to ${high}.`
          : `Value out of range. Must be between ${low} and ${high} (inclusive).`,
      );
    }
    return MathTrunc(number) + 0;
  };
}

/** 64-bit integers, as numbers. @param {boolean} signed */
function longIntegers(signed) {
  const asInt = signed ? BigIntAsIntN : BigIntAsUintN;
  const number = signed
    ? integers(-9223372036854775808, 9223372036854775807)
    : integers(0, 18446744073709551615, "bigint");
  return (value, prefix, context, options) => {
    if (typeof value !== "bigint") return number(value, prefix, context, options);
    if (asInt(64, value) !== value) {
      throw new TypeError(
        signed
          ? "The value cannot be converted because it would be truncated."
          : "The value cannot be converted because it is either negative and this API expects a positive bigint, or " +
            "the value would be truncated.",
      );
    }
    return Number(value);
  };
}

// ---- strings

function toString(value) {
  if (typeof value === "string") return value;
  if (typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  return String(value);
}

function isLatin1(text) {
  for (let i = 0; i < text.length; i++) {
    if (StringPrototypeCharCodeAt(text, i) > 255) return false;
  }
  return true;
}

// ---- the registry of converters, which the engine's scripts add to

const isObject = (value) => typeof value === "object" ? value !== null : typeof value === "function";

function toFunction(value, prefix, context) {
  if (typeof value !== "function") throw mismatch(prefix, context, "function");
  return value;
}

const converters = [];
converters.any = (value) => value;
converters.boolean = (value) => !!value;
converters.byte = integers(-128, 127);
converters.octet = integers(0, 255);
converters.short = integers(-32768, 32767);
converters["unsigned short"] = integers(0, 65535);
converters.long = integers(-0x80000000, 0x7fffffff);
converters["unsigned long"] = integers(0, 0xffffffff);
converters["long long"] = longIntegers(true);
converters["unsigned long long"] = longIntegers(false);
converters.float = (value) => MathFround(toNumber(value));
converters["unrestricted float"] = converters.float;
converters.double = toNumber;
converters["unrestricted double"] = toNumber;
converters.DOMTimeStamp = converters["unsigned long long"];
converters.DOMHighResTimeStamp = toNumber;
converters["unsigned short?"] = createNullableConverter(converters["unsigned short"]);
converters["unsigned long?"] = createNullableConverter(converters["unsigned long"]);
converters["unrestricted double?"] = createNullableConverter(toNumber);
converters.DOMString = (value, _prefix, _context, options) =>
  value === null && options?.treatNullAsEmptyString ? "" : toString(value);
converters.USVString = (value) => StringPrototypeToWellFormed(toString(value));
converters["UVString?"] = createNullableConverter(converters.USVString);
converters.ByteString = (value, prefix, context) => {
  const text = toString(value);
  if (!isLatin1(text)) throw mismatch(prefix, context, "ByteString");
  return text;
};
converters.object = (value, prefix, context) => {
  if (!isObject(value)) throw mismatch(prefix, context, "Object");
  return value;
};
converters.Function = toFunction;
converters.VoidFunction = toFunction;

/** Refuses memory that threads share where the web does. */
function unshared(value, buffer, prefix, context, options, type) {
  if (!options?.allowShared && isSharedArrayBuffer(buffer)) throw mismatch(prefix, context, type);
  return value;
}

const bufferOf = (view) => isTypedArray(view) ? TypedArrayPrototypeGetBuffer(view) : DataViewPrototypeGetBuffer(view);

converters.ArrayBuffer = (value, prefix, context) => {
  if (!isArrayBuffer(value)) throw mismatch(prefix, context, "ArrayBuffer");
  return value;
};
converters.DataView = (value, prefix, context, options) => {
  if (!isDataView(value)) throw mismatch(prefix, context, "DataView");
  return unshared(value, DataViewPrototypeGetBuffer(value), prefix, context, options, "DataView");
};
for (
  const name of [
    "Int8Array",
    "Int16Array",
    "Int32Array",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
    "Uint8ClampedArray",
    "Float32Array",
    "Float64Array",
  ]
) {
  converters[name] = (value, prefix, context, options) => {
    if (TypedArrayPrototypeGetSymbolToStringTag(value) !== name) throw mismatch(prefix, context, name);
    return unshared(value, TypedArrayPrototypeGetBuffer(value), prefix, context, options, name);
  };
}
converters.ArrayBufferView = (value, prefix, context, options) => {
  if (!ArrayBufferIsView(value)) throw mismatch(prefix, context, "ArrayBufferView");
  return unshared(value, bufferOf(value), prefix, context, options, "ArrayBufferView");
};
converters.BufferSource = (value, prefix, context, options) => {
  if (ArrayBufferIsView(value)) return unshared(value, bufferOf(value), prefix, context, options, "Array");
  if (!isArrayBuffer(value) && !(options?.allowShared && isSharedArrayBuffer(value))) {
    throw mismatch(prefix, context, "Array");
  }
  return value;
};
converters["sequence<double>"] = createSequenceConverter(converters.double);
converters["sequence<unrestricted double>"] = createSequenceConverter(converters["unrestricted double"]);
converters["sequence<object>"] = createSequenceConverter(converters.object);
converters["sequence<DOMString>"] = createSequenceConverter(converters.DOMString);
converters["sequence<ByteString>"] = createSequenceConverter(converters.ByteString);
converters["sequence<sequence<ByteString>>"] = createSequenceConverter(converters["sequence<ByteString>"]);
converters["sequence<USVString>"] = createSequenceConverter(converters.USVString);
converters["sequence<sequence<USVString>>"] = createSequenceConverter(converters["sequence<USVString>"]);
converters["record<ByteString, ByteString>"] = createRecordConverter(converters.ByteString, converters.ByteString);
converters["record<USVString, USVString>"] = createRecordConverter(converters.USVString, converters.USVString);
converters["Promise<undefined>"] = createPromiseConverter(() => undefined);

// ---- makers of converters

function createNullableConverter(converter) {
  return (value, prefix, context, options) =>
    value === null || value === undefined ? null : converter(value, prefix, context, options);
}

function createSequenceConverter(converter) {
  return (value, prefix, context, options) => {
    const method = isObject(value) ? value[SymbolIterator] : undefined;
    if (typeof method !== "function") throw mismatch(prefix, context, "Sequence");
    const iterator = FunctionPrototypeCall(method, value);
    const next = iterator?.next;
    if (typeof next !== "function") throw mismatch(prefix, context, "Sequence");
    const found = [];
    for (;;) {
      const step = FunctionPrototypeCall(next, iterator);
      if (!isObject(step)) throw mismatch(prefix, context, "Sequence");
      if (step.done) return found;
      ArrayPrototypePush(found, converter(step.value, undefined, undefined, options));
    }
  };
}

/** An object whose own enumerable properties are its entries. */
function createRecordConverter(keyConverter, valueConverter) {
  return (value, prefix, context, options) => {
    if (!isObject(value)) throw mismatch(prefix, context, "object");
    const found = { __proto__: null };
    const keys = ReflectOwnKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const property = ObjectGetOwnPropertyDescriptor(value, keys[i]);
      if (property === undefined || !property.enumerable) continue;
      const key = keyConverter(keys[i], undefined, undefined, options);
      found[key] = valueConverter(value[keys[i]], undefined, undefined, options);
    }
    return found;
  };
}

function createPromiseConverter(converter) {
  return (value, prefix, context, options) =>
    typeof value?.then === "function"
      ? PromisePrototypeThen(PromiseResolve(value), (got) => converter(got, prefix, context, options))
      : PromiseResolve(converter(value, prefix, context, options));
}

/**
 * A dictionary: an object of which the members are read in the order of their names.
 *
 * @param {string} name WebIDL's name
 * @param {...{ key: string, converter: Function, required?: boolean, defaultValue?: unknown }[]} dictionaries
 */
function createDictionaryConverter(name, ...dictionaries) {
  const type = DICTIONARIES[name] ?? name;
  const members = [];
  for (let i = 0; i < dictionaries.length; i++) {
    for (let j = 0; j < dictionaries[i].length; j++) {
      const { key, converter, required = false, defaultValue } = dictionaries[i][j];
      const hasDefault = "defaultValue" in dictionaries[i][j];
      const context = `'${key}' of '${type}'`;
      ArrayPrototypePush(members, { key, converter, required, defaultValue, hasDefault, context });
    }
  }
  ArrayPrototypeSort(members, (a, b) => a.key === b.key ? 0 : a.key < b.key ? -1 : 1);
  return (value, prefix, context, options) => {
    if (value !== undefined && value !== null && !isObject(value)) throw mismatch(prefix, context, type);
    const found = { __proto__: null };
    for (let i = 0; i < members.length; i++) {
      const member = members[i];
      const given = value === undefined || value === null ? undefined : value[member.key];
      if (given !== undefined) {
        found[member.key] = member.converter(given, prefix, member.context, options);
      } else if (member.hasDefault) {
        found[member.key] = member.converter(member.defaultValue, prefix, member.context, options);
      } else if (member.required) {
        if (value === undefined || value === null) throw mismatch(prefix, context, type);
        throw mismatch(prefix, member.context, member.converter === toFunction ? "function" : "string");
      }
    }
    return found;
  };
}

function createEnumConverter(name, values) {
  const known = new SafeSet(values);
  return (value, prefix = undefined) => {
    const text = toString(value);
    if (!SetPrototypeHas(known, text)) {
      throw new TypeError(
        `${prefix ? prefix + ": " : ""}The provided value '${text}' is not a valid enum value of type ${name}`,
      );
    }
    return text;
  };
}

// ---- async sequences

const AsyncSequence = Symbol("[[asyncSequence]]");

/** @param {string | symbol} name @returns {Function | undefined} */
function methodOf(value, name) {
  const method = value[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${String(name)} is not a function`);
  return method;
}

function isAsyncSequence(value) {
  return isObject(value) &&
    (methodOf(value, SymbolAsyncIterator) !== undefined || methodOf(value, SymbolIterator) !== undefined);
}

function stepOf(step, method) {
  if (!isObject(step)) throw new TypeError(`The iterator.${method}() method must return an object`);
  return step;
}

/** What can be iterated asynchronously; `open` starts it. */
function createAsyncSequenceConverter(converter) {
  return (value, prefix, context, options) => {
    if (!isObject(value)) throw mismatch(prefix, context, "AsyncIterable");
    const async = methodOf(value, SymbolAsyncIterator);
    const method = async ?? methodOf(value, SymbolIterator);
    if (method === undefined) throw mismatch(prefix, context, "AsyncIterable");
    const open = () => {
      const iterator = stepOf(FunctionPrototypeCall(method, value), "[Symbol.asyncIterator]");
      const next = iterator.next;
      return {
        async next() {
          let step = FunctionPrototypeCall(next, iterator);
          if (async !== undefined) step = await step;
          if (stepOf(step, "next").done) return { done: true, value: undefined };
          const got = async === undefined ? await step.value : step.value;
          return { done: false, value: converter(got, undefined, undefined, options) };
        },
        async return(reason) {
          const close = methodOf(iterator, "return");
          if (close !== undefined) stepOf(await FunctionPrototypeCall(close, iterator, reason), "return");
          return undefined;
        },
        [SymbolAsyncIterator]() {
          return this;
        },
      };
    };
    return {
      value,
      object: value,
      method,
      type: async === undefined ? "sync" : "async",
      [AsyncSequence]: AsyncSequence,
      open,
      [SymbolAsyncIterator]: open,
    };
  };
}

function invokeCallbackFunction(callback, args, receiver, converter, prefix, returnsPromise) {
  try {
    return converter(ReflectApply(callback, receiver, args), prefix, "return value");
  } catch (error) {
    if (returnsPromise === true) return PromiseReject(error);
    throw error;
  }
}

// ---- classes

const brand = Symbol("[[webidl.brand]]");

function createInterfaceConverter(name, prototype) {
  return (value, prefix, context) => {
    if (ObjectPrototypeIsPrototypeOf(prototype, value) && value[brand] === brand) return value;
    throw mismatch(prefix, context, name);
  };
}

function createBranded(Type) {
  const object = ObjectCreate(Type.prototype);
  object[brand] = brand;
  return object;
}

/** What a method throws whose receiver is not an object of its class. */
function illegalInvocation() {
  return new TypeError(ILLEGAL_INVOCATION);
}

function assertBranded(self, prototype) {
  if (!ObjectPrototypeIsPrototypeOf(prototype, self) || self[brand] !== brand) throw illegalInvocation();
}

function illegalConstructor() {
  throw new TypeError("Illegal constructor");
}

/** What a constructor throws that was called without `new`. @param {string} name */
function notCallable(name) {
  return new TypeError(
    `Failed to construct '${name}': Please use the 'new' operator, this object constructor cannot be called as a ` +
      "function.",
  );
}

/** Gives a class the attributes of production's: enumerable members, a tag that can be written. */
function configureInterface(Class) {
  enumerate(Class);
  enumerate(Class.prototype);
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, {
    __proto__: null,
    value: Class.name,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}

function enumerate(object) {
  const keys = ReflectOwnKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== "string" || key === "constructor" || key === "prototype") continue;
    const { value, get } = ObjectGetOwnPropertyDescriptor(object, key);
    if (typeof value === "function" || get !== undefined) {
      ObjectDefineProperty(object, key, { __proto__: null, enumerable: true, configurable: true });
    }
  }
}

const iteratorState = Symbol("iterator state");
const IteratorPrototype = ObjectGetPrototypeOf(ArrayIteratorPrototype);

/** The classes of the iterators of one class that is a list of pairs. */
function iteratorPrototype(tag, pick) {
  const prototype = ObjectCreate(IteratorPrototype);
  const methods = {
    next() {
      const state = this?.[iteratorState];
      if (state === undefined) throw illegalInvocation();
      const values = state.target[state.data];
      if (state.index >= values.length) return { value: undefined, done: true };
      return { value: pick(values[state.index++]), done: false };
    },
  };
  ObjectDefineProperty(prototype, "next", {
    __proto__: null,
    value: methods.next,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  ObjectDefineProperty(prototype, SymbolToStringTag, {
    __proto__: null,
    value: tag,
    configurable: true,
    writable: true,
  });
  return prototype;
}

/** Makes a class iterable over its pairs, which are in `target[data]`. */
function mixinPairIterable(name, Class, data, keyKey, valueKey) {
  const entries = iteratorPrototype("EntryIterator", (pair) => [pair[keyKey], pair[valueKey]]);
  const keys = iteratorPrototype("KeyIterator", (pair) => pair[keyKey]);
  const values = iteratorPrototype("ValueIterator", (pair) => pair[valueKey]);
  const iterate = (target, prototype) => {
    assertBranded(target, Class.prototype);
    const iterator = ObjectCreate(prototype);
    ObjectDefineProperty(iterator, iteratorState, { __proto__: null, value: { target, data, index: 0 } });
    return iterator;
  };
  const methods = {
    entries() {
      return iterate(this, entries);
    },
    keys() {
      return iterate(this, keys);
    },
    values() {
      return iterate(this, values);
    },
    forEach(callback, receiver = undefined) {
      assertBranded(this, Class.prototype);
      if (typeof callback !== "function") throw badArgument(`Failed to execute 'forEach' on '${name}'`, 1, "function");
      const pairs = this[data];
      for (let i = 0; i < pairs.length; i++) {
        FunctionPrototypeCall(callback, receiver, pairs[i][valueKey], pairs[i][keyKey], this);
      }
    },
  };
  for (const key of ["entries", "keys", "values", "forEach"]) {
    ObjectDefineProperty(Class.prototype, key, {
      __proto__: null,
      value: methods[key],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  ObjectDefineProperty(Class.prototype, SymbolIterator, {
    __proto__: null,
    value: methods.entries,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

/** WebIDL's name of a value's type. */
function type(value) {
  if (value === null) return "Null";
  switch (typeof value) {
    case "undefined":
      return "Undefined";
    case "boolean":
      return "Boolean";
    case "number":
      return "Number";
    case "string":
      return "String";
    case "symbol":
      return "Symbol";
    case "bigint":
      return "BigInt";
    default:
      return "Object";
  }
}

internals.webidlBrand = brand;

return {
  assertBranded,
  AsyncSequence,
  badArgument,
  brand,
  configureInterface,
  converters,
  createAsyncSequenceConverter,
  createBranded,
  createDictionaryConverter,
  createEnumConverter,
  createInterfaceConverter,
  createNullableConverter,
  createPromiseConverter,
  createRecordConverter,
  createSequenceConverter,
  illegalConstructor,
  illegalInvocation,
  invokeCallbackFunction,
  isAsyncSequence,
  makeException,
  mismatch,
  mixinPairIterable,
  need,
  notCallable,
  requiredArguments,
  setlikeInner: SymbolFor("setlike_set"),
  toFunction,
  type,
};
})();
