//! What a project's `tsconfig.json` decides: JSX, and path aliases where the resolver's own lookup gives up.
//!
//! The nearest `tsconfig.json` above a file counts, whatever its `include` says, as with wrangler; files of
//! installed packages have none. Every file that took part, base configurations included, is remembered so
//! that it can be watched.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rolldown_common::ImportKind;
use rolldown_resolver::{Resolver, TsConfig};

use super::paths;

/// How JSX becomes calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Jsx {
    /// `factory(type, props, …children)`.
    Classic {
        /// The factory: `React.createElement`, `h`.
        factory: String,
        /// What `<>` stands for.
        fragment: String,
    },
    /// Calls of functions imported from `<source>/jsx-runtime`.
    Automatic {
        /// The package.
        source: String,
        /// Whether to use `jsx-dev-runtime`.
        development: bool,
    },
}

impl Jsx {
    /// The comment that asks for these settings in one file.
    pub(super) fn pragma(&self) -> String {
        match self {
            Self::Classic { factory, fragment } => {
                format!("/* @jsxRuntime classic @jsx {factory} @jsxFrag {fragment} */")
            }
            Self::Automatic { source, .. } => format!("/* @jsxRuntime automatic @jsxImportSource {source} */"),
        }
    }
}

/// The tsconfig files of one bundle.
#[derive(Debug)]
pub(super) struct TsConfigs {
    /// The one that the configuration names; it counts for every file.
    named: Option<PathBuf>,
    jsx_factory: Option<String>,
    jsx_fragment: Option<String>,
    by_directory: Mutex<HashMap<PathBuf, Option<Arc<TsConfig>>>>,
    seen: Mutex<BTreeSet<PathBuf>>,
}

impl TsConfigs {
    pub(super) fn new(named: Option<PathBuf>, jsx_factory: Option<String>, jsx_fragment: Option<String>) -> Self {
        Self { named, jsx_factory, jsx_fragment, by_directory: Mutex::default(), seen: Mutex::default() }
    }

    /// The files that took part so far.
    pub(super) fn seen(&self) -> BTreeSet<PathBuf> {
        self.seen.lock().clone()
    }

    /// The configuration for `file`. An unreadable one counts as none: the bundler reports it.
    pub(super) fn for_file(&self, resolver: &Resolver, file: &Path) -> Option<Arc<TsConfig>> {
        if paths::in_node_modules(&file.to_string_lossy()) {
            return None;
        }
        let directory = file.parent()?;
        if let Some(known) = self.by_directory.lock().get(directory) {
            return known.clone();
        }
        let path = match &self.named {
            Some(named) => Some(named.clone()),
            None => directory.ancestors().map(|dir| dir.join("tsconfig.json")).find(|path| path.is_file()),
        };
        let found = path.and_then(|path| {
            self.remember(resolver, &path);
            resolver.resolve_tsconfig(&path).ok()
        });
        self.by_directory.lock().insert(directory.to_path_buf(), found.clone());
        found
    }

    /// How JSX in `file` is compiled: what its tsconfig says, then what the configuration says, then React.
    pub(super) fn jsx(&self, resolver: &Resolver, file: &Path) -> Jsx {
        let config = self.for_file(resolver, file);
        let options = config.as_ref().map(|config| &config.compiler_options);
        match options.and_then(|options| options.jsx.as_deref()) {
            Some(kind @ ("react-jsx" | "react-jsxdev")) => Jsx::Automatic {
                source: options.and_then(|o| o.jsx_import_source.clone()).unwrap_or_else(|| "react".into()),
                development: kind == "react-jsxdev",
            },
            // `preserve` would leave JSX that no engine reads.
            _ => Jsx::Classic {
                factory: options
                    .and_then(|o| o.jsx_factory.clone())
                    .or_else(|| self.jsx_factory.clone())
                    .unwrap_or_else(|| "React.createElement".into()),
                fragment: options
                    .and_then(|o| o.jsx_fragment_factory.clone())
                    .or_else(|| self.jsx_fragment.clone())
                    .unwrap_or_else(|| "React.Fragment".into()),
            },
        }
    }

    /// The files that `paths` and `baseUrl` may mean by `specifier`, imported by `importer`.
    pub(super) fn aliased(&self, resolver: &Resolver, importer: &Path, specifier: &str) -> Vec<PathBuf> {
        match self.for_file(resolver, importer) {
            Some(config) => config.resolve_path_alias_or_base_url(specifier),
            None => Vec::new(),
        }
    }

    /// Records a tsconfig and the ones it extends.
    fn remember(&self, resolver: &Resolver, path: &Path) {
        if !self.seen.lock().insert(path.to_path_buf()) {
            return;
        }
        let Some(directory) = path.parent() else { return };
        for base in extended(path) {
            let found = if base.starts_with('.') || base.starts_with('/') {
                let plain = paths::normalize(&directory.join(&base));
                let with_extension = PathBuf::from(format!("{}.json", plain.display()));
                [plain.clone(), with_extension, plain.join("tsconfig.json")].into_iter().find(|path| path.is_file())
            } else {
                [base.clone(), format!("{base}.json"), format!("{base}/tsconfig.json")]
                    .iter()
                    .filter_map(|base| resolver.resolve(Some(path), base, ImportKind::Require, false).ok())
                    .map(|resolved| PathBuf::from(resolved.path.as_str()))
                    .find(|path| path.extension().is_some_and(|extension| extension == "json"))
            };
            if let Some(found) = found {
                self.remember(resolver, &found);
            }
        }
    }
}

/// The values of `extends` in a tsconfig. It is read once more because a resolved one has its bases merged in.
fn extended(path: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let parsed = jsonc_parser::parse_to_ast(&text, &Default::default(), &Default::default());
    let parsed = parsed.ok().and_then(|parsed| parsed.value).map(serde_json::Value::from);
    match parsed.as_ref().and_then(|value| value.get("extends")) {
        Some(serde_json::Value::String(base)) => vec![base.clone()],
        Some(serde_json::Value::Array(bases)) => {
            bases.iter().filter_map(|base| base.as_str().map(str::to_string)).collect()
        }
        _ => Vec::new(),
    }
}
