//! What is wrong with a configuration, collected while it is read; and how it is told in one line.

use crate::config::{Diagnostic, Label, Severity};

use super::place::Place;

/// Problems that are kept. A file that is no configuration at all has one at each of its words.
const KEPT_MAX: usize = 100;

/// What has been found so far.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
}

impl Report {
    /// Something is wrong at a place.
    pub fn error(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Diagnostic::error(code, message).at(&place.file, place.range.clone(), ""));
    }

    /// The same, with advice.
    pub fn error_with_help(
        &mut self,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let mut diagnostic = Diagnostic::error(code, message).at(&place.file, place.range.clone(), "");
        diagnostic.help = help;
        self.push(diagnostic);
    }

    /// Something is doubtful at a place.
    pub fn warning(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Diagnostic::warning(code, message).at(&place.file, place.range.clone(), ""));
    }

    /// Something of any kind.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.is_error());
        // A constant that is used twice is wrong once.
        if self.diagnostics.len() < KEPT_MAX && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// How many errors there have been, kept or not.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// What has been kept, in the order in which it was found.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

/// `file:line:column-column: sentence`, as compilers have it; a warning says so. The help, if there is any, follows
/// in a line of its own.
pub fn one_line(diagnostic: &Diagnostic) -> String {
    let place = |label: &Label| Place { file: label.file.clone(), range: label.range.clone() };
    let mut line = diagnostic.labels.first().map(|label| format!("{}: ", place(label))).unwrap_or_default();
    if diagnostic.severity == Severity::Warning {
        line.push_str("warning: ");
    }
    line.push_str(&diagnostic.message);
    if let Some(help) = &diagnostic.help {
        line.push_str("\n  help: ");
        line.push_str(help);
    }
    line
}
