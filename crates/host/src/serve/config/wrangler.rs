//! A wrangler configuration as a configuration with one service: the worker that it describes, built as `dev` builds
//! it.
//!
//! The worker's stores are its own and last as long as the configuration does: what tests write is nowhere afterwards,
//! and what `dev` has stored is out of their reach. A service binding to the worker itself works; other workers do not
//! run here, and calls to them say so.

use std::any::Any;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::model::{
    Binding, BindingKind, BuiltCode, Config, DurableObjectKey, DurableObjectNamespace, DurableObjectStorage, Logging,
    NativeBinding, Service, ServiceDesignator, ServiceKind, Worker, WorkerCode,
};
use super::place::{Located, Place};
use super::report::Report;
use super::{FileError, Files, Options};
use crate::assets::{Notice, Notices};
use crate::bindings::assets::Mounted;
use crate::bindings::{self, BindingContext};
use crate::bundle::{Bundle, BundleError, Bundler, Failure, OutputStream, WatchSet, WorkerBundler};
use crate::config::tree::Object;
use crate::config::{self, Diagnostic, LoadOptions, ObjectClass, WorkerConfig};
use crate::project::{Overrides, bundle_request};

/// How long writes may take that are still under way when the stores are closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Keys that a wrangler configuration has, and none in workerd's form.
const KEYS: [&str; 5] = ["main", "name", "compatibility_date", "compatibility_flags", "env"];

/// Whether a JSON file is a wrangler configuration rather than one in workerd's form.
pub fn is_one(path: &Path, root: &Object) -> bool {
    let name = path.file_stem().and_then(|stem| stem.to_str());
    name == Some("wrangler") || KEYS.iter().any(|key| root.get(key).is_some())
}

/// The configuration that a project's file makes. What is wrong is reported.
pub fn read(
    path: &Path,
    options: &Options,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<Config>, FileError> {
    let file = match files.config(path) {
        Ok(file) => file,
        // What is wrong with its bytes is said by its own reader.
        Err((_, Some(file))) => file,
        Err((error, None)) => return Err(error),
    };
    let mut load = LoadOptions::new(options.cwd.clone());
    load.config = Some(path.to_path_buf());
    load.compatibility_date = options.compat_date.clone();
    let loaded = match config::load(&load) {
        Ok(loaded) => loaded,
        Err(errors) => {
            files.add(errors.watch);
            for diagnostic in errors.diagnostics {
                report.push(diagnostic);
            }
            return Ok(None);
        }
    };
    files.add(loaded.watch);
    for warning in loaded.warnings {
        report.push(warning);
    }
    let start = Place::new(&file, 0..0);
    let request = bundle_request(&loaded.config, &loaded.path, &Overrides::default());
    if !request.has_code {
        report.error("no-main", &start, "This worker has no `main`, and so no tests.");
        return Ok(None);
    }
    let bundle = match build(&request) {
        Ok(bundle) => bundle,
        Err(error) => {
            files.add(error.watch.files.iter().cloned().collect());
            for message in texts(&error.failure, &loaded.config) {
                report.error("build", &start, message);
            }
            return Ok(None);
        }
    };
    files.add(bundle.watch.files.iter().cloned().collect());
    if let Some(text) = bindings::objects::unexported(&loaded.config, &bundle.exports, "the entrypoint") {
        report.error("no-class", &start, text);
        return Ok(None);
    }
    for warning in &bundle.warnings {
        report.push(Diagnostic::warning("build", warning.clone()));
    }
    Ok(Some(assemble(&loaded.config, bundle, &start, options, report)))
}

/// Bundles on a thread of its own, since whoever loads a configuration may or may not be in a runtime.
fn build(request: &crate::bundle::BundleRequest) -> Result<Bundle, BundleError> {
    let failed = |error: String| BundleError { failure: Failure::MissingEntry(error), watch: WatchSet::default() };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(format!("The build could not be started: {error}.")))?;
        let output = |stream: OutputStream, line: &str| match stream {
            OutputStream::Stdout => println!("{line}"),
            OutputStream::Stderr => eprintln!("{line}"),
        };
        runtime.block_on(async { WorkerBundler::new(Arc::new(output)).bundle(request).await })
    };
    std::thread::scope(|scope| {
        scope
            .spawn(run)
            .join()
            .unwrap_or_else(|_| Err(failed("The build has failed in an unexpected way.".to_string())))
    })
}

fn texts(failure: &Failure, config: &WorkerConfig) -> Vec<String> {
    match failure {
        Failure::Sources(found) => found.iter().map(|diagnostic| diagnostic.render(&config.root)).collect(),
        Failure::CustomBuild { output, .. } => vec![format!("{failure}\n{}", output.join("\n"))],
        Failure::MissingEntry(text) => vec![text.clone()],
    }
}

fn assemble(config: &WorkerConfig, bundle: Bundle, start: &Place, options: &Options, report: &mut Report) -> Config {
    let text = |text: &str| Located::new(Arc::from(text), start.clone());
    let stores = Stores::new(report);
    let keep: Arc<dyn Any + Send + Sync> = Arc::clone(&stores) as _;
    let mut entries = bindings::entries(config, &stores.context);
    let asset_binding = config.assets.as_ref().and_then(|assets| assets.binding.as_deref());
    let notices: Notices = Arc::new(|notice| match notice {
        Notice::Info(_) => {}
        Notice::Warning(text) | Notice::Error(text) => eprintln!("{text}"),
    });
    let mounted = Mounted::of(config, None, &config.root, &notices);
    entries.extend(mounted.iter().zip(asset_binding).map(|(mounted, name)| mounted.entry(name)));
    entries.extend(bundle.globals.into_iter().map(bindings::module_global));
    let to_itself = |name: &str| {
        let service = config.services.iter().find(|service| service.binding == name)?;
        (service.service == config.name && service.environment.is_none()).then_some(service)
    };
    // Entries of one store share its service, which is attached once.
    let mut attached = HashSet::new();
    let own_class = |name: &str| {
        let binding = config.durable_objects.iter().find(|binding| binding.binding == name)?;
        let own = binding.script_name.as_ref().is_none_or(|script| *script == config.name);
        (own && binding.environment.is_none()).then_some(binding)
    };
    let bindings = entries.into_iter().map(|entry| {
        let kind = match (to_itself(&entry.name), own_class(&entry.name)) {
            (None, Some(binding)) => {
                BindingKind::DurableObjectNamespace { class_name: text(&binding.class_name), service_name: None }
            }
            (Some(service), _) => BindingKind::Service(ServiceDesignator {
                place: start.clone(),
                name: text(&config.name),
                entrypoint: service.entrypoint.as_deref().map(text),
                props: service.props.as_deref().map(text),
            }),
            (None, None) => BindingKind::Native(Arc::new(NativeBinding {
                value: entry.value,
                service: entry.service.filter(|(id, _)| attached.insert(*id)),
                _keep: Arc::clone(&keep),
            })),
        };
        Binding { place: start.clone(), name: text(&entry.name), kind }
    });
    let namespace = |class: &ObjectClass| DurableObjectNamespace {
        place: start.clone(),
        class_name: text(&class.class),
        key: DurableObjectKey::Unique(text(&format!("{}-{}", config.name, class.class))),
        prevent_eviction: false,
        enable_sql: class.sqlite,
        container: None,
    };
    let worker = Worker {
        place: start.clone(),
        code: WorkerCode::Built(Arc::new(BuiltCode {
            format: bundle.format,
            entry: bundle.entry,
            modules: bundle.modules,
        })),
        // The date of the command line is put in by whoever has the command line.
        compatibility_date: options.compat_date.is_none().then(|| text(&config.compatibility_date)),
        compatibility_flags: config.compatibility_flags.iter().map(|flag| text(flag)).collect(),
        bindings: bindings.collect(),
        global_outbound: None,
        cache_api_outbound: None,
        durable_object_namespaces: config.object_classes.iter().map(namespace).collect(),
        durable_object_unique_key_modifier: None,
        // As long as the run.
        durable_object_storage: DurableObjectStorage::InMemory,
        module_fallback: None,
        tails: Vec::new(),
        streaming_tails: Vec::new(),
        container_engine: None,
        access_blob_header: None,
        access_binding_service: None,
        workflows_engine: None,
    };
    Config {
        place: start.clone(),
        services: vec![Service {
            place: start.clone(),
            name: text(&config.name),
            kind: ServiceKind::Worker(Box::new(worker)),
        }],
        sockets: Vec::new(),
        v8_flags: Vec::new(),
        extensions: Vec::new(),
        autogates: Vec::new(),
        logging: Logging::default(),
    }
}

/// The stores behind a project's bindings: a folder that goes with the last of them.
struct Stores {
    context: BindingContext,
    folder: PathBuf,
}

impl Stores {
    fn new(report: &mut Report) -> Arc<Self> {
        let mut random = [0; 8];
        // A folder of a known name would do, too; it is new if nobody else is so unlucky.
        let _ = getrandom::fill(&mut random);
        let name = format!("lopata-test-{}-{:016x}", std::process::id(), u64::from_le_bytes(random));
        let folder = std::env::temp_dir().join(name);
        if let Err(error) = std::fs::create_dir_all(&folder) {
            report.push(Diagnostic::error("no-folder", format!("{} cannot be made: {error}.", folder.display())));
        }
        Arc::new(Self { context: BindingContext::new(folder.clone(), Arc::default()), folder })
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        self.context.stores.close(CLOSE_TIMEOUT);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
