// What a worker's date and flags take away from the newest behaviour, or give back of the old.
//
// The snapshot holds the newest behaviour, and `apply` runs once per worker, before its code. A worker of a recent
// date costs nothing but the questions. What a single call decides (redirects, the options of a request) asks for
// its flag where it happens.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  FunctionPrototypeCall,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf,
  ReflectConstruct,
  SymbolToStringTag,
} = primordials;
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const identity_ = core.loadExtScript("ext:lopata/streams/identity.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const headers = core.loadExtScript("ext:lopata/fetch/headers.js");
const service = core.loadExtScript("ext:lopata/service/service.js");
const iterators = core.loadExtScript("ext:lopata/fetch/iterators.js");

// Source: workerd's texts.
const CONSTRUCTOR_TEXT = (name) =>
  `To use the new ${name}() constructor, enable the streams_enable_constructors compatibility flag. Refer to the ` +
  "docs for more information: https://developers.cloudflare.com/workers/platform/compatibility-dates/#compatibility-flags";

/** @param {object} target @param {string | symbol} name */
function define(target, name, value) {
  ObjectDefineProperty(target, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

/** Where the classes are that every worker has. */
let scope;

/** Adjusts the global scope and the classes in it to the worker's flags. */
function apply() {
  scope = ObjectGetPrototypeOf(globalThis);
  globals();
  if (!compat.has("streams_enable_constructors")) refuseStreams();
  if (!compat.has("transformstream_enable_standard_constructor")) identityTransforms();
  if (!compat.has("http_headers_getsetcookie")) joinSetCookie();
  if (!compat.has("urlsearchparams_delete_has_value_arg")) oneArgument();
  if (!compat.has("cache_option_enabled")) delete rr.Request.prototype.cache;
  if (!compat.has("fetcher_no_get_put_delete")) service.addHttpMethods();
  if (compat.has("service_binding_extra_handlers")) service.addExtraHandlers();
  // Last: it concerns every class that is left.
  if (!compat.has("set_tostring_tag")) untag();
}

function globals() {
  if (!compat.has("global_navigator")) {
    delete globalThis.navigator;
    delete scope.Navigator;
  }
  if (compat.has("enable_web_file_system")) core.loadExtScript("ext:lopata_node/fs/web.js").install(scope);
  if (!compat.has("enable_weak_ref")) {
    delete globalThis.WeakRef;
    delete globalThis.FinalizationRegistry;
  }
  if (!compat.has("expose_global_message_channel")) {
    delete scope.MessageChannel;
    delete scope.MessagePort;
  }
  if (!compat.has("no_global_importscripts")) {
    const { importScripts } = {
      importScripts() {
        throw new Error("Failed to execute 'importScripts' on 'WorkerGlobalScope': the method is not implemented.");
      },
    };
    ObjectDefineProperty(ObjectGetPrototypeOf(scope), "importScripts", {
      __proto__: null,
      value: importScripts,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

/** Puts a class in the place of a global one that differs from it only in how it is constructed. */
function constructedBy(name, construct) {
  const original = scope[name];
  const replacement = new Proxy(original, { __proto__: null, construct });
  ObjectDefineProperty(scope, name, { __proto__: null, value: replacement });
  define(original.prototype, "constructor", replacement);
}

function refuseStreams() {
  for (const name of ["ReadableStream", "WritableStream"]) {
    constructedBy(name, () => {
      throw new Error(CONSTRUCTOR_TEXT(name));
    });
  }
}

function identityTransforms() {
  const identity = identity_.IdentityTransformStream;
  constructedBy("TransformStream", (target, args, newTarget) => {
    const own = newTarget === scope.TransformStream || newTarget === target;
    return ReflectConstruct(identity, [], own ? identity : newTarget);
  });
}

function joinSetCookie() {
  headers.setSplitCookies(false);
  delete headers.Headers.prototype.getSetCookie;
}

function oneArgument() {
  const prototype = scope.URLSearchParams.prototype;
  for (const name of ["delete", "has"]) {
    const method = prototype[name];
    define(prototype, name, {
      [name](key) {
        return arguments.length === 0 ? FunctionPrototypeCall(method, this) : FunctionPrototypeCall(method, this, key);
      },
    }[name]);
  }
}

function untag() {
  let level = scope;
  for (; level !== Object.prototype; level = ObjectGetPrototypeOf(level)) {
    delete level[SymbolToStringTag];
    for (const name of ObjectGetOwnPropertyNames(level)) {
      const { value } = ObjectGetOwnPropertyDescriptor(level, name);
      if (typeof value === "function" && value.prototype !== undefined) delete value.prototype[SymbolToStringTag];
    }
  }
  for (const name of ["Cloudflare", "caches", "crypto", "navigator", "performance", "scheduler"]) {
    const prototype = ObjectGetPrototypeOf(globalThis[name] ?? {});
    if (prototype !== Object.prototype) delete prototype[SymbolToStringTag];
  }
  for (let i = 0; i < iterators.prototypes.length; i++) delete iterators.prototypes[i][SymbolToStringTag];
}

return { apply };
})();
