//! From a Worker's configuration to what its guest is told: modules, flags, env.

use std::sync::Arc;

use lopata_bridges::{Attachments, ServiceHandle};
use lopata_protocol::{
    BUNDLE_ROOT, CacheOutbound, GenerationId, ModuleDefinition, ModuleKind, ObjectClass, ServiceId, WorkerDefinition,
    WorkerFormat, compat, limits,
};
use sha2::{Digest, Sha256};

use super::error::LinkError;
use super::{Graph, Options, bindings};
use crate::serve::config::model::{self, BindingKind, Config, ServiceDesignator, Worker, WorkerCode};

/// What guests of a Worker become: its own, and those that run its objects.
pub(super) struct Template {
    definition: WorkerDefinition,
    services: Vec<(ServiceId, ServiceHandle)>,
}

impl Template {
    /// What one guest is told.
    pub(super) fn instance(&self) -> (WorkerDefinition, Attachments) {
        let mut attachments = Attachments::none();
        for (id, service) in &self.services {
            attachments.attach_service(*id, service.clone());
        }
        let definition = WorkerDefinition { generation: GenerationId::next(), ..self.definition.clone() };
        (definition, attachments)
    }
}

/// What the guests of a Worker are told.
pub(super) fn definition(
    name: &str,
    worker: &Worker,
    config: &Config,
    options: &Options,
    graph: &Graph,
) -> Result<Template, LinkError> {
    let date = worker.compatibility_date.as_ref().map(|date| date.to_string());
    let date = date.or_else(|| options.compat_date.clone()).ok_or_else(|| LinkError::NoDate(name.to_string()))?;
    let flags: Vec<String> = worker.compatibility_flags.iter().map(|flag| flag.to_string()).collect();
    let compat = compat::resolve(&date, &flags).set;
    // What is new about it begins with where modules are.
    let root = if compat.has("new_module_registry") { "file:///" } else { BUNDLE_ROOT };
    let (format, modules) = code(name, &worker.code, root)?;
    let entry = match &worker.code {
        WorkerCode::Built(built) => built.entry.clone(),
        _ => modules.first().ok_or_else(|| LinkError::NoModules(name.to_string()))?.specifier.clone(),
    };
    let outbound = ServiceId::next();
    let mut services = vec![(outbound, graph.outbound(worker.global_outbound.as_ref()))];
    let cache = match &worker.cache_api_outbound {
        Some(designator) => {
            let id = ServiceId::next();
            services.push((id, graph.handle(designator)));
            CacheOutbound::Service(id)
        }
        None => CacheOutbound::Nobody,
    };
    let env = bindings::entries(name, &worker.bindings, graph, &mut services);
    let mut objects = Vec::new();
    for (class, namespace) in graph.classes(name) {
        let service = ServiceId::next();
        services.push((service, ServiceHandle::Objects(namespace)));
        objects.push(ObjectClass { class, service, container: false });
    }
    let definition = WorkerDefinition {
        generation: GenerationId::next(),
        name: Arc::from(name),
        compat,
        compatibility_date: date,
        compatibility_flags: flags,
        format,
        entry,
        modules,
        env,
        outbound,
        cache,
        extensions: bindings::extensions(config),
        // Nobody pays for the subrequests of a test.
        subrequests_max: u32::MAX,
        tailed: !worker.tails.is_empty(),
        cpu_ms_max: limits::CPU_WATCHDOG_MS,
        heap_bytes_max: limits::HEAP_BYTES_MAX,
        objects,
    };
    Ok(Template { definition, services })
}

fn code(name: &str, code: &WorkerCode, root: &str) -> Result<(WorkerFormat, Vec<ModuleDefinition>), LinkError> {
    match code {
        WorkerCode::Modules(modules) => {
            let modules = modules.iter().map(|module| definition_of(name, module, root)).collect::<Result<_, _>>()?;
            Ok((WorkerFormat::Modules, modules))
        }
        WorkerCode::ServiceWorkerScript(script) => {
            let kind = ModuleKind::JavaScript { code: script.value.clone(), map: None };
            Ok((WorkerFormat::ServiceWorker, vec![module(root, "worker.js", kind, script.as_bytes())]))
        }
        WorkerCode::Built(built) => Ok((built.format, built.modules.clone())),
        WorkerCode::Inherit(_) => Err(LinkError::Unsupported {
            service: name.to_string(),
            what: "Workers that inherit another are not available.".to_string(),
        }),
    }
}

fn definition_of(service: &str, given: &model::Module, root: &str) -> Result<ModuleDefinition, LinkError> {
    let unsupported = |what: &str| LinkError::Unsupported {
        service: service.to_string(),
        what: format!("the module \"{}\" {what}", given.name),
    };
    let (kind, bytes) = match &given.kind {
        model::ModuleKind::EsModule(code) => {
            (ModuleKind::JavaScript { code: code.value.clone(), map: None }, code.as_bytes())
        }
        model::ModuleKind::Text(text) => (ModuleKind::Text(text.value.clone()), text.as_bytes()),
        model::ModuleKind::Data(data) => (ModuleKind::Data(data.value.clone()), &data[..]),
        model::ModuleKind::Wasm(data) => (ModuleKind::Wasm(data.value.clone()), &data[..]),
        model::ModuleKind::Json(text) => (ModuleKind::Json(text.value.clone()), text.as_bytes()),
        model::ModuleKind::CommonJs(code) => {
            let named_exports = given.named_exports.iter().map(|export| export.to_string()).collect();
            (ModuleKind::CommonJs { code: code.value.clone(), named_exports }, code.as_bytes())
        }
        model::ModuleKind::Python(_) => return Err(unsupported("is Python, which lopata does not run.")),
        model::ModuleKind::Obsolete(kind) => return Err(unsupported(&format!("is of the obsolete kind {kind}."))),
    };
    Ok(module(root, &given.name, kind, bytes))
}

/// A module by its name, which is a path.
fn module(root: &str, name: &str, kind: ModuleKind, bytes: &[u8]) -> ModuleDefinition {
    let mut hash = Sha256::new();
    hash.update(bytes);
    ModuleDefinition { specifier: specifier(root, name), kind, hash: hash.finalize().into() }
}

/// Where the module of a name is: its path, as a URL writes it.
fn specifier(root: &str, name: &str) -> String {
    let mut url = url::Url::parse(root).expect("roots are URLs");
    url.set_path(name.trim_start_matches('/'));
    url.to_string()
}

/// The designators of a Worker that name an entrypoint, each with who says so in workerd's words.
pub(super) fn missing_entrypoints<'c>(name: &str, worker: &'c Worker) -> Vec<(String, &'c ServiceDesignator)> {
    let outbound =
        worker.global_outbound.iter().map(|outbound| (format!("Worker \"{name}\"'s globalOutbound"), outbound));
    let bindings = worker.bindings.iter().filter_map(|binding| match &binding.kind {
        BindingKind::Service(designator) => {
            Some((format!("Worker \"{name}\"'s binding \"{}\"", binding.name), designator))
        }
        _ => None,
    });
    outbound.chain(bindings).collect()
}
