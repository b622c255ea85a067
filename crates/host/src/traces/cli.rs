//! `lopata trace list|get`: reads the recorded traces, beside a running server or without one.
//!
//! A server writes its spans in batches, so the newest half a second may be missing.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand, ValueEnum};
use lopata_storage::{PersistRoot, StoreError, TraceError, TraceQuery, TraceStore};
use serde_json::{Value, json};

use super::json;
use super::tree::{self, Style};

/// Traces that a prefix may name before the list of them is cut off.
const CANDIDATES_MAX: usize = 8;

/// `lopata trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The command.
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What can be done with traces.
#[derive(Debug, Subcommand)]
pub enum TraceCommand {
    /// List the newest traces
    List {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
        /// Only traces in which this Worker ran
        #[arg(long, value_name = "NAME")]
        worker: Option<String>,
        /// Only traces that went like this
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Where and how
        #[command(flatten)]
        output: Output,
    },
    /// Show one trace as a tree
    Get {
        /// The trace's id, or as much of its beginning as names it
        #[arg(value_name = "TRACE-ID")]
        id: String,
        /// Where and how
        #[command(flatten)]
        output: Output,
    },
}

/// How a trace went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Whatever it did.
    All,
    /// One of its spans failed.
    Error,
}

/// Where traces are read from and how they are printed.
#[derive(Debug, Args)]
pub struct Output {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Where local data is kept (default: .lopata/state)
    #[arg(long, value_name = "DIR")]
    pub persist_to: Option<std::path::PathBuf>,
}

impl TraceArgs {
    /// Where and how.
    pub fn output(&self) -> &Output {
        match &self.command {
            TraceCommand::List { output, .. } | TraceCommand::Get { output, .. } => output,
        }
    }
}

/// Why a command did not do its work. Printed as it is; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub enum TraceCliError {
    /// There is no such trace.
    #[error("No trace starts with \"{0}\". `lopata trace list` shows the recorded ones.")]
    Unknown(String),
    /// There are several.
    #[error("\"{prefix}\" names several traces: {candidates}")]
    Ambiguous {
        /// What was given.
        prefix: String,
        /// Some that it could be.
        candidates: String,
    },
    /// The store cannot be opened.
    #[error("{0}")]
    Open(#[from] StoreError),
    /// The store cannot be read.
    #[error("{0}")]
    Read(#[from] TraceError),
}

/// Runs the command on the store below `root`.
pub fn run(args: &TraceArgs, root: &PersistRoot) -> Result<(), TraceCliError> {
    let path = root.traces_database();
    // Asking makes no store.
    let store = match path.exists() {
        true => Some(TraceStore::open(&path, lopata_storage::system_clock())?),
        false => None,
    };
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let text = match &args.command {
        TraceCommand::List { limit, worker, status, output } => {
            let failed = *status == Some(Status::Error);
            let query = TraceQuery { limit: *limit, before_us: None, worker: worker.clone(), failed };
            list(store.as_ref(), &query, output.json, Style { colour })?
        }
        TraceCommand::Get { id, output } => get(store.as_ref(), id, output.json, Style { colour })?,
    };
    // A reader that has seen enough (`| head`) has closed its end.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn list(store: Option<&TraceStore>, query: &TraceQuery, json: bool, style: Style) -> Result<String, TraceCliError> {
    let summaries = match store {
        Some(store) => store.recent(query)?,
        None => Vec::new(),
    };
    if json {
        return Ok(pretty(&Value::Array(summaries.iter().map(json::summary).collect())));
    }
    if summaries.is_empty() {
        return Ok("No traces are recorded.\n".to_string());
    }
    let now_us = lopata_storage::system_clock()().saturating_mul(1000);
    Ok(tree::list(&summaries, now_us, style))
}

fn get(store: Option<&TraceStore>, prefix: &str, json: bool, style: Style) -> Result<String, TraceCliError> {
    let found = match store {
        Some(store) => store.find(prefix, CANDIDATES_MAX)?,
        None => Vec::new(),
    };
    let (store, trace) = match (store, found.as_slice()) {
        (Some(store), [trace]) => (store, *trace),
        (None, _) | (_, []) => return Err(TraceCliError::Unknown(prefix.to_string())),
        (_, several) => {
            let candidates = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(TraceCliError::Ambiguous { prefix: prefix.to_string(), candidates });
        }
    };
    let spans = store.trace(trace)?;
    if json {
        let spans: Vec<_> = spans.iter().map(json::span).collect();
        return Ok(pretty(&json!({ "traceId": trace.to_string(), "spans": spans })));
    }
    Ok(tree::trace(trace, &spans, style))
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("JSON values have a text");
    text.push('\n');
    text
}
