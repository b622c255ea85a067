//! All objects of one class of one worker: found by id, granted to a home.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use lopata_protocol::{GuestId, NamespaceDefinition, ObjectId, ToGuest};
use parking_lot::Mutex;

use super::lease::Lease;
use super::object::{Incarnation, Object};
use crate::door::{Door, Undelivered, Unreachable};
use crate::inbox::{InboxSender, Refused};
use crate::parcel::Parcel;

/// Where the objects of a namespace run: the threads of one version of the worker.
pub trait Home: Send + Sync {
    /// Takes an object in. Must not wait.
    ///
    /// The lease goes to a guest, after [`Lease::held_by`]. A home that can run nothing any more may let go of it while
    /// it is no longer the namespace's home; otherwise it says why by [`Lease::refuse`].
    fn grant(&self, lease: Lease);
}

/// Whoever keeps the alarms of a namespace.
pub trait Alarms: Send + Sync {
    /// The object's alarm is due at this time, in milliseconds since the Unix epoch, or it has none. Durable when it
    /// returns; may block for as long as a commit takes.
    fn schedule(&self, object: ObjectId, name: Option<&str>, at_ms: Option<i64>) -> Result<(), String>;
}

/// The objects of one class of one worker.
pub struct Namespace {
    alarms: Option<Arc<dyn Alarms>>,
    /// What outlives the objects' guests and is not on disk.
    kept: OnceLock<Arc<dyn Any + Send + Sync>>,
    state: Mutex<State>,
}

struct State {
    definition: Arc<NamespaceDefinition>,
    home: Option<Arc<dyn Home>>,
    /// Why waiting for a home is pointless; `None` while one may come.
    refusal: Option<Unreachable>,
    objects: HashMap<ObjectId, Arc<Object>>,
}

impl Namespace {
    /// A namespace without a home: events wait for one.
    pub fn new(definition: Arc<NamespaceDefinition>, alarms: Option<Arc<dyn Alarms>>) -> Arc<Self> {
        let state = State { definition, home: None, refusal: None, objects: HashMap::new() };
        Arc::new(Self { alarms, kept: OnceLock::new(), state: Mutex::new(state) })
    }

    /// What it is, by the newest configuration.
    pub fn definition(&self) -> Arc<NamespaceDefinition> {
        self.state.lock().definition.clone()
    }

    /// The configuration says something else of it: objects that are granted from now on follow that. The key stays.
    pub fn redefine(&self, definition: Arc<NamespaceDefinition>) {
        let mut state = self.state.lock();
        assert_eq!(state.definition.unique_key, definition.unique_key, "a namespace is what its key is");
        state.definition = definition;
    }

    /// Whoever keeps its alarms.
    pub fn alarms(&self) -> Option<&Arc<dyn Alarms>> {
        self.alarms.as_ref()
    }

    /// What whoever runs the objects keeps for all of them beside their files, made by the first who asks. One kind of
    /// thing only.
    pub fn kept<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let kept = self.kept.get_or_init(|| Arc::new(make())).clone();
        kept.downcast().expect("a namespace keeps one kind of thing")
    }

    /// The way of one stub to an object.
    pub fn door(self: &Arc<Self>, id: ObjectId, name: Option<Arc<str>>) -> Arc<dyn Door> {
        Arc::new(ObjectDoor { namespace: self.clone(), id, name, object: OnceLock::new(), reached: OnceLock::new() })
    }

    /// From now on objects are granted to `home`; those that another one holds come over one by one. Without one,
    /// events wait.
    pub fn set_home(self: &Arc<Self>, home: Option<Arc<dyn Home>>) {
        let (objects, before) = {
            let mut state = self.state.lock();
            let before = std::mem::replace(&mut state.home, home);
            state.refusal = None;
            (state.all(), before)
        };
        drop(before);
        objects.iter().for_each(|object| object.rouse());
    }

    /// Nobody runs these objects, and nobody will: events that wait and those that come are refused, until there is a
    /// home.
    pub fn refuse(self: &Arc<Self>, why: Unreachable) {
        let (objects, before) = {
            let mut state = self.state.lock();
            state.refusal = Some(why);
            (state.all(), state.home.take())
        };
        drop(before);
        objects.iter().for_each(|object| object.rouse());
    }

    /// Takes back all that a guest holds which will never run again and never let go itself.
    pub fn revoke(self: &Arc<Self>, guest: GuestId) {
        let objects = self.state.lock().all();
        objects.iter().for_each(|object| object.revoke(guest));
    }

    /// The objects that somebody holds or waits for.
    pub fn live(&self) -> Vec<(ObjectId, Option<Arc<str>>)> {
        self.state.lock().objects.iter().map(|(id, object)| (*id, object.name())).collect()
    }

    /// How many objects are held.
    pub fn leases(&self) -> usize {
        let objects = self.state.lock().all();
        objects.iter().filter(|object| object.is_held()).count()
    }

    /// Where a free object goes, or why it goes nowhere.
    pub(super) fn home(&self) -> Result<Option<Arc<dyn Home>>, Unreachable> {
        let state = self.state.lock();
        state.refused().map_or_else(|| Ok(state.home.clone()), |why| Err(why.clone()))
    }

    /// Why nothing may be sent to its objects.
    fn refusal(&self) -> Option<Unreachable> {
        self.state.lock().refused().cloned()
    }

    fn object(self: &Arc<Self>, id: ObjectId, name: Option<&Arc<str>>) -> Arc<Object> {
        let mut state = self.state.lock();
        let object = state.objects.entry(id).or_insert_with(|| Object::new(id, Arc::downgrade(self)));
        object.called(name);
        object.clone()
    }

    /// Forgets an object that nobody holds, knows or waits for.
    pub(super) fn tidy(&self, object: &Arc<Object>) {
        let mut state = self.state.lock();
        // The table's and the caller's: nobody else can get one while the table is locked.
        let unknown = Arc::strong_count(object) <= 2;
        if unknown
            && object.is_at_rest()
            && state.objects.get(&object.id()).is_some_and(|known| Arc::ptr_eq(known, object))
        {
            state.objects.remove(&object.id());
        }
    }
}

impl State {
    fn refused(&self) -> Option<&Unreachable> {
        self.refusal.as_ref().filter(|_| self.home.is_none())
    }

    fn all(&self) -> Vec<Arc<Object>> {
        self.objects.values().cloned().collect()
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("unique_key", &self.definition().unique_key).finish_non_exhaustive()
    }
}

/// The way of one stub to its object.
struct ObjectDoor {
    namespace: Arc<Namespace>,
    id: ObjectId,
    name: Option<Arc<str>>,
    /// Found by the first delivery: a stub that is never used costs the namespace nothing.
    object: OnceLock<Arc<Object>>,
    /// The incarnation that the first delivery has reached.
    reached: OnceLock<Arc<Incarnation>>,
}

impl Door for ObjectDoor {
    fn deliver(&self, parcel: Parcel<ToGuest>) -> Result<InboxSender, Undelivered> {
        let refused = |parcel, why| Err(Undelivered { parcel, why });
        if let Some(why) = self.namespace.refusal() {
            return refused(Box::new(parcel), why);
        }
        let object = self.object.get_or_init(|| self.namespace.object(self.id, self.name.as_ref()));
        let reached = self.reached.get_or_init(|| object.incarnation());
        if let Some(error) = reached.broken() {
            return refused(Box::new(parcel), Unreachable::Reset(Box::new(error.clone())));
        }
        match object.inbox().send(parcel) {
            Ok(()) => {
                object.rouse();
                Ok(object.inbox().clone())
            }
            Err(Refused::Full(parcel)) => refused(parcel, Unreachable::Overloaded),
            Err(Refused::Closed(parcel)) => refused(parcel, Unreachable::Gone),
        }
    }
}

impl Drop for ObjectDoor {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            self.namespace.tidy(&object);
        }
    }
}
