// What a worker's date and flags take away from the newest behaviour, or give back of the old.
//
// The snapshot holds the newest behaviour, and `apply` runs once per worker, before its code. A worker of a recent
// date costs nothing but the questions. What a single call decides (redirects, the options of a request) asks for
// its flag where it happens.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeCall,
  JSONParse,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf,
  ObjectPrototypeIsPrototypeOf,
  ReflectConstruct,
  SymbolIterator,
  SymbolToStringTag,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const body = core.loadExtScript("ext:lopata/body/body.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const encoding = core.loadExtScript("ext:deno_web/08_text_encoding.js");
const file = core.loadExtScript("ext:deno_web/09_file.js");
const formData = core.loadExtScript("ext:deno_fetch/21_formdata.js");

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
  if (!compat.has("strip_bom_in_read_all_text")) keepMark();
  if (!compat.has("formdata_parser_supports_files")) filesAsText();
  if (!compat.has("cache_option_enabled")) delete rr.Request.prototype.cache;
  // Last: it concerns every class that is left.
  if (!compat.has("set_tostring_tag")) untag();
}

function globals() {
  if (!compat.has("global_navigator")) {
    delete globalThis.navigator;
    delete scope.Navigator;
  }
  if (!compat.has("enable_weak_ref")) {
    delete globalThis.WeakRef;
    delete globalThis.FinalizationRegistry;
  }
  if (!compat.has("expose_global_message_channel")) {
    delete scope.MessageChannel;
    delete scope.MessagePort;
  }
  if (!compat.has("enable_ctx_exports")) delete entrypoints.ExecutionContext.prototype.exports;
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
  const identity = body.IdentityTransformStream;
  constructedBy("TransformStream", (target, args, newTarget) => {
    const own = newTarget === scope.TransformStream || newTarget === target;
    return ReflectConstruct(identity, [], own ? identity : newTarget);
  });
}

function joinSetCookie() {
  const prototype = rr.Headers.prototype;
  const entries = prototype.entries;
  const get = prototype.get;
  const joined = (headers) => {
    const found = [];
    let seen = false;
    for (const pair of FunctionPrototypeCall(entries, headers)) {
      if (pair[0] !== "set-cookie") {
        ArrayPrototypePush(found, pair);
      } else if (!seen) {
        seen = true;
        ArrayPrototypePush(found, ["set-cookie", FunctionPrototypeCall(get, headers, "set-cookie")]);
      }
    }
    return found;
  };
  delete prototype.getSetCookie;
  // Headers that are made from others are copied as they are.
  const pairs = webidl.converters["sequence<sequence<ByteString>>"];
  webidl.converters["sequence<sequence<ByteString>>"] = (value, prefix, context, options) =>
    pairs(ObjectPrototypeIsPrototypeOf(prototype, value) ? rr.pairsOf(value) : value, prefix, context, options);
  define(prototype, "entries", function* entries() {
    yield* joined(this);
  });
  define(prototype, SymbolIterator, prototype.entries);
  define(prototype, "keys", function* keys() {
    for (const pair of joined(this)) yield pair[0];
  });
  define(prototype, "values", function* values() {
    for (const pair of joined(this)) yield pair[1];
  });
  define(prototype, "forEach", function forEach(callback, receiver = undefined) {
    for (const pair of joined(this)) FunctionPrototypeCall(callback, receiver, pair[1], pair[0], this);
  });
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

/** Replaces a method of Request and Response. */
function onBodies(name, make) {
  for (const prototype of [rr.Request.prototype, rr.Response.prototype]) define(prototype, name, make(prototype));
}

function keepMark() {
  const decode = (bytes) => new encoding.TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  onBodies("text", ({ arrayBuffer }) =>
    async function text() {
      return decode(await FunctionPrototypeCall(arrayBuffer, this));
    });
  onBodies("json", ({ arrayBuffer }) =>
    async function json() {
      return JSONParse(decode(await FunctionPrototypeCall(arrayBuffer, this)));
    });
}

function filesAsText() {
  onBodies("formData", ({ formData: parse }) =>
    async function () {
      const parsed = await FunctionPrototypeCall(parse, this);
      const found = new formData.FormData();
      for (const [name, value] of parsed) {
        found.append(name, typeof value === "string" ? value : await file.Blob.prototype.text.call(value));
      }
      return found;
    });
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
}

return { apply };
})();
