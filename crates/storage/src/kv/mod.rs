//! The store of one KV namespace: rows in SQLite, values in files, small values also in memory.
//!
//! Owns the database and the folder of values of its namespace, in wrangler's schema. Enforces the service's
//! limits with its texts; what the binding itself refuses (and the `KV GET failed: ` in front) is not its
//! business.
//!
//! Invariants
//! - A write that has returned survives the end of the process, however it ends: value first, then its row,
//!   then the old value goes. Many writes may share one commit ([`KvStore::write`]).
//! - A reader sees a whole value or none, and another process's write at once: before each read SQLite is
//!   asked whether somebody else committed, and if so everything in memory is forgotten.
//! - A key that has expired is never returned; its row goes when it is met.
//! - Keys are ordered by their bytes, and a page costs the same wherever it starts.

mod check;
pub mod site;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use lopata_protocol::kv::{KvError, KvKey, KvValue};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::Clock;
use crate::blobs::{BlobStore, Leftover};
use crate::cursor;
use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::layout::PersistRoot;
use crate::memory::{Held, Memory};
pub use crate::sweep::Swept;

/// wrangler's schema, which has no version.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS _mf_entries (
        key TEXT PRIMARY KEY,
        blob_id TEXT NOT NULL,
        expiration INTEGER,
        metadata TEXT
    );
    CREATE INDEX IF NOT EXISTS _mf_entries_expiration_idx ON _mf_entries(expiration);
";

/// Bytes of one generation of what is in memory.
const GENERATION_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Reads of a row whose file is gone, because another process replaced the value in between.
const READ_ATTEMPTS_MAX: usize = 8;

/// What goes wrong inside: a refusal, or a fault of the machine.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", .0.text)]
    Refused(#[from] KvError),
    #[error("the namespace's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("a value's file failed: {0}")]
    Blob(#[from] io::Error),
}

impl From<Failure> for KvError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Database(_) | Failure::Blob(_) => KvError { status: 500, text: failure.to_string() },
        }
    }
}

/// One write.
#[derive(Clone, Debug)]
pub enum KvWrite {
    /// Sets a key.
    Put {
        /// The key.
        key: String,
        /// The value.
        value: Bytes,
        /// Seconds since the Unix epoch.
        expiration: Option<i32>,
        /// Seconds from now; wins over `expiration`.
        expiration_ttl: Option<i32>,
        /// JSON text.
        metadata: Option<String>,
    },
    /// Removes a key, whether it exists or not.
    Delete {
        /// The key.
        key: String,
    },
}

impl KvWrite {
    /// A put without options.
    pub fn put(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self::Put { key: key.into(), value: value.into(), expiration: None, expiration_ttl: None, metadata: None }
    }

    /// A delete.
    pub fn delete(key: impl Into<String>) -> Self {
        Self::Delete { key: key.into() }
    }
}

/// What a read needs to know of a key.
#[derive(Clone, Debug)]
struct Entry {
    value: Bytes,
    /// JSON text.
    metadata: Option<String>,
    /// Milliseconds since the Unix epoch.
    expiration_ms: Option<i64>,
}

impl Held for Entry {
    fn value_bytes(&self) -> usize {
        self.value.len()
    }

    fn other_bytes(&self) -> usize {
        self.metadata.as_ref().map_or(0, String::len)
    }
}

/// A write that was found acceptable and whose value is written, but not yet its row.
struct Prepared {
    key: String,
    /// The name of the new value's file, and what the key becomes; `None` when it is removed.
    put: Option<(String, Entry)>,
}

/// One page of keys.
#[derive(Clone, Debug, PartialEq)]
pub struct KvPage {
    /// The keys, in the order of their bytes.
    pub keys: Vec<KvKey>,
    /// Where the next page starts; `None` when this was the last.
    pub cursor: Option<String>,
}

/// The store of one namespace.
pub struct KvStore {
    connection: Connection,
    blobs: BlobStore,
    memory: Memory<Entry>,
    /// What SQLite last said of other processes' commits; what is in memory holds for this number.
    data_version: i64,
    clock: Clock,
    file: OpenedFile,
}

impl std::fmt::Debug for KvStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KvStore").field("database", &self.connection.path()).finish_non_exhaustive()
    }
}

/// Removes values of `namespace` under the persist root `root` that no key names, and that nobody has written to for an
/// hour: what processes left that were killed. Opens connections of its own, only if there is anything old; may run
/// beside any store.
pub fn sweep(root: &Path, namespace: &str, now: SystemTime) -> Result<Swept, StoreError> {
    let layout = PersistRoot::new(root);
    crate::sweep::sweep(&layout.kv_blobs(namespace), &layout.kv_databases(), &["_mf_entries"], now)
}

impl KvStore {
    /// Opens the store of `namespace` under the persist root `root`; makes it when there is none.
    pub fn open(root: &Path, namespace: &str, clock: Clock) -> Result<Self, StoreError> {
        let layout = PersistRoot::new(root);
        let path = layout.kv_database(namespace);
        // What a store for development must survive is its process. Against a power cut, one sync would not do
        // (the value's file and its folder need theirs), and three cost a put milliseconds on a busy disk.
        let connection = database::open(&path, Durability::Process)?;
        let file = OpenedFile::at(&path);
        connection.execute_batch(SCHEMA).map_err(|source| StoreError::Database { path, source })?;
        let blobs = BlobStore::open(&layout.kv_blobs(namespace))?;
        Ok(Self { connection, blobs, memory: Memory::new(GENERATION_BYTES_MAX), data_version: 0, clock, file })
    }

    /// False once the database's file was removed, moved or replaced: what is written here from then on is lost.
    pub fn is_in_place(&self) -> bool {
        self.file.is_in_place()
    }

    /// The value of a key.
    pub fn get(&mut self, key: &str, cache_ttl: Option<i32>) -> Result<Option<KvValue>, KvError> {
        check::key(key)?;
        check::cache_ttl(cache_ttl)?;
        Ok(self.read(key)?)
    }

    /// The values of many keys: one entry for each distinct key, in the order in which they are first named.
    pub fn get_many(
        &mut self,
        keys: &[String],
        kind: Option<&str>,
        cache_ttl: Option<i32>,
    ) -> Result<Vec<(String, Option<KvValue>)>, KvError> {
        check::bulk(kind, keys.len())?;
        for key in keys {
            check::key(key)?;
            check::cache_ttl(cache_ttl)?;
        }
        let mut values: Vec<(String, Option<KvValue>)> = Vec::with_capacity(keys.len());
        let mut total = 0;
        for key in keys {
            if values.iter().any(|(seen, _)| seen == key) {
                continue;
            }
            let value = self.read(key)?;
            total += value.as_ref().map_or(0, |found| found.value.len());
            check::bulk_bytes(total)?;
            values.push((key.clone(), value));
        }
        Ok(values)
    }

    /// Carries out writes in their order, under one commit, and answers each of them. A refused write does
    /// not stop the others; a fault of the machine fails all that were not refused.
    pub fn write(&mut self, writes: Vec<KvWrite>) -> Vec<Result<(), KvError>> {
        self.write_leaving(writes).0
    }

    /// The same; the values that were replaced go when the second of the two is dropped.
    pub fn write_leaving(&mut self, writes: Vec<KvWrite>) -> (Vec<Result<(), KvError>>, Leftover) {
        let now_ms = (self.clock)();
        let prepared: Vec<Result<Prepared, KvError>> =
            writes.into_iter().map(|write| self.prepare(write, now_ms).map_err(KvError::from)).collect();
        let (failed, leftover) = match self.commit(&prepared) {
            Ok(leftover) => (None, leftover),
            Err(failure) => (Some(KvError::from(failure)), Leftover::nothing()),
        };
        let mut results = Vec::with_capacity(prepared.len());
        for outcome in prepared {
            results.push(match (outcome, &failed) {
                (Err(refused), _) => Err(refused),
                (Ok(prepared), Some(error)) => {
                    // In memory is what was there before; whether that is still so, the next read asks.
                    self.memory.remove(&prepared.key);
                    Err(error.clone())
                }
                (Ok(Prepared { key, put: Some((_, entry)) }), None) => {
                    self.memory.insert(&key, entry);
                    Ok(())
                }
                (Ok(Prepared { key, put: None }), None) => {
                    self.memory.remove(&key);
                    Ok(())
                }
            });
        }
        (results, leftover)
    }

    /// What a write would be refused for. A write that passes can still fail for reasons of the machine.
    pub fn check(&self, write: &KvWrite) -> Result<(), KvError> {
        match write {
            KvWrite::Delete { key } => check::key(key),
            KvWrite::Put { key, value, expiration, expiration_ttl, metadata } => {
                check::key(key)?;
                check::expiration((self.clock)(), *expiration, *expiration_ttl)?;
                check::metadata(metadata.as_deref())?;
                check::value(value.len())
            }
        }
    }

    /// One write on its own.
    pub fn write_one(&mut self, write: KvWrite) -> Result<(), KvError> {
        self.write(vec![write]).pop().expect("each write is answered")
    }

    /// A page of keys: those that start with `prefix` and come after the last one of the page that gave
    /// `cursor`.
    pub fn list(&mut self, prefix: Option<&str>, limit: Option<i32>, cursor: Option<&str>) -> Result<KvPage, KvError> {
        let limit = check::list_limit(limit)?;
        let prefix = prefix.unwrap_or_default();
        check::list_prefix(prefix)?;
        let after = cursor.map(cursor::decode).unwrap_or_default();
        let page = self.page(prefix, &after, limit)?;
        self.delete_expired();
        Ok(page)
    }
}

/// Reads.
impl KvStore {
    fn read(&mut self, key: &str) -> Result<Option<KvValue>, Failure> {
        let now_ms = (self.clock)();
        self.forget_if_others_wrote()?;
        if let Some(entry) = self.memory.get(key)
            && !has_expired(entry.expiration_ms, now_ms)
        {
            return Ok(Some(KvValue { value: entry.value.clone(), metadata: entry.metadata.clone() }));
        }
        match settle(now_ms, || Ok(self.row(key)?), |blob| Ok(self.blobs.read(blob)?))? {
            Settled::Missing => Ok(None),
            Settled::Expired => {
                self.delete_if_expired(key, now_ms);
                Ok(None)
            }
            Settled::Found(row, value) => {
                let Row { expiration_ms, metadata, .. } = row;
                let value = Bytes::from(value);
                let entry = Entry { value: value.clone(), metadata: metadata.clone(), expiration_ms };
                self.memory.insert(key, entry);
                Ok(Some(KvValue { value, metadata }))
            }
        }
    }

    fn forget_if_others_wrote(&mut self) -> Result<(), Failure> {
        let version =
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
        if version != self.data_version {
            self.data_version = version;
            self.memory.clear();
        }
        Ok(())
    }

    fn row(&self, key: &str) -> rusqlite::Result<Option<Row>> {
        self.connection
            .prepare_cached("SELECT blob_id, expiration, metadata FROM _mf_entries WHERE key = ?1")?
            .query_row([key], |row| Ok(Row { blob: row.get(0)?, expiration_ms: row.get(1)?, metadata: row.get(2)? }))
            .optional()
    }

    fn page(&self, prefix: &str, after: &str, limit: usize) -> Result<KvPage, Failure> {
        // The scan starts inside the index and stops at the first key that is too far, so the number of keys
        // before or after the page does not matter.
        let (start, sql) = if after < prefix || after.is_empty() {
            (prefix, "SELECT key, expiration, metadata FROM _mf_entries WHERE key >= ?1 ORDER BY key")
        } else {
            (after, "SELECT key, expiration, metadata FROM _mf_entries WHERE key > ?1 ORDER BY key")
        };
        let now_ms = (self.clock)();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([start])?;
        let mut keys: Vec<KvKey> = Vec::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if !name.starts_with(prefix) {
                break;
            }
            let expiration_ms: Option<i64> = row.get(1)?;
            if has_expired(expiration_ms, now_ms) {
                continue;
            }
            if keys.len() == limit {
                let cursor = keys.last().map(|last| cursor::encode(&last.name));
                return Ok(KvPage { keys, cursor });
            }
            keys.push(KvKey {
                name: name.to_string(),
                expiration: expiration_ms.map(|ms| ms.div_euclid(1000).max(0) as u64),
                metadata: row.get(2)?,
            });
        }
        Ok(KvPage { keys, cursor: None })
    }
}

/// Writes.
impl KvStore {
    fn prepare(&self, write: KvWrite, now_ms: i64) -> Result<Prepared, Failure> {
        match write {
            KvWrite::Delete { key } => {
                check::key(&key)?;
                Ok(Prepared { key, put: None })
            }
            KvWrite::Put { key, value, expiration, expiration_ttl, metadata } => {
                check::key(&key)?;
                let expiration_ms = check::expiration(now_ms, expiration, expiration_ttl)?;
                check::metadata(metadata.as_deref())?;
                check::value(value.len())?;
                let blob = self.blobs.write(&value, now_ms)?;
                Ok(Prepared { key, put: Some((blob, Entry { value, metadata, expiration_ms })) })
            }
        }
    }

    fn commit(&self, prepared: &[Result<Prepared, KvError>]) -> Result<Leftover, Failure> {
        let accepted: Vec<&Prepared> = prepared.iter().flatten().collect();
        if accepted.is_empty() {
            return Ok(Leftover::nothing());
        }
        let (transaction, replaced) = self.stage(&accepted).inspect_err(|_| {
            accepted.iter().flat_map(|write| &write.put).for_each(|(blob, _)| self.blobs.delete(blob));
        })?;
        // A commit that reports a fault may have taken place all the same, so the new values stay.
        transaction.commit()?;
        let blobs = self.blobs.clone();
        Ok(Leftover::new(replaced, move |blob| blobs.delete(blob)))
    }

    /// Writes the rows; gives the open transaction and the names of the values that it replaces.
    fn stage(&self, accepted: &[&Prepared]) -> Result<(Transaction<'_>, Vec<String>), Failure> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut replaced = Vec::new();
        for Prepared { key, put } in accepted {
            let old = transaction
                .prepare_cached("SELECT blob_id FROM _mf_entries WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            replaced.extend::<Option<String>>(old);
            match put {
                Some((blob, entry)) => {
                    transaction
                        .prepare_cached(
                            "INSERT OR REPLACE INTO _mf_entries (key, blob_id, expiration, metadata)
                             VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![key, blob, entry.expiration_ms, entry.metadata])?;
                }
                None => {
                    transaction.prepare_cached("DELETE FROM _mf_entries WHERE key = ?1")?.execute([key])?;
                }
            }
        }
        Ok((transaction, replaced))
    }

    /// Removes a key that a read found expired, unless somebody has written it since. A failure is of no
    /// consequence: expired rows are not returned, and the next to meet this one tries again.
    fn delete_if_expired(&self, key: &str, now_ms: i64) {
        let _ = self.delete_returning(
            "DELETE FROM _mf_entries WHERE key = ?1 AND expiration <= ?2 RETURNING blob_id",
            params![key, now_ms],
        );
    }

    /// Removes all that has expired. Looks before it deletes, because a delete takes the write lock even when
    /// there is nothing to do. Failures are of no consequence, as in [`Self::delete_if_expired`].
    fn delete_expired(&self) {
        let now_ms = (self.clock)();
        let any = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM _mf_entries WHERE expiration <= ?1)")
            .and_then(|mut statement| statement.query_row([now_ms], |row| row.get::<_, bool>(0)));
        if any.unwrap_or(false) {
            let _ = self.delete_returning("DELETE FROM _mf_entries WHERE expiration <= ?1 RETURNING blob_id", [now_ms]);
        }
    }

    fn delete_returning(&self, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
        let blobs = self
            .connection
            .prepare_cached(sql)?
            .query_map(params, |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        blobs.iter().for_each(|blob| self.blobs.delete(blob));
        Ok(())
    }
}

/// A row, as the database has it.
struct Row {
    /// The name of the value's file.
    blob: String,
    expiration_ms: Option<i64>,
    metadata: Option<String>,
}

/// What a key turns out to be.
enum Settled {
    Missing,
    Expired,
    Found(Row, Vec<u8>),
}

/// Reads a row and then its value, again if another process replaced both in between.
fn settle(
    now_ms: i64,
    mut row: impl FnMut() -> Result<Option<Row>, Failure>,
    mut value: impl FnMut(&str) -> Result<Option<Vec<u8>>, Failure>,
) -> Result<Settled, Failure> {
    let mut gone = None;
    for _ in 0..READ_ATTEMPTS_MAX {
        let Some(row) = row()? else { return Ok(Settled::Missing) };
        if has_expired(row.expiration_ms, now_ms) {
            return Ok(Settled::Expired);
        }
        if gone.as_ref() == Some(&row.blob) {
            // Somebody deleted the file by hand: wrangler, too, takes that for a missing key.
            break;
        }
        match value(&row.blob)? {
            Some(value) => return Ok(Settled::Found(row, value)),
            None => gone = Some(row.blob),
        }
    }
    Ok(Settled::Missing)
}

fn has_expired(expiration_ms: Option<i64>, now_ms: i64) -> bool {
    expiration_ms.is_some_and(|at| at <= now_ms)
}
