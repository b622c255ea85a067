// KV namespaces that a service answers for: each call is a request to it, as production's runtime makes it.
//
// Arguments are checked and converted in kv.js.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  decodeURIComponent,
  encodeURIComponent,
  Error,
  JSONParse,
  JSONStringify,
  Map,
  MapPrototypeSet,
  ObjectKeys,
  SafeRegExp,
  StringPrototypeReplace,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypeError,
} = primordials;
const { asciiJson, exchange, formEncoded } = core.loadExtScript("ext:lopata/service/exchange.js");

const HOST = "https://fake-host/";
const UNKNOWN_TYPE_TEXT = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';

/** What a path may contain as it is, beside what every part of a URL may. */
const PATH_CHARACTERS = new SafeRegExp("%(?:3A|40|26|3D|2B|24|2C|3B|5B|5D|7C|5E)", "g");

/** @param {string} key as one part of a path */
function pathOf(key) {
  return StringPrototypeReplace(encodeURIComponent(key), PATH_CHARACTERS, (found) => decodeURIComponent(found));
}

function isGiven(number) {
  return number === number;
}

/** A request whose URL is also in a header, for services behind proxies that lose it. */
function ask(route, method, url, headers, body) {
  return exchange(route, method, url, [["CF-KV-FLPROD-405", url], ...headers], body);
}

/** Refuses an answer that says the call has failed. @param {string} operation as production calls it */
function check(answer, operation) {
  if (answer.ok) return;
  answer.discard();
  throw new Error(`KV ${operation} failed: ${answer.status} ${answer.statusText}`);
}

/** @returns {Promise<{ value: unknown, metadata: unknown, cacheStatus: string | null }>} */
async function get(route, key, type, cacheTtl, attributes) {
  let url = `${HOST}${pathOf(key)}?urlencoded=true`;
  if (isGiven(cacheTtl)) url += `&cache_ttl=${cacheTtl}`;
  const answer = await ask(route, "GET", url, [], null);
  const cacheStatus = answer.header("cf-cache-status");
  if (cacheStatus !== null) attributes["cloudflare.kv.response.cache_status"] = cacheStatus;
  if (answer.status === 404 || answer.status === 410) {
    answer.discard();
    return { value: null, metadata: null, cacheStatus };
  }
  check(answer, "GET");
  const metadata = answer.header("cf-kv-metadata");
  if (metadata !== null) attributes["cloudflare.kv.response.metadata"] = true;
  attributes["cloudflare.kv.response.returned_rows"] = 1;
  const value = await read(answer, type ?? "text", attributes);
  return { value, metadata: metadata === null ? null : JSONParse(metadata), cacheStatus };
}

async function read(answer, type, attributes) {
  switch (type) {
    case "stream":
      return answer.stream();
    case "text":
      return await answer.text();
    case "json":
      return JSONParse(await answer.text());
    case "arrayBuffer": {
      const bytes = await answer.bytes();
      attributes["cloudflare.kv.response.size"] = TypedArrayPrototypeGetByteLength(bytes);
      return TypedArrayPrototypeGetBuffer(bytes);
    }
    default:
      answer.discard();
      throw new TypeError(UNKNOWN_TYPE_TEXT);
  }
}

/** @param {string[]} keys @returns {Promise<Map<string, unknown>>} */
async function getMany(route, keys, type, withMetadata, cacheTtl, attributes) {
  const wanted = { keys };
  if (type !== undefined && type !== "") wanted.type = type;
  if (withMetadata) wanted.withMetadata = true;
  if (isGiven(cacheTtl)) wanted.cacheTtl = `${cacheTtl}`;
  const body = core.encode(JSONStringify(wanted));
  const headers = [["Content-Type", "application/json"]];
  const answer = await ask(route, "POST", `${HOST}bulk/get`, headers, body);
  check(answer, "GET_BULK");
  const text = await answer.text();
  attributes["cloudflare.kv.response.size"] = text.length;
  const found = JSONParse(text);
  const values = new Map();
  if (typeof found === "object" && found !== null) {
    const names = ObjectKeys(found);
    for (let i = 0; i < names.length; i++) MapPrototypeSet(values, names[i], found[names[i]]);
    attributes["cloudflare.kv.response.returned_rows"] = names.length;
  }
  return values;
}

/** @param {string | Uint8Array | ReadableStream} value @param {string} metadata JSON; empty for none */
async function put(route, key, value, expiration, expirationTtl, metadata) {
  let url = `${HOST}${pathOf(key)}?urlencoded=true`;
  if (isGiven(expiration)) url += `&expiration=${expiration}`;
  if (isGiven(expirationTtl)) url += `&expiration_ttl=${expirationTtl}`;
  const headers = [];
  if (metadata !== "") headers[0] = ["CF-KV-Metadata", asciiJson(metadata)];
  if (typeof value === "string") headers[headers.length] = ["Content-Type", "text/plain;charset=UTF-8"];
  const body = typeof value === "string" ? core.encode(value) : value;
  const answer = await ask(route, "PUT", url, headers, body);
  check(answer, "PUT");
  answer.discard();
}

async function remove(route, key) {
  const url = `${HOST}${encodeURIComponent(key)}?urlencoded=true`;
  const answer = await ask(route, "DELETE", url, [], null);
  check(answer, "DELETE");
  answer.discard();
}

async function list(route, limit, prefix, cursor, attributes) {
  let query = "";
  const add = (name, value) => query += `${query === "" ? "?" : "&"}${name}=${value}`;
  if (isGiven(limit)) add("key_count_limit", limit);
  if (prefix !== undefined) add("prefix", formEncoded(prefix));
  if (cursor !== undefined) add("cursor", formEncoded(cursor));
  const answer = await ask(route, "GET", `${HOST}${query}`, [], null);
  check(answer, "GET");
  const cacheStatus = answer.header("cf-cache-status");
  if (cacheStatus !== null) attributes["cloudflare.kv.response.cache_status"] = cacheStatus;
  const page = JSONParse(await answer.text());
  if (ArrayIsArray(page.keys)) {
    attributes["cloudflare.kv.response.returned_rows"] = page.keys.length;
    for (let i = 0; i < page.keys.length; i++) {
      const key = page.keys[i];
      if (typeof key?.metadata === "string") key.metadata = JSONParse(key.metadata);
    }
  }
  if (typeof page.list_complete === "boolean") {
    attributes["cloudflare.kv.response.list_complete"] = page.list_complete;
  }
  if (typeof page.cursor === "string") attributes["cloudflare.kv.response.cursor"] = page.cursor;
  page.cacheStatus = cacheStatus;
  return page;
}

return { get, getMany, list, put, remove };
})();
