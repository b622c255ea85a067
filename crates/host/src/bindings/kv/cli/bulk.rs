//! `lopata kv bulk put|get|delete`: many pairs, named in a JSON file of wrangler's form.
//!
//! Writes are gathered into commits of [`CHUNK_ITEMS`]. As with wrangler, what stands before a refused item is written.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use clap::{ArgAction, Args, Subcommand};
use lopata_protocol::kv::KvError;
use lopata_storage::KvStore;
use lopata_storage::kv::KvWrite;
use serde_json::{Map, Value, json};

use super::{KvCliError, KvContext, Place, check_key, to_int32};
use crate::cli::console::Console;
use crate::cli::files;
use crate::cli::progress::{Progress, Unit};

/// Writes of one commit.
const CHUNK_ITEMS: usize = 1000;

/// Lines about wrong items, beyond which `...` stands for the rest.
const COMPLAINTS_MAX: usize = 12;

/// The properties of an item to put.
const PROPERTIES: [&str; 6] = ["key", "value", "expiration", "expiration_ttl", "metadata", "base64"];

/// What an item to put has to look like.
const KEY_VALUE: &str = "Each item in the array should be an object that matches:

interface KeyValue {
  key: string;
  value: string;
  expiration?: number;
  expiration_ttl?: number;
  metadata?: object;
  base64?: boolean;
}
";

/// What can be done with many pairs.
#[derive(Debug, Subcommand)]
pub enum BulkCommand {
    /// Gets multiple key-value pairs from a namespace
    Get(Get),
    /// Upload multiple key-value pairs to a namespace
    Put(Put),
    /// Delete multiple key-value pairs from a namespace
    Delete(Delete),
}

/// The arguments of `get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The file containing the keys to get
    filename: PathBuf,
    /// Print the JSON and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// The arguments of `put`.
#[derive(Debug, Args)]
pub struct Put {
    /// The file containing the key/value pairs to write
    filename: PathBuf,
    /// Without effect: each item has its own
    #[arg(long, hide = true)]
    ttl: Option<String>,
    /// Without effect: each item has its own
    #[arg(long, hide = true)]
    expiration: Option<String>,
    /// Without effect: each item has its own
    #[arg(long, hide = true)]
    metadata: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The arguments of `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// The file containing the keys to delete
    filename: PathBuf,
    /// Do not ask for confirmation before deleting
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

impl BulkCommand {
    /// The namespace that is meant.
    pub fn place(&self) -> &Place {
        match self {
            Self::Get(get) => &get.place,
            Self::Put(put) => &put.place,
            Self::Delete(delete) => &delete.place,
        }
    }

    /// Carries it out.
    pub fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        match self {
            Self::Get(get) => get.run(context, console),
            Self::Put(put) => put.run(context, console),
            Self::Delete(delete) => delete.run(context, console),
        }
    }
}

impl Get {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview.or(Some(false)))?;
        let keys = keys_of(&self.filename, context)?;
        let mut store = namespace.open(context)?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            check_key(&key)?;
            let value = store.get(&key, None).map_err(|error| KvCliError::Refused("GET", error))?;
            let text = value.map(|value| String::from_utf8_lossy(&value.value).into_owned());
            found.push((key, json!({ "value": text })));
        }
        console.line(format_args!("{:#}", Value::Object(as_javascript_orders(found))))?;
        if !self.json {
            console.line("\nSuccess!")?;
        }
        Ok(())
    }
}

impl Put {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        console.location()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        let items = match files::read_json(&self.filename, &context.cwd)? {
            Value::Array(items) => items,
            other => {
                let kind = type_of(&other);
                return Err(self.unexpected(format!("Expected an array of key-value objects but got type \"{kind}\".")));
            }
        };
        let (warnings, errors) = complaints(&items);
        if !warnings.is_empty() {
            let file = self.filename.display();
            console.warning(format!("Unexpected key-value properties in \"{file}\".\n{}", warnings.join("\n")))?;
        }
        if !errors.is_empty() {
            return Err(self.unexpected(format!("{KEY_VALUE}\n{}", errors.join("\n"))));
        }
        let mut writer = Writer::new(namespace.open(context)?, "Writing", items.len());
        for item in items {
            writer.add(put_of(item))?;
        }
        writer.finish()?;
        Ok(console.line("Success!")?)
    }

    fn unexpected(&self, expected: String) -> KvCliError {
        KvCliError::Shape { file: self.filename.clone(), expected }
    }
}

impl Delete {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        console.location()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        let file = self.filename.display();
        let question = format!(
            "Are you sure you want to delete all the keys read from \"{file}\" from kv-namespace {}?",
            namespace.display
        );
        if !self.force && !console.confirm(&question)? {
            return Ok(console.line(format_args!("Not deleting keys read from \"{file}\"."))?);
        }
        let keys = keys_of(&self.filename, context)?;
        let mut writer = Writer::new(namespace.open(context)?, "Deleting", keys.len());
        for key in keys {
            writer.add(Ok(KvWrite::delete(key)))?;
        }
        writer.finish()?;
        Ok(console.line("Success!")?)
    }
}

/// Writes many items, some at a time.
struct Writer {
    store: KvStore,
    pending: Vec<KvWrite>,
    /// How many items were taken.
    taken: usize,
    progress: Progress,
}

impl Writer {
    fn new(store: KvStore, label: &str, total: usize) -> Self {
        let progress = Progress::new(label, Unit::Count("keys"), Some(total as u64));
        Self { store, pending: Vec::new(), taken: 0, progress }
    }

    /// Takes the next item. One that is refused ends everything, after those before it are written.
    fn add(&mut self, write: Result<KvWrite, (String, KvCliError)>) -> Result<(), KvCliError> {
        let checked = write.and_then(|write| {
            let (key, name) = match &write {
                KvWrite::Put { key, .. } => (key, "PUT"),
                KvWrite::Delete { key } => (key, "DELETE"),
            };
            let fail = |error| (key.clone(), error);
            check_key(key).map_err(fail)?;
            self.store.check(&write).map_err(|error| fail(KvCliError::Refused(name, error)))?;
            Ok(write)
        });
        let index = self.taken;
        self.taken += 1;
        match checked {
            Ok(write) => self.pending.push(write),
            Err((key, error)) => {
                self.flush()?;
                return Err(KvCliError::Item { index, key, error: Box::new(error) });
            }
        }
        if self.pending.len() == CHUNK_ITEMS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), KvCliError> {
        let writes = std::mem::take(&mut self.pending);
        let name = if matches!(writes.first(), Some(KvWrite::Delete { .. })) { "DELETE" } else { "PUT" };
        let results: Result<Vec<()>, KvError> = self.store.write(writes).into_iter().collect();
        results.map_err(|error| KvCliError::Refused(name, error))?;
        self.progress.reach(self.taken as u64);
        Ok(())
    }

    fn finish(mut self) -> Result<(), KvCliError> {
        self.flush()
    }
}

/// What is odd about the items of a put, and what is wrong with them.
fn complaints(items: &[Value]) -> (Vec<String>, Vec<String>) {
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match item.as_object().filter(|item| is_key_value(item)) {
            None => complain(&mut errors, || format!("The item at index {index} is {item}")),
            Some(item) => {
                let names = item.keys().map(String::as_str);
                let unexpected: Vec<&str> = names.filter(|name| !PROPERTIES.contains(name)).collect();
                if !unexpected.is_empty() {
                    let unexpected = json!(unexpected);
                    complain(&mut warnings, || {
                        format!("The item at index {index} contains unexpected properties: {unexpected}.")
                    });
                }
            }
        }
    }
    (warnings, errors)
}

fn complain(complaints: &mut Vec<String>, text: impl FnOnce() -> String) {
    match complaints.len() {
        length if length < COMPLAINTS_MAX => complaints.push(text()),
        COMPLAINTS_MAX => complaints.push("...".to_string()),
        _ => {}
    }
}

fn is_key_value(item: &Map<String, Value>) -> bool {
    let optional = |name: &str, is: fn(&Value) -> bool| item.get(name).is_none_or(is);
    item.get("key").is_some_and(Value::is_string)
        && item.get("value").is_some_and(Value::is_string)
        && optional("expiration", Value::is_number)
        && optional("expiration_ttl", Value::is_number)
        && optional("base64", Value::is_boolean)
        // What JavaScript takes for an object.
        && optional("metadata", |metadata| metadata.is_object() || metadata.is_array() || metadata.is_null())
}

/// The write of an item that was found right; the error has its key.
fn put_of(item: Value) -> Result<KvWrite, (String, KvCliError)> {
    let Value::Object(mut item) = item else { unreachable!("the items were checked") };
    let mut text = |name: &str| match item.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (key, value) = (text("key"), text("value"));
    let number = |name: &str| item.get(name).and_then(Value::as_f64).map(to_int32).transpose();
    let (expiration, expiration_ttl) = match (number("expiration"), number("expiration_ttl")) {
        (Ok(expiration), Ok(ttl)) => (expiration, ttl),
        (Err(error), _) | (_, Err(error)) => return Err((key, error)),
    };
    let is_base64 = item.get("base64").and_then(Value::as_bool).unwrap_or(false);
    let value = if is_base64 { decode_base64(&value) } else { value.into_bytes() };
    let metadata = item.get("metadata").filter(|metadata| !metadata.is_null()).map(Value::to_string);
    Ok(KvWrite::Put { key, value: Bytes::from(value), expiration, expiration_ttl, metadata })
}

/// Decodes as Node's `Buffer` does: both alphabets, no complaint about anything, nothing after a `=`.
fn decode_base64(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut digits: Vec<u8> = text
        .bytes()
        .take_while(|byte| *byte != b'=')
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => Some(byte),
            _ => None,
        })
        .collect();
    // A last digit on its own holds less than a byte.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(digits).expect("only digits are left, and they are whole bytes")
}

/// The keys of a file: strings, or objects with a `name`, as `kv key list` prints them.
fn keys_of(file: &Path, context: &KvContext<'_>) -> Result<Vec<String>, KvCliError> {
    let unexpected = |expected: String| KvCliError::Shape { file: file.to_owned(), expected };
    let items = match files::read_json(file, &context.cwd)? {
        Value::Array(items) => items,
        other => {
            let shown = match other {
                Value::Object(_) => "[object Object]".to_string(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            return Err(unexpected(format!("Expected an array of strings but got:\n{shown}")));
        }
    };
    let (mut keys, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::String(key) => keys.push(key),
            item => match item.get("name").and_then(Value::as_str) {
                Some(name) => keys.push(name.to_string()),
                None => {
                    errors.push(format!("The item at index {index} is type: \"{}\" - {item}", type_of(&item)));
                }
            },
        }
    }
    if errors.is_empty() {
        return Ok(keys);
    }
    let expected = "Expected an array of strings or objects with a \"name\" key.";
    Err(unexpected(format!("{expected}\n{}", errors.join("\n"))))
}

/// What JavaScript's `typeof` says.
fn type_of(json: &Value) -> &'static str {
    match json {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Null | Value::Array(_) | Value::Object(_) => "object",
    }
}

/// The entries as a JavaScript object has them: array indices first, by their value.
fn as_javascript_orders(entries: Vec<(String, Value)>) -> Map<String, Value> {
    let index = |key: &str| key.parse::<u32>().ok().filter(|n| *n != u32::MAX && n.to_string() == key);
    let (mut indices, names): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| index(key).is_some());
    indices.sort_by_key(|(key, _)| index(key));
    indices.into_iter().chain(names).collect()
}
