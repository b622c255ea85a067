// Response: its constructor, its static makers, and what may not be combined.
import assert from "node:assert";

const flags = Cloudflare.compatibilityFlags;
const throws = (fn, message, name = "TypeError") => assert.throws(fn, { name, message });
const RANGE = "Responses may only be constructed with status codes in the range 200 to 599, inclusive.";
const NULL_BODY = "Response with null body status (101, 204, 205, or 304) cannot have a body.";

export const statusRange = {
  test() {
    for (const status of [0, 199, 600, 101, NaN, null, "abc", {}]) {
      throws(() => new Response(null, { status }), RANGE, "RangeError");
    }
    assert.strictEqual(new Response(null, { status: "404" }).status, 404);
    assert.strictEqual(new Response(null, { status: 200.7 }).status, 200);
    throws(
      () => new Response(null, { status: 2 ** 40 }),
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
    );
  },
};

export const someStatusesHaveNoBody = {
  test() {
    for (const status of [204, 205, 304]) {
      throws(() => new Response("x", { status }), NULL_BODY);
      const empty = new Response("", { status });
      assert.strictEqual(empty.body, null);
      assert.strictEqual(empty.headers.has("content-type"), false);
    }
    assert.strictEqual(new Response(new Uint8Array(0), { status: 204 }).body, null);
    throws(() => new Response(new Blob(["x"]).stream(), { status: 204 }), NULL_BODY);
  },
};

export const standardPhrases = {
  test() {
    const expected = { 200: "OK", 218: "Successful", 306: "Redirection", 418: "I'm a teapot", 420: "Client Error", 425: "Client Error", 599: "Server Error" };
    for (const [status, text] of Object.entries(expected)) {
      assert.strictEqual(new Response(null, { status: +status }).statusText, text);
    }
  },
};

export const givenPhrases = {
  test() {
    assert.strictEqual(new Response(null, { statusText: "Hello" }).statusText, "Hello");
    assert.strictEqual(new Response(null, { statusText: "" }).statusText, "");
    assert.strictEqual(new Response(null, { statusText: "caf\u00e9" }).statusText, "caf\u00e9");
    for (const statusText of ["a\nb", "a\tb", "a\0b"]) throws(() => new Response(null, { statusText }), "Invalid statusText");
  },
};

export const initIsAnObject = {
  test() {
    throws(
      () => new Response("x", 5),
      "Failed to construct 'Response': constructor parameter 2 is not of type 'InitializerDict or Response'.",
    );
    assert.strictEqual(new Response("x", null).status, 200);
  },
};

export const membersAreReadInOrder = {
  test() {
    const seen = [];
    new Response(null, new Proxy({}, { get: (_, key) => void seen.push(key) }));
    assert.deepStrictEqual(seen, ["status", "statusText", "headers", "cf", "webSocket", "encodeBody"]);
  },
};

export const encodeBody = {
  test() {
    throws(() => new Response(null, { encodeBody: "x" }), "encodeBody: unexpected value: x");
    assert.strictEqual("encodeBody" in new Response(null, { encodeBody: "manual" }), false);
  },
};

export const cf = {
  test() {
    const given = { a: 1 };
    const response = new Response(null, { cf: given });
    assert.deepStrictEqual(response.cf, given);
    assert.notStrictEqual(response.cf, given);
    assert.strictEqual(new Response().cf, undefined);
    throws(
      () => new Response(null, { cf: null }),
      "Incorrect type for the 'cf' field on 'InitializerDict': the provided value is not of type 'Object'.",
    );
  },
};

export const handshakes = {
  test() {
    const webSocket = new WebSocketPair()[0];
    const response = new Response(null, { status: 101, webSocket });
    assert.strictEqual(response.webSocket, webSocket);
    assert.deepStrictEqual([response.status, response.statusText, response.ok, response.body], [101, "Switching Protocols", false, null]);
    throws(() => new Response(null, { webSocket }), "Responses with a WebSocket must have status code 101.", "RangeError");
    throws(() => new Response("x", { status: 101, webSocket }), NULL_BODY);
    throws(() => response.clone(), "Cannot clone a response to a WebSocket handshake.");
  },
};

export const aWebSocketIsChecked = {
  test() {
    assert.strictEqual(new Response(null, { webSocket: null }).webSocket, null);
    const make = () => new Response(null, { status: 101, webSocket: {} });
    if (flags.dont_substitute_null_on_type_error) {
      throws(make, "Incorrect type for the 'webSocket' field on 'InitializerDict': the provided value is not of type 'WebSocket'.");
    } else {
      throws(make, RANGE, "RangeError");
    }
  },
};

export const errors = {
  test() {
    const response = Response.error();
    assert.deepStrictEqual(
      [response.type, response.status, response.statusText, response.ok, response.url, response.body],
      ["error", 0, "", false, "", null],
    );
    assert.strictEqual(response.clone().type, "error");
    throws(() => new Response(null, response), RANGE, "RangeError");
  },
};

export const redirects = {
  test() {
    const response = Response.redirect("http://a/b c");
    const location = flags.response_redirect_url_standard ? "http://a/b%20c" : "http://a/b c";
    assert.deepStrictEqual([response.status, response.headers.get("location"), response.redirected], [302, location, false]);
    assert.strictEqual(Response.redirect("http://a/", "301").status, 301);
    throws(() => response.headers.set("a", "b"), "Can't modify immutable headers.");
    throws(() => response.clone().headers.set("a", "b"), "Can't modify immutable headers.");
  },
};

export const redirectsAreChecked = {
  test() {
    for (const status of [200, 304, 0]) {
      throws(
        () => Response.redirect("http://a/", status),
        `${status} is not a redirect status code. It must be one of: 301, 302, 303, 307, or 308.`,
        "RangeError",
      );
    }
    throws(() => Response.redirect("/x"), "Unable to parse URL: /x");
    throws(() => Response.redirect(), "Failed to execute 'redirect' on 'Response': parameter 1 is not of type 'string'.");
  },
};

export const json = {
  async test() {
    const response = Response.json({ a: 1 }, { status: 201 });
    assert.deepStrictEqual([response.status, response.headers.get("content-type")], [201, "application/json"]);
    assert.strictEqual(await response.text(), '{"a":1}');
    assert.strictEqual(await Response.json(undefined).text(), "undefined");
    assert.strictEqual(Response.json(1, { headers: { "Content-Type": "x/y" } }).headers.get("content-type"), "x/y");
  },
};

export const jsonThatIsNone = {
  test() {
    throws(() => Response.json(1n), "Do not know how to serialize a BigInt");
    throws(() => Response.json(1, { status: 204 }), NULL_BODY);
    const cycle = {};
    cycle.cycle = cycle;
    assert.throws(() => Response.json(cycle), /^TypeError: Converting circular structure to JSON/);
  },
};

export const jsonLikeAResponse = {
  async test() {
    const like = new Response("q", { status: 203, headers: { a: "1" }, statusText: "Z" });
    const response = Response.json([1], like);
    assert.deepStrictEqual([response.status, response.statusText, response.headers.get("a")], [203, "Z", "1"]);
    assert.strictEqual(response.headers.get("content-type"), "text/plain;charset=UTF-8");
    assert.strictEqual(await response.text(), "[1]");
  },
};

export const likeAResponse = {
  async test() {
    const like = new Response("q", { status: 203, headers: { a: "1" }, statusText: "Z", cf: { x: 1 } });
    const response = new Response("n", like);
    assert.deepStrictEqual([response.status, response.statusText, response.headers.get("a"), response.cf], [203, "Z", "1", { x: 1 }]);
    assert.deepStrictEqual([await response.text(), like.bodyUsed], ["n", false]);
  },
};

export const clones = {
  async test() {
    const response = new Response("q", { status: 203, headers: { a: "1" } });
    const copy = response.clone();
    assert.deepStrictEqual([copy.status, copy.headers.get("a")], [203, "1"]);
    copy.headers.set("a", "2");
    assert.strictEqual(response.headers.get("a"), "1");
    assert.deepStrictEqual([await response.text(), await copy.text()], ["q", "q"]);
    throws(() => response.clone(), "This ReadableStream is currently locked to a reader,");
  },
};

export const bodyMethodsAreOfBody = {
  test() {
    assert.strictEqual(Object.getPrototypeOf(Response.prototype), Body.prototype);
    assert.strictEqual(Object.getPrototypeOf(Request.prototype), Body.prototype);
    assert.strictEqual(Response.prototype.text, Request.prototype.text);
    throws(() => new Body(), "Illegal constructor");
  },
};

export const canBeExtended = {
  async test() {
    class Teapot extends Response {
      constructor(body) {
        super(body, { status: 418 });
      }
      get strength() {
        return "strong";
      }
    }
    const teapot = new Teapot("tea");
    assert.deepStrictEqual([teapot.status, teapot.strength, await teapot.text()], [418, "strong", "tea"]);
  },
};
