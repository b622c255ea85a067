//! `lopata r2 object put|get|delete|list` and `lopata r2 bulk put`: the local data of a bucket from the command line.
//!
//! Takes wrangler's arguments and prints wrangler's lines. A bucket is named by its name, so no configuration has to
//! know it. Opens the store itself: it may run beside a server, which sees each write at its next read.
//!
//! Owns the arguments, the texts and the files on this side; bodies pass in pieces, whatever their size. What may be
//! stored is decided in the storage crate.

mod bulk;
mod list;
mod metadata;
mod object;

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use lopata_protocol::r2::R2Error;
use lopata_storage::r2::R2Store;
use lopata_storage::{Clock, PersistRoot, StoreError};

use crate::cli::console::Console;
use crate::cli::local::{LocalFlags, NotLocal};

/// Manages the local data of R2 buckets.
#[derive(Debug, Args)]
pub struct R2Args {
    #[command(subcommand)]
    group: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// Manage R2 objects
    Object {
        #[command(subcommand)]
        command: ObjectCommand,
    },
    /// Interact with multiple R2 objects at once
    Bulk {
        #[command(subcommand)]
        command: BulkCommand,
    },
    /// Not available: about buckets in production
    #[command(hide = true)]
    Bucket(Elsewhere),
    /// Not available: about buckets in production
    #[command(hide = true)]
    Sql(Elsewhere),
}

/// The arguments of a command that only production has.
#[derive(Debug, Args)]
struct Elsewhere {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum ObjectCommand {
    /// Fetch an object from an R2 bucket
    Get(object::Get),
    /// Create an object in an R2 bucket
    Put(object::Put),
    /// Delete an object in an R2 bucket
    Delete(object::Delete),
    /// List the objects of an R2 bucket
    List(list::List),
}

#[derive(Debug, Subcommand)]
enum BulkCommand {
    /// Create objects in an R2 bucket
    Put(bulk::Put),
}

/// What every command about a bucket takes.
#[derive(Debug, Args)]
pub struct Place {
    /// Where the data is.
    #[command(flatten)]
    pub flags: LocalFlags,
    /// The jurisdiction of the bucket; without effect on local data
    #[arg(short = 'J', long, value_name = "NAME")]
    jurisdiction: Option<String>,
}

/// Why a command did not do its work. Printed as it is; the exit code is 1. Source of most texts: wrangler 4.86.
#[derive(Debug, thiserror::Error)]
pub enum R2CliError {
    /// Data that are not here.
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    /// A command about buckets themselves.
    #[error(
        "`r2 {0}` is about buckets in production, which lopata does not reach. Use wrangler for it.\nA local bucket is made when it is first used, by a worker or by `lopata r2 object put`."
    )]
    Elsewhere(&'static str),
    /// No slash.
    #[error("The object path must be in the form of {{bucket}}/{{key}} you provided {0}")]
    Path(String),
    /// No bucket can have this name.
    #[error(
        "The bucket name \"{0}\" is invalid. Bucket names must begin and end with an alphanumeric character, only contain lowercase letters, numbers, and hyphens, and be between 3 and 63 characters long."
    )]
    BucketName(String),
    /// Both at once.
    #[error("Arguments file and pipe are mutually exclusive")]
    FileAndPipe,
    /// Neither.
    #[error("Either the --file or --pipe options are required.")]
    NoSource,
    /// A bulk write of nothing.
    #[error("The --filename argument is required for bulk put operations.")]
    NoFilename,
    /// There is no such file.
    #[error("The file \"{0}\" does not exist.")]
    NoFile(String),
    /// It is there and cannot be read.
    #[error("An error occurred while trying to read the file \"{path}\": {source}")]
    Read {
        /// As the user wrote it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file of a bulk write cannot be read.
    #[error("The file \"{0}\" is not readable.")]
    NotReadable(String),
    /// It is not JSON.
    #[error("The file \"{0}\" is not a valid JSON.")]
    NotJson(String),
    /// It is JSON, but no list.
    #[error("The file \"{0}\" must contain an array of entries.")]
    NotAnArray(String),
    /// An item of it is something else.
    #[error("Each entry in the file \"{0}\" must be an object with \"key\" and \"file\" string properties.")]
    Entry(String),
    /// A folder, a socket.
    #[error("The path \"{0}\" is not a file.")]
    NotAFile(String),
    /// More than wrangler uploads at once.
    #[error("The file \"{0}\" exceeds the maximum upload size of 300 MiB.")]
    TooLarge(String),
    /// `--expires` is no date.
    #[error("Incorrect type for the 'cacheExpiry' field on 'HttpMetadata': the provided value is not of type 'date'.")]
    Expires,
    /// `--storage-class` is none.
    #[error("The storage class \"{0}\" is not valid. It is \"Standard\" or \"InfrequentAccess\".")]
    StorageClass(String),
    /// `get` of nothing.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// The destination cannot be written.
    #[error("The file \"{path}\" could not be written: {source}")]
    Write {
        /// As the user wrote it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The bucket refuses.
    #[error("{0}: {1}")]
    Refused(&'static str, R2Error),
    /// One of many could not be written.
    #[error("R2 bulk upload failed\nThe object \"{key}\" could not be stored: {error}")]
    Bulk {
        /// Which.
        key: String,
        /// Why.
        error: R2Error,
    },
    /// The bucket cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written, or the input cannot be read.
    #[error("Could not pipe. Reason: \"{0}\"")]
    Pipe(#[from] io::Error),
}

/// What a command works with, besides its arguments.
pub struct R2Context {
    /// Where the data is.
    pub root: PersistRoot,
    /// What paths are relative to.
    pub cwd: PathBuf,
    /// The time.
    pub clock: Clock,
}

impl R2Context {
    fn open(&self, bucket: &str) -> Result<R2Store, R2CliError> {
        Ok(R2Store::open(self.root.path(), bucket, self.clock.clone())?)
    }
}

impl R2Args {
    /// What the command says of the place of its data; nothing for one that has none.
    pub fn flags(&self) -> Option<&LocalFlags> {
        let place = match &self.group {
            Group::Bucket(_) | Group::Sql(_) => return None,
            Group::Object { command: ObjectCommand::Get(get) } => &get.place,
            Group::Object { command: ObjectCommand::Put(put) } => &put.place,
            Group::Object { command: ObjectCommand::Delete(delete) } => &delete.place,
            Group::Object { command: ObjectCommand::List(list) } => &list.place,
            Group::Bulk { command: BulkCommand::Put(put) } => &put.place,
        };
        Some(&place.flags)
    }
}

/// Carries out a command.
pub fn run(args: &R2Args, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
    args.flags().map_or(Ok(()), LocalFlags::check)?;
    let done = match &args.group {
        Group::Bucket(_) => Err(R2CliError::Elsewhere("bucket")),
        Group::Sql(_) => Err(R2CliError::Elsewhere("sql")),
        Group::Object { command: ObjectCommand::Get(get) } => get.run(context, console),
        Group::Object { command: ObjectCommand::Put(put) } => put.run(context, console),
        Group::Object { command: ObjectCommand::Delete(delete) } => delete.run(context, console),
        Group::Object { command: ObjectCommand::List(list) } => list.run(context, console),
        Group::Bulk { command: BulkCommand::Put(put) } => put.run(context, console),
    };
    match done.and_then(|()| Ok(console.out.flush()?)) {
        // Who reads the output has what it wants.
        Err(R2CliError::Pipe(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

impl Place {
    /// The bucket for people: with its jurisdiction, if one is given.
    fn shown(&self, bucket: &str) -> String {
        match &self.jurisdiction {
            Some(jurisdiction) => format!("{bucket} ({jurisdiction})"),
            None => bucket.to_string(),
        }
    }
}

/// The bucket and the key of `bucket/key`. The key may be empty, and may hold slashes.
fn parse_path(path: &str) -> Result<(&str, &str), R2CliError> {
    let parts = path.split_once('/').filter(|(bucket, _)| !bucket.is_empty());
    let (bucket, key) = parts.ok_or_else(|| R2CliError::Path(path.to_string()))?;
    check_bucket(bucket)?;
    Ok((bucket, key))
}

fn check_bucket(name: &str) -> Result<(), R2CliError> {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let valid = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric);
    if valid { Ok(()) } else { Err(R2CliError::BucketName(name.to_string())) }
}

#[cfg(test)]
mod tests;
