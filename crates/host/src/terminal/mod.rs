//! The terminal: what lopata prints, in the lines that tools around wrangler look for.
//!
//! One thread writes, everybody else queues a line and goes on: a terminal that is slow, paused or closed
//! never holds up a request or a reload. When lines come faster than they can be written, request and console
//! lines are dropped and counted; notices are kept.
//!
//! The primary worker's lines are as wrangler prints them; those of an auxiliary one carry its name in front, by
//! a [`Terminal`] of its own on the same writer.

mod hotkeys;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use lopata_protocol::{LogLevel, LogRecord, WireError};
use parking_lot::Mutex;

pub use hotkeys::{Hotkey, RawMode, hotkeys};
use writer::{Line, Stream, Writer};

use crate::project::BuildFailure;
use crate::server::{RequestLine, Site};

/// What is printed at all, by `--log-level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Verbosity {
    /// Everything.
    Debug,
    /// Console lines, notices, requests: the default.
    Log,
    /// As `log` without console lines and notices.
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// Nothing.
    None,
}

/// The terminal. Cheap to clone; all clones write in one order.
#[derive(Clone)]
pub struct Terminal {
    inner: Arc<Inner>,
    /// The name in front of every line; non-null exactly for an auxiliary worker.
    label: Option<Arc<Mutex<Arc<str>>>>,
}

/// Receives the site of a reloaded configuration.
type SiteSink = Box<dyn Fn(Site) + Send>;

struct Inner {
    writer: Writer,
    verbosity: Verbosity,
    colour: bool,
    /// Paths in log lines are shown relative to this.
    root: PathBuf,
    /// Receives the site of a reloaded configuration.
    on_site: Mutex<Option<SiteSink>>,
}

impl Terminal {
    /// A terminal for a project in `root`.
    pub fn new(verbosity: Verbosity, root: PathBuf) -> Self {
        let colour = writer::wants_colour();
        let inner = Inner { writer: Writer::start(), verbosity, colour, root, on_site: Mutex::new(None) };
        Self { inner: Arc::new(inner), label: None }
    }

    /// The same terminal for an auxiliary worker, whose name stands in front of its lines.
    pub fn labelled(&self, worker: &str) -> Self {
        Self { inner: self.inner.clone(), label: Some(Arc::new(Mutex::new(Arc::from(worker)))) }
    }

    /// The worker that this terminal is for has this name now.
    pub fn rename(&self, worker: &str) {
        if let Some(label) = &self.label {
            let mut label = label.lock();
            if &**label != worker {
                *label = Arc::from(worker);
            }
        }
    }

    /// Whether lines are coloured.
    pub fn colour(&self) -> bool {
        self.inner.colour
    }

    /// Calls `f` whenever a reloaded configuration changes how the server appears.
    pub fn on_site(&self, f: impl Fn(Site) + Send + 'static) {
        *self.inner.on_site.lock() = Some(Box::new(f));
    }

    /// A reloaded configuration says how the server appears.
    pub fn site_changed(&self, site: Site) {
        if let Some(f) = &*self.inner.on_site.lock() {
            f(site);
        }
    }

    /// One of the fixed lines that tools wait for.
    pub fn notice(&self, text: &str) {
        self.keep(Verbosity::Log, Stream::Out, text.to_string());
    }

    /// `[lopata:info] text`.
    pub fn info(&self, text: &str) {
        let text = format!("{} {text}", self.paint("34", "[lopata:info]"));
        self.keep(Verbosity::Info, Stream::Out, text);
    }

    /// A warning, in wrangler's form.
    pub fn warn(&self, text: &str) {
        let text = format!("{} {text}\n", self.paint("33", "▲ [WARNING]"));
        self.keep(Verbosity::Warn, Stream::Err, text);
    }

    /// An error, in wrangler's form.
    pub fn error(&self, text: &str) {
        let text = format!("{} {text}\n", self.paint("31", "✘ [ERROR]"));
        self.keep(Verbosity::Error, Stream::Err, text);
    }

    /// A warning about what a worker does, which names it.
    pub fn warn_of(&self, worker: &str, text: &str) {
        self.warn(&self.about(worker, text));
    }

    /// An error of a worker at work, which names it.
    pub fn error_of(&self, worker: &str, text: &str) {
        self.error(&self.about(worker, text));
    }

    /// `text` with the worker's name, unless that stands in front of the line anyway.
    fn about(&self, worker: &str, text: &str) -> String {
        if self.label.is_some() { text.to_string() } else { format!("[{worker}] {text}") }
    }

    /// Text that is already in its final form.
    pub fn raw_error(&self, text: &str) {
        self.keep(Verbosity::Error, Stream::Err, text.to_string());
    }

    /// The worker's code could not be built.
    pub fn build_failed(&self, failure: &BuildFailure) {
        for text in &failure.texts {
            self.error(text);
        }
    }

    /// The worker's code was built but did not start.
    pub fn start_failed(&self, error: &WireError) {
        self.error(&lopata_guest::report(error));
    }

    /// A line of a worker's console.
    pub fn log(&self, worker: &str, record: &LogRecord) {
        let (verbosity, stream, colour) = match record.level {
            LogLevel::Debug | LogLevel::Log | LogLevel::Info => (Verbosity::Log, Stream::Out, "0"),
            LogLevel::Warn => (Verbosity::Warn, Stream::Err, "33"),
            LogLevel::Error => (Verbosity::Error, Stream::Err, "31"),
        };
        if verbosity < self.inner.verbosity {
            return;
        }
        let prefix = self.paint("36", &format!("[{worker}]"));
        let text = if record.level >= LogLevel::Warn { self.paint(colour, &record.text) } else { record.text.clone() };
        let origin = record.origin.as_deref().map(|origin| self.shorten(origin));
        let origin = origin.map(|origin| format!(" {}", self.paint("2", &format!("({origin})")))).unwrap_or_default();
        self.inner.writer.offer(Line { stream, text: format!("{prefix} {text}{origin}") });
    }

    /// The line of something that happened by itself, of which there may be as many as requests.
    pub fn happened(&self, text: &str) {
        if Verbosity::Info < self.inner.verbosity {
            return;
        }
        let text = format!("{} {text}", self.paint("34", "[lopata:info]"));
        self.inner.writer.offer(Line { stream: Stream::Out, text });
    }

    /// The line of one request.
    pub fn request(&self, line: &RequestLine<'_>) {
        if Verbosity::Info < self.inner.verbosity {
            return;
        }
        let colour = match line.status {
            0..=399 => "32",
            400..=499 => "33",
            _ => "31",
        };
        let RequestLine { method, path, status, status_text, elapsed } = line;
        let status = self.paint(colour, &format!("{status} {status_text}"));
        let text =
            format!("{} {method} {path} {status} ({}ms)", self.paint("34", "[lopata:info]"), elapsed.as_millis());
        self.inner.writer.offer(Line { stream: Stream::Out, text });
    }

    /// Waits until everything queued so far is written.
    pub fn flush(&self) {
        self.inner.writer.flush();
    }

    /// `path:line:column` relative to the project.
    fn shorten(&self, origin: &str) -> String {
        let root = self.inner.root.to_string_lossy();
        origin.strip_prefix(&*root).map_or_else(|| origin.to_string(), |rest| rest.trim_start_matches('/').to_string())
    }

    fn keep(&self, verbosity: Verbosity, stream: Stream, text: String) {
        if verbosity < self.inner.verbosity {
            return;
        }
        let text = match &self.label {
            Some(label) => format!("{} {text}", self.paint("36", &format!("[{}]", label.lock()))),
            None => text,
        };
        self.inner.writer.keep(Line { stream, text });
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.inner.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
