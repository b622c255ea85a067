import { all, bigint, bytes, cycle, each, fn, inherits, infinity, instance, look, map, nan, on, repeat, save, saved, symbol, throws, undef, units } from "../lib/values.mjs";

export const places = ["sqlite", "legacy"];

const put = (...args) => on("storage", ["put", ...args]);
const get = (...args) => on("storage", ["get", ...args]);
const del = (...args) => on("storage", ["delete", ...args]);
const list = (...args) => on("storage", ["list", ...args]);
const keys = (...args) => on("storage", ["list", ...args], ["keys"], ["toArray"]);
const many = (count, value = "v") => Object.fromEntries(Array.from({ length: count }, (_, index) => [`many ${index}`, value]));

export default {
  "get, put and delete": [
    get("k"), put("k", "v"), get("k"), put("k", "w"), get("k"), del("k"), del("k"), get("k"),
    put("", "empty"), get(""), put("ä👋", 1), get("ä👋"), put(units(0xd800), 1), get(units(0xd800)), get("\ufffd"), put("\0", "zero"), get("\0"),
    get(), get(undef), get(null), get(1), get({}), get(symbol), get(nan), get(throws()), get(fn), get(true),
    put(), put("k"), put("k", undef), put(undef, 1), put(undef), put(null, 1), put(null), put(5, 1), put(symbol, 1), put(throws(), 1), put(true, 1), get("5"), get("true"), get("null"), get("undefined"),
    del(), del(null), del(undef), del(5), del(symbol), del({}), get("5"),
    put("falsy", 0), get("falsy"), put("null", null), get("null"), del("null"), get("null"),
    put(repeat("k", 2048), 1), get(repeat("k", 2048)), put(repeat("k", 2049), 1), get(repeat("k", 2049)), del(repeat("k", 2049)), put(repeat("ä", 1024), 1), put(repeat("ä", 1025), 1), get([repeat("k", 2049)]), del([repeat("k", 2049), "a"]), del(repeat("k", 2048)),
  ],
  "several": [
    put({ b: 1, a: 2, "": 3, ä: 4 }), get(["b", "a"]), get(["missing", "a", "a", "b"]), get([]), get(["missing"]), list(), put({}), put({ u: undef, v: 1 }), get(["u", "v"]), put({ nested: { a: [1, undef, null] } }), get("nested"),
    put([]), put(["x", "y"]), get("0"), put(map(["m", 1])), get("m"), put(instance({ own: 1 })), get("own"), put(inherits({ above: 1 })), get("above"), put("text"), put(fn), put({ f: fn }), put({ good: 1, f: fn }), get("good"), put({ [repeat("k", 2049)]: 1 }), put(throws("key")), put({ a: throws("key") }),
    get(["a", 1]), get([null]), get([undef]), get([{}]), get([symbol]), get([["a"]]), get({ length: 1, 0: "a" }), get({ $: "Set", items: ["a", "b"] }), get(map(["a", 1])), get(many(2)), del(["a", "missing", "b", "b"]), del([]), del([null]), del({}), get(["a", "b"]),
    put(many(128)), get(Object.keys(many(128))), put(many(129)), get(Object.keys(many(129))), del(Object.keys(many(129))), get(Array.from({ length: 129 }, () => "many 1")), del(Object.keys(many(128))), put({ a: 1 }, { noCache: true }), put({ a: 1 }, 5), put({ a: 2 }, null), get("a"), put({ a: 1 }, "x", {}), put("k", 1, 2, 3),
  ],
  "options": [
    put("k", 1, {}), put("k", 1, { allowUnconfirmed: true, allowConcurrency: true, noCache: true }), put("k", 1, { allowUnconfirmed: "x", noCache: 1 }), put("k", 1, { unknown: 1 }), put("k", 1, undef), put("k", 1, null), put("k", 1, 5), put("k", 1, "x"), put("k", 1, []), put("k", 1, fn), put("k", 1, { allowUnconfirmed: null }), put("k", 1, throws("allowUnconfirmed")), put("k", 1, throws("allowConcurrency")),
    get("k", {}), get("k", { allowConcurrency: true, noCache: true }), get("k", { noCache: throws() }), get("k", null), get("k", undef), get("k", 5), get("k", "json"), get("k", []), get("k", throws("noCache")), get(["k"], { noCache: true }), get(["k"], null), get(["k"], 5), del("k", null), del("k", 5), put("k", 1), del("k", { allowConcurrency: true, allowUnconfirmed: true, noCache: true }), del(["k"], { noCache: true }), del("k", throws("noCache")),
    on("storage", ["sync"]), on("storage", ["sync", 1]), on("storage", ["deleteAll", null]), on("storage", ["deleteAll", 5]), on("storage", ["deleteAll", { allowConcurrency: true, noCache: true }]), on("storage", ["deleteAll"]), list(),
  ],
  "order": [
    ...["b", "a", "A", "a/b", "a/", "aa", "Z", "_", "0", "10", "2", "ä", "é", "e\u0301", "z", "👋", "\uffff", "\u{10000}", "\ue000", "~", " ", "%", "a\0", "a\u0001", ""].map((key) => put(key, 1)), keys(), keys({ reverse: true }), on("storage", ["get", ["👋", "\uffff", "b", "a", "10", "2"]], ["keys"], ["toArray"]),
    ...["a", "a/", "", "ä", "👋", "%", "_", "none", "\uffff", "a\0", "\u{10000}"].map((prefix) => keys({ prefix })), keys({ prefix: units(0xd83d) }),
    ...["a", "a/", "aa", "ä", "", "zzz", "\uffff"].flatMap((key) => [keys({ start: key, limit: 3 }), keys({ startAfter: key, limit: 3 }), keys({ end: key }), keys({ start: key, reverse: true, limit: 3 }), keys({ end: key, reverse: true, limit: 3 })]),
    keys({ start: "a", end: "b" }), keys({ start: "b", end: "a" }), keys({ start: "a", end: "a" }), keys({ startAfter: "a", end: "b" }), keys({ startAfter: "a", end: "a\0" }), keys({ prefix: "a", start: "a/" }), keys({ prefix: "a", start: "A" }), keys({ prefix: "a", start: "b" }), keys({ prefix: "a", end: "a/" }), keys({ prefix: "a", end: "z" }), keys({ prefix: "a", end: "A" }), keys({ prefix: "a", startAfter: "a", limit: 2 }), keys({ prefix: "a", startAfter: "A", limit: 2 }), keys({ prefix: "a", reverse: true, limit: 2 }), keys({ prefix: "", reverse: true, limit: 2 }), keys({ prefix: "a", start: "a/", end: "ab", reverse: true }),
  ],
  "list options": [
    each(12, put("k{#}", "v{#}")), list(), keys({ limit: 1 }), keys({ limit: 12 }), keys({ limit: 13 }), keys({ limit: 1000 }), keys({ limit: 0 }), keys({ limit: -1 }), keys({ limit: "3" }), keys({ limit: "x" }), keys({ limit: 2.9 }), keys({ limit: nan }), keys({ limit: infinity }), keys({ limit: null }), keys({ limit: undef }), keys({ limit: true }), keys({ limit: bigint(2) }), keys({ limit: 1e12 }), keys({ limit: {} }), keys({ limit: 2 ** 32 + 1 }), keys({ limit: 0.5 }),
    list({ start: "a", startAfter: "b" }), list({ start: "a", startAfter: undef, limit: 1 }), list({ startAfter: "k1", start: null, limit: 1 }), keys({ start: 5 }), keys({ start: null, limit: 1 }), keys({ start: undef, limit: 1 }), keys({ startAfter: null, limit: 1 }), keys({ end: null }), keys({ end: undef, limit: 1 }), keys({ prefix: null }), keys({ prefix: undef, limit: 1 }), keys({ prefix: 5 }), keys({ prefix: {} }), keys({ prefix: symbol }), keys({ reverse: "x", limit: 1 }), keys({ reverse: null, limit: 1 }), keys({ reverse: 0, limit: 1 }), keys(throws("limit")), keys(throws("prefix")), keys(throws("reverse")), keys(inherits({ limit: 2 })),
    list(null), list(undef), list(5), list("k"), list([]), list(fn), keys({ limit: 1, allowConcurrency: true, noCache: true }), list({ limit: 1 }, 5), keys({ start: repeat("k", 3000) }), keys({ prefix: repeat("k", 3000) }), keys({ end: repeat("z", 3000), limit: 1 }),
    save("map", list({ limit: 2 })), look(saved("map"), ["@constructor"], ["@name"]), look(saved("map"), ["get", "k0"]), on("storage", ["get", ["k0"]], ["@constructor"], ["@name"]), on("storage", ["put", "k0", "changed"]), look(saved("map"), ["get", "k0"]), del("k0"), keys({ limit: 2 }),
    each(1500, put("n{#}", "{#}")), on("storage", ["list"], ["@size"]), on("storage", ["list", { prefix: "n" }], ["@size"]), on("storage", ["list", { prefix: "n", limit: 1001 }], ["@size"]), on("storage", ["deleteAll"]), on("storage", ["list"], ["@size"]),
  ],
  "at once": [
    all(put("a", 1), put("a", 2), get("a"), put("a", 3), del("a"), get("a"), put("a", 4)), get("a"), all(get("a"), del("a"), get("a"), list(), put("b", 1), list()), all(put("c", 1), on("storage", ["deleteAll"]), put("d", 2), list()), list(), all(put("e", 1), put("e", fn), put("f", 2)), list(), all(put(repeat("k", 2049), 1), put("g", 1)), list(),
    on("storage", ["@put"], ["@length"]), on("storage", ["put", "k", 1], ["@constructor"]),
  ],
  "the class": [
    on("storage", ["@constructor"], ["@name"]), on("storage", ["toString"]), ...["get", "put", "delete", "list", "deleteAll", "transaction", "transactionSync", "getAlarm", "setAlarm", "deleteAlarm", "sync", "getCurrentBookmark", "getBookmarkForTime", "onNextSessionRestoreBookmark", "waitForBookmark", "ensureReplicas", "disableReplicas", "configureReadReplication"].map((name) => on("storage", [`@${name}`])), ...["get", "put", "list", "transaction", "deleteAll", "setAlarm"].map((name) => on("storage", [`@${name}`], ["@length"])), on("storage", ["@primary"]), on("storage", ["@nothing"]), on("globalThis.Object", ["keys", { $: "named", name: "storage" }]), on("globalThis.Object", ["getOwnPropertyNames", { $: "named", name: "storage" }]),
    on("storage", ["@sql"], ["@constructor"], ["@name"]), on("storage", ["@kv"], ["@constructor"], ["@name"]), on("storage", ["transactionSync", fn]), { new: "DurableObjectStorage" }, { new: "SqlStorage" }, { new: "SyncKvStorage" }, ...["DurableObject", "DurableObjectId", "DurableObjectNamespace", "DurableObjectState", "DurableObjectStorage", "DurableObjectTransaction", "SqlStorage", "SyncKvStorage", "WebSocketRequestResponsePair", "DurableObjectStub", "DurableObjectClass", "DurableObjectFacets", "SqlStorageCursor", "Alarm"].map((name) => on("globalThis", [`@${name}`])),
    on("storage.get", ["call", {}, "k"]), on("storage.get", ["call", null, "k"]), on("storage.get", ["@name"]), on("storage.put", ["call", { $: "named", name: "storage" }, "k", 1]), get("k"),
  ],
  "bookmarks": [
    on("storage", ["getCurrentBookmark"], ["@length"]), save("one", on("storage", ["getCurrentBookmark"], ["slice", 9])), on("storage", ["getCurrentBookmark"], ["replace", { $: "RegExp", source: "[0-9a-f]", flags: "g" }, "x"]),
    on("storage", ["getBookmarkForTime", 0]), on("storage", ["getBookmarkForTime", { $: "Date", value: "2024-01-01" }]), on("storage", ["getBookmarkForTime"]), on("storage", ["getBookmarkForTime", "x"]), on("storage", ["getBookmarkForTime", null]), on("storage", ["onNextSessionRestoreBookmark", "x"]), on("storage", ["onNextSessionRestoreBookmark"]), on("storage", ["onNextSessionRestoreBookmark", 5]), on("storage", ["waitForBookmark", "x"]), on("storage", ["waitForBookmark"]), on("storage", ["ensureReplicas"]), on("storage", ["disableReplicas"]), on("storage", ["configureReadReplication", { mode: "auto" }]), on("storage", ["configureReadReplication", { mode: "x" }]), on("storage", ["configureReadReplication"]),
  ],
};
