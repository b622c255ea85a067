//! `lopata d1 export <database> --output …`: the statements that make a database anew.
//!
//! The file appears when it is complete. It is written beside its place first, unless that is a device or a pipe.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{ArgAction, Args};
use lopata_protocol::d1::D1ExportOptions;
use lopata_storage::D1Store;
use lopata_storage::d1::export::ExportError;

use super::{D1CliError, D1Context};
use crate::cli::console::Console;
use crate::cli::local::LocalFlags;
use crate::cli::progress::{Progress, Unit};

/// The arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The name or binding of the D1 database to export
    pub name: String,
    /// Path to the SQL file for your export
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Specify which tables to include in export
    #[arg(long, num_args = 1..)]
    table: Vec<String>,
    /// Only output table contents, not the DB schema: --no-schema
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    schema: bool,
    /// Only output table schema, not the contents: --no-data
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    data: bool,
    /// Skip confirmation
    #[arg(short = 'y', long, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set, hide_possible_values = true)]
    skip_confirmation: Option<bool>,
    #[command(flatten)]
    pub flags: LocalFlags,
}

impl Export {
    /// Carries it out.
    pub fn run(&self, context: &D1Context<'_>, console: &mut Console<'_>) -> Result<(), D1CliError> {
        console.location()?;
        self.flags.check()?;
        if !self.schema && !self.data {
            return Err(D1CliError::NothingToExport);
        }
        let target = context.cwd.join(&self.output);
        if target.is_dir() {
            return Err(D1CliError::OutputIsFolder);
        }
        let database = context.find(&self.name)?;
        database.announce("Exporting", context, console)?;
        console.line(format_args!("🌀 Exporting SQL to {}...", self.output.display()))?;
        console.out.flush()?;
        self.write(&mut database.open(context)?, target)?;
        Ok(console.line("Done!")?)
    }

    fn write(&self, store: &mut D1Store, target: PathBuf) -> Result<(), D1CliError> {
        let failed = |source| D1CliError::Write { path: self.output.clone(), source };
        let is_special = fs::metadata(&target).is_ok_and(|found| !found.is_file());
        let draft = match target.file_name() {
            Some(name) if !is_special => {
                let mut draft = name.to_os_string();
                draft.push(format!(".{}.tmp", std::process::id()));
                target.with_file_name(draft)
            }
            _ => target.clone(),
        };
        let file = if is_special { File::options().write(true).open(&draft) } else { File::create(&draft) };
        let mut out = BufWriter::new(file.map_err(failed)?);
        let exported = self.statements(store, &mut out).and_then(|()| out.flush().map_err(ExportError::Output));
        let moved = exported.and_then(|()| {
            if draft == target { Ok(()) } else { fs::rename(&draft, &target).map_err(ExportError::Output) }
        });
        if moved.is_err() && draft != target {
            // What is left of it is of no use; that it is left, too.
            let _ = fs::remove_file(&draft);
        }
        moved.map_err(|error| match error {
            ExportError::Database(error) => error.into(),
            ExportError::Output(error) => failed(error),
        })
    }

    fn statements(&self, store: &mut D1Store, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut progress = Progress::new("Exporting", Unit::Bytes, None);
        let options = D1ExportOptions { no_schema: !self.schema, no_data: !self.data, tables: self.table.clone() };
        let mut first = true;
        store.export_to(&options, &mut |statement| -> io::Result<()> {
            if !std::mem::take(&mut first) {
                out.write_all(b"\n")?;
            }
            out.write_all(statement.as_bytes())?;
            progress.advance(statement.len() as u64 + 1);
            Ok(())
        })
    }
}
