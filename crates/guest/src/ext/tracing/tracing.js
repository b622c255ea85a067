// Spans: what runs for an event, as a tree. And the API by which user code adds its own.
//
// A span is a number within its event; 0 is the handler's. The current one travels in V8's async context as `span`,
// beside the IoContext, so that what is started in it, then or later, nests under it.
//
// For whatever goes out of the isolate:
//
//   await tracing.call(context.event, "kv_get", attributes, async (span) => {
//     // `span` is current in here. Hand it to the op that sends the message, with the event:
//     // `guest.events.context_of(EventId(event), SpanNumber(span))` is the parent that travels, so that what the
//     // other side does nests under this call. `attributes` may be added to until the promise settles.
//   });
//
// or, where no promise stands for it, `start`, perhaps `run`, and one `end`. A call that arrived for an event that
// runs already (a stub, a result) starts its span in Rust under its caller's (`Under::Caller`), and `run`s in it.
//
// Names and attributes: those of production's tracing where it has one (`fetch`, `kv_get`; `cloudflare.*`), else
// those of OpenTelemetry's conventions. What has none: `rpc <method>` with `rpc.system`, `rpc.service`,
// `rpc.method` and `cloudflare.jsrpc.method`; a service binding's fetch is a `fetch` with
// `cloudflare.binding.type` and `cloudflare.binding.name`; `websocket` for the life of a socket.
(function () {
const { core, primordials } = __bootstrap;
const {
  JSONStringify,
  ObjectDefineProperty,
  ObjectKeys,
  ObjectPrototypeToString,
  PromisePrototypeThen,
  ReflectApply,
  SafeWeakSet,
  String,
  SymbolToStringTag,
  TypeError,
} = primordials;
const {
  op_is_promise,
  op_span_end,
  op_span_exception,
  op_span_is_open,
  op_span_rename,
  op_span_set_attribute,
  op_span_set_status,
  op_span_start,
} = core.ops;

/** Numbered as the ops number them. */
const KIND = { __proto__: null, internal: 0, server: 1, client: 2 };

/** @returns {number} the current span of the current event */
function current() {
  return core.getAsyncContext()?.span ?? 0;
}

/**
 * Starts a span under the current one.
 * @param {number} event
 * @param {string} name
 * @param {number} kind one of `KIND`
 * @returns {number} its number, for `run` and `end`
 */
function start(event, name, kind) {
  return op_span_start(event, current(), name, kind);
}

/**
 * Ends a span, once.
 * @param {number} event
 * @param {number} span
 * @param {Record<string, unknown> | null} attributes
 * @param {string} failure empty when it went well
 */
function end(event, span, attributes, failure) {
  let text = "";
  if (attributes !== null) {
    try {
      text = JSONStringify(attributes);
    } catch {
      // User code gave Object.prototype a toJSON that throws. The call went as it went.
    }
  }
  op_span_end(event, span, text, failure);
}

/**
 * Runs `fn` with `span` current; what `fn` starts inherits it.
 * @template T
 * @param {number} span
 * @param {() => T} fn
 * @returns {T}
 */
function run(span, fn) {
  const previous = core.getAsyncContext();
  core.setAsyncContext({ __proto__: null, ...previous, span });
  try {
    return fn();
  } finally {
    core.setAsyncContext(previous);
  }
}

/**
 * A span around a call that goes out: made current, and ended when the promise settles.
 * @template T
 * @param {number} event
 * @param {string} name
 * @param {Record<string, unknown> | null} attributes may be added to until then
 * @param {(span: number) => Promise<T>} fn
 * @returns {Promise<T>}
 */
async function call(event, name, attributes, fn) {
  const span = start(event, name, KIND.client);
  let failure = "";
  try {
    return await run(span, () => fn(span));
  } catch (error) {
    failure = describe(error);
    throw error;
  } finally {
    end(event, span, attributes, failure);
  }
}

/** @param {unknown} error @returns {string} never empty */
function describe(error) {
  try {
    return String(error) || "error";
  } catch {
    // Below.
  }
  try {
    return ObjectPrototypeToString(error);
  } catch {
    // A proxy that was revoked.
    return "error";
  }
}

/** Given to the constructors by this script only. */
const construct = {};
/** Errors that a span has recorded: on their way out they pass the spans around it. */
const recorded = new SafeWeakSet();

/** A span, as user code sees it. Its state is the event's; without an event it records nothing. */
class Span {
  #event;
  #span;

  constructor(token, event, span) {
    if (token !== construct) throw new TypeError("Illegal constructor");
    this.#event = event;
    this.#span = span;
  }

  /** Whether what is set has an effect: false without an event and after the end. */
  get isTraced() {
    return op_span_is_open(this.#event, this.#span);
  }

  /** @param {string} key @param {string | number | boolean | undefined} value `undefined` changes nothing */
  setAttribute(key, value) {
    const name = `${key}`;
    if (value !== undefined) {
      const kind = typeof value;
      const given = kind === "boolean" || kind === "number" || kind === "string" ? value : `${value}`;
      op_span_set_attribute(this.#event, this.#span, name, given);
    }
    return this;
  }

  /** @param {Record<string, string | number | boolean | undefined>} attributes */
  setAttributes(attributes) {
    if (attributes === null || typeof attributes !== "object") {
      throw new TypeError("Failed to execute 'setAttributes' on 'Span': parameter 1 is not of type 'Object'.");
    }
    const keys = ObjectKeys(attributes);
    for (let i = 0; i < keys.length; i++) this.setAttribute(keys[i], attributes[keys[i]]);
    return this;
  }

  /** @param {unknown} exception an error, or what looks like one */
  recordException(exception) {
    op_span_exception(this.#event, this.#span, exception);
  }

  /** @param {string} name */
  updateName(name) {
    op_span_rename(this.#event, this.#span, `${name}`);
    return this;
  }

  /** @param {{ code: "unset" | "ok" | "error", message?: string }} status */
  setStatus(status) {
    const code = `${status?.code}`;
    if (code !== "unset" && code !== "ok" && code !== "error") {
      throw new TypeError(`Invalid span status code "${code}": it must be "unset", "ok" or "error".`);
    }
    const message = status.message;
    op_span_set_status(this.#event, this.#span, code === "error", message === undefined ? "" : `${message}`);
    return this;
  }

  /** Ends the span; later calls do nothing. A handler's span ends with its event. */
  end() {
    op_span_end(this.#event, this.#span, "", "");
  }

  /** @param {Span} span @param {() => T} fn @template T @returns {T} */
  static run(span, fn) {
    return span.#event === 0 ? fn() : run(span.#span, fn);
  }

  /** @param {Span} span @param {unknown} error */
  static fail(span, error) {
    if (span.#event === 0) return;
    const isObject = error !== null && (typeof error === "object" || typeof error === "function");
    if (!isObject || !recorded.has(error)) {
      if (isObject) recorded.add(error);
      op_span_exception(span.#event, span.#span, error);
    }
    op_span_end(span.#event, span.#span, "", describe(error));
  }
}
const runIn = Span.run;
const fail = Span.fail;
delete Span.run;
delete Span.fail;
ObjectDefineProperty(Span.prototype, SymbolToStringTag, { __proto__: null, value: "Span", configurable: true });
const endOf = Span.prototype.end;

/** @param {string} name @returns {Span} under the current span */
function create(name) {
  const context = core.getAsyncContext()?.io;
  if (context === undefined || context.ended) return new Span(construct, 0, 0);
  return new Span(construct, context.event, op_span_start(context.event, current(), name, KIND.internal));
}

/** @param {string} method @param {number} position @param {unknown} callback */
function requireFunction(method, callback) {
  if (typeof callback !== "function") {
    throw new TypeError(`Failed to execute '${method}' on 'Tracing': parameter 2 is not of type 'Function'.`);
  }
}

/** `ctx.tracing`, and `tracing` of "cloudflare:workers". */
class Tracing {
  constructor(token) {
    if (token !== construct) throw new TypeError("Illegal constructor");
  }

  /**
   * Runs `callback` in a span, which ends when it returns, or when the promise that it returns settles.
   * @template T
   * @param {string} name
   * @param {(span: Span, ...args: unknown[]) => T} callback
   * @returns {T}
   */
  enterSpan(name, callback, ...args) {
    name = `${name}`;
    requireFunction("enterSpan", callback);
    const span = create(name);
    let result;
    try {
      result = runIn(span, () => ReflectApply(callback, globalThis, [span, ...args]));
    } catch (error) {
      fail(span, error);
      throw error;
    }
    if (!op_is_promise(result)) {
      ReflectApply(endOf, span, []);
      return result;
    }
    return PromisePrototypeThen(
      result,
      (value) => {
        ReflectApply(endOf, span, []);
        return value;
      },
      (error) => {
        fail(span, error);
        throw error;
      },
    );
  }

  /** As `enterSpan`, but the span ends when the caller says so. */
  startActiveSpan(name, callback, ...args) {
    name = `${name}`;
    requireFunction("startActiveSpan", callback);
    const span = create(name);
    return runIn(span, () => ReflectApply(callback, globalThis, [span, ...args]));
  }

  /** A span that is not made current and ends when the caller says so. @param {string} name */
  startSpan(name) {
    return create(`${name}`);
  }

  /** The current span, which may be the handler's; `undefined` without an event. */
  getActiveSpan() {
    const context = core.getAsyncContext();
    return context?.io === undefined ? undefined : new Span(construct, context.io.event, context.span ?? 0);
  }
}
ObjectDefineProperty(Tracing.prototype, SymbolToStringTag, { __proto__: null, value: "Tracing", configurable: true });
ObjectDefineProperty(Tracing.prototype, "Span", {
  __proto__: null,
  value: Span,
  writable: true,
  enumerable: false,
  configurable: true,
});

return { call, current, describe, end, KIND, run, start, tracing: new Tracing(construct) };
})();
