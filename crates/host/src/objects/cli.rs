//! `lopata do list|get|sql|alarm`: looks into Durable Objects on disk.
//!
//! wrangler has no such commands. Opens the databases itself: it may run beside a server, and sees what its objects have
//! committed. What changes an object that runs, its alarm above all, goes through the server
//! ([`super::inspect::http`]): so an alarm is only shown here.
//!
//! Owns the arguments, which objects they mean, and the texts.

use std::io;
use std::path::Path;

use clap::{ArgAction, Args, Subcommand};
use lopata_protocol::d1::D1Value;
use lopata_protocol::{InspectAnswer, InspectCall, ObjectId};
use lopata_storage::objects::{AlarmStore, NamespaceFiles, ObjectError, ObjectStore, Refused, alarm_ms};
use lopata_storage::{ObjectIds, PersistRoot, StoreError};
use serde_json::{Value, json};

use super::inspect::value;
use crate::cli::console::Console;
use crate::cli::local::{LocalFlags, NotLocal};
use crate::cli::table::Table;

/// Values that are read at once.
const PAGE: u32 = 500;

/// Looks into Durable Objects.
#[derive(Debug, Args)]
pub struct DoArgs {
    #[command(subcommand)]
    command: DoCommand,
}

#[derive(Debug, Subcommand)]
enum DoCommand {
    /// List the classes, or the objects of one
    List(List),
    /// Show the key-value pairs of an object
    Get(Get),
    /// Execute SQL on the database of an object
    Sql(Sql),
    /// Show when the alarm of an object is due
    Alarm(Alarm),
}

#[derive(Debug, Args)]
struct List {
    /// The class, or its key (`<worker>-<class>`)
    class: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Get {
    #[command(flatten)]
    target: Target,
    /// Only the value of this key
    key: Option<String>,
    /// Only keys that start with this
    #[arg(long, conflicts_with = "key", default_value = "", hide_default_value = true)]
    prefix: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Sql {
    #[command(flatten)]
    target: Target,
    /// The SQL to execute
    #[arg(long)]
    command: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Alarm {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Target {
    /// The class, or its key (`<worker>-<class>`)
    class: String,
    /// The object: its name, or its id
    object: String,
}

#[derive(Debug, Args)]
struct Common {
    /// Print JSON
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    json: bool,
    #[command(flatten)]
    flags: LocalFlags,
}

/// Why a command did not do its work. Printed as it is; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub enum DoCliError {
    /// The data that is meant is not here.
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    /// No class has this name.
    #[error("There are no Durable Objects of a class \"{name}\" in {folder}. {known}")]
    NoClass {
        /// As it was given.
        name: String,
        /// Where objects are.
        folder: String,
        /// A sentence on the classes that there are.
        known: String,
    },
    /// Several have.
    #[error("Several workers have a class \"{name}\": {keys}. Name one by its key.")]
    SeveralClasses {
        /// As it was given.
        name: String,
        /// The keys.
        keys: String,
    },
    /// The object has no file.
    #[error("The object {id} of {key} has stored nothing.")]
    NoObject {
        /// The class's key.
        key: String,
        /// The object.
        id: ObjectId,
    },
    /// The storage says why.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The changes could not be stored.
    #[error("{0}")]
    Object(#[from] ObjectError),
    /// A file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be read, or the output not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl DoArgs {
    fn common(&self) -> &Common {
        match &self.command {
            DoCommand::List(List { common, .. })
            | DoCommand::Get(Get { common, .. })
            | DoCommand::Sql(Sql { common, .. })
            | DoCommand::Alarm(Alarm { common, .. }) => common,
        }
    }

    /// `--persist-to`.
    pub fn persist_to(&self) -> Option<&Path> {
        self.common().flags.persist_to.as_deref()
    }
}

/// Runs a command on the objects under `root`. A reader that closes the pipe early is not an error.
pub fn run(args: &DoArgs, root: &PersistRoot, console: &mut Console<'_>) -> Result<(), DoCliError> {
    args.common().flags.check()?;
    let done = match &args.command {
        DoCommand::List(List { class: None, common }) => classes(root, common, console),
        DoCommand::List(List { class: Some(class), common }) => objects(root, class, common, console),
        DoCommand::Get(args) => get(root, args, console),
        DoCommand::Sql(args) => sql(root, args, console),
        DoCommand::Alarm(args) => alarm(root, args, console),
    };
    match done.and_then(|()| Ok(console.out.flush()?)) {
        Err(DoCliError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// The keys of the classes that have a folder.
fn keys(root: &PersistRoot) -> io::Result<Vec<String>> {
    let listed = match std::fs::read_dir(root.path().join("do")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed?,
    };
    let mut keys = Vec::new();
    for entry in listed {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            keys.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    keys.sort();
    Ok(keys)
}

/// The key that `class` means: itself, or that of the only worker that has such a class.
fn key_of(root: &PersistRoot, class: &str) -> Result<String, DoCliError> {
    let keys = keys(root)?;
    if keys.iter().any(|key| key == class) {
        return Ok(class.to_string());
    }
    let suffix = format!("-{class}");
    let found: Vec<_> = keys.iter().filter(|key| key.ends_with(&suffix)).cloned().collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let known =
                if keys.is_empty() { "There are none.".to_string() } else { format!("There is {}.", keys.join(", ")) };
            let folder = root.path().join("do").display().to_string();
            Err(DoCliError::NoClass { name: class.to_string(), folder, known })
        }
        several => Err(DoCliError::SeveralClasses { name: class.to_string(), keys: several.join(", ") }),
    }
}

fn files(root: &PersistRoot, key: &str) -> NamespaceFiles {
    NamespaceFiles::in_folder(&root.path().join("do").join(key))
}

/// The store of the object that is meant; to be written only for SQL.
fn open(root: &PersistRoot, target: &Target, write: bool) -> Result<ObjectStore, DoCliError> {
    let key = key_of(root, &target.class)?;
    let id = target.object.parse().unwrap_or_else(|_| ObjectIds::new(&key).named(&target.object));
    let files = files(root, &key);
    let text = id.to_string();
    let place = if write { files.place(&text) } else { files.place_to_read(&text) };
    if !place.exists() {
        return Err(DoCliError::NoObject { key, id });
    }
    Ok(ObjectStore::new(place))
}

fn classes(root: &PersistRoot, common: &Common, console: &mut Console<'_>) -> Result<(), DoCliError> {
    let mut table = Table::new(["class", "objects"]);
    let mut listed = Vec::new();
    for key in keys(root)? {
        let count = files(root, &key).objects()?.len();
        listed.push(json!({ "key": key, "objects": count }));
        table.row([key, count.to_string()]);
    }
    show(&Value::Array(listed), &table, "There are no Durable Objects.", common, console)
}

fn objects(root: &PersistRoot, class: &str, common: &Common, console: &mut Console<'_>) -> Result<(), DoCliError> {
    let key = key_of(root, class)?;
    let alarms = AlarmStore::in_folder(&root.path().join("do").join(&key)).all()?;
    let mut table = Table::new(["id", "name", "size", "alarm"]);
    let mut listed = Vec::new();
    for object in files(root, &key).objects()? {
        let alarm = alarms.iter().find(|alarm| alarm.id == object.id);
        let name = alarm.and_then(|alarm| alarm.name.clone());
        let at_ms = alarm.map(|alarm| alarm_ms(alarm.scheduled_ns));
        listed.push(json!({ "id": object.id, "name": name, "bytes": object.bytes, "alarm": at_ms }));
        let at = at_ms.map(time).unwrap_or_default();
        table.row([object.id, name.unwrap_or_default(), format!("{} B", object.bytes), at]);
    }
    show(&Value::Array(listed), &table, "There are no objects.", common, console)
}

fn get(root: &PersistRoot, args: &Get, console: &mut Console<'_>) -> Result<(), DoCliError> {
    let mut store = open(root, &args.target, false)?;
    let mut table = Table::new(["key", "value"]);
    let mut listed = Vec::new();
    let mut start_after = None;
    loop {
        let call = match &args.key {
            Some(key) => InspectCall::Value { key: key.clone() },
            None => InspectCall::Values { prefix: args.prefix.clone(), start_after: start_after.take(), limit: PAGE },
        };
        let InspectAnswer::Values { pairs, more } = store.look(call, true)? else { break };
        start_after = pairs.last().map(|(key, _)| key.clone());
        for (key, bytes) in pairs {
            let text = value::read(&bytes).map_or_else(|error| format!("<{error}>"), |value| value.text());
            listed.push(json!({ "key": key, "value": text }));
            table.row([key, text]);
        }
        if !more {
            break;
        }
    }
    show(&Value::Array(listed), &table, "There is nothing.", &args.common, console)
}

fn sql(root: &PersistRoot, args: &Sql, console: &mut Console<'_>) -> Result<(), DoCliError> {
    let mut store = open(root, &args.target, true)?;
    let call = InspectCall::Sql { query: args.command.clone(), params: Vec::new() };
    let answer = store.look(call, true)?;
    if store.is_dirty() {
        store.commit()?;
    }
    let InspectAnswer::Rows { columns, cells, rows_read, rows_written } = answer else { return Ok(()) };
    let mut table = Table::new(columns.clone());
    let mut listed = Vec::new();
    for row in cells.chunks(columns.len().max(1)) {
        let object = columns.iter().cloned().zip(row.iter().map(json_of)).collect::<serde_json::Map<_, _>>();
        listed.push(Value::Object(object));
        table.row(row.iter().map(text_of));
    }
    let none = format!("Done: {rows_read} rows read, {rows_written} written.");
    show(&Value::Array(listed), &table, &none, &args.common, console)
}

fn alarm(root: &PersistRoot, args: &Alarm, console: &mut Console<'_>) -> Result<(), DoCliError> {
    let mut store = open(root, &args.target, false)?;
    let InspectAnswer::State { alarm_ms, .. } = store.look(InspectCall::State, true)? else { return Ok(()) };
    if args.common.json {
        return Ok(console.line(format_args!("{}", json!({ "alarm": alarm_ms })))?);
    }
    let text = alarm_ms.map_or_else(|| "No alarm is set.".to_string(), time);
    Ok(console.line(format_args!("{text}"))?)
}

/// A time as people read it.
fn time(ms: i64) -> String {
    value::Value::Date(ms as f64).text()
}

fn show(
    listed: &Value,
    table: &Table,
    none: &str,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<(), DoCliError> {
    if common.json {
        console.line(format_args!("{listed:#}"))?;
    } else if table.is_empty() {
        console.line(format_args!("{none}"))?;
    } else {
        console.line(format_args!("{}", table.render()))?;
    }
    Ok(())
}

fn json_of(value: &D1Value) -> Value {
    match value {
        D1Value::Null => Value::Null,
        D1Value::Integer(integer) => json!(integer),
        D1Value::Real(real) => json!(real),
        D1Value::Text(text) => json!(text),
        D1Value::Blob(bytes) | D1Value::LoneSurrogates(bytes) => json!(bytes.to_vec()),
    }
}

fn text_of(value: &D1Value) -> String {
    match value {
        D1Value::Null => "null".to_string(),
        D1Value::Integer(integer) => integer.to_string(),
        D1Value::Real(real) => real.to_string(),
        D1Value::Text(text) => text.clone(),
        D1Value::Blob(bytes) | D1Value::LoneSurrogates(bytes) => format!("<{} bytes>", bytes.len()),
    }
}
