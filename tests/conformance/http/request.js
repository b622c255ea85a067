// Request: the options it takes and refuses, in production's words.
import assert from "node:assert";

const URL_ = "http://example.com/path";
const flags = Cloudflare.compatibilityFlags;
const throws = (fn, message, name = "TypeError") => assert.throws(fn, { name, message });

export const anAbsoluteUrlIsNeeded = {
  test() {
    throws(() => new Request(), "Failed to construct 'Request': constructor parameter 1 is not of type 'Request or string'.");
    if (!flags.fetch_standard_url) {
      assert.strictEqual(new Request("/relative").url, "/relative");
      return;
    }
    throws(() => new Request("/relative"), "Invalid URL: /relative");
    throws(() => new Request(""), "Invalid URL: ");
    throws(() => new Request(null), "Invalid URL: null");
    throws(() => new Request({}), "Invalid URL: [object Object]");
  },
};

export const urlsAreNormalized = {
  test() {
    const given = "HTTP://EXAMPLE.com:80/a/../b?q#f";
    assert.strictEqual(new Request(given).url, flags.fetch_standard_url ? "http://example.com/b?q#f" : given);
    assert.strictEqual(new Request(new URL("http://a/b#c")).url, "http://a/b#c");
  },
};

export const initIsAnObject = {
  test() {
    for (const init of [5, "x", true]) {
      throws(
        () => new Request(URL_, init),
        "Failed to construct 'Request': constructor parameter 2 is not of type 'RequestInitializerDict or Request'.",
      );
    }
    for (const init of [null, undefined, [], () => {}]) assert.strictEqual(new Request(URL_, init).method, "GET");
  },
};

export const methodsThatFetchKnows = {
  test() {
    for (const method of ["get", "Head", "pOST", "put", "delete", "options"]) {
      assert.strictEqual(new Request(URL_, { method }).method, method.toUpperCase());
    }
  },
};

export const otherMethodsInLowerCase = {
  test() {
    for (const method of ["patch", "purge", "query"]) {
      if (flags.upper_case_all_http_methods) {
        assert.strictEqual(new Request(URL_, { method }).method, method.toUpperCase());
      } else {
        throws(() => new Request(URL_, { method }), `Invalid HTTP method string: ${method}`);
      }
    }
  },
};

export const unknownMethods = {
  test() {
    for (const method of ["", "x y", "CONNECT", "M-SEARCH", "LINK", "null"]) {
      throws(() => new Request(URL_, { method }), `Invalid HTTP method string: ${method}`);
    }
    assert.strictEqual(new Request(URL_, { method: "TRACE" }).method, "TRACE");
    assert.strictEqual(new Request(URL_, { method: "BAN" }).method, "BAN");
  },
};

export const getHasNoBody = {
  test() {
    for (const init of [{ body: "x" }, { body: "" }, { method: "HEAD", body: "x" }]) {
      throws(() => new Request(URL_, init), "Request with a GET or HEAD method cannot have a body.");
    }
    assert.strictEqual(new Request(URL_, { body: null }).body, null);
  },
};

export const redirectModes = {
  test() {
    assert.strictEqual(new Request(URL_).redirect, "follow");
    assert.strictEqual(new Request(URL_, { redirect: "MANUAL" }).redirect, "manual");
    for (const redirect of ["error", "x", null]) {
      throws(
        () => new Request(URL_, { redirect }),
        'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented since it does not ' +
          'make sense at the edge; use "manual" and check the response status code).',
      );
    }
  },
};

export const integrityIsNotChecked = {
  test() {
    assert.strictEqual(new Request(URL_, { integrity: "" }).integrity, "");
    throws(
      () => new Request(URL_, { integrity: "sha256-x" }),
      "Subrequest integrity checking is not implemented. The integrity option must be either undefined or an empty string.",
    );
  },
};

export const cacheModes = {
  test() {
    const cached = (cache) => new Request(URL_, { cache });
    if (!flags.cache_option_enabled) {
      throws(() => cached("no-store"), "The 'cache' field on 'RequestInitializerDict' is not implemented.", "Error");
      assert.strictEqual("cache" in new Request(URL_), false);
      return;
    }
    assert.strictEqual(cached("no-store").cache, "no-store");
    assert.strictEqual(cached(undefined).cache, undefined);
    assert.strictEqual(cached("no-store").clone().cache, "no-store");
    for (const mode of ["default", "x", "force-cache"]) throws(() => cached(mode), `Unsupported cache mode: ${mode}`);
  },
};

export const thereIsAlwaysASignal = {
  test() {
    const plain = new Request(URL_);
    assert.strictEqual(plain.signal instanceof AbortSignal, true);
    assert.strictEqual(plain.signal, plain.signal);
    assert.strictEqual(new Request(URL_, { signal: null }).signal.aborted, false);
  },
};

export const aGivenSignalIsKept = {
  test() {
    const { signal } = new AbortController();
    const request = new Request(URL_, { signal });
    assert.strictEqual(request.signal, signal);
    assert.strictEqual(new Request(request).signal, signal);
    assert.strictEqual(request.clone().signal, signal);
    assert.notStrictEqual(new Request(request, { signal: null }).signal, signal);
  },
};

export const optionalObjectsAreChecked = {
  test() {
    const field = (name, type) =>
      `Incorrect type for the '${name}' field on 'RequestInitializerDict': the provided value is not of type '${type}'.`;
    throws(() => new Request(URL_, { cf: 5 }), field("cf", "Object"));
    throws(() => new Request(URL_, { cf: null }), field("cf", "Object"));
    throws(() => new Request(URL_, { headers: 5 }), field("headers", "Headers or Sequence or object"));
    if (flags.dont_substitute_null_on_type_error) {
      throws(() => new Request(URL_, { signal: {} }), field("signal", "AbortSignal"));
      throws(() => new Request(URL_, { fetcher: {} }), field("fetcher", "Fetcher"));
    } else {
      assert.strictEqual(new Request(URL_, { signal: {}, fetcher: {} }).fetcher, null);
    }
  },
};

export const cfIsACopy = {
  test() {
    const cf = { a: { b: 1 }, at: new Date(0), f() {} };
    const request = new Request(URL_, { cf });
    assert.deepStrictEqual(request.cf, { a: { b: 1 }, at: "1970-01-01T00:00:00.000Z" });
    assert.strictEqual(request.cf, request.cf);
    assert.strictEqual(Object.isFrozen(request.cf), false);
    assert.strictEqual(new Request(URL_).cf, undefined);
  },
};

export const cfIsInheritedUnlessGiven = {
  test() {
    const request = new Request(URL_, { cf: { a: 1 } });
    assert.deepStrictEqual(new Request(request).cf, { a: 1 });
    assert.deepStrictEqual(new Request(request, { cf: { b: 2 } }).cf, { b: 2 });
    assert.notStrictEqual(request.clone().cf, request.cf);
  },
};

export const encodeResponseBody = {
  test() {
    throws(() => new Request(URL_, { encodeResponseBody: "x" }), "encodeResponseBody: unexpected value: x");
    assert.strictEqual("encodeResponseBody" in new Request(URL_, { encodeResponseBody: "manual" }), false);
  },
};

export const whatBrowsersNeedIsIgnored = {
  test() {
    const init = { mode: "x", credentials: 1, referrer: 2, referrerPolicy: 3, window: 4, duplex: 5, priority: 6 };
    const request = new Request(URL_, { ...init, keepalive: true });
    for (const name of Object.keys(init)) assert.strictEqual(request[name], undefined);
    assert.strictEqual(request.keepalive, false);
  },
};

export const membersAreReadInOrder = {
  test() {
    const seen = [];
    new Request(URL_, new Proxy({}, { get: (_, key) => void seen.push(key) }));
    assert.deepStrictEqual(seen, [
      "method", "headers", "body", "redirect", "fetcher", "cf", "cache", "integrity", "signal", "encodeResponseBody",
    ]);
  },
};

export const headersAreACopy = {
  test() {
    const headers = new Headers({ a: "1" });
    const request = new Request(URL_, { headers });
    headers.set("a", "2");
    assert.strictEqual(request.headers.get("a"), "1");
    assert.strictEqual(request.headers, request.headers);
  },
};

export const ofARequest = {
  async test() {
    const first = new Request(URL_, { method: "POST", body: "x", headers: { q: "1" }, redirect: "manual" });
    const second = new Request(first);
    assert.deepStrictEqual([second.method, second.headers.get("q"), second.redirect], ["POST", "1", "manual"]);
    assert.strictEqual(first.bodyUsed, true);
    assert.strictEqual(first.body.locked, true);
    assert.strictEqual(await second.text(), "x");
    await assert.rejects(first.text(), { name: "TypeError", message: /^Body has already been used/ });
  },
};

export const ofAUsedRequest = {
  async test() {
    const used = new Request(URL_, { method: "POST", body: "x" });
    await used.text();
    throws(() => new Request(used), "Cannot reconstruct a Request with a used body.");
    assert.strictEqual(await new Request(used, { body: "new" }).text(), "new");
    assert.strictEqual(await new Request(used, { body: null }).text(), "");
  },
};

export const ofALockedRequest = {
  test() {
    const locked = new Request(URL_, { method: "POST", body: "x" });
    locked.body.getReader();
    throws(() => new Request(locked), "The ReadableStream has been locked to a reader.");
  },
};

export const aPostBecomesNoGet = {
  test() {
    const request = new Request(URL_, { method: "POST", body: "x" });
    throws(() => new Request(request, { method: "GET" }), "Request with a GET or HEAD method cannot have a body.");
  },
};

export const aRequestAsInit = {
  async test() {
    const first = new Request(URL_, { method: "POST", body: "a", headers: { a: "1" } });
    const second = new Request("http://other/", { method: "PUT", body: "b", headers: { b: "2" }, cf: { z: 1 } });
    const made = new Request(first, second);
    assert.deepStrictEqual([made.method, made.url, made.headers.get("a"), made.headers.get("b")], ["PUT", URL_, null, "2"]);
    assert.deepStrictEqual(made.cf, { z: 1 });
    assert.strictEqual(await made.text(), "b");
    assert.deepStrictEqual([first.bodyUsed, second.bodyUsed], [false, true]);
  },
};

export const newHeadersReplaceAll = {
  test() {
    const request = new Request(URL_, { method: "POST", body: "x", headers: { a: "1" } });
    assert.deepStrictEqual([...new Request(request, { headers: { b: "2" } }).headers], [["b", "2"]]);
  },
};

export const clones = {
  async test() {
    const request = new Request(URL_, { method: "POST", body: "x", headers: { a: "1" } });
    const copy = request.clone();
    assert.notStrictEqual(copy.headers, request.headers);
    assert.deepStrictEqual([await request.text(), await copy.text(), copy.headers.get("a")], ["x", "x", "1"]);
    throws(() => request.clone(), "This ReadableStream is currently locked to a reader,");
    assert.strictEqual(new Request(URL_).clone().body, null);
  },
};
