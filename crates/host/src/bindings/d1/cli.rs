//! `lopata d1 execute|export|migrations …`: works on the local data of a D1 database.
//!
//! Takes wrangler's arguments and prints wrangler's lines. Opens the database itself: it may run beside a server, which
//! sees each change with its next statement, and which it waits for (as the server waits for it) instead of failing.
//!
//! Owns which database is meant and the texts of mistakes; [`execute`], [`export`] and [`migrations`] own their
//! commands. Finding the configuration is up to the caller.

mod execute;
mod export;
mod migrations;
mod output;
mod script;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use lopata_protocol::d1::D1Error;
use lopata_storage::{Clock, D1Store, PersistRoot, StoreError};

use crate::cli::console::Console;
use crate::cli::files::FileError;
use crate::cli::local::{LocalFlags, NotLocal};
use crate::config::D1Database;

/// Works on the local data of D1 databases.
#[derive(Debug, Args)]
pub struct D1Args {
    #[command(subcommand)]
    command: D1Command,
}

#[derive(Debug, Subcommand)]
enum D1Command {
    /// Execute a command or SQL file
    Execute(execute::Execute),
    /// Export the contents or schema of your database as a .sql file
    Export(export::Export),
    /// Interact with D1 migrations
    Migrations {
        #[command(subcommand)]
        command: migrations::MigrationsCommand,
    },
    /// Not available: there is nothing to create, a local database is made when it is first used
    #[command(hide = true)]
    Create(Elsewhere),
    /// Not available: about databases in production
    #[command(hide = true)]
    List(Elsewhere),
    /// Not available: about databases in production
    #[command(hide = true)]
    Info(Elsewhere),
    /// Not available: about databases in production
    #[command(hide = true)]
    Delete(Elsewhere),
    /// Not available: about databases in production
    #[command(hide = true)]
    Insights(Elsewhere),
    /// Not available: about databases in production
    #[command(hide = true)]
    TimeTravel(Elsewhere),
}

/// The arguments of a command that only production has.
#[derive(Debug, Args)]
pub struct Elsewhere {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<String>,
}

/// Why a command did not do its work. Printed as it is; the exit code is 1.
#[derive(Debug, thiserror::Error)]
pub enum D1CliError {
    /// The data that is meant is not here.
    #[error(transparent)]
    NotLocal(#[from] NotLocal),
    /// A command that works on production only.
    #[error(
        "`d1 {0}` is about databases in production, which lopata does not reach. Use wrangler for it.\nA local database is made when it is first used, by a worker or by `lopata d1 execute`."
    )]
    Elsewhere(&'static str),
    /// No database of this name.
    #[error("Couldn't find a D1 DB with the name or binding '{name}' in your {config} file.{}", have(configured))]
    Unknown {
        /// As the user gave it.
        name: String,
        /// The configuration's name.
        config: &'static str,
        /// The databases there are.
        configured: Vec<String>,
    },
    /// Migrations without a configuration that says where they are.
    #[error("No configuration file found. Create a wrangler.jsonc file to define your D1 database.")]
    NoConfig,
    /// `--preview` for a database that has no other id for it.
    #[error(
        "Please define a `preview_database_id` in your {0} file to execute your queries against a preview database"
    )]
    NoPreview(&'static str),
    /// Neither `--command` nor `--file`.
    #[error("Error: must provide --command or --file.")]
    NothingToDo,
    /// Both.
    #[error("Error: can't provide both --command and --file.")]
    TooMuchToDo,
    /// `--local` and `--remote`.
    #[error("Error: can't use --local and --remote at the same time")]
    LocalAndRemote,
    /// `--file` names nothing that can be read.
    #[error("Unable to read SQL text file \"{}\". Please check the file path and try again.", .0.display())]
    NoFile(PathBuf),
    /// `--file` is a database.
    #[error(
        "Provided file is a binary SQLite database file instead of an SQL text file. The execute command can only process SQL text files. Please export an SQL file from your SQLite database and try again."
    )]
    Binary,
    /// The SQL has transactions of its own.
    #[error(transparent)]
    Transactions(#[from] script::SeveralTransactions),
    /// The database refuses a statement.
    #[error("{error}{}", note(place))]
    Refused {
        /// Why.
        error: D1Error,
        /// The file's line; non-null exactly for a statement of a file.
        place: Option<String>,
    },
    /// `--no-schema` and `--no-data`.
    #[error("You cannot specify both --no-schema and --no-data")]
    NothingToExport,
    /// `--output` is a folder.
    #[error("Please specify a file path for --output, not a directory.")]
    OutputIsFolder,
    /// `--output` cannot be written.
    #[error("Could not write file: {}\n{source}", path.display())]
    Write {
        /// As the user gave it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no folder of migrations.
    #[error("No migrations present at {}.", .0.display())]
    NoMigrations(PathBuf),
    /// The pattern of migrations is no pattern.
    #[error("The `migrations_pattern` \"{pattern}\" is not a pattern: {error}")]
    Pattern {
        /// As configured.
        pattern: String,
        /// What is wrong with it.
        error: String,
    },
    /// A name that would put a migration elsewhere.
    #[error("The message of a migration becomes part of a file's name, so it cannot contain \"{0}\".")]
    Message(char),
    /// The folder of migrations cannot be read or written.
    #[error("Could not use the migrations at {}\n{source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    /// The error was printed where it belongs, as JSON.
    #[error("")]
    Told,
}

impl From<D1Error> for D1CliError {
    fn from(error: D1Error) -> Self {
        Self::Refused { error, place: None }
    }
}

fn have(configured: &[String]) -> String {
    if configured.is_empty() { String::new() } else { format!("\nIt has: {}", configured.join(", ")) }
}

fn note(place: &Option<String>) -> String {
    place.as_ref().map(|place| format!("\n{place}")).unwrap_or_default()
}

/// What a command works with, besides its arguments.
pub struct D1Context<'a> {
    /// The `d1_databases` of the configuration; empty when there is none.
    pub databases: &'a [D1Database],
    /// The configuration's file.
    pub config_path: Option<&'a Path>,
    /// The configuration's name in errors.
    pub config_name: &'static str,
    /// Where the data is.
    pub root: PersistRoot,
    /// What paths of the command line are relative to.
    pub cwd: PathBuf,
    /// The time.
    pub clock: Clock,
}

impl D1Args {
    /// `--local`, `--remote` and `--persist-to`; `None` for a command that needs no data.
    pub fn flags(&self) -> Option<&LocalFlags> {
        match &self.command {
            D1Command::Execute(execute) => Some(&execute.flags),
            D1Command::Export(export) => Some(&export.flags),
            D1Command::Migrations { command } => command.flags(),
            _ => None,
        }
    }

    /// What the command calls its database; `None` for a command that is not about one.
    pub fn database(&self) -> Option<&str> {
        match &self.command {
            D1Command::Execute(execute) => Some(&execute.database),
            D1Command::Export(export) => Some(&export.name),
            _ => None,
        }
    }
}

/// Carries out a command. A reader that closes the pipe early is not an error.
pub fn run(args: &D1Args, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
    let done = match &args.command {
        D1Command::Execute(execute) => execute.run(context, console),
        D1Command::Export(export) => export.run(context, console),
        D1Command::Migrations { command } => command.run(context, console),
        D1Command::Create(_) => Err(D1CliError::Elsewhere("create")),
        D1Command::List(_) => Err(D1CliError::Elsewhere("list")),
        D1Command::Info(_) => Err(D1CliError::Elsewhere("info")),
        D1Command::Delete(_) => Err(D1CliError::Elsewhere("delete")),
        D1Command::Insights(_) => Err(D1CliError::Elsewhere("insights")),
        D1Command::TimeTravel(_) => Err(D1CliError::Elsewhere("time-travel")),
    };
    match done.and_then(|()| Ok(console.out.flush()?)) {
        Err(D1CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// The database that an argument means.
#[derive(Clone, Debug)]
struct Database<'a> {
    /// As the user called it.
    name: &'a str,
    id: String,
    /// Non-null exactly when it is configured.
    configured: Option<&'a D1Database>,
}

impl<'a> D1Context<'a> {
    /// The database called `name`: by its name or binding as in wrangler, or by one of its ids. An id that no
    /// configuration knows means the data that is there under it.
    fn find(&self, name: &'a str) -> Result<Database<'a>, D1CliError> {
        let by = |is: &dyn Fn(&D1Database) -> bool| self.databases.iter().find(|database| is(database));
        let some = Some(name);
        let configured = by(&|database| database.database_name.as_deref() == some || database.binding == name)
            .or_else(|| by(&|one| one.database_id.as_deref() == some || one.preview_database_id.as_deref() == some));
        if let Some(configured) = configured {
            return Ok(Database { name, id: configured.local_id().to_string(), configured: Some(configured) });
        }
        if self.root.d1_database(name).is_file() {
            return Ok(Database { name, id: name.to_string(), configured: None });
        }
        let shown = |database: &D1Database| match &database.database_name {
            Some(name) => format!("{name} (binding {})", database.binding),
            None => database.binding.clone(),
        };
        let configured = self.databases.iter().map(shown).collect();
        Err(D1CliError::Unknown { name: name.to_string(), config: self.config_name, configured })
    }

    /// Where the files of databases are, for people.
    fn folder(&self) -> String {
        readable(&self.root.path().join("d1"), &self.cwd)
    }
}

impl Database<'_> {
    fn open(&self, context: &D1Context<'_>) -> Result<D1Store, D1CliError> {
        let mut store = D1Store::open(context.root.path(), &self.id)?;
        // Nothing stops a statement here; but with a watcher, it waits as long for a server as that for it.
        store.watch(Arc::new(|| false))?;
        Ok(store)
    }

    /// The line that says on what a command works.
    fn announce(&self, doing: &str, context: &D1Context<'_>, console: &mut Console<'_>) -> io::Result<()> {
        let (name, id, folder) = (self.name, &self.id, context.folder());
        console.line(format_args!("🌀 {doing} local database {name} ({id}) from {folder}:"))
    }
}

/// A path as wrangler shows it: relative, and with `./` in front when that is not plain.
fn readable(path: &Path, cwd: &Path) -> String {
    let Ok(relative) = path.strip_prefix(cwd) else { return path.display().to_string() };
    let text = relative.display().to_string();
    if relative.components().count() <= 1 || text.starts_with('.') { text } else { format!("./{text}") }
}

#[cfg(test)]
mod tests;
