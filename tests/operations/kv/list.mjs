import { bigint, each, fn, infinity, nan, now, on, repeat, save, saved, symbol, throws, undef, units, converts, inherits } from "../lib/values.mjs";

const put = (...args) => on("KV", ["put", ...args]);
const list = (...args) => on("KV", ["list", ...args]);
const ORDER = ["b", "a", "A", "a/b", "a/", "aa", "ab", "Z", "_", "0", "10", "2", "ä", "é", "é", "z", "👋", "\uffff", "\u{10000}", "~", " ", "a b", "%", "a%b", "a_b", "a*", "a?", "a[", "[", "'", '"', "\\"];

export default {
  "order and prefixes": [
    list(), ...ORDER.map((key) => put(key, `v:${key}`)), list(),
    ...["a", "A", "a/", "aa", "ab", "", "ä", "👋", units(0xd83d), "zz", "%", "_", "*", "[", "?", "a%", "a_", "'", "\\", "\uffff"].map((prefix) => list({ prefix })),
    list({ prefix: null }), list({ prefix: undef }), list({ prefix: 1 }), list({ prefix: 0 }), list({ prefix: {} }), list({ prefix: ["a"] }), list({ prefix: symbol }), list({ prefix: units(0xd800) }), list({ prefix: repeat("p", 512) }), list({ prefix: repeat("p", 513) }), list({ prefix: repeat("p", 5000) }),
  ],
  "limits and cursors": [
    each(25, put("k{#}", "v", { metadata: { n: "{#}" } })), put("l", "v"),
    save("one", list({ limit: 10 })), save("two", list({ limit: 10, cursor: saved("one", "cursor") })), save("three", list({ limit: 10, cursor: saved("two", "cursor") })), list({ cursor: saved("three", "cursor") }),
    list({ limit: 26 }), list({ limit: 25 }), list({ limit: 1 }), list({ limit: 0 }), list({ limit: -1 }), list({ limit: 1000 }), list({ limit: 1001 }), list({ limit: "3" }), list({ limit: "x" }), list({ limit: 2.9 }), list({ limit: nan }), list({ limit: infinity }), list({ limit: null }), list({ limit: undef }), list({ limit: true }), list({ limit: bigint(2) }), list({ limit: 1e12 }), list({ limit: {} }),
    list({ cursor: "" }), list({ cursor: null }), list({ cursor: undef }), list({ cursor: "!!not base64!!" }), list({ cursor: "bm90aGluZw==" }), list({ cursor: 1 }), list({ cursor: "azEx" }), list({ cursor: "azEx", limit: 2 }), list({ cursor: {} }),
    list({ prefix: "k1", limit: 3 }), list({ prefix: "k1", limit: 3, cursor: "azEx" }), list({ prefix: "k2", cursor: "azEx" }), list({ prefix: "k", cursor: "bA==" }),
    list(null), list(undef), list(1), list("k"), list([]), list({}), list({ unknown: 1 }), list(fn), list(throws("limit")), list(throws("prefix")), list(inherits({ limit: 2 })), list({ prefix: converts("k2") }),
    list({ prefix: "none" }), list({ limit: 2, prefix: "l" }),
    on("KV", ["delete", "k10"]), list({ limit: 3, cursor: "azEw" }), put("k100", "v"), list({ limit: 3, cursor: "azEw" }),
  ],
  "a thousand": [
    each(1003, put("n{#}", "v")), on("KV", ["list"], ["@list_complete"]), save("page", on("KV", ["list"])), list({ cursor: saved("page", "cursor") }), list({ limit: 1000 }),
  ],
  "expiring": [
    put("ttl", "v", { expirationTtl: 60 }), put("abs", "v", { expiration: now(3600), metadata: "m" }), put("none", "v"), list(), put("ttl", "v"), list(),
  ],
};
