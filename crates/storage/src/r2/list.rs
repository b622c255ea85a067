//! Pages of a bucket: prefix, delimiter, where it starts and where the next one does.
//!
//! Keys are in the order of their bytes, and so are all keys with one prefix beside each other. A page seeks in the
//! index, reads as many rows as it shows, and behind a delimited prefix seeks again: what it costs depends neither
//! on where it starts nor on how many keys a prefix stands for.

use lopata_protocol::r2::{R2ListOptions, R2Page};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::{Failure, check, rows};
use crate::cursor;

/// Where a page goes on.
enum From {
    /// At this key, which need not exist or be a text.
    At(Vec<u8>),
    /// After this key.
    After(String),
}

/// Bytes as SQLite's text, in whose order they are compared.
struct Text<'a>(&'a [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// What a page has shown last.
enum Last {
    Nothing,
    Object,
    /// The keys below this were shown as one prefix.
    PrefixUpTo(Vec<u8>),
}

pub(super) fn page(connection: &Connection, options: &R2ListOptions) -> Result<R2Page, Failure> {
    let limit = check::list_limit(options)?;
    let prefix = options.prefix.as_str();
    let after = options.start_after.clone().max(options.cursor.as_deref().map(cursor::decode));
    let mut from = match after {
        Some(after) if after.as_str() >= prefix => From::After(after),
        _ => From::At(prefix.as_bytes().to_vec()),
    };
    let mut page = R2Page::default();
    let mut last = Last::Nothing;
    let columns = columns(options);
    loop {
        let (comparison, key) = match &from {
            From::At(key) => (">=", key.as_slice()),
            From::After(key) => (">", key.as_bytes()),
        };
        let sql = format!("SELECT {columns} FROM _mf_objects WHERE key {comparison} ?1 ORDER BY key");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([Text(key)])?;
        let jump = loop {
            let Some(row) = rows.next()? else { return Ok(page) };
            let key = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            let Some(rest) = key.strip_prefix(prefix) else { return Ok(page) };
            if page.objects.len() + page.delimited_prefixes.len() == limit {
                page.cursor = last_key(connection, &page, &last)?.map(|key| cursor::encode(&key));
                return Ok(page);
            }
            let delimiter = Some(options.delimiter.as_str()).filter(|delimiter| !delimiter.is_empty());
            if let Some((delimiter, at)) = delimiter.and_then(|delimiter| Some((delimiter, rest.find(delimiter)?))) {
                let delimited = &key[..prefix.len() + at + delimiter.len()];
                page.delimited_prefixes.push(delimited.to_string());
                break behind(delimited);
            }
            let http = options.include_http.then_some(6);
            let custom = options.include_custom.then_some(6 + usize::from(options.include_http));
            page.objects.push(rows::object(row, http, custom)?);
            last = Last::Object;
        };
        last = Last::PrefixUpTo(jump.clone());
        from = From::At(jump);
    }
}

fn columns(options: &R2ListOptions) -> String {
    let mut columns = rows::COLUMNS.to_string();
    if options.include_http {
        columns.push_str(", http_metadata");
    }
    if options.include_custom {
        columns.push_str(", custom_metadata");
    }
    columns
}

/// The first bytes that come behind all keys with this prefix, which is not empty.
fn behind(prefix: &str) -> Vec<u8> {
    let mut bytes = prefix.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        // No byte of a text is the highest there is.
        *last += 1;
    }
    bytes
}

/// The last key that the page stands for.
fn last_key(connection: &Connection, page: &R2Page, last: &Last) -> Result<Option<String>, Failure> {
    match last {
        Last::Nothing => Ok(None),
        Last::Object => Ok(page.objects.last().map(|object| object.key.clone())),
        Last::PrefixUpTo(bound) => {
            let mut statement =
                connection.prepare_cached("SELECT key FROM _mf_objects WHERE key < ?1 ORDER BY key DESC LIMIT 1")?;
            Ok(statement.query_row([Text(bound)], |row| row.get(0)).optional()?)
        }
    }
}
