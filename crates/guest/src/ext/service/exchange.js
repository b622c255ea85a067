// A request of a binding to the service behind it: what objects of `env` whose calls become HTTP are made on.
//
// It goes the way of every fetch (subrequests, spans, aborts) and follows no redirect. What comes back is read with
// the classes as they were before any user code ran.
(function () {
const { core, primordials } = __bootstrap;
const {
  encodeURIComponent,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  PromisePrototypeThen,
  SafeRegExp,
  SafeStringIterator,
  StringPrototypeCharCodeAt,
  StringPrototypePadStart,
  StringPrototypeReplace,
  NumberPrototypeToString,
  StringPrototypeToUpperCase,
  Uint8Array,
  uncurryThis,
} = primordials;
const { fetchThrough } = core.loadExtScript("ext:lopata/fetch/fetch.js");
const { Headers, Response } = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

/** What a class has under a name, itself or from a class above it. */
function found(prototype, name) {
  for (let at = prototype; at !== null; at = ObjectGetPrototypeOf(at)) {
    const descriptor = ObjectGetOwnPropertyDescriptor(at, name);
    if (descriptor !== undefined) return uncurryThis(descriptor.get ?? descriptor.value);
  }
}

const responseArrayBuffer = found(Response.prototype, "arrayBuffer");
const responseBody = found(Response.prototype, "body");
const responseHeaders = found(Response.prototype, "headers");
const responseStatus = found(Response.prototype, "status");
const responseStatusText = found(Response.prototype, "statusText");
const responseText = found(Response.prototype, "text");
const headersGet = uncurryThis(Headers.prototype.get);
const streamCancel = uncurryThis(ReadableStream.prototype.cancel);

/** What a service has answered. */
class Answer {
  #response;

  constructor(response) {
    this.#response = response;
    this.status = responseStatus(response);
    this.statusText = responseStatusText(response);
  }

  /** The response as a script would have it. */
  get response() {
    return this.#response;
  }

  get ok() {
    return this.status >= 200 && this.status < 300;
  }

  /** @param {string} name @returns {string | null} */
  header(name) {
    return headersGet(responseHeaders(this.#response), name);
  }

  /** @returns {Promise<string>} */
  text() {
    return responseText(this.#response);
  }

  /** @returns {Promise<Uint8Array>} */
  async bytes() {
    return new Uint8Array(await responseArrayBuffer(this.#response));
  }

  /** @returns {ReadableStream | null} */
  stream() {
    return responseBody(this.#response);
  }

  /** Nobody wants the body. */
  discard() {
    const stream = responseBody(this.#response);
    if (stream !== null) PromisePrototypeThen(streamCancel(stream), undefined, () => {});
  }
}

/**
 * @param {{ handle: object, name: string }} route
 * @param {string} method
 * @param {string} url
 * @param {[string, string][]} headers
 * @param {Uint8Array | ReadableStream | null} body
 * @returns {Promise<Answer>}
 */
async function exchange(route, method, url, headers, body) {
  const init = { __proto__: null, method, headers, redirect: "manual" };
  if (body !== null) init.body = body;
  return new Answer(await fetchThrough(route, 2, url, init));
}

const FORM_EXCEPTIONS = new SafeRegExp("[!'()~]|%20", "g");

/** As `application/x-www-form-urlencoded` has it. @param {string} text */
function formEncoded(text) {
  return StringPrototypeReplace(encodeURIComponent(text), FORM_EXCEPTIONS, (found) => {
    if (found === "%20") return "+";
    return `%${StringPrototypeToUpperCase(NumberPrototypeToString(StringPrototypeCharCodeAt(found, 0), 16))}`;
  });
}

/** A JSON text as a header can carry it: what is no ASCII is escaped. @param {string} json */
function asciiJson(json) {
  let ascii = "";
  for (const char of new SafeStringIterator(json)) {
    if (char <= "\x7e") {
      ascii += char;
      continue;
    }
    for (let i = 0; i < char.length; i++) {
      const unit = NumberPrototypeToString(StringPrototypeCharCodeAt(char, i), 16);
      ascii += `\\u${StringPrototypePadStart(unit, 4, "0")}`;
    }
  }
  return ascii;
}

/** The usual words of a status. */
const REASONS = {
  __proto__: null,
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  410: "Gone",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** @param {number} status */
function statusTextOf(status) {
  return REASONS[status] ?? "";
}

return { asciiJson, exchange, formEncoded, statusTextOf };
})();
