//! `lopata d1 execute <database> --command … | --file …`: SQL as one transaction.
//!
//! A file is in memory once; its statements go to the database one by one.

use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use lopata_protocol::d1::{D1Result, D1Statement};
use lopata_storage::D1Store;
use serde_json::json;

use super::script::{Script, Statement};
use super::{D1CliError, D1Context, output};
use crate::cli::console::Console;
use crate::cli::files;
use crate::cli::local::LocalFlags;
use crate::cli::progress::{Progress, Unit};

/// How a database file starts.
const SQLITE_HEADER: &[u8] = b"SQLite format 3";

/// The arguments of `execute`.
#[derive(Debug, Args)]
#[command(after_help = "You must provide either --command or --file for this command to run successfully.")]
pub struct Execute {
    /// The name or binding of the DB
    pub database: String,
    /// The SQL query you wish to execute, or multiple queries separated by ';'
    #[arg(long, value_name = "SQL", allow_hyphen_values = true)]
    command: Option<String>,
    /// A .sql file to ingest
    #[arg(long)]
    file: Option<PathBuf>,
    /// Answer "yes" to any prompts
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide_possible_values = true)]
    yes: Option<bool>,
    /// Return output as JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    json: bool,
    /// Execute commands/files against a preview D1 database
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    preview: bool,
    #[command(flatten)]
    pub flags: LocalFlags,
}

impl Execute {
    /// Carries it out. With `--json`, an error is JSON, too.
    pub fn run(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        match self.execute(context, console) {
            Err(error) if self.json && !matches!(error, D1CliError::Output(_)) => {
                let (text, notes) = match &error {
                    D1CliError::Refused { error, place } => (error.to_string(), place.as_ref()),
                    other => (other.to_string(), None),
                };
                let mut told = json!({ "error": { "text": text } });
                if let Some(place) = notes {
                    told["error"]["notes"] = json!([{ "text": place }]);
                }
                console.line(format_args!("\n{told:#}"))?;
                Err(D1CliError::Told)
            }
            done => done,
        }
    }

    fn execute(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        if !self.json {
            console.location()?;
        }
        let command = self.command.as_deref().filter(|command| !command.is_empty());
        let file = self.file.as_deref().filter(|file| !file.as_os_str().is_empty());
        if self.flags.local == Some(true) && self.flags.remote == Some(true) {
            return Err(D1CliError::LocalAndRemote);
        }
        self.flags.check()?;
        let (sql, file) = match (command, file) {
            (Some(_), Some(_)) => return Err(D1CliError::TooMuchToDo),
            (None, None) => return Err(D1CliError::NothingToDo),
            (Some(command), None) => (command.to_string(), None),
            (None, Some(file)) => {
                let bytes = files::read(file, &context.cwd).map_err(|_| D1CliError::NoFile(file.to_owned()))?;
                if bytes.starts_with(SQLITE_HEADER) {
                    return Err(D1CliError::Binary);
                }
                (files::decode(file, bytes)?, Some(file))
            }
        };
        let database = context.find(&self.database)?;
        if self.preview && database.configured.is_some_and(|configured| configured.preview_database_id.is_none()) {
            return Err(D1CliError::NoPreview(context.config_name));
        }
        if !self.json {
            database.announce("Executing on", context, console)?;
        }
        let script = Script::new(sql)?;
        let results = carry_out(&script, file, &mut database.open(context)?)?;
        if !self.json {
            print_count(results.len(), console)?;
        }
        if console.kind.out_is_terminal && !self.json {
            output::print_tables(&results, console)?;
        } else {
            output::print_json(&results, console.out)?;
        }
        Ok(())
    }
}

/// The line that says how many statements went well.
pub fn print_count(count: usize, console: &mut Console<'_>) -> io::Result<()> {
    console.line(format_args!("🚣 {count} command{} executed successfully.", if count == 1 { "" } else { "s" }))
}

/// Carries out all statements, or none.
fn carry_out(script: &Script, file: Option<&Path>, store: &mut D1Store) -> Result<Vec<D1Result>, D1CliError> {
    let fail = |statement: &Statement<'_>, error| {
        let place = file.map(|file| format!("{}:{}", file.display(), script.line_of(statement.start)));
        D1CliError::Refused { error, place }
    };
    let mut statements = script.statements().peekable();
    let first = statements.next().expect("a script has a statement");
    if statements.peek().is_none() {
        // Whether it is a statement at all is for the database to say.
        let is_one = script.split().next().is_some();
        return store
            .query(&[D1Statement::new(&*first.sql)])
            .map_err(|error| if is_one { fail(&first, error) } else { error.into() });
    }
    let mut progress = Progress::new("Executing", Unit::Bytes, Some(script.len() as u64));
    let mut transaction = store.transaction()?;
    let mut results = Vec::new();
    for statement in std::iter::once(first).chain(statements) {
        let result = transaction.run(&D1Statement::new(&*statement.sql)).map_err(|error| fail(&statement, error))?;
        results.push(result);
        progress.reach(statement.end as u64);
    }
    transaction.commit()?;
    Ok(results)
}
