//! Specifiers that the runtime answers itself and that therefore stay imports.

use lopata_protocol::node;

/// Modules that Node itself only knows under the scheme, so that the bare name is a package's.
const PACKAGES: [&str; 1] = ["sqlite"];

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
    let own = ["cloudflare:", "workerd:", node::SCHEME].iter().any(|scheme| specifier.starts_with(scheme));
    if own || specifier == "__STATIC_CONTENT_MANIFEST" {
        return Some(Builtin::Always(specifier.to_string()));
    }
    let module = node::bare(specifier).filter(|module| !PACKAGES.contains(&module.name));
    module.map(|module| Builtin::Bare(format!("{}{}", node::SCHEME, module.name)))
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
            ("sqlite", None),
            ("test", None),
            ("events/", None),
            ("./events", None),
            ("react", None),
        ] {
            assert_eq!(lookup(specifier), expected, "{specifier}");
        }
    }
}
