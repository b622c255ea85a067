//! A worker's project: its configuration and sources, and how they become a blueprint for generations.
//!
//! Each build reads the configuration again (a few hundred microseconds) and bundles the code, so an edit of
//! either is the same kind of event. A configuration with errors keeps the last good one serving: the build
//! fails, and nothing is replaced.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use lopata_bridges::{Attachments, CacheService, FetchService, ServiceHandle};
use lopata_protocol::{
    CacheOutbound, EnvEntry, GenerationId, ModuleDefinition, ModuleKind, NamespaceDefinition, ServiceId,
    WorkerDefinition, WorkerFormat, compat, limits,
};

use crate::assets::{Assets, Notices};
use crate::bindings::assets::Mounted;
use crate::bindings::kv::site::Manifest;
use crate::bindings::objects::{OwnClass, own_classes, unexported};
use crate::bindings::r2::{self, http::ExposedBucket};
use crate::bindings::{self, BindingContext, BindingEntry};
use crate::bundle::{self, Bundle, BundleRequest, Bundler, CustomBuild, OutputSink, WatchSet, WorkerBundler};
use crate::config::{self, ConfigErrors, HttpScheme, LoadOptions, Route, TailConsumer, WorkerConfig};
use crate::cron::CronTrigger;
use crate::objects::Isolation;
use crate::server::{BindingLine, Diagnostic, Failure, HostPattern, Reload, Site};
use crate::watch::concerns;
use crate::workers::WorkerId;

/// Everything a generation is made from, shared by all generations of the same code and configuration.
pub struct Blueprint {
    /// The worker's name.
    pub name: Arc<str>,
    /// Milliseconds of uninterrupted JavaScript before the watchdog acts.
    pub cpu_ms_max: u64,
    /// Subrequests of one top-level event.
    pub subrequests_max: u32,
    /// The cron expressions of the configuration that can be read.
    pub crons: Vec<CronTrigger>,
    /// Workers that are told of its events.
    pub tail_consumers: Vec<TailConsumer>,
    /// Its buckets, for requests from outside of workers.
    pub buckets: Vec<ExposedBucket>,
    /// The namespaces of its Durable Object classes.
    pub objects: Vec<Arc<NamespaceDefinition>>,
    /// The same, as a guest has them.
    classes: Vec<OwnClass>,
    /// How its objects share threads.
    pub object_isolation: Isolation,
    /// The folders whose sources may be shown on an error page.
    pub source_roots: Vec<PathBuf>,
    compatibility_date: String,
    compatibility_flags: Vec<String>,
    entry: String,
    format: WorkerFormat,
    modules: Vec<ModuleDefinition>,
    env: Vec<BindingEntry>,
    outbound: (ServiceId, FetchService),
    cache: (ServiceId, CacheService),
    /// Its static assets.
    pub assets: Option<Arc<Assets>>,
}

impl Blueprint {
    /// What a guest is sent to become a generation.
    pub fn definition(&self, generation: GenerationId) -> (WorkerDefinition, Attachments) {
        let mut attachments = Attachments::none();
        attachments.attach_service(self.outbound.0, ServiceHandle::Fetch(self.outbound.1.clone()));
        attachments.attach_service(self.cache.0, ServiceHandle::Cache(self.cache.1.clone()));
        for class in &self.classes {
            attachments.attach_service(class.class.service, ServiceHandle::Objects(class.namespace.clone()));
        }
        // Entries of one store share its service.
        let mut attached = std::collections::HashSet::new();
        for entry in &self.env {
            if let Some((id, service)) = &entry.service
                && attached.insert(*id)
            {
                attachments.attach_service(*id, service.clone());
            }
        }
        let env = self.env.iter().map(|entry| EnvEntry { name: entry.name.clone(), value: entry.value.clone() });
        let definition = WorkerDefinition {
            generation,
            name: self.name.clone(),
            compatibility_date: self.compatibility_date.clone(),
            compatibility_flags: self.compatibility_flags.clone(),
            compat: compat::resolve(&self.compatibility_date, &self.compatibility_flags).set,
            format: self.format,
            entry: self.entry.clone(),
            modules: self.modules.clone(),
            env: env.collect(),
            objects: self.classes.iter().map(|class| class.class.clone()).collect(),
            outbound: self.outbound.0,
            cache: CacheOutbound::Own(self.cache.0),
            extensions: Vec::new(),
            subrequests_max: self.subrequests_max,
            tailed: !self.tail_consumers.is_empty(),
            cpu_ms_max: self.cpu_ms_max,
            heap_bytes_max: limits::HEAP_BYTES_MAX,
        };
        (definition, attachments)
    }

    /// Whether a generation of `other` would be the same as one of this.
    pub fn same_as(&self, other: &Blueprint) -> bool {
        // The map too: after an edit of comments only it is the lines that have moved.
        let map = |module: &ModuleDefinition| match &module.kind {
            ModuleKind::JavaScript { map, .. } => map.clone(),
            _ => None,
        };
        let same_module = |(a, b): (&ModuleDefinition, &ModuleDefinition)| {
            a.specifier == b.specifier && a.hash == b.hash && map(a) == map(b)
        };
        let same_entry = |(a, b): (&BindingEntry, &BindingEntry)| a.name == b.name && a.identity == b.identity;
        self.name == other.name
            && self.cpu_ms_max == other.cpu_ms_max
            && self.subrequests_max == other.subrequests_max
            && self.crons == other.crons
            && self.tail_consumers == other.tail_consumers
            && self.compatibility_date == other.compatibility_date
            && self.compatibility_flags == other.compatibility_flags
            && self.classes == other.classes
            && self.object_isolation == other.object_isolation
            && self.entry == other.entry
            && self.format == other.format
            && self.modules.len() == other.modules.len()
            && self.modules.iter().zip(&other.modules).all(same_module)
            && self.env.len() == other.env.len()
            && self.env.iter().zip(&other.env).all(same_entry)
            && self.assets.as_ref().map(Arc::as_ptr) == other.assets.as_ref().map(Arc::as_ptr)
            && self.buckets.len() == other.buckets.len()
            && self.buckets.iter().zip(&other.buckets).all(|(a, b)| a.same_as(b))
    }

    /// The env entries, as the error page lists them.
    pub fn binding_lines(&self) -> Vec<BindingLine> {
        let line = |entry: &BindingEntry| BindingLine {
            name: entry.name.clone(),
            kind: entry.kind.to_string(),
            value: entry.shown.clone(),
            secret: entry.secret,
        };
        self.env.iter().map(line).collect()
    }
}

/// A build that went well.
pub struct Built {
    /// What came of it.
    pub blueprint: Blueprint,
    /// What it depended on.
    pub watch: WatchSet,
    /// What the user should know, rendered.
    pub warnings: Vec<String>,
    /// How the server appears; the primary worker alone decides that.
    pub site: Option<Site>,
    /// The routes of the configuration.
    pub routes: Vec<Route>,
    /// What pages in browsers should do when the change was one of the files that are served as they are.
    pub content_changed: Option<Reload>,
    /// What is wrong with the newest configuration, when this was built with the one before.
    pub config_failure: Option<BuildFailure>,
}

/// A build that did not.
pub struct BuildFailure {
    /// For the error page.
    pub failure: Failure,
    /// For the terminal, rendered.
    pub texts: Vec<String>,
    /// What it depended on, so that the repair is noticed.
    pub watch: WatchSet,
}

/// Why a worker is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is the first build, somebody asked for it, or nobody knows what has changed.
    Order,
    /// These files have changed.
    Files(BTreeSet<PathBuf>),
}

impl Cause {
    /// A file changed too; an empty path is one that nobody knows.
    pub fn add(&mut self, path: PathBuf) {
        match self {
            Self::Order => {}
            Self::Files(_) if path.as_os_str().is_empty() => *self = Self::Order,
            Self::Files(files) => {
                files.insert(path);
            }
        }
    }

    /// Why to build now. What comes later is another build's cause.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Files(BTreeSet::new()))
    }
}

/// Command-line settings that come before the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--host`.
    pub host: Option<String>,
    /// `--upstream-protocol`.
    pub upstream_protocol: Option<HttpScheme>,
    /// `--no-bundle` or `--bundle`.
    pub no_bundle: Option<bool>,
    /// `--minify`.
    pub minify: Option<bool>,
    /// `--tsconfig`.
    pub tsconfig: Option<PathBuf>,
    /// `--jsx-factory`.
    pub jsx_factory: Option<String>,
    /// `--jsx-fragment`.
    pub jsx_fragment: Option<String>,
    /// `--live-reload`: a change of any asset is noticed.
    pub live_reload: bool,
}

/// What a project is made with.
pub struct ProjectParts {
    /// Which worker it is.
    pub worker: WorkerId,
    /// Where its configuration is.
    pub options: LoadOptions,
    /// What comes before the configuration.
    pub overrides: Overrides,
    /// Folders and files in which a change is a reason to build, besides what the build depends on.
    pub watch: Vec<PathBuf>,
    /// What its bindings share with those of other workers.
    pub context: BindingContext,
    /// What answers its global `fetch`.
    pub outbound: FetchService,
    /// Whether texts are coloured.
    pub colour: bool,
    /// Where the lines of its own build command go.
    pub custom_build_output: OutputSink,
    /// Where what is to be said of its assets goes.
    pub asset_notices: Notices,
}

/// One worker's files, and what is kept between builds.
pub struct Project {
    worker: WorkerId,
    options: LoadOptions,
    overrides: Overrides,
    watch: Vec<PathBuf>,
    bundler: Box<dyn Bundler>,
    context: BindingContext,
    outbound: (ServiceId, FetchService),
    colour: bool,
    /// The last configuration without errors.
    last_good: Option<config::Loaded>,
    /// Warnings that were shown already; they come again only when they change.
    shown_warnings: Vec<String>,
    /// What the worker's own build command is made for; `None` until it has run well.
    command_watch: Option<WatchSet>,
    /// The assets of the newest configuration.
    assets: Option<Mounted>,
    asset_notices: Notices,
    /// The folders whose files are served as they are: a change in one need not be a change of the worker.
    content: Vec<PathBuf>,
}

impl Project {
    /// A project that has not been built yet.
    pub fn new(parts: ProjectParts) -> Self {
        let ProjectParts { worker, options, overrides, watch, context, outbound, colour, .. } = parts;
        let ProjectParts { custom_build_output, asset_notices, .. } = parts;
        Self {
            worker,
            options,
            overrides,
            watch,
            bundler: Box::new(WorkerBundler::new(custom_build_output)),
            context,
            outbound: (ServiceId::next(), outbound),
            colour,
            last_good: None,
            shown_warnings: Vec::new(),
            command_watch: None,
            assets: None,
            asset_notices,
            content: Vec::new(),
        }
    }

    /// Reads the configuration and bundles the code. The worker's own build command is run unless it has been and the
    /// change is none of its business: what it writes is watched, too, since the bundle is made of it.
    pub async fn build(&mut self, cause: &Cause) -> Result<Built, BuildFailure> {
        let fresh = match (cause, self.command_watch.take()) {
            (Cause::Files(paths), Some(watch)) if !paths.iter().any(|path| concerns(&watch, path, false)) => {
                Some(watch)
            }
            _ => None,
        };
        let mut outcome = self.attempt(fresh).await;
        let watch = match &mut outcome {
            Ok(built) => {
                built.content_changed = content_changed(cause, &self.content);
                &mut built.watch
            }
            Err(failure) => &mut failure.watch,
        };
        // A path of the project's own choice may be a folder or a file, and may come into being later.
        watch.files.extend(self.watch.iter().cloned());
        watch.trees.extend(self.watch.iter().filter(|path| path.is_dir()).cloned());
        outcome
    }

    /// `fresh` is what the last run of the build command was made for, when that need not run again.
    async fn attempt(&mut self, fresh: Option<WatchSet>) -> Result<Built, BuildFailure> {
        // A server that runs over midnight reads its configuration on another day.
        self.options.today = config::Date::today();
        let (loaded, config_failure) = match (self.load(), &self.last_good) {
            (Ok(loaded), _) => {
                self.last_good = Some(loaded.clone());
                (loaded, None)
            }
            (Err(errors), Some(last_good)) => (last_good.clone(), Some(self.config_failure(&errors))),
            (Err(errors), None) => return Err(self.config_failure(&errors)),
        };
        let mut config_watch: Vec<PathBuf> = loaded.watch.clone();
        if let Some(failure) = &config_failure {
            config_watch.extend(failure.watch.files.iter().cloned());
        }
        let warnings: Vec<String> =
            loaded.warnings.iter().map(|warning| config::render(warning, self.colour)).collect();
        let config = loaded.config;
        self.assets = Mounted::of(&config, self.assets.take(), &self.options.cwd, &self.asset_notices);
        let mut request = bundle_request(&config, &loaded.path, &self.overrides);
        request.build_is_fresh = fresh.is_some();
        let bundled = self.bundler.bundle(&request).await;
        if request.build.is_some() && !bundled.as_ref().is_err_and(bundle::BundleError::is_of_the_build) {
            self.command_watch = Some(fresh.unwrap_or_else(|| self.command_watch(&request, &config_watch)));
        }
        let bundle = bundled.map_err(|error| {
            let mut failure = bundle_failure(&config, error);
            failure.watch.files.extend(config_watch.iter().cloned());
            failure
        })?;
        let entrypoint = config.main.as_deref().map(|main| config::display_path(main, &self.options.cwd));
        if let Some(text) = unexported(&config, &bundle.exports, entrypoint.as_deref().unwrap_or("the entrypoint")) {
            let mut watch = bundle.watch;
            watch.files.extend(config_watch);
            let diagnostic = Diagnostic { message: text.clone(), file: config.main, ..Diagnostic::default() };
            return Err(BuildFailure { failure: Failure::Build(vec![diagnostic]), texts: vec![text], watch });
        }
        Ok(self.built(config, bundle, config_watch, warnings, config_failure))
    }

    /// What comes of a bundle under its configuration.
    fn built(
        &mut self,
        config: WorkerConfig,
        bundle: Bundle,
        config_watch: Vec<PathBuf>,
        mut warnings: Vec<String>,
        config_failure: Option<BuildFailure>,
    ) -> Built {
        let Bundle { entry, format, mut modules, globals, watch, warnings: bundle_warnings, .. } = bundle;
        warnings.extend(bundle_warnings);
        let mut watch = watch;
        watch.files.extend(config_watch);
        if let Some(Mounted { assets, .. }) = &self.assets {
            // The worker's own build may have just made the directory.
            assets.refresh();
            watch.files.extend(assets.rule_files());
        }
        self.content = config.site.iter().map(|site| site.bucket.clone()).collect();
        if let Some(Mounted { assets, .. }) = self.assets.as_ref().filter(|_| self.overrides.live_reload) {
            self.content.push(assets.settings().directory.clone());
        }
        watch.trees.extend(self.content.iter().cloned());
        let mut env = bindings::entries(&config, &self.context);
        let asset_binding = config.assets.as_ref().and_then(|assets| assets.binding.as_deref());
        env.extend(self.assets.iter().zip(asset_binding).map(|(mounted, name)| mounted.entry(name)));
        match (config.site.as_ref().map(Manifest::of), format) {
            (Some(manifest), WorkerFormat::Modules) => modules.extend(manifest.modules(&modules)),
            (Some(manifest), WorkerFormat::ServiceWorker) => env.push(manifest.global()),
            (None, _) => {}
        }
        env.extend(globals.into_iter().map(bindings::module_global));
        let classes = own_classes(&config, &self.context);
        let site = (self.worker == WorkerId::PRIMARY).then(|| site(&config, &self.overrides));
        let blueprint = Blueprint {
            name: Arc::from(config.name.as_str()),
            cpu_ms_max: config.limits.cpu_ms.unwrap_or(limits::CPU_WATCHDOG_MS),
            subrequests_max: subrequests_max(&config),
            crons: CronTrigger::all(&config.crons),
            tail_consumers: config.tail_consumers.clone(),
            buckets: r2::exposed(&config, &env),
            objects: classes.iter().map(|class| class.definition.clone()).collect(),
            classes,
            object_isolation: config.object_isolation,
            source_roots: source_roots(&config),
            compatibility_date: config.compatibility_date.clone(),
            compatibility_flags: config.compatibility_flags.clone(),
            entry,
            format,
            modules,
            env,
            outbound: self.outbound.clone(),
            cache: self.context.stores.caches.service(&self.context.persist),
            assets: self.assets.as_ref().map(|mounted| mounted.assets.clone()),
        };
        if self.shown_warnings == warnings {
            warnings.clear();
        } else {
            self.shown_warnings = warnings.clone();
        }
        Built { blueprint, watch, warnings, site, routes: config.routes, content_changed: None, config_failure }
    }

    /// What is a reason to run the build command again: its own folders, the configuration, and what the project file
    /// names.
    fn command_watch(&self, request: &BundleRequest, config_watch: &[PathBuf]) -> WatchSet {
        let files = config_watch.iter().chain(&self.watch).cloned().collect();
        let own = request.build.iter().flat_map(|build| build.watch_dirs(&request.root));
        let trees = own.chain(self.watch.iter().cloned()).collect();
        WatchSet { files, trees, ..WatchSet::default() }
    }

    /// The configuration, whose name is this worker's from now on.
    fn load(&self) -> Result<config::Loaded, ConfigErrors> {
        let loaded = config::load(&self.options)?;
        match self.context.workers.rename(self.worker, &loaded.config.name) {
            Ok(()) => Ok(loaded),
            Err(taken) => {
                let diagnostic = config::Diagnostic::error("duplicate-name", taken.to_string())
                    .help("Each worker that runs here needs a name of its own: change its \"name\".");
                Err(ConfigErrors { diagnostics: vec![diagnostic], watch: loaded.watch })
            }
        }
    }

    fn config_failure(&self, errors: &ConfigErrors) -> BuildFailure {
        let texts = vec![config::render_all(&errors.diagnostics, self.colour)];
        let diagnostics = errors.errors().map(page_diagnostic).collect();
        let watch = WatchSet { files: errors.watch.iter().cloned().collect(), ..WatchSet::default() };
        BuildFailure { failure: Failure::Build(diagnostics), texts, watch }
    }
}

fn subrequests_max(config: &WorkerConfig) -> u32 {
    let given = config.limits.subrequests;
    given.map_or(limits::SUBREQUESTS_MAX, |given| u32::try_from(given).unwrap_or(u32::MAX))
}

/// A configuration's complaint, as the error page shows it.
fn page_diagnostic(diagnostic: &config::Diagnostic) -> Diagnostic {
    let label = diagnostic.labels.first();
    let (line, column) = label.map_or((0, 0), |label| label.position());
    Diagnostic {
        message: diagnostic.message.clone(),
        file: label.map(|label| label.file.path.clone()),
        line: line as u32,
        column: column as u32,
        frame: None,
        hint: diagnostic.help.clone(),
    }
}

/// What pages should do about a change, if it is one of the files of these folders.
fn content_changed(cause: &Cause, folders: &[PathBuf]) -> Option<Reload> {
    let Cause::Files(paths) = cause else { return None };
    let mut served = paths.iter().filter(|path| folders.iter().any(|folder| path.starts_with(folder))).peekable();
    served.peek()?;
    let styles = served.all(|path| path.extension().is_some_and(|extension| extension == "css"));
    Some(if styles { Reload::Styles } else { Reload::Page })
}

fn bundle_failure(config: &WorkerConfig, error: bundle::BundleError) -> BuildFailure {
    let bundle::BundleError { failure, watch } = error;
    let (texts, diagnostics) = match &failure {
        bundle::Failure::Sources(found) => {
            let texts = found.iter().map(|diagnostic| diagnostic.render(&config.root)).collect();
            (texts, found.iter().map(source_diagnostic).collect())
        }
        bundle::Failure::CustomBuild { output, .. } => {
            let diagnostic =
                Diagnostic { message: failure.to_string(), frame: Some(output.join("\n")), ..Diagnostic::default() };
            (vec![failure.to_string()], vec![diagnostic])
        }
        bundle::Failure::MissingEntry(text) => {
            (vec![text.clone()], vec![Diagnostic { message: text.clone(), ..Diagnostic::default() }])
        }
    };
    BuildFailure { failure: Failure::Build(diagnostics), texts, watch }
}

fn source_diagnostic(diagnostic: &bundle::Diagnostic) -> Diagnostic {
    let location = diagnostic.location.as_ref();
    Diagnostic {
        message: diagnostic.message.clone(),
        file: location.map(|location| location.file.clone()),
        line: location.map_or(0, |location| location.line),
        column: location.map_or(0, |location| location.column),
        frame: None,
        hint: (!diagnostic.notes.is_empty()).then(|| diagnostic.notes.join("\n")),
    }
}

/// Where sources of the project may lie: its root, and the entry's folder when that is elsewhere.
fn source_roots(config: &WorkerConfig) -> Vec<PathBuf> {
    let mut roots = vec![config.root.clone()];
    if let Some(parent) = config.main.as_ref().and_then(|main| main.parent())
        && !parent.starts_with(&config.root)
    {
        roots.push(parent.to_path_buf());
    }
    roots
}

/// What the bundler is asked for.
pub(crate) fn bundle_request(
    config: &WorkerConfig,
    config_file: &Option<PathBuf>,
    overrides: &Overrides,
) -> BundleRequest {
    let entry = config.main.clone().unwrap_or_else(|| config.root.clone());
    let no_bundle = overrides.no_bundle.unwrap_or(config.no_bundle);
    let conditions = std::env::var("WRANGLER_BUILD_CONDITIONS").unwrap_or_default();
    let build = config.build.command.as_ref().map(|command| CustomBuild {
        command: command.clone(),
        cwd: Some(config.build.cwd.clone()),
        watch_dir: config.build.watch_dirs.clone(),
    });
    let mut request = BundleRequest::new(config.root.clone(), entry);
    request.has_code = config.main.is_some();
    request.config_file = config_file.clone();
    request.tsconfig = overrides.tsconfig.clone().or_else(|| config.tsconfig.clone());
    request.jsx_factory = Some(overrides.jsx_factory.clone().unwrap_or_else(|| config.jsx_factory.clone()));
    request.jsx_fragment = Some(overrides.jsx_fragment.clone().unwrap_or_else(|| config.jsx_fragment.clone()));
    request.alias = config.alias.clone();
    request.define = config.define.clone();
    request.rules = config.rules.iter().map(module_rule).collect();
    request.no_bundle = no_bundle;
    request.find_additional_modules = config.find_additional_modules.unwrap_or(no_bundle);
    request.base_dir = config.base_dir.clone();
    request.preserve_file_names = config.preserve_file_names;
    request.minify = overrides.minify.unwrap_or(config.minify);
    request.keep_names = config.keep_names;
    request.conditions = conditions.split(',').filter(|name| !name.is_empty()).map(str::to_string).collect();
    request.build = build;
    request.compat = compat::resolve(&config.compatibility_date, &config.compatibility_flags).set;
    if let Ok(node_env) = std::env::var("NODE_ENV") {
        request.node_env = node_env;
    }
    request
}

fn module_rule(rule: &config::ModuleRule) -> bundle::ModuleRule {
    use config::RuleKind as From;
    let kind = match rule.kind {
        From::EsModule => bundle::RuleKind::ESModule,
        From::CommonJs => bundle::RuleKind::CommonJS,
        From::CompiledWasm => bundle::RuleKind::CompiledWasm,
        From::Text => bundle::RuleKind::Text,
        From::Data => bundle::RuleKind::Data,
        From::PythonModule => bundle::RuleKind::PythonModule,
        From::PythonRequirement => bundle::RuleKind::PythonRequirement,
    };
    bundle::ModuleRule { kind, globs: rule.globs.clone(), fallthrough: rule.fallthrough }
}

/// How the server appears to user code. wrangler takes the host from the flag, `dev.host` or the first route.
pub fn site(config: &WorkerConfig, overrides: &Overrides) -> Site {
    let routed = || config.routes.first().and_then(Route::host);
    let upstream = overrides.upstream_protocol.or(config.dev.upstream_protocol);
    Site {
        host: overrides.host.clone().or_else(|| config.dev.host.clone()).or_else(routed),
        upstream_https: upstream.map(|scheme| scheme == HttpScheme::Https),
        control_hosts: config.routes.iter().filter_map(Route::host).map(|h| HostPattern::new(&h)).collect(),
        kept_hosts: Vec::new(),
        cf: None,
    }
}
