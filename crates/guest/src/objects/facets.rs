//! Where the facets of an object store what they do.
//!
//! On the disk a facet's database lies beside its object's, and a list says which number each has. In memory its name
//! says all.

use std::path::PathBuf;
use std::sync::Arc;

use lopata_bridges::Namespace;
use lopata_protocol::{ObjectGrant, ObjectStorage};
use lopata_storage::objects::{FacetError, FacetIndex, Shelf};

use super::Objects;

/// Between the names of facets in memory. No name of the user's can take it for itself unnoticed: it only separates.
const BETWEEN: char = '\0';

impl Objects {
    /// The namespace of an object.
    pub fn namespace_of(&self, number: u32) -> Option<Arc<Namespace>> {
        self.table.borrow().get(&number)?.lease.namespace()
    }

    /// What stands behind the id of the object `root` in the name of the database of a facet. `parent` is the same of
    /// the facet that it belongs to, empty for the object itself.
    pub fn facet_place(&self, root: u32, parent: &str, name: &str) -> Result<String, FacetError> {
        let Some(grant) = self.granted(root) else { return Err(FacetError::TooMany) };
        if name.is_empty() {
            return Err(FacetError::Empty);
        }
        let Some(list) = list_of(&grant) else { return Ok(format!("{parent}{BETWEEN}{name}")) };
        let mut lists = self.facets.borrow_mut();
        let index = match lists.entry(root) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(FacetIndex::open(&list)?),
        };
        Ok(format!(".{}", index.number(number_of(parent), name)?))
    }

    /// Removes the databases of a facet and of its own facets.
    pub fn facet_delete(&self, root: u32, place: &str) -> Result<(), FacetError> {
        let Some(grant) = self.granted(root) else { return Ok(()) };
        let Some(list) = list_of(&grant) else {
            self.forget_in_memory(root, &grant, place);
            return Ok(());
        };
        match self.facets.borrow().get(&root) {
            Some(index) => index.delete(number_of(place)),
            None => FacetIndex::open(&list)?.delete(number_of(place)),
        }
    }

    /// Nothing runs any more in a facet of an object: it is asked again whether it can go, if it was told to.
    pub fn facet_rests(&self, number: u32) {
        if self.is_draining() && self.events_of(number).is_empty() {
            self.leaving.borrow_mut().push(number);
        }
    }

    fn forget_in_memory(&self, root: u32, grant: &ObjectGrant, place: &str) {
        let Some(namespace) = self.namespace_of(root) else { return };
        let shelf = namespace.kept(Shelf::default);
        let own = format!("{}{place}", grant.id);
        let inner = format!("{own}{BETWEEN}");
        for name in shelf.names() {
            if *name == *own || name.starts_with(&inner) {
                shelf.remove(&name);
            }
        }
    }
}

fn number_of(place: &str) -> u16 {
    place.strip_prefix('.').and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The list of an object's facets; `None` for one that is in memory only.
fn list_of(grant: &ObjectGrant) -> Option<PathBuf> {
    match &grant.namespace.storage {
        ObjectStorage::Disk { folder, .. } => Some(folder.join(format!("{}.facets", grant.id))),
        ObjectStorage::Memory { .. } | ObjectStorage::Nowhere => None,
    }
}
