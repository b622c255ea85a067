//! The table of bindings: what each reads from the configuration and what it puts into `env`.
//!
//! A binding is a folder of its name here, in `guest/src/ext/` and in `storage/src/`, and one line in
//! [`BINDINGS`]. No binding knows another. What lopata cannot provide yet becomes an entry that throws a clear
//! error on first use, so that the rest of the worker runs.

pub mod actors;
pub mod assets;
pub mod cache;
pub mod d1;
pub mod kv;
mod leftovers;
mod modules;
pub mod objects;
pub mod r2;
mod service;
mod unavailable;
mod vars;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use lopata_bridges::ServiceHandle;
use lopata_protocol::{EnvValue, ServiceId};

use crate::config::WorkerConfig;
use crate::objects::Objects;
use crate::objects::alarms::{Scheduler, SystemClocks};
use crate::workers::Workers;

pub use modules::module_global;

/// One kind of binding.
pub trait Binding: Sync {
    /// The env entries that the configuration asks for, in its order.
    fn entries(&self, config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry>;
}

/// All bindings. Entries of an earlier line come first in `env`.
static BINDINGS: [&dyn Binding; 9] = [
    &vars::Vars,
    &objects::DurableObjects,
    &kv::Kv,
    &r2::R2,
    &d1::D1,
    &service::Service,
    &modules::Blobs,
    &unavailable::Unavailable,
    &kv::site::Site,
];

/// One entry of `env`, with what the host wants to know of it.
#[derive(Clone, Debug)]
pub struct BindingEntry {
    /// The name in `env`.
    pub name: String,
    /// For people: `KV Namespace`, `Environment Variable`.
    pub kind: &'static str,
    /// What is shown of it; nothing for a secret.
    pub shown: Option<String>,
    /// True when the value must never be shown.
    pub secret: bool,
    /// What the guest makes of it.
    pub value: EnvValue,
    /// The service behind it.
    pub service: Option<(ServiceId, ServiceHandle)>,
    /// Equal exactly when the entry means the same: a change of it is a reload.
    pub identity: String,
}

impl BindingEntry {
    /// An entry with a store behind it. When its actor could not be started, the entry throws that on first use.
    fn of_store(
        name: &str,
        kind: &'static str,
        shown: String,
        identity: String,
        started: io::Result<(ServiceId, EnvValue, ServiceHandle)>,
    ) -> Self {
        let (value, service) = match started {
            Ok((id, value, handle)) => (value, Some((id, handle))),
            Err(error) => {
                (EnvValue::Unavailable(format!("The {kind} \"{name}\" could not be started: {error}.")), None)
            }
        };
        Self { name: name.to_string(), kind, shown: Some(shown), secret: false, value, service, identity }
    }
}

/// What bindings share: where they persist, the stores and the workers that run.
#[derive(Clone)]
pub struct BindingContext {
    /// The persist root, `.lopata/state/v3`.
    pub persist: PathBuf,
    /// The stores of this process.
    pub stores: Arc<Stores>,
    /// The workers of this process.
    pub workers: Arc<Workers>,
    /// The namespaces of Durable Objects of this process.
    pub objects: Arc<Objects>,
}

impl BindingContext {
    /// A context for a persist root and the workers that share it.
    pub fn new(persist: PathBuf, workers: Arc<Workers>) -> Self {
        let objects = Arc::new(Objects::new(&persist, Scheduler::new(SystemClocks::default())));
        Self { persist, stores: Arc::default(), workers, objects }
    }
}

/// The running stores of a process.
#[derive(Debug, Default)]
pub struct Stores {
    /// KV namespaces and Workers Sites.
    pub kv: kv::Stores,
    /// R2 buckets.
    pub r2: r2::Stores,
    /// D1 databases.
    pub d1: d1::Stores,
    /// The caches, which every worker has.
    pub caches: cache::Caches,
}

impl Stores {
    /// Ends all actors once nobody can call them, within `timeout`: what is queued is carried out first.
    pub fn close(&self, timeout: Duration) {
        // Side by side: an actor that has work to finish takes no time from the others.
        thread::scope(|scope| {
            scope.spawn(|| self.kv.close(timeout));
            scope.spawn(|| self.r2.close(timeout));
            scope.spawn(|| self.d1.close(timeout));
            self.caches.close(timeout);
        });
    }
}

/// All env entries of a worker.
pub fn entries(config: &WorkerConfig, context: &BindingContext) -> Vec<BindingEntry> {
    BINDINGS.iter().flat_map(|binding| binding.entries(config, context)).collect()
}
