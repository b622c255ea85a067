//! `lopata kv key put|get|list|delete`: reads and writes the local data of a KV namespace.
//!
//! Takes wrangler's arguments and prints wrangler's lines, so that scripts which seed local data need not
//! change. Opens the store itself: it may run beside a server, which sees each write at its next read.
//!
//! Owns the arguments, which namespace they mean, and the texts. Finding the configuration is up to the
//! caller, who passes what [`KvArgs::place`] asks for.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use bytes::Bytes;
use clap::{ArgAction, Args, Subcommand};
use lopata_protocol::kv::{KvError, KvKey};
use lopata_storage::kv::KvWrite;
use lopata_storage::{Clock, KvStore, PersistRoot, StoreError};
use serde_json::{Map, Value};

use crate::config::KvNamespace;

/// Reads and writes the local data of KV namespaces.
#[derive(Debug, Args)]
pub struct KvArgs {
    #[command(subcommand)]
    group: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Individually manage Workers KV key-value pairs
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Write a single key/value pair to the given namespace
    Put(Put),
    /// Output a list of all keys in a given namespace
    List(List),
    /// Read a single value by key from the given namespace
    Get(Get),
    /// Remove a single key value pair from the given namespace
    Delete(Delete),
}

#[derive(Debug, Args)]
struct Put {
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

#[derive(Debug, Args)]
struct List {
    /// A prefix to filter listed keys
    #[arg(long, allow_hyphen_values = true)]
    prefix: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Get {
    /// The key value to get
    #[arg(allow_negative_numbers = true)]
    key: String,
    /// Decode the returned value as a utf8 string
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set)]
    text: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Delete {
    /// The key value to delete
    #[arg(allow_negative_numbers = true)]
    key: String,
    #[command(flatten)]
    place: Place,
}

/// Which namespace is meant, and where its data is.
#[derive(Debug, Args)]
pub struct Place {
    /// The binding name to the namespace
    #[arg(long)]
    binding: Option<String>,
    /// The id of the namespace
    #[arg(long)]
    namespace_id: Option<String>,
    /// Interact with a preview namespace
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    preview: Option<bool>,
    /// Interact with local storage, which is all there is
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    local: Option<bool>,
    /// Not available: lopata works on local data only
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    remote: Option<bool>,
    /// Directory for local persistence
    #[arg(long)]
    pub persist_to: Option<PathBuf>,
}

impl Place {
    /// Whether the namespace is named by its id, so that no configuration is needed to find it.
    pub fn names_an_id(&self) -> bool {
        self.namespace_id.is_some()
    }
}

/// Flags that take no value, or `true` or `false`.
const SWITCHES: [&str; 4] = ["--preview", "--local", "--remote", "--text"];

/// Joins switches with a value that follows them (`--preview false`) and resolves `--no-preview`, as wrangler's
/// command line allows both. To be applied before the arguments are parsed.
pub fn join_switches(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut only_values = false;
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        if only_values {
            joined.push(argument);
            continue;
        }
        only_values = text == "--";
        let switch = joined.last().and_then(|last| last.to_str()).filter(|last| SWITCHES.contains(last));
        if let (Some(switch), "true" | "false") = (switch, text) {
            let value = format!("{switch}={text}");
            joined.pop();
            joined.push(value.into());
        } else if let Some(switch) = text.strip_prefix("--no-").map(|name| format!("--{name}"))
            && SWITCHES.contains(&switch.as_str())
        {
            joined.push(format!("{switch}=false").into());
        } else {
            joined.push(argument);
        }
    }
    joined
}

/// Why a command did not do its work. Printed as it is; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub enum KvCliError {
    /// Neither argument of a pair was given.
    #[error("Exactly one of the arguments {0} and {1} is required")]
    OneRequired(&'static str, &'static str),
    /// Both arguments of a pair were given.
    #[error("Arguments {0} and {1} are mutually exclusive")]
    Exclusive(&'static str, &'static str),
    /// `--remote`.
    #[error(
        "lopata works on local data only, so \"--remote\" is not available. Use wrangler to access the remote instance."
    )]
    Remote,
    /// `--binding` without any binding to find.
    #[error(
        "No KV Namespaces configured! Either use --namespace-id to upload directly or add a KV namespace to your wrangler config file."
    )]
    NoNamespaces,
    /// `--binding` names none.
    #[error("A namespace with binding name \"{0}\" was not found in the configured \"kv_namespaces\".")]
    UnknownBinding(String),
    /// `--preview` without a `preview_id`.
    #[error(
        "No preview ID found for {0}. Add one to your wrangler config file to use a separate namespace for previewing your worker."
    )]
    NoPreviewId(String),
    /// A write to a binding that stands for two namespaces.
    #[error(
        "{0} has both a namespace ID and a preview ID. Specify \"--preview\" or \"--preview false\" to avoid writing data to the wrong namespace."
    )]
    Ambiguous(String),
    /// A number beyond 32 bits.
    #[error("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).")]
    OutOfRange,
    /// `--path` cannot be read.
    #[error("Could not read file: {}\n\n  {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The binding refuses the key.
    #[error("Key name cannot be empty.")]
    EmptyKey,
    /// The binding refuses the key.
    #[error("\"{0}\" is not allowed as a key name.")]
    DotKey(String),
    /// The namespace refuses the call.
    #[error("KV {0} failed: {1}")]
    Refused(&'static str, KvError),
    /// The namespace cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

/// What a command works with, besides its arguments.
pub struct KvContext<'a> {
    /// The `kv_namespaces` of the configuration; empty when there is none.
    pub namespaces: &'a [KvNamespace],
    /// Where the data is.
    pub root: PersistRoot,
    /// The time.
    pub clock: Clock,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
}

impl KvArgs {
    /// What the caller needs to find the configuration and the persist root.
    pub fn place(&self) -> &Place {
        let Group::Key { command } = &self.group;
        match command {
            KeyCommand::Put(put) => &put.place,
            KeyCommand::List(list) => &list.place,
            KeyCommand::Get(get) => &get.place,
            KeyCommand::Delete(delete) => &delete.place,
        }
    }
}

/// Carries out a command. A reader that closes the pipe early is not an error.
pub fn run(args: &KvArgs, mut context: KvContext<'_>) -> Result<(), KvCliError> {
    let Group::Key { command } = &args.group;
    let done = match command {
        KeyCommand::Put(put) => put.run(&mut context),
        KeyCommand::List(list) => list.run(&mut context),
        KeyCommand::Get(get) => get.run(&mut context),
        KeyCommand::Delete(delete) => delete.run(&mut context),
    };
    match done.and_then(|()| Ok(context.out.flush()?)) {
        Err(KvCliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

impl Put {
    fn run(&self, context: &mut KvContext<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let value = self.value.as_deref().filter(|value| !value.is_empty());
        let path = self.path.as_ref().filter(|path| !path.as_os_str().is_empty());
        let source = one_of(("value", value), ("path", path))?;
        print_location(context.out)?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        let metadata = self.metadata.as_deref().map(serde_json::from_str::<Value>);
        if let Some(Err(error)) = &metadata {
            writeln!(context.err, "The metadata is not JSON and is not written: {error}")?;
        }
        let metadata = metadata.and_then(Result::ok);
        // As in wrangler, what JavaScript takes for false is stored but not shown.
        let shown = metadata.as_ref().filter(|json| is_truthy(json));
        let with = shown.map(|json| format!(" with metadata \"{json}\"")).unwrap_or_default();
        let (key, display) = (&self.key, &namespace.display);
        let value = match source {
            Either::First(value) => {
                writeln!(context.out, "Writing the value \"{value}\" to key \"{key}\" on namespace {display}{with}.")?;
                Bytes::copy_from_slice(value.as_bytes())
            }
            Either::Second(path) => {
                let value = fs::read(path).map_err(|source| KvCliError::File { path: path.clone(), source })?;
                let path = path.display();
                writeln!(
                    context.out,
                    "Writing the contents of {path} to the key \"{key}\" on namespace {display}{with}."
                )?;
                Bytes::from(value)
            }
        };
        check_key(key)?;
        let write = KvWrite::Put {
            key: key.clone(),
            value,
            expiration: self.expiration.as_deref().map(to_int32).transpose()?,
            expiration_ttl: self.ttl.as_deref().map(to_int32).transpose()?,
            metadata: metadata.filter(|json| !json.is_null()).map(|json| json.to_string()),
        };
        namespace.open(context)?.write_one(write).map_err(|error| KvCliError::Refused("PUT", error))
    }
}

impl List {
    fn run(&self, context: &mut KvContext<'_>) -> Result<(), KvCliError> {
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
        writeln!(context.out, "{:#}", Value::Array(keys))?;
        Ok(())
    }
}

impl Get {
    fn run(&self, context: &mut KvContext<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview.or(Some(false)))?;
        check_key(&self.key)?;
        let found = namespace.open(context)?.get(&self.key, None).map_err(|error| KvCliError::Refused("GET", error))?;
        match found {
            // As wrangler has it: not an error, and on standard output.
            None => writeln!(context.out, "Value not found")?,
            Some(found) if self.text => writeln!(context.out, "{}", String::from_utf8_lossy(&found.value))?,
            Some(found) => context.out.write_all(&found.value)?,
        }
        Ok(())
    }
}

impl Delete {
    fn run(&self, context: &mut KvContext<'_>) -> Result<(), KvCliError> {
        self.place.check()?;
        print_location(context.out)?;
        let namespace = self.place.namespace(context.namespaces, self.place.preview)?;
        writeln!(context.out, "Deleting the key \"{}\" on namespace {}.", self.key, namespace.display)?;
        check_key(&self.key)?;
        namespace
            .open(context)?
            .write_one(KvWrite::delete(&self.key))
            .map_err(|error| KvCliError::Refused("DELETE", error))
    }
}

/// The namespace that the arguments mean.
struct Namespace {
    id: String,
    /// As it is printed.
    display: String,
}

impl Namespace {
    fn open(&self, context: &KvContext<'_>) -> Result<KvStore, KvCliError> {
        Ok(KvStore::open(context.root.path(), &self.id, context.clock.clone())?)
    }
}

impl Place {
    fn check(&self) -> Result<(), KvCliError> {
        if self.remote == Some(true) || self.local == Some(false) {
            return Err(KvCliError::Remote);
        }
        self.choice().map(drop)
    }

    fn choice(&self) -> Result<Either<&str, &str>, KvCliError> {
        let binding = self.binding.as_deref().filter(|text| !text.is_empty());
        let id = self.namespace_id.as_deref().filter(|text| !text.is_empty());
        one_of(("binding", binding), ("namespace-id", id))
    }

    /// `preview` is what `--preview` says, or what the command takes for granted without it.
    fn namespace(&self, configured: &[KvNamespace], preview: Option<bool>) -> Result<Namespace, KvCliError> {
        let binding = match self.choice()? {
            Either::Second(id) => return Ok(Namespace { id: id.to_string(), display: format!("id: \"{id}\"") }),
            Either::First(binding) => binding,
        };
        if configured.is_empty() {
            return Err(KvCliError::NoNamespaces);
        }
        let namespace = configured
            .iter()
            .find(|namespace| namespace.binding == binding)
            .ok_or_else(|| KvCliError::UnknownBinding(binding.to_string()))?;
        let set = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
        let id = match (set(&namespace.id), set(&namespace.preview_id), preview) {
            (_, Some(id), Some(true)) => id,
            (_, None, Some(true)) => return Err(KvCliError::NoPreviewId(binding.to_string())),
            (Some(id), _, Some(false)) | (Some(id), None, None) | (None, Some(id), None) => id,
            (Some(_), Some(_), None) => return Err(KvCliError::Ambiguous(binding.to_string())),
            // A namespace that is made when the worker is deployed goes by the binding's name until then.
            (None, _, Some(false)) | (None, None, None) => binding.to_string(),
        };
        let display = format!("binding: \"{binding}\" (id: \"{id}\")");
        Ok(Namespace { id, display })
    }
}

enum Either<A, B> {
    First(A),
    Second(B),
}

fn one_of<A, B>(
    (first_name, first): (&'static str, Option<A>),
    (second_name, second): (&'static str, Option<B>),
) -> Result<Either<A, B>, KvCliError> {
    match (first, second) {
        (Some(first), None) => Ok(Either::First(first)),
        (None, Some(second)) => Ok(Either::Second(second)),
        (None, None) => Err(KvCliError::OneRequired(first_name, second_name)),
        (Some(_), Some(_)) => Err(KvCliError::Exclusive(first_name, second_name)),
    }
}

fn print_location(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Resource location: local\n")
}

/// What the binding refuses before it asks the namespace.
fn check_key(key: &str) -> Result<(), KvCliError> {
    match key {
        "" => Err(KvCliError::EmptyKey),
        "." | ".." => Err(KvCliError::DotKey(key.to_string())),
        _ => Ok(()),
    }
}

/// A number of the command line as the binding converts it: what is no number is 0.
fn to_int32(text: &str) -> Result<i32, KvCliError> {
    let number = text.trim().parse::<f64>().unwrap_or(0.0);
    if !number.is_finite() {
        return Ok(0);
    }
    let whole = number.trunc();
    if whole < f64::from(i32::MIN) || whole > f64::from(i32::MAX) {
        return Err(KvCliError::OutOfRange);
    }
    Ok(whole as i32)
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

#[cfg(test)]
mod tests;
