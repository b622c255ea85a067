// The `cf` of a request that is sent: which options contradict each other, and what production adds.
(function () {
const { primordials } = __bootstrap;
const { JSONParse, JSONStringify, StringPrototypeIncludes, TypeError } = primordials;

// Source of the texts and the rules: workerd's Request.
const EXCLUSIVE_TEXT = "The 'cacheControl' and 'cacheTtl' options on cf are mutually exclusive. Use 'cacheControl' " +
  "for explicit Cache-Control header directives, or 'cacheTtl' for a simplified TTL, but not both.";
const CACHE_TEXT = "The 'cacheControl' option on cf cannot be used together with the 'cache' request option. The " +
  "'cache' option ('no-store'/'no-cache') maps to cache TTL behavior internally, which conflicts with explicit " +
  "Cache-Control directives.";
const NEVER = -1;

/**
 * What the other side is to see as `request.cf`.
 * @param {object | undefined} cf
 * @param {string | undefined} cache the request's cache mode
 * @returns {string} JSON text, empty for none
 */
function textOf(cf, cache) {
  if (cf === undefined && cache === undefined) return "";
  const { cacheTtl, cacheControl } = cf ?? {};
  if (cacheControl !== undefined && cacheTtl !== undefined) throw new TypeError(EXCLUSIVE_TEXT);
  if (cacheControl !== undefined && cache !== undefined) throw new TypeError(CACHE_TEXT);
  if (cacheTtl === undefined && cache === undefined) return JSONStringify(cf) ?? "";
  const sent = cf === undefined ? {} : JSONParse(JSONStringify(cf));
  if (cache === "no-store") {
    if (cacheTtl !== undefined && cacheTtl !== NEVER) {
      throw new TypeError(`CacheTtl: ${cacheTtl}, is not compatible with cache: no-store header.`);
    }
    sent.cacheTtl = NEVER;
  }
  if (cache === "no-store" || cache === "reload") sent.cacheLevel = "bypass";
  if (cache === "no-cache") sent.cacheForceRevalidate = true;
  if (cache !== undefined) {
    sent.cacheControl = cache === "no-store" ? "no-store" : "no-cache";
  } else if (typeof cacheTtl === "number") {
    sent.cacheControl = cacheTtl === NEVER ? "no-store" : `max-age=${cacheTtl}`;
  }
  return JSONStringify(sent);
}

/** @param {string} text as `textOf` makes it */
function withoutKey(text) {
  if (!StringPrototypeIncludes(text, '"cacheKey"')) return text;
  const cf = JSONParse(text);
  delete cf.cacheKey;
  return JSONStringify(cf);
}

return { textOf, withoutKey };
})();
