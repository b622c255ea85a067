//! Scripts of `deno_node` that most of the others stand on: errors, events, buffers, inspection, paths, URLs.

use super::Patch;

/// The scripts: what most of the others stand on.
pub const SCRIPTS: &[&str] = &[
    "_events.mjs",
    "_process/exiting.ts",
    "_util/_util_callbackify.js",
    "_util/os.ts",
    "_utils.ts",
    "internal/assert.mjs",
    "internal/assert/myers_diff.js",
    "internal/buffer.mjs",
    "internal/crypto/_keys.ts",
    "internal/crypto/constants.ts",
    "internal/error_codes.ts",
    "internal/errors.ts",
    "internal/events/abort_listener.mjs",
    "internal/hide_stack_frames.ts",
    "internal/idna.ts",
    "internal/mime.ts",
    "internal/normalize_encoding.ts",
    "internal/primordials.mjs",
    "internal/querystring.ts",
    "internal/url.ts",
    "internal/util.mjs",
    "internal/util/colorize.mjs",
    "internal/util/colors.ts",
    "internal/util/comparisons.ts",
    "internal/util/debuglog.ts",
    "internal/util/inspect.mjs",
    "internal/util/parse_args/parse_args.js",
    "internal/util/parse_args/utils.js",
    "internal/util/types.ts",
    "internal/validators.mjs",
    "internal_binding/_node.ts",
    "internal_binding/_utils.ts",
    "internal_binding/buffer.ts",
    "internal_binding/constants.ts",
    "internal_binding/string_decoder.ts",
    "internal_binding/types.ts",
    "internal_binding/util.ts",
    "internal_binding/uv.ts",
    "path/_constants.ts",
    "path/_posix.ts",
    "path/_util.ts",
    "path/_win32.ts",
    "path/common.ts",
    "path/mod.ts",
    "path/separator.ts",
    "punycode.ts",
    "querystring.js",
    "string_decoder.ts",
    "url.ts",
    "util.ts",
];

/// Places that reach for something of the host, or speak otherwise than production.
pub const PATCHES: &[Patch] = &[
    // Without Node's global there is no `process` to warn with.
    ("_events.mjs", "process.emitWarning(w)", "core.loadExtScript(\"ext:lopata_node/errors.js\").warnOfLeak(w)"),
    // Objects of the web are compared as production's, which have no properties of their own.
    (
        "internal/util/comparisons.ts",
        "ObjectGetOwnPropertySymbols: getOwnSymbols,",
        "ObjectGetOwnPropertySymbols: _getOwnSymbols,",
    ),
    (
        "internal/util/comparisons.ts",
        "const lazyUrl = () => core.loadExtScript(\"ext:deno_node/internal/url.ts\");",
        "const lazyUrl = () => ({ isURL: () => false }); \
         const getOwnSymbols = core.loadExtScript(\"ext:lopata_node/hidden.js\").ownSymbols;",
    ),
    ("internal/util/comparisons.ts", "else if (isWeakMap(val1) || isWeakSet(val1)) {", "else if (false) {"),
    ("internal/util/comparisons.ts", "else if (isPromise(val1) && isPromise(val2)) {", "else if (false) {"),
    // The limit of production, and no pool: a buffer has an ArrayBuffer of its own there.
    ("internal/buffer.mjs", "const kMaxLength = NumberMAX_SAFE_INTEGER;", "const kMaxLength = 0x7fffffff;"),
    ("internal/buffer.mjs", "Buffer.poolSize = 8 * 1024;", "Buffer.poolSize = 0;"),
    // Production's texts.
    ("internal/errors.ts", "typeof input === \"function\"", "typeof input === \"function\" && input.name"),
    // Its stacks begin without the code, but for one, and are made when somebody reads them.
    (
        "internal/errors.ts",
        "this.stack = this.stack && `",
        "if (code === \"ERR_OUT_OF_RANGE\") this.stack = this.stack && `",
    ),
    (
        "internal/buffer.mjs",
        "new RangeError(\"Buffer size must be a multiple of 16-bits\")",
        "new (core.loadExtScript(\"ext:deno_node/internal/errors.ts\").ERR_INVALID_BUFFER_SIZE)(\"16-bits\")",
    ),
    (
        "internal/buffer.mjs",
        "new RangeError(\"Buffer size must be a multiple of 32-bits\")",
        "new (core.loadExtScript(\"ext:deno_node/internal/errors.ts\").ERR_INVALID_BUFFER_SIZE)(\"32-bits\")",
    ),
    (
        "internal/buffer.mjs",
        "new RangeError(\"Buffer size must be a multiple of 64-bits\")",
        "new (core.loadExtScript(\"ext:deno_node/internal/errors.ts\").ERR_INVALID_BUFFER_SIZE)(\"64-bits\")",
    ),
    (
        "internal/buffer.mjs",
        "new RangeError(\"Out of range index\")",
        "new codes.ERR_OUT_OF_RANGE(\"start\", \"0 to end\", start)",
    ),
    ("internal/buffer.mjs", "\"otherBuffer\",", "\"b\","),
    ("internal/buffer.mjs", "\"buf1\",", "\"a\","),
    ("internal/buffer.mjs", "\"buf2\",", "\"b\","),
    // Options as Node has them: what only this formatter knows is none, and every list has the limit of arrays.
    (
        "internal/util/inspect.mjs",
        "const inspectDefaultOptions = {\n",
        "const inspectDefaultOptions = { showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, \
         maxArrayLength: 100, maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, \
         numericSeparator: false };\nconst hiddenOptions = {\n",
    ),
    (
        "internal/util/inspect.mjs",
        "ObjectPrototypeHasOwnProperty(inspectDefaultOptions, key) ||",
        "ObjectPrototypeHasOwnProperty(inspectDefaultOptions, key) ||\n          \
         ObjectPrototypeHasOwnProperty(hiddenOptions, key) ||",
    ),
    (
        "internal/util/inspect.mjs",
        "    ...inspectDefaultOptions,\n",
        "    ...hiddenOptions,\n    ...inspectDefaultOptions,\n",
    ),
    (
        "internal/util/inspect.mjs",
        "  return formatValue(ctx, value, 0);\n}\nconst customInspectSymbol",
        "  ctx.iterableLimit = ctx.maxArrayLength;\n  const { finish } = \
         core.loadExtScript(\"ext:lopata_node/util/inspect.js\");\n  \
         return finish(ctx, value, formatValue(ctx, value, 0));\n}\nconst customInspectSymbol",
    ),
    // Production's names of the arguments.
    ("path/_posix.ts", "assertPath(from);\n", "assertPath(from, \"from\");\n"),
    ("path/_posix.ts", "assertPath(to);\n", "assertPath(to, \"to\");\n"),
    ("path/_win32.ts", "assertPath(from);\n", "assertPath(from, \"from\");\n"),
    ("path/_win32.ts", "assertPath(to);\n", "assertPath(to, \"to\");\n"),
    ("path/_util.ts", "function assertPath(path) {", "function assertPath(path, name = \"path\") {"),
    ("path/_util.ts", "new ERR_INVALID_ARG_TYPE(\"path\",", "new ERR_INVALID_ARG_TYPE(name,"),
    // Paths start at the root.
    ("path/_posix.ts", "return () => globalThis.process.cwd();", "return () => \"/\";"),
    (
        "path/_win32.ts",
        "const { Deno } = globalThis;",
        "const Deno = { cwd: () => \"/\", env: { get: () => undefined } };",
    ),
    ("path/_win32.ts", "globalThis.process.env[`=${resolvedDevice}`] || Deno.cwd()", "Deno.cwd()"),
    // An object of the web has its state in properties of its own, which are nobody's options.
    ("internal/url.ts", "...url,", "__proto__: null,"),
];
