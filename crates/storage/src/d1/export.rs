//! The statements that make a database anew, as wrangler's export of a local database gives them.
//!
//! They come one by one, out of one read transaction: a database of any size is exported with a row in memory, and a
//! server that writes meanwhile is neither held up nor seen.
//!
//! Where wrangler's text would give another value back, this differs from it: integers beyond 2^53 are whole, a double
//! without an affinity to restore it keeps its point, infinities are numbers that overflow, and text that no literal
//! can hold is made of its bytes.

use std::io;

use lopata_protocol::d1::{D1Error, D1ExportOptions};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::D1Store;

/// Takes each statement, in order; its error ends the export.
pub type Sink<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be exported, or not be read.
    #[error(transparent)]
    Database(#[from] D1Error),
    /// The statements cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(D1Error::new(error.to_string()))
    }
}

impl D1Store {
    /// Gives the statements that make the database anew to `sink`, each with its semicolon.
    pub fn export_to(&mut self, options: &D1ExportOptions, sink: Sink<'_>) -> Result<(), ExportError> {
        self.trusted(|connection| write(connection, options, sink))
    }
}

/// The statements, each with its semicolon.
pub(super) fn statements(connection: &Connection, options: &D1ExportOptions) -> Result<Vec<String>, D1Error> {
    let mut statements = Vec::new();
    let written = write(connection, options, &mut |statement| {
        statements.push(statement.to_string());
        Ok(())
    });
    match written {
        Ok(()) => Ok(statements),
        Err(ExportError::Database(error)) => Err(error),
        Err(ExportError::Output(error)) => Err(D1Error::new(error.to_string())),
    }
}

fn write(connection: &Connection, options: &D1ExportOptions, sink: Sink<'_>) -> Result<(), ExportError> {
    // What is read after this is of one moment.
    let transaction = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
    sink("PRAGMA defer_foreign_keys=TRUE;")?;
    let is_wanted = |name: &str| options.tables.is_empty() || options.tables.iter().any(|table| table == name);
    for (name, sql) in tables(connection)? {
        if !is_wanted(&name) {
            continue;
        }
        let made = match name.as_str() {
            "sqlite_sequence" => Some("DELETE FROM sqlite_sequence;".to_string()),
            // `sqlite_stat1` and `sqlite_stat4`, but not the mere prefix.
            name if name.len() > "sqlite_stat".len() && name.starts_with("sqlite_stat") => {
                Some("ANALYZE sqlite_schema;".to_string())
            }
            _ if sql.starts_with("CREATE VIRTUAL TABLE") => {
                let text = "D1 Export error: cannot export databases with Virtual Tables (fts5)";
                return Err(D1Error::new(text).into());
            }
            name if name.starts_with("_cf_") || name.starts_with("sqlite_") => None,
            _ => Some(match sql.strip_prefix("CREATE TABLE ") {
                Some(rest) if rest.starts_with(['\'', '"']) => format!("CREATE TABLE IF NOT EXISTS {rest};"),
                _ => format!("{sql};"),
            }),
        };
        let Some(made) = made else { continue };
        if !options.no_schema {
            sink(&made)?;
        }
        if !options.no_data {
            rows(connection, &name, sink)?;
        }
    }
    if !options.no_schema {
        let rest = "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND type IN ('index', 'trigger', 'view')
                    ORDER BY type COLLATE NOCASE";
        let mut statement = connection.prepare(rest)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let (name, sql): (String, String) = (row.get(0)?, row.get(1)?);
            if is_wanted(&name) {
                sink(&format!("{sql};"))?;
            }
        }
    }
    Ok(transaction.map_or(Ok(()), rusqlite::Transaction::finish)?)
}

/// The names of all tables with the statements that made them, that of the counters last.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL
                  ORDER BY tbl_name = 'sqlite_sequence', rowid";
    connection.prepare(tables)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// An `INSERT` for each row of a table.
fn rows(connection: &Connection, table: &str, sink: Sink<'_>) -> Result<(), ExportError> {
    let table = quoted(table);
    let mut info = connection.prepare(&format!("PRAGMA table_info={table}"))?;
    let columns: Vec<(String, String)> =
        info.query_map([], |row| Ok((row.get(1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
    let keeps_doubles: Vec<bool> = columns.iter().map(|(_, declared)| has_number_affinity(declared)).collect();
    let mut statement = connection.prepare(&format!("SELECT {} FROM {table}", names.join(", ")))?;
    let mut found = statement.query([])?;
    let mut insert = String::new();
    while let Some(row) = found.next()? {
        insert.clear();
        insert.push_str("INSERT INTO ");
        insert.push_str(&table);
        insert.push_str(" VALUES(");
        push_cells(&mut insert, row, &keeps_doubles)?;
        insert.push_str(");");
        sink(&insert)?;
    }
    Ok(())
}

fn push_cells(insert: &mut String, row: &Row<'_>, keeps_doubles: &[bool]) -> rusqlite::Result<()> {
    for (index, keeps_double) in keeps_doubles.iter().enumerate() {
        if index > 0 {
            insert.push(',');
        }
        match row.get_ref(index)? {
            ValueRef::Null => insert.push_str("NULL"),
            ValueRef::Integer(number) => insert.push_str(&number.to_string()),
            ValueRef::Real(number) => insert.push_str(&double(number, *keeps_double)),
            ValueRef::Text(bytes) => push_text(insert, bytes),
            ValueRef::Blob(bytes) => push_blob(insert, bytes),
        }
    }
    Ok(())
}

/// A name in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a column makes doubles of the whole numbers put into it, or never holds a double that is one.
fn has_number_affinity(declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match () {
        () if has(&["INT"]) => true,
        () if has(&["CHAR", "CLOB", "TEXT"]) => false,
        () if has(&["BLOB"]) || declared.is_empty() => false,
        () => declared != "ANY",
    }
}

/// A double as JavaScript prints it; with a point when the column would not make a double of it again.
fn double(number: f64, column_keeps_it: bool) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "9e999" } else { "-9e999" }.to_string();
    }
    let mut text = number_text(number);
    if !column_keeps_it && !text.contains(['.', 'e']) {
        text.push_str(".0");
    }
    text
}

/// A finite number as JavaScript prints it: the shortest digits that mean it, with an exponent for the very large and
/// the very small.
pub fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_string();
    }
    let magnitude = number.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

fn push_blob(insert: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    insert.reserve(bytes.len() * 2 + 3);
    insert.push_str("X'");
    for byte in bytes {
        insert.push(char::from(DIGITS[usize::from(byte >> 4)]));
        insert.push(char::from(DIGITS[usize::from(byte & 0xf)]));
    }
    insert.push('\'');
}

/// A text literal on one line: line ends are put in by `replace`.
fn push_text(insert: &mut String, bytes: &[u8]) {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        // No literal can hold it.
        _ => {
            insert.push_str("CAST(");
            push_blob(insert, bytes);
            insert.push_str(" AS TEXT)");
            return;
        }
    };
    let mut literal = text.replace('\'', "''");
    let mut calls = Vec::new();
    for (end, letter, code) in [('\r', 'r', 13), ('\n', 'n', 10)] {
        if text.contains(end) {
            let token = stand_in(text, letter);
            literal = literal.replace(end, &token);
            calls.push((token, code));
        }
    }
    let opened = "replace(".repeat(calls.len());
    insert.push_str(&format!("{opened}'{literal}'"));
    for (token, code) in calls {
        insert.push_str(&format!(",'{token}',char({code}))"));
    }
}

/// What stands for a line end: `\n`, unless the text has that already.
fn stand_in(text: &str, letter: char) -> String {
    let usual = format!("\\{letter}");
    if !text.contains(&usual) {
        return usual;
    }
    (0_u64..)
        .map(|number| format!("(\\{letter}{number})"))
        .find(|token| !text.contains(token))
        .expect("a text does not hold all numbers")
}

#[cfg(test)]
mod tests;
