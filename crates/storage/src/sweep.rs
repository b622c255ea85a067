//! Removes files of values that nothing names: what a process left that was killed between writing a file and naming
//! it, or between replacing a value and deleting its old file.
//!
//! A file goes only if it has not been written to for an hour, nobody holds its lock, and no database of its kind under
//! the same root names it: two namespaces may share a folder, and other programs write there too.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::database::StoreError;

/// How long a file must have been left alone.
const AGE_MIN: Duration = Duration::from_secs(60 * 60);

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files that are gone now.
    pub removed: usize,
}

/// Sweeps the files in `folder` that no row of these `tables` names as its `blob_id`, in any database in the folder
/// `databases`. Opens connections of its own, only if there is anything old; may run beside any store.
pub(crate) fn sweep(folder: &Path, databases: &Path, tables: &[&str], now: SystemTime) -> Result<Swept, StoreError> {
    let mut left = old_files(folder, now);
    if left.is_empty() {
        return Ok(Swept::default());
    }
    let listed = fs::read_dir(databases).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = listed.map_err(|source| StoreError::Folder { path: databases.to_owned(), source })?;
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "sqlite") {
            // One that cannot be read may name anything, so nothing goes.
            forget_named(&path, tables, &mut left).map_err(|source| StoreError::Database { path, source })?;
        }
    }
    let removed = left.into_iter().filter(|name| remove(&folder.join(name))).count();
    Ok(Swept { removed })
}

fn old_files(folder: &Path, now: SystemTime) -> HashSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return HashSet::new() };
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|data| data.modified().ok());
        modified.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age >= AGE_MIN)
    };
    let name = |entry: fs::DirEntry| entry.file_name().into_string().ok();
    let is_ours = |name: &String| name.len() == 80 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    entries.filter_map(Result::ok).filter(old).filter_map(name).filter(is_ours).collect()
}

fn forget_named(database: &Path, tables: &[&str], left: &mut HashSet<String>) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    for table in tables {
        let exists: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1)",
            [table],
            |row| row.get(0),
        )?;
        if !exists {
            continue;
        }
        let mut statement = connection.prepare(&format!("SELECT blob_id FROM {table} WHERE blob_id IS NOT NULL"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            left.remove(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        }
    }
    Ok(())
}

/// Removes a file unless somebody is writing it.
fn remove(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok()) && fs::remove_file(path).is_ok()
}
