import { bigint, each, infinity, inherits, nan, on, repeat, save, saved, symbol, throws, undef, units } from "../lib/values.mjs";

const put = (...args) => on("R2", ["put", ...args]);
const list = (...args) => on("R2", ["list", ...args]);
const KEYS = ["b", "a", "A", "a/", "a/b", "a/b/c", "a/c", "a//d", "ab/x", "ab/y", "z", "ä", "é", "é", "👋", "👋/x", "\uffff", "0", "10", "2", "_", "%", "*", "[x]", "dir/one", "dir/two", "dir/sub/three", "dir-x", "dir0"];

export default {
  "order, prefixes and delimiters": [
    list(), ...KEYS.map((key) => put(key, key)), list(),
    ...["a", "a/", "dir", "dir/", "", "ä", "👋", "%", "_", "[", "none", "\uffff"].map((prefix) => list({ prefix })),
    list({ delimiter: "/" }), list({ delimiter: "/", prefix: "a" }), list({ delimiter: "/", prefix: "a/" }), list({ delimiter: "/", prefix: "dir/" }), list({ delimiter: "/", prefix: "dir" }), list({ delimiter: "b" }), list({ delimiter: "//" }), list({ delimiter: "" }), list({ delimiter: "👋" }), list({ delimiter: "none" }), list({ delimiter: "ir" }), list({ delimiter: "/", prefix: "none" }), list({ delimiter: "/", prefix: "a/b" }), list({ delimiter: "/", prefix: "/" }),
    ...[1, 2, 3, 5, 8].map((limit) => list({ delimiter: "/", limit })),
    save("p1", list({ delimiter: "/", limit: 4 })), save("p2", list({ delimiter: "/", limit: 4, cursor: saved("p1", "cursor") })), save("p3", list({ delimiter: "/", limit: 4, cursor: saved("p2", "cursor") })), save("p4", list({ delimiter: "/", limit: 4, cursor: saved("p3", "cursor") })),
    ...["a", "a/", "a/b", "b", "", "zz", "\uffff", "aa", "dir/", "👋"].map((startAfter) => list({ startAfter })),
    list({ startAfter: "a/b", prefix: "a" }), list({ startAfter: "dir/one", prefix: "dir/", delimiter: "/" }), list({ startAfter: "a/b", delimiter: "/" }), list({ startAfter: "z", prefix: "a" }), list({ startAfter: "A", prefix: "b" }), list({ startAfter: "b", limit: 2 }), save("s1", list({ startAfter: "a", limit: 2 })), list({ startAfter: "a", limit: 2, cursor: saved("s1", "cursor") }), list({ startAfter: repeat("k", 1025) }), list({ startAfter: 5 }), list({ startAfter: null }), list({ startAfter: undef }),
    list({ prefix: 5 }), list({ prefix: null }), list({ prefix: undef }), list({ prefix: symbol }), list({ prefix: {} }), list({ prefix: repeat("p", 1024) }), list({ prefix: repeat("p", 1025) }), list({ prefix: units(0xd83d) }), list({ delimiter: 5 }), list({ delimiter: null }), list({ delimiter: undef }), list({ delimiter: repeat("d", 2000) }),
  ],
  "limits and cursors": [
    each(12, put("k{#}", "v{#}")),
    save("one", list({ limit: 5 })), save("two", list({ limit: 5, cursor: saved("one", "cursor") })), list({ limit: 5, cursor: saved("two", "cursor") }), list({ limit: 12 }), list({ limit: 13 }), list({ limit: 1 }), list({ limit: 0 }), list({ limit: -1 }), list({ limit: 1000 }), list({ limit: 1001 }), list({ limit: "3" }), list({ limit: "x" }), list({ limit: 2.9 }), list({ limit: nan }), list({ limit: infinity }), list({ limit: null }), list({ limit: undef }), list({ limit: true }), list({ limit: bigint(2) }), list({ limit: 1e12 }),
    list({ cursor: "" }), list({ cursor: null }), list({ cursor: undef }), list({ cursor: "!!" }), list({ cursor: 5 }), list({ cursor: "azEw" }), list({ cursor: "azEw", prefix: "k2" }),
    list(null), list(undef), list(5), list("x"), list([]), list({}), list({ unknown: 1 }), list(throws("limit")), list(inherits({ limit: 2 })),
    on("R2", ["list", { limit: 2 }], ["@objects"], ["@0"], ["@constructor"], ["@name"]), on("R2", ["list", { limit: 2 }], ["@constructor"], ["@name"]),
    on("R2", ["delete", "k10"]), list({ limit: 3, cursor: "azEw" }),
  ],
  "including metadata": [
    put("a", "v", { httpMetadata: { contentType: "text/a", cacheControl: "no-store" }, customMetadata: { x: "1" } }), put("b", "v", { customMetadata: { y: "2", z: "3" } }), put("c", "v", { httpMetadata: { contentLanguage: "de" } }), put("d", "v"), put("e", "hello", { sha1: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d" }),
    list(), list({ include: [] }), list({ include: ["httpMetadata"] }), list({ include: ["customMetadata"] }), list({ include: ["httpMetadata", "customMetadata"] }), list({ include: ["nonsense"] }), list({ include: "httpMetadata" }), list({ include: ["httpMetadata", "httpMetadata"] }), list({ include: null }), list({ include: undef }), list({ include: 5 }), list({ include: [5] }), list({ include: {} }), list({ include: ["httpMetadata"], delimiter: "/" }),
    each(120, put("n{#}", "v", { customMetadata: { n: "{#}" } })), save("page", list({ include: ["customMetadata"] })), list({ include: ["customMetadata"], limit: 110, cursor: saved("page", "cursor") }), list({ include: ["customMetadata"], limit: 3 }),
  ],
  "a thousand": [
    each(1005, put("n{#}", "v")), each(5, put("d/{#}", "v")), save("page", list()), list({ cursor: saved("page", "cursor") }), list({ limit: 1000, prefix: "n1" }), list({ delimiter: "0", prefix: "n", limit: 20 }),
  ],
};
