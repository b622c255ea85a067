//! `lopata kv key put|get|list|delete`: one pair at a time.

use std::path::PathBuf;

use bytes::Bytes;
use clap::{ArgAction, Args, Subcommand};
use lopata_protocol::kv::KvKey;
use lopata_storage::kv::KvWrite;
use serde_json::{Map, Value};

use super::{Either, KvCliError, KvContext, Place, check_key, one_of, to_int32};
use crate::cli::console::Console;
use crate::cli::files;

/// What can be done with one pair.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Write a single key/value pair to the given namespace
    Put(Put),
    /// Output a list of all keys in a given namespace
    List(List),
    /// Read a single value by key from the given namespace
    Get(Get),
    /// Remove a single key value pair from the given namespace
    Delete(Delete),
}

impl KeyCommand {
    /// The namespace that is meant.
    pub fn place(&self) -> &Place {
        match self {
            Self::Put(put) => &put.place,
            Self::List(list) => &list.place,
            Self::Get(get) => &get.place,
            Self::Delete(delete) => &delete.place,
        }
    }

    /// Carries it out.
    pub fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        match self {
            Self::Put(put) => put.run(context, console),
            Self::List(list) => list.run(context, console),
            Self::Get(get) => get.run(context, console),
            Self::Delete(delete) => delete.run(context, console),
        }
    }
}

/// The arguments of `put`.
#[derive(Debug, Args)]
pub struct Put {
    /// The key to write to
    #[arg(allow_negative_numbers = true)]
    key: String,
    /// The value to write
    #[arg(allow_negative_numbers = true)]
    value: Option<String>,
    /// Read value from the file at a given path
    #[arg(long)]
    path: Option<PathBuf>,
    /// Time for which the entries should be visible
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    ttl: Option<String>,
    /// Time since the UNIX epoch after which the entry expires
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    expiration: Option<String>,
    /// Arbitrary JSON that is associated with a key
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    metadata: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// A prefix to filter listed keys
    #[arg(long, allow_hyphen_values = true)]
    prefix: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The arguments of `get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The key value to get
    #[arg(allow_negative_numbers = true)]
    key: String,
    /// Decode the returned value as a utf8 string
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    text: bool,
    #[command(flatten)]
    place: Place,
}

/// The arguments of `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// The key value to delete
    #[arg(allow_negative_numbers = true)]
    key: String,
    #[command(flatten)]
    place: Place,
}

impl Put {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let value = self.value.as_deref().filter(|value| !value.is_empty());
        let path = self.path.as_ref().filter(|path| !path.as_os_str().is_empty());
        let source = one_of(("value", value), ("path", path))?;
        console.location()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        let metadata = self.metadata.as_deref().map(serde_json::from_str::<Value>);
        if let Some(Err(error)) = &metadata {
            writeln!(console.err, "The metadata is not JSON and is not written: {error}")?;
        }
        let metadata = metadata.and_then(Result::ok);
        // As in wrangler, what JavaScript takes for false is stored but not shown.
        let shown = metadata.as_ref().filter(|json| is_truthy(json));
        let with = shown.map(|json| format!(" with metadata \"{json}\"")).unwrap_or_default();
        let (key, display) = (&self.key, &namespace.display);
        let value = match source {
            Either::First(value) => {
                writeln!(console.out, "Writing the value \"{value}\" to key \"{key}\" on namespace {display}{with}.")?;
                Bytes::copy_from_slice(value.as_bytes())
            }
            Either::Second(path) => {
                let value = files::read(path, &context.cwd)?;
                let path = path.display();
                writeln!(
                    console.out,
                    "Writing the contents of {path} to the key \"{key}\" on namespace {display}{with}."
                )?;
                Bytes::from(value)
            }
        };
        check_key(key)?;
        let write = KvWrite::Put {
            key: key.clone(),
            value,
            expiration: self.expiration.as_deref().map(number).transpose()?,
            expiration_ttl: self.ttl.as_deref().map(number).transpose()?,
            metadata: metadata.filter(|json| !json.is_null()).map(|json| json.to_string()),
        };
        namespace.open(context)?.write_one(write).map_err(|error| KvCliError::Refused("PUT", error))
    }
}

impl List {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview.or(Some(false)))?;
        let mut store = namespace.open(context)?;
        let mut keys = Vec::new();
        let mut cursor = None;
        loop {
            let page = store
                .list(self.prefix.as_deref(), None, cursor.as_deref())
                .map_err(|error| KvCliError::Refused("GET", error))?;
            keys.extend(page.keys.into_iter().map(key_as_json));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        writeln!(console.out, "{:#}", Value::Array(keys))?;
        Ok(())
    }
}

impl Get {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview.or(Some(false)))?;
        check_key(&self.key)?;
        let found = namespace.open(context)?.get(&self.key, None).map_err(|error| KvCliError::Refused("GET", error))?;
        match found {
            // As wrangler has it: not an error, and on standard output.
            None => writeln!(console.out, "Value not found")?,
            Some(found) if self.text => writeln!(console.out, "{}", String::from_utf8_lossy(&found.value))?,
            Some(found) => console.out.write_all(&found.value)?,
        }
        Ok(())
    }
}

impl Delete {
    fn run(&self, context: &KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        console.location()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        writeln!(console.out, "Deleting the key \"{}\" on namespace {}.", self.key, namespace.display)?;
        check_key(&self.key)?;
        namespace
            .open(context)?
            .write_one(KvWrite::delete(&self.key))
            .map_err(|error| KvCliError::Refused("DELETE", error))
    }
}

/// A number of the command line: what is no number is 0.
fn number(text: &str) -> Result<i32, KvCliError> {
    to_int32(text.trim().parse().unwrap_or(0.0))
}

fn is_truthy(json: &Value) -> bool {
    match json {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn key_as_json(key: KvKey) -> Value {
    let mut object = Map::new();
    object.insert("name".to_string(), key.name.into());
    if let Some(expiration) = key.expiration {
        object.insert("expiration".to_string(), expiration.into());
    }
    if let Some(metadata) = key.metadata.and_then(|text| serde_json::from_str(&text).ok()) {
        object.insert("metadata".to_string(), metadata);
    }
    Value::Object(object)
}
