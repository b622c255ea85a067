//! Module definitions and the hashes that identify their content.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use lopata_protocol::{ModuleDefinition, ModuleKind};
use sha2::{Digest, Sha256};

use super::paths;
use super::rules::RuleKind;

/// A module whose hash covers its kind and its content. A source map is not content: it follows the code.
pub(super) fn define(specifier: String, kind: ModuleKind) -> ModuleDefinition {
    let mut hasher = Sha256::new();
    let (tag, content): (&[u8], &[u8]) = match &kind {
        ModuleKind::JavaScript { code, .. } => (b"js\0", code.as_bytes()),
        ModuleKind::CommonJs { code, .. } => (b"cjs\0", code.as_bytes()),
        ModuleKind::Text(text) => (b"text\0", text.as_bytes()),
        ModuleKind::Data(data) => (b"data\0", data),
        ModuleKind::Wasm(wasm) => (b"wasm\0", wasm),
        ModuleKind::Json(json) => (b"json\0", json.as_bytes()),
    };
    hasher.update(tag);
    hasher.update(content);
    ModuleDefinition { specifier, kind, hash: hasher.finalize().into() }
}

/// A JavaScript module.
pub(super) fn javascript(specifier: String, code: String, map: Option<String>) -> ModuleDefinition {
    define(specifier, ModuleKind::JavaScript { code: code.into(), map: map.map(Arc::from) })
}

/// What a rule makes of a file's content; `None` for the kinds that are code.
pub(super) fn from_rule(kind: RuleKind, content: Vec<u8>) -> Option<ModuleKind> {
    match kind {
        RuleKind::Text => Some(ModuleKind::Text(String::from_utf8_lossy(&content).into())),
        RuleKind::Data => Some(ModuleKind::Data(Bytes::from(content))),
        RuleKind::CompiledWasm => Some(ModuleKind::Wasm(Bytes::from(content))),
        RuleKind::ESModule | RuleKind::CommonJS | RuleKind::PythonModule | RuleKind::PythonRequirement => None,
    }
}

/// The name of a file's module: its own, made unique by where it lies and what is made of it, so that it stays
/// while its content and other files change.
pub(super) fn stable_name(root: &Path, file: &Path, kind: RuleKind) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}-{name}", short_hash(&format!("{kind:?} {}", paths::relative(root, file))))
}

/// Twenty hexadecimal digits that stand for `text`.
pub(super) fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

/// `name` as an identifier, as wrangler makes one for a service-worker script.
pub(super) fn global_name(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '$' { c } else { '_' }).collect();
    format!("__{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_cover_kind_and_content_but_not_the_map() {
        let a = javascript("x".into(), "1".into(), Some("{}".into()));
        let b = javascript("y".into(), "1".into(), None);
        assert_eq!(a.hash, b.hash);
        assert_ne!(a.hash, javascript("x".into(), "2".into(), None).hash);
        assert_ne!(a.hash, define("x".into(), ModuleKind::Text("1".into())).hash);
    }

    #[test]
    fn names_are_stable_and_distinct() {
        let root = Path::new("/p");
        let a = stable_name(root, Path::new("/p/a/x.txt"), RuleKind::Text);
        assert_eq!(a, stable_name(Path::new("/q"), Path::new("/q/a/x.txt"), RuleKind::Text));
        assert_ne!(a, stable_name(root, Path::new("/p/b/x.txt"), RuleKind::Text));
        assert_ne!(a, stable_name(root, Path::new("/p/a/x.txt"), RuleKind::Data));
        assert!(a.ends_with("-x.txt"));
        assert_eq!(global_name("0a-b.txt"), "__0a_b_txt");
    }
}
