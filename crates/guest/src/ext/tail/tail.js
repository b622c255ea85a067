// What a tail handler gets: trace items, made from the JSON that the tailed worker's isolate collected.
//
// Properties are own and enumerable, as in production, so that `JSON.stringify(events)` says everything. A request's
// secrets are redacted until somebody asks for `getUnredacted()`.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeMap,
  Date,
  JSONParse,
  ObjectDefineProperty,
  ObjectKeys,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeSlice,
  SymbolToStringTag,
} = primordials;

const REDACTED = "REDACTED";
/** Source: the parts of header names whose values production does not show. */
const SECRET_PARTS = ["auth", "jwt", "key", "secret", "token"];

/** @param {string} name in lower case */
function isSecret(name) {
  if (name === "cookie" || name === "set-cookie") return true;
  for (let i = 0; i < SECRET_PARTS.length; i++) {
    if (StringPrototypeIncludes(name, SECRET_PARTS[i])) return true;
  }
  return false;
}

/**
 * A URL without what looks like an id: 32 hexadecimal digits or more, or 21 characters or more that look like base64.
 * Source: production's rules.
 * @param {string} url
 */
function redactUrl(url) {
  let redacted = "";
  let start = 0;
  let hex = 0, digits = 0, upper = 0, lower = 0;
  let onlyHex = true;
  for (let i = 0; i <= url.length; i++) {
    // The end is no character of an id.
    const code = i < url.length ? StringPrototypeCharCodeAt(url, i) : 0;
    const isDigit = code >= 0x30 && code <= 0x39;
    const isUpper = code >= 0x41 && code <= 0x5a;
    const isLower = code >= 0x61 && code <= 0x7a;
    // + - _
    const isSeparator = code === 0x2b || code === 0x2d || code === 0x5f;
    if (isDigit || isUpper || isLower || isSeparator) {
      const isHex = isDigit || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
      if (isHex) hex++;
      else if (!isSeparator) onlyHex = false;
      if (isDigit) digits++;
      if (isUpper) upper++;
      if (isLower) lower++;
      continue;
    }
    const isHexId = hex >= 32 && onlyHex;
    const isBase64Id = i - start >= 21 && digits >= 2 && upper >= 2 && lower >= 2;
    redacted += isHexId || isBase64Id ? REDACTED : StringPrototypeSlice(url, start, i);
    if (i < url.length) redacted += url[i];
    start = i + 1;
    hex = digits = upper = lower = 0;
    onlyHex = true;
  }
  return redacted;
}

/** @param {string} name @param {Function} ctor */
function named(name, ctor) {
  ObjectDefineProperty(ctor.prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
  return ctor;
}

const TailRequest = named("Request", class Request {
  #given;
  constructor(given, redacted) {
    this.#given = given;
    this.cf = given.cf;
    const headers = {};
    const names = ObjectKeys(given.headers);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      ObjectDefineProperty(headers, name, {
        __proto__: null,
        value: redacted && isSecret(name) ? REDACTED : given.headers[name],
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    this.headers = headers;
    this.method = given.method;
    this.url = redacted ? redactUrl(given.url) : given.url;
  }

  /** The request as it was. */
  getUnredacted() {
    return new TailRequest(this.#given, false);
  }
});

const FetchEventInfo = named("FetchEventInfo", class FetchEventInfo {
  constructor(given) {
    this.response = given.response === undefined ? undefined : new TailResponse(given.response.status);
    this.request = new TailRequest(given.request, true);
  }
});

const TailResponse = named("Response", class Response {
  constructor(status) {
    this.status = status;
  }
});

const ScheduledEventInfo = named("ScheduledEventInfo", class ScheduledEventInfo {
  constructor(given) {
    this.scheduledTime = given.scheduledTime;
    this.cron = given.cron;
  }
});

const AlarmEventInfo = named("AlarmEventInfo", class AlarmEventInfo {
  constructor(given) {
    this.scheduledTime = new Date(given.alarm);
  }
});

const JsRpcEventInfo = named("JsRpcEventInfo", class JsRpcEventInfo {
  constructor(given) {
    this.rpcMethod = given.rpcMethod;
  }
});

const WebSocketEventInfo = named("HibernatableWebSocketEventInfo", class HibernatableWebSocketEventInfo {
  constructor(given) {
    this.getWebSocketEvent = given.getWebSocketEvent;
  }
});

const TraceLog = named("TraceLog", class TraceLog {
  constructor(given) {
    this.timestamp = given.timestamp;
    this.level = given.level;
    this.message = given.message;
  }
});

const TraceException = named("TraceException", class TraceException {
  constructor(given) {
    this.timestamp = given.timestamp;
    this.message = given.message;
    this.name = given.name;
    this.stack = given.stack;
  }
});

const TraceItem = named("TraceItem", class TraceItem {
  constructor(given) {
    this.event = eventInfo(given.event);
    this.eventTimestamp = given.eventTimestamp;
    this.logs = ArrayPrototypeMap(given.logs, (log) => new TraceLog(log));
    this.exceptions = ArrayPrototypeMap(given.exceptions, (exception) => new TraceException(exception));
    this.diagnosticsChannelEvents = given.diagnosticsChannelEvents;
    this.scriptName = given.scriptName;
    this.entrypoint = given.entrypoint;
    this.scriptVersion = undefined;
    this.dispatchNamespace = undefined;
    this.scriptTags = undefined;
    this.outcome = given.outcome;
    this.executionModel = given.executionModel;
    this.truncated = given.truncated;
    this.cpuTime = given.cpuTime;
    this.wallTime = given.wallTime;
  }
});

function eventInfo(given) {
  // A test has nothing to say.
  if (given === null) return null;
  if (given.request !== undefined) return new FetchEventInfo(given);
  if (given.cron !== undefined) return new ScheduledEventInfo(given);
  if (given.alarm !== undefined) return new AlarmEventInfo(given);
  if (given.rpcMethod !== undefined) return new JsRpcEventInfo(given);
  if (given.getWebSocketEvent !== undefined) return new WebSocketEventInfo(given);
  return null;
}

/** @param {string} text a JSON array @returns {TraceItem[]} */
function traceItems(text) {
  return ArrayPrototypeMap(JSONParse(text), (given) => new TraceItem(given));
}

return { redactUrl, traceItems };
})();
