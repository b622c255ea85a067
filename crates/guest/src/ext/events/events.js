// Dispatch: from a message in the guest's inbox to the user's handler and back.
//
// Each dispatch function is called from Rust once per event, inside no IoContext, and returns at once; what
// the handler does later is tracked by the IoContext it creates here.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeToString,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectConstruct,
  ReflectOwnKeys,
  StringPrototypeStartsWith,
  TypeError,
} = primordials;
const {
  op_event_failed,
  op_event_respond,
  op_event_scheduled,
  op_log_exception,
} = core.ops;
const { Event } = core.loadExtScript("ext:deno_web/02_event.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const workers = core.loadExtScript("ext:lopata/workers/workers.js");

const HANDLERS = ["fetch", "scheduled", "queue", "email", "alarm", "tail", "trace", "tailStream", "connect", "test"];

/** Export name to `{ value, isClass }`, set by `load`. */
const exportsByName = { __proto__: null };
/** True for addEventListener workers. */
let serviceWorker = false;
let subrequestsMax = 1000;
/** Service-worker listeners by type. */
const listeners = { __proto__: null, fetch: [], scheduled: [] };

/** Production's ctx argument: one per invocation. */
class ExecutionContext {
  #context;
  #props;
  constructor(context, props) {
    this.#context = context;
    this.#props = props;
  }
  waitUntil(promise) {
    this.#context.waitUntil(promise);
  }
  passThroughOnException() {}
  get props() {
    return this.#props;
  }
}

class ScheduledController {
  #state;
  constructor(cron, scheduledTime, state) {
    this.cron = cron;
    this.scheduledTime = scheduledTime;
    this.#state = state;
  }
  noRetry() {
    this.#state.noRetry = true;
  }
}

/** The event of a service-worker script. */
class ExtendableEvent extends Event {
  #context;
  constructor(type, context) {
    super(type);
    this.#context = context;
  }
  waitUntil(promise) {
    this.#context.waitUntil(promise);
  }
  passThroughOnException() {}
}

class FetchEvent extends ExtendableEvent {
  #request;
  #responded = undefined;
  constructor(context, request) {
    super("fetch", context);
    this.#request = request;
  }
  get request() {
    return this.#request;
  }
  respondWith(response) {
    if (this.#responded !== undefined) throw new TypeError("FetchEvent.respondWith() has already been called; it can only be called once.");
    this.#responded = PromiseResolve(response);
  }
  static responded(event) {
    return event.#responded;
  }
}

class ScheduledEvent extends ExtendableEvent {
  #state;
  constructor(context, cron, scheduledTime, state) {
    super("scheduled", context);
    this.cron = cron;
    this.scheduledTime = scheduledTime;
    this.#state = state;
  }
  noRetry() {
    this.#state.noRetry = true;
  }
}

/** @param {unknown} value */
function isClass(value) {
  return typeof value === "function" && StringPrototypeStartsWith(FunctionPrototypeToString(value), "class");
}

/** @param {unknown} value */
function isEntrypointClass(value) {
  return typeof value === "function" && value.prototype !== undefined &&
    (ObjectPrototypeIsPrototypeOf(workers.WorkerEntrypoint.prototype, value.prototype) || isClass(value));
}

/**
 * Takes the entry module's namespace (or null for a service worker) and says what can be called.
 * @param {Record<string, unknown> | null} namespace
 * @returns {{ name: string, handlers: string[] }[]}
 */
function load(namespace, maxSubrequests) {
  subrequestsMax = maxSubrequests;
  if (namespace === null) {
    serviceWorker = true;
    const handlers = [];
    for (const type in listeners) {
      if (listeners[type].length > 0) ArrayPrototypePush(handlers, type);
    }
    if (handlers.length === 0) throw new TypeError("No event handlers were registered. This script does nothing.");
    return [{ name: "default", handlers }];
  }
  const found = [];
  for (const name of ReflectOwnKeys(namespace)) {
    if (typeof name !== "string") continue;
    const value = namespace[name];
    if (value === null || (typeof value !== "object" && typeof value !== "function")) continue;
    const isClass = isEntrypointClass(value);
    exportsByName[name] = { value, isClass };
    const target = isClass ? value.prototype : value;
    const handlers = [];
    for (let i = 0; i < HANDLERS.length; i++) {
      try {
        if (typeof target[HANDLERS[i]] === "function") ArrayPrototypePush(handlers, HANDLERS[i]);
      } catch {
        // A getter that throws is no handler.
      }
    }
    ArrayPrototypePush(found, { name, handlers });
  }
  return found;
}

/**
 * The handler `name` of `entrypoint`, bound to what it is called on.
 * @returns {(event: unknown) => unknown}
 */
function handlerOf(entrypoint, name, context) {
  const found = exportsByName[entrypoint];
  if (found === undefined) {
    throw new TypeError(
      entrypoint === "default"
        ? "The worker's entry module has no default export, so it cannot receive events."
        : `The worker has no export named "${entrypoint}".`,
    );
  }
  const target = found.value;
  const ctx = new ExecutionContext(context, {});
  if (found.isClass) {
    const instance = ReflectConstruct(target, [ctx, workers.env]);
    const handler = instance[name];
    // Source: workerd's text for a handler that is not there.
    if (typeof handler !== "function") throw new TypeError(`Handler does not export a ${name}() function.`);
    return (event) => handler.call(instance, event);
  }
  const handler = target[name];
  if (typeof handler !== "function") throw new TypeError(`Handler does not export a ${name}() function.`);
  return (event) => handler.call(target, event, workers.env, ctx);
}

/**
 * @param {number} event
 * @param {string} entrypoint
 * @param {object} head
 * @param {string} method
 * @param {string} url
 * @param {0 | 1 | 2} bodyKind empty, inline bytes, stream
 * @param {Uint8Array | number | undefined} bodyValue
 * @param {number} bodyLength -1 when unknown
 */
function dispatchFetch(event, entrypoint, head, method, url, bodyKind, bodyValue, bodyLength) {
  const context = new io.IoContext(event, subrequestsMax);
  let body = null;
  if (bodyKind === 1) {
    body = body_.innerBodyFromBytes(bodyValue);
  } else if (bodyKind === 2) {
    body = body_.innerBodyFromNative(bodyValue, bodyLength < 0 ? null : bodyLength, context);
  }
  const request = rr.incomingRequest(head, method, url, body, (listener) => context.onAbort(listener));
  io.run(context, () => {
    let result;
    try {
      result = serviceWorker ? callListeners(context, request) : handlerOf(entrypoint, "fetch", context)(request);
    } catch (error) {
      fail(context, error);
      return;
    }
    if (rr.isResponse(result)) {
      respond(context, result);
    } else {
      PromisePrototypeThen(
        PromiseResolve(result),
        (response) => respond(context, response),
        (error) => fail(context, error),
      );
    }
  });
}

function callListeners(context, request) {
  const event = new FetchEvent(context, request);
  for (const listener of listeners.fetch) {
    listener.call(globalThis, event);
    const responded = FetchEvent.responded(event);
    if (responded !== undefined) return responded;
  }
  throw new Error("No handler called respondWith(): the request has no response.");
}

function respond(context, response) {
  if (context.handlerDone) return;
  try {
    if (!rr.isResponse(response)) {
      // Source: workerd's text.
      throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
    }
    const inner = rr.toInnerResponse(response);
    if (inner.type === "error") {
      throw new TypeError("The handler returned Response.error(), which is no response that can be sent.");
    }
    const sent = rr.takeBody(inner.body, (error) => {
      if (error !== undefined) {
        context.outcome = io.OUTCOME.exception;
        op_log_exception(context.event, error);
      }
      context.bodyClosed();
    });
    context.handlerDone = true;
    if (sent.kind === 2) context.bodyOpened();
    const ended = context.idle;
    op_event_respond(
      context.event,
      inner.status,
      inner.statusMessage,
      inner.headerList,
      rr.isEncoded(response),
      sent.kind,
      sent.value,
      sent.length,
      ended,
      context.outcome,
    );
    // After the answer: what the body is made of must not be let go before it is on its way.
    if (ended) context.end();
  } catch (error) {
    context.handlerDone = false;
    fail(context, error);
  }
}

function fail(context, error) {
  if (context.handlerDone) return;
  context.handlerDone = true;
  // A client that has gone sees nothing of it; the worker did nothing wrong.
  if (!context.aborted) context.outcome = io.OUTCOME.exception;
  op_event_failed(context.event, error, context.outcome, context.aborted);
  context.maybeEnd();
}

/**
 * @param {number} event
 * @param {string} cron
 * @param {number} scheduledTime
 */
function dispatchScheduled(event, cron, scheduledTime) {
  const context = new io.IoContext(event, subrequestsMax);
  const state = { noRetry: false };
  // The answer waits for every waitUntil.
  context.whenSettled = () => op_event_scheduled(event, context.outcome, state.noRetry);
  const done = (error, failed) => {
    if (failed) {
      context.outcome = io.OUTCOME.exception;
      op_log_exception(event, error);
    }
    context.handlerDone = true;
    context.maybeEnd();
  };
  io.run(context, () => {
    let result;
    try {
      if (serviceWorker) {
        if (listeners.scheduled.length === 0) throw new TypeError("Handler does not export a scheduled() function.");
        const scheduled = new ScheduledEvent(context, cron, scheduledTime, state);
        for (const listener of listeners.scheduled) listener.call(globalThis, scheduled);
      } else {
        result = handlerOf("default", "scheduled", context)(new ScheduledController(cron, scheduledTime, state));
      }
    } catch (error) {
      done(error, true);
      return;
    }
    PromisePrototypeThen(PromiseResolve(result), () => done(undefined, false), (error) => done(error, true));
  });
}

/** @param {number} event */
function abort(event) {
  const context = io.byEvent(event);
  if (context !== undefined) io.run(context, () => context.abort());
}

/**
 * The service-worker half of the global addEventListener.
 * @returns {boolean} true when the listener was taken
 */
function addWorkerListener(type, listener) {
  if (!(type in listeners) || typeof listener !== "function") return false;
  ArrayPrototypePush(listeners[type], listener);
  return true;
}

return {
  abort,
  addWorkerListener,
  dispatchFetch,
  dispatchScheduled,
  ExecutionContext,
  ExtendableEvent,
  FetchEvent,
  load,
  ScheduledController,
  ScheduledEvent,
};
})();
