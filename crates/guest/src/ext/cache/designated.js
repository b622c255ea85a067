// The Cache API in front of a service: production's protocol between its runtime and its cache.
//
// A match is a GET that wants nothing but what is cached, a put a PUT whose body is the response as HTTP has it, a
// delete a PURGE. The service says in `CF-Cache-Status` whether it has something.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayPrototypeFilter,
  ArrayPrototypePush,
  Error,
  SafeArrayIterator,
  SafeRegExp,
  StringPrototypeReplace,
  StringPrototypeToLowerCase,
  StringPrototypeToUpperCase,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  Uint8Array,
  uncurryThis,
} = primordials;
const rr = core.loadExtScript("ext:lopata/fetch/request_response.js");
const { exchange, statusTextOf } = core.loadExtScript("ext:lopata/service/exchange.js");

/** @returns {Promise<boolean>} */
async function remove(route, name, state, url) {
  // Source: production's cache takes a purge from no address but this.
  const answer = await ask(route, name, "PURGE", state, url, [["X-Real-IP", "127.0.0.1"]], null);
  answer.discard();
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  // Source of the texts: workerd.
  if (answer.status === 429) {
    throw new Error("Unable to delete cached response. Subrequests are being rate-limited.");
  }
  throw new Error("Unable to delete cached response.");
}

/** @returns {Promise<Response | undefined>} */
async function match(route, name, state, url) {
  const answer = await ask(route, name, "GET", state, url, [["Cache-Control", "only-if-cached"]], null);
  if (answer.header("cf-cache-status") === "HIT") return answer.response;
  answer.discard();
  return undefined;
}

async function put(route, name, state, url, response) {
  const payload = await serialized(response);
  const answer = await ask(route, name, "PUT", state, url, [], payload);
  answer.discard();
}

/** One request of a cache; its name tells one from another. */
async function ask(route, name, method, state, url, added, body) {
  const replaced = added.length === 0 ? "" : StringPrototypeToLowerCase(added[0][0]);
  const headers = ArrayPrototypeFilter(rr.pairsOf(state.headers), (pair) => {
    return StringPrototypeToLowerCase(pair[0]) !== replaced;
  });
  for (const pair of new SafeArrayIterator(added)) ArrayPrototypePush(headers, pair);
  if (name !== null) ArrayPrototypePush(headers, ["CF-Cache-Namespace", name]);
  return await exchange(route, method, url, headers, body);
}

const WORD = new SafeRegExp("(^|-)[a-z]", "g");

/** The response as HTTP/1.1 has it: what the body of a put is. @returns {Promise<Uint8Array>} */
async function serialized(response) {
  const { status, statusText, headers } = response;
  const text = statusText === "" ? statusTextOf(status) : statusText;
  const body = new Uint8Array(await responseArrayBuffer(response));
  let head = `HTTP/1.1 ${status} ${text}\r\nContent-Length: ${TypedArrayPrototypeGetByteLength(body)}\r\n`;
  for (const { 0: name, 1: value } of new SafeArrayIterator(rr.pairsOf(headers))) {
    const lower = StringPrototypeToLowerCase(name);
    if (lower === "content-length" || lower === "transfer-encoding" || lower === "connection") continue;
    head += `${StringPrototypeReplace(lower, WORD, (letter) => StringPrototypeToUpperCase(letter))}: ${value}\r\n`;
  }
  const bytes = core.encode(`${head}\r\n`);
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const whole = new Uint8Array(length + TypedArrayPrototypeGetByteLength(body));
  TypedArrayPrototypeSet(whole, bytes, 0);
  TypedArrayPrototypeSet(whole, body, length);
  return whole;
}

const responseArrayBuffer = uncurryThis(rr.Response.prototype.arrayBuffer);

return { match, put, remove };
})();
