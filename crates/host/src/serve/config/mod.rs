//! The configuration of `test` and `serve`: workerd's, as text of Cap'n Proto or as JSON.
//!
//! [`load`] is the entry. A form is read into values by the table of [`schema`], `build` makes the [`model`] of them,
//! `check` says what is wrong with that.
//! Each value knows its [`place`], so that whoever refuses one can say where it stands.
//!
//! Invariant: no file, however hostile, does more than fail with a place. Sizes, depth and the number of parts are
//! bounded.

mod build;
mod capnp;
mod check;
mod files;
mod json;
pub mod model;
pub mod place;
mod report;
pub mod schema;
mod value;

use std::path::{Path, PathBuf};

use crate::config::Diagnostic;
use crate::config::read::Format;
use files::{FileError, Files};
use report::Report;
use value::Value;

pub use model::Config;
pub use place::{Located, Place};
pub use report::one_line;

/// What is to be read, and under which conditions.
#[derive(Clone, Debug, Default)]
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
    /// Folders of disk services by their names (`--directory-path`).
    pub directories: Vec<(String, String)>,
    /// Addresses of external services by their names (`--external-addr`).
    pub externals: Vec<(String, String)>,
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

/// Reads a configuration, and checks what can be checked without running it.
pub fn load(options: &Options) -> Result<Loaded, Failed> {
    let mut files = Files::new(&options.cwd, &options.import_paths);
    let mut report = Report::default();
    let read = read(options, &mut files, &mut report);
    let files = files.into_seen();
    match read {
        Some((const_name, config)) if report.errors() == 0 => {
            Ok(Loaded { config, const_name, warnings: report.into_diagnostics(), files })
        }
        _ => Err(Failed { diagnostics: report.into_diagnostics(), files }),
    }
}

fn read(options: &Options, files: &mut Files, report: &mut Report) -> Option<(String, Config)> {
    let path = options.cwd.join(&options.file);
    let read = match Form::of(&path) {
        Form::Capnp => capnp::read(&path, options.const_name.as_deref(), files, report),
        Form::Json => read_json(&path, options, files, report),
    };
    let (const_name, value) = match read {
        Ok(read) => read?,
        Err(error) => {
            report.push(unreadable(&options.file, &error));
            return None;
        }
    };
    let mut config = build::config(&value, report)?;
    // What could not be read would be missed everywhere.
    if report.errors() == 0 {
        check::check(&mut config, options, report);
    }
    Some((const_name, config))
}

/// How a configuration is written.
enum Form {
    Capnp,
    Json,
}

impl Form {
    /// By the name: everything that is not known to be something else is Cap'n Proto text.
    fn of(path: &Path) -> Self {
        match Format::of(path) {
            Some(Format::Json) => Self::Json,
            Some(Format::Toml) | None => Self::Capnp,
        }
    }
}

fn read_json(
    path: &Path,
    options: &Options,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<(String, Value)>, FileError> {
    let Some((file, root)) = json::parse(path, files, report)? else { return Ok(None) };
    if options.const_name.is_some() {
        let start = Place::new(&file, 0..0);
        report.error("choice", &start, "A configuration in JSON has no constants to choose from.");
    }
    Ok(json::config(&file, &root, files, report).map(|value| (String::new(), value)))
}

/// The configuration file itself cannot be read.
fn unreadable(file: &Path, error: &FileError) -> Diagnostic {
    Diagnostic::error("unreadable", format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests;
