//! The store of one cache: rows in SQLite, bodies in files, small responses also in memory.
//!
//! Owns the database and the folder of bodies of its cache, in wrangler's schema. What may be cached, for how long,
//! and what of it a request gets is not its business: it is given headers and a time to live.
//!
//! Invariants
//! - A write that has returned survives the end of the process, however it ends: body first, then its row, then the
//!   old body goes. Many writes may share one commit ([`CacheStore::write`]).
//! - A reader sees a whole response or none, and another process's write at once.
//! - A response that has expired is never returned; its row goes when it is met.
//! - The bodies together take no more than the limit for longer than one write, or a few when very many have to go:
//!   what was used the longest time ago goes first. Use is remembered as long as the store is open; before that, what was stored earlier goes earlier.

mod entries;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use lopata_protocol::HeaderList;
use lopata_protocol::limits::{BODY_INLINE_BYTES_MAX, CACHE_BYTES_MAX};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

pub use self::entries::{CacheEntry, caches_on_disk};
use crate::Clock;
use crate::blobs::{BlobStore, written_ms};
use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::layout::PersistRoot;
use crate::memory::{Held, Memory};
pub use crate::sweep::Swept;

/// wrangler's schema, which has no version, and a table of our own: files are named by a hash, which says nothing of
/// the cache's name to those who list all caches.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS _mf_entries (
        key TEXT PRIMARY KEY,
        blob_id TEXT NOT NULL,
        expiration INTEGER,
        metadata TEXT
    );
    CREATE INDEX IF NOT EXISTS _mf_entries_expiration_idx ON _mf_entries(expiration);
    CREATE TABLE IF NOT EXISTS _lopata_cache (name TEXT PRIMARY KEY) WITHOUT ROWID;
";

/// Bytes of one generation of what is in memory. There may be many caches.
const GENERATION_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a body that is read as a whole.
const INLINE_BYTES_MAX: u64 = BODY_INLINE_BYTES_MAX as u64;

/// Reads of a row whose file is gone, because another process replaced the response in between.
const READ_ATTEMPTS_MAX: usize = 8;

/// Keys whose last use is remembered; past it all are forgotten.
const USES_MAX: usize = 100_000;

/// Writes between two looks for what has expired and is never asked for again.
const WRITES_BETWEEN_SWEEPS: u32 = 256;

/// Rows that one put evicts at most, for others wait meanwhile. The next put goes on.
const EVICTED_ROWS_MAX: usize = 500;

/// The bytes of a row's body, in SQL. What others write may be anything.
macro_rules! row_bytes {
    () => {
        "CASE WHEN json_valid(metadata) THEN CAST(coalesce(json_extract(metadata, '$.size'), 0) AS INTEGER) ELSE 0 END"
    };
}

/// Why a cache cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CacheStoreError {
    /// The database.
    #[error("the cache's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file of a body.
    #[error("the file of a cached body failed: {0}")]
    Blob(#[from] io::Error),
}

/// What is kept of a response beside its body, as wrangler has it.
#[derive(Debug, Serialize, Deserialize)]
struct Metadata {
    headers: Vec<(String, String)>,
    status: u16,
    size: u64,
}

/// A stored response.
#[derive(Clone, Debug)]
pub struct CachedResponse {
    /// The status.
    pub status: u16,
    /// The headers as they were stored.
    pub headers: Arc<HeaderList>,
    /// Milliseconds since the Unix epoch at which it was stored, if that is known.
    pub stored_ms: Option<i64>,
    /// Bytes of the body.
    pub size: u64,
    /// The body.
    pub body: CachedBody,
}

/// The body of a stored response.
#[derive(Clone, Debug)]
pub enum CachedBody {
    /// All of it: a small one.
    Whole(Bytes),
    /// The file that it is in, from its start. It is never changed, and readable also when the response is replaced.
    File(Arc<File>),
}

/// What a lookup finds.
#[derive(Clone, Debug)]
pub enum CacheLookup {
    /// Nothing.
    Missing,
    /// Something that has expired, which is gone now.
    Expired,
    /// A response.
    Found(CachedResponse),
}

/// One write.
#[derive(Debug)]
pub enum CacheWrite {
    /// Stores a response.
    Put(CachePut),
    /// Removes one, whether it exists or not.
    Delete {
        /// Its key.
        key: String,
    },
}

/// A response to store.
#[derive(Debug)]
pub struct CachePut {
    /// The key.
    pub key: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: NewBody,
    /// Milliseconds since the Unix epoch.
    pub expires_ms: i64,
}

/// The body of a response to store.
#[derive(Debug)]
pub enum NewBody {
    /// All of it.
    Whole(Bytes),
    /// What was written into the file that [`CacheStore::stage`] gave under this name, and its length.
    Staged {
        /// The name.
        id: String,
        /// Bytes.
        size: u64,
    },
}

/// What is kept in memory of a response.
#[derive(Clone, Debug)]
struct Entry {
    status: u16,
    headers: Arc<HeaderList>,
    stored_ms: Option<i64>,
    body: Bytes,
    expires_ms: Option<i64>,
}

impl Held for Entry {
    fn value_bytes(&self) -> usize {
        self.body.len()
    }

    fn other_bytes(&self) -> usize {
        self.headers.iter().map(|(name, value)| name.len() + value.len() + size_of::<u64>()).sum()
    }
}

/// A row, as the database has it.
struct Row {
    blob: String,
    expires_ms: Option<i64>,
    metadata: Option<String>,
}

/// A write whose body is in its file, but not yet its row.
struct Prepared {
    key: String,
    /// `None` when the response is removed.
    put: Option<PreparedPut>,
}

struct PreparedPut {
    blob: String,
    size: u64,
    /// JSON.
    metadata: String,
    expires_ms: i64,
    /// For memory; `None` when the body is not at hand.
    entry: Option<Entry>,
}

/// What a transaction has replaced.
#[derive(Default)]
struct Replaced {
    blobs: Vec<String>,
    bytes: u64,
    /// For each write, whether there was something that had not expired.
    found: Vec<bool>,
}

/// The store of one cache.
pub struct CacheStore {
    connection: Connection,
    blobs: BlobStore,
    memory: Memory<Entry>,
    /// What SQLite last said of other processes' commits; what is in memory holds for this number.
    data_version: i64,
    /// When each key was last used, as a count of uses.
    uses: HashMap<String, u64>,
    clock_of_uses: u64,
    /// Bytes of all bodies; `None` until they are counted.
    total_bytes: Option<u64>,
    total_bytes_max: u64,
    writes_since_sweep: u32,
    clock: Clock,
    file: OpenedFile,
}

impl std::fmt::Debug for CacheStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CacheStore").field("database", &self.connection.path()).finish_non_exhaustive()
    }
}

/// Removes bodies of `cache` under the persist root `root` that no entry names, and that nobody has written to for an
/// hour: what processes left that were killed. Opens connections of its own, only if there is anything old; may run
/// beside any store.
pub fn sweep(root: &Path, cache: &str, now: SystemTime) -> Result<Swept, StoreError> {
    let layout = PersistRoot::new(root);
    crate::sweep::sweep(&layout.cache_blobs(cache), &layout.cache_databases(), &["_mf_entries"], now)
}

impl CacheStore {
    /// Opens the cache that is called `default`, or `named:` and its name, under the persist root `root`; makes it
    /// when there is none.
    pub fn open(root: &Path, cache: &str, clock: Clock) -> Result<Self, StoreError> {
        Self::open_with_limit(root, cache, clock, CACHE_BYTES_MAX)
    }

    /// The same with another limit on the bytes of all bodies.
    pub fn open_with_limit(root: &Path, cache: &str, clock: Clock, bytes_max: u64) -> Result<Self, StoreError> {
        let layout = PersistRoot::new(root);
        let path = layout.cache_database(cache);
        let connection = database::open(&path, Durability::Process)?;
        let file = OpenedFile::at(&path);
        let prepare = || {
            connection.execute_batch(SCHEMA)?;
            // Looks before it writes: a write takes the lock.
            let known = "SELECT EXISTS (SELECT 1 FROM _lopata_cache)";
            if !connection.query_row(known, [], |row| row.get::<_, bool>(0))? {
                connection.execute("INSERT OR IGNORE INTO _lopata_cache (name) VALUES (?1)", [cache])?;
            }
            Ok(())
        };
        prepare().map_err(|source| StoreError::Database { path, source })?;
        Ok(Self {
            blobs: BlobStore::open(&layout.cache_blobs(cache))?,
            connection,
            memory: Memory::new(GENERATION_BYTES_MAX),
            data_version: 0,
            uses: HashMap::new(),
            clock_of_uses: 0,
            total_bytes: None,
            total_bytes_max: bytes_max,
            writes_since_sweep: 0,
            clock,
            file,
        })
    }

    /// False once the database's file was removed, moved or replaced: what is written here from then on is lost.
    pub fn is_in_place(&self) -> bool {
        self.file.is_in_place()
    }

    /// The response under a key.
    pub fn lookup(&mut self, key: &str) -> Result<CacheLookup, CacheStoreError> {
        self.forget_if_others_wrote()?;
        let now_ms = (self.clock)();
        if let Some(entry) = self.memory.get(key)
            && !has_expired(entry.expires_ms, now_ms)
        {
            let found = CachedResponse {
                status: entry.status,
                headers: entry.headers.clone(),
                stored_ms: entry.stored_ms,
                size: entry.body.len() as u64,
                body: CachedBody::Whole(entry.body.clone()),
            };
            self.touch(key);
            return Ok(CacheLookup::Found(found));
        }
        let mut gone = None;
        for _ in 0..READ_ATTEMPTS_MAX {
            let Some(row) = self.row(key)? else { return Ok(CacheLookup::Missing) };
            if has_expired(row.expires_ms, now_ms) {
                self.delete_if_expired(key, now_ms);
                return Ok(CacheLookup::Expired);
            }
            // What others write may be anything.
            let metadata = row.metadata.as_deref().and_then(|text| serde_json::from_str::<Metadata>(text).ok());
            let Some(metadata) = metadata else { return Ok(CacheLookup::Missing) };
            if gone.as_ref() == Some(&row.blob) {
                // Somebody deleted the file by hand: wrangler, too, takes that for a miss.
                break;
            }
            match self.blobs.file(&row.blob)? {
                Some(file) => return self.read(key, row, metadata, file).map(CacheLookup::Found),
                None => gone = Some(row.blob),
            }
        }
        Ok(CacheLookup::Missing)
    }

    /// A new file for a body that is written in pieces, and its name. Whoever does not come to store it gives it back
    /// to [`CacheStore::unstage`].
    pub fn stage(&self) -> Result<(String, File), CacheStoreError> {
        Ok(self.blobs.create((self.clock)())?)
    }

    /// Removes the file of a body that is not stored.
    pub fn unstage(&self, id: &str) {
        self.blobs.delete(id);
    }

    /// Carries writes out in their order and under one commit. For each, whether there was something under its key.
    pub fn write(&mut self, writes: Vec<CacheWrite>) -> Result<Vec<bool>, CacheStoreError> {
        let now_ms = (self.clock)();
        let mut prepared = Vec::with_capacity(writes.len());
        for write in writes {
            match self.prepare(write, now_ms) {
                Ok(write) => prepared.push(write),
                Err(error) => {
                    self.unprepare(&prepared);
                    return Err(error);
                }
            }
        }
        let replaced = match self.stage_rows(&prepared, now_ms) {
            Ok((transaction, replaced)) => {
                // A commit that reports a fault may have taken place all the same, so the new bodies stay.
                transaction.commit()?;
                replaced
            }
            Err(error) => {
                self.unprepare(&prepared);
                return Err(error);
            }
        };
        replaced.blobs.iter().for_each(|blob| self.blobs.delete(blob));
        let mut added = 0;
        for Prepared { key, put } in prepared {
            self.memory.remove(&key);
            let Some(put) = put else { continue };
            added += put.size;
            self.touch(&key);
            if let Some(entry) = put.entry {
                self.memory.insert(&key, entry);
            }
        }
        if let Some(total) = &mut self.total_bytes {
            *total = (*total + added).saturating_sub(replaced.bytes);
        }
        if added > 0 {
            self.keep_bounds(now_ms);
        }
        Ok(replaced.found)
    }
}

/// Reads.
impl CacheStore {
    fn forget_if_others_wrote(&mut self) -> Result<(), CacheStoreError> {
        let version =
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
        if version != self.data_version {
            self.data_version = version;
            self.memory.clear();
            self.total_bytes = None;
        }
        Ok(())
    }

    fn row(&self, key: &str) -> rusqlite::Result<Option<Row>> {
        self.connection
            .prepare_cached("SELECT blob_id, expiration, metadata FROM _mf_entries WHERE key = ?1")?
            .query_row([key], |row| Ok(Row { blob: row.get(0)?, expires_ms: row.get(1)?, metadata: row.get(2)? }))
            .optional()
    }

    fn read(&mut self, key: &str, row: Row, meta: Metadata, mut file: File) -> Result<CachedResponse, CacheStoreError> {
        let size = file.metadata()?.len();
        let headers = Arc::new(meta.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect());
        let stored_ms = written_ms(&row.blob);
        let body = match size <= INLINE_BYTES_MAX {
            true => {
                let mut bytes = Vec::with_capacity(size as usize);
                io::Read::read_to_end(&mut file, &mut bytes)?;
                CachedBody::Whole(Bytes::from(bytes))
            }
            false => CachedBody::File(Arc::new(file)),
        };
        self.touch(key);
        let found = CachedResponse { status: meta.status, headers, stored_ms, size, body };
        if let CachedBody::Whole(body) = &found.body {
            let (headers, body) = (found.headers.clone(), body.clone());
            let entry = Entry { status: meta.status, headers, stored_ms, body, expires_ms: row.expires_ms };
            self.memory.insert(key, entry);
        }
        Ok(found)
    }

    fn touch(&mut self, key: &str) {
        self.clock_of_uses += 1;
        if let Some(used) = self.uses.get_mut(key) {
            *used = self.clock_of_uses;
            return;
        }
        if self.uses.len() == USES_MAX {
            self.uses.clear();
        }
        self.uses.insert(key.to_string(), self.clock_of_uses);
    }
}

/// Writes.
impl CacheStore {
    fn prepare(&self, write: CacheWrite, now_ms: i64) -> Result<Prepared, CacheStoreError> {
        let CachePut { key, status, headers, body, expires_ms } = match write {
            CacheWrite::Delete { key } => return Ok(Prepared { key, put: None }),
            CacheWrite::Put(put) => put,
        };
        let (blob, size, whole) = match body {
            NewBody::Whole(bytes) => (self.blobs.write(&bytes, now_ms)?, bytes.len() as u64, Some(bytes)),
            NewBody::Staged { id, size } => (id, size, None),
        };
        let pairs = headers.iter().map(|(name, value)| (name.into(), String::from_utf8_lossy(value).into_owned()));
        let metadata = Metadata { headers: pairs.collect(), status, size };
        let metadata = serde_json::to_string(&metadata).expect("texts and numbers have JSON");
        let (headers, stored_ms, expires) = (Arc::new(headers), written_ms(&blob), Some(expires_ms));
        let entry = whole.map(|body| Entry { status, headers, stored_ms, body, expires_ms: expires });
        Ok(Prepared { key, put: Some(PreparedPut { blob, size, metadata, expires_ms, entry }) })
    }

    /// Removes the files of writes that do not take place.
    fn unprepare(&self, prepared: &[Prepared]) {
        prepared.iter().flat_map(|write| &write.put).for_each(|put| self.blobs.delete(&put.blob));
    }

    /// Writes the rows; gives the open transaction and what it replaces.
    fn stage_rows(&self, prepared: &[Prepared], now_ms: i64) -> Result<(Transaction<'_>, Replaced), CacheStoreError> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut replaced = Replaced::default();
        for Prepared { key, put } in prepared {
            let old = transaction
                .prepare_cached(concat!(
                    "SELECT blob_id, expiration, ",
                    row_bytes!(),
                    " FROM _mf_entries WHERE key = ?1"
                ))?
                .query_row([key], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, i64>(2)?)))
                .optional()?;
            replaced.found.push(old.as_ref().is_some_and(|(_, expires_ms, _)| !has_expired(*expires_ms, now_ms)));
            if let Some((blob, _, size)) = old {
                replaced.blobs.push(blob);
                replaced.bytes += size.max(0) as u64;
            }
            match put {
                Some(put) => {
                    transaction
                        .prepare_cached(
                            "INSERT OR REPLACE INTO _mf_entries (key, blob_id, expiration, metadata)
                             VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![key, put.blob, put.expires_ms, put.metadata])?;
                }
                None => {
                    transaction.prepare_cached("DELETE FROM _mf_entries WHERE key = ?1")?.execute([key])?;
                }
            }
        }
        Ok((transaction, replaced))
    }

    /// Removes a response that a read found expired, unless somebody has replaced it since. A failure is of no
    /// consequence: what has expired is not returned, and the next to meet it tries again.
    fn delete_if_expired(&mut self, key: &str, now_ms: i64) {
        self.memory.remove(key);
        let _ = self.delete_returning(
            concat!("DELETE FROM _mf_entries WHERE key = ?1 AND expiration <= ?2 RETURNING blob_id, ", row_bytes!()),
            params![key, now_ms],
        );
    }

    fn delete_returning(&mut self, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<u64> {
        let gone = self
            .connection
            .prepare_cached(sql)?
            .query_map(params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.max(0) as u64)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        gone.iter().for_each(|(blob, _)| self.blobs.delete(blob));
        let bytes = gone.iter().map(|(_, bytes)| bytes).sum();
        if let Some(total) = &mut self.total_bytes {
            *total = total.saturating_sub(bytes);
        }
        Ok(bytes)
    }

    /// Removes what has expired, now and then, and what is too much. A put never fails for it: the next one tries
    /// again.
    fn keep_bounds(&mut self, now_ms: i64) {
        self.writes_since_sweep += 1;
        if self.writes_since_sweep >= WRITES_BETWEEN_SWEEPS {
            self.writes_since_sweep = 0;
            let _ = self.delete_expired(now_ms);
        }
        if let Ok(total) = self.count_bytes()
            && total > self.total_bytes_max
        {
            let _ = self.delete_expired(now_ms);
            let _ = self.evict();
        }
    }

    fn delete_expired(&mut self, now_ms: i64) -> rusqlite::Result<u64> {
        self.delete_returning(
            concat!("DELETE FROM _mf_entries WHERE expiration <= ?1 RETURNING blob_id, ", row_bytes!()),
            [now_ms],
        )
    }

    fn count_bytes(&mut self) -> rusqlite::Result<u64> {
        if let Some(total) = self.total_bytes {
            return Ok(total);
        }
        let sql = concat!("SELECT coalesce(sum(", row_bytes!(), "), 0) FROM _mf_entries");
        let total = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.max(0) as u64;
        self.total_bytes = Some(total);
        Ok(total)
    }

    /// Removes what was used the longest time ago, until an eighth of the limit is free, so that not every write
    /// after it has to. One transaction; the files go after it.
    fn evict(&mut self) -> rusqlite::Result<()> {
        let total = self.count_bytes()?;
        let enough = self.total_bytes_max - self.total_bytes_max / 8;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut rows = transaction
            .prepare_cached("SELECT rowid, key FROM _mf_entries")?
            .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?
            .map(|row| row.map(|(rowid, key)| (self.uses.get(&key).copied().unwrap_or(0), rowid, key)))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        rows.sort_unstable();
        // The newest stays, whatever it takes: it is what was put just now.
        let last = rows.len().saturating_sub(1);
        let (mut gone, mut left) = (Vec::new(), total);
        {
            let sql = concat!("DELETE FROM _mf_entries WHERE rowid = ?1 RETURNING blob_id, ", row_bytes!());
            let mut delete = transaction.prepare_cached(sql)?;
            for (_, rowid, key) in rows.into_iter().take(last.min(EVICTED_ROWS_MAX)) {
                if left <= enough {
                    break;
                }
                let (blob, bytes) = delete.query_row([rowid], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
                left = left.saturating_sub(i64::max(bytes, 0) as u64);
                gone.push((key, blob));
            }
        }
        transaction.commit()?;
        self.total_bytes = Some(left);
        for (key, blob) in gone {
            self.memory.remove(&key);
            self.uses.remove(&key);
            self.blobs.delete(&blob);
        }
        Ok(())
    }
}

fn has_expired(expires_ms: Option<i64>, now_ms: i64) -> bool {
    expires_ms.is_some_and(|at| at <= now_ms)
}
