//! The files that a configuration is made of: found, bounded, read once, remembered for whoever watches them.
//!
//! Nothing but regular files is opened, so neither a pipe nor a device can make a start wait or grow without end.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::config::SourceFile;

/// Bytes of a configuration file. Code is embedded, not written into it.
pub const CONFIG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes of one embedded file: as much as a Worker may have memory.
pub const EMBED_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Bytes of all embedded files of one configuration.
pub const EMBEDS_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Why a file cannot be used. The texts follow the name of the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not there, or may not be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A folder, a device, a pipe.
    #[error("it is not a file")]
    NotAFile,
    /// More bytes than a limit.
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    /// More bytes than a limit, together with others.
    #[error("all embedded files together have more than {0} bytes")]
    AllTooLarge(u64),
    /// A text is expected.
    #[error("it is not UTF-8: byte {at} (line {line}) does not belong to a character")]
    NotUtf8 {
        /// From 0.
        at: usize,
        /// From 1.
        line: usize,
    },
}

/// The files of one configuration.
#[derive(Debug)]
pub struct Files {
    cwd: PathBuf,
    import_paths: Vec<PathBuf>,
    embeds: HashMap<PathBuf, Bytes>,
    texts: HashMap<PathBuf, Arc<str>>,
    embedded_bytes: u64,
    seen: Vec<PathBuf>,
}

impl Files {
    /// No file yet. Paths are shown relative to `cwd`, those with a slash in front are looked for in `import_paths`.
    pub fn new(cwd: &Path, import_paths: &[PathBuf]) -> Self {
        Self {
            cwd: cwd.to_path_buf(),
            import_paths: import_paths.iter().map(|path| normal(&cwd.join(path))).collect(),
            embeds: HashMap::new(),
            texts: HashMap::new(),
            embedded_bytes: 0,
            seen: Vec::new(),
        }
    }

    /// Every file that was looked for, found or not.
    pub fn into_seen(self) -> Vec<PathBuf> {
        self.seen
    }

    /// Where a file is that is named in another one; the first of the import paths that has it, or else a path where
    /// it is not. `None` if there is no place to look for it.
    pub fn locate(&mut self, from: &Path, name: &str) -> Option<PathBuf> {
        let Some(rooted) = name.strip_prefix('/') else {
            return Some(normal(&from.parent().unwrap_or(Path::new("")).join(name)));
        };
        let candidates: Vec<PathBuf> = self.import_paths.iter().map(|root| normal(&root.join(rooted))).collect();
        let found = candidates.iter().position(|path| path.is_file());
        for missing in &candidates[..found.unwrap_or(candidates.len())] {
            self.note(missing);
        }
        found.or_else(|| candidates.len().checked_sub(1)).map(|index| candidates[index].clone())
    }

    /// The text of a configuration file. One that is not UTF-8 comes with the error, readable as far as it goes.
    pub fn config(&mut self, path: &Path) -> Result<Arc<SourceFile>, (FileError, Option<Arc<SourceFile>>)> {
        let bytes = self.read(path, CONFIG_BYTES_MAX).map_err(|error| (error, None))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(SourceFile::new(path, &self.cwd, text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let error = FileError::NotUtf8 { at, line: line_of(&bytes, at) };
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Err((error, Some(SourceFile::new(path, &self.cwd, text))))
            }
        }
    }

    /// The bytes of an embedded file.
    pub fn embed(&mut self, path: &Path) -> Result<Bytes, FileError> {
        if let Some(known) = self.embeds.get(path) {
            return Ok(known.clone());
        }
        let bytes = Bytes::from(self.read(path, EMBED_BYTES_MAX)?);
        self.embedded_bytes += bytes.len() as u64;
        if self.embedded_bytes > EMBEDS_BYTES_MAX {
            return Err(FileError::AllTooLarge(EMBEDS_BYTES_MAX));
        }
        self.embeds.insert(path.to_path_buf(), bytes.clone());
        Ok(bytes)
    }

    /// The text of an embedded file.
    pub fn embed_text(&mut self, path: &Path) -> Result<Arc<str>, FileError> {
        if let Some(known) = self.texts.get(path) {
            return Ok(Arc::clone(known));
        }
        let bytes = self.embed(path)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => {
                let text: Arc<str> = Arc::from(text);
                self.texts.insert(path.to_path_buf(), Arc::clone(&text));
                Ok(text)
            }
            Err(error) => {
                let at = error.valid_up_to();
                Err(FileError::NotUtf8 { at, line: line_of(&bytes, at) })
            }
        }
    }

    /// Files that others have read.
    pub fn add(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            self.note(&path);
        }
    }

    fn note(&mut self, path: &Path) {
        if !self.seen.iter().any(|seen| seen == path) {
            self.seen.push(path.to_path_buf());
        }
    }

    fn read(&mut self, path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError> {
        self.note(path);
        // Asked before it is opened: opening a pipe waits for its other end.
        let metadata = std::fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(FileError::NotAFile);
        }
        if metadata.len() > bytes_max {
            return Err(FileError::TooLarge(bytes_max));
        }
        // It may grow meanwhile.
        let mut bytes = Vec::new();
        File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max { Err(FileError::TooLarge(bytes_max)) } else { Ok(bytes) }
    }
}

/// The path without `.` and, where that needs no look at links, without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}
