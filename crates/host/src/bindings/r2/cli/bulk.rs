//! `lopata r2 bulk put`: many files at once, as a JSON file lists them.
//!
//! The list is checked whole before anything is stored. Objects that come together share a commit.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use lopata_storage::r2::{R2Store, R2Write};
use serde_json::Value;

use super::metadata::Metadata;
use super::object::Source;
use super::{Place, R2CliError, R2Context, check_bucket};
use crate::cli::console::{Console, grouped};

/// Bytes of a file that wrangler uploads.
const UPLOAD_BYTES_MAX: u64 = 300 * 1024 * 1024;

/// Objects after which it is said how far it is.
const REPORT_EVERY: usize = 100;

/// Objects of one commit, and so files that are written and belong to nothing yet.
const COMMIT_EVERY: usize = 50;

const _: () = assert!(REPORT_EVERY.is_multiple_of(COMMIT_EVERY), "what is reported is stored");

#[derive(Debug, Args)]
pub struct Put {
    /// The name of the bucket
    bucket: String,
    /// The file containing the key/file pairs to write: [{"key": "…", "file": "…"}, …]
    #[arg(short, long, value_name = "FILE")]
    filename: Option<PathBuf>,
    /// The number of concurrent uploads to perform; told, and without effect on local data
    #[arg(long, value_name = "NUMBER", default_value_t = 20, allow_negative_numbers = true)]
    concurrency: i64,
    /// Without effect on local data
    #[arg(short = 'y', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide = true)]
    force: bool,
    #[command(flatten)]
    metadata: Metadata,
    #[command(flatten)]
    pub(super) place: Place,
}

/// An item of the list.
struct Entry {
    key: String,
    file: PathBuf,
}

impl Put {
    pub(super) fn run(&self, context: &R2Context, console: &mut Console<'_>) -> Result<(), R2CliError> {
        console.location()?;
        check_bucket(&self.bucket)?;
        let filename = self.filename.as_deref().ok_or(R2CliError::NoFilename)?;
        let entries = read_entries(filename, &context.cwd)?;
        let (count, bucket, note) = (entries.len(), self.place.shown(&self.bucket), self.metadata.class_note());
        let concurrency = self.concurrency.max(1);
        console.line(format_args!(
            "Starting bulk upload of {count} objects to bucket {bucket}{note} using a concurrency of {concurrency}"
        ))?;
        let options = self.metadata.options()?;
        let mut store = context.open(&self.bucket)?;
        let mut done = 0;
        for together in entries.chunks(COMMIT_EVERY) {
            let mut writes = Vec::with_capacity(together.len());
            for entry in together {
                let failed = |error| match error {
                    R2CliError::Refused(_, error) => R2CliError::Bulk { key: entry.key.clone(), error },
                    other => other,
                };
                let mut source = Source::open(&entry.file, &context.cwd)?;
                let body = source.stage(&store, &entry.key, &options).map_err(failed)?;
                writes.push(R2Write::Put { key: entry.key.clone(), body, options: Box::new(options.clone()) });
            }
            commit(&mut store, writes, together)?;
            done += together.len();
            if done.is_multiple_of(REPORT_EVERY) || done == count {
                let (percent, done, count) = (100 * done / count, grouped(done), grouped(count));
                console.line(format_args!("Uploaded {percent}% ({done} out of {count})"))?;
            }
        }
        Ok(())
    }
}

fn commit(store: &mut R2Store, writes: Vec<R2Write>, entries: &[Entry]) -> Result<(), R2CliError> {
    for (result, entry) in store.write(writes).into_iter().zip(entries) {
        result.map_err(|error| R2CliError::Bulk { key: entry.key.clone(), error })?;
    }
    Ok(())
}

fn read_entries(filename: &Path, cwd: &Path) -> Result<Vec<Entry>, R2CliError> {
    let shown = filename.display().to_string();
    let path = cwd.join(filename);
    if !path.exists() {
        return Err(R2CliError::NoFile(shown));
    }
    let text = fs::read(&path).map_err(|_| R2CliError::NotReadable(shown.clone()))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let json: Value = serde_json::from_slice(text).map_err(|_| R2CliError::NotJson(shown.clone()))?;
    let Value::Array(items) = json else { return Err(R2CliError::NotAnArray(shown)) };
    items.iter().map(|item| entry(item, &shown, cwd)).collect()
}

fn entry(item: &Value, list: &str, cwd: &Path) -> Result<Entry, R2CliError> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let (Some(key), Some(file)) = (text("key"), text("file")) else { return Err(R2CliError::Entry(list.to_string())) };
    let metadata = fs::metadata(cwd.join(file)).map_err(|_| R2CliError::NoFile(file.to_string()))?;
    if !metadata.is_file() {
        return Err(R2CliError::NotAFile(file.to_string()));
    }
    if metadata.len() > UPLOAD_BYTES_MAX {
        return Err(R2CliError::TooLarge(file.to_string()));
    }
    Ok(Entry { key: key.to_string(), file: PathBuf::from(file) })
}
