// The small things of the global scope: base64, microtasks, the navigator.
(function () {
const { core, primordials } = __bootstrap;
const {
  FunctionPrototypeCall,
  ObjectDefineProperty,
  PromisePrototypeThen,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const base64 = core.loadExtScript("ext:deno_web/05_base64.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const fetch_ = core.loadExtScript("ext:lopata/fetch/fetch.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");

const missing = (name, type) => webidl.badArgument(`Failed to execute '${name}' on 'ServiceWorkerGlobalScope'`, 1, type);

// Source: workerd's texts.
const NOT_BASE64 = "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, " +
  "and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)";
const NOT_LATIN1 = "btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.";

function atob(data) {
  if (arguments.length === 0) throw missing("atob", "string");
  const text = webidl.converters.DOMString(data);
  try {
    return base64.atob(text);
  } catch {
    throw new DOMException(NOT_BASE64, "InvalidCharacterError");
  }
}

function btoa(data) {
  if (arguments.length === 0) throw missing("btoa", "String");
  const text = webidl.converters.DOMString(data);
  try {
    return base64.btoa(text);
  } catch {
    throw new DOMException(NOT_LATIN1, "InvalidCharacterError");
  }
}

function queueMicrotask(callback) {
  if (typeof callback !== "function") throw missing("queueMicrotask", "function");
  // The engine's own reports what the callback throws.
  primordials.queueMicrotask(() => FunctionPrototypeCall(callback, globalThis));
}

const key = { __proto__: null };

class Navigator {
  constructor(secret) {
    if (secret !== key) throw new TypeError("Illegal constructor");
    const properties = { hardwareConcurrency: 1, platform: "", userAgent: "Cloudflare-Workers" };
    if (compat.has("enable_navigator_language")) {
      properties.language = "en";
      properties.languages = ["en"];
    }
    if (compat.has("enable_web_file_system")) {
      properties.storage = core.loadExtScript("ext:lopata_node/fs/web.js").storage();
    }
    for (const name of ["hardwareConcurrency", "language", "languages", "platform", "storage", "userAgent"]) {
      const value = properties[name];
      if (value === undefined) continue;
      ObjectDefineProperty(this, name, { __proto__: null, value, writable: false, enumerable: true, configurable: true });
    }
  }

  sendBeacon(url, body = undefined) {
    if (!(this instanceof Navigator)) throw webidl.illegalInvocation();
    if (arguments.length === 0) throw webidl.badArgument("Failed to execute 'sendBeacon' on 'Navigator'", 1, "string");
    url = webidl.converters.DOMString(url);
    const context = io.required();
    // What goes wrong is an error that nobody handles; the caller is told nothing.
    const sent = fetch_.fetch(url, { method: "POST", body });
    context.waitUntil(PromisePrototypeThen(sent, () => {}));
    return true;
  }
}
webidl.configureInterface(Navigator);

return { atob, btoa, makeNavigator: () => new Navigator(key), Navigator, queueMicrotask };
})();
