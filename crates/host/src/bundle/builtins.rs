//! Specifiers that the runtime answers itself and that therefore stay imports, and what stands for those of Node that it
//! does not answer at the worker's date.

use lopata_protocol::CompatSet;
use lopata_protocol::node::{self, Found};

use super::polyfills::{self, Polyfill};

/// How far a bundle has Node. Source: wrangler, which decides by the same flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeMode {
    /// Not at all: modules of Node are left to the runtime, with a warning.
    None,
    /// The same, but for `node:async_hooks`.
    AsyncLocalStorage,
    /// Modules under the scheme.
    V1,
    /// Modules by all their names; what the date does not bring has a stand-in.
    V2,
}

impl NodeMode {
    pub(super) fn of(flags: &CompatSet) -> Self {
        if flags.has("nodejs_compat_v2") {
            Self::V2
        } else if flags.has("nodejs_compat") {
            Self::V1
        } else if flags.has("nodejs_als") {
            Self::AsyncLocalStorage
        } else {
            Self::None
        }
    }
}

/// What a specifier is, if it is not a file's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Builtin {
    /// The runtime answers it: `cloudflare:workers`.
    Runtime,
    /// The runtime answers to this name without the scheme.
    Node(&'static str),
    /// Something stands for it.
    Polyfill(&'static Polyfill),
    /// The runtime is asked, unless a package has the name; it may not answer.
    Doubtful {
        /// Whether the user is told.
        warn: bool,
    },
    /// Nothing has this name.
    Unknown,
    /// A module of Node by its bare name, where only a package can have that.
    Bare,
}

/// What the runtime knows of `specifier`.
pub(super) fn lookup(specifier: &str, flags: &CompatSet) -> Option<Builtin> {
    if ["cloudflare:", "workerd:"].iter().any(|scheme| specifier.starts_with(scheme))
        || specifier == "__STATIC_CONTENT_MANIFEST"
    {
        return Some(Builtin::Runtime);
    }
    let mode = NodeMode::of(flags);
    let prefixed = specifier.strip_prefix(node::SCHEME);
    if mode != NodeMode::V2 {
        return match prefixed {
            Some(name) => {
                let known = mode == NodeMode::V1 || mode == NodeMode::AsyncLocalStorage && name == "async_hooks";
                Some(Builtin::Doubtful { warn: !known })
            }
            None => bare(specifier).map(|_| Builtin::Bare),
        };
    }
    let name = match prefixed {
        Some(name) => name,
        None => match bare(specifier) {
            Some(module) => module.name,
            None => return polyfills::of_package(specifier).map(Builtin::Polyfill),
        },
    };
    Some(match node::lookup(&format!("{}{name}", node::SCHEME), flags) {
        Found::Module(module) if is_whole(module.name, flags) => Builtin::Node(module.name),
        _ => polyfills::of_module(name).map_or(Builtin::Unknown, Builtin::Polyfill),
    })
}

/// Whether what the runtime has of a module is all there is of it. wrangler takes some modules only together with others.
fn is_whole(name: &str, flags: &CompatSet) -> bool {
    match name {
        "process" => polyfills::has_process(flags),
        "fs/promises" => flags.has("enable_nodejs_fs_module"),
        _ => true,
    }
}

fn bare(specifier: &str) -> Option<&'static node::NodeModule> {
    node::bare(specifier).filter(|module| !node::SCHEME_ONLY.contains(&module.name))
}

/// Whether Node has a module of this name.
pub(super) fn is_node(specifier: &str) -> bool {
    specifier.starts_with(node::SCHEME) || bare(specifier).is_some()
}

#[cfg(test)]
mod tests {
    use lopata_protocol::compat::resolve;

    use super::*;

    fn what(specifier: &str, date: &str, flags: &[&str]) -> String {
        let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
        match lookup(specifier, &resolve(date, &flags).set) {
            None => "file".to_string(),
            Some(Builtin::Runtime) => "runtime".to_string(),
            Some(Builtin::Node(name)) => format!("node:{name}"),
            Some(Builtin::Polyfill(polyfill)) => format!("instead of {}", polyfill.name),
            Some(Builtin::Doubtful { warn }) => format!("doubtful {warn}"),
            Some(Builtin::Unknown) => "unknown".to_string(),
            Some(Builtin::Bare) => "bare".to_string(),
        }
    }

    #[test]
    fn specifiers_of_the_second_version() {
        for (specifier, expected) in [
            ("cloudflare:workers", "runtime"),
            ("node:events", "node:events"),
            ("__STATIC_CONTENT_MANIFEST", "runtime"),
            ("events", "node:events"),
            ("fs/promises", "node:fs/promises"),
            ("sqlite", "file"),
            ("node:sqlite", "node:sqlite"),
            ("node:test", "node:test"),
            ("test", "file"),
            ("events/", "file"),
            ("./events", "file"),
            ("react", "file"),
            ("node:nope", "unknown"),
            ("node-fetch", "instead of node-fetch"),
            ("debug", "file"),
        ] {
            assert_eq!(what(specifier, "2026-04-20", &["nodejs_compat"]), expected, "{specifier}");
        }
    }

    #[test]
    fn what_a_date_does_not_bring_has_a_stand_in() {
        for (specifier, date, expected) in [
            ("fs", "2025-09-14", "instead of fs"),
            ("node:fs/promises", "2025-09-14", "instead of fs/promises"),
            ("fs", "2025-09-15", "node:fs"),
            ("process", "2026-02-18", "instead of process"),
            ("process", "2026-02-19", "node:process"),
            ("_http_server", "2025-08-20", "instead of _http_server"),
            ("path", "2024-09-23", "node:path"),
            ("node:sqlite", "2025-01-01", "instead of sqlite"),
        ] {
            assert_eq!(what(specifier, date, &["nodejs_compat"]), expected, "{specifier} {date}");
        }
    }

    #[test]
    fn other_versions_leave_it_to_the_runtime() {
        assert_eq!(what("node:fs", "2024-01-01", &["nodejs_compat"]), "doubtful false");
        assert_eq!(what("fs", "2024-01-01", &["nodejs_compat"]), "bare");
        assert_eq!(what("node:fs", "2026-01-01", &[]), "doubtful true");
        assert_eq!(what("node:async_hooks", "2026-01-01", &["nodejs_als"]), "doubtful false");
        assert_eq!(what("node:fs", "2026-01-01", &["nodejs_als"]), "doubtful true");
        assert_eq!(what("node-fetch", "2026-01-01", &[]), "file");
    }
}
