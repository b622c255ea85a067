// Arguments: JSON in which `{ "$": tag, … }` stands for what JSON has no form of.

const VIEWS = { Uint8Array, Int8Array, Uint16Array, Int32Array, Float64Array, BigInt64Array, Uint8ClampedArray, DataView };

/** The value that this JSON stands for. */
export function decode(json, scope) {
  if (Array.isArray(json)) return json.map((item) => decode(item, scope));
  if (json === null || typeof json !== "object") return json;
  if (!("$" in json)) return object(json, scope);
  const tag = TAGS[json.$];
  if (!tag) throw new Error(`unknown tag ${json.$}`);
  return tag(json, scope);
}

function object(json, scope) {
  const made = {};
  for (const [key, value] of Object.entries(json)) {
    Object.defineProperty(made, key, { value: decode(value, scope), enumerable: true, writable: true, configurable: true });
  }
  return made;
}

const TAGS = {
  undefined: () => undefined,
  number: ({ value }) => Number(value),
  bigint: ({ value }) => BigInt(value),
  symbol: ({ value }) => Symbol(value),
  /** Bound, so that its text is nobody's formatting. */
  function: () => function given() {}.bind(null),
  /** A string of its UTF-16 units, for halves of pairs. */
  units: ({ units }) => String.fromCharCode(...units),
  /** `text` so many times. */
  repeat: ({ text, count }) => text.repeat(count),
  /** Strings, joined. */
  concat: ({ parts }, scope) => parts.map((part) => decode(part, scope)).join(""),
  /** Bytes: `text`, `bytes`, or `length` bytes of a pattern that starts at `seed`. */
  bytes: (json) => view(json.as ?? "Uint8Array", content(json)),
  stream: (json, scope) => stream(json, scope),
  Blob: ({ parts, type }, scope) => new Blob(parts.map((part) => decode(part, scope)), { type }),
  Date: ({ value }) => new Date(value === "NaN" ? NaN : value),
  /** The present and so many seconds, as a Date, as seconds or as milliseconds. */
  now: ({ seconds = 0, as = "s" }) => {
    const ms = Date.now() + seconds * 1000;
    return as === "Date" ? new Date(ms) : as === "ms" ? ms : Math.floor(ms / 1000);
  },
  RegExp: ({ source, flags }) => new RegExp(source, flags),
  Map: ({ entries }, scope) => new Map(entries.map((entry) => decode(entry, scope))),
  Set: ({ items }, scope) => new Set(items.map((item) => decode(item, scope))),
  Error: ({ message }) => new Error(message),
  Headers: ({ entries }) => new Headers(entries),
  URL: ({ value }) => new URL(value),
  FormData: ({ entries }) => entries.reduce((form, [name, value]) => (form.append(name, value), form), new FormData()),
  URLSearchParams: ({ value }) => new URLSearchParams(value),
  Request: ({ url, init }, scope) => new Request(decode(url, scope), init && decode(init, scope)),
  Response: ({ body = null, init }, scope) => new Response(decode(body, scope), init && decode(init, scope)),
  /** What an earlier operation saved, or a property of it. */
  saved: ({ name, path = [] }, scope) => path.reduce((value, key) => value[key], scope.saved.get(name)),
  /** What a name stands for: a binding as an argument. */
  named: ({ name }, scope) => scope.names[name],
  /** What is there, tags and all. */
  json: ({ value }) => value,
  /** A callback that runs operations. */
  runs: (json, scope) => scope.callback(json, scope),
  /** An object whose conversion to a string or a number, or whose property `key`, throws. */
  throws: ({ key }) => {
    const fail = () => {
      throw new RangeError("thrown by the argument");
    };
    return key ? Object.defineProperty({}, key, { get: fail, enumerable: true }) : { toString: fail, valueOf: fail };
  },
  /** An object with conversions. */
  converts: ({ string, number }) => ({ toString: () => string, valueOf: () => number ?? string }),
  /** An object of a class. */
  instance: ({ own }, scope) => Object.assign(new (class Given {})(), object(own, scope)),
  /** An object without a prototype. */
  bare: ({ own }, scope) => Object.assign(Object.create(null), object(own, scope)),
  /** An object that inherits all it has. */
  inherits: ({ from }, scope) => Object.create(object(from, scope)),
  /** An object with a cycle. */
  cycle: () => {
    const made = {};
    made.self = made;
    return made;
  },
  /** A plain object, for keys that JSON.parse or tags would take for something else. */
  object: ({ entries }, scope) => object(Object.fromEntries(entries), scope),
};

function content({ text, bytes, length, seed = 0 }) {
  if (text !== undefined) return new TextEncoder().encode(text);
  if (bytes) return Uint8Array.from(bytes);
  const filled = new Uint8Array(length);
  // A pattern whose period is long and no power of two, so that a piece in a wrong place is seen.
  for (let index = 0; index < length; index++) filled[index] = (index * 31 + (index >> 8) * 7 + seed) & 255;
  return filled;
}

function view(kind, bytes) {
  if (kind === "ArrayBuffer") return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  // A view in the middle of its buffer: whoever takes the buffer instead takes too much.
  const size = VIEWS[kind].BYTES_PER_ELEMENT ?? 1;
  const buffer = new ArrayBuffer(bytes.byteLength + 16);
  new Uint8Array(buffer, 8).set(bytes);
  return new VIEWS[kind](buffer, 8, bytes.byteLength / size);
}

/** A stream of `chunks`; `fixed`: of known length; `bytes`: a byte stream; `fails`: with this error after them. */
function stream({ chunks, fixed, bytes, fails, hangs }, scope) {
  const all = chunks.map((chunk) => decode(chunk, scope));
  if (fixed !== undefined) {
    const { readable, writable } = new FixedLengthStream(fixed);
    const writer = writable.getWriter();
    void (async () => {
      for (const chunk of all) await writer.write(chunk);
      await writer.close();
    })().catch(() => {});
    return readable;
  }
  let next = 0;
  return new ReadableStream({
    ...(bytes && { type: "bytes" }),
    pull(controller) {
      if (next < all.length) controller.enqueue(all[next++]);
      else if (fails) controller.error(new TypeError(fails));
      else if (!hangs) controller.close();
    },
  });
}
