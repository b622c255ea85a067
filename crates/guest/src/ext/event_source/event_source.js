// EventSource: events of a server, read off one response after another, or off a stream.
//
// What is read is text/event-stream: lines that end in CR, LF or both. It belongs to the event that made it: a source
// that outlives its event is closed.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  Error,
  MathMax,
  MathMin,
  NumberParseInt,
  ObjectDefineProperties,
  ObjectDefineProperty,
  PromisePrototypeThen,
  RegExpPrototypeTest,
  SafeRegExp,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  SymbolDispose,
  TypeError,
} = primordials;
const { op_log_exception } = core.ops;
const { defineEventHandler, dispatch, ErrorEvent, Event, EventTarget, MessageEvent, reportException } = core
  .loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { AbortController } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { TextDecoder } = core.loadExtScript("ext:deno_web/08_text_encoding.js");
const { isReadableStream, isReadableStreamDisturbed, isReadableStreamLocked, ReadableStream } = core.loadExtScript(
  "ext:deno_web/06_streams.js",
);
const { badConstructor, badField, badParameter, illegal, isObject, text } = core.loadExtScript(
  "ext:lopata/fetch/arguments.js",
);
const { finish } = core.loadExtScript("ext:lopata/fetch/iterators.js");
const { fetchThrough } = core.loadExtScript("ext:lopata/fetch/fetch.js");
const headers_ = core.loadExtScript("ext:lopata/fetch/headers.js");
const mime = core.loadExtScript("ext:lopata/fetch/mime.js");
const io = core.loadExtScript("ext:lopata/io_context/io_context.js");
const body_ = core.loadExtScript("ext:lopata/body/body.js");
const timers = core.loadExtScript("ext:lopata/timers/timers.js");
const { isFetcher, routeOf } = core.loadExtScript("ext:lopata/service/service.js");

const STATE = { __proto__: null, CONNECTING: 0, OPEN: 1, CLOSED: 2 };

// Source: workerd's EventSource.
const NO_CONTEXT_TEXT = "An EventSource can only be created within the context of a worker request.";
const RECONNECT_MS = 2_000;
const RECONNECT_MS_MIN = 1_000;
const RECONNECT_MS_MAX = 10_000;

const DIGITS = new SafeRegExp(/^[0-9]+$/);
const { getReader } = ReadableStream.prototype;

/** Given to the constructor by `EventSource.from` only. */
const TOKEN = {};

/** @param {string} message @param {string} name */
const refuse = (message, name) => {
  throw new DOMException(message, name);
};

/** Takes a stream's text apart; what is dispatched is put into `events`. */
class Parser {
  constructor(source) {
    this.source = source;
    this.decoder = new TextDecoder();
    /** The beginning of a line whose end has not come yet. */
    this.kept = "";
    /** A line has just ended in a CR: an LF belongs to it. */
    this.afterReturn = false;
    /** @type {{ data: string[], type: string | undefined } | null} */
    this.pending = null;
  }

  /** @param {Uint8Array} bytes @returns {{ data: string, type: string, id: string }[]} */
  feed(bytes) {
    const events = [];
    let left = this.decoder.decode(bytes, { stream: true });
    while (left !== "") {
      if (this.afterReturn) {
        this.afterReturn = false;
        if (left[0] === "\n") left = StringPrototypeSlice(left, 1);
      }
      const lf = StringPrototypeIndexOf(left, "\n");
      const cr = StringPrototypeIndexOf(left, "\r");
      const end = lf < 0 ? cr : cr < 0 ? lf : MathMin(lf, cr);
      if (end < 0) {
        this.kept += left;
        break;
      }
      const line = this.kept + StringPrototypeSlice(left, 0, end);
      this.kept = "";
      this.afterReturn = end === cr;
      left = StringPrototypeSlice(left, end + 1);
      this.line(line, events);
    }
    return events;
  }

  line(line, events) {
    if (line === "") {
      const { pending } = this;
      this.pending = null;
      if (pending === null) return;
      const data = ArrayPrototypeJoin(pending.data, "\n");
      if (data === "") return;
      ArrayPrototypePush(events, { data, type: pending.type ?? "message", id: this.source.lastEventId });
      return;
    }
    const colon = StringPrototypeIndexOf(line, ":");
    if (colon === 0) return;
    const field = colon < 0 ? line : StringPrototypeSlice(line, 0, colon);
    let value = colon < 0 ? "" : StringPrototypeSlice(line, colon + 1);
    if (value[0] === " ") value = StringPrototypeSlice(value, 1);
    const pending = this.pending ??= { data: [], type: undefined };
    if (field === "data") {
      ArrayPrototypePush(pending.data, value);
    } else if (field === "event") {
      pending.type = value;
    } else if (field === "id") {
      this.source.lastEventId = value;
    } else if (field === "retry" && RegExpPrototypeTest(DIGITS, value)) {
      const ms = NumberParseInt(value, 10);
      if (ms <= 0xffffffff) this.source.retryMs = MathMax(MathMin(ms, RECONNECT_MS_MAX), RECONNECT_MS_MIN);
    }
  }
}

let stateOf;

class EventSource extends EventTarget {
  #state;

  static {
    stateOf = (source) => {
      if (!isObject(source) || !(#state in source)) throw illegal();
      return source.#state;
    };
  }

  /**
   * @param {string} url
   * @param {{ withCredentials?: boolean, fetcher?: object }} init
   */
  constructor(url, init = undefined) {
    super();
    if (url === TOKEN) {
      this.#state = init;
      return;
    }
    if (arguments.length === 0) throw badConstructor("EventSource", 1, "string");
    url = text(url);
    let route = null;
    let credentials = false;
    if (init !== undefined && init !== null) {
      if (!isObject(init)) throw badConstructor("EventSource", 2, "EventSourceInit");
      credentials = !!init.withCredentials;
      const { fetcher } = init;
      if (fetcher !== undefined) {
        if (!isFetcher(fetcher)) throw badField("fetcher", "EventSourceInit", "Fetcher");
        route = routeOf(fetcher);
      }
    }
    const context = contextNow();
    if (credentials) {
      refuse("The init.withCredentials option is not supported. It must be false or undefined.", "NotSupportedError");
    }
    const parsed = URL.parse(url);
    if (parsed === null) refuse(`Cannot open an EventSource to '${url}'. The URL is invalid.`, "SyntaxError");
    this.#state = new State(context, parsed, route);
    begin(this, this.#state);
    connect(this, this.#state);
  }

  /** Events of a stream of bytes. There is nothing to connect to again once it is over. */
  static from(readable) {
    if (!isReadableStream(readable)) throw badParameter("from", "EventSource", 1, "JsReadableStream");
    const context = contextNow();
    if (isReadableStreamLocked(readable)) throw new TypeError("This ReadableStream is locked.");
    if (isReadableStreamDisturbed(readable)) {
      throw new TypeError("This ReadableStream has already been read from.");
    }
    const state = new State(context, null, null);
    const source = new EventSource(TOKEN, state);
    begin(source, state);
    const reader = getReader.call(readable);
    run(source, state, reader);
    return source;
  }

  close() {
    close(stateOf(this), undefined);
  }

  get url() {
    return stateOf(this).url?.href ?? "";
  }

  get withCredentials() {
    stateOf(this);
    return false;
  }

  get readyState() {
    return stateOf(this).readyState;
  }
}
for (const name of ["open", "message", "error"]) defineEventHandler(EventSource.prototype, name);
finish(EventSource);
for (const name in STATE) {
  const constant = { __proto__: null, value: STATE[name], enumerable: true };
  for (const target of [EventSource, EventSource.prototype]) {
    ObjectDefineProperties(target, { __proto__: null, [name]: constant });
  }
}
ObjectDefineProperty(EventSource.prototype, SymbolDispose, {
  __proto__: null,
  value: EventSource.prototype.close,
  writable: true,
  configurable: true,
});

/** What an event source is made of. */
class State {
  constructor(context, url, route) {
    this.context = context;
    /** Null when it reads a stream that somebody else made. @type {URL | null} */
    this.url = url;
    this.route = route;
    this.readyState = STATE.CONNECTING;
    this.lastEventId = "";
    this.retryMs = RECONNECT_MS;
    /** A response without a body may come once. */
    this.wasEmpty = false;
    /** Ends the fetch that is under way. @type {AbortController | null} */
    this.controller = null;
    /** Whoever reads the stream. */
    this.reader = null;
    this.timer = 0;
    this.onEnd = null;
  }
}

function contextNow() {
  const context = io.current();
  if (context === undefined) refuse(NO_CONTEXT_TEXT, "NotSupportedError");
  return context;
}

/** The end of the event is the end of its sources. */
function begin(source, state) {
  state.onEnd = () => close(state, undefined);
  state.context.onEnd(state.onEnd);
}

function close(state, reason) {
  if (state.readyState === STATE.CLOSED) return;
  state.readyState = STATE.CLOSED;
  state.context.offEnd(state.onEnd);
  if (state.timer !== 0) timers.clearTimeout(state.timer);
  letGo(state, reason);
}

/** Ends what is read now. */
function letGo(state, reason) {
  const { controller, reader } = state;
  state.controller = null;
  state.reader = null;
  controller?.abort(reason);
  if (reader !== null) PromisePrototypeThen(reader.cancel(reason), undefined, () => {});
}

/** Tells of an error, after which the source is closed or connects again. */
function fail(source, state, error, again = false) {
  if (state.readyState === STATE.CLOSED) return;
  if (again) {
    state.readyState = STATE.CONNECTING;
    letGo(state, error);
  } else {
    close(state, error);
  }
  tell(source, new ErrorEvent("error", { error }));
  op_log_exception(state.context.event, error);
}

/** A listener that throws changes nothing here. */
function tell(source, event) {
  try {
    dispatch(source, event);
  } catch (error) {
    reportException(error);
  }
}

function failWith(source, state, message) {
  fail(source, state, new DOMException(message, "AbortError"));
}

async function connect(source, state) {
  const controller = state.controller = new AbortController();
  const list = [["accept", "text/event-stream"], ["cache-control", "no-cache"]];
  if (state.lastEventId !== "") ArrayPrototypePush(list, ["last-event-id", state.lastEventId]);
  let response;
  try {
    response = await fetchThrough(state.route, 2, state.url.href, { headers: list, signal: controller.signal });
  } catch (error) {
    fail(source, state, error);
    return;
  }
  if (state.readyState === STATE.CLOSED) return;
  if (!response.ok) return failWith(source, state, `The response status code was ${response.status}.`);
  const type = headers_.get(response.headers, "content-type");
  if (type === null) return failWith(source, state, "No content type header was present in the response.");
  if (mime.parse(type)?.essence !== "text/event-stream") {
    return failWith(source, state, `The content type '${type}' is invalid.`);
  }
  if (response.redirected) state.url = URL.parse(response.url) ?? state.url;
  const { body } = response;
  if (body === null) {
    if (state.wasEmpty) return fail(source, state, new Error("The server provided no content."));
    state.wasEmpty = true;
    fail(source, state, new Error("The server provided no content. Will try reconnecting."), true);
    reconnect(source, state);
    return;
  }
  await run(source, state, getReader.call(body));
}

function reconnect(source, state) {
  if (state.readyState === STATE.CLOSED) return;
  state.timer = timers.setTimeout(() => {
    state.timer = 0;
    connect(source, state);
  }, state.retryMs);
}

async function run(source, state, reader) {
  if (state.readyState === STATE.CLOSED) {
    PromisePrototypeThen(reader.cancel(), undefined, () => {});
    return;
  }
  state.reader = reader;
  state.readyState = STATE.OPEN;
  tell(source, new Event("open"));
  const parser = new Parser(state);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (state.reader !== reader) return;
      if (done) break;
      if (!deliver(source, state, parser.feed(body_.sendable(value)))) return;
    }
  } catch (error) {
    if (state.reader === reader) fail(source, state, error);
    return;
  }
  state.reader = null;
  const again = state.url !== null;
  fail(source, state, new Error("The server disconnected."), again);
  if (again) reconnect(source, state);
}

/** @returns {boolean} false once the source is closed: by a listener, or because one has thrown */
function deliver(source, state, events) {
  const origin = state.url?.origin ?? null;
  for (let i = 0; i < events.length; i++) {
    if (state.readyState === STATE.CLOSED) return false;
    const { data, type, id } = events[i];
    try {
      const event = new MessageEvent(type, { data, lastEventId: id });
      event.origin = origin;
      dispatch(source, event);
    } catch (error) {
      fail(source, state, error);
      return false;
    }
  }
  return state.readyState !== STATE.CLOSED;
}

return { EventSource };
})();
