//! V8 for the process: its platform, its flags, and what holds for every isolate of a test run.
//!
//! V8 takes flags only before its first isolate, so all of this is settled once, in `main`, and never changes.

use std::sync::OnceLock;

/// What holds for every isolate of the process.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// Flags as on V8's own command line: `--expose-gc`.
    pub v8_flags: Vec<String>,
    /// Whether all garbage is collected before each turn of an isolate, so that whatever is held too weakly is found.
    pub gc_stress: bool,
    /// Whether ids are counted instead of drawn.
    pub predictable: bool,
}

static OPTIONS: OnceLock<EngineOptions> = OnceLock::new();

/// Prepares V8 for the process. Call it first in `main`: every guest thread must descend from the thread that
/// called it.
pub fn init() {
    init_with(EngineOptions::default());
}

/// The same with options. Gives back the flags that V8 does not know. A second call changes nothing.
pub fn init_with(options: EngineOptions) -> Vec<String> {
    // The first of a command line is the program.
    let mut line = vec!["lopata".to_string()];
    line.extend(options.v8_flags.iter().cloned());
    if options.gc_stress {
        line.push("--expose-gc".to_string());
    }
    let unknown = if line.len() > 1 { deno_core::v8_set_flags(line).split_off(1) } else { Vec::new() };
    if options.predictable {
        lopata_bridges::Ids::count();
    }
    // The options of the first call are those that V8 has been started with.
    let _ = OPTIONS.set(options);
    deno_core::JsRuntime::init_platform(None);
    unknown
}

/// Whether to collect garbage before each turn.
pub fn gc_stress() -> bool {
    OPTIONS.get().is_some_and(|options| options.gc_stress)
}
