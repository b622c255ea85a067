//! Results of statements as `lopata d1 execute` prints them: JSON, or tables.
//!
//! A row is what JavaScript makes of it: one property a column name, the last of equal names winning, and names that
//! are array indices first.

use std::io::{self, Write};

use lopata_protocol::d1::{D1Result, D1Value};
use lopata_storage::d1::export::number_text;

use crate::cli::console::Console;
use crate::cli::table::Table;

/// The largest integer that a double holds with all below it.
const SAFE_INTEGER: u64 = 1 << 53;

/// Prints results as `JSON.stringify(results, null, 2)` does.
pub fn print_json(results: &[D1Result], out: &mut dyn Write) -> io::Result<()> {
    if results.is_empty() {
        return writeln!(out, "[]");
    }
    out.write_all(b"[")?;
    for (index, result) in results.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        out.write_all(b"  {\n    \"results\": [")?;
        print_rows(result, out)?;
        let duration = number_text(result.meta.duration_ms.round());
        write!(out, "],\n    \"success\": true,\n    \"meta\": {{\n      \"duration\": {duration}\n    }}\n  }}")?;
    }
    out.write_all(b"\n]\n")
}

fn print_rows(result: &D1Result, out: &mut dyn Write) -> io::Result<()> {
    let properties: Vec<(String, usize)> = properties(&result.columns)
        .into_iter()
        .map(|(name, index)| (serde_json::Value::from(name).to_string(), index))
        .collect();
    let mut any = false;
    for row in result.rows() {
        out.write_all(if any { b",\n      {" } else { b"\n      {" })?;
        any = true;
        for (number, (name, index)) in properties.iter().enumerate() {
            out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
            write!(out, "        {name}: {}", json(&row[*index]))?;
        }
        out.write_all(b"\n      }")?;
    }
    if any { out.write_all(b"\n    ") } else { Ok(()) }
}

/// Prints each result that has rows as a table.
pub fn print_tables(results: &[D1Result], console: &mut Console<'_>) -> io::Result<()> {
    for result in results.iter().filter(|result| result.rows().len() > 0) {
        let properties = properties(&result.columns);
        let mut table = Table::new(properties.iter().map(|(name, _)| *name));
        for row in result.rows() {
            table.row(properties.iter().map(|(_, index)| text(&row[*index])));
        }
        console.table(&table)?;
    }
    Ok(())
}

/// The names of a row's properties in their order, each with its column.
fn properties(columns: &[String]) -> Vec<(&str, usize)> {
    let mut properties: Vec<(&str, usize)> = Vec::with_capacity(columns.len());
    for (index, name) in columns.iter().enumerate() {
        match properties.iter_mut().find(|(known, _)| known == name) {
            Some((_, column)) => *column = index,
            None => properties.push((name, index)),
        }
    }
    // A stable sort: other names stay as they are, behind the indices.
    properties.sort_by_key(|(name, _)| array_index(name).map_or(u64::MAX, u64::from));
    properties
}

fn array_index(name: &str) -> Option<u32> {
    name.parse().ok().filter(|index: &u32| *index != u32::MAX && index.to_string() == name)
}

fn json(value: &D1Value) -> String {
    match value {
        D1Value::Real(number) if !number.is_finite() => "null".to_string(),
        D1Value::Text(_) | D1Value::LoneSurrogates(_) | D1Value::Blob(_) => {
            serde_json::Value::from(text(value)).to_string()
        }
        D1Value::Null | D1Value::Integer(_) | D1Value::Real(_) => text(value),
    }
}

/// A cell as JavaScript's `String` has it.
fn text(value: &D1Value) -> String {
    match value {
        D1Value::Null => "null".to_string(),
        D1Value::Integer(number) if number.unsigned_abs() <= SAFE_INTEGER => number.to_string(),
        D1Value::Integer(number) => number_text(*number as f64),
        D1Value::Real(number) if number.is_finite() => number_text(*number),
        // On its way through JSON it got lost.
        D1Value::Real(_) => "null".to_string(),
        D1Value::Text(text) => text.clone(),
        D1Value::LoneSurrogates(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        D1Value::Blob(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            format!("[{}]", numbers.join(", "))
        }
    }
}
