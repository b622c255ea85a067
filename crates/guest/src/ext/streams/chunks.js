// What counts as bytes, and whether there is something to wait for: what all byte streams ask of what they are given.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  ObjectPrototypeIsPrototypeOf,
  PromisePrototype,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  Uint8Array,
} = primordials;

/** @param {unknown} value */
function isPromise(value) {
  return typeof value === "object" && value !== null && ObjectPrototypeIsPrototypeOf(PromisePrototype, value);
}

/** @param {unknown} chunk @returns {Uint8Array | undefined} its bytes, not copied */
function viewOf(chunk) {
  if (ArrayBufferIsView(chunk)) {
    if (TypedArrayPrototypeGetSymbolToStringTag(chunk) === "Uint8Array") return chunk;
    return TypedArrayPrototypeGetSymbolToStringTag(chunk) === undefined
      ? new Uint8Array(
        DataViewPrototypeGetBuffer(chunk),
        DataViewPrototypeGetByteOffset(chunk),
        DataViewPrototypeGetByteLength(chunk),
      )
      : new Uint8Array(
        TypedArrayPrototypeGetBuffer(chunk),
        TypedArrayPrototypeGetByteOffset(chunk),
        TypedArrayPrototypeGetByteLength(chunk),
      );
  }
  return core.isAnyArrayBuffer(chunk) ? new Uint8Array(chunk) : undefined;
}

/** @param {unknown} chunk @returns {Uint8Array | undefined} a copy of its bytes, or a text's in UTF-8 */
function copyOf(chunk) {
  if (typeof chunk === "string") return core.encode(chunk);
  const view = viewOf(chunk);
  if (view === undefined) return undefined;
  const length = TypedArrayPrototypeGetByteLength(view);
  const copy = new Uint8Array(length);
  if (length > 0) TypedArrayPrototypeSet(copy, view);
  return copy;
}

return { copyOf, isPromise, viewOf };
})();
