import { all, each, fn, look, on, runs, save, saved, steps, undef } from "../lib/values.mjs";

export const places = ["sqlite", "legacy"];

const put = (...args) => on("storage", ["put", ...args]);
const get = (...args) => on("storage", ["get", ...args]);
const list = (...args) => on("storage", ["list", ...args]);
const txn = (...call) => on("$txn", call);
const transaction = (operations, more) => on("storage", ["transaction", runs(operations, { as: "txn", ...more })]);
const FAR = 4102444800000;

export default {
  "transaction": [
    put("k", "before"), transaction([txn("get", "k"), txn("put", "k", "inside"), txn("get", "k"), get("k")], { gives: "given" }), get("k"),
    txn("get", "k"), txn("put", "k", 1), txn("rollback"), txn("delete", "k"), txn("list"), txn("getAlarm"), txn("setAlarm", FAR), txn("deleteAlarm"), txn("deleteAll"),
    transaction([txn("put", "k", "thrown away"), txn("put", "other", 1), txn("delete", "k")], { throws: "thrown" }), get("k"), get("other"),
    transaction([txn("put", "k", "rolled back"), txn("rollback"), txn("get", "k"), txn("put", "k", "after"), txn("rollback"), txn("list"), txn("delete", "k"), get("k"), put("outside", 1)], { gives: 5 }), get("k"), get("outside"),
    transaction([txn("rollback")], { throws: "after the rollback" }), txn("rollback"),
    transaction([txn("put", { a: 1, b: 2 }), txn("get", ["a", "b", "c"]), txn("list"), txn("list", { prefix: "a" }), txn("delete", ["a", "c"]), txn("delete", "b"), txn("delete", "none"), txn("put", undef), txn("put", "f", fn), txn("get"), txn("deleteAll"), on("storage", ["deleteAll"]), txn("setAlarm", FAR), txn("getAlarm"), on("storage", ["getAlarm"]), txn("deleteAlarm"), txn("getAlarm"), txn("sync"), txn("transaction")]), list(), on("storage", ["getAlarm"]),
    transaction([txn("@constructor"), txn("@sql"), txn("@kv"), txn("toString"), ...["get", "put", "delete", "list", "deleteAll", "rollback", "getAlarm", "setAlarm", "deleteAlarm"].map((name) => txn(`@${name}`))]),
  ],
  "nested": [
    transaction([put("outer", 1), on("storage", ["transaction", runs([put("inner", 1)], { as: "inner", throws: "inner" })]), get("outer"), get("inner")]), list(),
    transaction([put("outer", 2), on("storage", ["transaction", runs([put("inner", 2)])])], { throws: "outer" }), list(),
    transaction([put("outer", 3), on("storage", ["transaction", runs([put("inner", 3), on("$inner", ["rollback"])], { as: "inner" })])]), list(),
    transaction([put("outer", 4), on("storage", ["transaction", runs([txn("put", "through the outer", 1), txn("rollback")])]), get("outer")]), list(),
    transaction([all(on("storage", ["transaction", runs([put("first", 1)])]), on("storage", ["transaction", runs([put("second", 1)], { throws: "second" })]))]), list(),
    all(on("storage", ["transaction", runs([put("one", 1), get("two")])]), on("storage", ["transaction", runs([put("two", 1), get("one")])]), get("one")), list(),
    on("ctx", ["blockConcurrencyWhile", runs([transaction([put("blocked", 1)])], { gives: "done" })]), get("blocked"), transaction([on("ctx", ["blockConcurrencyWhile", runs([put("in both", 1)], { gives: 1 })])]), get("in both"),
  ],
  "arguments": [
    on("storage", ["transaction"]), on("storage", ["transaction", undef]), on("storage", ["transaction", null]), on("storage", ["transaction", "x"]), on("storage", ["transaction", {}]), on("storage", ["transaction", fn]), on("storage", ["transaction", runs([put("x", 1)], { gives: undef }), { lowPriority: true }]), on("storage", ["transaction", runs([]), 5]), on("storage", ["transaction", steps([put("y", 1)], { gives: 7 })]), get("y"), on("storage", ["transaction", steps([put("z", 1)], { throws: "sync" })]), get("z"),
    on("ctx", ["blockConcurrencyWhile", runs([put("b", 1)], { gives: { a: 1 } })]), on("ctx", ["blockConcurrencyWhile", steps([], { gives: 5 })]), on("ctx", ["blockConcurrencyWhile"]), on("ctx", ["blockConcurrencyWhile", null]), on("ctx", ["blockConcurrencyWhile", 5]), on("ctx", ["blockConcurrencyWhile", {}]), on("ctx", ["blockConcurrencyWhile", runs([on("ctx", ["blockConcurrencyWhile", runs([put("c", 1)], { gives: 2 })])], { gives: 1 })]), on("ctx", ["waitUntil"]), on("ctx", ["waitUntil", 5]), on("ctx", ["waitUntil", null]), on("storage", ["transactionSync"]), on("storage", ["transactionSync", null]), on("storage", ["transactionSync", 5]),
  ],
  "alarms inside": [
    on("storage", ["setAlarm", FAR]), transaction([txn("setAlarm", FAR + 1000), txn("getAlarm"), on("storage", ["getAlarm"])], { throws: "back" }), on("storage", ["getAlarm"]), transaction([txn("setAlarm", FAR + 2000), txn("rollback")]), on("storage", ["getAlarm"]), transaction([txn("deleteAlarm")], { throws: "back" }), on("storage", ["getAlarm"]), transaction([txn("deleteAlarm")]), on("storage", ["getAlarm"]), transaction([on("storage", ["setAlarm", FAR + 3000])]), on("storage", ["getAlarm"]), on("storage", ["deleteAlarm"]),
  ],
};
