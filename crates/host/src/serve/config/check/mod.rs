//! What can be wrong with a configuration that is well formed, as far as it shows before anything runs.
//!
//! The texts are workerd's where workerd has one. What the command line says of services (folders, addresses, the
//! date of all Workers) is put into the model here, so that whoever runs it sees one thing.
//!
//! Not here: whether code compiles, and whether a Worker has the entrypoints that others ask of it.

mod bindings;
mod flags;
mod network;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use super::Options;
use super::model::{Config, Service, ServiceDesignator, ServiceKind, Text};
use super::place::{Located, Place};
use super::report::Report;
use crate::config::suggest;

/// The service that is there without being said.
const INTERNET: &str = "internet";

/// An override of this name is for tests that ask for it, and may match nothing. Source: workerd.
const TEST_FOLDER: &str = "TEST_TMPDIR";

/// What is wrong between services. The texts are workerd's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ServiceError {
    /// A name twice.
    #[error("Config defines multiple services named \"{0}\".")]
    Duplicate(Arc<str>),
    /// No member of the union.
    #[error("Service named \"{0}\" does not specify what to serve.")]
    Unspecified(Arc<str>),
    /// A designator's name.
    #[error("{context} refers to a service \"{name}\", but no such service is defined.")]
    Unknown {
        /// What refers.
        context: String,
        /// To what.
        name: Arc<str>,
    },
    /// A designator's entrypoint.
    #[error(
        "{context} refers to service \"{name}\" with a named entrypoint \"{entrypoint}\", but \"{name}\" is not a \
         Worker, so does not have any named entrypoints."
    )]
    NotAWorker {
        /// What refers.
        context: String,
        /// To what.
        name: Arc<str>,
        /// And which part of it.
        entrypoint: Arc<str>,
    },
    /// `-d` or `-e`.
    #[error(
        "Config did not define any {kind} service named \"{name}\" to match the override provided on the command line."
    )]
    Override {
        /// `disk` or `external`.
        kind: &'static str,
        /// As given.
        name: String,
    },
}

/// Checks a configuration, and puts into it what the command line says.
pub fn check(config: &mut Config, options: &Options, report: &mut Report) {
    overrides(config, options, report);
    let config = &*config;
    let mut services: HashMap<&str, &Service> = HashMap::new();
    for service in &config.services {
        if services.contains_key(&**service.name) {
            report.error(
                "duplicate-service",
                &service.name.place,
                ServiceError::Duplicate(name(&service.name)).to_string(),
            );
        } else {
            services.insert(&service.name, service);
        }
    }
    let mut checker = Checker { services, options, report };
    for service in &config.services {
        checker.service(service);
    }
    for socket in &config.sockets {
        if let Some(designator) = &socket.service {
            checker.designator(&format!("Socket \"{}\"", socket.name), designator);
        }
    }
    checker.extensions(config);
}

/// Puts the folders and addresses of the command line into their services.
fn overrides(config: &mut Config, options: &Options, report: &mut Report) {
    let mut unmatched = Vec::new();
    for (wanted, value) in &options.directories {
        let mut found = false;
        for service in config.services.iter_mut().filter(|service| **service.name == **wanted) {
            if let ServiceKind::Disk(disk) = &mut service.kind {
                disk.path = Some(Located::new(Arc::from(value.as_str()), service.name.place.clone()));
                found = true;
            }
        }
        if !found && wanted != TEST_FOLDER {
            unmatched.push(("disk", wanted));
        }
    }
    for (wanted, value) in &options.externals {
        let mut found = false;
        for service in config.services.iter_mut().filter(|service| **service.name == **wanted) {
            if let ServiceKind::External(external) = &mut service.kind {
                external.address = Some(Located::new(Arc::from(value.as_str()), service.name.place.clone()));
                found = true;
            }
        }
        if !found {
            unmatched.push(("external", wanted));
        }
    }
    for (kind, wanted) in unmatched {
        let start = Place::new(&config.place.file, config.place.range.start..config.place.range.start);
        report.error("override", &start, ServiceError::Override { kind, name: wanted.clone() }.to_string());
    }
}

/// The checks that need to know all services.
struct Checker<'a> {
    services: HashMap<&'a str, &'a Service>,
    options: &'a Options,
    report: &'a mut Report,
}

impl Checker<'_> {
    fn service(&mut self, service: &Service) {
        match &service.kind {
            ServiceKind::Unspecified => {
                let error = ServiceError::Unspecified(name(&service.name));
                self.report.error("unspecified", &service.place, error.to_string());
            }
            ServiceKind::Worker(worker) => self.worker(&service.name, worker),
            ServiceKind::Network(network) => self.network(&service.name, network),
            ServiceKind::External(external) => self.external(service, external),
            ServiceKind::Disk(disk) => self.disk(service, disk),
        }
    }

    /// Whether a service is there, and can have the entrypoint. `context` says what refers to it.
    fn designator(&mut self, context: &str, designator: &ServiceDesignator) {
        let wanted = &designator.name;
        let (is_worker, known) = match self.services.get(&***wanted) {
            Some(service) => (matches!(service.kind, ServiceKind::Worker(_)), true),
            None => (false, &***wanted == INTERNET),
        };
        if !known {
            let help = suggest::nearest(wanted, self.services.keys().copied());
            let error = ServiceError::Unknown { context: context.to_string(), name: name(wanted) };
            self.report.error_with_help(
                "unknown-service",
                &wanted.place,
                error.to_string(),
                help.map(|nearest| format!("Did you mean \"{nearest}\"?")),
            );
            return;
        }
        if let Some(entrypoint) = designator.entrypoint.as_ref().filter(|_| !is_worker) {
            let context = context.to_string();
            let error = ServiceError::NotAWorker { context, name: name(wanted), entrypoint: name(entrypoint) };
            self.report.error("not-a-worker", &entrypoint.place, error.to_string());
        }
    }

    fn extensions(&mut self, config: &Config) {
        let mut seen = Vec::new();
        for module in config.extensions.iter().flat_map(|extension| &extension.modules) {
            if seen.contains(&&*module.name.value) {
                let message = format!("Extensions define multiple modules named \"{}\".", module.name);
                self.report.error("duplicate-module", &module.name.place, message);
            }
            seen.push(&*module.name.value);
        }
    }
}

fn name(text: &Text) -> Arc<str> {
    Arc::clone(&text.value)
}
