//! The modules of Node: the one table of what serves a specifier, and which workers have it.
//!
//! The host's bundler asks which bare names mean a module of Node, the guest's loader whether the worker has it and
//! whether lopata does. Which flags bring a module is production's; the modules of a flag of their own need Node's
//! compatibility beside it.

use crate::compat::CompatSet;

/// The scheme of Node's modules.
pub const SCHEME: &str = "node:";

/// One module of Node.
#[derive(Clone, Copy, Debug)]
pub struct NodeModule {
    /// Its name without the scheme: `fs/promises`.
    pub name: &'static str,
    /// Which workers have it.
    pub gate: Gate,
    /// Where it comes from in lopata.
    pub served: Served,
}

/// Which workers have a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Every one.
    Always,
    /// Those with `nodejs_compat` or `nodejs_compat_v2`.
    Compat,
    /// Those, and those with `nodejs_als`.
    AsyncLocalStorage,
    /// Those with `nodejs_compat_v2`.
    BareNames,
    /// Those with `nodejs_compat` and this flag.
    Flag(&'static str),
}

/// What serves a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// A script of our own.
    Own,
    /// Scripts of `deno_node`, in a wrapper of our own that gives them production's shape.
    Deno,
    /// As in production: it is there to be imported, and what cannot work throws when it is used.
    Stub,
}

const fn module(name: &'static str, gate: Gate, served: Served) -> NodeModule {
    NodeModule { name, gate, served }
}

/// Every module of Node that production knows, by name.
#[rustfmt::skip]
pub static MODULES: [NodeModule; 70] = [
    module("_http_agent", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("_http_client", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("_http_common", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("_http_incoming", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("_http_outgoing", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("_http_server", Gate::Flag("enable_nodejs_http_server_modules"), Served::Own),
    module("_stream_duplex", Gate::Compat, Served::Deno),
    module("_stream_passthrough", Gate::Compat, Served::Deno),
    module("_stream_readable", Gate::Compat, Served::Deno),
    module("_stream_transform", Gate::Compat, Served::Deno),
    module("_stream_wrap", Gate::Flag("enable_nodejs_stream_wrap_module"), Served::Own),
    module("_stream_writable", Gate::Compat, Served::Deno),
    module("_tls_common", Gate::Compat, Served::Own),
    module("_tls_wrap", Gate::Compat, Served::Own),
    module("assert", Gate::Compat, Served::Deno),
    module("assert/strict", Gate::Compat, Served::Deno),
    module("async_hooks", Gate::AsyncLocalStorage, Served::Own),
    module("buffer", Gate::Compat, Served::Deno),
    module("child_process", Gate::Flag("enable_nodejs_child_process_module"), Served::Stub),
    module("cluster", Gate::Flag("enable_nodejs_cluster_module"), Served::Stub),
    module("console", Gate::Flag("enable_nodejs_console_module"), Served::Own),
    module("constants", Gate::Compat, Served::Own),
    module("crypto", Gate::Compat, Served::Own),
    module("dgram", Gate::Flag("enable_nodejs_dgram_module"), Served::Stub),
    module("diagnostics_channel", Gate::Compat, Served::Own),
    module("dns", Gate::Compat, Served::Own),
    module("dns/promises", Gate::Compat, Served::Own),
    module("domain", Gate::Flag("enable_nodejs_domain_module"), Served::Stub),
    module("events", Gate::Compat, Served::Deno),
    module("fs", Gate::Flag("enable_nodejs_fs_module"), Served::Own),
    module("fs/promises", Gate::Compat, Served::Own),
    module("http", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("http2", Gate::Flag("enable_nodejs_http2_module"), Served::Stub),
    module("https", Gate::Flag("enable_nodejs_http_modules"), Served::Own),
    module("inspector", Gate::Flag("enable_nodejs_inspector_module"), Served::Stub),
    module("inspector/promises", Gate::Flag("enable_nodejs_inspector_module"), Served::Stub),
    module("module", Gate::Compat, Served::Own),
    module("net", Gate::Compat, Served::Own),
    module("os", Gate::Flag("enable_nodejs_os_module"), Served::Own),
    module("path", Gate::Compat, Served::Deno),
    module("path/posix", Gate::Compat, Served::Deno),
    module("path/win32", Gate::Compat, Served::Deno),
    module("perf_hooks", Gate::Flag("enable_nodejs_perf_hooks_module"), Served::Own),
    module("process", Gate::Always, Served::Own),
    module("punycode", Gate::Flag("enable_nodejs_punycode_module"), Served::Deno),
    module("querystring", Gate::Compat, Served::Deno),
    module("readline", Gate::Flag("enable_nodejs_readline_module"), Served::Own),
    module("readline/promises", Gate::Flag("enable_nodejs_readline_module"), Served::Own),
    module("repl", Gate::Flag("enable_nodejs_repl_module"), Served::Stub),
    module("sqlite", Gate::Flag("enable_nodejs_sqlite_module"), Served::Stub),
    module("stream", Gate::Compat, Served::Deno),
    module("stream/consumers", Gate::Compat, Served::Deno),
    module("stream/promises", Gate::Compat, Served::Deno),
    module("stream/web", Gate::Compat, Served::Own),
    module("string_decoder", Gate::Compat, Served::Deno),
    module("sys", Gate::BareNames, Served::Deno),
    module("test", Gate::Compat, Served::Own),
    module("timers", Gate::Compat, Served::Own),
    module("timers/promises", Gate::Compat, Served::Own),
    module("tls", Gate::Compat, Served::Own),
    module("trace_events", Gate::Flag("enable_nodejs_trace_events_module"), Served::Stub),
    module("tty", Gate::Flag("enable_nodejs_tty_module"), Served::Stub),
    module("url", Gate::Compat, Served::Deno),
    module("util", Gate::Compat, Served::Deno),
    module("util/types", Gate::Compat, Served::Deno),
    module("v8", Gate::Flag("enable_nodejs_v8_module"), Served::Stub),
    module("vm", Gate::Flag("enable_nodejs_vm_module"), Served::Stub),
    module("wasi", Gate::Flag("enable_nodejs_wasi_module"), Served::Stub),
    module("worker_threads", Gate::Flag("enable_nodejs_worker_threads_module"), Served::Stub),
    module("zlib", Gate::Compat, Served::Own),
];

/// Modules that Node only knows under the scheme, so that the bare name is a package's to a bundler.
pub const SCHEME_ONLY: [&str; 2] = ["sqlite", "test"];

/// Modules that production only knows under the scheme.
const PREFIX_ONLY: [&str; 1] = ["test"];

/// What an import names.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// A module of Node that the worker has.
    Module(&'static NodeModule),
    /// A name of the scheme `node:` that this worker does not have.
    Missing,
    /// Something else.
    NotNode,
}

/// The module that a bare name means where bare names mean modules of Node: `fs/promises`.
pub fn bare(name: &str) -> Option<&'static NodeModule> {
    if PREFIX_ONLY.contains(&name) { None } else { find(name) }
}

fn find(name: &str) -> Option<&'static NodeModule> {
    MODULES.binary_search_by_key(&name, |module| module.name).ok().map(|index| &MODULES[index])
}

/// What `specifier` is to a worker with these flags.
pub fn lookup(specifier: &str, flags: &CompatSet) -> Found {
    if let Some(name) = specifier.strip_prefix(SCHEME) {
        return match find(name) {
            Some(module) if module.gate.open(flags) => Found::Module(module),
            _ => Found::Missing,
        };
    }
    match bare(specifier) {
        Some(module) if flags.has("nodejs_compat_v2") && module.gate.open(flags) => Found::Module(module),
        _ => Found::NotNode,
    }
}

impl Gate {
    /// Whether a worker with these flags passes.
    pub fn open(self, flags: &CompatSet) -> bool {
        let compat = flags.has("nodejs_compat") || flags.has("nodejs_compat_v2");
        match self {
            Self::Always => true,
            Self::Compat => compat,
            Self::AsyncLocalStorage => compat || flags.has("nodejs_als"),
            Self::BareNames => flags.has("nodejs_compat_v2"),
            Self::Flag(flag) => compat && flags.has(flag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::resolve;

    fn names(date: &str, flags: &[&str]) -> Vec<&'static str> {
        let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
        let set = resolve(date, &flags).set;
        MODULES.iter().filter(|module| module.gate.open(&set)).map(|module| module.name).collect()
    }

    #[test]
    fn sorted_and_gated_by_flags_that_exist() {
        assert!(MODULES.is_sorted_by_key(|module| module.name));
        for module in &MODULES {
            if let Gate::Flag(flag) = module.gate {
                assert!(crate::compat::FLAGS.iter().any(|known| known.enable == flag), "{flag}");
            }
        }
    }

    #[test]
    fn dates_and_flags_bring_modules() {
        assert_eq!(names("2026-04-20", &[]), ["process"]);
        assert_eq!(names("2026-04-20", &["nodejs_als"]), ["async_hooks", "process"]);
        let old = names("2023-10-01", &["nodejs_compat"]);
        assert!(old.contains(&"assert") && old.contains(&"fs/promises"));
        assert!(!old.contains(&"fs") && !old.contains(&"sys") && !old.contains(&"http"));
        assert!(names("2025-08-20", &["nodejs_compat"]).contains(&"http"));
        assert!(!names("2025-08-20", &["enable_nodejs_http_modules"]).contains(&"http"));
        assert_eq!(names("2026-04-20", &["nodejs_compat"]).len(), MODULES.len());
        assert!(names("2026-08-04", &[]).contains(&"assert"), "since this date it needs no flag");
    }

    #[test]
    fn bare_names_need_the_second_version() {
        let set =
            |flags: &[&str]| resolve("2026-04-20", &flags.iter().map(|flag| flag.to_string()).collect::<Vec<_>>()).set;
        assert!(matches!(lookup("assert", &set(&["nodejs_compat"])), Found::Module(module) if module.name == "assert"));
        assert!(matches!(lookup("assert", &set(&["nodejs_compat", "no_nodejs_compat_v2"])), Found::NotNode));
        assert!(matches!(lookup("node:nope", &set(&["nodejs_compat"])), Found::Missing));
        assert!(matches!(lookup("node:assert", &set(&[])), Found::Missing));
        assert!(matches!(lookup("test", &set(&["nodejs_compat"])), Found::NotNode));
    }
}
