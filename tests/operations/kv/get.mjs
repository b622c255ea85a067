import { all, bigint, bytes, cycle, each, fn, infinity, map, nan, on, pattern, raw, repeat, symbol, throws, undef, units, converts, inherits } from "../lib/values.mjs";

const put = (...args) => on("KV", ["put", ...args]);
const get = (...args) => on("KV", ["get", ...args]);
const meta = (...args) => on("KV", ["getWithMetadata", ...args]);

export default {
  "types": [
    put("j", '{"a":[1,2,{"b":null}],"c":"x"}', { metadata: { m: 1 } }),
    get("j"), get("j", "text"), get("j", "json"), get("j", "arrayBuffer"), get("j", "stream"),
    get("j", { type: "text" }), get("j", { type: "json" }), get("j", { type: "arrayBuffer" }), get("j", { type: "stream" }), get("j", {}), get("j", { type: undef }), get("j", { type: null }), get("j", null), get("j", undef),
    get("j", "blob"), get("j", { type: "blob" }), get("j", ""), get("j", { type: "" }), get("j", "JSON"), get("j", 1), get("j", { type: 1 }), get("j", true), get("j", []), get("j", ["json"]), get("j", symbol), get("j", fn), get("j", throws("type")), get("j", converts("json")), get("j", inherits({ type: "json" })),
    meta("j"), meta("j", "json"), meta("j", "arrayBuffer"), meta("j", "stream"), meta("j", { type: "json" }), meta("j", "blob"), meta("j", null),
    put("broken", "{broken"), get("broken", "json"), meta("broken", "json"), put("array", "[1]"), get("array", "json"), put("literal", "null"), get("literal", "json"), put("dup", '{"a":1,"a":2,"__proto__":3}'), get("dup", "json"),
    put("bom", raw([0xef, 0xbb, 0xbf, 0x61])), get("bom"), get("bom", "arrayBuffer"), put("cut", raw([0x61, 0xe2, 0x82])), get("cut"),
  ],
  "missing": [
    get("nothing"), get("nothing", "json"), get("nothing", "arrayBuffer"), get("nothing", "stream"), meta("nothing"), meta("nothing", "json"), meta("nothing", "stream"),
    get(""), get("."), get(".."), get(), get(repeat("k", 513)), get(null), get(undef), get(1), get({}), get(nan), get(symbol), get(units(0xd800)), get(throws()),
    meta(""), meta("."), meta(), meta(repeat("k", 513)),
  ],
  "cacheTtl": [
    put("k", "v"),
    get("k", { cacheTtl: 30 }), get("k", { cacheTtl: 29 }), get("k", { cacheTtl: 0 }), get("k", { cacheTtl: -1 }), get("k", { cacheTtl: "60" }), get("k", { cacheTtl: "x" }), get("k", { cacheTtl: nan }), get("k", { cacheTtl: infinity }), get("k", { cacheTtl: 1e10 }), get("k", { cacheTtl: null }), get("k", { cacheTtl: undef }), get("k", { cacheTtl: 45.5 }), get("k", { cacheTtl: bigint(60) }), get("k", { cacheTtl: {} }),
    get("k", { type: "json", cacheTtl: 10 }), meta("k", { cacheTtl: 10 }), meta("k", { cacheTtl: 60 }), get("missing", { cacheTtl: 1 }),
  ],
  "many": [
    put("a", "A"), put("b", '{"x":1}', { metadata: { m: "b" } }), put("c", ""), put("n", "null"), put("z", "0", { metadata: 0 }),
    get(["a", "b", "missing"]), get(["b"], "json"), get(["b", "missing"], { type: "json" }), get(["a", "a", "b"]), get(["missing"]),
    get([]), get(["a"], "arrayBuffer"), get(["a"], "stream"), get(["a"], { type: "stream" }), get(["a"], "nonsense"), get(["a"], { type: "nonsense" }), get(["a"], ""), get(["a"], null), get(["a"], undef), get(["a"], {}), get(["a"], 1), get(["a"], { cacheTtl: 60 }), get(["a"], { cacheTtl: 10 }), get(["a"], { cacheTtl: "x" }),
    get(["a"], "json"), get(["a", "b"], "json"), get(["n"], "json"),
    get([""]), get(["."]), get(["a", ""]), get([repeat("k", 513)]), get([repeat("k", 512)]), get([1, 2]), get([null]), get([undef]), get([{}]), get([["a"]]), get([symbol]),
    get(Array.from({ length: 100 }, (_, index) => `k${index}`)), get(Array.from({ length: 101 }, (_, index) => `k${index}`)), get(Array.from({ length: 101 }, () => "a")),
    meta(["a", "b", "missing"]), meta(["b"], "json"), meta(["z", "a"]), meta(["b"], { type: "json" }), meta([]), meta(["a"], "json"), meta(["a"], "stream"), meta(Array.from({ length: 101 }, (_, index) => `k${index}`)),
    get(map()), get({ length: 1, 0: "a" }), get(cycle),
    get(["ä", "👋", "a/b", "a b"]), put("ä", "umlaut"), put("👋", "hand"), get(["👋", "ä"]),
  ],
  "many and large": [
    each(3, put("big{#}", pattern(9 * 1024 * 1024, 0))),
    get(["big0", "big1"], "text"), get(["big0", "big1", "big2"]), meta(["big0", "big1", "big2"]),
  ],
  "the class": [
    on("KV", ["@constructor"], ["@name"]), on("KV", ["toString"]), on("KV", ["@get"], ["@length"]), on("KV", ["@put"], ["@length"]), on("KV", ["@list"], ["@length"]), on("KV", ["@get"], ["@name"]),
    on("KV", ["@deleteBulk"]), on("KV", ["@nothing"]), on("globalThis", ["@KvNamespace"]), on("globalThis", ["@KVNamespace"]), { new: "KvNamespace" },
    on({ $: "named", name: "KV" }), on("KV", ["@constructor"], ["@prototype"], ["hasOwnProperty", "get"]),
    on("KV", ["@get"], ["call", {}, "key"]), on("KV", ["@get"], ["call", undef, "key"]), on("KV", ["@put"], ["call", null, "key", "value"]),
  ],
  "at once": [
    all(put("x", "1"), put("y", "2"), get("nothing"), put("z", "3")), all(get("x"), get("y"), get("z"), on("KV", ["list"])),
    all(put("x", "4"), get("."), put("", "5"), on("KV", ["delete", "y"])), on("KV", ["list"]),
    put("json", bytes('{"ok":true}')), all(get("json", "json"), get("json", "json"), meta("json")),
  ],
};
