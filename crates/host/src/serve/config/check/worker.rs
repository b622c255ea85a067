//! What a Worker runs, whom it refers to and where its objects are kept.

use super::super::model::{DurableObjectKey, DurableObjectStorage, ModuleKind, ServiceKind, Text, Worker, WorkerCode};
use super::Checker;

/// What is wrong with a Worker. The texts are workerd's where it has one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum WorkerError {
    /// No code.
    #[error("service {0}: Modules list cannot be empty.")]
    NoModules(String),
    /// The first module is of another kind.
    #[error("service {0}: Uncaught TypeError: Main module must be an ES module.")]
    MainModule(String),
    /// A name twice.
    #[error("service {service}: The Worker has multiple modules named \"{module}\".")]
    DuplicateModule {
        /// The service.
        service: String,
        /// The name.
        module: String,
    },
    /// Python.
    #[error("service {service}: The module \"{module}\" is written in Python, which lopata does not run.")]
    Python {
        /// The service.
        service: String,
        /// The module.
        module: String,
    },
    /// A kind that the schema only remembers.
    #[error("service {service}: The module \"{module}\" is of the obsolete kind \"{kind}\".")]
    Obsolete {
        /// The service.
        service: String,
        /// The module.
        module: String,
        /// In the schema.
        kind: &'static str,
    },
    /// workerd has it in its schema and nowhere else.
    #[error("service {0}: Inheriting from another Worker is not supported.")]
    Inherit(String),
    /// Objects without a place for their data.
    #[error("Worker service \"{0}\" implements durable object classes but has `durableObjectStorage` set to `none`.")]
    NoStorage(String),
    /// Objects of a kind that is not settled.
    #[error(
        "Ephemeral objects (Durable Object namespaces with type 'ephemeralLocal') are an experimental feature which may \
         change or go away in the future. You must run workerd with `--experimental` to use this feature."
    )]
    Ephemeral,
    /// `localDisk` of a service that is not there.
    #[error(
        "service {service}: durableObjectStorage config refers to a service \"{disk}\", but no such service is defined."
    )]
    NoDisk {
        /// The service.
        service: String,
        /// Where it wants its objects.
        disk: String,
    },
    /// `localDisk` of a service of another kind.
    #[error(
        "service {service}: durableObjectStorage config refers to the service \"{disk}\", but that service is not a \
         local disk service."
    )]
    NotADisk {
        /// The service.
        service: String,
        /// Where it wants its objects.
        disk: String,
    },
    /// `localDisk` of a folder that may not be written.
    #[error(
        "service {service}: durableObjectStorage config refers to the disk service \"{disk}\", but that service is \
         defined read-only."
    )]
    ReadOnly {
        /// The service.
        service: String,
        /// Where it wants its objects.
        disk: String,
    },
}

impl Checker<'_> {
    pub(super) fn worker(&mut self, service: &Text, worker: &Worker) {
        self.code(service, worker);
        if !matches!(worker.code, WorkerCode::Inherit(_)) {
            self.compatibility(service, worker);
        }
        let context = |what: &str| format!("Worker \"{service}\"'s {what}");
        for (what, designator) in
            [("globalOutbound", &worker.global_outbound), ("cacheApiOutbound", &worker.cache_api_outbound)]
        {
            if let Some(designator) = designator {
                self.designator(&context(what), designator);
            }
        }
        for (what, tails) in [("tails", &worker.tails), ("streamingTails", &worker.streaming_tails)] {
            for designator in tails {
                self.designator(&context(what), designator);
            }
        }
        if let Some(designator) = &worker.access_binding_service {
            self.designator(&context("accessBindingService"), designator);
        }
        self.storage(service, worker);
        let scope = super::bindings::Scope { service, worker };
        for binding in &worker.bindings {
            self.binding(&scope, binding);
        }
    }

    fn code(&mut self, service: &Text, worker: &Worker) {
        let name = service.to_string();
        let modules = match &worker.code {
            WorkerCode::Modules(modules) => modules,
            WorkerCode::ServiceWorkerScript(_) | WorkerCode::Built(_) => return,
            WorkerCode::Inherit(from) => {
                self.report.error("inherit", &from.place, WorkerError::Inherit(name).to_string());
                return;
            }
        };
        let Some(main) = modules.first() else {
            self.report.error("no-modules", &worker.place, WorkerError::NoModules(name).to_string());
            return;
        };
        let mut seen = Vec::new();
        for module in modules {
            let (service, module_name) = (name.clone(), module.name.to_string());
            let error = match &module.kind {
                ModuleKind::Python(_) => Some(WorkerError::Python { service, module: module_name }),
                ModuleKind::Obsolete(kind) => Some(WorkerError::Obsolete { service, module: module_name, kind }),
                _ if seen.contains(&&*module.name.value) => {
                    Some(WorkerError::DuplicateModule { service, module: module_name })
                }
                _ => None,
            };
            if let Some(error) = error {
                self.report.error("bad-module", &module.place, error.to_string());
            }
            seen.push(&*module.name.value);
        }
        let other = matches!(
            main.kind,
            ModuleKind::CommonJs(_)
                | ModuleKind::Text(_)
                | ModuleKind::Data(_)
                | ModuleKind::Wasm(_)
                | ModuleKind::Json(_)
        );
        if other {
            self.report.error("main-module", &main.place, WorkerError::MainModule(name).to_string());
        }
    }

    fn storage(&mut self, service: &Text, worker: &Worker) {
        let stored = worker.durable_object_namespaces.iter().find(|namespace| {
            let ephemeral = matches!(namespace.key, DurableObjectKey::EphemeralLocal);
            if ephemeral && !self.options.experimental {
                self.report.error("experimental", &namespace.place, WorkerError::Ephemeral.to_string());
            }
            !ephemeral
        });
        let name = service.to_string();
        match &worker.durable_object_storage {
            DurableObjectStorage::InMemory => {}
            DurableObjectStorage::None => {
                if let Some(namespace) = stored {
                    self.report.error("no-storage", &namespace.place, WorkerError::NoStorage(name).to_string());
                }
            }
            DurableObjectStorage::LocalDisk(disk) => {
                let error = match self.services.get(&***disk).map(|service| &service.kind) {
                    Some(ServiceKind::Disk(found)) if found.writable => return,
                    Some(ServiceKind::Disk(_)) => WorkerError::ReadOnly { service: name, disk: disk.to_string() },
                    Some(_) => WorkerError::NotADisk { service: name, disk: disk.to_string() },
                    None => WorkerError::NoDisk { service: name, disk: disk.to_string() },
                };
                self.report.error("storage", &disk.place, error.to_string());
            }
        }
    }
}
