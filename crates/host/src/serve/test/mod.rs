//! `lopata test`: runs the `test` handlers of a configuration, one after the other.
//!
//! Two halves, because V8 takes its flags only before it starts: [`prepare`] reads the command line and the
//! configuration and starts no thread, [`run`] does the rest.

mod args;
mod expectations;
mod filter;
mod report;
mod runner;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

pub use args::{Reporter, TestArgs, spell_out};
use lopata_guest::EngineOptions;

use self::expectations::Expectations;
use self::filter::Filter;
use self::report::Report;
use self::runner::Run;
use super::config::{self, Failed, Loaded};
use super::graph;

/// Why a test run does not begin.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The current directory is gone, or no directory.
    #[error("The current directory cannot be read: {0}")]
    Cwd(std::io::Error),
    /// A flag that lopata does not have.
    #[error("{0}")]
    Refused(String),
    /// The second argument is no filter. Source: workerd's text.
    #[error(transparent)]
    Filter(#[from] filter::FilterError),
    /// The file of `--expectations` cannot be used.
    #[error(transparent)]
    Expectations(#[from] expectations::ExpectationsError),
}

/// A test run that can begin once V8 has.
pub struct Prepared {
    args: TestArgs,
    cwd: PathBuf,
    filter: Filter,
    expectations: Expectations,
    loaded: Result<Loaded, Failed>,
    /// When the configuration began to be read.
    since: SystemTime,
}

/// Reads everything that a run needs.
pub fn prepare(args: TestArgs) -> Result<Prepared, TestError> {
    let cwd = std::env::current_dir().map_err(TestError::Cwd)?;
    if let Some(sentence) = args.refused() {
        return Err(TestError::Refused(sentence));
    }
    let filter = Filter::parse(args.filter.as_deref().unwrap_or("*"))?;
    let mut expectations = Expectations::default();
    for path in &args.expectations {
        expectations.read(&cwd.join(path), &cwd.join(&args.file))?;
    }
    let (directories, externals) = args.overrides().map_err(TestError::Refused)?;
    let since = SystemTime::now();
    let loaded = config::load(&config::Options {
        file: args.file.clone(),
        cwd: cwd.clone(),
        import_paths: args.import_path.clone(),
        const_name: filter.const_name.clone(),
        compat_date: args.compat_date.clone(),
        experimental: args.experimental,
        directories,
        externals,
    });
    Ok(Prepared { args, cwd, filter, expectations, loaded, since })
}

impl Prepared {
    /// What V8 has to be started with.
    pub fn engine(&self) -> EngineOptions {
        let mut v8_flags: Vec<String> = match &self.loaded {
            Ok(loaded) => loaded.config.v8_flags.iter().map(|flag| flag.to_string()).collect(),
            Err(_) => Vec::new(),
        };
        if self.args.predictable {
            v8_flags.push("--expose-gc".to_string());
        }
        EngineOptions { v8_flags, gc_stress: self.args.gc_stress, predictable: self.args.predictable }
    }
}

/// Runs the tests, and with `--watch` again after each change. The result is the exit code.
pub async fn run(prepared: Prepared) -> i32 {
    let Prepared { args, cwd, filter, expectations, loaded, since } = prepared;
    let report = Arc::new(Report::new(args.reporter, !args.no_verbose));
    let files = match &loaded {
        Ok(loaded) => loaded.files.clone(),
        Err(failed) => failed.files.clone(),
    };
    let passed = match loaded {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                report.problem(&config::one_line(warning));
            }
            let options = graph::Options { compat_date: args.compat_date.clone(), cwd };
            let run = Run { report: report.clone(), filter, expectations, limit: args.timeout };
            run.all(&loaded.config, options).await
        }
        Err(failed) => {
            for diagnostic in &failed.diagnostics {
                report.problem(&config::one_line(diagnostic));
            }
            if args.watch {
                report.problem("Can't start server due to config errors, waiting for config files to change...");
            }
            false
        }
    };
    if !passed {
        report.problem("Tests failed!");
    }
    if args.watch {
        let error: Box<dyn std::error::Error> = match watch::changed(&files, since).await {
            Ok(()) => Box::new(watch::start_again()),
            Err(error) => Box::new(error),
        };
        report.problem(&error.to_string());
        return 1;
    }
    i32::from(!passed)
}
