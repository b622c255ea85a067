import { bigint, each, fn, inherits, infinity, look, map, nan, on, pattern, repeat, save, saved, steps, symbol, throws, undef, units } from "../lib/values.mjs";

export const places = ["sqlite"];

const put = (...args) => on("kv", ["put", ...args]);
const get = (...args) => on("kv", ["get", ...args]);
const del = (...args) => on("kv", ["delete", ...args]);
const lists = (...args) => [save("list", on("kv", ["list", ...args])), on("globalThis.Array", ["from", saved("list")])];
const kept = (...args) => [{ on: "kv", calls: [["list", ...args]], as: "list", quiet: true }, on("globalThis.Array", ["from", saved("list")])];

export default {
  "get, put and delete": [
    get("k"), put("k", "v"), get("k"), on("storage", ["get", "k"]), del("k"), del("k"), get("k"), on("storage", ["put", "async", { a: 1 }]), get("async"), put("", 1), get(""), get(), get(undef), get(null), get(1), get(symbol), get(throws()), get(["k"]), put(), put("k"), put("k", undef), get("k"), put(null, 1), put({ a: 1 }), put(5, 1), get("5"), put("f", fn), put("s", symbol), put("k", { deep: map(["a", 1]) }), get("k"), del(), del(["k"]), del(null), put(repeat("k", 2048), 1), put(repeat("k", 2049), 1), get(repeat("k", 2049)), del(repeat("k", 2049)), put("big", pattern(2 * 1024 * 1024 + 100)), put("big", pattern(5 * 1024 * 1024)), get("big"), put("k", 1, { allowUnconfirmed: true }), get("k", {}), get("k", 5), put("null", null), get("null"), put(units(0xd800), 1), get("\ufffd"), put("kv", { $: "named", name: "kv" }),
    on("kv", ["@constructor"], ["@name"]), on("kv", ["toString"]), ...["get", "put", "delete", "list"].map((name) => on("kv", [`@${name}`], ["@length"])), on("kv", ["@deleteAll"]), on("kv.get", ["call", {}, "k"]),
  ],
  "list": [
    ...["b", "a", "A", "a/b", "aa", "ä", "👋", "\uffff", "\u{10000}", ""].map((key, index) => put(key, index)), ...kept(), ...kept({ reverse: true }), ...kept({ prefix: "a" }), ...kept({ prefix: "a", reverse: true, limit: 2 }), ...kept({ start: "a", end: "b" }), ...kept({ startAfter: "a", limit: 2 }), ...kept({ end: "a" }), ...kept({ limit: 0 }), ...kept({ limit: -1 }), ...kept({ limit: 2.5 }), ...kept({ limit: "2" }), ...kept({ limit: "x" }), ...kept({ limit: nan }), ...kept({ limit: null }), ...kept({ limit: undef }), ...kept({ start: "a", startAfter: "b" }), ...kept(null), ...kept(undef), ...kept(5), ...kept("a"), ...kept(throws("prefix")), ...kept(inherits({ limit: 1 })), ...kept({ prefix: null }), ...kept({ prefix: 5 }),
    ...lists({ limit: 2 }), look(saved("list"), ["@constructor"], ["@name"]), look(saved("list"), ["next"]), look(saved("list"), ["toString"]),
    { on: "kv", calls: [["list"]], as: "it", quiet: true }, look(saved("it"), ["next"]), look(saved("it"), ["next"]), put("zz", 1), look(saved("it"), ["next"]), del("aa"), look(saved("it"), ["next"]), { on: "kv", calls: [["list"]], as: "other", quiet: true }, look(saved("it"), ["next"]), look(saved("other"), ["next"]), on("storage", ["list"], ["@size"]), look(saved("other"), ["next"]), on("sql", ["exec", "SELECT 1 AS one"], ["toArray"]), look(saved("other"), ["next"]), look(saved("other"), ["@return"]), on("storage", ["deleteAll"]), look(saved("other"), ["next"]), look(saved("it"), ["next"]), ...kept(),
    on("storage", ["transactionSync", steps([put("x", 1), { on: "kv", calls: [["list"]], as: "tx", quiet: true }, look(saved("tx"), ["next"])], { throws: "back" })]), get("x"),
    each(300, put("n{#}", "{#}")), ...kept({ prefix: "n" }), ...kept({ prefix: "n1", reverse: true }),
  ],
};
