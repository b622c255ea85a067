//! Between rows of wrangler's tables and what is known of objects.
//!
//! wrangler has no column for the storage class. It lies in JSON columns, under a name that wrangler passes over: in
//! `checksums` of an object, in `http_metadata` of an upload.

use lopata_protocol::r2::{R2Checksums, R2HttpMetadata, R2Object};
use rusqlite::Row;
use serde_json::{Map, Value};

use super::hex;

/// The columns that [`object`] reads, before those of metadata.
pub(super) const COLUMNS: &str = "key, version, size, etag, uploaded, checksums";

const STORAGE_CLASS: &str = "storageClass";

/// The object of a row that begins with [`COLUMNS`]; what metadata it has are the columns `http` and `custom`.
pub(super) fn object(row: &Row<'_>, http: Option<usize>, custom: Option<usize>) -> rusqlite::Result<R2Object> {
    let text = |index: usize| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
    let etag = text(3)?.to_string();
    let stored = parse(text(5)?);
    let mut checksums = R2Checksums {
        md5: None,
        sha1: hash(&stored, "sha1"),
        sha256: hash(&stored, "sha256"),
        sha384: hash(&stored, "sha384"),
        sha512: hash(&stored, "sha512"),
    };
    checksums.md5 = from_hex(&etag);
    Ok(R2Object {
        key: text(0)?.to_string(),
        version: text(1)?.to_string(),
        size: row.get::<_, i64>(2)?.max(0) as u64,
        etag,
        // Whole in wrangler's tables, too, but SQLite does not promise it.
        uploaded_ms: row.get::<_, f64>(4)? as i64,
        storage_class: storage_class(&stored),
        checksums,
        http_metadata: match http {
            Some(index) => serde_json::from_str(text(index)?).unwrap_or_default(),
            None => R2HttpMetadata::default(),
        },
        custom_metadata: match custom {
            Some(index) => custom_metadata(text(index)?),
            None => Vec::new(),
        },
        range: None,
    })
}

fn parse(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn hash<const N: usize>(stored: &Map<String, Value>, name: &str) -> Option<[u8; N]> {
    from_hex(stored.get(name)?.as_str()?)
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

fn storage_class(stored: &Map<String, Value>) -> String {
    stored.get(STORAGE_CLASS).and_then(Value::as_str).unwrap_or_default().to_string()
}

pub(super) fn custom_metadata(json: &str) -> Vec<(String, String)> {
    let fields = parse(json).into_iter();
    fields.filter_map(|(name, value)| Some((name, value.as_str()?.to_string()))).collect()
}

pub(super) fn custom_metadata_json(fields: &[(String, String)]) -> String {
    // A name given twice has its last value, as in an object literal.
    let fields: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Value::Object(fields).to_string()
}

pub(super) fn http_metadata_json(metadata: &R2HttpMetadata) -> String {
    serde_json::to_string(metadata).expect("texts and a number are JSON")
}

/// The `http_metadata` of an upload.
pub(super) fn upload_http_metadata_json(metadata: &R2HttpMetadata, storage_class: &str) -> String {
    let json = http_metadata_json(metadata);
    if storage_class.is_empty() {
        return json;
    }
    let mut fields = parse(&json);
    fields.insert(STORAGE_CLASS.to_string(), storage_class.into());
    Value::Object(fields).to_string()
}

/// The `http_metadata` of an upload as that of its object, and the storage class.
pub(super) fn split_upload_http_metadata(json: &str) -> (String, String) {
    let mut fields = parse(json);
    match fields.remove(STORAGE_CLASS) {
        Some(Value::String(class)) => (Value::Object(fields).to_string(), class),
        _ => (json.to_string(), String::new()),
    }
}

/// The `checksums` of an object.
pub(super) fn checksums_json(checksums: &R2Checksums, storage_class: &str) -> String {
    let mut fields = Map::new();
    let mut add = |name: &str, hash: Option<&[u8]>| {
        if let Some(hash) = hash {
            fields.insert(name.to_string(), hex(hash).into());
        }
    };
    add("md5", checksums.md5.as_ref().map(<[u8; 16]>::as_slice));
    add("sha1", checksums.sha1.as_ref().map(<[u8; 20]>::as_slice));
    add("sha256", checksums.sha256.as_ref().map(<[u8; 32]>::as_slice));
    add("sha384", checksums.sha384.as_ref().map(<[u8; 48]>::as_slice));
    add("sha512", checksums.sha512.as_ref().map(<[u8; 64]>::as_slice));
    if !storage_class.is_empty() {
        fields.insert(STORAGE_CLASS.to_string(), storage_class.into());
    }
    Value::Object(fields).to_string()
}
