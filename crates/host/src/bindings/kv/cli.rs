//! `lopata kv key|bulk …`: reads and writes the local data of a KV namespace.
//!
//! Takes wrangler's arguments and prints wrangler's lines, so that scripts which seed local data need not
//! change. Opens the store itself: it may run beside a server, which sees each write at its next read.
//!
//! Owns which namespace the arguments mean, and the texts of mistakes; [`key`] and [`bulk`] own their commands.
//! Finding the configuration is up to the caller, who passes what [`KvArgs::place`] asks for.

mod bulk;
mod key;

use std::io;
use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};
use lopata_protocol::kv::KvError;
use lopata_storage::{Clock, KvStore, PersistRoot, StoreError};

use crate::cli::console::Console;
use crate::cli::files::FileError;
use crate::cli::local::{LocalFlags, NotLocal};
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
        command: key::KeyCommand,
    },
    /// Interact with multiple Workers KV key-value pairs at once
    Bulk {
        #[command(subcommand)]
        command: bulk::BulkCommand,
    },
    /// Not available: about namespaces in production
    #[command(hide = true)]
    Namespace(Elsewhere),
}

/// The arguments of a command that only production has.
#[derive(Debug, Args)]
pub struct Elsewhere {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
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
    /// Where its data is.
    #[command(flatten)]
    pub flags: LocalFlags,
}

impl Place {
    /// Whether the namespace is named by its id, so that no configuration is needed to find it.
    pub fn names_an_id(&self) -> bool {
        self.namespace_id.is_some()
    }
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
    /// The data that is meant is not here.
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    /// A command that works on production only.
    #[error(
        "`kv namespace` is about namespaces in production, which lopata does not reach. Use wrangler for it.\nA local namespace needs nothing but its line in \"kv_namespaces\"."
    )]
    Elsewhere,
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
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of `kv bulk` holds something else.
    #[error("Unexpected JSON input from \"{}\".\n{expected}", file.display())]
    Shape {
        /// The file.
        file: PathBuf,
        /// What it should hold, and what it holds instead.
        expected: String,
    },
    /// One write of many is refused.
    #[error("{error}\nThe item at index {index} has the key {key:?}. What stood before it is written.")]
    Item {
        /// From 0.
        index: usize,
        /// Its key.
        key: String,
        /// Why.
        error: Box<KvCliError>,
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
    /// What paths of the command line are relative to.
    pub cwd: PathBuf,
    /// The time.
    pub clock: Clock,
}

impl KvArgs {
    /// What the caller needs to find the configuration and the persist root; `None` for a command that needs neither.
    pub fn place(&self) -> Option<&Place> {
        match &self.group {
            Group::Key { command } => Some(command.place()),
            Group::Bulk { command } => Some(command.place()),
            Group::Namespace(_) => None,
        }
    }
}

/// Carries out a command. A reader that closes the pipe early is not an error.
pub fn run(args: &KvArgs, context: KvContext<'_>, console: &mut Console<'_>) -> Result<(), KvCliError> {
    let done = match &args.group {
        Group::Key { command } => command.run(&context, console),
        Group::Bulk { command } => command.run(&context, console),
        Group::Namespace(_) => Err(KvCliError::Elsewhere),
    };
    match done.and_then(|()| Ok(console.out.flush()?)) {
        Err(KvCliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
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
        self.flags.check()?;
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

/// What the binding refuses before it asks the namespace.
fn check_key(key: &str) -> Result<(), KvCliError> {
    match key {
        "" => Err(KvCliError::EmptyKey),
        "." | ".." => Err(KvCliError::DotKey(key.to_string())),
        _ => Ok(()),
    }
}

/// A number as the binding converts it: what is not finite is 0.
fn to_int32(number: f64) -> Result<i32, KvCliError> {
    if !number.is_finite() {
        return Ok(0);
    }
    let whole = number.trunc();
    if whole < f64::from(i32::MIN) || whole > f64::from(i32::MAX) {
        return Err(KvCliError::OutOfRange);
    }
    Ok(whole as i32)
}

#[cfg(test)]
mod tests;
