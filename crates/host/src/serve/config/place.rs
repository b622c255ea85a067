//! Places in the files of a configuration, and values that know theirs.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::config::SourceFile;

/// A piece of a file's text. Cheap to clone.
#[derive(Clone)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Bytes of the file's text.
    pub range: Range<usize>,
}

impl Place {
    /// Some bytes of a file.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Self {
        Self { file: Arc::clone(file), range }
    }
}

/// `file:line:column`, and `-column` of the end if that is in the same line. Lines and columns count from 1,
/// columns in characters.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.file.position(self.range.start);
        let (end_line, end_column) = self.file.position(self.range.end);
        write!(f, "{}:{line}:{column}", self.file.name)?;
        if end_line == line && end_column > column { write!(f, "-{end_column}") } else { Ok(()) }
    }
}

/// As it is shown: the texts of whole files are of no use in a log.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value and where the configuration says it.
#[derive(Clone)]
pub struct Located<T> {
    /// What is said.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Located<T> {
    /// A value that is said at `place`.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), place: self.place }
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The value alone.
impl<T: fmt::Debug> fmt::Debug for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// The value alone.
impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
