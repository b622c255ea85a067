import { on, steps } from "../lib/values.mjs";

export const places = ["legacy"];

export default {
  "a class without SQLite": [
    on("storage", ["@sql"]), on("storage", ["@kv"]), on("storage", ["transactionSync", steps([])]), on("storage", ["put", "k", 1]), on("storage", ["get", "k"]), on("storage", ["@sql"], ["exec", "SELECT 1"]), on("storage", ["getCurrentBookmark"], ["@length"]),
  ],
};
