import { all, bigint, date, fn, infinity, nan, now, number, on, save, steps, symbol, throws, undef, verbatim } from "../lib/values.mjs";

export const places = ["sqlite", "legacy"];

const set = (...args) => on("storage", ["setAlarm", ...args]);
const get = (...args) => on("storage", ["getAlarm", ...args]);
const del = (...args) => on("storage", ["deleteAlarm", ...args]);
const FAR = 4102444800000;
const fires = (lists, ...before) => [on("object", ["onAlarms", ...lists.map((one) => verbatim(one))]), ...before];
const fired = (...start) => all(on("object", ["alarmed"]), ...start);

export default {
  "set, get and delete": [
    get(), set(FAR), get(), set(FAR + 1), get(), set(date("2100-06-01T00:00:00Z")), get(), del(), get(), del(), set(FAR + 0.9), get(), set(String(FAR)), get(), set("2100-01-01"), set("x"), set(nan), set(infinity), set(number("-Infinity")), set(-1), set(date("NaN")), set(null), set(undef), set(), set(bigint(FAR)), set({}), set([]), set([FAR]), set(symbol), set(true), set(fn), set(throws()), set(8.64e15), get(), set(8.64e15 + 1), set(9e15), set(2 ** 63), set(1e19), set(1e300), get(), set(date("+275760-09-13T00:00:00Z")), get(), set(253402300799999), get(), set(9007199254740991), get(), set(9223372036854), get(), set(9223372036855), get(),
    set(FAR, {}), set(FAR, { allowConcurrency: true, allowUnconfirmed: true, noCache: true }), set(FAR, null), set(FAR, undef), set(FAR, 5), set(FAR, throws("allowConcurrency")), get({}), get({ allowConcurrency: true }), get(null), get(5), get(throws("allowConcurrency")), del({}), del(null), del(5), set(FAR), all(get(), del(), get(), set(FAR + 5), get()), get(), on("storage", ["deleteAll"]), get(), set(FAR), on("storage", ["deleteAll", { deleteAlarm: false }]), get(), del(),
  ],
  "firing": [
    ...fires([{ operations: [get(), set(FAR), get(), del(), get(), on("storage", ["get", "on alarm"]), on("storage", ["put", "by the alarm", 1])] }]), fired(set(1)), get(), on("storage", ["get", "by the alarm"]),
    ...fires([{ operations: [get()] }]), fired(set(now(0, "ms"))), get(),
    ...fires([{ operations: [set(1)] }, { operations: [get()] }]), fired(set(1)), on("object", ["alarmed"]), get(),
    ...fires([{ operations: [on("storage", ["put", "kept though it throws", 1])], throws: "thrown by the alarm" }, { operations: [get(), on("storage", ["get", "kept though it throws"])] }]), fired(set(1)), get(), on("object", ["alarmed"]), get(),
    ...fires([{ operations: [set(FAR)], throws: "thrown after setting" }]), fired(set(1)), get(), del(),
    fired(set(2)), get(), fired(set(date("1970-01-02T00:00:00Z"))), set(0), all(set(1), get(), del()), get(), all(set(1), set(FAR)), get(), del(),
    ...fires([{ operations: [del()], throws: "thrown after deleting" }]), fired(set(1)), get(),
  ],
};
