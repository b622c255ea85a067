// node:querystring, node:punycode and node:path in depth.
import assert from "node:assert";
import path from "node:path";
import punycode from "node:punycode";
import querystring from "node:querystring";

export const queriesParsed = {
  test() {
    assert.deepStrictEqual({ ...querystring.parse("a=b&c=d&a=e") }, { a: ["b", "e"], c: "d" });
    assert.deepStrictEqual({ ...querystring.parse("a:b;c:d", ";", ":") }, { a: "b", c: "d" });
    assert.deepStrictEqual({ ...querystring.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }) }, { a: "1", b: "2" });
    assert.strictEqual(querystring.parse("x+y=%zz")["x y"], "%zz");
    assert.strictEqual(Object.getPrototypeOf(querystring.parse("a=b")), null);
    const many = Array.from({ length: 1500 }, (_, i) => `k${i}=1`).join("&");
    assert.strictEqual(Object.keys(querystring.parse(many)).length, 1000);
    const own = { decodeURIComponent: (text) => `${text}!` };
    assert.strictEqual(querystring.parse("a=%41", null, null, own)["a!"], "%41!");
  },
};

export const queriesMade = {
  test() {
    const query = { a: [1, 2], b: "x y", c: true, d: null, e: undefined, f: {}, g: 5n, h: NaN };
    assert.strictEqual(querystring.stringify(query), "a=1&a=2&b=x%20y&c=true&d=&e=&f=&g=5&h=");
    assert.strictEqual(querystring.stringify({ a: 1, b: 2 }, ";", ":"), "a:1;b:2");
    assert.strictEqual(querystring.stringify("x"), "");
    assert.throws(() => querystring.stringify({ a: "\ud800" }), { name: "URIError", code: "ERR_INVALID_URI" });
    assert.strictEqual(querystring.escape("a b&\u00e9"), "a%20b%26%C3%A9");
    assert.strictEqual(querystring.unescape("%41%zz"), "A%zz");
    assert.strictEqual(querystring.encode, querystring.stringify);
  },
};

export const namesInPunycode = {
  test() {
    assert.strictEqual(punycode.encode("ma\u00f1ana"), "maana-pta");
    assert.strictEqual(punycode.decode("maana-pta"), "ma\u00f1ana");
    assert.strictEqual(punycode.toASCII("ma\u00f1ana.com"), "xn--maana-pta.com");
    assert.strictEqual(punycode.toUnicode("xn--maana-pta.com"), "ma\u00f1ana.com");
    assert.strictEqual(punycode.toASCII("a\u3002b"), "a.b");
    assert.strictEqual(punycode.toASCII("a@\u00e9.com"), "a@xn--9ca.com");
    assert.deepStrictEqual(punycode.ucs2.decode("\ud834\udf06a"), [0x1d306, 97]);
    assert.throws(() => punycode.decode("\u00e9"), RangeError);
  },
};

export const pathsJoinedAndResolved = {
  test() {
    assert.strictEqual(path.join("/a", "..", "b", ".", "c//d"), "/b/c/d");
    assert.strictEqual(path.join(), ".");
    assert.strictEqual(path.resolve("/a", "../b", "c"), "/b/c");
    assert.strictEqual(path.normalize("/a/./b/../c//"), "/a/c/");
    assert.strictEqual(path.relative("/a/b/c", "/a/d"), "../../d");
    assert.strictEqual(path.win32.join("a", "b"), "a\\b");
    assert.strictEqual(path.win32.resolve("C:\\a", "..\\b"), "C:\\b");
    assert.strictEqual(path.win32.relative("C:\\a", "C:\\b"), "..\\b");
  },
};

export const partsOfPaths = {
  test() {
    assert.deepStrictEqual(path.parse("/a/b.c"), { root: "/", dir: "/a", base: "b.c", ext: ".c", name: "b" });
    assert.strictEqual(path.format({ dir: "/x", name: "a", ext: "b" }), "/x/a.b");
    assert.strictEqual(path.basename("/a/b.c", ".c"), "b");
    assert.strictEqual(path.extname(".a"), "");
    assert.strictEqual(path.extname("a."), ".");
    assert.strictEqual(path.dirname("/a/b"), "/a");
    assert.strictEqual(path.win32.parse("C:\\a\\b.c").dir, "C:\\a");
  },
};

export const wrongPaths = {
  test() {
    const wrong = (name) => ({
      name: "TypeError",
      code: "ERR_INVALID_ARG_TYPE",
      message: `The "${name}" argument must be of type string. Received type number (5)`,
    });
    assert.throws(() => path.join(5), wrong("path"));
    assert.throws(() => path.relative(5, "a"), wrong("from"));
    assert.throws(() => path.relative("a", 5), wrong("to"));
    assert.throws(() => path.win32.relative("a", 5), wrong("to"));
    assert.throws(() => path.basename("a", 5), wrong("ext"));
    assert.throws(() => path.format(5), { code: "ERR_INVALID_ARG_TYPE" });
  },
};
