// node:util, node:url, node:path, node:querystring and node:string_decoder.
import assert from "node:assert";
import path from "node:path";
import querystring from "node:querystring";
import { StringDecoder } from "node:string_decoder";
import url from "node:url";
import util, { callbackify, format, inherits, inspect, isDeepStrictEqual, promisify, types } from "node:util";

export const inspectingValues = {
  test() {
    assert.strictEqual(inspect({ a: 1, b: ["x", null], c: undefined }), "{ a: 1, b: [ 'x', null ], c: undefined }");
    assert.strictEqual(inspect(new Map([["a", 1]])), "Map(1) { 'a' => 1 }");
    assert.strictEqual(inspect(new Set([1])), "Set(1) { 1 }");
    assert.strictEqual(inspect(new (class Foo {})()), "Foo {}");
    assert.strictEqual(inspect([1, , 3]), "[ 1, <1 empty item>, 3 ]");
    assert.strictEqual(inspect("it's"), '"it\'s"');
    assert.strictEqual(inspect(-0), "-0");
    assert.strictEqual(inspect(function named() {}), "[Function: named]");
    assert.strictEqual(inspect(class A {}), "[class A]");
    assert.strictEqual(inspect(Promise.resolve(5)), "Promise { 5 }");
    assert.strictEqual(inspect(Object.create(null)), "[Object: null prototype] {}");
    assert.strictEqual(inspect(new Uint8Array([1, 2])), "Uint8Array(2) [ 1, 2 ]");
  },
};

export const depthCyclesAndOwnFormats = {
  test() {
    assert.strictEqual(inspect({ a: { b: { c: {} } } }, { depth: 0 }), "{ a: [Object] }");
    assert.strictEqual(inspect({ a: { b: { c: { d: {} } } } }), "{ a: { b: { c: [Object] } } }");
    const cycle = { a: 1 };
    cycle.self = cycle;
    assert.strictEqual(inspect(cycle), "<ref *1> { a: 1, self: [Circular *1] }");
    assert.strictEqual(inspect({ [inspect.custom]: () => "mine" }), "mine");
    assert.strictEqual(inspect({ [inspect.custom]: (depth) => ({ depth }) }), "{ depth: 2 }");
  },
};

export const formatting = {
  test() {
    assert.strictEqual(format("%s %d %i %j %%", "a", 1.5, 1.5, { b: 1 }), 'a 1.5 1 {"b":1} %');
    assert.strictEqual(format("a", "b", { c: 1 }), "a b { c: 1 }");
    assert.strictEqual(format("%s", Symbol("q")), "Symbol(q)");
    assert.strictEqual(format("%o", [1]), "[ 1, [length]: 1 ]");
    assert.strictEqual(format("%s"), "%s");
  },
};

export const promisesAndCallbacks = {
  async test() {
    assert.strictEqual(await promisify((a, done) => done(null, a + 1))(1), 2);
    await assert.rejects(promisify((done) => done(new Error("e")))(), /e/);
    assert.throws(() => promisify(5), { code: "ERR_INVALID_ARG_TYPE" });
    const custom = () => {};
    custom[promisify.custom] = () => "custom";
    assert.strictEqual(promisify(custom)(), "custom");
    const given = await new Promise((resolve) => callbackify(async (a) => a * 2)(4, (...args) => resolve(args)));
    assert.deepStrictEqual(given, [null, 8]);
  },
};

export const inheritingAndTypes = {
  test() {
    function Parent() {}
    function Child() {}
    inherits(Child, Parent);
    assert.ok(new Child() instanceof Parent);
    assert.strictEqual(Child.super_, Parent);
    assert.ok(types.isPromise(Promise.resolve()));
    assert.ok(types.isUint8Array(new Uint8Array()));
    assert.ok(types.isProxy(new Proxy({}, {})));
    assert.ok(!types.isMap(new Set()));
    assert.ok(isDeepStrictEqual({ a: [1] }, { a: [1] }));
    assert.strictEqual(util.deprecate(assert, "old"), assert);
    assert.strictEqual(util.TextEncoder, TextEncoder);
  },
};

export const inspectOfErrors = {
  test() {
    const error = new TypeError("m", { cause: "c" });
    error.stack = "TypeError: m\n    at x (y:1:1)";
    assert.strictEqual(inspect(error), "TypeError: m\n    at x (y:1:1) {\n  [cause]: 'c'\n}");
  },
};

export const paths = {
  test() {
    assert.strictEqual(path.join("/a", "..", "b", "./c"), "/b/c");
    assert.strictEqual(path.resolve("/a", "b", "../c"), "/a/c");
    assert.strictEqual(path.resolve("x"), "/x");
    assert.strictEqual(path.relative("/a/b/c", "/a/d"), "../../d");
    assert.strictEqual(path.basename("/a/b.html", ".html"), "b");
    assert.strictEqual(path.extname("f.tar.gz"), ".gz");
    assert.deepStrictEqual(path.parse("/h/f.txt"), { root: "/", dir: "/h", base: "f.txt", ext: ".txt", name: "f" });
    assert.strictEqual(path.format({ dir: "/a", base: "b.c" }), "/a/b.c");
    assert.strictEqual(path.win32.join("a", "b"), "a\\b");
    assert.strictEqual(path.posix, path);
    assert.throws(() => path.join(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};

export const urls = {
  test() {
    const parsed = url.parse("http://user:pass@host.com:8080/p?query=1#hash", true);
    assert.strictEqual(parsed.auth, "user:pass");
    assert.strictEqual(parsed.port, "8080");
    assert.strictEqual(parsed.query.query, "1");
    assert.strictEqual(url.format({ protocol: "http", host: "a.com", pathname: "/x", query: { a: 1 } }), "http://a.com/x?a=1");
    assert.strictEqual(url.resolve("/one/two", "../three"), "/three");
    assert.strictEqual(url.fileURLToPath("file:///a%20b"), "/a b");
    assert.strictEqual(url.pathToFileURL("/a b").href, "file:///a%20b");
    assert.strictEqual(url.domainToASCII("espa\u00f1ol.com"), "xn--espaol-zwa.com");
    assert.strictEqual(url.URL, URL);
    assert.strictEqual(url.urlToHttpOptions(new URL("http://u:p@h:1/a?b")).auth, "u:p");
  },
};

export const queries = {
  test() {
    assert.deepStrictEqual({ ...querystring.parse("a=1&b=2&a=3&c=%20x&d") }, { a: ["1", "3"], b: "2", c: " x", d: "" });
    assert.strictEqual(querystring.stringify({ a: 1, b: [1, 2], c: "x y", d: null }), "a=1&b=1&b=2&c=x%20y&d=");
    assert.strictEqual(querystring.escape("a b&\u20ac"), "a%20b%26%E2%82%AC");
    assert.strictEqual(querystring.unescape("%41%zz"), "A%zz");
  },
};

export const piecesOfCharacters = {
  test() {
    const decoder = new StringDecoder("utf8");
    assert.strictEqual(decoder.write(new Uint8Array([0xe2, 0x82])), "");
    assert.strictEqual(decoder.write(new Uint8Array([0xac])), "\u20ac");
    assert.strictEqual(decoder.end(new Uint8Array([0xe2])), "\ufffd");
    assert.strictEqual(new StringDecoder("base64").end(new Uint8Array([1])), "AQ==");
    assert.throws(() => new StringDecoder("nope"), { code: "ERR_UNKNOWN_ENCODING" });
  },
};
