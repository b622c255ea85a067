//! Values of any size as files under unguessable names, beside the database that refers to them.
//!
//! A value is written whole, under a new name, before a row names it, and is never changed; replacing a value
//! means a new file. So a reader sees a whole value or none, and a process that is killed in between leaves
//! at most a file that no row names, which nobody can read and which hurts nobody.
//!
//! Nothing is synced: a value survives the end of the process, but the power may take the last ones. A sync
//! for each would cost a write many times what the rest of it costs, and wrangler does not either.
//!
//! A row whose file is gone means that another process has just replaced the value: read the row again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::database::{StoreError, create_folder};

/// Random bytes of a name.
const ID_RANDOM_BYTES: usize = 32;

/// Bytes of a name in all: the random ones and the time of its making.
const ID_BYTES: usize = ID_RANDOM_BYTES + size_of::<i64>();

/// A folder of values.
#[derive(Clone, Debug)]
pub struct BlobStore {
    folder: PathBuf,
}

impl BlobStore {
    /// The values in `folder`, which is made when there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        create_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes a value and gives the new name under which it is stored.
    pub fn write(&self, value: &[u8], now_ms: i64) -> io::Result<String> {
        let (id, mut file) = self.create(now_ms)?;
        if let Err(error) = file.write_all(value) {
            drop(file);
            self.delete(&id);
            return Err(error);
        }
        Ok(id)
    }

    /// A new file, empty as yet, and its name: for a value that comes in pieces. Whoever gives it up before a row
    /// names it deletes it.
    pub fn create(&self, now_ms: i64) -> io::Result<(String, File)> {
        let id = new_id(now_ms)?;
        let path = self.folder.join(&id);
        let file = match File::create_new(&path) {
            // Somebody has deleted the folder under a running server.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.folder)?;
                File::create_new(&path)?
            }
            result => result?,
        };
        Ok((id, file))
    }

    /// The value of this name; `None` when there is no such file.
    pub fn read(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        if !is_id(id) {
            return Ok(None);
        }
        match fs::read(self.folder.join(id)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The file of this name, which stays readable when it is deleted; `None` when there is none.
    pub fn file(&self, id: &str) -> io::Result<Option<File>> {
        if !is_id(id) {
            return Ok(None);
        }
        match File::open(self.folder.join(id)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a value that no row names any more. A failure leaves a file that nobody reads.
    pub fn delete(&self, id: &str) {
        if is_id(id) {
            let _ = fs::remove_file(self.folder.join(id));
        }
    }
}

/// The deletion of values that no row names any more, which happens when this is dropped: whoever waits for the write
/// that replaced them need not wait for it.
#[must_use = "dropped at once, it keeps the answer waiting"]
pub struct Leftover(Option<Box<dyn FnOnce() + Send>>);

impl Leftover {
    /// Deletes the values `names` by `delete`, later.
    pub(crate) fn new(names: Vec<String>, delete: impl Fn(&str) + Send + 'static) -> Self {
        let any = !names.is_empty();
        Self(any.then(|| Box::new(move || names.iter().for_each(|name| delete(name))) as Box<dyn FnOnce() + Send>))
    }

    /// Nothing to delete.
    pub(crate) fn nothing() -> Self {
        Self(None)
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Some(delete) = self.0.take() {
            delete();
        }
    }
}

/// When a value of this name was written, in milliseconds since the Unix epoch; `None` for a name of another kind.
pub fn written_ms(id: &str) -> Option<i64> {
    let time = (id.len() == ID_BYTES * 2).then(|| id.get(ID_RANDOM_BYTES * 2..))??;
    i64::from_str_radix(time, 16).ok()
}

/// A name: random bytes, then the time in big endian, in hex.
fn new_id(now_ms: i64) -> io::Result<String> {
    let mut bytes = [0; ID_BYTES];
    getrandom::fill(&mut bytes[..ID_RANDOM_BYTES]).map_err(|error| io::Error::other(error.to_string()))?;
    bytes[ID_RANDOM_BYTES..].copy_from_slice(&now_ms.to_be_bytes());
    let mut id = String::with_capacity(ID_BYTES * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 0xf] {
            id.push(char::from_digit(u32::from(digit), 16).expect("a nibble is a hex digit"));
        }
    }
    Ok(id)
}

/// False for anything that could lead out of the folder: names come from a database that others write too.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn values_round_trip_under_new_names() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::open(&folder.path().join("deep/blobs")).unwrap();
        let first = blobs.write(b"one", 1).unwrap();
        let second = blobs.write(b"", 0x0102).unwrap();
        assert_eq!(first.len(), 80);
        assert!(second.ends_with("0000000000000102"), "{second}");
        assert_eq!(blobs.read(&first).unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(blobs.read(&second).unwrap().as_deref(), Some(&b""[..]));
        blobs.delete(&first);
        blobs.delete(&first);
        assert_eq!(blobs.read(&first).unwrap(), None);
    }

    #[test]
    fn names_never_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        let blobs = BlobStore::open(&folder.path().join("blobs")).unwrap();
        for id in ["../secret", "", ".", "..", "/etc/passwd"] {
            assert_eq!(blobs.read(id).unwrap(), None, "{id}");
            blobs.delete(id);
        }
        assert!(folder.path().join("secret").exists());
    }

    #[test]
    fn a_deleted_folder_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::open(&folder.path().join("blobs")).unwrap();
        std::fs::remove_dir(folder.path().join("blobs")).unwrap();
        let written = blobs.write(b"x", 0).unwrap();
        assert_eq!(blobs.read(&written).unwrap().as_deref(), Some(&b"x"[..]));
    }
}
