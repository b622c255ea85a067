//! The objects of a namespace, by their files: for the dashboard and the command line.
//!
//! Only looks at names. What is in an object is read through an [`super::ObjectStore`] at [`Place::ReadOnly`], which may
//! stand beside the one that its object has open and sees what that has committed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::place::Place;
use crate::database::StoreError;
use crate::layout::PersistRoot;

/// Hex digits of an id.
const ID_DIGITS: usize = 64;

/// One object's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFile {
    /// The id, in hex digits.
    pub id: String,
    /// Bytes of the database, its log included.
    pub bytes: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// The files of the objects of one namespace.
#[derive(Clone, Debug)]
pub struct NamespaceFiles {
    folder: PathBuf,
}

impl NamespaceFiles {
    /// Those of the namespace with this unique key under the persist root `root`.
    pub fn new(root: &Path, unique_key: &str) -> Self {
        Self { folder: PersistRoot::new(root).objects_folder(unique_key) }
    }

    /// Those in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The place of an object's store.
    pub fn place(&self, id: &str) -> Place {
        Place::File(self.folder.join(format!("{id}.sqlite")))
    }

    /// The place of an object's store, only to be read.
    pub fn place_to_read(&self, id: &str) -> Place {
        Place::ReadOnly(self.folder.join(format!("{id}.sqlite")))
    }

    /// All objects that have a file, in the order of their ids. None when there is no folder.
    pub fn objects(&self) -> Result<Vec<ObjectFile>, StoreError> {
        let listed = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        let entries = listed.map_err(|source| StoreError::Folder { path: self.folder.clone(), source })?;
        let mut objects: Vec<ObjectFile> = entries.into_iter().filter_map(|entry| object_at(&entry.path())).collect();
        objects.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(objects)
    }

    /// Removes the files of an object and of its facets. Nobody may have them open.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if is_id(id)
                && name.to_str().and_then(|name| name.strip_prefix(id)).is_some_and(|rest| rest.starts_with('.'))
            {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn object_at(path: &Path) -> Option<ObjectFile> {
    let id = path.file_name()?.to_str()?.strip_suffix(".sqlite").filter(|id| is_id(id))?;
    let found = fs::metadata(path).ok()?;
    let log = fs::metadata(log_of(path)).ok();
    let modified = found.modified().ok()?;
    let modified = log.as_ref().and_then(|log| log.modified().ok()).map_or(modified, |log| log.max(modified));
    Some(ObjectFile { id: id.to_owned(), bytes: found.len() + log.map_or(0, |log| log.len()), modified })
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn is_id(id: &str) -> bool {
    id.len() == ID_DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
