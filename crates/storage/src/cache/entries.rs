//! What people want to know of caches: which there are, what is in them, and how to empty them.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{CacheStore, CacheStoreError, CacheWrite, Metadata, has_expired};
use crate::blobs::written_ms;
use crate::layout::{PersistRoot, object_file_stem_of_cache};

/// Deletes that share one commit.
const PURGE_BATCH: usize = 256;

/// A stored response, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// Its key: the URL, or what the request gave as its key.
    pub key: String,
    /// The status.
    pub status: u16,
    /// Bytes of the body.
    pub size: u64,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// Milliseconds since the Unix epoch, if that is known.
    pub stored_ms: Option<i64>,
    /// Milliseconds since the Unix epoch.
    pub expires_ms: Option<i64>,
}

impl CacheEntry {
    /// The tags of its `Cache-Tag` header.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        let values = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-tag"));
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|tag| !tag.is_empty())
    }
}

impl CacheStore {
    /// Everything that has not expired and passes `filter`, by key.
    pub fn entries(&self, filter: impl Fn(&CacheEntry) -> bool) -> Result<Vec<CacheEntry>, CacheStoreError> {
        let now_ms = (self.clock)();
        let mut statement =
            self.connection.prepare("SELECT key, blob_id, expiration, metadata FROM _mf_entries ORDER BY key")?;
        let mut rows = statement.query([])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let (blob, expires_ms): (String, Option<i64>) = (row.get(1)?, row.get(2)?);
            let metadata: Option<String> = row.get(3)?;
            let metadata = metadata.and_then(|text| serde_json::from_str::<Metadata>(&text).ok());
            let Some(Metadata { headers, status, size }) = metadata else { continue };
            let entry =
                CacheEntry { key: row.get(0)?, status, size, headers, stored_ms: written_ms(&blob), expires_ms };
            if !has_expired(expires_ms, now_ms) && filter(&entry) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// Removes everything that passes `filter`; gives how many that were.
    pub fn purge(&mut self, filter: impl Fn(&CacheEntry) -> bool) -> Result<usize, CacheStoreError> {
        let keys: Vec<String> = self.entries(filter)?.into_iter().map(|entry| entry.key).collect();
        let mut gone = 0;
        for batch in keys.chunks(PURGE_BATCH) {
            let deletes = batch.iter().map(|key| CacheWrite::Delete { key: key.clone() }).collect();
            gone += self.write(deletes)?.into_iter().filter(|found| *found).count();
        }
        let now_ms = (self.clock)();
        self.delete_expired(now_ms)?;
        Ok(gone)
    }
}

/// The caches that exist under a persist root, by what they are called: `default`, or `named:` and the name. A file
/// of wrangler's says nothing of its name; it is found out if it is that of a folder of bodies.
pub fn caches_on_disk(root: &Path) -> io::Result<Vec<String>> {
    let layout = PersistRoot::new(root);
    let files = match fs::read_dir(layout.cache_databases()) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let guesses = guessed_names(&layout)?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.path();
        let is_database = path.extension().is_some_and(|extension| extension == "sqlite");
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_database) else { continue };
        let guess = || guesses.iter().find(|name| object_file_stem_of_cache(name) == stem).cloned();
        names.extend(own_name(&path).or_else(guess));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn own_name(path: &Path) -> Option<String> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    connection.query_row("SELECT name FROM _lopata_cache", [], |row| row.get(0)).ok()
}

/// Names whose folders there are. A character that a folder cannot have is not found again.
fn guessed_names(layout: &PersistRoot) -> io::Result<Vec<String>> {
    let folder = layout.cache_databases();
    let Some(folders) = folder.parent().map(fs::read_dir).transpose()? else { return Ok(Vec::new()) };
    let folders = folders.filter_map(Result::ok).filter_map(|folder| folder.file_name().into_string().ok());
    Ok(folders
        .map(|folder| match folder.strip_prefix("named_") {
            Some(name) => format!("named:{name}"),
            None => folder,
        })
        .collect())
}
