//! The list of an object's facets: the number that each has, by which its database is named.
//!
//! The form is wrangler's: a number that marks the file, then one entry for each facet, in the order of their numbers
//! from 1 on: the number of the facet that it belongs to (0 is the object itself), the length of its name, its name. A
//! name keeps its number for ever, also when its facet is deleted, so the file only grows. What is no whole entry at
//! its end is the rest of a write that was interrupted, and nobody has relied on it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the file begins with.
const MARK: [u8; 8] = 0xc4cd_ce5b_c5b0_ef57_u64.to_le_bytes();

/// What SQLite keeps beside a database, and the database itself.
const COMPANIONS: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Bytes of an entry before the name.
const HEAD_BYTES: usize = 4;

/// Why a facet has no number.
#[derive(Debug, thiserror::Error)]
pub enum FacetError {
    /// Source: workerd's text.
    #[error("Maximum number of facets exceeded")]
    TooMany,
    /// Its name cannot be in the file.
    #[error("Facet name cannot be empty")]
    Empty,
    /// The file is another's.
    #[error("{} is no list of facets.", .0.display())]
    Unknown(PathBuf),
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The list of one object.
#[derive(Debug)]
pub struct FacetIndex {
    path: PathBuf,
    /// Non-null once something was written.
    file: Option<File>,
    /// Bytes of the file that are whole.
    length: u64,
    numbers: HashMap<(u16, Vec<u8>), u16>,
    /// Whose each is, by its number less one.
    parents: Vec<u16>,
}

impl FacetIndex {
    /// Reads the list, if there is one. Makes nothing.
    pub fn open(path: &Path) -> Result<Self, FacetError> {
        let mut index =
            Self { path: path.to_path_buf(), file: None, length: 0, numbers: HashMap::new(), parents: Vec::new() };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(index),
            Err(error) => return Err(index.failed(error)),
        };
        // A file that is not longer than its mark was never used.
        if bytes.len() > MARK.len() {
            if bytes[..MARK.len()] != MARK {
                return Err(FacetError::Unknown(index.path));
            }
            index.read(&bytes);
        }
        Ok(index)
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut at = MARK.len();
        while let Some(head) = bytes.get(at..at + HEAD_BYTES) {
            let parent = u16::from_le_bytes([head[0], head[1]]);
            let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
            let Some(name) = bytes.get(at + HEAD_BYTES..at + HEAD_BYTES + length) else { break };
            let is_known = self.numbers.contains_key(&(parent, name.to_vec()));
            if name.is_empty() || usize::from(parent) > self.parents.len() || is_known || self.next().is_none() {
                break;
            }
            self.add(parent, name);
            at += HEAD_BYTES + length;
        }
        self.length = at as u64;
    }

    /// The number of a facet of `parent`, which it gets if it has none.
    pub fn number(&mut self, parent: u16, name: &str) -> Result<u16, FacetError> {
        let name = name.as_bytes();
        if let Some(number) = self.numbers.get(&(parent, name.to_vec())) {
            return Ok(*number);
        }
        let length = u16::try_from(name.len()).map_err(|_| FacetError::TooMany)?;
        if length == 0 {
            return Err(FacetError::Empty);
        }
        self.next().ok_or(FacetError::TooMany)?;
        let mut entry = Vec::with_capacity(HEAD_BYTES + name.len());
        entry.extend_from_slice(&parent.to_le_bytes());
        entry.extend_from_slice(&length.to_le_bytes());
        entry.extend_from_slice(name);
        self.append(&entry).map_err(|error| self.failed(error))?;
        Ok(self.add(parent, name))
    }

    /// A facet and all that are facets of it.
    pub fn tree(&self, number: u16) -> Vec<u16> {
        let mut tree = vec![number];
        // A parent is older than its facets.
        for (at, parent) in self.parents.iter().enumerate() {
            if tree.contains(parent) {
                tree.push(at as u16 + 1);
            }
        }
        tree
    }

    /// Removes the databases of a facet and of all that are facets of it. Nobody has one open.
    pub fn delete(&self, number: u16) -> Result<(), FacetError> {
        for number in self.tree(number) {
            for companion in COMPANIONS {
                let path = self.path.with_extension(format!("{number}.sqlite{companion}"));
                match fs::remove_file(&path) {
                    Err(source) if source.kind() != io::ErrorKind::NotFound => {
                        return Err(FacetError::File { path, source });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn next(&self) -> Option<u16> {
        u16::try_from(self.parents.len() + 1).ok()
    }

    fn add(&mut self, parent: u16, name: &[u8]) -> u16 {
        self.parents.push(parent);
        let number = self.parents.len() as u16;
        self.numbers.insert((parent, name.to_vec()), number);
        number
    }

    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                if let Some(folder) = self.path.parent() {
                    fs::create_dir_all(folder)?;
                }
                let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
                // What is behind the last whole entry was never relied on.
                file.set_len(self.length)?;
                self.file.insert(file)
            }
        };
        if self.length == 0 {
            file.write_all(&MARK)?;
            self.length = MARK.len() as u64;
        }
        file.write_all(entry)?;
        self.length += entry.len() as u64;
        Ok(())
    }

    fn failed(&self, source: io::Error) -> FacetError {
        FacetError::File { path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn numbers_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/x.facets");
        let mut index = FacetIndex::open(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(index.number(0, "a").unwrap(), 1);
        assert_eq!(index.number(1, "a").unwrap(), 2);
        assert_eq!(index.number(0, "b").unwrap(), 3);
        assert_eq!(index.number(0, "a").unwrap(), 1);
        assert_eq!(index.number(2, "deep").unwrap(), 4);
        let mut again = FacetIndex::open(&path).unwrap();
        assert_eq!((again.number(2, "deep").unwrap(), again.number(0, "c").unwrap()), (4, 5));
        assert_eq!(again.tree(1), [1, 2, 4]);
        assert_eq!(again.tree(3), [3]);
        assert!(matches!(again.number(0, ""), Err(FacetError::Empty)));
    }

    /// The bytes that workerd wrote for the facets `f` and, in it, `g`.
    #[test]
    fn the_form_is_that_of_wrangler() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.facets");
        let mut index = FacetIndex::open(&path).unwrap();
        index.number(0, "f").unwrap();
        index.number(1, "g").unwrap();
        let expected = b"\x57\xef\xb0\xc5\x5b\xce\xcd\xc4\x00\x00\x01\x00f\x01\x00\x01\x00g";
        assert_eq!(fs::read(&path).unwrap(), expected);
    }

    #[test]
    fn databases_go_with_those_of_their_own_facets() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = FacetIndex::open(&folder.path().join("x.facets")).unwrap();
        index.number(0, "a").unwrap();
        index.number(1, "b").unwrap();
        index.number(0, "c").unwrap();
        for name in ["x.sqlite", "x.1.sqlite", "x.1.sqlite-wal", "x.2.sqlite", "x.3.sqlite", "y.1.sqlite"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        index.delete(1).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["x.3.sqlite", "x.facets", "x.sqlite", "y.1.sqlite"]);
    }

    #[test]
    fn what_was_not_written_to_its_end_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.facets");
        FacetIndex::open(&path).unwrap().number(0, "a").unwrap();
        let whole = fs::read(&path).unwrap();
        for torn in [&b"\x00"[..], b"\x00\x00\x05\x00ab", b"\x09\x00\x01\x00z", b"\x00\x00\x01\x00a"] {
            fs::write(&path, [&whole[..], torn].concat()).unwrap();
            let mut index = FacetIndex::open(&path).unwrap();
            assert_eq!(index.number(0, "b").unwrap(), 2);
            assert_eq!(fs::read(&path).unwrap(), [&whole[..], b"\x00\x00\x01\x00b"].concat());
        }
        fs::write(&path, &whole[..5]).unwrap();
        assert_eq!(FacetIndex::open(&path).unwrap().number(0, "a").unwrap(), 1);
        assert_eq!(fs::read(&path).unwrap(), whole);
        fs::write(&path, b"something else").unwrap();
        assert!(matches!(FacetIndex::open(&path), Err(FacetError::Unknown(_))));
    }
}
