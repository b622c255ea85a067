import { all, bigint, blob, byteStream, bytes, date, fixed, headers, keep, look, nan, on, pattern, repeat, save, saved, stream, symbol, throws, undef, infinity } from "../lib/values.mjs";

const create = (...args) => on("R2", ["createMultipartUpload", ...args]);
const resume = (...args) => on("R2", ["resumeMultipartUpload", ...args]);
const part = (upload, ...args) => on(`$${upload}`, ["uploadPart", ...args]);
const complete = (upload, ...args) => on(`$${upload}`, ["complete", ...args]);
const abort = (upload) => on(`$${upload}`, ["abort"]);
const get = (...args) => on("R2", ["get", ...args]);
const head = (...args) => on("R2", ["head", ...args]);
const list = (...args) => on("R2", ["list", ...args]);
const PART = 5 * 1024 * 1024;

export default {
  "whole uploads": [
    save("u", create("k", { httpMetadata: { contentType: "text/x", cacheExpiry: date("2031-01-01") }, customMetadata: { a: "b" } })), head("k"), list(), look(saved("u"), ["@key"]), on("globalThis.Object", ["keys", saved("u")]),
    save("p1", part("u", 1, pattern(PART))), save("p2", part("u", 2, "end")), complete("u", [saved("p1"), saved("p2")]), get("k"), head("k"), list({ include: ["httpMetadata", "customMetadata"] }), get("k", { range: { offset: PART - 2, length: 4 } }), get("k", { range: { suffix: 2 } }), get("k", { range: { offset: 3, length: 5 } }), on("R2", ["head", "k"], ["@checksums"], ["toJSON"]), get("k", { onlyIf: { etagMatches: "x" } }),
    complete("u", [saved("p1"), saved("p2")]), part("u", 3, "late"), abort("u"), 
    save("one", create("one")), save("o1", part("one", 1, "tiny")), complete("one", [saved("o1")]), get("one"), on("R2", ["put", "one", "replaced"]), get("one"),
    save("rev", create("rev")), save("r3", part("rev", 3, "cc")), save("r1", part("rev", 1, pattern(PART, 1))), save("r2", part("rev", 2, pattern(PART, 2))), complete("rev", [saved("r3"), saved("r1"), saved("r2")]), get("rev"),
    save("gap", create("gap")), save("g10", part("gap", 10, pattern(PART, 3))), save("g500", part("gap", 500, "tail")), complete("gap", [saved("g10"), saved("g500")]), get("gap"), on("R2", ["delete", "gap"]), get("gap"), list(),
  ],
  "parts": [
    keep("u", create("k")), save("a", part("u", 1, pattern(PART))), save("b", part("u", 1, pattern(PART, 9))), complete("u", [saved("a")]), complete("u", [saved("b")]), get("k"),
    keep("v", create("v")), part("v", 0, "x"), part("v", -1, "x"), part("v", 10000, "x"), part("v", 10001, "x"), part("v", "2", "x"), part("v", "x", "x"), part("v", 1.9, "x"), part("v", nan, "x"), part("v", null, "x"), part("v", undef, "x"), part("v", infinity, "x"), part("v", bigint(3), "x"), part("v", 2 ** 31, "x"), part("v"), part("v", 1),
    part("v", 4, bytes("view")), part("v", 5, bytes("buffer", "ArrayBuffer")), part("v", 6, blob("a/b", "blob")), part("v", 7, fixed(4, bytes("four"))), part("v", 8, byteStream(bytes("x"))), part("v", 9, 5), part("v", 9, null), part("v", 9, undef), part("v", 9, { a: 1 }), part("v", 9, ""), part("v", 9, symbol),
    part("v", 11, "x", null), part("v", 11, "x", {}), part("v", 11, "x", 5), part("v", 11, "x", { ssecKey: "short" }), part("v", 11, "x", { unknown: 1 }),
    complete("v", []), complete("v"), complete("v", null), complete("v", [{}]), complete("v", [{ partNumber: 4 }]), complete("v", [{ partNumber: 4, etag: "wrong" }]), complete("v", [{ etag: "x" }]), complete("v", "x"), complete("v", [5]), complete("v", [{ partNumber: "x", etag: "y" }]), complete("v", [{ partNumber: 77, etag: "y" }]), complete("v", [null]), complete("v", { partNumber: 1 }), head("v"),
  ],
  "rules of parts": [
    keep("small", create("small")), save("s1", part("small", 1, "too small")), save("s2", part("small", 2, "last")), complete("small", [saved("s1"), saved("s2")]), complete("small", [saved("s2")]), get("small"),
    keep("uneven", create("uneven")), save("n1", part("uneven", 1, pattern(PART))), save("n2", part("uneven", 2, pattern(PART + 1))), save("n3", part("uneven", 3, "x")), complete("uneven", [saved("n1"), saved("n2"), saved("n3")]), complete("uneven", [saved("n1"), saved("n3")]), get("uneven"),
    keep("longer", create("longer")), save("l1", part("longer", 1, pattern(PART))), save("l2", part("longer", 2, pattern(PART + 5))), complete("longer", [saved("l1"), saved("l2")]), head("longer"),
    keep("twice", create("twice")), save("t1", part("twice", 1, pattern(PART))), complete("twice", [saved("t1"), saved("t1")]), complete("twice", [saved("t1")]), complete("twice", [saved("t1")]),
    keep("other", create("other")), save("x1", part("other", 1, "x")), keep("another", create("another")), complete("another", [saved("x1")]), abort("another"), abort("another"), part("another", 1, "x"), complete("another", []), complete("other", [saved("x1")]), get("other"),
    keep("extra", create("extra")), save("e1", part("extra", 1, "x")), complete("extra", [{ partNumber: 1, etag: saved("e1", "etag"), more: true }]), list(),
  ],
  "resuming": [
    save("u", create("k")), save("again", resume("k", saved("u", "uploadId"))), save("p", part("again", 1, "resumed")), complete("again", [saved("p")]), get("k"),
    save("none", resume("k", "nothing")), part("none", 1, "x"), complete("none", [{ partNumber: 1, etag: "x" }]), complete("none", []), abort("none"),
    save("w", create("w")), save("wrong", resume("other", saved("w", "uploadId"))), part("wrong", 1, "x"), complete("wrong", [{ partNumber: 1, etag: "x" }]), abort("wrong"), abort("w"), abort("w"), part("w", 1, "x"),
    resume(), resume("k"), resume("", "x"), resume("k", ""), resume(1, 2), resume(null, null), resume("k", symbol), resume(repeat("k", 1025), "x"), on("R2", ["resumeMultipartUpload", repeat("k", 1025), "x"], ["uploadPart", 1, "x"]), on("R2", ["resumeMultipartUpload", "k", ""], ["uploadPart", 1, "x"]),
    create(), create(""), create(repeat("k", 1025)), create(null), create("k", null), create("k", 5), create("k", { httpMetadata: 5 }), create("k", { customMetadata: { a: repeat("m", 2048) } }), create("k", { storageClass: "InfrequentAccess" }), create("k", { storageClass: "Nonsense" }), create("k", { httpMetadata: headers({ "content-type": "a/b" }) }), create("k", { ssecKey: "short" }), create("k", { unknown: 1 }), create("k", { customMetadata: 5 }),
    keep("i", create("i", { storageClass: "InfrequentAccess", httpMetadata: headers({ "content-language": "de" }) })), save("i1", part("i", 1, "x")), complete("i", [saved("i1")]), head("i"), on("R2", ["createMultipartUpload", "c"], ["@constructor"], ["@name"]),
    keep("d", create("del")), keep("d1", part("d", 1, "x")), on("R2", ["delete", "del"]), complete("d", [saved("d1")]), get("del"),
    keep("two", create("same")), keep("three", create("same")), keep("a", part("two", 1, "first")), keep("b", part("three", 1, "second")), complete("three", [saved("b")]), get("same"), complete("two", [saved("a")]), get("same"),
    all(create("x"), create("y"), head("x")),
  ],
};
