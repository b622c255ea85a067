//! Bodies of objects as files: written in pieces before a row names them, read in pieces after.
//!
//! None of this needs the store, so a large body is written and read while the store serves others.
//!
//! Invariants
//! - What is written and never committed leaves nothing: [`R2Writer`] and [`R2Staged`] delete their file when they
//!   are dropped, and while they live it is locked against the sweep of other processes.
//! - A reader goes on reading when its object is replaced or deleted: it has its files open, or, beyond the first
//!   [`FILES_OPEN_MAX`], this process keeps them for it.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lopata_protocol::limits::R2_VALUE_BYTES_MAX;
use lopata_protocol::r2::{R2Checksums, R2Error, R2Span};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::Clock;
use crate::blobs::BlobStore;
use crate::database::StoreError;

/// Files of one reader that are open at once. A process has some hundreds.
const FILES_OPEN_MAX: usize = 32;

/// The bodies of one bucket. Cheap to clone; all clones of one store know of each other's readers.
#[derive(Clone)]
pub struct R2Blobs {
    shared: Arc<Shared>,
}

struct Shared {
    blobs: BlobStore,
    clock: Clock,
    /// Files that readers still need, by name.
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Default)]
struct Kept {
    readers: usize,
    /// No row names it any more.
    deleted: bool,
}

impl std::fmt::Debug for R2Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("R2Blobs").field("blobs", &self.shared.blobs).finish_non_exhaustive()
    }
}

impl R2Blobs {
    /// The bodies in `folder`, which is made when there is none.
    pub(super) fn open(folder: &Path, clock: Clock) -> Result<Self, StoreError> {
        let shared = Shared { blobs: BlobStore::open(folder)?, clock, kept: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Begins a body. Its MD5 is computed, and the hashes that are given in `wanted`.
    pub fn begin(&self, wanted: &R2Checksums) -> Result<R2Writer, R2Error> {
        let (id, file) = self.shared.blobs.create((self.shared.clock)()).map_err(R2Error::fault)?;
        // A file system without locks has no sweep either.
        let _ = file.try_lock();
        let slot = Slot { id, blobs: self.clone(), named: false };
        Ok(R2Writer { slot, file, hashes: Hashes::new(wanted), size: 0 })
    }

    /// Writes a body that is all there.
    pub fn stage(&self, body: &[u8], wanted: &R2Checksums) -> Result<R2Staged, R2Error> {
        let mut hashes = Hashes::new(wanted);
        hashes.update(body);
        let id = self.shared.blobs.write(body, (self.shared.clock)()).map_err(R2Error::fault)?;
        let slot = Slot { id, blobs: self.clone(), named: false };
        Ok(R2Staged { slot, size: body.len() as u64, digests: hashes.finish(), _lock: None })
    }

    /// Deletes a body that no row names any more, as soon as nobody here reads it.
    pub(super) fn delete(&self, id: &str) {
        match self.kept().get_mut(id) {
            Some(kept) => kept.deleted = true,
            None => self.shared.blobs.delete(id),
        }
    }

    /// A reader of parts of files, one after the other: names and what of them. `None` when one is gone.
    pub(super) fn reader(&self, parts: Vec<(String, R2Span)>) -> io::Result<Option<R2Reader>> {
        let mut reader = R2Reader { blobs: self.clone(), segments: VecDeque::new(), remaining: 0 };
        for (index, (id, span)) in parts.into_iter().enumerate() {
            let source = if index < FILES_OPEN_MAX {
                let Some(mut file) = self.shared.blobs.file(&id)? else { return Ok(None) };
                if span.offset > 0 {
                    file.seek(SeekFrom::Start(span.offset))?;
                }
                Source::Open(file)
            } else {
                self.kept().entry(id.clone()).or_default().readers += 1;
                Source::Kept { id, offset: span.offset }
            };
            reader.remaining += span.length;
            reader.segments.push_back(Segment { source, left: span.length });
        }
        Ok(Some(reader))
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, id: &str) {
        let mut files = self.kept();
        let Some(kept) = files.get_mut(id) else { return };
        kept.readers -= 1;
        if kept.readers > 0 {
            return;
        }
        let deleted = kept.deleted;
        files.remove(id);
        drop(files);
        if deleted {
            self.shared.blobs.delete(id);
        }
    }
}

/// The file of a body that no row names yet.
#[derive(Debug)]
struct Slot {
    id: String,
    blobs: R2Blobs,
    /// Set once a row may name it.
    named: bool,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.named {
            self.blobs.shared.blobs.delete(&self.id);
        }
    }
}

/// A body that is being written. Dropped, it leaves nothing.
pub struct R2Writer {
    slot: Slot,
    file: File,
    hashes: Hashes,
    size: u64,
}

impl std::fmt::Debug for R2Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("R2Writer").field("slot", &self.slot).field("size", &self.size).finish_non_exhaustive()
    }
}

impl R2Writer {
    /// Writes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), R2Error> {
        self.size += bytes.len() as u64;
        if self.size > R2_VALUE_BYTES_MAX {
            return Err(R2Error::entity_too_large());
        }
        self.hashes.update(bytes);
        self.file.write_all(bytes).map_err(R2Error::fault)
    }

    /// Bytes written.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The body is complete, to be given to the store.
    pub fn finish(self) -> R2Staged {
        let Self { slot, file, hashes, size } = self;
        R2Staged { slot, size, digests: hashes.finish(), _lock: Some(file) }
    }
}

/// A body that is written and belongs to nothing yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct R2Staged {
    slot: Slot,
    size: u64,
    digests: R2Checksums,
    /// Held for its lock.
    _lock: Option<File>,
}

impl R2Staged {
    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its MD5, and the other hashes that were wanted.
    pub fn digests(&self) -> &R2Checksums {
        &self.digests
    }

    pub(super) fn id(&self) -> &str {
        &self.slot.id
    }

    /// A row may name it from now on.
    pub(super) fn named(&mut self) {
        self.slot.named = true;
    }
}

struct Hashes {
    md5: Md5,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
    sha384: Option<Sha384>,
    sha512: Option<Sha512>,
}

impl Hashes {
    fn new(wanted: &R2Checksums) -> Self {
        Self {
            md5: Md5::new(),
            sha1: wanted.sha1.map(|_| Sha1::new()),
            sha256: wanted.sha256.map(|_| Sha256::new()),
            sha384: wanted.sha384.map(|_| Sha384::new()),
            sha512: wanted.sha512.map(|_| Sha512::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        fn add<D: Digest>(hash: &mut Option<D>, bytes: &[u8]) {
            if let Some(hash) = hash {
                hash.update(bytes);
            }
        }
        self.md5.update(bytes);
        add(&mut self.sha1, bytes);
        add(&mut self.sha256, bytes);
        add(&mut self.sha384, bytes);
        add(&mut self.sha512, bytes);
    }

    fn finish(self) -> R2Checksums {
        R2Checksums {
            md5: Some(self.md5.finalize().into()),
            sha1: self.sha1.map(|hash| hash.finalize().into()),
            sha256: self.sha256.map(|hash| hash.finalize().into()),
            sha384: self.sha384.map(|hash| hash.finalize().into()),
            sha512: self.sha512.map(|hash| hash.finalize().into()),
        }
    }
}

/// A body, or some of it, that is being read. Independent of the store and of what happens to the object.
#[derive(Debug)]
pub struct R2Reader {
    blobs: R2Blobs,
    segments: VecDeque<Segment>,
    remaining: u64,
}

#[derive(Debug)]
struct Segment {
    source: Source,
    /// Bytes not read yet.
    left: u64,
}

#[derive(Debug)]
enum Source {
    /// At the next byte.
    Open(File),
    Kept {
        id: String,
        offset: u64,
    },
}

impl R2Reader {
    /// Bytes not read yet.
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// All that is left.
    pub fn read_all(mut self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.remaining).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next bytes, as many as `most` when there are; `None` at the end.
    pub fn read_chunk(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(most);
        if length == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; length];
        self.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Makes the first segment one that is open and has something left; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        loop {
            let Some(segment) = self.segments.front_mut() else { return Ok(false) };
            if segment.left == 0 {
                if let Some(Segment { source: Source::Kept { id, .. }, .. }) = self.segments.pop_front() {
                    self.blobs.release(&id);
                }
                continue;
            }
            if let Source::Kept { id, offset } = &segment.source {
                let gone =
                    || io::Error::new(io::ErrorKind::NotFound, "another process has deleted a part of the object");
                let mut file = self.blobs.shared.blobs.file(id)?.ok_or_else(gone)?;
                file.seek(SeekFrom::Start(*offset))?;
                self.blobs.release(id);
                segment.source = Source::Open(file);
            }
            return Ok(true);
        }
    }
}

impl Read for R2Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || !self.advance()? {
            return Ok(0);
        }
        let Some(Segment { source: Source::Open(file), left }) = self.segments.front_mut() else { return Ok(0) };
        let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        let read = file.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file of a body is shorter than the body"));
        }
        *left -= read as u64;
        self.remaining -= read as u64;
        Ok(read)
    }
}

impl Drop for R2Reader {
    fn drop(&mut self) {
        for segment in self.segments.drain(..) {
            if let Source::Kept { id, .. } = segment.source {
                self.blobs.release(&id);
            }
        }
    }
}
