//! Multipart uploads: their rows, and what makes an object of parts.
//!
//! An upload is running, completed or aborted; only a running one takes parts. Its parts are rows beside it; those
//! that became an object carry its key from then on, and go with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lopata_protocol::limits::R2_PART_BYTES_MIN;
use lopata_protocol::r2::{R2Error, R2HttpMetadata, R2Object, R2Part, R2Upload, R2UploadOptions, R2UploadedPart};
use md5::{Digest, Md5};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Failure, NewObject, hex, rows};

const RUNNING: i64 = 0;
const COMPLETED: i64 = 1;
const ABORTED: i64 = 2;

/// Random bytes of an upload's id and of a part's tag.
const ID_BYTES: usize = 128;

/// A new opaque id, for uploads and parts.
pub(super) fn new_id() -> Result<String, Failure> {
    Ok(URL_SAFE_NO_PAD.encode(super::random::<ID_BYTES>()?))
}

pub(super) fn create(connection: &Connection, key: &str, options: &R2UploadOptions) -> Result<String, Failure> {
    let id = new_id()?;
    let http = rows::upload_http_metadata_json(&options.http_metadata, &options.storage_class);
    connection
        .prepare_cached(
            "INSERT INTO _mf_multipart_uploads (upload_id, key, http_metadata, custom_metadata)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, key, http, rows::custom_metadata_json(&options.custom_metadata)])?;
    Ok(id)
}

fn state(connection: &Connection, key: &str, upload_id: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT state FROM _mf_multipart_uploads WHERE upload_id = ?1 AND key = ?2")?
        .query_row([upload_id, key], |row| row.get(0))
        .optional()
}

fn end(connection: &Connection, upload_id: &str, state: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE _mf_multipart_uploads SET state = ?2 WHERE upload_id = ?1")?
        .execute(params![upload_id, state])
        .map(drop)
}

/// A part whose body is written.
#[derive(Debug)]
pub(super) struct NewPart<'a> {
    pub number: u32,
    pub blob: &'a str,
    pub size: u64,
    pub md5: [u8; 16],
}

/// Puts a part beside its upload; gives its tag. The name of the body it replaces goes to `replaced`.
pub(super) fn put_part(
    connection: &Connection,
    key: &str,
    upload_id: &str,
    part: &NewPart<'_>,
    replaced: &mut Vec<String>,
) -> Result<String, Failure> {
    if state(connection, key, upload_id)? != Some(RUNNING) {
        return Err(R2Error::no_such_upload().into());
    }
    let old = connection
        .prepare_cached("SELECT blob_id FROM _mf_multipart_parts WHERE upload_id = ?1 AND part_number = ?2")?
        .query_row(params![upload_id, part.number], |row| row.get::<_, String>(0))
        .optional()?;
    let etag = new_id()?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO _mf_multipart_parts (upload_id, part_number, blob_id, size, etag, checksum_md5)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![upload_id, part.number, part.blob, part.size as i64, etag, hex(&part.md5)])?;
    replaced.extend(old);
    Ok(etag)
}

/// A part as its row has it.
struct Stored {
    number: u32,
    size: u64,
    etag: String,
    md5: String,
}

/// Makes the object of the parts.
pub(super) fn complete(
    connection: &Connection,
    key: &str,
    upload_id: &str,
    selected: &[R2UploadedPart],
    now_ms: i64,
    replaced: &mut Vec<String>,
) -> Result<R2Object, Failure> {
    let upload = connection
        .prepare_cached(
            "SELECT http_metadata, custom_metadata, state FROM _mf_multipart_uploads
             WHERE upload_id = ?1 AND key = ?2",
        )?
        .query_row([upload_id, key], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((http, custom, state)) = upload else { return Err(R2Error::internal().into()) };
    if state != RUNNING {
        return Err(R2Error::no_such_upload().into());
    }
    let parts = chosen(stored_parts(connection, upload_id)?, selected)?;
    let (http_metadata, storage_class) = rows::split_upload_http_metadata(&http);
    let object = R2Object {
        key: key.to_string(),
        version: super::new_version()?,
        size: parts.iter().map(|part| part.size).sum(),
        etag: etag(&parts),
        uploaded_ms: now_ms,
        http_metadata: serde_json::from_str::<R2HttpMetadata>(&http_metadata).unwrap_or_default(),
        custom_metadata: rows::custom_metadata(&custom),
        storage_class,
        ..R2Object::default()
    };
    let row = NewObject { object: &object, blob: None, http_metadata, custom_metadata: custom };
    super::replace(connection, &row, replaced)?;
    for part in &parts {
        connection
            .prepare_cached("UPDATE _mf_multipart_parts SET object_key = ?3 WHERE upload_id = ?1 AND part_number = ?2")?
            .execute(params![upload_id, part.number, key])?;
    }
    delete_parts(
        connection,
        "DELETE FROM _mf_multipart_parts WHERE upload_id = ?1 AND object_key IS NULL RETURNING blob_id",
        upload_id,
        replaced,
    )?;
    end(connection, upload_id, COMPLETED)?;
    Ok(object)
}

/// The stored parts that were selected, in order of their numbers, if an object can be made of them.
fn chosen(mut stored: Vec<Stored>, selected: &[R2UploadedPart]) -> Result<Vec<Stored>, R2Error> {
    let mut numbers: Vec<u32> = selected.iter().map(|part| part.part_number).collect();
    numbers.sort_unstable();
    if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(R2Error::internal());
    }
    let mut parts = Vec::with_capacity(selected.len());
    for wanted in selected {
        let found = stored.iter().position(|part| part.number == wanted.part_number && part.etag == wanted.etag);
        parts.push(stored.swap_remove(found.ok_or_else(R2Error::invalid_part)?));
    }
    let but_last = |parts: &[Stored]| parts.len().saturating_sub(1);
    // The last one named may be small, whichever it is; that the sizes fit is asked of their order.
    if parts[..but_last(&parts)].iter().any(|part| part.size < R2_PART_BYTES_MIN) {
        return Err(R2Error::entity_too_small());
    }
    parts.sort_by_key(|part| part.number);
    if let Some((last, [first, rest @ ..])) = parts.split_last() {
        let equal = rest.iter().all(|part| part.size == first.size);
        if !equal || first.size < R2_PART_BYTES_MIN || last.size > first.size {
            return Err(R2Error::bad_upload());
        }
    }
    Ok(parts)
}

fn stored_parts(connection: &Connection, upload_id: &str) -> rusqlite::Result<Vec<Stored>> {
    connection
        .prepare_cached(
            "SELECT part_number, size, etag, checksum_md5 FROM _mf_multipart_parts
             WHERE upload_id = ?1 ORDER BY part_number",
        )?
        .query_map([upload_id], |row| {
            Ok(Stored {
                number: row.get(0)?,
                size: row.get::<_, i64>(1)?.max(0) as u64,
                etag: row.get(2)?,
                md5: row.get(3)?,
            })
        })?
        .collect()
}

/// The MD5 of the parts' MD5s, and how many there are.
fn etag(parts: &[Stored]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        let digits = part.md5.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        md5.update(digits.chunks(2).map_while(byte).collect::<Vec<u8>>());
    }
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}

/// Gives an upload up. One that is over already stays as it is.
pub(super) fn abort(
    connection: &Connection,
    key: &str,
    upload_id: &str,
    replaced: &mut Vec<String>,
) -> Result<(), Failure> {
    match state(connection, key, upload_id)? {
        None => Err(R2Error::internal().into()),
        Some(RUNNING) => {
            let sql = "DELETE FROM _mf_multipart_parts WHERE upload_id = ?1 RETURNING blob_id";
            delete_parts(connection, sql, upload_id, replaced)?;
            end(connection, upload_id, ABORTED)?;
            Ok(())
        }
        Some(_) => Ok(()),
    }
}

/// Deletes the parts of the object at `key`.
pub(super) fn delete_parts_of(connection: &Connection, key: &str, replaced: &mut Vec<String>) -> rusqlite::Result<()> {
    let sql = "DELETE FROM _mf_multipart_parts WHERE object_key = ?1 RETURNING blob_id";
    delete_parts(connection, sql, key, replaced)
}

fn delete_parts(connection: &Connection, sql: &str, of: &str, replaced: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    for blob in statement.query_map([of], |row| row.get::<_, String>(0))? {
        replaced.push(blob?);
    }
    Ok(())
}

/// The parts of a running upload.
pub(super) fn parts(connection: &Connection, key: &str, upload_id: &str) -> Result<Vec<R2Part>, Failure> {
    if state(connection, key, upload_id)? != Some(RUNNING) {
        return Err(R2Error::no_such_upload().into());
    }
    let parts = stored_parts(connection, upload_id)?.into_iter();
    Ok(parts.map(|part| R2Part { part_number: part.number, etag: part.etag, size: part.size }).collect())
}

/// The running uploads of keys with a prefix.
pub(super) fn uploads(connection: &Connection, prefix: &str) -> Result<Vec<R2Upload>, Failure> {
    let mut statement = connection
        .prepare_cached("SELECT key, upload_id FROM _mf_multipart_uploads WHERE state = 0 ORDER BY key, upload_id")?;
    let uploads = statement
        .query_map([], |row| Ok(R2Upload { key: row.get(0)?, upload_id: row.get(1)? }))?
        .filter(|upload| upload.as_ref().map_or(true, |upload| upload.key.starts_with(prefix)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(uploads)
}
