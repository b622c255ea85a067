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

// Before all others, which take ops as it leaves them.
core.loadExtScript("ext:lopata/io_context/pending.js");

const event = core.loadExtScript("ext:deno_web/02_event.js");
const url = core.loadExtScript("ext:lopata/url/url.js");
const exception = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const abort = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const port = core.loadExtScript("ext:lopata/event/message_port.js");
const text = core.loadExtScript("ext:lopata/encoding/encoding.js");
const clone = core.loadExtScript("ext:lopata/clone/clone.js");

const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const file = core.loadExtScript("ext:deno_web/09_file.js");
const formData = core.loadExtScript("ext:lopata/form_data/form_data.js");
core.loadExtScript("ext:lopata/streams/standard.js");
core.loadExtScript("ext:lopata/streams/internal.js").setOwnerCheck(io.mine);
const identity = core.loadExtScript("ext:lopata/streams/identity.js");
const compression = core.loadExtScript("ext:lopata/streams/compression.js");
const textStreams = core.loadExtScript("ext:lopata/streams/text.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const eventSource = core.loadExtScript("ext:lopata/event_source/event_source.js");
const fetch_ = core.loadExtScript("ext:lopata/fetch/fetch.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");
const socketSession = core.loadExtScript("ext:lopata/websocket/session.js");
const time = core.loadExtScript("ext:lopata/time/time.js");
const timers = core.loadExtScript("ext:lopata/timers/timers.js");
const crypto_ = core.loadExtScript("ext:lopata/crypto/crypto.js");
const own = core.loadExtScript("ext:lopata/workers/own.js");
core.loadExtScript("ext:lopata/workers/workers.js");
const console_ = core.loadExtScript("ext:lopata/console/console.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const htmlRewriter = core.loadExtScript("ext:lopata/html_rewriter/html_rewriter.js");
const switches = core.loadExtScript("ext:lopata/compat/switches.js");
const globals = core.loadExtScript("ext:lopata/globals/globals.js");
const rejections = core.loadExtScript("ext:lopata/errors/rejections.js");
const shape = core.loadExtScript("ext:lopata/event/shape.js");

internals.lopata = { bindingCall: io.bindingCall, currentIoContext: io.current, requireIoContext: io.required };

const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const events = core.loadExtScript("ext:lopata/events/events.js");
const cache_ = core.loadExtScript("ext:lopata/cache/cache.js");
const kv = core.loadExtScript("ext:lopata/kv/kv.js");
const serve = core.loadExtScript("ext:lopata/rpc/serve.js");
core.loadExtScript("ext:lopata/rpc/transfer.js");
core.loadExtScript("ext:lopata/commonjs/commonjs.js");
const service = core.loadExtScript("ext:lopata/service/service.js");
const nodeGlobals = core.loadExtScript("ext:lopata_node/globals.js");
core.loadExtScript("ext:lopata/sockets/module.js");
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

class WorkerGlobalScope extends event.EventTarget {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
class ServiceWorkerGlobalScope extends WorkerGlobalScope {}

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


/** What everybody has is on the prototype, as in production; what is made for a worker is its own. */
const member = (value) => core.propWritable(value);

core.defineGlobalProperties(ServiceWorkerGlobalScope.prototype, {
  AbortController: member(abort.AbortController),
  AbortSignal: member(abort.AbortSignal),
  atob: member(globals.atob),
  Blob: member(file.Blob),
  Body: member(rr.Body),
  btoa: member(globals.btoa),
  ByteLengthQueuingStrategy: member(streams.ByteLengthQueuingStrategy),
  clearInterval: member(timers.clearInterval),
  clearTimeout: member(timers.clearTimeout),
  CloseEvent: member(event.CloseEvent),
  CompressionStream: member(compression.CompressionStream),
  CountQueuingStrategy: member(streams.CountQueuingStrategy),
  Crypto: member(crypto_.Crypto),
  CryptoKey: member(crypto_.CryptoKey),
  CustomEvent: member(event.CustomEvent),
  DecompressionStream: member(compression.DecompressionStream),
  DOMException: member(exception.DOMException),
  ErrorEvent: member(event.ErrorEvent),
  Event: member(event.Event),
  EventSource: member(eventSource.EventSource),
  ExtendableEvent: member(events.ExtendableEvent),
  fetch: member(fetch_.fetch),
  FetchEvent: member(events.FetchEvent),
  File: member(file.File),
  FixedLengthStream: member(identity.FixedLengthStream),
  FormData: member(formData.FormData),
  Headers: member(rr.Headers),
  HTMLRewriter: member(htmlRewriter.HTMLRewriter),
  IdentityTransformStream: member(identity.IdentityTransformStream),
  MessageChannel: member(port.MessageChannel),
  MessageEvent: member(event.MessageEvent),
  MessagePort: member(port.MessagePort),
  Navigator: member(globals.Navigator),
  PromiseRejectionEvent: member(event.PromiseRejectionEvent),
  queueMicrotask: member(globals.queueMicrotask),
  ReadableByteStreamController: member(streams.ReadableByteStreamController),
  ReadableStream: member(streams.ReadableStream),
  ReadableStreamBYOBReader: member(streams.ReadableStreamBYOBReader),
  ReadableStreamBYOBRequest: member(streams.ReadableStreamBYOBRequest),
  ReadableStreamDefaultController: member(streams.ReadableStreamDefaultController),
  ReadableStreamDefaultReader: member(streams.ReadableStreamDefaultReader),
  reportError: member(event.reportError),
  Request: member(rr.Request),
  Response: member(rr.Response),
  ScheduledEvent: member(events.ScheduledEvent),
  setInterval: member(timers.setInterval),
  setTimeout: member(timers.setTimeout),
  structuredClone: member(clone.structuredClone),
  SubtleCrypto: member(crypto_.SubtleCrypto),
  TailEvent: member(events.TailEvent),
  TextDecoder: member(text.TextDecoder),
  TextDecoderStream: member(textStreams.TextDecoderStream),
  TextEncoder: member(text.TextEncoder),
  TextEncoderStream: member(textStreams.TextEncoderStream),
  TraceEvent: member(events.TailEvent),
  TransformStream: member(streams.TransformStream),
  TransformStreamDefaultController: member(streams.TransformStreamDefaultController),
  URL: member(url.URL),
  URLPattern: member(url.URLPattern),
  URLSearchParams: member(url.URLSearchParams),
  WebSocket: member(websocket.WebSocket),
  WebSocketPair: member(websocket.WebSocketPair),
  WebSocketRequestResponsePair: member(websocket.WebSocketRequestResponsePair),
  WorkerGlobalScope: member(WorkerGlobalScope),
  WritableStream: member(streams.WritableStream),
  WritableStreamDefaultController: member(streams.WritableStreamDefaultController),
  WritableStreamDefaultWriter: member(streams.WritableStreamDefaultWriter),
});

core.defineGlobalProperties(WorkerGlobalScope.prototype, { EventTarget: member(event.EventTarget) });
clone.registerAbortSignal(abort);
shape.configure(ServiceWorkerGlobalScope, WorkerGlobalScope, event.EventTarget);
core.defineGlobalProperties(globalThis, {
  Cache: member(cache_.Cache),
  caches: member(cache_.caches),
  CacheStorage: member(cache_.CacheStorage),
  Cloudflare: member(compat.Cloudflare),
  origin: { __proto__: null, value: "null", writable: false, enumerable: true, configurable: true },
  scheduler: member(timers.scheduler),
  ServiceWorkerGlobalScope: member(ServiceWorkerGlobalScope),
});

/** @param {unknown} error */
function reportUncaught(error) {
  core.ops.op_log_exception(io.current()?.event ?? 0, error);
}

/** @returns {boolean} false if a handler prevented the default */
function tellOfRejection(type, promise, reason) {
  if (event.listenerCount(globalThis, type) === 0) return true;
  try {
    return event.dispatch(globalThis, event.rejectionEvent(type, promise, reason));
  } catch (error) {
    event.reportException(error);
    return true;
  }
}

/**
 * Builds env from the entries that Rust lists.
 * @param {{ name: string, kind: string, value: unknown }[]} entries
 * @param {boolean} serviceWorker
 * @param {number} outbound the service that answers the global fetch, when that is a worker; otherwise 0
 * @param {number | null} cache the service that answers `caches`; 0 when nobody does, null for this machine's own
 */
function buildEnv(entries, serviceWorker, outbound, cache) {
  time.stop();
  // The first that is known of the worker is its flags.
  switches.apply();
  nodeGlobals.apply();
  if (outbound !== 0) fetch_.setOutbound(service.routeTo(outbound, "globalOutbound"));
  if (cache === null) cache_.setOwn();
  else if (cache !== 0) cache_.setRoute(service.routeTo(cache, "caches"));
  if (!serviceWorker) event.expectModule();
  if ("Navigator" in globalThis) core.defineGlobalProperties(globalThis, { navigator: member(globals.makeNavigator()) });
  const { env } = own;
  for (const { name, kind, value } of entries) {
    const target = serviceWorker ? globalThis : env;
    const define = (made) => {
      ObjectDefineProperty(target, name, {
        __proto__: null,
        value: made,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    };
    define(envValue(name, kind, value, define));
  }
  return env;
}

/** Entries that only few workers have, in a script of their own. */
function rareBindings() {
  return core.loadExtScript("ext:lopata/env/bindings.js");
}

/**
 * Fills the places of entries that were not there when env was built.
 * @param {object} modules the namespaces of the modules that they need, by name
 */
function settleEnv(modules) {
  return rareBindings().settle(modules);
}

/** @param {(value: unknown) => void} define for a value that comes later */
function envValue(name, kind, value, define) {
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
      return rareBindings().make(name, kind, value, define, envValue);
  }
}

globalThis.__lopata = {
  start() {
    ObjectSetPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
    event.onUncaught(reportUncaught);
    core.setReportExceptionCallback((error) => event.reportException(error));
    const unhandled = (type, promise, reason) => {
      if (tellOfRejection(type, promise, reason) && type === "unhandledrejection") reportUncaught(reason);
    };
    core.setUnhandledPromiseRejectionHandler((promise, reason) => {
      unhandled("unhandledrejection", promise, reason);
      return true;
    });
    core.setHandledPromiseRejectionHandler((promise) => {
      unhandled("rejectionhandled", promise, undefined);
    });
    // Finds the engine's own, which ours then hides.
    primordials.queueMicrotask(() => {});
    const { handled, rejected } = rejections.make(tellOfRejection, reportUncaught);
    const console = console_.makeConsole();
    core.wrapConsole(console, core.v8Console);
    core.defineGlobalProperties(globalThis, {
      console: core.propNonEnumerable(console),
      crypto: core.propWritable(crypto_.crypto),
      performance: core.propWritable(time.performance),
      self: core.propWritable(globalThis),
    });
    if (core.ops.op_faults_enabled()) {
      globalThis.__lopataFault = { panic: () => core.ops.op_fault_panic() };
    }
    // The engine finds its own under the one that is on the global object; from then on the scope's is the only one.
    queueMicrotask(() => {});
    delete globalThis.queueMicrotask;
    delete globalThis.queueMicrotask;
    // Production compiles no WebAssembly that comes as bytes.
    delete WebAssembly.compileStreaming;
    delete WebAssembly.instantiateStreaming;
    delete globalThis.__bootstrap;
    delete globalThis.Deno;
    delete globalThis.__lopata;
    return {
      abort: events.abort,
      buildEnv,
      cancelHung: io.cancelHung,
      deliverSocket: socketSession.deliver,
      dispatchConnect: events.dispatchConnect,
      dispatchFetch: events.dispatchFetch,
      dispatchRpc: serve.dispatchRpc,
      dispatchRpcOn: serve.dispatchRpcOn,
      dispatchScheduled: events.dispatchScheduled,
      dispatchTail: events.dispatchTail,
      dispatchTest: events.dispatchTest,
      finishCall: serve.finishCall,
      handled,
      dispatchAlarm(object, event, scheduledTime, retryCount) {
        core.loadExtScript("ext:lopata/objects/alarm.js").dispatchAlarm(object, event, scheduledTime, retryCount);
      },
      deliverObjectSocket(event, number, id, kind, data, reason) {
        core.loadExtScript("ext:lopata/object_sockets/events.js").deliver(event, number, id, kind, data, reason);
      },
      objects(what, number, error) {
        return core.loadExtScript("ext:lopata/objects/instance.js").control(what, number, error);
      },
      load(namespace, classes) {
        time.go();
        return events.load(namespace, classes);
      },
      rejected,
      releaseExport: serve.releaseExport,
      settleEnv,
    };
  },
};

event.saveGlobalThisReference(globalThis);
