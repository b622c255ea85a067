//! Looking into Durable Objects from outside: which there are, what they store, their alarms.
//!
//! One service for whoever shows objects or works on them: the endpoints ([`http`]), a dashboard. A call goes the way of
//! the object's events, so whoever runs the object carries it out between two of them and nobody else writes its file;
//! an object that is not in memory is not constructed. What only reads of an object that nobody runs is read from its
//! file, without starting a thread for it.
//!
//! Invariant: nothing here runs a line of the user's code, but for an alarm that is rung.

pub mod http;
pub mod value;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use lopata_bridges::{Namespace, Parcel, Unreachable, reply};
use lopata_protocol::{Answer, InspectAnswer, InspectCall, NamespaceDefinition, ObjectId, ObjectStorage, ToGuest};
use lopata_storage::objects::{AlarmStore, NamespaceFiles, ObjectStore, Place, Refused};
use lopata_storage::{ObjectIds, StoreError};

use super::Objects;

/// Looks into the objects of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inspector {
    objects: Arc<Objects>,
}

/// A class and its objects.
#[derive(Clone, Debug)]
pub struct NamespaceInfo {
    /// What it is.
    pub definition: Arc<NamespaceDefinition>,
    /// How many objects have a file.
    pub stored: usize,
    /// How many somebody holds or waits for.
    pub live: usize,
}

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectInfo {
    /// Its id.
    pub id: ObjectId,
    /// Its name, if it is known.
    pub name: Option<Arc<str>>,
    /// Whether somebody holds it or waits for it.
    pub live: bool,
    /// Bytes of its database; 0 while it has none.
    pub bytes: u64,
    /// When that was last written.
    pub modified: Option<SystemTime>,
    /// When its alarm is due, in milliseconds since the Unix epoch.
    pub alarm_ms: Option<i64>,
}

/// Why a call was not carried out. For people.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// No class has this key.
    #[error("There is no namespace of Durable Objects \"{0}\".{1}")]
    NoNamespace(String, String),
    /// What is no id and no name.
    #[error("\"{0}\" is neither an id of 64 hex digits nor `name:` with a name.")]
    NoObject(String),
    /// Nobody runs it.
    #[error("The object cannot be reached: {0}")]
    Unreachable(Unreachable),
    /// Whoever ran it ended.
    #[error("Whoever ran the object has ended. Try again.")]
    Ended,
    /// The object's storage, or whoever runs the object, says why.
    #[error("{0}")]
    Refused(String),
    /// The files cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no alarm to ring.
    #[error("The object has no alarm, or it runs.")]
    NoAlarm,
}

impl Inspector {
    /// Looks into these.
    pub fn new(objects: Arc<Objects>) -> Self {
        Self { objects }
    }

    /// All classes that are known.
    pub fn namespaces(&self) -> Result<Vec<NamespaceInfo>, InspectError> {
        let info = |namespace: Arc<Namespace>| -> Result<NamespaceInfo, InspectError> {
            let definition = namespace.definition();
            let stored = files(&definition).map_or(Ok(0), |files| files.objects().map(|found| found.len()))?;
            Ok(NamespaceInfo { stored, live: namespace.live().len(), definition })
        };
        self.objects.all().into_iter().map(info).collect()
    }

    /// The class with this key.
    pub fn namespace(&self, key: &str) -> Result<Arc<Namespace>, InspectError> {
        let all = self.objects.all();
        if let Some(found) = all.iter().find(|namespace| &*namespace.definition().unique_key == key) {
            return Ok(found.clone());
        }
        let keys: Vec<_> = all.iter().map(|namespace| namespace.definition().unique_key.to_string()).collect();
        let have = if keys.is_empty() { String::new() } else { format!(" There is {}.", keys.join(", ")) };
        Err(InspectError::NoNamespace(key.to_string(), have))
    }

    /// The id that `text` means: itself, or that of a name.
    pub fn id_of(&self, key: &str, text: &str) -> Result<(ObjectId, Option<Arc<str>>), InspectError> {
        match text.strip_prefix("name:") {
            Some(name) => Ok((ObjectIds::new(key).named(name), Some(Arc::from(name)))),
            None => text.parse().map(|id| (id, None)).map_err(|_| InspectError::NoObject(text.to_string())),
        }
    }

    /// The objects of a class that are stored or live, in the order of their ids.
    pub fn objects(&self, key: &str) -> Result<Vec<ObjectInfo>, InspectError> {
        let namespace = self.namespace(key)?;
        let definition = namespace.definition();
        let mut found: HashMap<ObjectId, ObjectInfo> = HashMap::new();
        let mut entry = |id: ObjectId, set: &mut dyn FnMut(&mut ObjectInfo)| {
            let none = ObjectInfo { id, name: None, live: false, bytes: 0, modified: None, alarm_ms: None };
            set(found.entry(id).or_insert(none));
        };
        if let Some(files) = files(&definition) {
            for file in files.objects()? {
                if let Ok(id) = file.id.parse() {
                    entry(id, &mut |info| (info.bytes, info.modified) = (file.bytes, Some(file.modified)));
                }
            }
        }
        if let ObjectStorage::Disk { folder, .. } = &definition.storage {
            // Names are only kept with alarms.
            for alarm in AlarmStore::in_folder(folder).all()? {
                if let Ok(id) = alarm.id.parse() {
                    entry(id, &mut |info| info.name = alarm.name.as_deref().map(Arc::from));
                }
            }
        }
        for (id, name) in namespace.live() {
            entry(id, &mut |info| {
                info.live = true;
                info.name = name.clone().or_else(|| info.name.take());
            });
        }
        if let Some(alarms) = self.objects.alarms_of(key) {
            alarms.all().into_iter().for_each(|(id, at_ms)| entry(id, &mut |info| info.alarm_ms = Some(at_ms)));
        }
        let mut objects: Vec<_> = found.into_values().collect();
        objects.sort_by_key(|object| object.id);
        Ok(objects)
    }

    /// Carries out a call on an object.
    pub async fn ask(
        &self,
        key: &str,
        id: ObjectId,
        name: Option<Arc<str>>,
        call: InspectCall,
    ) -> Result<InspectAnswer, InspectError> {
        let namespace = self.namespace(key)?;
        let definition = namespace.definition();
        let only_reads = matches!(call, InspectCall::State | InspectCall::Values { .. } | InspectCall::Value { .. });
        let is_live = namespace.live().iter().any(|(live, _)| *live == id);
        if let (true, false, ObjectStorage::Disk { folder, sql }) = (only_reads, is_live, &definition.storage) {
            return read(folder.join(format!("{id}.sqlite")), *sql, call).await;
        }
        let (reply, answer) = reply();
        let parcel = Parcel::asking(ToGuest::Inspect(Box::new(call)), reply);
        let delivered = namespace.door(id, name).deliver(parcel);
        delivered.map_err(|undelivered| InspectError::Unreachable(undelivered.why))?;
        match answer.await.map(|answered| answered.answer.message) {
            Some(Answer::Inspected(answer)) => Ok(*answer),
            Some(Answer::Failed { error, .. }) => Err(InspectError::Refused(error.message)),
            Some(_) | None => Err(InspectError::Ended),
        }
    }

    /// Rings the alarm of an object now, whatever its time. The handler runs afterwards.
    pub fn ring(&self, key: &str, id: ObjectId) -> Result<(), InspectError> {
        self.namespace(key)?;
        let alarms = self.objects.alarms_of(key).ok_or(InspectError::NoAlarm)?;
        if alarms.fire(id) { Ok(()) } else { Err(InspectError::NoAlarm) }
    }
}

/// Reads an object that nobody runs.
async fn read(path: std::path::PathBuf, sql: bool, call: InspectCall) -> Result<InspectAnswer, InspectError> {
    let work = move || {
        let mut store = ObjectStore::new(if path.exists() { Place::ReadOnly(path) } else { Place::memory() });
        store.look(call, sql).map_err(|refused: Refused| InspectError::Refused(refused.to_string()))
    };
    // A panic is a bug; whoever asked hears that nobody answered.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(InspectError::Ended))
}

/// The files of a class; `None` for one that keeps none.
fn files(definition: &NamespaceDefinition) -> Option<NamespaceFiles> {
    match &definition.storage {
        ObjectStorage::Disk { folder, .. } => Some(NamespaceFiles::in_folder(folder)),
        ObjectStorage::Memory { .. } | ObjectStorage::Nowhere => None,
    }
}
