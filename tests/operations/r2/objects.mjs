import { all, bigint, blob, bytes, byteStream, converts, date, each, failing, fixed, fn, headers, infinity, inherits, instance, keep, look, map, nan, now, number, on, pattern, raw, regexp, repeat, request, response, save, saved, stream, symbol, throws, undef, units } from "../lib/values.mjs";

const put = (...args) => on("R2", ["put", ...args]);
const get = (...args) => on("R2", ["get", ...args]);
const text = (...args) => on("R2", ["get", ...args], ["text"]);
const head = (...args) => on("R2", ["head", ...args]);
const del = (...args) => on("R2", ["delete", ...args]);
const list = (...args) => on("R2", ["list", ...args]);
const PART = 5 * 1024 * 1024;

const HELLO = {
  md5: "5d41402abc4b2a76b9719d911017c592",
  sha1: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
  sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  sha384: "59e1748777448c69de6b800d7a33bbfb9ff1b463e44354c3553bcdb9c666fa90125a3c79f90397bdf5f6a13de828684f",
  sha512: "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
};
const bits = (hex) => raw(hex.match(/../g).map((pair) => parseInt(pair, 16)), "ArrayBuffer");

export default {
  "values": [
    put("string", "value"), get("string"), head("string"), put("empty", ""), get("empty"), put("unicode", "grüße 👋"), get("unicode"),
    put("buffer", bytes("buffer", "ArrayBuffer")), text("buffer"), put("view", bytes("view")), text("view"), put("data", bytes("data", "DataView")), text("data"), put("floats", raw([0, 0, 0, 0, 0, 0, 240, 63], "Float64Array")), get("floats"),
    put("blob", blob("text/html", "a", "b")), get("blob"), put("blob typed", blob("text/html", "x"), { httpMetadata: { contentType: "a/b" } }), head("blob typed"),
    put("fixed", fixed(4, bytes("ab"), bytes("cd"))), text("fixed"), put("unknown length", byteStream(bytes("ab"))), get("unknown length"), put("js stream", stream(bytes("ab"))),
    put("null", null), get("null"), put("undefined", undef), get("undefined"), put("nothing"), put(), put("number", 5), text("number"), put("bool", true), put("nan", nan), put("bigint", bigint(1)), put("symbol", symbol), put("fn", fn), put("object", { a: 1 }), put("array", [1, 2]), put("date", date("2020-01-01")), put("response", response("x")), put("regexp", regexp), put("map", map()), put("instance", instance({})), put("throws", throws()), put("converts", converts("text")),
    put("before", "before"), put("before", "after"), text("before"), list(),
  ],
  "broken streams": [
    put("k", "before"), put("k", fixed(6, bytes("ab"))), text("k"), put("k", fixed(2, bytes("abcd"))), text("k"),
  ],
  "reading": [
    put("j", '{"a":1}'), on("R2", ["get", "j"], ["text"]), on("R2", ["get", "j"], ["json"]), on("R2", ["get", "j"], ["arrayBuffer"]), on("R2", ["get", "j"], ["bytes"]), on("R2", ["get", "j"], ["blob"]), on("R2", ["get", "j"], ["@body"]), on("R2", ["get", "j"], ["@bodyUsed"]),
    keep("object", get("j")), look(saved("object"), ["@bodyUsed"]), look(saved("object"), ["text"]), look(saved("object"), ["@bodyUsed"]), look(saved("object"), ["text"]), look(saved("object"), ["json"]), look(saved("object"), ["arrayBuffer"]), look(saved("object"), ["blob"]), look(saved("object"), ["bytes"]), look(saved("object"), ["@body"], ["@locked"]), look(saved("object"), ["@body"], ["getReader"]),
    put("broken", "{"), on("R2", ["get", "broken"], ["json"]), put("typed", "x", { httpMetadata: { contentType: "text/css" } }), on("R2", ["get", "typed"], ["blob"]),
    get("nothing"), head("nothing"), get(), head(), del(), get(""), head(""), get(null), get(1), get(symbol), get({}), get(throws()), head(null), get(units(0xd800)),
    on("R2", ["@constructor"], ["@name"]), on("R2", ["get", "j"], ["@constructor"], ["@name"]), on("R2", ["head", "j"], ["@constructor"], ["@name"]), on("R2", ["head", "j"], ["@text"]), on("R2", ["head", "j"], ["@body"]),
    on("R2", ["get"]), on("R2", ["@get"], ["@length"]), on("R2", ["@nothing"]), on("R2", ["@get"], ["call", {}, "j"]), { new: "R2Bucket" }, { new: "R2Object" }, { new: "HeadResult" }, { new: "GetResult" },
  ],
  "keys": [
    ...["a", "a/", "a/b", "a//b", "/a", "../x", "..", ".", "/", "//", " ", "a b?c#d%20&=+", "\n", "\u0000", "ä", "👋", "%2f", "a\\b", "con", "A"].flatMap((key) => [put(key, `v:${key}`), text(key)]),
    put(repeat("k", 1024), "v"), head(repeat("k", 1024)), put(repeat("k", 1025), "v"), get(repeat("k", 1025)), head(repeat("k", 1025)), del(repeat("k", 1025)), put(repeat("ä", 512), "v"), put(repeat("ä", 513), "v"), put("", "v"), put(1, "v"), text("1"), put(null, "v"), text("null"), put(undef, "v"), put({}, "v"), put(["x", "y"], "v"), put(symbol, "v"), put(units(0xd800), "v"), text("\ufffd"),
    del(""), del("a"), del("a"), head("a"), head("a/b"), list(),
  ],
  "deleting": [
    each(12, put("k{#}", "v")), del("k0"), del(["k1", "k2", "none"]), del([]), del(["k3", "k3"]), del([""]), del([repeat("k", 1025)]), del(["k4", repeat("k", 1025)]), head("k4"), del([1]), del(5), del(null), del(undef), del({}), del(symbol), del([null]), del(map()), list(),
    del(Array.from({ length: 1000 }, (_, index) => `n${index}`)), del(Array.from({ length: 1001 }, (_, index) => `n${index}`)), del("k5", "more"),
    all(del("k6"), del("k7"), put("k8", "w")), list(),
  ],
  "metadata": [
    put("http", "v", { httpMetadata: { contentType: "text/plain; charset=utf-8", contentLanguage: "de", contentDisposition: 'attachment; filename="a.txt"', contentEncoding: "gzip", cacheControl: "max-age=60", cacheExpiry: date("2031-02-03T04:05:06.789Z") } }), get("http"),
    put("headers", "v", { httpMetadata: headers({ "Content-Type": "text/x", "content-language": "en", "content-disposition": "inline", "content-encoding": "br", "cache-control": "no-store", expires: "Wed, 21 Oct 2037 07:28:00 GMT", other: "x" }) }), head("headers"),
    put("bad expires", "v", { httpMetadata: headers({ expires: "never" }) }), head("bad expires"), put("empty", "v", { httpMetadata: {}, customMetadata: {} }), head("empty"), put("expiry number", "v", { httpMetadata: { cacheExpiry: 1e12 } }), head("expiry number"), put("expiry text", "v", { httpMetadata: { cacheExpiry: "2031-01-01" } }), put("expiry nan", "v", { httpMetadata: { cacheExpiry: date("NaN") } }),
    put("not strings", "v", { httpMetadata: { contentType: 5, contentLanguage: null } }), head("not strings"), put("undefined", "v", { httpMetadata: { contentType: undef } }), head("undefined"), put("bad", "v", { httpMetadata: 5 }), put("bad", "v", { httpMetadata: "x" }), put("bad", "v", { httpMetadata: null }), put("bad", "v", { httpMetadata: [] }), put("bad", "v", { httpMetadata: throws("contentType") }), put("unicode type", "v", { httpMetadata: { contentType: "grüße" } }), head("unicode type"), put("empty type", "v", { httpMetadata: { contentType: "" } }), head("empty type"),
    put("custom", "v", { customMetadata: { a: "1", B: "zwei", "ä": "👋", "": "empty", "2": "b", "1": "a" } }), head("custom"), put("custom number", "v", { customMetadata: { a: 1, b: null, c: undef, d: true, e: {} } }), head("custom number"), put("custom bad", "v", { customMetadata: 5 }), put("custom bad", "v", { customMetadata: "text" }), put("custom bad", "v", { customMetadata: null }), put("custom bad", "v", { customMetadata: ["a"] }), head("custom bad"), put("custom symbol", "v", { customMetadata: { a: symbol } }), put("custom map", "v", { customMetadata: map(["a", "b"]) }),
    put("limit", "v", { customMetadata: { a: repeat("m", 2047) } }), put("over", "v", { customMetadata: { a: repeat("m", 2048) } }), put("limit8", "v", { customMetadata: { a: repeat("ä", 1023) } }), put("over8", "v", { customMetadata: { a: repeat("ä", 1024) } }), head("over8"),
    put("class", "v", { storageClass: "Standard" }), head("class"), put("class", "v", { storageClass: "InfrequentAccess" }), head("class"), put("class", "v", { storageClass: "Nonsense" }), put("class", "v", { storageClass: 5 }), put("class", "v", { storageClass: undef }), put("class", "v", { storageClass: null }), put("class", "v", { storageClass: "" }),
    put("options", "v", null), put("options", "v", undef), put("options", "v", 5), put("options", "v", "x"), put("options", "v", []), put("options", "v", { unknown: 1 }), put("options", "v", fn), put("options", "v", throws("httpMetadata")), put("options", "v", inherits({ customMetadata: { a: "b" } })), head("options"),
    keep("head", head("http")), keep("to", { new: "Headers", args: [{ "x-before": "1", "content-type": "old" }] }), look(saved("head"), ["writeHttpMetadata", saved("to")]), look(saved("to")), look(saved("head"), ["writeHttpMetadata"]), look(saved("head"), ["writeHttpMetadata", {}]), keep("bare", head("class")), keep("to2", { new: "Headers", args: [] }), look(saved("bare"), ["writeHttpMetadata", saved("to2")]), look(saved("to2")),
    look(saved("head"), ["@httpEtag"]), look(saved("head"), ["@checksums"]), look(saved("head"), ["@checksums"], ["toJSON"]), look(saved("head"), ["@httpMetadata"]), look(saved("head"), ["@uploaded"]), look(saved("head"), ["@range"]),
    on("globalThis.JSON", ["stringify", saved("head", "checksums")]), on("globalThis.Object", ["keys", saved("head")]), on("globalThis.JSON", ["stringify", saved("head", "httpMetadata")]),
  ],
  "checksums": [
    ...Object.entries(HELLO).flatMap(([name, hex]) => [
      put(name, "hello", { [name]: hex }), head(name), on("R2", ["head", name], ["@checksums"], ["toJSON"]),
      put(`${name} bits`, "hello", { [name]: bits(hex) }), put(`${name} upper`, "hello", { [name]: hex.toUpperCase() }),
      put(`${name} wrong`, "hello", { [name]: hex.replace(/^../, "00") }), head(`${name} wrong`), put(`${name} short`, "hello", { [name]: hex.slice(2) }), put(`${name} odd`, "hello", { [name]: hex.slice(1) }), put(`${name} no hex`, "hello", { [name]: "zz".repeat(hex.length / 2) }), put(`${name} short bits`, "hello", { [name]: bits(hex.slice(2)) }),
    ]),
    put("view", "hello", { md5: raw([1, 2, 3]) }), put("number", "hello", { md5: 5 }), put("null", "hello", { md5: null }), put("undefined", "hello", { md5: undef }), put("empty", "hello", { md5: "" }),
    put("two", "hello", { md5: HELLO.md5, sha1: HELLO.sha1 }), put("three", "hello", { sha256: HELLO.sha256, sha512: HELLO.sha512, md5: undef }),
    put("stream", fixed(5, bytes("hel"), bytes("lo")), { sha256: HELLO.sha256 }), put("stream wrong", fixed(5, bytes("hel"), bytes("xx")), { sha256: HELLO.sha256 }), head("stream wrong"), put("keeps", "before"), put("keeps", "other", { sha1: HELLO.sha1 }), text("keeps"),
  ],
  "large": [
    put("large", pattern(3_000_001)), get("large"), head("large"), get("large", { range: { offset: 1_000_000, length: 100 } }), get("large", { range: { suffix: 3 } }), on("R2", ["get", "large", { range: { offset: 2_900_000 } }], ["arrayBuffer"]),
    put("stream", fixed(PART, pattern(1 << 20), pattern(1 << 20, 1), pattern(1 << 20, 2), pattern(1 << 20, 3), pattern(1 << 20, 4))), get("stream"), put("large", "small"), get("large"), del("stream"), get("stream"),
  ],
  "at once": [
    all(put("a", "1"), put("b", "2"), put("c", "3"), head("z")), all(text("a"), text("b"), head("c"), list()), all(put("a", "x"), put("a", "y"), put("a", "z")), on("R2", ["get", "a"], ["@size"]),
    all(del("a"), del(["b", "c"])), list(), { all: Array.from({ length: 20 }, (_, index) => put(`p${index}`, pattern(10_000, index))) }, { all: Array.from({ length: 20 }, (_, index) => get(`p${index}`)) }, list({ limit: 5 }),
  ],
  "keys of customers": [
    put("http", "v"),
    put("ssec", "v", { ssecKey: repeat("ab", 32) }), head("ssec"), get("ssec"), put("ssec", "v", { ssecKey: "short" }), put("ssec", "v", { ssecKey: pattern(32, 0, "ArrayBuffer") }), get("ssec", { ssecKey: pattern(32, 0, "ArrayBuffer") }), put("ssec", "v", { ssecKey: 5 }), put("ssec", "v", { ssecKey: pattern(31, 0, "ArrayBuffer") }), get("http", { ssecKey: repeat("ab", 32) }),
  ],
};
