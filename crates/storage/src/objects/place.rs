//! Where an object's database is: a file, or memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file, which the first write makes together with its folder.
    File(PathBuf),
    /// A file that is only read; nothing is made.
    ReadOnly(PathBuf),
    /// Memory. A store that is closed leaves its contents on the shelf under this name, where the next one finds them.
    Memory(Shelf, Arc<str>),
}

impl Place {
    /// The file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::ReadOnly(path) => Some(path),
            Self::Memory(..) => None,
        }
    }

    /// A place in memory that nobody else knows.
    pub fn memory() -> Self {
        Self::Memory(Shelf::default(), Arc::from(""))
    }

    /// Whether there is something to open.
    pub fn exists(&self) -> bool {
        match self {
            Self::File(path) | Self::ReadOnly(path) => path.exists(),
            Self::Memory(shelf, name) => shelf.lock().contains_key(name),
        }
    }
}

/// The databases in memory that no store has open. Clones share it.
#[derive(Clone, Default)]
pub struct Shelf {
    databases: Arc<Mutex<HashMap<Arc<str>, Vec<u8>>>>,
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").field("databases", &self.lock().len()).finish()
    }
}

impl Shelf {
    /// The names of what is there. A database that a store has open is not.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.lock().keys().cloned().collect()
    }

    /// Forgets a database.
    pub fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    pub(super) fn take(&self, name: &str) -> Option<Vec<u8>> {
        self.lock().remove(name)
    }

    pub(super) fn put(&self, name: &Arc<str>, contents: Vec<u8>) {
        self.lock().insert(Arc::clone(name), contents);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Vec<u8>>> {
        // Whoever panicked here has left a map as good as before.
        self.databases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
