//! Modules that stay files: `no_bundle`, and `find_additional_modules` beside a bundle.
//!
//! Every file below the module root that a rule speaks about becomes a module named by its relative path, so
//! that relative imports resolve at run time as they do on disk. TypeScript is stripped file by file; JavaScript
//! is passed on untouched, with the source map it names.
//!
//! `node_modules` and hidden directories are not looked into: what is there is not the worker's own, and one
//! rule for `**/*.txt` would upload every package's license.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lopata_protocol::ModuleDefinition;

use super::error::{BundleError, Diagnostic, Failure};
use super::rules::{RuleKind, RuleSet, Verdict};
use super::watch::WatchSet;
use super::{Bundle, BundleRequest, commonjs, format, input_map, modules, paths, transpile};

/// The files below the module root that are modules.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Their specifiers, by file.
    pub(super) files: HashMap<PathBuf, String>,
    /// The modules, by specifier.
    pub(super) modules: BTreeMap<String, ModuleDefinition>,
    pub(super) watch: WatchSet,
}

pub(super) fn bundle(request: &BundleRequest, entry: &Path) -> Result<Bundle, BundleError> {
    let rules = RuleSet::new(&request.rules);
    let mut collected = collect(request, entry, &rules)?;
    let source = read(entry).map_err(|diagnostic| fail(vec![diagnostic], &collected.watch))?;
    let mut warnings = rules.warnings.clone();
    let shape = format::detect(entry, &source, &request.root);
    warnings.extend(shape.warning.filter(|_| request.format.is_none()));
    let name = paths::bundle_url(&paths::relative(&request.module_root(), entry));
    let main = javascript(name.clone(), entry, source, request).map_err(|errors| fail(errors, &collected.watch))?;
    collected.modules.remove(&name);
    collected.watch.files.insert(entry.to_path_buf());
    Ok(Bundle {
        entry: name,
        format: request.format.unwrap_or(shape.format),
        modules: std::iter::once(main).chain(collected.modules.into_values()).collect(),
        globals: Vec::new(),
        exports: shape.exports,
        watch: collected.watch,
        warnings,
    })
}

/// Finds the files that rules make modules.
pub(super) fn collect(request: &BundleRequest, entry: &Path, rules: &RuleSet) -> Result<Collected, BundleError> {
    let root = request.module_root();
    let mut collected = Collected::default();
    collected.watch.files.insert(entry.to_path_buf());
    let mut errors = Vec::new();
    for file in walk(&root, &mut collected.watch) {
        if file == entry || request.config_file.as_ref() == Some(&file) {
            continue;
        }
        let name = paths::relative(&root, &file);
        match rules.path(&name) {
            Verdict::None => {}
            Verdict::Shadowed(text) => errors.push(Diagnostic::new(text)),
            Verdict::Module(kind) => match module(&file, &name, kind, request, rules) {
                Ok(module) => {
                    collected.watch.files.insert(file.clone());
                    collected.files.insert(file, module.specifier.clone());
                    collected.modules.insert(module.specifier.clone(), module);
                }
                Err(mut problems) => {
                    collected.watch.files.insert(file);
                    errors.append(&mut problems);
                }
            },
        }
    }
    if errors.is_empty() { Ok(collected) } else { Err(fail(errors, &collected.watch)) }
}

fn module(
    file: &Path,
    name: &str,
    kind: RuleKind,
    request: &BundleRequest,
    rules: &RuleSet,
) -> Result<ModuleDefinition, Vec<Diagnostic>> {
    let specifier = paths::bundle_url(name);
    match kind {
        RuleKind::ESModule => javascript(specifier, file, read(file).map_err(|error| vec![error])?, request),
        RuleKind::CommonJS => {
            let source = read(file).map_err(|error| vec![error])?;
            let code = commonjs::wrap(file, &source, |required| is_es_module(name, required, rules))?;
            Ok(modules::javascript(specifier, code, None))
        }
        RuleKind::PythonModule | RuleKind::PythonRequirement => {
            Err(vec![Diagnostic::new(format!("Python modules are not supported by lopata: {name}"))])
        }
        RuleKind::Text | RuleKind::Data | RuleKind::CompiledWasm => {
            let content = std::fs::read(file).map_err(|error| vec![unreadable(file, &error)])?;
            let value = modules::from_rule(kind, content).expect("the kind is one of content");
            Ok(modules::define(specifier, value))
        }
    }
}

/// Whether what `required` names, seen from the module `name`, is an ES module by the rules.
fn is_es_module(name: &str, required: &str, rules: &RuleSet) -> bool {
    let directory = Path::new(name).parent().unwrap_or(Path::new(""));
    let target = paths::normalize(&directory.join(required));
    rules.path(&target.to_string_lossy()) == Verdict::Module(RuleKind::ESModule)
}

fn javascript(
    specifier: String,
    file: &Path,
    source: String,
    request: &BundleRequest,
) -> Result<ModuleDefinition, Vec<Diagnostic>> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if matches!(extension, "ts" | "mts" | "cts" | "tsx" | "jsx") {
        let out = transpile::transpile(file, &source, request)?;
        return Ok(modules::javascript(specifier, out.code, Some(out.map)));
    }
    let map = input_map::load(file, &source).map(|mut map| {
        let urls: Vec<String> = map.get_sources().map(|source| paths::file_url(Path::new(source))).collect();
        map.set_sources(urls);
        map.to_json_string()
    });
    Ok(modules::javascript(specifier, source, map))
}

/// The files below `root` in a stable order; every directory on the way is watched.
fn walk(root: &Path, watch: &mut WatchSet) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory {
                let skipped = name == "node_modules" || name.to_string_lossy().starts_with('.');
                if !skipped {
                    pending.push(path);
                }
            } else if path.is_file() {
                files.push(path);
            }
        }
        watch.directories.insert(directory);
    }
    files.sort();
    files
}

fn read(file: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(format!("Could not read \"{}\": {error}", file.display()))
}

fn fail(errors: Vec<Diagnostic>, watch: &WatchSet) -> BundleError {
    BundleError::new(Failure::Sources(errors), watch.clone())
}
