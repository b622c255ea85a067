//! The configuration of a worker: found, read, checked, and made into a typed value.
//!
//! [`load`] is the whole of it for one worker; [`project_file`] says which workers there are. Owns wrangler's
//! configuration files, environments, `vars` and dotenv files, and the words for everything that can be wrong with
//! them. Watches nothing, prints nothing, writes nothing, never asks the network, and starts nothing but the isolate
//! of a project file that is code; what it knows of the world (day, process environment) is in [`LoadOptions`].
//!
//! ```text
//! discover ─► read ─► tree ─► validate (schema, checks) ─► environments ─► names, entry, vars ─► assemble ─► worker
//!                                     └──────────── diagnostics, all of them ────────────┘
//! ```
//!
//! Invariants: no input panics; a configuration with an error is not returned; every diagnostic about a file
//! points into it.

mod assemble;
mod assets;
mod checks;
mod compat;
mod cron;
mod date;
mod diagnostics;
mod discover;
mod dotenv;
mod entry;
mod environments;
mod names;
mod objects;
pub mod project_file;
pub(crate) mod read;
mod schema;
pub(crate) mod suggest;
pub(crate) mod tree;
mod validate;
mod vars;
mod worker;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use cron::{Cron, CronError};
pub use date::Date;
pub use diagnostics::{Diagnostic, Label, Severity, SourceFile, display_path, render, render_all};
pub use dotenv::Variables;
pub use worker::{
    Assets, BuildConfig, D1Database, DevConfig, HttpScheme, KvNamespace, Limits, ModuleRule, ObjectBinding,
    ObjectClass, OtherBinding, Position, R2Bucket, Route, RuleKind, S3Credentials, ServiceBinding, TailConsumer, Var,
    WorkerConfig, WorkersSite,
};

use environments::{Settings, Wanted};
use read::Format;
use tree::{Node, Object, Value};
use validate::Checker;

/// What is to be loaded, and what the loader may know.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The directory that the user works in.
    pub cwd: PathBuf,
    /// `--config`: the file; looked for when `None`.
    pub config: Option<PathBuf>,
    /// `--env`. Empty stands for the top level, whatever `CLOUDFLARE_ENV` says.
    pub env: Option<String>,
    /// `--env-file`, which replaces `.dev.vars` and `.env`.
    pub env_files: Vec<PathBuf>,
    /// `--var name:value`.
    pub vars: Vec<(String, String)>,
    /// `--define name:value`.
    pub define: Vec<(String, String)>,
    /// `--alias name:module`.
    pub alias: Vec<(String, String)>,
    /// The script of the command line, instead of `main`.
    pub script: Option<PathBuf>,
    /// `--name`.
    pub name: Option<String>,
    /// `--compatibility-date`.
    pub compatibility_date: Option<String>,
    /// `--compatibility-flags`.
    pub compatibility_flags: Option<Vec<String>>,
    /// `--assets`.
    pub assets: Option<PathBuf>,
    /// Whether no entry is looked for, for commands that do not run the worker.
    pub without_entry: bool,
    /// `--site`, `--site-include` and `--site-exclude`.
    pub site: SiteFlags,
    /// The day that is today.
    pub today: Date,
    /// The process environment.
    pub process_env: Variables,
}

/// The flags about a Workers Site, each of which comes before its key of `site`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteFlags {
    /// `--site`: the directory, relative to the user's.
    pub bucket: Option<PathBuf>,
    /// `--site-include`.
    pub include: Option<Vec<String>>,
    /// `--site-exclude`.
    pub exclude: Option<Vec<String>>,
}

impl LoadOptions {
    /// Options for `cwd` with the real day and process environment, and nothing else set.
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            cwd: cwd.into(),
            config: None,
            env: None,
            env_files: Vec::new(),
            vars: Vec::new(),
            define: Vec::new(),
            alias: Vec::new(),
            script: None,
            name: None,
            compatibility_date: None,
            compatibility_flags: None,
            assets: None,
            without_entry: false,
            site: SiteFlags::default(),
            today: Date::today(),
            process_env: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
        }
    }
}

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The worker.
    pub config: WorkerConfig,
    /// The file it was read from; `None` when a script runs without one.
    pub path: Option<PathBuf>,
    /// The user's own file, when a build tool's redirect led to another one.
    pub user_path: Option<PathBuf>,
    /// What is doubtful.
    pub warnings: Vec<Diagnostic>,
    /// The files on which it depends: configuration, redirect, dotenv files that exist or would be used if they
    /// did.
    pub watch: Vec<PathBuf>,
    /// Where secrets were read from, as wrangler says it: `Using secrets defined in .dev.vars`.
    pub secrets_from: Vec<String>,
}

/// A configuration that cannot be used: all its errors, and its warnings.
#[derive(Clone, Debug)]
pub struct ConfigErrors {
    /// Errors and warnings; at least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// The files whose change may help.
    pub watch: Vec<PathBuf>,
}

impl ConfigErrors {
    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error())
    }

    /// The warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| !diagnostic.is_error())
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            write!(f, "{}{diagnostic}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// Finds, reads and checks a configuration.
pub fn load(options: &LoadOptions) -> Result<Loaded, ConfigErrors> {
    let mut loader = Loader { options, found: Vec::new(), watch: Vec::new() };
    match loader.run() {
        Some(loaded) if !loader.found.iter().any(Diagnostic::is_error) => {
            Ok(Loaded { warnings: loader.found, watch: unique(loader.watch), ..loaded })
        }
        _ => Err(ConfigErrors { diagnostics: loader.found, watch: unique(loader.watch) }),
    }
}

fn unique(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

struct Loader<'a> {
    options: &'a LoadOptions,
    found: Vec<Diagnostic>,
    watch: Vec<PathBuf>,
}

/// A configuration file in memory.
struct Source {
    /// `None` for a script without a configuration.
    path: Option<PathBuf>,
    user_path: Option<PathBuf>,
    redirected: bool,
    file: Arc<SourceFile>,
    format: Format,
    root: Node,
}

impl Loader<'_> {
    fn run(&mut self) -> Option<Loaded> {
        let options = self.options;
        let source = self.source()?;
        let object = source.root.as_object()?;
        let cwd = options.cwd.as_path();
        let root = source.path.as_deref().and_then(Path::parent).unwrap_or(cwd).to_path_buf();
        let mut checker = Checker {
            file: &source.file,
            format: source.format,
            today: options.today,
            start: source.root.range.start..source.root.range.start + 1,
            found: &mut self.found,
        };
        let settings = environments::select(&mut checker, object, wanted_env(options), source.redirected);
        names::check_unique(&mut checker, &settings);
        let context = entry::Context {
            root: &root,
            cwd,
            script: options.script.as_deref(),
            has_file: source.path.is_some(),
            assets_flag: options.assets.is_some(),
        };
        let main = if options.without_entry {
            None
        } else {
            entry::resolve(&mut checker, &settings, context, &mut self.watch)
        };
        let compatibility_date = compatibility_date(&mut checker, &settings, options, source.path.is_some());
        compat::flags(&mut checker, &settings, options.compatibility_flags.as_deref(), &compatibility_date);
        check_flags(&mut checker, options);
        assets::check(
            &mut checker,
            &settings,
            assets::Context { root: &root, cwd, flag: options.assets.as_deref(), has_entry: main.is_some() },
        );
        let worker = options.name.clone().or_else(|| settings.worker_name());
        let object_classes = objects::classes(&mut checker, &settings, worker.as_deref().unwrap_or_default());
        let collected = collect_vars(&settings, &source, options);
        self.found.extend(collected.diagnostics);
        self.watch.extend(collected.watch);
        let given = assemble::Given {
            main,
            name: options.name.clone(),
            compatibility_date,
            compatibility_flags: options.compatibility_flags.clone(),
            vars: collected.vars,
            define: options.define.clone(),
            alias: options.alias.clone(),
            assets: options.assets.as_ref().map(|dir| assemble::clean(&cwd.join(dir))),
            site: options.site.clone(),
            object_classes,
        };
        let mut config = assemble::worker(&settings, &source.file, &root, cwd, given);
        let flagged = |name: &str| options.vars.iter().any(|(flag, _)| flag == name);
        config.kv_namespaces.retain(|namespace| !flagged(&namespace.binding));
        config.d1_databases.retain(|database| !flagged(&database.binding));
        config.r2_buckets.retain(|bucket| !flagged(&bucket.binding));
        config.services.retain(|service| !flagged(&service.binding));
        config.durable_objects.retain(|object| !flagged(&object.binding));
        if let Some(assets) = &mut config.assets {
            assets.binding = assets.binding.take().filter(|binding| !flagged(binding));
        }
        config.other_bindings.retain(|binding| !flagged(&binding.name));
        Some(Loaded {
            config,
            path: source.path.clone(),
            user_path: source.user_path.clone().filter(|user| Some(user) != source.path.as_ref()),
            warnings: Vec::new(),
            watch: Vec::new(),
            secrets_from: collected.secrets_from,
        })
    }

    /// The configuration file, found and read; an empty one for a script without.
    fn source(&mut self) -> Option<Source> {
        let options = self.options;
        let cwd = options.cwd.as_path();
        let found = match &options.config {
            Some(config) => {
                let path = assemble::clean(&cwd.join(config));
                discover::Found { config: Some(path.clone()), user_config: Some(path), redirect: None }
            }
            None => {
                let script_dir = options.script.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
                match discover::find(&assemble::clean(&cwd.join(script_dir)), cwd) {
                    Ok(found) => found,
                    Err(diagnostic) => {
                        self.watch.extend(diagnostic.labels.iter().map(|label| label.file.path.clone()));
                        self.found.push(*diagnostic);
                        return None;
                    }
                }
            }
        };
        self.watch.extend(found.config.clone());
        self.watch.extend(found.user_config.clone());
        self.watch.extend(found.redirect.clone());
        let redirected = found.redirect.is_some();
        let Some(path) = found.config else {
            let file = SourceFile::new(&cwd.join("wrangler.jsonc"), cwd, String::new());
            let root = Node { value: Value::Object(Object::default()), range: 0..0 };
            return Some(Source { path: None, user_path: None, redirected, file, format: Format::Json, root });
        };
        let (file, format) = self.read(&path)?;
        let root = read::parse(&file, format, &mut self.found)?;
        Some(Source { path: Some(path), user_path: found.user_config, redirected, file, format, root })
    }

    fn read(&mut self, path: &Path) -> Option<(Arc<SourceFile>, Format)> {
        let cwd = &self.options.cwd;
        let name = display_path(path, cwd);
        let Some(format) = Format::of(path) else {
            let message = format!("The configuration file \"{name}\" is neither JSON nor TOML.");
            self.found
                .push(Diagnostic::error("unreadable", message).help("Its name has to end in .json, .jsonc or .toml."));
            return None;
        };
        let read = std::fs::read(path).map_err(|error| {
            Diagnostic::error("unreadable", format!("Could not read file: {name}")).help(error.to_string())
        });
        match read.and_then(|bytes| read::decode(path, cwd, bytes)) {
            Ok(file) => Some((file, format)),
            Err(diagnostic) => {
                self.found.push(diagnostic);
                None
            }
        }
    }
}

fn wanted_env(options: &LoadOptions) -> Option<Wanted<'_>> {
    let by_variable = options.env.is_none();
    let name = options.env.as_deref().or_else(|| options.process_env.get("CLOUDFLARE_ENV"))?;
    (!name.is_empty()).then_some(Wanted { name, by_variable })
}

/// The effective date: the flag's, the file's, or today's with a warning.
fn compatibility_date(
    checker: &mut Checker<'_>,
    settings: &Settings<'_>,
    options: &LoadOptions,
    has_file: bool,
) -> String {
    let today = options.today.to_string();
    let (text, range) = match (&options.compatibility_date, settings.get("compatibility_date")) {
        (Some(flag), _) => (flag.clone(), None),
        (None, Some(node)) => (node.as_str().unwrap_or(&today).to_string(), Some(node.range.clone())),
        (None, None) => {
            if has_file {
                let message =
                    format!("No compatibility_date was specified. Using the default compatibility date: {today}.");
                let line = checker.format.assignment("compatibility_date", &format!("\"{today}\""));
                checker.warning("missing-date", message, checker.start.clone()).help =
                    Some(format!("Add {line} to the configuration."));
            }
            return today;
        }
    };
    let diagnostic = match text.parse::<Date>() {
        Ok(date) if date > options.today => {
            let message = format!("Compatibility date \"{text}\" is in the future and unsupported");
            Diagnostic::error("future-date", message).help(format!("Today is {today} in UTC."))
        }
        // In the file it has been reported.
        Err(_) if range.is_none() => {
            let quoted = serde_json::Value::from(text.as_str());
            Diagnostic::error(
                "bad-date",
                format!("\"compatibility_date\" field should be a valid ISO-8601 date (YYYY-MM-DD), but got {quoted}."),
            )
        }
        _ => return text,
    };
    checker.found.push(match range {
        Some(range) => diagnostic.at(checker.file, range, ""),
        None => diagnostic,
    });
    text
}

fn check_flags(checker: &mut Checker<'_>, options: &LoadOptions) {
    if let Some(name) = &options.name {
        let node = Node { value: Value::String(name.clone()), range: 0..0 };
        let before = checker.found.len();
        checks::worker_name(checker, "name", &node);
        // The name is the command line's: there is no place in a file to show.
        checker.found[before..].iter_mut().for_each(|diagnostic| diagnostic.labels.clear());
    }
}

fn collect_vars(settings: &Settings<'_>, source: &Source, options: &LoadOptions) -> vars::Collected {
    let configured = settings.get("vars").and_then(Node::as_object).into_iter().flat_map(Object::iter);
    let required = settings.get("secrets").and_then(Node::as_object).map(|secrets| {
        let names = secrets.get("required").and_then(Node::as_array).unwrap_or_default();
        names.iter().filter_map(Node::as_str).map(str::to_string).collect()
    });
    let others = names::bindings(settings).into_iter().filter(|binding| binding.key.name != "vars");
    vars::collect(&vars::Sources {
        dir: source.user_path.as_deref().and_then(Path::parent).unwrap_or(&options.cwd),
        cwd: &options.cwd,
        env: settings.env_name.or_else(|| wanted_env(options).map(|wanted| wanted.name)),
        env_files: &options.env_files,
        process_env: &options.process_env,
        configured: configured.map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
        required,
        taken: others.map(|binding| binding.name.to_string()).collect(),
        flags: &options.vars,
    })
}
