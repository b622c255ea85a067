// `assert.partialDeepStrictEqual`: whether a value has everything that another has.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayIsArray,
  ArrayPrototypeEvery,
  ArrayPrototypeFilter,
  MapPrototypeEntries,
  ObjectGetPrototypeOf,
  ObjectKeys,
  ObjectPrototypeHasOwnProperty,
  ObjectPrototypePropertyIsEnumerable,
  ObjectPrototypeToString,
  SafeArrayIterator,
  SetPrototypeValues,
} = primordials;
const { isDeepStrictEqual, isPartialStrictEqual } = core.loadExtScript(
  "ext:deno_node/internal/util/comparisons.ts",
);
const { ownSymbols } = core.loadExtScript("ext:lopata_node/hidden.js");

const isObject = (value) => typeof value === "object" && value !== null;

/** The names of properties that count. @param {object} value */
function keysOf(value) {
  const symbols = ArrayPrototypeFilter(ownSymbols(value), (key) => ObjectPrototypePropertyIsEnumerable(value, key));
  return [...new SafeArrayIterator(ObjectKeys(value)), ...new SafeArrayIterator(symbols)];
}

/**
 * Arrays have to begin alike, members of sets and keys of maps to be equal.
 * @param {unknown} actual @param {unknown} expected
 */
function contains(actual, expected) {
  if (!isObject(actual) || !isObject(expected)) return isDeepStrictEqual(actual, expected);
  if (ObjectGetPrototypeOf(actual) !== ObjectGetPrototypeOf(expected)) return false;
  const tag = ObjectPrototypeToString(expected);
  if (tag !== ObjectPrototypeToString(actual)) return false;
  if (tag === "[object Set]") {
    const members = [...SetPrototypeValues(actual)];
    const has = (wanted) => !ArrayPrototypeEvery(members, (member) => !isDeepStrictEqual(member, wanted));
    return ArrayPrototypeEvery([...SetPrototypeValues(expected)], has);
  }
  if (tag === "[object Map]") {
    const entries = [...MapPrototypeEntries(actual)];
    const has = (wanted) =>
      !ArrayPrototypeEvery(entries, (entry) => !(isDeepStrictEqual(entry[0], wanted[0]) && contains(entry[1], wanted[1])));
    return ArrayPrototypeEvery([...MapPrototypeEntries(expected)], has);
  }
  if (!ArrayIsArray(expected) && tag !== "[object Object]") return isPartialStrictEqual(actual, expected);
  if (ArrayIsArray(expected) && expected.length > actual.length) return false;
  return ArrayPrototypeEvery(
    keysOf(expected),
    (key) => ObjectPrototypeHasOwnProperty(actual, key) && contains(actual[key], expected[key]),
  );
}

return { contains };
})();
