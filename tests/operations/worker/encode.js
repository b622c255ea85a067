// Results as JSON: `{ "$": class, … }` for what is no plain value, own properties in their order, getters behind them,
// those that are undefined as a list of names, bodies read. What is long becomes its length and digest.
//
// What must differ between two runs is made equal here, the same way for every server: the present is `<now>`, names that
// a server makes up are numbered in the order they are first seen, durations are `<duration>`.

/** Characters or bytes up to which a content is shown in full. */
const SHOWN = 256;
/** Characters up to which a message is shown in full. */
const MESSAGE = 2000;
/** Items up to which an array is shown in full. */
const LISTED = 30;
/** Milliseconds around the start of the script that count as the present. */
const PRESENT_MS = 600_000;
/** Milliseconds around it in which an expiry is one relative to it. */
const LATER_MS = 40 * 86_400_000;
/** Properties whose strings are made up by the server. */
const MADE_UP = new Set(["version", "uploadId"]);
/** Properties whose numbers are measured. */
const MEASURED = new Set(["duration", "sql_duration_ms"]);
/** Response headers that say nothing about what was asked. */
const NOISE = new Set(["cf-ray", "date", "server", "connection", "transfer-encoding"]);

export class Encoder {
  #start;
  #span_ms;
  #known = new Map();
  #counts = new Map();

  /** `span_ms`: milliseconds around `start` that count as the present. */
  constructor(start, span_ms = PRESENT_MS) {
    this.#start = start;
    this.#span_ms = span_ms;
  }

  async value(value, key) {
    switch (typeof value) {
      case "undefined":
        return { $: "undefined" };
      case "string":
        return this.#string(value, key);
      case "number":
        return this.#number(value, key);
      case "bigint":
        return { $: "bigint", value: String(value) };
      case "symbol":
        return { $: "symbol", value: String(value) };
      case "function":
        return { $: "function", name: value.name };
      case "boolean":
        return value;
    }
    if (value === null) return null;
    if (Array.isArray(value)) {
      const items = [];
      for (const item of value) items.push(await this.value(item));
      if (items.length <= LISTED) return items;
      const sha256 = await digest(new TextEncoder().encode(JSON.stringify(items)));
      return { $: "array", length: items.length, starts: items.slice(0, 2), ends: items.slice(-1), sha256 };
    }
    return this.#object(value);
  }

  /** An error, with all that it carries except its stack. */
  async error(error) {
    if (!(error instanceof Error)) return { $: "not an error", value: await this.value(error) };
    const shown = { $: error.constructor?.name, name: error.name, message: await this.#message(error.message) };
    if ("cause" in error) shown.cause = await (error.cause instanceof Error ? this.error(error.cause) : this.value(error.cause));
    for (const key of Object.keys(error)) {
      if (!["name", "message", "stack", "cause"].includes(key)) shown[key] = await this.value(error[key], key);
    }
    return shown;
  }

  /** Some texts hold a stack of the server's own code: places in files are nobody's business. */
  async #message(text) {
    const known = this.#replace(text.replace(/\n +at .*/g, "").replace(/(internal error; reference =) \w+/, "$1 <reference>"));
    return known.length > MESSAGE ? { length: known.length, sha256: await digest(new TextEncoder().encode(known)) } : known;
  }

  async #object(value) {
    if (value instanceof Error) return this.error(value);
    if (value instanceof Promise) {
      return value.then(
        async (given) => ({ $: "Promise", ok: await this.value(given) }),
        async (error) => ({ $: "Promise", error: await this.error(error) }),
      );
    }
    if (value instanceof Date) return { $: "Date", value: this.#date(value) };
    if (value instanceof ArrayBuffer) return this.#bytes("ArrayBuffer", new Uint8Array(value));
    if (ArrayBuffer.isView(value)) {
      return this.#bytes(value.constructor.name, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (value instanceof ReadableStream) return this.#stream(value);
    if (value instanceof Headers) return { $: "Headers", entries: this.#headers(value) };
    if (value instanceof Response) return this.#response(value);
    if (value instanceof Blob) {
      return { $: value.constructor.name, type: value.type, size: value.size, content: await this.value(await value.arrayBuffer()) };
    }
    if (value instanceof Map) return { $: "Map", entries: await this.value([...value]) };
    if (value instanceof Set) return { $: "Set", items: await this.value([...value]) };
    return this.#properties(value);
  }

  /** A plain object, or an object of a class with its getters. */
  async #properties(value) {
    const prototype = Object.getPrototypeOf(value);
    const plain = prototype === Object.prototype;
    const shown = plain ? {} : { $: prototype === null ? "null" : (value.constructor?.name ?? "?") };
    const absent = [];
    const add = async (name, key) => {
      const found = value[key];
      if (found === undefined) absent.push(name);
      else shown[name] = await this.value(found, key);
    };
    for (const key of Object.keys(value)) await add(key, key);
    if (plain && "$" in value) return { $: "object", entries: await this.value(Object.entries(value)) };
    if (!plain && prototype !== null) {
      for (const key of getters(prototype)) await add(`get ${key}`, key);
    }
    if (absent.length > 0) shown["$undefined"] = absent;
    return shown;
  }

  async #response(response) {
    const boundary = /boundary="?([^";]+)/.exec(response.headers.get("content-type") ?? "")?.[1];
    if (boundary !== undefined) this.#know("boundary", boundary);
    const shown = { $: "Response", status: response.status, statusText: response.statusText };
    shown.headers = this.#headers(response.headers);
    for (const key of ["url", "redirected", "type"]) if (response[key] !== DEFAULTS[key]) shown[key] = response[key];
    shown.body = response.body === null ? null : await this.#stream(response.body);
    return shown;
  }

  #headers(headers) {
    const entries = [...headers].filter(([name]) => !NOISE.has(name));
    return entries.map(([name, value]) => {
      if (name === "age" && Number(value) < 60) return [name, "<age>"];
      const time = /^\w{3}, \d/.test(value) ? new Date(value) : undefined;
      return [name, time && this.#present(time.getTime()) ? "<now>" : this.#replace(value)];
    });
  }

  async #stream(stream) {
    if (stream.locked) return { $: "ReadableStream", locked: true };
    const pieces = [];
    try {
      for await (const piece of stream) pieces.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    } catch (error) {
      return { $: "ReadableStream", failed: await this.error(error) };
    }
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    // A part of a multipart body shows the boundary that the head has told.
    const text = this.#counts.has("boundary") && bytes.byteLength < 4096 ? this.#replace(new TextDecoder().decode(bytes)) : "";
    return this.#bytes("ReadableStream", text.includes("<boundary ") ? new TextEncoder().encode(text) : bytes);
  }

  async #bytes(kind, bytes) {
    if (bytes.byteLength > SHOWN) {
      return { $: kind, length: bytes.byteLength, sha256: await digest(bytes) };
    }
    try {
      return { $: kind, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
    } catch {
      return { $: kind, hex: hex(bytes) };
    }
  }

  async #string(text, key) {
    // The etag of a part is made up, that of an object is a digest.
    if (MADE_UP.has(key) || (key === "etag" && text.length > 64)) this.#know(key, text);
    if (!text.isWellFormed()) return { $: "units", units: [...text].map((one) => one.codePointAt(0)) };
    if (text.length > SHOWN) {
      return { $: "text", length: text.length, starts: text.slice(0, 40), sha256: await digest(new TextEncoder().encode(text)) };
    }
    return this.#replace(text);
  }

  #number(number, key) {
    if (MEASURED.has(key)) return "<duration>";
    if (key === "expiration" && Math.abs(number * 1000 - this.#start) < LATER_MS) {
      return `<now + ${Math.floor((number - Math.floor(this.#start / 1000)) / 60) * 60}>`;
    }
    if (number > 1e12 && this.#present(number)) return "<now>";
    if (Object.is(number, -0) || !Number.isFinite(number)) return { $: "number", value: Object.is(number, -0) ? "-0" : String(number) };
    return number;
  }

  #date(date) {
    const time = date.getTime();
    if (Number.isNaN(time)) return "NaN";
    return this.#present(time) ? "<now>" : date.toISOString();
  }

  #present(ms) {
    return Math.abs(ms - this.#start) < this.#span_ms;
  }

  #know(kind, text) {
    if (this.#known.has(text) || text.length < 16) return;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#known.set(text, `<${kind} ${count}>`);
  }

  #replace(text) {
    for (const [known, name] of this.#known) text = text.replaceAll(known, name);
    return text.replace(/\b\d{10}\b/g, (seconds) => (this.#present(Number(seconds) * 1000) ? "<now>" : seconds));
  }
}

const DEFAULTS = { url: "", redirected: false, type: "default" };

function getters(prototype) {
  const names = new Set();
  for (let at = prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (get) names.add(key);
  }
  return names;
}

async function digest(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
