import { bigint, blob, bytes, concat, cycle, date, each, fn, headers, instance, look, map, nan, number, on, pattern, raw, regexp, repeat, request, response, save, saved, stream, symbol, throws, undef, units, bare, inherits } from "../lib/values.mjs";

export const places = ["sqlite", "legacy"];

const put = (...args) => on("storage", ["put", ...args]);
const get = (...args) => on("storage", ["get", ...args]);
const both = (...values) => values.flatMap((value) => [put("v", value), get("v")]);
const tag = ($, more) => ({ $, ...more });

export default {
  "kinds": [
    ...both("text", "", "ä👋", units(0xd800), 0, number("-0"), nan, number("Infinity"), 1.5, 2 ** 31, 2 ** 53, -1, bigint(0), bigint("123456789012345678901234567890"), bigint("-1"), true, false, null, date("2024-02-29T12:00:00.123Z"), date("NaN"), regexp, [], [1, undef, null], {}, { a: { b: [1] } }, { a: undef }, map(["a", 1], [1, "a"]), tag("Set", { items: [1, "a"] }), tag("Error", { message: "kept" }), bytes("bytes"), raw([0, 255], "ArrayBuffer"), raw([1, 0, 2, 0], "Uint16Array"), raw([1, 0, 0, 0, 0, 0, 0, 0], "BigInt64Array"), raw([1, 2], "DataView"), raw([1, 2], "Uint8ClampedArray"), pattern(5000), instance({ own: 1 }), bare({ own: 1 }), inherits({ above: 1 }), { "__proto__x": 1, $: "object", entries: [["__proto__", 1]] }),
    put("v", cycle), on("storage", ["get", "v"], ["@self"], ["@self"], ["@constructor"], ["@name"]), put("v", 0), ...both(symbol, fn, { f: fn }, { s: symbol }, [symbol], throws("key"), blob("text/plain", "x"), headers({ a: "b" }), response("x"), stream("x"), tag("URL", { value: "http://x.test/" }), tag("FormData", { entries: [] }), tag("URLSearchParams", { value: "a=1" })),
    put("v", { $: "named", name: "storage" }), put("v", { $: "named", name: "ctx" }), put("v", { $: "named", name: "id" }), put("v", request("http://x.test/", { headers: { a: "b" }, method: "PUT" })), on("storage", ["get", "v"], ["@method"]), on("storage", ["get", "v"], ["@url"]), put("v", request("http://x.test/", { body: "x", method: "PUT" })), put("v", 1), put("v", { $: "named", name: "globalThis" }), put("v", { $: "named", name: "OBJECTS" }), get("v"),
  ],
  "identity": [
    save("list", { on: [1, 2] }), put("v", { a: saved("list"), b: saved("list") }), save("got", get("v")), on("globalThis.Object", ["is", saved("got", "a"), saved("got", "b")]), look(saved("list"), ["push", 3]), get("v"), save("first", get("v")), on("globalThis.Object", ["is", saved("first"), saved("got")]), look(saved("first", "a"), ["push", 9]), get("v"), put("w", saved("list")), look(saved("list"), ["push", 4]), get("w"),
  ],
  "sizes": [
    ...[131_000, 131_067, 131_068, 131_072, 131_100, 131_101, 131_200].map((length) => put("v", repeat("x", length))), get("v"), put("v", pattern(131_072)), put("v", pattern(131_200)), put({ a: repeat("x", 200_000), b: 1 }), get("b"), put("v", pattern(1_000_000)), put("v", pattern(2 * 1024 * 1024 - 100)), put("v", pattern(2 * 1024 * 1024)), put("v", pattern(2 * 1024 * 1024 + 100)), put("v", pattern(4 * 1024 * 1024 - 100)), get("v"), put("v", pattern(5 * 1024 * 1024)), put("v", pattern(17 * 1024 * 1024)), get("v"), put("v", 1), get("v"),
  ],
};
