//! `lopata.config.ts`, `.js` or `.json`: which workers make up a project, and how they are reached.
//!
//! [`locate`] says whether a project has such a file, [`load`] reads and checks it. JSON is read; TypeScript and
//! JavaScript are bundled and run in an isolate of their own (`evaluate.rs`). What a worker is made of stays in
//! wrangler's files: this one only names them. Whoever runs the workers acts on the [`ProjectFile`]; nothing is
//! started, watched or printed here.
//!
//! Invariants: a file with an error gives no [`ProjectFile`]; every path in one is absolute and every configuration
//! that it names existed; success and failure alike say what to watch.

mod check;
mod evaluate;
mod find;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lopata_protocol::LogRecord;

use super::diagnostics::{Diagnostic, SourceFile, display_path};
use super::read::{self, Format};
use super::tree::Node;
use crate::bundle::WatchSet;

pub use find::{FILE_NAMES, Found, locate};

/// A project of one or more workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// The file.
    pub path: PathBuf,
    /// The worker that answers what is routed to no other. Its settings stand at the top level of the file.
    pub main: WorkerEntry,
    /// The other workers, in the order of the file.
    pub workers: Vec<WorkerEntry>,
    /// Whether crons fire by themselves; `None` when the file does not say.
    pub cron: Option<bool>,
}

impl ProjectFile {
    /// All workers, the main one first.
    pub fn all(&self) -> impl Iterator<Item = &WorkerEntry> {
        std::iter::once(&self.main).chain(&self.workers)
    }

    /// Which workers there are, as a line for the terminal.
    pub fn summary(&self, cwd: &Path) -> String {
        let shown = |path: &Path| display_path(path, cwd);
        let mut text = format!("Using {}: main {}", shown(&self.path), shown(&self.main.config));
        for (index, worker) in self.workers.iter().enumerate() {
            let name = worker.name.clone().unwrap_or_else(|| shown(&worker.config));
            text.push_str(if index == 0 { ", workers " } else { ", " });
            text.push_str(&name);
        }
        text
    }
}

/// One worker of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerEntry {
    /// wrangler's configuration of the worker.
    pub config: PathBuf,
    /// The name it is bound and logged by, instead of the configuration's. Always `None` for the main worker.
    pub name: Option<String>,
    /// Hosts, in lower case, whose requests are for this worker: `echo.localhost`, `*.x.localhost`, perhaps with a
    /// port. No two workers share one.
    pub hosts: Vec<String>,
    /// Route patterns, in wrangler's form, instead of those of the configuration; `None` leaves it at those.
    pub routes: Option<Vec<String>>,
    /// Folders and files in which a change rebuilds the worker.
    pub watch: Vec<PathBuf>,
    /// The environment of the configuration, instead of `--env`.
    pub env: Option<String>,
}

/// What [`load`] may know.
#[derive(Clone, Debug)]
pub struct Given {
    /// The directory that the user works in, for names in messages.
    pub cwd: PathBuf,
    /// `--env` or `CLOUDFLARE_ENV`, for a file that exports a function.
    pub env: Option<String>,
}

impl Given {
    /// What is known of a command with `--env`.
    pub fn new(cwd: &Path, env: Option<&str>) -> Self {
        let env = env.map(str::to_string).or_else(|| std::env::var("CLOUDFLARE_ENV").ok());
        Self { cwd: cwd.to_path_buf(), env: env.filter(|env| !env.is_empty()) }
    }
}

/// A project file that can be used.
#[derive(Clone, Debug)]
pub struct LoadedProject {
    /// What it says.
    pub file: ProjectFile,
    /// What is doubtful.
    pub warnings: Vec<Diagnostic>,
    /// What it depends on.
    pub watch: WatchSet,
    /// What it printed.
    pub console: Vec<LogRecord>,
}

/// A project file that cannot be used.
#[derive(Clone, Debug)]
pub struct ProjectFileErrors {
    /// Errors and warnings; at least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// What to watch so that the repair is noticed.
    pub watch: WatchSet,
    /// What it printed before it failed.
    pub console: Vec<LogRecord>,
}

/// The content of a project file, before anything is known of its keys.
struct Content {
    /// The text that ranges of `root` point into.
    file: Arc<SourceFile>,
    root: Node,
    /// Whether `file` is the user's own text, so that places in it can be shown.
    has_places: bool,
}

/// Reads and checks the project file at `path`. It must be called on a tokio runtime.
pub async fn load(path: &Path, given: &Given) -> Result<LoadedProject, ProjectFileErrors> {
    let mut found = Vec::new();
    let mut console = Vec::new();
    let mut watch = WatchSet::default();
    watch.files.insert(path.to_path_buf());
    let content = if Format::of(path).is_some() {
        read_json(path, given, &mut found)
    } else {
        evaluate::evaluate(path, given, &mut found, &mut watch, &mut console).await
    };
    match content.and_then(|content| check::check(path, given, &content, &mut found, &mut watch)) {
        Some(file) if !found.iter().any(Diagnostic::is_error) => {
            Ok(LoadedProject { file, warnings: found, watch, console })
        }
        _ => Err(ProjectFileErrors { diagnostics: found, watch, console }),
    }
}

fn read_json(path: &Path, given: &Given, found: &mut Vec<Diagnostic>) -> Option<Content> {
    let read = std::fs::read(path).map_err(|error| {
        let message = format!("Could not read file: {}", display_path(path, &given.cwd));
        Diagnostic::error("unreadable", message).help(error.to_string())
    });
    match read.and_then(|bytes| read::decode(path, &given.cwd, bytes)) {
        Ok(file) => {
            let root = read::parse(&file, Format::Json, found)?;
            Some(Content { file, root, has_places: true })
        }
        Err(diagnostic) => {
            found.push(diagnostic);
            None
        }
    }
}
