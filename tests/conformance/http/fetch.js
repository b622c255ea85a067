// fetch, to data: URLs and to the worker itself: what arrives, what comes back, what is refused.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const rejects = (make, message, name = "TypeError") => assert.rejects(async () => await make(), { name, message });

/** Answers the next requests. */
let handler;
const answering = (fetcher, handle) => (handler = handle, fetcher);
const seenBy = async (fetcher, init, look) => {
  let seen;
  answering(fetcher, async (request) => {
    seen = await look(request);
    return new Response();
  });
  await fetcher.fetch("http://self/path?q#fragment", init);
  return seen;
};

export default {
  fetch(request) {
    return handler(request);
  },
};

export const dataUrls = {
  async test() {
    const response = await fetch("data:text/plain,hi%20there#fragment");
    assert.deepStrictEqual([response.status, response.statusText, response.url], [200, "OK", ""]);
    assert.strictEqual(response.headers.get("content-type"), "text/plain");
    assert.strictEqual(await response.text(), "hi there");
  },
};

export const dataUrlsAreTyped = {
  async test() {
    const typeOf = async (url) => (await fetch(url)).headers.get("content-type");
    assert.strictEqual(await typeOf("data:,x"), "text/plain;charset=US-ASCII");
    assert.strictEqual(await typeOf('data:TEXT/html;charset="a b";base64,aGk='), 'text/html;charset="a b"');
    assert.strictEqual(await (await fetch("data:;base64,aGk=")).text(), "hi");
  },
};

export const dataUrlsHaveNoBodyForPost = {
  async test() {
    for (const method of ["POST", "HEAD"]) assert.strictEqual((await fetch("data:,x", { method })).body, null);
  },
};

export const malformedDataUrls = {
  async test() {
    await rejects(() => fetch("data:text/plain"), "Fetch API cannot load: data:text/plain");
  },
};

export const otherSchemes = {
  async test() {
    if (!flags.fetch_refuses_unknown_protocols) return;
    for (const url of ["ftp://x/", "ws://x/", "file:///etc/passwd", "blob:x", "about:blank"]) {
      await rejects(() => fetch(url), `Fetch API cannot load: ${url}`);
    }
  },
};

export const relativeUrls = {
  async test(controller, env) {
    const text = flags.fetch_standard_url ? "Invalid URL: /x" : "Fetch API cannot load: /x";
    await rejects(() => fetch("/x"), text);
    await rejects(() => env.SELF.fetch("/x"), text);
  },
};

export const argumentsAreChecked = {
  async test(controller, env) {
    await rejects(() => fetch(), "Failed to execute 'fetch' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'Request or string'.");
    await rejects(() => env.SELF.fetch(), "Failed to execute 'fetch' on 'Fetcher': parameter 1 is not of type 'Request or string'.");
    await rejects(() => fetch("http://x/", 5), "Failed to execute 'fetch' on 'ServiceWorkerGlobalScope': parameter 2 is not of type 'RequestInitializerDict or Request'.");
    await assert.rejects(async () => await fetch.call({}, "data:,x"), /^TypeError: Illegal invocation/);
  },
};

export const abortedBefore = {
  async test(controller, env) {
    await rejects(() => env.SELF.fetch("http://x/", { signal: AbortSignal.abort() }), "The operation was aborted", "AbortError");
    await rejects(() => env.SELF.fetch("http://x/", { signal: AbortSignal.abort(new RangeError("mine")) }), "mine", "RangeError");
  },
};

export const abortedMeanwhile = {
  async test(controller, env) {
    const aborter = new AbortController();
    answering(env.SELF, async () => {
      aborter.abort(new RangeError("meanwhile"));
      await scheduler.wait(10_000);
      return new Response();
    });
    await rejects(() => env.SELF.fetch("http://x/", { signal: aborter.signal }), "meanwhile", "RangeError");
  },
};

export const whatArrives = {
  async test(controller, env) {
    const seen = await seenBy(env.SELF, { headers: { x: "caf\u00e9" }, cf: { a: 1 } }, (request) => ({
      url: request.url, method: request.method, redirect: request.redirect, body: request.body,
      x: request.headers.get("x"), a: request.cf.a,
    }));
    assert.deepStrictEqual(seen, { url: "http://self/path?q", method: "GET", redirect: "manual", body: null, x: "caf\u00e9", a: 1 });
  },
};

export const lengthsArrive = {
  async test(controller, env) {
    const look = async (request) => [request.headers.get("content-length"), await request.text()];
    const post = (body) => seenBy(env.SELF, { method: "POST", body }, look);
    assert.deepStrictEqual(await post("caf\u00e9"), ["5", "caf\u00e9"]);
    assert.deepStrictEqual(await post(""), ["0", ""]);
    assert.deepStrictEqual(await post(new Response("abc").body), ["3", "abc"]);
    assert.deepStrictEqual(await post(null), [null, ""]);
  },
};

export const incomingHeadersAreImmutable = {
  async test(controller, env) {
    const error = await seenBy(env.SELF, {}, (request) => {
      try {
        request.headers.set("a", "b");
      } catch (thrown) {
        return thrown;
      }
    });
    assert.strictEqual(error.message, "Can't modify immutable headers.");
  },
};

export const incomingCfIsFrozen = {
  async test(controller, env) {
    const seen = await seenBy(env.SELF, { cf: { a: {} } }, ({ cf }) => [Object.isFrozen(cf), Object.isFrozen(cf.a)]);
    assert.deepStrictEqual(seen, [true, true]);
    const copies = await seenBy(env.SELF, { cf: { a: {} } }, (request) => [request.clone(), new Request(request)].map(({ cf }) => Object.isFrozen(cf)));
    assert.deepStrictEqual(copies, [false, false]);
  },
};

export const botManagementOfOldDates = {
  async test(controller, env) {
    const seen = await seenBy(env.SELF, { cf: { a: 1 } }, ({ cf }) => cf.botManagement?.score);
    assert.strictEqual(seen, flags.no_cf_botmanagement_default ? undefined : 99);
  },
};

export const responsesFromElsewhere = {
  async test(controller, env) {
    answering(env.SELF, () => new Response("abc", { status: 201, statusText: "Made", headers: { a: "1" } }));
    const response = await env.SELF.fetch("http://self/x#fragment");
    assert.deepStrictEqual(
      [response.status, response.statusText, response.url, response.redirected, response.type],
      [201, "Made", "http://self/x", false, "default"],
    );
    assert.throws(() => response.headers.set("a", "b"), { message: "Can't modify immutable headers." });
    new Response(response.body, response).headers.set("a", "b");
  },
};

export const headHasNoBody = {
  async test(controller, env) {
    answering(env.SELF, () => new Response("abc", { headers: { a: "1" } }));
    const response = await env.SELF.fetch("http://self/", { method: "HEAD" });
    assert.deepStrictEqual([response.body, response.headers.get("a")], [null, "1"]);
  },
};

export const whatIsNoResponse = {
  async test(controller, env) {
    answering(env.SELF, () => 5);
    await rejects(() => env.SELF.fetch("http://self/"), "Callback returned incorrect type; expected 'Promise'");
    answering(env.SELF, async () => 5);
    await rejects(() => env.SELF.fetch("http://self/"), "Incorrect type for Promise: the Promise did not resolve to 'Response'.");
    answering(env.SELF, () => Response.error());
    await rejects(() => env.SELF.fetch("http://self/"), "Return value from serve handler must not be an error response (like Response.error())");
  },
};

export const bodiesThatCannotBeSent = {
  async test(controller, env) {
    answering(env.SELF, async () => {
      const used = new Response("x");
      await used.text();
      return used;
    });
    await rejects(() => env.SELF.fetch("http://self/"), "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.");
    answering(env.SELF, () => {
      const locked = new Response("x");
      locked.body.getReader();
      return locked;
    });
    // The head is on its way before anybody notices.
    const response = await env.SELF.fetch("http://self/");
    await rejects(() => response.text(), "The ReadableStream has been locked to a reader.");
  },
};

export const aRequestIsUsedUp = {
  async test(controller, env) {
    answering(env.SELF, async (request) => new Response(await request.text()));
    const request = new Request("http://self/", { method: "POST", body: "x" });
    assert.strictEqual(await (await env.SELF.fetch(request)).text(), "x");
    assert.strictEqual(request.bodyUsed, true);
    await rejects(() => env.SELF.fetch(request), "Cannot reconstruct a Request with a used body.");
  },
};

export const aRequestCanNameItsFetcher = {
  async test(controller, env) {
    answering(env.SELF, () => new Response("from self"));
    assert.strictEqual(await (await fetch("http://nowhere.invalid/", { fetcher: env.SELF })).text(), "from self");
    const request = new Request("http://nowhere.invalid/", { fetcher: env.SELF });
    assert.strictEqual(request.fetcher, env.SELF);
  },
};

export const cacheOptionsBecomeCf = {
  async test(controller, env) {
    if (!flags.cache_option_enabled) return;
    const look = ({ cf, headers }) => [cf.cacheTtl, cf.cacheLevel, headers.get("cache-control"), headers.get("pragma")];
    assert.deepStrictEqual(await seenBy(env.SELF, { cache: "no-store" }, look), [-1, "bypass", "no-cache", "no-cache"]);
    const kept = await seenBy(env.SELF, { cache: "no-store", headers: { pragma: "mine" } }, ({ headers }) => headers.get("pragma"));
    assert.strictEqual(kept, "mine");
  },
};

export const cacheOptionsThatContradict = {
  async test(controller, env) {
    answering(env.SELF, () => new Response());
    await rejects(
      () => env.SELF.fetch("http://self/", { cf: { cacheTtl: 5, cacheControl: "x" } }),
      "The 'cacheControl' and 'cacheTtl' options on cf are mutually exclusive. Use 'cacheControl' for explicit " +
        "Cache-Control header directives, or 'cacheTtl' for a simplified TTL, but not both.",
    );
    if (!flags.cache_option_enabled) return;
    await rejects(
      () => env.SELF.fetch("http://self/", { cf: { cacheTtl: 300 }, cache: "no-store" }),
      "CacheTtl: 300, is not compatible with cache: no-store header.",
    );
  },
};

export const encodedBodiesAreDecoded = {
  async test(controller, env) {
    const gzipped = () => new Response("abc").body.pipeThrough(new CompressionStream("gzip"));
    const headers = { "content-encoding": "gzip" };
    answering(env.SELF, () => new Response(gzipped(), { headers, encodeBody: "manual" }));
    assert.strictEqual(await (await env.SELF.fetch("http://self/")).text(), "abc");
    answering(env.SELF, () => new Response("abc", { headers }));
    const response = await env.SELF.fetch("http://self/");
    assert.deepStrictEqual([await response.text(), response.headers.get("content-encoding")], ["abc", "gzip"]);
  },
};

export const unknownEncodingsAreLeftAlone = {
  async test(controller, env) {
    for (const coding of ["zzz", "gzip, br"]) {
      answering(env.SELF, () => new Response("abc", { headers: { "content-encoding": coding } }));
      assert.strictEqual(await (await env.SELF.fetch("http://self/")).text(), "abc");
    }
  },
};

export const encodedBytesOnRequest = {
  async test(controller, env) {
    answering(env.SELF, () => new Response("abc", { headers: { "content-encoding": "gzip" } }));
    const response = await env.SELF.fetch("http://self/", { encodeResponseBody: "manual" });
    const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
    assert.strictEqual(await new Response(plain).text(), "abc");
  },
};
