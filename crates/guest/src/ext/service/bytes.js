// The bytes behind buffers and views.
(function () {
const { core, primordials } = __bootstrap;
const {
  ArrayBufferIsView,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8Array,
} = primordials;

/**
 * What a buffer or a view shows, uncopied; `undefined` for anything else.
 * @param {unknown} value
 * @returns {Uint8Array | undefined}
 */
function bytesOf(value) {
  if (!ArrayBufferIsView(value)) return core.isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
  if (TypedArrayPrototypeGetSymbolToStringTag(value) === undefined) {
    return new Uint8Array(
      DataViewPrototypeGetBuffer(value),
      DataViewPrototypeGetByteOffset(value),
      DataViewPrototypeGetByteLength(value),
    );
  }
  return new Uint8Array(
    TypedArrayPrototypeGetBuffer(value),
    TypedArrayPrototypeGetByteOffset(value),
    TypedArrayPrototypeGetByteLength(value),
  );
}

return { bytesOf };
})();
