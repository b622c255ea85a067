//! The namespaces of a process, one for each unique key.
//!
//! Owns which namespaces there are. They are never forgotten while the process (or a session of it) lasts: a stub of
//! any generation, and the next version of the class, mean the same objects. What a namespace's objects are run on is
//! said by whoever has the class, by `Namespace::set_home`.
//!
//! Invariant: one namespace a key, so that no object can have two owners.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lopata_bridges::{Namespace, Unreachable};
use lopata_protocol::{NamespaceDefinition, ObjectStorage};
use parking_lot::Mutex;

use super::alarms::{NamespaceAlarms, Scheduler};

/// The folder of a persist root in which objects are stored, by wrangler's layout.
const FOLDER: &str = "do";

/// All namespaces of a process.
pub struct Objects {
    /// Where those are stored that nobody has defined yet.
    folder: PathBuf,
    alarms: Scheduler,
    by_key: Mutex<HashMap<Arc<str>, Known>>,
    /// Workers whose code has run: what they have not defined they do not have.
    serving: Mutex<HashSet<Arc<str>>>,
}

#[derive(Clone)]
struct Known {
    namespace: Arc<Namespace>,
    alarms: Arc<NamespaceAlarms>,
}

/// How many objects are known, for leak checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Objects that somebody holds, or that have something waiting.
    pub objects: usize,
    /// Objects that somebody holds.
    pub leases: usize,
}

impl Objects {
    /// No namespaces yet; what they store goes into `persist`.
    pub fn new(persist: &Path, alarms: Scheduler) -> Self {
        Self { folder: persist.join(FOLDER), alarms, by_key: Mutex::default(), serving: Mutex::default() }
    }

    /// Where the objects of a key are stored, one file each.
    pub fn folder_of(&self, unique_key: &str) -> PathBuf {
        self.folder.join(unique_key)
    }

    /// The namespace of this key, for whoever calls its objects. Nobody need have its class yet: the first to call may
    /// be another worker, and its events wait until the class's own worker runs.
    pub fn namespace(&self, unique_key: &str, worker: &str, class: &str) -> Arc<Namespace> {
        let mut by_key = self.by_key.lock();
        if let Some(known) = by_key.get(unique_key) {
            return known.namespace.clone();
        }
        let definition = NamespaceDefinition {
            unique_key: Arc::from(unique_key),
            worker: Arc::from(worker),
            class: Arc::from(class),
            storage: ObjectStorage::Disk { folder: self.folder_of(unique_key), sql: true },
            evicts: true,
            ephemeral: false,
        };
        let namespace = self.insert(&mut by_key, Arc::new(definition)).namespace;
        drop(by_key);
        if self.serving.lock().contains(worker) {
            namespace.refuse(Unreachable::NoClass(class.to_string()));
        }
        namespace
    }

    /// A worker's code runs, and has defined its classes: others that are asked of it are refused, until it has them.
    pub fn serves(&self, worker: &Arc<str>, has: impl Fn(&Arc<Namespace>) -> bool) {
        self.serving.lock().insert(worker.clone());
        for namespace in self.all() {
            let definition = namespace.definition();
            if definition.worker == *worker && !has(&namespace) {
                namespace.refuse(Unreachable::NoClass(definition.class.to_string()));
            }
        }
    }

    /// The namespace of a class of a worker, if one of them is known.
    pub fn find(&self, worker: &str, class: &str) -> Option<Arc<Namespace>> {
        let meant = |namespace: &Arc<Namespace>| {
            let definition = namespace.definition();
            *definition.worker == *worker && *definition.class == *class
        };
        self.by_key.lock().values().map(|known| &known.namespace).find(|namespace| meant(namespace)).cloned()
    }

    /// The namespace of a class that a worker is about to have: as it is if it is there, as it will be otherwise.
    pub fn known_or(&self, definition: &Arc<NamespaceDefinition>) -> Arc<Namespace> {
        let mut by_key = self.by_key.lock();
        match by_key.get(&definition.unique_key) {
            Some(known) => known.namespace.clone(),
            None => self.insert(&mut by_key, definition.clone()).namespace,
        }
    }

    /// The namespace of a class, by the worker that has it. From here on its alarms ring, also those that were set in
    /// earlier runs.
    pub fn define(&self, definition: &Arc<NamespaceDefinition>) -> Arc<Namespace> {
        let known = {
            let mut by_key = self.by_key.lock();
            match by_key.get(&definition.unique_key) {
                Some(known) => {
                    known.namespace.redefine(definition.clone());
                    known.clone()
                }
                None => self.insert(&mut by_key, definition.clone()),
            }
        };
        known.alarms.serve(&known.namespace);
        known.namespace
    }

    /// Nobody has the class of a namespace any more: its alarms do not ring.
    pub fn retire(&self, namespace: &Namespace) {
        if let Some(alarms) = self.alarms_of(&namespace.definition().unique_key) {
            alarms.retire();
        }
    }

    /// The alarms of the namespace with this key.
    pub fn alarms_of(&self, unique_key: &str) -> Option<Arc<NamespaceAlarms>> {
        self.by_key.lock().get(unique_key).map(|known| known.alarms.clone())
    }

    /// The alarms of all namespaces.
    pub fn alarms(&self) -> &Scheduler {
        &self.alarms
    }

    fn insert(&self, by_key: &mut HashMap<Arc<str>, Known>, definition: Arc<NamespaceDefinition>) -> Known {
        let key = definition.unique_key.clone();
        let alarms = self.alarms.of_namespace();
        let known = Known { namespace: Namespace::new(definition, Some(alarms.clone())), alarms };
        by_key.insert(key, known.clone());
        known
    }

    /// All namespaces, in order of their keys.
    pub fn all(&self) -> Vec<Arc<Namespace>> {
        let mut all: Vec<_> =
            self.by_key.lock().iter().map(|(key, known)| (key.clone(), known.namespace.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(_, namespace)| namespace).collect()
    }

    /// A worker does not run and will not until its code is another: whoever calls its objects is told why.
    pub fn refuse_all_of(&self, worker: &str, why: &Unreachable) {
        for namespace in self.all() {
            if &*namespace.definition().worker == worker {
                namespace.refuse(why.clone());
            }
        }
    }

    /// How many objects there are.
    pub fn census(&self) -> Census {
        self.all().iter().fold(Census::default(), |sum, namespace| Census {
            objects: sum.objects + namespace.live().len(),
            leases: sum.leases + namespace.leases(),
        })
    }

    /// Nobody runs objects any more. What waits is refused, and nothing holds a thread that is over.
    pub fn close(&self) {
        self.all().iter().for_each(|namespace| {
            self.retire(namespace);
            namespace.refuse(Unreachable::Gone);
        });
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::alarms::SystemClocks;
    use super::*;

    #[test]
    fn a_key_is_one_namespace_whoever_asks_first() {
        let objects = Objects::new(Path::new("/state"), Scheduler::new(SystemClocks::default()));
        let by_caller = objects.namespace("a-Room", "a", "Room");
        assert!(matches!(
            &by_caller.definition().storage,
            ObjectStorage::Disk { folder, sql: true } if folder == Path::new("/state/do/a-Room")
        ));
        let storage = ObjectStorage::Memory { sql: false };
        let definition = NamespaceDefinition { storage, ..NamespaceDefinition::clone(&by_caller.definition()) };
        let by_owner = objects.define(&Arc::new(definition));
        assert!(Arc::ptr_eq(&by_caller, &by_owner));
        assert_eq!(by_caller.definition().storage, ObjectStorage::Memory { sql: false });
        assert!(!Arc::ptr_eq(&by_caller, &objects.namespace("a-Hall", "a", "Hall")));
        assert_eq!(objects.all().len(), 2);
        assert_eq!(objects.census(), Census::default());
    }
}
