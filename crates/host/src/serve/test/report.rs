//! What a test run prints.
//!
//! As workerd does: results and problems on standard error, what Workers log where their console's method belongs. For
//! tools there is one line of JSON for each test instead, alone on standard output.

use std::io::Write;
use std::time::Duration;

use lopata_protocol::{LogLevel, LogRecord};
use serde_json::json;

use super::args::Reporter;
use crate::serve::graph::Output;

/// The printer.
pub struct Report {
    reporter: Reporter,
    /// Whether exceptions that nobody handled are printed.
    verbose: bool,
}

/// What a test came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passed, as it should.
    Pass,
    /// It failed, and should not.
    Fail,
    /// It failed, which is known.
    KnownFailure,
    /// It passed, and is said to fail.
    UnexpectedPass,
    /// It was not run.
    Skip,
}

impl Verdict {
    /// Whether the run may still pass.
    pub fn is_good(self) -> bool {
        match self {
            Self::Pass | Self::KnownFailure | Self::Skip => true,
            Self::Fail | Self::UnexpectedPass => false,
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Pass => "[ PASS ]",
            Self::Fail | Self::UnexpectedPass => "[ FAIL ]",
            Self::KnownFailure => "[ KNOWN ]",
            Self::Skip => "[ SKIP ]",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::KnownFailure => "known failure",
            Self::UnexpectedPass => "unexpected pass",
            Self::Skip => "skip",
        }
    }
}

/// One test, for the printer.
pub struct Tested<'t> {
    /// The service.
    pub service: &'t str,
    /// `default` or the name.
    pub entrypoint: &'t str,
    /// What it came to.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// Why it failed, or why that is expected.
    pub message: &'t str,
}

/// `service`, or `service:entrypoint`.
pub fn test_name(service: &str, entrypoint: &str) -> String {
    if entrypoint == "default" { service.to_string() } else { format!("{service}:{entrypoint}") }
}

impl Report {
    /// A printer.
    pub fn new(reporter: Reporter, verbose: bool) -> Self {
        Self { reporter, verbose }
    }

    /// Something that is wrong, in its final form.
    pub fn problem(&self, text: &str) {
        err(text);
    }

    /// A test begins.
    pub fn begins(&self, service: &str, entrypoint: &str) {
        match self.reporter {
            Reporter::Text => err(&format!("[ TEST ] {}", test_name(service, entrypoint))),
            Reporter::Json => {}
        }
    }

    /// A test is over.
    pub fn over(&self, tested: &Tested<'_>) {
        let Tested { service, entrypoint, verdict, duration, message } = tested;
        let name = test_name(service, entrypoint);
        let ms = duration.as_secs_f64() * 1000.0;
        match self.reporter {
            Reporter::Text => {
                let remark = match verdict {
                    Verdict::Pass | Verdict::Fail => String::new(),
                    Verdict::KnownFailure | Verdict::Skip => format!(" - {message}"),
                    Verdict::UnexpectedPass => " - expected to fail, but it passes".to_string(),
                };
                err(&format!("{} {name} ({ms:.3}ms){remark}", verdict.mark()));
            }
            Reporter::Json => {
                let line = json!({
                    "service": service,
                    "entrypoint": entrypoint,
                    "name": name,
                    "outcome": verdict.name(),
                    "ms": (ms * 1000.0).round() / 1000.0,
                    "message": message,
                });
                out(&line.to_string());
            }
        }
    }
}

impl Output for Report {
    fn line(&self, _worker: &str, record: &LogRecord) {
        let is_exception = record.level == LogLevel::Error && record.origin.is_none();
        if is_exception && !self.verbose {
            return;
        }
        match (record.level, self.reporter) {
            (LogLevel::Debug | LogLevel::Log | LogLevel::Info, Reporter::Text) => out(&record.text),
            (LogLevel::Debug | LogLevel::Log | LogLevel::Info, Reporter::Json)
            | (LogLevel::Warn | LogLevel::Error, _) => err(&record.text),
        }
    }
}

// A stream that is closed is nobody's business: the exit code says how it went.

fn out(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn err(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
