// The entry of the snapshot: loads every script a worker always needs and builds the global scope.
//
// All of this runs while the snapshot is made. What depends on a running thread happens in `start`, which Rust
// calls once per isolate; after it, no name of the engine is left for user code to find.
import { core, internals, primordials } from "ext:core/mod.js";

const { ObjectDefineProperty, ObjectSetPrototypeOf, SymbolToStringTag, TypeError } = primordials;

// Fetch's scripts ask for these two; lopata traces on its own side of the ops.
internals.__telemetry = {
  TRACING_ENABLED: false,
  PROPAGATORS: [],
  DID_NOT_ENTER: {},
  builtinTracer() {},
  ContextManager: {},
  enterSpan() {},
  exitSpan() {},
};
internals.__telemetryUtil = {
  updateSpanFromClientResponse() {},
  updateSpanFromError() {},
  updateSpanFromRequest() {},
};

delete Intl.v8BreakIterator;

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const event = core.loadExtScript("ext:deno_web/02_event.js");
const url = core.loadExtScript("ext:deno_web/00_url.js");
const urlPattern = core.loadExtScript("ext:deno_web/01_urlpattern.js");
const exception = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const abort = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const base64 = core.loadExtScript("ext:deno_web/05_base64.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const encoding = core.loadExtScript("ext:deno_web/08_text_encoding.js");
const file = core.loadExtScript("ext:deno_web/09_file.js");
const port = core.loadExtScript("ext:deno_web/13_message_port.js");
const compression = core.loadExtScript("ext:deno_web/14_compression.js");
const performance_ = core.loadExtScript("ext:deno_web/15_performance.js");
const clone = core.loadExtScript("ext:deno_web/02_structured_clone.js");
const formData = core.loadExtScript("ext:deno_fetch/21_formdata.js");

const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body = core.loadExtScript("ext:lopata/body/body.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const fetch_ = core.loadExtScript("ext:lopata/fetch/fetch.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");
const socketSession = core.loadExtScript("ext:lopata/websocket/session.js");
const timers = core.loadExtScript("ext:lopata/timers/timers.js");
const crypto_ = core.loadExtScript("ext:lopata/crypto/crypto.js");
const workers = core.loadExtScript("ext:lopata/workers/workers.js");
const console_ = core.loadExtScript("ext:lopata/console/console.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const htmlRewriter = core.loadExtScript("ext:lopata/html_rewriter/html_rewriter.js");
const switches = core.loadExtScript("ext:lopata/compat/switches.js");

internals.lopata = { bindingCall: io.bindingCall, currentIoContext: io.current, requireIoContext: io.required };

const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const events = core.loadExtScript("ext:lopata/events/events.js");
const kv = core.loadExtScript("ext:lopata/kv/kv.js");
const serve = core.loadExtScript("ext:lopata/rpc/serve.js");
core.loadExtScript("ext:lopata/rpc/transfer.js");
const service = core.loadExtScript("ext:lopata/service/service.js");
const { unavailable } = core.loadExtScript("ext:lopata/unavailable/unavailable.js");

// Ops throw these by name; a name nobody registered would reject with undefined.
for (
  const name of [
    "NotFound",
    "ConnectionRefused",
    "ConnectionReset",
    "ConnectionAborted",
    "NotConnected",
    "AddrInUse",
    "AddrNotAvailable",
    "BrokenPipe",
    "PermissionDenied",
    "AlreadyExists",
    "InvalidData",
    "TimedOut",
    "WouldBlock",
    "WriteZero",
    "UnexpectedEof",
    "Http",
    "Busy",
    "NotSupported",
    "FilesystemLoop",
    "IsADirectory",
    "NetworkUnreachable",
    "NotADirectory",
  ]
) {
  core.registerErrorClass(
    name,
    class extends Error {
      constructor(message, options) {
        super(message, options);
        this.name = name;
      }
    },
  );
}
for (
  const name of [
    "OperationError",
    "NotSupportedError",
    "NetworkError",
    "AbortError",
    "InvalidCharacterError",
    "DataError",
    "InvalidStateError",
    "SyntaxError",
    "IndexSizeError",
    "TypeMismatchError",
    "InvalidAccessError",
    "DataCloneError",
    "TimeoutError",
  ]
) {
  core.registerErrorBuilder("DOMException" + name, (message) => new exception.DOMException(message, name));
}
core.registerErrorBuilder(
  "DOMExceptionQuotaExceededError",
  (message) => new exception.QuotaExceededError(message),
);

// An abort without a reason says what production says.
const abortController = abort.AbortController.prototype.abort;
const abortError = () => new exception.DOMException("The operation was aborted", "AbortError");
ObjectDefineProperty(abort.AbortController.prototype, "abort", {
  __proto__: null,
  value: function (reason = undefined) {
    abortController.call(this, reason === undefined ? abortError() : reason);
  },
  writable: true,
  enumerable: true,
  configurable: true,
});
const abortedSignal = abort.AbortSignal.abort;
ObjectDefineProperty(abort.AbortSignal, "abort", {
  __proto__: null,
  value: function (reason = undefined) {
    return abortedSignal.call(this, reason === undefined ? abortError() : reason);
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

class WorkerGlobalScope extends event.EventTarget {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
class ServiceWorkerGlobalScope extends WorkerGlobalScope {}

class Navigator {
  get userAgent() {
    return "Cloudflare-Workers";
  }
  get hardwareConcurrency() {
    return 1;
  }
  get platform() {
    return "";
  }
  get language() {
    return "en";
  }
  get languages() {
    return ["en"];
  }
}
ObjectDefineProperty(Navigator.prototype, SymbolToStringTag, { __proto__: null, value: "Navigator", configurable: true });

/** A global of production that lopata does not have yet: it exists, and using it says so. */
function notYet(name, methods) {
  const refuse = () => {
    throw new TypeError(`${name} is not available in this version of lopata.`);
  };
  if (methods === undefined) {
    return {
      [name]: class {
        constructor() {
          refuse();
        }
      },
    }[name];
  }
  const object = {};
  for (const method of methods) object[method] = refuse;
  return object;
}

const cacheMethods = ["match", "put", "delete"];
const caches = { default: notYet("The Cache API", cacheMethods), open: notYet("The Cache API", ["open"]).open };

/** @param {string} type */
function addEventListener(type, listener, options) {
  if (events.addWorkerListener(`${type}`, listener)) return;
  event.EventTarget.prototype.addEventListener.call(globalThis, type, listener, options);
}

const hidden = (value) => core.propNonEnumerable(value);

core.defineGlobalProperties(globalThis, {
  AbortController: hidden(abort.AbortController),
  AbortSignal: hidden(abort.AbortSignal),
  addEventListener: hidden(addEventListener),
  atob: hidden(base64.atob),
  Blob: hidden(file.Blob),
  btoa: hidden(base64.btoa),
  ByteLengthQueuingStrategy: hidden(streams.ByteLengthQueuingStrategy),
  caches: hidden(caches),
  clearInterval: hidden(timers.clearInterval),
  clearTimeout: hidden(timers.clearTimeout),
  CloseEvent: hidden(event.CloseEvent),
  Cloudflare: core.propWritable(compat.Cloudflare),
  CompressionStream: hidden(compression.CompressionStream),
  CountQueuingStrategy: hidden(streams.CountQueuingStrategy),
  Crypto: hidden(crypto_.Crypto),
  CryptoKey: hidden(crypto_.CryptoKey),
  CustomEvent: hidden(event.CustomEvent),
  DecompressionStream: hidden(compression.DecompressionStream),
  DOMException: hidden(exception.DOMException),
  ErrorEvent: hidden(event.ErrorEvent),
  Event: hidden(event.Event),
  EventTarget: hidden(event.EventTarget),
  ExecutionContext: hidden(entrypoints.ExecutionContext),
  ExtendableEvent: hidden(events.ExtendableEvent),
  fetch: hidden(fetch_.fetch),
  FetchEvent: hidden(events.FetchEvent),
  File: hidden(file.File),
  FixedLengthStream: hidden(body.FixedLengthStream),
  FormData: hidden(formData.FormData),
  Headers: hidden(rr.Headers),
  HTMLRewriter: hidden(htmlRewriter.HTMLRewriter),
  IdentityTransformStream: hidden(body.IdentityTransformStream),
  MessageChannel: hidden(port.MessageChannel),
  MessageEvent: hidden(event.MessageEvent),
  MessagePort: hidden(port.MessagePort),
  Navigator: hidden(Navigator),
  Performance: hidden(performance_.Performance),
  PromiseRejectionEvent: hidden(event.PromiseRejectionEvent),
  QuotaExceededError: hidden(exception.QuotaExceededError),
  ReadableByteStreamController: hidden(streams.ReadableByteStreamController),
  ReadableStream: hidden(streams.ReadableStream),
  ReadableStreamBYOBReader: hidden(streams.ReadableStreamBYOBReader),
  ReadableStreamBYOBRequest: hidden(streams.ReadableStreamBYOBRequest),
  ReadableStreamDefaultController: hidden(streams.ReadableStreamDefaultController),
  ReadableStreamDefaultReader: hidden(streams.ReadableStreamDefaultReader),
  reportError: hidden(event.reportError),
  Request: hidden(rr.Request),
  Response: hidden(rr.Response),
  ScheduledController: hidden(events.ScheduledController),
  ScheduledEvent: hidden(events.ScheduledEvent),
  scheduler: core.propWritable(timers.scheduler),
  ServiceWorkerGlobalScope: hidden(ServiceWorkerGlobalScope),
  setInterval: hidden(timers.setInterval),
  setTimeout: hidden(timers.setTimeout),
  structuredClone: hidden(clone.structuredClone),
  SubtleCrypto: hidden(crypto_.SubtleCrypto),
  TestController: hidden(events.TestController),
  TextDecoder: hidden(encoding.TextDecoder),
  TextDecoderStream: hidden(encoding.TextDecoderStream),
  TextEncoder: hidden(encoding.TextEncoder),
  TextEncoderStream: hidden(encoding.TextEncoderStream),
  TransformStream: hidden(streams.TransformStream),
  TransformStreamDefaultController: hidden(streams.TransformStreamDefaultController),
  URL: hidden(url.URL),
  URLPattern: hidden(urlPattern.URLPattern),
  URLSearchParams: hidden(url.URLSearchParams),
  WebSocket: hidden(websocket.WebSocket),
  WebSocketPair: hidden(websocket.WebSocketPair),
  WorkerGlobalScope: hidden(WorkerGlobalScope),
  WritableStream: hidden(streams.WritableStream),
  WritableStreamDefaultController: hidden(streams.WritableStreamDefaultController),
  WritableStreamDefaultWriter: hidden(streams.WritableStreamDefaultWriter),
});

/** @param {unknown} error */
function reportUncaught(error) {
  core.ops.op_log_exception(io.current()?.event ?? 0, error);
}

/**
 * Builds env from the entries that Rust lists.
 * @param {{ name: string, kind: string, value: unknown }[]} entries
 * @param {boolean} serviceWorker
 * @param {number} outbound the service that answers the global fetch, when that is a worker; otherwise 0
 */
function buildEnv(entries, serviceWorker, outbound) {
  // The first that is known of the worker is its flags.
  switches.apply();
  if (outbound !== 0) fetch_.setOutbound(service.routeTo(outbound, "globalOutbound"));
  const env = workers.env;
  for (const { name, kind, value } of entries) {
    const target = serviceWorker ? globalThis : env;
    ObjectDefineProperty(target, name, {
      __proto__: null,
      value: envValue(name, kind, value),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return env;
}

function envValue(name, kind, value) {
  switch (kind) {
    case "text":
    case "data":
    case "wasm":
      return value;
    case "json":
      return JSON.parse(value);
    case "kv":
      return kv.KVNamespace(value, name);
    case "service":
      return service.binding(value, name);
    case "unavailable":
      return unavailable(value);
    default:
      throw new TypeError(`unknown kind of env entry for ${name}: ${kind}`);
  }
}

globalThis.__lopata = {
  start() {
    ObjectSetPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
    core.setReportExceptionCallback((error) => event.reportException(error));
    core.setUnhandledPromiseRejectionHandler((promise, reason) => {
      const rejection = new event.PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true });
      if (globalThis.dispatchEvent(rejection)) reportUncaught(reason);
      return true;
    });
    core.setHandledPromiseRejectionHandler((promise, reason) => {
      globalThis.dispatchEvent(new event.PromiseRejectionEvent("rejectionhandled", { promise, reason }));
    });
    // Errors nobody handles end here. This listener is the first, so it takes the engine's default action away
    // and looks, once all listeners ran, whether one of the user's did the same.
    event.EventTarget.prototype.addEventListener.call(globalThis, "error", (e) => {
      e.preventDefault();
      socketSession.listenerThrew(e.error);
      let handled = false;
      e.preventDefault = () => {
        handled = true;
      };
      queueMicrotask(() => {
        if (!handled) reportUncaught(e.error);
      });
    });
    performance_.setTimeOrigin();
    const console = console_.makeConsole();
    core.wrapConsole(console, core.v8Console);
    core.defineGlobalProperties(globalThis, {
      console: hidden(console),
      crypto: core.propWritable(crypto_.crypto),
      navigator: core.propWritable(new Navigator()),
      performance: core.propWritable(performance_.performance),
      self: core.propWritable(globalThis),
    });
    if (core.ops.op_faults_enabled()) {
      globalThis.__lopataFault = { panic: () => core.ops.op_fault_panic() };
    }
    delete globalThis.__bootstrap;
    delete globalThis.Deno;
    delete globalThis.__lopata;
    return {
      abort: events.abort,
      buildEnv,
      deliverSocket: socketSession.deliver,
      dispatchFetch: events.dispatchFetch,
      dispatchRpc: serve.dispatchRpc,
      dispatchRpcOn: serve.dispatchRpcOn,
      dispatchScheduled: events.dispatchScheduled,
      dispatchTail: events.dispatchTail,
      dispatchTest: events.dispatchTest,
      finishCall: serve.finishCall,
      load: events.load,
      releaseExport: serve.releaseExport,
    };
  },
};

ObjectDefineProperty(globalThis, webidl.brand, { __proto__: null, value: webidl.brand, configurable: true });
event.setEventTargetData(globalThis);
event.saveGlobalThisReference(globalThis);
