//! Specifiers that the runtime answers itself and that therefore stay imports.

/// The names of Node's modules that may be written without `node:`.
const NODE_MODULES: &[&str] = &[
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_wrap",
    "assert",
    "assert/strict",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "dns/promises",
    "domain",
    "events",
    "fs",
    "fs/promises",
    "http",
    "http2",
    "https",
    "inspector",
    "inspector/promises",
    "module",
    "net",
    "os",
    "path",
    "path/posix",
    "path/win32",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "readline/promises",
    "repl",
    "stream",
    "stream/consumers",
    "stream/promises",
    "stream/web",
    "string_decoder",
    "sys",
    "timers",
    "timers/promises",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "util/types",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

/// How the runtime answers a specifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    /// Always: `cloudflare:workers`, `node:fs`.
    Always(String),
    /// Unless an installed package has the name: `events`.
    Bare(String),
}

/// What the runtime knows of `specifier`, with the name it knows it under.
pub(super) fn lookup(specifier: &str) -> Option<Builtin> {
    let own = ["cloudflare:", "workerd:", "node:"].iter().any(|scheme| specifier.starts_with(scheme));
    if own || specifier == "__STATIC_CONTENT_MANIFEST" {
        return Some(Builtin::Always(specifier.to_string()));
    }
    NODE_MODULES.contains(&specifier).then(|| Builtin::Bare(format!("node:{specifier}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers() {
        for (specifier, expected) in [
            ("cloudflare:workers", Some(Builtin::Always("cloudflare:workers".into()))),
            ("node:events", Some(Builtin::Always("node:events".into()))),
            ("__STATIC_CONTENT_MANIFEST", Some(Builtin::Always("__STATIC_CONTENT_MANIFEST".into()))),
            ("events", Some(Builtin::Bare("node:events".into()))),
            ("fs/promises", Some(Builtin::Bare("node:fs/promises".into()))),
            ("events/", None),
            ("./events", None),
            ("react", None),
        ] {
            assert_eq!(lookup(specifier), expected, "{specifier}");
        }
    }
}
