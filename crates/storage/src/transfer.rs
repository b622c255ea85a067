//! Copies the state of one persist root into another, while programs may be working on both.
//!
//! A database is taken with SQLite's own backup: what is committed at one moment, also what still lies in its log,
//! without a checkpoint and without a lock that would stop its owner. One that is there already is replaced inside one
//! transaction, so that a server that has it open sees the old or the new one; what was there is kept aside, with the
//! values that it names. Values in files never change under their names, so they are only added: those that are there before the databases are read,
//! and again those that came since.
//!
//! Owns what is copied and what is left alone. Knows nothing of any store: every file under the root counts, whatever
//! store it belongs to. Symbolic links are not followed.
//!
//! Invariants
//! - Nothing in the source is written.
//! - What is newer in the target stays unless [`Transfer::force`] is set.
//! - A process that is killed leaves each database and each file as it was or as it should be.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::blobs::is_id;

/// Pages between two looks at the clock.
const PAGES_A_STEP: i32 = 4096;

/// How long a database may be busy before it is given up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two attempts at a busy database.
const BUSY_RETRY: Duration = Duration::from_millis(20);

/// Endings of the files that SQLite keeps beside a database: they are part of it.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The tables whose `blob_id` names a value's file.
const NAMING_TABLES: [&str; 3] = ["_mf_entries", "_mf_objects", "_mf_multipart_parts"];

/// How often a database at rest is read, when each time somebody began to write it meanwhile.
const AT_REST_ATTEMPTS_MAX: usize = 4;

/// What is to be copied.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// The root to read.
    pub from: PathBuf,
    /// The root to write, which is made when there is none.
    pub to: PathBuf,
    /// Where databases go that are replaced.
    pub aside: PathBuf,
    /// Replaces also what is newer in the target.
    pub force: bool,
    /// Writes nothing.
    pub dry_run: bool,
}

/// What became of a database or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there.
    Copied,
    /// It was there and older (or had to go); the old one was put aside.
    Replaced,
    /// It was there as it is.
    Unchanged,
    /// It was there and newer.
    KeptNewer,
    /// It could not be read or written.
    Failed(String),
}

/// One database or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Below the root.
    pub path: PathBuf,
    /// Whether it is a database.
    pub is_database: bool,
    /// Its size in the source.
    pub bytes: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no source.
    #[error("there is no state at {}", .0.display())]
    NoSource(PathBuf),
    /// Source and target are one folder, or one is inside the other.
    #[error("{} and {} are the same state", from.display(), to.display())]
    Same {
        /// The source.
        from: PathBuf,
        /// The target.
        to: PathBuf,
    },
    /// The source cannot be listed.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why one item was not copied.
#[derive(Debug, thiserror::Error)]
enum ItemError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error("the database is busy")]
    Busy,
}

impl Transfer {
    /// Copies. `progress` is told the bytes of each item when it is done.
    pub fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<Vec<Item>, TransferError> {
        if !self.from.is_dir() {
            return Err(TransferError::NoSource(self.from.clone()));
        }
        if is_same_or_inside(&self.from, &self.to) {
            return Err(TransferError::Same { from: self.from.clone(), to: self.to.clone() });
        }
        let mut items = Vec::new();
        let first = self.list()?;
        let mut seen = BTreeSet::new();
        for path in first.iter().filter(|path| !is_database(path)) {
            self.take(path, false, &mut items, progress);
            seen.insert(path.clone());
        }
        for path in first.iter().filter(|path| is_database(path)) {
            self.take(path, true, &mut items, progress);
        }
        // Values that a database names which they were written for in the meantime.
        for path in self.list()?.iter().filter(|path| !is_database(path) && !seen.contains(*path)) {
            self.take(path, false, &mut items, progress);
        }
        items.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(items)
    }

    /// All files below the source, without those that belong to another one.
    fn list(&self) -> Result<Vec<PathBuf>, TransferError> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let absolute = self.from.join(&folder);
            let entries = match fs::read_dir(&absolute) {
                // Gone since it was listed: its owner has removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.and_then(Iterator::collect::<io::Result<Vec<_>>>),
            };
            let entries = entries.map_err(|source| TransferError::Read { path: absolute, source })?;
            for entry in entries {
                let path = folder.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() && !is_companion(&path) => files.push(path),
                    _ => {}
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn take(&self, path: &Path, is_database: bool, items: &mut Vec<Item>, progress: &mut dyn FnMut(u64)) {
        let source = self.from.join(path);
        let bytes = bytes_of(&source);
        let outcome = if is_database { self.database(path) } else { self.file(path) };
        progress(bytes);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // A value that was replaced since it was listed: no database names it any more.
            Err(ItemError::File(error)) if error.kind() == io::ErrorKind::NotFound && !source.exists() => return,
            Err(error) => Outcome::Failed(error.to_string()),
        };
        items.push(Item { path: path.to_owned(), is_database, bytes, outcome });
    }

    fn file(&self, path: &Path) -> Result<Outcome, ItemError> {
        let (source, target) = (self.from.join(path), self.to.join(path));
        let outcome = match fs::metadata(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::Copied,
            Err(error) => return Err(error.into()),
            Ok(found) if found.len() == fs::metadata(&source)?.len() && has_same_bytes(&source, &target)? => {
                return Ok(Outcome::Unchanged);
            }
            Ok(_) if !self.force && changed(&target) > changed(&source) => return Ok(Outcome::KeptNewer),
            Ok(_) => Outcome::Replaced,
        };
        if self.dry_run {
            return Ok(outcome);
        }
        let draft = draft_of(&target)?;
        let copied = fs::copy(&source, &draft).and_then(|_| {
            if outcome == Outcome::Replaced {
                let aside = self.aside.join(path);
                make_folder_of(&aside)?;
                fs::copy(&target, aside)?;
            }
            fs::rename(&draft, &target)
        });
        if copied.is_err() {
            let _ = fs::remove_file(&draft);
        }
        copied?;
        Ok(outcome)
    }

    fn database(&self, path: &Path) -> Result<Outcome, ItemError> {
        let (source, target) = (self.from.join(path), self.to.join(path));
        // It can be opened, at least.
        drop(open_to_read(&source, is_at_rest(&source))?);
        if !target.exists() {
            if !self.dry_run {
                let draft = draft_of(&target)?;
                for companion in COMPANIONS {
                    // The log of a database that somebody has deleted would be taken for the new one's.
                    let _ = fs::remove_file(with_ending(&target, companion));
                }
                let made = snapshot_of(&source, &draft).and_then(|()| Ok(fs::rename(&draft, &target)?));
                if made.is_err() {
                    let _ = fs::remove_file(&draft);
                }
                made?;
            }
            return Ok(Outcome::Copied);
        }
        let newer_here = changed(&target) > changed(&source);
        if self.dry_run {
            return Ok(if newer_here && !self.force { Outcome::KeptNewer } else { Outcome::Replaced });
        }
        let drafts = [draft_of(&target)?, draft_of(&target)?];
        let replaced = self.replace(path, &drafts, newer_here);
        for draft in drafts {
            // Renamed away, or of no use any more.
            let _ = fs::remove_file(draft);
        }
        replaced
    }

    /// Replaces a database that is there. The drafts are for the two states to compare.
    fn replace(&self, path: &Path, drafts: &[PathBuf; 2], newer_here: bool) -> Result<Outcome, ItemError> {
        let [theirs, ours] = drafts;
        let target = self.to.join(path);
        snapshot_of(&self.from.join(path), theirs)?;
        snapshot(&open_ours(&target)?, ours)?;
        if holds_the_same(theirs, ours)? {
            return Ok(Outcome::Unchanged);
        }
        if newer_here && !self.force {
            return Ok(Outcome::KeptNewer);
        }
        let aside = self.aside.join(path);
        make_folder_of(&aside)?;
        self.keep_values(path, &named_in(ours)?)?;
        fs::rename(ours, aside)?;
        // Into the database that is there, not over its file: whoever has it open goes on with the new contents.
        let mut writer = open_ours(&target)?;
        let source = open_to_read(theirs, true)?;
        copy(&source, &mut writer)?;
        Ok(Outcome::Replaced)
    }

    /// Puts values beside a database that is put aside: nothing else names them when that is replaced, so they will be
    /// swept. Their names are unguessable, so that it does not matter which of the folders of its kind has them.
    fn keep_values(&self, database: &Path, ids: &BTreeSet<String>) -> io::Result<()> {
        let mut parts = database.iter();
        let (Some(kind), Some(_), false) = (parts.next(), parts.next(), ids.is_empty()) else { return Ok(()) };
        for folder in fs::read_dir(self.to.join(kind))? {
            let values = Path::new(kind).join(folder?.file_name()).join("blobs");
            let (from, to) = (self.to.join(&values), self.aside.join(&values));
            if !from.is_dir() {
                continue;
            }
            fs::create_dir_all(&to)?;
            for id in ids {
                match link_or_copy(&from.join(id), &to.join(id)) {
                    // In another folder, or replaced since. Or two databases name it.
                    Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
                    done => done?,
                }
            }
            // Only what is empty goes.
            let _ = to.ancestors().take(2).try_for_each(fs::remove_dir);
        }
        Ok(())
    }
}

/// Whether two roots share files.
fn is_same_or_inside(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| {
        // What is not there yet is judged by what is there above it.
        path.ancestors()
            .find_map(|above| Some(above.canonicalize().ok()?.join(path.strip_prefix(above).ok()?)))
            .unwrap_or_else(|| path.to_owned())
    };
    let (a, b) = (real(a), real(b));
    a.starts_with(&b) || b.starts_with(&a)
}

fn is_database(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sqlite")
}

fn is_companion(path: &Path) -> bool {
    let name = path.to_string_lossy();
    COMPANIONS.iter().any(|ending| name.strip_suffix(ending).is_some_and(|database| is_database(Path::new(database))))
}

/// A path with an ending.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Bytes of a file, its log included.
fn bytes_of(path: &Path) -> u64 {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    if is_database(path) { bytes(path) + bytes(&with_ending(path, "-wal")) } else { bytes(path) }
}

/// When a file, or a database's log, was last written.
fn changed(path: &Path) -> SystemTime {
    let time = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let log = with_ending(path, "-wal");
    // An empty log is what opening makes.
    let has_log = is_database(path) && fs::metadata(&log).is_ok_and(|found| found.len() > 0);
    if has_log { time(path).max(time(&log)) } else { time(path) }
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A new name beside a file that is to be written, in a folder that is there.
fn draft_of(target: &Path) -> io::Result<PathBuf> {
    make_folder_of(target)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(with_ending(target, &format!(".{:016x}.tmp", u64::from_be_bytes(random))))
}

/// The values that a database names which nobody writes.
fn named_in(database: &Path) -> rusqlite::Result<BTreeSet<String>> {
    let connection = open_to_read(database, true)?;
    let mut ids = BTreeSet::new();
    for table in NAMING_TABLES {
        // A database of a user's own may have a table of that name.
        let column = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = 'blob_id')";
        if !connection.query_row(column, [table], |row| row.get(0))? {
            continue;
        }
        let mut statement =
            connection.prepare(&format!("SELECT blob_id FROM {table} WHERE typeof(blob_id) = 'text'"))?;
        for id in statement.query_map([], |row| row.get::<_, String>(0))? {
            ids.extend(Some(id?).filter(|id| is_id(id)));
        }
    }
    Ok(ids)
}

/// Gives a file another name, or copies it to where that cannot be.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
            fs::copy(from, to).map(drop)
        }
        linked => linked,
    }
}

/// A database of ours, which others may be writing.
fn open_ours(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Whether nobody is writing a database: there is no log.
fn is_at_rest(path: &Path) -> bool {
    !with_ending(path, "-wal").exists()
}

/// Opens a database without a chance to change it.
fn open_to_read(path: &Path, at_rest: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let uri = |path: &Path| {
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        format!("file:{escaped}?immutable=1")
    };
    // Opening one at rest must not make a log.
    let connection = if at_rest {
        Connection::open_with_flags(uri(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// The contents of a database that is not ours as a new file. One at rest is read without locks, so it is read anew when
/// somebody has begun to write it meanwhile.
fn snapshot_of(source: &Path, path: &Path) -> Result<(), ItemError> {
    snapshot_when(source, path, snapshot)
}

/// The same with another way to take it.
fn snapshot_when(
    source: &Path,
    path: &Path,
    mut snapshot: impl FnMut(&Connection, &Path) -> Result<(), ItemError>,
) -> Result<(), ItemError> {
    let state = || -> io::Result<_> {
        let found = fs::metadata(source)?;
        Ok(is_at_rest(source).then_some((found.len(), found.modified()?)))
    };
    for _ in 0..AT_REST_ATTEMPTS_MAX {
        let before = state()?;
        let taken = open_to_read(source, before.is_some()).map_err(ItemError::from).and_then(|it| snapshot(&it, path));
        if before.is_none() || state()? == before {
            return taken;
        }
    }
    snapshot(&open_to_read(source, false)?, path)
}

/// The contents of a database as a new file, complete when this returns.
fn snapshot(reader: &Connection, path: &Path) -> Result<(), ItemError> {
    let mut writer = Connection::open(path)?;
    copy(reader, &mut writer)?;
    // The copied header says that there is a log, which the file must do without until it has its name.
    writer.pragma_update(None, "journal_mode", "DELETE")?;
    writer.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Makes one database of another, in one transaction.
fn copy(reader: &Connection, writer: &mut Connection) -> Result<(), ItemError> {
    // All steps see one state: otherwise, a write in between starts the backup anew.
    let transaction = reader.unchecked_transaction()?;
    reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    {
        let backup = Backup::new(reader, writer)?;
        let give_up = std::time::Instant::now() + BUSY_TIMEOUT;
        loop {
            match backup.step(PAGES_A_STEP)? {
                StepResult::Done => break,
                StepResult::More => {}
                _ if std::time::Instant::now() > give_up => return Err(ItemError::Busy),
                _ => std::thread::sleep(BUSY_RETRY),
            }
        }
    }
    Ok(transaction.finish()?)
}

/// Whether two files that nobody writes hold the same database, but for the counters of its changes.
fn holds_the_same(a: &Path, b: &Path) -> io::Result<bool> {
    if fs::metadata(a)?.len() != fs::metadata(b)?.len() {
        return Ok(false);
    }
    const HEADER: usize = 100;
    let header = |path: &Path| -> io::Result<Vec<u8>> {
        let mut header = Vec::with_capacity(HEADER);
        fs::File::open(path)?.take(HEADER as u64).read_to_end(&mut header)?;
        for counter in [24..28, 40..44, 92..100] {
            header.get_mut(counter).unwrap_or_default().fill(0);
        }
        Ok(header)
    };
    Ok(header(a)? == header(b)? && has_same_bytes_from(a, b, HEADER as u64)?)
}

fn has_same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    has_same_bytes_from(a, b, 0)
}

/// Whether two files of one length are equal behind their first bytes.
fn has_same_bytes_from(a: &Path, b: &Path, skip: u64) -> io::Result<bool> {
    use std::io::{BufRead, BufReader, Seek, SeekFrom};
    let open = |path: &Path| -> io::Result<BufReader<fs::File>> {
        let mut file = fs::File::open(path)?;
        file.seek(SeekFrom::Start(skip))?;
        Ok(BufReader::with_capacity(64 * 1024, file))
    };
    let (mut a, mut b) = (open(a)?, open(b)?);
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let length = left.len().min(right.len());
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        if left[..length] != right[..length] {
            return Ok(false);
        }
        a.consume(length);
        b.consume(length);
    }
}

#[cfg(test)]
mod tests;
