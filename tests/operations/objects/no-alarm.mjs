import { nan, on } from "../lib/values.mjs";

export const places = ["no alarm"];

const FAR = 4102444800000;

export default {
  "a class without an alarm": [
    on("storage", ["setAlarm", FAR]), on("storage", ["getAlarm"]), on("storage", ["deleteAlarm"]), on("storage", ["setAlarm", 0]), on("storage", ["setAlarm", nan]), on("storage", ["setAlarm"]), on("storage", ["transaction", { $: "runs", as: "txn", operations: [on("$txn", ["setAlarm", FAR])] }]),
  ],
};
