//! Bundles of small projects in temporary directories, a test per promise of the module.
#![allow(clippy::unwrap_used)]

mod chunks;
mod failures;
mod packages;
mod rules;
mod scripts;
mod single_files;
mod sources;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lopata_protocol::{CompatSet, ModuleDefinition, ModuleKind, compat};

use super::{Bundle, BundleError, BundleRequest, Bundler, Diagnostic, Failure, WorkerBundler};

/// A project on disk that goes away with the value.
struct Project {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(dir.path()).unwrap();
        let project = Self { _dir: dir, root };
        files.iter().for_each(|(path, content)| project.write(path, content));
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    /// A request for `src/index.ts` or, without that, `src/index.js`.
    fn request(&self) -> BundleRequest {
        let entry = ["src/index.ts", "src/index.tsx", "src/index.js", "src/index.jsx"]
            .map(|entry| self.path(entry))
            .into_iter()
            .find(|entry| entry.is_file())
            .unwrap_or_else(|| self.path("src/index.ts"));
        BundleRequest::new(&self.root, entry)
    }

    async fn bundle(&self) -> Bundle {
        self.bundle_with(self.request()).await
    }

    async fn bundle_with(&self, request: BundleRequest) -> Bundle {
        self.try_bundle(request).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn try_bundle(&self, request: BundleRequest) -> Result<Bundle, BundleError> {
        bundler().bundle(&request).await
    }

    /// The errors of a bundle that must fail.
    async fn errors(&self, request: BundleRequest) -> (Vec<Diagnostic>, BundleError) {
        let error = self.try_bundle(request).await.expect_err("the bundle fails");
        match &error.failure {
            Failure::Sources(diagnostics) => (diagnostics.clone(), error),
            other => panic!("{other}"),
        }
    }
}

/// The flags of a worker.
fn flags(date: &str, names: &[&str]) -> CompatSet {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    compat::resolve(date, &names).set
}

fn bundler() -> WorkerBundler {
    WorkerBundler::new(Arc::new(|_, _: &str| {}))
}

fn module<'a>(bundle: &'a Bundle, suffix: &str) -> &'a ModuleDefinition {
    let names: Vec<_> = bundle.modules.iter().map(|module| &module.specifier).collect();
    bundle
        .modules
        .iter()
        .find(|module| module.specifier.ends_with(suffix))
        .unwrap_or_else(|| panic!("{suffix} {names:?}"))
}

fn code_of(module: &ModuleDefinition) -> &str {
    match &module.kind {
        ModuleKind::JavaScript { code, .. } => code,
        other => panic!("{} is {other:?}", module.specifier),
    }
}

/// The code of the entry.
fn entry(bundle: &Bundle) -> &str {
    assert_eq!(bundle.modules[0].specifier, bundle.entry);
    code_of(&bundle.modules[0])
}

/// All JavaScript of a bundle.
fn all_code(bundle: &Bundle) -> String {
    let javascript = bundle.modules.iter().filter(|module| matches!(module.kind, ModuleKind::JavaScript { .. }));
    javascript.map(code_of).collect::<Vec<_>>().join("\n")
}

/// Where the source map of `module` says that the first `needle` of its code comes from: URL, line from 1, and
/// the text of that line as the map has it.
fn origin(module: &ModuleDefinition, needle: &str) -> (String, u32, String) {
    let ModuleKind::JavaScript { code, map } = &module.kind else { panic!("not JavaScript") };
    let at = code.find(needle).unwrap_or_else(|| panic!("{needle} in {code}"));
    let line = code[..at].matches('\n').count() as u32;
    let column = at - code[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let map = sourcemap::SourceMap::from_slice(map.as_ref().expect("a map").as_bytes()).unwrap();
    let token = map.lookup_token(line, column as u32).expect("a token");
    let content = map.get_source_contents(token.get_src_id()).expect("the source's content");
    let text = content.lines().nth(token.get_src_line() as usize).unwrap_or_default();
    (token.get_source().unwrap().to_string(), token.get_src_line() + 1, text.to_string())
}

fn assert_contains(code: &str, needles: &[&str]) {
    for needle in needles {
        assert!(code.contains(needle), "{needle:?} is not in:\n{code}");
    }
}

fn assert_lacks(code: &str, needles: &[&str]) {
    for needle in needles {
        assert!(!code.contains(needle), "{needle:?} is in:\n{code}");
    }
}

fn url(path: &Path) -> String {
    url::Url::from_file_path(path).unwrap().into()
}
