//! What is changed in deno_web's streams when the snapshot is made.
//!
//! The classes and algorithms are the standard's; a patch is a place where production says or does something else,
//! or where an internal stream takes over. A patch names the text that it replaces and how often that occurs: a
//! version of deno_web that no longer has it fails the build, and no patch is lost silently.

use std::sync::Arc;

use deno_core::{Extension, ExtensionFileSource, ExtensionFileSourceCode};

/// The script that is changed.
const STREAMS: &str = "ext:deno_web/06_streams.js";

/// One change: each of the `times` places that read `old` becomes `new`.
struct Patch {
    old: &'static str,
    new: &'static str,
    times: usize,
}

const fn patch(old: &'static str, new: &'static str) -> Patch {
    Patch { old, new, times: 1 }
}

const fn everywhere(times: usize, old: &'static str, new: &'static str) -> Patch {
    Patch { old, new, times }
}

/// Changes the streams in deno_web's extension, which has the sources only while the snapshot is made.
pub fn apply(web: &mut Extension) {
    for file in web.lazy_loaded_js_files.to_mut() {
        if file.specifier != STREAMS {
            continue;
        }
        let ExtensionFileSourceCode::LoadedFromFsDuringSnapshot(path) = &file.code else { return };
        let source = std::fs::read_to_string(path).expect("the source of deno_web's streams is readable");
        *file = ExtensionFileSource::new_computed(STREAMS, Arc::from(patched(source)));
    }
}

fn patched(mut source: String) -> String {
    for group in [HOOKS, TEXTS, CONVERSIONS, READABLE, BYTES, WRITABLE] {
        for Patch { old, new, times } in group {
            let found = source.matches(old).count();
            assert_eq!(found, *times, "deno_web's streams have {found} places instead of {times} like this: {old}");
            source = source.replace(old, new);
        }
    }
    source
}

/// Where internal streams take over, and what their script needs to see.
const HOOKS: &[Patch] = &[
    patch(
        "/** @template T */\nclass Deferred {",
        r#"// True in the controller of an internal stream.
const _internal = Symbol("[internal]");
/** Set by lopata's own scripts. */
const hooks = {
  __proto__: null,
  chunkSize: () => undefined,
  expectedLength() {},
};

/** A number as production's integers: what is no number is 0, and fractions are dropped. */
function toInt(value, prefix, position) {
  if (value === undefined) {
    throw new TypeError(`${prefix}: parameter ${position} is not of type 'integer'.`);
  }
  const number = +value;
  if (number > 2147483647 || number < -2147483648) {
    throw new TypeError(
      "Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
    );
  }
  return NumberIsNaN(number) ? 0 : MathTrunc(number);
}

/** A number as production's unsigned integers. */
function toUnsigned(value) {
  const number = +value;
  if (NumberIsNaN(number) || number === Infinity || number === -Infinity) {
    throw new TypeError("The value cannot be converted because it is not an integer.");
  }
  if (number <= -1) {
    throw new TypeError(
      "The value cannot be converted because it is negative and this API expects a positive bigint.",
    );
  }
  return MathTrunc(number);
}

/** What a constructor was given as its first argument. */
function toDictionary(value, prefix, name) {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" && typeof value !== "function") {
    throw new TypeError(`${prefix}: constructor parameter 1 is not of type '${name}'.`);
  }
  return value;
}

/** There was nothing to wait for at the start of a stream: production pulls and writes at once. */
function startedAtOnce(controller) {
  controller[_started] = true;
  if (controller[_writeAlgorithm] !== undefined) return;
  if (controller[_pendingPullIntos] !== undefined) {
    readableByteStreamControllerCallPullIfNeeded(controller);
  } else {
    readableStreamDefaultControllerCallPullIfNeeded(controller);
  }
}

/** @template T */
class Deferred {"#,
    ),
    patch("  MathMin,\n", "  MathMin,\n  MathTrunc,\n"),
    patch(
        "  [_resourceBacking] = null;\n",
        "  [_resourceBacking] = null;\n  /** The length that was promised. */\n  [_length] = undefined;\n",
    ),
    patch(
        "const _brand = webidl.brand;\n",
        "const _brand = webidl.brand;\nconst _length = Symbol(\"[length]\");\n// Set in the controller of a byte stream whose chunks nobody wants cut.\nconst _whole = Symbol(\"[whole]\");\n",
    ),
    patch(
        "  _isClosedPromise,\n  // Non-Public\n  _state,\n",
        r#"  hooks,
  slots: {
    __proto__: null,
    _brand,
    _cancelSteps,
    _closedPromise,
    _controller,
    _disturbed,
    _internal,
    _isClosedPromise,
    _length,
    _pendingPullIntos,
    _pullSteps,
    _readable,
    _reader,
    _readyPromise,
    _releaseSteps,
    _state,
    _storedError,
    _stream,
    _whole,
    _writable,
    _writer,
  },
  initializeReadableStream,
  initializeWritableStream,
  readableStreamBYOBReaderRead,
  ReadableStreamBYOBReadIntoRequest,
  readableStreamDefaultReaderRead,
  readableStreamDefaultReaderRelease,
  setPromiseIsHandledToTrue,
  toInt,
  toUnsigned,
  _isClosedPromise,
  // Non-Public
  _state,
"#,
    ),
    patch(
        "async function readableStreamCollectIntoUint8Array(stream) {\n",
        "async function readableStreamCollectIntoUint8Array(stream) {\n  if (stream[_controller][_internal] === true) return stream[_controller].collect();\n  stream[_controller][_whole] = true;\n",
    ),
    patch(
        "function readableStreamTee(stream, cloneForBranch2) {\n  assert(isReadableStream(stream));\n",
        "function readableStreamTee(stream, cloneForBranch2) {\n  assert(isReadableStream(stream));\n  if (stream[_controller][_internal] === true) return stream[_controller].tee();\n",
    ),
    patch(
        "function errorReadableStream(stream, e) {\n",
        "function errorReadableStream(stream, e) {\n  if (stream[_controller][_internal] === true) return stream[_controller].error(e);\n",
    ),
    patch(
        "  assert(!isReadableStreamLocked(source));\n  assert(!isWritableStreamLocked(dest));\n",
        r#"  assert(!isReadableStreamLocked(source));
  assert(!isWritableStreamLocked(dest));
  if (source[_controller][_internal] === true) {
    try {
      source[_controller].check();
    } catch (error) {
      return PromiseReject(error);
    }
  }
  if (dest[_controller][_internal] === true) {
    return dest[_controller].pipeFrom(source, preventClose, preventAbort, preventCancel, signal);
  }
"#,
    ),
    patch(
        "  const stream = reader[_stream];\n  assert(stream);\n  stream[_disturbed] = true;\n  if (stream[_state] === \"errored\") {\n    readIntoRequest.errorSteps(stream[_storedError]);\n",
        r#"  const stream = reader[_stream];
  assert(stream);
  stream[_disturbed] = true;
  if (stream[_state] === "errored") {
    readIntoRequest.errorSteps(stream[_storedError]);
  } else if (stream[_controller][_internal] === true) {
    stream[_controller].pullInto(view, min, readIntoRequest);
  } else if (stream[_controller][_pendingPullIntos] === undefined) {
    // A reader of this kind can be had of any stream that is over.
    readIntoRequest.closeSteps(emptyViewLike(view));
"#,
    ),
    patch(
        "/**\n * @param {ReadableStreamBYOBReader} reader\n */\nfunction readableStreamBYOBReaderRelease(reader) {",
        r#"/** A view of no bytes on the memory of `view`, which is taken away from it. */
function emptyViewLike(view) {
  const tag = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (tag === undefined) {
    return new DataView(
      ArrayBufferPrototypeTransferToFixedLength(DataViewPrototypeGetBuffer(view)),
      0,
      0,
    );
  }
  return new Uint8Array(
    ArrayBufferPrototypeTransferToFixedLength(TypedArrayPrototypeGetBuffer(view)),
    0,
    0,
  );
}

/** Production refuses to release an internal stream from a reader that still reads. */
function checkRelease(reader) {
  const controller = reader[_stream][_controller];
  if (controller[_internal] === true) controller.checkRelease();
}

/**
 * @param {ReadableStreamBYOBReader} reader
 */
function readableStreamBYOBReaderRelease(reader) {"#,
    ),
    patch(
        "    if (this[_stream] === undefined) {\n      return;\n    }\n    readableStreamDefaultReaderRelease(this);",
        "    if (this[_stream] === undefined) {\n      return;\n    }\n    checkRelease(this);\n    readableStreamDefaultReaderRelease(this);",
    ),
    patch(
        "    if (this[_stream] === undefined) {\n      return;\n    }\n    readableStreamBYOBReaderRelease(this);",
        "    if (this[_stream] === undefined) {\n      return;\n    }\n    checkRelease(this);\n    readableStreamBYOBReaderRelease(this);",
    ),
    patch(
        "function writableStreamAbort(stream, reason) {\n",
        "function writableStreamAbort(stream, reason) {\n  if (stream[_controller][_internal] === true) return stream[_controller].abort(undefined, reason);\n",
    ),
    patch(
        "function writableStreamClose(stream) {\n",
        "function writableStreamClose(stream) {\n  if (stream[_controller][_internal] === true) return stream[_controller].close(undefined);\n",
    ),
    patch(
        "  writer[_stream] = stream;\n  stream[_writer] = writer;\n",
        "  writer[_stream] = stream;\n  stream[_writer] = writer;\n  if (stream[_controller][_internal] === true) {\n    stream[_controller].lock(writer);\n    return;\n  }\n",
    ),
    patch(
        "    return writableStreamDefaultWriterGetDesiredSize(this);\n",
        "    const controller = this[_stream][_controller];\n    if (controller[_internal] === true) return controller.desiredSize(this);\n    return writableStreamDefaultWriterGetDesiredSize(this);\n",
    ),
    patch(
        "    return writableStreamDefaultWriterAbort(this, reason);\n",
        "    const controller = this[_stream][_controller];\n    if (controller[_internal] === true) return controller.abort(this, reason);\n    return writableStreamDefaultWriterAbort(this, reason);\n",
    ),
    patch(
        "    if (writableStreamCloseQueuedOrInFlight(stream) === true) {\n      return PromiseReject(\n        new TypeError(\"The associated stream is already closing.\"),",
        "    const controller = stream[_controller];\n    if (controller[_internal] === true) return controller.close(this);\n    if (writableStreamCloseQueuedOrInFlight(stream) === true) {\n      return PromiseReject(\n        new TypeError(\"Cannot close a writer that is already being closed\"),",
    ),
    patch(
        "    assert(stream[_writer] !== undefined);\n    writableStreamDefaultWriterRelease(this);",
        "    assert(stream[_writer] !== undefined);\n    if (stream[_controller][_internal] === true) {\n      stream[_controller].release(this);\n      return;\n    }\n    writableStreamDefaultWriterRelease(this);",
    ),
    patch(
        "    return writableStreamDefaultWriterWrite(this, chunk);\n",
        "    const controller = this[_stream][_controller];\n    if (controller[_internal] === true) return controller.write(this, chunk);\n    return writableStreamDefaultWriterWrite(this, chunk);\n",
    ),
    patch(
        "        ? ObjectPrototypeIsPrototypeOf(\n          ReadableByteStreamControllerPrototype,\n          this[_controller],\n        )\n        : undefined,",
        "        ? isByteController(this[_controller])\n        : undefined,",
    ),
];

/// Production's words.
const TEXTS: &[Patch] = &[
    everywhere(2, "\"ReadableStream is locked\"", "\"This ReadableStream is currently locked to a reader.\""),
    everywhere(2, "\"The reader was released.\"", "\"This ReadableStream reader has been released.\""),
    patch(
        "\"Reader was released and can no longer be used to monitor the stream's closedness.\"",
        "\"This ReadableStream reader has been released.\"",
    ),
    everywhere(4, "\"Reader has no associated stream.\"", "\"This ReadableStream reader has been released.\""),
    patch("\"Cannot cancel a locked ReadableStream.\"", "\"This ReadableStream is currently locked to a reader.\""),
    patch("\"ReadableStream is already locked\"", "\"This ReadableStream is currently locked to a reader.\""),
    patch("\"Target WritableStream is already locked\"", "\"This WritableStream is currently locked to a writer.\""),
    patch("\"ReadableStream is already locked.\"", "\"This ReadableStream is currently locked to a reader.\""),
    patch(
        "\"destination WritableStream is already locked.\"",
        "\"This WritableStream is currently locked to a writer\"",
    ),
    patch(
        "throw new TypeError(\"The stream controller cannot close or enqueue\");\n    }\n    readableStreamDefaultControllerClose(this);",
        "throw new TypeError(\"This ReadableStream is closed.\");\n    }\n    readableStreamDefaultControllerClose(this);",
    ),
    patch("\"The stream controller cannot close or enqueue\"", "\"Unable to enqueue\""),
    patch("\"Closed already requested.\"", "\"This ReadableStream is closed.\""),
    patch("\"ReadableByteStreamController's stream is not in a readable state\"", "\"This ReadableStream is closed.\""),
    everywhere(
        2,
        "\"Insufficient bytes to fill elements in the given buffer\"",
        "\"This ReadableStream was closed with a partial read pending.\"",
    ),
    patch(
        "webidl.makeException(\n        TypeError,\n        \"Length must be non-zero\",\n        prefix,\n        arg1,\n      )",
        "new TypeError(\"Cannot enqueue a zero-length ArrayBuffer.\")",
    ),
    patch(
        "webidl.makeException(\n        TypeError,\n        \"Buffer length must be non-zero\",\n        prefix,\n        arg1,\n      )",
        "new TypeError(\"Cannot enqueue a zero-length ArrayBuffer.\")",
    ),
    patch(
        "\"Cannot enqueue chunk after a close has been requested\"",
        "\"This ReadableByteStreamController is closed.\"",
    ),
    patch(
        "\"Cannot enqueue chunk when underlying stream is not readable\"",
        "\"This ReadableByteStreamController is closed.\"",
    ),
    patch(
        "\"The BYOB request's buffer has been detached and so cannot be filled with an enqueued chunk\"",
        "\"The byobRequest.view is zero-length or was detached\"",
    ),
    everywhere(
        2,
        "\"This BYOB request has been invalidated\"",
        "\"This ReadableStreamBYOBRequest has been invalidated.\"",
    ),
    patch(
        "\"The BYOB request's buffer has been detached and so cannot be used as a response\"",
        "\"Cannot respond with a zero-length or detached view\"",
    ),
    patch(
        "`\"bytesWritten\" must be 0 when calling respond() on a closed stream: received ${bytesWritten}`",
        "\"The bytesWritten must be zero after the stream is closed.\"",
    ),
    patch(
        "'\"bytesWritten\" must be greater than 0 when calling respond() on a readable stream'",
        "\"The bytesWritten must be more than zero while the stream is open.\"",
    ),
    patch("'\"bytesWritten\" out of range'", "`Too many bytes [${bytesWritten}] in response to a BYOB read request.`"),
    patch(
        "`The view's length must be 0 when calling respondWithNewView() on a closed stream: received ${byteLength}`",
        "\"The view byte length must be zero after the stream is closed.\"",
    ),
    patch(
        "\"The view's length must be greater than 0 when calling respondWithNewView() on a readable stream\"",
        "\"The view byte length must be more than zero while the stream is open.\"",
    ),
    patch("\"The stream is already locked\"", "\"This WritableStream is currently locked to a writer.\""),
    patch(
        "\"The writable stream is locked, therefore cannot be aborted.\"",
        "\"This WritableStream is currently locked to a writer.\"",
    ),
    patch(
        "\"The writable stream is locked, therefore cannot be closed.\"",
        "\"This WritableStream is currently locked to a writer.\"",
    ),
    patch("\"The writable stream is already closing.\"", "\"Cannot close a writer that is already being closed\""),
    patch(
        "\"A writable stream is not associated with the writer\"",
        "\"This WritableStream writer has been released.\"",
    ),
    everywhere(
        2,
        "\"A writable stream is not associated with the writer.\"",
        "\"This WritableStream writer has been released.\"",
    ),
    patch(
        "\"A writable stream is not associate with the writer.\"",
        "\"This WritableStream writer has been released.\"",
    ),
    patch("\"Writer's stream is unexpected.\"", "\"This WritableStream writer has been released.\""),
    patch(
        "\"The stream is closing or is closed.\"",
        "state === \"closed\" ? \"This WritableStream has been closed.\" : \"This ReadableStream is closed.\"",
    ),
    patch("\"The writer has already been released.\"", "\"This WritableStream writer has been released.\""),
    patch("\"Readable stream is unavailable\"", "\"The readable side of this TransformStream is no longer readable.\""),
    patch("\"The stream has been terminated.\"", "\"The transform stream has been terminated\""),
    patch(
        "\"The destination writable stream closed before all the data could be piped to it.\"",
        "\"This destination writable stream is closed.\"",
    ),
];

/// What arguments become.
const CONVERSIONS: &[Patch] = &[
    patch(
        "  const highWaterMark = strategy.highWaterMark;\n  if (NumberIsNaN(highWaterMark) || highWaterMark < 0) {\n    throw new RangeError(\n      `Expected highWaterMark to be a positive number or Infinity, got \"${highWaterMark}\".`,\n    );\n  }\n  return highWaterMark;",
        "  return toUnsigned(strategy.highWaterMark);",
    ),
    patch(
        "  return (chunk) =>\n    webidl.invokeCallbackFunction(\n      strategy.size,\n      [chunk],\n      undefined,\n      webidl.converters[\"unrestricted double\"],\n      \"Failed to execute `sizeAlgorithm`\",\n    );",
        "  const { size } = strategy;\n  return (chunk) => {\n    const result = size(chunk);\n    return result === undefined ? 1 : toUnsigned(result);\n  };",
    ),
    patch(
        "webidl.converters.ReadableStreamType = webidl.createEnumConverter(\n  \"ReadableStreamType\",\n  [\"bytes\"],\n);",
        r#"webidl.converters.ReadableStreamType = (V) => {
  const type = `${V}`;
  if (type !== "bytes" && type !== "") {
    throw new TypeError(`"${type}" is not a valid type of ReadableStream.`);
  }
  return type === "" ? undefined : type;
};"#,
    ),
    patch(
        "      converter: (V, prefix, context, opts) =>\n        webidl.converters[\"unsigned long long\"](V, prefix, context, {\n          ...opts,\n          enforceRange: true,\n        }),\n    },\n  ]);\nwebidl.converters.UnderlyingSink",
        "      converter: (V, prefix) => toInt(V, prefix, 1),\n    },\n    {\n      key: \"expectedLength\",\n      converter: (V) => toUnsigned(typeof V === \"bigint\" ? Number(V) : V),\n    },\n  ]);\nwebidl.converters.UnderlyingSink",
    ),
    patch("  NumberIsInteger,\n", "  Number,\n  NumberIsInteger,\n"),
    patch(
        "  if (autoAllocateChunkSize === 0) {\n    throw new TypeError('\"autoAllocateChunkSize\" must be greater than 0');\n  }",
        "  if (autoAllocateChunkSize <= 0) {\n    throw new TypeError(\"The autoAllocateChunkSize option cannot be zero.\");\n  }",
    ),
    patch(
        "  const autoAllocateChunkSize = underlyingSourceDict[\"autoAllocateChunkSize\"];",
        "  const autoAllocateChunkSize = underlyingSourceDict[\"autoAllocateChunkSize\"] ??\n    hooks.chunkSize();",
    ),
    patch(
        "      if (strategy.size !== undefined) {\n        throw new RangeError(\n          `${prefix}: When underlying source is \"bytes\", strategy.size must be 'undefined'`,\n        );\n      }\n",
        "",
    ),
    patch(
        "    if (underlyingSinkDict.type != null) {\n      throw new RangeError(\n        `${prefix}: WritableStream does not support 'type' in the underlying sink`,\n      );\n    }\n",
        "",
    ),
    patch(
        "      const err = new RangeError(\n        `${prefix}: readableType transformers not supported`,\n      );\n      err.code = \"ERR_INVALID_ARG_VALUE\";\n      throw err;",
        "      throw new TypeError(\"transformer.readableType must be undefined.\");",
    ),
    patch(
        "      const err = new RangeError(\n        `${prefix}: writableType transformers not supported`,\n      );\n      err.code = \"ERR_INVALID_ARG_VALUE\";\n      throw err;",
        "      throw new TypeError(\"transformer.writableType must be undefined.\");",
    ),
    patch(
        "webidl.converters.ReadableStreamReaderMode = webidl\n  .createEnumConverter(\"ReadableStreamReaderMode\", [\"byob\"]);",
        r#"webidl.converters.ReadableStreamReaderMode = (V) => {
  if (`${V}` !== "byob") {
    throw new TypeError(
      "mode must be undefined or 'byob' in call to getReader().",
    );
  }
  return "byob";
};"#,
    ),
    patch(
        "    key: \"min\",\n    converter: (V, prefix, context, opts) =>\n      webidl.converters[\"unsigned long long\"](V, prefix, context, {\n        ...opts,\n        enforceRange: true,\n      }),",
        "    key: \"min\",\n    converter: (V, prefix) => toInt(V, prefix, 2),",
    ),
    patch(
        "    asyncIterable = webidl.converters[\"async_sequence<any>\"](\n      asyncIterable,\n      prefix,\n      \"Argument 1\",\n    );",
        r#"    try {
      asyncIterable = webidl.converters["async_sequence<any>"](
        typeof asyncIterable === "string" ? new String(asyncIterable) : asyncIterable,
        prefix,
        "Argument 1",
      );
    } catch {
      throw new TypeError(
        "Failed to execute 'from' on 'ReadableStream': parameter 1 is not of type 'AsyncGenerator'.",
      );
    }"#,
    ),
    patch(
        "    const prefix = \"Failed to execute 'ReadableStream.from'\";\n    webidl.requiredArguments(\n      arguments.length,\n      1,\n      prefix,\n    );\n",
        "    const prefix = \"Failed to execute 'from' on 'ReadableStream'\";\n",
    ),
    patch(
        "    underlyingSource = underlyingSource !== undefined\n      ? webidl.converters.object(\n        underlyingSource,\n        prefix,\n        \"Argument 1\",\n      )\n      : null;",
        "    underlyingSource = toDictionary(underlyingSource, prefix, \"UnderlyingSource\");",
    ),
    patch(
        "    if (underlyingSink !== undefined) {\n      underlyingSink = webidl.converters.object(\n        underlyingSink,\n        prefix,\n        \"Argument 1\",\n      );\n    }\n",
        "    underlyingSink = toDictionary(underlyingSink, prefix, \"UnderlyingSink\");\n",
    ),
    patch(
        "    if (transformer !== undefined) {\n      transformer = webidl.converters.object(transformer, prefix, \"Argument 1\");\n    }\n",
        "    transformer = toDictionary(transformer, prefix, \"Transformer\");\n",
    ),
    patch("  const size = (chunk) => chunk.byteLength;", "  const size = (chunk) => chunk?.byteLength;"),
    patch(
        "      converter: webidl.converters[\"unrestricted double\"],\n      required: true,\n",
        "      converter: webidl.converters[\"unrestricted double\"],\n      defaultValue: NaN,\n",
    ),
    // A transformer that starts badly makes streams that have failed.
    patch(
        "          webidl.converters.any,\n          \"Failed to execute 'start' on 'TransformStreamDefaultController'\",\n",
        "          webidl.converters[\"Promise<undefined>\"],\n          \"Failed to execute 'start' on 'TransformStreamDefaultController'\",\n          true,\n",
    ),
    patch(
        "      converter: webidl.converters.ReadableStream,\n      required: true,\n",
        "      converter: webidl.converters.ReadableStream,\n      defaultValue: undefined,\n",
    ),
    patch(
        "      converter: webidl.converters.WritableStream,\n      required: true,\n",
        "      converter: webidl.converters.WritableStream,\n      defaultValue: undefined,\n",
    ),
    // The names that production gives to its dictionaries.
    patch("createDictionaryConverter(\"QueuingStrategy\", [", "createDictionaryConverter(\"StreamQueuingStrategy\", ["),
    patch("createDictionaryConverter(\"ReadableWritablePair\", [", "createDictionaryConverter(\"Transform\", ["),
    patch("createDictionaryConverter(\"StreamPipeOptions\", [", "createDictionaryConverter(\"PipeToOptions\", ["),
    patch(
        "createDictionaryConverter(\"ReadableStreamGetReaderOptions\", [{",
        "createDictionaryConverter(\"GetReaderOptions\", [{",
    ),
    patch(
        "createDictionaryConverter(\"ReadableStreamIteratorOptions\", [",
        "createDictionaryConverter(\"ValuesOptions\", [",
    ),
];

/// Readable streams of values, and what concerns both kinds.
const READABLE: &[Patch] = &[
    patch(
        "    initializeReadableStream(this);\n    if (underlyingSourceDict.type === \"bytes\") {",
        "    initializeReadableStream(this);\n    this[_length] = underlyingSourceDict.expectedLength;\n    if (underlyingSourceDict.type === \"bytes\") {",
    ),
    // What starts badly is a stream that has failed, and what has no start has started.
    everywhere(
        3,
        "  const startResult = startAlgorithm(controller);\n",
        "  if (startAlgorithm === _defaultStartAlgorithm) {\n    startedAtOnce(controller);\n    return;\n  }\n  let startResult;\n  try {\n    startResult = startAlgorithm(controller);\n  } catch (e) {\n    startResult = PromiseReject(e);\n  }\n",
    ),
    // A chunk that waits is taken without asking for the next.
    everywhere(
        2,
        "          readableStreamClose(stream);\n        } else {\n          readableStreamDefaultControllerCallPullIfNeeded(controller);\n        }\n",
        "          readableStreamClose(stream);\n        }\n",
    ),
    patch(
        "        readableStreamClose(stream);\n      } else {\n        readableStreamDefaultControllerCallPullIfNeeded(this);\n      }\n",
        "        readableStreamClose(stream);\n      }\n",
    ),
    // Of two branches only the last is heard when it is cancelled, and the first is told nothing.
    everywhere(4, "const compositeReason = [reason1, reason2];", "const compositeReason = reason;"),
    everywhere(
        4,
        "      cancelPromise.resolve(cancelResult);\n    }\n    return cancelPromise.promise;",
        "      cancelPromise.resolve(cancelResult);\n      return cancelPromise.promise;\n    }\n    return PromiseResolve(undefined);",
    ),
    // A stream that fails stays locked to its iterator.
    patch(
        "    this.#reader[_iteratorFinished] = true;\n    readableStreamDefaultReaderRelease(this.#reader);\n    this.#promise.reject(e);",
        "    this.#reader[_iteratorFinished] = true;\n    this.#promise.reject(e);",
    ),
    patch(
        "  tee() {\n    webidl.assertBranded(this, ReadableStreamPrototype);\n",
        "  tee() {\n    webidl.assertBranded(this, ReadableStreamPrototype);\n    if (isReadableStreamLocked(this)) {\n      throw new TypeError(\"This ReadableStream is currently locked to a reader,\");\n    }\n",
    ),
    // A size that cannot be had fails the stream; the one who enqueues is not told.
    patch(
        "      try {\n        chunkSize = controller[_strategySizeAlgorithm](chunk);\n      } catch (e) {\n        readableStreamDefaultControllerError(controller, e);\n        throw e;\n      }",
        "      try {\n        chunkSize = controller[_strategySizeAlgorithm](chunk);\n      } catch (e) {\n        readableStreamDefaultControllerError(controller, e);\n        return;\n      }",
    ),
    // The promise of a reader that is released says what became of the stream, when that is known.
    patch(
        "  assert(stream[_reader] === reader);\n  if (stream[_state] !== \"readable\") {\n    reader[_closedPromise] = new Deferred();\n  }\n",
        "  assert(stream[_reader] === reader);\n",
    ),
    patch(
        "      if (TypedArrayPrototypeGetSymbolToStringTag(chunk) !== \"Uint8Array\") {\n        donePromise.reject(\n          new TypeError(\n            \"Cannot convert value to Uint8Array while consuming the stream\",\n          ),\n        );\n        return;\n      }\n      ArrayPrototypePush(chunks, chunk);",
        r#"      if (TypedArrayPrototypeGetSymbolToStringTag(chunk) !== "Uint8Array") {
        if (!ArrayBufferIsView(chunk) && !isAnyArrayBuffer(chunk)) {
          const error = new TypeError("This ReadableStream did not return bytes.");
          if (stream[_state] === "readable") {
            setPromiseIsHandledToTrue(readableStreamCancel(stream, error));
          }
          donePromise.reject(error);
          return;
        }
        chunk = bufferSourceAsUint8Array(chunk);
      }
      ArrayPrototypePush(chunks, chunk);"#,
    ),
];

/// Streams of bytes that scripts make.
const BYTES: &[Patch] = &[
    patch(
        "  if (\n    !(ObjectPrototypeIsPrototypeOf(\n      ReadableByteStreamControllerPrototype,\n      stream[_controller],\n    ))\n  ) {\n    throw new TypeError(\"Cannot use a BYOB reader with a non-byte stream\");\n  }",
        "  if (stream[_state] === \"readable\" && !isByteController(stream[_controller])) {\n    throw new TypeError(\"This ReadableStream does not support BYOB reads.\");\n  }",
    ),
    patch(
        "/**\n * @template R\n * @param {ReadableStreamBYOBReader} reader\n * @param {ReadableStream<R>} stream\n */\nfunction setUpReadableStreamBYOBReader(",
        r#"/** @param {object} controller */
function isByteController(controller) {
  return controller[_internal] === true ||
    ObjectPrototypeIsPrototypeOf(ReadableByteStreamControllerPrototype, controller);
}

/**
 * @template R
 * @param {ReadableStreamBYOBReader} reader
 * @param {ReadableStream<R>} stream
 */
function setUpReadableStreamBYOBReader("#,
    ),
    patch(
        "    chunk = webidl.converters.ArrayBufferView(chunk, prefix, arg1);\n    let buffer, byteLength;",
        "    chunk = webidl.converters.BufferSource(chunk, prefix, arg1);\n    if (isAnyArrayBuffer(chunk)) chunk = new Uint8Array(chunk);\n    let buffer, byteLength;",
    ),
    // A read without a buffer is one into a buffer of the stream's own size, filled with as much as there is.
    patch(
        "  assert(controller[_queueTotalSize] > 0);\n  const entry = controller[_queue].dequeue();\n",
        r#"  assert(controller[_queueTotalSize] > 0);
  const size = controller[_whole] === true ? undefined : controller[_autoAllocateChunkSize];
  const head = controller[_queue].peek();
  // deno-lint-ignore deno-internal/prefer-primordials
  const headLength = head.byteLength;
  const fits = headLength === controller[_queueTotalSize] ? headLength <= size : headLength === size;
  if (size !== undefined && !fits) {
    const length = MathMin(size, controller[_queueTotalSize]);
    const descriptor = {
      buffer: new ArrayBuffer(length),
      bufferByteLength: length,
      byteOffset: 0,
      byteLength: length,
      bytesFilled: 0,
      elementSize: 1,
      minimumFill: 1,
      viewConstructor: Uint8Array,
      readerType: "none",
    };
    const pending = controller[_pendingPullIntos];
    controller[_pendingPullIntos] = new Queue();
    readableByteStreamControllerFillPullIntoDescriptorFromQueue(controller, descriptor);
    controller[_pendingPullIntos] = pending;
    readableByteStreamControllerHandleQueueDrain(controller);
    // deno-lint-ignore deno-internal/prefer-primordials
    readRequest.chunkSteps(new Uint8Array(descriptor.buffer, 0, descriptor.bytesFilled));
    return;
  }
  const entry = controller[_queue].dequeue();
"#,
    ),
    patch(
        "        readableByteStreamControllerShiftPendingPullInto(controller);\n      }\n      const transferredView = new Uint8Array(",
        r#"        readableByteStreamControllerShiftPendingPullInto(controller);
      }
      if (controller[_whole] !== true && byteLength > controller[_autoAllocateChunkSize]) {
        readableByteStreamControllerEnqueueChunkToQueue(
          controller,
          transferredBuffer,
          byteOffset,
          byteLength,
        );
        const { [_readRequests]: requests } = stream[_reader];
        while (requests.size !== 0 && controller[_queueTotalSize] > 0) {
          readableByteStreamControllerFillReadRequestFromQueue(controller, requests.dequeue());
          if (requests.size !== 0 && controller[_pendingPullIntos].size !== 0 && controller[_queueTotalSize] > 0) {
            controller[_pendingPullIntos].dequeue();
          }
        }
        readableByteStreamControllerCallPullIfNeeded(controller);
        return;
      }
      const transferredView = new Uint8Array("#,
    ),
    // The end answers reads into buffers, also if nobody responds to them.
    patch(
        "  readableByteStreamControllerClearAlgorithms(controller);\n  readableStreamClose(stream);\n}\n\n/**\n * @param {ReadableByteStreamController} controller\n * @param {ArrayBufferView} chunk\n */",
        r#"  readableByteStreamControllerClearAlgorithms(controller);
  readableStreamClose(stream);
  if (controller[_pendingPullIntos].size !== 0) {
    queueMicrotask(() => {
      if (controller[_pendingPullIntos].size === 0) return;
      readableByteStreamControllerInvalidateBYOBRequest(controller);
      readableByteStreamControllerRespondInClosedState(
        controller,
        controller[_pendingPullIntos].peek(),
      );
    });
  }
}

/**
 * @param {ReadableByteStreamController} controller
 * @param {ArrayBufferView} chunk
 */"#,
    ),
    // Less than the least that was asked for is answered at the end, and what is no whole element is lost.
    patch(
        "    if (controller[_closeRequested]) {\n      const e = new TypeError(\n        \"This ReadableStream was closed with a partial read pending.\",\n      );\n      readableByteStreamControllerError(controller, e);\n      readIntoRequest.errorSteps(e);\n      return;\n    }",
        r#"    if (controller[_closeRequested]) {
      pullIntoDescriptor.bytesFilled -= pullIntoDescriptor.bytesFilled % elementSize;
      const filledView = readableByteStreamControllerConvertPullIntoDescriptor(pullIntoDescriptor);
      readableByteStreamControllerHandleQueueDrain(controller);
      readIntoRequest.chunkSteps(filledView);
      return;
    }"#,
    ),
    patch(
        "    done = true;\n  }\n  const filledView",
        "    done = pullIntoDescriptor.bytesFilled === 0;\n  }\n  const filledView",
    ),
    // A cancelled read gives its buffer back.
    patch(
        "    while (readIntoRequests.size !== 0) {\n      readIntoRequests.dequeue().closeSteps(undefined);\n    }\n  }",
        r#"    const pending = stream[_controller][_pendingPullIntos];
    while (readIntoRequests.size !== 0) {
      const descriptor = pending !== undefined && pending.size !== 0 ? pending.dequeue() : undefined;
      readIntoRequests.dequeue().closeSteps(
        descriptor === undefined ? undefined : new descriptor.viewConstructor(
          // deno-lint-ignore deno-internal/prefer-primordials
          ArrayBufferPrototypeTransferToFixedLength(descriptor.buffer),
          0,
          0,
        ),
      );
    }
  }"#,
    ),
    patch(
        "    webidl.requiredArguments(arguments.length, 1, prefix);\n    bytesWritten = webidl.converters[\"unsigned long long\"](\n      bytesWritten,\n      prefix,\n      \"Argument 1\",\n      {\n        enforceRange: true,\n      },\n    );",
        "    bytesWritten = toInt(bytesWritten, prefix, 1);",
    ),
    patch(
        "    if (bytesWritten === 0) {\n      throw new TypeError(\n        \"The bytesWritten must be more than zero",
        "    if (bytesWritten <= 0) {\n      throw new TypeError(\n        \"The bytesWritten must be more than zero",
    ),
    patch(
        "    view = webidl.converters.ArrayBufferView(view, prefix, \"Argument 1\");\n\n    if (this[_controller]",
        "    view = webidl.converters.BufferSource(view, prefix, \"Argument 1\");\n    if (isAnyArrayBuffer(view)) view = new Uint8Array(view);\n\n    if (this[_controller]",
    ),
    patch(
        "  // deno-lint-ignore deno-internal/prefer-primordials\n  if (firstDescriptor.byteOffset + firstDescriptor.bytesFilled !== byteOffset) {",
        r#"  if (firstDescriptor.bufferByteLength !== getArrayBufferByteLength(buffer)) {
    throw new RangeError("The underlying ArrayBuffer is not the correct length.");
  }
  // deno-lint-ignore deno-internal/prefer-primordials
  if (firstDescriptor.byteOffset + firstDescriptor.bytesFilled !== byteOffset) {"#,
    ),
    patch(
        "  /** @returns {Uint8Array<ArrayBuffer> | null} */\n  get view() {",
        r#"  /** How many bytes the read still wants at least; null once it is answered. */
  get atLeast() {
    webidl.assertBranded(this, ReadableStreamBYOBRequestPrototype);
    const controller = this[_controller];
    if (controller === undefined || controller[_pendingPullIntos].size === 0) return null;
    const { minimumFill, bytesFilled } = controller[_pendingPullIntos].peek();
    return minimumFill > bytesFilled ? minimumFill - bytesFilled : 1;
  }

  /** @returns {Uint8Array<ArrayBuffer> | null} */
  get view() {"#,
    ),
];

/// Writable streams.
const WRITABLE: &[Patch] = &[
    patch(
        "    return PromiseReject(\n      new TypeError(\"Writable stream is closed or errored.\"),\n    );",
        "    return PromiseReject(\n      state === \"errored\"\n        ? stream[_storedError]\n        : new TypeError(\"This WritableStream has been closed.\"),\n    );",
    ),
    // A writer that lets go gives up what it has written and is not under way.
    patch(
        "  stream[_writer] = undefined;\n  writer[_stream] = undefined;\n}",
        r#"  stream[_writer] = undefined;
  writer[_stream] = undefined;
  const requests = stream[_writeRequests];
  if (requests.size === 0) return;
  while (requests.size !== 0) requests.dequeue().reject(releasedError);
  const controller = stream[_controller];
  const queue = controller[_queue];
  const running = stream[_inFlightWriteRequest] === undefined ? 0 : 1;
  for (let i = 0, length = queue.size; i < length; i++) {
    const { value, size } = queue.dequeueNode();
    if (i < running || value === _close) {
      queue.enqueueWithSize(value, size);
    } else {
      controller[_queueTotalSize] -= size;
    }
  }
}"#,
    ),
];
