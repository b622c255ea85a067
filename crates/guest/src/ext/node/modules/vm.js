// The module "node:vm": scripts and contexts that can be made; running one throws, since no worker may make code of
// a string.
(function () {
const { core } = __bootstrap;
const { ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED } = core.loadExtScript(
  "ext:deno_node/internal/errors.ts",
);
const {
  validateArray,
  validateBoolean,
  validateBuffer,
  validateInt32,
  validateObject,
  validateOneOf,
  validateString,
  validateStringArray,
  validateUint32,
} = core.loadExtScript("ext:deno_node/internal/validators.mjs");

const constants = Object.freeze({
  __proto__: null,
  USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol("vm_dynamic_import_main_context_default"),
  DONT_CONTEXTIFY: Symbol("vm_context_no_contextify"),
});

/** What a context has and nothing else. */
const kContext = Symbol("kContext");

function isContext(object) {
  validateObject(object, "object", { allowArray: true });
  return kContext in object && object[kContext] === true;
}

/** @param {object} context */
function validateContext(context) {
  if (!isContext(context)) throw new ERR_INVALID_ARG_TYPE("contextifiedObject", "vm.Context", context);
}

/** What scripts and functions have in common. */
function validateSource({ filename, lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false }) {
  validateString(filename, "options.filename");
  validateInt32(lineOffset, "options.lineOffset");
  validateInt32(columnOffset, "options.columnOffset");
  if (cachedData !== undefined) validateBuffer(cachedData, "options.cachedData");
  validateBoolean(produceCachedData, "options.produceCachedData");
}

function validateRunning(options) {
  validateObject(options, "options");
  const { breakOnSigint = false, displayErrors = true, timeout } = options;
  validateBoolean(breakOnSigint, "options.breakOnSigint");
  validateBoolean(displayErrors, "options.displayErrors");
  if (timeout !== undefined) validateUint32(timeout, "options.timeout", true);
}

class Script {
  cachedDataRejected = undefined;
  cachedDataProduced = undefined;
  cachedData = undefined;
  sourceMapURL = undefined;

  constructor(code, options = {}) {
    // It must be something that a string can be made of.
    `${code}`;
    if (typeof options === "string") {
      options = { filename: options };
    } else {
      validateObject(options, "options");
    }
    const { filename = "evalmachine.<anonymous>", importModuleDynamically = false } = options;
    validateBoolean(importModuleDynamically, "options.importModuleDynamically");
    validateSource({ ...options, filename });
  }

  createCachedData() {
    const { Buffer } = core.loadExtScript("ext:deno_node/internal/buffer.mjs");
    return Buffer.alloc(0);
  }

  runInThisContext(options = {}) {
    validateRunning(options);
    throw new ERR_METHOD_NOT_IMPLEMENTED("runInThisContext");
  }

  /** Production's text names the other method. */
  runInContext(context, options = {}) {
    validateContext(context);
    validateRunning(options);
    throw new ERR_METHOD_NOT_IMPLEMENTED("runInThisContext");
  }

  runInNewContext(object, options = {}) {
    return this.runInContext(createContext(object, contextOptions(options)), options);
  }
}

/** The options of a new context among those of a run in it. */
function contextOptions(options) {
  if (!options) return {};
  const { contextName: name, contextOrigin: origin, contextCodeGeneration, microtaskMode } = options;
  if (name !== undefined) validateString(name, "options.contextName");
  if (origin !== undefined) validateString(origin, "options.contextOrigin");
  let codeGeneration;
  if (contextCodeGeneration !== undefined) {
    validateObject(contextCodeGeneration, "options.contextCodeGeneration");
    const { strings, wasm } = contextCodeGeneration;
    if (strings !== undefined) validateBoolean(strings, "options.contextCodeGeneration.strings");
    if (wasm !== undefined) validateBoolean(wasm, "options.contextCodeGeneration.wasm");
    codeGeneration = { strings, wasm };
  }
  if (microtaskMode !== undefined) validateString(microtaskMode, "options.microtaskMode");
  return { name, origin, codeGeneration, microtaskMode };
}

/** An empty object in place of a context, whatever was to become one. */
function createContext(object = {}, options = {}) {
  if (object !== constants.DONT_CONTEXTIFY && isContext(object)) return object;
  validateObject(options, "options");
  const { name = "VM Context", origin, codeGeneration, microtaskMode, importModuleDynamically = false } = options;
  validateString(name, "options.name");
  if (origin !== undefined) validateString(origin, "options.origin");
  if (codeGeneration !== undefined) validateObject(codeGeneration, "options.codeGeneration");
  validateBoolean(importModuleDynamically, "options.importModuleDynamically");
  if (codeGeneration !== undefined) {
    const { strings = true, wasm = true } = codeGeneration;
    validateBoolean(strings, "options.codeGeneration.strings");
    validateBoolean(wasm, "options.codeGeneration.wasm");
  }
  validateOneOf(microtaskMode, "options.microtaskMode", ["afterEvaluate", undefined]);
  return Object.create(null, { [kContext]: { __proto__: null, value: true } });
}

function createScript(code, options = {}) {
  return new Script(code, options);
}

function runInContext(code, context, options = {}) {
  validateContext(context);
  if (typeof options === "string") options = { filename: options };
  return createScript(code, options).runInContext(context, options);
}

function runInNewContext(code, object, options) {
  options = typeof options === "string" ? { filename: options } : { ...options };
  const context = createContext(object, contextOptions(options));
  return createScript(code, options).runInNewContext(context, options);
}

function runInThisContext(code, options = {}) {
  if (typeof options === "string") options = { filename: options };
  return createScript(code, options).runInThisContext(options);
}

function compileFunction(code, params = [], options = {}) {
  validateString(code, "code");
  validateObject(options, "options");
  validateStringArray(params, "params");
  const { filename = "", parsingContext, contextExtensions = [], importModuleDynamically = false } = options;
  validateSource({ ...options, filename });
  validateBoolean(importModuleDynamically, "options.importModuleDynamically");
  if (parsingContext !== undefined) {
    if (typeof parsingContext !== "object" || parsingContext === null || !isContext(parsingContext)) {
      throw new ERR_INVALID_ARG_TYPE("options.parsingContext", "Context", parsingContext);
    }
  }
  validateArray(contextExtensions, "options.contextExtensions");
  contextExtensions.forEach((extension, index) => {
    validateObject(extension, `options.contextExtensions[${index}]`, { nullable: true });
  });
  throw new ERR_METHOD_NOT_IMPLEMENTED("compileFunction");
}

function measureMemory(options = {}) {
  validateObject(options, "options");
  const { mode = "summary", execution = "default" } = options;
  validateOneOf(mode, "options.mode", ["summary", "detailed"]);
  validateOneOf(execution, "options.execution", ["default", "eager"]);
  throw new ERR_METHOD_NOT_IMPLEMENTED("measureMemory");
}

const all = {
  Script,
  createContext,
  createScript,
  runInContext,
  runInNewContext,
  runInThisContext,
  isContext,
  compileFunction,
  measureMemory,
  constants,
};

return { ...all, default: all };
})();
