//! The configuration of `test` and `serve`: workerd's, as text of Cap'n Proto or as JSON; or a wrangler project's.
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
mod wrangler;

use std::path::{Path, PathBuf};

use crate::config::Diagnostic;
use crate::config::read::Format;
use files::{FileError, Files};
use report::Report;

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
    let read = match Format::of(&path) {
        Some(Format::Toml) => read_wrangler(&path, options, files, report),
        Some(Format::Json) => read_json(&path, options, files, report),
        // Everything that is not known to be something else is Cap'n Proto text.
        None => capnp::read(&path, options.const_name.as_deref(), files, report).map(|read| {
            let (const_name, value) = read?;
            Some((const_name, build::config(&value, report)?))
        }),
    };
    let (const_name, mut config) = match read {
        Ok(read) => read?,
        Err(error) => {
            report.push(unreadable(&options.file, &error));
            return None;
        }
    };
    // What could not be read would be missed everywhere.
    if report.errors() == 0 {
        check::check(&mut config, options, report);
    }
    Some((const_name, config))
}

fn read_json(
    path: &Path,
    options: &Options,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<(String, Config)>, FileError> {
    let Some((file, root)) = json::parse(path, files, report)? else { return Ok(None) };
    if root.as_object().is_some_and(|object| wrangler::is_one(path, object)) {
        return read_wrangler(path, options, files, report);
    }
    no_constants(options, report);
    let value = json::config(&file, &root, files, report);
    Ok(value.and_then(|value| Some((String::new(), build::config(&value, report)?))))
}

fn read_wrangler(
    path: &Path,
    options: &Options,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<(String, Config)>, FileError> {
    no_constants(options, report);
    Ok(wrangler::read(path, options, files, report)?.map(|config| (String::new(), config)))
}

fn no_constants(options: &Options, report: &mut Report) {
    if options.const_name.is_some() {
        report.push(Diagnostic::error("choice", "Only a configuration in Cap'n Proto has constants to choose from."));
    }
}

/// The configuration file itself cannot be read.
fn unreadable(file: &Path, error: &FileError) -> Diagnostic {
    Diagnostic::error("unreadable", format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests;
