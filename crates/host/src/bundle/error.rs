//! Why a bundle could not be made, in the shape the terminal and the error page want.
//!
//! A [`BundleError`] never spoils the bundle before it: it says what is wrong, with a position in the user's
//! own file where there is one, and what to watch so that the repair is noticed.

use std::fmt;
use std::path::{Path, PathBuf};

use super::paths;
use super::watch::WatchSet;

/// A failed attempt to bundle.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{failure}")]
pub struct BundleError {
    /// What is wrong.
    pub failure: Failure,
    /// What the attempt depended on so far, and where the missing pieces may appear.
    pub watch: WatchSet,
}

impl BundleError {
    pub(super) fn new(failure: Failure, watch: WatchSet) -> Self {
        Self { failure, watch }
    }

    /// Whether `build.command` failed, or did not make what it should.
    pub fn is_of_the_build(&self) -> bool {
        matches!(self.failure, Failure::CustomBuild { .. } | Failure::MissingEntry(_))
    }
}

/// What went wrong.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The sources have errors; at least one.
    #[error("{}", join(.0))]
    Sources(Vec<Diagnostic>),
    /// `build.command` could not be started or did not succeed.
    #[error("Running custom build `{command}` failed. There are likely more logs from your build command above.")]
    CustomBuild {
        /// The command.
        command: Box<str>,
        /// Its exit code; `None` when a signal ended it or it could not be started.
        exit_code: Option<i32>,
        /// The last lines it printed, or why it could not be started.
        output: Vec<String>,
    },
    /// The entry file does not exist; the sentence names it.
    #[error("{0}")]
    MissingEntry(String),
}

/// One problem in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where, when it has a place.
    pub location: Option<Location>,
    /// What to do about it, and what led to it.
    pub notes: Vec<String>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The absolute path.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column in UTF-16 units, from 1.
    pub column: u32,
    /// How many UTF-16 units it spans; at least 1.
    pub length: u32,
    /// The line's text.
    pub line_text: String,
}

impl Diagnostic {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), location: None, notes: Vec::new() }
    }

    pub(super) fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The diagnostic as text, with its file relative to `root` and a frame of the source.
    pub fn render(&self, root: &Path) -> String {
        let mut out = self.message.clone();
        if let Some(location) = &self.location {
            out.push_str(&format!("\n\n    {}:\n{}", location.display(root), location.frame()));
        }
        for note in &self.notes {
            out.push_str("\n\n  ");
            out.push_str(&note.trim_end().replace('\n', "\n  "));
        }
        out
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(at) => write!(f, "{}:{}:{}: {}", at.file.display(), at.line, at.column, self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Location {
    /// The place in `file` at `line` and `column`, both from 1; reads the file for the line's text.
    pub(super) fn read(file: &Path, line: u32, column: u32, length: u32) -> Self {
        let source = std::fs::read_to_string(file).unwrap_or_default();
        let line_text = source.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default().to_string();
        Self { file: file.to_path_buf(), line, column, length: length.max(1), line_text }
    }

    /// The first place where `file` names `specifier` in quotes.
    pub(super) fn of_specifier(file: &Path, specifier: &str) -> Option<Self> {
        let source = std::fs::read_to_string(file).ok()?;
        let (at, quoted) = ['"', '\'', '`']
            .iter()
            .map(|quote| format!("{quote}{specifier}{quote}"))
            .filter_map(|quoted| source.find(&quoted).map(|at| (at, quoted)))
            .min_by_key(|(at, _)| *at)?;
        Some(Self::of_offset(file, &source, at, quoted.len()))
    }

    /// The place `bytes` long at the byte `offset` of `source`.
    pub(super) fn of_offset(file: &Path, source: &str, offset: usize, bytes: usize) -> Self {
        let units = |text: &str| text.encode_utf16().count() as u32;
        let before = source.get(..offset).unwrap_or(source);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let marked = source.get(offset..offset + bytes).unwrap_or_default().lines().next().unwrap_or_default();
        Self {
            file: file.to_path_buf(),
            line: before.matches('\n').count() as u32 + 1,
            column: units(&before[start..]) + 1,
            length: units(marked).max(1),
            line_text: source[start..].lines().next().unwrap_or_default().to_string(),
        }
    }

    /// `path:line:column`, relative to `root` when it is inside.
    pub fn display(&self, root: &Path) -> String {
        let file = match self.file.strip_prefix(root) {
            Ok(relative) => relative.display().to_string(),
            Err(_) => paths::relative(root, &self.file),
        };
        format!("{file}:{}:{}", self.line, self.column)
    }

    /// The line with a marker under the place.
    pub fn frame(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let before: String = self
            .line_text
            .chars()
            .scan(1, |column, c| {
                let here = *column;
                *column += c.len_utf16() as u32;
                (here < self.column).then_some(if c == '\t' { '\t' } else { ' ' })
            })
            .collect();
        let longest = (self.line_text.encode_utf16().count() as u32 + 1).saturating_sub(self.column).max(1);
        let marker = "~".repeat(self.length.min(longest) as usize);
        let marker = if marker.len() == 1 { "^".to_string() } else { marker };
        format!("      {number} │ {}\n      {gutter} ╵ {before}{marker}", self.line_text)
    }
}

fn join(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_specifier_is_found_and_framed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.ts");
        std::fs::write(&file, "const 𝒳 = 1;\n/* é */ import x from './gone';\n").unwrap();
        let location = Location::of_specifier(&file, "./gone").unwrap();
        assert_eq!((location.line, location.column, location.length), (2, 23, 8));
        let text = Diagnostic::new("Could not resolve \"./gone\"").at(Some(location)).note("Do it.").render(dir.path());
        expect![[r#"
            Could not resolve "./gone"

                a.ts:2:23:
                  2 │ /* é */ import x from './gone';
                    ╵                       ~~~~~~~~

              Do it."#]]
        .assert_eq(&text);
    }
}
