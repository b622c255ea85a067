// Dispatch: from a message in the guest's inbox to the user's handler and back.
//
// Each dispatch function is called from Rust once per event, inside no IoContext, and returns at once; what
// the handler does later is tracked by the IoContext it creates here.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypePush,
  Error,
  ObjectDefineProperty,
  PromisePrototypeThen,
  PromiseResolve,
  SymbolToStringTag,
  TypeError,
} = primordials;
const {
  op_event_connected,
  op_event_failed,
  op_event_respond,
  op_event_scheduled,
  op_event_tailed,
  op_event_tested,
  op_log_exception,
} = core.ops;
const { dispatch, Event, listenerCount } = core.loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const entrypoints = core.loadExtScript("ext:lopata/events/entrypoints.js");
const sockets = core.loadExtScript("ext:lopata/sockets/sockets.js");
const tail = core.loadExtScript("ext:lopata/tail/tail.js");
const websocket = core.loadExtScript("ext:lopata/websocket/websocket.js");

/** True for addEventListener workers. */
let serviceWorker = false;
/** What a service-worker script can listen to. */
const WORKER_EVENTS = ["fetch", "scheduled", "tail", "trace"];
const listens = (type) => listenerCount(globalThis, type) > 0;

/** Passed to the constructors of events, which nobody else may call. */
const own = { __proto__: null };

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
  constructor(key, type, context) {
    if (key !== own) throw new TypeError("Illegal constructor");
    super(type);
    this.#context = context;
  }
  waitUntil(promise) {
    this.#context.waitUntil(promise);
  }
}

const refused = (text) => new DOMException(text, "InvalidStateError");

class FetchEvent extends ExtendableEvent {
  #responded = undefined;
  #isOver = false;
  constructor(key, context, request) {
    super(key, "fetch", context);
    ObjectDefineProperty(this, "request", { __proto__: null, value: request, enumerable: true, configurable: true });
  }
  respondWith(response) {
    // Source: workerd's texts.
    if (this.#responded !== undefined) {
      throw refused("FetchEvent.respondWith() has already been called; it can only be called once.");
    }
    if (this.#isOver) {
      throw refused("Too late to call FetchEvent.respondWith(). It must be called synchronously in the event handler.");
    }
    this.#responded = PromiseResolve(response);
  }
  passThroughOnException() {}
  /** Nothing more can be said about the response. @returns {Promise<unknown> | undefined} */
  static responded(event) {
    event.#isOver = true;
    return event.#responded;
  }
}
const { responded } = FetchEvent;
delete FetchEvent.responded;

class ScheduledEvent extends ExtendableEvent {
  #state;
  constructor(key, context, cron, scheduledTime, state) {
    super(key, "scheduled", context);
    this.cron = cron;
    this.scheduledTime = scheduledTime;
    this.#state = state;
  }
  noRetry() {
    this.#state.noRetry = true;
  }
}

/**
 * Takes the entry module's namespace (or null for a service worker) and says what can be called.
 * @param {Record<string, unknown> | null} namespace
 * @param {Record<string, [number, boolean]>} classes of Durable Objects that have a namespace: its service, and whether
 *   objects have containers
 * @returns {{ name: string, handlers: string[] }[]}
 */
function load(namespace, classes) {
  if (namespace !== null) return entrypoints.load(namespace, classes);
  serviceWorker = true;
  const handlers = [];
  for (let i = 0; i < WORKER_EVENTS.length; i++) {
    if (listens(WORKER_EVENTS[i])) ArrayPrototypePush(handlers, WORKER_EVENTS[i]);
  }
  if (handlers.length === 0) throw new TypeError("No event handlers were registered. This script does nothing.");
  return [{ name: "default", handlers }];
}

/** What runs Durable Objects, in isolates that have any. */
let objects_;
function objects() {
  return objects_ ??= core.loadExtScript("ext:lopata/objects/instance.js");
}

/** Has an event begin: at once, unless it is one of an object that lets it wait. */
function enter(context, start) {
  if (context.gate === null) {
    io.run(context, start);
  } else {
    objects().enter(context, start);
  }
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
 * @param {undefined | string | Uint8Array} props as `ExecutionContext` takes them
 * @param {number} object the Durable Object that is called; 0 for none
 */
function dispatchFetch(event, entrypoint, head, method, url, bodyKind, bodyValue, bodyLength, props, object) {
  const context = object === 0 ? new io.IoContext(event) : objects().begin(object, event);
  context.fail = fail;
  context.head = head;
  enter(context, () => {
    let body = null;
    if (bodyKind === 1) {
      body = body_.innerBodyFromBytes(bodyValue);
    } else if (bodyKind === 2) {
      body = body_.innerBodyFromNative(bodyValue, bodyLength < 0 ? null : bodyLength, context);
      body.owner = context.keeper;
    }
    const request = rr.incomingRequest(head, method, url, body, (listener) => context.onAbort(listener));
    let result;
    try {
      if (object !== 0) {
        result = objects().handlerOf(context, "fetch")(request);
      } else {
        result = serviceWorker
          ? callListeners(context, request)
          : entrypoints.handlerOf(entrypoint, "fetch", context, props)(request);
      }
    } catch (error) {
      fail(context, error);
      return;
    }
    if (rr.isResponse(result)) {
      respond(context, method, result);
    } else if (typeof result?.then !== "function") {
      // Source: workerd's text.
      fail(context, new TypeError("Callback returned incorrect type; expected 'Promise'"));
    } else {
      PromisePrototypeThen(
        PromiseResolve(result),
        (response) => respond(context, method, response),
        (error) => fail(context, error),
      );
    }
  });
}

function callListeners(context, request) {
  const event = new FetchEvent(own, context, request);
  const isPrevented = !dispatch(globalThis, event);
  const answer = responded(event);
  if (answer !== undefined) return answer;
  // Source: workerd's text.
  if (isPrevented) throw new Error("preventDefault() called but respondWith() not called");
  // Production forwards the request to its origin. There is none here but this worker.
  throw new Error("No handler called respondWith(): the request has no response.");
}

function respond(context, method, response) {
  if (context.handlerDone) return;
  try {
    if (!rr.isResponse(response)) {
      // Source: workerd's text.
      throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
    }
    const inner = rr.toInnerResponse(response);
    if (inner.type === "error") {
      throw new TypeError("Return value from serve handler must not be an error response (like Response.error())");
    }
    const webSocket = rr.webSocketOf(response);
    if (webSocket !== undefined) websocket.depart(webSocket, context.head);
    const sent = rr.takeBody(inner.body, (error, cancelled) => {
      if (error !== undefined) {
        context.outcome = io.OUTCOME.exception;
        op_log_exception(context.event, error);
      }
      // Whoever wants no more of the body has gone away. A HEAD request never wanted it.
      if (cancelled && method !== "HEAD") io.run(context, () => context.abort());
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
  const ended = context.idle;
  op_event_failed(context.event, error, context.outcome, context.aborted, ended);
  if (ended) context.end();
}

/**
 * @param {number} event
 * @param {string} entrypoint
 * @param {string} address what the caller asked to be connected to
 * @param {number} reading the end of what the caller writes
 * @param {number} writing
 * @param {undefined | string | Uint8Array} props as `ExecutionContext` takes them
 */
function dispatchConnect(event, entrypoint, address, reading, writing, props, object) {
  const context = object === 0 ? new io.IoContext(event) : objects().begin(object, event);
  const { socket, end } = sockets.incoming(context, address, reading, writing);
  enter(context, () => {
    let result;
    try {
      if (serviceWorker) throw new Error("Handler does not export a connect() function.");
      const handler = object === 0
        ? entrypoints.handlerOf(entrypoint, "connect", context, props)
        : objects().handlerOf(context, "connect");
      op_event_connected(event);
      result = handler(socket);
    } catch (error) {
      end();
      fail(context, error);
      return;
    }
    // The connection lasts as long as the handler, whatever was handed to waitUntil.
    const done = () => {
      end();
      context.handlerDone = true;
      context.maybeEnd();
    };
    PromisePrototypeThen(PromiseResolve(result), done, (error) => {
      end();
      fail(context, error);
    });
  });
}

/**
 * @param {number} event
 * @param {string} cron
 * @param {number} scheduledTime
 */
function dispatchScheduled(event, cron, scheduledTime) {
  const context = new io.IoContext(event);
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
  context.fail = (context, error) => {
    if (!context.handlerDone) done(error, true);
  };
  io.run(context, () => {
    let result;
    try {
      if (serviceWorker) {
        if (!listens("scheduled")) throw new TypeError("Handler does not export a scheduled() function.");
        dispatch(globalThis, new ScheduledEvent(own, context, cron, scheduledTime, state));
      } else {
        const handler = entrypoints.handlerOf("default", "scheduled", context, undefined);
        result = handler(new ScheduledController(cron, scheduledTime, state));
      }
    } catch (error) {
      done(error, true);
      return;
    }
    PromisePrototypeThen(PromiseResolve(result), () => done(undefined, false), (error) => done(error, true));
  });
}

/** What a service-worker script gets; `traces` is the older name. */
class TailEvent extends ExtendableEvent {
  constructor(key, type, context, events) {
    super(key, type, context);
    this.events = events;
    this.traces = events;
  }
}

/**
 * @param {number} event
 * @param {string} entrypoint
 * @param {string} items a JSON array of trace items
 */
function dispatchTail(event, entrypoint, items) {
  const context = new io.IoContext(event);
  context.fail = fail;
  context.whenSettled = () => op_event_tailed(event);
  const done = () => {
    context.handlerDone = true;
    context.maybeEnd();
  };
  io.run(context, () => {
    let result;
    try {
      const events = tail.traceItems(items);
      if (serviceWorker) {
        if (!listens("tail") && !listens("trace")) throw new TypeError("Handler does not export a tail() function.");
        dispatch(globalThis, new TailEvent(own, "tail", context, events));
        dispatch(globalThis, new TailEvent(own, "trace", context, events));
      } else {
        result = entrypoints.handlerOf(entrypoint, "tail", context, undefined)(events);
      }
    } catch (error) {
      fail(context, error);
      return;
    }
    PromisePrototypeThen(PromiseResolve(result), done, (error) => fail(context, error));
  });
}

/** What a test is given first; production's has nothing either. */
class TestController {
  constructor(token) {
    if (token !== own) throw new TypeError("Illegal constructor");
  }
}
ObjectDefineProperty(TestController.prototype, SymbolToStringTag, {
  __proto__: null,
  value: "TestController",
  configurable: true,
});

/**
 * A test passes when its handler and all that was handed to waitUntil succeed.
 * @param {number} event
 * @param {string} entrypoint
 */
function dispatchTest(event, entrypoint) {
  const context = new io.IoContext(event);
  let failed = false;
  let thrown;
  context.whenFailed = (error) => {
    if (failed) return;
    failed = true;
    thrown = error;
  };
  context.whenSettled = () => op_event_tested(event, context.outcome, thrown, failed);
  const over = (error, threw) => {
    if (threw) {
      context.outcome = io.OUTCOME.exception;
      context.whenFailed(error);
      op_log_exception(event, error);
    }
    context.handlerDone = true;
    context.maybeEndSoon();
  };
  context.fail = (context, error) => {
    if (!context.handlerDone) over(error, true);
  };
  io.run(context, () => {
    let result;
    try {
      result = entrypoints.handlerOf(entrypoint, "test", context, undefined)(new TestController(own));
    } catch (error) {
      over(error, true);
      return;
    }
    PromisePrototypeThen(PromiseResolve(result), () => over(undefined, false), (error) => over(error, true));
  });
}

/** @param {number} event */
function abort(event) {
  const context = io.byEvent(event);
  if (context === undefined) return;
  io.run(context, () => {
    try {
      context.abort();
    } catch (error) {
      op_log_exception(event, error);
    }
  });
}

return {
  abort,
  dispatchConnect,
  dispatchFetch,
  dispatchScheduled,
  dispatchTail,
  dispatchTest,
  ExtendableEvent,
  FetchEvent,
  load,
  ScheduledController,
  ScheduledEvent,
  TailEvent,
  TestController,
};
})();
