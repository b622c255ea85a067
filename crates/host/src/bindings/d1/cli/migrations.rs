//! `lopata d1 migrations create|list|apply`: numbered SQL files, and the table of those that were applied.
//!
//! A migration and the line about it are one transaction: after a failure at any point, the database is as after the
//! migration before. The table is wrangler's, so both continue what the other began.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Subcommand};
use globset::GlobBuilder;
use lopata_protocol::d1::{D1Statement, D1Value};
use lopata_storage::D1Store;

use super::execute::print_count;
use super::script::Script;
use super::{D1CliError, D1Context, Database};
use crate::cli::console::Console;
use crate::cli::files;
use crate::cli::local::LocalFlags;
use crate::cli::table::Table;
use crate::config::D1Database;
use crate::dates;

/// The table of applied migrations when the configuration names none.
const DEFAULT_TABLE: &str = "d1_migrations";

/// The folder of migrations when the configuration names none.
const DEFAULT_FOLDER: &str = "./migrations";

/// Digits of a migration's number.
const NUMBER_DIGITS: usize = 4;

/// What can be done with migrations.
#[derive(Debug, Subcommand)]
pub enum MigrationsCommand {
    /// View a list of unapplied migration files
    List(Which),
    /// Create a new migration
    Create(Create),
    /// Apply any unapplied D1 migrations
    Apply(Which),
}

/// The arguments of `list` and `apply`.
#[derive(Debug, Args)]
pub struct Which {
    /// The name or binding of the DB
    database: String,
    /// Work on a preview D1 DB
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    preview: bool,
    #[command(flatten)]
    flags: LocalFlags,
}

/// The arguments of `create`.
#[derive(Debug, Args)]
pub struct Create {
    /// The name or binding of the DB
    database: String,
    /// The Migration message
    #[arg(allow_negative_numbers = true)]
    message: String,
}

impl MigrationsCommand {
    /// `None` for a command that needs no data.
    pub fn flags(&self) -> Option<&LocalFlags> {
        match self {
            Self::List(which) | Self::Apply(which) => Some(&which.flags),
            Self::Create(_) => None,
        }
    }

    /// Carries it out.
    pub fn run(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        match self {
            Self::List(which) => which.list(context, console),
            Self::Create(create) => create.run(context, console),
            Self::Apply(which) => which.apply(context, console),
        }
    }
}

/// The migrations of one database.
struct Migrations<'a> {
    /// The table of applied ones, as it stands in SQL: wrangler quotes nothing either.
    table: &'a str,
    /// The folder of the files, which names are relative to.
    folder: PathBuf,
    /// The configuration's folder, and the pattern relative to it; `None` for all files of the folder.
    pattern: Option<(PathBuf, &'a str)>,
}

impl Create {
    fn run(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        let config_path = context.config_path.ok_or(D1CliError::NoConfig)?;
        let database = context.find(&self.database)?;
        if let Some(wrong) = self.message.chars().find(|c| matches!(c, '/' | '\\' | '\0')) {
            return Err(D1CliError::Message(wrong));
        }
        let migrations = Migrations::of(database.configured, config_path);
        migrations.check_folder(true, context, console)?;
        let highest = migrations.names()?.iter().filter_map(|name| number_of(name)).max().unwrap_or(0);
        let number = format!("{:0NUMBER_DIGITS$}", highest + 1);
        let name = format!("{number}_{}.sql", self.message.replace(' ', "_"));
        let path = migrations.folder.join(&name);
        let head = format!("-- Migration number: {number} \t {}\n", dates::iso((context.clock)()));
        fs::write(&path, head).map_err(|source| D1CliError::Folder { path: path.clone(), source })?;
        console.line(format_args!("✅ Successfully created Migration '{name}'!\n"))?;
        console.line("The migration is available for editing here")?;
        Ok(console.line(path.display())?)
    }
}

impl Which {
    fn list(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        let (migrations, database) = self.migrations(context, console)?;
        let open = migrations.unapplied(&mut database.open(context)?)?;
        if open.is_empty() {
            return Ok(console.line("✅ No migrations to apply!")?);
        }
        let mut table = Table::new(["Name"]);
        open.iter().for_each(|name| table.row([name]));
        console.line("Migrations to be applied:")?;
        Ok(console.table(&table)?)
    }

    fn apply(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        let (migrations, database) = self.migrations(context, console)?;
        let mut store = database.open(context)?;
        let mut open = migrations.unapplied(&mut store)?;
        open.sort_by(|a, b| by_number(a, b));
        if open.is_empty() {
            return Ok(console.line("✅ No migrations to apply!")?);
        }
        let mut table = Table::new(["name"]);
        open.iter().for_each(|name| table.row([name]));
        console.line("Migrations to be applied:")?;
        console.table(&table)?;
        let question = format!(
            "About to apply {} migration(s)\nYour database may not be available to serve requests during the migration, \
             continue?",
            open.len()
        );
        if !console.confirm(&question)? {
            return Ok(());
        }
        let mut states: Vec<(String, &str)> = open.into_iter().map(|name| (name, "🕒️")).collect();
        for index in 0..states.len() {
            let name = states[index].0.clone();
            database.announce("Executing on", context, console)?;
            let applied = migrations.apply(&name, &mut store, context);
            if let Ok(count) = applied {
                print_count(count, console)?;
            }
            states[index].1 = if applied.is_ok() { "✅" } else { "❌" };
            let mut table = Table::new(["name", "status"]);
            states.iter().for_each(|(name, state)| table.row([name.as_str(), state]));
            console.table(&table)?;
            if let Err(error) = applied {
                console.error(format_args!("Migration {name} failed with the following errors:"))?;
                return Err(error);
            }
        }
        Ok(())
    }

    fn migrations<'a>(
        &'a self,
        context: &'a D1Context<'_>,
        console: &mut Console<'_>,
    ) -> Result<(Migrations<'a>, Database<'a>), D1CliError> {
        console.location()?;
        if self.flags.local == Some(true) && self.flags.remote == Some(true) {
            return Err(D1CliError::LocalAndRemote);
        }
        self.flags.check()?;
        let config_path = context.config_path.ok_or(D1CliError::NoConfig)?;
        let database = context.find(&self.database)?;
        if self.preview && database.configured.is_some_and(|configured| configured.preview_database_id.is_none()) {
            return Err(D1CliError::NoPreview(context.config_name));
        }
        let migrations = Migrations::of(database.configured, config_path);
        migrations.check_folder(false, context, console)?;
        Ok((migrations, database))
    }
}

impl<'a> Migrations<'a> {
    fn of(database: Option<&'a D1Database>, config_path: &Path) -> Self {
        fn set(text: &Option<String>) -> Option<&str> {
            text.as_deref().filter(|text| !text.is_empty())
        }
        let base = config_path.parent().unwrap_or(Path::new("")).to_path_buf();
        let folder = database.and_then(|database| set(&database.migrations_dir)).unwrap_or(DEFAULT_FOLDER);
        let pattern = database.and_then(|database| set(&database.migrations_pattern));
        Self {
            table: database.and_then(|database| set(&database.migrations_table)).unwrap_or(DEFAULT_TABLE),
            folder: base.join(folder).components().collect(),
            pattern: pattern.map(|pattern| (base, pattern)),
        }
    }

    /// Makes sure that there is a folder: makes it if that is wanted, or says that there is none.
    fn check_folder(&self, make: bool, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        if self.folder.exists() {
            return Ok(());
        }
        let folder = self.folder.display();
        let is_default = self.folder.file_name().is_some_and(|name| name == "migrations");
        let hint = format!(" Set `migrations_dir` in your {} file to choose a different path.", context.config_name);
        let warning = format!("No migrations folder found.{}", if is_default { hint.as_str() } else { "" });
        if make && console.confirm(&format!("{warning}\nOk to create {folder}?"))? {
            return fs::create_dir_all(&self.folder).map_err(|source| self.unusable(source));
        }
        console.warning(warning)?;
        Err(D1CliError::NoMigrations(self.folder.clone()))
    }

    fn unusable(&self, source: io::Error) -> D1CliError {
        D1CliError::Folder { path: self.folder.clone(), source }
    }

    /// The names of all migrations there are, in their order: paths relative to the folder, with slashes.
    fn names(&self) -> Result<Vec<String>, D1CliError> {
        let mut names = match &self.pattern {
            Some((base, pattern)) => self.matching(base, pattern)?,
            None => fs::read_dir(&self.folder)
                .and_then(|entries| {
                    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
                })
                .map(|names: Vec<String>| names.into_iter().filter(|name| name.ends_with(".sql")).collect())
                .map_err(|source| self.unusable(source))?,
        };
        names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
        Ok(names)
    }

    /// The files below the configuration's folder that the pattern means.
    fn matching(&self, base: &Path, pattern: &str) -> Result<Vec<String>, D1CliError> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| D1CliError::Pattern { pattern: pattern.to_string(), error: error.kind().to_string() })?
            .compile_matcher();
        // What comes before the first special character says where to look.
        let fixed = pattern.find(['*', '?', '[', '{']).map_or(pattern, |at| &pattern[..at]);
        let start = base.join(fixed.rsplit_once('/').map_or("", |(folder, _)| folder));
        let walk = ignore::WalkBuilder::new(start).standard_filters(false).build();
        let mut names = Vec::new();
        for entry in walk {
            let entry = entry.map_err(|error| self.unusable(io::Error::other(error)))?;
            let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
            let path = entry.path();
            if is_file && path.strip_prefix(base).is_ok_and(|relative| matcher.is_match(relative)) {
                names.push(relative_to(path, &self.folder));
            }
        }
        Ok(names)
    }

    /// The names of the migrations that are not in the table, which is made when there is none.
    fn unapplied(&self, store: &mut D1Store) -> Result<Vec<String>, D1CliError> {
        let table = self.table;
        // The text is wrangler's: it is what the schema of a database shows.
        let make = format!(
            "CREATE TABLE IF NOT EXISTS {table}(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       \
             TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);"
        );
        store.query(&[D1Statement::new(make)])?;
        let applied = store.query(&[D1Statement::new(format!("SELECT name FROM {table} ORDER BY id"))])?;
        let is_applied = |name: &String| {
            applied
                .iter()
                .flat_map(|result| &result.cells)
                .any(|cell| matches!(cell, D1Value::Text(known) if known == name))
        };
        Ok(self.names()?.into_iter().filter(|name| !is_applied(name)).collect())
    }

    /// Applies one migration; gives the number of statements, that about it included.
    fn apply(&self, name: &str, store: &mut D1Store, context: &D1Context<'_>) -> Result<usize, D1CliError> {
        let path = self.folder.join(name);
        let script = Script::new(files::read_text(&path, &context.cwd)?)?;
        let mut transaction = store.transaction()?;
        let mut count = 0;
        for statement in script.split() {
            transaction.run(&D1Statement::new(&*statement.sql)).map_err(|error| {
                let line = script.line_of(statement.start);
                D1CliError::Refused { error, place: Some(format!("{}:{line}", super::readable(&path, &context.cwd))) }
            })?;
            count += 1;
        }
        let sql = format!("INSERT INTO {} (name) values (?)", self.table);
        transaction.run(&D1Statement { sql, params: vec![D1Value::Text(name.to_string())] })?;
        transaction.commit()?;
        Ok(count + 1)
    }
}

/// A path as the table names it.
fn relative_to(path: &Path, folder: &Path) -> String {
    let text = |path: &Path| path.to_string_lossy().replace('\\', "/");
    if let Ok(below) = path.strip_prefix(folder) {
        return text(below);
    }
    let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(folder.components().count() - common);
    format!("{up}{}", text(&path.components().skip(common).collect::<PathBuf>()))
}

/// The number that a name starts with.
fn number_of(name: &str) -> Option<u64> {
    let digits = name.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// By number; names without one come last, by name.
fn by_number(a: &str, b: &str) -> Ordering {
    let key = |name: &str| number_of(name).map_or((1, 0), |number| (0, number));
    key(a).cmp(&key(b))
}
