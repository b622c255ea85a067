// The modules "node:util" and "node:sys".
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  Error,
  ErrorCaptureStackTrace,
  ErrorPrototype,
  ObjectDefineProperty,
  NumberIsInteger,
  NumberIsSafeInteger,
  ObjectPrototypeIsPrototypeOf,
  ObjectPrototypeToString,
} = primordials;
const node = core.loadExtScript("ext:deno_node/util.ts");
const { default: types } = core.loadExtScript("ext:lopata_node/modules/util/types.js");
const { MIMEParams, MIMEType } = core.loadExtScript("ext:lopata_node/util/mime.js");
const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
const { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } = core.loadExtScript("ext:deno_node/internal/errors.ts");
const { getSystemErrorName } = node;

function isBoolean(value) {
  return typeof value === "boolean";
}
function isBuffer(value) {
  return Buffer.isBuffer(value);
}
function isDate(value) {
  return types.isDate(value);
}
function isError(value) {
  return ObjectPrototypeToString(value) === "[object Error]" || ObjectPrototypeIsPrototypeOf(ErrorPrototype, value);
}
function isFunction(value) {
  return typeof value === "function";
}
function isNull(value) {
  return value === null;
}
function isNullOrUndefined(value) {
  return value === null || value === undefined;
}
function isNumber(value) {
  return typeof value === "number";
}
function isObject(value) {
  return value !== null && typeof value === "object";
}
function isPrimitive(value) {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}
function isRegExp(value) {
  return types.isRegExp(value);
}
function isString(value) {
  return typeof value === "string";
}
function isSymbol(value) {
  return typeof value === "symbol";
}
function isUndefined(value) {
  return value === undefined;
}

/** Production does not warn. */
function deprecate(fn, _message, _code, _options) {
  return fn;
}

/** An error of a system call. */
function errnoException(errno, syscall, original, suffix, stackStart) {
  if (typeof errno !== "number") throw new ERR_INVALID_ARG_TYPE("err", "number", errno);
  if (errno >= 0 || !NumberIsSafeInteger(errno)) throw new ERR_OUT_OF_RANGE("err", "a negative integer", errno);
  const code = getSystemErrorName(errno);
  const error = new Error(`${syscall} ${code}${original ? ` ${original}` : ""}${suffix}`);
  error.errno = errno;
  error.code = code;
  error.syscall = syscall;
  ErrorCaptureStackTrace(error, stackStart);
  return error;
}

function _errnoException(...args) {
  return errnoException(args[0], args[1], args[2], "", _errnoException);
}

function _exceptionWithHostPort(...args) {
  const { 0: errno, 1: syscall, 2: address, 3: port, 4: additional } = args;
  let details = "";
  if (port && port > 0) {
    details = ` ${address}:${port}`;
  } else if (address) {
    details = ` ${address}`;
  }
  if (additional) details += ` - Local (${additional})`;
  const error = errnoException(errno, syscall, undefined, details, _exceptionWithHostPort);
  error.address = address;
  if (port) error.port = port;
  return error;
}

/** @param {string} input throws for anything else, as production does */
function toUSVString(input) {
  return input.toWellFormed();
}

function parseEnv(content) {
  return { ...node.parseEnv(content) };
}

/** Production counts the frames of its own too, and names neither script nor function otherwise than by place. */
function getCallSites(frameCount = 8) {
  if (!NumberIsInteger(frameCount) || frameCount < 1 || frameCount > 200) {
    throw new Error("Frame count should be between 1 and 200 inclusive.");
  }
  const sites = node.getCallSites(frameCount);
  for (let i = 0; i < sites.length; i++) {
    const { functionName, scriptName, lineNumber, columnNumber, column } = sites[i];
    sites[i] = { functionName, scriptName, lineNumber, columnNumber, column };
  }
  return sites;
}

const getCallSite = (frameCount) => getCallSites(frameCount);

/** Every set is on, as in production, where no variable says which. */
function debuglog(set, callback = undefined) {
  let log;
  const first = (...args) => {
    const name = set.toUpperCase();
    log = (...args) => globalThis.console.log(`${name}: ${node.formatWithOptions({}, ...args)}\n`);
    if (typeof callback === "function") callback(log);
    log(...args);
  };
  const logger = (...args) => log === undefined ? first(...args) : log(...args);
  ObjectDefineProperty(logger, "enabled", { __proto__: null, get: () => true, configurable: true, enumerable: true });
  return logger;
}

const util = {
  types,
  callbackify: node.callbackify,
  promisify: node.promisify,
  inspect: node.inspect,
  format: node.format,
  formatWithOptions: node.formatWithOptions,
  stripVTControlCharacters: node.stripVTControlCharacters,
  inherits: node.inherits,
  _extend: node._extend,
  MIMEParams,
  MIMEType,
  toUSVString,
  log: node.log,
  aborted: node.aborted,
  debuglog,
  debug: debuglog,
  deprecate,
  getSystemErrorMap: node.getSystemErrorMap,
  getSystemErrorMessage: node.getSystemErrorMessage,
  getSystemErrorName: node.getSystemErrorName,
  TextEncoder: globalThis.TextEncoder,
  TextDecoder: globalThis.TextDecoder,
  parseArgs: node.parseArgs,
  parseEnv,
  styleText: node.styleText,
  transferableAbortController: node.transferableAbortController,
  transferableAbortSignal: node.transferableAbortSignal,
  getCallSite,
  getCallSites,
  isDeepStrictEqual: node.isDeepStrictEqual,
  _errnoException,
  _exceptionWithHostPort,
  isArray: ArrayIsArray,
  isBoolean,
  isBuffer,
  isDate,
  isError,
  isFunction,
  isNull,
  isNullOrUndefined,
  isNumber,
  isObject,
  isPrimitive,
  isRegExp,
  isString,
  isSymbol,
  isUndefined,
};

// Node 23 removed them. `isArray` has stayed.
if (core.loadExtScript("ext:lopata/compat/compat.js").has("remove_nodejs_compat_eol_v23")) {
  for (const name of Object.keys(util)) {
    if (/^is(?!Array|DeepStrictEqual)[A-Z]/.test(name)) util[name] = undefined;
  }
}

return { ...util, default: util };
})();
