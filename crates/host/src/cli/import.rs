//! `lopata state import`: copies the state that wrangler has kept so far.
//!
//! Owns the arguments, the places and the summary; what is copied is the business of
//! [`lopata_storage::transfer`]. Either program may run meanwhile.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Subcommand};
use lopata_storage::layout::VERSION_FOLDER;
use lopata_storage::transfer::{Item, Outcome, Transfer, TransferError};
use serde_json::json;

use super::console::Console;
use super::progress::{Progress, Unit};
use super::state::LocalState;
use super::table::Table;

/// Where wrangler keeps its state, beside its configuration.
const WRANGLER_STATE: &str = ".wrangler/state";

/// Where the alarms of a class of Durable Objects are, beside the objects.
const ALARMS_FILE: &str = "metadata.sqlite";

/// Characters of a database's name that are shown: the names are hashes.
const NAME_CHARS: usize = 16;

/// Works on local state as a whole.
#[derive(Debug, Args)]
pub struct StateArgs {
    #[command(subcommand)]
    command: StateCommand,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// Copy the state of wrangler, so that lopata goes on with it
    Import(Import),
}

/// The arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "To share wrangler's state instead of copying it: lopata dev --persist-to .wrangler/state")]
pub struct Import {
    /// The state to copy (default: .wrangler/state beside the configuration)
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Where to (default: .lopata/state beside the configuration)
    #[arg(long, visible_alias = "persist-to", value_name = "DIR")]
    to: Option<PathBuf>,
    /// Replace also what is newer here
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    force: bool,
    /// Only say what would be done
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    dry_run: bool,
    /// Print JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, hide_possible_values = true, hide_default_value = true)]
    json: bool,
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is nothing to import.
    #[error(
        "There is no state of wrangler at {}.\nName its folder with --from. It is `.wrangler/state` beside wrangler's configuration, or what --persist-to said.",
        .0.display()
    )]
    NoSource(PathBuf),
    /// It would be copied into itself.
    #[error(
        "{} is where lopata keeps its state already.\nWith --persist-to, lopata and wrangler share a state, and nothing has to be imported.",
        .0.display()
    )]
    Same(PathBuf),
    /// The source cannot be listed.
    #[error(transparent)]
    Transfer(TransferError),
    /// Some of it was not copied.
    #[error("{0} could not be imported; the rest was.")]
    Incomplete(String),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl StateArgs {
    /// `--to`.
    pub fn persist_to(&self) -> Option<&Path> {
        let StateCommand::Import(import) = &self.command;
        import.to.as_deref()
    }
}

/// Carries out a command.
pub fn run(args: &StateArgs, state: &LocalState, console: &mut Console<'_>) -> Result<(), ImportError> {
    let StateCommand::Import(import) = &args.command;
    match import.run(state, console) {
        Err(ImportError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

impl Import {
    fn run(&self, state: &LocalState, console: &mut Console<'_>) -> Result<(), ImportError> {
        let beside = state.config_path.as_deref().and_then(Path::parent).unwrap_or(&state.cwd);
        let from = match &self.from {
            Some(from) => state.cwd.join(from),
            None => beside.join(WRANGLER_STATE),
        };
        let root = root_in(&from).ok_or_else(|| ImportError::NoSource(from.clone()))?;
        let to = state.root.path().to_owned();
        let number = (0..).find(|number| !aside(&to, *number).exists()).unwrap_or(0);
        let transfer = Transfer {
            from: root.clone(),
            aside: aside(&to, number),
            to: to.clone(),
            force: self.force,
            dry_run: self.dry_run,
        };
        let mut progress = Progress::new("Importing", Unit::Bytes, None);
        let items = transfer.run(&mut |bytes| progress.advance(bytes)).map_err(|error| match error {
            TransferError::NoSource(_) => ImportError::NoSource(from.clone()),
            TransferError::Same { .. } => ImportError::Same(to.clone()),
            error @ TransferError::Read { .. } => ImportError::Transfer(error),
        })?;
        drop(progress);
        let names = names_of(&items, state);
        if self.json {
            self.print_json(&items, &names, console)?;
        } else {
            self.print(&items, &names, [&root, &to, &transfer.aside].map(|path| state.shown(path)), console)?;
        }
        let failed = items.iter().filter(|item| matches!(item.outcome, Outcome::Failed(_))).count();
        if failed > 0 { Err(ImportError::Incomplete(counted(failed, "file"))) } else { Ok(()) }
    }

    fn print(
        &self,
        items: &[Item],
        names: &BTreeMap<PathBuf, String>,
        [from, to, aside]: [String; 3],
        console: &mut Console<'_>,
    ) -> io::Result<()> {
        if items.is_empty() {
            return console.line(format_args!("There is nothing in {from}."));
        }
        let mut table = Table::new(["store", "name", "size", "state"]);
        let is_shown = |item: &&Item| match item.outcome {
            Outcome::Failed(_) => true,
            _ => item.is_database && object_class(item).is_none(),
        };
        for item in items.iter().filter(is_shown) {
            table.row([store_of(item), name_of(item, names), size(item.bytes), said(&item.outcome)]);
        }
        for group in objects(items) {
            let name = format!("{} of {}", counted(group.count, "object"), group.folder);
            table.row([group.store, name, size(group.bytes), said(&group.outcome)]);
        }
        for group in values(items) {
            let name = format!("{} in {}", counted(group.count, "file"), group.folder);
            table.row([group.store, name, size(group.bytes), said(&group.outcome)]);
        }
        console.table(&table)?;
        let copied = |item: &&Item| matches!(item.outcome, Outcome::Copied | Outcome::Replaced);
        let databases = items.iter().filter(copied).filter(|item| item.is_database).count();
        let files = items.iter().filter(copied).filter(|item| !item.is_database).count();
        let bytes = items.iter().filter(copied).map(|item| item.bytes).sum();
        let verb = if self.dry_run { "Would import" } else { "Imported" };
        let (databases, files) = (counted(databases, "database"), counted(files, "file"));
        console.line(format_args!("{verb} {databases} and {files} ({}) from {from} into {to}.", size(bytes)))?;
        if !self.dry_run && items.iter().any(|item| item.outcome == Outcome::Replaced) {
            console.line(format_args!("What was replaced is in {aside}."))?;
        }
        let newer = items.iter().filter(|item| item.outcome == Outcome::KeptNewer).count();
        if newer > 0 {
            let kept = counted(newer, "file");
            console.warning(format!(
                "{kept} that changed here later stayed. With --force, wrangler's take their place."
            ))?;
        }
        Ok(())
    }

    fn print_json(
        &self,
        items: &[Item],
        names: &BTreeMap<PathBuf, String>,
        console: &mut Console<'_>,
    ) -> io::Result<()> {
        let items: Vec<_> = items
            .iter()
            .map(|item| {
                let mut shown = json!({
                    "path": item.path.to_string_lossy(),
                    "store": store_of(item),
                    "database": item.is_database,
                    "bytes": item.bytes,
                    "state": state_of(&item.outcome),
                });
                if let Some(name) = names.get(&item.path) {
                    shown["name"] = json!(name);
                }
                if let Outcome::Failed(why) = &item.outcome {
                    shown["error"] = json!(why);
                }
                shown
            })
            .collect();
        console.line(format_args!("{:#}", json!({ "dryRun": self.dry_run, "items": items })))
    }
}

/// Where replaced data goes, beside the root.
fn aside(root: &Path, number: u32) -> PathBuf {
    let name = if number == 0 { "replaced".to_string() } else { format!("replaced-{number}") };
    root.with_file_name(name).join(root.file_name().unwrap_or_default())
}

/// The root in a folder that is `.wrangler`, its `state`, or the root itself.
fn root_in(folder: &Path) -> Option<PathBuf> {
    let root = [folder.join(VERSION_FOLDER), folder.join("state").join(VERSION_FOLDER)];
    let found = root.into_iter().find(|root| root.is_dir());
    found.or_else(|| {
        (folder.file_name().is_some_and(|name| name == VERSION_FOLDER) && folder.is_dir()).then(|| folder.into())
    })
}

/// The names of databases that are known: their files are called by a hash of them.
fn names_of(items: &[Item], state: &LocalState) -> BTreeMap<PathBuf, String> {
    let root = &state.root;
    let mut names = BTreeMap::new();
    let mut know = |path: PathBuf, name: &str| {
        if let Ok(path) = path.strip_prefix(root.path()) {
            names.entry(path.to_owned()).or_insert_with(|| name.to_string());
        }
    };
    if let Some(config) = &state.config {
        for namespace in &config.kv_namespaces {
            know(root.kv_database(namespace.local_id()), &namespace.binding);
        }
        for database in &config.d1_databases {
            let name = database.database_name.as_ref().unwrap_or(&database.binding);
            know(root.d1_database(database.local_id()), name);
        }
        for bucket in &config.r2_buckets {
            know(root.r2_database(bucket.local_name()), &bucket.binding);
        }
    }
    // A folder of values is called as what they belong to.
    for item in items {
        let parts: Vec<&str> = item.path.iter().filter_map(|part| part.to_str()).collect();
        match parts[..] {
            ["kv", name, "blobs", ..] => know(root.kv_database(name), name),
            ["r2", name, "blobs", ..] => know(root.r2_database(name), name),
            ["cache", name, "blobs", ..] => know(root.cache_database(name), name),
            _ => {}
        }
    }
    names
}

fn store_of(item: &Item) -> String {
    item.path.iter().next().map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
}

fn name_of(item: &Item, names: &BTreeMap<PathBuf, String>) -> String {
    if let Some(name) = names.get(&item.path) {
        return name.clone();
    }
    let stem = item.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let class = item.path.parent().and_then(Path::file_name).map(|class| class.to_string_lossy().into_owned());
    let short: String = stem.chars().take(NAME_CHARS).collect();
    let short = if stem.chars().count() > NAME_CHARS { format!("{short}…") } else { stem };
    if let (Some(class), true) = (&class, item.path.ends_with(ALARMS_FILE) && item.path.starts_with("do")) {
        return format!("alarms of {class}");
    }
    match class.filter(|class| !class.starts_with("miniflare-")) {
        Some(class) => format!("{class}/{short}"),
        None => short,
    }
}

/// Files of one folder with which the same was done.
struct Group {
    store: String,
    folder: String,
    count: usize,
    bytes: u64,
    outcome: Outcome,
}

/// The class whose Durable Object, or one of its facets, a database is of.
fn object_class(item: &Item) -> Option<String> {
    let parts: Vec<&str> = item.path.iter().filter_map(|part| part.to_str()).collect();
    match parts[..] {
        ["do", class, file] if item.is_database && file != ALARMS_FILE => Some(class.to_string()),
        _ => None,
    }
}

/// Durable Objects by class: there may be thousands.
fn objects(items: &[Item]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for item in items.iter().filter(|item| !matches!(item.outcome, Outcome::Failed(_))) {
        let Some(folder) = object_class(item) else { continue };
        // Facets have a second part in their names.
        let is_facet = item.path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains('.'));
        let count = usize::from(!is_facet);
        match groups.iter_mut().rev().find(|group| group.folder == folder && group.outcome == item.outcome) {
            Some(group) => (group.count, group.bytes) = (group.count + count, group.bytes + item.bytes),
            None => {
                groups.push(Group {
                    store: store_of(item),
                    folder,
                    count,
                    bytes: item.bytes,
                    outcome: item.outcome.clone(),
                });
            }
        }
    }
    groups
}

/// Files that are no databases, by store and folder.
fn values(items: &[Item]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for item in items.iter().filter(|item| !item.is_database && !matches!(item.outcome, Outcome::Failed(_))) {
        let below: PathBuf = item.path.iter().skip(1).collect();
        let folder = below.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        let store = store_of(item);
        let is_of =
            |group: &&mut Group| (&group.store, &group.folder, &group.outcome) == (&store, &folder, &item.outcome);
        match groups.iter_mut().rev().find(is_of) {
            Some(group) => (group.count, group.bytes) = (group.count + 1, group.bytes + item.bytes),
            None => groups.push(Group { store, folder, count: 1, bytes: item.bytes, outcome: item.outcome.clone() }),
        }
    }
    groups
}

fn state_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Copied => "copied",
        Outcome::Replaced => "replaced",
        Outcome::Unchanged => "unchanged",
        Outcome::KeptNewer => "newer here",
        Outcome::Failed(_) => "failed",
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(why) => format!("failed: {why}"),
        outcome => state_of(outcome).to_string(),
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000.. => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
