// A state with much in it: `write` fills it, `read` says what is there and goes on from it.
//
// Expiries lie in the far future: the state is kept in the repository.

import { bigint, bytes, date, each, keep, map, nan, number, on, raw, regexp, repeat, response, save, saved, undef, verbatim } from "../lib/values.mjs";

const KV = (...call) => on("KV", call);
const R2 = (...call) => on("R2", call);
const sql = (text, params = [], method = "all") => on("D1", ["prepare", text], ...(params.length > 0 ? [["bind", ...params]] : []), [method]);
const CENTURY = { "cache-control": "max-age=3153600000" };
/** The first of January 2100, for alarms. */
const FAR = 4102444800000;
const PART = 5 * 1024 * 1024;
const at = (path) => `http://cache.test/${path}`;
/** Twenty years: the state is kept, and all its times count as the present. */
export const SPAN_MS = 20 * 365 * 86_400_000;
const KEYS = ["a", "a/", "a/b", "a//b", "A", "ä", "👋", "..x", " ", "%2f", "[", "z"];

/** Operations in an object of a name. Its times are of the state, too. */
const inside = (namespace, name) => (...operations) => on(namespace, ["getByName", name], ["run", verbatim(operations), SPAN_MS]);
const room = inside("OBJECTS", "room");
const legacy = inside("LEGACY", "old kind 👋");
const rings = inside("OBJECTS", "rings");
const emptied = inside("OBJECTS", "emptied");
const storage = (...call) => on("storage", call);
const exec = (...args) => on("sql", ["exec", ...args], ["toArray"]);
/** All kinds of values that an object stores. */
const VALUES = { text: "ä👋", empty: "", number: 1.5, "minus zero": number("-0"), nan, big: bigint("-123456789012345678901234567890"), yes: true, null: null, date: date("2024-02-29T12:00:00.123Z"), regexp, list: [1, undef, { a: null }], map: map(["a", 1], [{ b: 2 }, [3]]), set: { $: "Set", items: ["x", 1] }, error: { $: "Error", message: "kept" }, bytes: raw([0, 255, 128]), buffer: raw([1, 2, 3], "ArrayBuffer"), words: raw([1, 0, 2, 0], "Uint16Array"), large: repeat("large ", 20_000), "ключ": 1, "a/b": 2 };

export const write = [
  ...KEYS.map((key, index) => KV("put", key, `value of ${key}`, { metadata: { index, key } })),
  KV("put", "bytes", raw([0, 255, 128])), KV("put", "empty", ""), KV("put", "expires", "later", { expiration: 2147480000 }), KV("put", "large", repeat("large ", 20_000)), KV("put", "replaced", "old", { metadata: 1 }), KV("put", "replaced", "new"), KV("put", "deleted", "x"), KV("delete", "deleted"), KV("put", "falsy", "x", { metadata: 0 }), each(30, KV("put", "many/{#}", "{#}")),
  ...KEYS.map((key, index) => R2("put", key, `object ${key}`, { customMetadata: { index: String(index) } })),
  R2("put", "full", "hello", { sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", httpMetadata: { contentType: "text/plain", contentLanguage: "de", contentDisposition: "inline", contentEncoding: "identity", cacheControl: "no-store", cacheExpiry: date("2099-01-01") }, storageClass: "InfrequentAccess" }),
  R2("put", "empty", ""), R2("put", "large", bytes("large ".repeat(20_000))), R2("put", "replaced", "old"), R2("put", "replaced", "new"), R2("put", "deleted", "x"), R2("delete", ["deleted", "none"]),
  keep("done", R2("createMultipartUpload", "parts", { customMetadata: { by: "parts" } })), keep("d1", on("$done", ["uploadPart", 1, repeat("x", PART)])), keep("d2", on("$done", ["uploadPart", 2, "the end"])), keep("object", on("$done", ["complete", [saved("d1"), saved("d2")]])),
  keep("open", R2("createMultipartUpload", "open", { httpMetadata: { contentType: "text/open" } })), keep("o1", on("$open", ["uploadPart", 1, "first and only"])), KV("put", "upload id", saved("open", "uploadId")), KV("put", "part etag", saved("o1", "etag")),
  on("D1", ["exec", "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, r REAL, b BLOB, n INTEGER DEFAULT 7)"]),
  sql("INSERT INTO t (name, r, b) VALUES ('one', 1.5, x'00ff'), ('zwei 👋', NULL, NULL), ('three', -0.5, zeroblob(3))", [], "run"), sql("CREATE INDEX by_name ON t (name, r)", [], "run"), sql("CREATE VIEW v AS SELECT id, upper(name) AS u FROM t", [], "run"), sql("CREATE TABLE log (id INTEGER, what TEXT)", [], "run"), on("D1", ["exec", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id, 'added'); END"]), sql("INSERT INTO t (name) VALUES (?)", ["after the trigger"], "run"), sql("DELETE FROM t WHERE name = 'three'", [], "run"), sql("CREATE VIRTUAL TABLE f USING fts5(text)", [], "run"), sql("INSERT INTO f VALUES ('full text search'), ('nothing here')", [], "run"), sql("CREATE TABLE g (a, b AS (a * 2) STORED, PRIMARY KEY (a)) WITHOUT ROWID", [], "run"), sql("INSERT INTO g (a) VALUES (1), (2)", [], "run"), sql("INSERT INTO log SELECT value, 'many' FROM json_each(?)", [JSON.stringify(Array.from({ length: 300 }, (_, index) => index))], "run"),
  keep("c", on("caches", ["open", "state"])), on("$c", ["put", at("a"), response("cached", { headers: { ...CENTURY, etag: '"a"', "x-own": "kept", "content-type": "text/x" } })]), on("$c", ["put", at("large"), response(repeat("large ", 20_000), { headers: CENTURY })]), on("$c", ["put", at("deleted"), response("x", { headers: CENTURY })]), on("$c", ["delete", at("deleted")]), on("$c", ["put", at("missing"), response("not here", { status: 404, headers: CENTURY })]), on("caches.default", ["put", at("default"), response("by default", { headers: CENTURY })]),
  room(storage("put", VALUES), storage("put", "deleted", 1), storage("delete", "deleted"), each(150, storage("put", "many/{#}", { n: "{#}" })), on("kv", ["put", "sync", { a: [1] }])),
  room(exec("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, r REAL, b BLOB); CREATE INDEX by_name ON t (name, r); CREATE VIEW v AS SELECT id, upper(name) AS u FROM t; CREATE TABLE log (id INTEGER, what TEXT); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id, 'added'); END"), exec("INSERT INTO t (name, r, b) VALUES (?, ?, ?), ('zwei 👋', NULL, zeroblob(3))", "one", 1.5, raw([0, 255])), exec("DELETE FROM t WHERE name = 'none'"), exec("CREATE VIRTUAL TABLE f USING fts5(text)"), exec("INSERT INTO f VALUES ('full text search'), ('nothing here')"), exec("INSERT INTO log SELECT value, 'many' FROM json_each(?)", JSON.stringify(Array.from({ length: 300 }, (_, index) => index)))),
  room(storage("transaction", { $: "runs", operations: [storage("put", "thrown away", 1), on("$txn", ["rollback"])], as: "txn" }), storage("setAlarm", FAR)),
  legacy(storage("put", VALUES), storage("put", "more", 1), storage("setAlarm", FAR + 1)), emptied(storage("put", "k", 1), exec("CREATE TABLE gone (x)"), storage("deleteAll")),
  each(20, on("OBJECTS", ["getByName", "room {#}"], ["run", verbatim([storage("put", "n", "{#}")])])),
  keep("unique", on("OBJECTS", ["newUniqueId"])), keep("hex", on("$unique", ["toString"])), KV("put", "unique id", saved("hex")), on("OBJECTS", ["get", saved("unique")], ["run", verbatim([storage("put", "of a unique id", true)])]),
  // The last one: the other server rings it.
  rings(on("object", ["onAlarms", verbatim({ operations: [storage("put", "rang", true)] })]), storage("setAlarm", { $: "now", seconds: 3, as: "ms" })),
];

export const read = [
  // First of all: an instance that has nothing to do is gone after some seconds, and what its alarm told with it.
  rings(on("object", ["alarmed"]), storage("get", "rang"), storage("getAlarm")),
  KV("list"), KV("list", { prefix: "many/", limit: 7 }), ...KEYS.map((key) => KV("getWithMetadata", key)), KV("get", "bytes", "arrayBuffer"), KV("get", "empty"), KV("getWithMetadata", "expires"), KV("get", "large"), KV("getWithMetadata", "replaced"), KV("get", "deleted"), KV("getWithMetadata", "falsy"), KV("get", ["a", "z", "none"]),
  KV("put", "a", "changed"), KV("get", "a"), KV("delete", "z"), KV("get", "z"), KV("put", "new", "by the second"), KV("list", { prefix: "a" }),
  R2("list"), R2("list", { include: ["httpMetadata", "customMetadata"], delimiter: "/" }), ...KEYS.map((key) => R2("get", key)), R2("get", "full"), R2("get", "empty"), R2("get", "large"), R2("get", "replaced"), R2("get", "deleted"), R2("get", "parts"), R2("get", "parts", { range: { offset: PART - 3, length: 6 } }), R2("head", "parts"), R2("head", "open"),
  keep("id", KV("get", "upload id")), keep("etag", KV("get", "part etag")), keep("open", R2("resumeMultipartUpload", "open", saved("id"))), on("$open", ["complete", [{ partNumber: 1, etag: saved("etag") }]]), R2("get", "open"), R2("put", "a", "changed", { onlyIf: { etagDoesNotMatch: "x" } }), R2("get", "a"), R2("delete", "parts"), R2("get", "parts"), R2("put", "new", "by the second"), R2("list", { startAfter: "full" }),
  sql("SELECT * FROM t ORDER BY id"), sql("SELECT * FROM t WHERE name = 'zwei 👋'"), sql("SELECT * FROM v"), sql("SELECT * FROM f WHERE f MATCH 'text'"), sql("SELECT * FROM g"), sql("SELECT what, count(*) AS c FROM log GROUP BY what"), sql("SELECT * FROM sqlite_sequence"), sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'f%' ORDER BY name"), sql("INSERT INTO t (name) VALUES ('by the second') RETURNING id, n"), sql("INSERT INTO t (name) VALUES ('one')"), sql("UPDATE t SET r = 9 WHERE id = 1", [], "run"), sql("SELECT * FROM t ORDER BY id DESC LIMIT 2"), sql("INSERT INTO f VALUES ('more text')", [], "run"), sql("SELECT count(*) AS c FROM f WHERE f MATCH 'text'"), sql("SELECT count(*) AS c FROM log"), sql("PRAGMA table_info(t)"),
  keep("c", on("caches", ["open", "state"])), on("$c", ["match", at("a")], ["text"]), on("$c", ["match", at("a")], ["@headers"], ["get", "x-own"]), on("$c", ["match", at("a")], ["@headers"], ["get", "cf-cache-status"]), on("$c", ["match", { $: "Request", url: at("a"), init: { headers: { "if-none-match": '"a"' } } }], ["@status"]), on("$c", ["match", { $: "Request", url: at("large"), init: { headers: { range: "bytes=6-10" } } }], ["text"]), on("$c", ["match", at("large")], ["arrayBuffer"]), on("$c", ["match", at("deleted")]), on("$c", ["match", at("missing")], ["@status"]), on("caches.default", ["match", at("default")], ["text"]), on("caches.default", ["match", at("a")]), on("$c", ["delete", at("a")]), on("$c", ["match", at("a")]), on("$c", ["put", at("new"), response("by the second", { headers: CENTURY })]), on("$c", ["match", at("new")], ["text"]),
  room(storage("get", Object.keys(VALUES)), storage("list"), storage("list", { prefix: "many/1", reverse: true }), storage("getAlarm"), on("kv", ["get", "sync"]), on("kv", ["get", "map"])), room(exec("SELECT * FROM t ORDER BY id"), exec("SELECT * FROM v"), exec("SELECT * FROM f WHERE f MATCH 'text'"), exec("SELECT what, count(*) AS c FROM log GROUP BY what"), exec("SELECT * FROM sqlite_sequence"), exec("SELECT type, name, sql FROM sqlite_master WHERE name IN ('t', 'by_name', 'v', 'log', 'tr') ORDER BY name"), exec("SELECT * FROM t WHERE name = 'zwei 👋'")),
  room(storage("put", "by the second", 1), storage("delete", "text"), storage("list", { limit: 3 }), exec("INSERT INTO t (name) VALUES ('by the second') RETURNING id"), exec("INSERT INTO t (name) VALUES ('one')"), exec("INSERT INTO f VALUES ('more text')"), exec("SELECT count(*) AS c FROM f WHERE f MATCH 'text'"), exec("SELECT count(*) AS c FROM log"), storage("setAlarm", FAR + 5), storage("getAlarm"), storage("deleteAlarm"), storage("getAlarm")), legacy(storage("list"), storage("getAlarm"), storage("get", "map"), storage("deleteAll"), storage("list")), emptied(storage("list"), exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'"), storage("put", "k", 2), storage("get", "k")),
  each(20, on("OBJECTS", ["getByName", "room {#}"], ["getKey", "n"])), keep("hex", KV("get", "unique id")), keep("unique", on("OBJECTS", ["idFromString", saved("hex")])), on("OBJECTS", ["get", saved("unique")], ["getKey", "of a unique id"]), on("OBJECTS", ["getByName", "new"], ["run", verbatim([storage("list"), storage("put", "k", 1), on("id", ["@name"])])]),
];
