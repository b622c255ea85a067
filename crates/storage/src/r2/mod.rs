//! The store of one R2 bucket: rows in SQLite, bodies in files.
//!
//! Owns the database and the folder of bodies of its bucket, in wrangler's schema. Enforces R2's limits with its
//! numbers and texts; what the binding itself refuses (and the `get: ` in front) is not its business.
//!
//! A body is written first ([`R2Blobs`]), apart from the store and in pieces if it is large; the store then makes it
//! an object ([`R2Store::write`]). A read gives a reader that needs the store no more ([`R2Reader`]).
//!
//! Invariants
//! - A write that has returned survives the end of the process, however it ends: body first, then its row, then the
//!   old body goes. Many writes may share one commit.
//! - A reader sees the old object or the new one, whole.
//! - Keys are any text, in the order of their bytes; a page costs the same wherever it starts.

mod body;
mod check;
mod list;
mod multipart;
mod rows;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::time::SystemTime;

use lopata_protocol::r2::{
    R2Checksums, R2Error, R2GetOptions, R2ListOptions, R2Object, R2Page, R2Part, R2PutOptions, R2Span, R2Upload,
    R2UploadOptions, R2UploadedPart,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

pub use self::body::{R2Blobs, R2Reader, R2Staged, R2Writer};
use self::check::Existing;
use crate::Clock;
use crate::blobs::Leftover;
use crate::database::{self, Durability, OpenedFile, StoreError};
use crate::layout::PersistRoot;
pub use crate::sweep::Swept;

/// wrangler's schema, which has no version, and an index of our own: parts are looked for by their object whenever
/// it is replaced.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS _mf_objects (
        key TEXT PRIMARY KEY,
        blob_id TEXT,
        version TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        uploaded INTEGER NOT NULL,
        checksums TEXT NOT NULL,
        http_metadata TEXT NOT NULL,
        custom_metadata TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS _mf_multipart_uploads (
        upload_id TEXT PRIMARY KEY,
        key TEXT NOT NULL,
        http_metadata TEXT NOT NULL,
        custom_metadata TEXT NOT NULL,
        state TINYINT DEFAULT 0 NOT NULL
    );
    CREATE TABLE IF NOT EXISTS _mf_multipart_parts (
        upload_id TEXT NOT NULL REFERENCES _mf_multipart_uploads(upload_id),
        part_number INTEGER NOT NULL,
        blob_id TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        checksum_md5 TEXT NOT NULL,
        object_key TEXT REFERENCES _mf_objects(key) DEFERRABLE INITIALLY DEFERRED,
        PRIMARY KEY (upload_id, part_number)
    );
    CREATE INDEX IF NOT EXISTS _lopata_multipart_parts_object_idx ON _mf_multipart_parts(object_key);
";

/// Reads of a row whose file is gone, because another process replaced the object in between.
const READ_ATTEMPTS_MAX: usize = 8;

/// Random bytes of a version.
const VERSION_BYTES: usize = 16;

/// Statements of a connection that stay prepared: all there are, with room.
const STATEMENTS_PREPARED: usize = 48;

/// What goes wrong inside: a refusal, or a fault of the machine.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", .0.text)]
    Refused(#[from] R2Error),
    #[error("the bucket's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("a body's file failed: {0}")]
    Blob(#[from] io::Error),
}

impl From<Failure> for R2Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Database(_) | Failure::Blob(_) => R2Error::fault(failure),
        }
    }
}

/// What a read finds.
#[derive(Debug)]
pub enum R2Found {
    /// The object, its range, and the bytes of that range.
    Object(R2Object, R2Reader),
    /// A condition did not hold: what is known of the object.
    Unmatched(R2Object),
}

/// One write.
#[derive(Debug)]
pub enum R2Write {
    /// Sets an object. Answered by [`R2Written::Object`].
    Put {
        /// The key.
        key: String,
        /// The body, with the hashes that the options give.
        body: R2Staged,
        /// What is stored with it, and when.
        options: Box<R2PutOptions>,
    },
    /// Removes objects, whether they exist or not. Answered by [`R2Written::Done`].
    Delete {
        /// The keys.
        keys: Vec<String>,
    },
    /// Begins an upload. Answered by [`R2Written::Upload`].
    CreateMultipartUpload {
        /// The key.
        key: String,
        /// What will be stored with the object.
        options: R2UploadOptions,
    },
    /// Sets a part. Answered by [`R2Written::Part`].
    UploadPart {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
        /// From 1.
        part_number: u32,
        /// The body.
        body: R2Staged,
    },
    /// Makes an object of parts. Answered by [`R2Written::Object`].
    CompleteMultipartUpload {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
        /// The parts.
        parts: Vec<R2UploadedPart>,
    },
    /// Gives an upload up. Answered by [`R2Written::Done`].
    AbortMultipartUpload {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
    },
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq)]
pub enum R2Written {
    /// The object as it is now.
    Object(Box<R2Object>),
    /// Nothing to say.
    Done,
    /// The id of the upload.
    Upload(String),
    /// The tag of the part.
    Part(String),
}

/// The store of one bucket.
pub struct R2Store {
    connection: Connection,
    blobs: R2Blobs,
    clock: Clock,
    file: OpenedFile,
}

impl std::fmt::Debug for R2Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("R2Store").field("database", &self.connection.path()).finish_non_exhaustive()
    }
}

/// Removes bodies of `bucket` under the persist root `root` that no object and no part names, and that nobody has
/// written to for an hour. Opens connections of its own, only if there is anything old; may run beside any store.
pub fn sweep(root: &Path, bucket: &str, now: SystemTime) -> Result<Swept, StoreError> {
    let layout = PersistRoot::new(root);
    let tables = ["_mf_objects", "_mf_multipart_parts"];
    crate::sweep::sweep(&layout.r2_blobs(bucket), &layout.r2_databases(), &tables, now)
}

/// Reads.
impl R2Store {
    /// Opens the store of `bucket` under the persist root `root`; makes it when there is none.
    pub fn open(root: &Path, bucket: &str, clock: Clock) -> Result<Self, StoreError> {
        let layout = PersistRoot::new(root);
        let path = layout.r2_database(bucket);
        // As for KV: what a store for development must survive is its process.
        let connection = database::open(&path, Durability::Process)?;
        let file = OpenedFile::at(&path);
        connection.execute_batch(SCHEMA).map_err(|source| StoreError::Database { path, source })?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_PREPARED);
        let blobs = R2Blobs::open(&layout.r2_blobs(bucket), clock.clone())?;
        Ok(Self { connection, blobs, clock, file })
    }

    /// False once the database's file was removed, moved or replaced: what is written here from then on is lost.
    pub fn is_in_place(&self) -> bool {
        self.file.is_in_place()
    }

    /// Where bodies are written before they become objects. Independent of the store.
    pub fn blobs(&self) -> R2Blobs {
        self.blobs.clone()
    }

    /// What is known of an object. Its range is all of it.
    pub fn head(&self, key: &str) -> Result<R2Object, R2Error> {
        check::key(key)?;
        let (object, _) = self.row(key)?.ok_or_else(R2Error::no_such_key)?;
        Ok(object)
    }

    /// An object and its body, or as much of it as is asked for.
    pub fn get(&self, key: &str, options: &R2GetOptions) -> Result<R2Found, R2Error> {
        check::key(key)?;
        Ok(self.found(key, options)?)
    }

    /// A page of objects.
    pub fn list(&self, options: &R2ListOptions) -> Result<R2Page, R2Error> {
        Ok(list::page(&self.connection, options)?)
    }

    /// The parts of a running upload, in order of their numbers.
    pub fn parts(&self, key: &str, upload_id: &str) -> Result<Vec<R2Part>, R2Error> {
        Ok(multipart::parts(&self.connection, key, upload_id)?)
    }

    /// The running uploads of keys that start with `prefix`, in order of key and id.
    pub fn uploads(&self, prefix: &str) -> Result<Vec<R2Upload>, R2Error> {
        Ok(multipart::uploads(&self.connection, prefix)?)
    }

    fn found(&self, key: &str, options: &R2GetOptions) -> Result<R2Found, Failure> {
        let mut gone = None;
        for _ in 0..READ_ATTEMPTS_MAX {
            let Some((mut object, mut blob)) = self.row(key)? else { break };
            let mut snapshot = None;
            if blob.is_none() {
                // Row and parts of one moment.
                snapshot = Some(Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred)?);
                let Some(again) = self.row(key)? else { break };
                (object, blob) = again;
            }
            let existing = Existing { etag: &object.etag, uploaded_ms: object.uploaded_ms };
            if options.only_if.as_ref().is_some_and(|conditions| !check::holds(conditions, Some(existing))) {
                return Ok(R2Found::Unmatched(object));
            }
            let all = R2Span { offset: 0, length: object.size };
            let range = match &options.range {
                Some(range) => check::range(range, object.size)?.unwrap_or(all),
                None => all,
            };
            object.range = Some(range);
            let version = object.version.clone();
            let parts = match blob {
                Some(blob) => vec![(blob, range)],
                None => self.parts_in(key, range)?,
            };
            drop(snapshot);
            if let Some(reader) = self.blobs.reader(parts)? {
                return Ok(R2Found::Object(object, reader));
            }
            if gone.as_ref() == Some(&version) {
                // Somebody deleted the file by hand: wrangler, too, takes that for a missing key.
                break;
            }
            gone = Some(version);
        }
        Err(R2Error::no_such_key().into())
    }

    /// The object at a key, its range all of it, and the name of its body; `None` for that when it has parts.
    fn row(&self, key: &str) -> Result<Option<(R2Object, Option<String>)>, Failure> {
        const SQL: &str =
            "SELECT key, version, size, etag, uploaded, checksums, http_metadata, custom_metadata, blob_id
             FROM _mf_objects WHERE key = ?1";
        let found = self
            .connection
            .prepare_cached(SQL)?
            .query_row([key], |row| Ok((rows::object(row, Some(6), Some(7))?, row.get(8)?)))
            .optional()?;
        Ok(found.map(|(mut object, blob)| {
            object.range = Some(R2Span { offset: 0, length: object.size });
            (object, blob)
        }))
    }

    /// The parts of an object that a range touches, each with what it touches of it.
    fn parts_in(&self, key: &str, range: R2Span) -> Result<Vec<(String, R2Span)>, Failure> {
        let mut statement = self.connection.prepare_cached(
            "SELECT blob_id, size FROM _mf_multipart_parts WHERE object_key = ?1 ORDER BY part_number",
        )?;
        let mut rows = statement.query([key])?;
        let (mut parts, mut start) = (Vec::new(), 0u64);
        while let Some(row) = rows.next()? {
            let size = row.get::<_, i64>(1)?.max(0) as u64;
            let from = range.offset.max(start);
            let to = (range.offset + range.length).min(start + size);
            if from < to {
                parts.push((row.get(0)?, R2Span { offset: from - start, length: to - from }));
            }
            start += size;
        }
        Ok(parts)
    }
}

/// Writes.
impl R2Store {
    /// All that can be said against a write before its body is there. [`R2Store::write`] says it again.
    pub fn check_put(key: &str, length: Option<u64>, options: &R2PutOptions) -> Result<(), R2Error> {
        check::put(key, length, options)
    }

    /// The same of a part.
    pub fn check_part(key: &str, length: Option<u64>) -> Result<(), R2Error> {
        check::key(key)?;
        length.map_or(Ok(()), check::size)
    }

    /// Carries out writes in their order, under one commit, and answers each of them. A refused write does not stop
    /// the others; a fault of the machine fails all that were not refused.
    pub fn write(&mut self, writes: Vec<R2Write>) -> Vec<Result<R2Written, R2Error>> {
        self.write_leaving(writes).0
    }

    /// The same; the bodies that were replaced go when the second of the two is dropped.
    pub fn write_leaving(&mut self, writes: Vec<R2Write>) -> (Vec<Result<R2Written, R2Error>>, Leftover) {
        let mut leftover = Leftover::nothing();
        let mut results = Vec::with_capacity(writes.len());
        let mut replaced = Vec::new();
        let mut staged = Vec::new();
        match self.stage(writes, &mut results, &mut staged, &mut replaced) {
            // A commit that reports a fault may have taken place all the same, so the new bodies stay.
            Ok(transaction) => {
                staged.iter_mut().for_each(R2Staged::named);
                match transaction.commit() {
                    Ok(()) => {
                        let blobs = self.blobs.clone();
                        leftover = Leftover::new(replaced, move |blob| blobs.delete(blob));
                    }
                    Err(error) => fail_all(&mut results, &Failure::from(error)),
                }
            }
            Err(failure) => fail_all(&mut results, &failure),
        }
        (results, leftover)
    }

    /// One write on its own.
    pub fn write_one(&mut self, write: R2Write) -> Result<R2Written, R2Error> {
        self.write(vec![write]).pop().expect("each write is answered")
    }

    /// Sets an object.
    pub fn put(&mut self, key: &str, body: R2Staged, options: R2PutOptions) -> Result<R2Object, R2Error> {
        self.write_one(R2Write::Put { key: key.to_string(), body, options: Box::new(options) }).and_then(object)
    }

    /// Sets an object to a body that is all there.
    pub fn put_bytes(&mut self, key: &str, body: &[u8], options: R2PutOptions) -> Result<R2Object, R2Error> {
        check::put(key, Some(body.len() as u64), &options)?;
        let staged = self.blobs.stage(body, &options.checksums)?;
        self.put(key, staged, options)
    }

    /// Removes objects, whether they exist or not.
    pub fn delete(&mut self, keys: Vec<String>) -> Result<(), R2Error> {
        self.write_one(R2Write::Delete { keys }).map(drop)
    }

    /// Writes the rows; gives the open transaction. Every write has its answer in `results` afterwards, also if this
    /// fails; the bodies that rows name are in `staged`, those that none names any more in `replaced`.
    fn stage(
        &self,
        writes: Vec<R2Write>,
        results: &mut Vec<Result<R2Written, R2Error>>,
        staged: &mut Vec<R2Staged>,
        replaced: &mut Vec<String>,
    ) -> Result<Transaction<'_>, Failure> {
        let begun = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate);
        let mut fault = None;
        for write in writes {
            if fault.is_some() || begun.is_err() {
                results.push(Ok(R2Written::Done));
                continue;
            }
            match self.carry_out(write, staged, replaced) {
                Ok(written) => results.push(Ok(written)),
                Err(Failure::Refused(refusal)) => results.push(Err(refusal)),
                Err(failure) => {
                    results.push(Ok(R2Written::Done));
                    fault = Some(failure);
                }
            }
        }
        match fault {
            Some(failure) => Err(failure),
            None => Ok(begun?),
        }
    }

    fn carry_out(
        &self,
        write: R2Write,
        staged: &mut Vec<R2Staged>,
        replaced: &mut Vec<String>,
    ) -> Result<R2Written, Failure> {
        let connection = &self.connection;
        match write {
            R2Write::Put { key, body, options } => {
                let object = self.put_row(&key, &body, *options, replaced)?;
                staged.push(body);
                Ok(R2Written::Object(Box::new(object)))
            }
            R2Write::Delete { keys } => {
                keys.iter().try_for_each(|key| check::key(key))?;
                for key in &keys {
                    delete_row(connection, key, replaced)?;
                }
                Ok(R2Written::Done)
            }
            R2Write::CreateMultipartUpload { key, options } => {
                check::key(&key)?;
                Ok(R2Written::Upload(multipart::create(connection, &key, &options)?))
            }
            R2Write::UploadPart { key, upload_id, part_number, body } => {
                check::key(&key)?;
                let md5 = body.digests().md5.expect("the MD5 of every body is computed");
                let part = multipart::NewPart { number: part_number, blob: body.id(), size: body.size(), md5 };
                let etag = multipart::put_part(connection, &key, &upload_id, &part, replaced)?;
                staged.push(body);
                Ok(R2Written::Part(etag))
            }
            R2Write::CompleteMultipartUpload { key, upload_id, parts } => {
                check::key(&key)?;
                let now_ms = (self.clock)();
                let object = multipart::complete(connection, &key, &upload_id, &parts, now_ms, replaced)?;
                Ok(R2Written::Object(Box::new(object)))
            }
            R2Write::AbortMultipartUpload { key, upload_id } => {
                check::key(&key)?;
                multipart::abort(connection, &key, &upload_id, replaced)?;
                Ok(R2Written::Done)
            }
        }
    }

    fn put_row(
        &self,
        key: &str,
        body: &R2Staged,
        options: R2PutOptions,
        replaced: &mut Vec<String>,
    ) -> Result<R2Object, Failure> {
        check::put(key, Some(body.size()), &options)?;
        let given = check::digests(&options.checksums, body.digests())?;
        if let Some(conditions) = &options.only_if {
            let found = self
                .connection
                .prepare_cached("SELECT etag, uploaded FROM _mf_objects WHERE key = ?1")?
                .query_row([key], |row| Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)? as i64)))
                .optional()?;
            let existing = found.as_ref().map(|(etag, uploaded_ms)| Existing { etag, uploaded_ms: *uploaded_ms });
            if !check::holds(conditions, existing) {
                return Err(R2Error::precondition_failed().into());
            }
        }
        let md5 = body.digests().md5;
        let object = R2Object {
            key: key.to_string(),
            version: new_version()?,
            size: body.size(),
            etag: md5.map(|md5| hex(&md5)).unwrap_or_default(),
            uploaded_ms: (self.clock)(),
            checksums: R2Checksums { md5, ..given },
            http_metadata: options.http_metadata,
            custom_metadata: options.custom_metadata,
            storage_class: options.storage_class,
            range: None,
        };
        let row = NewObject {
            object: &object,
            blob: Some(body.id()),
            http_metadata: rows::http_metadata_json(&object.http_metadata),
            custom_metadata: rows::custom_metadata_json(&object.custom_metadata),
        };
        replace(&self.connection, &row, replaced)?;
        Ok(object)
    }
}

fn object(written: R2Written) -> Result<R2Object, R2Error> {
    match written {
        R2Written::Object(object) => Ok(*object),
        R2Written::Done | R2Written::Upload(_) | R2Written::Part(_) => Err(R2Error::internal()),
    }
}

/// Whatever was not refused has failed.
fn fail_all(results: &mut [Result<R2Written, R2Error>], failure: &Failure) {
    for result in results.iter_mut().filter(|result| result.is_ok()) {
        *result = Err(R2Error::fault(failure));
    }
}

/// The row of an object.
struct NewObject<'a> {
    object: &'a R2Object,
    /// The name of its body; `None` when it has parts.
    blob: Option<&'a str>,
    /// JSON.
    http_metadata: String,
    /// JSON.
    custom_metadata: String,
}

/// Writes an object's row. The names of the bodies of what was there go to `replaced`.
fn replace(connection: &Connection, row: &NewObject<'_>, replaced: &mut Vec<String>) -> rusqlite::Result<()> {
    let NewObject { object, blob, http_metadata, custom_metadata } = row;
    let old: Option<Option<String>> = connection
        .prepare_cached("SELECT blob_id FROM _mf_objects WHERE key = ?1")?
        .query_row([&object.key], |row| row.get(0))
        .optional()?;
    match old {
        Some(Some(old)) => replaced.push(old),
        Some(None) => multipart::delete_parts_of(connection, &object.key, replaced)?,
        None => {}
    }
    let checksums = rows::checksums_json(&R2Checksums { md5: None, ..object.checksums.clone() }, &object.storage_class);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO _mf_objects
             (key, blob_id, version, size, etag, uploaded, checksums, http_metadata, custom_metadata)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            object.key,
            blob,
            object.version,
            object.size as i64,
            object.etag,
            object.uploaded_ms,
            checksums,
            http_metadata,
            custom_metadata
        ])
        .map(drop)
}

fn delete_row(connection: &Connection, key: &str, replaced: &mut Vec<String>) -> rusqlite::Result<()> {
    let old: Option<Option<String>> = connection
        .prepare_cached("DELETE FROM _mf_objects WHERE key = ?1 RETURNING blob_id")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    match old {
        Some(Some(old)) => replaced.push(old),
        Some(None) => multipart::delete_parts_of(connection, key, replaced)?,
        None => {}
    }
    Ok(())
}

fn new_version() -> Result<String, Failure> {
    Ok(hex(&random::<VERSION_BYTES>()?))
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
