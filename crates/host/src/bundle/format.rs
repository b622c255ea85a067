//! How the entry is written: as an ES module or as a service-worker script.
//!
//! The question is put to the entry file alone, as wrangler does: a default export makes it a module, no export
//! at all a script. What a `export *` may bring is not looked at.

use std::path::Path;

use lopata_protocol::WorkerFormat;
use oxc::allocator::Allocator;
use oxc::parser::Parser;
use oxc::span::SourceType;
use oxc::syntax::module_record::ExportExportName;

use super::paths;

/// What the entry file says about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EntryShape {
    pub(super) format: WorkerFormat,
    /// The names it exports, types left out.
    pub(super) exports: Vec<String>,
    /// What to tell the user about the guess.
    pub(super) warning: Option<String>,
}

/// Looks at the entry. A file that does not parse counts as a module: the bundler reports what is wrong with it.
pub(super) fn detect(entry: &Path, source: &str, root: &Path) -> EntryShape {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, source_type(entry)).parse();
    if parsed.panicked {
        return EntryShape { format: WorkerFormat::Modules, exports: Vec::new(), warning: None };
    }
    let record = &parsed.module_record;
    let exports: Vec<String> = record
        .local_export_entries
        .iter()
        .chain(record.indirect_export_entries.iter())
        .filter(|entry| !entry.is_type)
        .filter_map(|entry| match &entry.export_name {
            ExportExportName::Name(name) => Some(name.name.to_string()),
            ExportExportName::Default(_) => Some("default".to_string()),
            ExportExportName::Null => None,
        })
        .collect();
    if exports.iter().any(|name| name == "default") {
        return EntryShape { format: WorkerFormat::Modules, exports, warning: None };
    }
    let warning = (!exports.is_empty()).then(|| {
        format!(
            "The entrypoint {} has exports like an ES Module, but hasn't defined a default export like a module \
             worker normally would. Building the worker using \"service-worker\" format...",
            paths::relative(root, entry)
        )
    });
    EntryShape { format: WorkerFormat::ServiceWorker, exports, warning }
}

/// The dialect that a file's extension stands for. JavaScript may hold JSX, as with wrangler.
pub(super) fn source_type(path: &Path) -> SourceType {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("ts" | "mts" | "cts") => SourceType::ts(),
        Some("tsx") => SourceType::tsx(),
        _ => SourceType::jsx(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        use WorkerFormat::{Modules, ServiceWorker};
        for (file, source, format, exports) in [
            ("a.ts", "export default { fetch() {} } satisfies ExportedHandler", Modules, vec!["default"]),
            ("a.ts", "export class A {}; export default {}; export type T = 1", Modules, vec!["A", "default"]),
            ("a.js", "export { default } from './b'", Modules, vec!["default"]),
            ("a.js", "const h = {}; export { h as default }", Modules, vec!["default"]),
            ("a.js", "addEventListener('fetch', () => {})", ServiceWorker, vec![]),
            ("a.js", "import './b'; addEventListener('fetch', () => {})", ServiceWorker, vec![]),
            ("a.js", "module.exports = { fetch() {} }", ServiceWorker, vec![]),
            ("a.js", "export * from './b'", ServiceWorker, vec![]),
            ("a.ts", "export type T = 1; addEventListener('fetch', () => {})", ServiceWorker, vec![]),
            ("a.js", "export const x = <div/>", ServiceWorker, vec!["x"]),
            ("a.js", "export default {", Modules, vec![]),
        ] {
            let shape = detect(Path::new(file), source, Path::new("/"));
            assert_eq!(shape.format, format, "{source}");
            assert_eq!(shape.exports, exports, "{source}");
        }
    }

    #[test]
    fn exports_without_a_default_are_remarked_on() {
        let shape = detect(Path::new("/p/src/a.js"), "export function f() {}", Path::new("/p"));
        assert_eq!(
            shape.warning.as_deref(),
            Some(
                "The entrypoint src/a.js has exports like an ES Module, but hasn't defined a default export like a \
                 module worker normally would. Building the worker using \"service-worker\" format..."
            )
        );
    }
}
