// Methods and cache modes of requests, and bodies that are iterated over: where a compatibility flag decides.
(function () {
const { core, primordials } = __bootstrap;
const {
  Error,
  ObjectPrototypeIsPrototypeOf,
  SafeSet,
  StringPrototypeToUpperCase,
  SymbolAsyncIterator,
  SymbolIterator,
  SymbolToPrimitive,
  TypeError,
} = primordials;
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");

/** Where an object that has no text of its own gets it from. */
const objectToString = Object.prototype.toString;
const arrayToString = Array.prototype.toString;

/** Source: the methods that production's HTTP library knows. */
const METHODS = new SafeSet([
  "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "PURGE", "OPTIONS", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE",
  "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "MSEARCH",
  "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "QUERY", "BAN",
]);
/** Those that the fetch standard takes in any case. */
const ANY_CASE = new SafeSet(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

/** @param {string} text @returns {string} */
function methodOf(text) {
  if (METHODS.has(text)) return text;
  const upper = StringPrototypeToUpperCase(text);
  const known = compat.has("upper_case_all_http_methods") ? METHODS : ANY_CASE;
  if (!known.has(upper)) throw new TypeError(`Invalid HTTP method string: ${text}`);
  return upper;
}

/** Source: workerd's texts. @param {unknown} cache */
function checkCache(cache) {
  if (!compat.has("cache_option_enabled")) {
    throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.");
  }
  const known = cache === "no-store" || (cache === "no-cache" && compat.has("cache_no_cache_enabled")) ||
    (cache === "reload" && compat.has("cache_reload_enabled"));
  if (!known) throw new TypeError(`Unsupported cache mode: ${cache}`);
}

/** Whether its author wants an object to be seen as a text. @param {object} body */
function hasText(body) {
  const { toString } = body;
  return body[SymbolToPrimitive] !== undefined ||
    (toString !== objectToString && toString !== arrayToString);
}

/**
 * A body of an object that is nothing that has a body's form: what is iterable becomes a stream or a text.
 * @param {object} body
 * @returns {unknown}
 */
function bodyOf(body) {
  if (!compat.has("fetch_iterable_type_support")) return `${body}`;
  const isSync = body[SymbolIterator] !== undefined;
  if (!isSync && body[SymbolAsyncIterator] === undefined) return body;
  if (isSync && hasText(body) && (isText(body) || compat.has("fetch_iterable_type_support_override_adjustment"))) {
    return `${body}`;
  }
  return streamOf(body);
}

/** @param {object} body */
function isText(body) {
  return ObjectPrototypeIsPrototypeOf(primordials.StringPrototype, body);
}

/**
 * A stream of what is iterated over. Whoever reads it says what is no bytes.
 * @param {Iterable<unknown> | AsyncIterable<unknown>} iterable
 */
function streamOf(iterable) {
  const start = iterable[SymbolAsyncIterator] ?? iterable[SymbolIterator];
  let iterator;
  return new ReadableStream({
    async pull(controller) {
      iterator ??= start.call(iterable);
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(await value);
    },
    async cancel(reason) {
      iterator ??= start.call(iterable);
      await iterator.return?.(reason);
    },
  }, { highWaterMark: 0 });
}

return { bodyOf, checkCache, methodOf };
})();
