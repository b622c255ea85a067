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
    "stream.ts",
    "stream/consumers.js",
    "stream/promises.js",
];

/// Places that reach for something of the host, or speak otherwise than production.
pub const PATCHES: &[Patch] = &[
    // As scripts, the two cannot load each other.
    ("stream.ts", "\"node:stream/promises\"", "\"ext:deno_node/stream/promises.js\""),
    ("stream/promises.js", "import * as _mod2 from \"node:stream\";", ""),
    ("stream/promises.js", "_mod2;", ""),
    ("internal/streams/duplexpair.js", "from \"node:stream\"", "from \"node:_stream_duplex\""),
];
