// structuredClone of the classes of HTTP: what can be cloned, and what is said of the rest.
import assert from "node:assert";

const refuses = (value, message) => assert.throws(() => structuredClone(value), { name: "DataCloneError", message });
const unsupported = (name) => `Could not serialize object of type "${name}". This type does not support serialization.`;

export const headers = {
  test() {
    const given = new Headers({ a: "1" });
    given.append("set-cookie", "x");
    given.append("set-cookie", "y");
    const { inner } = structuredClone({ inner: given });
    assert.strictEqual(inner instanceof Headers, true);
    assert.strictEqual(inner.get("a"), "1");
    assert.deepStrictEqual(inner.getAll("set-cookie"), ["x", "y"]);
  },
};

export const immutableHeadersStaySo = {
  test() {
    const { headers } = Response.redirect("http://a/");
    assert.throws(() => structuredClone(headers).set("a", "b"), { name: "TypeError", message: "Can't modify immutable headers." });
  },
};

export const requests = {
  test() {
    const init = { method: "PATCH", headers: { a: "1" }, cf: { q: 1 }, redirect: "manual" };
    const clone = structuredClone(new Request("http://a/", init));
    assert.strictEqual(clone instanceof Request, true);
    assert.deepStrictEqual([clone.url, clone.method, clone.redirect, clone.cf, clone.headers.get("a")], ["http://a/", "PATCH", "manual", { q: 1 }, "1"]);
  },
};

export const responses = {
  test() {
    const given = new Response(null, { status: 404, statusText: "Zed", headers: { a: "1" }, cf: { q: 1 } });
    const clone = structuredClone(given);
    assert.strictEqual(clone instanceof Response, true);
    assert.deepStrictEqual([clone.status, clone.statusText, clone.cf, clone.headers.get("a")], [404, "Zed", { q: 1 }, "1"]);
    assert.strictEqual(structuredClone(Response.error()).type, "error");
  },
};

export const bodiesAreForRpc = {
  test() {
    refuses(new Request("http://a/", { method: "POST", body: "x" }), "ReadableStream can only be serialized for RPC.");
    refuses(new Response("x"), "ReadableStream can only be serialized for RPC.");
  },
};

export const theRestIsRefused = {
  test() {
    refuses(new FormData(), unsupported("FormData"));
    refuses(new WebSocketPair(), unsupported("WebSocketPair"));
    refuses(new WebSocketPair()[0], unsupported("WebSocket"));
    refuses(new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }), unsupported("WebSocket"));
    refuses(new File([], "n"), unsupported("File"));
  },
};
