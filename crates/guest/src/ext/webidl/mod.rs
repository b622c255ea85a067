//! WebIDL: how arguments are converted, and production's texts of what is wrong with them.
//!
//! It owns one script, which stands in the place of the engine's own of that name: the classes of the engine's
//! crates convert with it as lopata's do. Hence the name of the extension, on which those crates depend.

deno_core::extension!(
    deno_webidl,
    lazy_loaded_js = [
        dir "src/ext/webidl",
        "ext:deno_webidl/00_webidl.js" = "webidl.js",
    ],
);
