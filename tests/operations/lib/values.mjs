// Short forms for the tagged values of worker/decode.js and for operations.

export const undef = { $: "undefined" };
export const nan = { $: "number", value: "NaN" };
export const infinity = { $: "number", value: "Infinity" };
export const number = (value) => ({ $: "number", value: String(value) });
export const bigint = (value) => ({ $: "bigint", value: String(value) });
export const symbol = { $: "symbol", value: "s" };
export const fn = { $: "function" };
export const units = (...units) => ({ $: "units", units });
export const repeat = (text, count) => ({ $: "repeat", text, count });
export const concat = (...parts) => ({ $: "concat", parts });
export const bytes = (text, as) => ({ $: "bytes", text, as });
export const raw = (values, as) => ({ $: "bytes", bytes: values, as });
export const pattern = (length, seed = 0, as) => ({ $: "bytes", length, seed, as });
export const stream = (...chunks) => ({ $: "stream", chunks });
export const byteStream = (...chunks) => ({ $: "stream", chunks, bytes: true });
export const fixed = (length, ...chunks) => ({ $: "stream", chunks, fixed: length });
export const failing = (fails, ...chunks) => ({ $: "stream", chunks, fails });
export const blob = (type, ...parts) => ({ $: "Blob", parts, type });
export const date = (value) => ({ $: "Date", value });
export const now = (seconds, as = "s") => ({ $: "now", seconds, as });
export const headers = (entries) => ({ $: "Headers", entries: Array.isArray(entries) ? entries : Object.entries(entries) });
export const request = (url, init) => ({ $: "Request", url, init });
export const response = (body, init) => ({ $: "Response", body, init });
export const saved = (name, ...path) => ({ $: "saved", name, path });
export const named = (name) => ({ $: "named", name });
export const throws = (key) => ({ $: "throws", key });
export const converts = (string, number) => ({ $: "converts", string, number });
export const instance = (own) => ({ $: "instance", own });
export const bare = (own) => ({ $: "bare", own });
export const inherits = (from) => ({ $: "inherits", from });
export const regexp = { $: "RegExp", source: "a", flags: "" };
export const map = (...entries) => ({ $: "Map", entries });
export const cycle = { $: "cycle" };
export const entries = (...entries) => ({ $: "object", entries });

/** Calls on `on`, one after the other on what the one before it gave. */
export const on = (on, ...calls) => ({ on, calls });
/** The same, with the result saved under a name. */
export const save = (as, operation) => ({ ...operation, as });
/** The same, with the result kept out of the answer: it is shown where it is used. */
export const keep = (as, operation) => ({ ...operation, as, quiet: true });
/** All of them at once. */
export const all = (...operations) => ({ all: operations });
/** One operation many times, `{#}` being the number. */
export const each = (times, operation) => ({ each: times, do: operation });
/** What a value is: for results that an earlier operation saved. */
export const look = (value, ...calls) => ({ on: value, calls });

/** Operations for `run` in an object, as an argument. */
export const verbatim = (value) => ({ $: "json", value });
/** A callback that runs operations, awaiting each; `more`: as, throws, gives. */
export const runs = (operations = [], more) => ({ $: "runs", operations, ...more });
/** The same, awaiting nothing. */
export const steps = (operations = [], more) => ({ $: "runs", sync: true, operations, ...more });
/** An operation in each of several. */
export const every = (list, make) => list.map(make);
