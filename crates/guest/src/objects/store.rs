//! Where the store of an object is, and how a turn of it ends.
//!
//! Owns one object's store. Dropped, it throws away what is not committed and closes the database; what an object in
//! memory has committed stays on the namespace's shelf.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use lopata_bridges::Lease;
use lopata_protocol::{ObjectGrant, ObjectStorage, WireError};
use lopata_storage::objects::{ObjectStore, Place, Shelf};

use crate::thread::Control;

/// The store of an object.
pub struct Store(ObjectStore);

impl Store {
    /// The store of an object; `None` for a class that stores nothing, and at the end of the process.
    pub fn of(lease: &Lease, grant: &ObjectGrant, control: &Control) -> Option<Self> {
        // A facet's database lies beside its object's.
        let name = format!("{}{}", grant.id, grant.facet.as_ref().map_or("", |facet| &facet.place));
        let place = match &grant.namespace.storage {
            ObjectStorage::Nowhere => return None,
            ObjectStorage::Disk { folder, .. } => Place::File(folder.join(format!("{name}.sqlite"))),
            ObjectStorage::Memory { .. } => {
                let shelf = lease.namespace()?.kept(Shelf::default);
                Place::Memory(Shelf::clone(&shelf), Arc::from(name))
            }
        };
        let mut store = ObjectStore::new(place);
        let control = control.clone();
        store.watch(Arc::new(move || control.must_stop()));
        Some(Self(store))
    }

    /// Commits what the turn has written; why the object cannot go on, if it cannot.
    pub fn commit(&mut self) -> Option<WireError> {
        let failed = if self.0.broken().is_some() { None } else { self.0.commit().err() };
        let text = match (self.0.broken(), failed) {
            (Some(text), _) => text.to_string(),
            (None, Some(error)) => error.to_string(),
            (None, None) => return None,
        };
        Some(WireError::new("Error", text))
    }
}

impl Deref for Store {
    type Target = ObjectStore;

    fn deref(&self) -> &ObjectStore {
        &self.0
    }
}

impl DerefMut for Store {
    fn deref_mut(&mut self) -> &mut ObjectStore {
        &mut self.0
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.0.close();
    }
}
