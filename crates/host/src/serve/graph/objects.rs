//! The Durable Objects of a configuration: its namespaces, and who runs the classes of each Worker.
//!
//! The same registry and the same threads as those of `lopata dev`; what is kept where, and for how long, is as the
//! configuration says.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lopata_bridges::{Attachments, Namespace};
use lopata_guest::{GuestHandle, GuestReport, SpawnOptions};
use lopata_protocol::{
    EventId, LogLevel, LogRecord, NamespaceDefinition, ObjectStorage, SpanRecord, WorkerDefinition, limits,
};
use tokio::sync::mpsc;

use super::define::Template;
use super::worker::{Output, State};
use crate::objects::alarms::{Scheduler, SystemClocks};
use crate::objects::{Isolation, Keeper, Objects, Trouble, ended_text};
use crate::serve::config::model::{DurableObjectKey, DurableObjectNamespace, DurableObjectStorage, Worker};

/// The namespaces of a configuration, by the names of service and class.
pub(super) struct Namespaces {
    registry: Objects,
    by_class: HashMap<(Arc<str>, Arc<str>), Arc<Namespace>>,
}

impl Default for Namespaces {
    fn default() -> Self {
        // Every namespace here says itself where it stores.
        let alarms = Scheduler::new(SystemClocks::default());
        Self { registry: Objects::new(&PathBuf::new(), alarms), by_class: HashMap::new() }
    }
}

impl Namespaces {
    /// Takes in the classes of a Worker. `folder_of` finds the folder of a disk service.
    pub(super) fn add(&mut self, service: &Arc<str>, worker: &Worker, folder_of: impl Fn(&str) -> Option<PathBuf>) {
        for namespace in &worker.durable_object_namespaces {
            let definition = Arc::new(definition(service, worker, namespace, &folder_of));
            let key = (service.clone(), namespace.class_name.value.clone());
            self.by_class.insert(key, self.registry.define(&definition));
        }
    }

    /// The namespace of a class.
    pub(super) fn find(&self, service: &str, class: &str) -> Option<&Arc<Namespace>> {
        self.by_class.get(&(Arc::from(service), Arc::from(class)))
    }

    /// Nobody runs objects any more.
    pub(super) fn close(&self) {
        self.registry.close();
    }

    /// The classes of a service, in the order of their names.
    pub(super) fn of(&self, service: &str) -> Vec<(Arc<str>, Arc<Namespace>)> {
        let own = self.by_class.iter().filter(|((owner, _), _)| **owner == *service);
        let mut own: Vec<_> = own.map(|((_, class), namespace)| (class.clone(), namespace.clone())).collect();
        own.sort_by(|a, b| a.0.cmp(&b.0));
        own
    }
}

fn definition(
    service: &Arc<str>,
    worker: &Worker,
    namespace: &DurableObjectNamespace,
    folder_of: &impl Fn(&str) -> Option<PathBuf>,
) -> NamespaceDefinition {
    let class = namespace.class_name.value.clone();
    let (unique_key, ephemeral) = match &namespace.key {
        DurableObjectKey::Unique(key) => (key.value.clone(), false),
        // Of its own, so that it is nobody else's.
        DurableObjectKey::EphemeralLocal => (Arc::from(format!("\0{service}\0{class}")), true),
    };
    let sql = namespace.enable_sql;
    let storage = match &worker.durable_object_storage {
        _ if ephemeral => ObjectStorage::Nowhere,
        DurableObjectStorage::None => ObjectStorage::Nowhere,
        DurableObjectStorage::InMemory => ObjectStorage::Memory { sql },
        DurableObjectStorage::LocalDisk(disk) => match folder_of(disk) {
            Some(folder) => ObjectStorage::Disk { folder: folder.join(&*unique_key), sql },
            // The configuration's check has said what is wrong with it.
            None => ObjectStorage::Nowhere,
        },
    };
    let evicts = !namespace.prevent_eviction;
    NamespaceDefinition { unique_key, worker: service.clone(), class, storage, evicts, ephemeral }
}

/// A Worker whose objects run.
pub(super) struct NodeKeeper {
    /// What guests are made with.
    pub spawn: SpawnOptions,
    /// What they become.
    pub template: Arc<Template>,
    /// Who hears of their events.
    pub state: Arc<State>,
    /// Where their lines go.
    pub output: Arc<dyn Output>,
}

impl Keeper for NodeKeeper {
    fn guest(&self, reports: &mpsc::UnboundedSender<GuestReport>) -> io::Result<Arc<GuestHandle>> {
        lopata_guest::spawn(SpawnOptions { reports: reports.clone(), ..self.spawn.clone() }).map(Arc::new)
    }

    fn definition(&self) -> (WorkerDefinition, Attachments) {
        self.template.instance()
    }

    fn isolation(&self) -> Isolation {
        Isolation::Class
    }

    fn cpu_ms_max(&self) -> u64 {
        limits::CPU_WATCHDOG_MS
    }

    fn started(&self) {}

    fn log(&self, record: &LogRecord) {
        self.spawn.log_budget.spent();
        self.output.line(&self.state.name, record);
    }

    fn ended(&self, event: EventId, spans: Vec<SpanRecord>, tail: Option<Arc<str>>) {
        self.state.ended(event, &spans, tail);
    }

    fn trouble(&self, class: &str, trouble: Trouble) {
        let text = match trouble {
            Trouble::Failed(error) => format!("Uncaught {}", lopata_guest::report(&error)),
            Trouble::Died(death, _) => ended_text(class, &death),
        };
        let record = LogRecord { level: LogLevel::Error, text, origin: None, event: None };
        self.output.line(&self.state.name, &record);
    }
}
