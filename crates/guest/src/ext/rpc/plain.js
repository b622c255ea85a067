// What is plain data: what V8's structured clone copies as production would, and nothing else. Most calls carry that.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  ArrayIsArray,
  MapPrototypeForEach,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectKeys,
  ObjectPrototype,
  SafeSet,
  SetPrototypeForEach,
} = primordials;

// Objects looked at before the scan has to remember which it has seen. Without a memory it is several times faster,
// but a cycle would have no end and shared parts would be looked at again and again.
const SCAN_OBJECTS_MAX = 10_000;
const SCAN_DEPTH_MAX = 64;
/** Longer arrays are looked at by their keys, since most of their places may be empty. */
const DENSE_LENGTH_MAX = 50_000_000;

const SPECIAL = 0;
const PLAIN = 1;
const UNKNOWN = 2;
let scanned = 0;
/** @type {Set<object> | null} */
let seen = null;

/**
 * True for what V8 clones as production would: data and nothing else.
 * @param {unknown} value
 */
function isPlain(value) {
  scanned = 0;
  seen = null;
  let found = scan(value, 0);
  if (found === UNKNOWN) {
    seen = new SafeSet();
    found = scan(value, 0);
    seen = null;
  }
  return found === PLAIN;
}

function scan(value, depth) {
  if (typeof value !== "object") return typeof value === "function" ? SPECIAL : PLAIN;
  if (value === null) return PLAIN;
  if (seen === null) {
    if (++scanned > SCAN_OBJECTS_MAX || depth > SCAN_DEPTH_MAX) return UNKNOWN;
  } else {
    if (seen.has(value)) return PLAIN;
    seen.add(value);
  }
  if (ArrayIsArray(value)) return scanArray(value, depth + 1);
  const prototype = ObjectGetPrototypeOf(value);
  if (prototype === ObjectPrototype) {
    if (core.isNativeError(value)) return SPECIAL;
    const keys = ObjectKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const described = ObjectGetOwnPropertyDescriptor(value, keys[i]);
      // A getter is called once, which V8 would do after a look from here: its value is copied.
      if (described === undefined || described.get !== undefined) return SPECIAL;
      const item = described.value;
      if (typeof item !== "object" && typeof item !== "function") continue;
      const found = scan(item, depth + 1);
      if (found !== PLAIN) return found;
    }
    return PLAIN;
  }
  if (ArrayBufferIsView(value) || isLeaf(value)) return PLAIN;
  let found = SPECIAL;
  if (core.isMap(value)) {
    found = PLAIN;
    MapPrototypeForEach(value, (item, key) => {
      if (found === PLAIN) found = scan(key, depth + 1);
      if (found === PLAIN) found = scan(item, depth + 1);
    });
  } else if (core.isSet(value)) {
    found = PLAIN;
    SetPrototypeForEach(value, (item) => {
      if (found === PLAIN) found = scan(item, depth + 1);
    });
  }
  return found;
}

function scanArray(array, depth) {
  const { length } = array;
  if (length > DENSE_LENGTH_MAX) {
    const keys = ObjectKeys(array);
    for (let i = 0; i < keys.length; i++) {
      const found = scan(array[keys[i]], depth);
      if (found !== PLAIN) return found;
    }
    return PLAIN;
  }
  for (let i = 0; i < length; i++) {
    const item = array[i];
    // Most large arrays are of numbers or strings.
    if (typeof item !== "object" && typeof item !== "function") continue;
    const found = scan(item, depth);
    if (found !== PLAIN) return found;
  }
  return PLAIN;
}

/** What V8 clones and what holds nothing else. */
function isLeaf(value) {
  return core.isAnyArrayBuffer(value) || core.isDate(value) || core.isRegExp(value) || core.isBoxedPrimitive(value);
}

return { DENSE_LENGTH_MAX, isLeaf, isPlain };
})();
