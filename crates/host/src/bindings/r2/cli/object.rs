//! `lopata r2 object get|put|delete`.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use lopata_protocol::r2::{R2Error, R2GetOptions, R2PutOptions};
use lopata_storage::r2::{R2Found, R2Reader, R2Staged, R2Store};

use super::metadata::Metadata;
use super::{Place, R2CliError, R2Context, parse_path};
use crate::cli::console::Console;
use crate::cli::progress::{Progress, Unit};

/// Bytes that are moved at once.
const PIECE_BYTES: usize = 256 * 1024;

#[derive(Debug, Args)]
pub struct Get {
    /// The source object path in the form of {bucket}/{key}
    #[arg(value_name = "BUCKET/KEY")]
    object_path: String,
    /// The destination file to create (default: named like the key)
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write the object to standard output instead of a file
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    pipe: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub struct Put {
    /// The destination object path in the form of {bucket}/{key}
    #[arg(value_name = "BUCKET/KEY")]
    object_path: String,
    /// The path of the file to upload
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the object from standard input instead of a file
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    pipe: bool,
    /// Without effect on local data
    #[arg(short = 'y', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide = true)]
    force: bool,
    #[command(flatten)]
    metadata: Metadata,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub struct Delete {
    /// The destination object path in the form of {bucket}/{key}
    #[arg(value_name = "BUCKET/KEY")]
    object_path: String,
    /// Without effect on local data
    #[arg(short = 'y', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide = true)]
    force: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Get {
    pub(super) fn run(&self, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
        if self.file.is_some() && self.pipe {
            return Err(R2CliError::FileAndPipe);
        }
        if !self.pipe {
            console.location()?;
        }
        let (bucket, key) = parse_path(&self.object_path)?;
        if !self.pipe {
            console.line(format_args!("Downloading \"{key}\" from \"{}\".", self.place.shown(bucket)))?;
        }
        let reader = match context.open(bucket)?.get(key, &R2GetOptions::default()) {
            Ok(R2Found::Object(_, reader)) => reader,
            Ok(R2Found::Unmatched(_)) => return Err(R2CliError::NoSuchKey),
            Err(error) if error.code == R2Error::NO_SUCH_KEY => return Err(R2CliError::NoSuchKey),
            Err(error) => return Err(R2CliError::Refused("get", error)),
        };
        if self.pipe {
            copy_out(reader, console.out, key)?;
            return Ok(());
        }
        let shown = self.file.as_deref().unwrap_or(Path::new(key));
        save(reader, &context.cwd.join(shown), key).map_err(|error| match error {
            R2CliError::Pipe(source) => R2CliError::Write { path: shown.display().to_string(), source },
            other => other,
        })?;
        console.line("Download complete.")?;
        Ok(())
    }
}

/// Writes an object to a file; folders above it are made.
fn save(reader: R2Reader, path: &Path, key: &str) -> Result<(), R2CliError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    copy_out(reader, &mut file, key)
}

fn copy_out(mut reader: R2Reader, out: &mut dyn Write, key: &str) -> Result<(), R2CliError> {
    let mut progress = Progress::new(format!("Downloading \"{key}\""), Unit::Bytes, Some(reader.remaining()));
    // What cannot be read is the bucket's fault, what cannot be written is not.
    let refused = |error: io::Error| R2CliError::Refused("get", R2Error::fault(error));
    while let Some(piece) = reader.read_chunk(PIECE_BYTES).map_err(refused)? {
        out.write_all(&piece)?;
        progress.advance(piece.len() as u64);
    }
    out.flush()?;
    Ok(())
}

impl Put {
    pub(super) fn run(&self, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
        if self.file.is_some() && self.pipe {
            return Err(R2CliError::FileAndPipe);
        }
        if !self.pipe {
            console.location()?;
        }
        if self.file.is_none() && !self.pipe {
            return Err(R2CliError::NoSource);
        }
        let (bucket, key) = parse_path(&self.object_path)?;
        let source = self.file.as_deref().map(|file| Source::open(file, &context.cwd)).transpose()?;
        let note = self.metadata.class_note();
        let shown = self.place.shown(bucket);
        console.line(format_args!("Creating object \"{key}\"{note} in bucket \"{shown}\"."))?;
        let options = self.metadata.options()?;
        let mut store = context.open(bucket)?;
        let body = match source {
            Some(mut source) => source.stage(&store, key, &options)?,
            None => stage(&mut *console.input, None, &store, key, &options)?,
        };
        store.put(key, body, options).map_err(|error| R2CliError::Refused("put", error))?;
        console.line("Upload complete.")?;
        Ok(())
    }
}

/// A file to be stored.
pub struct Source {
    /// As the user wrote it.
    shown: String,
    file: File,
    size: u64,
}

impl Source {
    /// Opens a file.
    pub fn open(path: &Path, cwd: &Path) -> Result<Self, R2CliError> {
        let shown = path.display().to_string();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => R2CliError::NoFile(shown.clone()),
            _ => R2CliError::Read { path: shown.clone(), source },
        };
        let file = File::open(cwd.join(path)).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(R2CliError::NotAFile(shown));
        }
        Ok(Self { shown, file, size: metadata.len() })
    }

    /// Writes it where the bucket keeps bodies.
    pub fn stage(&mut self, store: &R2Store, key: &str, options: &R2PutOptions) -> Result<R2Staged, R2CliError> {
        stage(&mut self.file, Some(self.size), store, key, options).map_err(|error| match error {
            R2CliError::Pipe(source) => R2CliError::Read { path: self.shown.clone(), source },
            other => other,
        })
    }
}

fn stage(
    source: &mut dyn Read,
    size: Option<u64>,
    store: &R2Store,
    key: &str,
    options: &R2PutOptions,
) -> Result<R2Staged, R2CliError> {
    let refused = |error| R2CliError::Refused("put", error);
    R2Store::check_put(key, size, options).map_err(refused)?;
    let mut writer = store.blobs().begin(&options.checksums).map_err(refused)?;
    let mut progress = Progress::new(format!("Creating \"{key}\""), Unit::Bytes, size);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = match source.read(&mut piece) {
            Ok(0) => return Ok(writer.finish()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        writer.write(&piece[..read]).map_err(refused)?;
        progress.advance(read as u64);
    }
}

impl Delete {
    pub(super) fn run(&self, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
        console.location()?;
        let (bucket, key) = parse_path(&self.object_path)?;
        console.line(format_args!("Deleting object \"{key}\" from bucket \"{}\".", self.place.shown(bucket)))?;
        let deleted = context.open(bucket)?.delete(vec![key.to_string()]);
        deleted.map_err(|error| R2CliError::Refused("delete", error))?;
        console.line("Delete complete.")?;
        Ok(())
    }
}
