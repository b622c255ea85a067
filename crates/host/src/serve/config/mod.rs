//! The configuration of `test` and `serve`: workerd's, as text of Cap'n Proto or as JSON.
//!
//! [`model`] is what is read, [`place`] is where it is said.

use std::path::PathBuf;

use crate::config::Diagnostic;

pub mod model;
pub mod place;

pub use model::Config;
pub use place::{Located, Place};

/// What is to be read, and under which conditions.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file, as it was given.
    pub file: PathBuf,
    /// What relative paths of the command line are relative to, and files are shown relative to.
    pub cwd: PathBuf,
    /// Folders for `import "/…"`, in the order in which they are asked.
    pub import_paths: Vec<PathBuf>,
    /// Which of several constants; without one there may be one only.
    pub const_name: Option<String>,
    /// The date of all Workers, which then may have none themselves (`--compat-date`).
    pub compat_date: Option<String>,
    /// Whether experimental flags and bindings may be used (`--experimental`).
    pub experimental: bool,
}

/// A configuration that can be run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The constant it is; empty for a file that is no Cap'n Proto text.
    pub const_name: String,
    /// What is doubtful about it.
    pub warnings: Vec<Diagnostic>,
    /// Every file that it is made of, and those that were looked for: a change of any may change it.
    pub files: Vec<PathBuf>,
}

/// A configuration that cannot be run.
#[derive(Clone, Debug)]
pub struct Failed {
    /// What is wrong, with at least one error.
    pub diagnostics: Vec<Diagnostic>,
    /// As in [`Loaded`]: a change of any may mend it.
    pub files: Vec<PathBuf>,
}
