//! Scripts of `deno_node` for streams.

use super::Patch;

/// The scripts.
pub const SCRIPTS: &[&str] = &[
    "internal/streams/add-abort-signal.js",
    "internal/streams/compose.js",
    "internal/streams/destroy.js",
    "internal/streams/duplex.js",
    "internal/streams/duplexify.js",
    "internal/streams/duplexpair.js",
    "internal/streams/end-of-stream.js",
    "internal/streams/from.js",
    "internal/streams/lazy_transform.js",
    "internal/streams/legacy.js",
    "internal/streams/operators.js",
    "internal/streams/passthrough.js",
    "internal/streams/pipeline.js",
    "internal/streams/readable.js",
    "internal/streams/state.js",
    "internal/streams/transform.js",
    "internal/streams/utils.js",
    "internal/streams/writable.js",
    "internal/webstreams/adapters.js",
    "stream.ts",
    "stream/consumers.js",
    "stream/promises.js",
];

/// What makes a script ask for `process`, of which it needs `nextTick` alone.
const PROCESS: &str = "const lazyProcess = core.loadExtScript(\"ext:lopata_node/table.js\").late(\"node:process\");";

/// What it asks instead, so that a stream does not bring the whole of `process`.
const TICKS: &str = "const lazyProcess = () => core.loadExtScript(\"ext:deno_node/_next_tick.ts\");";

/// The same two of an ES module.
const PROCESS_ESM: &str = "import process from \"node:process\";";
const TICKS_ESM: &str = "import process from \"ext:deno_node/_next_tick.ts\";";

/// Places that reach for something of the host, or speak otherwise than production.
#[rustfmt::skip]
pub const PATCHES: &[Patch] = &[
    // As scripts, the two cannot load each other.
    ("stream.ts", "\"node:stream/promises\"", "\"ext:deno_node/stream/promises.js\""),
    ("stream/promises.js", "import * as _mod2 from \"node:stream\";", ""),
    ("stream/promises.js", "_mod2;", ""),
    ("internal/streams/duplexpair.js", "from \"node:stream\"", "from \"ext:deno_node/internal/streams/duplex.js\""),
    // The modules stand on these scripts, not the other way round.
    ("internal/streams/compose.js", "\"node:_stream_duplex\"", "\"ext:deno_node/internal/streams/duplex.js\""),
    ("internal/streams/duplexify.js", "\"node:_stream_duplex\"", "\"ext:deno_node/internal/streams/duplex.js\""),
    ("internal/streams/duplexify.js", "\"node:_stream_readable\"", "\"ext:deno_node/internal/streams/readable.js\""),
    ("internal/streams/duplexify.js", "\"node:_stream_writable\"", "\"ext:deno_node/internal/streams/writable.js\""),
    ("internal/streams/pipeline.js", "\"node:_stream_duplex\"", "\"ext:deno_node/internal/streams/duplex.js\""),
    ("internal/streams/pipeline.js", "\"node:_stream_passthrough\"", "\"ext:deno_node/internal/streams/passthrough.js\""),
    ("internal/streams/pipeline.js", "\"node:_stream_readable\"", "\"ext:deno_node/internal/streams/readable.js\""),
    ("stream.ts", "\"node:_stream_duplex\"", "\"ext:deno_node/internal/streams/duplex.js\""),
    ("stream.ts", "\"node:_stream_passthrough\"", "\"ext:deno_node/internal/streams/passthrough.js\""),
    ("stream.ts", "\"node:_stream_readable\"", "\"ext:deno_node/internal/streams/readable.js\""),
    ("stream.ts", "\"node:_stream_transform\"", "\"ext:deno_node/internal/streams/transform.js\""),
    ("stream.ts", "\"node:_stream_writable\"", "\"ext:deno_node/internal/streams/writable.js\""),
    // Whoever loads one kind of stream alone gets the checks of chunks, too.
    (
        "internal/streams/legacy.js",
        "ObjectSetPrototypeOf(Stream.prototype, EE.prototype);",
        "ObjectSetPrototypeOf(Stream.prototype, EE.prototype); \
         { const types = core.loadExtScript(\"ext:deno_node/internal/util/types.ts\"); \
         Stream._isArrayBufferView = types.isArrayBufferView; Stream._isUint8Array = types.isUint8Array; \
         Stream._uint8ArrayToBuffer = function _uint8ArrayToBuffer(chunk) { \
         const { Buffer } = core.loadExtScript(\"ext:deno_node/internal/buffer.mjs\"); \
         return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength); }; }",
    ),
    ("internal/webstreams/adapters.js", "\"ext:deno_node/stream/web.js\"", "\"ext:lopata_node/modules/stream/web.js\""),
    ("internal/streams/destroy.js", PROCESS, TICKS),
    ("internal/streams/duplexify.js", PROCESS_ESM, TICKS_ESM),
    ("internal/streams/duplexpair.js", PROCESS_ESM, TICKS_ESM),
    ("internal/streams/end-of-stream.js", PROCESS, TICKS),
    ("internal/streams/from.js", PROCESS_ESM, TICKS_ESM),
    ("internal/streams/pipeline.js", PROCESS_ESM, TICKS_ESM),
    ("internal/streams/readable.js", PROCESS, TICKS),
    ("internal/streams/state.js", PROCESS, TICKS),
    ("internal/streams/transform.js", PROCESS, TICKS),
    ("internal/streams/writable.js", PROCESS, TICKS),
    ("internal/webstreams/adapters.js", PROCESS, TICKS),
    ("internal/webstreams/adapters.js", "new ERR_INVALID_ARG_VALUE(encoding, \"options.encoding\")", "new ERR_INVALID_ARG_VALUE(\"options.encoding\", encoding)"),
    // A stream that is destroyed can be set flowing, and paused.
    (
        "internal/streams/readable.js",
        "  const state = this._readableState;\n  if ((state[kState] & kDestroyed) !== 0) {\n    return this;\n  }\n",
        "  const state = this._readableState;\n",
    ),
    // A stream that does not flow gives all that it has at once.
    ("internal/streams/readable.js", "    if ((state[kState] & kDecoder) === 0 && state.length) {\n      return state.buffer[state.bufferIndex].length;\n    }\n", ""),
    // Production's texts, and what it lets pass.
    ("internal/streams/operators.js", "\"options.concurrency\"", "\"concurrency\""),
    ("internal/streams/pipeline.js", "if (next !== null && (next?.closed || next?.destroyed)) {", "if (false) {"),
    // Nothing asks for a log of streams, and a call a chunk is a call a chunk.
    (
        "internal/streams/readable.js",
        "let debug = _mod2.debuglog(\"stream\", (fn) => {\n  debug = fn;\n});",
        "const debug = () => {}; const v24 = core.loadExtScript(\"ext:lopata/compat/compat.js\")\
         .has(\"enable_streams_nodejs_v24_compat\");",
    ),
    // What became of standard output when a pipe to it is over makes no difference to production.
    ("internal/streams/readable.js", " &&\n    dest !== process.stdout &&\n    dest !== process.stderr;", ";"),
    // Production's streams are those of Node 22 unless a flag asks for those of Node 24.
    (
        "internal/streams/readable.js",
        "  } else {\n    throw new ERR_UNKNOWN_ENCODING(defaultEncoding);",
        "  } else if (!v24) {\n    this.defaultEncoding = defaultEncoding;\n  } else {\n    \
         throw new ERR_UNKNOWN_ENCODING(defaultEncoding);",
    ),
    (
        "internal/streams/readable.js",
        "const ret = dest.write(chunk);",
        "let ret; if (v24) { try { ret = dest.write(chunk); } catch (error) { dest.destroy(error); return; } } \
         else ret = dest.write(chunk);",
    ),
    (
        "internal/streams/writable.js",
        "Writable.WritableState = WritableState;",
        "Writable.WritableState = WritableState; const v24 = core.loadExtScript(\"ext:lopata/compat/compat.js\")\
         .has(\"enable_streams_nodejs_v24_compat\");",
    ),
    (
        "internal/streams/writable.js",
        "  } else {\n    throw new ERR_UNKNOWN_ENCODING(defaultEncoding);",
        "  } else if (!v24) {\n    this[kDefaultEncodingValue] = defaultEncoding;\n  } else {\n    \
         throw new ERR_UNKNOWN_ENCODING(defaultEncoding);",
    ),
    (
        "internal/streams/writable.js",
        "  state.length += len;\n\n  if (\n",
        "  state.length += len;\n  let early;\n  if (!v24) {\n    early = state.length < state.highWaterMark || \
         state.length === 0;\n    if (!early) state[kState] |= kNeedDrain;\n  }\n  if (\n",
    ),
    (
        "internal/streams/writable.js",
        "const ret = state.length < state.highWaterMark || state.length === 0;",
        "const ret = early ?? (state.length < state.highWaterMark || state.length === 0);",
    ),
    ("internal/streams/writable.js", "    cb(null);\n", "    cb(v24 ? null : undefined);\n"),
    (
        "internal/streams/writable.js",
        "    if (err) {\n      process.nextTick(cb, err);\n    } else if ((state[kState] & kErrored) !== 0) {",
        "    if (err || (!v24 && (state[kState] & kFinished) !== 0)) {\n      process.nextTick(cb, err);\n    } \
         else if ((state[kState] & kErrored) !== 0) {",
    ),
    // As classes, production's have names that can be seen by enumeration.
    (
        "internal/streams/writable.js",
        "function makeBitMapDescriptor(bit) {\n  return {\n    enumerable: false,",
        "function makeBitMapDescriptor(bit) {\n  return {\n    enumerable: true,",
    ),
];
