//! Places in the scripts of `deno_node` for events, buffers and decoders that speak otherwise than production.
//!
//! The scripts themselves are among those of [`super::base`], which everything stands on.

use super::Patch;

/// The scripts: none of its own.
pub const SCRIPTS: &[&str] = &[];

/// Places that speak otherwise than production. Texts and bounds are production's.
#[rustfmt::skip]
pub const PATCHES: &[Patch] = &[
    // An emitter says what production's says of bad counts, and has the place of a domain.
    ("_events.mjs", "  validateNumber(n, \"setMaxListeners\", 0);", "  validateCount(n, \"n\");"),
    ("_events.mjs", "    validateNumber(arg, \"defaultMaxListeners\", 0);", "    validateCount(arg, \"defaultMaxListeners\");"),
    (
        "_events.mjs",
        "function checkListener(listener) {",
        "function validateCount(n, name) {\n  if (typeof n !== \"number\" || !(n >= 0)) {\n    \
         const { ERR_OUT_OF_RANGE } = core.loadExtScript(\"ext:deno_node/internal/errors.ts\");\n    \
         throw new ERR_OUT_OF_RANGE(name, \"a non-negative number\", n);\n  }\n}\nfunction checkListener(listener) {",
    ),
    (
        "_events.mjs",
        "  this._maxListeners = this._maxListeners || undefined;",
        "  this._maxListeners = this._maxListeners || undefined;\n  this.domain = null;",
    ),
    (
        "_events.mjs",
        "          `MaxListeners is ${m}.`,",
        "          \"Use emitter.setMaxListeners() to increase limit\",",
    ),
    (
        "_events.mjs",
        "  if (signal?.aborted) {\n    throw new AbortError();\n  }",
        "  if (signal?.aborted) {\n    throw new AbortError(undefined, { cause: signal.reason });\n  }",
    ),
    ("_events.mjs", "    return 0; // default for AbortController if not set by EventTarget prototype.", "    return defaultMaxListeners;"),
    (
        "_events.mjs",
        "  throw new ERR_INVALID_ARG_TYPE(\n    \"emitter\",\n    [\"EventEmitter\", \"EventTarget\"],\n    emitterOrTarget,\n  );\n}",
        "  return defaultMaxListeners;\n}",
    ),
    // A reader is told the length of the buffer, not the last place of the value.
    ("internal/buffer.mjs", "boundsError(offset, this.length - 1);", "boundsError(offset, this.length - 1, undefined, this.length);"),
    ("internal/buffer.mjs", "boundsError(offset, this.length - 2);", "boundsError(offset, this.length - 2, undefined, this.length);"),
    ("internal/buffer.mjs", "boundsError(offset, this.length - 4);", "boundsError(offset, this.length - 4, undefined, this.length);"),
    ("internal/buffer.mjs", "boundsError(offset, this.length - 8);", "boundsError(offset, this.length - 8, undefined, this.length);"),
    ("internal/buffer.mjs", "boundsError(offset, buf.length - 3);", "boundsError(offset, buf.length - 3, undefined, buf.length);"),
    ("internal/buffer.mjs", "boundsError(offset, buf.length - 5);", "boundsError(offset, buf.length - 5, undefined, buf.length);"),
    ("internal/buffer.mjs", "boundsError(offset, buf.length - 6);", "boundsError(offset, buf.length - 6, undefined, buf.length);"),
    ("internal/buffer.mjs", "boundsError(offset, buffer.length - 4);", "boundsError(offset, buffer.length - 4, undefined, buffer.length);"),
    ("internal/buffer.mjs", "boundsError(offset, buffer.length - 8);", "boundsError(offset, buffer.length - 8, undefined, buffer.length);"),
    (
        "internal/buffer.mjs",
        "boundsError(offset, buf.length - (byteLength2 + 1));",
        "boundsError(offset, buf.length - (byteLength2 + 1), undefined, buf.length);",
    ),
    (
        "internal/buffer.mjs",
        "function boundsError(value, length, type) {\n  if (MathFloor(value) !== value) {",
        "function boundsError(value, length, type, whole) {\n  if (MathFloor(value) !== value || value === Infinity || \
         value === -Infinity) {",
    ),
    (
        "internal/buffer.mjs",
        "    `>= ${type ? 1 : 0} and <= ${length}`,",
        "    type ? `>= 1 and <= ${length}` : `>= 0 && <= ${whole}`,",
    ),
    ("internal/buffer.mjs", "    validateOffset(start, \"sourceStart\", 0, kMaxLength);", "    validateOffset(thisStart, \"sourceStart\", 0, kMaxLength);"),
    ("internal/buffer.mjs", "    validateOffset(end, \"sourceEnd\", 0, this.length);", "    validateOffset(thisEnd, \"sourceEnd\", 0, this.length);"),
    // A copy from behind the end is a copy of nothing.
    ("internal/buffer.mjs", "    if (sourceStart < 0 || sourceStart > this.length) {", "    if (sourceStart > this.length) return 0;\n    if (sourceStart < 0) {"),
    // What is no string is written as one.
    (
        "internal/buffer.mjs",
        "    throw new codes.ERR_INVALID_ARG_TYPE(\"argument\", \"string\");",
        "    string = `${string}`;",
    ),
    // No encoding is UTF-8, however it is said.
    ("internal/buffer.mjs", "  if (encoding === undefined || encoding === \"utf8\") {", "  if (encoding === undefined || encoding === \"utf8\" || encoding === \"\") {"),
    ("internal/buffer.mjs", "  if (encoding === undefined) {\n    ops = encodingOps.utf8;", "  if (encoding === undefined || encoding === null || encoding === \"\") {\n    ops = encodingOps.utf8;"),
    ("internal/buffer.mjs", "    if (encoding !== void 0 && typeof encoding !== \"string\") {", "    if (encoding === null || encoding === \"\") encoding = void 0;\n    if (encoding !== void 0 && typeof encoding !== \"string\") {"),
    (
        "internal/buffer.mjs",
        "    [\"string\", \"Buffer\", \"ArrayBuffer\", \"Array\", \"Array-like Object\"],",
        "    [\"string\", \"Buffer\", \"TypedArray\", \"ArrayBuffer\", \"SharedArrayBuffer\", \"Array\", \"Array-like Object\"],",
    ),
    ("internal/buffer.mjs", "MathMin(length || Infinity, this.length - offset)", "MathMin(length ?? Infinity, this.length - offset)"),
    ("internal/buffer.mjs", "  if (end === undefined) {\n    // deno-lint-ignore deno-internal/prefer-primordials\n    end = buffer.length", "  if (end === undefined || end === null) {\n    end = buffer.length"),
    // Half a character is not written.
    (
        "internal/buffer.mjs",
        "    utf16leToBytes(string, this.length - offset),\n    this,\n    offset,\n    length,",
        "    utf16leToBytes(string, this.length - offset),\n    this,\n    offset,\n    length === undefined ? length : length & ~1,",
    ),
    // Errors of production's classes, and as they say themselves.
    ("internal/errors.ts", "super(\"ERR_OUT_OF_RANGE\", msg);", "super(\"ERR_OUT_OF_RANGE\", msg);\n\t\t\tdelete this.toString;"),
    ("internal/errors.ts", "class ERR_STREAM_PREMATURE_CLOSE extends NodeError {", "class ERR_STREAM_PREMATURE_CLOSE extends NodeTypeError {"),
    ("internal/errors.ts", "format(\"Unknown encoding: %s\", x)", "`Unknown encoding: ${x}`"),
    ("string_decoder.ts", "\"buf\", [", "\"buf\", [\"string\", "),
];
