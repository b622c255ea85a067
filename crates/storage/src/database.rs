//! How a SQLite database of a store is opened, and how its schema moves forward.
//!
//! Every database is in WAL mode with a busy timeout, so that a command may read and write it beside a
//! running server. wrangler opens its files the same way.
//!
//! Owns connections' settings. Statements belong to the stores.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::sql;

/// Milliseconds that a statement waits for another process's write before it fails as busy.
const BUSY_TIMEOUT_MS: u64 = 5_000;

/// Milliseconds between two attempts to do what SQLite has no busy timeout for.
const BUSY_RETRY_MS: u64 = 5;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder could not be made.
    #[error("cannot create the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a database, is locked, or cannot be read or written.
    #[error("cannot open the database {}: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A newer lopata wrote the file.
    #[error("the database {} was written by a newer version of lopata (schema {found}, known up to {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: usize,
        /// The newest version this program knows.
        known: usize,
    },
}

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A commit has reached the disk when it returns: one sync each.
    Full,
    /// A commit survives the end of the process, but the last ones may be lost with the power. The database
    /// stays consistent either way.
    Process,
}

/// Opens the database at `path`; makes it and its folder when there is none.
pub fn open(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    open_with(path, durability, |_| Ok(()))
}

/// The same for a connection that needs something before it reads its first page.
pub(crate) fn open_with(
    path: &Path,
    durability: Durability,
    first: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, StoreError> {
    sql::save_memory();
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    configure(path, durability, first).map_err(|source| StoreError::Database { path: path.to_owned(), source })
}

/// Which file a database was opened as, so that a folder that is removed under a running server is begun anew and not
/// written to unseen.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    /// `None` where the system does not tell one file from another.
    id: Option<(u64, u64)>,
}

impl OpenedFile {
    /// The file that is at `path` now. While a connection has it open, no other file can have its identity.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), id: file_id(path) }
    }

    /// False once it was removed, moved or replaced.
    pub fn is_in_place(&self) -> bool {
        self.id.is_none() || file_id(&self.path) == self.id
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn file_id(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|source| StoreError::Folder { path: path.to_owned(), source })
}

fn configure(
    path: &Path,
    durability: Durability,
    first: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    first(&connection)?;
    enter_wal_mode(&connection)?;
    connection.pragma_update(
        None,
        "synchronous",
        match durability {
            Durability::Full => "FULL",
            Durability::Process => "NORMAL",
        },
    )?;
    Ok(connection)
}

/// Switches a new file to WAL mode. Two processes that make the same file at once collide here, and SQLite
/// answers busy without waiting; hence the loop.
fn enter_wal_mode(connection: &Connection) -> rusqlite::Result<()> {
    for attempts_left in (0..BUSY_TIMEOUT_MS / BUSY_RETRY_MS).rev() {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            // A file system without shared memory keeps another mode; the store works there too.
            Ok(_) => break,
            Err(error) if attempts_left > 0 && is_busy(&error) => {
                std::thread::sleep(Duration::from_millis(BUSY_RETRY_MS));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Brings a database of lopata's own to the newest schema: runs the steps it has not seen yet, in order and
/// under one transaction. Step `n` takes the database from version `n` to `n + 1`, kept in `user_version`.
///
/// Not for wrangler's tables, whose files carry no version.
pub fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let database = |source| StoreError::Database { path: path.to_owned(), source };
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(database)?;
    let found: usize =
        transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(database)? as usize;
    let Some(missing) = steps.get(found..) else {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: steps.len() });
    };
    for step in missing {
        transaction.execute_batch(step).map_err(database)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", steps.len() as i64).map_err(database)?;
    }
    transaction.commit().map_err(database)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tables(connection: &Connection) -> Vec<String> {
        let mut statement =
            connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_database_is_made_with_its_folders_in_wal_mode() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("a/b/c.sqlite"), Durability::Full).unwrap();
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn each_migration_runs_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sqlite");
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x)"];
        for known in 0..=2 {
            let mut connection = open(&path, Durability::Process).unwrap();
            migrate(&mut connection, &path, &steps[..known]).unwrap();
            assert_eq!(tables(&connection), &["a", "b"][..known]);
        }
        let mut connection = open(&path, Durability::Process).unwrap();
        let error = migrate(&mut connection, &path, &steps[..1]).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    }

    #[test]
    fn a_failed_migration_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sqlite");
        let mut connection = open(&path, Durability::Process).unwrap();
        migrate(&mut connection, &path, &["CREATE TABLE a (x)", "nonsense"]).unwrap_err();
        assert_eq!(tables(&connection), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_no_database_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.sqlite");
        std::fs::write(&path, "this is a text file, long enough to be taken for a database's header".repeat(20))
            .unwrap();
        let error = open(&path, Durability::Full).unwrap_err().to_string();
        assert!(error.contains("text.sqlite") && error.contains("not a database"), "{error}");
    }

    /// Both make the same new file at once, as a server and a command may.
    #[test]
    fn openers_of_a_new_file_do_not_collide() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.sqlite");
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let mut connection = open(&path, Durability::Process).unwrap();
                        migrate(&mut connection, &path, &["CREATE TABLE a (x)"]).unwrap();
                    });
                }
            });
        }
    }
}
