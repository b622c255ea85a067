// What production adds to the standard's streams, and where it decides otherwise, beyond deno_web's patched source:
// reads into buffers, and strategies.
(function () {
const { core, primordials } = __bootstrap;
const {
  DataViewPrototypeGetByteLength,
  ObjectDefineProperty,
  PromiseReject,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypeError,
} = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const internal = core.loadExtScript("ext:lopata/streams/internal.js");
const {
  Deferred,
  hooks,
  ReadableStreamBYOBReader,
  readableStreamBYOBReaderRead,
  ReadableStreamBYOBReadIntoRequest,
  toInt,
} = streams;
const { _stream } = streams.slots;
const { prototype } = ReadableStreamBYOBReader;

/** Bytes of the buffer that a read without one gets, unless the source says otherwise. */
const CHUNK_BYTES = 4096;

hooks.chunkSize = () => compat.has("streams_no_default_auto_allocate_chunk_size") ? undefined : CHUNK_BYTES;

/**
 * @param {ReadableStreamBYOBReader} reader
 * @param {ArrayBufferView} view
 * @param {number} min elements
 * @param {boolean} keepBuffer whether the view stays usable while it is read into, as it was once
 */
function read(reader, view, min, keepBuffer) {
  if (reader[_stream] === undefined) {
    return PromiseReject(new TypeError("This ReadableStream reader has been released."));
  }
  const isDataView = TypedArrayPrototypeGetSymbolToStringTag(view) === undefined;
  const length = isDataView ? DataViewPrototypeGetByteLength(view) : TypedArrayPrototypeGetByteLength(view);
  if (length === 0) {
    return PromiseReject(
      new TypeError('You must call read() on a "byob" reader with a positive-sized TypedArray object.'),
    );
  }
  if (min === 0) return PromiseReject(new TypeError("Requested invalid minimum number of bytes to read (0)."));
  const bytes = min < 0 || min > length || isDataView ? min : min * view.BYTES_PER_ELEMENT;
  if (bytes < 0 || bytes > length) {
    return PromiseReject(
      new TypeError(`Minimum bytes to read (${internal.unsignedText(bytes)}) exceeds size of buffer (${length}).`),
    );
  }
  const deferred = new Deferred();
  const request = new ReadableStreamBYOBReadIntoRequest(deferred);
  request.keepBuffer = keepBuffer;
  readableStreamBYOBReaderRead(reader, view, min, request);
  return deferred.promise;
}

ObjectDefineProperty(prototype, "read", {
  __proto__: null,
  value: function (view, options = undefined) {
    let min = 1;
    try {
      webidl.assertBranded(this, prototype);
      const prefix = "Failed to execute 'read' on 'ReadableStreamBYOBReader'";
      view = webidl.converters.ArrayBufferView(view, prefix, "Argument 1");
      if (options !== undefined) {
        ({ min } = webidl.converters.ReadableStreamBYOBReaderReadOptions(options, prefix, "Argument 2"));
      }
    } catch (error) {
      return PromiseReject(error);
    }
    return read(this, view, min, !compat.has("streams_byob_reader_detaches_buffer"));
  },
  writable: true,
  enumerable: true,
  configurable: true,
});
ObjectDefineProperty(prototype, "readAtLeast", {
  __proto__: null,
  value: function readAtLeast(minElements, view) {
    try {
      webidl.assertBranded(this, prototype);
      const prefix = "Failed to execute 'readAtLeast' on 'ReadableStreamBYOBReader'";
      minElements = toInt(minElements, prefix, 1);
      view = webidl.converters.ArrayBufferView(view, prefix, "Argument 2");
    } catch (error) {
      return PromiseReject(error);
    }
    return read(this, view, minElements, false);
  },
  writable: true,
  enumerable: true,
  configurable: true,
});
ObjectDefineProperty(prototype.read, "name", { __proto__: null, value: "read", configurable: true });

return {};
})();
