//! What is said about a configuration: severity, sentence, positions, help.
//!
//! A [`Diagnostic`] is plain data. It owns (shared) the text of the files that it points into, so it can be
//! kept, sent to another thread, printed to a terminal with [`render`], or serialised for the error page.
//!
//! Invariant: a label's range always lies within its file's text, on character boundaries; [`Label::new`]
//! sees to it, so that no renderer can be made to panic.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// Characters of a rendered line. Wide enough for wrangler's sentences, narrow enough for a minified file.
const RENDER_WIDTH: usize = 160;

/// The text of one file, as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is called in messages: relative to the directory that the user works in, if it is below that.
    pub name: String,
    /// Its text without a byte order mark.
    pub text: String,
}

impl SourceFile {
    /// A file whose name is given relative to `cwd`.
    pub fn new(path: &Path, cwd: &Path, text: String) -> Arc<Self> {
        Arc::new(Self { path: path.to_path_buf(), name: display_path(path, cwd), text })
    }

    /// Line and column (characters, tabs count one) of a byte, both from 1.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let byte = floor_boundary(&self.text, byte);
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// `path` as a user would type it in `cwd`: relative when that does not need more than one `..`.
pub fn display_path(path: &Path, cwd: &Path) -> String {
    let shown = match path.strip_prefix(cwd) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
        Ok(_) => ".".to_string(),
        Err(_) => match cwd.parent().and_then(|parent| path.strip_prefix(parent).ok()) {
            Some(beside) if cwd.parent().and_then(Path::parent).is_some() => format!("../{}", beside.display()),
            _ => path.display().to_string(),
        },
    };
    shown.replace('\\', "/")
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration can be used.
    Warning,
    /// It cannot.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A place in a file and, perhaps, a word about it. The first label of a diagnostic is its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Bytes of the file's text.
    pub range: Range<usize>,
    /// What is printed beside the marked text; may be empty.
    pub text: String,
}

impl Label {
    /// A label whose range is brought into the text.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>, text: impl Into<String>) -> Self {
        let start = floor_boundary(&file.text, range.start);
        let end = floor_boundary(&file.text, range.end.max(start)).max(start);
        Self { file: Arc::clone(file), range: start..end, text: text.into() }
    }

    /// Line and column of the start, both from 1.
    pub fn position(&self) -> (usize, usize) {
        self.file.position(self.range.start)
    }
}

fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.position();
        let (end_line, end_column) = self.file.position(self.range.end);
        let mut out = serializer.serialize_struct("Label", 8)?;
        out.serialize_field("file", &self.file.name)?;
        out.serialize_field("path", &self.file.path.to_string_lossy())?;
        out.serialize_field("line", &line)?;
        out.serialize_field("column", &column)?;
        out.serialize_field("endLine", &end_line)?;
        out.serialize_field("endColumn", &end_column)?;
        out.serialize_field("text", &self.text)?;
        out.serialize_field("source", &self.file.text.lines().nth(line - 1).unwrap_or_default())?;
        out.end()
    }
}

/// One thing that is wrong, or doubtful, in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for tools and tests: `unknown-key`, `wrong-type`.
    pub code: &'static str,
    /// The sentence, wrangler's where wrangler has one. May have several lines.
    pub message: String,
    /// Where; empty when it is about no file.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a position yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), labels: Vec::new(), help: None }
    }

    /// A warning without a position yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, file: &Arc<SourceFile>, range: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label::new(file, range, text));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// True for an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `error: sentence`, then `--> file:line:column`, then the help. No colours, no source lines.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.message.replace('\n', "\n  "))?;
        if let Some(label) = self.labels.first() {
            let (line, column) = label.position();
            write!(f, "\n  --> {}:{line}:{column}", label.file.name)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {}", help.replace('\n', "\n  "))?;
        }
        Ok(())
    }
}

/// A diagnostic for the terminal: the sentence, each labelled source line with its neighbours of interest, the
/// help. Several lines, no newline at the end.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let mut files: Vec<&Arc<SourceFile>> = Vec::new();
    for label in &diagnostic.labels {
        if !files.iter().any(|file| Arc::ptr_eq(file, &label.file)) {
            files.push(&label.file);
        }
    }
    for file in files {
        let mut snippet = Snippet::source(file.text.as_str()).path(file.name.as_str());
        for (index, label) in diagnostic.labels.iter().enumerate().filter(|(_, label)| Arc::ptr_eq(&label.file, file)) {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(label.range.clone());
            snippet = snippet.annotation(if label.text.is_empty() {
                annotation
            } else {
                annotation.label(label.text.as_str())
            });
        }
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(RENDER_WIDTH).render(&[group])
}

/// Several diagnostics for the terminal, a blank line between them.
pub fn render_all<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>, colour: bool) -> String {
    let rendered: Vec<String> = diagnostics.into_iter().map(|diagnostic| render(diagnostic, colour)).collect();
    rendered.join("\n\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(text: &str) -> Arc<SourceFile> {
        SourceFile::new(Path::new("/w/a/wrangler.toml"), Path::new("/w/a"), text.to_string())
    }

    #[test]
    fn positions_count_characters_from_one() {
        let file = file("é = 1\nab\n");
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(3), (1, 3));
        assert_eq!(file.position(7), (2, 1));
        assert_eq!(file.position(999), (3, 1));
    }

    #[test]
    fn labels_are_brought_into_the_text() {
        let file = file("é");
        let label = Label::new(&file, 1..50, "");
        assert_eq!(label.range, 0..2);
        let past_the_end = 50..60;
        render(&Diagnostic::error("x", "y").at(&file, past_the_end, "z"), true);
    }

    #[test]
    fn paths_are_shown_as_typed() {
        let cwd = Path::new("/w/a");
        assert_eq!(display_path(Path::new("/w/a/b/c"), cwd), "b/c");
        assert_eq!(display_path(Path::new("/w/a"), cwd), ".");
        assert_eq!(display_path(Path::new("/w/b"), cwd), "../b");
        assert_eq!(display_path(Path::new("/x"), cwd), "/x");
    }

    #[test]
    fn renders_with_snippet_and_help() {
        let file = file("name = 1\nmain = 'x'\n");
        let diagnostic = Diagnostic::error("wrong-type", "Expected \"name\" to be of type string but got 1.")
            .at(&file, 7..8, "a number")
            .at(&file, 0..4, "")
            .help("put it in quotes");
        expect_test::expect![[r#"
            error[wrong-type]: Expected "name" to be of type string but got 1.
             --> wrangler.toml:1:8
              |
            1 | name = 1
              | ----   ^ a number
              |
              = help: put it in quotes"#]]
        .assert_eq(&render(&diagnostic, false));
        expect_test::expect![[r#"
            error: Expected "name" to be of type string but got 1.
              --> wrangler.toml:1:8
              help: put it in quotes"#]]
        .assert_eq(&diagnostic.to_string());
        assert!(render(&diagnostic, true).contains("\u{1b}["));
        expect_test::expect![[r#"{"severity":"error","code":"wrong-type","message":"Expected \"name\" to be of type string but got 1.","labels":[{"file":"wrangler.toml","path":"/w/a/wrangler.toml","line":1,"column":8,"endLine":1,"endColumn":9,"text":"a number","source":"name = 1"},{"file":"wrangler.toml","path":"/w/a/wrangler.toml","line":1,"column":1,"endLine":1,"endColumn":5,"text":"","source":"name = 1"}],"help":"put it in quotes"}"#]]
        .assert_eq(&serde_json::to_string(&diagnostic).unwrap());
    }
}
