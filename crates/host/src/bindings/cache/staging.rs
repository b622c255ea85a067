//! A long body on its way into a cache: written into a file as it comes, stored when all of it is there.
//!
//! Invariant: dropped before it is stored, for whatever reason, it leaves nothing.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lopata_bridges::{CacheResult, Responder, StreamReader};
use lopata_protocol::limits::CACHE_BODY_BYTES_MAX;
use lopata_protocol::{CacheAnswer, CacheError};
use lopata_storage::cache::{CacheStoreError, NewBody};
use parking_lot::Mutex;

use super::actor::{Head, Store, failed};

/// Bytes that are gathered before they are written to the file.
const PIECE_BYTES: usize = 128 * 1024;

/// A response whose body is being written.
pub struct Staging {
    store: Store,
    /// Non-null until it is stored.
    head: Option<Head>,
    /// The name of the file; empty once it is stored.
    id: String,
    file: Arc<Mutex<File>>,
    size: u64,
}

impl Staging {
    /// Makes the file.
    pub fn new(store: Store, head: Head) -> Result<Self, CacheStoreError> {
        let (id, file) = store.lock().stage()?;
        Ok(Self { store, head: Some(head), id, file: Arc::new(Mutex::new(file)), size: 0 })
    }

    async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        self.size += bytes.len() as u64;
        tokio::task::spawn_blocking(move || file.lock().write_all(&bytes)).await.map_err(io::Error::other)?
    }

    async fn store(mut self) -> Result<(), CacheError> {
        let store = self.store.clone();
        let Some(head) = self.head.take() else { return Ok(()) };
        // From here on the store looks after the file.
        let write = head.into_write(NewBody::Staged { id: std::mem::take(&mut self.id), size: self.size });
        let written = tokio::task::spawn_blocking(move || store.lock().write(vec![write])).await;
        let written = written.map_err(|error| CacheError { text: error.to_string() })?;
        written.map(drop).map_err(failed)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.id.is_empty() {
            self.store.lock().unstage(&self.id);
        }
    }
}

/// Reads a body to its end, into `staging` if there is one, stores it and answers.
pub async fn take_in(mut reader: StreamReader, mut staging: Option<Staging>, responder: Responder<CacheResult>) {
    let mut piece = BytesMut::new();
    loop {
        let read = reader.read().await;
        let is_last = read.is_none();
        match read {
            Some(Ok(bytes)) if staging.is_some() => piece.extend_from_slice(&bytes),
            Some(Ok(_)) => {}
            // It broke off: whoever wrote it knows why.
            Some(Err(_)) => return responder.send(Ok(CacheAnswer::Put { stored: false }.into())),
            None => {}
        }
        if let Some(open) = &mut staging
            && (piece.len() >= PIECE_BYTES || is_last)
        {
            if open.size + piece.len() as u64 > CACHE_BODY_BYTES_MAX {
                staging = None;
                piece = BytesMut::new();
            } else if let Err(error) = open.write(piece.split().freeze()).await {
                return responder.send(Err(CacheError { text: error.to_string() }));
            }
        }
        if is_last {
            break;
        }
    }
    let stored = staging.is_some();
    if let Some(staging) = staging
        && let Err(error) = staging.store().await
    {
        return responder.send(Err(error));
    }
    responder.send(Ok(CacheAnswer::Put { stored }.into()));
}
