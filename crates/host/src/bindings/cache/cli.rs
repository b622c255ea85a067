//! `lopata cache list|purge`: looks into the caches on disk and empties them.
//!
//! wrangler has no such commands: a table with a row for each response, and ways to remove them by URL, prefix and tag
//! as Cloudflare's purge has them. Opens the stores itself: it may run beside a server, which sees a purge at its next
//! read.
//!
//! Owns the arguments, which caches and responses they mean, and the texts.

#[cfg(test)]
mod tests;

use std::io;

use clap::{ArgAction, Args, Subcommand};
use lopata_storage::cache::{CacheEntry, CacheStoreError, caches_on_disk};
use lopata_storage::{CacheStore, Clock, PersistRoot, StoreError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::cli::console::Console;
use crate::cli::local::{LocalFlags, NotLocal};
use crate::cli::table::Table;

/// What a cache's name is encoded with, as JavaScript's `encodeURIComponent` does.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Looks into the caches of `caches` and of `fetch`, and empties them.
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// List cached responses
    List(List),
    /// Remove cached responses: by URL, prefix, tag, or all of them
    Purge(Purge),
}

#[derive(Debug, Args)]
struct List {
    /// Only URLs (or keys) that start with this
    #[arg(long)]
    prefix: Option<String>,
    /// Print the responses as JSON, with their headers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct Purge {
    /// A URL (or key) to remove; may be repeated
    #[arg(long = "url", value_name = "URL", conflicts_with = "everything")]
    urls: Vec<String>,
    /// What the URLs (or keys) to remove start with; may be repeated
    #[arg(long = "prefix", value_name = "PREFIX", conflicts_with = "everything")]
    prefixes: Vec<String>,
    /// A tag of the responses to remove (`Cache-Tag`); may be repeated
    #[arg(long = "tag", value_name = "TAG", conflicts_with = "everything")]
    tags: Vec<String>,
    /// Remove all responses
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    place: Place,
}

/// Which caches are meant, and where they are.
#[derive(Debug, Args)]
struct Place {
    /// Only this cache: `default`, or the name given to `caches.open()` (default: all caches)
    #[arg(long, value_name = "NAME")]
    cache: Option<String>,
    #[command(flatten)]
    flags: LocalFlags,
}

/// Why a command did not do its work. Printed as it is; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub enum CacheCliError {
    /// The data that is meant is not here.
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    /// A purge that does not say of what.
    #[error("Say what to purge: --url, --prefix, --tag, or --everything.")]
    NothingToPurge,
    /// `--cache` names none.
    #[error("There is no cache \"{name}\" in {folder}. {known}")]
    UnknownCache {
        /// As it was given.
        name: String,
        /// Where caches are.
        folder: String,
        /// A sentence on those that there are.
        known: String,
    },
    /// A cache cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A cache cannot be read or written.
    #[error(transparent)]
    Cache(#[from] CacheStoreError),
    /// The folder cannot be read, or the output not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a command works with, besides its arguments.
pub struct CacheContext {
    /// Where the data is.
    pub root: PersistRoot,
    /// The time.
    pub clock: Clock,
}

impl CacheArgs {
    /// `--persist-to`.
    pub fn persist_to(&self) -> Option<&std::path::Path> {
        let (CacheCommand::List(List { place, .. }) | CacheCommand::Purge(Purge { place, .. })) = &self.command;
        place.flags.persist_to.as_deref()
    }
}

/// Runs a command.
pub fn run(args: &CacheArgs, context: &CacheContext, console: &mut Console<'_>) -> Result<(), CacheCliError> {
    match &args.command {
        CacheCommand::List(args) => list(args, context, console),
        CacheCommand::Purge(args) => purge(args, context, console),
    }
}

fn list(args: &List, context: &CacheContext, console: &mut Console<'_>) -> Result<(), CacheCliError> {
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let mut found: Vec<(String, CacheEntry)> = Vec::new();
    let caches = caches(&args.place, context)?;
    for (shown, store) in open(&caches, context)? {
        let entries = store.entries(|entry| starts_with(&entry.key, prefix))?;
        found.extend(entries.into_iter().map(|entry| (shown.clone(), entry)));
    }
    let now_ms = (context.clock)();
    if args.json {
        let responses: Vec<Value> = found.iter().map(|(cache, entry)| as_json(cache, entry)).collect();
        let text = serde_json::to_string_pretty(&responses).expect("texts and numbers have JSON");
        return Ok(console.line(text)?);
    }
    if found.is_empty() {
        return Ok(console.line("Nothing is cached.")?);
    }
    let several = caches.len() > 1;
    let columns = ["url", "status", "size", "age", "expires"];
    let mut table = Table::new(several.then_some("cache").into_iter().chain(columns));
    let bytes = found.iter().map(|(_, entry)| entry.size).sum();
    for (cache, entry) in &found {
        let age = entry.stored_ms.map_or_else(String::new, |at| span_of(now_ms - at));
        let expires = entry.expires_ms.map_or_else(|| "never".to_string(), |at| format!("in {}", span_of(at - now_ms)));
        let cells = [entry.key.clone(), entry.status.to_string(), size_of(entry.size), age, expires];
        table.row(several.then(|| cache.clone()).into_iter().chain(cells));
    }
    console.table(&table)?;
    Ok(console.line(format!("{}, {}", responses_of(found.len()), size_of(bytes)))?)
}

fn purge(args: &Purge, context: &CacheContext, console: &mut Console<'_>) -> Result<(), CacheCliError> {
    let Purge { urls, prefixes, tags, everything, place } = args;
    if !everything && urls.is_empty() && prefixes.is_empty() && tags.is_empty() {
        return Err(CacheCliError::NothingToPurge);
    }
    // As a worker would have written it.
    let normal = |url: &String| url::Url::parse(url).map(|url| url.to_string()).unwrap_or_else(|_| url.clone());
    let keys: Vec<String> = urls
        .iter()
        .flat_map(|url| [url.clone(), normal(url)])
        .map(|url| url.split('#').next().unwrap_or_default().to_string())
        .collect();
    let is_meant = |entry: &CacheEntry| {
        *everything
            || keys.contains(&entry.key)
            || prefixes.iter().any(|prefix| starts_with(&entry.key, prefix))
            || entry.tags().any(|tag| tags.iter().any(|asked| asked.eq_ignore_ascii_case(tag)))
    };
    let mut gone = 0;
    for (_, mut store) in open(&caches(place, context)?, context)? {
        gone += store.purge(is_meant)?;
    }
    Ok(console.line(format!("Purged {}.", responses_of(gone)))?)
}

/// Whether a URL starts so, with its scheme or, as Cloudflare writes prefixes, without.
fn starts_with(key: &str, prefix: &str) -> bool {
    key.starts_with(prefix) || key.split_once("://").is_some_and(|(_, rest)| rest.starts_with(prefix))
}

/// The caches that are meant, as stores know them.
fn caches(place: &Place, context: &CacheContext) -> Result<Vec<String>, CacheCliError> {
    place.flags.check()?;
    let on_disk = caches_on_disk(context.root.path())?;
    let Some(name) = &place.cache else { return Ok(on_disk) };
    let full = match name.as_str() {
        "default" => name.clone(),
        _ => format!("named:{}", utf8_percent_encode(name, COMPONENT)),
    };
    // The default cache is always there, even if nobody has used it.
    if on_disk.contains(&full) {
        return Ok(vec![full]);
    }
    if full == "default" {
        return Ok(Vec::new());
    }
    let known: Vec<String> = on_disk.iter().map(|cache| shown(cache)).collect();
    let known = match known.as_slice() {
        [] => "There are none at all.".to_string(),
        known => format!("There are: {}.", known.join(", ")),
    };
    let folder = context.root.path().display().to_string();
    Err(CacheCliError::UnknownCache { name: name.clone(), folder, known })
}

/// The stores of caches, each with its name for people.
fn open(caches: &[String], context: &CacheContext) -> Result<Vec<(String, CacheStore)>, CacheCliError> {
    let open =
        |cache: &String| Ok((shown(cache), CacheStore::open(context.root.path(), cache, context.clock.clone())?));
    caches.iter().map(open).collect()
}

/// A cache's name as a script knows it.
fn shown(cache: &str) -> String {
    let name = cache.strip_prefix("named:").unwrap_or(cache);
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

fn as_json(cache: &str, entry: &CacheEntry) -> Value {
    let headers: Map<String, Value> =
        entry.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    json!({
        "cache": cache,
        "url": entry.key,
        "status": entry.status,
        "size": entry.size,
        "stored": entry.stored_ms.map(seconds),
        "expires": entry.expires_ms.map(seconds),
        "headers": headers,
    })
}

/// As `lopata kv` gives times.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

fn responses_of(count: usize) -> String {
    if count == 1 { "1 response".to_string() } else { format!("{count} responses") }
}

fn size_of(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} GiB")
}

/// A span of time in its largest unit that fits.
fn span_of(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
