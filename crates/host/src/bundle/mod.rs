//! From a worker's entry file to the modules that an isolate loads.
//!
//! A [`Bundler`] takes a [`BundleRequest`], plain data that the configuration is mapped to, and answers with a
//! [`Bundle`]: the modules, what they export, and every file that took part. Bundling happens in this process,
//! on the host's tokio runtime; nothing is written to the user's project.
//!
//! It does not watch, compare bundles or talk to isolates. Invariants: the same files give the same bytes and
//! hashes; a failed bundle leaves nothing behind and tells what to watch; code of installed packages is in a
//! chunk of its own whose bytes do not depend on how the user's own code is written.
//!
//! rolldown, whose interface moves weekly, is known to this folder only, and no type of it leaves the folder. Every
//! bundle is made by a new instance: its incremental mode is three times faster on large graphs and loses track of
//! dynamic imports.

mod attributes;
mod builtins;
mod commonjs;
mod custom_build;
mod decorators;
mod diagnose;
mod engine;
mod error;
mod format;
mod glob;
mod input_map;
mod load;
mod memory;
mod modules;
mod no_bundle;
mod paths;
mod plugin;
mod polyfills;
mod required_names;
mod rules;
mod transpile;
mod tsconfig;
mod watch;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use lopata_protocol::{CompatSet, ModuleDefinition, ModuleKind, WorkerFormat, compat};

pub use custom_build::{CustomBuild, OutputSink, OutputStream};
pub use error::{BundleError, Diagnostic, Failure, Location};
pub use rules::{ModuleRule, RuleKind};
pub use watch::WatchSet;

/// Makes bundles. One is kept per worker, so that it can remember what a bundle before depended on.
pub trait Bundler: Send {
    /// Makes a bundle. Dropping the future abandons the attempt.
    fn bundle<'a>(&'a mut self, request: &'a BundleRequest) -> BoxFuture<'a, Result<Bundle, BundleError>>;
}

/// Everything that decides what a bundle is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleRequest {
    /// The project's directory, absolute: the working directory of the build, the home of `alias`.
    pub root: PathBuf,
    /// The entry file, absolute.
    pub entry: PathBuf,
    /// The configuration file, absolute: named in messages, never collected as a module.
    pub config_file: Option<PathBuf>,
    /// How the entry is written; `None` asks the entry.
    pub format: Option<WorkerFormat>,
    /// `tsconfig`, absolute; `None` takes the nearest `tsconfig.json` of each file.
    pub tsconfig: Option<PathBuf>,
    /// `jsx_factory`; a tsconfig's `jsxFactory` comes first.
    pub jsx_factory: Option<String>,
    /// `jsx_fragment`; a tsconfig's `jsxFragmentFactory` comes first.
    pub jsx_fragment: Option<String>,
    /// `alias`: whole specifiers and what they stand for, resolved from `root`; or a module of [`provided`].
    pub alias: Vec<(String, String)>,
    /// `define`: expressions and the JavaScript that replaces them.
    pub define: Vec<(String, String)>,
    /// `rules` as configured, without the defaults.
    pub rules: Vec<ModuleRule>,
    /// `no_bundle`: every file stays a module.
    pub no_bundle: bool,
    /// `find_additional_modules`: files that match a rule are modules even if nothing imports them.
    pub find_additional_modules: bool,
    /// `base_dir`, absolute: where additional modules are looked for; the entry's directory when absent.
    pub base_dir: Option<PathBuf>,
    /// `preserve_file_names`: a rule's module is named as its import names it.
    pub preserve_file_names: bool,
    /// `minify`.
    pub minify: bool,
    /// `keep_names`; wrangler's default is true.
    pub keep_names: bool,
    /// Export conditions (`WRANGLER_BUILD_CONDITIONS`); empty for `workerd`, `worker`, `browser`.
    pub conditions: Vec<String>,
    /// `build`, run before the bundle.
    pub build: Option<CustomBuild>,
    /// Whether there is code at all. A worker of static assets has none: only its own build command is run.
    pub has_code: bool,
    /// What `build` has made is there, and none of its sources has changed since: it is not run.
    pub build_is_fresh: bool,
    /// The value of `process.env.NODE_ENV`: `development` unless the environment says otherwise.
    pub node_env: String,
    /// Whether `navigator.userAgent` is known at build time (the flag `global_navigator`).
    pub navigator_user_agent: bool,
    /// The worker's flags, which say what modules of Node it has.
    pub compat: CompatSet,
}

impl BundleRequest {
    /// A request with the defaults of an empty configuration.
    pub fn new(root: impl Into<PathBuf>, entry: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            entry: entry.into(),
            config_file: None,
            format: None,
            tsconfig: None,
            jsx_factory: None,
            jsx_fragment: None,
            alias: Vec::new(),
            define: Vec::new(),
            rules: Vec::new(),
            no_bundle: false,
            find_additional_modules: false,
            base_dir: None,
            preserve_file_names: false,
            minify: false,
            keep_names: true,
            conditions: Vec::new(),
            build: None,
            has_code: true,
            build_is_fresh: false,
            node_env: "development".to_string(),
            navigator_user_agent: true,
            compat: compat::resolve("9999-12-31", &["nodejs_compat".to_string()]).set,
        }
    }

    /// The request with symbolic links resolved: modules are known by where they really are.
    fn with_real_paths(&self) -> Self {
        Self {
            root: real(&self.root),
            entry: real(&self.entry),
            config_file: self.config_file.as_deref().map(real),
            tsconfig: self.tsconfig.as_deref().map(real),
            base_dir: self.base_dir.as_deref().map(real),
            ..self.clone()
        }
    }

    /// Where additional modules are looked for and what their names are relative to.
    fn module_root(&self) -> PathBuf {
        match &self.base_dir {
            Some(base) => base.clone(),
            None => self.entry.parent().map_or_else(|| self.root.clone(), PathBuf::from),
        }
    }
}

/// A JavaScript module that the host adds to a bundle. An `alias` may stand for its specifier.
pub fn provided(name: &str, code: String) -> ModuleDefinition {
    modules::javascript(format!("{}{name}", paths::MODULES_BASE), code, None)
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A worker's code, ready for an isolate.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The specifier of the entry, which is one of `modules`.
    pub entry: String,
    /// How the entry is written.
    pub format: WorkerFormat,
    /// All modules, the entry first, the others by specifier.
    pub modules: Vec<ModuleDefinition>,
    /// Files that a service-worker script sees as globals; empty for modules.
    pub globals: Vec<BundleGlobal>,
    /// The names that the entry exports.
    pub exports: Vec<String>,
    /// What the bundle depends on.
    pub watch: WatchSet,
    /// What the user should know, one text each.
    pub warnings: Vec<String>,
}

impl Bundle {
    /// What a worker of static assets runs: a module that exports no handler. It is never asked for anything.
    fn without_code(watch: WatchSet) -> Self {
        let module = provided("no-code.js", "export default {};\n".to_string());
        Self {
            entry: module.specifier.clone(),
            format: WorkerFormat::Modules,
            modules: vec![module],
            globals: Vec::new(),
            exports: vec!["default".to_string()],
            watch,
            warnings: Vec::new(),
        }
    }
}

/// A file that a service-worker script uses under a global name.
#[derive(Clone, Debug)]
pub struct BundleGlobal {
    /// The identifier in the script.
    pub name: String,
    /// The value: text, data or WebAssembly.
    pub value: ModuleKind,
}

/// The bundler of the host: `build.command`, then rolldown, or single files for `no_bundle`.
pub struct WorkerBundler {
    output: OutputSink,
    /// What the last bundle depended on: an attempt that fails early has seen less.
    last_watch: WatchSet,
    release: memory::Release,
}

impl WorkerBundler {
    /// A bundler whose `build.command` prints through `output`.
    pub fn new(output: OutputSink) -> Self {
        Self { output, last_watch: WatchSet::default(), release: memory::Release::default() }
    }

    async fn attempt(&mut self, request: &BundleRequest) -> Result<Bundle, BundleError> {
        let mut watch = WatchSet::default();
        if !request.has_code {
            return match self.build(request, &mut watch).await {
                Ok(()) => Ok(Bundle::without_code(watch)),
                Err(failure) => Err(BundleError::new(failure, watch)),
            };
        }
        watch.files.insert(request.entry.clone());
        let entry = match self.prepare(request, &mut watch).await {
            Ok(entry) => real(&entry),
            Err(failure) => {
                watch.add_missing_path(&request.entry);
                return Err(BundleError::new(failure, watch));
            }
        };
        let request = &request.with_real_paths();
        if entry.extension().is_some_and(|extension| extension == "py") {
            let name = paths::relative(&request.root, &entry);
            let text = format!("Python Workers are not supported by lopata: {name}");
            return Err(BundleError::new(Failure::Sources(vec![Diagnostic::new(text)]), watch));
        }
        let made =
            if request.no_bundle { no_bundle::bundle(request, &entry) } else { engine::bundle(request, &entry).await };
        match made {
            Ok(mut bundle) => {
                bundle.watch.merge(&watch);
                Ok(bundle)
            }
            Err(mut error) => {
                error.watch.merge(&watch);
                Err(error)
            }
        }
    }

    /// Runs the custom build and finds the entry.
    async fn prepare(&self, request: &BundleRequest, watch: &mut WatchSet) -> Result<PathBuf, Failure> {
        self.build(request, watch).await?;
        let config_name = request.config_file.as_ref().and_then(|file| file.file_name()).and_then(|name| name.to_str());
        custom_build::find_entry(&request.entry, &request.root, request.build.as_ref(), config_name)
    }
}

impl WorkerBundler {
    /// Runs the custom build.
    async fn build(&self, request: &BundleRequest, watch: &mut WatchSet) -> Result<(), Failure> {
        if let Some(build) = &request.build {
            watch.trees.extend(build.watch_dirs(&request.root));
            if !request.build_is_fresh {
                custom_build::run(build, &request.root, &self.output).await?;
            }
        }
        Ok(())
    }
}

impl Bundler for WorkerBundler {
    fn bundle<'a>(&'a mut self, request: &'a BundleRequest) -> BoxFuture<'a, Result<Bundle, BundleError>> {
        Box::pin(async move {
            self.release.cancel();
            let made = self.attempt(request).await;
            self.release.schedule();
            match made {
                Ok(bundle) => {
                    self.last_watch = bundle.watch.clone();
                    Ok(bundle)
                }
                Err(mut error) => {
                    error.watch.merge(&self.last_watch);
                    Err(error)
                }
            }
        })
    }
}
